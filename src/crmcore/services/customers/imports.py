"""Import of customers: upsert by the external ids of another system."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from crmcore.domain.customers.customer import UPDATABLE_FIELDS, Customer
from crmcore.domain.customers.parts import ContactPoint
from crmcore.domain.kernel.criteria import Eq, HasChild, In
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.ids import CustomerId
from crmcore.domain.organization.users import User
from crmcore.services.bulk import ItemResult, pad_to_power_of_two
from crmcore.services.environment import Environment
from crmcore.services.upserts import ChunkUpsert, ImportRow, execute_upserts

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
"""Values that a row may name."""


class CustomerImports:
    """Import of many customers from another system."""

    __slots__ = ()

    _environment: Environment

    def upsert_many(
        self, rows: Iterable[Mapping[str, Any]], /, *, system: str, chunk_size: int = 1_000, **common: Any
    ) -> Iterator[ItemResult[Customer]]:
        """Create or update customers of another system, by external id.

        Rows are processed while the results are read; read all of them. A value that a row does not name stays unchanged.

        Args:
            rows: each with its ``key`` and any of ``name``, ``kind``, ``roles``, ``phone``, ``email``, ``owner_id``, ``source``,
                ``address`` and the fields that `update` takes.
            system: the name of the other system.
            chunk_size: the number of rows per transaction, up to 10,000.
            common: values that all rows share.

        Example:
            >>> from crmcore import Crm
            >>> crm = Crm()
            >>> rows = [{"key": "1", "name": "Anna"}, {"key": "2", "name": ""}, {"key": "1", "name": "Anna Liepa"}]
            >>> [item.result.name for item in crm.customers.upsert_many(rows, system="erp")]
            ['Anna', '', 'Anna Liepa']
        """
        return execute_upserts(
            self._environment,
            "customers.upsert",
            rows,
            _CustomerUpsert,
            system=system,
            common=common,
            chunk_size=chunk_size,
        )


class _CustomerUpsert(ChunkUpsert[Customer]):
    """Upsert of one chunk of customers."""

    entity = "customer"
    row_fields = ROW_FIELDS

    def prepare(self, values: dict[str, Any]) -> None:
        """Replace phone, e-mail and address by contact points and addresses."""
        contact_points = []
        if phone := values.pop("phone", None):
            normalized = self.environment.phone_parser.normalize(phone, region=self.environment.region)
            contact_points.append(ContactPoint.phone(normalized))
        if email := values.pop("email", None):
            contact_points.append(ContactPoint.email(email))
        if (address := values.pop("address", None)) is not None:
            values["addresses"] = (address,)
        values["contact_points"] = tuple(contact_points)

    def load(self, rows: Sequence[ImportRow]) -> dict[str, Customer]:
        """Read the customers by external id, and the owners of the contact points."""
        existing: dict[str, Customer] = {}
        self._ids_by_unique_key: dict[str, CustomerId] = {}
        if keys := pad_to_power_of_two(row.external_id.key for row in rows):
            for customer in self.uow.find(
                Customer, HasChild("external_ids", Eq("system", self.system) & In("key", keys))
            ):
                existing |= {
                    external_id.key: customer
                    for external_id in customer.external_ids
                    if external_id.system == self.system
                }
        if unique_keys := pad_to_power_of_two(unique_key for row in rows for unique_key in _unique_keys(row)):
            for customer in self.uow.find(Customer, HasChild("contact_points", In("unique_key", unique_keys))):
                self._ids_by_unique_key |= {
                    point.unique_key: customer.id for point in customer.contact_points if point.unique_key is not None
                }
        return existing

    def apply(self, row: ImportRow, existing: Customer | None) -> Customer:
        """Create or update a customer; reject contact points of other customers."""
        unique_keys = _unique_keys(row)
        for unique_key in unique_keys:
            holder_id = self._ids_by_unique_key.get(unique_key)
            if holder_id is not None and (existing is None or holder_id != existing.id):
                raise DuplicateKeyError("customer", "contact_points.unique_key", existing_id=holder_id)
        if (owner_id := row.values.get("owner_id")) is not None:
            self.uow.get(User, owner_id)
        customer = self._create(row) if existing is None else self._update(row, existing)
        self._ids_by_unique_key |= dict.fromkeys(unique_keys, customer.id)
        return customer

    def _create(self, row: ImportRow) -> Customer:
        name = row.values.pop("name", "")
        return self.uow.save(
            Customer.create(
                self.uow.new_id("customer"), name, at=self.uow.now, external_ids=(row.external_id,), **row.values
            )
        )

    def _update(self, row: ImportRow, customer: Customer) -> Customer:
        values, at = row.values, self.uow.now
        customer = customer.add_contact_point(*values["contact_points"], at=at)
        if (name := values.get("name")) and name != customer.name:
            customer = customer.rename(name, at=at)
        for role in values.get("roles", ()):
            customer = customer.add_role(role, at=at)
        if (owner_id := values.get("owner_id")) is not None:
            customer = customer.change_owner(owner_id, at=at)
        if details := {name: values[name] for name in UPDATABLE_FIELDS & values.keys()}:
            customer = customer.update(details, at=at)
        return self.uow.save(customer)


def _unique_keys(row: ImportRow) -> tuple[str, ...]:
    return tuple(point.unique_key for point in row.values["contact_points"] if point.unique_key is not None)
