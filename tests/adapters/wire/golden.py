"""What crosses the wire, written down once and kept: `python -m tests.adapters.wire.golden` writes what is missing, and only that.

A file holds one fact of one schema, or one answer of a story, as it was written by the release that brought it. It is never edited: a fact
whose form changes gets a new schema, an upcaster for the old one, and a file of its own.
"""

import json
from pathlib import Path
from typing import Any, Final

from crmcore.adapters.registry import EVENT_TYPES
from crmcore.adapters.wire import RESULT_TYPES, dump_event, dump_result
from tests.adapters.wire.samples import sample

FOLDER: Final = Path(__file__).parent / "golden"


def sample_payloads() -> dict[str, Any]:
    """Write one of everything, by the names of the files."""
    ours = (kind for kind in EVENT_TYPES.values() if kind.__module__.startswith("crmcore."))
    event_payloads = {f"{kind.name}-{kind.schema}": json.loads(dump_event(sample(kind))) for kind in ours}
    result_payloads = {f"result-{name}": json.loads(dump_result(sample(kind))) for name, kind in RESULT_TYPES.items()}
    return event_payloads | result_payloads


def golden_payloads() -> dict[str, Any]:
    """Read all files, by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def write_missing() -> None:
    """Write the files that are missing."""
    for name, data in sample_payloads().items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_missing()
