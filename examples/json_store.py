"""A store that keeps everything in one JSON file: small, slow and correct.

Invariants:
1. A transaction reads the file as of its beginning, and its own changes.
2. A commit reads the file again under the lock, checks versions and unique keys, and replaces the file.
3. A transaction ends with its commit or its block, whichever comes first. Every later call raises an error.
"""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import attrs

from crmcore.adapters import wire
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.domain.kernel.copying import as_persisted, copy_with
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, matches, sort_key
from crmcore.domain.kernel.entity import Entity, unique_keys
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError, StaleVersionError
from crmcore.domain.kernel.errors.rules import TransactionClosedError
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.ports import Aggregate, IdGenerator, RequestContext

Key = tuple[type[Entity], str]
ENTITY_CLASSES: Final = {entity_type.meta.prefix: entity_type for entity_type in ENTITY_TYPES}
"""The classes of records, by the prefix of their ids."""
EMPTY_TENANT: Final = {"records": {}, "entries": {}, "events": [], "pruned": 0}
"""The data of a tenant in the file."""


class JsonStore:
    """Keeps all records in one file. Threads of one process may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> "JsonTransaction":
        return JsonTransaction(self, context, id_generator)

    def close(self) -> None:
        """Do nothing: no resource is open between transactions."""

    def read(self) -> dict[str, Any]:
        return json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}

    def write(self, tenants: dict[str, Any]) -> None:
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(tenants, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())  # before the old file is replaced, or a power cut could lose both
        draft.replace(self.path)


class JsonTransaction:
    """One transaction; see `crmcore.ports.Transaction` for the contract of its methods."""

    def __init__(self, store: JsonStore, context: RequestContext, ids: IdGenerator) -> None:
        self._store, self._context, self._ids = store, context, ids
        self._file = self._tenant_data(store.read())
        self._read: dict[Key, Entity] = {}
        self._written: dict[Key, Entity | None] = {}
        self._based_on: dict[Key, int] = {}
        self._entries: dict[Key, list[Any]] = {}
        self._events: list[RecordedEvent] = []
        self._prune_until = 0
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Discard uncommitted changes."""
        self._open = False

    def get(self, entity_type: Any, id: str, /) -> Any:
        self._require_open()
        key = (entity_type, id)
        if key in self._written:
            return self._written[key]
        if key not in self._read and (text := self._file["records"].get(key_text(key))):
            self._read[key] = load_record(text)
        return self._read.get(key)

    def find(
        self,
        entity_type: Any,
        where: Criterion = MATCH_ALL,
        /,
        *,
        order: str = "id",
        after: Any = None,
        limit: int | None = None,
        skip_locked: bool = False,
    ) -> Sequence[Any]:
        field, is_descending = order.removeprefix("-"), order.startswith("-")
        found = sorted(self._matching(entity_type, where), key=lambda one: sort_key(one, field), reverse=is_descending)
        if after is not None:
            last = sort_key(after, field)
            found = [
                one for one in found if (sort_key(one, field) < last if is_descending else sort_key(one, field) > last)
            ]
        return found[:limit]

    def count(self, entity_type: Any, where: Criterion = MATCH_ALL, /) -> int:
        return sum(1 for _ in self._matching(entity_type, where))

    def entries(self, entity_type: type[Entity], id: str, /) -> Sequence[Any]:
        self._require_open()
        key = (entity_type, id)
        stored = self._file["entries"].get(key_text(key), ())
        return [*(wire.load(text, log_entry_class(entity_type)) for text in stored), *self._entries.get(key, ())]

    def save(self, entity: Any, /) -> Any:
        self._require_open()
        key = (type(entity), entity.id)
        if entity is self._read.get(key):
            return entity
        self._based_on.setdefault(key, entity.version)
        context, version = self._context, entity.version + 1
        for number, event in enumerate(entity.pending_events):
            id = self._ids.new("event")
            correlation_id = context.correlation_id
            about = (context.tenant, context.actor, entity.id, version, number, correlation_id)
            self._events.append(RecordedEvent(id, *about, event))
        if field := entity.meta.log_field:
            self._entries.setdefault(key, []).extend(copy_with(e, actor=context.actor) for e in getattr(entity, field))
        self._written[key] = self._read[key] = as_persisted(entity, version=version, actor=context.actor)
        return self._written[key]

    def delete(self, entity: Entity, /) -> None:
        self._require_open()
        self._based_on.setdefault((type(entity), entity.id), entity.version)
        self._written[type(entity), entity.id] = None

    def read_events(self, *, after: int = 0, limit: int = 1000, reverse: bool = False) -> Sequence[RecordedEvent]:
        self._require_open()
        behind = self._file["events"][max(after - self._file["pruned"], 0) :]
        return [event_from_data(data) for data in (behind[::-1] if reverse else behind)[:limit]]

    def prune_events(self, *, until: int) -> int:
        self._require_open()
        self._prune_until = until
        pruned: int = self._file["pruned"]
        return max(0, min(until - pruned, len(self._file["events"]) - 1))

    def execute_query(self, aggregate: Aggregate[Any], /) -> None:
        """Return None: crmcore counts record by record."""
        self._require_open()

    def commit(self) -> None:
        self._require_open()
        with self._store.lock:
            tenants = self._store.read()
            file = tenants[self._context.tenant] = self._tenant_data(tenants)
            before = {key: load_record(text) for key in self._written if (text := file["records"].get(key_text(key)))}
            for entity_type, id in self._written:
                stored = before[entity_type, id].version if (entity_type, id) in before else 0
                if stored != self._based_on[entity_type, id]:
                    taken = self._based_on[entity_type, id] == 0
                    raise (
                        DuplicateKeyError(entity_type.meta.prefix, "id")
                        if taken
                        else StaleVersionError(entity_type.meta.prefix, id, self._based_on[entity_type, id])
                    )
            self._write_records(file)
            for key, entries in self._entries.items():
                file["entries"].setdefault(key_text(key), []).extend(wire.dump(e, type(e)) for e in entries)
            position = file["pruned"] + len(file["events"])
            file["events"] += [
                event_to_data(event, position + place) for place, event in enumerate(self._events, start=1)
            ]
            pruned_count = max(0, min(self._prune_until - file["pruned"], len(file["events"]) - 1))
            file["events"], file["pruned"] = file["events"][pruned_count:], file["pruned"] + pruned_count
            self._store.write(tenants)
        self._open = False

    def _require_open(self) -> None:
        if not self._open:
            raise TransactionClosedError("transaction", "transaction_is_over")

    def _write_records(self, file: dict[str, Any]) -> None:
        for key, new in self._written.items():
            file["records"].pop(key_text(key), None)
            if new is None:
                file["entries"].pop(key_text(key), None)
        holders = {unique: one.id for one in stored_records(file) for unique in keys_of(one)}
        for key, new in self._written.items():
            for unique in keys_of(new) if new is not None else ():
                if holders.setdefault(unique, key[1]) != key[1]:
                    raise DuplicateKeyError(key[0].meta.prefix, unique[1])
            if new is not None:
                file["records"][key_text(key)] = dump_record(new)

    def _matching(self, kind: Any, where: Criterion) -> Iterator[Any]:
        self._require_open()
        ids = {name.split()[1] for name in self._file["records"] if name.startswith(f"{kind.meta.prefix} ")}
        ids |= {id for written, id in self._written if written is kind}
        found = (self.get(kind, id) for id in ids)
        return (one for one in found if one is not None and matches(where, one))

    def _tenant_data(self, tenants: dict[str, Any]) -> dict[str, Any]:
        mine: dict[str, Any] = tenants.get(self._context.tenant) or json.loads(json.dumps(EMPTY_TENANT))
        return mine


def key_text(key: Key) -> str:
    return f"{key[0].meta.prefix} {key[1]}"


def stored_records(file: dict[str, Any]) -> Iterator[Entity]:
    return (load_record(text) for text in file["records"].values())


def keys_of(record: Entity) -> Iterator[tuple[type[Entity], str, tuple[Any, ...]]]:
    return ((type(record), *unique) for unique in unique_keys(record))


def log_entry_class(kind: Any) -> Any:
    """Return the class of a record's log entries."""
    return next(field.metadata["log"] for field in attrs.fields(kind) if field.name == kind.meta.log_field)


def dump_record(record: Entity) -> str:
    """Write a record as text, with the prefix of its ids, which names its class."""
    return f"{record.meta.prefix} {wire.dump(record, type(record))}"


def load_record(text: str) -> Any:
    """Read a record that `dump_record` wrote."""
    prefix, _, content = text.partition(" ")
    return wire.load(content, ENTITY_CLASSES[prefix])


def event_to_data(event: RecordedEvent, position: int) -> list[Any]:
    about = [event.id, event.tenant, event.actor, event.subject_id, event.version, event.number, event.correlation_id]
    return [*about, event.event.name, event.event.schema, wire.dump_event(event.event), position]


def event_from_data(data: list[Any]) -> RecordedEvent:
    id, tenant, actor, subject, version, number, correlation_id, name, schema, payload, position = data
    event = wire.load_event(name, schema, payload)
    return RecordedEvent(id, tenant, actor, subject, version, number, correlation_id, event, position)
