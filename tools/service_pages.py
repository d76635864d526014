"""Generate one reference page per service from signatures and docstrings.

A page shows each public method as a caller sees it: without the unit of work that the decorators pass in.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from crmcore._lazy import LazyService
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.crm import Crm
from crmcore.domain.kernel.entity import Entity

EXAMPLES: Final = Path(__file__).parents[1] / "examples" / "services"
"""One file of examples per service."""
MAX_SIGNATURE_LENGTH: Final = 100
"""A longer signature is shown with one parameter per line."""
COMMON_ARGUMENTS: Final = {
    "actor": "The actor: a user's id or a text of the host.",
    "correlation_id": "An id that groups events, such as the id of a web request; unchanged if omitted.",
    "tenant": "The tenant, up to 64 characters.",
    "store": "The store.",
    "settings": "The other arguments of `Crm`.",
    "common": "Arguments that all items share.",
    "url": "A SQLAlchemy URL.",
    "about": "The text of the request.",
    "address": "The postal address.",
    "after": "The last record of the previous page (keyset pagination).",
    "allow_overlap": "Whether attendees may have other appointments at the same time.",
    "amount": "The amount.",
    "assignee_id": "The user who has to do it.",
    "attendee_ids": "The users who take part.",
    "audience": "The readers: customers or staff.",
    "author_id": "The user who did it; the actor if omitted.",
    "body": "The text.",
    "business_hours": "The business hours to count by.",
    "calendar_id": "The work calendar.",
    "campaign": "The marketing campaign that the deal came from.",
    "case_id": "The complaint or inquiry.",
    "cause": "The cause.",
    "channel": "The channel, such as `email` or `phone`.",
    "chunk_size": "The number of items per transaction, up to 10,000.",
    "comment": "A comment of the customer or the user.",
    "contact": "A phone number or an e-mail address.",
    "contact_points": "Contact points.",
    "content": "The bytes.",
    "contract": "The name of the customer's contract.",
    "contract_id": "The service contract.",
    "corrective": "The corrective action.",
    "cost": "The cost.",
    "cursor": "The cursor of the previous page.",
    "custom": "Values of the host's own fields, by name.",
    "customer_id": "The customer.",
    "day": "The day.",
    "day_off": "The day that becomes a day off.",
    "deal_id": "The deal.",
    "description": "A text that describes it.",
    "details": "The fields to change, by name.",
    "direction": "The direction: inbound or outbound.",
    "due_at": "The deadline; None for no deadline.",
    "duration": "The duration.",
    "email": "An e-mail address.",
    "equipment_id": "The piece of equipment.",
    "escalation_policy": "When overdue work is escalated, and to whom.",
    "expected_close": "The day on which the deal is expected to close.",
    "expected_version": "The version of the record that the caller has read. Another version raises `StaleVersionError`.",
    "external_id": "The key of the record in another system.",
    "external_ids": "Keys in other systems.",
    "funnel_id": "The funnel.",
    "gap_id": "The knowledge gap.",
    "hours": "The hours in the syntax of opening hours: `Mo-Fr 09:00-18:00`.",
    "idempotency_key": "Repeated calls with the same key have one effect and return the first result.",
    "is_automatic": "Whether a program sent it; such a reply does not count as a response.",
    "is_cancelled": "Whether the event is cancelled.",
    "is_helpful": "Whether it was helpful.",
    "is_observed": "Whether the holiday is observed.",
    "is_published": "Whether it is published immediately.",
    "key": "The key in the other system.",
    "kind": "The kind, one of the allowed values.",
    "language": "A BCP 47 language tag; None for the default language.",
    "length": "The length.",
    "limit": "The maximum number of results.",
    "lines": "The line items.",
    "location": "The place.",
    "loss_reasons": "The allowed reasons of a loss.",
    "manager_id": "The manager.",
    "media_type": "The media type, such as `text/html`.",
    "name": "The name.",
    "note": "A free text.",
    "number": "The number.",
    "older_than": "The minimum age of what is deleted.",
    "original_start": "The start of the occurrence according to the recurrence rule.",
    "outcome": "The outcome.",
    "overdue": "Whether to return overdue records only.",
    "owner_id": "The user who is responsible.",
    "parts_included": "Whether the contract includes spare parts.",
    "path": "The path of the type, such as `delivery/late`.",
    "percent": "The probability in percent, 0 to 100.",
    "phone": "A phone number.",
    "plan_id": "The maintenance plan.",
    "preventive": "The preventive action.",
    "price": "The price.",
    "priority": "The priority, one of the allowed values.",
    "probability": "The probability of winning, in percent.",
    "product": "The product.",
    "question": "The question.",
    "reading": "The reading of the meter.",
    "reason": "The reason.",
    "received_at": "The time when it was received; now if omitted.",
    "recording": "The address of a recording.",
    "recurrence": "The recurrence rule (RFC 5545).",
    "related_customer_id": "The other customer.",
    "remind_at": "The time of a reminder to the assignee.",
    "remind_before": "The time between the reminder and the start.",
    "repair_within": "The time until the repair is due, if no contract sets it.",
    "request": "The permanent key of the request. The same request never opens a second deal.",
    "require_working_hours": "Whether the attendees' business hours have to cover it.",
    "resolution": "The resolution that the customer receives.",
    "result": "The result.",
    "role": "The role whose users are chosen from.",
    "roles": "The roles.",
    "score": "The score, 1 to 5.",
    "sequence": "The SEQUENCE of the event (RFC 5545).",
    "serial": "The serial number.",
    "severity": "The severity, one of the allowed values.",
    "since": "The start of the period, inclusive.",
    "source": "Where it came from, such as a web site or a fair.",
    "stage_key": "The key of the stage in the funnel.",
    "stages": "The stages in their order, or their names.",
    "state": "Only records in this state.",
    "subject": "The subject, in one line.",
    "subject_id": "The record that the escalations belong to.",
    "system": "The name of the other system.",
    "tags": "Short texts to search and to select by.",
    "targets": "The SLA targets.",
    "text": "The text that the customer receives.",
    "time_zone": "An IANA time zone.",
    "title": "The title.",
    "topic": "The topic.",
    "type": "The type, as a path such as `delivery/late`.",
    "uid": "The UID of the event (RFC 5545).",
    "until": "The end of the period, exclusive.",
    "user_id": "The user.",
    "user_ids": "The users.",
    "value": "The value of the deal.",
    "words": "The words to search for.",
    "working_day": "The day that becomes a working day.",
    "year": "The year.",
}
"""Descriptions of arguments that many methods have, for methods whose docstring does not describe them."""
_SECTION: Final = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Example|Examples):$", re.MULTILINE)


@frozen
class Docstring:
    """A docstring in Google style, by sections.

    Attributes:
        summary: the first paragraph, in one line.
        description: the paragraphs after it.
        arguments: descriptions of arguments or attributes by name.
        errors: conditions by the name of the error.
    """

    summary: str
    description: str
    arguments: dict[str, str]
    errors: dict[str, str]


def services() -> dict[str, type[Any]]:
    """Return the class of each service by its attribute of `Crm`."""
    return {
        name: getattr(import_module(attribute._module_name), attribute._class_name)  # noqa: SLF001  # declared there only
        for name, attribute in sorted(vars(Crm).items())
        if isinstance(attribute, LazyService)
    }


def public_methods(service: type[Any]) -> dict[str, Callable[..., Any]]:
    """Return the public methods of a service, sorted by name."""
    methods = inspect.getmembers(service, inspect.isfunction)
    return {name: method for name, method in methods if not name.startswith("_")}


def read_examples(attribute: str) -> dict[str, str]:
    """Read the examples of a service, by method; `setup` comes first.

    An example follows a line `# %% method`. The order of the file is the order of the page.
    """
    text = (EXAMPLES / f"{attribute}.py").read_text(encoding="utf-8")
    parts = re.split(r"^# %% (\w+)\n", text, flags=re.MULTILINE)
    return {name: code.strip() for name, code in zip(parts[1::2], parts[2::2], strict=True)}


def method_sections(attribute: str, service: type[Any]) -> Iterator[str]:
    """Generate the sections of a service's page."""
    methods = public_methods(service)
    examples = read_examples(attribute)
    yield f"The examples share this set-up:\n\n```python\n{examples.pop('setup')}\n```\n"
    for name in [*examples, *(name for name in methods if name not in examples)]:
        yield from _method_section(f"crm.{attribute}.{name}", name, methods[name])
        if name in examples:
            yield f"Example:\n\n```python\n{examples[name]}\n```\n"


def _method_section(call: str, name: str, method: Callable[..., Any]) -> Iterator[str]:
    docstring = parse_docstring(inspect.getdoc(method) or "")
    yield f"## {name}\n"
    yield f"```text\n{signature_text(call, method)}\n```\n"
    yield docstring.summary + "\n"
    if docstring.description:
        yield docstring.description + "\n"
    if rows := list(_argument_rows(method, docstring)):
        yield "| argument | type | default | description |\n|---|---|---|---|"
        yield from rows
        yield ""
    if docstring.errors:
        yield "Raises:\n"
        yield from (f"- `{error}`: {_sentence(condition)}" for error, condition in docstring.errors.items())
        yield ""


def crm_sections() -> Iterator[str]:
    """Generate the sections of the page of `Crm`: its settings, methods and services."""
    docstring = parse_docstring(inspect.getdoc(Crm) or "")
    yield f"```text\n{signature_text('Crm', Crm.__init__).removesuffix(' -> None')}\n```\n"
    if docstring.description:
        yield docstring.description + "\n"
    yield "| argument | type | default | description |\n|---|---|---|---|"
    yield from _argument_rows(Crm.__init__, docstring)
    yield ""
    methods = {name: method for name, method in inspect.getmembers(Crm, callable) if not name.startswith("_")}
    for name, method in methods.items():
        yield from _method_section(f"crm.{name}" if name != "open" else "Crm.open", name, method)
    yield "## Services\n"
    yield "Each service is imported on first use. Every service has a page with all of its methods:\n"
    yield from (f"- [`crm.{name}`](services/{name}.md)" for name in services())


def type_sections(names: list[str], module: Any) -> Iterator[str]:
    """Generate the sections of the page of public types: fields of classes, values of enumerations."""
    for name in names:
        public = getattr(module, name)
        if not isinstance(public, type):
            continue
        docstring = parse_docstring(inspect.getdoc(public) or "")
        yield f"## {name}\n"
        yield docstring.summary + "\n"
        if issubclass(public, Enum):
            yield ", ".join(f"`{member.value}`" for member in public) + "\n"
        elif attrs.has(public) and not issubclass(public, Entity):
            hints = get_type_hints(public)
            fields = [f for f in attrs.fields(public) if not f.name.startswith("_")]
            if fields:
                yield "| field | type | description |\n|---|---|---|"
                for f in fields:
                    annotation = type_text(hints[f.name]).replace("|", "\\|")
                    yield f"| `{f.name}` | `{annotation}` | {_sentence(docstring.arguments.get(f.name, ''))} |"
                yield ""
        elif public in ENTITY_TYPES:
            yield f"See [records](records.md#{name.lower()}).\n"


def caller_signature(method: Callable[..., Any]) -> inspect.Signature:
    """Return the signature that a caller sees: without `self` and the unit of work."""
    signature = inspect.signature(method)
    shown = [p for name, p in signature.parameters.items() if name not in {"self", "uow"}]
    return signature.replace(parameters=shown)


def signature_text(name: str, method: Callable[..., Any]) -> str:
    """Return a call with its types, on one line if it fits."""
    signature = caller_signature(method)
    result = "" if signature.return_annotation is signature.empty else f" -> {type_text(signature.return_annotation)}"
    parts: list[str] = []
    last_kind = None
    for parameter in signature.parameters.values():
        if last_kind is parameter.POSITIONAL_ONLY and parameter.kind is not parameter.POSITIONAL_ONLY:
            parts.append("/")
        if parameter.kind is parameter.KEYWORD_ONLY and last_kind not in {
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        }:
            parts.append("*")
        parts.append(_parameter_text(parameter))
        last_kind = parameter.kind
    if last_kind is inspect.Parameter.POSITIONAL_ONLY:
        parts.append("/")
    line = f"{name}({', '.join(parts)}){result}"
    if len(line) <= MAX_SIGNATURE_LENGTH:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){result}"


def type_text(annotation: Any) -> str:
    """Return an annotation as it is written in code, without module names."""
    if annotation is type(None):
        return "None"
    if get_origin(annotation) in {Union, UnionType}:
        return " | ".join(type_text(option) for option in get_args(annotation))
    if isinstance(annotation, NewType):
        return str(annotation.__name__)
    if (origin := get_origin(annotation)) in {Iterable, Iterator, Sequence, tuple, type} and get_args(annotation):
        inner = ", ".join("..." if option is Ellipsis else type_text(option) for option in get_args(annotation))
        return f"{origin.__name__}[{inner}]"
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)


def parse_docstring(text: str) -> Docstring:
    """Divide a docstring into its sections."""
    pieces = _SECTION.split(text)
    sections = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    summary, _, description = pieces[0].strip().partition("\n\n")
    return Docstring(
        summary=_markdown(" ".join(summary.split())),
        description=_markdown(description.strip()),
        arguments=_items(sections.get("Args", sections.get("Attributes", ""))),
        errors=_items(sections.get("Raises", "")),
    )


def _argument_rows(method: Callable[..., Any], docstring: Docstring) -> Iterator[str]:
    for name, parameter in caller_signature(method).parameters.items():
        description = docstring.arguments.get(name) or COMMON_ARGUMENTS.get(name) or _id_description(name)
        default = "required" if parameter.default is parameter.empty else f"`{_default_text(parameter.default)}`"
        if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
            default = ""
        annotation = type_text(parameter.annotation).replace("|", "\\|")
        yield f"| `{name}` | `{annotation}` | {default} | {_sentence(description)} |"


def _id_description(name: str) -> str:
    """Describe an id by its name: `task_id` is the task."""
    return f"The {name.removesuffix('_id').replace('_', ' ')}." if name.endswith("_id") else ""


def _parameter_text(parameter: inspect.Parameter) -> str:
    prefix = (
        "**" if parameter.kind is parameter.VAR_KEYWORD else "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
    )
    text = f"{prefix}{parameter.name}: {type_text(parameter.annotation)}"
    return text if parameter.default is parameter.empty else f"{text} = {_default_text(parameter.default)}"


def _default_text(value: Any) -> str:
    if isinstance(value, Mapping) and not value:
        return "{}"
    text = repr(getattr(value, "value", value)).removeprefix("datetime.")
    return "..." if " at 0x" in text else text


def _items(section: str) -> dict[str, str]:
    """Read the items of a section: a name, a colon and a text that may go on in indented lines."""
    items: dict[str, str] = {}
    for line in inspect.cleandoc(section).splitlines():
        if line.startswith(" ") and items:
            items[next(reversed(items))] += " " + line.strip()
        elif ": " in line:
            name, _, description = line.partition(": ")
            items[name.strip("() ")] = description.strip()
    return {name: _markdown(description) for name, description in items.items()}


def _markdown(text: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", text)


def _sentence(text: str) -> str:
    """Begin a description with a capital letter and end it with a period, for a table or a list."""
    text = text.replace("|", "\\|").strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", ":", "?")) else ".")
