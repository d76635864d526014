"""Story A, the window company: one order from the web form to installation."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from crmcore import (
    CreateTask,
    Crm,
    ExternalId,
    FrozenClock,
    LineItem,
    MemoryStore,
    Money,
    Period,
    PostalAddress,
    RecordingNotifier,
    RenderDocument,
    Requirement,
    SendNotification,
    Stage,
)
from crmcore.adapters.files import MemoryFileStore
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.sales.funnels.requirements import RequirementKind, UnmetRequirement
from crmcore.errors import StageRequirementsNotMetError
from crmcore.ports import Store

MORNING: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
INVOICE: Final = (
    "{{ customer.name }} | {{ customer.address }} | {{ deal.title }} | {{ deal.value }} | {{ company.account }}"
)
EURO: Final = "EUR"


class WindowCompany:
    """The window company: users, funnel, clock and recorded messages."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(MORNING)
        self.notifier = RecordingNotifier()
        self.crm = crm = Crm(
            store,
            clock=self.clock,
            id_generator=SequentialIds(),
            file_store=MemoryFileStore(),
            notifiers={"email": self.notifier},
            region="LV",
            company={"account": "LV80BANK0000435195001"},
        )
        self.owner = crm.users.create("Zane Owner", email="owner@x.lv")
        self.boss = crm.users.create("Ilze Boss", roles=["boss"], email="boss@x.lv", manager_id=self.owner.id)
        self.anna = crm.users.create("Anna", roles=["manager"], email="anna@x.lv", manager_id=self.boss.id)
        self.berta = crm.users.create("Berta", roles=["manager"], email="berta@x.lv", manager_id=self.boss.id)
        self.maris = crm.users.create("Māris", roles=["measurer"], email="maris@x.lv", manager_id=self.boss.id)
        self.ivars = crm.users.create("Ivars", roles=["installer"], email="ivars@x.lv", manager_id=self.boss.id)
        crm.documents.save_template("Invoice", INVOICE, media_type="text/plain")
        self.funnel = crm.funnels.create(
            "Windows",
            role="manager",
            loss_reasons=["too dear", "too late"],
            stages=[
                Stage.named(
                    "First call",
                    entry_actions=[CreateTask(title="Call {customer}", kind="call", due_within=timedelta(minutes=15))],
                    exit_criteria=[Requirement(RequirementKind.TASK_DONE, "call")],
                ),
                Stage.named(
                    "Measurement",
                    entry_actions=[CreateTask(title="Measure for {deal} at {at}", role="measurer", kind="measure")],
                    exit_criteria=[
                        Requirement(RequirementKind.ATTACHMENT),
                        Requirement(RequirementKind.TASK_DONE, "measure"),
                    ],
                ),
                Stage.named(
                    "Approval",
                    entry_actions=[CreateTask(title="Calculate and call", kind="cost", due_within=timedelta(hours=2))],
                    exit_criteria=[Requirement(RequirementKind.VALUE), Requirement(RequirementKind.TASK_DONE, "cost")],
                ),
                Stage.named(
                    "Payment", entry_actions=[RenderDocument(template="Invoice", title="Invoice for {customer}")]
                ),
                Stage.named(
                    "Installation",
                    kind="won",
                    entry_actions=[SendNotification(role="installer", message="Install {deal} at {address} on {at}")],
                ),
            ],
        )

    def request(self, number: int, **details: Any) -> Any:
        """Capture a request from the web site."""
        details.setdefault("source", "web site")
        return self.crm.leads.capture(
            f"Customer {number}",
            phone=f"2000 {number:04}",
            about=f"{number} windows",
            funnel_id=self.funnel.id,
            request=ExternalId("web form", str(number)),
            address=PostalAddress(f"Brīvības iela {number}", "Rīga"),
            **details,
        )

    def sell_one_order(self, number: int, *, price: int) -> Any:
        """Process one order from the call to the installation."""
        crm, lead = self.crm, self.request(number)
        crm.interactions.log("call", deal_id=lead.deal.id, outcome="reached", completes_task_id=lead.task.id)
        crm.deals.set_next_step(lead.deal.id, "Measurement", due_at=self.clock.now() + timedelta(days=1))
        measurement = crm.deals.move(lead.deal.id, stage_key="Measurement")
        self.clock.advance(days=1)
        crm.documents.attach("Sizes", b"1200 x 1400", media_type="text/plain", deal_id=lead.deal.id)
        crm.tasks.complete(measurement.tasks[0].id, result="measured")
        approval = crm.deals.move(lead.deal.id, stage_key="Approval")
        line = LineItem("Window", Decimal(number), Money(price, EURO))
        crm.deals.set_value(lead.deal.id, lines=[line])
        crm.interactions.log("call", deal_id=lead.deal.id, outcome="agreed", completes_task_id=approval.tasks[0].id)
        payment = crm.deals.move(lead.deal.id, stage_key="Payment")
        crm.deals.set_next_step(lead.deal.id, "Installation", due_at=self.clock.now() + timedelta(days=5))
        return lead, payment, crm.deals.move(lead.deal.id, stage_key="Installation")

    def advance(self, **time: float) -> None:
        """Advance the clock, running due jobs."""
        self.clock.advance(**time)
        self.crm.run_due_jobs()
        self.crm.deliver()


def test_new_lead_is_called_within_15_minutes_or_escalated(store: Store) -> None:
    """Point 1: a lead has deal, owner and task; an overdue task escalates once."""
    company = WindowCompany(store)
    lead = company.request(1)

    assert (lead.deal.stage_key, lead.deal.source, lead.deal.title) == ("First call", "web site", "1 windows")
    assert lead.deal.owner_id == lead.task.assignee_id == company.anna.id
    assert (lead.task.title, lead.task.due_at) == ("Call Customer 1", MORNING + timedelta(minutes=15))
    company.advance(minutes=14)
    assert company.notifier.messages == []
    company.advance(minutes=2)
    company.advance(minutes=1)
    assert [(message.address, message.subject) for message in company.notifier.messages] == [
        ("boss@x.lv", "Late: Call Customer 1")
    ]
    company.advance(hours=4)
    assert [message.address for message in company.notifier.messages] == ["boss@x.lv", "owner@x.lv"]


def test_absent_supervisor_is_skipped(store: Store) -> None:
    """Point 1: an escalation goes to an available manager."""
    company = WindowCompany(store)
    company.crm.users.add_absence(company.boss.id, since=MORNING, until=MORNING + timedelta(days=1))
    company.request(1)
    company.advance(minutes=16)

    assert [message.address for message in company.notifier.messages] == ["owner@x.lv"]


def test_repeated_request_creates_one_deal(store: Store) -> None:
    """Point 1: a repeated request creates one deal, task and assignment."""
    company = WindowCompany(store)
    first, again, other = company.request(1), company.request(1), company.request(2)

    assert (again.is_duplicate, again.deal.id, again.tasks) == (True, first.deal.id, ())
    assert (first.deal.owner_id, other.deal.owner_id) == (company.anna.id, company.berta.id)
    assert len(company.crm.tasks.list()) == 2


def test_call_is_logged_and_measurement_task_is_created(store: Store) -> None:
    """Point 2: the call is logged, and the measurement task has the agreed time."""
    company = WindowCompany(store)
    lead = company.request(1)
    with_nothing_done = company.crm.deals.unmet_requirements(lead.deal.id)
    call = company.crm.interactions.log(
        "call", deal_id=lead.deal.id, duration=timedelta(minutes=4), outcome="reached", completes_task_id=lead.task.id
    )
    company.crm.deals.set_next_step(lead.deal.id, "Measure", due_at=MORNING + timedelta(days=2))
    moved = company.crm.deals.move(lead.deal.id, stage_key="Measurement")

    assert list(with_nothing_done) == [UnmetRequirement(RequirementKind.TASK_DONE, "call")]
    assert (call.deal_id, call.author_id, call.outcome) == (lead.deal.id, company.anna.id, "reached")
    assert company.crm.tasks.get(lead.task.id).state.value == "done"
    assert [(task.title, task.assignee_id) for task in moved.tasks] == [
        ("Measure for 1 windows at 2026-03-04 09:00", company.maris.id)
    ]
    assert moved.deal.participant_id("measurer") == company.maris.id


def test_move_without_measurements_is_rejected(store: Store) -> None:
    """Point 3: all unmet requirements are named; then the deal moves on."""
    company = WindowCompany(store)
    lead = company.request(1)
    company.crm.tasks.complete(lead.task.id)
    task = company.crm.deals.move(lead.deal.id, stage_key="Measurement").tasks[0]
    refused = _unmet_requirements(company, lead.deal.id)
    sheet = company.crm.documents.attach("Sizes", b"1200", media_type="text/plain", deal_id=lead.deal.id)
    company.crm.tasks.complete(task.id)
    approval = company.crm.deals.move(lead.deal.id, stage_key="Approval")

    assert refused == (
        UnmetRequirement(RequirementKind.ATTACHMENT),
        UnmetRequirement(RequirementKind.TASK_DONE, "measure"),
    )
    assert [attachment.document_id for attachment in approval.deal.attachments] == [sheet.id]
    assert company.crm.documents.read_content(sheet.id) == b"1200"
    assert [(task.title, task.assignee_id) for task in approval.tasks] == [("Calculate and call", company.anna.id)]
    assert approval.tasks[0].due_at == company.clock.now() + timedelta(hours=2)


def _unmet_requirements(company: WindowCompany, deal: Any) -> Any:
    try:
        company.crm.deals.move(deal, stage_key="Approval")
    except StageRequirementsNotMetError as gate:
        return gate.unmet_requirements
    return ()


def test_invoice_is_rendered_and_installer_is_notified(store: Store) -> None:
    """Points 4 to 6: cost, document from a template, message to the installer."""
    company = WindowCompany(store)
    _, payment, won = company.sell_one_order(3, price=310)
    company.advance()

    assert [document.body for document in payment.documents] == [
        "Customer 3 | Brīvības iela 3, Rīga | 3 windows | 930.00 EUR | LV80BANK0000435195001"
    ]
    assert (won.deal.outcome.value, won.deal.total) == ("won", Money(930, EURO))
    assert [role.role.value for role in company.crm.customers.get(won.deal.customer_id).roles] == ["customer"]
    assert [(message.address, message.body) for message in company.notifier.messages] == [
        ("ivars@x.lv", "Install 3 windows at Brīvības iela 3, Rīga on 2026-03-08 09:00")
    ]


def run_week(store: Store) -> tuple[Any, Any]:
    """Simulate a week; return the dashboard and the messages."""
    company = WindowCompany(store)
    crm = company.crm
    company.sell_one_order(3, price=310)
    crm.users.add_absence(company.berta.id, since=company.clock.now(), until=company.clock.now() + timedelta(hours=5))
    for number in (4, 5):
        company.request(number, source="phone")
        company.advance(minutes=20)
    company.advance(hours=6)
    company.sell_one_order(7, price=100)
    lost = company.request(6, source="advertising", value=Money(500, EURO))
    crm.deals.lose(lost.deal.id, reason="too dear")
    back = crm.deals.reopen(lost.deal.id)
    crm.deals.lose(back.deal.id, reason="too late")
    company.advance(days=2)
    messages = [(message.address, message.subject, message.body) for message in company.notifier.messages]
    return crm.reports.dashboard(company.funnel.id), messages


def test_dashboard_shows_week(store: Store) -> None:
    """Point 7: the dashboard has sums, conversion, calls, sources and overdue work."""
    dashboard, messages = run_week(store)

    assert (dashboard.funnel.opened, dashboard.funnel.won, dashboard.funnel.lost, dashboard.funnel.open) == (5, 2, 1, 2)
    assert (dashboard.funnel.revenue, dashboard.funnel.conversion) == ((Money(1630, EURO),), 4000)
    assert [(line.source, line.requests, line.customers) for line in dashboard.sources] == [
        ("web site", 2, 2),
        ("phone", 2, 0),
        ("advertising", 1, 0),
    ]
    assert {person.name: person.calls for person in dashboard.people if person.calls} == {"Anna": 2, "Berta": 2}
    assert dashboard.overdue.count == len(dashboard.overdue.rows) == 2
    assert (dashboard, messages) == run_week(MemoryStore())


def test_report_period_selects_opened_deals(store: Store) -> None:
    """Point 7: a period selects deals by opening time; its end is exclusive."""
    company = WindowCompany(store)
    company.sell_one_order(3, price=310)
    company.sell_one_order(4, price=100)
    day = timedelta(days=1)
    first = Period(MORNING, MORNING + day)
    report = company.crm.reports.funnel(company.funnel.id, since=first.since, until=first.until)

    assert (report.opened, report.revenue) == (1, (Money(930, EURO),))
