"""The life cycle of a complaint, after ISO 10002."""

from enum import Enum
from typing import Final

from crmcore.domain.kernel.entity import Transitions


class Severity(Enum):
    """The severity of a complaint."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ComplaintState(Enum):
    """The state of a complaint."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ASSESSED = "assessed"
    INVESTIGATING = "investigating"
    WAITING = "waiting"
    RESPONDED = "responded"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for the outcome."""
        return self not in {ComplaintState.RESOLVED, ComplaintState.REJECTED, ComplaintState.CLOSED}


_S = ComplaintState
_DECIDED_STATES: Final = frozenset({_S.RESOLVED, _S.REJECTED})
COMPLAINT_TRANSITIONS: Final[Transitions[ComplaintState]] = {
    _S.RECEIVED: frozenset({_S.ACKNOWLEDGED, _S.ASSESSED, _S.INVESTIGATING, _S.WAITING, _S.RESPONDED})
    | _DECIDED_STATES,
    _S.ACKNOWLEDGED: frozenset({_S.ASSESSED, _S.INVESTIGATING, _S.WAITING, _S.RESPONDED}) | _DECIDED_STATES,
    _S.ASSESSED: frozenset({_S.INVESTIGATING, _S.WAITING, _S.RESPONDED}) | _DECIDED_STATES,
    _S.INVESTIGATING: frozenset({_S.WAITING, _S.RESPONDED}) | _DECIDED_STATES,
    _S.WAITING: frozenset({_S.INVESTIGATING, _S.RESPONDED}) | _DECIDED_STATES,
    _S.RESPONDED: frozenset({_S.INVESTIGATING, _S.WAITING}) | _DECIDED_STATES,
    _S.RESOLVED: frozenset({_S.CLOSED, _S.INVESTIGATING}),
    _S.REJECTED: frozenset({_S.CLOSED, _S.INVESTIGATING}),
    _S.CLOSED: frozenset({_S.INVESTIGATING}),
}

NEXT_ACTION: Final = {
    _S.RECEIVED: "acknowledge",
    _S.ACKNOWLEDGED: "assess",
    _S.ASSESSED: "investigate",
    _S.INVESTIGATING: "respond",
    _S.WAITING: "ask_customer_again",
    _S.RESPONDED: "send_decision",
    _S.RESOLVED: "close",
    _S.REJECTED: "close",
    _S.CLOSED: "",
}
"""The next action in each state; there is one until the complaint is closed."""
