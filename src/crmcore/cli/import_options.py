"""Options of the commands that read a CSV file."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crmcore.importing.column_mapping import ColumnMapping


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the mapping of columns to fields."""
    group = parser.add_argument_group(
        "column mapping",
        "without --map, columns whose headings are field names (name, phone, email, source, ...) are used",
    )
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="HEADING=FIELD",
        help='map a column to a field, such as "Lead Number=external_id:education"; or the name of a TOML file',
    )
    group.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="FIELD:CELL=VALUE",
        help='replace a value of the file, such as "outcome:1=won" or "source:google=Google"',
    )
    group.add_argument("--region", metavar="CODE", help="country of phone numbers without a country code")


def column_mapping_from(args: argparse.Namespace, headings: Sequence[str]) -> "ColumnMapping":
    """Return the column mapping of the options, or guess it from the headings.

    Raises:
        InvalidInputError: an option is malformed.
    """
    from crmcore.importing.column_mapping import ColumnMapping

    if len(args.map) == 1 and args.map[0].endswith(".toml"):
        mapping = ColumnMapping.read(args.map[0])
    else:
        mapping = ColumnMapping.parse(args.map) if args.map else ColumnMapping.guess(headings)
    return mapping.with_value_maps(args.value)


def open_input(path: str) -> TextIO:
    """Open a CSV file; ``-`` is standard input.

    Raises:
        InvalidInputError: the file cannot be opened.
    """
    from crmcore.importing.csv_reader import decode_stream, open_csv

    return decode_stream(sys.stdin.buffer) if path == "-" else open_csv(path)
