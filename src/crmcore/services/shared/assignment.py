"""Assignment: round robin, and the managers above a user."""

from crmcore.domain.kernel.criteria import Criterion, Eq, HasChild
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.organization.assignment import Assignment, RoundRobin
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.organization.users import User
from crmcore.services.unit_of_work import UnitOfWork


def assign_round_robin(uow: UnitOfWork, *, role: str, round_robin_key: str) -> Assignment:
    """Assign the next available user with a role, by round robin.

    Args:
        role: the role of the candidates; `OWNER` means all users.
        round_robin_key: the key of the round robin; each key has a separate order.
    """
    existing = next(iter(uow.find_unrestricted(RoundRobin, Eq("key", round_robin_key))), None)
    round_robin = existing or RoundRobin(id=uow.new_id("rr"), key=round_robin_key)
    updated, assignment = round_robin.next(uow.find_unrestricted(User, _role_filter(role)), at=uow.now)
    if updated is not existing and assignment.user_id is not None:
        uow.save(updated)
    return assignment


def prefetch_assignment(uow: UnitOfWork, *, role: str, round_robin_key: str) -> None:
    """Prefetch what `assign_round_robin` reads."""
    uow.prefetch_query(RoundRobin, Eq("key", round_robin_key), unrestricted=True)
    uow.prefetch_query(User, _role_filter(role), unrestricted=True)


def _role_filter(role: str) -> Criterion:
    return Eq("is_active", True) if role == OWNER else HasChild("role_assignments", Eq("role", role))


def management_chain(uow: UnitOfWork, user_id: UserId | None) -> tuple[User, ...]:
    """Return the managers above a user, nearest first."""
    chain: list[User] = []
    current = uow.get_or_none(User, user_id)
    while current is not None and current.manager_id is not None:
        current = uow.get_or_none(User, current.manager_id)
        if current is None or current in chain:
            break
        chain.append(current)
    return tuple(chain)
