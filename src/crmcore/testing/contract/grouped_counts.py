"""Grouped counts (SQL GROUP BY) equal a count record by record."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.ports import Store, Transaction
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.testing.contract.support import begin, save
from crmcore.testing.samples import NOON, Samples


class GroupedCounts:
    """Grouped counts (SQL GROUP BY) equal a count record by record."""

    @pytest.mark.parametrize(
        "grouped_count",
        [
            GroupedCount(
                entity_type=Deal, group_by=("max_stage_index", "outcome", "total.currency"), sum_of=("total.minor",)
            ),
            GroupedCount(entity_type=Deal, group_by=("source",), count_distinct="customer_id"),
            GroupedCount(entity_type=Deal, where=Eq("outcome", Outcome.LOST), group_by=("loss_reason", "owner_id")),
            GroupedCount(
                entity_type=Deal,
                where=Compare("opened_at", ">", NOON),
                sum_of=("total.minor", "movement_count"),
                count_distinct="owner_id",
            ),
            GroupedCount(entity_type=Deal, over_entries=True, group_by=("new_stage_key", "visit_number", "kind")),
            GroupedCount(
                entity_type=Deal,
                over_entries=True,
                where=Eq("source", "web"),
                entry_filter=Compare("visit_number", ">", 0),
                group_by=("stage_index",),
                sum_of=("new_value.minor", "new_probability"),
            ),
            GroupedCount(entity_type=Deal),
        ],
    )
    def test_grouped_count_equals_record_by_record_count(
        self, store: Store, samples: Samples, grouped_count: GroupedCount
    ) -> None:
        """A grouped count of the store equals a count record by record."""
        self._create_deals(store, samples)
        with begin(store) as transaction:
            _compare(transaction, grouped_count)

    def test_open_deals_by_stage_equal_record_by_record_count(self, store: Store, samples: Samples) -> None:
        """Open deals by stage include uncommitted changes of the own transaction."""
        funnel, other = samples.funnel(), samples.funnel("Doors")
        grouped_count = GroupedCount(
            entity_type=Deal,
            where=Eq("funnel_id", funnel.id) & Eq("outcome", Outcome.OPEN),
            group_by=("stage_index", "total.currency"),
            sum_of=("total.minor",),
        )
        values = [Money(10, "EUR"), Money(-3, "EUR"), Money(0, "EUR"), Money(7, "UZS"), None]
        deals = [save(store, samples.deal(funnel=funnel, lines=(), value=value)) for value in (*values, *values)]
        save(store, samples.deal(funnel=other))
        with begin(store) as transaction:
            _compare(transaction, grouped_count)
        changes: list[Callable[[Deal], Deal]] = [
            lambda deal: deal.move("Payment", funnel, at=NOON),
            lambda deal: deal.win(funnel, at=NOON),
            lambda deal: deal.set_value(Money(99, "UZS"), at=NOON),
            lambda deal: deal.update({"description": "White ones"}, at=NOON),
        ]
        for number, deal in enumerate(deals):
            with begin(store) as transaction:
                deals[number] = transaction.save(changes[number % 4](deal))
                _compare(transaction, grouped_count)
                transaction.commit()
            with begin(store) as transaction:
                _compare(transaction, grouped_count)
        for commits in (False, True):
            with begin(store) as transaction:
                transaction.delete(deals[0])
                transaction.delete(deals[1])
                transaction.save(deals[5].reopen(funnel, at=NOON))
                _compare(transaction, grouped_count)
                if commits:
                    transaction.commit()
            with begin(store) as transaction:
                _compare(transaction, grouped_count)

    def test_grouped_count_is_computed_by_store(self, aggregating_store: Store, samples: Samples) -> None:
        """A store with the capability evaluates a grouped count itself."""
        self._create_deals(aggregating_store, samples)
        with begin(aggregating_store) as transaction:
            assert transaction.execute_query(GroupedCount(entity_type=Deal)) == ((12,),)

    def _create_deals(self, store: Store, samples: Samples) -> None:
        funnel, owners = samples.funnel(), [samples.id("user"), None]
        customers = [samples.id("customer") for _ in range(4)]
        for number in range(12):
            deal = samples.deal(
                funnel=funnel,
                customer_id=customers[number % 4],
                lines=(),
                value=None if number % 5 == 0 else Money(10 * number, "EUR" if number % 3 else "UZS"),
                owner_id=owners[number % 2],
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


def _compare(transaction: Transaction, grouped_count: GroupedCount) -> None:
    result, expected = transaction.execute_query(grouped_count), grouped_count.evaluate(transaction)

    assert sorted(expected, key=repr) == sorted(expected if result is None else result, key=repr)
