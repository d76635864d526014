"""Entering a stage: what the funnel says is to be done there, done in order."""

from collections.abc import Sequence

from attrs import evolve, frozen

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.fields.text import LONG_TEXT
from crmcore.domain.funnels import CreateTask, Funnel, Notify, RenderDocument
from crmcore.domain.gaps import fill
from crmcore.domain.ids import UserId, kind_of
from crmcore.domain.messages import Message
from crmcore.domain.people import OWNER, User
from crmcore.domain.tasks import Task
from crmcore.domain.worktime.time import ALWAYS
from crmcore.services.house import House
from crmcore.services.steps.messages import NOTICE, tell
from crmcore.services.steps.papers import render_document, written
from crmcore.services.steps.people import take_turn
from crmcore.services.steps.tasks import give_task
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit


@frozen(kw_only=True)
class Entered:
    """What entering a stage brought about. The deal is the next self and has still to be saved."""

    deal: Deal
    tasks: Sequence[Task] = ()
    documents: Sequence[Document] = ()
    messages: Sequence[Message] = ()


def enter_stage(unit: Unit, house: House, deal: Deal, funnel: Funnel, customer: Customer) -> Entered:
    """Do what the deal's present stage asks for on entry."""
    entered = Entered(deal=deal)
    for action in funnel.stage(deal.stage).on_entry:
        match action:
            case CreateTask():
                entered = _create_task(unit, house, action, entered, customer)
            case RenderDocument():
                entered = _render(unit, house, action, entered, customer)
            case Notify():
                entered = _notify(unit, house, action, entered, customer)
    return entered


def _create_task(unit: Unit, house: House, action: CreateTask, so_far: Entered, customer: Customer) -> Entered:
    deal, assignee = _whoever_is(unit, action.role, so_far.deal)
    time = house_time(unit, house) if action.in_working_time else ALWAYS
    task = give_task(
        unit,
        house,
        fill(action.title, _facts(house, deal, customer)),
        kind=action.kind,
        assignee=assignee,
        role=action.role,
        due_at=time.added(unit.now, action.within),
        priority=action.priority,
        deal=deal.id,
        customer=customer.id,
    )
    return evolve(so_far, deal=deal, tasks=(*so_far.tasks, task))


def _render(unit: Unit, house: House, action: RenderDocument, so_far: Entered, customer: Customer) -> Entered:
    deal = so_far.deal
    title = fill(action.title, _facts(house, deal, customer))
    document = render_document(unit, house, action.template, title, deal=deal, customer=customer)
    deal = deal.attach(document.id, document.title, at=unit.now)
    return evolve(so_far, deal=deal, documents=(*so_far.documents, document))


def _notify(unit: Unit, house: House, action: Notify, so_far: Entered, customer: Customer) -> Entered:
    deal, recipient = _whoever_is(unit, action.role, so_far.deal)
    if recipient is None:
        return evolve(so_far, deal=deal)
    words = fill(action.message, _facts(house, deal, customer), limit=LONG_TEXT)  # it is never longer than that
    message = tell(unit, recipient, NOTICE, about=deal.id, text=words)
    return evolve(so_far, deal=deal, messages=(*so_far.messages, message))


def _whoever_is(unit: Unit, role: str, deal: Deal) -> tuple[Deal, UserId | None]:
    """Find who has a role in a deal; when nobody has, or he is away, the next in turn joins it."""
    if role == OWNER:
        return deal, deal.owner
    who = deal.participant(role)
    user = unit.peek(User, who) if who is not None and kind_of(who) == User.shape.kind else None
    if user is not None and not user.unavailable(unit.now):
        return deal, user.id
    chosen = take_turn(unit, role=role, ring=f"{deal.funnel}:{role}").user
    return (deal, None) if chosen is None else (deal.join(role, chosen, at=unit.now), chosen)


def _facts(house: House, deal: Deal, customer: Customer) -> dict[str, str]:
    address = customer.addresses[0].lines if customer.addresses else ()
    return {
        "customer": customer.display_name,
        "deal": deal.title,
        "address": ", ".join(address),
        "phone": customer.reach(Channel.PHONE) or "",
        "at": written(deal.next_step.due_at, house) if deal.next_step else "",
    }
