"""Taking in customers whom another system knows, and bringing them up to date."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from crmcore.domain.criteria import Has, Is, OneOf
from crmcore.domain.customers.customer import DETAILS, Customer
from crmcore.domain.customers.parts import ContactPoint, ExternalId
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.errors.given import Blank
from crmcore.domain.errors.root import CrmError
from crmcore.domain.people import User
from crmcore.services.bulk import Chunk, Done, Refused, Told, padded, row_of, take_each
from crmcore.services.house import House
from crmcore.services.unit import Unit

FACTS: Final = DETAILS | {"key", "name", "kind", "roles", "phone", "email", "owner", "source", "address"}
"""What a row may tell of a customer."""


class CustomerImports:
    """Customers from elsewhere."""

    __slots__ = ()

    house: House

    def upsert_many(
        self, rows: Iterable[Mapping[str, Any]], /, *, system: str, chunk: int = 1_000, **common: Any
    ) -> Iterator[Told[Customer]]:
        """Take in the customers of another system, or bring them up to date: by the keys under which it knows them.

        It goes on as its answers are read; read them all. A fact that a row does not tell is left as it is.

        Args:
            rows: each with its ``key`` and any of ``name``, ``kind``, ``roles``, ``phone``, ``email``, ``owner``, ``source``,
                ``address`` and what `describe` takes.
            system: the other system's name.
            chunk: how many rows one transaction takes, up to 10,000.
            common: facts that all rows share.

        Example:
            >>> from crmcore import Crm
            >>> crm = Crm()
            >>> rows = [{"key": "1", "name": "Anna"}, {"key": "2", "name": ""}, {"key": "1", "name": "Anna Liepa"}]
            >>> [told.result.name for told in crm.customers.upsert_many(rows, system="erp")]
            ['Anna', '', 'Anna Liepa']
        """
        return take_each(
            self.house, "customers.upsert", rows, lambda unit, some: self._take(unit, some, system, common), chunk=chunk
        )

    def _take(
        self, unit: Unit, some: Chunk[Mapping[str, Any]], system: str, common: Mapping[str, Any]
    ) -> Iterator[Told[Customer]]:
        drafts: list[_Draft | Refused] = []
        for number, row in some:
            try:
                drafts.append(self._draft(number, row, system, common))
            except CrmError as error:
                drafts.append(Refused(number, error))
        good = [draft for draft in drafts if isinstance(draft, _Draft)]
        known, holders = _known(unit, good, system)
        for draft in drafts:
            if isinstance(draft, Refused):
                yield draft
                continue
            try:
                customer = _merge(unit, draft, known.get(draft.external_id.key), holders)
            except CrmError as error:
                yield Refused(draft.number, error)
                continue
            known[draft.external_id.key] = customer
            for claim in draft.claims:
                holders[claim] = customer.id
            yield Done(draft.number, customer)

    def _draft(self, number: int, row: Mapping[str, Any], system: str, common: Mapping[str, Any]) -> "_Draft":
        facts = row_of(row, common, FACTS, what="customer")
        if "key" not in facts:
            raise Blank("customer.key", "must be given: it is how the other system knows the customer")
        points = []
        if phone := facts.pop("phone", None):
            points.append(ContactPoint.phone(self.house.phones.key(phone, region=self.house.region)))
        if email := facts.pop("email", None):
            points.append(ContactPoint.email(email))
        if (address := facts.pop("address", None)) is not None:
            facts["addresses"] = (address,)
        claims = tuple([point.claim for point in points if point.claim is not None])
        return _Draft(number, ExternalId(system, facts.pop("key")), tuple(points), claims, facts)


@frozen
class _Draft:
    number: int
    external_id: ExternalId
    points: tuple[ContactPoint, ...]
    claims: tuple[str, ...]
    facts: dict[str, Any]


def _known(unit: Unit, drafts: list[_Draft], system: str) -> tuple[dict[str, Customer], dict[str, str]]:
    """Look for everybody at once: by the other system's key, and by whose phone or e-mail it is."""
    known: dict[str, Customer] = {}
    holders: dict[str, str] = {}
    if keys := padded(draft.external_id.key for draft in drafts):
        for customer in unit.find(Customer, Has("external_ids", Is("system", system) & OneOf("key", keys))):
            known |= {e.key: customer for e in customer.external_ids if e.system == system}
    if claims := padded(claim for draft in drafts for claim in draft.claims):
        for customer in unit.find(Customer, Has("contact_points", OneOf("claim", claims))):
            holders |= {point.claim: customer.id for point in customer.contact_points if point.claim is not None}
    return known, holders


def _merge(unit: Unit, draft: _Draft, known: Customer | None, holders: Mapping[str, str]) -> Customer:
    facts, at = draft.facts, unit.now
    for claim in draft.claims:
        holder = holders.get(claim)
        if holder is not None and (known is None or holder != known.id):
            raise Taken("customer", "contact_points.claim", holder=holder)
    if (owner := facts.get("owner")) is not None:
        unit.get(User, owner)
    if known is None:
        name = facts.pop("name", "")
        made = Customer.add(
            unit.id("customer"), name, at=at, contact_points=draft.points, external_ids=(draft.external_id,), **facts
        )
        return unit.save(made)
    customer = known.add_contact(*draft.points, at=at)
    if (name := facts.get("name")) and name != customer.name:
        customer = customer.rename(name, at=at)
    for role in facts.get("roles", ()):
        customer = customer.become(role, at=at)
    if owner is not None:
        customer = customer.hand_over(owner, at=at)
    if details := {name: facts[name] for name in DETAILS & facts.keys()}:
        customer = customer.describe(details, at=at)
    return unit.save(customer)
