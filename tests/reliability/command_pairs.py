"""Two at once: pairs of commands that touch the same records, and what may come of them.

A pair has done well when its two answers and everything that is stored afterwards are what they would be had one run its command after
the other, in either order. So no pair needs a rule of its own for what is right, and no anomaly is too odd to be noticed.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import attrs
from attrs import field, frozen

from crmcore import CreateTask, Crm, CrmError, ExternalId, FrozenClock, Stage
from crmcore.adapters.memory.store import MemoryStore
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.ports import Store
from crmcore.services.shared.notifications import notify_user

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAX_ATTEMPTS: Final = 8
IGNORED_FIELDS: Final = frozenset({"pending_events", "fingerprint"})
"""Fields that say nothing, or whose value chance has made."""
_ID: Final = re.compile(r"[a-z]+_[0-9a-f]{32}")


@frozen
class RecordedMessages:
    """Remembers what was sent."""

    sent: list[OutgoingMessage] = field(factory=list, init=False)

    def send(self, message: OutgoingMessage, /) -> None:
        """Remember it."""
        self.sent.append(message)


@frozen
class PairWorld:
    """What both find when they begin: three users, a funnel, a customer with a deal, and work that is late."""

    crm: Crm
    ids: Mapping[str, Any]
    messages: RecordedMessages

    @property
    def labels(self) -> dict[str, str]:
        """The names of the records, by their ids."""
        return {id: f"<{name}>" for name, id in self.ids.items()}


def create_world(store: Store, tenant: str) -> PairWorld:
    """Create a new tenant with records."""
    messages = RecordedMessages()
    clock = FrozenClock(NOON)
    crm = Crm(store, tenant=tenant, actor="host", clock=clock, max_attempts=MAX_ATTEMPTS, notifiers={"email": messages})
    boss = crm.users.create("Boss", email="boss@example.org")
    anna = crm.users.create("Anna", roles=["manager"], manager_id=boss.id, email="anna@example.org")
    berta = crm.users.create("Berta", roles=["manager"], manager_id=boss.id, email="berta@example.org")
    call = CreateTask(title="Call {customer}", role="owner", due_within=timedelta(minutes=15), kind="call")
    stages = [
        Stage.named("First call", probability=10, entry_actions=[call]),
        Stage.named("Approval", probability=40),
        Stage.named("Payment", probability=80),
        Stage.named("Installation", kind="won"),
    ]
    funnel = crm.funnels.create("Windows", stages=stages, loss_reasons=["too dear", "too late"], role="manager")
    lead = crm.leads.capture("Carla", phone="+37120000000", funnel_id=funnel.id, owner_id=anna.id)
    assert lead.task is not None
    promise = crm.commitments.create(
        "A discount", side="ours", customer_id=lead.customer.id, owner_id=anna.id, due_at=NOON + timedelta(minutes=10)
    )
    ids = {
        "boss": boss.id,
        "anna": anna.id,
        "berta": berta.id,
        "funnel": funnel.id,
        "customer": lead.customer.id,
        "deal": lead.deal.id,
        "task": lead.task.id,
        "promise": promise.id,
    }
    crm._environment.execute("users.notify", lambda uow: notify_user(uow, boss.id, "notice", text="welcome"))
    clock.advance(minutes=20)
    return PairWorld(crm, ids, messages)


Command = Callable[[Crm, Mapping[str, Any]], Any]
"""What one of the two does."""


def _deliver_messages(crm: Crm, ids: Mapping[str, Any]) -> None:
    """Send what waits; how much of it fell to whom is no part of the outcome."""
    crm.deliver()


def _run_due_jobs(crm: Crm, ids: Mapping[str, Any]) -> None:
    """Look at what is due, as above."""
    crm.run_due_jobs()


PAIRS: Final[Mapping[str, tuple[Command, Command]]] = {
    "two take one deal": (
        lambda crm, ids: crm.deals.change_owner(ids["deal"], owner_id=ids["berta"], expected_version=1),
        lambda crm, ids: crm.deals.change_owner(ids["deal"], owner_id=ids["boss"], expected_version=1),
    ),
    "two new requests go round": (
        lambda crm, ids: crm.leads.capture("Dana", phone="+37120000001", funnel_id=ids["funnel"]),
        lambda crm, ids: crm.leads.capture("Elza", phone="+37120000002", funnel_id=ids["funnel"]),
    ),
    "one stranger asks twice": (
        lambda crm, ids: crm.leads.capture("Dana", phone="+37120000001", funnel_id=ids["funnel"]),
        lambda crm, ids: crm.leads.capture("Dāna", phone="+37120000001", funnel_id=ids["funnel"]),
    ),
    "one stranger is known elsewhere": (
        lambda crm, ids: crm.leads.capture(external_id=ExternalId("erp", "7"), funnel_id=ids["funnel"]),
        lambda crm, ids: crm.leads.capture(external_id=ExternalId("erp", "7"), funnel_id=ids["funnel"]),
    ),
    "one request comes twice": (
        lambda crm, ids: crm.leads.capture("Dana", funnel_id=ids["funnel"], request=ExternalId("web", "1")),
        lambda crm, ids: crm.leads.capture("Dana", funnel_id=ids["funnel"], request=ExternalId("web", "1")),
    ),
    "one key is used twice": (
        lambda crm, ids: crm.deals.move(ids["deal"], stage_key="Approval", idempotency_key="k"),
        lambda crm, ids: crm.deals.move(ids["deal"], stage_key="Approval", idempotency_key="k"),
    ),
    "two move one deal": (
        lambda crm, ids: crm.deals.move(ids["deal"], stage_key="Approval"),
        lambda crm, ids: crm.deals.move(ids["deal"], stage_key="Payment"),
    ),
    "one wins what another loses": (
        lambda crm, ids: crm.deals.win(ids["deal"]),
        lambda crm, ids: crm.deals.lose(ids["deal"], reason="too dear"),
    ),
    "one hands over what another takes away": (
        lambda crm, ids: crm.deals.change_owner(ids["deal"], owner_id=ids["berta"]),
        lambda crm, ids: crm.deals.change_owner(ids["deal"], owner_id=None),
    ),
    "two do one task": (
        lambda crm, ids: crm.tasks.complete(ids["task"], result="reached"),
        lambda crm, ids: crm.tasks.complete(ids["task"], result="not reached"),
    ),
    "two change one customer": (
        lambda crm, ids: crm.customers.rename(ids["customer"], "Karla"),
        lambda crm, ids: crm.customers.add_contact_point(ids["customer"], email="carla@example.org"),
    ),
    "one number goes to two": (
        lambda crm, ids: crm.customers.create("Dana", email="dana@example.org"),
        lambda crm, ids: crm.customers.add_contact_point(ids["customer"], email="dana@example.org"),
    ),
    "two send what waits": (
        _deliver_messages,
        _deliver_messages,
    ),
    "two look at what is due": (
        _run_due_jobs,
        _run_due_jobs,
    ),
    "one escalates what another does": (
        _run_due_jobs,
        lambda crm, ids: crm.tasks.complete(ids["task"]),
    ),
    "one keeps what another calls broken": (
        lambda crm, ids: crm.commitments.close(ids["promise"], "kept"),
        lambda crm, ids: crm.commitments.close(ids["promise"], "broken"),
    ),
}
"""The pairs, by what goes on."""


def execute(command: Command, crm: Crm, ids: Mapping[str, Any]) -> Any:
    """Do it; a refusal is an answer too."""
    try:
        return command(crm, ids)
    except CrmError as error:
        return f"{type(error).__name__} {error.code}"


def outcome(world: PairWorld, results: tuple[Any, Any]) -> str:
    """Everything that can be seen in the end, when all that is due has been done and sent, without ids that chance has made."""
    world.crm.run_due_jobs()
    world.crm.deliver()
    sent = sorted((message.topic, message.address) for message in world.messages.sent)
    return repr((_without_ids(results, world.labels), _stored_records(world), sent))


def allowed_outcomes(pair: str) -> set[str]:
    """What may come of a pair: its outcomes when one goes after the other."""
    outcomes = set()
    for first in (0, 1):
        given = create_world(MemoryStore(), "t")
        answers = [None, None]
        for turn in (first, 1 - first):
            answers[turn] = execute(PAIRS[pair][turn], given.crm, given.ids)
        outcomes.add(outcome(given, (answers[0], answers[1])))
    return outcomes


def _stored_records(world: PairWorld) -> Any:
    labels = world.labels
    environment = world.crm._environment
    with environment.store.begin(environment.context, id_generator=environment.id_generator) as transaction:
        records = [
            sorted(
                repr(_without_ids((record, transaction.entries(entity_type, record.id)), labels))
                for record in transaction.find(entity_type)
            )
            for entity_type in ENTITY_TYPES
        ]
        events_by_subject: dict[str, list[Any]] = {}
        for event in transaction.read_events():
            events_by_subject.setdefault(event.subject_id, []).append((event.version, event.number, event.event))
        return records, sorted(repr(_without_ids(of_one, labels)) for of_one in events_by_subject.values())


def _without_ids(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _ID.sub(lambda found: labels.get(found[0], f"<{found[0].partition('_')[0]}>"), value)
    if attrs.has(type(value)):
        names = (f.name for f in attrs.fields(type(value)) if f.name not in IGNORED_FIELDS)
        return (type(value).__name__, *((name, _without_ids(getattr(value, name), labels)) for name in names))
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return sorted((name, _without_ids(item, labels)) for name, item in value.items())
    if isinstance(value, (tuple, list)):
        return tuple(_without_ids(item, labels) for item in value)
    return value
