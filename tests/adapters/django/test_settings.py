"""Required Django settings, and effects on Django's connections."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.migrations import Migration, RunPython
from django.db.migrations.state import ProjectState
from psycopg.types.string import TextLoader
from sqlalchemy import create_engine

from crmcore import Crm
from crmcore.adapters.django import DjangoStore
from crmcore.adapters.sql.dialects import row_level_security
from crmcore.adapters.sql.dialects.sqlite import prepare
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.errors import InvalidInputError, UnsafeEngineError
from tests.django_host import database, execute, project
from tests.servers import fresh_database


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[str]:
    """The URL of an empty database on a real PostgreSQL server."""
    with fresh_database(postgresql_url) as url:
        yield url


def problems(settings: dict[str, Any], **options: Any) -> str:
    """Return the problems that the first command reports."""
    with project(settings):
        store = DjangoStore(**options)
        store.create_tables()
        try:
            Crm(store).customers.create("Customer A")
        except UnsafeEngineError as refusal:
            return str(refusal)
        return ""


class TestSqlite:
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'crm.db'}"

    def test_the_options_of_the_refusal_are_enough(self, url: str) -> None:
        """Default Django settings are rejected with the OPTIONS to set.

        With these OPTIONS, the store works.
        """
        refused = problems({"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")})
        options = refused[refused.index("{") : refused.index("}") + 1]

        assert "DATABASES['default']['OPTIONS']" in refused
        assert "" == problems(database(url, **json.loads(options)))

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"transaction_mode": "DEFERRED"}, "DEFERRED"),
            ({"transaction_mode": None}, "DEFERRED"),
            ({"init_command": "PRAGMA synchronous=NORMAL"}, "power cut"),
            ({"init_command": "PRAGMA synchronous=OFF"}, "destroys the file"),
            ({"init_command": "PRAGMA journal_mode=OFF"}, "no journal"),
            ({"timeout": 0.5}, "busy_timeout"),
        ],
    )
    def test_settings_that_lose_writes_are_refused(self, url: str, options: dict[str, Any], words: str) -> None:
        """Settings that lose writes are rejected before anything is stored.

        The error names the problem and the solution.
        """
        refused = problems(database(url, **options))

        assert words in refused
        assert '"transaction_mode": "IMMEDIATE"' in refused

    def test_relaxed_durability_is_the_hosts_to_accept(self, url: str) -> None:
        """A host may accept that a power cut takes the last commits."""
        options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"}

        assert "" == problems(database(url, **options), durability="relaxed")

    def test_a_rollback_journal_is_safe(self, url: str) -> None:
        """A rollback journal is accepted."""
        assert "" == problems(database(url, init_command=""))

    @pytest.mark.parametrize("name", [":memory:", "file:shared?mode=memory&cache=shared"])
    def test_a_database_in_memory_is_taken(self, name: str) -> None:
        """Django's test databases are in memory and have one connection."""
        assert "" == problems({"ENGINE": "django.db.backends.sqlite3", "NAME": name})

    def test_manual_transactions_are_refused(self, url: str) -> None:
        """A SQLite connection without autocommit is rejected at any time.

        On it, Python's driver commits at each savepoint.
        """
        with project(database(url)):
            store = DjangoStore()
            store.create_tables()
            crm = Crm(store)
            crm.customers.create("Customer A")
            transaction.set_autocommit(False)
            with pytest.raises(UnsafeEngineError, match="autocommit"):
                crm.customers.create("Customer B")
            transaction.set_autocommit(True)

            assert ["Customer A"] == [customer.name for customer in crm.customers.search("customer")]

    def test_a_wall_is_refused(self, url: str) -> None:
        """Row-level security on SQLite is rejected."""
        with project(database(url)), pytest.raises(InvalidInputError, match="PostgreSQL"):
            Crm(DjangoStore(row_level_security=True)).customers.search("customer")

    def test_a_view_waits_for_no_writer(self, url: str) -> None:
        """A view outside a block takes no write lock.

        So it reads while another connection writes.
        """
        with project(database(url, timeout=5)):
            store = DjangoStore()
            store.create_tables()
            crm = Crm(store, max_attempts=1)
            crm.customers.create("Customer A")
            engine = prepare(create_engine(url))
            with engine.begin():
                found = crm.customers.search("customer")
            engine.dispose()

            assert 1 == len(found)
            assert "IMMEDIATE" == connection.transaction_mode

    def test_functions_of_django_stay(self, url: str) -> None:
        """SQL functions of Django on the connection are not replaced.

        SQLAlchemy registers SQL functions on connections that it opens.
        """
        with project(database(url)):
            store = DjangoStore()
            store.create_tables()
            Crm(store).customers.create("Customer A")
            with connection.cursor() as cursor:
                cursor.execute("SELECT NULL REGEXP 'a', 5 REGEXP '5'")

                assert (None, 1) == cursor.fetchone()


@pytest.mark.postgresql
class TestPostgresql:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"server_side_binding": True},
            {"isolation_level": 3},
            {"isolation_level": 4},
            {"prepare_threshold": 0},
            {"pool": True},
        ],
        ids=str,
    )
    def test_djangos_options_work(self, postgresql: str, options: dict[str, Any]) -> None:
        """Every setting of cursors, pools and isolation levels works."""
        assert "" == problems(database(postgresql, **options))

    def test_a_lazy_commit_is_refused(self, postgresql: str) -> None:
        """A connection without synchronous commit is rejected with the solution."""
        refused = problems(database(postgresql, options="-c synchronous_commit=off"))

        assert "synchronous_commit" in refused
        assert "DATABASES['default']['OPTIONS']" in refused
        assert "" == problems(database(postgresql, options="-c synchronous_commit=off"), durability="relaxed")

    @pytest.mark.parametrize("zone", ["Europe/Riga", "America/New_York"])
    def test_instants_are_the_same_in_every_zone(self, postgresql: str, zone: str) -> None:
        """Django's time zone settings do not change timestamps."""
        with project(database(postgresql), TIME_ZONE=zone, USE_TZ=False):
            store = DjangoStore()
            store.create_tables()
            added = Crm(store).customers.create("Customer A")

            assert added == Crm(store).customers.get(added.id)

    def test_loaders_of_the_hosts_change_nothing(self, postgresql: str) -> None:
        """Type loaders that the host registers for psycopg apply to the host only."""
        with project(database(postgresql)):
            connection.ensure_connection()
            connection.connection.adapters.register_loader("uuid", TextLoader)
            store = DjangoStore()
            store.create_tables()
            added = Crm(store).customers.create("Customer A")

            assert added == Crm(store).customers.get(added.id)

    def test_manual_transactions_are_joined(self, postgresql: str) -> None:
        """With manual commits of the host, commands wait for its commit."""
        with project(database(postgresql)):
            store = DjangoStore()
            store.create_tables()
            crm = Crm(store)
            transaction.set_autocommit(False)
            crm.customers.create("Customer A")
            joined = store.is_joined
            transaction.rollback()
            crm.customers.create("Customer B")
            transaction.commit()
            transaction.set_autocommit(True)

            assert (True, False) == (joined, store.is_joined)
            assert ["Customer B"] == [customer.name for customer in crm.customers.search("customer")]

    def test_a_wall_stands(self, postgresql: str) -> None:
        """With row-level security, each command sets its tenant.

        This holds inside a block and outside.
        """
        with project(database(postgresql)):
            store = DjangoStore(row_level_security=True)
            store.create_tables()
            for statement in row_level_security.row_level_security_statements(store.schema.tables):
                execute(statement.replace("%", "%%"))
            execute("CREATE ROLE django_worker")
            execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO django_worker")
            crm = Crm(store)
            execute("SET ROLE django_worker")
            crm.for_tenant("one").customers.create("Customer A")
            with transaction.atomic():
                crm.for_tenant("two").customers.create("Customer B")
                crm.for_tenant("one").customers.create("Customer C")
            unwalled = Crm(DjangoStore(), tenant="one").customers.search("customer")
            walled = crm.for_tenant("one").customers.search("customer")
            execute("RESET ROLE")
            execute("DROP OWNED BY django_worker")
            execute("DROP ROLE django_worker")

            assert (0, 2) == (len(unwalled), len(walled))


class TestTables:
    @pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / 'crm.db'}"
        return str(request.getfixturevalue("postgresql"))

    def test_a_migration_creates_them(self, url: str) -> None:
        """A migration of the host creates the tables, and may run twice.

        A failed migration leaves no tables.
        """

        def create(apps: Any, editor: Any) -> None:
            DjangoStore(editor.connection.alias).create_tables()

        def fail(apps: Any, editor: Any) -> None:
            raise RuntimeError

        def apply(*operations: Any) -> int:
            migration = Migration("0001_crm", "shop")
            migration.operations = [RunPython(one) for one in operations]
            with connection.schema_editor(atomic=True) as editor:
                migration.apply(ProjectState(), editor)
            return len([name for name in connection.introspection.table_names() if name.startswith("crm_")])

        with project(database(url)):
            with pytest.raises(RuntimeError):
                apply(create, fail)
            before = [name for name in connection.introspection.table_names() if name.startswith("crm_")]
            created = apply(create)

            assert ([], created) == (before, apply(create))
            assert created > 10
            assert Crm(DjangoStore()).customers.create("Customer A").name == "Customer A"

    def test_other_prefixes_and_aliases(self, url: str, tmp_path: Path) -> None:
        """Two databases and two schemas are independent.

        A block belongs to one database only.
        """
        other = database(f"sqlite:///{tmp_path / 'other.db'}")
        schema = make_schema(prefix="sales_")
        with project(database(url), databases={"other": other}):
            first, second, third = DjangoStore(), DjangoStore(schema=schema), DjangoStore("other")
            for store in (first, second, third):
                store.create_tables()
            with transaction.atomic(using="other"):
                Crm(third).customers.create("Customer A")
                joined = [store.is_joined for store in (first, second, third)]
                Crm(second).customers.create("Customer B")
                transaction.set_rollback(True, using="other")
            found = [len(Crm(store).customers.search("customer")) for store in (first, second, third)]

            assert ([False, False, True], [0, 1, 0]) == (joined, found)
            assert DjangoStore() == first != second
            assert len({first, DjangoStore(), third}) == 2
            assert "DjangoStore('other')" == repr(third)
            connections["other"].close()


def test_another_database_is_refused(tmp_path: Path) -> None:
    """Databases other than SQLite and PostgreSQL are rejected by name.

    There is no connection attempt.
    """
    with project(database(f"sqlite:///{tmp_path / 'crm.db'}")):
        connection.vendor, vendor = "mysql", connection.vendor
        try:
            with pytest.raises(InvalidInputError, match="mysql"):
                Crm(DjangoStore()).customers.create("Customer A")
        finally:
            connection.vendor = vendor

        assert connection.connection is None
