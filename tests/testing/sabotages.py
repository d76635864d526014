"""Planted bugs: stores that break one promise each, to prove that whoever looks for differences finds them.

A sabotage is a coat over the transaction of a store that is right.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from crmcore.adapters.memory.store import MemoryStore
from crmcore.domain.criteria import EVERYTHING, Criterion, Has, Is, Mentions, look_up
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import TransactionClosedError
from crmcore.domain.errors.conflicts import StaleVersion, Taken
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import changed, unique_keys
from crmcore.domain.messages import Message
from crmcore.domain.receipts import Receipt
from crmcore.domain.values.money import Money
from crmcore.services.ports import Context, Ids, Store
from crmcore.services.tally import Tally


class Coat:
    """A transaction that does what the one beneath it does, until a subclass says otherwise."""

    def __init__(self, beneath: Any, context: Context, notes: dict[Any, Any]) -> None:
        self.beneath = beneath
        self.context = context
        self.notes = notes

    def get(self, kind: Any, id: str, /) -> Any:
        return self.loaded(self.beneath.get(kind, id))

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        return [self.loaded(entity) for entity in self.beneath.find(kind, where, **how)]

    def count(self, kind: Any, where: Criterion = EVERYTHING, /) -> int:
        return int(self.beneath.count(kind, where))

    def entries(self, kind: Any, id: str, /) -> Sequence[Any]:
        return self.beneath.entries(kind, id)  # type: ignore[no-any-return]  # of any transaction

    def save(self, entity: Any, /) -> Any:
        return self.beneath.save(entity)

    def remove(self, entity: Any, /) -> None:
        self.beneath.remove(entity)

    def events(self, **how: Any) -> Sequence[Recorded]:
        return self.beneath.events(**how)  # type: ignore[no-any-return]  # of any transaction

    def ask(self, question: Any, /) -> Any:
        return self.beneath.ask(question)

    def commit(self) -> None:
        self.beneath.commit()

    def loaded(self, entity: Any) -> Any:
        return entity

    def __enter__(self) -> Any:
        self.beneath.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.beneath.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


class SabotagedStore:
    """A store whose transactions wear a coat."""

    def __init__(self, coat: type[Coat], store: Store | None = None) -> None:
        self._coat = coat
        self._store: Any = store or MemoryStore()
        self._notes: dict[Any, Any] = {}

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> Any:
        return self._coat(self._store.begin(context, ids=ids, reading=reading), context, self._notes)

    def batch(self, context: Context, /, *, ids: Ids) -> Any:
        return SabotagedBatch(self._store.batch(context, ids=ids), self._coat, self._notes)

    def close(self) -> None:
        self._store.close()


class SabotagedBatch:
    """A batch whose stories wear a coat."""

    def __init__(self, beneath: Any, coat: type[Coat], notes: dict[Any, Any]) -> None:
        self._beneath = beneath
        self._coat = coat
        self._notes = notes

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> Any:
        return self._coat(self._beneath.begin(context, ids=ids, reading=reading), context, self._notes)

    def commit(self) -> None:
        self._beneath.commit()

    def __enter__(self) -> Any:
        self._beneath.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._beneath.__exit__(*error)


SABOTAGES: Final[dict[str, type[Coat]]] = {}


def sabotage(coat: type[Coat]) -> type[Coat]:
    """Enter a coat into the list, by the words of its docstring."""
    SABOTAGES[str(coat.__doc__).rstrip(".")] = coat
    return coat


def _with(entity: Any, test: Callable[[Any], bool], change: Callable[[Any], Any]) -> Any:
    """Change all fields of a record, and of the values in it, whose values pass a test."""
    if entity is None:
        return None
    made = object.__new__(type(entity))
    for field in attrs.fields(type(entity)):
        value = getattr(entity, field.name)
        if test(value):
            value = change(value)
        elif attrs.has(type(value)) and not isinstance(value, Money):
            value = _with(value, test, change)
        elif isinstance(value, tuple):
            value = tuple(
                _with(v, test, change) if attrs.has(type(v)) and not isinstance(v, Money) else v for v in value
            )
        getattr(type(entity), field.name).__set__(made, value)
    return made


@sabotage
class StripsNames(Coat):
    """names lose their letters outside ASCII."""

    def save(self, entity: Any, /) -> Any:
        name = getattr(entity, "name", "").encode("ascii", "ignore").decode().strip() or "?"
        return super().save(changed(entity, name=name) if isinstance(entity, Customer) and entity.name else entity)


@sabotage
class CutsTexts(Coat):
    """texts are cut at a hundred characters."""

    def loaded(self, entity: Any) -> Any:
        return _with(entity, lambda v: type(v) is str and len(v) > 100, lambda v: v[:100])


@sabotage
class EmptyIsNothing(Coat):
    """an empty text comes back as nothing."""

    def loaded(self, entity: Any) -> Any:
        return _with(entity, lambda v: v == "", lambda _: None)


@sabotage
class IgnoresVersions(Coat):
    """whoever saves last wins."""

    def commit(self) -> None:
        with suppress(StaleVersion):
            super().commit()


@sabotage
class LosesEntries(Coat):
    """entries are kept with a new record only."""

    def save(self, entity: Any, /) -> Any:
        return super().save(changed(entity, movements=()) if isinstance(entity, Deal) and entity.version else entity)


@sabotage
class NothingLast(Coat):
    """what is absent comes last."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        field = how.get("order", "id").lstrip("-")
        found = super().find(kind, where, **how)
        return sorted(found, key=lambda entity: look_up(entity, field) is None)


@sabotage
class IgnoresCase(Coat):
    """large and small letters are the same in a search."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        match where:
            case Is(field, str(value)):
                found = self.beneath.find(kind, **{**how, "limit": None})
                same = [e for e in found if str(look_up(e, field) or "").casefold() == value.casefold()]
                return same[: how.get("limit")]
        return super().find(kind, where, **how)


@sabotage
class CommitsOnExit(Coat):
    """what a refused story had saved is committed all the same."""

    def __exit__(self, *error: object) -> None:
        try:
            with suppress(Taken, StaleVersion, TransactionClosedError):
                self.beneath.commit()
        finally:
            super().__exit__(*error)


@sabotage
class ForgetsFactsOfTheSecondSave(Coat):
    """a record saved twice in one transaction tells only its first facts."""

    def save(self, entity: Any, /) -> Any:
        again = entity.id in self.__dict__.setdefault("saved", set())
        self.saved.add(entity.id)
        return super().save(changed(entity, pending=()) if again and entity.pending else entity)


@sabotage
class KeysAcrossTenants(Coat):
    """a unique key is unique over all tenants."""

    def save(self, entity: Any, /) -> Any:
        for key in unique_keys(entity):
            if self.notes.setdefault((type(entity), key), self.context.tenant) != self.context.tenant:
                raise Taken(entity.shape.kind, key[0])
        return super().save(entity)


@sabotage
class PagesOverlap(Coat):
    """a page begins with the last record of the one before."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        found = super().find(kind, where, **how)
        return [how["after"], *found][: how.get("limit")] if how.get("after") is not None else found


@sabotage
class LimitOffByOne(Coat):
    """a page has one record too many."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        return super().find(kind, where, **how | ({"limit": how["limit"] + 1} if how.get("limit") else {}))


@sabotage
class UpsideUp(Coat):
    """descending order is ascending."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        return super().find(kind, where, **how | {"order": how.get("order", "id").lstrip("-")})


@sabotage
class NaiveTimes(Coat):
    """instants come back without their zone."""

    def loaded(self, entity: Any) -> Any:
        return _with(entity, lambda v: isinstance(v, datetime), lambda v: v.replace(tzinfo=None))


@sabotage
class WholeSeconds(Coat):
    """instants come back in whole seconds."""

    def loaded(self, entity: Any) -> Any:
        return _with(entity, lambda v: isinstance(v, datetime), lambda v: v.replace(microsecond=0))


@sabotage
class RoundsMoney(Coat):
    """money comes back as a float would have kept it."""

    def loaded(self, entity: Any) -> Any:
        return _with(entity, lambda v: isinstance(v, Money), lambda v: Money.of_minor(round(v.minor, -1), v.currency))


@sabotage
class RoundsQuantities(Coat):
    """quantities come back with four decimal places."""

    def loaded(self, entity: Any) -> Any:
        return _with(entity, lambda v: isinstance(v, Decimal), lambda v: round(v, 4))


@sabotage
class FindsWithinWords(Coat):
    """a search for the beginning of a word finds its middle too."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        found = self.beneath.find(kind, _without_mentions(where), **how | {"limit": None})
        return [e for e in found if _mentioned(where, e)][: how.get("limit")]


def _without_mentions(where: Criterion) -> Criterion:
    if isinstance(where, Mentions):
        return EVERYTHING
    inner = getattr(where, "criteria", None)
    return attrs.evolve(where, criteria=tuple(_without_mentions(c) for c in inner)) if inner else where  # type: ignore[misc]


def _mentioned(where: Criterion, entity: Any) -> bool:
    if isinstance(where, Mentions):
        return where.start in (look_up(entity, where.field) or "")
    return all(_mentioned(c, entity) for c in getattr(where, "criteria", ()))


@sabotage
class FindsOwnersTwice(Coat):
    """a search by parts finds a record once for each of its parts."""

    def find(self, kind: Any, where: Criterion = EVERYTHING, /, **how: Any) -> Sequence[Any]:
        found = super().find(kind, where, **how)
        if not isinstance(where, Has):
            return found
        return [entity for entity in found for _ in getattr(entity, where.parts)][: how.get("limit")]


@sabotage
class SortsParts(Coat):
    """the parts of a record come in an order of their own."""

    def loaded(self, entity: Any) -> Any:
        return _with(
            entity,
            lambda v: isinstance(v, tuple) and len(v) > 1 and not hasattr(v[0], "at"),
            lambda v: tuple(sorted(v, key=repr)),
        )


@sabotage
class LosesMessages(Coat):
    """messages are not queued."""

    def save(self, entity: Any, /) -> Any:
        return (
            changed(entity, version=1) if isinstance(entity, Message) and not entity.version else super().save(entity)
        )


@sabotage
class SwapsFacts(Coat):
    """facts come in another order."""

    def events(self, **how: Any) -> Sequence[Recorded]:
        facts = list(super().events(**how))
        facts[:2] = facts[:2][::-1]
        return facts


@sabotage
class SkipsANumber(Coat):
    """the feed's numbers have gaps."""

    def events(self, **how: Any) -> Sequence[Recorded]:
        return [changed(fact, position=fact.position + fact.position // 20) for fact in super().events(**how)]


@sabotage
class CountsWhatNobodySees(Coat):
    """counting does not ask who counts, nor what."""

    def count(self, kind: Any, where: Criterion = EVERYTHING, /) -> int:
        return super().count(kind)


@sabotage
class ForgetsToRemove(Coat):
    """removing removes nothing."""

    def remove(self, entity: Any, /) -> None:
        pass


@sabotage
class ForgetsTheActor(Coat):
    """whoever saved a record first is written there for ever."""

    def save(self, entity: Any, /) -> Any:
        saved = super().save(entity)
        return changed(saved, actor=entity.actor) if entity.version else saved


@sabotage
class HalfAnAnswer(Coat):
    """the answer kept for a key is the first part of what was answered."""

    def loaded(self, entity: Any) -> Any:
        lists = isinstance(entity, Receipt) and hasattr(entity.result, "tasks")
        return changed(entity, result=changed(entity.result, tasks=())) if lists else entity


@sabotage
class CountsNothing(Coat):
    """a tally's groups lack whatever has no value."""

    def ask(self, question: Any, /) -> Any:
        if not isinstance(question, Tally):
            return None
        return tuple(line for line in question.answer(self.beneath) if None not in line[: len(question.by)])


@sabotage
class FreesNoKeys(Coat):
    """a key that its holder gave up stays taken."""

    def save(self, entity: Any, /) -> Any:
        for key in unique_keys(entity):
            holder = self.notes.setdefault((self.context.tenant, type(entity), key), entity.id)
            if holder != entity.id and not isinstance(entity, Receipt):
                raise Taken(entity.shape.kind, key[0])
        return super().save(entity)
