"""What every run begins with: a house in which something can happen, with one record of each kind at least."""

from datetime import timedelta
from typing import Final

from crmcore.domain.clocks.marks import Targets
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.funnels import CreateTask, Notify, RenderDocument, Stage
from crmcore.domain.requirements import Requirement, Rule
from crmcore.domain.values.money import Money
from crmcore.testing.agreement.steps import Call, Ref
from crmcore.testing.strategies import MONDAY

_STAGES: Final = (
    Stage.named(
        "First call",
        probability=10,
        on_entry=[
            CreateTask(title="Call {customer}", within=timedelta(minutes=15), kind="call"),
            Notify(role="manager", message="{customer} asks for {deal}"),
        ],
    ),
    Stage.named(
        "Measurement",
        on_entry=[CreateTask(title="Measure", role="measurer"), Notify(role="measurer", message="{deal} at {address}")],
    ),
    Stage.named(
        "Payment",
        on_entry=[RenderDocument(template="Offer", title="{deal}")],
        to_leave=[Requirement(Rule.VALUE)],
    ),
    Stage.named("Installation", kind="won", on_entry=[Notify(role="boss", message="Won {deal}")]),
)
_MISSING: Final = RenderDocument(template="Nothing", title="{deal}")

PRELUDE: Final = (
    Call("people.add", ("Anna Liepa",), {"roles": ["boss"], "email": "anna@example.com", "login": "anna"}),
    Call(
        "people.add",
        ("Шаҳзод Ўринов",),
        {"roles": ["manager"], "email": "zod@example.com", "supervisor": Ref("user", 0)},
    ),
    Call("people.add", ("Zahra",), {"roles": ["measurer", "manager"], "supervisor": Ref("user", 0)}),
    Call("people.form_team", ("Riga",)),
    Call("documents.write_template", ("Offer", "{{ customer.name }}, {{ deal.value }}"), {"media_type": "text/plain"}),
    # In this one every deal is refused when much has been done for it, since a template is missing.
    Call(
        "funnels.create",
        ("Doors",),
        {"stages": [Stage.named("First call", on_entry=[*_STAGES[0].on_entry, _MISSING])], "role": "manager"},
    ),
    Call(
        "funnels.create",
        ("Windows",),
        {"stages": list(_STAGES), "loss_reasons": ["too dear", "changed mind"], "role": "manager"},
    ),
    Call("leads.capture", ("Jānis Bērziņš",), {"funnel": Ref("funnel", 0), "phone": "+371 2000 0000", "source": "web"}),
    Call(
        "leads.capture",
        ("Əli Əliyev",),
        {"funnel": Ref("funnel", 0), "email": "ali@example.com", "external_id": ExternalId("erp", "1")},
    ),
    Call("deals.move", (Ref("deal", 1),), {"to": "Payment", "key": "1"}),
    Call("customers.add_contact", (Ref("customer", 1),), {"phone": "+37120000001"}),
    Call("customers.remove_contact", (Ref("customer", 1), "+37120000001")),
    Call("tasks.give", ("Some day",), {"customer": Ref("customer", 0)}),
    Call(
        "tasks.give",
        ("On Tuesday",),
        {"assignee": Ref("user", 0), "due_at": MONDAY + timedelta(days=1), "remind_at": MONDAY + timedelta(hours=1)},
    ),
    Call("interactions.log", ("call",), {"deal": Ref("deal", 0), "duration": timedelta(minutes=3)}),
    Call("commitments.make", ("a discount",), {"side": "ours", "deal": Ref("deal", 0), "due_at": MONDAY}),
    Call("calendars.create", ("Mo-Fr 09:00-13:00,14:00-18:00",), {"zone": "Europe/Riga"}),
    Call("levels.create", ("Standard", Targets(first_response=timedelta(hours=2), resolution=timedelta(hours=16)))),
    Call("complaints.set_limit", ("boss", Money(100, "EUR"))),
    Call("inquiries.receive", ("How?",), {"customer": Ref("customer", 0), "responsible": Ref("user", 0)}),
    Call("complaints.receive", ("Draught",), {"type": "quality", "customer": Ref("customer", 0), "role": "manager"}),
    Call("documents.attach", ("Plan", b"plan"), {"media_type": "text/plain", "deal": Ref("deal", 0)}),
    Call("deliver"),
)
"""Told one after the other, in each tenant."""
