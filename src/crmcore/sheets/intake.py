"""Taking leads in from a sheet: row by row, each once, and what cannot be taken in is put aside with its reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final, Literal

from attrs import frozen

from crmcore.crm import Crm
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.errors.conflicts import Conflict
from crmcore.domain.errors.root import CrmError
from crmcore.domain.ids import FunnelId
from crmcore.services.leads import Captured
from crmcore.sheets.columns import Columns
from crmcore.sheets.leads import Lead, asked_at, lead_of
from crmcore.sheets.reading import Row, Sheet
from crmcore.sheets.rejects import Reject, Rejects

CHUNK: Final = 100
"""How many rows are stored by one commit."""

Fate = Literal["taken", "repeated"] | CrmError
"""What becomes of a row."""


@frozen(kw_only=True)
class Intake:
    """What became of a sheet.

    Attributes:
        rows: how many it has.
        taken: requests that are new.
        repeated: requests that had come before, so that nothing was done.
        closed: deals that were won or lost as their row says.
    """

    rows: int
    taken: int
    repeated: int
    closed: int
    rejected: tuple[Reject, ...]


def take_in(
    crm: Crm,
    sheet: Sheet,
    columns: Columns,
    rejects: Rejects,
    /,
    *,
    funnel: FunnelId,
    told: Callable[[int], None] = lambda _: None,
    chunk: int = CHUNK,
) -> Intake:
    """Take all leads of a sheet in. Whatever breaks it off, the same call goes on where it stopped.

    Args:
        told: is told the number of rows so far, when they are stored.
        chunk: how many rows are stored by one commit.

    Raises:
        InvalidInput: the sheet cannot be read, or lacks a column that is mapped.
        StoreFailed, Busy: the database failed; what was stored so far stays.
    """
    columns.check(sheet.heads)
    counts: Counter[str] = Counter()
    for rows in _chunks(sheet, chunk):
        for row, (fate, closed) in zip(rows, _take_chunk(crm, rows, columns, funnel), strict=True):
            counts["rows"] += 1
            counts["closed"] += closed
            if isinstance(fate, CrmError):
                rejects.add(row, fate)
            else:
                counts[fate] += 1
        told(counts["rows"])
    return Intake(
        rows=counts["rows"],
        taken=counts["taken"],
        repeated=counts["repeated"],
        closed=counts["closed"],
        rejected=tuple(rejects.all),
    )


def _chunks(sheet: Iterable[Row], length: int) -> Iterator[list[Row]]:
    rows = iter(sheet)
    while chunk := list(islice(rows, length)):
        yield chunk


def _take_chunk(crm: Crm, rows: list[Row], columns: Columns, funnel: FunnelId) -> list[tuple[Fate, bool]]:
    """Take some rows in by one commit; one by one when the store has no batches, or when somebody else was faster."""
    if hasattr(crm.house.store, "batch"):
        try:
            with crm.batch():
                return [_take_row(crm, row, columns, funnel, let_through=Conflict) for row in rows]
        except Conflict:
            pass
    return [_take_row(crm, row, columns, funnel) for row in rows]


def _take_row(
    crm: Crm, row: Row, columns: Columns, funnel: FunnelId, *, let_through: type[Conflict] | tuple[()] = ()
) -> tuple[Fate, bool]:
    try:
        lead = lead_of(row, columns)
        captured = capture(crm, lead, funnel=funnel, received_at=asked_at(lead, zone=crm.house.zone))
        return "repeated" if captured.repeated else "taken", _close(crm, captured, lead)
    except let_through:
        raise
    except CrmError as error:
        if error.status >= 500:
            raise  # it is not the row's fault
        return error, False


def capture(
    crm: Crm, lead: Lead, /, *, funnel: FunnelId, received_at: datetime | None = None, key: str | None = None
) -> Captured:
    """Take one lead in."""
    arguments = lead.arguments
    return crm.leads.capture(
        lead.name, funnel=funnel, request=lead.request, received_at=received_at, key=key, **arguments
    )


def _close(crm: Crm, captured: Captured, lead: Lead) -> bool:
    """Win or lose the deal as the row says. A row that comes again finds it closed; one that was broken off before is made whole."""
    deal = captured.deal
    if lead.outcome is Outcome.OPEN or not deal.is_open:
        return False
    if lead.outcome is Outcome.WON:
        crm.deals.win(deal.id)
    else:
        crm.deals.lose(deal.id, reason=lead.reason or "unknown")
    return True
