"""A saved record is read back unchanged."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Profile, Sex
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS, Money
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.users import Absence, User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import LineItem
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.ports import Store
from crmcore.testing.contract.support import begin, read, save
from crmcore.testing.samples import NOON, Samples


class Records:
    """A saved record is read back unchanged."""

    def test_saved_record_is_read_back_equal(self, store: Store, samples: Samples) -> None:
        """A saved record is read back equal, with all child records.

        It is read in another transaction.
        """
        deal = samples.deal(
            external_id=samples.external_id(), tags=["big", "ātri"], custom={"size": 3, "vip": True, "x": None}
        )
        deal = deal.add_participant("measurer", samples.id("user"), at=NOON).attach(
            samples.id("document"), "Sizes", at=NOON
        )
        saved = save(store, deal)

        assert saved == read(store, Deal, deal.id)
        assert (saved.version, saved.actor, saved.pending_events) == (1, "anna", ())

    def test_removed_child_record_releases_its_unique_key(self, store: Store, samples: Samples) -> None:
        """Removing the last child record releases its unique key."""
        first = save(store, samples.customer(phone="+37120000001"))
        save(store, copy_with(first, contact_points=()))
        second = save(store, samples.customer(phone="+37120000001"))

        assert () == read(store, Customer, first.id).contact_points
        assert second == read(store, Customer, second.id)

    def test_field_values_are_read_back_equal(self, store: Store, samples: Samples) -> None:
        """Values of all types are kept unchanged.

        They are names in three scripts, addresses, profiles, absences, durations, dates and None.
        """
        funnel = save(store, samples.funnel())
        names = ["Шаҳзод Ўринов", "محمد‌رضا کریمی", "Ə" * 200, "O‘g‘il \U0001f600", "a'b\"c\\d%_"]
        customers = [
            save(
                store,
                samples.customer(
                    name,
                    addresses=(samples.address(),),
                    profile=Profile(
                        sex=Sex.FEMALE, birth_date=NOON.date(), income=Money(1, "IRR"), tastes=("tea", "чай")
                    ),
                    note="line\n\tline",
                ),
            )
            for name in names
        ]
        user = samples.user(roles=["manager"]).add_absence(
            Period(NOON, NOON + timedelta(days=2)), at=NOON, reason="sea"
        )
        user = save(store, user)

        assert funnel == read(store, Funnel, funnel.id)
        assert customers == [read(store, Customer, customer.id) for customer in customers]
        assert (Absence(Period(NOON, NOON + timedelta(days=2)), "sea"),) == read(store, User, user.id).absences

    @pytest.mark.parametrize(
        "at",
        [
            datetime(1900, 1, 1, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC),
            datetime(9999, 12, 30, tzinfo=UTC),
        ],
    )
    def test_timestamp_keeps_microseconds_in_utc(self, store: Store, samples: Samples, at: datetime) -> None:
        """A timestamp keeps its microseconds and is returned in UTC."""
        task = save(store, samples.task(due_at=at))

        found = read(store, Task, task.id).due_at
        assert (at, UTC) == (found, found.tzinfo if found else None)

    @pytest.mark.parametrize("minor", [0, 1, -1, MAX_MINOR_UNITS, -MAX_MINOR_UNITS])
    def test_money_is_read_back_exactly(self, store: Store, samples: Samples, minor: int) -> None:
        """Money is exact up to the largest amount."""
        deal = save(store, samples.deal(lines=(), value=Money.from_minor_units(minor, "UZS")))

        assert Money.from_minor_units(minor, "UZS") == read(store, Deal, deal.id).total

    def test_quantity_keeps_six_decimal_places(self, store: Store, samples: Samples) -> None:
        """A quantity keeps six decimal places."""
        deal = save(store, samples.deal(lines=[LineItem("Cable", Decimal("1234567.000001"), Money("0.01", "EUR"))]))

        assert deal.lines == read(store, Deal, deal.id).lines

    def test_get_unknown_id_returns_none(self, store: Store, samples: Samples) -> None:
        """An unknown id returns None and raises no error."""
        with begin(store) as transaction:
            found = transaction.get(Deal, samples.id("deal"))

        assert found is None

    def test_every_entity_type_is_stored(self, store: Store) -> None:
        """The store supports every entity type of crmcore."""
        with begin(store) as transaction:
            counts = [transaction.count(entity_type) for entity_type in ENTITY_TYPES]

        assert [0] * len(ENTITY_TYPES) == counts
