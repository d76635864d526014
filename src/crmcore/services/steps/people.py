"""Who does it, and who stands above."""

from crmcore.domain.criteria import Criterion, Has, Is
from crmcore.domain.ids import UserId
from crmcore.domain.people import OWNER, Assignment, Ring, User
from crmcore.services.unit import Unit


def take_turn(unit: Unit, *, role: str, ring: str) -> Assignment:
    """Choose the holder of a role who has waited longest in a ring, and let the ring turn.

    Args:
        role: whose holders take part; `OWNER` is everybody.
        ring: the key of the ring, so that work of several sorts goes round on its own.
    """
    found = next(iter(unit.facts(Ring, Is("key", ring))), None)
    turning = found or Ring(id=unit.id("ring"), key=ring)
    turned, assignment = turning.turn(unit.facts(User, _holders(role)), at=unit.now)
    if turned is not found and assignment.user is not None:
        unit.save(turned)
    return assignment


def foresee_turn(unit: Unit, *, role: str, ring: str) -> None:
    """Say that it will probably be somebody's turn soon."""
    unit.foresee(Ring, Is("key", ring), facts=True)
    unit.foresee(User, _holders(role), facts=True)


def _holders(role: str) -> Criterion:
    return Is("active", True) if role == OWNER else Has("posts", Is("role", role))


def line_of(unit: Unit, user: UserId | None) -> tuple[User, ...]:
    """Everybody above a person, the nearest first."""
    line: list[User] = []
    person = unit.peek(User, user)
    while person is not None and person.supervisor is not None:
        person = unit.peek(User, person.supervisor)
        if person is None or person in line:
            break
        line.append(person)
    return tuple(line)
