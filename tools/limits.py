"""Generate the page of limits from the field declarations.

`tests/reliability` tests each field at its limit and beyond.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, get_args, get_type_hints

import attrs

from crmcore.adapters import wire
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS
from crmcore.ports import RequestContext
from crmcore.services import commands, unit_of_work

INTRODUCTION: Final = (
    "Every input has a limit. A value at the limit is accepted. A value beyond it raises `TooLongError`, `OutOfRangeError` or\n"
    "`PrecisionError` with the name of the field and the limit. Texts are counted in characters after trimming.\n"
)


def limits() -> str:
    """Return the text of the page without its title."""
    return "\n".join(sections())


def sections() -> Iterator[str]:
    """Generate the lines of the page."""
    yield "| | |\n|---|---|"
    yield f"| money | up to {MAX_MINOR_UNITS:,} minor units, positive or negative |"
    yield f"| an idempotency key | 1 to {commands.MAX_KEY_LENGTH} characters |"
    yield f"| a page of records | 1 to {unit_of_work.MAX_PAGE_SIZE:,} |"
    yield f"| a JSON text on the wire | up to {wire.MAX_LENGTH:,} characters, no duplicate names in one object, no NaN |"
    for kind in record_classes():
        lines = [line for field in attrs.fields(kind) if (line := _line(kind, field))]
        if lines:
            yield f"\n## {kind.__name__}\n\n| field | limit |\n|---|---|"
            yield from lines


def record_classes() -> list[type[Any]]:
    """Return all record classes and their child classes, sorted by name."""
    waiting: list[Any] = [RequestContext, *ENTITY_TYPES]
    seen: set[type[Any]] = set()
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, type) and attrs.has(kind) and kind.__module__.startswith("crmcore.") and kind not in seen:
            seen.add(kind)
            hints = get_type_hints(kind)
            waiting += [hints[field.name] for field in attrs.fields(kind)]
        waiting += get_args(kind)
    return sorted(seen, key=lambda kind: kind.__name__)


def _line(kind: type[Any], field: Any) -> str:
    limit = _limit_text(field.metadata) if field.init and field.name != "pending_events" else ""
    return f"| `{kind.__name__}.{field.name}` | {limit} |" if limit else ""


def _limit_text(metadata: Mapping[str, Any]) -> str:
    """Describe the limits of a field."""
    parts = []
    if "max_items" in metadata:
        parts.append(f"up to {metadata['max_items']:,} items")
    if "max_length" in metadata:
        parts.append(f"{'each ' if parts else ''}up to {metadata['max_length']:,} characters")
    if "min" in metadata:
        parts.append(f"{_value_text(metadata['min'])} to {_value_text(metadata['max'])}")
    if "places" in metadata:
        parts.append(f"at most {metadata['places']} decimal places")
    return ", ".join(parts)


def _value_text(value: Any) -> str:
    match value:
        case datetime():
            return f"{value.year:04}-{value:%m-%d}"
        case timedelta():
            return f"{value.days:,} days" if value.seconds == value.microseconds == 0 else str(value)
        case _:
            return f"{value:,}"
