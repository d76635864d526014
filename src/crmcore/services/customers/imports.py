"""Taking in customers whom another system knows, and bringing them up to date."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from crmcore.domain.customers.customer import UPDATABLE_FIELDS, Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.kernel.criteria import Eq, HasChild, In
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.domain.organization.users import User
from crmcore.services.bulk import (
    Chunk,
    ItemFailed,
    ItemResult,
    ItemSucceeded,
    execute_chunks,
    merge_row,
    pad_to_power_of_two,
)
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

ROW_FIELDS: Final = UPDATABLE_FIELDS | {
    "key",
    "name",
    "kind",
    "roles",
    "phone",
    "email",
    "owner_id",
    "source",
    "address",
}
"""What a row may tell of a customer."""


class CustomerImports:
    """Customers from elsewhere."""

    __slots__ = ()

    _environment: Environment

    def upsert_many(
        self, rows: Iterable[Mapping[str, Any]], /, *, system: str, chunk_size: int = 1_000, **common: Any
    ) -> Iterator[ItemResult[Customer]]:
        """Take in the customers of another system, or bring them up to date: by the keys under which it knows them.

        It goes on as its answers are read; read them all. A fact that a row does not tell is left as it is.

        Args:
            rows: each with its ``key`` and any of ``name``, ``kind``, ``roles``, ``phone``, ``email``, ``owner``, ``source``,
                ``address`` and what `update` takes.
            system: the other system's name.
            chunk_size: how many rows one transaction takes, up to 10,000.
            common: facts that all rows share.

        Example:
            >>> from crmcore import Crm
            >>> crm = Crm()
            >>> rows = [{"key": "1", "name": "Anna"}, {"key": "2", "name": ""}, {"key": "1", "name": "Anna Liepa"}]
            >>> [told.result.name for told in crm.customers.upsert_many(rows, system="erp")]
            ['Anna', '', 'Anna Liepa']
        """
        return execute_chunks(
            self._environment,
            "customers.upsert",
            rows,
            lambda uow, chunk: self._upsert_chunk(uow, chunk, system, common),
            chunk_size=chunk_size,
        )

    def _upsert_chunk(
        self, uow: UnitOfWork, chunk: Chunk[Mapping[str, Any]], system: str, common: Mapping[str, Any]
    ) -> Iterator[ItemResult[Customer]]:
        import_rows: list[_ImportRow | ItemFailed] = []
        for number, row in chunk:
            try:
                import_rows.append(self._parse_row(number, row, system, common))
            except CrmError as error:
                import_rows.append(ItemFailed(number, error))
        valid_rows = [import_row for import_row in import_rows if isinstance(import_row, _ImportRow)]
        existing, customer_id_by_key = _find_existing(uow, valid_rows, system)
        for import_row in import_rows:
            if isinstance(import_row, ItemFailed):
                yield import_row
                continue
            try:
                customer = _apply(uow, import_row, existing.get(import_row.external_id.key), customer_id_by_key)
            except CrmError as error:
                yield ItemFailed(import_row.number, error)
                continue
            existing[import_row.external_id.key] = customer
            for unique_key in import_row.unique_keys:
                customer_id_by_key[unique_key] = customer.id
            yield ItemSucceeded(import_row.number, customer)

    def _parse_row(self, number: int, row: Mapping[str, Any], system: str, common: Mapping[str, Any]) -> "_ImportRow":
        values = merge_row(row, common, ROW_FIELDS, item_name="customer")
        if "key" not in values:
            raise RequiredError("customer.key", "must be given: it is how the other system knows the customer")
        contact_points = []
        if phone := values.pop("phone", None):
            contact_points.append(
                ContactPoint.phone(self._environment.phone_parser.normalize(phone, region=self._environment.region))
            )
        if email := values.pop("email", None):
            contact_points.append(ContactPoint.email(email))
        if (address := values.pop("address", None)) is not None:
            values["addresses"] = (address,)
        unique_keys = tuple([point.unique_key for point in contact_points if point.unique_key is not None])
        return _ImportRow(number, ExternalId(system, values.pop("key")), tuple(contact_points), unique_keys, values)


@frozen
class _ImportRow:
    number: int
    external_id: ExternalId
    contact_points: tuple[ContactPoint, ...]
    unique_keys: tuple[str, ...]
    values: dict[str, Any]


def _find_existing(
    uow: UnitOfWork, import_rows: list[_ImportRow], system: str
) -> tuple[dict[str, Customer], dict[str, str]]:
    """Look for everybody at once: by the other system's key, and by whose phone or e-mail it is."""
    existing: dict[str, Customer] = {}
    customer_id_by_key: dict[str, str] = {}
    if keys := pad_to_power_of_two(import_row.external_id.key for import_row in import_rows):
        for customer in uow.find(Customer, HasChild("external_ids", Eq("system", system) & In("key", keys))):
            existing |= {
                external_id.key: customer for external_id in customer.external_ids if external_id.system == system
            }
    if unique_keys := pad_to_power_of_two(
        unique_key for import_row in import_rows for unique_key in import_row.unique_keys
    ):
        for customer in uow.find(Customer, HasChild("contact_points", In("unique_key", unique_keys))):
            customer_id_by_key |= {
                point.unique_key: customer.id for point in customer.contact_points if point.unique_key is not None
            }
    return existing, customer_id_by_key


def _apply(
    uow: UnitOfWork, import_row: _ImportRow, existing: Customer | None, customer_id_by_key: Mapping[str, str]
) -> Customer:
    values, at = import_row.values, uow.now
    for unique_key in import_row.unique_keys:
        holder_id = customer_id_by_key.get(unique_key)
        if holder_id is not None and (existing is None or holder_id != existing.id):
            raise DuplicateKeyError("customer", "contact_points.unique_key", existing_id=holder_id)
    if (owner := values.get("owner_id")) is not None:
        uow.get(User, owner)
    if existing is None:
        name = values.pop("name", "")
        created = Customer.create(
            uow.new_id("customer"),
            name,
            at=at,
            contact_points=import_row.contact_points,
            external_ids=(import_row.external_id,),
            **values,
        )
        return uow.save(created)
    customer = existing.add_contact_point(*import_row.contact_points, at=at)
    if (name := values.get("name")) and name != customer.name:
        customer = customer.rename(name, at=at)
    for role in values.get("roles", ()):
        customer = customer.add_role(role, at=at)
    if owner is not None:
        customer = customer.change_owner(owner, at=at)
    if details := {name: values[name] for name in UPDATABLE_FIELDS & values.keys()}:
        customer = customer.update(details, at=at)
    return uow.save(customer)
