"""Cells that no spreadsheet takes for a formula, and that are read back as they were.

A spreadsheet runs what begins with ``=``, ``+``, ``-`` or ``@``, also in its full width and behind blanks; a tab or a line break at the
beginning can smuggle such a beginning in. So an apostrophe is put in front of such a text, which spreadsheets take for "this is text". It
is put in front of an apostrophe too where that would otherwise be lost in reading, so that every text comes back exactly.
"""

from typing import Final

_FORMULA_PREFIXES: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20'")
_CONTROL_PREFIXES: Final = tuple("\t\r\n\0")


def escape(cell: str) -> str:
    """Make a cell that is no formula.

    Example:
        >>> escape("=1+1"), escape("+371 2000 0000"), escape("Jānis"), escape(" @SUM(A1)")
        ("'=1+1", "'+371 2000 0000", 'Jānis', "' @SUM(A1)")
    """
    return f"'{cell}" if _is_formula(cell) else cell


def unescape(cell: str) -> str:
    """Read a cell that `escape` wrote; one that it left alone is as it is.

    Example:
        >>> unescape("'=1+1"), unescape("'t Hof"), unescape(escape("'=1+1"))
        ('=1+1', "'t Hof", "'=1+1")
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(cell: str) -> bool:
    if cell.startswith("'"):
        return _is_formula(cell[1:])
    return cell.startswith(_CONTROL_PREFIXES) or cell.lstrip().startswith(_FORMULA_PREFIXES)
