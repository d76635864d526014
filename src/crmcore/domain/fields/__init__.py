"""How a field refuses nonsense at birth.

Each function in this package makes one attrs field that knows its limits. A text is labelled `personal` or not, and a test
fails on a text without the label, so that reprs, logs, exports and erasure know what they handle. Values come out tidied
(trimmed, composed, in UTC), so that two stores can never disagree on what was stored.
"""
