"""The parameters of a search: which of them stands for what, and how many values become how few of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Dialect, Table, any_, bindparam
from sqlalchemy.types import NullType

from crmcore.adapters.sql.compile.mappers import Row, compile_statement
from crmcore.adapters.sql.dialects.postgresql import is_psycopg

LIKE_ESCAPE: Final = "/"
BindProcessor = Callable[[Any], Any] | None


@frozen
class CompiledQuery:
    """A compiled search.

    Attributes:
        sql: its text.
        sources: where each parameter comes from, in the driver's order: the tenant (None), the n-th of the values or some of them, and
            what makes the driver's form of it.
    """

    sql: str
    sources: tuple[tuple[int | slice | None, BindProcessor], ...]

    def bind(self, tenant: str, values: Sequence[Any]) -> Row:
        """Put the arguments in the driver's order and form."""
        return tuple(
            [
                tenant if source is None else values[source] if process is None else process(values[source])
                for source, process in self.sources
            ]
        )


class ParameterBinder:
    """Hands out the parameters of a statement, and remembers what each of them stands for."""

    def __init__(
        self, table: Table, dialect: Dialect, parameters: dict[str, tuple[int | slice, BindProcessor]] | None = None
    ) -> None:
        self.table = table
        self._dialect = dialect
        self._parameters: dict[str, tuple[int | slice, BindProcessor]] = {} if parameters is None else parameters

    def for_table(self, table: Table) -> "ParameterBinder":
        """The same, for a table of parts."""
        return ParameterBinder(table, self._dialect, self._parameters)

    def tenant_condition(self) -> ColumnElement[bool]:
        """The claim that a row is the tenant's."""
        column = self.table.c.tenant
        return column == bindparam("tenant", type_=column.type)

    def bind_value(self, column: Any = None) -> Any:
        """The next value, in the form of a column; as it is without one."""
        process = None if column is None else column.type.bind_processor(self._dialect)
        return self._add_parameter(self._next_index(), process, None if column is None else column.type)

    def in_condition(self, column: Any, count: int) -> ColumnElement[bool]:
        """The claim that a column is one of the next values.

        PostgreSQL gets them as one array, written as a text, and reads it in a seventh of the time that as many parameters take. Elsewhere
        SQLAlchemy compiles one parameter, which `compile` multiplies: compiling two thousand takes longer than an import of as many rows.
        """
        process, start = column.type.bind_processor(self._dialect), self._next_index()
        values = slice(start, start + count)
        if is_psycopg(self._dialect):
            array = self._add_parameter(values, lambda selected: _array_literal(selected, process), NullType())
            return column == any_(array)  # type: ignore[no-any-return]  # a claim
        return column.in_(self._add_parameter(values, process, column.type, expanding=True))  # type: ignore[no-any-return]  # a claim

    def like_patterns(self, column: Any) -> tuple[Any, Any]:
        """The next value, once as a pattern of the beginning of a text and once of a word within it."""
        index = self._next_index()
        return (
            self._add_parameter(index, lambda prefix: f"{_escape_like(prefix)}%", column.type),
            self._add_parameter(index, lambda prefix: f"% {_escape_like(prefix)}%", column.type),
        )

    def compile(self, statement: Any) -> CompiledQuery:
        """Compile the statement."""
        compiled_statement = compile_statement(statement, self._dialect)
        sql, placeholder = compiled_statement.sql, "?" if self._dialect.paramstyle == "qmark" else "%s"
        sources: list[tuple[int | slice | None, BindProcessor]] = []
        for name in compiled_statement.names:
            source, process = self._parameters.get(name, (None, None))
            expanding_marker = f"__[POSTCOMPILE_{name}]"
            if isinstance(source, slice) and expanding_marker in sql:
                indexes = range(source.start, source.stop)
                sql = sql.replace(expanding_marker, ", ".join([placeholder] * len(indexes)))
                sources += [(index, process) for index in indexes]
            else:
                sources.append((source, process))
        return CompiledQuery(sql, tuple(sources))

    def _next_index(self) -> int:
        """The place of the first value that no parameter stands for yet."""
        source, _ = next(reversed(self._parameters.values()), (-1, None))
        return source.stop if isinstance(source, slice) else source + 1

    def _add_parameter(
        self, source: int | slice, process: BindProcessor, type_: Any, *, expanding: bool = False
    ) -> Any:
        name = f"value_{len(self._parameters)}"
        self._parameters[name] = (source, process)
        return bindparam(name, type_=type_, expanding=expanding)


def _array_literal(values: Sequence[Any], process: BindProcessor) -> str:
    """An array as PostgreSQL reads it from a text."""
    return "{" + ",".join([_array_element(value if process is None else process(value)) for value in values]) + "}"


def _array_element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape_like(prefix: str) -> str:
    for special in (LIKE_ESCAPE, "%", "_"):
        prefix = prefix.replace(special, LIKE_ESCAPE + special)
    # SQLite's LIKE takes large letters for small ones; a folded key has none, so what has any is made to find nothing.
    return prefix if prefix == prefix.lower() else f"\n{prefix}"
