"""Tests mirror `src`; `reliability` has the long-running checks."""
