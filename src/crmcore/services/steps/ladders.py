"""Ladders: what of a record may run late, when each level hears of it, and the step that is due now. One way for every kind of record."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from crmcore.domain.criteria import Is
from crmcore.domain.escalation import WHOLE, Climb, Escalation, Ladder, Rung, climb
from crmcore.domain.ids import UserId
from crmcore.domain.people import OWNER, User
from crmcore.domain.worktime.time import WorkTime
from crmcore.services.steps.agenda import ESCALATION, schedule
from crmcore.services.steps.messages import tell
from crmcore.services.steps.people import line_of
from crmcore.services.unit import Unit

ONLY: Final = "due"
"""The clock of a record that has only one deadline."""
WAITING: Final = "waiting"
"""The clock of a case that waits for its customer."""
TO_THE_OWNER_FIRST: Final = Rung(to=OWNER)
"""Whoever is responsible hears of it first, at the deadline."""


@frozen(kw_only=True)
class Watched:
    """Something of a record that may run late.

    Attributes:
        subject: the record's id.
        clock: which of its clocks.
        promised_at: what tells one promise from the next: since when the clock counts, or its only deadline.
        due_at: the deadline.
        reaches: when a rung is reached; None when nobody can know.
        responsible: whose work it is.
        above: who stands above, if that is not the line of whoever is responsible.
        topic: of the message.
        facts: what the message says, made when it is needed.
    """

    subject: str
    clock: str
    promised_at: datetime
    due_at: datetime
    reaches: Callable[[Rung], datetime | None]
    ladder: Ladder
    responsible: UserId | None
    above: Callable[[], Sequence[User]] | None = None
    topic: str
    facts: Callable[[], Mapping[str, str]]


@frozen
class Next:
    """The next step of a ladder: its level, its rung, when it is due, and who has heard before."""

    level: int
    rung: Rung
    at: datetime
    told: frozenset[str]


def watch(unit: Unit, watched: Iterable[Watched], *, fresh: bool = False) -> None:
    """Note when the next level is to hear of each.

    Args:
        fresh: whether the record is new, so that nothing can have been noted for it yet.
    """
    steps = ((one.subject, next_step(unit, one, fresh=fresh)) for one in watched)
    for subject, at in dict.fromkeys((subject, step.at) for subject, step in steps if step is not None):
        schedule(unit, ESCALATION, subject, at=at, fresh=fresh)


def next_step(unit: Unit, watched: Watched, *, fresh: bool = False) -> Next | None:
    """Find the next step of a ladder; None above its last rung, while nobody can know, and once somebody has taken it in hand."""
    taken: Sequence[Escalation] = ()
    if not fresh:
        mine = Is("subject", watched.subject) & Is("clock", watched.clock) & Is("promised_at", watched.promised_at)
        taken = unit.find(Escalation, mine)
    rung = watched.ladder.rung(len(taken) + 1)
    at = None if rung is None else watched.reaches(rung)
    if rung is None or at is None or any(step.acknowledged_at is not None for step in taken):
        return None
    return Next(len(taken) + 1, rung, at, frozenset(step.to for step in taken if step.to is not None))


def take_step(unit: Unit, watched: Watched, step: Next) -> Climb:
    """Tell whoever is to hear of it now, and keep the step with its reasons."""
    first = unit.peek(User, watched.responsible) if step.rung.to == OWNER else None
    line = line_of(unit, watched.responsible) if watched.above is None else watched.above()
    climbed = climb(step.level, line, told=step.told, at=unit.now, responsible=first)
    if climbed.to is not None:
        topic = watched.topic if step.rung.share >= WHOLE else "escalation.at_risk"
        tell(unit, climbed.to, topic, about=watched.subject, **watched.facts())
    unit.save(
        Escalation.take(
            unit.id("escalation"),
            climbed,
            step.rung,
            subject=watched.subject,
            clock=watched.clock,
            promised_at=watched.promised_at,
            due_at=watched.due_at,
            at=unit.now,
        )
    )
    return climbed


def by_deadline(rung: Rung, due_at: datetime, *, since: datetime, time: Callable[[], WorkTime]) -> datetime:
    """When a rung is reached by what has a deadline and no clock. Working time is only asked for where it matters."""
    if rung.share == WHOLE and not rung.after:
        return due_at
    counted = time()
    at = due_at
    if rung.share != WHOLE:
        since = min(since, due_at)
        at = counted.added(since, counted.between(since, due_at) * rung.share // WHOLE)
    return counted.added(at, rung.after)
