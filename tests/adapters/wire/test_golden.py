"""The format is stable: old data can be read, new data are the same."""

import json
from typing import Any

import pytest

from crmcore.adapters.registry import EVENT_TYPES
from crmcore.adapters.wire import dump_event, dump_result, load_event, load_result
from tests.adapters.wire.golden import golden_payloads, result_types, sample_payloads, sample_result
from tests.adapters.wire.samples import sample

GOLDEN = golden_payloads()
GOLDEN_EVENTS = {name: data for name, data in GOLDEN.items() if not name.startswith("result-")}
GOLDEN_RESULTS = {name: data for name, data in GOLDEN.items() if name.startswith("result-")}


def test_every_event_and_result_has_golden_file() -> None:
    """Every event of every schema, and every result, has a golden file."""
    assert [] == sorted(set(sample_payloads()) - set(GOLDEN)), "run: python -m tests.adapters.wire.golden"


@pytest.mark.parametrize("name", sorted({f"{k.name}-{k.schema}" for k in EVENT_TYPES.values()} & set(GOLDEN_EVENTS)))
def test_event_payload_equals_golden_file(name: str) -> None:
    """An event is serialized as its golden file; changes need a new schema."""
    kind = EVENT_TYPES[name.rpartition("-")[0]]

    assert GOLDEN_EVENTS[name] == json.loads(dump_event(sample(kind)))
    assert sample(kind) == load_event(kind.name, kind.schema, json.dumps(GOLDEN_EVENTS[name]))


@pytest.mark.parametrize("name", GOLDEN_EVENTS)
def test_golden_event_is_readable(name: str) -> None:
    """Events of all schemas are read as events of the current schema."""
    event_name, _, schema = name.rpartition("-")

    assert EVENT_TYPES[event_name] is type(load_event(event_name, int(schema), json.dumps(GOLDEN_EVENTS[name])))


@pytest.mark.parametrize("name", GOLDEN_RESULTS)
def test_golden_result_is_readable(name: str) -> None:
    """A result of an older release is read; new fields have defaults."""
    result_type = result_types()[name.removeprefix("result-")]
    result = load_result(json.dumps(GOLDEN_RESULTS[name]), result_type)

    assert type(sample_result(result_type)) is type(result)
    assert [] == missing_paths(GOLDEN_RESULTS[name], json.loads(dump_result(result, result_type)))


@pytest.mark.parametrize("name", result_types())
def test_result_of_every_command_is_read_as_written(name: str) -> None:
    """A result equals its serialized copy, read by the return annotation."""
    result_type = result_types()[name]
    result = sample_result(result_type)

    assert result == load_result(dump_result(result, result_type), result_type)


def missing_paths(old: Any, new: Any, path: str = "") -> list[str]:
    """List the differences of the old data from the new data."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [line for name, one in old.items() for line in missing_paths(one, new.get(name), f"{path}.{name}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [line for place, one in enumerate(old) for line in missing_paths(one, new[place], f"{path}[{place}]")]
    return [] if old == new else [f"{path}: {old!r} became {new!r}"]
