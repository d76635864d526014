"""crmcore: an embeddable CRM (customer relationship management) library.

>>> from crmcore import Crm
>>> crm = Crm()  # in memory: nothing to configure
>>> sales = crm.funnels.create("Windows", stages=["First call", "Measurement", "Installation"])
>>> lead = crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=sales.id, source="web site")
>>> lead.deal.stage_key
'First call'

Names are loaded on first use, so that `import crmcore` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.adapters.memory.store import MemoryStore
    from crmcore.adapters.notifications.console import ConsoleNotifier
    from crmcore.adapters.notifications.recording import RecordingNotifier
    from crmcore.adapters.notifications.smtp import SmtpNotifier
    from crmcore.adapters.notifications.url_guard import UrlGuard
    from crmcore.adapters.notifications.webhook import WebhookNotifier, WebhookPublisher
    from crmcore.adapters.notifications.webhook_signatures import WebhookVerifier
    from crmcore.adapters.sql.store import SqlStore
    from crmcore.crm import Crm
    from crmcore.domain.activities.tasks import Task
    from crmcore.domain.customers.customer import Customer
    from crmcore.domain.customers.parts import ContactPoint, ExternalId, Profile
    from crmcore.domain.kernel.errors.base import CrmError
    from crmcore.domain.kernel.recurrence import Recurrence
    from crmcore.domain.kernel.values.address import PostalAddress
    from crmcore.domain.kernel.values.money import Money
    from crmcore.domain.kernel.values.period import Period
    from crmcore.domain.sales.deals.deal import Deal
    from crmcore.domain.sales.deals.parts import LineItem
    from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification
    from crmcore.domain.sales.funnels.aging import StageAgePolicy
    from crmcore.domain.sales.funnels.funnel import Funnel
    from crmcore.domain.sales.funnels.requirements import Requirement
    from crmcore.domain.sales.funnels.stages import Stage
    from crmcore.domain.sla.escalation_policy import EscalationPolicy, EscalationStep
    from crmcore.domain.sla.policies import SlaConditions
    from crmcore.domain.sla.targets import SlaTargets
    from crmcore.ports import RequestContext
    from crmcore.services.bulk import ItemFailed, ItemSucceeded

__version__ = "0.1.0"

_LAZY_EXPORTS = {
    "ConsoleNotifier": "crmcore.adapters.notifications.console",
    "ContactPoint": "crmcore.domain.customers.parts",
    "CreateTask": "crmcore.domain.sales.funnels.actions",
    "Crm": "crmcore.crm",
    "CrmError": "crmcore.domain.kernel.errors.base",
    "Customer": "crmcore.domain.customers.customer",
    "Deal": "crmcore.domain.sales.deals.deal",
    "EscalationPolicy": "crmcore.domain.sla.escalation_policy",
    "EscalationStep": "crmcore.domain.sla.escalation_policy",
    "ExternalId": "crmcore.domain.customers.parts",
    "FrozenClock": "crmcore.adapters.clocks",
    "Funnel": "crmcore.domain.sales.funnels.funnel",
    "ItemFailed": "crmcore.services.bulk",
    "ItemSucceeded": "crmcore.services.bulk",
    "LineItem": "crmcore.domain.sales.deals.parts",
    "MemoryStore": "crmcore.adapters.memory.store",
    "Money": "crmcore.domain.kernel.values.money",
    "Period": "crmcore.domain.kernel.values.period",
    "PostalAddress": "crmcore.domain.kernel.values.address",
    "Profile": "crmcore.domain.customers.parts",
    "RecordingNotifier": "crmcore.adapters.notifications.recording",
    "Recurrence": "crmcore.domain.kernel.recurrence",
    "RenderDocument": "crmcore.domain.sales.funnels.actions",
    "RequestContext": "crmcore.ports",
    "Requirement": "crmcore.domain.sales.funnels.requirements",
    "SendNotification": "crmcore.domain.sales.funnels.actions",
    "SlaConditions": "crmcore.domain.sla.policies",
    "SlaTargets": "crmcore.domain.sla.targets",
    "SmtpNotifier": "crmcore.adapters.notifications.smtp",
    "SqlStore": "crmcore.adapters.sql.store",
    "Stage": "crmcore.domain.sales.funnels.stages",
    "StageAgePolicy": "crmcore.domain.sales.funnels.aging",
    "Task": "crmcore.domain.activities.tasks",
    "UrlGuard": "crmcore.adapters.notifications.url_guard",
    "WebhookNotifier": "crmcore.adapters.notifications.webhook",
    "WebhookPublisher": "crmcore.adapters.notifications.webhook",
    "WebhookVerifier": "crmcore.adapters.notifications.webhook_signatures",
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
