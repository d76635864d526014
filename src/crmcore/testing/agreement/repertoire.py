"""The repertoire: everything that can be asked of `Crm`, and how calls of it are made up.

Rule 1: it is read off the front door, so that a new story takes part from its first day.
Rule 2: what an argument may be follows from its name where that says more than its type, and else from its type.
Rule 3: an argument that must be given and that no strategy is known for is an error that names it.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from attrs import field, frozen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from crmcore.crm import Crm
from crmcore.room import Room
from crmcore.testing.agreement.arguments import NoStrategy, argument
from crmcore.testing.agreement.steps import Call

DOORS: Final = ("deliver", "health", "run_due")
"""What the front door does itself."""


@frozen
class Story:
    """Something that can be asked.

    Attributes:
        path: ``deals.move``.
        calls: how calls of it are made up.
        silent: optional arguments that no strategy is known for, which are therefore never given.
    """

    path: str
    calls: SearchStrategy[Call] = field(repr=False)
    silent: tuple[str, ...] = ()


@cache
def repertoire() -> tuple[Story, ...]:
    """Everything that can be asked.

    Raises:
        NoStrategy: an argument has no strategy; add one to `BY_NAME`, `BY_PATH` or `BY_TYPE`.
    """
    crm = Crm()
    stories = [_story(door, getattr(Crm, door)) for door in DOORS]
    for room in rooms():
        for name, method in inspect.getmembers(type(getattr(crm, room)), inspect.isfunction):
            if not name.startswith("_"):
                stories.append(_story(f"{room}.{name}", method))
    return tuple(stories)


def calls() -> SearchStrategy[Call]:
    """Make up a call that may be part of a batch: of anything but what looks at the feed, which tells only what is committed."""
    told = [story for story in repertoire() if not story.path.startswith(("feed.", "health"))]
    return st.sampled_from(told).flatmap(lambda story: story.calls)


def rooms() -> tuple[str, ...]:
    """The rooms behind the front door."""
    return tuple(name for name, room in vars(Crm).items() if isinstance(room, Room))


def _story(path: str, method: Callable[..., Any]) -> Story:
    first: list[SearchStrategy[Any]] = []
    must: dict[str, SearchStrategy[Any]] = {}
    may: dict[str, SearchStrategy[Any]] = {}
    spread: list[tuple[str, SearchStrategy[Any]]] = []
    silent: list[str] = []
    for name, parameter in inspect.signature(method).parameters.items():
        if name in {"self", "unit"}:
            continue
        try:
            strategy = argument(path, parameter, parameter.annotation)
        except NoStrategy:
            if parameter.default is parameter.empty:
                raise
            silent.append(name)
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            spread.append((name, strategy))
        elif parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}:
            first.append(
                st.lists(strategy, max_size=2) if parameter.kind is parameter.VAR_POSITIONAL else strategy.map(_alone)
            )
        elif parameter.default is parameter.empty:
            must[name] = strategy
        else:
            may[name] = strategy
    return Story(path, _calls(path, first, must, may, [strategy for _, strategy in spread]), tuple(silent))


def _alone(argument: Any) -> list[Any]:
    return [argument]


@st.composite
def _calls(
    draw: DrawFn,
    path: str,
    first: Sequence[SearchStrategy[list[Any]]],
    must: Mapping[str, SearchStrategy[Any]],
    may: Mapping[str, SearchStrategy[Any]],
    spread: Sequence[SearchStrategy[dict[str, Any]]],
) -> Call:
    """Make a call up: all that it needs, and up to three of the things that it takes."""
    args = [arg for strategy in first for arg in draw(strategy)]
    kwargs = {name: draw(strategy) for name, strategy in must.items()}
    names = list(may)
    for _ in range(draw(st.integers(0, 3)) if names else 0):
        name = draw(st.sampled_from(names))
        kwargs[name] = draw(may[name])
    for strategy in spread:
        kwargs |= draw(strategy)
    return Call(path, tuple(args), kwargs)
