"""Options of the commands that read a sheet."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crmcore.importing.column_mapping import ColumnMapping


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the columns mean."""
    group = parser.add_argument_group(
        "what the columns mean",
        "columns whose headings are fields (name, phone, email, source, ...) speak for themselves",
    )
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="HEADING=FIELD",
        help='a column and its field, as in "Lead Number=external_id:education"; or the name of a TOML file',
    )
    group.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="FIELD:WRITTEN=MEANT",
        help='what a value of the file means, as in "outcome:1=won" or "source:google=Google"',
    )
    group.add_argument("--region", metavar="CODE", help="country whose phone numbers may lack their country's code")


def column_mapping_from(args: argparse.Namespace, headings: Sequence[str]) -> "ColumnMapping":
    """Read the map that the options give, or guess it from the headings.

    Raises:
        InvalidInputError: it is not written as it should be.
    """
    from crmcore.importing.column_mapping import ColumnMapping

    if len(args.map) == 1 and args.map[0].endswith(".toml"):
        mapping = ColumnMapping.read(args.map[0])
    else:
        mapping = ColumnMapping.parse(args.map) if args.map else ColumnMapping.guess(headings)
    return mapping.with_value_maps(args.value)


def open_input(path: str) -> TextIO:
    """Open a sheet; ``-`` is standard input.

    Raises:
        InvalidInputError: it cannot be opened.
    """
    from crmcore.importing.csv_reader import decode_stream, open_csv

    return decode_stream(sys.stdin.buffer) if path == "-" else open_csv(path)
