"""Taking leads in from a sheet: row by row, each once, and what cannot be taken in is put aside with its reason."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final, Literal

from attrs import frozen

from crmcore.crm import Crm
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import ConflictError
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.importing.column_mapping import ColumnMapping
from crmcore.importing.csv_reader import CsvTable, Row
from crmcore.importing.lead_row import LeadRow, parse_lead, parse_requested_at
from crmcore.importing.rejects import Reject, RejectsFile
from crmcore.services.sales.leads import CaptureResult

CHUNK_SIZE: Final = 100
"""How many rows are stored by one commit."""

RowOutcome = Literal["imported", "duplicate"] | CrmError
"""What becomes of a row."""


@frozen(kw_only=True)
class ImportResult:
    """What became of a sheet.

    Attributes:
        rows: how many it has.
        imported: requests that are new.
        duplicates: requests that had come before, so that nothing was done.
        closed: deals that were won or lost as their row says.
    """

    rows: int
    imported: int
    duplicates: int
    closed: int
    rejected: tuple[Reject, ...]


def import_leads(
    crm: Crm,
    table: CsvTable,
    mapping: ColumnMapping,
    rejects: RejectsFile,
    /,
    *,
    funnel_id: FunnelId,
    on_progress: Callable[[int], None] = lambda _: None,
    chunk_size: int = CHUNK_SIZE,
) -> ImportResult:
    """Take all leads of a sheet in. Whatever breaks it off, the same call goes on where it stopped.

    Args:
        on_progress: is told the number of rows so far, when they are stored.
        chunk_size: how many rows are stored by one commit.

    Raises:
        InvalidInputError: the sheet cannot be read, or lacks a column that is mapped.
        StoreError, DatabaseBusyError: the database failed; what was stored so far stays.
    """
    mapping.check(table.headings)
    counts: Counter[str] = Counter()
    for rows in _chunks(table, chunk_size):
        for row, (outcome, is_closed) in zip(rows, _import_chunk(crm, rows, mapping, funnel_id), strict=True):
            counts["rows"] += 1
            counts["closed"] += is_closed
            if isinstance(outcome, CrmError):
                rejects.add(row, outcome)
            else:
                counts[outcome] += 1
        on_progress(counts["rows"])
    return ImportResult(
        rows=counts["rows"],
        imported=counts["imported"],
        duplicates=counts["duplicate"],
        closed=counts["closed"],
        rejected=tuple(rejects.rejects),
    )


def _chunks(rows: Iterable[Row], chunk_size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, chunk_size)):
        yield chunk


def _import_chunk(
    crm: Crm, rows: list[Row], mapping: ColumnMapping, funnel_id: FunnelId
) -> list[tuple[RowOutcome, bool]]:
    """Take some rows in by one commit; one by one when the store has no batches, or when somebody else was faster."""
    if hasattr(crm._environment.store, "batch"):
        try:
            with crm.batch():
                return [_import_row(crm, row, mapping, funnel_id, reraised=ConflictError) for row in rows]
        except ConflictError:
            pass
    return [_import_row(crm, row, mapping, funnel_id) for row in rows]


def _import_row(
    crm: Crm, row: Row, mapping: ColumnMapping, funnel_id: FunnelId, *, reraised: type[ConflictError] | tuple[()] = ()
) -> tuple[RowOutcome, bool]:
    try:
        lead = parse_lead(row, mapping)
        captured = capture_lead(
            crm, lead, funnel_id=funnel_id, received_at=parse_requested_at(lead, time_zone=crm._environment.time_zone)
        )
        return "duplicate" if captured.is_duplicate else "imported", _close_deal(crm, captured, lead)
    except reraised:
        raise
    except CrmError as error:
        if error.status >= 500:
            raise  # it is not the row's fault
        return error, False


def capture_lead(
    crm: Crm, lead: LeadRow, /, *, funnel_id: FunnelId, received_at: datetime | None = None, key: str | None = None
) -> CaptureResult:
    """Take one lead in."""
    arguments = lead.arguments
    return crm.leads.capture(
        lead.name,
        funnel_id=funnel_id,
        request=lead.request_id,
        received_at=received_at,
        idempotency_key=key,
        **arguments,
    )


def _close_deal(crm: Crm, captured: CaptureResult, lead: LeadRow) -> bool:
    """Win or lose the deal as the row says. A row that comes again finds it closed; one that was broken off before is made whole."""
    deal = captured.deal
    if lead.outcome is Outcome.OPEN or not deal.is_open:
        return False
    if lead.outcome is Outcome.WON:
        crm.deals.win(deal.id)
    else:
        crm.deals.lose(deal.id, reason=lead.reason or "unknown")
    return True
