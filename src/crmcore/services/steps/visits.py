"""Visits: when a piece of equipment is due for maintenance, somebody gets the task to go there."""

from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.gaps import fill
from crmcore.domain.people import OWNER
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.tasks import Task
from crmcore.services.house import House
from crmcore.services.steps.agenda import MAINTENANCE_DUE, schedule
from crmcore.services.steps.people import take_turn
from crmcore.services.steps.tasks import give_task
from crmcore.services.unit import Unit

MAINTENANCE = "maintenance"
"""The kind of a task that is a planned visit."""
REPAIR = "repair"
"""The kind of a task that is a repair."""


def give_visit(unit: Unit, house: House, plan: Maintenance, equipment: Equipment) -> Task | None:
    """Give the visit that a plan has due, if it has one: to the next in turn of those who do such work."""
    cause = plan.due(equipment, unit.now)
    if not cause:
        return None
    customer = unit.get(Customer, equipment.customer)
    task = give_task(
        unit,
        house,
        fill(plan.title, {"customer": customer.display_name, "equipment": equipment.product}),
        kind=MAINTENANCE,
        assignee=take_turn(unit, role=plan.role, ring=f"service:{plan.role}").user,
        role="" if plan.role == OWNER else plan.role,
        due_at=unit.now + plan.within,
        customer=customer.id,
        equipment=equipment.id,
    )
    unit.save(plan.give(task.id, cause, at=unit.now))
    return task


def give_visits(unit: Unit, house: House, equipment: Equipment) -> list[Task]:
    """Give every visit that the plans of a piece of equipment have due."""
    plans = unit.find(Maintenance, Is("equipment", equipment.id) & Is("active", True))
    visits = [give_visit(unit, house, plan, equipment) for plan in plans]
    return [visit for visit in visits if visit is not None]


def watch_plan(unit: Unit, plan: Maintenance) -> Maintenance:
    """Store a plan, and note when its next visit comes due."""
    schedule(unit, MAINTENANCE_DUE, plan.id, at=plan.next_at)
    return unit.save(plan)
