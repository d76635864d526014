"""How a field refuses nonsense at birth.

Each function in this package makes one attrs field that knows its limits. A text is labelled `personal` or not, and a test
fails on a text without the label, so that reprs, logs, exports and erasure know what they handle. Values come out tidied
(trimmed, composed, in UTC), so that two stores can never disagree on what was stored.
"""

from crmcore.domain.kernel.fields.base import computed, make_field
from crmcore.domain.kernel.fields.composite import (
    EMPTY_MAP,
    FrozenMap,
    any_value,
    custom_fields,
    embedded,
    embedded_list,
    enum,
    id_of,
    log,
)
from crmcore.domain.kernel.fields.number import boolean, decimal, integer
from crmcore.domain.kernel.fields.text import text, text_list
from crmcore.domain.kernel.fields.time import date, duration, timestamp

__all__ = [
    "EMPTY_MAP",
    "FrozenMap",
    "any_value",
    "boolean",
    "computed",
    "custom_fields",
    "date",
    "decimal",
    "duration",
    "embedded",
    "embedded_list",
    "enum",
    "id_of",
    "integer",
    "log",
    "make_field",
    "text",
    "text_list",
    "timestamp",
]
