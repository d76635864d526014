"""``crmcore migrate``: the tables led on to this release."""

import argparse
import os
from typing import TYPE_CHECKING, Final

from crmcore.cli.options import DATABASE_URL_VARIABLE
from crmcore.cli.output import print_json, print_result
from crmcore.domain.kernel.errors.infrastructure import StoreError
from crmcore.domain.kernel.errors.validation import InvalidInputError

if TYPE_CHECKING:
    from crmcore.adapters.sql.schema.tables import Schema

SUMMARY: Final = "lead the tables on to this release, or make them"
DESCRIPTION: Final = (
    "Lead the tables on to the version of this release, from whichever they are of; where there are none, they are made. Run it before the"
    " first process of a new release; it can be run again when it was interrupted. It leaves every other table of the database alone."
)
EXAMPLES: Final = (
    "crmcore migrate --store postgresql://crm@localhost/crm",
    "crmcore migrate --store sqlite:///crm.db --check",
)


def add_schema_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which tables."""
    tables = parser.add_argument_group("which tables")
    tables.add_argument("--prefix", default="crm_", metavar="WORD", help="of all names; crm_ when not given")
    tables.add_argument("--schema", metavar="NAME", help="of the database's that they live in")
    tables.add_argument(
        "--partitions",
        type=int,
        default=0,
        metavar="NUMBER",
        help="into how many parts PostgreSQL divides each table by tenant",
    )


def schema_from(args: argparse.Namespace) -> "Schema":
    """The tables that a command means."""
    from crmcore.adapters.sql.schema.tables import make_schema

    return make_schema(prefix=args.prefix, schema=args.schema, tenant_partitions=args.partitions)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "--database-url", metavar="URL", help=f"any SQLAlchemy URL; ${DATABASE_URL_VARIABLE} when not given"
    )
    parser.add_argument("--check", action="store_true", help="change nothing; end with 1 if there is something to do")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_schema_options(parser)


def run(args: argparse.Namespace) -> int:
    """Lead them on."""
    from sqlalchemy.exc import SQLAlchemyError

    from crmcore.adapters.sql.schema.migrations import run as migrations, version
    from crmcore.adapters.sql.store import make_engine

    url = args.store or os.environ.get(DATABASE_URL_VARIABLE)
    if not url:
        raise InvalidInputError("database_url", f"must be named: --store sqlite:///crm.db, or ${DATABASE_URL_VARIABLE}")
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
        print_result(f"the tables are of version {version.HEAD}: nothing to do")
    else:
        status = "have to be led on" if args.check else "were led on"
        print_result(
            f"the tables {status} from {f'version {before}' if before else 'nothing'} to version {version.HEAD}"
        )
    return 1 if args.check and before != version.HEAD else 0
