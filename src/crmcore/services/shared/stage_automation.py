"""Stage automation: run the entry actions of a funnel stage in order."""

from collections.abc import Sequence

from attrs import evolve, frozen

from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.fields.text import LONG_TEXT
from crmcore.domain.kernel.ids import UserId, prefix_of
from crmcore.domain.kernel.placeholders import fill
from crmcore.domain.messaging.documents import Document
from crmcore.domain.messaging.messages import Message
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.services.environment import Environment
from crmcore.services.shared.assignment import assign_round_robin
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.shared.document_rendering import render_document
from crmcore.services.shared.notifications import NOTICE, notify_user
from crmcore.services.shared.task_creation import create_task
from crmcore.services.shared.template_variables import stage_variables
from crmcore.services.unit_of_work import UnitOfWork


@frozen(kw_only=True)
class StageEntryResult:
    """Result of entering a stage. The caller has to save the deal."""

    deal: Deal
    tasks: Sequence[Task] = ()
    documents: Sequence[Document] = ()
    messages: Sequence[Message] = ()


def enter_stage(
    uow: UnitOfWork, environment: Environment, deal: Deal, funnel: Funnel, customer: Customer
) -> StageEntryResult:
    """Run the entry actions of the deal's current stage."""
    result = StageEntryResult(deal=deal)
    for action in funnel.stage(deal.stage_key).entry_actions:
        match action:
            case CreateTask():
                result = _create_task(uow, environment, action, result, customer)
            case RenderDocument():
                result = _render_document(uow, environment, action, result, customer)
            case SendNotification():
                result = _send_notification(uow, environment, action, result, customer)
    return result


def _create_task(
    uow: UnitOfWork, environment: Environment, action: CreateTask, result: StageEntryResult, customer: Customer
) -> StageEntryResult:
    deal, assignee_id = _participant_or_assign(uow, action.role, result.deal)
    business_hours = load_business_hours(uow, environment) if action.in_business_hours else ALWAYS_OPEN
    task = create_task(
        uow,
        environment,
        fill(action.title, stage_variables(deal, customer, environment=environment)),
        kind=action.kind,
        assignee_id=assignee_id,
        role=action.role,
        due_at=business_hours.add(uow.now, action.due_within),
        priority=action.priority,
        deal_id=deal.id,
        customer_id=customer.id,
    )
    return evolve(result, deal=deal, tasks=(*result.tasks, task))


def _render_document(
    uow: UnitOfWork, environment: Environment, action: RenderDocument, result: StageEntryResult, customer: Customer
) -> StageEntryResult:
    deal = result.deal
    title = fill(action.title, stage_variables(deal, customer, environment=environment))
    document = render_document(uow, environment, action.template, title, deal=deal, customer=customer)
    deal = deal.attach(document.id, document.title, at=uow.now)
    return evolve(result, deal=deal, documents=(*result.documents, document))


def _send_notification(
    uow: UnitOfWork, environment: Environment, action: SendNotification, result: StageEntryResult, customer: Customer
) -> StageEntryResult:
    deal, recipient_id = _participant_or_assign(uow, action.role, result.deal)
    if recipient_id is None:
        return evolve(result, deal=deal)
    # The default limit of `fill` is for titles; LONG_TEXT does not cut a message.
    text = fill(action.message, stage_variables(deal, customer, environment=environment), max_length=LONG_TEXT)
    message = notify_user(uow, recipient_id, NOTICE, about_id=deal.id, text=text)
    return evolve(result, deal=deal, messages=(*result.messages, message))


def _participant_or_assign(uow: UnitOfWork, role: str, deal: Deal) -> tuple[Deal, UserId | None]:
    """Return the participant with a role; assign one by round robin if needed.

    A participant who is unavailable is replaced.
    """
    if role == OWNER:
        return deal, deal.owner_id
    participant_id = deal.participant_id(role)
    user = (
        uow.get_or_none(User, participant_id)
        if participant_id is not None and prefix_of(participant_id) == User.meta.prefix
        else None
    )
    if user is not None and not user.unavailability(uow.now):
        return deal, user.id
    assigned_id = assign_round_robin(uow, role=role, round_robin_key=f"{deal.funnel_id}:{role}").user_id
    return (deal, None) if assigned_id is None else (deal.add_participant(role, assigned_id, at=uow.now), assigned_id)
