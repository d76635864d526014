"""Tables of an entity type: records, child records and log entries."""

from typing import Any

from attrs import frozen
from sqlalchemy import Table

from crmcore.domain.kernel.entity import Entity


@frozen
class ChildTable:
    """The table of one type of child records or log entries.

    Attributes:
        field: the field of the owner.
        child_class: the class of the child records.
        owner_prefix: the prefix of the owner's ids.
        owner_column: the column of the owner's id.
        order_column: the column that orders the child records of one owner.
    """

    field: str
    child_class: type[Any]
    table: Table
    owner_prefix: str
    owner_column: str
    order_column: str

    @property
    def count_column(self) -> str:
        """The owner's column with the number of child records (0: no query)."""
        return f"n_{self.field}"


@frozen
class EntityTable:
    """The table of one entity type, with its child tables and log table."""

    entity_type: type[Entity]
    table: Table
    child_tables: tuple[ChildTable, ...]
    log_table: ChildTable | None

    def child_table(self, field: str) -> ChildTable | None:
        """Return the child table of a field."""
        return next((table for table in self.child_tables if table.field == field), None)
