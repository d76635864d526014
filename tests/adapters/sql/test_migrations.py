"""The life of the schema: fresh or migrated, by us or by the host, it is the same; and the host's own things are left alone."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column as SqlColumn, Connection, Engine, Integer as SqlInteger, MetaData, Table, inspect

from crmcore import SqlStore
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.migrations import autogenerate, run, version
from crmcore.adapters.sql.schema.tables import Schema, make_schema
from crmcore.errors import InvalidInputError, SchemaOutdatedError
from tests.migrations import freeze

NEXT = Path(__file__).parents[2] / "migrations" / "next"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine over a new database of each kind."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def schema_of(connection: Connection, schema: Schema) -> dict[str, Any]:
    """All that a database knows of our tables."""
    inspector = inspect(connection)
    shape: dict[str, Any] = {}
    for table in sorted(inspector.get_table_names(schema=schema.schema_name)):
        if table.startswith(schema.prefix):
            at: dict[str, Any] = {"table_name": table, "schema": schema.schema_name}
            shape[table] = {
                "columns": [
                    (column["name"], str(column["type"]), column["nullable"], column.get("default"))
                    for column in inspector.get_columns(**at)
                ],
                "primary": inspector.get_pk_constraint(**at),
                "unique": sorted(map(repr, inspector.get_unique_constraints(**at))),
                "checks": sorted(map(repr, inspector.get_check_constraints(**at))),
                "indexes": sorted(map(repr, inspector.get_indexes(**at))),
            }
    return shape


class TestSchemaIsIdentical:
    def test_created_and_migrated_schema_are_identical(self, engine: Engine) -> None:
        """What `create_tables` makes and notes is what the migrations make, to the last constraint.

        If this fails, the tables were changed without a migration. Until the first release, regenerate the baseline:
        `python -m tests.migrations.freeze`.
        """
        made, migrated = make_schema(prefix="qx_"), make_schema(prefix="qy_")
        with engine.begin() as connection:
            version.create_tables(connection, made)
            run.migrate(connection, migrated)

            as_made, as_migrated = schema_of(connection, made), schema_of(connection, migrated)
            assert (
                version.HEAD
                == version.current_version(connection, made)
                == version.current_version(connection, migrated)
            )
            assert [] == run.compare(connection, migrated)
        assert len(as_made) == len(made.tables) + 1
        assert repr(as_made) == repr(as_migrated).replace("qy_", "qx_")

    def test_exported_sql_creates_identical_schema(self, engine: Engine) -> None:
        """A host that runs the exported statements by its own means has the same schema, and it is noted."""
        made, exported = make_schema(prefix="qx_"), make_schema(prefix="qy_")
        text = run.offline_sql(str(engine.url.set(password=None, database="none")), exported)
        with engine.begin() as connection:
            version.create_tables(connection, made)
            for statement in text.split(";\n"):
                lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
                if lines and lines[0] not in {"BEGIN", "COMMIT"}:
                    connection.exec_driver_sql("\n".join(lines).replace("%", "%%"))

            assert repr(schema_of(connection, made)) == repr(schema_of(connection, exported)).replace("qy_", "qx_")
            assert version.HEAD == version.current_version(connection, exported)

    def test_downgrade_then_upgrade_restores_schema(self, engine: Engine) -> None:
        """A version may be gone back from, and come again."""
        schema = make_schema()
        with engine.begin() as connection:
            assert run.migrate(connection, schema) is None
            before = schema_of(connection, schema)
            assert version.HEAD == run.migrate(connection, schema, to="9999", versions=(NEXT,))
            assert "crm_offices" in schema_of(connection, schema)
            assert run.migrate(connection, schema, to=version.HEAD, versions=(NEXT,)) == "9999"
            assert before == schema_of(connection, schema)
            assert version.HEAD == run.migrate(connection, schema, to=run.BASE)

            assert list(schema_of(connection, schema)) == ["crm_schema_version"]

    def test_baseline_migration_equals_table_definitions(self) -> None:
        """The first version, and what is frozen of it, are what the tables say: `python -m tests.migrations.freeze` writes both.

        From the first release on, they stay as they are, and this test goes.
        """
        frozen = {name: (freeze.RELEASE / f"{name}.sql").read_text(encoding="utf-8") for name in freeze.URLS}

        assert _tokens(autogenerate.baseline_source()) == _tokens(
            autogenerate.BASELINE_PATH.read_text(encoding="utf-8")
        )
        assert frozen == {name: run.offline_sql(url, make_schema()) for name, url in freeze.URLS.items()}


def _tokens(source: str) -> list[str]:
    """A source without its layout."""
    return sorted(word for word in source.replace("(", " ").replace(")", " ").replace(",", " ").split() if word)


class TestHostObjectsAreUnchanged:
    def test_migration_is_part_of_host_transaction(self, engine: Engine) -> None:
        """Nothing is left of a migration that the host rolls back; MariaDB alone commits each change of a schema by itself."""
        schema = make_schema()
        with engine.connect() as connection:
            run.migrate(connection, schema)
            connection.rollback()

            assert (engine.dialect.name == "mysql") == bool(schema_of(connection, schema))

    def test_schemas_with_different_prefixes_are_independent(self, engine: Engine) -> None:
        """Two prefixes in one database are two schemas; leading one on leaves the other."""
        ours, others = make_schema(prefix="one_"), make_schema(prefix="two_")
        with engine.begin() as connection:
            run.migrate(connection, ours)
            run.migrate(connection, others)
            before = schema_of(connection, others)
            run.migrate(connection, ours, to="9999", versions=(NEXT,))

            assert before == schema_of(connection, others)
            assert version.HEAD == version.current_version(connection, others)

    def test_host_autogenerate_ignores_crm_tables(self, engine: Engine) -> None:
        """With our `include_name`, a host's autogenerate sees its own tables only; without it, it would drop ours."""
        host = MetaData()
        Table("host_orders", host, SqlColumn("id", SqlInteger, primary_key=True))
        with engine.begin() as connection:
            run.migrate(connection)
            host.create_all(connection)
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('abc')")
            run.migrate(connection, to="9999", versions=(NEXT,))

            def proposed(**options: Any) -> list[Any]:
                return list(compare_metadata(MigrationContext.configure(connection, opts=options), host))

            kept = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            assert (kept, proposed(include_name=version.include_name())) == ("abc", [])
            assert any("crm_deals" in repr(change) for change in proposed())

    def test_migration_configures_no_logging(self, tmp_path: Path) -> None:
        """A migration says what it does to loggers that the host may listen to, and sets up none."""
        root = logging.getLogger()
        before = list(root.handlers), root.level, logging.getLogger("alembic").level
        engine = make_engine(f"sqlite:///{tmp_path / 'crm.db'}")
        with engine.begin() as connection:
            run.migrate(connection)
        engine.dispose()

        assert before == (list(root.handlers), root.level, logging.getLogger("alembic").level)


class TestVersions:
    def test_older_schema_is_rejected(self, engine: Engine) -> None:
        """A store over older tables says that they have to be led on, and how."""
        store = SqlStore(engine)
        store.create_tables()
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE crm_schema_version SET version_num = '0000'")

        with pytest.raises(SchemaOutdatedError, match="crmcore migrate"):
            store.create_tables()

    def test_newer_schema_is_accepted(self, engine: Engine) -> None:
        """The processes of the release before go on while the tables are led on."""
        store = SqlStore(engine)
        store.create_tables()
        with engine.begin() as connection:
            run.migrate(connection, to="9999", versions=(NEXT,))
        store.create_tables()

        with engine.connect() as connection:
            assert version.current_version(connection, store.schema) == "9999"

    def test_unknown_version_is_rejected(self, tmp_path: Path) -> None:
        """A migration to or from an unknown version is rejected."""
        engine = make_engine(f"sqlite:///{tmp_path / 'crm.db'}")
        with engine.begin() as connection, pytest.raises(InvalidInputError, match="one of"):
            run.migrate(connection, to="7")
        engine.dispose()

    def test_newest_version_has_migration_file(self) -> None:
        """What a fresh schema is noted to be is what the migrations lead to."""
        text = run.offline_sql("sqlite://")

        assert f"VALUES ('{version.HEAD}')" in text


class TestTenantKeys:
    @pytest.mark.parametrize("partitions", [0, 4])
    def test_unique_keys_start_with_tenant(self, partitions: int) -> None:
        """Every primary key and every unique one begins with the tenant, so that the tables can be divided by it."""
        schema = make_schema(tenant_partitions=partitions)
        keys = [
            key for table in schema.tables for key in table.constraints if type(key).__name__ in UNIQUE_CONSTRAINT_TYPES
        ]
        keys += [index for table in schema.tables for index in table.indexes if index.unique]  # type: ignore[misc]

        assert len(schema.tables) < len(keys)
        assert {"tenant"} == {next(iter(key.columns)).name for key in keys}  # type: ignore[attr-defined]


UNIQUE_CONSTRAINT_TYPES = {"PrimaryKeyConstraint", "UniqueConstraint"}
