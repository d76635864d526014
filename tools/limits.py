"""The page of limits, read from the fields that obey them. LIMIT among the test programmes gives each what lies at its limit and beyond."""

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
    "Everything that comes in has a limit. What lies at it is taken; what lies beyond it is refused with `too_long`, `out_of_range` or\n"
    "`too_precise`, the name of the field and, where it helps, the limit. Texts are counted in characters after trimming.\n"
)


def limits() -> str:
    """The whole page's text, without its head."""
    return "\n".join(sections())


def sections() -> Iterator[str]:
    """The lines of the page."""
    yield "| | |\n|---|---|"
    yield f"| money | up to {MAX_MINOR_UNITS:,} of its smallest units, either way |"
    yield f"| an idempotency key | 1 to {commands.MAX_KEY_LENGTH} characters |"
    yield f"| a page of records | 1 to {unit_of_work.MAX_PAGE_SIZE:,} |"
    yield f"| a JSON text on the wire | up to {wire.MAX_LENGTH:,} characters, no name twice in one object, no NaN |"
    for kind in record_classes():
        lines = [line for field in attrs.fields(kind) if (line := _line(kind, field))]
        if lines:
            yield f"\n## {kind.__name__}\n\n| field | limit |\n|---|---|"
            yield from lines


def record_classes() -> list[type[Any]]:
    """Every kind of record, with all the parts that they hold, by name."""
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


def _limit_text(labels: Mapping[str, Any]) -> str:
    """A field's limit in words."""
    said = []
    if "max_items" in labels:
        said.append(f"up to {labels['max_items']:,} of them")
    if "max_length" in labels:
        said.append(f"{'each ' if said else ''}up to {labels['max_length']:,} characters")
    if "min" in labels:
        said.append(f"{_value_text(labels['min'])} to {_value_text(labels['max'])}")
    if "places" in labels:
        said.append(f"at most {labels['places']} decimal places")
    return ", ".join(said)


def _value_text(value: Any) -> str:
    match value:
        case datetime():
            return f"{value.year:04}-{value:%m-%d}"
        case timedelta():
            return f"{value.days:,} days" if value.seconds == value.microseconds == 0 else str(value)
        case _:
            return f"{value:,}"
