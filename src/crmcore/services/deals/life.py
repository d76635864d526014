"""The life of a deal: from opening to winning or losing, and back."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from attrs import field

from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId, Role
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import LineItem, Outcome
from crmcore.domain.documents import Document
from crmcore.domain.fields.part import NOTHING
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import CustomerId, DealId, FunnelId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.messages import Message
from crmcore.domain.people import User
from crmcore.domain.tasks import Task, TaskState
from crmcore.domain.values.money import Money
from crmcore.services.deals.gates import check_gates
from crmcore.services.house import House, story
from crmcore.services.steps.stages import enter_stage
from crmcore.services.unit import Unit


@record
class Moved:
    """What became of a deal that went to another stage."""

    deal: Deal
    tasks: Sequence[Task] = field(default=(), converter=tuple)
    documents: Sequence[Document] = field(default=(), converter=tuple)
    messages: Sequence[Message] = field(default=(), converter=tuple)

    @property
    def task(self) -> Task | None:
        """The first task that the stage gave."""
        return self.tasks[0] if self.tasks else None


class DealLife:
    """What moves a deal on."""

    __slots__ = ()

    house: House

    @story("deals.open")
    def open(
        self,
        unit: Unit,
        title: str,
        /,
        *,
        customer: CustomerId,
        funnel: FunnelId,
        stage: str | None = None,
        value: Money | None = None,
        lines: Sequence[LineItem] = (),
        owner: UserId | None = None,
        expected_close: date | None = None,
        source: str = "",
        campaign: str = "",
        request: ExternalId | None = None,
        about: str = "",
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = NOTHING,
        key: str | None = None,
    ) -> Moved:
        """Open a deal with a customer we know, and do what its stage asks for on entry.

        Args:
            owner: who is responsible; the customer's owner when not given.

        Raises:
            NotFound: no such customer, funnel or owner.
            InvalidInput: a field that cannot be.
            Taken: a deal of the same request exists.
        """
        unit.announce(Funnel, funnel)
        unit.announce(User, owner)
        person, drawn = unit.get(Customer, customer), unit.get(Funnel, funnel)
        deal = Deal.open(
            unit.id("deal"),
            title,
            customer=person.id,
            funnel=drawn,
            at=unit.now,
            stage=stage,
            value=value,
            lines=lines,
            owner=person.owner if owner is None else unit.get(User, owner).id,
            expected_close=expected_close,
            source=source,
            campaign=campaign,
            request=request,
            about=about,
            tags=tags,
            custom=custom,
        )
        return self._enter(unit, deal, drawn)

    @story("deals.move")
    def move(
        self, unit: Unit, id: DealId, /, *, to: str, expected_version: int | None = None, key: str | None = None
    ) -> Moved:
        """Put a deal in another stage: check what its present one asks for, move it, do what the new one asks for.

        A deal may always go back without fulfilling anything.

        Raises:
            StageGateClosed: with everything that is missing.
            IllegalTransition: it is closed, or the funnel forbids this leap or return.
            NotAllowed: the funnel has no such stage.
            StaleVersion: it is not at the expected version.
        """
        deal = unit.get(Deal, id, version=expected_version, then={"funnel": Funnel})
        funnel = unit.get(Funnel, deal.funnel)
        moved = deal.move(to, funnel, at=unit.now)
        if moved is deal:
            return Moved(deal=deal)
        if moved.place > deal.place:
            check_gates(unit, deal, funnel, to=moved.place)
        return self._enter(unit, moved, funnel)

    @story("deals.win")
    def win(self, unit: Unit, id: DealId, /, *, expected_version: int | None = None, key: str | None = None) -> Moved:
        """Win a deal: it enters the funnel's winning stage, and its customer is a prospect no more.

        Raises:
            StageGateClosed, IllegalTransition, StaleVersion: as `move`.
        """
        deal = unit.get(Deal, id, version=expected_version, then={"funnel": Funnel, "customer": Customer})
        funnel = unit.get(Funnel, deal.funnel)
        won = deal.win(funnel, at=unit.now)
        check_gates(unit, deal, funnel, to=max(won.place, deal.place + 1))
        if funnel.winning is None:
            _welcome(unit, unit.get(Customer, deal.customer))
            return Moved(deal=unit.save(won))
        return self._enter(unit, won, funnel)

    @story("deals.lose")
    def lose(
        self, unit: Unit, id: DealId, /, *, reason: str, expected_version: int | None = None, key: str | None = None
    ) -> Deal:
        """Lose a deal, for one of its funnel's reasons. Its open tasks are called off.

        Raises:
            LossReasonMissing: the reason is none of the funnel's.
            IllegalTransition: it is closed.
            StaleVersion: it is not at the expected version.
        """
        unit.announce(Deal, id, {"funnel": Funnel})
        open_tasks = Is("deal", id) & Is("state", TaskState.OPEN)
        unit.foresee(Task, open_tasks, facts=True)
        deal = unit.get(Deal, id, version=expected_version)
        lost = deal.lose(reason, unit.get(Funnel, deal.funnel), at=unit.now)
        for task in unit.facts(Task, open_tasks):
            unit.save(task.cancel(at=unit.now, reason="deal lost"))
        return unit.save(lost)

    @story("deals.reopen")
    def reopen(
        self,
        unit: Unit,
        id: DealId,
        /,
        *,
        stage: str | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Moved:
        """Take a closed deal up again: where it was lost, or in the last stage that does not win.

        Raises:
            IllegalTransition: it is open.
            RuleBroken: that stage wins.
        """
        deal = unit.get(Deal, id, version=expected_version, then={"funnel": Funnel})
        funnel = unit.get(Funnel, deal.funnel)
        reopened = deal.reopen(funnel, at=unit.now, stage=stage)
        return self._enter(unit, reopened, funnel)

    def _enter(self, unit: Unit, deal: Deal, funnel: Funnel) -> Moved:
        if deal.is_open and not funnel.stage(deal.stage).on_entry:
            return Moved(deal=unit.save(deal))  # nothing is to be done that the customer had to be read for
        customer = unit.get(Customer, deal.customer)
        if deal.outcome is Outcome.WON:
            _welcome(unit, customer)
        entered = enter_stage(unit, self.house, deal, funnel, customer)
        return Moved(
            deal=unit.save(entered.deal),
            tasks=entered.tasks,
            documents=entered.documents,
            messages=entered.messages,
        )


def _welcome(unit: Unit, customer: Customer) -> None:
    unit.save(customer.become(Role.CUSTOMER, at=unit.now))
