"""Two at once: pairs of stories that touch the same records, and what may come of them.

A pair has done well when its two answers and everything that is stored afterwards are what they would be had one told its story after
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
from crmcore.adapters.kinds import ENTITIES
from crmcore.adapters.memory.store import MemoryStore
from crmcore.domain.messages import Letter
from crmcore.services.ports import Store
from crmcore.services.steps.messages import tell

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ATTEMPTS: Final = 8
UNSEEN: Final = frozenset({"pending", "fingerprint"})
"""Fields that say nothing, or whose value chance has made."""
_ID: Final = re.compile(r"[a-z]+_[0-9a-f]{32}")


@frozen
class Letters:
    """Remembers what was sent."""

    sent: list[Letter] = field(factory=list, init=False)

    def send(self, letter: Letter, /) -> None:
        """Remember it."""
        self.sent.append(letter)


@frozen
class World:
    """What both find when they begin: a house of three, a funnel, a customer with a deal, and work that is late."""

    crm: Crm
    ids: Mapping[str, Any]
    letters: Letters

    @property
    def labels(self) -> dict[str, str]:
        """The names of the records, by their ids."""
        return {id: f"<{name}>" for name, id in self.ids.items()}


def world(store: Store, tenant: str) -> World:
    """Furnish a new tenant."""
    letters = Letters()
    clock = FrozenClock(NOON)
    crm = Crm(store, tenant=tenant, actor="host", clock=clock, attempts=ATTEMPTS, notifiers={"email": letters})
    boss = crm.people.add("Boss", email="boss@example.org")
    anna = crm.people.add("Anna", roles=["manager"], supervisor=boss.id, email="anna@example.org")
    berta = crm.people.add("Berta", roles=["manager"], supervisor=boss.id, email="berta@example.org")
    call = CreateTask(title="Call {customer}", role="owner", within=timedelta(minutes=15), kind="call")
    stages = [
        Stage.named("First call", probability=10, on_entry=[call]),
        Stage.named("Approval", probability=40),
        Stage.named("Payment", probability=80),
        Stage.named("Installation", kind="won"),
    ]
    funnel = crm.funnels.create("Windows", stages=stages, loss_reasons=["too dear", "too late"], role="manager")
    lead = crm.leads.capture("Carla", phone="+37120000000", funnel=funnel.id, owner=anna.id)
    assert lead.task is not None
    promise = crm.commitments.make(
        "A discount", side="ours", customer=lead.customer.id, owner=anna.id, due_at=NOON + timedelta(minutes=10)
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
    crm.house.run("people.tell", lambda unit: tell(unit, boss.id, "notice", text="welcome"))
    clock.advance(minutes=20)
    return World(crm, ids, letters)


Act = Callable[[Crm, Mapping[str, Any]], Any]
"""What one of the two does."""


def _deliver(crm: Crm, ids: Mapping[str, Any]) -> None:
    """Send what waits; how much of it fell to whom is no part of the outcome."""
    crm.deliver()


def _run_due(crm: Crm, ids: Mapping[str, Any]) -> None:
    """Look at what is due, as above."""
    crm.run_due()


PAIRS: Final[Mapping[str, tuple[Act, Act]]] = {
    "two take one deal": (
        lambda crm, ids: crm.deals.hand_over(ids["deal"], to=ids["berta"], expected_version=1),
        lambda crm, ids: crm.deals.hand_over(ids["deal"], to=ids["boss"], expected_version=1),
    ),
    "two new requests go round": (
        lambda crm, ids: crm.leads.capture("Dana", phone="+37120000001", funnel=ids["funnel"]),
        lambda crm, ids: crm.leads.capture("Elza", phone="+37120000002", funnel=ids["funnel"]),
    ),
    "one stranger asks twice": (
        lambda crm, ids: crm.leads.capture("Dana", phone="+37120000001", funnel=ids["funnel"]),
        lambda crm, ids: crm.leads.capture("Dāna", phone="+37120000001", funnel=ids["funnel"]),
    ),
    "one stranger is known elsewhere": (
        lambda crm, ids: crm.leads.capture(external_id=ExternalId("erp", "7"), funnel=ids["funnel"]),
        lambda crm, ids: crm.leads.capture(external_id=ExternalId("erp", "7"), funnel=ids["funnel"]),
    ),
    "one request comes twice": (
        lambda crm, ids: crm.leads.capture("Dana", funnel=ids["funnel"], request=ExternalId("web", "1")),
        lambda crm, ids: crm.leads.capture("Dana", funnel=ids["funnel"], request=ExternalId("web", "1")),
    ),
    "one key is used twice": (
        lambda crm, ids: crm.deals.move(ids["deal"], to="Approval", key="k"),
        lambda crm, ids: crm.deals.move(ids["deal"], to="Approval", key="k"),
    ),
    "two move one deal": (
        lambda crm, ids: crm.deals.move(ids["deal"], to="Approval"),
        lambda crm, ids: crm.deals.move(ids["deal"], to="Payment"),
    ),
    "one wins what another loses": (
        lambda crm, ids: crm.deals.win(ids["deal"]),
        lambda crm, ids: crm.deals.lose(ids["deal"], reason="too dear"),
    ),
    "one hands over what another takes away": (
        lambda crm, ids: crm.deals.hand_over(ids["deal"], to=ids["berta"]),
        lambda crm, ids: crm.deals.hand_over(ids["deal"], to=None),
    ),
    "two do one task": (
        lambda crm, ids: crm.tasks.complete(ids["task"], result="reached"),
        lambda crm, ids: crm.tasks.complete(ids["task"], result="not reached"),
    ),
    "two change one customer": (
        lambda crm, ids: crm.customers.rename(ids["customer"], "Karla"),
        lambda crm, ids: crm.customers.add_contact(ids["customer"], email="carla@example.org"),
    ),
    "one number goes to two": (
        lambda crm, ids: crm.customers.add("Dana", email="dana@example.org"),
        lambda crm, ids: crm.customers.add_contact(ids["customer"], email="dana@example.org"),
    ),
    "two send what waits": (
        _deliver,
        _deliver,
    ),
    "two look at what is due": (
        _run_due,
        _run_due,
    ),
    "one escalates what another does": (
        _run_due,
        lambda crm, ids: crm.tasks.complete(ids["task"]),
    ),
    "one keeps what another calls broken": (
        lambda crm, ids: crm.commitments.settle(ids["promise"], "kept"),
        lambda crm, ids: crm.commitments.settle(ids["promise"], "broken"),
    ),
}
"""The pairs, by what goes on."""


def attempt(act: Act, crm: Crm, ids: Mapping[str, Any]) -> Any:
    """Do it; a refusal is an answer too."""
    try:
        return act(crm, ids)
    except CrmError as refusal:
        return f"{type(refusal).__name__} {refusal.code}"


def outcome(given: World, answers: tuple[Any, Any]) -> str:
    """Everything that can be seen in the end, when all that is due has been done and sent, without ids that chance has made."""
    given.crm.run_due()
    given.crm.deliver()
    letters = sorted((letter.topic, letter.to) for letter in given.letters.sent)
    return repr((_plain(answers, given.labels), _stored(given), letters))


def expected(pair: str) -> set[str]:
    """What may come of a pair: its outcomes when one goes after the other."""
    outcomes = set()
    for first in (0, 1):
        given = world(MemoryStore(), "t")
        answers = [None, None]
        for turn in (first, 1 - first):
            answers[turn] = attempt(PAIRS[pair][turn], given.crm, given.ids)
        outcomes.add(outcome(given, (answers[0], answers[1])))
    return outcomes


def _stored(given: World) -> Any:
    labels = given.labels
    house = given.crm.house
    with house.store.begin(house.context, ids=house.ids) as transaction:
        records = [
            sorted(
                repr(_plain((record, transaction.entries(kind, record.id)), labels))
                for record in transaction.find(kind)
            )
            for kind in ENTITIES
        ]
        facts: dict[str, list[Any]] = {}
        for fact in transaction.events():
            facts.setdefault(fact.subject, []).append((fact.version, fact.number, fact.event))
        return records, sorted(repr(_plain(of_one, labels)) for of_one in facts.values())


def _plain(value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _ID.sub(lambda found: labels.get(found[0], f"<{found[0].partition('_')[0]}>"), value)
    if attrs.has(type(value)):
        names = (f.name for f in attrs.fields(type(value)) if f.name not in UNSEEN)
        return (type(value).__name__, *((name, _plain(getattr(value, name), labels)) for name in names))
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return sorted((name, _plain(item, labels)) for name, item in value.items())
    if isinstance(value, (tuple, list)):
        return tuple(_plain(item, labels) for item in value)
    return value
