"""crmcore: customer relationship management as a library that other programs embed.

>>> from crmcore import Crm
>>> crm = Crm()  # in memory: nothing to configure
>>> sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Installation"])
>>> lead = crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=sales.id, source="web site")
>>> lead.deal.stage_key
'First call'

The names below are loaded when they are first used, so that importing crmcore costs a host next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.adapters.memory.store import MemoryStore
    from crmcore.adapters.notify.addresses import UrlGuard
    from crmcore.adapters.notify.console import ConsoleNotifier
    from crmcore.adapters.notify.recorder import RecordingNotifier
    from crmcore.adapters.notify.signatures import WebhookVerifier
    from crmcore.adapters.notify.smtp import SmtpNotifier
    from crmcore.adapters.notify.webhook import WebhookNotifier, WebhookPublisher
    from crmcore.adapters.sql.store import SqlStore
    from crmcore.crm import Crm
    from crmcore.domain.aging import StageAgePolicy
    from crmcore.domain.clocks.marks import SlaTargets
    from crmcore.domain.customers.customer import Customer
    from crmcore.domain.customers.parts import ContactPoint, ExternalId, Profile
    from crmcore.domain.deals.deal import Deal
    from crmcore.domain.deals.parts import LineItem
    from crmcore.domain.errors.root import CrmError
    from crmcore.domain.escalation import EscalationPolicy, EscalationStep
    from crmcore.domain.funnels import CreateTask, Funnel, RenderDocument, SendNotification, Stage
    from crmcore.domain.levels import SlaConditions
    from crmcore.domain.recurrence import Recurrence
    from crmcore.domain.requirements import Requirement
    from crmcore.domain.tasks import Task
    from crmcore.domain.values.address import PostalAddress
    from crmcore.domain.values.money import Money
    from crmcore.domain.values.period import Period
    from crmcore.services.bulk import ItemFailed, ItemSucceeded
    from crmcore.services.ports import RequestContext

__version__ = "0.1.0"

_LAZY_EXPORTS = {
    "UrlGuard": "crmcore.adapters.notify.addresses",
    "StageAgePolicy": "crmcore.domain.aging",
    "SlaConditions": "crmcore.domain.levels",
    "ConsoleNotifier": "crmcore.adapters.notify.console",
    "ContactPoint": "crmcore.domain.customers.parts",
    "RequestContext": "crmcore.services.ports",
    "CreateTask": "crmcore.domain.funnels",
    "Crm": "crmcore.crm",
    "CrmError": "crmcore.domain.errors.root",
    "Customer": "crmcore.domain.customers.customer",
    "Deal": "crmcore.domain.deals.deal",
    "ItemSucceeded": "crmcore.services.bulk",
    "ExternalId": "crmcore.domain.customers.parts",
    "FrozenClock": "crmcore.adapters.clocks",
    "Funnel": "crmcore.domain.funnels",
    "EscalationPolicy": "crmcore.domain.escalation",
    "LineItem": "crmcore.domain.deals.parts",
    "MemoryStore": "crmcore.adapters.memory.store",
    "Money": "crmcore.domain.values.money",
    "SendNotification": "crmcore.domain.funnels",
    "Period": "crmcore.domain.values.period",
    "PostalAddress": "crmcore.domain.values.address",
    "Profile": "crmcore.domain.customers.parts",
    "RecordingNotifier": "crmcore.adapters.notify.recorder",
    "Recurrence": "crmcore.domain.recurrence",
    "ItemFailed": "crmcore.services.bulk",
    "RenderDocument": "crmcore.domain.funnels",
    "Requirement": "crmcore.domain.requirements",
    "EscalationStep": "crmcore.domain.escalation",
    "SmtpNotifier": "crmcore.adapters.notify.smtp",
    "SqlStore": "crmcore.adapters.sql.store",
    "Stage": "crmcore.domain.funnels",
    "SlaTargets": "crmcore.domain.clocks.marks",
    "Task": "crmcore.domain.tasks",
    "WebhookVerifier": "crmcore.adapters.notify.signatures",
    "WebhookNotifier": "crmcore.adapters.notify.webhook",
    "WebhookPublisher": "crmcore.adapters.notify.webhook",
}

__all__ = [
    "ConsoleNotifier",
    "ContactPoint",
    "CreateTask",
    "Crm",
    "CrmError",
    "Customer",
    "Deal",
    "EscalationPolicy",
    "EscalationStep",
    "ExternalId",
    "FrozenClock",
    "Funnel",
    "ItemFailed",
    "ItemSucceeded",
    "LineItem",
    "MemoryStore",
    "Money",
    "Period",
    "PostalAddress",
    "Profile",
    "RecordingNotifier",
    "Recurrence",
    "RenderDocument",
    "RequestContext",
    "Requirement",
    "SendNotification",
    "SlaConditions",
    "SlaTargets",
    "SmtpNotifier",
    "SqlStore",
    "Stage",
    "StageAgePolicy",
    "Task",
    "UrlGuard",
    "WebhookNotifier",
    "WebhookPublisher",
    "WebhookVerifier",
    "__version__",
]


def __getattr__(name: str) -> Any:
    module_name = _LAZY_EXPORTS.get(name)
    if module_name is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    exported = globals()[name] = getattr(import_module(module_name), name)
    return exported


def __dir__() -> list[str]:
    return sorted(__all__)
