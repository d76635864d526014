"""The tally: records counted and summed by groups. Every report is made of tallies and exact arithmetic over them.

It is data, so that a database can count set-wise and every other store record by record, and both come to the same whole numbers.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from crmcore.domain.criteria import EVERYTHING, Criterion, look_up, matches
from crmcore.domain.kernel import Entity
from crmcore.services.ports import Question, Transaction

Line = tuple[Any, ...]
"""The values of one group, then its count, its sums, and its number of different values."""

PAGE = 1000


@frozen(kw_only=True)
class Tally(Question[tuple[Line, ...]]):
    """Count records, or their entries, by groups.

    Attributes:
        kind: of the records.
        where: which of them.
        entries: whether their entries are counted instead of themselves.
        among: which of the entries.
        by: the fields that make the groups.
        sums: fields of whole numbers that are added up; what is absent adds nothing.
        different: a field whose different values are counted, absent ones not.
    """

    kind: type[Entity]
    where: Criterion = EVERYTHING
    entries: bool = False
    among: Criterion = EVERYTHING
    by: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    different: str | None = None

    def answer(self, transaction: Transaction, /) -> tuple[Line, ...]:
        """Count record by record."""
        counts: defaultdict[Line, int] = defaultdict(int)
        sums: defaultdict[Line, list[int]] = defaultdict(lambda: [0] * len(self.sums))
        seen: defaultdict[Line, set[Any]] = defaultdict(set)
        for counted in self._counted(transaction):
            group = tuple(look_up(counted, field) for field in self.by)
            counts[group] += 1
            for place, field in enumerate(self.sums):
                sums[group][place] += look_up(counted, field) or 0
            if self.different is not None:
                seen[group].add(look_up(counted, self.different))
        ends: tuple[Any, ...]
        lines = []
        for group, count in counts.items():
            ends = () if self.different is None else (len(seen[group] - {None}),)
            lines.append((*group, count, *sums[group], *ends))
        return tuple(lines)

    def _counted(self, transaction: Transaction) -> Iterator[Any]:
        page: Any = ()
        while not page or len(page) == PAGE:
            page = transaction.find(self.kind, self.where, after=page[-1] if page else None, limit=PAGE)
            for record in page:
                if not self.entries:
                    yield record
                    continue
                entries = transaction.entries(self.kind, record.id)
                yield from (entry for entry in entries if matches(self.among, entry))
            if not page:
                return
