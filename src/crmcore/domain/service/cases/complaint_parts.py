"""Parts of a complaint: compensations, approval limits, complaint types."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, record
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.ids import ApprovalLimitId, ComplaintTypeId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.complaint_lifecycle import Severity
from crmcore.domain.sla.policies import is_subtype


class Remedy(Enum):
    """The kind of a compensation."""

    MONEY = "money"
    RETURN = "return"
    CREDIT = "credit"


class CompensationState(Enum):
    """The state of a compensation."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"


COMPENSATION_TRANSITIONS: Final[Transitions[CompensationState]] = {
    CompensationState.PROPOSED: frozenset({CompensationState.APPROVED, CompensationState.REFUSED}),
    CompensationState.APPROVED: frozenset({CompensationState.PAID}),
    CompensationState.REFUSED: frozenset(),
    CompensationState.PAID: frozenset(),
}


@record
class Compensation:
    """A compensation for the customer.

    Attributes:
        proposed_by: the user who proposed it.
        approver_id: the user who is to approve it, later the one who did.
        rule: why it needs approval, or not: ``no_limits``, ``within_limit``, ``approval``.
    """

    remedy: Remedy = fields.enum(Remedy)
    amount: Money = fields.embedded(Money)
    state: CompensationState = fields.enum(CompensationState, default=CompensationState.PROPOSED)
    reason: str = fields.text(personal=True, max_length=1_000, multiline=True, default="", allow_blank=True)
    proposed_by: UserId | None = fields.id_of("user", optional=True, default=None)
    approver_id: UserId | None = fields.id_of("user", optional=True, default=None)
    rule: str = fields.text(personal=False, max_length=30)
    decided_at: datetime | None = fields.timestamp(optional=True, default=None)

    @property
    def is_cost(self) -> bool:
        """Whether it was approved, and so costs the company money."""
        return self.state in {CompensationState.APPROVED, CompensationState.PAID}


@record
class ApprovalLimitChanged(Event):
    """The approval limit of a role was set."""

    name: ClassVar[str] = "approval_limit.changed"
    role: str = fields.text(personal=False, max_length=60)
    amount: Money = fields.embedded(Money)


@record
class ApprovalLimit(Entity):
    """The amount that the holders of a role may approve."""

    meta: ClassVar[EntityMeta] = EntityMeta("approvallimit", "approval_limits", unique_keys=(("role", "currency"),))

    id: ApprovalLimitId = fields.id_of("approvallimit")
    role: str = fields.text(personal=False, max_length=60)
    currency: str = fields.text(personal=False, max_length=3)
    amount: Money = fields.embedded(Money)
    updated_at: datetime = fields.timestamp()

    @classmethod
    def create(cls, id: ApprovalLimitId, role: str, amount: Money, *, at: datetime) -> Self:
        """Set the limit of a role."""
        limit = cls(id=id, role=role, currency=amount.currency, amount=amount, updated_at=at)
        return limit._record(ApprovalLimitChanged(at=at, role=limit.role, amount=amount))

    def set_amount(self, amount: Money, *, at: datetime) -> Self:
        """Change the limit."""
        if amount == self.amount:
            return self
        return self._record(ApprovalLimitChanged(at=at, role=self.role, amount=amount), amount=amount, updated_at=at)


def can_approve(user: User, amount: Money, limits: Iterable[ApprovalLimit]) -> bool:
    """Return whether one of a user's roles may approve an amount.

    Every user has the role ``owner``.
    """
    return any(
        limit.amount.minor >= amount.minor
        for limit in limits
        if limit.currency == amount.currency and (limit.role == OWNER or limit.role in user.roles)
    )


@record
class ComplaintTypeChanged(Event):
    """A complaint type was created or changed."""

    name: ClassVar[str] = "complaint_type.changed"
    type: str = fields.text(personal=False, max_length=100)
    is_active: bool = fields.boolean(default=True)


def checked_type_path(path: str) -> str:
    """Check the path of a complaint type: ``delivery/late``.

    Raises:
        InvalidInputError: an empty segment.
    """
    if any(not part.strip() or part != part.strip() for part in path.split("/")):
        raise InvalidInputError("complaintType.path", "must be words with a slash between them, such as delivery/late")
    return path


@record
class ComplaintType(Entity):
    """A complaint type in a tree.

    Attributes:
        path: from the root, with slashes: ``delivery/late``.
        severity: the default severity of such complaints.
        role: of the users that such complaints are assigned to.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("complainttype", "complaint_types", unique_keys=(("path",),))

    id: ComplaintTypeId = fields.id_of("complainttype")
    path: str = fields.text(personal=False, max_length=100)
    severity: Severity = fields.enum(Severity, default=Severity.MEDIUM)
    role: str = fields.text(personal=False, max_length=60, default=OWNER)
    is_active: bool = fields.boolean(default=True)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: ComplaintTypeId,
        path: str,
        *,
        at: datetime,
        severity: Severity | str = Severity.MEDIUM,
        role: str = OWNER,
    ) -> Self:
        """Create a complaint type.

        Raises:
            InvalidInputError: a path with an empty segment.
        """
        type = cls(id=id, path=path, severity=severity, role=role, created_at=at)  # type: ignore[arg-type]  # a word becomes its member
        checked_type_path(type.path)
        return type._record(ComplaintTypeChanged(at=at, type=type.path))

    def deactivate(self, *, at: datetime) -> Self:
        """Deactivate it for new complaints."""
        if not self.is_active:
            return self
        return self._record(ComplaintTypeChanged(at=at, type=self.path, is_active=False), is_active=False)


def nearest_type(types: Iterable[ComplaintType], path: str) -> ComplaintType | None:
    """Return the complaint type of a path, or the nearest one above it."""
    ancestors = (
        complaint_type for complaint_type in types if complaint_type.is_active and is_subtype(path, complaint_type.path)
    )
    return max(ancestors, key=lambda complaint_type: len(complaint_type.path), default=None)
