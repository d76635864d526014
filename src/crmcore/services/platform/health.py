"""Health check: backlog and dead letters, for monitoring."""

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.kernel.criteria import Compare, Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.messaging.messages import Message, MessageState
from crmcore.domain.platform.feed import Subscription
from crmcore.domain.platform.jobs import JobState, ScheduledJob
from crmcore.services.batches import require_committed
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

MAX_LAG_COUNT: Final = 100
"""Upper bound of the counted lag of a subscription, in events."""

_DUE_STATES: Final = (MessageState.QUEUED, MessageState.LEASED)


@record
class SubscriptionHealth:
    """Lag of one subscription.

    Attributes:
        name: the name of the subscription.
        lag: the number of unread events; 100 means 100 or more.
        oldest_event_at: the time of the oldest unread event.
        failures: the number of consecutive failures; after a failure the subscription backs off.
    """

    name: str
    lag: int
    oldest_event_at: datetime | None
    failures: int


@record
class Health:
    """Backlog and failures of one tenant.

    Attributes:
        at: the time of the check.
        due_messages: the number of due messages that were not sent.
        oldest_message_due_at: the due time of the oldest due message.
        dead_messages: the number of dead messages (dead letters); see `Crm.outbox.retry`.
        due_jobs: the number of due jobs that were not run.
        oldest_job_due_at: the due time of the oldest due job.
        dead_jobs: the number of dead jobs; see `Crm.jobs.retry`.
        subscriptions: the lag of each subscription.
    """

    at: datetime
    due_messages: int
    oldest_message_due_at: datetime | None
    dead_messages: int
    due_jobs: int
    oldest_job_due_at: datetime | None
    dead_jobs: int
    subscriptions: tuple[SubscriptionHealth, ...]

    @property
    def message_lag(self) -> timedelta:
        """Age of the oldest due message."""
        return _age(self.oldest_message_due_at, self.at)

    @property
    def job_lag(self) -> timedelta:
        """Age of the oldest due job."""
        return _age(self.oldest_job_due_at, self.at)

    @property
    def subscription_lag(self) -> timedelta:
        """Age of the oldest unread event of any subscription."""
        return max(
            (_age(subscription.oldest_event_at, self.at) for subscription in self.subscriptions), default=timedelta(0)
        )

    def alerts(self, *, lag: timedelta = timedelta(minutes=10)) -> tuple[str, ...]:
        """Return alert codes for old backlogs, dead messages and dead jobs.

        Example:
            >>> from crmcore import Crm
            >>> Crm().health().alerts()
            ()
        """
        conditions = {
            "messages_late": self.message_lag > lag,
            "messages_dead": self.dead_messages > 0,
            "jobs_late": self.job_lag > lag,
            "jobs_dead": self.dead_jobs > 0,
            "subscriptions_late": self.subscription_lag > lag,
        }
        return tuple(code for code, is_raised in conditions.items() if is_raised)


@frozen
class HealthCheck:
    """Health check of one tenant."""

    _environment: Environment

    @command("health.run")  # no query: a store may assign sequence numbers on first read
    def run(self, uow: UnitOfWork, /) -> Health:
        """Check the backlog and the failures.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host, so the feed cannot be read.
        """
        require_committed(self._environment.store, "check the health")
        late_messages = In("state", _DUE_STATES) & Compare("due_at", "<=", uow.now)
        late_jobs = Eq("state", JobState.PENDING) & Compare("due_at", "<=", uow.now)
        message = next(iter(uow.find(Message, late_messages, order="due_at", limit=1)), None)
        job = next(iter(uow.find(ScheduledJob, late_jobs, order="due_at", limit=1)), None)
        return Health(
            at=uow.now,
            due_messages=uow.count(Message, late_messages) if message else 0,
            oldest_message_due_at=message.due_at if message else None,
            dead_messages=uow.count(Message, Eq("state", MessageState.DEAD)),
            due_jobs=uow.count(ScheduledJob, late_jobs) if job else 0,
            oldest_job_due_at=job.due_at if job else None,
            dead_jobs=uow.count(ScheduledJob, Eq("state", JobState.DEAD)),
            subscriptions=self._subscriptions(uow),
        )

    def _subscriptions(self, uow: UnitOfWork) -> tuple[SubscriptionHealth, ...]:
        by_name = {subscription.name: subscription for subscription in uow.find(Subscription)}
        found = []
        for name in sorted({*by_name, *self._environment.publishers}):
            stored = by_name.get(name)
            unread = uow.read_events(after=stored.position if stored else 0, limit=MAX_LAG_COUNT)
            found.append(
                SubscriptionHealth(
                    name=name,
                    lag=len(unread),
                    oldest_event_at=unread[0].event.at if unread else None,
                    failures=stored.failures if stored else 0,
                )
            )
        return tuple(found)


def _age(instant: datetime | None, now: datetime) -> timedelta:
    return timedelta(0) if instant is None else max(now - instant, timedelta(0))
