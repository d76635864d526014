"""``crmcore schema``: the statements for hosts that run their own migrations."""

import argparse
from typing import Final

from crmcore.cli.migrate import add_schema_options, schema_from
from crmcore.cli.output import print_result

SUMMARY: Final = "write the statements that make the tables, or lead them on"
DESCRIPTION: Final = "Write the statements that make the tables, or lead them on from a version, for hosts that run their own migrations. Nothing is connected to."
EXAMPLES: Final = (
    "crmcore schema --sql postgresql > crm.sql",
    "crmcore schema --sql postgresql --partitions 16 --wall",
    "crmcore schema --sql mariadb --since 0001",
)
DIALECT_URLS: Final = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://", "mariadb": "mysql+pymysql://"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--dialect", required=True, choices=DIALECT_URLS, help="for which database")
    parser.add_argument(
        "--from-version", metavar="VERSION", help="the version that the tables are of; none when not given"
    )
    parser.add_argument(
        "--row-level-security", action="store_true", help="and those that raise PostgreSQL's row-level security"
    )
    add_schema_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write them."""
    from crmcore.adapters.sql.dialects import row_level_security
    from crmcore.adapters.sql.schema.migrations import run as migrations

    schema = schema_from(args)
    text = migrations.offline_sql(DIALECT_URLS[args.sql], schema, from_version=args.since or migrations.BASE)
    if args.wall and args.sql == "postgresql":
        text += "".join(
            f"{statement};\n" for statement in row_level_security.row_level_security_statements(schema.tables)
        )
    print_result(text.rstrip())
    return 0
