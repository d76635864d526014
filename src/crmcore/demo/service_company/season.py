"""Scenarios of the service company: complaints, inquiries, maintenance.

Every scenario is a generator that yields the time of its next step. Commands have idempotency keys, and each scenario has its own random
generator, so that a second run makes the same calls and changes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from attrs import define, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.crm import Crm
from crmcore.demo.generator import random_person
from crmcore.demo.hours import add_minutes, working_day_at
from crmcore.demo.service_company.company import COMPLAINT_TYPES, PRODUCTS, ServiceCompany
from crmcore.demo.timetable import Scenario
from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.rules import SchedulingConflictError
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.services.shared.maintenance_visits import MAINTENANCE_TASK

STARTS_AT: Final = datetime(2026, 1, 5, 4, tzinfo=UTC)
"""09:00 in Tashkent."""
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
COMPLAINT_TEXTS: Final = {
    "noise": "Qozon juda shovqin qilyapti",
    "no heat": "Qozon isitmayapti, uyda bolalar bor",
    "late technician": "Usta kelmadi",
    "bill": "Hisobda xato bor",
}
CAUSES: Final = ("air in the pipes", "worn pump", "planning", "typing error")


@frozen
class Installation:
    """A customer with a boiler."""

    customer: Customer
    boiler: Equipment


@define
class Season:
    """The scenarios of three months."""

    crm: Crm
    clock: FrozenClock
    company: ServiceCompany

    def scenarios(self) -> Iterator[tuple[datetime, Scenario]]:
        """Yield every scenario with its start time."""
        rng = random_for("season")
        installations = [self._create_installation(number) for number in range(CUSTOMERS)]
        for number in range(COMPLAINTS):
            yield _random_time(rng), self._receive_complaint(f"complaint {number}", rng.choice(installations))
        for number in range(COMPLAINTS):
            yield _random_time(rng), self._ask_question(f"question {number}")
        for number, installation in enumerate(installations):
            yield STARTS_AT + timedelta(days=7 * (number % 12)), self._read_meter(f"meter {number}", installation)
            if number % 5 == 0:
                yield _random_time(rng), self._report_failure(f"failure {number}", installation)

    def visit(self, task: Task) -> Scenario:
        """Complete a planned visit: book a time, visit, record the result."""
        key, rng = f"visit {task.id}", random_for(f"visit {task.title} {task.created_at}")
        yield add_minutes(self.clock.now(), rng.randrange(30, 600))
        booked = self._book_visit(key, task, working_day_at(self.clock.now(), rng.randint(1, 9), 9))
        if booked is None:
            return
        yield booked.until
        self._try_command(
            lambda: self.crm.appointments.complete(booked.id, kind="visit", idempotency_key=f"hold {key}")
        )
        self._try_command(
            lambda: self.crm.field_service.complete_visit(task.id, cost=Money(90_000, "UZS"), idempotency_key=key)
        )

    def _book_visit(self, key: str, task: Task, day: datetime) -> Appointment | None:
        """Book the first hour in which the technician is free."""
        technician_id = task.assignee_id or self.company.technicians[0].id
        for number in range(60):
            since = day + timedelta(days=number // 9, hours=number % 9)
            try:
                return self.crm.appointments.book(
                    task.title,
                    since=since,
                    attendee_ids=[technician_id],
                    customer_id=task.customer_id,
                    kind=MAINTENANCE_TASK,
                    idempotency_key=f"book {key} {number}",
                )
            except SchedulingConflictError:
                continue
        return None

    def _create_installation(self, number: int) -> Installation:
        rng = random_for(f"home {number}")
        person = random_person(rng, number)
        customer = self.crm.customers.create(
            person.name,
            external_ids=[ExternalId("service", str(number))],
            address=PostalAddress(person.street, person.city, "", person.locale.country),
            language=person.locale.language,
            roles=["customer"],
            idempotency_key=f"customer {number}",
        )
        installed = STARTS_AT - timedelta(days=rng.randrange(200, 4_200))
        boiler = self.crm.field_service.install_equipment(
            rng.choice(PRODUCTS),
            customer_id=customer.id,
            serial=f"S-{number:04}",
            installed_at=installed,
            warranty_until=(installed + timedelta(days=730)).date(),
            expected_life=timedelta(days=4_000),
            meter="hours",
            expected_total=24_000,
            idempotency_key=f"boiler {number}",
        )
        contract = self.crm.field_service.create_contract(
            "Yearly care",
            customer_id=customer.id,
            since=date(2025, 6, 1),
            until=date(2026, 3 + number % 9, 1),
            responds_within=timedelta(hours=8 if number % 3 else 4),
            visits=2,
            idempotency_key=f"contract {number}",
        )
        self.crm.field_service.plan_maintenance(
            boiler.id,
            "Look after {equipment} of {customer}",
            every=Recurrence("FREQ=MONTHLY;INTERVAL=6", "Asia/Tashkent"),
            every_total=2_500,
            starts_at=STARTS_AT + timedelta(days=2 * number),
            contract_id=contract.id,
            idempotency_key=f"plan {number}",
        )
        return Installation(customer, boiler)

    def _receive_complaint(self, key: str, installation: Installation) -> Scenario:
        crm, rng = self.crm, random_for(key)
        type = rng.choices([name for name, _ in COMPLAINT_TYPES], (4, 3, 3, 2))[0]
        received = crm.complaints.receive(
            COMPLAINT_TEXTS[type],
            type=type,
            customer_id=installation.customer.id,
            product=installation.boiler.product,
            description=COMPLAINT_TEXTS[type],
            idempotency_key=key,
        )
        yield add_minutes(self.clock.now(), _delay(rng, 60, 700))
        self._try_command(
            lambda: crm.complaints.acknowledge(received.id, channel="phone", idempotency_key=f"{key} acknowledged")
        )
        yield add_minutes(self.clock.now(), _delay(rng, 60, 400))
        self._try_command(lambda: crm.complaints.start_investigation(received.id, idempotency_key=f"{key} taken up"))
        if hit := crm.knowledge.suggest(received.id, limit=1):
            self._try_command(
                lambda: crm.knowledge.link_to_case(
                    hit[0].article.id, case_id=received.id, idempotency_key=f"{key} article"
                )
            )
        if rng.random() < 0.3:
            self._try_command(lambda: crm.complaints.pause_for_customer(received.id, idempotency_key=f"{key} waits"))
            yield add_minutes(self.clock.now(), _delay(rng, 400, 2_000))
            self._try_command(lambda: crm.complaints.log_customer_reply(received.id, idempotency_key=f"{key} heard"))
        yield add_minutes(self.clock.now(), _delay(rng, 200, 1_600))
        yield from self._finish_complaint(key, received, rng)

    def _finish_complaint(self, key: str, received: Complaint, rng: Random) -> Scenario:
        crm = self.crm
        if rng.random() < 0.1:
            return  # no action: the complaint is escalated
        cause = rng.choice(CAUSES)
        self._try_command(
            lambda: crm.complaints.set_root_cause(received.id, cause=cause, idempotency_key=f"{key} explained")
        )
        if rng.random() < 0.35:
            amount = Money(rng.choice((100_000, 250_000, 900_000)), "UZS")
            self._try_command(
                lambda: crm.complaints.compensate(
                    received.id, "money", amount, reason=cause, idempotency_key=f"{key} paid"
                )
            )
        self._try_command(lambda: crm.complaints.resolve(received.id, "Tuzatildi", idempotency_key=f"{key} resolved"))
        yield add_minutes(self.clock.now(), _delay(rng, 500, 2_000))
        if rng.random() < 0.6:
            score = rng.choices((5, 4, 3, 2, 1), (6, 4, 2, 1, 1))[0]
            self._try_command(lambda: crm.complaints.rate(received.id, score, idempotency_key=f"{key} rated"))
        self._try_command(lambda: crm.complaints.close(received.id, idempotency_key=f"{key} closed"))

    def _ask_question(self, key: str) -> Scenario:
        rng = random_for(key)
        words, language = rng.choice(QUESTIONS)
        found = self.crm.knowledge.search_or_log_gap(words, language=language, idempotency_key=key)
        if found:
            yield add_minutes(self.clock.now(), 10)
            helped = rng.random() < 0.8
            self._try_command(
                lambda: self.crm.knowledge.rate(found[0].article.id, is_helpful=helped, idempotency_key=f"{key} judged")
            )

    def _read_meter(self, key: str, installation: Installation) -> Scenario:
        hours = (STARTS_AT - installation.boiler.installed_at).days * 5
        for number in range(4):
            reading, reading_key = hours + 600 * number, f"{key} {number}"
            self._try_command(
                partial(self.crm.field_service.read_meter, installation.boiler.id, reading, idempotency_key=reading_key)
            )
            yield self.clock.now() + timedelta(days=28)

    def _report_failure(self, key: str, installation: Installation) -> Scenario:
        rng = random_for(key)
        failed = self.crm.field_service.report_failure(installation.boiler.id, cause="worn pump", idempotency_key=key)
        yield add_minutes(self.clock.now(), _delay(rng, 60, 900))
        self._try_command(
            lambda: self.crm.tasks.complete(failed.task.id, result="New pump", idempotency_key=f"{key} done")
        )
        cost = Money(rng.choice((300_000, 700_000, 1_200_000)), "UZS")
        self._try_command(
            lambda: self.crm.field_service.complete_repair(
                installation.boiler.id, cost=cost, idempotency_key=f"{key} repaired"
            )
        )

    def _try_command(self, command: Callable[[], Any]) -> None:
        """Execute a command; ignore it if its record has changed meanwhile."""
        try:
            command()
        except CrmError as error:
            if error.status >= 500:
                raise


def random_for(name: str) -> Random:
    """Return the random generator of one scenario, equal in every run."""
    return Random(f"{SEED} {name}")  # noqa: S311  # chance, not secrecy


def _random_time(rng: Random) -> datetime:
    return add_minutes(STARTS_AT + timedelta(minutes=rng.randrange(DAYS * 24 * 60)), 0)


def _delay(rng: Random, minimum: int, maximum: int) -> float:
    """Return a random delay in minutes; one in six is five times as long."""
    return rng.randrange(minimum, maximum) * (5 if rng.random() < 0.16 else 1)
