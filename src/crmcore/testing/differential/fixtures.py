"""Fixtures of every run: at least one record of each important type."""

from datetime import timedelta
from typing import Final

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification
from crmcore.domain.sales.funnels.requirements import Requirement, RequirementKind
from crmcore.domain.sales.funnels.stages import Stage
from crmcore.domain.sla.targets import SlaTargets
from crmcore.testing.differential.calls import Call, IdRef
from crmcore.testing.strategies import MONDAY

_STAGES: Final = (
    Stage.named(
        "First call",
        probability=10,
        entry_actions=[
            CreateTask(title="Call {customer}", due_within=timedelta(minutes=15), kind="call"),
            SendNotification(role="manager", message="{customer} asks for {deal}"),
        ],
    ),
    Stage.named(
        "Measurement",
        entry_actions=[
            CreateTask(title="Measure", role="measurer"),
            SendNotification(role="measurer", message="{deal} at {address}"),
        ],
    ),
    Stage.named(
        "Payment",
        entry_actions=[RenderDocument(template="Offer", title="{deal}")],
        exit_criteria=[Requirement(RequirementKind.VALUE)],
    ),
    Stage.named("Installation", kind="won", entry_actions=[SendNotification(role="boss", message="Won {deal}")]),
)
_MISSING_TEMPLATE: Final = RenderDocument(template="Nothing", title="{deal}")

SETUP: Final = (
    Call("users.create", ("Anna Liepa",), {"roles": ["boss"], "email": "anna@example.com", "login": "anna"}),
    Call(
        "users.create",
        ("Шаҳзод Ўринов",),
        {"roles": ["manager"], "email": "zod@example.com", "manager_id": IdRef("user", 0)},
    ),
    Call("users.create", ("Zahra",), {"roles": ["measurer", "manager"], "manager_id": IdRef("user", 0)}),
    Call("users.create_team", ("Riga",)),
    Call("documents.save_template", ("Offer", "{{ customer.name }}, {{ deal.value }}"), {"media_type": "text/plain"}),
    # In this funnel every capture fails late, because a template is missing.
    Call(
        "funnels.create",
        ("Doors",),
        {
            "stages": [Stage.named("First call", entry_actions=[*_STAGES[0].entry_actions, _MISSING_TEMPLATE])],
            "role": "manager",
        },
    ),
    Call(
        "funnels.create",
        ("Windows",),
        {"stages": list(_STAGES), "loss_reasons": ["too dear", "changed mind"], "role": "manager"},
    ),
    Call(
        "leads.capture",
        ("Jānis Bērziņš",),
        {"funnel_id": IdRef("funnel", 0), "phone": "+371 2000 0000", "source": "web"},
    ),
    Call(
        "leads.capture",
        ("Əli Əliyev",),
        {"funnel_id": IdRef("funnel", 0), "email": "ali@example.com", "external_id": ExternalId("erp", "1")},
    ),
    Call("deals.move", (IdRef("deal", 1),), {"stage_key": "Payment", "idempotency_key": "1"}),
    Call("customers.add_contact_point", (IdRef("customer", 1),), {"phone": "+37120000001"}),
    Call("customers.remove_contact_point", (IdRef("customer", 1), "+37120000001")),
    Call("tasks.create", ("Some day",), {"customer_id": IdRef("customer", 0)}),
    Call(
        "tasks.create",
        ("On Tuesday",),
        {
            "assignee_id": IdRef("user", 0),
            "due_at": MONDAY + timedelta(days=1),
            "remind_at": MONDAY + timedelta(hours=1),
        },
    ),
    Call("interactions.log", ("call",), {"deal_id": IdRef("deal", 0), "duration": timedelta(minutes=3)}),
    Call("commitments.create", ("a discount",), {"side": "ours", "deal_id": IdRef("deal", 0), "due_at": MONDAY}),
    Call("calendars.create", ("Mo-Fr 09:00-13:00,14:00-18:00",), {"time_zone": "Europe/Riga"}),
    Call(
        "sla_policies.create",
        ("Standard", SlaTargets(first_response=timedelta(hours=2), resolution=timedelta(hours=16))),
    ),
    Call("complaints.set_approval_limit", ("boss", Money(100, "EUR"))),
    Call("inquiries.receive", ("How?",), {"customer_id": IdRef("customer", 0), "owner_id": IdRef("user", 0)}),
    Call(
        "complaints.receive", ("Draught",), {"type": "quality", "customer_id": IdRef("customer", 0), "role": "manager"}
    ),
    Call("documents.attach", ("Plan", b"plan"), {"media_type": "text/plain", "deal_id": IdRef("deal", 0)}),
    Call("deliver"),
)
"""The calls that create the fixtures, in each tenant."""
