"""The tally: records counted and summed by groups. Every report is made of tallies and exact arithmetic over them.

It is data, so that a database can count set-wise and every other store record by record, and both come to the same whole numbers.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, get_path, matches
from crmcore.domain.kernel.entity import Entity
from crmcore.ports import Aggregate, Transaction

Row = tuple[Any, ...]
"""The values of one group, then its count, its sums, and its number of different values."""

CHUNK_SIZE = 1000


@frozen(kw_only=True)
class GroupedCount(Aggregate[tuple[Row, ...]]):
    """Count records, or their entries, by groups.

    Attributes:
        entity_type: of the records.
        where: which of them.
        over_entries: whether their entries are counted instead of themselves.
        entry_filter: which of the entries.
        group_by: the fields that make the groups.
        sum_of: fields of whole numbers that are added up; what is absent adds nothing.
        count_distinct: a field whose different values are counted, absent ones not.
    """

    entity_type: type[Entity]
    where: Criterion = MATCH_ALL
    over_entries: bool = False
    entry_filter: Criterion = MATCH_ALL
    group_by: tuple[str, ...] = ()
    sum_of: tuple[str, ...] = ()
    count_distinct: str | None = None

    def evaluate(self, transaction: Transaction, /) -> tuple[Row, ...]:
        """Count record by record."""
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
