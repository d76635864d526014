"""Scenario of one lead, from the first call to the last complaint.

A scenario is a generator: it executes commands, then yields the time of its next step. Its random numbers depend on the key of the request
alone, and every command has an idempotency key. An interrupted simulation can therefore run again from the start.
"""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from attrs import define, field

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.company import APPROVAL, INSTALLATION, MEASUREMENT, PAYMENT, Company
from crmcore.demo.hours import add_minutes, next_opening, working_day_at
from crmcore.demo.timetable import Scenario
from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.messaging.documents import Document
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import LineItem
from crmcore.services.sales.leads import CaptureResult

# Weight of a source: how much likelier its leads are to continue.
_CONVERSION_FACTORS: Final = {"recommendation": 1.25, "call": 1.1, "web site": 1.0, "Telegram": 1.0, "Instagram": 0.9}


@define
class LeadScenario:
    """The scenario of one lead; it uses the public API.

    Attributes:
        documents: documents that were made for the customer.
    """

    crm: Crm
    clock: FrozenClock
    company: Company
    deal: Deal
    rng: Random
    windows: int
    price: Money
    documents: list[Document] = field(factory=list)
    _measurement_task: Task | None = None
    _calculation_task: Task | None = None
    _step_count: int = 0

    @classmethod
    def from_capture(cls, crm: Crm, clock: FrozenClock, company: Company, captured: CaptureResult) -> "LeadScenario":
        """Create the scenario of a captured lead."""
        deal = captured.deal
        key = deal.external_id.key if deal.external_id else deal.id
        windows = deal.custom.get("windows")
        rng = Random(f"windows {key}")  # noqa: S311  # chance, not secrecy
        return cls(
            crm=crm.acting_as("script", correlation_id=hashlib.sha256(key.encode()).hexdigest()[:16]),
            clock=clock,
            company=company,
            deal=deal,
            rng=rng,
            price=Money(10 * rng.randint(16, 32), "EUR"),
            windows=windows if isinstance(windows, int) and 0 < windows < 100 else rng.randint(1, 8),
        )

    def run(self, task: Task | None) -> Scenario:
        """Run the scenario to its end."""
        for phase in (
            self._first_call(task),
            self._measurement_visit(),
            self._cost_approval(),
            self._invoice_payment(),
            self._late_complaint(),
        ):
            yield from phase
            if not (self.deal.is_open or self.deal.stage_key == INSTALLATION):
                return

    def _first_call(self, task: Task | None) -> Scenario:
        late = self._is_drawn(0.12)
        yield add_minutes(self.now, self.rng.uniform(25, 240) if late else self.rng.uniform(1, 13))
        if self._is_drawn(0.02):  # forgotten: the task stays open, and the supervisors hear of it
            yield self.now + timedelta(days=365)
        for attempt in range(3):
            if self._is_drawn(0.82):
                break
            self._call("no answer", None)
            if attempt == 2:
                self._lose("Could not be reached")
                return
            yield add_minutes(self.now, self.rng.uniform(60, 300))
        factor = _CONVERSION_FACTORS.get(self.deal.source, 0.85)
        if not self._is_drawn(0.78 * factor):
            self._call("not interested", task)
            self._lose(self.rng.choice(("Only asked for a price", "Chose a competitor", "Not now")))
            return
        self._call("interested", task)
        yield self.now
        self._move_to_measurement()

    def _move_to_measurement(self) -> None:
        visit = working_day_at(self.now, self.rng.randint(1, 4), self.rng.randint(9, 16))
        owner = self._available_owner()
        self._acting_as(owner).deals.set_next_step(
            self.deal.id, "Measure the windows", due_at=visit, idempotency_key=self._idempotency_key("plan")
        )
        moved = self._acting_as(owner).deals.move(
            self.deal.id, stage_key=MEASUREMENT, idempotency_key=self._idempotency_key("move")
        )
        self.deal = moved.deal
        self._measurement_task = self._acting_as(owner).tasks.reschedule(
            moved.tasks[0].id, due_at=visit, idempotency_key=self._idempotency_key("date")
        )

    def _measurement_visit(self) -> Scenario:
        while self.deal.stage_key == MEASUREMENT:
            task = self._measurement_task
            if task is None or task.due_at is None:
                return
            yield task.due_at + timedelta(minutes=self.rng.choice((-20, -10, -5, 0, 20, 90)))
            measurer = self._substitute(self.company.user(task.assignee_id), "measurer", task)
            crm = self._acting_as(measurer)
            crm.interactions.log(
                "visit",
                deal_id=self.deal.id,
                author_id=measurer.id,
                outcome="measured",
                completes_task_id=task.id,
                idempotency_key=self._idempotency_key("visit"),
            )
            if self._is_drawn(0.05):
                self._lose("Not possible in the building")
                return
            crm.documents.attach(
                "Sizes and specification",
                self._window_sizes(),
                media_type="text/plain",
                deal_id=self.deal.id,
                idempotency_key=self._idempotency_key("sizes"),
            )
            moved = crm.deals.move(self.deal.id, stage_key=APPROVAL, idempotency_key=self._idempotency_key("move"))
            self.deal, self._measurement_task = moved.deal, None
            self._calculation_task = moved.tasks[0]

    def _cost_approval(self) -> Scenario:
        task = self._calculation_task
        late = self._is_drawn(0.15)
        yield add_minutes(self.now, self.rng.uniform(130, 400) if late else self.rng.uniform(20, 110))
        lines = self._line_items(discount=0)
        self._acting_as(self._available_owner(task)).deals.set_value(
            self.deal.id, lines=lines, idempotency_key=self._idempotency_key("price")
        )
        self._call("offered", task)
        yield add_minutes(self.now, self.rng.uniform(240, 2_500))
        factor = _CONVERSION_FACTORS.get(self.deal.source, 0.85)
        if self._is_drawn(0.06):  # the sizes were wrong: once more from the measurement
            self._call("sizes in doubt", None)
            self._move_to_measurement()
            yield from self._measurement_visit()
            if self.deal.is_open:
                yield from self._cost_approval()
            return
        if self._is_drawn(0.25):
            lines = self._line_items(discount=700)
            self._acting_as(self._available_owner()).deals.set_value(
                self.deal.id, lines=lines, idempotency_key=self._idempotency_key("discount")
            )
        if not self._is_drawn(0.74 * factor):
            self._call("declined", None)
            self._lose(self.rng.choice(("Too expensive", "Too expensive", "Chose a competitor", "Not now")))
            return
        self._call("accepted", None)
        moved = self._acting_as(self._available_owner()).deals.move(
            self.deal.id, stage_key=PAYMENT, idempotency_key=self._idempotency_key("move")
        )
        self.deal = moved.deal
        self.documents += moved.documents

    def _invoice_payment(self) -> Scenario:
        yield add_minutes(self.now, self.rng.uniform(10, 90))
        owner = self._available_owner()
        fields: dict[str, Any] = {
            "deal_id": self.deal.id,
            "author_id": owner.id,
            "outcome": "sent",
            "subject": "Invoice",
        }
        self._acting_as(owner).interactions.log(
            "mail", channel="email", idempotency_key=self._idempotency_key("mail"), **fields
        )
        yield add_minutes(self.now, self.rng.uniform(300, 6_000))
        if self._is_drawn(0.05):
            self._lose("Too expensive")
            return
        date = working_day_at(self.now, self.rng.randint(3, 9), self.rng.randint(9, 15))
        owner = self._available_owner()
        self._acting_as(owner).deals.set_next_step(
            self.deal.id, "Install the windows", due_at=date, idempotency_key=self._idempotency_key("plan")
        )
        self.deal = (
            self._acting_as(owner)
            .deals.move(self.deal.id, stage_key=INSTALLATION, idempotency_key=self._idempotency_key("move"))
            .deal
        )
        yield next_opening(date)

    def _late_complaint(self) -> Scenario:
        if not self._is_drawn(0.1):
            return
        yield add_minutes(self.now, self.rng.uniform(600, 6_000))
        manager, owner = self.company.users["gulbahor"], self._available_owner()
        complaint = self._acting_as(manager).complaints.receive(
            self.rng.choice(
                ("The handle is loose", "Installed a day late", "Draught at the sill", "Rude on the phone")
            ),
            type=self.rng.choice(("quality", "time", "manners")),
            severity=self.rng.choice(("low", "medium", "high")),
            resolve_within=timedelta(days=3),
            customer_id=self.deal.customer_id,
            deal_id=self.deal.id,
            owner_id=owner.id,
            idempotency_key=self._idempotency_key("complaint"),
        )
        yield add_minutes(self.now, self.rng.uniform(600, 4_800))
        self._acting_as(owner).complaints.resolve(
            complaint.id, "Put right on the spot", idempotency_key=self._idempotency_key("resolve")
        )
        yield add_minutes(self.now, 600)
        self._acting_as(manager).complaints.close(complaint.id, idempotency_key=self._idempotency_key("close"))

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.clock.now()

    def _call(self, outcome: str, task: Task | None) -> None:
        owner = self._available_owner(task)
        self._acting_as(owner).interactions.log(
            "call",
            deal_id=self.deal.id,
            author_id=owner.id,
            channel="phone",
            duration=timedelta(seconds=self.rng.randint(20, 900)),
            outcome=outcome,
            completes_task_id=task.id if task else None,
            idempotency_key=self._idempotency_key("call"),
        )

    def _lose(self, reason: str) -> None:
        self.deal = self._acting_as(self._available_owner()).deals.lose(
            self.deal.id, reason=reason, idempotency_key=self._idempotency_key("lose")
        )

    def _line_items(self, *, discount: int) -> tuple[LineItem, ...]:
        return (
            LineItem("Window, double glazed", Decimal(self.windows), self.price, discount),
            LineItem("Installation", Decimal(self.windows), Money("45.00", "EUR")),
        )

    def _window_sizes(self) -> bytes:
        sizes = ((self.rng.randint(60, 180), self.rng.randint(90, 220)) for _ in range(self.windows))
        return "".join(f"window {n}: {wide} x {high} cm\n" for n, (wide, high) in enumerate(sizes, 1)).encode()

    def _available_owner(self, task: Task | None = None) -> User:
        """Return the owner; another user takes over while the owner is away."""
        owner = self.company.user(self.deal.owner_id)
        substitute = self._substitute(owner, "manager", task)
        if substitute is not owner:
            manager = self._acting_as(self.company.users["gulbahor"])
            self.deal = manager.deals.change_owner(
                self.deal.id, owner_id=substitute.id, idempotency_key=self._idempotency_key("hand over")
            )
        return substitute

    def _substitute(self, user: User, role: str, task: Task | None) -> User:
        if not user.unavailability(self.now):
            return user
        other = self.rng.choice(self.company.available_users(role, self.now))
        if task is not None:
            manager = self._acting_as(self.company.users["gulbahor"])
            manager.tasks.reassign(task.id, assignee_id=other.id, idempotency_key=self._idempotency_key("reassign"))
        return other

    def _acting_as(self, user: User) -> Crm:
        return self.crm.acting_as(user.login or user.id)

    def _is_drawn(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _idempotency_key(self, step: str) -> str:
        """Return a unique key per command, equal in every run of this lead."""
        self._step_count += 1
        return f"demo {self.deal.id} {self._step_count} {step}"
