"""Set-wise counting counts what counting one by one would."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from crmcore.domain.criteria import Compare, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.values.money import Money
from crmcore.services.ports import Store, Transaction
from crmcore.services.tally import Tally
from crmcore.testing.promises.hands import begin, save
from crmcore.testing.samples import NOON, Samples


class Counting:
    """Set-wise counting counts what counting one by one would."""

    @pytest.mark.parametrize(
        "tally",
        [
            Tally(kind=Deal, by=("furthest", "outcome", "total.currency"), sums=("total.minor",)),
            Tally(kind=Deal, by=("source",), different="customer"),
            Tally(kind=Deal, where=Is("outcome", Outcome.LOST), by=("loss_reason", "owner")),
            Tally(kind=Deal, where=Compare("opened_at", ">", NOON), sums=("total.minor", "moves"), different="owner"),
            Tally(kind=Deal, entries=True, by=("stage_after", "visit", "kind")),
            Tally(
                kind=Deal,
                entries=True,
                where=Is("source", "web"),
                among=Compare("visit", ">", 0),
                by=("place",),
                sums=("value_after.minor", "probability_after"),
            ),
            Tally(kind=Deal),
        ],
    )
    def test_tallies_equal_counting_one_by_one(self, store: Store, samples: Samples, tally: Tally) -> None:
        """A store that counts set-wise counts what counting record by record would."""
        self._fill_with_deals(store, samples)
        with begin(store) as transaction:
            _compare(transaction, tally)

    def test_a_board_equals_counting_one_by_one(self, store: Store, samples: Samples) -> None:
        """A funnel's open deals are counted as they stand, also by a transaction that has just changed them and has not committed."""
        funnel, other = samples.funnel(), samples.funnel("Doors")
        tally = Tally(
            kind=Deal,
            where=Is("funnel", funnel.id) & Is("outcome", Outcome.OPEN),
            by=("place", "total.currency"),
            sums=("total.minor",),
        )
        values = [Money(10, "EUR"), Money(-3, "EUR"), Money(0, "EUR"), Money(7, "UZS"), None]
        deals = [save(store, samples.deal(funnel=funnel, lines=(), value=value)) for value in (*values, *values)]
        save(store, samples.deal(funnel=other))
        with begin(store) as transaction:
            _compare(transaction, tally)
        changes: list[Callable[[Deal], Deal]] = [
            lambda deal: deal.move("Payment", funnel, at=NOON),
            lambda deal: deal.win(funnel, at=NOON),
            lambda deal: deal.revalue(Money(99, "UZS"), at=NOON),
            lambda deal: deal.describe({"about": "White ones"}, at=NOON),
        ]
        for number, deal in enumerate(deals):
            with begin(store) as transaction:
                deals[number] = transaction.save(changes[number % 4](deal))
                _compare(transaction, tally)
                transaction.commit()
            with begin(store) as transaction:
                _compare(transaction, tally)
        for lasts in (False, True):
            with begin(store) as transaction:
                transaction.remove(deals[0])
                transaction.remove(deals[1])
                transaction.save(deals[5].reopen(funnel, at=NOON))
                _compare(transaction, tally)
                if lasts:
                    transaction.commit()
            with begin(store) as transaction:
                _compare(transaction, tally)

    def test_tallies_are_answered_set_wise(self, asking: Store, samples: Samples) -> None:
        """A store that says so answers a tally itself, and does not leave it to crmcore."""
        self._fill_with_deals(asking, samples)
        with begin(asking) as transaction:
            assert transaction.ask(Tally(kind=Deal)) == ((12,),)

    def _fill_with_deals(self, store: Store, samples: Samples) -> None:
        funnel, owners = samples.funnel(), [samples.id("user"), None]
        customers = [samples.id("customer") for _ in range(4)]
        for number in range(12):
            deal = samples.deal(
                funnel=funnel,
                customer=customers[number % 4],
                lines=(),
                value=None if number % 5 == 0 else Money(10 * number, "EUR" if number % 3 else "UZS"),
                owner=owners[number % 2],
                source="web" if number % 2 else "",
                at=NOON + timedelta(hours=number - 4),
            )
            if number % 3:
                deal = deal.move("Payment", funnel, at=NOON + timedelta(days=1))
            if number % 3 == 2:
                deal = deal.move("First call", funnel, at=NOON + timedelta(days=2))
            if number % 4 == 1:
                deal = deal.lose("too dear" if number % 8 == 1 else "changed mind", funnel, at=NOON + timedelta(days=3))
            if number % 4 == 2:
                deal = deal.win(funnel, at=NOON + timedelta(days=3))
            save(store, deal)


def _compare(transaction: Transaction, tally: Tally) -> None:
    answer, slow = transaction.ask(tally), tally.answer(transaction)

    assert sorted(slow, key=repr) == sorted(slow if answer is None else answer, key=repr)
