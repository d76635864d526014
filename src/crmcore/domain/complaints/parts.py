"""What complaints bring with them: compensation and who may approve it, and the tree of their types."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.complaints.life import Severity
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.ids import ComplaintTypeId, LimitId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, record
from crmcore.domain.levels import is_below
from crmcore.domain.people import OWNER, User
from crmcore.domain.values.money import Money


class Remedy(Enum):
    """How a customer is compensated."""

    MONEY = "money"
    RETURN = "return"
    CREDIT = "credit"


class CompensationState(Enum):
    """Where a compensation stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"


COMPENSATION_LIFE: Final[Transitions[CompensationState]] = {
    CompensationState.PROPOSED: frozenset({CompensationState.APPROVED, CompensationState.REFUSED}),
    CompensationState.APPROVED: frozenset({CompensationState.PAID}),
    CompensationState.REFUSED: frozenset(),
    CompensationState.PAID: frozenset(),
}


@record
class Compensation:
    """What a customer gets for the harm.

    Attributes:
        proposed_by: who proposed it.
        approver: who is asked to approve it, when that is above the proposer's limit; then who did.
        rule: why it may be: ``no_limits``, ``within_limit``, ``approval``.
    """

    remedy: Remedy = fields.one_of(Remedy)
    amount: Money = fields.part(Money)
    state: CompensationState = fields.one_of(CompensationState, default=CompensationState.PROPOSED)
    reason: str = fields.text(personal=True, limit=1_000, lines=True, default="", blank=True)
    proposed_by: UserId | None = fields.ref("user", optional=True, default=None)
    approver: UserId | None = fields.ref("user", optional=True, default=None)
    rule: str = fields.text(personal=False, limit=30)
    settled_at: datetime | None = fields.moment(optional=True, default=None)

    @property
    def costs(self) -> bool:
        """Whether it costs the house something."""
        return self.state in {CompensationState.APPROVED, CompensationState.PAID}


@record
class LimitSet(Event):
    """The holders of a role may approve so much, from now on."""

    name: ClassVar[str] = "limit.set"
    role: str = fields.text(personal=False, limit=60)
    amount: Money = fields.part(Money)


@record
class ApprovalLimit(Entity):
    """How much compensation the holders of a role may approve."""

    shape: ClassVar[Shape] = Shape("limit", "approval_limits", unique=(("role", "currency"),))

    id: LimitId = fields.ref("limit")
    role: str = fields.text(personal=False, limit=60)
    currency: str = fields.text(personal=False, limit=3)
    amount: Money = fields.part(Money)
    set_at: datetime = fields.moment()

    @classmethod
    def set(cls, id: LimitId, role: str, amount: Money, *, at: datetime) -> Self:
        """Let the holders of a role approve so much."""
        limit = cls(id=id, role=role, currency=amount.currency, amount=amount, set_at=at)
        return limit._after(LimitSet(at=at, role=limit.role, amount=amount))

    def change(self, amount: Money, *, at: datetime) -> Self:
        """Let them approve more or less."""
        if amount == self.amount:
            return self
        return self._after(LimitSet(at=at, role=self.role, amount=amount), amount=amount, set_at=at)


def may_approve(user: User, amount: Money, limits: Iterable[ApprovalLimit]) -> bool:
    """Tell whether one of a person's roles lets him or her approve an amount. The role ``owner`` is everybody's."""
    return any(
        limit.amount.minor >= amount.minor
        for limit in limits
        if limit.currency == amount.currency and (limit.role == OWNER or limit.role in user.roles)
    )


@record
class ComplaintTypeDeclared(Event):
    """A type of complaint was declared or changed."""

    name: ClassVar[str] = "complaint_type.declared"
    type: str = fields.text(personal=False, limit=100)
    active: bool = fields.flag(default=True)


def checked_path(path: str) -> str:
    """Check the path of a type in the tree: ``delivery/late``.

    Raises:
        InvalidInput: an empty step.
    """
    if any(not step.strip() or step != step.strip() for step in path.split("/")):
        raise InvalidInput("complaintType.path", "must be words with a slash between them, such as delivery/late")
    return path


@record
class ComplaintType(Entity):
    """A type in the tree of types.

    Attributes:
        path: from the root, with slashes: ``delivery/late``.
        severity: of a complaint of which nobody says how grave it is.
        role: of those among whom such complaints go round.
    """

    shape: ClassVar[Shape] = Shape("complainttype", "complaint_types", unique=(("path",),))

    id: ComplaintTypeId = fields.ref("complainttype")
    path: str = fields.text(personal=False, limit=100)
    severity: Severity = fields.one_of(Severity, default=Severity.MEDIUM)
    role: str = fields.text(personal=False, limit=60, default=OWNER)
    active: bool = fields.flag(default=True)
    declared_at: datetime = fields.moment()

    @classmethod
    def declare(
        cls,
        id: ComplaintTypeId,
        path: str,
        *,
        at: datetime,
        severity: Severity | str = Severity.MEDIUM,
        role: str = OWNER,
    ) -> Self:
        """Declare a type.

        Raises:
            InvalidInput: a path with an empty step.
        """
        type = cls(id=id, path=path, severity=severity, role=role, declared_at=at)  # type: ignore[arg-type]  # a word becomes its member
        checked_path(type.path)
        return type._after(ComplaintTypeDeclared(at=at, type=type.path))

    def retire(self, *, at: datetime) -> Self:
        """Let no new complaint have it."""
        if not self.active:
            return self
        return self._after(ComplaintTypeDeclared(at=at, type=self.path, active=False), active=False)


def nearest(types: Iterable[ComplaintType], path: str) -> ComplaintType | None:
    """The declared type that a path is, or stands below."""
    above = (one for one in types if one.active and is_below(path, one.path))
    return max(above, key=lambda one: len(one.path), default=None)
