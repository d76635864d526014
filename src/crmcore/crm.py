"""The front door: `Crm` furnishes a house with a store and everything else, and opens every room of it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve

from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.files import MemoryFiles, NoFiles
from crmcore.adapters.holidays import WorldHolidays
from crmcore.adapters.ids import SystemIds
from crmcore.adapters.memory.store import MemoryStore
from crmcore.adapters.phones import SimplePhones
from crmcore.adapters.policies import AllowAll
from crmcore.adapters.templates.templates import Templates
from crmcore.domain.escalation import Ladder
from crmcore.room import Room
from crmcore.services.batches import batch_of
from crmcore.services.house import House
from crmcore.services.ports import (
    Clock,
    Context,
    FileStore,
    Holidays,
    Ids,
    Notifier,
    Phones,
    Policy,
    Publisher,
    Renderer,
    Store,
    Tracer,
)

# The rooms are opened when somebody enters them: a host that takes leads in does not pay for the reports.
if TYPE_CHECKING:
    from crmcore.services.appointments.appointments import Appointments
    from crmcore.services.calendars import Calendars
    from crmcore.services.commitments import Commitments
    from crmcore.services.complaints.complaints import Complaints
    from crmcore.services.customers.customers import Customers
    from crmcore.services.deals.deals import Deals
    from crmcore.services.delivery import Delivery, DeliveryReport
    from crmcore.services.documents import Documents
    from crmcore.services.due import Due, DueReport
    from crmcore.services.escalations import Escalations
    from crmcore.services.feed import Feed
    from crmcore.services.funnels import Funnels
    from crmcore.services.health import Health
    from crmcore.services.inbox import Inbox
    from crmcore.services.inquiries import Inquiries
    from crmcore.services.interactions import Interactions
    from crmcore.services.knowledge.knowledge import Knowledge
    from crmcore.services.leads import Leads
    from crmcore.services.levels import Levels
    from crmcore.services.people import People
    from crmcore.services.reports.reports import Reports
    from crmcore.services.service.service import Service
    from crmcore.services.tasks import Tasks


class Crm:
    """A customer relationship management, for one tenant and one actor.

    It holds no state of its own but what it was given, so it may be made per request, shared between threads, and copied: `acting_as`,
    `for_tenant` and `using` return another one that is bound to somebody or something else.

    Args:
        store: where records are kept; in memory when not given. See also `open`.
        tenant: whose data it is, up to 64 characters.
        actor: who acts: a user's id or a word of the host's own.
        correlation: what belongs together, such as a web request's id; it is written into every fact.
        clock: what time it is; the machine's when not given.
        ids: where ids come from; time-ordered ones when not given.
        policy: who may see and do what; everybody everything when not given.
        phones: who knows phone numbers; a few countries' when not given. See the extra ``phone``.
        renderer: what fills templates; sandboxed Jinja when not given. See the extra ``documents``.
        files: where the bytes of attached files are kept.
        holidays: who knows the holidays of the world. See the extra ``calendar``.
        notifiers: what sends messages, by channel: ``{"email": SmtpNotifier(...)}``.
        publishers: who is told all facts, by a name under which it is remembered how far each has heard.
        region: the country whose phone numbers may be given without their country's code, by ISO 3166-1.
        language: of messages and documents when nobody says otherwise (BCP 47).
        zone: the IANA zone in which times are written in messages and documents.
        company: what documents say of the house itself, such as its name and its bank account.
        ladder: when who hears of late work.
        calendar: the name of the working calendar by which the house works; round the clock when there is none of that name.
        attempts: how often a story is run at most when others are faster.
        tracer: is told when stories begin and end; see the extra ``otel``.

    Example:
        >>> crm = Crm()
        >>> sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Installation"])
        >>> crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel=sales.id).deal.stage
        'First call'
    """

    appointments: "Room[Appointments]" = Room("crmcore.services.appointments.appointments", "Appointments")
    """Who meets whom, when and where, and who is free."""
    calendars: "Room[Calendars]" = Room("crmcore.services.calendars", "Calendars")
    """When the house works."""
    commitments: "Room[Commitments]" = Room("crmcore.services.commitments", "Commitments")
    """Promises made in negotiations."""
    complaints: "Room[Complaints]" = Room("crmcore.services.complaints.complaints", "Complaints")
    """What customers are not content with."""
    customers: "Room[Customers]" = Room("crmcore.services.customers.customers", "Customers")
    """Everybody the house deals with."""
    deals: "Room[Deals]" = Room("crmcore.services.deals.deals", "Deals")
    """Deals and their history."""
    delivery: "Room[Delivery]" = Room("crmcore.services.delivery", "Delivery")
    """What leaves the house."""
    documents: "Room[Documents]" = Room("crmcore.services.documents", "Documents")
    """Templates, documents and files."""
    due: "Room[Due]" = Room("crmcore.services.due", "Due")
    """Work that comes due by itself."""
    escalations: "Room[Escalations]" = Room("crmcore.services.escalations", "Escalations")
    """Who heard that something is late."""
    feed: "Room[Feed]" = Room("crmcore.services.feed", "Feed")
    """Everything that happened, for readers outside."""
    funnels: "Room[Funnels]" = Room("crmcore.services.funnels", "Funnels")
    """Ways to sell, and their stages."""
    inbox: "Room[Inbox]" = Room("crmcore.services.inbox", "Inbox")
    """What other systems tell us."""
    inquiries: "Room[Inquiries]" = Room("crmcore.services.inquiries", "Inquiries")
    """Questions and requests for service."""
    interactions: "Room[Interactions]" = Room("crmcore.services.interactions", "Interactions")
    """Calls, mails, meetings, visits, chats and notes."""
    knowledge: "Room[Knowledge]" = Room("crmcore.services.knowledge.knowledge", "Knowledge")
    """What the house knows, and which questions have no answer yet."""
    leads: "Room[Leads]" = Room("crmcore.services.leads", "Leads")
    """Taking requests in."""
    levels: "Room[Levels]" = Room("crmcore.services.levels", "Levels")
    """Which times are promised to whom."""
    people: "Room[People]" = Room("crmcore.services.people", "People")
    """Users and teams."""
    reports: "Room[Reports]" = Room("crmcore.services.reports.reports", "Reports")
    """Live answers."""
    service: "Room[Service]" = Room("crmcore.services.service.service", "Service")
    """Equipment, service contracts, maintenance and replacement."""
    tasks: "Room[Tasks]" = Room("crmcore.services.tasks", "Tasks")
    """What somebody has to do."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        tenant: str = "default",
        actor: str = "system",
        correlation: str = "",
        clock: Clock | None = None,
        ids: Ids | None = None,
        policy: Policy | None = None,
        phones: Phones | None = None,
        renderer: Renderer | None = None,
        files: FileStore | None = None,
        holidays: Holidays | None = None,
        notifiers: Mapping[str, Notifier] | None = None,
        publishers: Mapping[str, Publisher] | None = None,
        region: str | None = None,
        language: str = "en",
        zone: str = "UTC",
        company: Mapping[str, str] | None = None,
        ladder: Ladder | None = None,
        calendar: str = "default",
        attempts: int = 5,
        tracer: Tracer | None = None,
    ) -> None:
        self.house = House(
            store=store or MemoryStore(),
            context=Context(tenant=tenant, actor=actor, correlation=correlation),
            clock=clock or SystemClock(),
            ids=ids or SystemIds(),
            policy=policy or AllowAll(),
            phones=phones or SimplePhones(),
            renderer=renderer or Templates(),
            files=files or (MemoryFiles() if store is None else NoFiles()),
            holidays=holidays or WorldHolidays(),
            notifiers=dict(notifiers or {}),
            publishers=dict(publishers or {}),
            region=region,
            language=language,
            zone=zone,
            company=dict(company or {}),
            ladder=ladder or Ladder(),
            calendar=calendar,
            attempts=attempts,
            tracer=tracer,
        )

    @classmethod
    def open(cls, url: str, **settings: Any) -> Self:
        """Keep the records in a database, whose tables are made when they are missing.

        Args:
            url: as SQLAlchemy writes it: ``sqlite:///crm.db``, ``postgresql+psycopg://me@localhost/crm``.
            settings: as `Crm` takes them.

        Raises:
            UnsafeEngine: the database is set up so that it would lose writes.
            MissingExtra: its driver is not installed.
        """
        from crmcore.adapters.sql.store import SqlStore

        return cls(SqlStore.open(url), **settings)

    def acting_as(self, actor: str, *, correlation: str | None = None) -> Self:
        """Let somebody else act, or the same one in another context."""
        context = self.house.context
        return self._in(
            Context(
                tenant=context.tenant,
                actor=actor,
                correlation=context.correlation if correlation is None else correlation,
            )
        )

    def for_tenant(self, tenant: str) -> Self:
        """Turn to another tenant's data."""
        return self._in(evolve(self.house.context, tenant=tenant))

    def using(self, store: Store) -> Self:
        """Keep the records elsewhere, for instance within the host's own transaction."""
        return self._with(evolve(self.house, store=store))

    def batch(self) -> AbstractContextManager[None]:
        """Tell the stories of a ``with`` block in one transaction: each of them all or nothing, all of them in one commit.

        A story that fails undoes only itself. An error that leaves the block, or a conflict at its end, undoes the whole batch.
        The batch belongs to the thread or the asyncio task that opens it. In tasks and copied contexts that start inside it, commands are
        refused, then and after its end. Commands of another store are refused inside it.

        Raises:
            RuleBroken: a batch is open already, or the block is left in another thread or task.
            InvalidInput: the store tells stories one by one only.
            Conflict: somebody else was faster; nothing of the batch has happened, and it may be run again.

        Example:
            >>> crm = Crm()
            >>> sales = crm.funnels.create("Windows", stages=["First call"])
            >>> with crm.batch():
            ...     for name in ("Anna", "Bruno"):
            ...         _ = crm.leads.capture(name, funnel=sales.id)
            >>> len(crm.deals.list())
            2
        """
        return batch_of(self.house.store, self.house.context, self.house.ids)

    def run_due(self, *, limit: int = 100) -> "DueReport":
        """Look at what has come due: escalations, reminders. Call it every minute or so, from as many processes as you like."""
        return self.due.run(limit=limit)

    def deliver(self, *, limit: int = 100) -> "DeliveryReport":
        """Send the messages that wait, and tell the listeners what happened. Call it often, by a store over an engine.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's.
        """
        return self.delivery.run(limit=limit)

    def health(self) -> "Health":
        """Look how far behind the house is: with messages, due work and listeners. Cheap enough to be asked every minute.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's.
        """
        from crmcore.services.health import Checkup

        return Checkup(self.house).look()

    def close(self) -> None:
        """Let go of the store's connections."""
        self.house.store.close()

    def __repr__(self) -> str:
        context = self.house.context
        return f"Crm({self.house.store!r}, tenant={context.tenant!r}, actor={context.actor!r})"

    def _in(self, context: Context) -> Self:
        return self._with(evolve(self.house, context=context))

    def _with(self, house: House) -> Self:
        other = type(self).__new__(type(self))
        other.house = house
        return other
