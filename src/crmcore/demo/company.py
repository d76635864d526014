"""The company that installs windows: its people, its funnel and what each stage does by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.crm import Crm
from crmcore.demo.generator import FIRST_DAY
from crmcore.demo.papers import INVOICE, invoices
from crmcore.domain.funnels import CreateTask, Funnel, Notify, RenderDocument, Stage
from crmcore.domain.people import User
from crmcore.domain.requirements import Requirement, Rule
from crmcore.domain.tasks import Priority
from crmcore.domain.zones import instant, zone_of

ZONE: Final = "Asia/Tashkent"
FUNNEL: Final = "Windows"
ABOUT: Final = {"name": "Window House", "bank": "Window House · IBAN LV80BANK0000435195001"}
REASONS: Final = (
    "Too expensive",
    "Chose a competitor",
    "Could not be reached",
    "Only asked for a price",
    "Not now",
    "Not possible in the house",
)
FIRST_CALL, MEASUREMENT, APPROVAL, PAYMENT, INSTALLATION = (
    "First call", "Measurement", "Approval", "Payment", "Installation",
)  # fmt: skip

# Login, name, roles, language, supervisor's login: whoever is above comes first.
_PEOPLE: Final = (
    ("rustam", "Rustam Aliyev", (), "uz", None),
    ("gulbahor", "Gulbahor Saidova", (), "uz", "rustam"),
    ("anvar", "Anvar Sodiqov", (), "uz", "rustam"),
    ("malika", "Malika Yusupova", ("manager",), "uz", "gulbahor"),
    ("elnur", "Elnur Həsənov", ("manager",), "az", "gulbahor"),
    ("sarnai", "Дорж Сарнай", ("manager",), "mn", "gulbahor"),
    ("zane", "Zane Liepa", ("manager",), "lv", "gulbahor"),
    ("sara", "سارا احمدی", ("manager",), "fa", "gulbahor"),
    ("timur", "Темур Раҳимов", ("measurer",), "uz", "anvar"),
    ("bahrom", "Bahrom Nazarov", ("measurer",), "uz", "anvar"),
    ("ilhom", "Ilhom Ergashev", ("installer",), "uz", "anvar"),
    ("qodir", "Қодир Мирзаев", ("installer",), "uz", "anvar"),
)
# Login, the day it begins after the first one, its length in days, why.
_ABSENCES: Final = (("elnur", 35, 12, "holiday"), ("bahrom", 56, 5, "ill"), ("zane", 70, 4, "child ill"))


@frozen(kw_only=True)
class Company:
    """The company as it stands in the store."""

    funnel: Funnel
    people: Mapping[str, User]

    def holders(self, role: str, at: datetime) -> Sequence[User]:
        """Everybody who holds a role and is there."""
        return [user for user in self.people.values() if user.holds(role) and not user.unavailable(at)]

    def user(self, id: str | None) -> User:
        """The person of that id."""
        return next(user for user in self.people.values() if user.id == id)


def found(crm: Crm) -> Company:
    """Found the company, or find it as it was founded."""
    people = {user.login: user for user in crm.people.list()}
    for login, name, roles, language, supervisor in _PEOPLE:
        if login not in people:
            people[login] = crm.people.add(
                name,
                roles=roles,
                login=login,
                email=f"{login}@windows.example",
                language=language,
                supervisor=people[supervisor].id if supervisor else None,
            )
    for login, day, length, reason in _ABSENCES:
        if not people[login].absences:
            since = instant(FIRST_DAY + timedelta(days=day), zone_of(ZONE))
            until = since + timedelta(days=length)
            people[login] = crm.people.go_away(people[login].id, since=since, until=until, reason=reason)
    written = {(template.name, template.language) for template in crm.documents.templates()}
    for language, body in invoices().items():
        if (INVOICE, language) not in written:
            crm.documents.write_template(INVOICE, body, language=language)
    funnel = crm.funnels.named(FUNNEL) or crm.funnels.create(
        FUNNEL, stages=stages(), loss_reasons=REASONS, role="manager"
    )
    return Company(funnel=funnel, people={login: user for login, user in people.items() if login is not None})


def stages() -> Sequence[Stage]:
    """The stages, as story A tells them."""
    return (
        Stage.named(
            FIRST_CALL,
            probability=20,
            age_limit=timedelta(days=3),
            on_entry=[
                CreateTask(
                    title="Call {customer} within 15 minutes",
                    kind="call",
                    within=timedelta(minutes=15),
                    priority=Priority.URGENT,
                )
            ],
            to_leave=[Requirement(Rule.INTERACTION, "call"), Requirement(Rule.NEXT_STEP)],
        ),
        Stage.named(
            MEASUREMENT,
            probability=40,
            age_limit=timedelta(days=7),
            on_entry=[
                CreateTask(
                    title="Measure for deal {deal} at {at}, {address}",
                    kind="measure",
                    role="measurer",
                    within=timedelta(days=3),
                )
            ],
            to_leave=[Requirement(Rule.ATTACHMENT)],
        ),
        Stage.named(
            APPROVAL,
            probability=60,
            age_limit=timedelta(days=7),
            on_entry=[
                CreateTask(
                    title="Calculate the cost within 2 hours and call {customer}",
                    kind="calculate",
                    within=timedelta(hours=2),
                    priority=Priority.HIGH,
                )
            ],
            to_leave=[Requirement(Rule.VALUE), Requirement(Rule.TASK_DONE, "calculate")],
        ),
        Stage.named(
            PAYMENT,
            probability=80,
            age_limit=timedelta(days=10),
            on_entry=[RenderDocument(template=INVOICE, title="Invoice for {customer}")],
            to_leave=[Requirement(Rule.INTERACTION, "mail"), Requirement(Rule.NEXT_STEP)],
        ),
        Stage.named(
            INSTALLATION,
            kind="won",
            on_entry=[Notify(role="installer", message="Install {deal} for {customer}, {address}, on {at}")],
        ),
    )
