"""The wire keeps its form: what an older release wrote can be read, and what this one writes is what is written down."""

import json
from typing import Any

import pytest

from crmcore.adapters.kinds import EVENTS
from crmcore.adapters.wire import RESULTS, dump_event, load_event, pack, unpack
from tests.adapters.wire.golden import kept, written
from tests.adapters.wire.samples import sample

KEPT = kept()
FACTS = {name: data for name, data in KEPT.items() if not name.startswith("answer-")}
ANSWERS = {name: data for name, data in KEPT.items() if name.startswith("answer-")}


def test_everything_is_written_down() -> None:
    """Every fact of every schema, and every answer that a receipt can keep, has its file."""
    assert [] == sorted(set(written()) - set(KEPT)), "run: python -m tests.adapters.wire.golden"


@pytest.mark.parametrize("name", sorted({f"{k.name}-{k.schema}" for k in EVENTS.values()} & set(FACTS)))
def test_a_fact_keeps_its_form(name: str) -> None:
    """A fact is written as its file says; a fact of another form needs another schema."""
    kind = EVENTS[name.rpartition("-")[0]]

    assert FACTS[name] == json.loads(dump_event(sample(kind)))
    assert sample(kind) == load_event(kind.name, kind.schema, json.dumps(FACTS[name]))


@pytest.mark.parametrize("name", FACTS)
def test_an_old_fact_can_be_read(name: str) -> None:
    """A fact of any schema that there ever was is read as one of today's."""
    fact, _, schema = name.rpartition("-")

    assert EVENTS[fact] is type(load_event(fact, int(schema), json.dumps(FACTS[name])))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_old_answer_can_be_read(name: str) -> None:
    """An answer that an older release kept for its key is read as one of today's; fields that came later have their defaults."""
    answer = unpack(json.dumps(ANSWERS[name]))

    assert RESULTS[name.removeprefix("answer-")] is type(answer)
    assert [] == lost(ANSWERS[name], json.loads(pack(answer)))


def lost(old: Any, new: Any, path: str = "") -> list[str]:
    """List what stands in the old data and is not in the new."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [line for name, one in old.items() for line in lost(one, new.get(name), f"{path}.{name}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [line for place, one in enumerate(old) for line in lost(one, new[place], f"{path}[{place}]")]
    return [] if old == new else [f"{path}: {old!r} became {new!r}"]
