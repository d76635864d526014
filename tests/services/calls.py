"""Every story that the front door offers, with arguments that it takes. A new story comes in by itself."""

import inspect
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from inspect import Parameter
from typing import Any, Final, get_args

from attrs import frozen

from crmcore import ContactPoint, Crm, ExternalId, Stage
from crmcore.domain.ids import (
    CommitmentId,
    ComplaintId,
    CustomerId,
    DealId,
    DocumentId,
    FunnelId,
    InteractionId,
    MessageId,
    OccurrenceId,
    TaskId,
    TeamId,
    UserId,
)
from tests.services.world import NOON, World

ROOMS: Final = tuple(
    name for name in dir(Crm) if not name.startswith("_") and type(getattr(Crm, name)).__name__ == "cached_property"
)


@frozen
class Call:
    """One story, by its room and name.

    Attributes:
        parameters: what it takes.
    """

    room: str
    name: str
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        return f"{self.room}.{self.name}"

    def needs(self, world: World) -> dict[str, Any]:
        """An argument for everything that has to be given."""
        asked = (p for p in self.parameters if p.default is p.empty and p.kind is not Parameter.VAR_KEYWORD)
        wished = {name: fact(world) for name, fact in WISHED.get(str(self), {}).items()}
        return {p.name: example(self, p, world) for p in asked} | wished

    def tell(self, world: World, given: dict[str, Any]) -> Any:
        """Tell the story with these arguments, whatever their kind."""
        args: list[Any] = []
        named = dict(given)
        for p in self.parameters:
            if p.kind is Parameter.POSITIONAL_ONLY and p.name in named:
                args.append(named.pop(p.name))
            if p.kind is Parameter.VAR_POSITIONAL and p.name in named:
                args += named.pop(p.name)
        return getattr(getattr(world.crm, self.room), self.name)(*args, **named)


def calls() -> Iterator[Call]:
    """List the stories of every room."""
    for room in ROOMS:
        kind = _kind_of(room)
        for name, method in inspect.getmembers(kind, callable):
            if not name.startswith("_"):
                yield Call(room, name, _parameters(method))


def _kind_of(room: str) -> type[Any]:
    return type(getattr(Crm(), room))


def _parameters(method: Callable[..., Any]) -> tuple[Parameter, ...]:
    told = inspect.unwrap(method)
    given = list(inspect.signature(told, eval_str=True).parameters.values())
    return tuple(given[1:] if told is method else given[2:])  # neither `self`, nor the unit


WORDS: Final[dict[str, Any]] = {
    "contact": "+37120000000",
    "documents.render.template": "Offer",
    "documents.attach.content": b"PDF",
    "funnels.named.name": "Windows",
    "deals.move.to": "Payment",
    "deals.lose.reason": "too dear",
    "deals.join.who": lambda world: world.anna.id,
    "tasks.reassign.to": lambda world: world.boss.id,
}
"""What cannot be told from a parameter's type alone."""

WISHED: Final[dict[str, dict[str, Callable[[World], Any]]]] = {
    "commitments.make": {"deal": lambda world: world.deal.id},
    "customers.add": {"name": lambda world: "Liene Kalna"},
    "documents.attach": {"deal": lambda world: world.deal.id},
    "interactions.log": {"deal": lambda world: world.deal.id},
    "leads.capture": {"name": lambda world: "Liene Kalna"},
}
"""What some stories ask for one way or another."""

BY_TYPE: Final[dict[Any, Callable[[World], Any]]] = {
    CommitmentId: lambda world: world.commitment.id,
    ComplaintId: lambda world: world.complaint.id,
    ContactPoint: lambda world: ContactPoint.email("new@example.lv"),
    CustomerId: lambda world: world.customer.id,
    DealId: lambda world: world.deal.id,
    DocumentId: lambda world: world.document.id,
    ExternalId: lambda world: ExternalId("erp", "8"),
    FunnelId: lambda world: world.funnel.id,
    InteractionId: lambda world: world.interaction.id,
    MessageId: lambda world: "message_00000000000070008000000000000000",
    OccurrenceId: lambda world: "occurrence_00000000000070008000000000000000",
    Stage: lambda world: Stage.named("Only"),
    TaskId: lambda world: world.task.id,
    TeamId: lambda world: world.team.id,
    UserId: lambda world: world.anna.id,
    date: lambda world: NOON.date(),
    datetime: lambda world: NOON + timedelta(days=1),
    int: lambda world: 50,
    str: lambda world: "some words",
}


def example(call: Call, parameter: Parameter, world: World) -> Any:
    """An argument that fits."""
    for name in (f"{call}.{parameter.name}", parameter.name):
        if name in WORDS:
            word = WORDS[name]
            return word(world) if callable(word) else word
    found = _fit(parameter.annotation, world)
    assert found is not None, f"say in tests/services/calls.py what to give {call} as {parameter.name}"
    several = parameter.kind is Parameter.VAR_POSITIONAL or "Sequence" in str(parameter.annotation)
    return [found] if several else found


def _fit(annotation: Any, world: World) -> Any:
    for option in (annotation, *get_args(annotation)):
        if option in BY_TYPE:
            return BY_TYPE[option](world)
        if isinstance(option, type) and issubclass(option, Enum):
            return next(iter(option))
        if get_args(option) and option is not annotation:
            found = _fit(option, world)
            if found is not None:
                return found
    return None
