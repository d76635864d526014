"""A store of another kind: everything in one JSON file. It is small and slow, and keeps every promise that crmcore asks of a store.

Rule 1: a transaction reads the file as it is when it begins, and what it has written itself.
Rule 2: a commit looks at the file anew under the lock, checks versions and keys, and puts a new file in the place of the old one.
Rule 3: a transaction ends with its commit or its block, whichever comes first. Every method refuses afterwards.
"""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import attrs

from crmcore.adapters import wire
from crmcore.domain.criteria import EVERYTHING, Criterion, matches, rank
from crmcore.domain.errors.broken import TransactionClosedError
from crmcore.domain.errors.conflicts import StaleVersion, Taken
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, changed, settled, unique_keys
from crmcore.domain.receipts import Receipt
from crmcore.services.ports import Context, Ids, Question

Key = tuple[type[Entity], str]
NEW: Final = {"records": {}, "entries": {}, "facts": [], "forgotten": 0}
"""What the file holds of a tenant."""


class JsonStore:
    """Keeps all records in one file. Threads of one process may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> "JsonTransaction":
        return JsonTransaction(self, context, ids)

    def close(self) -> None:
        """Nothing is open between transactions."""

    def read(self) -> dict[str, Any]:
        return json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}

    def write(self, tenants: dict[str, Any]) -> None:
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(tenants, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())  # before the old one goes, or a power cut could take both
        draft.replace(self.path)


class JsonTransaction:
    """One transaction; see `crmcore.services.ports.Transaction` for what its methods promise."""

    def __init__(self, store: JsonStore, context: Context, ids: Ids) -> None:
        self._store, self._context, self._ids = store, context, ids
        self._file = self._mine(store.read())
        self._read: dict[Key, Entity] = {}
        self._written: dict[Key, Entity | None] = {}
        self._based_on: dict[Key, int] = {}
        self._entries: dict[Key, list[Any]] = {}
        self._facts: list[Recorded] = []
        self._forget = 0
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """What was not committed is forgotten with this object."""
        self._open = False

    def get(self, kind: Any, id: str, /) -> Any:
        self._require_open()
        key = (kind, id)
        if key in self._written:
            return self._written[key]
        if key not in self._read and (text := self._file["records"].get(name_of(key))):
            self._read[key] = loaded(text)
        return self._read.get(key)

    def find(
        self,
        kind: Any,
        where: Criterion = EVERYTHING,
        /,
        *,
        order: str = "id",
        after: Any = None,
        limit: int | None = None,
        lock: bool = False,
    ) -> Sequence[Any]:
        field, down = order.removeprefix("-"), order.startswith("-")
        found = sorted(self._matching(kind, where), key=lambda one: rank(one, field), reverse=down)
        if after is not None:
            last = rank(after, field)
            found = [one for one in found if (rank(one, field) < last if down else rank(one, field) > last)]
        return found[:limit]

    def count(self, kind: Any, where: Criterion = EVERYTHING, /) -> int:
        return sum(1 for _ in self._matching(kind, where))

    def entries(self, kind: type[Entity], id: str, /) -> Sequence[Any]:
        self._require_open()
        key = (kind, id)
        stored = self._file["entries"].get(name_of(key), ())
        return [*(wire.load(text, entry_of(kind)) for text in stored), *self._entries.get(key, ())]

    def save(self, entity: Any, /) -> Any:
        self._require_open()
        key = (type(entity), entity.id)
        if entity is self._read.get(key):
            return entity
        self._based_on.setdefault(key, entity.version)
        context, version = self._context, entity.version + 1
        for number, event in enumerate(entity.pending):
            id = self._ids.new("event")
            correlation = context.correlation
            about = (context.tenant, context.actor, entity.id, version, number, correlation)
            self._facts.append(Recorded(id, *about, event))
        if field := entity.shape.entries:
            self._entries.setdefault(key, []).extend(changed(e, actor=context.actor) for e in getattr(entity, field))
        self._written[key] = self._read[key] = settled(entity, version=version, actor=context.actor)
        return self._written[key]

    def remove(self, entity: Entity, /) -> None:
        self._require_open()
        self._based_on.setdefault((type(entity), entity.id), entity.version)
        self._written[type(entity), entity.id] = None

    def events(self, *, after: int = 0, limit: int = 1000, backwards: bool = False) -> Sequence[Recorded]:
        self._require_open()
        behind = self._file["facts"][max(after - self._file["forgotten"], 0) :]
        return [fact_of(data) for data in (behind[::-1] if backwards else behind)[:limit]]

    def forget_events(self, *, until: int) -> int:
        self._require_open()
        self._forget = until
        forgotten: int = self._file["forgotten"]
        return max(0, min(until - forgotten, len(self._file["facts"]) - 1))

    def ask(self, question: Question[Any], /) -> None:
        """Let crmcore count record by record."""
        self._require_open()

    def commit(self) -> None:
        self._require_open()
        with self._store.lock:
            tenants = self._store.read()
            file = tenants[self._context.tenant] = self._mine(tenants)
            before = {key: loaded(text) for key in self._written if (text := file["records"].get(name_of(key)))}
            for kind, id in self._written:
                stored = before[kind, id].version if (kind, id) in before else 0
                if stored != self._based_on[kind, id]:
                    taken = self._based_on[kind, id] == 0
                    raise (
                        Taken(kind.shape.kind, "id")
                        if taken
                        else StaleVersion(kind.shape.kind, id, self._based_on[kind, id])
                    )
            self._write_records(file)
            for key, entries in self._entries.items():
                file["entries"].setdefault(name_of(key), []).extend(wire.dump(e, type(e)) for e in entries)
            position = file["forgotten"] + len(file["facts"])
            file["facts"] += [data_of(fact, position + place) for place, fact in enumerate(self._facts, start=1)]
            gone = max(0, min(self._forget - file["forgotten"], len(file["facts"]) - 1))
            file["facts"], file["forgotten"] = file["facts"][gone:], file["forgotten"] + gone
            self._store.write(tenants)
        self._open = False

    def _require_open(self) -> None:
        if not self._open:
            raise TransactionClosedError("transaction", "transaction_is_over")

    def _write_records(self, file: dict[str, Any]) -> None:
        for key, new in self._written.items():
            file["records"].pop(name_of(key), None)
            if new is None:
                file["entries"].pop(name_of(key), None)
        holders = {unique: one.id for one in records(file) for unique in keys_of(one)}
        for key, new in self._written.items():
            for unique in keys_of(new) if new is not None else ():
                if holders.setdefault(unique, key[1]) != key[1]:
                    raise Taken(key[0].shape.kind, unique[1])
            if new is not None:
                file["records"][name_of(key)] = dumped(new)

    def _matching(self, kind: Any, where: Criterion) -> Iterator[Any]:
        self._require_open()
        ids = {name.split()[1] for name in self._file["records"] if name.startswith(f"{kind.shape.kind} ")}
        ids |= {id for written, id in self._written if written is kind}
        found = (self.get(kind, id) for id in ids)
        return (one for one in found if one is not None and matches(where, one))

    def _mine(self, tenants: dict[str, Any]) -> dict[str, Any]:
        mine: dict[str, Any] = tenants.get(self._context.tenant) or json.loads(json.dumps(NEW))
        return mine


def name_of(key: Key) -> str:
    return f"{key[0].shape.kind} {key[1]}"


def records(file: dict[str, Any]) -> Iterator[Entity]:
    return (loaded(text) for text in file["records"].values())


def keys_of(record: Entity) -> Iterator[tuple[type[Entity], str, tuple[Any, ...]]]:
    return ((type(record), *unique) for unique in unique_keys(record))


def entry_of(kind: Any) -> Any:
    """The class of a record's entries, as its field declares it."""
    return next(field.metadata["entries"] for field in attrs.fields(kind) if field.name == kind.shape.entries)


def dumped(record: Entity) -> str:
    """Write a record as text. What a receipt keeps may be of any class, so it is written with its class's name."""
    return wire.pack(changed(record, result=wire.pack(record.result)) if isinstance(record, Receipt) else record)


def loaded(text: str) -> Any:
    """Read what `dumped` wrote."""
    record = wire.unpack(text)
    return changed(record, result=wire.unpack(record.result)) if isinstance(record, Receipt) else record


def data_of(fact: Recorded, position: int) -> list[Any]:
    about = [fact.id, fact.tenant, fact.actor, fact.subject, fact.version, fact.number, fact.correlation]
    return [*about, fact.event.name, fact.event.schema, wire.dump_event(fact.event), position]


def fact_of(data: list[Any]) -> Recorded:
    id, tenant, actor, subject, version, number, correlation, name, schema, event, position = data
    fact = wire.load_event(name, schema, event)
    return Recorded(id, tenant, actor, subject, version, number, correlation, fact, position)
