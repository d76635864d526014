"""System under test: one store with its `Crm`, fakes and recorded output."""

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import field, frozen

from crmcore.adapters.clocks import FrozenClock
from crmcore.adapters.files import MemoryFileStore
from crmcore.adapters.policies import AllowAll
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.crm import Crm
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, Eq
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.kernel.errors.rules import PermissionDeniedError
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import RequestContext, Store
from crmcore.services.bulk import ItemFailed
from crmcore.testing.differential.calls import Call, KnownIds, RecordRef

RESTRICTED_ACTOR = "restricted"
"""Actor who sees only new records and his own, and may not win deals."""


@frozen
class Outcome:
    """Outcome of a call: its result, or its error as a problem document."""

    result: Any = None
    error_type: type[CrmError] | None = None
    problem: Any = None


class SystemUnderTest:
    """One of the compared stores.

    Args:
        name: name in divergence messages.
        store: the store.
        clock: the clock that all systems share.
    """

    def __init__(self, name: str, store: Store, clock: FrozenClock) -> None:
        self.name = name
        self.ids: StepIdGenerator = StepIdGenerator()
        self.messages: list[OutgoingMessage] = []
        self.published_events: list[RecordedEvent] = []
        self.is_failing = False
        self._crm = Crm(
            store,
            clock=clock,
            id_generator=self.ids,
            access_policy=RestrictedActorPolicy(),
            file_store=MemoryFileStore(),
            notifiers={"email": _RecordingTarget(self)},
            publishers={"accounting": _RecordingTarget(self)},
            region="LV",
            time_zone="Asia/Tashkent",
            company={"name": "Windows Ltd"},
        )

    def crm(self, tenant: str, actor: str = "auditor") -> Crm:
        """Return the `Crm` for a tenant and an actor."""
        return self._crm.for_tenant(tenant).acting_as(actor)

    def execute(self, call: Call, known_ids: KnownIds, *, tenant: str, actor: str, step: int) -> Outcome:
        """Execute a call. Errors other than `CrmError` propagate."""
        self.ids.begin_step(step)
        crm = self.crm(tenant, actor)
        return self._call(call.resolve(crm, known_ids), crm)

    def _call(self, call: Call, crm: Crm) -> Outcome:
        try:
            return Outcome(result=normalize(call.invoke(crm)))
        except CrmError as error:
            return Outcome(error_type=type(error), problem=error.to_problem())

    @property
    def supports_batches(self) -> bool:
        """Whether the store has batches."""
        return hasattr(self._crm._environment.store, "batch")

    def execute_batch(
        self, calls: Sequence[Call], known_ids: KnownIds, *, tenant: str, actor: str, step: int
    ) -> tuple[Outcome, ...]:
        """Execute calls in one batch; a failed call does not affect the others."""
        outcomes: list[Outcome] = []
        crm = self.crm(tenant, actor)
        resolved = [call.resolve(crm, known_ids) for call in calls]
        self.ids.begin_step(step)
        try:
            with crm.batch():
                outcomes += [self._call(call, crm) for call in resolved]
        except CrmError as error:
            return (_failed(error),)
        return tuple(outcomes)

    def save_concurrently(
        self, record: RecordRef, known_ids: KnownIds, *, tenant: str, step: int
    ) -> tuple[Outcome, ...]:
        """Save a record twice from the same version, as two concurrent writers do."""
        found = known_ids.resolve(record, self.crm(tenant))
        self.ids.begin_step(step)
        return () if found is None else (self._save(found, tenant, "faster"), self._save(found, tenant, "slower"))

    def _save(self, record: Entity, tenant: str, actor: str) -> Outcome:
        try:
            with self._crm._environment.store.begin(
                RequestContext(tenant=tenant, actor=actor), id_generator=self.ids
            ) as transaction:
                saved = transaction.save(copy_with(record))
                transaction.commit()
        except CrmError as error:
            return Outcome(error_type=type(error), problem=error.to_problem())
        return Outcome(result=saved)

    def new_events(self, tenant: str, after: int) -> tuple[RecordedEvent, ...]:
        """Return the events after a position of the feed."""
        with self._crm._environment.store.begin(RequestContext(tenant=tenant), id_generator=self.ids) as transaction:
            events = tuple(transaction.read_events(after=after))
            transaction.commit()
        return events

    def dump(self, tenant: str) -> dict[str, Any]:
        """Return all records, logs, messages and events of a tenant."""
        context = RequestContext(tenant=tenant)
        found: dict[str, Any] = {}
        with self._crm._environment.store.begin(context, id_generator=self.ids) as transaction:
            for entity_type in ENTITY_TYPES:
                found[entity_type.meta.table] = tuple(transaction.find(entity_type))
                found[f"number of {entity_type.meta.table}"] = transaction.count(entity_type)
            for deal in found[Deal.meta.table]:
                found[f"history of {deal.id}"] = tuple(transaction.entries(Deal, deal.id))
        found["messages"] = tuple(message for message in self.messages if message.tenant == tenant)
        found["published_events"] = tuple(event for event in self.published_events if event.tenant == tenant)
        return found

    def close(self) -> None:
        """Close the store."""
        self._crm.close()


@frozen
class RestrictedActorPolicy(AllowAll):
    """Access policy with one restricted actor."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:  # noqa: ARG002  # as the port passes it
        """Return all records; for the restricted actor new ones and his own."""
        return MATCH_ALL if context.actor != RESTRICTED_ACTOR else Eq("actor", RESTRICTED_ACTOR) | Eq("version", 1)

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:  # noqa: ARG002  # as above
        """Forbid the restricted actor to win deals."""
        if context.actor == RESTRICTED_ACTOR and command == "deals.win":
            raise PermissionDeniedError(context.actor, command)


@frozen(eq=False)
class _RecordingTarget:
    """Records messages and events, or fails while `is_failing`."""

    system: SystemUnderTest

    def send(self, message: OutgoingMessage, /) -> None:
        """Record a message."""
        if self.system.is_failing:
            raise DeliveryError(message.channel, "out of order", is_permanent=message.address.startswith("z"))
        self.system.messages.append(message)

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Record events."""
        if self.system.is_failing:
            raise ConnectionError
        self.system.published_events.extend(events)


@frozen
class StepIdGenerator:
    """Generates sequential ids per step.

    A failed step does not change the ids of the next step.
    """

    _counter: list[int] = field(factory=lambda: [0], init=False)

    def begin_step(self, step: int) -> None:
        """Start the ids of a step."""
        self._counter[0] = step << 16

    def new(self, prefix: str, /) -> str:
        """Return the next id."""
        self._counter[0] += 1
        return f"{prefix}_00000000000070008{self._counter[0]:015x}"


def normalize(result: Any) -> Any:
    """Convert sequences, iterators and failed items to one comparable form."""
    match result:
        case list() | tuple() | Iterator():
            return tuple(normalize(item) for item in result)
        case ItemFailed(number=number, error=error):
            return number, _failed(error)
    return result


def _failed(error: CrmError) -> Outcome:
    return Outcome(error_type=type(error), problem=error.to_problem())
