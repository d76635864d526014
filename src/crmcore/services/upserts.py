"""Upsert: create or update many records, by their external ids.

Invariants:
1. Rows of a chunk are read together, and applied in their order: a later row sees what an earlier one of the same key did.
2. A row that fails changes nothing, and the other rows of its chunk are applied.
3. A value that a row does not name stays unchanged.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from attrs import frozen

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.services.bulk import Chunk, ItemFailed, ItemResult, ItemSucceeded, execute_chunks, merge_row
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

E = TypeVar("E", bound=Entity)


@frozen
class ImportRow:
    """A valid row.

    Attributes:
        number: its place in the stream, from 1.
        external_id: the key under which the other system knows the record.
        values: what the row and the common values say of it.
    """

    number: int
    external_id: ExternalId
    values: dict[str, Any]


class ChunkUpsert(ABC, Generic[E]):
    """Upsert of one chunk of rows, in one unit of work.

    A subclass says what a row may contain, how existing records are found, and how a row is applied.
    """

    entity: ClassVar[str]
    """Prefix of the ids of the records, for error paths."""
    row_fields: ClassVar[frozenset[str]]
    """Values that a row may name, with its ``key``."""

    def __init__(self, uow: UnitOfWork, environment: Environment, system: str) -> None:
        self.uow = uow
        self.environment = environment
        self.system = system

    def prepare(self, values: dict[str, Any]) -> None:
        """Convert the values of a row; an error fails the row."""

    @abstractmethod
    def load(self, rows: Sequence[ImportRow]) -> dict[str, E]:
        """Read the records of all rows at once, by the other system's keys."""

    @abstractmethod
    def apply(self, row: ImportRow, existing: E | None) -> E:
        """Create or update one record."""

    def execute(self, chunk: Chunk[Mapping[str, Any]], common: Mapping[str, Any]) -> Iterator[ItemResult[E]]:
        """Apply the rows of a chunk in their order."""
        parsed = [self._parse(number, row, common) for number, row in chunk]
        existing = self.load([row for row in parsed if isinstance(row, ImportRow)])
        for row in parsed:
            if isinstance(row, ItemFailed):
                yield row
                continue
            try:
                record = self.apply(row, existing.get(row.external_id.key))
            except CrmError as error:
                yield ItemFailed(row.number, error)
                continue
            existing[row.external_id.key] = record
            yield ItemSucceeded(row.number, record)

    def _parse(self, number: int, row: Mapping[str, Any], common: Mapping[str, Any]) -> ImportRow | ItemFailed:
        try:
            values = merge_row(row, common, self.row_fields, item_name=self.entity)
            if "key" not in values:
                raise RequiredError(f"{self.entity}.key", f"must be given: the other system's key of the {self.entity}")
            self.prepare(values)
            return ImportRow(number, ExternalId(self.system, values.pop("key")), values)
        except CrmError as error:
            return ItemFailed(number, error)


def execute_upserts(
    environment: Environment,
    command: str,
    rows: Iterable[Mapping[str, Any]],
    chunk_upsert: type[ChunkUpsert[E]],
    *,
    system: str,
    common: Mapping[str, Any],
    chunk_size: int,
) -> Iterator[ItemResult[E]]:
    """Upsert a stream of rows, one chunk per transaction.

    Args:
        command: name of the command, as the access policy sees it.
        system: name of the other system.
        common: values that all rows share.
    """
    return execute_chunks(
        environment,
        command,
        rows,
        lambda uow, chunk: chunk_upsert(uow, environment, system).execute(chunk, common),
        chunk_size=chunk_size,
    )
