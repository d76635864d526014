"""What happens in three months of the service company: customers complain, ask and have their boilers looked after; people act, or are late.

Each matter is a script that says when it goes on. Whatever a script tells has a key, and its chances are its own, so that a second play tells
the same and changes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

from attrs import define, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.generator import somebody
from crmcore.demo.hours import after, on_day
from crmcore.demo.service.company import PRODUCTS, TYPES, ServiceCompany
from crmcore.demo.timetable import Script
from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.errors.broken import Occupied
from crmcore.domain.errors.root import CrmError
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.tasks import Task
from crmcore.domain.values.address import PostalAddress
from crmcore.domain.values.money import Money
from crmcore.services.steps.visits import MAINTENANCE

BEGINS: Final = datetime(2026, 1, 5, 4, tzinfo=UTC)
"""Nine in the morning in Tashkent."""
DAYS: Final = 91
SEED: Final = 20260105
CUSTOMERS: Final = 60
COMPLAINTS: Final = 90
QUESTIONS: Final = (
    ("Qozon isitmayapti, nima qilay?", "uz"),
    ("Қозон шовқин қиляпти", "uz"),
    ("Qazan qızdırmır", "az"),
    ("Зуух халаахгүй байна", "mn"),
    ("Kāpēc katls trokšņo?", "lv"),
    ("دیگ گرم نمی‌کند", "fa"),
    ("To‘lovni qanday qilaman?", "uz"),
    ("Kā samaksāt rēķinu?", "lv"),
)
STORIES: Final = {
    "noise": "Qozon juda shovqin qilyapti",
    "no heat": "Qozon isitmayapti, uyda bolalar bor",
    "late technician": "Usta kelmadi",
    "bill": "Hisobda xato bor",
}
CAUSES: Final = ("air in the pipes", "worn pump", "planning", "typing error")


@frozen
class Home:
    """A customer with a piece of equipment."""

    customer: Customer
    boiler: Equipment


@define
class Season:
    """Everything that is to happen."""

    crm: Crm
    clock: FrozenClock
    company: ServiceCompany

    def scripts(self) -> Iterator[tuple[datetime, Script]]:
        """Every matter, with when it begins."""
        chance = chances("season")
        homes = [self._home(number) for number in range(CUSTOMERS)]
        for number in range(COMPLAINTS):
            yield _some_time(chance), self._complaint(f"complaint {number}", chance.choice(homes))
        for number in range(COMPLAINTS):
            yield _some_time(chance), self._question(f"question {number}")
        for number, home in enumerate(homes):
            yield BEGINS + timedelta(days=7 * (number % 12)), self._readings(f"meter {number}", home)
            if number % 5 == 0:
                yield _some_time(chance), self._failure(f"failure {number}", home)

    def visit(self, task: Task) -> Script:
        """Make a planned visit: agree on a time, go there, note it."""
        key, chance = f"visit {task.id}", chances(f"visit {task.title} {task.given_at}")
        yield after(self.clock.now(), chance.randrange(30, 600))
        booked = self._book(key, task, on_day(self.clock.now(), chance.randint(1, 9), 9))
        if booked is None:
            return
        yield booked.until
        self._tell(lambda: self.crm.appointments.hold(booked.id, kind="visit", key=f"hold {key}"))
        self._tell(lambda: self.crm.service.visited(task.id, cost=Money(90_000, "UZS"), key=key))

    def _book(self, key: str, task: Task, day: datetime) -> Appointment | None:
        """Try hour after hour until the technician is free."""
        technician = task.assignee or self.company.technicians[0].id
        for number in range(60):
            since = day + timedelta(days=number // 9, hours=number % 9)
            try:
                return self.crm.appointments.book(
                    task.title,
                    since=since,
                    attendees=[technician],
                    customer=task.customer,
                    kind=MAINTENANCE,
                    key=f"book {key} {number}",
                )
            except Occupied:
                continue
        return None

    def _home(self, number: int) -> Home:
        chance = chances(f"home {number}")
        person = somebody(chance, number)
        customer = self.crm.customers.add(
            person.name,
            external_ids=[ExternalId("service", str(number))],
            address=PostalAddress(person.street, person.city, "", person.tongue.country),
            language=person.tongue.language,
            roles=["customer"],
            key=f"customer {number}",
        )
        installed = BEGINS - timedelta(days=chance.randrange(200, 4_200))
        boiler = self.crm.service.install(
            chance.choice(PRODUCTS),
            customer=customer.id,
            serial=f"S-{number:04}",
            installed_at=installed,
            warranty_until=(installed + timedelta(days=730)).date(),
            expected_life=timedelta(days=4_000),
            meter="hours",
            expected_total=24_000,
            key=f"boiler {number}",
        )
        contract = self.crm.service.sign(
            "Yearly care",
            customer=customer.id,
            since=date(2025, 6, 1),
            until=date(2026, 3 + number % 9, 1),
            responds_within=timedelta(hours=8 if number % 3 else 4),
            visits=2,
            key=f"contract {number}",
        )
        self.crm.service.plan_maintenance(
            boiler.id,
            "Look after {equipment} of {customer}",
            every=Recurrence("FREQ=MONTHLY;INTERVAL=6", "Asia/Tashkent"),
            every_total=2_500,
            starts_at=BEGINS + timedelta(days=2 * number),
            contract=contract.id,
            key=f"plan {number}",
        )
        return Home(customer, boiler)

    def _complaint(self, key: str, home: Home) -> Script:
        crm, chance = self.crm, chances(key)
        type = chance.choices([name for name, _ in TYPES], (4, 3, 3, 2))[0]
        received = crm.complaints.receive(
            STORIES[type],
            type=type,
            customer=home.customer.id,
            product=home.boiler.product,
            story=STORIES[type],
            key=key,
        )
        yield after(self.clock.now(), _delay(chance, 60, 700))
        self._tell(lambda: crm.complaints.acknowledge(received.id, channel="phone", key=f"{key} acknowledged"))
        yield after(self.clock.now(), _delay(chance, 60, 400))
        self._tell(lambda: crm.complaints.take_up(received.id, key=f"{key} taken up"))
        if hit := crm.knowledge.suggest(received.id, limit=1):
            self._tell(lambda: crm.knowledge.answer(hit[0].article.id, case=received.id, key=f"{key} article"))
        if chance.random() < 0.3:
            self._tell(lambda: crm.complaints.wait(received.id, key=f"{key} waits"))
            yield after(self.clock.now(), _delay(chance, 400, 2_000))
            self._tell(lambda: crm.complaints.hear(received.id, key=f"{key} heard"))
        yield after(self.clock.now(), _delay(chance, 200, 1_600))
        yield from self._end(key, received, chance)

    def _end(self, key: str, received: Complaint, chance: Random) -> Script:
        crm = self.crm
        if chance.random() < 0.1:
            return  # nobody does anything: it is escalated until somebody does
        cause = chance.choice(CAUSES)
        self._tell(lambda: crm.complaints.explain(received.id, cause=cause, key=f"{key} explained"))
        if chance.random() < 0.35:
            amount = Money(chance.choice((100_000, 250_000, 900_000)), "UZS")
            self._tell(lambda: crm.complaints.compensate(received.id, "money", amount, reason=cause, key=f"{key} paid"))
        self._tell(lambda: crm.complaints.resolve(received.id, "Tuzatildi", key=f"{key} resolved"))
        yield after(self.clock.now(), _delay(chance, 500, 2_000))
        if chance.random() < 0.6:
            score = chance.choices((5, 4, 3, 2, 1), (6, 4, 2, 1, 1))[0]
            self._tell(lambda: crm.complaints.rate(received.id, score, key=f"{key} rated"))
        self._tell(lambda: crm.complaints.close(received.id, key=f"{key} closed"))

    def _question(self, key: str) -> Script:
        chance = chances(key)
        words, language = chance.choice(QUESTIONS)
        found = self.crm.knowledge.ask(words, language=language, key=key)
        if found:
            yield after(self.clock.now(), 10)
            helped = chance.random() < 0.8
            self._tell(lambda: self.crm.knowledge.judge(found[0].article.id, helped=helped, key=f"{key} judged"))

    def _readings(self, key: str, home: Home) -> Script:
        hours = (BEGINS - home.boiler.installed_at).days * 5
        for number in range(4):
            reading = hours + 600 * number
            self._tell(
                lambda: self.crm.service.read_meter(home.boiler.id, reading, key=f"{key} {number}")  # noqa: B023  # told at once
            )
            yield self.clock.now() + timedelta(days=28)

    def _failure(self, key: str, home: Home) -> Script:
        chance = chances(key)
        failed = self.crm.service.report_failure(home.boiler.id, cause="worn pump", key=key)
        yield after(self.clock.now(), _delay(chance, 60, 900))
        self._tell(lambda: self.crm.tasks.complete(failed.task.id, result="New pump", key=f"{key} done"))
        cost = Money(chance.choice((300_000, 700_000, 1_200_000)), "UZS")
        self._tell(lambda: self.crm.service.repaired(home.boiler.id, cost=cost, key=f"{key} repaired"))

    def _tell(self, story: Callable[[], Any]) -> None:
        """Tell a story; what life has overtaken meanwhile is let go."""
        try:
            story()
        except CrmError as refusal:
            if refusal.status >= 500:
                raise


def chances(of: str) -> Random:
    """The chances of one matter, always the same."""
    return Random(f"{SEED} {of}")  # noqa: S311  # chance, not secrecy


def _some_time(chance: Random) -> datetime:
    return after(BEGINS + timedelta(minutes=chance.randrange(DAYS * 24 * 60)), 0)


def _delay(chance: Random, least: int, most: int) -> float:
    """Minutes until somebody gets round to it; one in six takes five times as long."""
    return chance.randrange(least, most) * (5 if chance.random() < 0.16 else 1)
