"""Statements: written with SQLAlchemy, compiled once per store, and bound and run on the driver's cursor ever after.

Running a compiled statement through SQLAlchemy's own `execute` costs five times as much as the statement itself on SQLite
(`docs/decisions/0005`); what it would add, results with names and objects, the codecs give more cheaply.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Dialect, Table, and_, bindparam, delete, insert, select, update

from crmcore.adapters.sql.codec import make_dumper, make_loader, setter
from crmcore.adapters.sql.columns import leaves
from crmcore.adapters.sql.tables import PartTable, RecordTable
from crmcore.adapters.sql.types import Key
from crmcore.domain.kernel import Entity

ROWS_AT_ONCE: Final = (64, 16)
"""How many rows one INSERT carries: the larger number while there are so many, then the smaller, at last what is left. More of them in
one would save nothing, and a statement for each number of them would fill the caches with statements."""
MANY_ROWS: Final = 64
"""From how many rows on they go as a stream, where the driver has such."""

OFFSET_0: Final = " OFFSET ?"

Row = tuple[Any, ...]


@frozen
class Statement:
    """A compiled statement: its text, and the names of its parameters in the order in which the driver wants them."""

    sql: str
    names: tuple[str, ...]


def compiled(core: Any, dialect: Dialect) -> Statement:
    """Compile a statement for one database."""
    made = core.compile(dialect=dialect)
    # On SQLite, SQLAlchemy follows every LIMIT with an OFFSET of nothing, as a parameter of its own.
    sql, names = str(made), tuple(made.positiontup or ())
    return Statement(sql.removesuffix(OFFSET_0), names[:-1] if sql.endswith(OFFSET_0) else names)


def is_psycopg(dialect: Dialect) -> bool:
    """Tell whether it is PostgreSQL by psycopg, which takes arrays as texts, rows as a stream, and statements together."""
    return (dialect.name, dialect.driver) == ("postgresql", "psycopg")


class Inserts:
    """INSERTs into one table, of one row or of several at once.

    Attributes:
        names: the columns, in the order of a row.
        copy: the statement that takes rows as a stream, where the driver has such; empty elsewhere.
    """

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._table = table
        self._dialect = dialect
        self._of: dict[int, str] = {}
        self.names = tuple(column.name for column in table.columns)
        self.copy = self._copying() if is_psycopg(dialect) else ""

    def _copying(self) -> str:
        names = self._dialect.identifier_preparer
        columns = ", ".join(names.quote(name) for name in self.names)
        return f"COPY {names.format_table(self._table)} ({columns}) FROM STDIN"

    def of(self, rows: int) -> str:
        """The text of an INSERT of so many rows, whose parameters come row by row in the order of `names`."""
        sql = self._of.get(rows)
        if sql is None:
            values = {column.name: bindparam(column.name, type_=column.type) for column in self._table.columns}
            made = compiled(insert(self._table).values(values), self._dialect)
            assert made.names == self.names
            head, row = made.sql.split(" VALUES ")
            sql = self._of[rows] = f"{head} VALUES {', '.join([row] * rows)}"
        return sql

    def portions(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """Cut rows into what one INSERT carries each."""
        first = 0
        for size in ROWS_AT_ONCE:
            while len(rows) - first >= size:
                yield rows[first : first + size]
                first += size
        if first < len(rows):
            yield rows[first:]


class PartPlan:
    """How one kind of part, or of entries, is written and read.

    Attributes:
        row: from a part to its row: ``row(part, tenant, owner, place, actor)``, the owner in the driver's form.
        put: puts a tuple of parts into the record that is being loaded.
        owner: from the driver's form of the record's id to the id.
    """

    def __init__(self, owner: type[Entity], part: PartTable, dialect: Dialect) -> None:
        table = part.table
        self._table = table
        self._dialect = dialect
        self._owner = table.c[part.owner]
        self._order = table.c[part.place]
        self.field = part.field
        self.owner = Key(part.owner).reader(dialect)
        self.put = setter(owner, part.field)
        self.insert = Inserts(table, dialect)
        known = {"tenant": "tenant", part.owner: "owner", "pos": "place", "actor": "actor"}
        self.row = make_dumper(
            part.kind, dialect, self.insert.names, arguments="tenant, owner, place, actor", known=known
        )
        self.load = make_loader(part.kind, dialect, before=("owner", "actor"))
        self._columns = [self._owner, table.c.actor, *(table.c[leaf.column] for leaf in leaves(part.kind))]
        tenants = table.c.tenant == bindparam("tenant", type_=table.c.tenant.type)
        mine = and_(tenants, self._owner == bindparam("owner", type_=self._owner.type))
        self.delete = compiled(delete(table).where(mine), dialect).sql
        self._of: dict[int, str] = {}

    def select(self, owners: int) -> str:
        """The text of a SELECT of the parts of so many records, by record and place; its parameters are the tenant and they."""
        sql = self._of.get(owners)
        if sql is None:
            theirs = [bindparam(f"owner_{n}", type_=self._owner.type) for n in range(owners)]
            whose = self._owner == theirs[0] if owners == 1 else self._owner.in_(theirs)
            tenants = self._table.c.tenant == bindparam("tenant", type_=self._table.c.tenant.type)
            chosen = select(*self._columns).where(tenants, whose).order_by(self._owner, self._order)
            sql = self._of[owners] = compiled(chosen, self._dialect).sql
        return sql


class RecordPlan:
    """How one kind of record is written and read.

    Attributes:
        row: from a record to its row: ``row(record, tenant)``.
        update_row: from a record to the parameters of its UPDATE: ``update_row(record, tenant, based_on)``.
        key: from an id to the driver's form of it.
        parts: of the record, each with the place in the row where their number stands.
    """

    def __init__(self, record: RecordTable, dialect: Dialect) -> None:
        table, kind = record.table, record.kind
        self.record = record
        self.kind = kind
        self.insert = Inserts(table, dialect)
        known = {"tenant": "tenant", "version": "o.version", "actor": "o.actor"}
        known |= {part.count: f"len(o.{part.field})" for part in record.parts}
        self.row = make_dumper(kind, dialect, self.insert.names, arguments="tenant", known=known)
        self.columns = [table.c.version, table.c.actor, *(table.c[leaf.column] for leaf in leaves(kind))]
        self.load = make_loader(kind, dialect, before=("version", "actor"))
        first_count = len(self.columns)
        self.columns += [table.c[part.count] for part in record.parts]
        self.parts = [(first_count + place, PartPlan(kind, part, dialect)) for place, part in enumerate(record.parts)]
        self.entries = PartPlan(kind, record.entries, dialect) if record.entries else None
        self.key = Key(kind.shape.kind).writer(dialect)
        here = and_(
            table.c.tenant == bindparam("at_tenant", type_=table.c.tenant.type),
            table.c.id == bindparam("at_id", type_=table.c.id.type),
        )
        as_read = table.c.version == bindparam("at_version", type_=table.c.version.type)
        fields = [column for column in table.columns if column.name not in {"tenant", "id"}]
        new = {column.name: bindparam(column.name, type_=column.type) for column in fields}
        updating = compiled(update(table).where(here, as_read).values(new), dialect)
        id_source = Key(kind.shape.kind).source(dialect)[0].format(v="o.id")
        known |= {"at_tenant": "tenant", "at_id": id_source, "at_version": "based_on"}
        self.update = updating.sql
        self.update_row = make_dumper(kind, dialect, updating.names, arguments="tenant, based_on", known=known)
        self.select = compiled(select(*self.columns).where(here), dialect).sql
        self.delete = compiled(delete(table).where(here, as_read), dialect).sql


def plans(records: Sequence[RecordTable], dialect: Dialect) -> dict[type[Entity], RecordPlan]:
    """Make the plans of all kinds of records."""
    return {record.kind: RecordPlan(record, dialect) for record in records}
