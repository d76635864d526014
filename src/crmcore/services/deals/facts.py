"""What is known of a deal: its value, its chance, its day, its owner, who takes part, what comes next."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Basis, LineItem, NextStep
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import DealId, UserId, kind_of
from crmcore.domain.people import User
from crmcore.domain.values.money import Money
from crmcore.services.house import House, story
from crmcore.services.unit import Unit


class DealFacts:
    """What changes a deal without moving it on."""

    __slots__ = ()

    house: House

    @story("deals.revalue")
    def revalue(
        self,
        unit: Unit,
        id: DealId,
        value: Money | None = None,
        /,
        *,
        lines: Sequence[LineItem] | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Deal:
        """Say what a deal is worth, as a sum or by its lines.

        Raises:
            MixedCurrencies: lines of two currencies.
        """
        deal = unit.get(Deal, id, version=expected_version)
        return unit.save(deal.revalue(value, lines=lines, at=unit.now))

    @story("deals.estimate")
    def estimate(
        self,
        unit: Unit,
        id: DealId,
        percent: int,
        /,
        *,
        basis: Basis | str = Basis.MANUAL,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Deal:
        """Give a deal another chance than its stage does, in percent.

        Raises:
            RuleBroken: it is closed.
        """
        deal = unit.get(Deal, id, version=expected_version)
        return unit.save(deal.estimate(percent, basis=basis, at=unit.now))

    @story("deals.expect")
    def expect(
        self,
        unit: Unit,
        id: DealId,
        close: date | None,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Deal:
        """Say when a deal is expected to close."""
        return unit.save(unit.get(Deal, id, version=expected_version).expect(close, at=unit.now))

    @story("deals.hand_over")
    def hand_over(
        self,
        unit: Unit,
        id: DealId,
        /,
        *,
        to: UserId | None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Deal:
        """Give a deal another owner. The round in which leads are given out is not disturbed by it."""
        unit.announce(User, to)
        deal = unit.get(Deal, id, version=expected_version)
        return unit.save(deal.hand_over(None if to is None else unit.get(User, to).id, at=unit.now))

    @story("deals.plan")
    def plan(
        self,
        unit: Unit,
        id: DealId,
        what: str | None,
        /,
        *,
        due_at: datetime | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Deal:
        """Say what comes next for a deal; None for nothing."""
        deal = unit.get(Deal, id, version=expected_version)
        return unit.save(deal.plan(None if what is None else NextStep(what, due_at), at=unit.now))

    @story("deals.join")
    def join(
        self,
        unit: Unit,
        id: DealId,
        /,
        *,
        role: str,
        who: str,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Deal:
        """Let one of us (a user's id) or of them (a customer's id) take part in a deal, in a role.

        Raises:
            NotFound: no such person.
        """
        deal = unit.get(Deal, id, version=expected_version)
        who = checked_text("participant.who", who, limit=64)
        kind: type[User | Customer] = User if kind_of(who) == User.shape.kind else Customer
        return unit.save(deal.join(role, unit.get(kind, who).id, at=unit.now))

    @story("deals.describe")
    def describe(
        self,
        unit: Unit,
        id: DealId,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
        **details: Any,
    ) -> Deal:
        """Change a deal's title, description, tags, source or custom fields.

        Raises:
            InvalidInput: a detail that cannot be, or that is none.
        """
        return unit.save(unit.get(Deal, id, version=expected_version).describe(details, at=unit.now))
