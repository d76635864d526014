"""People: what each of us did and brought, side by side, so that nobody has to write a weekly report."""

from collections.abc import Sequence
from datetime import datetime

from attrs import field

from crmcore.domain.criteria import Compare, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.ids import UserId
from crmcore.domain.interactions import Interaction, InteractionKind
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.tasks import Task, TaskState
from crmcore.domain.values.money import Money
from crmcore.services.pages.sheet import Bar, Cell, Chapter, Chart, Page, Share, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import added, moneys, share, where, within
from crmcore.services.tally import Tally
from crmcore.services.unit import Unit


@record
class PersonLine:
    """One person.

    Attributes:
        calls: made or taken in the period; so with meetings, to which visits count.
        deals: opened in the period, whose owner the person is.
        conversion: what share of these deals was won, in hundredths of a percent.
        revenue: of the won ones, by currency.
        overdue: open tasks past their due time, now.
    """

    user: UserId
    name: str = field(repr=False)
    calls: int
    meetings: int
    deals: int
    won: int
    lost: int
    conversion: int
    revenue: Sequence[Money] = field(converter=tuple)
    overdue: int


class PeopleReport(Shown, tuple[PersonLine, ...]):
    """Everybody, whoever won most first."""

    __slots__ = ()

    def page(self) -> Page:
        """Lay it out."""
        return Page(title=Word("people"), chapters=(self.chapter(),))

    def chapter(self) -> Chapter:
        """Lay it out as a part of a page: everybody's deals and calls."""
        legend = ((Word("won"), Tone.GOOD), (Word("open"), Tone.OPEN), (Word("lost"), Tone.BAD))
        deals = [Bar(p.name, (p.won, p.deals - p.won - p.lost, p.lost)) for p in self if p.deals]
        calls = [Bar(p.name, (p.calls,)) for p in self if p.calls]
        heads = ("person", "calls", "meetings", "deals", "won", "lost", "conversion", "revenue", "overdue")
        return Chapter(
            title=Word("people"),
            charts=(Chart(Word("deals"), legend, deals), Chart(Word("calls"), ((Word("calls"), Tone.PLAIN),), calls)),
            tables=[Table(heads=[Word(head) for head in heads], rows=[_row(person) for person in self])],
        )


def _row(p: PersonLine) -> tuple[Cell, ...]:
    share = Share(p.conversion)
    return (p.name, p.calls, p.meetings, p.deals, p.won, p.lost, share, tuple(p.revenue), p.overdue)


def people_report(unit: Unit, *, since: datetime | None, until: datetime | None) -> PeopleReport:
    """Count what people did, whoever won most first, then whoever called most."""
    opened = where(unit.visible(Deal), within("opened_at", since, until))
    deals = unit.ask(Tally(kind=Deal, where=opened, by=("owner", "outcome", "total.currency"), sums=("total.minor",)))
    happened = where(unit.visible(Interaction), within("happened_at", since, until))
    contacts = unit.ask(Tally(kind=Interaction, where=happened, by=("user", "kind")))
    late = where(unit.visible(Task), Is("state", TaskState.OPEN), Compare("due_at", "<", unit.now))
    tasks = {line[0]: line[1] for line in unit.ask(Tally(kind=Task, where=late, by=("assignee",)))}
    meeting = {InteractionKind.MEETING, InteractionKind.VISIT}
    lines = []
    for user in unit.find(User):
        own = [line for line in deals if line[0] == user.id]
        won = [line for line in own if line[1] is Outcome.WON]
        theirs = [line for line in contacts if line[0] == user.id]
        lines.append(
            PersonLine(
                user=user.id,
                name=user.name,
                calls=added([c for c in theirs if c[1] is InteractionKind.CALL], 2),
                meetings=added([c for c in theirs if c[1] in meeting], 2),
                deals=added(own, 3),
                won=added(won, 3),
                lost=added([line for line in own if line[1] is Outcome.LOST], 3),
                conversion=share(added(won, 3), added(own, 3)),
                revenue=moneys((line[2], line[4]) for line in won),
                overdue=tasks.get(user.id, 0),
            )
        )
    return PeopleReport(sorted(lines, key=lambda line: (-line.won, -line.calls, line.user)))
