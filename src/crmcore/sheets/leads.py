"""From a row to a lead: every cell is checked before anything is done, and each row is one story with a key of its own."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.errors.given import Blank, InvalidInput, NotAllowed
from crmcore.domain.values.address import PostalAddress
from crmcore.domain.values.money import Money
from crmcore.domain.zones import instant, zone_of
from crmcore.sheets.columns import Columns
from crmcore.sheets.reading import Row

SYSTEM: Final = "sheet"
"""Whose key a request's key is when the map does not say."""
_ADDRESS: Final = ("street", "city", "postcode", "region", "country")
_AS_THEY_ARE: Final = frozenset(
    {"phone", "email", "customer", "kind", "language", "source", "campaign", "about", "title"}
)


@frozen(kw_only=True)
class Lead:
    """A request as a row tells it.

    Attributes:
        request: its key. A row that names none has its own content as its key, so that the same row is the same request.
        arguments: what `crm.leads.capture` takes besides.
        at: when it was asked, as it is written.
    """

    row: int
    name: str = ""
    request: ExternalId
    arguments: Mapping[str, Any] = field(factory=dict)
    outcome: Outcome = Outcome.OPEN
    reason: str = ""
    at: str = ""


def lead_of(row: Row, columns: Columns) -> Lead:
    """Read a lead from a row.

    Raises:
        InvalidInput: a cell that cannot be, with its field.
    """
    if row.surplus:
        raise InvalidInput(
            "row", "has more cells than there are headings; put a cell that holds the delimiter in quotation marks"
        )
    told: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    tags: list[str] = []
    for column, cell in columns.facts(row):
        match column.field:
            case "request":
                told["request"] = ExternalId(column.argument or SYSTEM, cell)
            case "external_id":
                told["external_id"] = ExternalId(column.argument, cell)
            case "value":
                told["value"] = _money(cell, column.argument)
            case "custom":
                custom[column.argument] = int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 16 else cell
            case "tag":
                tags.append(cell)
            case name:
                told[name] = cell
    address = {name: told[name] for name in _ADDRESS if name in told}
    if "street" in address or "city" in address:
        told["address"] = PostalAddress(address.pop("street", None) or address.pop("city"), **address)
    kept = _AS_THEY_ARE | {"external_id", "value", "address"}
    if not {"name", "external_id", "customer"} & told.keys():
        raise Blank("customer.name", "must not be blank without an external id")
    return Lead(
        row=row.number,
        name=told.get("name", ""),
        request=told.get("request") or ExternalId(SYSTEM, _digest(row)),
        arguments={name: told[name] for name in told if name in kept} | _some(custom=custom, tags=tuple(tags)),
        outcome=_outcome(told.get("outcome")),
        reason=told.get("reason", ""),
        at=told.get("at", ""),
    )


def asked_at(lead: Lead, *, zone: str) -> datetime | None:
    """Read when a request was asked: by the wall clock of a zone, or with a zone of its own; None when the row does not say.

    Raises:
        InvalidInput: it is no date and time.
    """
    if not lead.at:
        return None
    try:
        at = datetime.fromisoformat(lead.at)
    except ValueError:
        raise InvalidInput("at", "must be a date and time such as 2026-01-05 09:30") from None
    return instant(at, zone_of(zone)) if at.tzinfo is None else at


def _money(cell: str, currency: str) -> Money:
    number = cell.replace(" ", "").replace("\u00a0", "")
    if not currency:
        number, currency = number[:-3], number[-3:].upper()
    try:
        return Money(number, currency)
    except InvalidInput as error:
        raise type(error)("deal.value", error.problem) from None


def _outcome(word: str | None) -> Outcome:
    try:
        return Outcome.OPEN if word is None else Outcome(word.lower())
    except ValueError:
        raise NotAllowed("outcome", allowed=tuple(outcome.value for outcome in Outcome)) from None


def _some(**facts: Any) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if fact}


def _digest(row: Row) -> str:
    digest = hashlib.sha256()
    for head in sorted(row.cells):
        digest.update(f"{head}\0{row.cells[head]}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]
