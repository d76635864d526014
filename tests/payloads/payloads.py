"""Reading the payload files, and proving that nobody took a line out of one."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent


def payloads(name: str) -> list[dict[str, Any]]:
    """Read a payload file: one JSON object a line; a list in it is a text with repetitions, ``["(", ["x", 3], ")"]``."""
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [{key: _expand(value) for key, value in json.loads(line).items()} for line in lines]


def digest(name: str, lines: int) -> str:
    """Digest the first lines of a payload file."""
    first = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[:lines]
    return hashlib.sha256("\n".join(first).encode()).hexdigest()[:16]


def _expand(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in value)
