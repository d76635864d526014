"""Inquiries: questions and service requests, from receipt to answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import And
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CustomerId, DealId, InquiryId, UserId
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.inquiry import Inquiry, InquiryKind
from crmcore.domain.sla.policies import SlaSubject
from crmcore.domain.sla.timers import SlaStatus
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.service.cases.case_support import (
    build_reply,
    get_with_hours,
    involving,
    open_and_overdue,
    pause_until,
    requested_resolution_time,
)
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.shared.case_ownership import choose_owner, choose_sla, save_case
from crmcore.services.shared.notifications import notify_customer, notify_user
from crmcore.services.shared.template_variables import format_local_time
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@frozen
class Inquiries:
    """Inquiries: questions and service requests."""

    _environment: Environment

    @command("inquiries.receive")
    def receive(
        self,
        uow: UnitOfWork,
        subject: str,
        /,
        *,
        customer_id: CustomerId,
        kind: InquiryKind | str = InquiryKind.QUESTION,
        type: str = "",
        resolve_within: timedelta | None = None,
        owner_id: UserId | None = None,
        role: str = OWNER,
        deal_id: DealId | None = None,
        contract: str = "",
        description: str = "",
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Receive an inquiry: choose its owner and its SLA, schedule escalations.

        Args:
            kind: ``question`` or ``service``.
            type: the type, a free text.
            resolve_within: the time to the answer in business hours; the target of the SLA policy if omitted.
            owner_id: the owner; if omitted, the next user of the role by round robin.
            contract: the contract of the customer; SLA policies can depend on it.
            description: the words of the customer.

        Raises:
            NoAssigneeAvailableError: no owner is given, and no user of the role is available.
            NotFoundError: no such customer, deal or user.
        """
        requested_time = requested_resolution_time("inquiry.resolve_within", resolve_within)
        customer = uow.get(Customer, customer_id)
        if deal_id is not None:
            uow.get(Deal, deal_id)
        inquiry_id = uow.new_id("inquiry")
        raw_texts = {"type": type, "contract": contract}
        checked_texts = {
            name: checked_text(f"inquiry.{name}", text, allow_blank=True) for name, text in raw_texts.items()
        }
        sla_decision = choose_sla(
            uow, SlaSubject(kind="inquiry", segments=customer.tags, **checked_texts), resolve_within=requested_time
        )
        role = checked_text("inquiry.role", role, max_length=60)
        inquiry = Inquiry.receive(
            inquiry_id,
            subject,
            customer_id=customer.id,
            owner_id=choose_owner(uow, inquiry_id, requested_owner_id=owner_id, role=role, round_robin_key="inquiries"),
            sla=sla_decision,
            business_hours=load_business_hours(uow, self._environment, sla_decision.calendar_id),
            at=uow.now,
            kind=kind,
            type=type,
            deal_id=deal_id,
            contract=contract,
            description=description,
        )
        self._notify_new_owner(uow, inquiry)
        return save_case(uow, self._environment, inquiry, is_new=True)

    @command("inquiries.log_reply")
    def log_reply(
        self,
        uow: UnitOfWork,
        inquiry_id: InquiryId,
        /,
        *,
        channel: str = "",
        author_id: UserId | None = None,
        is_automatic: bool = False,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Log a reply that is not the answer; automatic ones meet no SLA target.

        Raises:
            BusinessRuleError: the inquiry is answered.
        """
        inquiry, business_hours = get_with_hours(uow, self._environment, Inquiry, inquiry_id, expected_version)
        reply = build_reply(uow, inquiry, author_id=author_id, channel=channel, is_automatic=is_automatic)
        return save_case(uow, self._environment, inquiry.log_reply(reply, business_hours=business_hours, at=uow.now))

    @command("inquiries.pause_for_customer")
    def pause_for_customer(
        self,
        uow: UnitOfWork,
        inquiry_id: InquiryId,
        /,
        *,
        until: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Pause an inquiry for its customer; SLA timers that allow it stop.

        Args:
            until: the end of the pause; 40 business hours from now if omitted.

        Raises:
            InvalidTransitionError: the inquiry is answered or paused.
            OutOfRangeError: the time is in the past.
        """
        inquiry, business_hours = get_with_hours(uow, self._environment, Inquiry, inquiry_id, expected_version)
        until = pause_until(uow, business_hours, until)
        return save_case(
            uow, self._environment, inquiry.pause_for_customer(until=until, business_hours=business_hours, at=uow.now)
        )

    @command("inquiries.log_customer_reply")
    def log_customer_reply(
        self,
        uow: UnitOfWork,
        inquiry_id: InquiryId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Log a reply of the customer; an answered inquiry is reopened.

        Raises:
            BusinessRuleError: it was closed too long ago.
        """
        inquiry, business_hours = get_with_hours(uow, self._environment, Inquiry, inquiry_id, expected_version)
        return save_case(uow, self._environment, inquiry.log_customer_reply(business_hours=business_hours, at=uow.now))

    @command("inquiries.resolve")
    def resolve(
        self,
        uow: UnitOfWork,
        inquiry_id: InquiryId,
        text: str,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Answer an inquiry, and send the answer to the customer.

        Raises:
            RequiredError: the text is empty.
            InvalidTransitionError: the inquiry is answered.
        """
        inquiry, business_hours = get_with_hours(uow, self._environment, Inquiry, inquiry_id, expected_version)
        resolved = inquiry.resolve(text, business_hours=business_hours, at=uow.now)
        customer = uow.get(Customer, resolved.customer_id)
        variables = {"subject": resolved.subject, "text": resolved.answer}
        notify_customer(uow, customer, "customer.answered", about_id=resolved.id, **variables)
        return save_case(uow, self._environment, resolved)

    @command("inquiries.close")
    def close(
        self,
        uow: UnitOfWork,
        inquiry_id: InquiryId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Close an inquiry.

        Raises:
            InvalidTransitionError: the inquiry is not answered.
        """
        return uow.save(uow.get(Inquiry, inquiry_id, version=expected_version).close(at=uow.now))

    @command("inquiries.change_owner")
    def change_owner(
        self,
        uow: UnitOfWork,
        inquiry_id: InquiryId,
        /,
        *,
        owner_id: UserId,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Inquiry:
        """Change the owner of an inquiry.

        Raises:
            NotFoundError: no such user.
            BusinessRuleError: the user is deactivated.
        """
        inquiry = uow.get(Inquiry, inquiry_id, version=expected_version)
        new_owner_id = choose_owner(
            uow, inquiry.id, requested_owner_id=owner_id, role=OWNER, round_robin_key="inquiries"
        )
        transferred = inquiry.change_owner(new_owner_id, at=uow.now)
        if transferred is not inquiry:
            self._notify_new_owner(uow, transferred)
        return save_case(uow, self._environment, transferred)

    @query("inquiries.get")
    def get(self, uow: UnitOfWork, inquiry_id: InquiryId, /) -> Inquiry:
        """Return an inquiry."""
        return uow.get(Inquiry, inquiry_id)

    @query("inquiries.sla_status")
    def sla_status(self, uow: UnitOfWork, inquiry_id: InquiryId, /) -> SlaStatus:
        """Return the SLA status of an inquiry."""
        inquiry, business_hours = get_with_hours(uow, self._environment, Inquiry, inquiry_id, None)
        return inquiry.sla_status(business_hours=business_hours, now=uow.now)

    @query("inquiries.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        customer_id: CustomerId | None = None,
        owner_id: UserId | None = None,
        overdue: bool = False,
        after: Inquiry | None = None,
        limit: int = 100,
    ) -> Sequence[Inquiry]:
        """List inquiries by deadline.

        Args:
            overdue: only open inquiries whose deadline has passed.
        """
        check_limit(limit)
        where = involving(customer_id=customer_id, owner_id=owner_id)
        if overdue:
            where += open_and_overdue(uow, Inquiry)
        return uow.find(Inquiry, And(tuple(where)), order="due_at", after=after, limit=limit)

    def _notify_new_owner(self, uow: UnitOfWork, inquiry: Inquiry) -> None:
        """Notify the owner of the assignment."""
        due_text = format_local_time(inquiry.due_at, self._environment)
        notify_user(uow, inquiry.owner_id, "case.assigned", about_id=inquiry.id, subject=inquiry.subject, due=due_text)
