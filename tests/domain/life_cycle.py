"""Life cycles as state machines: allowed changes work, others are rejected with the allowed ones."""

from datetime import timedelta
from typing import Any, Final

from hypothesis.stateful import RuleBasedStateMachine

from crmcore.errors import InvalidTransitionError
from crmcore.testing.samples import NOON

HOUR: Final = timedelta(hours=1)


class LifeCycleMachine(RuleBasedStateMachine):
    """The base of all life cycles: a clock, a record, and a change that is allowed or rejected."""

    now = NOON
    record: Any

    def tick(self) -> Any:
        """Advance the clock by an hour."""
        self.now += HOUR
        return self.now

    def transition(self, transitions: Any, to: Any, command: Any) -> bool:
        """Execute a command; return whether it was allowed."""
        before = self.record
        try:
            self.record = command()
        except InvalidTransitionError as illegal:
            self.check_error(illegal, transitions, to)
            return False
        assert to in transitions[before.state]
        assert self.record.state is to
        return True

    def check_error(self, error: InvalidTransitionError, transitions: Any, to: Any) -> None:
        """The error is justified and lists the allowed states."""
        now = self.record.state
        assert to not in transitions[now]
        assert (error.now, error.to) == (now.value, to.value)
        assert error.allowed == tuple(sorted(state.value for state in transitions[now]))
