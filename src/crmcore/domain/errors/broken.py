"""What was asked for is right in itself, but not here, not now, or not for this actor."""

from typing import Any, ClassVar

from attrs import define

from crmcore.domain.errors.root import CrmError


@define
class RuleBroken(CrmError):
    """Right in itself, but the record's state or the house's rules forbid it now.

    Attributes:
        subject: the id of the record.
        rule: which rule, as a word.
    """

    code: ClassVar[str] = "rule_broken"
    status: ClassVar[int] = 409
    subject: str
    rule: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.advice or self.rule.replace('_', ' ')}"


@define
class IllegalTransition(RuleBroken):
    """A life cycle does not lead from here to there."""

    code: ClassVar[str] = "illegal_transition"
    now: str = ""
    to: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        ways = ", ".join(self.allowed) or "nothing"
        return f"{self.subject} cannot go from {self.now!r} to {self.to!r}; allowed from here: {ways}"


@define
class StageGateClosed(RuleBroken):
    """A deal does not yet fulfil what its stage asks before it may be left.

    Attributes:
        violations: all of them, not just the first; see `crmcore.domain.gates.Violation`.
    """

    code: ClassVar[str] = "stage_gate_closed"
    violations: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject} may not leave its stage: {'; '.join(str(v) for v in self.violations)}"


@define
class LossReasonMissing(RuleBroken):
    """A deal cannot be lost without one of the funnel's reasons."""

    code: ClassVar[str] = "loss_reason_missing"
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.subject}: name the reason of the loss, one of: {', '.join(self.allowed)}"


@define
class NobodyAvailable(RuleBroken):
    """Nobody who holds a role is active and present.

    Attributes:
        rejected: every candidate with the reason that excluded him.
    """

    code: ClassVar[str] = "nobody_available"
    rejected: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.subject}: nobody is available ({len(self.rejected)} considered); add a person or wait"


@define
class Occupied(RuleBroken):
    """Somebody has another appointment, is absent, or does not work at that time.

    Attributes:
        clashes: who, and with what: an appointment's id, ``absent``, ``left`` or ``outside_working_time``.
    """

    code: ClassVar[str] = "occupied"
    clashes: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        told = "; ".join(f"{who}: {what.replace('_', ' ')}" for who, what in self.clashes)
        return f"{self.subject}: {told}; choose another time, or pass overlap=True"


@define
class TransactionClosedError(RuleBroken):
    """A transaction or a batch was used after its end. Nothing that it was given then is stored."""

    code: ClassVar[str] = "transaction_closed"
    advice: str = "has ended and takes nothing more; begin a new one"


@define
class TransactionOpenError(RuleBroken):
    """The action would leave a transaction that is not committed yet and may still be rolled back."""

    code: ClassVar[str] = "transaction_open"


@define
class AmbiguousCustomer(CrmError):
    """Several customers fit what was given: say which one with ``customer=``.

    Attributes:
        candidates: the ids of the customers that fit.
    """

    code: ClassVar[str] = "ambiguous_customer"
    status: ClassVar[int] = 409
    candidates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.candidates)} customers fit: {', '.join(self.candidates)}; pass customer=..."


@define
class NotFound(CrmError, LookupError):
    """No such record in this tenant, or none that the actor may see; the two are told apart by nobody."""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404
    kind: str
    id: str

    def __str__(self) -> str:
        return f"no {self.kind} {self.id}"


@define
class CursorLost(CrmError, LookupError):
    """A reader's place in the feed is no longer there: read everything anew, then go on from `Feed.end`.

    Attributes:
        reason: ``pruned``: the facts behind it were forgotten; ``rewound``: the database was restored from before it.
    """

    code: ClassVar[str] = "cursor_lost"
    status: ClassVar[int] = 410
    reason: str

    def __str__(self) -> str:
        return f"this place in the feed is gone ({self.reason}); take a snapshot and go on from the feed's end"


@define
class Forbidden(CrmError, PermissionError):
    """The policy does not let the actor do this."""

    code: ClassVar[str] = "forbidden"
    status: ClassVar[int] = 403
    actor: str
    action: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.actor} may not {self.action}{': ' if self.reason else ''}{self.reason}"
