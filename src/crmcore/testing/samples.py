"""Sample records for the contract suite, with sequential ids."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from crmcore.adapters.ids import SequentialIds
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import LineItem, NextStep
from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.requirements import Requirement, RequirementKind
from crmcore.domain.sales.funnels.stages import Stage

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""Default time of the samples."""


class Samples:
    """Factory of sample records.

    Args:
        ids: id generator.
    """

    def __init__(self, ids: SequentialIds | None = None) -> None:
        self.ids: SequentialIds = ids or SequentialIds()

    def id(self, prefix: str) -> Any:
        """Return a new id with a prefix."""
        return self.ids.new(prefix)

    def customer(self, name: str = "Jānis Bērziņš", **details: Any) -> Customer:
        """Create a customer, optionally with phone, e-mail or external id."""
        points = []
        if phone := details.pop("phone", None):
            points.append(ContactPoint.phone(phone))
        if email := details.pop("email", None):
            points.append(ContactPoint.email(email))
        key = details.pop("external_id", None)
        return Customer.create(
            self.id("customer"),
            name,
            at=details.pop("at", NOON),
            contact_points=points,
            external_ids=(ExternalId("erp", key),) if key else (),
            **details,
        )

    def funnel(self, name: str = "Windows") -> Funnel:
        """Create a funnel that uses every feature of funnels."""
        return Funnel.create(
            self.id("funnel"),
            name,
            stages=[
                Stage.named(
                    "First call",
                    probability=10,
                    age_limit=timedelta(days=2),
                    entry_actions=[CreateTask(title="Call {customer}", due_within=timedelta(minutes=15), kind="call")],
                    exit_criteria=[Requirement(RequirementKind.TASK_DONE, "call")],
                ),
                Stage.named(
                    "Payment", probability=80, entry_actions=[RenderDocument(template="Invoice", title="{deal}")]
                ),
                Stage.named(
                    "Installation",
                    kind="won",
                    entry_actions=[SendNotification(role="installer", message="Install {deal}")],
                ),
            ],
            at=NOON,
            loss_reasons=["too dear", "changed mind"],
        )

    def deal(self, title: str = "Three windows", **details: Any) -> Deal:
        """Create an open deal with lines and a next step.

        The customer and the funnel may be unsaved.
        """
        funnel = details.pop("funnel", None) or self.funnel()
        details.setdefault("lines", [LineItem("Window", Decimal(3), Money("199.90", "EUR"), 500)])
        deal = Deal.open(
            self.id("deal"),
            title,
            customer_id=details.pop("customer_id", None) or self.id("customer"),
            funnel=funnel,
            at=details.pop("at", NOON),
            **details,
        )
        return deal.set_next_step(NextStep("Measure", NOON + timedelta(days=1)), at=NOON)

    def external_id(self, key: str = "1001") -> ExternalId:
        """Return the external id of a request."""
        return ExternalId("web", key)

    def user(self, name: str = "Anna Liepa", **details: Any) -> User:
        """Create a user."""
        return User.create(self.id("user"), name, at=details.pop("at", NOON), **details)

    def task(self, title: str = "Call", **details: Any) -> Task:
        """Create a task."""
        return Task.create(self.id("task"), title, at=details.pop("at", NOON), **details)

    def address(self) -> PostalAddress:
        """Return an address of several lines."""
        return PostalAddress("Brīvības iela 1\ndz. 5", "Rīga", "LV-1010", "LV")
