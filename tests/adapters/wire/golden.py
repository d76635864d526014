"""Golden files of serialized events and results.

`python -m tests.adapters.wire.golden` writes missing files only.

A file has one event of one schema, or one result of a command, as the release that introduced it wrote it. Files are never edited: an event
whose form changes gets a new schema, an upcaster for the old one, and a new file.
"""

import importlib
import inspect
import json
import pkgutil
from pathlib import Path
from typing import Any, Final, get_args

from crmcore import services
from crmcore.adapters.registry import EVENT_TYPES
from crmcore.adapters.wire import dump_event, dump_result
from crmcore.services.commands import result_type_of
from tests.adapters.wire.samples import sample

FOLDER: Final = Path(__file__).parent / "golden"


def sample_payloads() -> dict[str, Any]:
    """Serialize a sample of every class, by file name."""
    ours = (kind for kind in EVENT_TYPES.values() if kind.__module__.startswith("crmcore."))
    event_payloads = {f"{kind.name}-{kind.schema}": json.loads(dump_event(sample(kind))) for kind in ours}
    result_payloads = {
        f"result-{name}": json.loads(dump_result(sample_result(result_type), result_type))
        for name, result_type in result_types().items()
    }
    return event_payloads | result_payloads


def result_types() -> dict[str, Any]:
    """Return the result types of commands with an idempotency key.

    The keys are the names of the classes.
    """
    types = {}
    for module in pkgutil.walk_packages(services.__path__, "crmcore.services."):
        for service in vars(importlib.import_module(module.name)).values():
            for method in vars(service).values() if isinstance(service, type) else ():
                if (
                    inspect.isfunction(method)
                    and hasattr(method, "__wrapped__")
                    and "idempotency_key" in inspect.signature(method).parameters
                ):
                    result_type = result_type_of(method.__wrapped__)
                    item_types = get_args(result_type)
                    name = f"{item_types[0].__name__}-list" if item_types else result_type.__name__
                    types[name] = result_type
    return types


def sample_result(result_type: Any) -> Any:
    """Make a sample of a result; a sequence has one item."""
    item_types = get_args(result_type)
    return (sample(item_types[0]),) if item_types else sample(result_type)


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
