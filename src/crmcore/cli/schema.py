"""``crmcore schema``: print the SQL of the schema or of its migration."""

import argparse
from typing import Final

from crmcore.cli.migrate import add_schema_options, schema_from
from crmcore.cli.output import print_result

SUMMARY: Final = "print the SQL that creates or upgrades the tables"
DESCRIPTION: Final = "Print the SQL that creates the tables, or upgrades them from a version, for hosts that run their own migrations. The command opens no connection."
EXAMPLES: Final = (
    "crmcore schema --dialect postgresql > crm.sql",
    "crmcore schema --dialect postgresql --partitions 16 --row-level-security",
    "crmcore schema --dialect mariadb --from-version 0001",
)
DIALECT_URLS: Final = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://", "mariadb": "mysql+pymysql://"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--dialect", required=True, choices=DIALECT_URLS, help="database of the SQL")
    parser.add_argument(
        "--from-version", metavar="VERSION", help="current version of the schema (default: none, create all tables)"
    )
    parser.add_argument(
        "--row-level-security", action="store_true", help="also print the statements for PostgreSQL row-level security"
    )
    add_schema_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the statements."""
    from crmcore.adapters.sql.dialects import row_level_security
    from crmcore.adapters.sql.schema.migrations import run as migrations

    schema = schema_from(args)
    text = migrations.offline_sql(DIALECT_URLS[args.dialect], schema, from_version=args.from_version or migrations.BASE)
    if args.row_level_security and args.dialect == "postgresql":
        text += "".join(
            f"{statement};\n" for statement in row_level_security.row_level_security_statements(schema.tables)
        )
    print_result(text.rstrip())
    return 0
