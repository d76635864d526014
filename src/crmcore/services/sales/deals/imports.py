"""Many deals at once: moving them, and taking in those that another system knows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.criteria import Eq, HasChild, In
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.rules import NotFoundError
from crmcore.domain.kernel.errors.validation import InvalidTypeError, RequiredError
from crmcore.domain.kernel.ids import CustomerId, DealId, is_id
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.details import UPDATABLE_FIELDS
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.services.bulk import (
    Chunk,
    ItemFailed,
    ItemResult,
    ItemSucceeded,
    execute_chunks,
    execute_each,
    merge_row,
    pad_to_power_of_two,
)
from crmcore.services.sales.deals.lifecycle import DealLifecycle, MoveResult
from crmcore.services.shared.received_at import resolve_received_at
from crmcore.services.unit_of_work import UnitOfWork

ROW_FIELDS: Final = UPDATABLE_FIELDS | {
    "customer_id",
    "customer_key",
    "expected_close",
    "funnel_id",
    "key",
    "opened_at",
    "owner_id",
    "stage_key",
    "value",
}
"""What a row may tell of a deal."""


class DealImports(DealLifecycle):
    """Many deals at once."""

    __slots__ = ()

    def move_many(
        self, moves: Iterable[tuple[DealId, str]], /, *, chunk_size: int = 500
    ) -> Iterator[ItemResult[MoveResult]]:
        """Put deals in other stages, each as `move` does it.

        It goes on as its answers are read; read them all.

        Args:
            moves: which deal, and to which stage.
            chunk_size: how many moves one transaction takes, up to 10,000.
        """

        def move_one(pair: tuple[DealId, str]) -> MoveResult:
            if type(pair) is not tuple or len(pair) != 2:
                raise InvalidTypeError("moves", "must be pairs of a deal's id and a stage")
            return self.move(pair[0], stage_key=pair[1])

        return execute_each(
            self._environment, "deals.move", moves, move_one, chunk_size=chunk_size, preload=_preload_deals
        )

    def upsert_many(
        self, rows: Iterable[Mapping[str, Any]], /, *, system: str, chunk_size: int = 1_000, **common: Any
    ) -> Iterator[ItemResult[Deal]]:
        """Take in the deals of another system, or bring them up to date: by the keys under which it knows them.

        It is history that comes in: what a stage asks for on leaving or does on entry is left alone. It goes on as its answers are
        read; read them all. A fact that a row does not tell is left as it is.

        Args:
            rows: each with its ``key``, its ``customer`` (an id) or ``customer_key`` (under which the same system knows the
                customer), its ``funnel``, and any of ``stage``, ``value``, ``owner``, ``expected_close``, ``opened_at`` and what
                `update` takes.
            system: the other system's name.
            chunk_size: how many rows one transaction takes, up to 10,000.
            common: facts that all rows share.
        """
        return execute_chunks(
            self._environment,
            "deals.upsert",
            rows,
            lambda uow, chunk: _upsert_chunk(uow, chunk, system, common),
            chunk_size=chunk_size,
        )


def _preload_deals(uow: UnitOfWork, moves: Sequence[Any]) -> None:
    """Read at once the deals that are to be moved; what is no pair with an id is refused in its turn."""
    ids = [move[0] for move in moves if type(move) is tuple and move and is_id(Deal.meta.prefix, move[0])]
    if ids:
        uow.preload(Deal, In("id", pad_to_power_of_two(ids)))


@frozen
class _ImportRow:
    number: int
    request: ExternalId
    values: dict[str, Any]


def _parse_row(number: int, row: Mapping[str, Any], system: str, common: Mapping[str, Any]) -> _ImportRow:
    values = merge_row(row, common, ROW_FIELDS, item_name="deal")
    if "key" not in values:
        raise RequiredError("deal.key", "must be given: it is how the other system knows the deal")
    return _ImportRow(number, ExternalId(system, values.pop("key")), values)


def _upsert_chunk(
    uow: UnitOfWork, chunk: Chunk[Mapping[str, Any]], system: str, common: Mapping[str, Any]
) -> Iterator[ItemResult[Deal]]:
    import_rows: list[_ImportRow | ItemFailed] = []
    for number, row in chunk:
        try:
            import_rows.append(_parse_row(number, row, system, common))
        except CrmError as error:
            import_rows.append(ItemFailed(number, error))
    valid_rows = [import_row for import_row in import_rows if isinstance(import_row, _ImportRow)]
    existing, customers = _find_existing(uow, valid_rows, system), _CustomerLookup(uow, valid_rows, system)
    for import_row in import_rows:
        if isinstance(import_row, ItemFailed):
            yield import_row
            continue
        try:
            deal = _apply(uow, import_row, existing.get(import_row.request.key), customers)
        except CrmError as error:
            yield ItemFailed(import_row.number, error)
            continue
        existing[import_row.request.key] = deal
        yield ItemSucceeded(import_row.number, deal)


def _find_existing(uow: UnitOfWork, import_rows: list[_ImportRow], system: str) -> dict[str, Deal]:
    keys = pad_to_power_of_two(import_row.request.key for import_row in import_rows)
    if not keys:
        return {}
    found = uow.find(Deal, Eq("external_id.system", system) & In("external_id.key", keys))
    return {deal.external_id.key: deal for deal in found if deal.external_id is not None}


class _CustomerLookup:
    """The customers that a chunk of deals belongs to."""

    def __init__(self, uow: UnitOfWork, import_rows: list[_ImportRow], system: str) -> None:
        self._uow = uow
        ids = {
            import_row.values["customer_id"]
            for import_row in import_rows
            if is_id(Customer.meta.prefix, import_row.values.get("customer_id"))
        }
        # Mostly they are all there, and counting them is cheaper than reading them.
        id_filter = In("id", pad_to_power_of_two(sorted(ids)))
        self._all_exist = bool(id_filter.options) and uow.count(Customer, id_filter) == len(ids)
        self._given_ids = ids
        self._by_key: dict[str, CustomerId] = {}
        keys = pad_to_power_of_two(
            str(import_row.values["customer_key"]) for import_row in import_rows if "customer_key" in import_row.values
        )
        if keys:
            for customer in uow.find(Customer, HasChild("external_ids", Eq("system", system) & In("key", keys))):
                self._by_key |= {
                    external_id.key: customer.id
                    for external_id in customer.external_ids
                    if external_id.system == system
                }

    def resolve(self, values: dict[str, Any]) -> CustomerId:
        """The customer of a row.

        Raises:
            NotFoundError: there is none.
        """
        id, key = values.pop("customer_id", None), values.pop("customer_key", None)
        if id is not None:
            return id if self._all_exist and id in self._given_ids else self._uow.get(Customer, id).id
        if key not in self._by_key:
            raise NotFoundError("customer", "customer_key")
        return self._by_key[key]


def _apply(uow: UnitOfWork, import_row: _ImportRow, existing: Deal | None, customers: _CustomerLookup) -> Deal:
    values = import_row.values
    if (owner := values.get("owner_id")) is not None:
        uow.get(User, owner)
    if existing is None:
        if "funnel_id" not in values:
            raise RequiredError("deal.funnel_id", "must be given for a deal that is new")
        funnel = uow.get(Funnel, values.pop("funnel_id"))
        at = resolve_received_at(uow, values.pop("opened_at", None), "deal.opened_at")
        title = values.pop("title", "") or import_row.request.key
        customer_id = customers.resolve(values)
        return uow.save(
            Deal.open(
                uow.new_id("deal"),
                title,
                customer_id=customer_id,
                funnel=funnel,
                at=at,
                recorded_at=uow.now,
                external_id=import_row.request,
                **values,
            )
        )
    deal, at = existing, uow.now
    if (stage := values.get("stage_key")) is not None and stage != deal.stage_key:
        deal = deal.move(stage, uow.get(Funnel, deal.funnel_id), at=at)
    if values.get("value") is not None:
        deal = deal.set_value(values["value"], at=at)
    if "expected_close" in values:
        deal = deal.set_expected_close(values["expected_close"], at=at)
    if owner is not None:
        deal = deal.change_owner(owner, at=at)
    details = {name: values[name] for name in UPDATABLE_FIELDS & values.keys() if values[name] != getattr(deal, name)}
    return uow.save(deal.update(details, at=at) if details else deal)
