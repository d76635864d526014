"""What must be unique is."""

import pytest

from crmcore.adapters.ids import CountingIds
from crmcore.domain.criteria import Has, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.people import User
from crmcore.services.ports import Store
from crmcore.testing.promises.hands import begin, find, get, in_threads, insist, save
from crmcore.testing.samples import NOON, Samples


class Keys:
    """What must be unique is."""

    def test_a_unique_key_belongs_to_one(self, store: Store, samples: Samples) -> None:
        """A second record with a key that must be unique is refused, by the name of the key and never by its value."""
        save(store, samples.user(login="anna"))
        with pytest.raises(Taken) as refusal:
            save(store, samples.user(login="anna"))

        assert (refusal.value.kind, refusal.value.key) == ("user", "login")
        assert "anna" not in str(refusal.value)

    def test_an_id_belongs_to_one(self, store: Store, samples: Samples) -> None:
        """A second record with the id of another is refused, as with any other key."""
        first, second = save(store, samples.customer()), Samples().customer()
        with pytest.raises(Taken) as refusal:
            save(store, second)

        assert first.id == second.id
        assert (refusal.value.kind, refusal.value.key) == ("customer", "id")

    def test_a_key_with_nothing_in_it_is_no_key(self, store: Store, samples: Samples) -> None:
        """Any number of records may lack a unique key."""
        users = [save(store, samples.user()) for _ in range(3)]

        assert users == find(store, User)

    def test_a_key_in_parts_belongs_to_one(self, store: Store, samples: Samples) -> None:
        """A phone number claims one customer; a shared one claims nobody."""
        save(store, samples.customer(phone="+37120000000"))
        with pytest.raises(Taken) as refusal:
            save(store, samples.customer(phone="+37120000000"))
        shared = ContactPoint.phone("+37120000001", shared=True)
        for _ in range(2):
            save(store, samples.customer().add_contact(shared, at=NOON))

        assert (refusal.value.kind, refusal.value.key) == ("customer", "contact_points.claim")
        assert len(find(store, Customer, Has("contact_points", Is("value", "+37120000001")))) == 2

    def test_a_key_of_several_fields_is_one_key(self, store: Store, samples: Samples) -> None:
        """Only all fields of a key together have to differ."""
        save(store, samples.customer(external_id="1"))
        save(store, samples.customer(external_id="2"))
        with pytest.raises(Taken) as refusal:
            save(store, samples.customer(external_id="1"))

        assert (refusal.value.kind, refusal.value.key) == ("customer", "external_ids.system.external_ids.key")

    def test_a_freed_key_may_be_taken(self, store: Store, samples: Samples) -> None:
        """A key that its holder gives up is free for another, also within one transaction."""
        first = save(store, samples.customer(phone="+37120000000"))
        second = save(store, samples.customer())
        with begin(store) as transaction:
            transaction.save(get(transaction, Customer, first.id).remove_contact("+37120000000", at=NOON))
            claim = ContactPoint.phone("+37120000000")
            transaction.save(get(transaction, Customer, second.id).add_contact(claim, at=NOON))
            transaction.commit()

        holder = Has("contact_points", Is("claim", "phone:+37120000000"))
        assert [second.id] == [customer.id for customer in find(store, Customer, holder)]

    def test_one_of_many_rivals_gets_the_key(self, shared: Store) -> None:
        """Of eight threads that claim one key at once, one has it and the others hear that it is taken."""
        outcomes: list[str] = []
        ids = CountingIds()

        def claim(_: int) -> None:
            try:
                insist(lambda: save(shared, Samples(ids).user(login="anna")), only_busy=True)
                outcomes.append("mine")
            except Taken:
                outcomes.append("taken")

        in_threads(8, claim)

        assert ["mine", *["taken"] * 7] == sorted(outcomes)
