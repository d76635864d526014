"""Options of the commands that read a sheet."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crmcore.sheets.columns import Columns


def add_sheet(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the columns mean."""
    sheet = parser.add_argument_group(
        "what the columns mean",
        "columns whose headings are fields (name, phone, email, source, ...) speak for themselves",
    )
    sheet.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="HEADING=FIELD",
        help='a column and its field, as in "Lead Number=external_id:education"; or the name of a TOML file',
    )
    sheet.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="FIELD:WRITTEN=MEANT",
        help='what a value of the file means, as in "outcome:1=won" or "source:google=Google"',
    )
    sheet.add_argument("--region", metavar="CODE", help="country whose phone numbers may lack their country's code")


def columns_of(args: argparse.Namespace, heads: Sequence[str]) -> "Columns":
    """Read the map that the options give, or guess it from the headings.

    Raises:
        InvalidInput: it is not written as it should be.
    """
    from crmcore.sheets.columns import Columns

    if len(args.map) == 1 and args.map[0].endswith(".toml"):
        columns = Columns.read(args.map[0])
    else:
        columns = Columns.parse(args.map) if args.map else Columns.guess(heads)
    return columns.meaning(args.value)


def sheet_from(path: str) -> TextIO:
    """Open a sheet; ``-`` is standard input.

    Raises:
        InvalidInput: it cannot be opened.
    """
    from crmcore.sheets.reading import decoded, open_sheet

    return decoded(sys.stdin.buffer) if path == "-" else open_sheet(path)
