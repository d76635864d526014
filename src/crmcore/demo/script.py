"""What happens to one request, from the first call to the last complaint.

A script is a generator: it acts, then says when it wants to go on. Its chances come from the request's key alone, and every command carries
a key of its own, so a play that was broken off can be played again from the start: what was done is answered, what was not is done.
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
from crmcore.demo.hours import after, on_day, open_from
from crmcore.demo.timetable import Script
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import LineItem
from crmcore.domain.documents import Document
from crmcore.domain.people import User
from crmcore.domain.tasks import Task
from crmcore.domain.values.money import Money
from crmcore.services.leads import Captured

# How much likelier than others somebody who came from there is to go on.
_KEEN: Final = {"recommendation": 1.25, "call": 1.1, "web site": 1.0, "Telegram": 1.0, "Instagram": 0.9}


@define
class Story:
    """One request's story. It acts by the public API alone.

    Attributes:
        papers: documents that were made for the customer.
    """

    crm: Crm
    clock: FrozenClock
    company: Company
    deal: Deal
    chance: Random
    windows: int
    price: Money
    papers: list[Document] = field(factory=list)
    _measuring: Task | None = None
    _calculating: Task | None = None
    _steps: int = 0

    @classmethod
    def of(cls, crm: Crm, clock: FrozenClock, company: Company, captured: Captured) -> "Story":
        """Begin the story of a request that was taken in."""
        deal = captured.deal
        key = deal.request.key if deal.request else deal.id
        windows = deal.custom.get("windows")
        chance = Random(f"windows {key}")  # noqa: S311  # chance, not secrecy
        return cls(
            crm=crm.acting_as("script", correlation=hashlib.sha256(key.encode()).hexdigest()[:16]),
            clock=clock,
            company=company,
            deal=deal,
            chance=chance,
            price=Money(10 * chance.randint(16, 32), "EUR"),
            windows=windows if isinstance(windows, int) and 0 < windows < 100 else chance.randint(1, 8),
        )

    def tell(self, task: Task | None) -> Script:
        """Tell it to its end."""
        for scene in (
            self._first_call(task),
            self._measurement(),
            self._approval(),
            self._payment(),
            self._complaint(),
        ):
            yield from scene
            if not (self.deal.is_open or self.deal.stage == INSTALLATION):
                return

    def _first_call(self, task: Task | None) -> Script:
        late = self._happens(0.12)
        yield after(self.now, self.chance.uniform(25, 240) if late else self.chance.uniform(1, 13))
        if self._happens(0.02):  # forgotten: the task stays open, and the supervisors hear of it
            yield self.now + timedelta(days=365)
        for attempt in range(3):
            if self._happens(0.82):
                break
            self._call("no answer", None)
            if attempt == 2:
                self._lose("Could not be reached")
                return
            yield after(self.now, self.chance.uniform(60, 300))
        keen = _KEEN.get(self.deal.source, 0.85)
        if not self._happens(0.78 * keen):
            self._call("not interested", task)
            self._lose(self.chance.choice(("Only asked for a price", "Chose a competitor", "Not now")))
            return
        self._call("interested", task)
        yield self.now
        self._move_to_measurement()

    def _move_to_measurement(self) -> None:
        visit = on_day(self.now, self.chance.randint(1, 4), self.chance.randint(9, 16))
        owner = self._owner()
        self._as(owner).deals.plan(self.deal.id, "Measure the windows", due_at=visit, key=self._key("plan"))
        moved = self._as(owner).deals.move(self.deal.id, to=MEASUREMENT, key=self._key("move"))
        self.deal = moved.deal
        self._measuring = self._as(owner).tasks.reschedule(moved.tasks[0].id, due_at=visit, key=self._key("date"))

    def _measurement(self) -> Script:
        while self.deal.stage == MEASUREMENT:
            task = self._measuring
            if task is None or task.due_at is None:
                return
            yield task.due_at + timedelta(minutes=self.chance.choice((-20, -10, -5, 0, 20, 90)))
            measurer = self._stand_in(self.company.user(task.assignee), "measurer", task)
            crm = self._as(measurer)
            crm.interactions.log(
                "visit",
                deal=self.deal.id,
                by=measurer.id,
                outcome="measured",
                completes=task.id,
                key=self._key("visit"),
            )
            if self._happens(0.05):
                self._lose("Not possible in the house")
                return
            crm.documents.attach(
                "Sizes and specification",
                self._sizes(),
                media_type="text/plain",
                deal=self.deal.id,
                key=self._key("sizes"),
            )
            moved = crm.deals.move(self.deal.id, to=APPROVAL, key=self._key("move"))
            self.deal, self._measuring = moved.deal, None
            self._calculating = moved.tasks[0]

    def _approval(self) -> Script:
        task = self._calculating
        late = self._happens(0.15)
        yield after(self.now, self.chance.uniform(130, 400) if late else self.chance.uniform(20, 110))
        lines = self._lines(discount=0)
        self._as(self._owner(task)).deals.revalue(self.deal.id, lines=lines, key=self._key("price"))
        self._call("offered", task)
        yield after(self.now, self.chance.uniform(240, 2_500))
        keen = _KEEN.get(self.deal.source, 0.85)
        if self._happens(0.06):  # the sizes were wrong: once more from the measurement
            self._call("sizes in doubt", None)
            self._move_to_measurement()
            yield from self._measurement()
            if self.deal.is_open:
                yield from self._approval()
            return
        if self._happens(0.25):
            lines = self._lines(discount=700)
            self._as(self._owner()).deals.revalue(self.deal.id, lines=lines, key=self._key("discount"))
        if not self._happens(0.74 * keen):
            self._call("declined", None)
            self._lose(self.chance.choice(("Too expensive", "Too expensive", "Chose a competitor", "Not now")))
            return
        self._call("accepted", None)
        moved = self._as(self._owner()).deals.move(self.deal.id, to=PAYMENT, key=self._key("move"))
        self.deal = moved.deal
        self.papers += moved.documents

    def _payment(self) -> Script:
        yield after(self.now, self.chance.uniform(10, 90))
        owner = self._owner()
        facts: dict[str, Any] = {"deal": self.deal.id, "by": owner.id, "outcome": "sent", "subject": "Invoice"}
        self._as(owner).interactions.log("mail", channel="email", key=self._key("mail"), **facts)
        yield after(self.now, self.chance.uniform(300, 6_000))
        if self._happens(0.05):
            self._lose("Too expensive")
            return
        date = on_day(self.now, self.chance.randint(3, 9), self.chance.randint(9, 15))
        owner = self._owner()
        self._as(owner).deals.plan(self.deal.id, "Install the windows", due_at=date, key=self._key("plan"))
        self.deal = self._as(owner).deals.move(self.deal.id, to=INSTALLATION, key=self._key("move")).deal
        yield open_from(date)

    def _complaint(self) -> Script:
        if not self._happens(0.1):
            return
        yield after(self.now, self.chance.uniform(600, 6_000))
        head, owner = self.company.people["gulbahor"], self._owner()
        complaint = self._as(head).complaints.receive(
            self.chance.choice(
                ("The handle is loose", "Installed a day late", "Draught at the sill", "Rude on the phone")
            ),
            type=self.chance.choice(("quality", "time", "manners")),
            severity=self.chance.choice(("low", "medium", "high")),
            within=timedelta(days=3),
            customer=self.deal.customer,
            deal=self.deal.id,
            responsible=owner.id,
            key=self._key("complaint"),
        )
        yield after(self.now, self.chance.uniform(600, 4_800))
        self._as(owner).complaints.resolve(complaint.id, "Put right on the spot", key=self._key("resolve"))
        yield after(self.now, 600)
        self._as(head).complaints.close(complaint.id, key=self._key("close"))

    @property
    def now(self) -> datetime:
        """What time it is in the play."""
        return self.clock.now()

    def _call(self, outcome: str, task: Task | None) -> None:
        owner = self._owner(task)
        self._as(owner).interactions.log(
            "call",
            deal=self.deal.id,
            by=owner.id,
            channel="phone",
            duration=timedelta(seconds=self.chance.randint(20, 900)),
            outcome=outcome,
            completes=task.id if task else None,
            key=self._key("call"),
        )

    def _lose(self, reason: str) -> None:
        self.deal = self._as(self._owner()).deals.lose(self.deal.id, reason=reason, key=self._key("lose"))

    def _lines(self, *, discount: int) -> tuple[LineItem, ...]:
        return (
            LineItem("Window, double glazed", Decimal(self.windows), self.price, discount),
            LineItem("Installation", Decimal(self.windows), Money("45.00", "EUR")),
        )

    def _sizes(self) -> bytes:
        sizes = ((self.chance.randint(60, 180), self.chance.randint(90, 220)) for _ in range(self.windows))
        return "".join(f"window {n}: {wide} x {high} cm\n" for n, (wide, high) in enumerate(sizes, 1)).encode()

    def _owner(self, task: Task | None = None) -> User:
        """Whoever is responsible; somebody else takes the deal over while that one is away."""
        owner = self.company.user(self.deal.owner)
        stand_in = self._stand_in(owner, "manager", task)
        if stand_in is not owner:
            head = self._as(self.company.people["gulbahor"])
            self.deal = head.deals.hand_over(self.deal.id, to=stand_in.id, key=self._key("hand over"))
        return stand_in

    def _stand_in(self, user: User, role: str, task: Task | None) -> User:
        if not user.unavailable(self.now):
            return user
        other = self.chance.choice(self.company.holders(role, self.now))
        if task is not None:
            head = self._as(self.company.people["gulbahor"])
            head.tasks.reassign(task.id, to=other.id, key=self._key("reassign"))
        return other

    def _as(self, user: User) -> Crm:
        return self.crm.acting_as(user.login or user.id)

    def _happens(self, likely: float) -> bool:
        return self.chance.random() < likely

    def _key(self, step: str) -> str:
        """A key of its own for each command, the same in every play of this request."""
        self._steps += 1
        return f"demo {self.deal.id} {self._steps} {step}"
