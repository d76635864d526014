"""Texts with gaps: ``Call {customer}``. A gap is a name in braces; nothing else is special, so nothing can be smuggled in."""

import re
from collections.abc import Mapping
from typing import Final

from crmcore.domain.fields.text import LINE

_GAP: Final = re.compile(r"\{([a-z_]{1,40})\}")


def fill(text: str, facts: Mapping[str, str], *, limit: int = LINE) -> str:
    """Fill the gaps that the facts know, leave the others as they are, and cut what is too long with an ellipsis.

    Example:
        >>> fill("Call {customer} about {subject}", {"customer": "Anna"})
        'Call Anna about {subject}'
    """
    filled = " ".join(_GAP.sub(lambda gap: facts.get(gap[1], gap[0]), text).split())
    return filled if len(filled) <= limit else filled[: limit - 1] + "…"
