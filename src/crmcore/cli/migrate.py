"""``crmcore migrate``: upgrade the database schema to this release."""

import argparse
import os
from typing import TYPE_CHECKING, Final

from crmcore.cli.options import DATABASE_URL_VARIABLE
from crmcore.cli.output import print_json, print_result
from crmcore.domain.kernel.errors.infrastructure import StoreError
from crmcore.domain.kernel.errors.validation import InvalidInputError

if TYPE_CHECKING:
    from crmcore.adapters.sql.schema.tables import Schema

SUMMARY: Final = "upgrade the database schema to this release, or create it"
DESCRIPTION: Final = (
    "Upgrade the database schema to this release; create it if it does not exist. Run the command before the first process of a new release."
    " It can be repeated after an interruption. It does not touch other tables of the database."
)
EXAMPLES: Final = (
    "crmcore migrate --database-url postgresql://crm@localhost/crm",
    "crmcore migrate --database-url sqlite:///crm.db --check",
)


def add_schema_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for prefix, schema and partitions of the tables."""
    tables = parser.add_argument_group("tables")
    tables.add_argument("--prefix", default="crm_", metavar="WORD", help="prefix of all table names (default: crm_)")
    tables.add_argument("--schema", metavar="NAME", help="database schema of the tables")
    tables.add_argument(
        "--partitions",
        type=int,
        default=0,
        metavar="NUMBER",
        help="number of hash partitions by tenant of each table, PostgreSQL only (default: 0, none)",
    )


def schema_from(args: argparse.Namespace) -> "Schema":
    """Return the schema that the options describe."""
    from crmcore.adapters.sql.schema.tables import make_schema

    return make_schema(prefix=args.prefix, schema=args.schema, tenant_partitions=args.partitions)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--database-url", metavar="URL", help=f"SQLAlchemy URL of the database (default: ${DATABASE_URL_VARIABLE})"
    )
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a migration is needed")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_schema_options(parser)


def run(args: argparse.Namespace) -> int:
    """Upgrade the schema."""
    from sqlalchemy.exc import SQLAlchemyError

    from crmcore.adapters.sql.engines import make_engine
    from crmcore.adapters.sql.schema.migrations import run as migrations, version

    url = args.database_url or os.environ.get(DATABASE_URL_VARIABLE)
    if not url:
        raise InvalidInputError(
            "database_url", f"is required: --database-url sqlite:///crm.db, or ${DATABASE_URL_VARIABLE}"
        )
    engine, schema = make_engine(url), schema_from(args)
    try:
        with engine.begin() as connection:
            before = (
                version.current_version(connection, schema) if args.check else migrations.migrate(connection, schema)
            )
    except SQLAlchemyError as error:
        raise StoreError(type(error).__name__) from None
    finally:
        engine.dispose()
    if args.json:
        print_json({"before": before, "newest": version.HEAD})
    elif before == version.HEAD:
        print_result(f"the schema has version {version.HEAD}: nothing to do")
    else:
        status = "must be upgraded" if args.check else "was upgraded"
        print_result(
            f"the schema {status} from {f'version {before}' if before else 'nothing'} to version {version.HEAD}"
        )
    return 1 if args.check and before != version.HEAD else 0
