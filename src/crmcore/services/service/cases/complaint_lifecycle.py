"""Complaint life cycle (ISO 10002): from acknowledgement to rating."""

from datetime import datetime

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ComplaintId, UserId
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.service.cases.case_support import build_reply, get_with_hours, pause_until
from crmcore.services.service.cases.complaint_notifications import notify_customer_or_owner
from crmcore.services.shared.case_ownership import save_case
from crmcore.services.shared.notifications import notify_customer
from crmcore.services.unit_of_work import UnitOfWork


class ComplaintLifecycle:
    """Commands that change the state of complaints."""

    __slots__ = ()
    _environment: Environment

    @command("complaints.acknowledge")
    def acknowledge(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        channel: str = "",
        author_id: UserId | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Acknowledge a complaint: log the first reply to the customer.

        Args:
            channel: the channel, such as ``phone`` or ``email``.
            author_id: the user who replied; the owner if omitted.

        Raises:
            InvalidTransitionError: the complaint is acknowledged already.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        reply = build_reply(uow, complaint, author_id=author_id, channel=channel)
        return save_case(
            uow, self._environment, complaint.acknowledge(reply, business_hours=business_hours, at=uow.now)
        )

    @command("complaints.start_investigation")
    def start_investigation(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Start the investigation, resume it after a pause, or reopen a complaint.

        Raises:
            InvalidTransitionError: the investigation is running.
            BusinessRuleError: it was closed too long ago. Receive a new complaint with `previous_complaint_id`.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        return save_case(
            uow, self._environment, complaint.start_investigation(business_hours=business_hours, at=uow.now)
        )

    @command("complaints.pause_for_customer")
    def pause_for_customer(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        until: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Pause a complaint for its customer; SLA timers that allow it stop.

        Args:
            until: the end of the pause; 40 business hours from now if omitted.

        Raises:
            InvalidTransitionError: the complaint has an outcome.
            OutOfRangeError: the time is in the past.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        until = pause_until(uow, business_hours, until)
        return save_case(
            uow, self._environment, complaint.pause_for_customer(until=until, business_hours=business_hours, at=uow.now)
        )

    @command("complaints.log_customer_reply")
    def log_customer_reply(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Log a reply of the customer; a pause ends.

        Raises:
            BusinessRuleError: the complaint has an outcome. Call `start_investigation` to reopen it.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        return save_case(
            uow, self._environment, complaint.log_customer_reply(business_hours=business_hours, at=uow.now)
        )

    @command("complaints.log_reply")
    def log_reply(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        channel: str = "",
        author_id: UserId | None = None,
        is_automatic: bool = False,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Log a reply to the customer. Automatic replies meet no SLA target."""
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        reply = build_reply(uow, complaint, author_id=author_id, channel=channel, is_automatic=is_automatic)
        return save_case(uow, self._environment, complaint.log_reply(reply, business_hours=business_hours, at=uow.now))

    @command("complaints.respond")
    def respond(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        text: str,
        /,
        *,
        channel: str = "email",
        author_id: UserId | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Respond to a complaint: send the customer a proposal.

        Raises:
            RequiredError: the text is empty.
            InvalidTransitionError: it was responded to, or has an outcome.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        response = checked_text("complaint.response", text, max_length=10_000, multiline=True)
        reply = build_reply(uow, complaint, author_id=author_id, channel=channel)
        responded = complaint.respond(reply, business_hours=business_hours, at=uow.now)
        notify_customer_or_owner(uow, self._environment, responded, "customer.answered", text=response)
        return save_case(uow, self._environment, responded)

    @command("complaints.resolve")
    def resolve(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        resolution: str,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Resolve a complaint, and send the resolution to the customer.

        Raises:
            RequiredError: the text is empty.
            InvalidTransitionError: the complaint has an outcome.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        resolved = complaint.resolve(resolution, business_hours=business_hours, at=uow.now)
        notify_customer_or_owner(uow, self._environment, resolved, "customer.decided", text=resolved.resolution)
        return save_case(uow, self._environment, resolved)

    @command("complaints.reject")
    def reject(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        reason: str,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Reject a complaint, and send the reason to the customer.

        Raises:
            RequiredError: the reason is empty.
            InvalidTransitionError: the complaint has an outcome.
        """
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, expected_version)
        rejected = complaint.reject(reason, business_hours=business_hours, at=uow.now)
        notify_customer_or_owner(uow, self._environment, rejected, "customer.decided", text=rejected.resolution)
        return save_case(uow, self._environment, rejected)

    @command("complaints.close")
    def close(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Close a complaint, and ask the customer for a rating.

        Raises:
            InvalidTransitionError: the complaint has no outcome.
            BusinessRuleError: a compensation waits for approval.
        """
        closed = uow.get(Complaint, complaint_id, version=expected_version).close(at=uow.now)
        notify_customer(
            uow,
            uow.get(Customer, closed.customer_id),
            "customer.rating_request",
            about_id=closed.id,
            subject=closed.subject,
        )
        return uow.save(closed)

    @command("complaints.rate")
    def rate(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        score: int,
        /,
        *,
        comment: str = "",
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Record the customer's rating of the outcome, from 1 to 5.

        Raises:
            BusinessRuleError: the complaint has no outcome.
            OutOfRangeError: the score is not from 1 to 5.
        """
        return uow.save(uow.get(Complaint, complaint_id).rate(score, at=uow.now, comment=comment))

    @command("complaints.set_root_cause")
    def set_root_cause(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        /,
        *,
        cause: str,
        corrective: str = "",
        preventive: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Set the root cause, with corrective and preventive action.

        Args:
            cause: a short text; reports count by it.
        """
        complaint = uow.get(Complaint, complaint_id, version=expected_version)
        updated = complaint.set_root_cause(
            root_cause=cause, at=uow.now, corrective_action=corrective, preventive_action=preventive
        )
        return uow.save(updated)
