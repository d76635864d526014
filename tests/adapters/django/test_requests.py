"""Django requests, asynchronous views and test cases."""

import asyncio
import io
import sys
import unittest
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, TestCase, TransactionTestCase
from django.urls import clear_url_caches, path

from crmcore import Crm, CrmError, RecordingNotifier
from crmcore.adapters.django import DjangoStore, deliver_on_commit
from crmcore.errors import BusinessRuleError
from tests.django_host import close_connections, database, make_orders, order, orders, project
from tests.servers import fresh_database

URLS = "tests_of_django_urls"
sent = RecordingNotifier()
crm = Crm(DjangoStore(), notifiers={"email": sent})
"""One for the whole project, as a host has it."""


def both(request: HttpRequest) -> HttpResponse:
    """Write rows of Django and crmcore, and queue a message."""
    order(request.GET["name"])
    crm.customers.create(f"Customer {request.GET['name']}", phone=request.GET.get("phone"))
    crm.outbox.queue("notice", address="a@shop.example", variables={"text": request.GET["name"]})
    deliver_on_commit(crm)
    if "fail" in request.GET:
        raise RuntimeError
    return HttpResponse()


def keyed(request: HttpRequest) -> HttpResponse:
    """Run a command with the key of its form."""
    crm.customers.create(f"Customer {request.GET['name']}", idempotency_key=request.GET["key"])
    return HttpResponse()


def caught(request: HttpRequest) -> HttpResponse:
    """Catch an error of a command, and keep the rows written before."""
    order(request.GET["name"])
    try:
        crm.customers.create("Customer again", phone=request.GET["phone"])
    except CrmError as error:
        return HttpResponse(status=error.status)
    return HttpResponse()


async def asynchronous(request: HttpRequest) -> HttpResponse:
    """Write rows of Django and crmcore in a thread of Django."""
    await sync_to_async(transaction.atomic(both))(request)
    return HttpResponse()


async def blocking(request: HttpRequest) -> HttpResponse:
    """Call crmcore in the event loop."""
    with pytest.raises(SynchronousOnlyOperation):
        crm.customers.create("Customer A")
    return HttpResponse()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], autouse=True)
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project with ATOMIC_REQUESTS, except for asynchronous views."""
    urls: Any = ModuleType(URLS)
    urls.urlpatterns = [
        path("both", both),
        path("keyed", keyed),
        path("caught", caught),
        path("asynchronous", transaction.non_atomic_requests(asynchronous)),
        path("blocking", transaction.non_atomic_requests(blocking)),
    ]
    monkeypatch.setitem(sys.modules, URLS, urls)
    clear_url_caches()
    sent.messages.clear()
    url = request.getfixturevalue(f"{request.param}_url")
    if request.param == "sqlite":
        yield from prepared(url)
        return
    with fresh_database(url) as fresh:
        yield from prepared(fresh)


def prepared(url: str) -> Iterator[None]:
    """Open the project, and create the tables."""
    with project(database(url) | {"ATOMIC_REQUESTS": True}, ROOT_URLCONF=URLS, ALLOWED_HOSTS=["testserver"]):
        DjangoStore().create_tables()
        make_orders()
        yield


def stored() -> tuple[set[str], set[str], int]:
    """Count the rows of Django and crmcore, and the sent messages."""
    names = {customer.name.removeprefix("Customer ") for customer in crm.customers.search("customer")}
    return orders(), names, len(sent.messages)


class TestRequests:
    def test_an_answered_request_stores_both_and_sends(self) -> None:
        """With ATOMIC_REQUESTS, a view stores rows of Django and crmcore.

        Its message is sent after the commit.
        """
        assert 200 == Client().get("/both", {"name": "A"}).status_code
        assert ({"A"}, {"A"}, 1) == stored()

    def test_a_failed_request_stores_neither_and_sends_nothing(self) -> None:
        """A view that raises stores nothing and sends nothing."""
        client = Client(raise_request_exception=False)

        assert 500 == client.get("/both", {"name": "A", "fail": "yes"}).status_code
        assert (set(), set(), 0) == stored()

    def test_a_caught_refusal_is_an_answer(self) -> None:
        """An error that the view catches undoes only the command."""
        Client().get("/both", {"name": "A", "phone": "+37120000000"})

        assert 409 == Client().get("/caught", {"name": "B", "phone": "+37120000000"}).status_code
        assert ({"A", "B"}, {"A"}, 1) == stored()

    def test_a_request_that_comes_twice_takes_effect_once(self) -> None:
        """A repeated idempotency key returns the stored result in all requests."""
        for _ in range(2):
            Client().get("/keyed", {"name": "A", "key": "form 1"})

        assert (set(), {"A"}, 0) == stored()


class TestAsynchronous:
    def test_a_view_lets_a_thread_do_it(self) -> None:
        """`sync_to_async` of a function with its own block stores both."""

        async def get() -> Any:
            response = await AsyncClient().get("/asynchronous", {"name": "A"})
            await sync_to_async(close_connections)()  # those of the thread
            return response.status_code

        assert 200 == asyncio.run(get())
        assert ({"A"}, {"A"}, 1) == stored()

    def test_the_event_loop_is_never_blocked(self) -> None:
        """Django rejects a command in the event loop, as it rejects queries."""

        async def get() -> Any:
            return (await AsyncClient().get("/blocking")).status_code

        assert 200 == asyncio.run(get())
        assert (set(), set(), 0) == stored()


class TestTestCases:
    def test_a_test_case_forgets_both_and_may_deliver(self) -> None:
        """Each test of a TestCase sees the fixtures of its class and may deliver.

        Its changes are rolled back.
        """

        class Shop(TestCase):  # type: ignore[misc]  # Django brings no types
            @classmethod
            def setUpTestData(cls) -> None:
                crm.customers.create("Customer Fixture")

            def test_one(self) -> None:
                self.work("A")

            def test_two(self) -> None:
                self.work("B")

            def work(self, name: str) -> None:
                before = len(sent.messages)
                with self.captureOnCommitCallbacks(execute=True) as callbacks, transaction.atomic():
                    order(name)
                    crm.customers.create(f"Customer {name}")
                    crm.outbox.queue("notice", address="a@shop.example", variables={"text": name})
                    deliver_on_commit(crm)
                    with pytest.raises(BusinessRuleError):
                        crm.deliver()
                assert (1, before + 1) == (len(callbacks), len(sent.messages))
                assert ({name}, {"Fixture", name}, before + 1) == stored()

        assert "" == run(Shop)
        assert (set(), set(), 2) == stored()

    def test_a_transaction_test_case_leaves_crmcores_rows(self) -> None:
        """Django flushes the tables of its models only.

        A separate tenant per test isolates tests.
        """

        class Shop(TransactionTestCase):  # type: ignore[misc]  # Django brings no types
            def test_one(self) -> None:
                self.work()

            def test_two(self) -> None:
                self.work()

            def work(self) -> None:
                here = crm.for_tenant(self.id().rpartition(".")[2])
                with transaction.atomic():
                    here.customers.create("Customer A")
                    here.outbox.queue("notice", address="a@shop.example", variables={"text": "one"})
                    deliver_on_commit(here)
                assert 1 == len(here.customers.search("customer"))

        assert "" == run(Shop)
        assert 2 == len(sent.messages)


def run(case: Any) -> str:
    """Run a Django test case, and return its failures."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    result = unittest.TextTestRunner(io.StringIO()).run(suite)
    assert result.testsRun == 2
    return "".join(trace for _, trace in [*result.failures, *result.errors])
