"""Field declarations: validated attrs fields with metadata for stores.

Each function returns one attrs field with its limits. A text field is declared as personal data or not, so that reprs, logs, exports and
erasure know; a test fails on a text field without the declaration. Values are normalized (trimmed, NFC, UTC), so that all stores return
equal values.
"""

from crmcore.domain.kernel.fields.base import computed, make_field
from crmcore.domain.kernel.fields.composite import (
    EMPTY_MAP,
    FrozenMap,
    custom_fields,
    embedded,
    embedded_list,
    enum,
    id_of,
    log,
    serialized,
)
from crmcore.domain.kernel.fields.number import boolean, decimal, integer
from crmcore.domain.kernel.fields.text import text, text_list
from crmcore.domain.kernel.fields.time import date, duration, timestamp

__all__ = [
    "EMPTY_MAP",
    "FrozenMap",
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
    "serialized",
    "text",
    "text_list",
    "timestamp",
]
