"""How a field refuses nonsense at birth.

Each function in this package makes one attrs field that knows its limits. A text is labelled `personal` or not, and a test
fails on a text without the label, so that reprs, logs, exports and erasure know what they handle. Values come out tidied
(trimmed, composed, in UTC), so that two stores can never disagree on what was stored.
"""

from crmcore.domain.fields.build import derived
from crmcore.domain.fields.number import exact, flag, whole
from crmcore.domain.fields.part import anything, custom, entries, one_of, part, parts, ref
from crmcore.domain.fields.text import text, words
from crmcore.domain.fields.time import day, moment, span

__all__ = [
    "anything",
    "custom",
    "day",
    "derived",
    "entries",
    "exact",
    "flag",
    "moment",
    "one_of",
    "part",
    "parts",
    "ref",
    "span",
    "text",
    "whole",
    "words",
]
