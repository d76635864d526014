"""Parse a CSV row to a lead; validate every cell before the command."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError, RequiredError
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.kernel.zones import instant, zone_of
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.importing.column_mapping import ColumnMapping
from crmcore.importing.csv_reader import Row

DEFAULT_SYSTEM: Final = "sheet"
"""System of a request key if the mapping names none."""
_ADDRESS_FIELDS: Final = ("street", "city", "postcode", "region", "country")
_PARAMETERS: Final = {"customer": "customer_id"}
"""Parameters of `crm.leads.capture` that are not named like their column."""
_TEXT_FIELDS: Final = frozenset(
    {"phone", "email", "customer", "kind", "language", "source", "campaign", "about", "title"}
)


@frozen(kw_only=True)
class LeadRow:
    """A parsed row.

    Attributes:
        request_id: key of the request; a digest of the row if it has no key, so that the same row is the same request.
        arguments: further arguments of `crm.leads.capture`.
        requested_at: time of the request, as text.
    """

    row_number: int
    name: str = ""
    request_id: ExternalId
    arguments: Mapping[str, Any] = field(factory=dict)
    outcome: Outcome = Outcome.OPEN
    reason: str = ""
    requested_at: str = ""


def parse_lead(row: Row, mapping: ColumnMapping) -> LeadRow:
    """Parse a row.

    Raises:
        InvalidInputError: a cell is invalid; the error names the field.
    """
    if row.extra_cells:
        raise InvalidInputError("row", "has more cells than headings; quote cells that contain the delimiter")
    values: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    tags: list[str] = []
    for column, cell in mapping.values(row):
        match column.field:
            case "request":
                values["request"] = ExternalId(column.argument or DEFAULT_SYSTEM, cell)
            case "external_id":
                values["external_id"] = ExternalId(column.argument, cell)
            case "value":
                values["value"] = _parse_money(cell, column.argument)
            case "custom":
                custom[column.argument] = int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 16 else cell
            case "tag":
                tags.append(cell)
            case name:
                values[name] = cell
    address = {name: values[name] for name in _ADDRESS_FIELDS if name in values}
    if "street" in address or "city" in address:
        values["address"] = PostalAddress(address.pop("street", None) or address.pop("city"), **address)
    accepted = _TEXT_FIELDS | {"external_id", "value", "address"}
    if not {"name", "external_id", "customer"} & values.keys():
        raise RequiredError("customer.name", "must not be blank without an external id")
    return LeadRow(
        row_number=row.number,
        name=values.get("name", ""),
        request_id=values.get("request") or ExternalId(DEFAULT_SYSTEM, _row_digest(row)),
        arguments={_PARAMETERS.get(name, name): values[name] for name in values if name in accepted}
        | _non_empty(custom=custom, tags=tuple(tags)),
        outcome=_parse_outcome(values.get("outcome")),
        reason=values.get("reason", ""),
        requested_at=values.get("at", ""),
    )


def parse_requested_at(lead: LeadRow, *, time_zone: str) -> datetime | None:
    """Parse the time of the request; None if blank.

    A time without an offset is in `time_zone`.

    Raises:
        InvalidInputError: the text is no date and time.
    """
    if not lead.requested_at:
        return None
    try:
        at = datetime.fromisoformat(lead.requested_at)
    except ValueError:
        raise InvalidInputError("at", "must be a date and time such as 2026-01-05 09:30") from None
    return instant(at, zone_of(time_zone)) if at.tzinfo is None else at


def _parse_money(cell: str, currency: str) -> Money:
    number = cell.replace(" ", "").replace("\u00a0", "")
    if not currency:
        number, currency = number[:-3], number[-3:].upper()
    try:
        return Money(number, currency)
    except InvalidInputError as error:
        raise type(error)("deal.value", error.problem) from None


def _parse_outcome(word: str | None) -> Outcome:
    try:
        return Outcome.OPEN if word is None else Outcome(word.lower())
    except ValueError:
        raise InvalidChoiceError("outcome", allowed=tuple(outcome.value for outcome in Outcome)) from None


def _non_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _row_digest(row: Row) -> str:
    digest = hashlib.sha256()
    for heading in sorted(row.cells):
        digest.update(f"{heading}\0{row.cells[heading]}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]
