"""Django rows and crmcore records commit and roll back together.

This holds for `atomic`, for savepoints, and for single commands.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction

from crmcore import Crm, RecordingNotifier
from crmcore.adapters.django import DjangoStore, deliver_on_commit
from crmcore.errors import (
    BusinessRuleError,
    CrmError,
    DatabaseBusyError,
    DuplicateKeyError,
    InvalidInputError,
    StoreError,
)
from crmcore.ports import Store
from crmcore.testing.contract.suite import StoreContract
from tests.django_host import close_connections, database, execute, make_orders, order, orders, project
from tests.servers import fresh_database


class HostError(Exception):
    """An error of the host."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def host(request: pytest.FixtureRequest) -> Iterator[str]:
    """A Django project on each database, with tables of Django and crmcore.

    Yields:
        The database's vendor.
    """
    url = request.getfixturevalue(f"{request.param}_url")
    if request.param == "sqlite":
        yield from prepared(url)
        return
    with fresh_database(url) as fresh:
        yield from prepared(fresh)


def prepared(url: str) -> Iterator[str]:
    """Open the project, and create the tables."""
    with project(database(url)):
        DjangoStore().create_tables()
        make_orders()
        yield connection.vendor


@pytest.fixture
def crm(host: str) -> Crm:
    """A Crm on Django's default database."""
    return Crm(DjangoStore(), region="LV")


def names(crm: Crm) -> set[str]:
    """Return the names of crmcore's records."""
    return {customer.name for customer in crm.customers.search("customer", limit=1000)}


def add(crm: Crm, name: str, **facts: Any) -> str:
    """Write a Django row and a crmcore record."""
    order(name)
    return crm.customers.create(f"Customer {name}", **facts).id


class TestAtomic:
    def test_a_commit_stores_both(self, crm: Crm) -> None:
        """After a block, other connections see the changes of both sides."""
        with transaction.atomic():
            add(crm, "A")
        close_connections()

        assert ({"A"}, {"Customer A"}) == (orders(), names(crm))

    def test_a_rollback_stores_neither(self, crm: Crm) -> None:
        """A block left by an error stores neither side."""
        with pytest.raises(HostError), transaction.atomic():
            add(crm, "A")
            raise HostError

        assert (set(), set()) == (orders(), names(crm))

    def test_set_rollback_stores_neither(self, crm: Crm) -> None:
        """A block that the host marks for rollback stores neither side."""
        with transaction.atomic():
            add(crm, "A")
            transaction.set_rollback(True)

        assert (set(), set()) == (orders(), names(crm))

    def test_an_inner_rollback_undoes_the_inner_part_alone(self, crm: Crm) -> None:
        """Rolling back a savepoint of the host undoes both sides up to it."""
        with transaction.atomic():
            add(crm, "A")
            with pytest.raises(HostError), transaction.atomic():
                add(crm, "B")
                raise HostError
            add(crm, "C")

        assert ({"A", "C"}, {"Customer A", "Customer C"}) == (orders(), names(crm))

    def test_an_outer_rollback_undoes_inner_commits(self, crm: Crm) -> None:
        """A released savepoint does not outlive the rollback of the transaction."""
        with pytest.raises(HostError), transaction.atomic():
            with transaction.atomic():
                add(crm, "A")
            raise HostError

        assert (set(), set()) == (orders(), names(crm))

    def test_an_inner_block_without_savepoint_takes_all_along(self, crm: Crm) -> None:
        """Without a savepoint, an inner error rolls back the whole block.

        This covers both sides.
        """
        with transaction.atomic():
            add(crm, "A")
            with pytest.raises(HostError), transaction.atomic(savepoint=False):
                add(crm, "B")
                raise HostError

        assert (set(), set()) == (orders(), names(crm))

    def test_savepoints_by_hand(self, crm: Crm) -> None:
        """A manual savepoint of the host rolls back both sides."""
        with transaction.atomic():
            add(crm, "A")
            execute("SAVEPOINT mine")
            add(crm, "B")
            execute("ROLLBACK TO SAVEPOINT mine")

        assert ({"A"}, {"Customer A"}) == (orders(), names(crm))

    def test_without_a_block_each_command_is_a_transaction(self, crm: Crm) -> None:
        """In autocommit mode, a command is committed when it returns.

        The connection stays in autocommit mode.
        """
        add(crm, "A")
        close_connections()
        with pytest.raises(HostError):
            add(crm, "B")
            raise HostError

        assert ({"A", "B"}, {"Customer A", "Customer B"}) == (orders(), names(crm))
        assert (True, False) == (connection.get_autocommit(), connection.in_atomic_block)

    def test_a_block_reads_what_it_has_written(self, crm: Crm) -> None:
        """Views in a block see its changes; other connections do not."""
        seen = []

        def look() -> None:
            seen.append(names(crm))
            close_connections()

        with transaction.atomic():
            add(crm, "A")
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            own = names(crm)

        assert [{"Customer A"}, set()] == [own, *seen]


class TestErrors:
    def test_a_refused_command_undoes_only_itself(self, crm: Crm) -> None:
        """After an error that the host catches, its block can be committed."""
        with transaction.atomic():
            add(crm, "A", phone="2000 0000")
            with pytest.raises(DuplicateKeyError):
                crm.customers.create("Customer B", phone="2000 0000")
            add(crm, "C")

        assert ({"A", "C"}, {"Customer A", "Customer C"}) == (orders(), names(crm))

    def test_a_command_that_the_database_refused_undoes_only_itself(self, crm: Crm) -> None:
        """A statement that fails on the server does not break the host's block."""
        table = DjangoStore().schema.events_table.name
        with transaction.atomic():
            add(crm, "A")
            execute(f"ALTER TABLE {table} RENAME TO hidden")
            with pytest.raises(StoreError):
                crm.customers.create("Customer B")
            execute(f"ALTER TABLE hidden RENAME TO {table}")
            add(crm, "C")

        assert ({"A", "C"}, {"Customer A", "Customer C"}) == (orders(), names(crm))

    def test_a_view_that_the_database_refused_undoes_nothing(self, crm: Crm) -> None:
        """A SELECT that fails on the server does not abort the host's block."""
        table = next(table.name for table in DjangoStore().schema.tables if table.name.endswith("customers"))
        with transaction.atomic():
            add(crm, "A")
            execute(f"ALTER TABLE {table} RENAME TO hidden")
            with pytest.raises(StoreError):
                crm.customers.search("customer")
            execute(f"ALTER TABLE hidden RENAME TO {table}")
            add(crm, "B")

        assert ({"A", "B"}, {"Customer A", "Customer B"}) == (orders(), names(crm))

    def test_an_error_that_leaves_the_block_undoes_both(self, crm: Crm) -> None:
        """An error that the host does not catch rolls its block back."""
        with pytest.raises(DuplicateKeyError), transaction.atomic():
            add(crm, "A", phone="2000 0000")
            add(crm, "B", phone="2000 0000")

        assert (set(), set()) == (orders(), names(crm))

    def test_a_broken_block_is_refused(self, crm: Crm) -> None:
        """A block that Django can only roll back rejects commands."""
        order("A")
        with transaction.atomic():
            with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
                order("A")
            with pytest.raises(StoreError):
                crm.customers.create("Customer B")

        assert ({"A"}, set()) == (orders(), names(crm))

    @pytest.mark.parametrize("marked", [True, False])
    def test_a_batch_with_a_caught_database_error_is_refused(self, crm: Crm, *, marked: bool) -> None:
        """A batch in an aborted transaction raises an error at its end.

        A statement of the host has aborted the transaction.
        """
        order("A")

        def batch() -> None:
            with crm.batch():
                crm.customers.create("Customer B")
                names(crm)  # writes what the batch holds
                with pytest.raises(IntegrityError):
                    if marked:
                        with transaction.atomic(savepoint=False):
                            order("A")
                    else:
                        order("A")

        if marked or connection.vendor == "postgresql":
            with pytest.raises(StoreError):
                batch()
            assert ({"A"}, set()) == (orders(), names(crm))
        else:  # SQLite undoes the statement alone
            batch()
            assert ({"A"}, {"Customer B"}) == (orders(), names(crm))

    def test_a_conflict_is_tried_again_inside_the_block(self, crm: Crm) -> None:
        """Two concurrent blocks that change one record are both stored.

        On PostgreSQL, the second one is retried from its savepoint.
        """
        anna = crm.customers.create("Customer Anna")
        changed = threading.Event()

        def change(name: str) -> None:
            if name == "B":
                changed.wait(10)
            with transaction.atomic():
                order(name)
                crm.customers.rename(anna.id, f"Customer {name}")
                if name == "A":
                    changed.set()
                    time.sleep(0.3)  # the other one reads the old version, and waits for the record
            close_connections()

        run_threads(change, "A", "B")

        assert ({"A", "B"}, {"Customer B"}) == (orders(), names(crm))
        assert 3 == crm.customers.get(anna.id).version


class TestThreads:
    def test_no_row_is_lost_between_threads(self, crm: Crm) -> None:
        """Committed blocks are stored; blocks left by an error are not."""

        def work(name: str) -> None:
            for number in range(10):
                with transaction.atomic():
                    add(crm, f"{name}{number}")
                    transaction.set_rollback(number % 3 == 0)
            close_connections()

        run_threads(work, "A", "B", "C", "D")
        expected = {f"{name}{number}" for name in "ABCD" for number in range(10) if number % 3}

        assert (expected, {f"Customer {name}" for name in expected}) == (orders(), names(crm))

    def test_a_closed_connection_is_opened_again(self, crm: Crm) -> None:
        """A command reopens a connection that Django closed after a request."""
        add(crm, "A")
        connections.close_all()
        add(crm, "B")
        connection.close()

        assert {"Customer A", "Customer B"} == names(crm)

    def test_a_connection_closed_inside_a_block_stores_nothing(self, crm: Crm) -> None:
        """After the host closes its connection in a block, commands fail.

        Changes of both sides are lost.
        """
        with transaction.atomic():
            add(crm, "A")
            connection.close()
            with pytest.raises(StoreError):
                crm.customers.create("Customer B")

        assert (set(), set()) == (orders(), names(crm))


@pytest.mark.postgresql
class TestLostConnections:
    @pytest.fixture(autouse=True)
    def _project(self, postgresql_url: str) -> Iterator[None]:
        with fresh_database(postgresql_url) as fresh:
            yield from (None for _ in prepared(fresh))

    def end_session(self) -> None:
        """Have the server end the session of this thread's connection."""
        number = connection.connection.info.backend_pid

        def end() -> None:
            execute("SELECT pg_terminate_backend(%s, 5000)", number)
            close_connections()

        run_threads(lambda _: end(), "")

    def test_a_command_is_run_again_on_a_new_connection(self) -> None:
        """No command fails when the server ends an idle persistent connection."""
        crm = Crm(DjangoStore())
        crm.customers.create("Customer A")
        self.end_session()
        crm.customers.create("Customer B")

        assert {"Customer A", "Customer B"} == names(crm)

    def test_a_view_is_run_again_on_a_new_connection(self) -> None:
        """No view fails when the server ends an idle persistent connection."""
        crm = Crm(DjangoStore())
        crm.customers.create("Customer A")
        self.end_session()

        assert {"Customer A"} == names(crm)

    def test_a_block_on_a_lost_connection_stores_neither(self) -> None:
        """After a lost connection, commands and the end of the block fail."""
        crm = Crm(DjangoStore())
        with pytest.raises(OperationalError), transaction.atomic():
            add(crm, "A")
            self.end_session()
            with pytest.raises(CrmError):
                crm.customers.create("Customer B")
            with pytest.raises(DatabaseError):
                order("C")

        assert (set(), set()) == (orders(), names(crm))
        add(crm, "D")
        assert ({"D"}, {"Customer D"}) == (orders(), names(crm))

    def test_the_server_is_away(self) -> None:
        """A database that cannot be reached raises an error of crmcore."""
        crm = Crm(DjangoStore(), max_attempts=1)
        connection.close()
        connection.settings_dict["PORT"] = "1"
        connection.settings_dict["HOST"] = "127.0.0.1"

        with pytest.raises(DatabaseBusyError):
            crm.customers.create("Customer A")


class TestBatches:
    def test_a_batch_is_one_transaction(self, crm: Crm) -> None:
        """A batch commits all commands and rows of the host, or none."""
        with crm.batch():
            add(crm, "A")
            add(crm, "B")
        with pytest.raises(HostError), crm.batch():
            add(crm, "C")
            raise HostError

        assert ({"A", "B"}, {"Customer A", "Customer B"}) == (orders(), names(crm))

    def test_a_batch_inside_a_block_goes_with_the_block(self, crm: Crm) -> None:
        """A batch that has ended inside a block is rolled back with it."""
        with pytest.raises(HostError), transaction.atomic():
            with crm.batch():
                add(crm, "A")
            raise HostError

        assert (set(), set()) == (orders(), names(crm))

    def test_a_command_in_a_block_inside_a_batch_is_refused(self, crm: Crm) -> None:
        """A command in an inner block of a batch is rejected.

        Buffered writes could neither be undone with the inner block nor survive it.
        """
        with crm.batch():
            crm.customers.create("Customer A")
            with pytest.raises(BusinessRuleError, match="savepoint"), transaction.atomic():
                crm.customers.create("Customer B")
            with transaction.atomic():
                order("C")

        assert ({"C"}, {"Customer A"}) == (orders(), names(crm))

    def test_the_inbox_takes_a_message_with_the_block(self, crm: Crm) -> None:
        """An inbox message of a rolled-back block can be received again."""

        def take() -> Any:
            return crm.inbox.process("shop", "1", lambda: crm.customers.create("Customer A"))

        with pytest.raises(HostError), transaction.atomic():
            take()
            raise HostError
        first, second = take(), take()

        assert ["applied", "duplicate"] == [first.value, second.value]
        assert {"Customer A"} == names(crm)


class TestDelivery:
    @pytest.fixture
    def sent(self) -> RecordingNotifier:
        return RecordingNotifier()

    @pytest.fixture
    def crm(self, host: str, sent: RecordingNotifier) -> Crm:
        return Crm(DjangoStore(), notifiers={"email": sent})

    def queue(self, crm: Crm, text: str) -> None:
        """Queue a message, to be sent after the commit."""
        crm.outbox.queue("notice", address="a@shop.example", variables={"text": text})
        deliver_on_commit(crm)

    def test_letters_leave_once_after_the_commit(self, crm: Crm, sent: RecordingNotifier) -> None:
        """Messages are sent after the block, each of them once."""
        with transaction.atomic():
            self.queue(crm, "one")
            self.queue(crm, "two")
            before = len(sent.messages)

        assert (0, 2) == (before, len(sent.messages))
        assert 0 == crm.deliver().sent

    def test_nothing_leaves_after_a_rollback(self, crm: Crm, sent: RecordingNotifier) -> None:
        """Messages of rolled-back blocks and inner blocks are not sent."""
        with pytest.raises(HostError), transaction.atomic():
            self.queue(crm, "lost")
            raise HostError
        with transaction.atomic():
            self.queue(crm, "kept")
            with pytest.raises(HostError), transaction.atomic():
                self.queue(crm, "lost")
                raise HostError

        assert 1 == len(sent.messages)

    def test_without_a_block_letters_leave_at_once(self, crm: Crm, sent: RecordingNotifier) -> None:
        """In autocommit mode there is no commit to wait for."""
        self.queue(crm, "one")

        assert 1 == len(sent.messages)

    def test_after_a_batch(self, crm: Crm, sent: RecordingNotifier) -> None:
        """The commit of a batch is the commit of its block."""
        with crm.batch():
            self.queue(crm, "one")
            before = len(sent.messages)

        assert (0, 1) == (before, len(sent.messages))

    def test_an_error_of_the_delivery_does_not_reach_the_request(
        self, crm: Crm, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An error after the commit is logged and not raised."""
        with transaction.atomic():
            crm.customers.create("Customer A")
            deliver_on_commit(crm, limit=-1)

        assert {"Customer A"} == names(crm)
        assert "deliver" in caplog.text

    def test_a_batch_reports_the_error_of_a_callback_as_it_is(self, crm: Crm) -> None:
        """An error after the commit is not translated as an error of the commit."""

        def fail() -> None:
            with pytest.raises(IntegrityError):
                order("A")
            order("A")

        order("A")
        with pytest.raises(IntegrityError), crm.batch():
            crm.customers.create("Customer A")
            transaction.on_commit(fail)

        assert {"Customer A"} == names(crm)

    def test_threads_send_each_letter_once(self, crm: Crm, sent: RecordingNotifier) -> None:
        """Deliveries in several threads send each message once."""
        for number in range(30):
            crm.outbox.queue("notice", address="a@shop.example", variables={"text": f"number {number}"})

        def deliver(_: str) -> None:
            crm.deliver()
            close_connections()

        run_threads(deliver, "A", "B", "C")
        crm.deliver()

        assert (30, 30) == (len(sent.messages), len({letter.id for letter in sent.messages}))

    def test_a_delivery_inside_a_block_is_refused(self, crm: Crm, sent: RecordingNotifier) -> None:
        """Delivery in a block is rejected: sent messages cannot be rolled back."""
        crm.outbox.queue("notice", address="a@shop.example", variables={"text": "one"})
        with transaction.atomic():
            for action in (crm.deliver, crm.outbox.run, crm.feed.read):
                with pytest.raises(BusinessRuleError, match="not committed yet"):
                    action()

        assert 0 == len(sent.messages)

    def test_another_store_is_refused(self, host: str) -> None:
        """Stores other than `DjangoStore` are rejected."""
        with pytest.raises(InvalidInputError, match="DjangoStore"):
            deliver_on_commit(Crm())


def run_threads(work: Any, *arguments: str) -> None:
    """Run a function in a thread for each argument."""
    threads = [threading.Thread(target=work, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class DjangoContract(StoreContract):
    """The store contract over Django's connections.

    Django has one connection per thread, so that concurrency is tested with threads.
    """

    capabilities = frozenset({"aggregate", "batch", "threads"})

    def make_store(self) -> Store:
        store = DjangoStore()
        store.create_tables()
        for table in store.schema.tables:
            execute(f"DELETE FROM {table.name}")
        return store


class TestSqliteContract(DjangoContract):
    @pytest.fixture(autouse=True)
    def _project(self, tmp_path: Path) -> Iterator[None]:
        with project(database(f"sqlite:///{tmp_path / 'crm.db'}")):
            yield


@pytest.mark.postgresql
class TestPostgresqlContract(DjangoContract):
    @pytest.fixture(autouse=True)
    def _project(self, contract_url: str) -> Iterator[None]:
        with project(database(contract_url)):
            yield


@pytest.fixture(scope="module")
def contract_url(postgresql_url: str) -> Iterator[str]:
    """The URL of a database on PostgreSQL for the whole contract."""
    with fresh_database(postgresql_url) as fresh:
        yield fresh
