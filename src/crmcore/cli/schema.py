"""``crmcore schema``: the statements for hosts that run their own migrations."""

import argparse
from typing import Final

from crmcore.cli.migrate import add_tables, tables_of
from crmcore.cli.talk import say

SUMMARY: Final = "write the statements that make the tables, or lead them on"
DESCRIPTION: Final = "Write the statements that make the tables, or lead them on from a version, for hosts that run their own migrations. Nothing is connected to."
EXAMPLES: Final = (
    "crmcore schema --sql postgresql > crm.sql",
    "crmcore schema --sql postgresql --partitions 16 --wall",
    "crmcore schema --sql mariadb --since 0001",
)
KINDS: Final = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://", "mariadb": "mysql+pymysql://"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--sql", required=True, choices=KINDS, help="for which database")
    parser.add_argument("--since", metavar="VERSION", help="the version that the tables are of; none when not given")
    parser.add_argument("--wall", action="store_true", help="and those that raise PostgreSQL's row-level security")
    add_tables(parser)


def run(args: argparse.Namespace) -> int:
    """Write them."""
    from crmcore.adapters.sql import tenants
    from crmcore.adapters.sql.migrations import run as migrations

    schema = tables_of(args)
    text = migrations.script(KINDS[args.sql], schema, since=args.since or migrations.NOTHING)
    if args.wall and args.sql == "postgresql":
        text += "".join(f"{statement};\n" for statement in tenants.wall(schema.tables))
    say(text.rstrip())
    return 0
