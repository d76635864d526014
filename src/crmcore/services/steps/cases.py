"""Cases: which times they are promised, who sees to them, who watches that, and to whom they pass when somebody leaves."""

from datetime import timedelta
from enum import Enum
from typing import TypeVar

from crmcore.domain.cases import Case
from crmcore.domain.clocks.marks import Targets
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.life import ComplaintState
from crmcore.domain.complaints.parts import ComplaintType, nearest
from crmcore.domain.criteria import Is
from crmcore.domain.errors.broken import NobodyAvailable, RuleBroken
from crmcore.domain.ids import UserId
from crmcore.domain.inquiries import Inquiry, InquiryState
from crmcore.domain.levels import Matter, Promise, ServiceLevel, choose
from crmcore.domain.people import OWNER, User
from crmcore.services.house import House
from crmcore.services.steps.ladders import watch
from crmcore.services.steps.messages import tell
from crmcore.services.steps.papers import written
from crmcore.services.steps.people import line_of, take_turn
from crmcore.services.steps.watching import watched_case
from crmcore.services.unit import Unit

C = TypeVar("C", bound=Case)


def promise_for(unit: Unit, matter: Matter, *, within: timedelta | None = None) -> Promise:
    """Choose which times are promised.

    Args:
        within: the time to the end that was asked for, whatever the levels say.
    """
    if within is not None:
        return Promise(rule="asked", targets=Targets(resolution=within))
    return choose(unit.find(ServiceLevel, Is("active", True)), matter)


def who_sees_to_it(unit: Unit, subject: str, *, asked: UserId | None, role: str, ring: str) -> UserId:
    """Find who is responsible: who was asked for, or the next in turn of those who hold a role.

    Raises:
        NobodyAvailable: nobody is asked for, and nobody is there to take a turn.
        RuleBroken: who is asked for has left.
    """
    if asked is not None:
        person = unit.get(User, asked)
        if not person.active:
            raise RuleBroken(person.id, "user_left", "has left; choose somebody else")
        return person.id
    assignment = take_turn(unit, role=role, ring=f"{ring}:{role}")
    if assignment.user is None:
        rejected = tuple((r.user, r.reason) for r in assignment.rejected)
        raise NobodyAvailable(subject, "nobody_available", rejected=rejected)
    return assignment.user


def keep_case(unit: Unit, house: House, case: C, *, fresh: bool = False) -> C:
    """Store a case, and note when who hears that it is late."""
    case = unit.save(case)
    watch(unit, watched_case(unit, house, case), fresh=fresh)
    return case


def open_states(kind: type[Case]) -> tuple[Enum, ...]:
    """The states in which a customer still waits."""
    states: type[ComplaintState | InquiryState] = ComplaintState if kind is Complaint else InquiryState
    return tuple(state for state in states if state.is_open)


def pass_on(unit: Unit, house: House, case: Complaint | Inquiry, gone: User) -> None:
    """Give an open case of somebody who left to the next in turn, else to the first who is there up the line.

    Where nobody is there, it stays with whoever left, and is listed among the unattended.
    """
    ring = f"{case.shape.kind}s"
    role = role_for(unit, case.type) if isinstance(case, Complaint) else OWNER
    heir = take_turn(unit, role=role, ring=f"{ring}:{role}").user
    if heir is None:
        heir = next((user.id for user in line_of(unit, gone.id) if not user.unavailable(unit.now)), None)
    if heir is None:
        return
    keep_case(unit, house, case.reassign(heir, at=unit.now, reason="left"))
    tell(unit, heir, "case.yours", about=case.id, subject=case.subject, due=written(case.due_at, house))


def role_for(unit: Unit, type: str) -> str:
    """The role of those among whom complaints of a type go round."""
    declared = nearest(unit.find(ComplaintType), type)
    return OWNER if declared is None else declared.role
