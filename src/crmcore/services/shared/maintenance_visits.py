"""Maintenance visits: create the task of a maintenance plan that is due."""

from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.placeholders import fill
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.services.environment import Environment
from crmcore.services.shared.assignment import assign_round_robin
from crmcore.services.shared.job_scheduling import MAINTENANCE_DUE, schedule_job
from crmcore.services.shared.task_creation import create_task
from crmcore.services.unit_of_work import UnitOfWork

MAINTENANCE_TASK = "maintenance"
"""Kind of the tasks that are planned visits."""
REPAIR_TASK = "repair"
"""Kind of the tasks that are repairs."""


def create_visit(uow: UnitOfWork, environment: Environment, plan: MaintenancePlan, equipment: Equipment) -> Task | None:
    """Create the due visit of a plan by round robin; None if not due."""
    cause = plan.due_cause(equipment, uow.now)
    if not cause:
        return None
    customer = uow.get(Customer, equipment.customer_id)
    task = create_task(
        uow,
        environment,
        fill(plan.title, {"customer": customer.display_name, "equipment": equipment.product}),
        kind=MAINTENANCE_TASK,
        assignee_id=assign_round_robin(uow, role=plan.role, round_robin_key=f"service:{plan.role}").user_id,
        role="" if plan.role == OWNER else plan.role,
        due_at=uow.now + plan.due_within,
        customer_id=customer.id,
        equipment_id=equipment.id,
    )
    uow.save(plan.assign(task.id, cause, at=uow.now))
    return task


def create_visits(uow: UnitOfWork, environment: Environment, equipment: Equipment) -> list[Task]:
    """Create the due visits of all active plans of an equipment."""
    plans = uow.find(MaintenancePlan, Eq("equipment_id", equipment.id) & Eq("is_active", True))
    visits = [create_visit(uow, environment, plan, equipment) for plan in plans]
    return [visit for visit in visits if visit is not None]


def save_plan(uow: UnitOfWork, plan: MaintenancePlan) -> MaintenancePlan:
    """Store a plan, and schedule its next visit."""
    schedule_job(uow, MAINTENANCE_DUE, plan.id, at=plan.next_at)
    return uow.save(plan)
