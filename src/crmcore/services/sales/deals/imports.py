"""Bulk operations on deals: move many, and upsert by external id."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq, HasChild, In
from crmcore.domain.kernel.errors.rules import NotFoundError
from crmcore.domain.kernel.errors.validation import InvalidTypeError, RequiredError
from crmcore.domain.kernel.ids import CustomerId, DealId, is_id
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.details import UPDATABLE_FIELDS, DealOptions
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.services.bulk import ItemResult, execute_each, pad_to_power_of_two
from crmcore.services.sales.deals.lifecycle import DealLifecycle, MoveResult
from crmcore.services.shared.received_at import resolve_received_at
from crmcore.services.unit_of_work import UnitOfWork
from crmcore.services.upserts import ChunkUpsert, ImportRow, execute_upserts

ROW_FIELDS: Final = (UPDATABLE_FIELDS | DealOptions.__optional_keys__ - {"lines"}) | {
    "customer_id",
    "customer_key",
    "funnel_id",
    "key",
    "opened_at",
    "owner_id",
    "stage_key",
}
"""Values that a row may name."""


class DealImports(DealLifecycle):
    """Bulk operations on deals."""

    __slots__ = ()

    def move_many(
        self, moves: Iterable[tuple[DealId, str]], /, *, chunk_size: int = 500
    ) -> Iterator[ItemResult[MoveResult]]:
        """Move many deals to other stages, each as `move` does.

        Moves are executed while the results are read; read all of them.

        Args:
            moves: pairs of a deal's id and a stage key.
            chunk_size: the number of moves per transaction, up to 10,000.
        """

        def move_one(pair: tuple[DealId, str]) -> MoveResult:
            if type(pair) is not tuple or len(pair) != 2:
                raise InvalidTypeError("moves", "must be pairs of a deal's id and a stage key")
            return self.move(pair[0], stage_key=pair[1])

        return execute_each(
            self._environment, "deals.move", moves, move_one, chunk_size=chunk_size, preload=_preload_deals
        )

    def upsert_many(
        self, rows: Iterable[Mapping[str, Any]], /, *, system: str, chunk_size: int = 1_000, **common: Any
    ) -> Iterator[ItemResult[Deal]]:
        """Create or update deals of another system, by external id.

        Rows are history: stage requirements and entry actions do not apply. Rows are processed while the results are read; read
        all of them. A value that a row does not name stays unchanged.

        Args:
            rows: each with its ``key``, its ``customer_id`` or ``customer_key`` (the customer's key in the same system), its
                ``funnel_id``, and any of ``stage_key``, ``value``, ``owner_id``, ``expected_close``, ``opened_at`` and the fields
                that `update` takes.
            system: the name of the other system.
            chunk_size: the number of rows per transaction, up to 10,000.
            common: values that all rows share.
        """
        return execute_upserts(
            self._environment, "deals.upsert", rows, _DealUpsert, system=system, common=common, chunk_size=chunk_size
        )


def _preload_deals(uow: UnitOfWork, moves: Sequence[Any]) -> None:
    """Preload the deals; invalid pairs are rejected when they are executed."""
    ids = [move[0] for move in moves if type(move) is tuple and move and is_id(Deal.meta.prefix, move[0])]
    if ids:
        uow.preload(Deal, In("id", pad_to_power_of_two(ids)))


class _DealUpsert(ChunkUpsert[Deal]):
    """Upsert of one chunk of deals."""

    entity = "deal"
    row_fields = ROW_FIELDS

    def load(self, rows: Sequence[ImportRow]) -> dict[str, Deal]:
        """Read the deals by external id, and the customers that they belong to."""
        keys = pad_to_power_of_two(row.external_id.key for row in rows)
        of_rows = Eq("external_id.system", self.system) & In("external_id.key", keys)
        found = self.uow.find(Deal, of_rows) if keys else ()
        self._load_customers(rows)
        return {deal.external_id.key: deal for deal in found if deal.external_id is not None}

    def _load_customers(self, rows: Sequence[ImportRow]) -> None:
        values = [row.values for row in rows]
        ids = {row["customer_id"] for row in values if is_id(Customer.meta.prefix, row.get("customer_id"))}
        # Usually all of them exist, and counting them is cheaper than reading them.
        id_filter = In("id", pad_to_power_of_two(sorted(ids)))
        all_exist = bool(id_filter.options) and self.uow.count(Customer, id_filter) == len(ids)
        self._existing_ids: set[CustomerId] = ids if all_exist else set()
        self._ids_by_key: dict[str, CustomerId] = {}
        keys = pad_to_power_of_two(str(row["customer_key"]) for row in values if "customer_key" in row)
        if keys:
            for customer in self.uow.find(
                Customer, HasChild("external_ids", Eq("system", self.system) & In("key", keys))
            ):
                self._ids_by_key |= {
                    external_id.key: customer.id
                    for external_id in customer.external_ids
                    if external_id.system == self.system
                }

    def apply(self, row: ImportRow, existing: Deal | None) -> Deal:
        """Create or update a deal, without requirements and entry actions."""
        if (owner_id := row.values.get("owner_id")) is not None:
            self.uow.get(User, owner_id)
        return self._create(row) if existing is None else self._update(row, existing)

    def _create(self, row: ImportRow) -> Deal:
        values = row.values
        if "funnel_id" not in values:
            raise RequiredError("deal.funnel_id", "must be given for a deal that is new")
        funnel = self.uow.get(Funnel, values.pop("funnel_id"))
        opened_at = resolve_received_at(self.uow, values.pop("opened_at", None), "deal.opened_at")
        title = values.pop("title", "") or row.external_id.key
        customer_id = self._customer_id(values)
        return self.uow.save(
            Deal.open(
                self.uow.new_id("deal"),
                title,
                customer_id=customer_id,
                funnel=funnel,
                at=opened_at,
                recorded_at=self.uow.now,
                external_id=row.external_id,
                **values,
            )
        )

    def _customer_id(self, values: dict[str, Any]) -> CustomerId:
        """Take the customer out of the values of a row.

        Raises:
            NotFoundError: no such customer.
        """
        customer_id, key = values.pop("customer_id", None), values.pop("customer_key", None)
        if customer_id is not None:
            is_known = self._existing_ids and customer_id in self._existing_ids
            return customer_id if is_known else self.uow.get(Customer, customer_id).id
        if key not in self._ids_by_key:
            raise NotFoundError("customer", "customer_key")
        return self._ids_by_key[key]

    def _update(self, row: ImportRow, deal: Deal) -> Deal:
        values, at = row.values, self.uow.now
        if (stage_key := values.get("stage_key")) is not None and stage_key != deal.stage_key:
            deal = deal.move(stage_key, self.uow.get(Funnel, deal.funnel_id), at=at)
        if values.get("value") is not None:
            deal = deal.set_value(values["value"], at=at)
        if "expected_close" in values:
            deal = deal.set_expected_close(values["expected_close"], at=at)
        if (owner_id := values.get("owner_id")) is not None:
            deal = deal.change_owner(owner_id, at=at)
        details = {
            name: values[name] for name in UPDATABLE_FIELDS & values.keys() if values[name] != getattr(deal, name)
        }
        return self.uow.save(deal.update(details, at=at) if details else deal)
