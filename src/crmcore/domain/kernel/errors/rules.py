"""What was asked for is right in itself, but not here, not now, or not for this actor."""

from typing import Any, ClassVar

from attrs import define

from crmcore.domain.kernel.errors.base import CrmError


@define
class BusinessRuleError(CrmError):
    """Right in itself, but the record's state or the house's rules forbid it now.

    Attributes:
        subject_id: the id of the record.
        rule: which rule, as a word.
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
    """A life cycle does not lead from here to there."""

    code: ClassVar[str] = "invalid_transition"
    now: str = ""
    to: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        allowed = ", ".join(self.allowed) or "nothing"
        return f"{self.subject_id} cannot go from {self.now!r} to {self.to!r}; allowed from here: {allowed}"


@define
class StageRequirementsNotMetError(BusinessRuleError):
    """A deal does not yet fulfil what its stage asks before it may be left.

    Attributes:
        unmet_requirements: all of them, not just the first; see `crmcore.domain.gates.Violation`.
    """

    code: ClassVar[str] = "stage_requirements_not_met"
    unmet_requirements: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject_id} may not leave its stage: {'; '.join(str(v) for v in self.unmet_requirements)}"


@define
class LossReasonRequiredError(BusinessRuleError):
    """A deal cannot be lost without one of the funnel's reasons."""

    code: ClassVar[str] = "loss_reason_required"
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject_id}: name the reason of the loss, one of: {', '.join(self.allowed)}"


@define
class NoAssigneeAvailableError(BusinessRuleError):
    """Nobody who holds a role is active and present.

    Attributes:
        rejected: every candidate with the reason that excluded him.
    """

    code: ClassVar[str] = "no_assignee_available"
    rejected: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.subject_id}: nobody is available ({len(self.rejected)} considered); add a person or wait"


@define
class SchedulingConflictError(BusinessRuleError):
    """Somebody has another appointment, is absent, or does not work at that time.

    Attributes:
        conflicts: who, and with what: an appointment's id, ``after_is_null``, ``left`` or ``outside_business_hours``.
    """

    code: ClassVar[str] = "scheduling_conflict"
    conflicts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        conflicts = "; ".join(f"{who}: {what.replace('_', ' ')}" for who, what in self.conflicts)
        return f"{self.subject_id}: {conflicts}; choose another time, or pass overlap=True"


@define
class TransactionClosedError(BusinessRuleError):
    """A transaction or a batch was used after its end. Nothing that it was given then is stored."""

    code: ClassVar[str] = "transaction_closed"
    hint: str = "has ended and takes nothing more; begin a new one"


@define
class TransactionOpenError(BusinessRuleError):
    """The action would leave a transaction that is not committed yet and may still be rolled back."""

    code: ClassVar[str] = "transaction_open"


@define
class AmbiguousCustomerError(CrmError):
    """Several customers fit what was given: say which one with ``customer=``.

    Attributes:
        candidate_ids: the ids of the customers that fit.
    """

    code: ClassVar[str] = "ambiguous_customer"
    status: ClassVar[int] = 409
    candidate_ids: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.candidate_ids)} customers fit: {', '.join(self.candidate_ids)}; pass customer=..."


@define
class NotFoundError(CrmError, LookupError):
    """No such record in this tenant, or none that the actor may see; the two are told apart by nobody."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404
    entity: str
    id: str

    def __str__(self) -> str:
        return f"no {self.entity} {self.id}"


@define
class CursorExpiredError(CrmError, LookupError):
    """A reader's place in the feed is no longer there: read everything anew, then go on from `Feed.end`.

    Attributes:
        reason: ``pruned``: the facts behind it were forgotten; ``rewound``: the database was restored from before it.
    """

    code: ClassVar[str] = "cursor_expired"
    status: ClassVar[int] = 410
    reason: str

    def __str__(self) -> str:
        return f"this place in the feed is gone ({self.reason}); take a snapshot and go on from the feed's end"


@define
class PermissionDeniedError(CrmError, PermissionError):
    """The policy does not let the actor do this."""

    code: ClassVar[str] = "permission_denied"
    status: ClassVar[int] = 403
    actor: str
    action: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.actor} may not {self.action}{': ' if self.reason else ''}{self.reason}"
