"""Planted bugs: stores that break one promise each, to prove that differences are found.

A mutation is a coat over the transaction of a store that is right.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from crmcore.adapters.memory.store import MemoryStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, Eq, HasChild, WordPrefix, get_path
from crmcore.domain.kernel.entity import unique_keys
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError, StaleVersionError
from crmcore.domain.kernel.errors.rules import TransactionClosedError
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.messaging.messages import Message
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import IdGenerator, RequestContext, Store
from crmcore.ports.grouped_counts import GroupedCount


class TransactionWrapper:
    """A transaction that does what the one beneath it does, until a subclass says otherwise."""

    def __init__(self, inner: Any, context: RequestContext, state: dict[Any, Any]) -> None:
        self.inner = inner
        self.context = context
        self.state = state

    def get(self, entity_type: Any, id: str, /) -> Any:
        return self.transform_loaded(self.inner.get(entity_type, id))

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        return [self.transform_loaded(entity) for entity in self.inner.find(entity_type, where, **options)]

    def count(self, entity_type: Any, where: Criterion = MATCH_ALL, /) -> int:
        return int(self.inner.count(entity_type, where))

    def entries(self, entity_type: Any, id: str, /) -> Sequence[Any]:
        return self.inner.entries(entity_type, id)  # type: ignore[no-any-return]  # of any transaction

    def save(self, entity: Any, /) -> Any:
        return self.inner.save(entity)

    def delete(self, entity: Any, /) -> None:
        self.inner.delete(entity)

    def read_events(self, **options: Any) -> Sequence[RecordedEvent]:
        return self.inner.read_events(**options)  # type: ignore[no-any-return]  # of any transaction

    def execute_query(self, aggregate: Any, /) -> Any:
        return self.inner.execute_query(aggregate)

    def commit(self) -> None:
        self.inner.commit()

    def transform_loaded(self, entity: Any) -> Any:
        return entity

    def __enter__(self) -> Any:
        self.inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.inner.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class MutatedStore:
    """A store whose transactions are wrapped."""

    def __init__(self, wrapper: type[TransactionWrapper], store: Store | None = None) -> None:
        self._wrapper = wrapper
        self._store: Any = store or MemoryStore()
        self._state: dict[Any, Any] = {}

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Any:
        return self._wrapper(
            self._store.begin(context, id_generator=id_generator, read_only=read_only), context, self._state
        )

    def batch(self, context: RequestContext, /, *, id_generator: IdGenerator) -> Any:
        return MutatedBatch(self._store.batch(context, id_generator=id_generator), self._wrapper, self._state)

    def close(self) -> None:
        self._store.close()


class MutatedBatch:
    """A batch whose transactions are wrapped."""

    def __init__(self, inner: Any, wrapper: type[TransactionWrapper], state: dict[Any, Any]) -> None:
        self._inner = inner
        self._wrapper = wrapper
        self._state = state

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Any:
        return self._wrapper(
            self._inner.begin(context, id_generator=id_generator, read_only=read_only), context, self._state
        )

    def commit(self) -> None:
        self._inner.commit()

    def __enter__(self) -> Any:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)


MUTATIONS: Final[dict[str, type[TransactionWrapper]]] = {}


def register_mutation(wrapper: type[TransactionWrapper]) -> type[TransactionWrapper]:
    """Enter a coat into the list, by the words of its docstring."""
    MUTATIONS[str(wrapper.__doc__).rstrip(".")] = wrapper
    return wrapper


def _replace_values(entity: Any, test: Callable[[Any], bool], change: Callable[[Any], Any]) -> Any:
    """Change all fields of a record, and of the values in it, whose values pass a test."""
    if entity is None:
        return None
    made = object.__new__(type(entity))
    for field in attrs.fields(type(entity)):
        value = getattr(entity, field.name)
        if test(value):
            value = change(value)
        elif attrs.has(type(value)) and not isinstance(value, Money):
            value = _replace_values(value, test, change)
        elif isinstance(value, tuple):
            value = tuple(
                _replace_values(v, test, change) if attrs.has(type(v)) and not isinstance(v, Money) else v
                for v in value
            )
        getattr(type(entity), field.name).__set__(made, value)
    return made


@register_mutation
class StripsNames(TransactionWrapper):
    """names lose their letters outside ASCII."""

    def save(self, entity: Any, /) -> Any:
        name = getattr(entity, "name", "").encode("ascii", "ignore").decode().strip() or "?"
        return super().save(copy_with(entity, name=name) if isinstance(entity, Customer) and entity.name else entity)


@register_mutation
class CutsTexts(TransactionWrapper):
    """texts are cut at a hundred characters."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(entity, lambda v: type(v) is str and len(v) > 100, lambda v: v[:100])


@register_mutation
class EmptyTextIsNone(TransactionWrapper):
    """an empty text comes back as nothing."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(entity, lambda v: v == "", lambda _: None)


@register_mutation
class IgnoresVersions(TransactionWrapper):
    """the last save wins."""

    def commit(self) -> None:
        with suppress(StaleVersionError):
            super().commit()


@register_mutation
class LosesLogEntries(TransactionWrapper):
    """entries are kept with a new record only."""

    def save(self, entity: Any, /) -> Any:
        return super().save(copy_with(entity, movements=()) if isinstance(entity, Deal) and entity.version else entity)


@register_mutation
class NoneSortsLast(TransactionWrapper):
    """what is absent comes last."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        field = options.get("order", "id").lstrip("-")
        found = super().find(entity_type, where, **options)
        return sorted(found, key=lambda entity: get_path(entity, field) is None)


@register_mutation
class IgnoresCase(TransactionWrapper):
    """large and small letters are the same in a search."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        match where:
            case Eq(field, str(value)):
                found = self.inner.find(entity_type, **{**options, "limit": None})
                same = [e for e in found if str(get_path(e, field) or "").casefold() == value.casefold()]
                return same[: options.get("limit")]
        return super().find(entity_type, where, **options)


@register_mutation
class CommitsOnExit(TransactionWrapper):
    """what a failed command had saved is committed all the same."""

    def __exit__(self, *error: object) -> None:
        try:
            with suppress(DuplicateKeyError, StaleVersionError, TransactionClosedError):
                self.inner.commit()
        finally:
            super().__exit__(*error)


@register_mutation
class LosesEventsOfSecondSave(TransactionWrapper):
    """a record saved twice in one transaction has only its first events."""

    def save(self, entity: Any, /) -> Any:
        again = entity.id in self.__dict__.setdefault("saved", set())
        self.saved.add(entity.id)
        return super().save(copy_with(entity, pending_events=()) if again and entity.pending_events else entity)


@register_mutation
class KeysAcrossTenants(TransactionWrapper):
    """a unique key is unique over all tenants."""

    def save(self, entity: Any, /) -> Any:
        for key in unique_keys(entity):
            if self.state.setdefault((type(entity), key), self.context.tenant) != self.context.tenant:
                raise DuplicateKeyError(entity.meta.prefix, key[0])
        return super().save(entity)


@register_mutation
class PagesOverlap(TransactionWrapper):
    """a page begins with the last record of the one before."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        found = super().find(entity_type, where, **options)
        return [options["after"], *found][: options.get("limit")] if options.get("after") is not None else found


@register_mutation
class LimitOffByOne(TransactionWrapper):
    """a page has one record too many."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        return super().find(
            entity_type, where, **options | ({"limit": options["limit"] + 1} if options.get("limit") else {})
        )


@register_mutation
class IgnoresDescendingOrder(TransactionWrapper):
    """descending order is ascending."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        return super().find(entity_type, where, **options | {"order": options.get("order", "id").lstrip("-")})


@register_mutation
class NaiveTimes(TransactionWrapper):
    """instants come back without their zone."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(entity, lambda v: isinstance(v, datetime), lambda v: v.replace(tzinfo=None))


@register_mutation
class WholeSeconds(TransactionWrapper):
    """instants come back in whole seconds."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(entity, lambda v: isinstance(v, datetime), lambda v: v.replace(microsecond=0))


@register_mutation
class RoundsMoney(TransactionWrapper):
    """money comes back as a float would have kept it."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(
            entity, lambda v: isinstance(v, Money), lambda v: Money.from_minor_units(round(v.minor, -1), v.currency)
        )


@register_mutation
class RoundsQuantities(TransactionWrapper):
    """quantities come back with four decimal places."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(entity, lambda v: isinstance(v, Decimal), lambda v: round(v, 4))


@register_mutation
class FindsWithinWords(TransactionWrapper):
    """a search for the beginning of a word finds its middle too."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        found = self.inner.find(entity_type, _without_word_prefixes(where), **options | {"limit": None})
        return [e for e in found if _contains_words(where, e)][: options.get("limit")]


def _without_word_prefixes(where: Criterion) -> Criterion:
    if isinstance(where, WordPrefix):
        return MATCH_ALL
    inner = getattr(where, "criteria", None)
    return attrs.evolve(where, criteria=tuple(_without_word_prefixes(c) for c in inner)) if inner else where  # type: ignore[misc]


def _contains_words(where: Criterion, entity: Any) -> bool:
    if isinstance(where, WordPrefix):
        return where.prefix in (get_path(entity, where.field) or "")
    return all(_contains_words(c, entity) for c in getattr(where, "criteria", ()))


@register_mutation
class FindsOwnersTwice(TransactionWrapper):
    """a search by parts finds a record once for each of its parts."""

    def find(self, entity_type: Any, where: Criterion = MATCH_ALL, /, **options: Any) -> Sequence[Any]:
        found = super().find(entity_type, where, **options)
        if not isinstance(where, HasChild):
            return found
        return [entity for entity in found for _ in getattr(entity, where.children)][: options.get("limit")]


@register_mutation
class ReordersChildRecords(TransactionWrapper):
    """the parts of a record come in an order of their own."""

    def transform_loaded(self, entity: Any) -> Any:
        return _replace_values(
            entity,
            lambda v: isinstance(v, tuple) and len(v) > 1 and not hasattr(v[0], "at"),
            lambda v: tuple(sorted(v, key=repr)),
        )


@register_mutation
class LosesMessages(TransactionWrapper):
    """messages are not queued."""

    def save(self, entity: Any, /) -> Any:
        return (
            copy_with(entity, version=1) if isinstance(entity, Message) and not entity.version else super().save(entity)
        )


@register_mutation
class SwapsEvents(TransactionWrapper):
    """facts come in another order."""

    def read_events(self, **options: Any) -> Sequence[RecordedEvent]:
        found = list(super().read_events(**options))
        found[:2] = found[:2][::-1]
        return found


@register_mutation
class SkipsPosition(TransactionWrapper):
    """the feed's numbers have gaps."""

    def read_events(self, **options: Any) -> Sequence[RecordedEvent]:
        return [
            copy_with(event, position=event.position + event.position // 20) for event in super().read_events(**options)
        ]


@register_mutation
class CountIgnoresCriteria(TransactionWrapper):
    """counting does not ask who counts, nor what."""

    def count(self, entity_type: Any, where: Criterion = MATCH_ALL, /) -> int:
        return super().count(entity_type)


@register_mutation
class IgnoresDelete(TransactionWrapper):
    """removing removes nothing."""

    def delete(self, entity: Any, /) -> None:
        pass


@register_mutation
class KeepsFirstActor(TransactionWrapper):
    """the actor of a record never changes."""

    def save(self, entity: Any, /) -> Any:
        saved = super().save(entity)
        return copy_with(saved, actor=entity.actor) if entity.version else saved


@register_mutation
class TruncatesResult(TransactionWrapper):
    """the answer kept for a key is the first part of what was answered."""

    def transform_loaded(self, entity: Any) -> Any:
        if not isinstance(entity, IdempotencyRecord):
            return entity
        result = json.loads(entity.result)
        has_tasks = isinstance(result, dict) and "tasks" in result
        return copy_with(entity, result=json.dumps(result | {"tasks": []})) if has_tasks else entity


@register_mutation
class GroupsIgnoreNone(TransactionWrapper):
    """a tally's groups lack whatever has no value."""

    def execute_query(self, aggregate: Any, /) -> Any:
        if not isinstance(aggregate, GroupedCount):
            return None
        return tuple(line for line in aggregate.evaluate(self.inner) if None not in line[: len(aggregate.group_by)])


@register_mutation
class KeepsReleasedKeys(TransactionWrapper):
    """a key that its holder gave up stays taken."""

    def save(self, entity: Any, /) -> Any:
        for key in unique_keys(entity):
            holder = self.state.setdefault((self.context.tenant, type(entity), key), entity.id)
            if holder != entity.id and not isinstance(entity, IdempotencyRecord):
                raise DuplicateKeyError(entity.meta.prefix, key[0])
        return super().save(entity)
