"""What PostgreSQL does for many tenants: partitions keep every promise of a store, and so does the wall of row-level security."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, make_url

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.dialects import row_level_security
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.errors import InvalidInputError, StoreError
from crmcore.ports import Store
from crmcore.testing.contract.suite import StoreContract
from tests.adapters.test_store_contract import truncate_tables

PARTITIONED_SCHEMA = make_schema(prefix="divided_", tenant_partitions=2)
RLS_SCHEMA = make_schema(prefix="walled_")


@pytest.mark.postgresql
class TestPartitionedStore(StoreContract):
    """Every table in two partitions, by a hash of the tenant."""

    @pytest.fixture(autouse=True)
    def _url(self, postgresql_url: str) -> None:
        self._engine = make_engine(postgresql_url)

    def make_store(self) -> Store:
        store = SqlStore(self._engine, schema=PARTITIONED_SCHEMA)
        store.create_tables()
        truncate_tables(store)
        return store

    def test_tenant_rows_are_in_one_partition(self, store: SqlStore) -> None:
        """The rows of a tenant lie in one partition of each table, and a statement looks into no other."""
        for tenant in ("anna", "berta", "carla", "dora"):
            Crm(store, tenant=tenant).customers.create("Jānis")
        with store.engine.begin() as connection:
            counts = [
                connection.exec_driver_sql(f"SELECT count(DISTINCT tenant) FROM divided_customers_p{place}").scalar()
                for place in range(2)
            ]
            plan = connection.exec_driver_sql(
                "EXPLAIN SELECT * FROM divided_customers WHERE tenant = 'anna' AND id = gen_random_uuid()"
            ).fetchall()

        assert sum(count or 0 for count in counts) == 4
        assert all(counts)
        assert 1 == len({word for line in plan for word in line[0].split() if word.startswith("divided_customers_p")})


@pytest.fixture(scope="module")
def rls_url(postgresql_url: str) -> Iterator[str]:
    """The URL of a role that owns nothing, on a database whose tables are walled."""
    owner = make_engine(postgresql_url)
    SqlStore(owner, schema=RLS_SCHEMA).create_tables()
    with owner.begin() as connection:
        row_level_security.enable_row_level_security(connection, RLS_SCHEMA.tables)
        row_level_security.enable_row_level_security(
            connection, RLS_SCHEMA.tables
        )  # and once more, which changes nothing
        connection.exec_driver_sql("CREATE ROLE crm_worker LOGIN")
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO crm_worker")
        for table in RLS_SCHEMA.tables:
            connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO crm_worker")
    yield make_url(postgresql_url).set(username="crm_worker").render_as_string(hide_password=False)
    with owner.begin() as connection:
        RLS_SCHEMA.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP OWNED BY crm_worker")
        connection.exec_driver_sql("DROP ROLE crm_worker")
    owner.dispose()


@pytest.mark.postgresql
class TestRowLevelSecurityStore(StoreContract):
    """Row-level security, forced, and a role that owns nothing."""

    @pytest.fixture(autouse=True)
    def _url(self, rls_url: str, postgresql_url: str) -> Iterator[None]:
        self._engine = make_engine(rls_url)
        owner = make_engine(postgresql_url)
        truncate_tables(SqlStore(owner, schema=RLS_SCHEMA))
        yield
        owner.dispose()

    def make_store(self) -> Store:
        return SqlStore(self._engine, schema=RLS_SCHEMA, row_level_security=True)


@pytest.mark.postgresql
class TestRowLevelSecurity:
    @pytest.fixture
    def engine(self, rls_url: str) -> Iterator[Engine]:
        """An engine of the role that owns nothing."""
        engine = make_engine(rls_url)
        yield engine
        engine.dispose()

    def test_statement_without_tenant_filter_sees_one_tenant(self, engine: Engine) -> None:
        """A statement without a tenant condition reads and changes only rows of its tenant; a session without a tenant sees none."""
        store = SqlStore(engine, schema=RLS_SCHEMA, row_level_security=True)
        for tenant in ("ours", "theirs"):
            Crm(store, tenant=tenant).customers.create("Jānis")

        def visible_rows(tenant: str | None) -> list[Any]:
            with engine.begin() as connection:
                if tenant:
                    connection.exec_driver_sql(row_level_security.SET_TENANT_SQL, (tenant,))
                connection.exec_driver_sql("UPDATE walled_customers SET note = 'seen'")
                return list(connection.exec_driver_sql("SELECT tenant FROM walled_customers").scalars())

        assert ["ours"] == visible_rows("ours")
        assert visible_rows(None) == []
        with engine.begin() as connection:
            connection.exec_driver_sql(row_level_security.SET_TENANT_SQL, ("theirs",))
            notes = list(connection.exec_driver_sql("SELECT note FROM walled_customers").scalars())
        assert notes == [""]

    def test_row_of_other_tenant_cannot_be_written(self, engine: Engine) -> None:
        """A row cannot be inserted for another tenant or moved to it."""
        store = SqlStore(engine, schema=RLS_SCHEMA, row_level_security=True)
        Crm(store, tenant="movers").customers.create("Jānis")
        with (
            pytest.raises(Exception, match="row-level security"),
            engine.begin() as connection,
        ):
            connection.exec_driver_sql(row_level_security.SET_TENANT_SQL, ("movers",))
            connection.exec_driver_sql("UPDATE walled_customers SET tenant = 'others'")

    def test_store_without_tenant_setting_sees_nothing(self, engine: Engine) -> None:
        """Behind the wall, a store without `walled=True` reads nothing and writes nothing; it does not see all."""
        Crm(SqlStore(engine, schema=RLS_SCHEMA, row_level_security=True), tenant="ours2").customers.create("Jānis")
        crm = Crm(SqlStore(engine, schema=RLS_SCHEMA), tenant="ours2")

        assert [] == list(crm.customers.search("Jānis"))
        with pytest.raises(StoreError, match="42501"):
            crm.customers.create("Anna")

    def test_tenant_setting_ends_with_transaction(self, engine: Engine) -> None:
        """A connection that goes back to the pool has forgotten whose it was, after a commit and after a rollback."""
        engine = make_engine(engine.url.render_as_string(hide_password=False), pool_size=1, max_overflow=0)
        crm = Crm(SqlStore(engine, schema=RLS_SCHEMA, row_level_security=True), tenant="once")
        crm.customers.create("Jānis")
        with pytest.raises(InvalidInputError):
            crm.customers.create("")

        with engine.begin() as connection:
            assert not connection.exec_driver_sql("SELECT current_setting('crm.tenant', true)").scalar()
        engine.dispose()

    def test_joined_store_sets_tenant_in_host_transaction(self, engine: Engine) -> None:
        """A joined store says its tenant too, and two stores in one transaction each their own."""
        with engine.begin() as connection:
            store = SqlStore(connection, schema=RLS_SCHEMA, row_level_security=True)
            for tenant in ("joined", "joined too"):
                Crm(store, tenant=tenant).customers.create("Jānis")
            counted = [len(Crm(store, tenant=tenant).customers.search("Jānis")) for tenant in ("joined", "joined too")]

        assert [1, 1] == counted

    def test_counter_audit_requires_tenant(self, engine: Engine) -> None:
        """Under row-level security only the counters of a named tenant can be verified and repaired."""
        store = SqlStore(engine, schema=RLS_SCHEMA, row_level_security=True)
        crm = Crm(store, tenant="counted")
        sales = crm.funnels.create("Windows", stages=["First call"])
        crm.leads.capture("Jānis", funnel_id=sales.id)
        with engine.begin() as connection:
            connection.exec_driver_sql(row_level_security.SET_TENANT_SQL, ("counted",))
            connection.exec_driver_sql("DELETE FROM walled_deal_counts")
        (wrong,) = store.verify_counters(tenant="counted")

        assert ((0, 0), (1, 0)) == (wrong.stored, wrong.actual)
        assert 1 == crm.deals.board(sales.id).count
        assert [] == store.verify_counters(tenant="counted")
        with pytest.raises(InvalidInputError, match="row-level security"):
            store.verify_counters()

    def test_every_table_has_policy(self) -> None:
        """No table is forgotten, whatever kinds of records are added."""
        statements = list(row_level_security.row_level_security_statements(RLS_SCHEMA.tables))

        assert {f"CREATE POLICY {table.name}_of_tenant ON {table.name}" for table in RLS_SCHEMA.tables} == {
            statement.partition(" USING")[0] for statement in statements if statement.startswith("CREATE")
        }


def test_row_level_security_on_other_database_is_rejected() -> None:
    """Who asks SQLite for row-level security hears that it has none."""
    with pytest.raises(InvalidInputError, match="PostgreSQL"):
        SqlStore(make_engine("sqlite://"), row_level_security=True)


def test_partitioning_on_other_database_is_ignored() -> None:
    """The same schema is whole on a database that knows no such partitions."""
    store = SqlStore(make_engine("sqlite://"), schema=PARTITIONED_SCHEMA)
    store.create_tables()

    assert "Jānis" == Crm(store).customers.create("Jānis").name
