"""Lead capture: a deal with its customer, owner and first tasks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from inspect import signature
from typing import Any, Final, Literal, Unpack

from attrs import field, frozen

from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.matching import Ambiguous, Match, Matched
from crmcore.domain.customers.parts import CustomerKind, ExternalId
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.rules import AmbiguousCustomerError, BusinessRuleError
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.text import MAX_NOTE_LENGTH, checked_text
from crmcore.domain.kernel.ids import CustomerId, DealId, FunnelId, UserId
from crmcore.domain.kernel.placeholders import fill
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.messaging.documents import Document
from crmcore.domain.organization.assignment import Assignment
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.details import DealOptions
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sla.timers import SlaStatus
from crmcore.services.bulk import ItemResult, execute_each, merge_row
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.sales.lead_matching import (
    NEW_CUSTOMER,
    match_customer,
    merge_contact_points,
    use_given_customer,
)
from crmcore.services.shared.assignment import assign_round_robin, prefetch_assignment
from crmcore.services.shared.contact_points import build_contact_points, preload_contact_owners
from crmcore.services.shared.escalation.deadlines import compute_response_sla, response_deadlines
from crmcore.services.shared.escalation.escalate import schedule_escalations
from crmcore.services.shared.received_at import is_recent, resolve_received_at
from crmcore.services.shared.stage_automation import StageEntryResult, enter_stage
from crmcore.services.unit_of_work import UnitOfWork


@record
class CaptureResult:
    """The result of capturing a lead.

    Attributes:
        match: the customer that was matched, and by which identifiers.
        assignment: the owner, and why other users were not chosen.
        is_duplicate: whether the request was captured before; then nothing was changed.
    """

    customer: Customer
    deal: Deal
    match: Match
    assignment: Assignment
    tasks: Sequence[Task] = field(default=(), converter=tuple)
    documents: Sequence[Document] = field(default=(), converter=tuple)
    is_duplicate: bool = False

    @property
    def task(self) -> Task | None:
        """The first task that the stage created."""
        return self.tasks[0] if self.tasks else None


@frozen
class Leads:
    """Leads: requests from outside."""

    _environment: Environment

    @command("leads.capture", options_of=Deal)
    def capture(
        self,
        uow: UnitOfWork,
        name: str = "",
        /,
        *,
        funnel_id: FunnelId,
        phone: str | None = None,
        email: str | None = None,
        external_id: ExternalId | None = None,
        about: str = "",
        title: str | None = None,
        customer_id: CustomerId | Literal["new"] | None = None,
        kind: CustomerKind | str = CustomerKind.PERSON,
        address: PostalAddress | None = None,
        language: str | None = None,
        owner_id: UserId | None = None,
        request: ExternalId | None = None,
        received_at: datetime | None = None,
        idempotency_key: str | None = None,
        **options: Unpack[DealOptions],
    ) -> CaptureResult:
        """Capture a lead: match or create the customer, assign, open a deal.

        The entry actions of the first stage run. The owner is chosen by round robin among the users of the funnel's role.

        Args:
            name: the name of the person who asks; may be empty if `external_id` is given.
            funnel_id: the funnel; the deal is opened in its first stage.
            phone: a number in any usual form; national numbers are read as numbers of the configured region.
            email: the e-mail address of the person who asks.
            external_id: the key of the customer in another system.
            title: the title of the deal; `about`, or the customer's name, if omitted.
            customer_id: the customer, if known; ``"new"`` creates a customer without matching.
            kind: the kind of a new customer.
            owner_id: the owner of the deal; if omitted, the owner of a known customer, else the next user of the round robin.
            request: the key of the request in another system. The same request never opens a second deal.
            received_at: when the request was received; now if omitted. SLA times count from it. A request older than one day is history: no task
                and no escalation follows.
            idempotency_key: the caller's idempotency key.
            (others): as the fields of the deal and of the customer.

        Raises:
            AmbiguousCustomerError: several customers match; nothing was changed.
            NotFoundError: no such funnel, customer or owner.
            InvalidInputError: a field has an invalid value.
        """
        at = resolve_received_at(uow, received_at, "lead.received_at")
        if request is not None:
            checked_type("lead.request", ExternalId, request)
        if external_id is not None:
            checked_type("lead.external_id", ExternalId, external_id)
        about = checked_text("lead.about", about, max_length=MAX_NOTE_LENGTH, multiline=True, allow_blank=True)
        funnel = uow.get(Funnel, funnel_id)
        if request is not None and (existing := _find_by_request_id(uow, request)):
            return existing
        contact_points = build_contact_points(self._environment, phone, email)
        if owner_id is None and customer_id in (None, NEW_CUSTOMER):  # a given id may be unhashable
            prefetch_assignment(uow, role=funnel.role, round_robin_key=f"{funnel.id}:{funnel.role}")
        match = (
            match_customer(uow, contact_points, external_id)
            if customer_id is None
            else use_given_customer(uow, customer_id)
        )
        if isinstance(match, Ambiguous):
            raise AmbiguousCustomerError(match.candidate_ids)
        requested_owner = None if owner_id is None else uow.get(User, owner_id)
        if isinstance(match, Matched):
            customer = merge_contact_points(
                uow, uow.get(Customer, match.customer_id), match, contact_points, external_id
            )
            assignment = _choose_owner(
                uow, funnel, requested_owner=requested_owner, current_owner=uow.get_or_none(User, customer.owner_id)
            )
        else:
            assignment = _choose_owner(uow, funnel, requested_owner=requested_owner, current_owner=None)
            customer = Customer.create(
                uow.new_id("customer"),
                name,
                at=uow.now,
                kind=kind,
                contact_points=contact_points,
                external_ids=() if external_id is None else (external_id,),
                owner_id=assignment.user_id,
                source=options.get("source", ""),
                addresses=() if address is None else (address,),
                language=language,
            )
        customer = uow.save(customer)
        deal = Deal.open(
            uow.new_id("deal"),
            title or fill(about, {}) or customer.display_name,
            customer_id=customer.id,
            funnel=funnel,
            at=at,
            recorded_at=uow.now,
            owner_id=assignment.user_id,
            external_id=request,
            description=about,
            **options,
        )
        stage_entry = (
            enter_stage(uow, self._environment, deal, funnel, customer)
            if is_recent(uow, at)
            else StageEntryResult(deal=deal)
        )
        deal = uow.save(stage_entry.deal)
        if funnel.respond_within is not None and is_recent(uow, at):
            schedule_escalations(uow, response_deadlines(uow, self._environment, deal), is_new=True)
        return CaptureResult(
            customer=customer,
            deal=deal,
            match=match,
            assignment=assignment,
            tasks=stage_entry.tasks,
            documents=stage_entry.documents,
        )

    def capture_many(
        self, leads: Iterable[Mapping[str, Any]], /, *, chunk_size: int = 500, **common: Any
    ) -> Iterator[ItemResult[CaptureResult]]:
        """Capture many leads, each as `capture` does.

        Leads are captured while the results are read; read all of them.

        Args:
            leads: for each lead, the arguments of `capture`, including ``name``.
            chunk_size: the number of leads per transaction, up to 10,000.
            common: arguments that all leads share.

        Example:
            >>> from crmcore import Crm, ItemFailed
            >>> crm = Crm()
            >>> sales = crm.funnels.create("Windows", stages=["First call"])
            >>> leads = [{"name": "Anna", "email": "anna@example.org"}, {"name": "Bruno", "email": "no address"}]
            >>> results = crm.leads.capture_many(leads, funnel_id=sales.id)
            >>> [result.error.code for result in results if isinstance(result, ItemFailed)]
            ['invalid_email']
        """

        def capture_one(lead: Mapping[str, Any]) -> CaptureResult:
            arguments = merge_row(lead, common, CAPTURE_ARGUMENTS, item_name="lead")
            if "funnel_id" not in arguments:
                raise RequiredError("lead.funnel_id", "must be given, for each lead or for all")
            return self.capture(arguments.pop("name", ""), **arguments)

        def preload(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
            preload_contact_owners(uow, self._environment, rows)

        return execute_each(
            self._environment, "leads.capture", leads, capture_one, chunk_size=chunk_size, preload=preload
        )

    @query("leads.response_sla")
    def response_sla(self, uow: UnitOfWork, deal_id: DealId, /) -> SlaStatus:
        """Return the SLA status of the first response to a lead.

        The funnel sets the target; a call, an e-mail or a meeting meets it.

        Raises:
            NotFoundError: no such deal.
        """
        return compute_response_sla(uow, self._environment, uow.get(Deal, deal_id))


CAPTURE_ARGUMENTS: Final = frozenset(signature(Leads.capture).parameters) - {"self", "uow"}
"""Arguments that a lead of `capture_many` may name."""


def _find_by_request_id(uow: UnitOfWork, request: ExternalId) -> CaptureResult | None:
    deal = uow.first(Deal, Eq("external_id.system", request.system) & Eq("external_id.key", request.key))
    if deal is None:
        return None
    return CaptureResult(
        customer=uow.get(Customer, deal.customer_id),
        deal=deal,
        match=Matched(deal.customer_id, ("request",)),
        assignment=Assignment(user_id=deal.owner_id, rule="request"),
        is_duplicate=True,
    )


def _choose_owner(
    uow: UnitOfWork, funnel: Funnel, *, requested_owner: User | None, current_owner: User | None
) -> Assignment:
    if requested_owner is not None:
        if not requested_owner.is_active:
            raise BusinessRuleError(requested_owner.id, "user_deactivated", "is deactivated; choose another user")
        return Assignment(user_id=requested_owner.id, rule="requested")
    if current_owner is not None and not current_owner.unavailability(uow.now):
        return Assignment(user_id=current_owner.id, rule="owner")
    return assign_round_robin(uow, role=funnel.role, round_robin_key=f"{funnel.id}:{funnel.role}")
