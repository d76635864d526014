"""Lead import from CSV: idempotent per row, with a file of rejected rows."""

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
"""Number of rows per transaction."""

RowOutcome = Literal["imported", "duplicate"] | CrmError
"""Result of one row: imported, duplicate, or its error."""


@frozen(kw_only=True)
class ImportResult:
    """Result of an import.

    Attributes:
        rows: number of rows.
        imported: number of new requests.
        duplicates: number of requests that were imported before.
        closed: number of deals that were won or lost according to their row.
        rejected: the rejected rows.
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
    """Import all leads of a table; repeat the call after an interruption.

    Args:
        on_progress: called with the number of rows so far, after each commit.
        chunk_size: number of rows per transaction.

    Raises:
        InvalidInputError: the table cannot be read, or a mapped column is missing.
        StoreError, DatabaseBusyError: the database failed; committed rows are kept.
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
    """Import rows in one batch; one by one without batches or on conflict."""
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
            raise  # a failure of the system, not of the row
        return error, False


def capture_lead(
    crm: Crm, lead: LeadRow, /, *, funnel_id: FunnelId, received_at: datetime | None = None, key: str | None = None
) -> CaptureResult:
    """Capture one lead."""
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
    """Win or lose the deal according to its row, unless it is closed already."""
    deal = captured.deal
    if lead.outcome is Outcome.OPEN or not deal.is_open:
        return False
    if lead.outcome is Outcome.WON:
        crm.deals.win(deal.id)
    else:
        crm.deals.lose(deal.id, reason=lead.reason or "unknown")
    return True
