"""Texts with variables, such as ``Call {customer}``.

A variable is a name in braces. A value is inserted once and verbatim: braces in a value are never filled.
"""

import re
from collections.abc import Mapping
from typing import Final

from crmcore.domain.kernel.errors.validation import UnknownVariableError
from crmcore.domain.kernel.fields.text import MAX_LINE_LENGTH

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]{1,40})\}")


def variables(text: str) -> frozenset[str]:
    """List the variables of a text.

    Example:
        >>> sorted(variables("Call {customer} about {subject} {} {A}"))
        ['customer', 'subject']
    """
    return frozenset(_PLACEHOLDER.findall(text))


def check_variables(path: str, text: str, known: frozenset[str]) -> None:
    """Check that every variable of a text is known.

    Raises:
        UnknownVariableError: with `path` and the first unknown variable.
    """
    if unknown := variables(text) - known:
        raise UnknownVariableError(path, variable=min(unknown), known=tuple(sorted(known)))


def fill(text: str, variables: Mapping[str, str], *, max_length: int = MAX_LINE_LENGTH) -> str:
    """Fill the variables of a text into one line, cut with an ellipsis.

    Example:
        >>> fill("Call {customer} about {subject}", {"customer": "Anna"})
        'Call Anna about {subject}'
    """
    filled = " ".join(fill_lines(text, variables).split())
    return filled if len(filled) <= max_length else filled[: max_length - 1] + "…"


def fill_lines(text: str, values: Mapping[str, str]) -> str:
    r"""Fill the variables of a text, keeping all lines and spaces.

    Example:
        >>> fill_lines("{name} writes:\n{text}", {"name": "Anna", "text": "One {name}.\n\nTwo."})
        'Anna writes:\nOne {name}.\n\nTwo.'
    """
    return _PLACEHOLDER.sub(lambda gap: values.get(gap[1], gap[0]), text)
