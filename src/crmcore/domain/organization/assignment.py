"""Assignment: round robin among the holders of a role.

Invariants:
    1. The available candidate who was assigned least recently is next. The numbers of assignments of two users who are available differ
       by one at most, whatever is reassigned by hand.
    2. An assignment lists every rejected candidate with the reason.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record, value
from crmcore.domain.kernel.ids import RoundRobinId, UserId
from crmcore.domain.organization.users import User


@value
class RejectedCandidate:
    """A candidate who was not chosen, and the reason."""

    user_id: UserId = fields.id_of("user")
    reason: str = fields.text(personal=False)


@record
class Assignment:
    """The result of an assignment.

    Attributes:
        user_id: the chosen user; None when no candidate was available.
        rule: what decided: ``round_robin``; ``owner``, the owner of the customer; ``requested``, the caller's choice; ``request``, a repeated request.
        rejected: the other candidates, with the reason for each.
    """

    user_id: UserId | None = fields.id_of("user", optional=True, default=None)
    rule: str = fields.text(personal=False)
    rejected: tuple[RejectedCandidate, ...] = fields.embedded_list(RejectedCandidate, default=())


@record
class RoundRobinAssigned(Event):
    """A round robin chose its next user."""

    name: ClassVar[str] = "round_robin.assigned"
    user_id: UserId = fields.id_of("user")


@record
class RoundRobin(Entity):
    """A round robin: the holders of a role take turns.

    Attributes:
        key: what is assigned: a funnel's id and a role.
        queue: the users who have had a turn, the least recent first. A user who is not in it comes before all of them.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("rr", "round_robins", unique_keys=(("key",),))

    id: RoundRobinId = fields.id_of("rr")
    key: str = fields.text(personal=False)
    queue: tuple[str, ...] = fields.text_list(personal=False, max_items=10_000, default=())

    def next(self, candidates: Sequence[User], *, at: datetime) -> tuple[Self, Assignment]:
        """Choose the next user, and move that user to the end of the queue.

        Args:
            candidates: the holders of the role, in any order.
            at: now. A candidate who is unavailable is skipped and keeps the place in the queue.
        """
        queue_positions: Mapping[str, int] = {user: position for position, user in enumerate(self.queue)}
        rejected = []
        chosen: User | None = None
        for user in sorted(candidates, key=lambda u: (queue_positions.get(u.id, -1), u.id)):
            if reason := user.unavailability(at):
                rejected.append(RejectedCandidate(user.id, reason))
            elif chosen is None:
                chosen = user
            else:
                rejected.append(RejectedCandidate(user.id, "assigned_more_recently"))
        if chosen is None:
            return self, Assignment(rule="round_robin", rejected=tuple(rejected))
        queue = (*(user for user in self.queue if user != chosen.id), chosen.id)
        updated = self._record(RoundRobinAssigned(at=at, user_id=chosen.id), queue=queue)
        return updated, Assignment(user_id=chosen.id, rule="round_robin", rejected=tuple(rejected))
