"""Steps shared by complaints and inquiries: reading, replies, filters."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from crmcore.domain.kernel.criteria import Compare, Criterion, Eq, In
from crmcore.domain.kernel.fields.time import checked_duration
from crmcore.domain.kernel.ids import CustomerId, UserId, check_id
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.case import Case
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.domain.sla.targets import Reply
from crmcore.services.environment import Environment
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.shared.case_ownership import open_states
from crmcore.services.unit_of_work import UnitOfWork

C = TypeVar("C", Complaint, Inquiry)

DEFAULT_PAUSE: Final = timedelta(hours=40)
"""How long a case is paused for its customer by default, in business hours: one working week."""


def get_with_hours(
    uow: UnitOfWork, environment: Environment, case_type: type[C], case_id: str, version: int | None
) -> tuple[C, BusinessHours]:
    """Read a case and the business hours of its SLA."""
    case = uow.get(case_type, case_id, version=version)
    return case, load_business_hours(uow, environment, case.calendar_id)


def build_reply(
    uow: UnitOfWork, case: Complaint | Inquiry, *, author_id: UserId | None, channel: str, is_automatic: bool = False
) -> Reply:
    """Build a reply to the customer; the owner is its author by default."""
    user_id = case.owner_id if author_id is None else uow.get(User, author_id).id
    return Reply(user_id=None if is_automatic else user_id, channel=channel, is_automatic=is_automatic)


def pause_until(uow: UnitOfWork, business_hours: BusinessHours, until: datetime | None) -> datetime:
    """Return the end of a pause: the given time, or `DEFAULT_PAUSE` from now."""
    return business_hours.add(uow.now, DEFAULT_PAUSE) if until is None else until


def requested_resolution_time(field: str, resolve_within: timedelta | None) -> timedelta | None:
    """Check the resolution time that the caller requests.

    Raises:
        OutOfRangeError: it is less than one second.
    """
    return None if resolve_within is None else checked_duration(field, resolve_within, min=timedelta(seconds=1))


def involving(*, customer_id: CustomerId | None, owner_id: UserId | None) -> list[Criterion]:
    """Build the criteria for cases of a customer and of an owner.

    None does not restrict.

    Raises:
        InvalidIdError: an id of another type.
    """
    where: list[Criterion] = []
    for prefix, field, given_id in (("customer", "customer_id", customer_id), ("user", "owner_id", owner_id)):
        if given_id is not None:
            check_id(prefix, given_id)
            where.append(Eq(field, given_id))
    return where


def open_and_overdue(uow: UnitOfWork, case_type: type[Case]) -> list[Criterion]:
    """Build the criteria for open cases whose deadline has passed."""
    return [In("state", open_states(case_type)), Compare("due_at", "<", uow.now)]
