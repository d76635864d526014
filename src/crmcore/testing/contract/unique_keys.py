"""Unique keys are enforced."""

import pytest

from crmcore.adapters.ids import SequentialIds
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint
from crmcore.domain.kernel.criteria import Eq, HasChild
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.organization.users import User
from crmcore.ports import Store
from crmcore.testing.contract.support import begin, find, get, retry_on_conflict, run_in_threads, save
from crmcore.testing.samples import NOON, Samples


class UniqueKeys:
    """Unique keys are enforced."""

    def test_duplicate_unique_key_is_rejected(self, store: Store, samples: Samples) -> None:
        """A duplicate unique key is rejected.

        The error names the key, not its value.
        """
        save(store, samples.user(login="anna"))
        with pytest.raises(DuplicateKeyError) as excinfo:
            save(store, samples.user(login="anna"))

        assert (excinfo.value.entity, excinfo.value.key_name) == ("user", "login")
        assert "anna" not in str(excinfo.value)

    def test_duplicate_id_is_rejected(self, store: Store, samples: Samples) -> None:
        """A duplicate id is rejected like any other key."""
        first, second = save(store, samples.customer()), Samples().customer()
        with pytest.raises(DuplicateKeyError) as excinfo:
            save(store, second)

        assert first.id == second.id
        assert (excinfo.value.entity, excinfo.value.key_name) == ("customer", "id")

    def test_unique_key_with_none_is_not_enforced(self, store: Store, samples: Samples) -> None:
        """A unique key that is None is not enforced."""
        users = [save(store, samples.user()) for _ in range(3)]

        assert users == find(store, User)

    def test_duplicate_unique_key_in_child_record_is_rejected(self, store: Store, samples: Samples) -> None:
        """A phone number belongs to one customer; a shared number is not unique."""
        save(store, samples.customer(phone="+37120000000"))
        with pytest.raises(DuplicateKeyError) as excinfo:
            save(store, samples.customer(phone="+37120000000"))
        shared_phone = ContactPoint.phone("+37120000001", is_shared=True)
        for _ in range(2):
            save(store, samples.customer().add_contact_point(shared_phone, at=NOON))

        assert (excinfo.value.entity, excinfo.value.key_name) == ("customer", "contact_points.unique_key")
        assert len(find(store, Customer, HasChild("contact_points", Eq("value", "+37120000001")))) == 2

    def test_composite_unique_key_compares_all_fields(self, store: Store, samples: Samples) -> None:
        """A composite key is unique over all its fields together."""
        save(store, samples.customer(external_id="1"))
        save(store, samples.customer(external_id="2"))
        with pytest.raises(DuplicateKeyError) as excinfo:
            save(store, samples.customer(external_id="1"))

        assert (excinfo.value.entity, excinfo.value.key_name) == ("customer", "external_ids.system.external_ids.key")

    def test_released_unique_key_is_reusable(self, store: Store, samples: Samples) -> None:
        """A released key can be used again, even in the same transaction."""
        first = save(store, samples.customer(phone="+37120000000"))
        second = save(store, samples.customer())
        with begin(store) as transaction:
            transaction.save(get(transaction, Customer, first.id).remove_contact_point("+37120000000", at=NOON))
            claim = ContactPoint.phone("+37120000000")
            transaction.save(get(transaction, Customer, second.id).add_contact_point(claim, at=NOON))
            transaction.commit()

        holder = HasChild("contact_points", Eq("unique_key", "phone:+37120000000"))
        assert [second.id] == [customer.id for customer in find(store, Customer, holder)]

    def test_concurrent_claims_of_unique_key_succeed_once(self, threadsafe_store: Store) -> None:
        """Of eight concurrent claims of a key, exactly one succeeds.

        The others raise an error.
        """
        outcomes: list[str] = []
        ids = SequentialIds()

        def claim(_: int) -> None:
            try:
                retry_on_conflict(lambda: save(threadsafe_store, Samples(ids).user(login="anna")), only_when_busy=True)
                outcomes.append("mine")
            except DuplicateKeyError:
                outcomes.append("taken")

        run_in_threads(8, claim)

        assert ["mine", *["taken"] * 7] == sorted(outcomes)
