"""Every story that the front door offers, with arguments that it takes. A new story comes in by itself."""

import inspect
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from inspect import Parameter
from typing import Any, Final, NewType, get_args

from attrs import evolve, frozen

from crmcore import ContactPoint, Crm, ExternalId, Money, Stage
from crmcore.domain import ids
from crmcore.domain.clocks.marks import Targets
from crmcore.domain.messages import Message
from crmcore.domain.occurrences import Occurrence
from crmcore.room import Room
from crmcore.services.bulk import Refused
from tests.services.world import NOON, World, keep

ROOMS: Final = tuple(name for name in dir(Crm) if not name.startswith("_") and type(getattr(Crm, name)) is Room)
ID_TYPES: Final[Mapping[Any, str]] = {
    kind: name.removesuffix("Id").lower() for name, kind in vars(ids).items() if isinstance(kind, NewType)
}
"""The types of ids, with the kind of record that each of them names."""


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

    def takes(self, name: str) -> bool:
        """Whether it takes an argument of that name."""
        return any(p.name == name for p in self.parameters)

    def needs(self, world: World) -> dict[str, Any]:
        """An argument for everything that has to be given."""
        asked = (p for p in self.parameters if p.default is p.empty and p.kind is not Parameter.VAR_KEYWORD)
        wished = {name: fact(world) for name, fact in WISHED.get(str(self), {}).items()}
        return {p.name: example(self, p, world) for p in asked} | wished

    def prepare(self, world: World) -> World:
        """Bring the house where the story may be told in it."""
        step = PREPARED.get(str(self))
        return world if step is None else step(world)

    def tell(self, world: World, given: Mapping[str, Any]) -> Any:
        """Tell the story with these arguments, whatever their kind."""
        args: list[Any] = []
        named = dict(given)
        for p in self.parameters:
            if p.kind is Parameter.POSITIONAL_ONLY and p.name in named:
                args.append(named.pop(p.name))
            if p.kind is Parameter.VAR_POSITIONAL and p.name in named:
                args += named.pop(p.name)
        told = getattr(getattr(world.crm, self.room), self.name)(*args, **named)
        return _read(told) if isinstance(told, Iterator) else told


def _read(answers: Iterator[Any]) -> list[Any]:
    """Read what a bulk story answers; one that was refused counts as a refusal."""
    told = list(answers)
    for answer in told:
        if isinstance(answer, Refused):
            raise answer.error
    return told


def calls() -> Iterator[Call]:
    """List the stories of every room."""
    crm = Crm()
    for room in ROOMS:
        for name, method in inspect.getmembers(type(getattr(crm, room)), callable):
            if not name.startswith("_"):
                yield Call(room, name, _parameters(method))


def _parameters(method: Callable[..., Any]) -> tuple[Parameter, ...]:
    told = inspect.unwrap(method)
    given = list(inspect.signature(told, eval_str=True).parameters.values())
    return tuple(given[1:] if told is method else given[2:])  # neither `self`, nor the unit


WORDS: Final[Mapping[str, Any]] = {
    "customers.upsert_many.rows": [{"key": "1", "name": "Liene Kalna"}],
    "deals.move_many.moves": lambda world: [(world.deal.id, "Payment")],
    "deals.upsert_many.rows": lambda world: [{"key": "1", "customer": world.customer.id, "funnel": world.funnel.id}],
    "leads.capture_many.leads": lambda world: [{"name": "Liene Kalna", "funnel": world.funnel.id}],
    "calendars.create.name": "shop",
    "calendars.keep_holiday.day": date(2026, 5, 1),
    "calendars.exchange.worked": date(2026, 5, 9),
    "calendars.set_day.hours": "10:00-12:00",
    "appointments.skip.original": lambda world: world.appointment.since,
    "appointments.put.until": NOON + timedelta(days=1, hours=1),
    "case": lambda world: world.complaint.id,
    "complaints.assess.type": "quality/draught",
    "complaints.compensate.remedy": "money",
    "complaints.rate.score": 5,
    "complaints.receive.type": "quality",
    "complaints.reassign.to": lambda world: world.boss.id,
    "complaints.settle.by": lambda world: world.boss.id,
    "complaints.settle.number": 1,
    "complaints.settle.state": "approved",
    "escalations.acknowledge.subject": lambda world: world.complaint.id,
    "inquiries.reassign.to": lambda world: world.boss.id,
    "levels.create.name": "Silver",
    "contact": "+37120000000",
    "deals.join.who": lambda world: world.anna.id,
    "deals.lose.reason": "too dear",
    "deals.move.to": "Payment",
    "documents.attach.content": b"PDF",
    "documents.render.template": "Offer",
    "inbox.take.apply": lambda world: lambda: world.crm.customers.add("Liene Kalna"),
    "hours": "Mo-Fr 09:00-13:00,14:00-18:00",
    "year": 2026,
    "customers.relate.other": lambda world: world.company.id,
    "people.report_to.supervisor": lambda world: world.boss.id,
    "service.renew.until": date(2028, 1, 1),
    "service.sign.until": date(2028, 1, 1),
    "state": "kept",
}
"""What cannot be told from a parameter's type alone."""

WISHED: Final[Mapping[str, Mapping[str, Callable[[World], Any]]]] = {
    "commitments.make": {"deal": lambda world: world.deal.id},
    "customers.add": {"name": lambda world: "Liene Kalna"},
    "delivery.queue": {"recipient": lambda world: world.anna.id},
    "documents.attach": {"deal": lambda world: world.deal.id},
    "interactions.log": {"deal": lambda world: world.deal.id},
    "leads.capture": {"name": lambda world: "Liene Kalna"},
    "people.go_away": {"since": lambda world: NOON},
    "service.plan_maintenance": {"every_total": lambda world: 500},
}
"""What some stories ask for one way or another."""


def _with_dead(world: World) -> World:
    message = Message.queue(
        ids.MessageId(world.crm.house.ids.new("message")), "notice", at=NOON, recipient=world.anna.id
    )
    occurrence = Occurrence.schedule(
        ids.OccurrenceId(world.crm.house.ids.new("occurrence")), "task.reminder", world.task.id, at=NOON
    )
    for _ in range(25):
        occurrence = occurrence.failed("no", at=NOON)
    keep(world.crm, message.failed("no", at=NOON, permanent=True), occurrence)
    return evolve(world, dead_message=message.id, dead_occurrence=occurrence.id)


def _resolved(world: World) -> World:
    world.crm.complaints.resolve(world.complaint.id, "Mended")
    return world


def _answered(world: World) -> World:
    world.crm.inquiries.answer(world.inquiry.id, "With a cloth")
    return world


def _late(world: World) -> World:
    world.clock.advance(hours=81)
    world.crm.run_due()
    return world


def _proposed(world: World) -> World:
    world.crm.complaints.set_limit("boss", Money(100, "EUR"))
    world.crm.complaints.compensate(world.complaint.id, "money", Money(50, "EUR"))
    return world


def _published(world: World) -> World:
    world.crm.knowledge.publish(world.article.id)
    return world


def _single(world: World) -> World:
    return evolve(world, appointment=world.crm.appointments.book("Look in", since=NOON))


def _broken(world: World) -> World:
    world.crm.service.report_failure(world.equipment.id)
    return world


def _due(world: World) -> World:
    (visit,) = world.crm.service.read_meter(world.equipment.id, 600).tasks
    return evolve(world, task=visit)


def _lost(world: World) -> World:
    world.crm.deals.lose(world.deal.id, reason="too dear")
    return world


PREPARED: Final[Mapping[str, Callable[[World], World]]] = {
    "appointments.hold": _single,
    "complaints.close": _resolved,
    "complaints.rate": _resolved,
    "complaints.settle": _proposed,
    "escalations.acknowledge": _late,
    "inquiries.close": _answered,
    "deals.reopen": _lost,
    "delivery.replay": _with_dead,
    "knowledge.withdraw": _published,
    "due.replay": _with_dead,
    "service.repaired": _broken,
    "service.visited": _due,
    "tasks.reopen": _lost,
}
"""Where the house has to be brought first."""

BY_TYPE: Final[Mapping[Any, Callable[[World], Any]]] = {
    ids.CalendarId: lambda world: world.calendar.id,
    ids.MessageId: lambda world: world.dead_message,
    ids.OccurrenceId: lambda world: world.dead_occurrence,
    ids.UserId: lambda world: world.anna.id,
    ContactPoint: lambda world: ContactPoint.email("new@example.lv"),
    ExternalId: lambda world: ExternalId("erp", "8"),
    Money: lambda world: Money(20, "EUR"),
    Stage: lambda world: Stage.named("Only"),
    Targets: lambda world: Targets(resolution=timedelta(hours=8)),
    date: lambda world: NOON.date(),
    datetime: lambda world: NOON + timedelta(days=1),
    int: lambda world: 50,
    bool: lambda world: True,
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
        if option in ID_TYPES:
            return getattr(world, ID_TYPES[option]).id
        if isinstance(option, type) and issubclass(option, Enum):
            return next(iter(option))
        if get_args(option) and option is not annotation:
            found = _fit(option, world)
            if found is not None:
                return found
    return None


def names_a_record(parameter: Parameter) -> str | None:
    """The kind of record whose id an argument is."""
    options = [o for o in (parameter.annotation, *get_args(parameter.annotation)) if isinstance(o, Hashable)]
    return next((ID_TYPES[option] for option in options if option in ID_TYPES), None)
