"""Window company of the demo: users, funnel, stage actions, templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.crm import Crm
from crmcore.demo.documents import INVOICE, invoice_templates
from crmcore.demo.generator import FIRST_DAY
from crmcore.domain.activities.tasks import Priority
from crmcore.domain.kernel.zones import instant, zone_of
from crmcore.domain.organization.users import User
from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.requirements import Requirement, RequirementKind
from crmcore.domain.sales.funnels.stages import Stage

ZONE: Final = "Asia/Tashkent"
FUNNEL: Final = "Windows"
COMPANY_DETAILS: Final = {"name": "Window Works", "bank": "Window Works · IBAN LV80BANK0000435195001"}
LOSS_REASONS: Final = (
    "Too expensive",
    "Chose a competitor",
    "Could not be reached",
    "Only asked for a price",
    "Not now",
    "Not possible in the building",
)
FIRST_CALL, MEASUREMENT, APPROVAL, PAYMENT, INSTALLATION = (
    "First call", "Measurement", "Approval", "Payment", "Installation",
)  # fmt: skip

# Login, name, roles, language, manager's login; managers come first.
_USERS: Final = (
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
# Login, first day counted from the start, length in days, reason.
_ABSENCES: Final = (("elnur", 35, 12, "holiday"), ("bahrom", 56, 5, "ill"), ("zane", 70, 4, "child ill"))


@frozen(kw_only=True)
class Company:
    """The records of the company."""

    funnel: Funnel
    users: Mapping[str, User]

    def available_users(self, role: str, at: datetime) -> Sequence[User]:
        """Return the available users of a role."""
        return [user for user in self.users.values() if user.has_role(role) and not user.unavailability(at)]

    def user(self, id: str | None) -> User:
        """Return the user of an id."""
        return next(user for user in self.users.values() if user.id == id)


def create_or_load_company(crm: Crm) -> Company:
    """Create the company, or load it if it exists."""
    users = {user.login: user for user in crm.users.list()}
    for login, name, roles, language, supervisor in _USERS:
        if login not in users:
            users[login] = crm.users.create(
                name,
                roles=roles,
                login=login,
                email=f"{login}@windows.example",
                language=language,
                manager_id=users[supervisor].id if supervisor else None,
            )
    for login, day, length, reason in _ABSENCES:
        if not users[login].absences:
            since = instant(FIRST_DAY + timedelta(days=day), zone_of(ZONE))
            until = since + timedelta(days=length)
            users[login] = crm.users.add_absence(users[login].id, since=since, until=until, reason=reason)
    existing_templates = {(template.name, template.language) for template in crm.documents.list_templates()}
    for language, body in invoice_templates().items():
        if (INVOICE, language) not in existing_templates:
            crm.documents.save_template(INVOICE, body, language=language)
    funnel = crm.funnels.get_by_name(FUNNEL) or crm.funnels.create(
        FUNNEL, stages=stages(), loss_reasons=LOSS_REASONS, role="manager"
    )
    return Company(funnel=funnel, users={login: user for login, user in users.items() if login is not None})


def stages() -> Sequence[Stage]:
    """Return the stages of acceptance test A."""
    return (
        Stage.named(
            FIRST_CALL,
            probability=20,
            age_limit=timedelta(days=3),
            entry_actions=[
                CreateTask(
                    title="Call {customer} within 15 minutes",
                    kind="call",
                    due_within=timedelta(minutes=15),
                    priority=Priority.URGENT,
                )
            ],
            exit_criteria=[Requirement(RequirementKind.INTERACTION, "call"), Requirement(RequirementKind.NEXT_STEP)],
        ),
        Stage.named(
            MEASUREMENT,
            probability=40,
            age_limit=timedelta(days=7),
            entry_actions=[
                CreateTask(
                    title="Measure for deal {deal} at {at}, {address}",
                    kind="measure",
                    role="measurer",
                    due_within=timedelta(days=3),
                )
            ],
            exit_criteria=[Requirement(RequirementKind.ATTACHMENT)],
        ),
        Stage.named(
            APPROVAL,
            probability=60,
            age_limit=timedelta(days=7),
            entry_actions=[
                CreateTask(
                    title="Calculate the cost within 2 hours and call {customer}",
                    kind="calculate",
                    due_within=timedelta(hours=2),
                    priority=Priority.HIGH,
                )
            ],
            exit_criteria=[Requirement(RequirementKind.VALUE), Requirement(RequirementKind.TASK_DONE, "calculate")],
        ),
        Stage.named(
            PAYMENT,
            probability=80,
            age_limit=timedelta(days=10),
            entry_actions=[RenderDocument(template=INVOICE, title="Invoice for {customer}")],
            exit_criteria=[Requirement(RequirementKind.INTERACTION, "mail"), Requirement(RequirementKind.NEXT_STEP)],
        ),
        Stage.named(
            INSTALLATION,
            kind="won",
            entry_actions=[
                SendNotification(role="installer", message="Install {deal} for {customer}, {address}, on {at}")
            ],
        ),
    )
