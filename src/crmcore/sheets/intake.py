"""Taking leads in from a sheet: row by row, each once, and what cannot be taken in is put aside with its reason."""

from collections import Counter
from collections.abc import Callable

from attrs import frozen

from crmcore.crm import Crm
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.errors.root import CrmError
from crmcore.domain.ids import FunnelId
from crmcore.services.leads import Captured
from crmcore.sheets.columns import Columns
from crmcore.sheets.leads import Lead, lead_of
from crmcore.sheets.reading import Sheet
from crmcore.sheets.rejects import Reject, Rejects


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
) -> Intake:
    """Take all leads of a sheet in. Whatever breaks it off, the same call goes on where it stopped.

    Args:
        told: is told the number of rows so far, after each.

    Raises:
        InvalidInput: the sheet cannot be read, or lacks a column that is mapped.
        StoreFailed, Busy: the database failed; what was taken in so far stays.
    """
    columns.check(sheet.heads)
    counts: Counter[str] = Counter()
    for row in sheet:
        counts["rows"] += 1
        try:
            lead = lead_of(row, columns)
            captured = capture(crm, lead, funnel=funnel)
            counts["repeated" if captured.repeated else "taken"] += 1
            counts["closed"] += _close(crm, captured, lead)
        except CrmError as error:
            if error.status >= 500:
                raise  # it is not the row's fault
            rejects.add(row, error)
        told(counts["rows"])
    return Intake(
        rows=counts["rows"],
        taken=counts["taken"],
        repeated=counts["repeated"],
        closed=counts["closed"],
        rejected=tuple(rejects.all),
    )


def capture(crm: Crm, lead: Lead, /, *, funnel: FunnelId, key: str | None = None) -> Captured:
    """Take one lead in."""
    return crm.leads.capture(lead.name, funnel=funnel, request=lead.request, key=key, **lead.arguments)


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
