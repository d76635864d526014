"""Every public method of `Crm`, with valid arguments for it.

A new method is included automatically.
"""

import inspect
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from inspect import Parameter
from typing import Any, Final, NewType, get_args

from attrs import evolve, frozen

from crmcore import ContactPoint, Crm, ExternalId, Money, Stage
from crmcore._lazy import LazyService
from crmcore.domain.kernel import ids
from crmcore.domain.messaging.messages import Message
from crmcore.domain.platform.jobs import ScheduledJob
from crmcore.domain.sla.targets import SlaTargets
from crmcore.services.bulk import ItemFailed
from tests.services.world import NOON, World, save_records

SERVICE_NAMES: Final = tuple(
    name for name in dir(Crm) if not name.startswith("_") and type(getattr(Crm, name)) is LazyService
)
ID_TYPES: Final[Mapping[Any, str]] = {
    id_type: re.sub("(?<!^)(?=[A-Z])", "_", name.removesuffix("Id")).lower()
    for name, id_type in vars(ids).items()
    if isinstance(id_type, NewType)
}
"""The types of ids, with the attribute of `World` that holds a record of the entity type."""


@frozen
class Call:
    """A public method, by service and name.

    Attributes:
        parameters: the parameters of the method.
    """

    service: str
    name: str
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        return f"{self.service}.{self.name}"

    def takes(self, name: str) -> bool:
        """Check whether the method has a parameter with a name."""
        return any(p.name == name for p in self.parameters)

    def required_arguments(self, world: World) -> dict[str, Any]:
        """Return valid arguments for the required parameters."""
        required = (p for p in self.parameters if p.default is p.empty and p.kind is not Parameter.VAR_KEYWORD)
        extra = {name: value(world) for name, value in EXTRA_ARGUMENTS.get(str(self), {}).items()}
        return {p.name: example_argument(self, p, world) for p in required} | extra

    def prepare(self, world: World) -> World:
        """Prepare the records that the method needs."""
        step = PREPARATIONS.get(str(self))
        return world if step is None else step(world)

    def execute(self, world: World, arguments: Mapping[str, Any]) -> Any:
        """Call the method with these arguments."""
        args: list[Any] = []
        named = dict(arguments)
        for p in self.parameters:
            if p.kind is Parameter.POSITIONAL_ONLY and p.name in named:
                args.append(named.pop(p.name))
            if p.kind is Parameter.VAR_POSITIONAL and p.name in named:
                args += named.pop(p.name)
        result = getattr(getattr(world.crm, self.service), self.name)(*args, **named)
        return _read_results(result) if isinstance(result, Iterator) else result


def _read_results(results: Iterator[Any]) -> list[Any]:
    """Read the results of a bulk command; raise the error of a failed item."""
    items = list(results)
    for item in items:
        if isinstance(item, ItemFailed):
            raise item.error
    return items


def calls() -> Iterator[Call]:
    """List the public methods of every service."""
    crm = Crm()
    for service in SERVICE_NAMES:
        for name, method in inspect.getmembers(type(getattr(crm, service)), callable):
            if not name.startswith("_"):
                yield Call(service, name, _parameters(method))


def _parameters(method: Callable[..., Any]) -> tuple[Parameter, ...]:
    return tuple(inspect.signature(method, eval_str=True).parameters.values())[1:]  # without `self`


ARGUMENTS: Final[Mapping[str, Any]] = {
    "customers.upsert_many.rows": [{"key": "1", "name": "Liene Kalna"}],
    "deals.move_many.moves": lambda world: [(world.deal.id, "Payment")],
    "deals.upsert_many.rows": lambda world: [
        {"key": "1", "customer_id": world.customer.id, "funnel_id": world.funnel.id}
    ],
    "leads.capture_many.leads": lambda world: [{"name": "Liene Kalna", "funnel_id": world.funnel.id}],
    "calendars.create.name": "shop",
    "calendars.set_holiday_observed.day": date(2026, 5, 1),
    "calendars.swap_days.working_day": date(2026, 5, 9),
    "calendars.override_day.hours": "10:00-12:00",
    "appointments.cancel_occurrence.original_start": lambda world: world.appointment.since,
    "appointments.import_event.until": NOON + timedelta(days=1, hours=1),
    "case_id": lambda world: world.complaint.id,
    "complaints.assess.type": "quality/draught",
    "complaints.compensate.remedy": "money",
    "complaints.rate.score": 5,
    "complaints.receive.type": "quality",
    "complaints.change_owner.owner_id": lambda world: world.boss.id,
    "complaints.update_compensation.author_id": lambda world: world.boss.id,
    "complaints.update_compensation.number": 1,
    "complaints.update_compensation.state": "approved",
    "escalations.acknowledge.subject_id": lambda world: world.complaint.id,
    "inquiries.change_owner.owner_id": lambda world: world.boss.id,
    "sla_policies.create.name": "Silver",
    "contact": "+37120000000",
    "deals.add_participant.participant_id": lambda world: world.anna.id,
    "deals.lose.reason": "too dear",
    "deals.move.stage_key": "Payment",
    "documents.attach.content": b"PDF",
    "documents.render.template": "Offer",
    "inbox.process.apply": lambda world: lambda: world.crm.customers.create("Liene Kalna"),
    "hours": "Mo-Fr 09:00-13:00,14:00-18:00",
    "year": 2026,
    "customers.add_relation.related_customer_id": lambda world: world.company.id,
    "users.set_manager.manager_id": lambda world: world.boss.id,
    "field_service.renew_contract.until": date(2028, 1, 1),
    "field_service.create_contract.until": date(2028, 1, 1),
    "state": "kept",
}
"""Arguments that do not follow from the type of the parameter."""

EXTRA_ARGUMENTS: Final[Mapping[str, Mapping[str, Callable[[World], Any]]]] = {
    "commitments.create": {"deal_id": lambda world: world.deal.id},
    "customers.create": {"name": lambda world: "Liene Kalna"},
    "outbox.queue": {"recipient_id": lambda world: world.anna.id},
    "documents.attach": {"deal_id": lambda world: world.deal.id},
    "interactions.log": {"deal_id": lambda world: world.deal.id},
    "leads.capture": {"name": lambda world: "Liene Kalna"},
    "users.add_absence": {"since": lambda world: NOON},
    "field_service.plan_maintenance": {"every_total": lambda world: 500},
}
"""Optional arguments of which a method needs one."""


def _with_dead_message_and_job(world: World) -> World:
    message = Message.queue(
        ids.MessageId(world.crm._environment.id_generator.new("message")), "notice", at=NOON, recipient_id=world.anna.id
    )
    occurrence = ScheduledJob.schedule(
        ids.ScheduledJobId(world.crm._environment.id_generator.new("job")), "task.reminder", world.task.id, at=NOON
    )
    for _ in range(25):
        occurrence = occurrence.mark_failed("no", at=NOON)
    save_records(world.crm, message.mark_failed("no", at=NOON, is_permanent=True), occurrence)
    return evolve(world, dead_message=message.id, dead_job=occurrence.id)


def _with_resolved_complaint(world: World) -> World:
    world.crm.complaints.resolve(world.complaint.id, "Mended")
    return world


def _with_resolved_inquiry(world: World) -> World:
    world.crm.inquiries.resolve(world.inquiry.id, "With a cloth")
    return world


def _with_overdue_task(world: World) -> World:
    world.clock.advance(hours=81)
    world.crm.run_due_jobs()
    return world


def _with_proposed_compensation(world: World) -> World:
    world.crm.complaints.set_approval_limit("boss", Money(100, "EUR"))
    world.crm.complaints.compensate(world.complaint.id, "money", Money(50, "EUR"))
    return world


def _with_published_article(world: World) -> World:
    world.crm.knowledge.publish(world.article.id)
    return world


def _with_single_appointment(world: World) -> World:
    return evolve(world, appointment=world.crm.appointments.book("Look in", since=NOON))


def _with_failed_equipment(world: World) -> World:
    world.crm.field_service.report_failure(world.equipment.id)
    return world


def _with_maintenance_visit(world: World) -> World:
    (visit,) = world.crm.field_service.read_meter(world.equipment.id, 600).tasks
    return evolve(world, task=visit)


def _with_lost_deal(world: World) -> World:
    world.crm.deals.lose(world.deal.id, reason="too dear")
    return world


PREPARATIONS: Final[Mapping[str, Callable[[World], World]]] = {
    "appointments.complete": _with_single_appointment,
    "complaints.close": _with_resolved_complaint,
    "complaints.rate": _with_resolved_complaint,
    "complaints.update_compensation": _with_proposed_compensation,
    "escalations.acknowledge": _with_overdue_task,
    "inquiries.close": _with_resolved_inquiry,
    "deals.reopen": _with_lost_deal,
    "outbox.retry": _with_dead_message_and_job,
    "knowledge.unpublish": _with_published_article,
    "jobs.retry": _with_dead_message_and_job,
    "field_service.complete_repair": _with_failed_equipment,
    "field_service.complete_visit": _with_maintenance_visit,
    "tasks.reopen": _with_lost_deal,
}
"""Preparations that a method needs."""

BY_TYPE: Final[Mapping[Any, Callable[[World], Any]]] = {
    ids.CalendarId: lambda world: world.calendar.id,
    ids.MessageId: lambda world: world.dead_message,
    ids.ScheduledJobId: lambda world: world.dead_job,
    ids.UserId: lambda world: world.anna.id,
    ContactPoint: lambda world: ContactPoint.email("new@example.lv"),
    ExternalId: lambda world: ExternalId("erp", "8"),
    Money: lambda world: Money(20, "EUR"),
    Stage: lambda world: Stage.named("Only"),
    SlaTargets: lambda world: SlaTargets(resolution=timedelta(hours=8)),
    date: lambda world: NOON.date(),
    datetime: lambda world: NOON + timedelta(days=1),
    int: lambda world: 50,
    bool: lambda world: True,
    str: lambda world: "some words",
}


def example_argument(call: Call, parameter: Parameter, world: World) -> Any:
    """Return a valid argument for a parameter."""
    for name in (f"{call}.{parameter.name}", parameter.name):
        if name in ARGUMENTS:
            value = ARGUMENTS[name]
            return value(world) if callable(value) else value
    found = _fitting_value(parameter.annotation, world)
    assert found is not None, f"say in tests/services/calls.py what to give {call} as {parameter.name}"
    several = parameter.kind is Parameter.VAR_POSITIONAL or "Sequence" in str(parameter.annotation)
    return [found] if several else found


def _fitting_value(annotation: Any, world: World) -> Any:
    for option in (annotation, *get_args(annotation)):
        if option in BY_TYPE:
            return BY_TYPE[option](world)
        if option in ID_TYPES:
            return getattr(world, ID_TYPES[option]).id
        if isinstance(option, type) and issubclass(option, Enum):
            return next(iter(option))
        if get_args(option) and option is not annotation:
            found = _fitting_value(option, world)
            if found is not None:
                return found
    return None


def entity_of_id_parameter(parameter: Parameter) -> str | None:
    """Return the record name of an id parameter, or None."""
    options = [o for o in (parameter.annotation, *get_args(parameter.annotation)) if isinstance(o, Hashable)]
    return next((ID_TYPES[option] for option in options if option in ID_TYPES), None)
