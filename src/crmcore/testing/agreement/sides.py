"""A side: one store with a `Crm` of its own, everything round it the same as on the others, and everything that leaves it kept."""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import field, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.adapters.files import MemoryFiles
from crmcore.adapters.kinds import ENTITIES
from crmcore.adapters.policies import AllowAll
from crmcore.crm import Crm
from crmcore.domain.criteria import EVERYTHING, Criterion, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import Forbidden
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.errors.root import CrmError
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, changed
from crmcore.domain.messages import Letter
from crmcore.services.bulk import Refused
from crmcore.services.ports import Context, Store
from crmcore.testing.agreement.steps import Call, Known, Whole

ONLOOKER = "onlooker"
"""The actor who sees what is new, and what he saved himself, and may not win deals."""


@frozen
class Told:
    """What came of a step: an answer, or a refusal with all its facts."""

    answer: Any = None
    refusal: type[CrmError] | None = None
    facts: Any = None


class Side:
    """One of the stores that are compared.

    Args:
        name: as it is called where something differs.
        store: its own.
        clock: everybody's.
    """

    def __init__(self, name: str, store: Store, clock: FrozenClock) -> None:
        self.name = name
        self.ids = StepIds()
        self.letters: list[Letter] = []
        self.heard: list[Recorded] = []
        self.refuses = False
        self._crm = Crm(
            store,
            clock=clock,
            ids=self.ids,
            policy=Onlookers(),
            files=MemoryFiles(),
            notifiers={"email": _Recorder(self)},
            publishers={"ledger": _Recorder(self)},
            region="LV",
            zone="Asia/Tashkent",
            company={"name": "Windows Ltd"},
        )

    def crm(self, tenant: str, actor: str = "auditor") -> Crm:
        """The front door, for somebody."""
        return self._crm.for_tenant(tenant).acting_as(actor)

    def tell(self, call: Call, known: Known, *, tenant: str, actor: str, step: int) -> Told:
        """Make a call. What is refused without one of our own errors goes on its way."""
        self.ids.begin(step)
        crm = self.crm(tenant, actor)
        return self._ask(call.about(crm, known), crm)

    def _ask(self, call: Call, crm: Crm) -> Told:
        try:
            return Told(answer=plain(call.make(crm)))
        except CrmError as refusal:
            return Told(refusal=type(refusal), facts=refusal.to_problem())

    @property
    def tells_batches(self) -> bool:
        """Whether the store can tell many stories in one transaction."""
        return hasattr(self._crm.house.store, "batch")

    def tell_batch(
        self, calls: Sequence[Call], known: Known, *, tenant: str, actor: str, step: int
    ) -> tuple[Told, ...]:
        """Make some calls in one transaction; what one of them is refused leaves the others alone."""
        told: list[Told] = []
        crm = self.crm(tenant, actor)
        made = [call.about(crm, known) for call in calls]
        self.ids.begin(step)
        try:
            with crm.batch():
                told += [self._ask(call, crm) for call in made]
        except CrmError as refusal:
            return (_refused(refusal),)
        return tuple(told)

    def race(self, record: Whole, known: Known, *, tenant: str, step: int) -> tuple[Told, ...]:
        """Save a record, and then the same one once more, as somebody would who has not seen the first."""
        found = known.resolve(record, self.crm(tenant))
        self.ids.begin(step)
        return () if found is None else (self._save(found, tenant, "faster"), self._save(found, tenant, "slower"))

    def _save(self, record: Entity, tenant: str, actor: str) -> Told:
        try:
            with self._crm.house.store.begin(Context(tenant=tenant, actor=actor), ids=self.ids) as transaction:
                saved = transaction.save(changed(record))
                transaction.commit()
        except CrmError as refusal:
            return Told(refusal=type(refusal), facts=refusal.to_problem())
        return Told(answer=saved)

    def news(self, tenant: str, after: int) -> tuple[Recorded, ...]:
        """The feed behind a position."""
        with self._crm.house.store.begin(Context(tenant=tenant), ids=self.ids) as transaction:
            facts = tuple(transaction.events(after=after))
            transaction.commit()
        return facts

    def everything(self, tenant: str) -> dict[str, Any]:
        """All records of a tenant with their entries, and all that left the house."""
        context = Context(tenant=tenant)
        found: dict[str, Any] = {}
        with self._crm.house.store.begin(context, ids=self.ids) as transaction:
            for kind in ENTITIES:
                found[kind.shape.table] = tuple(transaction.find(kind))
                found[f"number of {kind.shape.table}"] = transaction.count(kind)
            for deal in found[Deal.shape.table]:
                found[f"history of {deal.id}"] = tuple(transaction.entries(Deal, deal.id))
        found["letters"] = tuple(letter for letter in self.letters if letter.tenant == tenant)
        found["heard"] = tuple(fact for fact in self.heard if fact.tenant == tenant)
        return found

    def close(self) -> None:
        """Let the store go."""
        self._crm.close()


@frozen
class Onlookers(AllowAll):
    """A policy with somebody in it who may see some records and do some things."""

    def visible(self, context: Context, kind: type[Entity], /) -> Criterion:  # noqa: ARG002  # as the port passes it
        """Everything; for the onlooker what is new, and what he saved."""
        return EVERYTHING if context.actor != ONLOOKER else Is("actor", ONLOOKER) | Is("version", 1)

    def check(self, context: Context, story: str, entity: Entity | None, /) -> None:  # noqa: ARG002  # as above
        """Keep the onlooker from winning deals."""
        if context.actor == ONLOOKER and story == "deals.win":
            raise Forbidden(context.actor, story)


@frozen(eq=False)
class _Recorder:
    """Takes what leaves the house, or refuses it for a while."""

    side: Side

    def send(self, letter: Letter, /) -> None:
        """Keep a letter."""
        if self.side.refuses:
            raise DeliveryFailed(letter.channel, "out of order", permanent=letter.to.startswith("z"))
        self.side.letters.append(letter)

    def publish(self, events: Sequence[Recorded], /) -> None:
        """Keep facts."""
        if self.side.refuses:
            raise ConnectionError
        self.side.heard.extend(events)


@frozen
class StepIds:
    """Ids that count within each step, so that a refused step leaves no trace in the ids of the next."""

    _place: list[int] = field(factory=lambda: [0], init=False)

    def begin(self, step: int) -> None:
        """Go on with the next step."""
        self._place[0] = step << 16

    def new(self, prefix: str, /) -> str:
        """Make the next id."""
        self._place[0] += 1
        return f"{prefix}_00000000000070008{self._place[0]:015x}"


def plain(answer: Any) -> Any:
    """One form for all sequences, streams and refusals, which a store may answer in any way."""
    match answer:
        case list() | tuple() | Iterator():
            return tuple(plain(item) for item in answer)
        case Refused(number=number, error=error):
            return number, _refused(error)
    return answer


def _refused(refusal: CrmError) -> Told:
    return Told(refusal=type(refusal), facts=refusal.to_problem())
