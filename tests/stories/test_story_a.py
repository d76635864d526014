"""Story A, the window company: one order from the web form to the installers, point by point, on every store alike."""

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
    Notify,
    Period,
    PostalAddress,
    Recorder,
    RenderDocument,
    Requirement,
    Stage,
)
from crmcore.adapters.files import MemoryFiles
from crmcore.adapters.ids import CountingIds
from crmcore.domain.requirements import Rule, Violation
from crmcore.errors import StageGateClosed
from crmcore.services.ports import Store

MORNING: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
INVOICE: Final = (
    "{{ customer.name }} | {{ customer.address }} | {{ deal.title }} | {{ deal.value }} | {{ company.account }}"
)
EURO: Final = "EUR"


class House:
    """The window company: its people, its funnel, its clock and its post."""

    def __init__(self, store: Store) -> None:
        self.clock = FrozenClock(MORNING)
        self.post = Recorder()
        self.crm = crm = Crm(
            store,
            clock=self.clock,
            ids=CountingIds(),
            files=MemoryFiles(),
            notifiers={"email": self.post},
            region="LV",
            company={"account": "LV80BANK0000435195001"},
        )
        self.owner = crm.people.add("Zane Owner", email="owner@x.lv")
        self.boss = crm.people.add("Ilze Boss", roles=["boss"], email="boss@x.lv", supervisor=self.owner.id)
        self.anna = crm.people.add("Anna", roles=["manager"], email="anna@x.lv", supervisor=self.boss.id)
        self.berta = crm.people.add("Berta", roles=["manager"], email="berta@x.lv", supervisor=self.boss.id)
        self.maris = crm.people.add("Māris", roles=["measurer"], email="maris@x.lv", supervisor=self.boss.id)
        self.ivars = crm.people.add("Ivars", roles=["installer"], email="ivars@x.lv", supervisor=self.boss.id)
        crm.documents.write_template("Invoice", INVOICE, media_type="text/plain")
        self.funnel = crm.funnels.create(
            "Windows",
            role="manager",
            loss_reasons=["too dear", "too late"],
            stages=[
                Stage.named(
                    "First call",
                    on_entry=[CreateTask(title="Call {customer}", kind="call", within=timedelta(minutes=15))],
                    to_leave=[Requirement(Rule.TASK_DONE, "call")],
                ),
                Stage.named(
                    "Measurement",
                    on_entry=[CreateTask(title="Measure for {deal} at {at}", role="measurer", kind="measure")],
                    to_leave=[Requirement(Rule.ATTACHMENT), Requirement(Rule.TASK_DONE, "measure")],
                ),
                Stage.named(
                    "Approval",
                    on_entry=[CreateTask(title="Calculate and call", kind="cost", within=timedelta(hours=2))],
                    to_leave=[Requirement(Rule.VALUE), Requirement(Rule.TASK_DONE, "cost")],
                ),
                Stage.named("Payment", on_entry=[RenderDocument(template="Invoice", title="Invoice for {customer}")]),
                Stage.named(
                    "Installation",
                    kind="won",
                    on_entry=[Notify(role="installer", message="Install {deal} at {address} on {at}")],
                ),
            ],
        )

    def request(self, number: int, **details: Any) -> Any:
        """A request from the web site."""
        details.setdefault("source", "web site")
        return self.crm.leads.capture(
            f"Customer {number}",
            phone=f"2000 {number:04}",
            about=f"{number} windows",
            funnel=self.funnel.id,
            request=ExternalId("web form", str(number)),
            address=PostalAddress(f"Brīvības iela {number}", "Rīga"),
            **details,
        )

    def sell(self, number: int, *, price: int) -> Any:
        """Take one order from the call to the installation."""
        crm, lead = self.crm, self.request(number)
        crm.interactions.log("call", deal=lead.deal.id, outcome="reached", completes=lead.task.id)
        crm.deals.plan(lead.deal.id, "Measurement", due_at=self.clock.now() + timedelta(days=1))
        measurement = crm.deals.move(lead.deal.id, to="Measurement")
        self.clock.advance(days=1)
        crm.documents.attach("Sizes", b"1200 x 1400", media_type="text/plain", deal=lead.deal.id)
        crm.tasks.complete(measurement.tasks[0].id, result="measured")
        approval = crm.deals.move(lead.deal.id, to="Approval")
        line = LineItem("Window", Decimal(number), Money(price, EURO))
        crm.deals.revalue(lead.deal.id, lines=[line])
        crm.interactions.log("call", deal=lead.deal.id, outcome="agreed", completes=approval.tasks[0].id)
        payment = crm.deals.move(lead.deal.id, to="Payment")
        crm.deals.plan(lead.deal.id, "Installation", due_at=self.clock.now() + timedelta(days=5))
        return lead, payment, crm.deals.move(lead.deal.id, to="Installation")

    def tick(self, **time: float) -> None:
        """Let time pass, as a scheduler sees it."""
        self.clock.advance(**time)
        self.crm.run_due()
        self.crm.deliver()


def test_a_request_is_called_within_a_quarter_of_an_hour_or_reported_at_once(store: Store) -> None:
    """Point 1: the deal, the responsible manager, the task with its deadline; the supervisor hears of lateness at once, and once."""
    house = House(store)
    lead = house.request(1)

    assert (lead.deal.stage, lead.deal.source, lead.deal.title) == ("First call", "web site", "1 windows")
    assert lead.deal.owner == lead.task.assignee == house.anna.id
    assert (lead.task.title, lead.task.due_at) == ("Call Customer 1", MORNING + timedelta(minutes=15))
    house.tick(minutes=14)
    assert house.post.letters == []
    house.tick(minutes=2)
    house.tick(minutes=1)
    assert [(letter.to, letter.subject) for letter in house.post.letters] == [("boss@x.lv", "Late: Call Customer 1")]
    house.tick(hours=4)
    assert [letter.to for letter in house.post.letters] == ["boss@x.lv", "owner@x.lv"]


def test_a_supervisor_who_is_away_is_passed_over(store: Store) -> None:
    """Point 1: lateness reaches somebody who is there."""
    house = House(store)
    house.crm.people.go_away(house.boss.id, since=MORNING, until=MORNING + timedelta(days=1))
    house.request(1)
    house.tick(minutes=16)

    assert [letter.to for letter in house.post.letters] == ["owner@x.lv"]


def test_a_request_that_comes_again_is_the_same_request(store: Store) -> None:
    """Point 1: a form that is sent twice makes one deal, one task, one turn of the ring."""
    house = House(store)
    first, again, other = house.request(1), house.request(1), house.request(2)

    assert (again.repeated, again.deal.id, again.tasks) == (True, first.deal.id, ())
    assert (first.deal.owner, other.deal.owner) == (house.anna.id, house.berta.id)
    assert len(house.crm.tasks.list()) == 2


def test_the_call_is_on_record_and_the_measurer_gets_his_task(store: Store) -> None:
    """Point 2: the result of the call is on the deal; measuring is given for the time that was agreed."""
    house = House(store)
    lead = house.request(1)
    with_nothing_done = house.crm.deals.missing(lead.deal.id)
    call = house.crm.interactions.log(
        "call", deal=lead.deal.id, duration=timedelta(minutes=4), outcome="reached", completes=lead.task.id
    )
    house.crm.deals.plan(lead.deal.id, "Measure", due_at=MORNING + timedelta(days=2))
    moved = house.crm.deals.move(lead.deal.id, to="Measurement")

    assert list(with_nothing_done) == [Violation(Rule.TASK_DONE, "call")]
    assert (call.deal, call.user, call.outcome) == (lead.deal.id, house.anna.id, "reached")
    assert house.crm.tasks.get(lead.task.id).state.value == "done"
    assert [(task.title, task.assignee) for task in moved.tasks] == [
        ("Measure for 1 windows at 2026-03-04 09:00", house.maris.id)
    ]
    assert moved.deal.participant("measurer") == house.maris.id


def test_without_sizes_no_approval(store: Store) -> None:
    """Point 3: everything that is missing is named at once; with the document and the task the deal goes on."""
    house = House(store)
    lead = house.request(1)
    house.crm.tasks.complete(lead.task.id)
    task = house.crm.deals.move(lead.deal.id, to="Measurement").tasks[0]
    refused = _refused(house, lead.deal.id)
    sheet = house.crm.documents.attach("Sizes", b"1200", media_type="text/plain", deal=lead.deal.id)
    house.crm.tasks.complete(task.id)
    approval = house.crm.deals.move(lead.deal.id, to="Approval")

    assert refused == (Violation(Rule.ATTACHMENT), Violation(Rule.TASK_DONE, "measure"))
    assert [attachment.document for attachment in approval.deal.attachments] == [sheet.id]
    assert house.crm.documents.content(sheet.id) == b"1200"
    assert [(task.title, task.assignee) for task in approval.tasks] == [("Calculate and call", house.anna.id)]
    assert approval.tasks[0].due_at == house.clock.now() + timedelta(hours=2)


def _refused(house: House, deal: Any) -> Any:
    try:
        house.crm.deals.move(deal, to="Approval")
    except StageGateClosed as gate:
        return gate.violations
    return ()


def test_the_invoice_is_made_and_the_installer_hears_of_it(store: Store) -> None:
    """Points 4, 5 and 6: the cost, the document from the template, the message to the installer with the place and the day."""
    house = House(store)
    _, payment, won = house.sell(3, price=310)
    house.tick()

    assert [document.body for document in payment.documents] == [
        "Customer 3 | Brīvības iela 3, Rīga | 3 windows | 930.00 EUR | LV80BANK0000435195001"
    ]
    assert (won.deal.outcome.value, won.deal.total) == ("won", Money(930, EURO))
    assert [role.role.value for role in house.crm.customers.get(won.deal.customer).roles] == ["customer"]
    assert [(letter.to, letter.body) for letter in house.post.letters] == [
        ("ivars@x.lv", "Install 3 windows at Brīvības iela 3, Rīga on 2026-03-08 09:00")
    ]


def play(store: Store) -> tuple[Any, Any]:
    """A week of the company; what its owner sees, and what was sent."""
    house = House(store)
    crm = house.crm
    house.sell(3, price=310)
    crm.people.go_away(house.berta.id, since=house.clock.now(), until=house.clock.now() + timedelta(hours=5))
    for number in (4, 5):
        house.request(number, source="phone")
        house.tick(minutes=20)
    house.tick(hours=6)
    house.sell(7, price=100)
    lost = house.request(6, source="advertising", value=Money(500, EURO))
    crm.deals.lose(lost.deal.id, reason="too dear")
    back = crm.deals.reopen(lost.deal.id)
    crm.deals.lose(back.deal.id, reason="too late")
    house.tick(days=2)
    letters = [(letter.to, letter.subject, letter.body) for letter in house.post.letters]
    return crm.reports.live(house.funnel.id), letters


def test_the_owner_watches_it_live(store: Store) -> None:
    """Point 7: deals and their sums, conversion, calls per manager, the best source, what is late; the same on every store."""
    live, letters = play(store)

    assert (live.funnel.opened, live.funnel.won, live.funnel.lost, live.funnel.open) == (5, 2, 1, 2)
    assert (live.funnel.revenue, live.funnel.conversion) == ((Money(1630, EURO),), 4000)
    assert [(line.source, line.requests, line.customers) for line in live.sources] == [
        ("web site", 2, 2),
        ("phone", 2, 0),
        ("advertising", 1, 0),
    ]
    assert {person.name: person.calls for person in live.people if person.calls} == {"Anna": 2, "Berta": 2}
    assert live.overdue.count == len(live.overdue.lines) == 2
    assert (live, letters) == play(MemoryStore())


def test_the_period_of_a_report_is_the_owner_s_choice(store: Store) -> None:
    """Point 7: deals are counted in the period in which they were opened; its end lies outside it."""
    house = House(store)
    house.sell(3, price=310)
    house.sell(4, price=100)
    day = timedelta(days=1)
    first = Period(MORNING, MORNING + day)
    report = house.crm.reports.funnel(house.funnel.id, since=first.since, until=first.until)

    assert (report.opened, report.revenue) == (1, (Money(930, EURO),))
