"""Texts with variables: ``Call {customer}``. A variable is a name in braces; nothing else is special, so nothing can be smuggled in.

A value is inserted once and verbatim: braces in it are text, and are never filled.
"""

import re
from collections.abc import Mapping
from typing import Final

from crmcore.domain.kernel.errors.validation import UnknownVariableError
from crmcore.domain.kernel.fields.text import MAX_LINE_LENGTH

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]{1,40})\}")


def variables(text: str) -> frozenset[str]:
    """List the names that stand in braces in a text.

    Example:
        >>> sorted(variables("Call {customer} about {subject} {} {A}"))
        ['customer', 'subject']
    """
    return frozenset(_PLACEHOLDER.findall(text))


def check_variables(path: str, text: str, known: frozenset[str]) -> None:
    """Check that every variable of a text is one that will have a value.

    Raises:
        UnknownVariableError: naming `path` and the first variable that will have none.
    """
    if unknown := variables(text) - known:
        raise UnknownVariableError(path, variable=min(unknown), known=tuple(sorted(known)))


def fill(text: str, variables: Mapping[str, str], *, max_length: int = MAX_LINE_LENGTH) -> str:
    """Make one line of a text: fill the variables that the facts know, and cut what is too long with an ellipsis.

    Example:
        >>> fill("Call {customer} about {subject}", {"customer": "Anna"})
        'Call Anna about {subject}'
    """
    filled = " ".join(fill_lines(text, variables).split())
    return filled if len(filled) <= max_length else filled[: max_length - 1] + "…"


def fill_lines(text: str, facts: Mapping[str, str]) -> str:
    r"""Fill the variables of a text that the facts know, and keep every line and every space of text and values.

    Example:
        >>> fill_lines("{name} writes:\n{text}", {"name": "Anna", "text": "One {name}.\n\nTwo."})
        'Anna writes:\nOne {name}.\n\nTwo.'
    """
    return _PLACEHOLDER.sub(lambda gap: facts.get(gap[1], gap[0]), text)
