"""What is watched of each kind of record: tasks, commitments, cases, and requests that wait for their first answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from crmcore.domain.cases import Case
from crmcore.domain.clocks.marks import Mark, MarkKind, Targets
from crmcore.domain.clocks.replay import Clocks, Timer, replay
from crmcore.domain.commitments import Commitment, CommitmentState
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.criteria import Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.escalation import Ladder, Rung
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import UserId
from crmcore.domain.interactions import Direction, Interaction, InteractionKind
from crmcore.domain.people import User
from crmcore.domain.tasks import Task, TaskState
from crmcore.services.house import House
from crmcore.services.steps.ladders import ONLY, TO_THE_OWNER_FIRST, WAITING, Watched, by_deadline
from crmcore.services.steps.papers import written
from crmcore.services.steps.people import line_of
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit

ANSWERS: Final = frozenset({InteractionKind.CALL, InteractionKind.MAIL, InteractionKind.CHAT})
MEETINGS: Final = frozenset({InteractionKind.MEETING, InteractionKind.VISIT})


def watched_task(unit: Unit, house: House, task: Task) -> tuple[Watched, ...]:
    """An open task with a due time."""
    due_at = task.due_at
    if task.state is not TaskState.OPEN or due_at is None:
        return ()

    def facts() -> Mapping[str, str]:
        due = written(due_at, house)
        assignee = name_of(unit, task.assignee)
        return {"title": task.title, "subject": task.title, "due": due, "assignee": assignee, "responsible": assignee}

    return (
        Watched(
            subject=task.id,
            clock=ONLY,
            promised_at=due_at,
            due_at=due_at,
            reaches=lambda rung: by_deadline(rung, due_at, since=task.given_at, time=partial(house_time, unit, house)),
            ladder=house.ladder,
            responsible=task.assignee,
            above=None if task.assignee is not None else partial(_above_the_deal, unit, task),
            topic="task.overdue",
            facts=facts,
        ),
    )


def watched_commitment(unit: Unit, house: House, promise: Commitment) -> tuple[Watched, ...]:
    """An open promise with a due time: whoever sees to it hears of it first."""
    due_at = promise.due_at
    if promise.state is not CommitmentState.OPEN or due_at is None:
        return ()

    def facts() -> Mapping[str, str]:
        due, responsible = written(due_at, house), name_of(unit, promise.owner)
        return {
            "what": promise.what,
            "subject": promise.what,
            "due": due,
            "side": promise.side.value,
            "responsible": responsible,
        }

    return (
        Watched(
            subject=promise.id,
            clock=ONLY,
            promised_at=due_at,
            due_at=due_at,
            reaches=lambda rung: by_deadline(
                rung, due_at, since=promise.made_at, time=partial(house_time, unit, house)
            ),
            ladder=_owner_first(house.ladder),
            responsible=promise.owner,
            topic="commitment.overdue",
            facts=facts,
        ),
    )


def watched_case(unit: Unit, house: House, case: Case, clocks: Clocks | None = None) -> tuple[Watched, ...]:
    """An open case: each of its clocks, and until when we wait for its customer."""
    if case.resolved_at is not None:
        return ()
    time = house_time(unit, house, case.calendar)
    clocks = clocks or case.clocks(time=time, now=unit.now)
    kind = case.shape.kind

    def facts(due_at: datetime) -> Mapping[str, str]:
        type = case.type if isinstance(case, Complaint) else ""
        responsible = name_of(unit, case.responsible)
        return {"subject": case.subject, "type": type, "due": written(due_at, house), "responsible": responsible}

    watched = [
        Watched(
            subject=case.id,
            clock=timer.kind.value,
            promised_at=timer.started_at,
            due_at=timer.due_at or timer.started_at,
            reaches=partial(_reached, timer),
            ladder=house.ladder,
            responsible=case.responsible,
            topic=f"{kind}.overdue",
            facts=partial(facts, timer.due_at or timer.started_at),
        )
        for timer in clocks.all
        if timer.stopped_at is None
    ]
    until = case.wait_until
    if until is not None:
        watched.append(
            Watched(
                subject=case.id,
                clock=WAITING,
                promised_at=until,
                due_at=until,
                reaches=lambda rung: by_deadline(rung, until, since=case.received_at, time=lambda: time),
                ladder=_owner_first(house.ladder),
                responsible=case.responsible,
                topic="case.waiting",
                facts=partial(facts, until),
            )
        )
    return tuple(watched)


def watched_request(unit: Unit, house: House, deal: Deal) -> tuple[Watched, ...]:
    """A request that has not been answered yet, in a funnel that promises when it will be."""
    timer = response_of(unit, house, deal).first_response
    if timer is None or timer.stopped_at is not None or timer.due_at is None:
        return ()
    due_at = timer.due_at

    def facts() -> Mapping[str, str]:
        return {"subject": deal.title, "due": written(due_at, house), "responsible": name_of(unit, deal.owner)}

    return (
        Watched(
            subject=deal.id,
            clock=timer.kind.value,
            promised_at=timer.started_at,
            due_at=due_at,
            reaches=partial(_reached, timer),
            ladder=house.ladder,
            responsible=deal.owner,
            topic="lead.overdue",
            facts=facts,
        ),
    )


def response_of(unit: Unit, house: House, deal: Deal) -> Clocks:
    """How the clock of a request's first answer stands. Notes and surveys are no answers, nor are automatic replies."""
    funnel = unit.get(Funnel, deal.funnel)
    marks = [Mark(MarkKind.OPENED, deal.opened_at, Targets(first_response=funnel.respond_within))]
    if funnel.respond_within is not None:
        contacts = unit.find(Interaction, Is("deal", deal.id), order="happened_at")
        marks += [Mark(MarkKind.ANSWERED, contact.happened_at) for contact in contacts if _answers(contact)]
        if deal.closed_at is not None:
            marks.append(Mark(MarkKind.RESOLVED, deal.closed_at))
    time = house_time(unit, house)
    return replay(sorted(marks, key=lambda mark: mark.at), time=time, now=unit.now)


def name_of(unit: Unit, user: UserId | None) -> str:
    """A person's name; nothing of nobody."""
    person = unit.peek(User, user)
    return person.name if person else ""


def _answers(contact: Interaction) -> bool:
    if contact.outcome == "automatic":
        return False
    return contact.kind in MEETINGS or (contact.kind in ANSWERS and contact.direction is Direction.OUTGOING)


def _reached(timer: Timer, rung: Rung) -> datetime | None:
    return timer.reaches(rung.share, after=rung.after)


def _owner_first(ladder: Ladder) -> Ladder:
    """The house's ladder, whose first rung is whoever is responsible."""
    return Ladder((TO_THE_OWNER_FIRST, *(rung for rung in ladder.steps if rung.after)))


def _above_the_deal(unit: Unit, task: Task) -> Sequence[User]:
    """Who stands above a task that nobody has: the deal's owner and the line from there."""
    deal = unit.peek(Deal, task.deal)
    owner = unit.peek(User, deal.owner) if deal else None
    return (owner, *line_of(unit, owner.id)) if owner else ()
