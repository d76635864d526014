"""The schema: one table for each kind of record, one for each kind of part, one for the facts, and one for the counters.

Rule 1: every primary key and every unique key begins with the tenant, so that the schema can be divided by tenant over many machines.
Rule 2: every row says whose it is and, unless it is a counter, who wrote it.
Rule 3: all names carry the host's prefix, and may live in a schema of their own, so that the host's own tables are left in peace.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from zlib import crc32

from attrs import field, frozen
from sqlalchemy import CheckConstraint, Index, Integer, MetaData, PrimaryKeyConstraint, SmallInteger, Table
from sqlalchemy import Column as SqlColumn
from sqlalchemy import UniqueConstraint as Unique

from crmcore.adapters.kinds import ENTITIES
from crmcore.adapters.sql import tenants
from crmcore.adapters.sql.columns import Leaf, leaves, part_kind
from crmcore.adapters.sql.errors import PRIMARY
from crmcore.adapters.sql.types import Instant, Key, Long, Whole, Word, Words
from crmcore.domain.kernel import Entity

NAME_LIMIT: Final = 63
"""The longest name that PostgreSQL keeps."""
FIGURES: Final = ("deals", "billions", "minor")
"""What a counter counts: deals, and what they are worth, in billions of minor units and what is over."""


@frozen
class PartTable:
    """The table of one kind of part, or of entries.

    Attributes:
        field: of the record that holds them.
        kind: their class.
        owner: the column that names the record.
        place: the column that orders them within the record.
    """

    field: str
    kind: type[Any]
    table: Table
    owner: str
    place: str

    @property
    def count(self) -> str:
        """The column of the record's own table that counts the parts, so that nothing is looked for that is not there."""
        return f"n_{self.field}"


@frozen
class RecordTable:
    """The table of one kind of record, those of its parts, and that of its entries."""

    kind: type[Entity]
    table: Table
    parts: tuple[PartTable, ...]
    entries: PartTable | None

    def part(self, name: str) -> PartTable | None:
        """The table of a field's parts."""
        return next((part for part in self.parts if part.field == name), None)


@frozen(eq=False)
class Schema:
    """All tables.

    Attributes:
        metadata: of our tables, and perhaps of the host's.
        tables: ours, in the order in which they are made.
        keys: which unique key a constraint means, by its name and by the columns that SQLite names instead: the record's kind and the
            key's name.
        prefix: of all names.
        name: of the database's schema that they live in.
        partitions: into how many parts PostgreSQL divides each table by tenant; 0 is not at all.
    """

    metadata: MetaData
    records: dict[type[Entity], RecordTable]
    events: Table
    counts: Table
    keys: dict[str, tuple[str, str]] = field(repr=False)
    prefix: str
    name: str | None
    partitions: int

    @property
    def tables(self) -> list[Table]:
        """All of our tables, and none of the host's."""
        parts = (part.table for record in self.records.values() for part in (*record.parts, record.entries) if part)
        return [*(record.table for record in self.records.values()), *parts, self.events, self.counts]


def make_schema(
    *,
    prefix: str = "crm_",
    schema: str | None = None,
    metadata: MetaData | None = None,
    partition_by_tenant: int = 0,
) -> Schema:
    """Make the tables, or add them to the host's own metadata.

    Args:
        prefix: of all names.
        schema: of the database, where it has such.
        metadata: the host's own, if its migrations are to see our tables.
        partition_by_tenant: into how many partitions PostgreSQL divides each table, by a hash of the tenant. Other databases leave it.
    """
    metadata = MetaData() if metadata is None else metadata
    draft = _Draft(metadata, prefix, schema, partition_by_tenant)
    records = {kind: draft.record(kind) for kind in ENTITIES}
    return Schema(metadata, records, draft.events(), draft.counts(), draft.keys, prefix, schema, partition_by_tenant)


def options(partitions: int = 0) -> dict[str, Any]:
    """What the databases are told of each table besides its columns."""
    return {
        "sqlite_with_rowid": False,
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mariadb_engine": "InnoDB",
        "mariadb_charset": "utf8mb4",
        **({"postgresql_partition_by": "HASH (tenant)"} if partitions else {}),
    }


class _Draft:
    def __init__(self, metadata: MetaData, prefix: str, schema: str | None, partitions: int) -> None:
        self._metadata = metadata
        self._prefix = prefix
        self._schema = schema
        self._partitions = partitions
        self.keys: dict[str, tuple[str, str]] = {}

    def record(self, kind: type[Entity]) -> RecordTable:
        shape = kind.shape
        parts = tuple(self._part(kind, name, table) for name, table in shape.tables.items() if name != shape.entries)
        entries = self._part(kind, shape.entries, shape.tables[shape.entries]) if shape.entries else None
        first, *others = leaves(kind)
        columns = [
            self._tenant(),
            self._column(first),
            SqlColumn("version", Whole(), nullable=False),
            self._actor(),
            *(self._column(leaf) for leaf in others),
            *(SqlColumn(part.count, SmallInteger(), nullable=False) for part in parts),
        ]
        table = self._table(kind, shape.table, columns, primary=("tenant", "id"))
        self._indexes(kind, table, "", None)
        return RecordTable(kind, table, parts, entries)

    def events(self) -> Table:
        columns = [
            self._tenant(),
            SqlColumn("id", Key("event"), nullable=False),
            SqlColumn("position", Whole(), nullable=True),
            SqlColumn("subject", Words(64), nullable=False),
            SqlColumn("version", Whole(), nullable=False),
            SqlColumn("number", Whole(), nullable=False),
            SqlColumn("name", Words(60), nullable=False),
            SqlColumn("schema", Whole(), nullable=False),
            SqlColumn("at", Instant(), nullable=False),
            self._actor(),
            SqlColumn("correlation", Words(100), nullable=False),
            SqlColumn("payload", Long(), nullable=False),
        ]
        table = self._table(None, "events", columns, primary=("tenant", "id"))
        self._unique(table, ["tenant", "position"], "event", "position")
        return table

    def counts(self) -> Table:
        key = [
            self._tenant(),
            SqlColumn("funnel", Key("funnel"), nullable=False),
            SqlColumn("place", Whole(), nullable=False),
            SqlColumn("currency", Words(3), nullable=False),
            SqlColumn("slot", Whole(), nullable=False),
        ]
        figures: list[SqlColumn[Any]] = [SqlColumn(name, Whole(), nullable=False) for name in FIGURES]
        return self._table(None, "deal_counts", [*key, *figures], primary=[column.name for column in key])

    def _part(self, owner: type[Entity], name: str, table: str) -> PartTable:
        kind = part_kind(owner, name)
        is_entries = name == owner.shape.entries
        place = "number" if is_entries else "pos"
        columns = [
            self._tenant(),
            SqlColumn(owner.shape.kind, Key(owner.shape.kind), nullable=False),
            *(() if is_entries else (SqlColumn(place, Integer(), nullable=False),)),
            self._actor(),
            *(self._column(leaf) for leaf in leaves(kind)),
        ]
        made = self._table(owner, table, columns, primary=("tenant", owner.shape.kind, place))
        self._indexes(owner, made, f"{name}.", name)
        return PartTable(name, kind, made, owner.shape.kind, place)

    def _table(
        self, kind: type[Entity] | None, name: str, columns: Sequence[SqlColumn[Any]], *, primary: Sequence[str]
    ) -> Table:
        table = Table(
            f"{self._prefix}{name}",
            self._metadata,
            *columns,
            PrimaryKeyConstraint(*primary, name=self._name("pk", name)),
            schema=self._schema,
            **options(self._partitions),
        )
        for column in columns:
            if isinstance(column.type, Word):
                allowed = ", ".join(f"'{member.value}'" for member in column.type.words)
                rule = f"{column.name} IN ({allowed})"
                table.append_constraint(CheckConstraint(rule, name=self._name("ck", name, column.name)))
        if kind is not None:
            self._remember(table, primary, kind.shape.kind, "id", self._name("pk", name))
            self.keys[f"{table.name}.{PRIMARY}"] = (kind.shape.kind, "id")
        if self._partitions:
            tenants.divide(table, self._partitions)
        return table

    def _indexes(self, kind: type[Entity], table: Table, path: str, part: str | None) -> None:
        shape = kind.shape
        for fields in shape.unique:
            if columns := _columns(fields, path, part, shape.tables):
                self._unique(table, ["tenant", *columns], shape.kind, ".".join(fields))
        for fields in shape.indexes:
            if columns := _columns(fields, path, part, shape.tables):
                # An id is selective enough to stand first; so a planner without statistics cannot be led astray by the tenant.
                leads = isinstance(table.c[columns[0]].type, Key)
                named = [*columns, "tenant"] if leads else ["tenant", *columns]
                Index(self._name("ix", self._bare(table), *columns), *(table.c[name] for name in named))

    def _unique(self, table: Table, columns: Sequence[str], kind: str, key: str) -> None:
        name = self._name("uq", self._bare(table), *columns[1:])
        table.append_constraint(Unique(*columns, name=name))
        self._remember(table, columns, kind, key, name)

    def _remember(self, table: Table, columns: Iterable[str], kind: str, key: str, name: str) -> None:
        self.keys[name] = (kind, key)
        for place in range(self._partitions):
            self.keys[tenants.partition(name, place)] = (kind, key)
        self.keys[", ".join(f"{table.name}.{column}" for column in columns)] = (kind, key)

    def _name(self, sort: str, *words: str) -> str:
        name = f"{self._prefix}{sort}_{'_'.join(words)}"
        # What is too long keeps its beginning, and ends with what tells it from others.
        return name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 9]}_{crc32(name.encode()):08x}"

    def _bare(self, table: Table) -> str:
        return table.name.removeprefix(self._prefix)

    def _tenant(self) -> SqlColumn[Any]:
        return SqlColumn("tenant", Words(64), nullable=False)

    def _actor(self) -> SqlColumn[Any]:
        return SqlColumn("actor", Words(100), nullable=False)

    def _column(self, leaf: Leaf) -> SqlColumn[Any]:
        return SqlColumn(leaf.column, leaf.type, nullable=leaf.optional)


def _columns(fields: Sequence[str], path: str, part: str | None, tables: Any) -> list[str]:
    """The columns of a key, if it lies in this table: ``contact_points.claim`` in that of the contact points."""
    lies_in = fields[0].partition(".")[0]
    if (lies_in if lies_in in tables else None) != part:
        return []
    return [name.removeprefix(path).replace(".", "_") for name in fields]
