"""Life cycles of tasks and commitments: allowed changes work, others are rejected with the allowed ones."""

from datetime import timedelta
from typing import Any, Final

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmcore.domain.activities.commitments import COMMITMENT_TRANSITIONS, Commitment, CommitmentState, Side
from crmcore.domain.activities.tasks import TASK_TRANSITIONS, Task, TaskState
from crmcore.domain.sla.events import deadline_timer
from crmcore.errors import BusinessRuleError, InvalidTransitionError
from crmcore.testing.samples import NOON, Samples

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


class TaskMachine(LifeCycleMachine):
    """A task and all its commands."""

    @initialize(due=st.none() | st.integers(1, 50))
    def create(self, due: int | None) -> None:
        """Create it."""
        self.record = Samples().task(due_at=None if due is None else NOON + due * HOUR)

    @rule()
    def complete(self) -> None:
        """Complete it."""
        due, at = self.record.due_at, self.tick()
        if self.transition(TASK_TRANSITIONS, TaskState.DONE, lambda: self.record.complete(at=at, result="reached")):
            late = max((at - due).total_seconds(), 0) if due else 0

            assert (self.record.pending_events[-1].late_seconds, self.record.result, self.record.closed_at) == (
                late,
                "reached",
                at,
            )

    @rule()
    def cancel(self) -> None:
        """Cancel it."""
        at = self.tick()
        if self.transition(TASK_TRANSITIONS, TaskState.CANCELLED, lambda: self.record.cancel(at=at, reason="lost")):
            assert (self.record.result, self.record.closed_at) == ("lost", at)

    @rule()
    def reopen(self) -> None:
        """Reopen it."""
        at = self.tick()
        if self.transition(TASK_TRANSITIONS, TaskState.OPEN, lambda: self.record.reopen(at=at)):
            assert self.record.closed_at is None

    @rule(due=st.none() | st.integers(-5, 50), to=st.sampled_from([None, *(Samples().id("user") for _ in range(2))]))
    def reschedule_and_reassign(self, due: int | None, to: Any) -> None:
        """Only an open task is rescheduled or reassigned. Rescheduling resets the escalation level."""
        at = None if due is None else self.now + due * HOUR
        before = self.record
        try:
            self.record = self.record.reschedule(at, at=self.now).reassign(to, at=self.now)
        except BusinessRuleError:
            assert self.record.state is not TaskState.OPEN
            return
        assert (self.record.due_at, self.record.assignee_id) == (at, to)
        assert before.due_at == at or self.record.escalation_level == 0

    @rule(to=st.sampled_from([None, Samples().id("user")]))
    def escalate(self, to: Any) -> None:
        """Escalate, with or without a recipient; the level rises."""
        level = self.record.escalation_level + 1
        self.record = self.record.escalate(level=level, recipient_id=to, at=self.now)

        assert (self.record.escalation_level, self.record.pending_events[-1].recipient_id) == (level, to)

    @invariant()
    def overdue_is_computed(self) -> None:
        """Only an open task past its due time is overdue; the events lead to its state."""
        task: Task | None = getattr(self, "record", None)
        if task is None:
            return
        late = task.state is TaskState.OPEN and task.due_at is not None and task.due_at < self.now
        names = [event.name for event in task.pending_events]
        last = next(
            (n for n in reversed(names) if n in {"task.completed", "task.cancelled", "task.reopened"}), "task.created"
        )

        timer = (
            None
            if task.due_at is None
            else deadline_timer(task.due_at, started_at=task.created_at, ended_at=task.closed_at, now=self.now)
        )

        assert late is task.is_overdue(self.now)
        assert (timer is None) is (task.due_at is None or task.due_at <= NOON)
        if timer is not None:
            end = task.closed_at or self.now
            assert (timer.due_at, timer.breached_at is None) == (task.due_at, end <= (task.due_at or end))
        assert {"task.completed": TaskState.DONE, "task.cancelled": TaskState.CANCELLED}.get(
            last, TaskState.OPEN
        ) is task.state


class CommitmentMachine(LifeCycleMachine):
    """A commitment, closed in every way."""

    @initialize(due=st.none() | st.integers(1, 50), side=st.sampled_from(["ours", "theirs", Side.OURS]))
    def create(self, due: int | None, side: Any) -> None:
        """Create it."""
        samples = Samples()
        due_at = None if due is None else NOON + due * HOUR
        self.record = Commitment.create(
            samples.id("commitment"), "Tea", side=side, customer_id=samples.id("customer"), at=NOON, due_at=due_at
        )

    @rule(state=st.sampled_from(CommitmentState))
    def close(self, state: CommitmentState) -> None:
        """Close it; a broken commitment may be kept later."""
        at = self.tick()
        if self.transition(COMMITMENT_TRANSITIONS, state, lambda: self.record.close(state.value, at=at)):
            assert self.record.closed_at == at
            assert self.record.pending_events[-1].state is state

    @rule(to=st.sampled_from([None, *(Samples().id("user") for _ in range(2))]))
    def change_owner(self, to: Any) -> None:
        """Change the owner."""
        before = self.record
        self.record = self.record.change_owner(to, at=self.now)

        assert self.record.owner_id == to
        assert (before is self.record) is (before.owner_id == to)

    @rule(to=st.sampled_from([None, Samples().id("user")]))
    def escalate(self, to: Any) -> None:
        """Escalate, with or without a recipient; the level rises."""
        level = self.record.escalation_level + 1
        self.record = self.record.escalate(level=level, recipient_id=to, at=self.now)

        assert (self.record.escalation_level, self.record.pending_events[-1].recipient_id) == (level, to)

    @invariant()
    def overdue_is_computed(self) -> None:
        """An open commitment past its due time is overdue until it is closed."""
        promise: Commitment | None = getattr(self, "record", None)
        if promise is not None:
            is_open = promise.state is CommitmentState.OPEN
            late = is_open and promise.due_at is not None and promise.due_at < self.now

            assert late is promise.is_overdue(self.now)


TestTask = TaskMachine.TestCase
TestCommitment = CommitmentMachine.TestCase
TestTask.settings = TestCommitment.settings = settings(max_examples=25, deadline=None)


def test_broken_commitment_may_be_kept_later() -> None:
    """A broken commitment may be kept; a released or kept one is final."""
    samples = Samples()
    promise = Commitment.create(
        samples.id("commitment"), "Tea", side="ours", customer_id=samples.id("customer"), at=NOON
    )
    kept = promise.close("broken", at=NOON).close("kept", at=NOON + HOUR)

    assert (kept.state, kept.closed_at) == (CommitmentState.KEPT, NOON + HOUR)
