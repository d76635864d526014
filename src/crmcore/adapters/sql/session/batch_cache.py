"""Batch cache: query results and preloaded unique keys.

Invariants:
1. A query has the same result until records of its type are written.
2. For preloaded unique keys the cache is complete. A key that is not in it does not exist in the database.
3. The cache holds ids. The batch's change tracker holds the records, and each is matched against the criterion again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from crmcore.adapters.sql.compile.mappers import Row
from crmcore.domain.kernel.criteria import And, Criterion, Eq, HasChild, In, Or, get_path
from crmcore.domain.kernel.entity import Entity

EntityType = type[Entity]
MAX_RESULTS: Final = 2_000
"""The maximum number of cached results per entity type."""


class CachedIds(NamedTuple):
    """Ids of records that may match a criterion.

    Attributes:
        ids: of the matching records.
        is_complete: whether the database has no others; otherwise only saved and preloaded records are included.
    """

    ids: frozenset[str]
    is_complete: bool


class BatchCache:
    """The cached queries and unique keys of one batch."""

    def __init__(self) -> None:
        self._results: dict[EntityType, dict[tuple[str, Row], Sequence[str]]] = {}
        self._unindexed: dict[EntityType, list[Entity]] = {}
        self._unique_index: dict[tuple[EntityType, str, Any], set[str]] = {}
        self._preloaded_keys: set[tuple[EntityType, str, Any]] = set()

    def get(self, entity_type: EntityType, query: tuple[str, Row]) -> Sequence[str] | None:
        """Return the ids of the result of a query, if it is cached."""
        return self._results.get(entity_type, {}).get(query)

    def put(self, entity_type: EntityType, query: tuple[str, Row], records: Iterable[Entity]) -> None:
        """Cache the result of a query."""
        results = self._results.setdefault(entity_type, {})
        if len(results) < MAX_RESULTS:
            results[query] = [record.id for record in records]

    def invalidate(self, entity_type: EntityType | None = None) -> None:
        """Discard the results of an entity type, or all, after a change."""
        if entity_type is None:
            self._results.clear()
        else:
            self._results.pop(entity_type, None)

    def add(self, records: Iterable[Entity]) -> None:
        """Add saved records; their unique keys are indexed on the next lookup."""
        for record in records:
            self._unindexed.setdefault(type(record), []).append(record)

    def add_complete(self, entity_type: EntityType, where: Criterion, records: Iterable[Entity]) -> None:
        """Add all records that have the unique keys of a criterion."""
        match where:
            case In(field, options):
                self._preloaded_keys.update((entity_type, field, option) for option in options)
            case HasChild(child_field, In(field, options)):
                self._preloaded_keys.update((entity_type, f"{child_field}.{field}", option) for option in options)
        self.add(records)

    def find_ids(self, entity_type: EntityType, where: Criterion, prefix: str = "") -> CachedIds | None:
        """Return the ids that may match; None without a unique key."""
        match where:
            case Eq(field, value) if value is not None:
                return self._find_by_key(entity_type, prefix + field, (value,))
            case In(field, options):
                return self._find_by_key(entity_type, prefix + field, options)
            case HasChild(child_field, inner):
                return self.find_ids(entity_type, inner, f"{child_field}.")
            case And(criteria):
                candidates = [
                    cached
                    for criterion in criteria
                    if (cached := self.find_ids(entity_type, criterion, prefix)) is not None
                ]
                return min(candidates, key=lambda cached: (not cached.is_complete, len(cached.ids)), default=None)
            case Or(criteria) if criteria:
                branches = [self.find_ids(entity_type, criterion, prefix) for criterion in criteria]
                if all(branch is not None for branch in branches):
                    known_branches = [branch for branch in branches if branch is not None]
                    return CachedIds(
                        frozenset().union(*(known_branch.ids for known_branch in known_branches)),
                        all(known_branch.is_complete for known_branch in known_branches),
                    )
        return None

    def _find_by_key(self, entity_type: EntityType, path: str, values: Sequence[Any]) -> CachedIds | None:
        if not any(path in fields for fields in entity_type.meta.unique_keys):
            return None
        for record in self._unindexed.pop(entity_type, ()):
            for field, value in _unique_key_values(record):
                self._unique_index.setdefault((entity_type, field, value), set()).add(record.id)
        keys = [(entity_type, path, value) for value in values]
        ids = frozenset[str]().union(*(self._unique_index.get(key, ()) for key in keys))
        return CachedIds(ids, self._preloaded_keys.issuperset(keys))


def _unique_key_values(record: Entity) -> Iterator[tuple[str, Any]]:
    """Yield each field of the unique keys with its value."""
    for fields in record.meta.unique_keys:
        table, _, _ = fields[0].partition(".")
        in_children = table in record.meta.child_tables
        for holder in getattr(record, table) if in_children else (record,):
            for field in fields:
                value = get_path(holder, field.partition(".")[2] if in_children else field)
                if value is not None:
                    yield field, value
