"""The public face: what a caller sees of a method, and where the types that it takes and returns are imported from."""

import importlib
import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any, Final

import attrs
import pytest

import crmcore
from crmcore import Crm
from crmcore._lazy import LazyService
from crmcore.domain.kernel.entity import Entity
from crmcore.services.unit_of_work import UnitOfWork

STABLE: Final = ("crmcore", "crmcore.types", "crmcore.errors", "crmcore.ports")
"""The modules that docs/reference/stability.md declares stable."""


def public_methods() -> Iterator[tuple[str, Any]]:
    """List the public methods of `Crm` and of its services, by the way a caller writes them."""
    yield from (
        (f"Crm.{name}", m) for name, m in inspect.getmembers(Crm, inspect.isfunction) if not name.startswith("_")
    )
    for attribute, descriptor in vars(Crm).items():
        if isinstance(descriptor, LazyService):
            methods = inspect.getmembers(descriptor.service_class(), inspect.isfunction)
            yield from ((f"crm.{attribute}.{name}", m) for name, m in methods if not name.startswith("_"))


METHODS: Final = dict(public_methods())


def exported() -> set[int]:
    """Collect the objects that the stable modules export."""
    modules = [importlib.import_module(name) for name in STABLE]
    return {id(getattr(module, name)) for module in modules for name in dir(module) if not name.startswith("_")}


def types_of(annotation: Any, seen: dict[Any, str], origin: str) -> None:
    """Collect the classes and id types of crmcore that an annotation leads to, through fields and properties of results."""
    match annotation:
        case list() | tuple():
            parts: Any = annotation
        case types.UnionType() | types.GenericAlias():
            parts = (typing.get_origin(annotation), *typing.get_args(annotation))
        case _ if typing.get_origin(annotation) is not None:
            parts = (typing.get_origin(annotation), *typing.get_args(annotation))
        case _:
            parts = ()
    for part in parts:
        types_of(part, seen, origin)
    ours = getattr(annotation, "__module__", "").startswith("crmcore")
    if not ours or annotation in seen or not isinstance(annotation, (type, typing.NewType)):
        return
    seen[annotation] = origin
    if isinstance(annotation, type) and attrs.has(annotation):
        hints = typing.get_type_hints(annotation)
        for field in attrs.fields(annotation):
            if not field.name.startswith("_") and field.name != "pending_events":
                types_of(hints[field.name], seen, f"{annotation.__name__}.{field.name}")
        if not issubclass(annotation, Entity):
            for name, member in inspect.getmembers(annotation, lambda m: isinstance(m, property)):
                if not name.startswith("_"):
                    result = typing.get_type_hints(member.fget).get("return")
                    types_of(result, seen, f"{annotation.__name__}.{name}")


def test_public_signatures_show_no_unit_of_work() -> None:
    """`inspect.signature`, and so `help()` and editors, show what the caller passes."""
    shown = {name: [p.annotation for p in inspect.signature(m).parameters.values()] for name, m in METHODS.items()}

    assert [] == [name for name, annotations in shown.items() if UnitOfWork in annotations]
    assert [] == [name for name, m in METHODS.items() if {"uow", "unit"} & inspect.signature(m).parameters.keys()]
    assert len(METHODS) > 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), {}), "missing a required argument: 'deal_id'"),
        ((("deal_1",), {}), "missing a required argument: 'stage_key'"),
        ((("deal_1", "Won"), {}), "too many positional arguments"),
        ((("deal_1",), {"stage_key": "Won", "colour": "red"}), "got an unexpected keyword argument 'colour'"),
    ],
)
def test_error_of_wrong_call_shows_what_the_caller_passes(arguments: Any, message: str) -> None:
    """A wrong call is a TypeError in the terms of the public signature."""
    args, kwargs = arguments

    with pytest.raises(TypeError, match=rf"^DealLifecycle\.move\(\) {message}$"):
        Crm().deals.move(*args, **kwargs)


def test_types_of_public_calls_are_importable_from_stable_modules() -> None:
    """Whatever a public method takes or returns is exported by a stable module."""
    seen: dict[Any, str] = {}
    for name, method in METHODS.items():
        implementation = inspect.unwrap(method)
        known = {**vars(inspect.getmodule(implementation) or crmcore), **vars(importlib.import_module("crmcore.types"))}
        hints = typing.get_type_hints(implementation, globalns=known)
        for parameter, annotation in hints.items():
            if annotation is not UnitOfWork:
                types_of(annotation, seen, f"{name}({parameter})")
    stable = exported()

    assert [] == sorted(f"{t.__module__}.{t.__name__}: {origin}" for t, origin in seen.items() if id(t) not in stable)
