"""crmcore: customer relationship management as a library that other programs embed.

>>> from crmcore import Crm
>>> crm = Crm()  # in memory: nothing to configure
>>> sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Installation"])
>>> lead = crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel=sales.id, source="web site")
>>> lead.deal.stage
'First call'

The names below are loaded when they are first used, so that importing crmcore costs a host next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.adapters.memory.store import MemoryStore
    from crmcore.adapters.notify.addresses import AddressGuard
    from crmcore.adapters.notify.console import ConsoleNotifier
    from crmcore.adapters.notify.recorder import Recorder
    from crmcore.adapters.notify.signatures import Verifier
    from crmcore.adapters.notify.smtp import SmtpNotifier
    from crmcore.adapters.notify.webhook import WebhookNotifier, WebhookPublisher
    from crmcore.adapters.sql.store import SqlStore
    from crmcore.crm import Crm
    from crmcore.domain.aging import Aging
    from crmcore.domain.clocks.marks import Targets
    from crmcore.domain.customers.customer import Customer
    from crmcore.domain.customers.parts import ContactPoint, ExternalId, Profile
    from crmcore.domain.deals.deal import Deal
    from crmcore.domain.deals.parts import LineItem
    from crmcore.domain.errors.root import CrmError
    from crmcore.domain.escalation import Ladder, Rung
    from crmcore.domain.funnels import CreateTask, Funnel, Notify, RenderDocument, Stage
    from crmcore.domain.levels import Audience
    from crmcore.domain.recurrence import Recurrence
    from crmcore.domain.requirements import Requirement
    from crmcore.domain.tasks import Task
    from crmcore.domain.values.address import PostalAddress
    from crmcore.domain.values.money import Money
    from crmcore.domain.values.period import Period
    from crmcore.services.bulk import Done, Refused
    from crmcore.services.ports import Context

__version__ = "0.1.0"

_HOMES = {
    "AddressGuard": "crmcore.adapters.notify.addresses",
    "Aging": "crmcore.domain.aging",
    "Audience": "crmcore.domain.levels",
    "ConsoleNotifier": "crmcore.adapters.notify.console",
    "ContactPoint": "crmcore.domain.customers.parts",
    "Context": "crmcore.services.ports",
    "CreateTask": "crmcore.domain.funnels",
    "Crm": "crmcore.crm",
    "CrmError": "crmcore.domain.errors.root",
    "Customer": "crmcore.domain.customers.customer",
    "Deal": "crmcore.domain.deals.deal",
    "Done": "crmcore.services.bulk",
    "ExternalId": "crmcore.domain.customers.parts",
    "FrozenClock": "crmcore.adapters.clocks",
    "Funnel": "crmcore.domain.funnels",
    "Ladder": "crmcore.domain.escalation",
    "LineItem": "crmcore.domain.deals.parts",
    "MemoryStore": "crmcore.adapters.memory.store",
    "Money": "crmcore.domain.values.money",
    "Notify": "crmcore.domain.funnels",
    "Period": "crmcore.domain.values.period",
    "PostalAddress": "crmcore.domain.values.address",
    "Profile": "crmcore.domain.customers.parts",
    "Recorder": "crmcore.adapters.notify.recorder",
    "Recurrence": "crmcore.domain.recurrence",
    "Refused": "crmcore.services.bulk",
    "RenderDocument": "crmcore.domain.funnels",
    "Requirement": "crmcore.domain.requirements",
    "Rung": "crmcore.domain.escalation",
    "SmtpNotifier": "crmcore.adapters.notify.smtp",
    "SqlStore": "crmcore.adapters.sql.store",
    "Stage": "crmcore.domain.funnels",
    "Targets": "crmcore.domain.clocks.marks",
    "Task": "crmcore.domain.tasks",
    "Verifier": "crmcore.adapters.notify.signatures",
    "WebhookNotifier": "crmcore.adapters.notify.webhook",
    "WebhookPublisher": "crmcore.adapters.notify.webhook",
}

__all__ = [
    "AddressGuard",
    "Aging",
    "Audience",
    "ConsoleNotifier",
    "ContactPoint",
    "Context",
    "CreateTask",
    "Crm",
    "CrmError",
    "Customer",
    "Deal",
    "Done",
    "ExternalId",
    "FrozenClock",
    "Funnel",
    "Ladder",
    "LineItem",
    "MemoryStore",
    "Money",
    "Notify",
    "Period",
    "PostalAddress",
    "Profile",
    "Recorder",
    "Recurrence",
    "Refused",
    "RenderDocument",
    "Requirement",
    "Rung",
    "SmtpNotifier",
    "SqlStore",
    "Stage",
    "Targets",
    "Task",
    "Verifier",
    "WebhookNotifier",
    "WebhookPublisher",
    "__version__",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(home), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
