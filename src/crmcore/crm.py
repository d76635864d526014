"""Public entry point: `Crm` wires the ports and has a service per feature."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve

from crmcore._lazy import LazyService
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.files import FilesDisabled, MemoryFileStore
from crmcore.adapters.holidays import HolidaysLibrary
from crmcore.adapters.ids import UuidV7Generator
from crmcore.adapters.memory.store import MemoryStore
from crmcore.adapters.phones import BasicPhoneParser
from crmcore.adapters.policies import AllowAll
from crmcore.adapters.result_codec import JsonResultCodec
from crmcore.adapters.templates.renderer import JinjaRenderer
from crmcore.domain.sla.escalation_policy import EscalationPolicy
from crmcore.ports import (
    AccessPolicy,
    Clock,
    ExchangeRates,
    FileStore,
    HolidayProvider,
    IdGenerator,
    Notifier,
    PhoneParser,
    Publisher,
    Renderer,
    RequestContext,
    Store,
    Tracer,
)
from crmcore.services.batches import start_batch
from crmcore.services.environment import Environment
from crmcore.services.retry import RetryPolicy

# Services are imported on first access: a host that only captures leads does not load the reports.
if TYPE_CHECKING:
    from crmcore.services.activities.appointments.appointments import Appointments
    from crmcore.services.activities.commitments import Commitments
    from crmcore.services.activities.interactions import Interactions
    from crmcore.services.activities.tasks import Tasks
    from crmcore.services.customers.customers import Customers
    from crmcore.services.messaging.documents import Documents
    from crmcore.services.organization.calendars import Calendars
    from crmcore.services.organization.users import Users
    from crmcore.services.platform.feed import Feed
    from crmcore.services.platform.health import Health
    from crmcore.services.platform.inbox import Inbox
    from crmcore.services.platform.jobs import Jobs, JobsReport
    from crmcore.services.platform.outbox import Outbox, OutboxReport
    from crmcore.services.reports.reports import Reports
    from crmcore.services.sales.deals.deals import Deals
    from crmcore.services.sales.funnels import Funnels
    from crmcore.services.sales.leads import Leads
    from crmcore.services.service.cases.complaints import Complaints
    from crmcore.services.service.cases.inquiries import Inquiries
    from crmcore.services.service.field_service.field_service import FieldService
    from crmcore.services.service.knowledge.knowledge import Knowledge
    from crmcore.services.sla.escalations import Escalations
    from crmcore.services.sla.policies import SlaPolicies


class Crm:
    """A CRM (customer relationship management), for one tenant and one actor.

    A `Crm` holds no state but its ports and settings. Create one per request, share it between threads, or derive another one:
    `acting_as`, `for_tenant` and `with_store` return a copy.

    Args:
        store: where records are stored; in memory by default. See also `open`.
        tenant: whose data it is, up to 64 characters.
        actor: the user's id, or a name of the host's, that the access policy and the history see.
        correlation_id: identifies what belongs together, such as a web request; it is stored with every event.
        clock: the time; the system clock by default.
        id_generator: the ids of new records; UUIDv7 by default.
        access_policy: which records an actor may see and which commands it may execute; everything by default.
        phone_parser: normalizes phone numbers; a few countries by default. See the extra ``phone``.
        renderer: fills document templates; sandboxed Jinja by default. See the extra ``documents``.
        file_store: where the bytes of attached files are stored.
        holiday_provider: public holidays by country. See the extra ``calendar``.
        exchange_rates: rates between currencies.
        notifiers: send messages, by channel: ``{"email": SmtpNotifier(...)}``.
        publishers: receive all events in order, by the name under which their position is stored.
        region: ISO 3166-1 code of the country whose phone numbers may be given without their country code.
        language: BCP 47 tag of messages and documents without a language of their own.
        time_zone: IANA zone in which messages and documents write times.
        company: what documents print about the company, such as its name and its bank account.
        escalation_policy: when which managers are notified of late work.
        calendar: the name of the company's working calendar; without such a calendar, work goes on round the clock.
        max_attempts: how often a command runs at most when others change the same records.
        idempotency_ttl: how long the result of a command with an idempotency key is kept.
        tracer: opens a span around each command. See the extra ``otel``.

    Example:
        >>> crm = Crm()
        >>> sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Installation"])
        >>> crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=sales.id).deal.stage_key
        'First call'
    """

    appointments: "LazyService[Appointments]" = LazyService(
        "crmcore.services.activities.appointments.appointments", "Appointments"
    )
    """Appointments, their attendees, and free time."""
    calendars: "LazyService[Calendars]" = LazyService("crmcore.services.organization.calendars", "Calendars")
    """Working calendars: business hours, holidays, exceptions."""
    commitments: "LazyService[Commitments]" = LazyService("crmcore.services.activities.commitments", "Commitments")
    """Commitments made in negotiations."""
    complaints: "LazyService[Complaints]" = LazyService("crmcore.services.service.cases.complaints", "Complaints")
    """Complaints: types, deadlines, compensation, satisfaction."""
    customers: "LazyService[Customers]" = LazyService("crmcore.services.customers.customers", "Customers")
    """Customers, prospects, partners, suppliers and competitors."""
    deals: "LazyService[Deals]" = LazyService("crmcore.services.sales.deals.deals", "Deals")
    """Deals: stages, values, outcomes and history."""
    outbox: "LazyService[Outbox]" = LazyService("crmcore.services.platform.outbox", "Outbox")
    """Outgoing messages, and the delivery of events to publishers."""
    documents: "LazyService[Documents]" = LazyService("crmcore.services.messaging.documents", "Documents")
    """Templates, documents and files."""
    jobs: "LazyService[Jobs]" = LazyService("crmcore.services.platform.jobs", "Jobs")
    """Scheduled jobs: reminders, escalations, maintenance visits."""
    escalations: "LazyService[Escalations]" = LazyService("crmcore.services.sla.escalations", "Escalations")
    """Escalations: which manager was notified of late work, and when."""
    feed: "LazyService[Feed]" = LazyService("crmcore.services.platform.feed", "Feed")
    """The event feed, for readers outside."""
    funnels: "LazyService[Funnels]" = LazyService("crmcore.services.sales.funnels", "Funnels")
    """Funnels (sales pipelines) and their stages."""
    inbox: "LazyService[Inbox]" = LazyService("crmcore.services.platform.inbox", "Inbox")
    """Messages of other systems, each processed once."""
    inquiries: "LazyService[Inquiries]" = LazyService("crmcore.services.service.cases.inquiries", "Inquiries")
    """Questions and requests for service."""
    interactions: "LazyService[Interactions]" = LazyService("crmcore.services.activities.interactions", "Interactions")
    """Calls, e-mails, meetings, visits, chats and notes."""
    knowledge: "LazyService[Knowledge]" = LazyService("crmcore.services.service.knowledge.knowledge", "Knowledge")
    """Knowledge base: articles, search, knowledge gaps."""
    leads: "LazyService[Leads]" = LazyService("crmcore.services.sales.leads", "Leads")
    """Lead capture, matching and assignment."""
    sla_policies: "LazyService[SlaPolicies]" = LazyService("crmcore.services.sla.policies", "SlaPolicies")
    """SLA policies: response and resolution times, and for whom they hold."""
    users: "LazyService[Users]" = LazyService("crmcore.services.organization.users", "Users")
    """Users, teams, roles and absences."""
    reports: "LazyService[Reports]" = LazyService("crmcore.services.reports.reports", "Reports")
    """Live reports and dashboards."""
    field_service: "LazyService[FieldService]" = LazyService(
        "crmcore.services.service.field_service.field_service", "FieldService"
    )
    """Equipment, service contracts, maintenance and replacement."""
    tasks: "LazyService[Tasks]" = LazyService("crmcore.services.activities.tasks", "Tasks")
    """Tasks with due dates and reminders."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        tenant: str = "default",
        actor: str = "system",
        correlation_id: str = "",
        clock: Clock | None = None,
        id_generator: IdGenerator | None = None,
        access_policy: AccessPolicy | None = None,
        phone_parser: PhoneParser | None = None,
        renderer: Renderer | None = None,
        file_store: FileStore | None = None,
        holiday_provider: HolidayProvider | None = None,
        exchange_rates: ExchangeRates | None = None,
        notifiers: Mapping[str, Notifier] | None = None,
        publishers: Mapping[str, Publisher] | None = None,
        region: str | None = None,
        language: str = "en",
        time_zone: str = "UTC",
        company: Mapping[str, str] | None = None,
        escalation_policy: EscalationPolicy | None = None,
        calendar: str = "default",
        max_attempts: int = 5,
        idempotency_ttl: timedelta = timedelta(hours=24),
        tracer: Tracer | None = None,
    ) -> None:
        self._environment = Environment(
            store=store or MemoryStore(),
            context=RequestContext(tenant=tenant, actor=actor, correlation_id=correlation_id),
            clock=clock or SystemClock(),
            id_generator=id_generator or UuidV7Generator(),
            access_policy=access_policy or AllowAll(),
            phone_parser=phone_parser or BasicPhoneParser(),
            renderer=renderer or JinjaRenderer(),
            file_store=file_store or (MemoryFileStore() if store is None else FilesDisabled()),
            holiday_provider=holiday_provider or HolidaysLibrary(),
            result_codec=JsonResultCodec(),
            exchange_rates=exchange_rates,
            notifiers=dict(notifiers or {}),
            publishers=dict(publishers or {}),
            region=region,
            language=language,
            time_zone=time_zone,
            company=dict(company or {}),
            escalation_policy=escalation_policy or EscalationPolicy(),
            calendar=calendar,
            retry_policy=RetryPolicy(max_attempts=max_attempts),
            idempotency_ttl=idempotency_ttl,
            tracer=tracer,
        )

    @classmethod
    def open(cls, url: str, **settings: Any) -> Self:
        """Store the records in a database; create its tables if they are missing.

        Args:
            url: a URL of SQLAlchemy's: ``sqlite:///crm.db``, ``postgresql+psycopg://me@localhost/crm``.
            settings: the keyword arguments of `Crm`.

        Raises:
            UnsafeEngineError: the settings of the database would lose writes.
            MissingDependencyError: its driver is not installed.
        """
        from crmcore.adapters.sql.store import SqlStore

        return cls(SqlStore.open(url), **settings)

    def acting_as(self, actor: str, *, correlation_id: str | None = None) -> Self:
        """Return a copy bound to another actor, or to another correlation id."""
        changes = {"actor": actor} if correlation_id is None else {"actor": actor, "correlation_id": correlation_id}
        return self._with_context(evolve(self._environment.context, **changes))

    def for_tenant(self, tenant: str) -> Self:
        """Return a copy bound to another tenant."""
        return self._with_context(evolve(self._environment.context, tenant=tenant))

    def with_store(self, store: Store) -> Self:
        """Return a copy over another store, such as one in the host's transaction."""
        return self._with_environment(evolve(self._environment, store=store))

    def batch(self) -> AbstractContextManager[None]:
        """Execute the commands of a ``with`` block in one transaction.

        A command that fails is rolled back alone. An error that leaves the block, or a conflict at the commit, rolls back the batch.
        The batch belongs to the thread or the asyncio task that opens it. In tasks and copied contexts that start inside it, commands are
        refused, then and after its end. Commands of another store are refused inside it.

        Raises:
            BusinessRuleError: a batch is open already, or the block is left in another thread or task.
            InvalidInputError: the store offers no batches.
            ConflictError: a concurrent commit changed the same records. The batch is rolled back and may be run again.

        Example:
            >>> crm = Crm()
            >>> sales = crm.funnels.create("Windows", stages=["First call"])
            >>> with crm.batch():
            ...     for name in ("Anna", "Bruno"):
            ...         _ = crm.leads.capture(name, funnel_id=sales.id)
            >>> len(crm.deals.list())
            2
        """
        return start_batch(self._environment.store, self._environment.context, self._environment.id_generator)

    def run_due_jobs(self, *, limit: int = 100) -> "JobsReport":
        """Run the jobs that are due: escalations, reminders, maintenance visits.

        Call it about every minute, from any number of processes.
        """
        return self.jobs.run(limit=limit)

    def deliver(self, *, limit: int = 100) -> "OutboxReport":
        """Send the queued messages, and publish new events.

        Call it often, with a store over an engine.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host.
        """
        return self.outbox.run(limit=limit)

    def health(self) -> "Health":
        """Report backlog and failures, cheap enough for a probe each minute.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host.
        """
        from crmcore.services.platform.health import HealthCheck

        return HealthCheck(self._environment).run()

    def close(self) -> None:
        """Close the connections of the store."""
        self._environment.store.close()

    def __repr__(self) -> str:
        context = self._environment.context
        return f"Crm({self._environment.store!r}, tenant={context.tenant!r}, actor={context.actor!r})"

    def _with_context(self, context: RequestContext) -> Self:
        return self._with_environment(evolve(self._environment, context=context))

    def _with_environment(self, environment: Environment) -> Self:
        clone = type(self).__new__(type(self))
        clone._environment = environment  # noqa: SLF001  # of the same class
        return clone
