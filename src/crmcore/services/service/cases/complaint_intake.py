"""Complaint intake: receive, assess and assign complaints, choose SLAs."""

from datetime import timedelta
from typing import Final

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.kernel.errors.validation import InvalidChoiceError
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ComplaintId, CustomerId, DealId, UserId
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_lifecycle import Severity
from crmcore.domain.service.cases.complaint_parts import ComplaintType, nearest_type
from crmcore.domain.sla.policies import SlaSubject
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.service.cases.case_support import get_with_hours, requested_resolution_time
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.shared.case_ownership import choose_owner, choose_sla, save_case
from crmcore.services.shared.notifications import notify_customer, notify_user
from crmcore.services.shared.template_variables import case_variables
from crmcore.services.unit_of_work import UnitOfWork

REPEAT_WINDOW: Final = timedelta(days=90)
"""Period in which a second complaint of the same type counts as a repeat."""


class ComplaintIntake:
    """Commands that receive, assess and assign complaints."""

    __slots__ = ()
    _environment: Environment

    @command("complaints.receive")
    def receive(
        self,
        uow: UnitOfWork,
        subject: str,
        /,
        *,
        type: str,
        customer_id: CustomerId,
        resolve_within: timedelta | None = None,
        severity: Severity | str | None = None,
        owner_id: UserId | None = None,
        role: str | None = None,
        deal_id: DealId | None = None,
        product: str = "",
        contract: str = "",
        description: str = "",
        previous_complaint_id: ComplaintId | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Receive a complaint: choose its owner and its SLA, schedule escalations.

        The customer is notified of the receipt, the owner and the deadline.

        Args:
            type: a path in the tree of complaint types, such as ``delivery/late``.
            resolve_within: the time to resolution in business hours; the target of the SLA policy if omitted.
            severity: the severity; that of the complaint type if omitted.
            owner_id: the owner; if omitted, the next user of the role by round robin.
            role: the role for `owner_id`; that of the complaint type if omitted.
            contract: the contract of the customer; SLA policies can depend on it.
            description: the words of the customer.
            previous_complaint_id: the earlier complaint that this one continues.

        Raises:
            NoAssigneeAvailableError: no owner is given, and no user of the role is available.
            InvalidChoiceError: complaint types exist, and this is not one of them.
            NotFoundError: no such customer, deal, user or complaint.
        """
        requested_time = requested_resolution_time("complaint.resolve_within", resolve_within)
        complaint_type = find_declared_type(uow, type)
        effective_severity = Severity.MEDIUM if complaint_type is None else complaint_type.severity
        effective_severity = (
            effective_severity if severity is None else checked_member("complaint.severity", Severity, severity)
        )
        customer = uow.get(Customer, customer_id)
        if deal_id is not None:
            uow.get(Deal, deal_id)
        if previous_complaint_id is not None:
            uow.get(Complaint, previous_complaint_id)
        complaint_id = uow.new_id("complaint")
        default_role = OWNER if complaint_type is None else complaint_type.role
        role = default_role if role is None else checked_text("complaint.role", role, max_length=60)
        sla_decision = choose_sla(
            uow, _sla_subject(customer, type, effective_severity, contract), resolve_within=requested_time
        )
        complaint = Complaint.receive(
            complaint_id,
            subject,
            type=type,
            customer_id=customer.id,
            owner_id=choose_owner(
                uow, complaint_id, requested_owner_id=owner_id, role=role, round_robin_key="complaints"
            ),
            sla=sla_decision,
            business_hours=load_business_hours(uow, self._environment, sla_decision.calendar_id),
            at=uow.now,
            severity=effective_severity,
            deal_id=deal_id,
            product=product,
            contract=contract,
            description=description,
            repeat_of_id=_find_similar_complaint(uow, customer, type),
            previous_complaint_id=previous_complaint_id,
        )
        variables = case_variables(uow, complaint, complaint.due_at, environment=self._environment)
        notify_user(uow, complaint.owner_id, "case.assigned", about_id=complaint.id, **variables)
        notify_customer(uow, customer, "customer.received", about_id=complaint.id, **variables)
        return save_case(uow, self._environment, complaint, is_new=True)

    @command("complaints.assess")
    def assess(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        type: str | None = None,
        severity: Severity | str | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Set the type and the severity of a complaint, and choose its SLA again.

        Earlier pauses still count.

        Raises:
            BusinessRuleError: the complaint has an outcome.
            InvalidChoiceError: complaint types exist, and this is not one of them.
        """
        complaint, _ = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        type_path = complaint.type if type is None else checked_text("complaint.type", type, max_length=100)
        find_declared_type(uow, type_path)
        effective_severity = (
            complaint.severity if severity is None else checked_member("complaint.severity", Severity, severity)
        )
        customer = uow.get(Customer, complaint.customer_id)
        sla_decision = choose_sla(uow, _sla_subject(customer, type_path, effective_severity, complaint.contract))
        if sla_decision.sla_policy_id is None and complaint.sla_policy_id is None:  # requested targets stay
            unchanged = {"targets": complaint.targets, "calendar_id": complaint.calendar_id}
            sla_decision = copy_with(sla_decision, rule="requested", **unchanged)
        business_hours = load_business_hours(uow, self._environment, sla_decision.calendar_id)
        assessed = complaint.assess(
            type=type_path, severity=effective_severity, sla=sla_decision, business_hours=business_hours, at=uow.now
        )
        return save_case(uow, self._environment, assessed)

    @command("complaints.change_owner")
    def change_owner(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        owner_id: UserId,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Change the owner of a complaint.

        Raises:
            NotFoundError: no such user.
            BusinessRuleError: the user is deactivated.
        """
        complaint = uow.get(Complaint, complaint_id, version=expected_version)
        new_owner_id = choose_owner(
            uow, complaint.id, requested_owner_id=owner_id, role=OWNER, round_robin_key="complaints"
        )
        if new_owner_id != complaint.owner_id:
            notify_user(
                uow,
                new_owner_id,
                "case.assigned",
                about_id=complaint.id,
                **case_variables(uow, complaint, complaint.due_at, environment=self._environment),
            )
        return save_case(uow, self._environment, complaint.change_owner(new_owner_id, at=uow.now))


def find_declared_type(uow: UnitOfWork, type: str) -> ComplaintType | None:
    """Return the nearest complaint type of a path; None if no types exist.

    Raises:
        InvalidChoiceError: complaint types exist, and none fits the path.
    """
    type = checked_text("complaint.type", type, max_length=100)
    types = uow.find(ComplaintType, Eq("is_active", True), order="path")
    declared = nearest_type(types, type)
    if types and declared is None:
        raise InvalidChoiceError("complaint.type", allowed=tuple(known_type.path for known_type in types))
    return declared


def _sla_subject(customer: Customer, type: str, severity: Severity, contract: str) -> SlaSubject:
    return SlaSubject(kind="complaint", type=type, severity=severity.value, contract=contract, segments=customer.tags)


def _find_similar_complaint(uow: UnitOfWork, customer: Customer, type: str) -> ComplaintId | None:
    """Return the customer's latest complaint of the same top-level type."""
    recent = Eq("customer_id", customer.id) & Compare("received_at", ">=", uow.now - REPEAT_WINDOW)
    branch = type.partition("/")[0]
    similar = (
        complaint
        for complaint in uow.find(Complaint, recent, order="-id", limit=50)
        if complaint.type.partition("/")[0] == branch
    )
    return next((complaint.id for complaint in similar), None)
