"""Deal life cycle: open, move, win, lose and reopen."""

from collections.abc import Sequence
from typing import Unpack

from attrs import field

from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId, Role
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import CustomerId, DealId, FunnelId, UserId
from crmcore.domain.messaging.documents import Document
from crmcore.domain.messaging.messages import Message
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.details import DealOptions
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.sales.deals.gates import check_gates
from crmcore.services.shared.stage_automation import enter_stage
from crmcore.services.unit_of_work import UnitOfWork


@record
class MoveResult:
    """The result of a deal that entered a stage."""

    deal: Deal
    tasks: Sequence[Task] = field(default=(), converter=tuple)
    documents: Sequence[Document] = field(default=(), converter=tuple)
    messages: Sequence[Message] = field(default=(), converter=tuple)

    @property
    def task(self) -> Task | None:
        """The first task that the stage created."""
        return self.tasks[0] if self.tasks else None


class DealLifecycle:
    """Commands that change the stage or the outcome of a deal."""

    __slots__ = ()

    _environment: Environment

    @command("deals.open", options_of=Deal)
    def open(
        self,
        uow: UnitOfWork,
        title: str,
        /,
        *,
        customer_id: CustomerId,
        funnel_id: FunnelId,
        stage_key: str | None = None,
        owner_id: UserId | None = None,
        request: ExternalId | None = None,
        about: str = "",
        idempotency_key: str | None = None,
        **options: Unpack[DealOptions],
    ) -> MoveResult:
        """Open a deal with an existing customer; run the stage's entry actions.

        Args:
            stage_key: an open stage of the funnel; the first one if omitted.
            owner_id: the user who is responsible; the customer's owner if omitted.
            request: the key of the request in another system. One request opens at most one deal.
            about: the description of the deal.

        Raises:
            NotFoundError: no such customer, funnel or owner.
            InvalidInputError: a field has an invalid value.
            DuplicateKeyError: a deal of the request exists.
        """
        uow.prefetch(Funnel, funnel_id)
        uow.prefetch(User, owner_id)
        customer, funnel = uow.get(Customer, customer_id), uow.get(Funnel, funnel_id)
        deal = Deal.open(
            uow.new_id("deal"),
            title,
            customer_id=customer.id,
            funnel=funnel,
            at=uow.now,
            stage_key=stage_key,
            owner_id=customer.owner_id if owner_id is None else uow.get(User, owner_id).id,
            external_id=request,
            description=about,
            **options,
        )
        return self._enter_stage(uow, deal, funnel)

    @command("deals.move")
    def move(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        stage_key: str,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> MoveResult:
        """Move a deal to another stage.

        Moving forward checks the requirements of the current stage and of the skipped ones. The entry actions of the new stage run.
        Moving back has no requirements.

        Raises:
            StageRequirementsNotMetError: lists all unmet requirements.
            InvalidTransitionError: the deal is closed, or the funnel forbids to skip or to return.
            InvalidChoiceError: the funnel has no such stage.
            StaleVersionError: the deal is not at the expected version.
        """
        deal = uow.get(Deal, deal_id, version=expected_version, prefetch={"funnel_id": Funnel})
        funnel = uow.get(Funnel, deal.funnel_id)
        moved = deal.move(stage_key, funnel, at=uow.now)
        if moved is deal:
            return MoveResult(deal=deal)
        if moved.stage_index > deal.stage_index:
            check_gates(uow, deal, funnel, stage_index=moved.stage_index)
        return self._enter_stage(uow, moved, funnel)

    @command("deals.win")
    def win(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> MoveResult:
        """Win a deal: it enters the winning stage; a prospect becomes a customer.

        Raises:
            StageRequirementsNotMetError, InvalidTransitionError, StaleVersionError: as `move`.
        """
        deal = uow.get(Deal, deal_id, version=expected_version, prefetch={"funnel_id": Funnel, "customer_id": Customer})
        funnel = uow.get(Funnel, deal.funnel_id)
        won = deal.win(funnel, at=uow.now)
        check_gates(uow, deal, funnel, stage_index=max(won.stage_index, deal.stage_index + 1))
        if funnel.winning_stage is None:
            _add_customer_role(uow, uow.get(Customer, deal.customer_id))
            return MoveResult(deal=uow.save(won))
        return self._enter_stage(uow, won, funnel)

    @command("deals.lose")
    def lose(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        reason: str,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Deal:
        """Lose a deal for a loss reason of its funnel; cancel its open tasks.

        Raises:
            LossReasonRequiredError: the funnel has no such reason.
            InvalidTransitionError: the deal is closed.
            StaleVersionError: the deal is not at the expected version.
        """
        uow.prefetch(Deal, deal_id, {"funnel_id": Funnel})
        open_task_kinds = Eq("deal_id", deal_id) & Eq("state", TaskState.OPEN)
        uow.prefetch_query(Task, open_task_kinds, unrestricted=True)
        deal = uow.get(Deal, deal_id, version=expected_version)
        lost = deal.lose(reason, uow.get(Funnel, deal.funnel_id), at=uow.now)
        for task in uow.find_unrestricted(Task, open_task_kinds):
            uow.save(task.cancel(at=uow.now, reason="deal lost"))
        return uow.save(lost)

    @command("deals.reopen")
    def reopen(
        self,
        uow: UnitOfWork,
        deal_id: DealId,
        /,
        *,
        stage_key: str | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> MoveResult:
        """Reopen a closed deal, in its stage or in the last open stage.

        Raises:
            InvalidTransitionError: the deal is open.
            BusinessRuleError: the stage is a winning one.
        """
        deal = uow.get(Deal, deal_id, version=expected_version, prefetch={"funnel_id": Funnel})
        funnel = uow.get(Funnel, deal.funnel_id)
        reopened = deal.reopen(funnel, at=uow.now, stage_key=stage_key)
        return self._enter_stage(uow, reopened, funnel)

    def _enter_stage(self, uow: UnitOfWork, deal: Deal, funnel: Funnel) -> MoveResult:
        if deal.is_open and not funnel.stage(deal.stage_key).entry_actions:
            return MoveResult(deal=uow.save(deal))  # nothing needs the customer
        customer = uow.get(Customer, deal.customer_id)
        if deal.outcome is Outcome.WON:
            _add_customer_role(uow, customer)
        stage_entry = enter_stage(uow, self._environment, deal, funnel, customer)
        return MoveResult(
            deal=uow.save(stage_entry.deal),
            tasks=stage_entry.tasks,
            documents=stage_entry.documents,
            messages=stage_entry.messages,
        )


def _add_customer_role(uow: UnitOfWork, customer: Customer) -> None:
    uow.save(customer.add_role(Role.CUSTOMER, at=uow.now))
