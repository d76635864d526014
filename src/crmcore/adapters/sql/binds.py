"""The parameters of a search: which of them stands for what, and how many values become how few of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Dialect, Table, any_, bindparam
from sqlalchemy.types import NullType

from crmcore.adapters.sql.statements import Row, compiled, is_psycopg

ESCAPE: Final = "/"
Process = Callable[[Any], Any] | None


@frozen
class Query:
    """A compiled search.

    Attributes:
        sql: its text.
        sources: where each parameter comes from, in the driver's order: the tenant (None), the n-th of the values or some of them, and
            what makes the driver's form of it.
    """

    sql: str
    sources: tuple[tuple[int | slice | None, Process], ...]

    def bind(self, tenant: str, values: Sequence[Any]) -> Row:
        """Put the arguments in the driver's order and form."""
        return tuple(
            [
                tenant if place is None else values[place] if process is None else process(values[place])
                for place, process in self.sources
            ]
        )


class Binds:
    """Hands out the parameters of a statement, and remembers what each of them stands for."""

    def __init__(
        self, table: Table, dialect: Dialect, shared: dict[str, tuple[int | slice, Process]] | None = None
    ) -> None:
        self.table = table
        self._dialect = dialect
        self._given: dict[str, tuple[int | slice, Process]] = {} if shared is None else shared

    def of(self, table: Table) -> "Binds":
        """The same, for a table of parts."""
        return Binds(table, self._dialect, self._given)

    def tenant(self) -> ColumnElement[bool]:
        """The claim that a row is the tenant's."""
        column = self.table.c.tenant
        return column == bindparam("tenant", type_=column.type)

    def value(self, column: Any = None) -> Any:
        """The next value, in the form of a column; as it is without one."""
        process = None if column is None else column.type.bind_processor(self._dialect)
        return self._bind(self._next(), process, None if column is None else column.type)

    def one_of(self, column: Any, number: int) -> ColumnElement[bool]:
        """The claim that a column is one of the next values.

        PostgreSQL gets them as one array, written as a text, and reads it in a seventh of the time that as many parameters take. Elsewhere
        SQLAlchemy compiles one parameter, which `query` multiplies: compiling two thousand takes longer than an import of as many rows.
        """
        process, first = column.type.bind_processor(self._dialect), self._next()
        values = slice(first, first + number)
        if is_psycopg(self._dialect):
            array = self._bind(values, lambda some: _array(some, process), NullType())
            return column == any_(array)  # type: ignore[no-any-return]  # a claim
        return column.in_(self._bind(values, process, column.type, expanding=True))  # type: ignore[no-any-return]  # a claim

    def patterns(self, column: Any) -> tuple[Any, Any]:
        """The next value, once as a pattern of the beginning of a text and once of a word within it."""
        place = self._next()
        return (
            self._bind(place, lambda start: f"{_escaped(start)}%", column.type),
            self._bind(place, lambda start: f"% {_escaped(start)}%", column.type),
        )

    def query(self, core: Any) -> Query:
        """Compile the statement."""
        made = compiled(core, self._dialect)
        sql, mark = made.sql, "?" if self._dialect.paramstyle == "qmark" else "%s"
        sources: list[tuple[int | slice | None, Process]] = []
        for name in made.names:
            place, process = self._given.get(name, (None, None))
            several = f"__[POSTCOMPILE_{name}]"
            if isinstance(place, slice) and several in sql:
                places = range(place.start, place.stop)
                sql = sql.replace(several, ", ".join([mark] * len(places)))
                sources += [(one, process) for one in places]
            else:
                sources.append((place, process))
        return Query(sql, tuple(sources))

    def _next(self) -> int:
        """The place of the first value that no parameter stands for yet."""
        place, _ = next(reversed(self._given.values()), (-1, None))
        return place.stop if isinstance(place, slice) else place + 1

    def _bind(self, place: int | slice, process: Process, type_: Any, *, expanding: bool = False) -> Any:
        name = f"value_{len(self._given)}"
        self._given[name] = (place, process)
        return bindparam(name, type_=type_, expanding=expanding)


def _array(values: Sequence[Any], process: Process) -> str:
    """An array as PostgreSQL reads it from a text."""
    return "{" + ",".join([_element(value if process is None else process(value)) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(start: str) -> str:
    for special in (ESCAPE, "%", "_"):
        start = start.replace(special, ESCAPE + special)
    # SQLite's LIKE takes large letters for small ones; a folded key has none, so what has any is made to find nothing.
    return start if start == start.lower() else f"\n{start}"
