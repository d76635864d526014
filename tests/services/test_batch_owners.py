"""A batch belongs to the thread or asyncio task that opened it."""

import asyncio
import contextvars
import gc
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from crmcore import Crm, CrmError
from crmcore.domain.customers.customer import Customer
from crmcore.errors import BusinessRuleError, TransactionClosedError
from crmcore.ports import Store


@pytest.fixture
def crm(store: Store) -> Crm:
    """A CRM over each type of store."""
    return Crm(store)


def names(crm: Crm) -> list[str]:
    """The names of all customers."""
    return sorted(
        crm._environment.execute("test", lambda uow: [c.display_name for c in uow.find(Customer)], read_only=True)
    )


async def add(crm: Crm, name: str, when: asyncio.Event) -> str | type[Exception]:
    """Create a customer after an event; return its id, or the error."""
    await when.wait()
    try:
        return str(crm.customers.create(name).id)
    except CrmError as error:
        return type(error)


CALLS: dict[str, Callable[[Crm], Any]] = {
    "command": lambda crm: crm.customers.create("Late"),
    "command with a key": lambda crm: crm.customers.create("Late", idempotency_key="k"),
    "query": lambda crm: crm.deals.list(),
    "bulk_commands": lambda crm: list(crm.customers.upsert_many([{"key": "1", "name": "Late"}], system="erp")),
    "batch": lambda crm: crm.batch().__enter__(),
    "inbox": lambda crm: crm.inbox.process("erp", "1", lambda: crm.customers.create("Late")),
    "run_due_jobs": lambda crm: crm.run_due_jobs(),
    "deliver": lambda crm: crm.deliver(),
    "feed": lambda crm: crm.feed.read(),
    "health": lambda crm: crm.health(),
}


def test_task_started_in_batch_running_after_its_end_is_refused(crm: Crm) -> None:
    """A task from a batch that runs after its end gets an error."""

    async def main() -> Any:
        later = asyncio.Event()
        with crm.batch():
            crm.customers.create("Inside")
            task = asyncio.create_task(add(crm, "Late", later))
        later.set()
        return await task

    assert TransactionClosedError is asyncio.run(main())
    assert ["Inside"] == names(crm)


def test_task_started_in_batch_that_failed_is_refused(crm: Crm) -> None:
    """A task from a batch that was rolled back gets an error."""

    async def main() -> Any:
        later = asyncio.Event()
        with pytest.raises(ZeroDivisionError), crm.batch():
            crm.customers.create("Inside")
            task = asyncio.create_task(add(crm, "Late", later))
            raise ZeroDivisionError
        later.set()
        return await task

    assert TransactionClosedError is asyncio.run(main())
    assert [] == names(crm)


def test_task_started_in_batch_running_meanwhile_is_refused(crm: Crm) -> None:
    """A task from an open batch is refused by `batch_in_other_thread`."""

    async def late() -> None:
        crm.customers.create("Late")

    async def main() -> None:
        with crm.batch():
            crm.customers.create("Inside")
            with pytest.raises(BusinessRuleError) as caught:
                await asyncio.create_task(late())
            assert "batch_in_other_thread" == caught.value.rule

    asyncio.run(main())

    assert ["Inside"] == names(crm)


def test_task_in_an_empty_context_is_not_refused_after_the_end(crm: Crm) -> None:
    """A task with an empty context is an ordinary caller, as advised."""

    async def main() -> Any:
        later = asyncio.Event()
        with crm.batch():
            crm.customers.create("Inside")
            task = asyncio.create_task(add(crm, "Late", later), context=contextvars.Context())
        later.set()
        return await task

    assert str(asyncio.run(main())).startswith("customer_")
    assert ["Inside", "Late"] == names(crm)


def test_task_that_shares_the_context_is_refused(crm: Crm) -> None:
    """A task that runs in the context of the batch is another task."""
    shared = contextvars.Context()

    async def late() -> str:
        with pytest.raises(BusinessRuleError) as caught:
            crm.customers.create("Late")
        return caught.value.rule

    async def owner() -> str:
        with crm.batch():
            crm.customers.create("Inside")
            return await asyncio.create_task(late(), context=shared)

    async def main() -> str:
        return await asyncio.create_task(owner(), context=shared)

    assert "batch_in_other_thread" == asyncio.run(main())
    assert ["Inside"] == names(crm)


@pytest.mark.parametrize("call", CALLS)
def test_every_call_of_a_copied_context_is_refused(crm: Crm, call: str) -> None:
    """Every call in a copied context is refused, during and after a batch."""
    refusals: list[tuple[str, type[CrmError]]] = []

    def attempt(crm: Crm) -> None:
        try:
            CALLS[call](crm)
        except CrmError as error:
            refusals.append((getattr(error, "rule", ""), type(error)))

    with crm.batch():
        crm.customers.create("Inside")
        copy = contextvars.copy_context()
        for run in (copy.run, lambda *what: _in_thread(copy.run, *what)):
            run(attempt, crm)
    for run in (copy.run, lambda *what: _in_thread(copy.run, *what)):
        run(attempt, crm)

    assert [("batch_in_other_thread", BusinessRuleError)] * 2 + [
        ("batch_is_over", TransactionClosedError)
    ] * 2 == refusals
    assert ["Inside"] == names(crm)


def _in_thread(work: Callable[..., Any], *given: Any) -> None:
    thread = threading.Thread(target=work, args=given)
    thread.start()
    thread.join()


def test_to_thread_in_a_batch_is_refused(crm: Crm) -> None:
    """A thread of `asyncio.to_thread` is refused, during and after a batch."""

    async def main() -> list[str]:
        rules = []
        go = threading.Event()

        def late() -> None:
            go.wait(5)
            crm.customers.create("Late")

        with crm.batch():
            crm.customers.create("Inside")
            with pytest.raises(BusinessRuleError) as caught:
                await asyncio.to_thread(crm.customers.create, "Late")
            rules.append(caught.value.rule)
            waiting = asyncio.create_task(asyncio.to_thread(late))
            await asyncio.sleep(0.05)
        go.set()
        with pytest.raises(BusinessRuleError) as caught:
            await waiting
        return [*rules, caught.value.rule]

    assert ["batch_in_other_thread", "batch_is_over"] == asyncio.run(main())
    assert ["Inside"] == names(crm)


def test_whole_batch_in_a_thread_or_a_task_works(crm: Crm) -> None:
    """A batch within one task or thread works, wherever that was started."""

    def whole(name: str) -> None:
        with crm.batch():
            crm.customers.create(name)

    async def in_a_task(name: str) -> None:
        with crm.batch():
            crm.customers.create(name)
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.to_thread(whole, "Thread")
        await asyncio.create_task(in_a_task("Task"))
        await in_a_task("Main")

    asyncio.run(main())
    contextvars.copy_context().run(whole, "Copy")

    assert ["Copy", "Main", "Task", "Thread"] == names(crm)


def test_batches_of_two_tasks_do_not_mix(crm: Crm) -> None:
    """Concurrent tasks have separate batches, if the store allows two writers."""
    if "sqlite" in repr(crm._environment.store):
        pytest.skip("SQLite has one writer at a time")

    async def batch(name: str, *, fail: bool) -> None:
        with crm.batch():
            for number in range(3):
                crm.customers.create(f"{name} {number}")
                await asyncio.sleep(0)
            if fail:
                raise ZeroDivisionError

    async def main() -> Any:
        return await asyncio.gather(batch("A", fail=False), batch("B", fail=True), return_exceptions=True)

    outcomes = asyncio.run(main())

    assert [None, ZeroDivisionError] == [outcome and type(outcome) for outcome in outcomes]
    assert ["A 0", "A 1", "A 2"] == names(crm)


def test_batch_left_in_another_task_is_refused_and_rolled_back(crm: Crm) -> None:
    """A batch that is left in another task is rolled back with an error."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[None]:
        with crm.batch():
            crm.customers.create("Inside")
            yield

    async def main() -> None:
        context = opened()
        left = asyncio.Event()

        async def enter() -> None:
            await context.__aenter__()
            left.set()
            await asyncio.sleep(0.05)
            crm.customers.create("Who entered")

        entering = asyncio.create_task(enter())
        await left.wait()
        with pytest.raises(BusinessRuleError) as caught:
            await context.__aexit__(None, None, None)
        assert "batch_in_other_thread" == caught.value.rule
        await entering
        crm.customers.create("Who left")

    asyncio.run(main())

    assert ["Who entered", "Who left"] == names(crm)


def test_batch_left_in_another_thread_is_refused_and_rolled_back(crm: Crm) -> None:
    """A batch that is left in another thread is rolled back with an error."""

    @contextmanager
    def opened() -> Iterator[None]:
        with crm.batch():
            crm.customers.create("Inside")
            yield

    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        context = opened()
        first.submit(context.__enter__).result()
        with pytest.raises(BusinessRuleError) as caught:
            second.submit(context.__exit__, None, None, None).result()
        assert "batch_in_other_thread" == caught.value.rule
        for thread in (first, second):
            thread.submit(crm.customers.create, "Later").result()

    assert ["Later", "Later"] == names(crm)


def test_error_in_a_batch_left_elsewhere_goes_on_its_way(crm: Crm) -> None:
    """The error of the block is raised, also in another thread."""

    @contextmanager
    def opened() -> Iterator[None]:
        with crm.batch():
            yield

    context = opened()
    context.__enter__()
    with ThreadPoolExecutor(1) as thread:
        suppressed = thread.submit(context.__exit__, ZeroDivisionError, ZeroDivisionError(), None).result()
    crm.customers.create("Later")

    assert not suppressed
    assert ["Later"] == names(crm)


def test_batch_of_a_closed_generator_is_an_error(crm: Crm) -> None:
    """Closing a generator inside its batch rolls back, and raises an error."""

    def rows() -> Generator[str, None, None]:
        with crm.batch():
            for name in ("One", "Two"):
                crm.customers.create(name)
                yield name

    generator = rows()
    next(generator)
    crm.customers.create("The caller's, in the batch too")
    with pytest.raises(BusinessRuleError) as caught:
        generator.close()
    crm.customers.create("Later")

    assert "batch_abandoned" == caught.value.rule
    assert ["Later"] == names(crm)


def test_batch_of_a_generator_that_ends_is_stored(crm: Crm) -> None:
    """A generator that runs to its end commits its batch."""

    def rows() -> Generator[str, None, None]:
        with crm.batch():
            yield "before"
            for name in ("One", "Two"):
                crm.customers.create(name)
                yield name

    list(rows())
    unused = rows()
    next(unused)
    unused.close()

    assert ["One", "Two"] == names(crm)


def test_nested_generators_have_no_batch_in_a_batch(crm: Crm) -> None:
    """Two generators in one task cannot both have a batch."""

    def rows(name: str) -> Iterator[str]:
        with crm.batch():
            crm.customers.create(name)
            yield name

    first, second = rows("One"), rows("Two")
    next(first)
    with pytest.raises(BusinessRuleError) as caught:
        next(second)
    assert [] == list(first)

    assert "nested_batch" == caught.value.rule
    assert ["One"] == names(crm)


def test_batch_that_was_never_left_is_forgotten(crm: Crm) -> None:
    """A batch that was never left is rolled back and forgotten."""
    manager: Any = crm.batch()
    manager.__enter__()
    del manager
    gc.collect()
    crm.customers.create("Later")

    assert ["Later"] == names(crm)


def test_closed_batch_keeps_nothing_alive(crm: Crm) -> None:
    """A copied context does not keep the batch and its records in memory."""
    with crm.batch():
        crm.customers.create("Inside")
        copy = contextvars.copy_context()

    [kept] = [value for variable, value in copy.items() if variable.name == "crmcore_transaction"]
    assert kept.batch is None


def test_batch_around_an_event_loop_is_not_its_tasks_batch(crm: Crm) -> None:
    """Tasks of an event loop that runs inside a batch are refused."""

    async def main() -> None:
        crm.customers.create("Late")

    with crm.batch():
        crm.customers.create("Inside")
        with pytest.raises(BusinessRuleError, match="belongs to the thread or asyncio task"):
            asyncio.run(main())

    assert ["Inside"] == names(crm)
