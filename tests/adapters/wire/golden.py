"""What crosses the wire, written down once and kept: `python -m tests.adapters.wire.golden` writes what is missing, and only that.

A file holds one fact of one schema, or one answer of a story, as it was written by the release that brought it. It is never edited: a fact
whose form changes gets a new schema, an upcaster for the old one, and a file of its own.
"""

import json
from pathlib import Path
from typing import Any, Final

from crmcore.adapters.kinds import EVENTS
from crmcore.adapters.wire import RESULTS, dump_event, pack
from tests.adapters.wire.samples import sample

FOLDER: Final = Path(__file__).parent / "golden"


def written() -> dict[str, Any]:
    """Write one of everything, by the names of the files."""
    ours = (kind for kind in EVENTS.values() if kind.__module__.startswith("crmcore."))
    facts = {f"{kind.name}-{kind.schema}": json.loads(dump_event(sample(kind))) for kind in ours}
    answers = {f"answer-{name}": json.loads(pack(sample(kind))) for name, kind in RESULTS.items()}
    return facts | answers


def kept() -> dict[str, Any]:
    """Read all files, by their names."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def main() -> None:
    """Write the files that are missing."""
    for name, data in written().items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
