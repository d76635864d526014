"""People report: calls, meetings, deals and revenue of each user."""

from collections.abc import Sequence
from datetime import datetime

from attrs import field

from crmcore.domain.activities.interactions import Interaction, InteractionKind
from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.presentation.model import Bar, Cell, Chart, Page, Percentage, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import all_of, in_period, percentage, sum_by_currency, sum_column
from crmcore.services.unit_of_work import UnitOfWork


@record
class PersonRow:
    """One user.

    Attributes:
        calls: the calls in the period; `meetings` likewise, including visits.
        deals: the deals of the user that were opened in the period.
        conversion: the part of these deals that was won, in hundredths of a percent.
        revenue: the value of the won deals, by currency.
        overdue: the number of overdue tasks now.
    """

    user_id: UserId
    name: str = field(repr=False)
    calls: int
    meetings: int
    deals: int
    won: int
    lost: int
    conversion: int
    revenue: Sequence[Money] = field(converter=tuple)
    overdue: int


class PeopleReport(Renderable, tuple[PersonRow, ...]):
    """All users, by number of won deals."""

    __slots__ = ()

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(title=TextKey("people"), sections=(self.section(),))

    def section(self) -> Section:
        """Return the report as a section: deals and calls by user."""
        legend = ((TextKey("won"), Tone.GOOD), (TextKey("open"), Tone.OPEN), (TextKey("lost"), Tone.BAD))
        deals = [
            Bar(person.name, (person.won, person.deals - person.won - person.lost, person.lost))
            for person in self
            if person.deals
        ]
        calls = [Bar(person.name, (person.calls,)) for person in self if person.calls]
        headings = ("person", "calls", "meetings", "deals", "won", "lost", "conversion", "revenue", "overdue")
        return Section(
            title=TextKey("people"),
            charts=(
                Chart(TextKey("deals"), legend, deals),
                Chart(TextKey("calls"), ((TextKey("calls"), Tone.PLAIN),), calls),
            ),
            tables=[
                Table(headings=[TextKey(heading) for heading in headings], rows=[_cells(person) for person in self])
            ],
        )


def _cells(person: PersonRow) -> tuple[Cell, ...]:
    conversion = Percentage(person.conversion)
    return (
        person.name,
        person.calls,
        person.meetings,
        person.deals,
        person.won,
        person.lost,
        conversion,
        tuple(person.revenue),
        person.overdue,
    )


def people_report(uow: UnitOfWork, *, since: datetime | None, until: datetime | None) -> PeopleReport:
    """Compute the people report, ordered by won deals, then by calls."""
    in_period_deals = all_of(uow.visibility_filter(Deal), in_period("opened_at", since, until))
    deal_rows = uow.execute_query(
        GroupedCount(
            entity_type=Deal,
            where=in_period_deals,
            group_by=("owner_id", "outcome", "total.currency"),
            sum_of=("total.minor",),
        )
    )
    in_period_interactions = all_of(uow.visibility_filter(Interaction), in_period("happened_at", since, until))
    interaction_rows = uow.execute_query(
        GroupedCount(entity_type=Interaction, where=in_period_interactions, group_by=("author_id", "kind"))
    )
    is_overdue = all_of(uow.visibility_filter(Task), Eq("state", TaskState.OPEN), Compare("due_at", "<", uow.now))
    overdue_counts = {
        row[0]: row[1]
        for row in uow.execute_query(GroupedCount(entity_type=Task, where=is_overdue, group_by=("assignee_id",)))
    }
    meeting_kinds = {InteractionKind.MEETING, InteractionKind.VISIT}
    rows = []
    for user in uow.find(User):
        own_rows = [row for row in deal_rows if row[0] == user.id]
        won_rows = [row for row in own_rows if row[1] is Outcome.WON]
        own_interactions = [row for row in interaction_rows if row[0] == user.id]
        rows.append(
            PersonRow(
                user_id=user.id,
                name=user.name,
                calls=sum_column(
                    [
                        interaction_row
                        for interaction_row in own_interactions
                        if interaction_row[1] is InteractionKind.CALL
                    ],
                    2,
                ),
                meetings=sum_column(
                    [interaction_row for interaction_row in own_interactions if interaction_row[1] in meeting_kinds], 2
                ),
                deals=sum_column(own_rows, 3),
                won=sum_column(won_rows, 3),
                lost=sum_column([row for row in own_rows if row[1] is Outcome.LOST], 3),
                conversion=percentage(sum_column(won_rows, 3), sum_column(own_rows, 3)),
                revenue=sum_by_currency((row[2], row[4]) for row in won_rows),
                overdue=overdue_counts.get(user.id, 0),
            )
        )
    return PeopleReport(sorted(rows, key=lambda row: (-row.won, -row.calls, row.user_id)))
