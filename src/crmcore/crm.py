"""The front door: `Crm` furnishes a house with a store and everything else, and opens every room of it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
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
from crmcore.adapters.templates.renderer import JinjaRenderer
from crmcore.domain.sla.escalation import EscalationPolicy
from crmcore.ports import (
    AccessPolicy,
    Clock,
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

# The rooms are opened when somebody enters them: a host that takes leads in does not pay for the reports.
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
    """A customer relationship management, for one tenant and one actor.

    It holds no state of its own but what it was given, so it may be made per request, shared between threads, and copied: `acting_as`,
    `for_tenant` and `with_store` return another one that is bound to somebody or something else.

    Args:
        store: where records are kept; in memory when not given. See also `open`.
        tenant: whose data it is, up to 64 characters.
        actor: who acts: a user's id or a word of the host's own.
        correlation_id: what belongs together, such as a web request's id; it is written into every fact.
        clock: what time it is; the machine's when not given.
        id_generator: where ids come from; time-ordered ones when not given.
        access_policy: who may see and do what; everybody everything when not given.
        phone_parser: who knows phone numbers; a few countries' when not given. See the extra ``phone``.
        renderer: what fills templates; sandboxed Jinja when not given. See the extra ``documents``.
        file_store: where the bytes of attached files are kept.
        holiday_provider: who knows the holidays of the world. See the extra ``calendar``.
        notifiers: what sends messages, by channel: ``{"email": SmtpNotifier(...)}``.
        publishers: who is told all facts, by a name under which it is remembered how far each has heard.
        region: the country whose phone numbers may be given without their country's code, by ISO 3166-1.
        language: of messages and documents when nobody says otherwise (BCP 47).
        time_zone: the IANA zone in which times are written in messages and documents.
        company: what documents say of the house itself, such as its name and its bank account.
        escalation_policy: when who hears of late work.
        calendar: the name of the working calendar by which the house works; round the clock when there is none of that name.
        max_attempts: how often a story is run at most when others are faster.
        tracer: is told when stories begin and end; see the extra ``otel``.

    Example:
        >>> crm = Crm()
        >>> sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Installation"])
        >>> crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=sales.id).deal.stage_key
        'First call'
    """

    appointments: "LazyService[Appointments]" = LazyService(
        "crmcore.services.activities.appointments.appointments", "Appointments"
    )
    """Who meets whom, when and where, and who is free."""
    calendars: "LazyService[Calendars]" = LazyService("crmcore.services.organization.calendars", "Calendars")
    """When the house works."""
    commitments: "LazyService[Commitments]" = LazyService("crmcore.services.activities.commitments", "Commitments")
    """Promises made in negotiations."""
    complaints: "LazyService[Complaints]" = LazyService("crmcore.services.service.cases.complaints", "Complaints")
    """What customers are not content with."""
    customers: "LazyService[Customers]" = LazyService("crmcore.services.customers.customers", "Customers")
    """Everybody the house deals with."""
    deals: "LazyService[Deals]" = LazyService("crmcore.services.sales.deals.deals", "Deals")
    """Deals and their history."""
    outbox: "LazyService[Outbox]" = LazyService("crmcore.services.platform.outbox", "Outbox")
    """What leaves the house."""
    documents: "LazyService[Documents]" = LazyService("crmcore.services.messaging.documents", "Documents")
    """Templates, documents and files."""
    jobs: "LazyService[Jobs]" = LazyService("crmcore.services.platform.jobs", "Jobs")
    """Work that comes due by itself."""
    escalations: "LazyService[Escalations]" = LazyService("crmcore.services.sla.escalations", "Escalations")
    """Who heard that something is late."""
    feed: "LazyService[Feed]" = LazyService("crmcore.services.platform.feed", "Feed")
    """Everything that happened, for readers outside."""
    funnels: "LazyService[Funnels]" = LazyService("crmcore.services.sales.funnels", "Funnels")
    """Ways to sell, and their stages."""
    inbox: "LazyService[Inbox]" = LazyService("crmcore.services.platform.inbox", "Inbox")
    """What other systems tell us."""
    inquiries: "LazyService[Inquiries]" = LazyService("crmcore.services.service.cases.inquiries", "Inquiries")
    """Questions and requests for service."""
    interactions: "LazyService[Interactions]" = LazyService("crmcore.services.activities.interactions", "Interactions")
    """Calls, mails, meetings, visits, chats and notes."""
    knowledge: "LazyService[Knowledge]" = LazyService("crmcore.services.service.knowledge.knowledge", "Knowledge")
    """What the house knows, and which questions have no answer yet."""
    leads: "LazyService[Leads]" = LazyService("crmcore.services.sales.leads", "Leads")
    """Taking requests in."""
    sla_policies: "LazyService[SlaPolicies]" = LazyService("crmcore.services.sla.policies", "SlaPolicies")
    """Which times are promised to whom."""
    users: "LazyService[Users]" = LazyService("crmcore.services.organization.users", "Users")
    """Users and teams."""
    reports: "LazyService[Reports]" = LazyService("crmcore.services.reports.reports", "Reports")
    """Live answers."""
    field_service: "LazyService[FieldService]" = LazyService(
        "crmcore.services.service.field_service.field_service", "FieldService"
    )
    """Equipment, service contracts, maintenance and replacement."""
    tasks: "LazyService[Tasks]" = LazyService("crmcore.services.activities.tasks", "Tasks")
    """What somebody has to do."""

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
        notifiers: Mapping[str, Notifier] | None = None,
        publishers: Mapping[str, Publisher] | None = None,
        region: str | None = None,
        language: str = "en",
        time_zone: str = "UTC",
        company: Mapping[str, str] | None = None,
        escalation_policy: EscalationPolicy | None = None,
        calendar: str = "default",
        max_attempts: int = 5,
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
            notifiers=dict(notifiers or {}),
            publishers=dict(publishers or {}),
            region=region,
            language=language,
            time_zone=time_zone,
            company=dict(company or {}),
            escalation_policy=escalation_policy or EscalationPolicy(),
            calendar=calendar,
            max_attempts=max_attempts,
            tracer=tracer,
        )

    @classmethod
    def open(cls, url: str, **settings: Any) -> Self:
        """Keep the records in a database, whose tables are made when they are missing.

        Args:
            url: as SQLAlchemy writes it: ``sqlite:///crm.db``, ``postgresql+psycopg://me@localhost/crm``.
            settings: as `Crm` takes them.

        Raises:
            UnsafeEngineError: the database is set up so that it would lose writes.
            MissingDependencyError: its driver is not installed.
        """
        from crmcore.adapters.sql.store import SqlStore

        return cls(SqlStore.open(url), **settings)

    def acting_as(self, actor: str, *, correlation_id: str | None = None) -> Self:
        """Let somebody else act, or the same one in another context."""
        context = self._environment.context
        return self._with_context(
            RequestContext(
                tenant=context.tenant,
                actor=actor,
                correlation_id=context.correlation_id if correlation_id is None else correlation_id,
            )
        )

    def for_tenant(self, tenant: str) -> Self:
        """Turn to another tenant's data."""
        return self._with_context(evolve(self._environment.context, tenant=tenant))

    def with_store(self, store: Store) -> Self:
        """Keep the records elsewhere, for instance within the host's own transaction."""
        return self._with_environment(evolve(self._environment, store=store))

    def batch(self) -> AbstractContextManager[None]:
        """Tell the stories of a ``with`` block in one transaction: each of them all or nothing, all of them in one commit.

        A story that fails undoes only itself. An error that leaves the block, or a conflict at its end, undoes the whole batch.
        The batch belongs to the thread or the asyncio task that opens it. In tasks and copied contexts that start inside it, commands are
        refused, then and after its end. Commands of another store are refused inside it.

        Raises:
            BusinessRuleError: a batch is open already, or the block is left in another thread or task.
            InvalidInputError: the store tells stories one by one only.
            ConflictError: somebody else was faster; nothing of the batch has happened, and it may be run again.

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
        """Look at what has come due: escalations, reminders. Call it every minute or so, from as many processes as you like."""
        return self.jobs.run(limit=limit)

    def deliver(self, *, limit: int = 100) -> "OutboxReport":
        """Send the messages that wait, and tell the listeners what happened. Call it often, by a store over an engine.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's.
        """
        return self.outbox.run(limit=limit)

    def health(self) -> "Health":
        """Look how far behind the house is: with messages, due work and listeners. Cheap enough to be asked every minute.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's.
        """
        from crmcore.services.platform.health import HealthCheck

        return HealthCheck(self._environment).run()

    def close(self) -> None:
        """Let go of the store's connections."""
        self._environment.store.close()

    def __repr__(self) -> str:
        context = self._environment.context
        return f"Crm({self._environment.store!r}, tenant={context.tenant!r}, actor={context.actor!r})"

    def _with_context(self, context: RequestContext) -> Self:
        return self._with_environment(evolve(self._environment, context=context))

    def _with_environment(self, environment: Environment) -> Self:
        clone = type(self).__new__(type(self))
        clone._environment = environment
        return clone
