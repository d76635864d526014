"""Many deals at once: moving them, and taking in those that another system knows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from crmcore.domain.criteria import Has, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.facts import DETAILS
from crmcore.domain.errors.broken import NotFound
from crmcore.domain.errors.given import Blank, WrongType
from crmcore.domain.errors.root import CrmError
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import CustomerId, DealId, is_id
from crmcore.domain.people import User
from crmcore.services.bulk import Chunk, Done, Refused, Told, padded, row_of, take_each, tell_each
from crmcore.services.deals.life import DealLife, Moved
from crmcore.services.steps.arrival import arrival
from crmcore.services.unit import Unit

FACTS: Final = DETAILS | {
    "customer",
    "customer_key",
    "expected_close",
    "funnel",
    "key",
    "opened_at",
    "owner",
    "stage",
    "value",
}
"""What a row may tell of a deal."""


class DealImports(DealLife):
    """Many deals at once."""

    __slots__ = ()

    def move_many(self, moves: Iterable[tuple[DealId, str]], /, *, chunk: int = 500) -> Iterator[Told[Moved]]:
        """Put deals in other stages, each as `move` does it.

        It goes on as its answers are read; read them all.

        Args:
            moves: which deal, and to which stage.
            chunk: how many moves one transaction takes, up to 10,000.
        """

        def move(one: tuple[DealId, str]) -> Moved:
            if type(one) is not tuple or len(one) != 2:
                raise WrongType("moves", "must be pairs of a deal's id and a stage")
            return self.move(one[0], to=one[1])

        return tell_each(self.house, "deals.move", moves, move, chunk=chunk, ahead=_read_ahead)

    def upsert_many(
        self, rows: Iterable[Mapping[str, Any]], /, *, system: str, chunk: int = 1_000, **common: Any
    ) -> Iterator[Told[Deal]]:
        """Take in the deals of another system, or bring them up to date: by the keys under which it knows them.

        It is history that comes in: what a stage asks for on leaving or does on entry is left alone. It goes on as its answers are
        read; read them all. A fact that a row does not tell is left as it is.

        Args:
            rows: each with its ``key``, its ``customer`` (an id) or ``customer_key`` (under which the same system knows the
                customer), its ``funnel``, and any of ``stage``, ``value``, ``owner``, ``expected_close``, ``opened_at`` and what
                `describe` takes.
            system: the other system's name.
            chunk: how many rows one transaction takes, up to 10,000.
            common: facts that all rows share.
        """
        return take_each(
            self.house, "deals.upsert", rows, lambda unit, some: _take(unit, some, system, common), chunk=chunk
        )


def _read_ahead(unit: Unit, moves: Sequence[Any]) -> None:
    """Read at once the deals that are to be moved; what is no pair with an id is refused in its turn."""
    ids = [move[0] for move in moves if type(move) is tuple and move and is_id(Deal.shape.kind, move[0])]
    if ids:
        unit.read_ahead(Deal, OneOf("id", padded(ids)))


@frozen
class _Draft:
    number: int
    request: ExternalId
    facts: dict[str, Any]


def _draft(number: int, row: Mapping[str, Any], system: str, common: Mapping[str, Any]) -> _Draft:
    facts = row_of(row, common, FACTS, what="deal")
    if "key" not in facts:
        raise Blank("deal.key", "must be given: it is how the other system knows the deal")
    return _Draft(number, ExternalId(system, facts.pop("key")), facts)


def _take(unit: Unit, some: Chunk[Mapping[str, Any]], system: str, common: Mapping[str, Any]) -> Iterator[Told[Deal]]:
    drafts: list[_Draft | Refused] = []
    for number, row in some:
        try:
            drafts.append(_draft(number, row, system, common))
        except CrmError as error:
            drafts.append(Refused(number, error))
    good = [draft for draft in drafts if isinstance(draft, _Draft)]
    known, customers = _known(unit, good, system), _Customers(unit, good, system)
    for draft in drafts:
        if isinstance(draft, Refused):
            yield draft
            continue
        try:
            deal = _merge(unit, draft, known.get(draft.request.key), customers)
        except CrmError as error:
            yield Refused(draft.number, error)
            continue
        known[draft.request.key] = deal
        yield Done(draft.number, deal)


def _known(unit: Unit, drafts: list[_Draft], system: str) -> dict[str, Deal]:
    keys = padded(draft.request.key for draft in drafts)
    if not keys:
        return {}
    found = unit.find(Deal, Is("request.system", system) & OneOf("request.key", keys))
    return {deal.request.key: deal for deal in found if deal.request is not None}


class _Customers:
    """The customers that a chunk of deals belongs to."""

    def __init__(self, unit: Unit, drafts: list[_Draft], system: str) -> None:
        self._unit = unit
        ids = {draft.facts["customer"] for draft in drafts if is_id(Customer.shape.kind, draft.facts.get("customer"))}
        # Mostly they are all there, and counting them is cheaper than reading them.
        options = OneOf("id", padded(sorted(ids)))
        self._all = bool(options.options) and unit.count(Customer, options) == len(ids)
        self._ids = ids
        self._by_key: dict[str, CustomerId] = {}
        keys = padded(str(draft.facts["customer_key"]) for draft in drafts if "customer_key" in draft.facts)
        if keys:
            for customer in unit.find(Customer, Has("external_ids", Is("system", system) & OneOf("key", keys))):
                self._by_key |= {e.key: customer.id for e in customer.external_ids if e.system == system}

    def of(self, facts: dict[str, Any]) -> CustomerId:
        """The customer of a row.

        Raises:
            NotFound: there is none.
        """
        id, key = facts.pop("customer", None), facts.pop("customer_key", None)
        if id is not None:
            return id if self._all and id in self._ids else self._unit.get(Customer, id).id
        if key not in self._by_key:
            raise NotFound("customer", "customer_key")
        return self._by_key[key]


def _merge(unit: Unit, draft: _Draft, known: Deal | None, customers: _Customers) -> Deal:
    facts = draft.facts
    if (owner := facts.get("owner")) is not None:
        unit.get(User, owner)
    if known is None:
        if "funnel" not in facts:
            raise Blank("deal.funnel", "must be given for a deal that is new")
        funnel = unit.get(Funnel, facts.pop("funnel"))
        at = arrival(unit, facts.pop("opened_at", None), "deal.opened_at")
        title = facts.pop("title", "") or draft.request.key
        customer = customers.of(facts)
        return unit.save(
            Deal.open(
                unit.id("deal"),
                title,
                customer=customer,
                funnel=funnel,
                at=at,
                noted_at=unit.now,
                request=draft.request,
                **facts,
            )
        )
    deal, at = known, unit.now
    if (stage := facts.get("stage")) is not None and stage != deal.stage:
        deal = deal.move(stage, unit.get(Funnel, deal.funnel), at=at)
    if facts.get("value") is not None:
        deal = deal.revalue(facts["value"], at=at)
    if "expected_close" in facts:
        deal = deal.expect(facts["expected_close"], at=at)
    if owner is not None:
        deal = deal.hand_over(owner, at=at)
    details = {name: facts[name] for name in DETAILS & facts.keys() if facts[name] != getattr(deal, name)}
    return unit.save(deal.describe(details, at=at) if details else deal)
