"""Operations: every public command and query, with a strategy.

Invariants:

1. The operations are read from the public API, so a new command is tested without a change here.
2. The strategy of an argument follows from its path, then its name, then its type.
3. A required argument without a strategy raises `NoStrategyError`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from attrs import field, frozen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from crmcore._lazy import LazyService
from crmcore.crm import Crm
from crmcore.testing.differential.argument_strategies import NoStrategyError, argument_strategy
from crmcore.testing.differential.calls import Call

CRM_METHODS: Final = ("deliver", "health", "run_due_jobs")
"""Methods of `Crm` itself."""


@frozen
class Operation:
    """A public command or query.

    Attributes:
        path: for example ``deals.move``.
        calls: strategy for its calls.
        omitted_arguments: optional arguments without a strategy; they are never passed.
    """

    path: str
    calls: SearchStrategy[Call] = field(repr=False)
    omitted_arguments: tuple[str, ...] = ()


@cache
def operations() -> tuple[Operation, ...]:
    """Return all operations.

    Raises:
        NoStrategyError: an argument has no strategy; add one to `BY_NAME`, `BY_PATH` or `BY_TYPE`.
    """
    crm = Crm()
    found = [_operation(method_name, getattr(Crm, method_name)) for method_name in CRM_METHODS]
    for service_name in service_names():
        for name, method in inspect.getmembers(type(getattr(crm, service_name)), inspect.isfunction):
            if not name.startswith("_"):
                found.append(_operation(f"{service_name}.{name}", method))
    return tuple(found)


def batch_calls() -> SearchStrategy[Call]:
    """Return a strategy for calls in a batch; none reads the feed."""
    batchable = [operation for operation in operations() if not operation.path.startswith(("feed.", "health"))]
    return st.sampled_from(batchable).flatmap(lambda operation: operation.calls)


def service_names() -> tuple[str, ...]:
    """Return the names of the services of `Crm`."""
    return tuple(name for name, attribute in vars(Crm).items() if isinstance(attribute, LazyService))


def _operation(path: str, method: Callable[..., Any]) -> Operation:
    positional: list[SearchStrategy[Any]] = []
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    variadic: list[tuple[str, SearchStrategy[Any]]] = []
    omitted: list[str] = []
    for name, parameter in inspect.signature(method).parameters.items():
        if name in {"self", "uow"}:
            continue
        try:
            strategy = argument_strategy(path, parameter, parameter.annotation)
        except NoStrategyError:
            if parameter.default is parameter.empty:
                raise
            omitted.append(name)
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            variadic.append((name, strategy))
        elif parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}:
            positional.append(
                st.lists(strategy, max_size=2) if parameter.kind is parameter.VAR_POSITIONAL else strategy.map(_as_list)
            )
        elif parameter.default is parameter.empty:
            required[name] = strategy
        else:
            optional[name] = strategy
    return Operation(
        path, _draw_call(path, positional, required, optional, [strategy for _, strategy in variadic]), tuple(omitted)
    )


def _as_list(argument: Any) -> list[Any]:
    return [argument]


@st.composite
def _draw_call(
    draw: DrawFn,
    path: str,
    positional: Sequence[SearchStrategy[list[Any]]],
    required: Mapping[str, SearchStrategy[Any]],
    optional: Mapping[str, SearchStrategy[Any]],
    variadic: Sequence[SearchStrategy[dict[str, Any]]],
) -> Call:
    """Draw a call with all required and up to three optional arguments."""
    args = [arg for strategy in positional for arg in draw(strategy)]
    kwargs = {name: draw(strategy) for name, strategy in required.items()}
    names = list(optional)
    for _ in range(draw(st.integers(0, 3)) if names else 0):
        name = draw(st.sampled_from(names))
        kwargs[name] = draw(optional[name])
    for strategy in variadic:
        kwargs |= draw(strategy)
    return Call(path, tuple(args), kwargs)
