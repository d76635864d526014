"""A search means the same everywhere."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore.domain.criteria import EVERYTHING, NOTHING, AnyOf, Compare, Criterion, Has, Is, Mentions, Not, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, Role
from crmcore.domain.tasks import Task
from crmcore.domain.values.names import fold
from crmcore.services.ports import Store
from crmcore.testing.promises.hands import begin, find, save
from crmcore.testing.samples import NOON, Samples


class Searching:
    """A search means the same everywhere."""

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (EVERYTHING, "abcd"),
            (NOTHING, ""),
            (Is("kind", "call"), "ac"),
            (Is("due_at", None), "d"),
            (Is("assignee", None), "abcd"),
            (OneOf("kind", ("call", "visit")), "abc"),
            (OneOf("kind", ()), ""),
            (Compare("due_at", "<", NOON), "a"),
            (Compare("due_at", "<=", NOON), "ab"),
            (Compare("due_at", ">", NOON), "c"),
            (Compare("due_at", ">=", NOON), "bc"),
            (Compare("title", ">", "b"), "cd"),
            (Is("kind", "call") & Compare("due_at", ">", NOON), "c"),
            (Is("kind", "visit") | Is("due_at", None), "bd"),
            (~Is("kind", "call"), "bd"),
            (~Compare("due_at", ">=", NOON), "ad"),
            (Not(Is("due_at", None)), "abc"),
            (AnyOf((Is("title", "a"), Is("title", "d"), Is("kind", "visit"))), "abd"),
            (Is("version", 1), "abcd"),
            (Is("title", "A"), ""),
        ],
        ids=str,
    )
    def test_criteria_mean_the_same_everywhere(
        self, store: Store, samples: Samples, where: Criterion, expected: str
    ) -> None:
        """A criterion finds, and counts, what `crmcore.domain.criteria.matches` says of each record."""
        kinds = {"a": "call", "b": "visit", "c": "call", "d": ""}
        for days, (title, kind) in enumerate(kinds.items()):
            due_at = None if title == "d" else NOON + timedelta(days=days - 1)
            save(store, samples.task(title, kind=kind, due_at=due_at))

        assert expected == "".join(task.title for task in find(store, Task, where))
        with begin(store) as transaction:
            assert len(expected) == transaction.count(Task, where)

    def test_one_of_several_texts_is_meant_to_the_letter(self, store: Store, samples: Samples) -> None:
        """Characters that mean something to a database mean nothing in a list of texts either, however many they are."""
        odd = ('"', "\\", '\\"', "{a,b}", "a,b", "NULL", "'", "%s", "?", "x", "Ā")
        tasks = [save(store, samples.task(title)) for title in odd]
        others = tuple(str(number) for number in range(200))

        assert tasks == find(store, Task, OneOf("title", odd + others))
        assert find(store, Task, OneOf("title", others)) == []
        for task in tasks:
            assert [task] == find(store, Task, OneOf("title", (task.title,)) & OneOf("id", (task.id, tasks[0].id)))

    def test_names_are_found_by_the_beginnings_of_words(self, store: Store, samples: Samples) -> None:
        """A folded key is found by any word's beginning, and characters that mean something to a database mean nothing."""
        for name in ("Jānis Bērziņš", "Шаҳзод Ўринов", "100% Bērzs", "under_score"):
            save(store, samples.customer(name))

        def found(words: str) -> list[str]:
            return [customer.name for customer in find(store, Customer, Mentions("name_key", fold(words)))]

        assert found("BERZ") == ["Jānis Bērziņš", "100% Bērzs"]
        assert found("o'rin") == ["Шаҳзод Ўринов"]
        assert found("erz") == []
        assert [c.name for c in find(store, Customer, Mentions("name_key", "%"))] == []
        assert [c.name for c in find(store, Customer, Mentions("name_key", "_nder"))] == []
        assert [c.name for c in find(store, Customer, Mentions("name_key", "Berz"))] == []

    def test_parts_are_searched_with_their_owners(self, store: Store, samples: Samples) -> None:
        """A criterion on parts finds each owner once, however many parts fulfil it, and only where one part fulfils all of it."""
        points = [ContactPoint.email("a@example.com"), ContactPoint.phone("+37120000000")]
        both = save(store, samples.customer().add_contact(*points, at=NOON))
        save(store, samples.customer("Nobody", roles=[Role.SUPPLIER]))
        claims = tuple(point.claim for point in points)
        split = Is("value", "a@example.com") & Is("claim", claims[1])

        assert [both] == find(store, Customer, Has("contact_points", OneOf("claim", claims)))
        assert find(store, Customer, Has("contact_points", split)) == []
        assert [both] == find(store, Customer, Has("roles", Is("role", Role.PROSPECT)))
        assert [c.name for c in find(store, Customer, ~Has("contact_points", EVERYTHING))] == ["Nobody"]

    @pytest.mark.parametrize("order", ["id", "-id", "due_at", "-due_at", "title", "-title"])
    def test_order_is_total(self, store: Store, samples: Samples, order: str) -> None:
        """Records come in the order of a field, then of the id; what is absent comes first, and last in descending order."""
        dues = [NOON, None, NOON - timedelta(days=1), NOON, None]
        tasks = [save(store, samples.task(title, due_at=due)) for title, due in zip("bBaяё", dues, strict=True)]

        def rank(task: Task) -> Any:
            value = getattr(task, order.lstrip("-"))
            return (value is not None, value or 0, task.id)

        assert sorted(tasks, key=rank, reverse=order[0] == "-") == find(store, Task, order=order)

    @pytest.mark.parametrize("order", ["id", "-id", "due_at", "-due_at", "given_at", "-given_at"])
    def test_pages_cover_everything_once(self, store: Store, samples: Samples, order: str) -> None:
        """Pages of two, each behind the last record of the one before, are the whole list."""
        for day in (1, 2, 1, None, 3, None, 1):
            due = None if day is None else NOON + timedelta(days=day)
            save(store, samples.task(due_at=due, at=NOON + timedelta(minutes=day or 0)))
        pages: list[Task] = []
        while True:
            page = find(store, Task, order=order, after=pages[-1] if pages else None, limit=2)
            if not page:
                break
            pages += page

        assert find(store, Task, order=order) == pages
