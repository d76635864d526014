"""Grouped counts: count and sum records by groups, for boards and reports.

A grouped count is data. A database computes it in one statement; any other store computes it record by record, with equal results.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, get_path, matches
from crmcore.domain.kernel.entity import Entity
from crmcore.ports.storage import Aggregate, Transaction

Row = tuple[Any, ...]
"""The values of the group, then the count, the sums and the number of distinct values."""

CHUNK_SIZE = 1000
"""Records that one page holds."""


@frozen(kw_only=True)
class GroupedCount(Aggregate[tuple[Row, ...]]):
    """Count records, or their log entries, by groups.

    Attributes:
        entity_type: the entity type of the records.
        where: the criterion of the records.
        over_entries: count the log entries of the records instead of the records.
        entry_filter: the criterion of the log entries.
        group_by: the fields that form the groups.
        sum_of: integer fields to add up; None counts as 0.
        count_distinct: a field whose distinct values are counted, without None.
    """

    entity_type: type[Entity]
    where: Criterion = MATCH_ALL
    over_entries: bool = False
    entry_filter: Criterion = MATCH_ALL
    group_by: tuple[str, ...] = ()
    sum_of: tuple[str, ...] = ()
    count_distinct: str | None = None

    def evaluate(self, transaction: Transaction, /) -> tuple[Row, ...]:
        """Count and sum record by record."""
        counts: defaultdict[Row, int] = defaultdict(int)
        sums: defaultdict[Row, list[int]] = defaultdict(lambda: [0] * len(self.sum_of))
        distinct_values: defaultdict[Row, set[Any]] = defaultdict(set)
        for item in self._iterate_items(transaction):
            group = tuple(get_path(item, field) for field in self.group_by)
            counts[group] += 1
            for index, field in enumerate(self.sum_of):
                sums[group][index] += get_path(item, field) or 0
            if self.count_distinct is not None:
                distinct_values[group].add(get_path(item, self.count_distinct))
        distinct_count: tuple[Any, ...]
        rows = []
        for group, count in counts.items():
            distinct_count = () if self.count_distinct is None else (len(distinct_values[group] - {None}),)
            rows.append((*group, count, *sums[group], *distinct_count))
        return tuple(rows)

    def _iterate_items(self, transaction: Transaction) -> Iterator[Any]:
        page: Any = ()
        while not page or len(page) == CHUNK_SIZE:
            page = transaction.find(self.entity_type, self.where, after=page[-1] if page else None, limit=CHUNK_SIZE)
            for record in page:
                if not self.over_entries:
                    yield record
                    continue
                entries = transaction.entries(self.entity_type, record.id)
                yield from (entry for entry in entries if matches(self.entry_filter, entry))
            if not page:
                return
