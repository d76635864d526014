"""Searches have the same result in every store."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, Role
from crmcore.domain.kernel.criteria import (
    MATCH_ALL,
    MATCH_NONE,
    Compare,
    Criterion,
    Eq,
    HasChild,
    In,
    Not,
    Or,
    WordPrefix,
)
from crmcore.domain.kernel.values.names import fold
from crmcore.ports import Store
from crmcore.testing.contract.support import begin, find, save
from crmcore.testing.samples import NOON, Samples


class Search:
    """Searches have the same result in every store."""

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (MATCH_ALL, "abcd"),
            (MATCH_NONE, ""),
            (Eq("kind", "call"), "ac"),
            (Eq("due_at", None), "d"),
            (Eq("assignee_id", None), "abcd"),
            (In("kind", ("call", "visit")), "abc"),
            (In("kind", ()), ""),
            (Compare("due_at", "<", NOON), "a"),
            (Compare("due_at", "<=", NOON), "ab"),
            (Compare("due_at", ">", NOON), "c"),
            (Compare("due_at", ">=", NOON), "bc"),
            (Compare("title", ">", "b"), "cd"),
            (Eq("kind", "call") & Compare("due_at", ">", NOON), "c"),
            (Eq("kind", "visit") | Eq("due_at", None), "bd"),
            (~Eq("kind", "call"), "bd"),
            (~Compare("due_at", ">=", NOON), "ad"),
            (Not(Eq("due_at", None)), "abc"),
            (Or((Eq("title", "a"), Eq("title", "d"), Eq("kind", "visit"))), "abd"),
            (Eq("version", 1), "abcd"),
            (Eq("title", "A"), ""),
        ],
        ids=str,
    )
    def test_criterion_finds_and_counts_matching_records(
        self, store: Store, samples: Samples, where: Criterion, expected: str
    ) -> None:
        """A criterion finds and counts the records that `matches` accepts."""
        kinds = {"a": "call", "b": "visit", "c": "call", "d": ""}
        for days, (title, kind) in enumerate(kinds.items()):
            due_at = None if title == "d" else NOON + timedelta(days=days - 1)
            save(store, samples.task(title, kind=kind, due_at=due_at))

        assert expected == "".join(task.title for task in find(store, Task, where))
        with begin(store) as transaction:
            assert len(expected) == transaction.count(Task, where)

    def test_in_criterion_compares_texts_literally(self, store: Store, samples: Samples) -> None:
        """Special characters in lists of texts are compared literally.

        The lists have any length.
        """
        special_texts = ('"', "\\", '\\"', "{a,b}", "a,b", "NULL", "'", "%s", "?", "x", "Ā")
        tasks = [save(store, samples.task(title)) for title in special_texts]
        others = tuple(str(number) for number in range(200))

        assert tasks == find(store, Task, In("title", special_texts + others))
        assert find(store, Task, In("title", others)) == []
        for task in tasks:
            assert [task] == find(store, Task, In("title", (task.title,)) & In("id", (task.id, tasks[0].id)))

    def test_word_prefix_criterion_matches_start_of_any_word(self, store: Store, samples: Samples) -> None:
        """The start of any word of a folded name matches, literally."""
        for name in ("Jānis Bērziņš", "Шаҳзод Ўринов", "100% Bērzs", "under_score"):
            save(store, samples.customer(name))

        def found(words: str) -> list[str]:
            return [customer.name for customer in find(store, Customer, WordPrefix("name_key", fold(words)))]

        assert found("BERZ") == ["Jānis Bērziņš", "100% Bērzs"]
        assert found("o'rin") == ["Шаҳзод Ўринов"]
        assert found("erz") == []
        assert [c.name for c in find(store, Customer, WordPrefix("name_key", "%"))] == []
        assert [c.name for c in find(store, Customer, WordPrefix("name_key", "_nder"))] == []
        assert [c.name for c in find(store, Customer, WordPrefix("name_key", "Berz"))] == []

    def test_child_record_criterion_finds_each_owner_once(self, store: Store, samples: Samples) -> None:
        """A criterion on child records finds each owner once.

        One child record has to match all of it.
        """
        points = [ContactPoint.email("a@example.com"), ContactPoint.phone("+37120000000")]
        both = save(store, samples.customer().add_contact_point(*points, at=NOON))
        save(store, samples.customer("Nobody", roles=[Role.SUPPLIER]))
        claims = tuple(point.unique_key for point in points)
        split = Eq("value", "a@example.com") & Eq("unique_key", claims[1])

        assert [both] == find(store, Customer, HasChild("contact_points", In("unique_key", claims)))
        assert find(store, Customer, HasChild("contact_points", split)) == []
        assert [both] == find(store, Customer, HasChild("roles", Eq("role", Role.PROSPECT)))
        assert [c.name for c in find(store, Customer, ~HasChild("contact_points", MATCH_ALL))] == ["Nobody"]

    @pytest.mark.parametrize("order", ["id", "-id", "due_at", "-due_at", "title", "-title"])
    def test_find_orders_by_field_then_id(self, store: Store, samples: Samples, order: str) -> None:
        """Records are ordered by field, then id; None is first ascending."""
        dues = [NOON, None, NOON - timedelta(days=1), NOON, None]
        tasks = [save(store, samples.task(title, due_at=due)) for title, due in zip("bBaяё", dues, strict=True)]

        def sort_key(task: Task) -> Any:
            value = getattr(task, order.lstrip("-"))
            return (value is not None, value or 0, task.id)

        assert sorted(tasks, key=sort_key, reverse=order[0] == "-") == find(store, Task, order=order)

    @pytest.mark.parametrize("order", ["id", "-id", "due_at", "-due_at", "created_at", "-created_at"])
    def test_find_pages_return_every_record_once(self, store: Store, samples: Samples, order: str) -> None:
        """Keyset pages return every record once."""
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
