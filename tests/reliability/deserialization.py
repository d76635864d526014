"""DESER: whatever is read from JSON is what it should be, or is refused by an error of ours.

``python -m tests.reliability.deserialization --n 10000`` takes what the wire writes of every kind of record, fact and answer, spoils it in one place so
many times, and reads it again; and gives the readers of the wire what is no JSON at all.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from crmcore.adapters import wire
from crmcore.adapters.registry import ENTITY_TYPES, EVENT_TYPES
from crmcore.errors import InvalidInputError
from tests.adapters.wire.samples import sample
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {"lax": "a text of digits is taken for a number, as cattrs does by itself"}
UNTYPED_FIELDS: Final = frozenset({"custom", "result", "variables", "of"})
"""Fields that hold any plain value."""
INVALID_JSON: Final[tuple[str, ...]] = (
    "",
    " ",
    "{",
    "}",
    "[1,",
    "nul",
    "NaN",
    "Infinity",
    "-Infinity",
    '{"a": NaN}',
    '{"a": 1, "a": 2}',
    "{'a': 1}",
    "[" * 100_000,
    "[" * 5_000 + "]" * 5_000,
    '{"a":' * 100_000,
    "1" * 5_000,
    "-" + "9" * 100_000,
    '"' + "x" * 2_100_000 + '"',
    '"\\ud800"',
    "\ufeff{}",
    '{"is": "os.system", "of": "true"}',
    '{"is": "tuple", "of": 1}',
    '{"is": "tuple", "of": {"is": 1}}',
    '{"is": "tuple", "of": [{"is": "tuple"}]}',
    '{"is": ["Deal"], "of": {}}',
    '{"is": "Deal"}',
    '{"is": "Deal", "of": []}',
    '{"is": "Deal", "of": {"__class__": "x"}}',
    '{"py/object": "os.system"}',
    "!!python/object/apply:os.system ['true']",
    "cos\nsystem\n(S'true'\ntR.",
    "1e999",
    "[]",
    "null",
    "true",
    '"x"',
    "{}",
)
"""What is no JSON, no safe one, or none of what is read."""
WRONG_VALUES: Final[tuple[Any, ...]] = (
    "12",
    12,
    1.9,
    True,
    None,
    [],
    {},
    "x" * 200_000,
    10**30,
    "2026-13-45T99:00:00Z",
    "\x00",
    [None],
    {"is": "x"},
)
"""What a value is replaced by."""


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Spoil what the wire writes n times, and read it."""
    verdict = Verdict()
    with _mutated(mutation):
        for text in INVALID_JSON:
            _read_all_ways(verdict, text)
        readers = list(_readers())
        for _ in range(n):
            read, text = rng.choice(readers)
            spoilt, path, original, wrong = _corrupt(json.loads(text), rng)
            _read(verdict, partial(read, json.dumps(spoilt)), path, original, wrong)
    return verdict


def _readers() -> Iterator[tuple[Callable[[str], Any], str]]:
    """Every way of reading, with what was written for it."""
    for entity_type in ENTITY_TYPES:
        record = sample(entity_type)
        yield partial(wire.load, type_=entity_type), wire.dump(record, entity_type)
    for name, event_type in EVENT_TYPES.items():
        if event_type.__module__.startswith("crmcore."):
            yield partial(wire.load_event, name, event_type.schema), wire.dump_event(sample(event_type))


def _read_all_ways(verdict: Verdict, text: str) -> None:
    """Read what should not be read by any reader."""
    some = next(iter(EVENT_TYPES))
    for read in (partial(wire.load, type_=ENTITY_TYPES[0]), partial(wire.load_event, some, 1)):
        verdict.count("payloads")
        verdict.check("what is none is refused", _result_of(partial(read, text)) is None, f"{text[:40]!r}")
    for name, schema in ((text[:40], 1), (some, 10**9)):
        verdict.count("payloads")
        verdict.check("no fact that there is not", _result_of(partial(wire.load_event, name, schema, "{}")) is None)


def _corrupt(data: Any, rng: random.Random) -> tuple[Any, tuple[Any, ...], Any, Any]:
    """Put something else in one place: the data, the place, what was there, and what is there now."""
    path = rng.choice(list(_paths(data)))
    *way, last = path
    holder = data
    for step in way:
        holder = holder[step]
    original = holder[last]
    wrong = rng.choice([one for one in WRONG_VALUES if type(one) is not type(original)])
    holder[last] = wrong
    return data, path, original, wrong


def _paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        yield (*path, step)
        yield from _paths(value, (*path, step))


def _read(verdict: Verdict, read: Callable[[], Any], path: tuple[Any, ...], honest: Any, wrong: Any) -> None:
    """Read something spoilt: it is refused, unless what is there may be there."""
    verdict.count("spoilt")
    answer = _result_of(read)
    if answer is None:
        verdict.count("refused")
        verdict.check("what is wrong is refused", True)
        return
    # None is what an optional field may be; an empty object or list leaves out what has a default.
    may_be = wrong is None or wrong in ([], {}) or honest is None or not UNTYPED_FIELDS.isdisjoint(map(str, path))
    verdict.count("taken, for it may be so")
    verdict.check("what is wrong is refused", may_be, f"{path}: {type(honest).__name__} -> {wrong!r:.40} {answer[:60]}")


def _result_of(read: Callable[[], Any]) -> str | None:
    """None if it is refused by an error of ours; otherwise what came."""
    try:
        return repr(read())
    except InvalidInputError:
        return None
    except Exception as error:  # noqa: BLE001  # this is what is looked for
        return f"!{type(error).__name__}"


@contextmanager
def _mutated(mutation: str) -> Iterator[None]:
    wire.converter.cache_clear()
    if mutation == "lax":
        for kind in (str, int, bool):
            wire.converter().register_structure_hook(kind, lambda value, wanted: wanted(value))
    try:
        yield
    finally:
        wire.converter.cache_clear()


if __name__ == "__main__":
    sys.exit(run("DESER", check, n=10_000, mutations=MUTATIONS))
