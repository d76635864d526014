"""Commitments: life cycle, owner, escalation."""

from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmcore.domain.activities.commitments import COMMITMENT_TRANSITIONS, Commitment, CommitmentState, Side
from crmcore.testing.samples import NOON, Samples
from tests.domain.life_cycle import HOUR, LifeCycleMachine


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


TestCommitment = CommitmentMachine.TestCase


TestCommitment.settings = settings(max_examples=25, deadline=None)


def test_broken_commitment_may_be_kept_later() -> None:
    """A broken commitment may be kept; a released or kept one is final."""
    samples = Samples()
    promise = Commitment.create(
        samples.id("commitment"), "Tea", side="ours", customer_id=samples.id("customer"), at=NOON
    )
    kept = promise.close("broken", at=NOON).close("kept", at=NOON + HOUR)

    assert (kept.state, kept.closed_at) == (CommitmentState.KEPT, NOON + HOUR)
