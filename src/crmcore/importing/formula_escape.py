"""Escaping of CSV cells against formula injection (OWASP CSV injection).

A spreadsheet runs a cell that starts with ``=``, ``+``, ``-`` or ``@``, also in full width and after blanks; a leading tab or line break can
hide such a start. `escape` puts an apostrophe before the cell, which spreadsheets read as "text". It also escapes a leading apostrophe where
`unescape` would remove it, so every text round-trips.
"""

from typing import Final

_FORMULA_PREFIXES: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20'")
_CONTROL_PREFIXES: Final = tuple("\t\r\n\0")


def escape(cell: str) -> str:
    """Escape a cell so that spreadsheets do not run it as a formula.

    Example:
        >>> escape("=1+1"), escape("+371 2000 0000"), escape("Jānis"), escape(" @SUM(A1)")
        ("'=1+1", "'+371 2000 0000", 'Jānis', "' @SUM(A1)")
    """
    return f"'{cell}" if _is_formula(cell) else cell


def unescape(cell: str) -> str:
    """Undo `escape`; other cells stay unchanged.

    Example:
        >>> unescape("'=1+1"), unescape("'t Hof"), unescape(escape("'=1+1"))
        ('=1+1', "'t Hof", "'=1+1")
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(cell: str) -> bool:
    if cell.startswith("'"):
        return _is_formula(cell[1:])
    return cell.startswith(_CONTROL_PREFIXES) or cell.lstrip().startswith(_FORMULA_PREFIXES)
