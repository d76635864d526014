"""Business rules: the request is valid, but not allowed in this state."""

from typing import Any, ClassVar

from attrs import define

from crmcore.domain.kernel.errors.base import CrmError


@define
class BusinessRuleError(CrmError):
    """The state of the record, or a business rule, forbids the command.

    Attributes:
        subject_id: the id of the record.
        rule: the code of the rule.
    """

    code: ClassVar[str] = "business_rule_error"
    status: ClassVar[int] = 409
    subject_id: str
    rule: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.hint or self.rule.replace('_', ' ')}"


@define
class InvalidTransitionError(BusinessRuleError):
    """The life cycle of the record does not allow the change of state."""

    code: ClassVar[str] = "invalid_transition"
    now: str = ""
    to: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        allowed = ", ".join(self.allowed) or "nothing"
        return f"{self.subject_id} cannot go from {self.now!r} to {self.to!r}; allowed from here: {allowed}"


@define
class StageRequirementsNotMetError(BusinessRuleError):
    """A deal does not meet the exit criteria of its stage.

    Attributes:
        unmet_requirements: all of them; see `crmcore.domain.sales.funnels.requirements.UnmetRequirement`.
    """

    code: ClassVar[str] = "stage_requirements_not_met"
    unmet_requirements: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject_id} may not leave its stage: {'; '.join(str(v) for v in self.unmet_requirements)}"


@define
class LossReasonRequiredError(BusinessRuleError):
    """A lost deal needs one of the funnel's loss reasons."""

    code: ClassVar[str] = "loss_reason_required"
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject_id}: name the reason of the loss, one of: {', '.join(self.allowed)}"


@define
class NoAssigneeAvailableError(BusinessRuleError):
    """No user with the role is active and present.

    Attributes:
        rejected: every candidate, with the reason.
    """

    code: ClassVar[str] = "no_assignee_available"
    rejected: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.subject_id}: no assignee is available ({len(self.rejected)} considered); add a user or wait"


@define
class SchedulingConflictError(BusinessRuleError):
    """An attendee is booked, absent, deactivated or outside business hours.

    Attributes:
        conflicts: the user's id and the conflict: an appointment's id, ``absent``, ``deactivated`` or ``outside_business_hours``.
    """

    code: ClassVar[str] = "scheduling_conflict"
    conflicts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        conflicts = "; ".join(f"{who}: {what.replace('_', ' ')}" for who, what in self.conflicts)
        return f"{self.subject_id}: {conflicts}; choose another time, or pass overlap=True"


@define
class TransactionClosedError(BusinessRuleError):
    """A transaction or a batch was used after its end. Nothing was stored."""

    code: ClassVar[str] = "transaction_closed"
    hint: str = "has ended and takes nothing more; begin a new one"


@define
class TransactionOpenError(BusinessRuleError):
    """A transaction is still open, so the action could not be undone with it."""

    code: ClassVar[str] = "transaction_open"


@define
class AmbiguousCustomerError(CrmError):
    """Several customers match. Pass the id of one as ``customer_id``.

    Attributes:
        candidate_ids: the ids of the customers that match.
    """

    code: ClassVar[str] = "ambiguous_customer"
    status: ClassVar[int] = 409
    candidate_ids: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.candidate_ids)} customers match: {', '.join(self.candidate_ids)}; pass customer_id=..."


@define
class NotFoundError(CrmError, LookupError):
    """The record does not exist in this tenant, or the actor may not see it."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404
    entity: str
    id: str

    def __str__(self) -> str:
        return f"no {self.entity} {self.id}"


@define
class CursorExpiredError(CrmError, LookupError):
    """The cursor of a feed is no longer valid.

    Read a snapshot, then continue from `Feed.end`.

    Attributes:
        reason: ``pruned``: the events after it were deleted; ``rewound``: the database was restored from an earlier backup.
    """

    code: ClassVar[str] = "cursor_expired"
    status: ClassVar[int] = 410
    reason: str

    def __str__(self) -> str:
        return f"the cursor has expired ({self.reason}); read a snapshot and continue from the end of the feed"


@define
class PermissionDeniedError(CrmError, PermissionError):
    """The access policy does not allow the action."""

    code: ClassVar[str] = "permission_denied"
    status: ClassVar[int] = 403
    actor: str
    action: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.actor} may not {self.action}{': ' if self.reason else ''}{self.reason}"
