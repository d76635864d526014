"""What a batch remembers, so that its stories need not ask the database again and again.

Rule 1: a question that was asked before has the same answer, until records of its kind are written.
Rule 2: of what was read ahead everything is known: who holds such a key is among what the batch has read or saved, or nobody is.
Rule 3: what is remembered names records by their ids. What they are like by now the batch's ledger says, and each is held against the
question again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from crmcore.adapters.sql.statements import Row
from crmcore.domain.criteria import All, AnyOf, Criterion, Has, Is, OneOf, look_up
from crmcore.domain.kernel import Entity

Kind = type[Entity]
MOST_ANSWERS: Final = 2_000
"""How many answers to questions about one kind are remembered at most."""


class Held(NamedTuple):
    """The records that may fulfil a criterion, by their ids: of those that the batch has saved or read ahead, or of all there are."""

    ids: frozenset[str]
    of_all: bool


class Recall:
    """What one batch remembers."""

    def __init__(self) -> None:
        self._answers: dict[Kind, dict[tuple[str, Row], Sequence[str]]] = {}
        self._unsorted: dict[Kind, list[Entity]] = {}
        self._holders: dict[tuple[Kind, str, Any], set[str]] = {}
        self._read_ahead: set[tuple[Kind, str, Any]] = set()

    def answer(self, kind: Kind, question: tuple[str, Row]) -> Sequence[str] | None:
        """The ids of the records that a question was answered with."""
        return self._answers.get(kind, {}).get(question)

    def note_answer(self, kind: Kind, question: tuple[str, Row], records: Iterable[Entity]) -> None:
        """Note the answer to a question."""
        answers = self._answers.setdefault(kind, {})
        if len(answers) < MOST_ANSWERS:
            answers[question] = [record.id for record in records]

    def forget_answers(self, kind: Kind | None = None) -> None:
        """Forget the answers about a kind, or all of them: something was written, or undone."""
        if kind is None:
            self._answers.clear()
        else:
            self._answers.pop(kind, None)

    def note(self, records: Iterable[Entity]) -> None:
        """Note records that were saved; under which keys they are to be found is looked at when somebody asks."""
        for record in records:
            self._unsorted.setdefault(type(record), []).append(record)

    def note_all(self, kind: Kind, where: Criterion, records: Iterable[Entity]) -> None:
        """Note that these are all the records that hold the keys which a criterion asks for."""
        match where:
            case OneOf(field, options):
                self._read_ahead.update((kind, field, option) for option in options)
            case Has(parts, OneOf(field, options)):
                self._read_ahead.update((kind, f"{parts}.{field}", option) for option in options)
        self.note(records)

    def held(self, kind: Kind, where: Criterion, within: str = "") -> Held | None:
        """Who may fulfil a criterion; None if it does not ask by a unique key."""
        match where:
            case Is(field, value) if value is not None:
                return self._by(kind, within + field, (value,))
            case OneOf(field, options):
                return self._by(kind, within + field, options)
            case Has(parts, inner):
                return self.held(kind, inner, f"{parts}.")
            case All(criteria):
                several = [held for one in criteria if (held := self.held(kind, one, within)) is not None]
                return min(several, key=lambda held: (not held.of_all, len(held.ids)), default=None)
            case AnyOf(criteria) if criteria:
                ways = [self.held(kind, one, within) for one in criteria]
                if all(way is not None for way in ways):
                    known = [way for way in ways if way is not None]
                    return Held(frozenset().union(*(w.ids for w in known)), all(w.of_all for w in known))
        return None

    def _by(self, kind: Kind, path: str, values: Sequence[Any]) -> Held | None:
        if not any(path in fields for fields in kind.shape.unique):
            return None
        for record in self._unsorted.pop(kind, ()):
            for field, value in _keys(record):
                self._holders.setdefault((kind, field, value), set()).add(record.id)
        keys = [(kind, path, value) for value in values]
        ids = frozenset[str]().union(*(self._holders.get(key, ()) for key in keys))
        return Held(ids, self._read_ahead.issuperset(keys))


def _keys(record: Entity) -> Iterator[tuple[str, Any]]:
    """The fields of a record's unique keys, each by itself."""
    for fields in record.shape.unique:
        table, _, _ = fields[0].partition(".")
        in_parts = table in record.shape.tables
        for owner in getattr(record, table) if in_parts else (record,):
            for field in fields:
                value = look_up(owner, field.partition(".")[2] if in_parts else field)
                if value is not None:
                    yield field, value
