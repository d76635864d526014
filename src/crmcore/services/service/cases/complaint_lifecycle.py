"""The life of a complaint, as a story: from its receipt to its end, and the customer hears what happens."""

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
    """What happens to complaints."""

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
        """Note that somebody told the customer who sees to it: the first answer.

        Args:
            channel: by which: ``phone``, ``email``.
            author_id: who; whoever is responsible when not given.

        Raises:
            InvalidTransitionError: it has gone further already.
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
        """Begin to investigate a complaint, go on after waiting, or reopen it.

        Raises:
            InvalidTransitionError: it is being investigated.
            BusinessRuleError: it was closed too long ago; receive a new one that follows it.
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
        """Wait for the customer; the clocks that may do so stand still.

        Args:
            until: when the customer is asked again at the latest; forty hours of working time from now when not given.

        Raises:
            InvalidTransitionError: it has come to its end.
            OutOfRangeError: that time has passed.
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
        """Note that the customer said something more; what waited for that goes on.

        Raises:
            BusinessRuleError: it has come to its end; take it up again.
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
        """Note that the customer was told something. Whether that stops a clock is a rule of the promise; an automatic reply does not."""
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
        """Tell the customer what we propose to do.

        Raises:
            RequiredError: nothing.
            InvalidTransitionError: it was responded to, or has come to its end.
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
        """Tell the customer the decision: what was done about a complaint.

        Raises:
            RequiredError: nothing.
            InvalidTransitionError: it has come to its end.
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
        """Tell the customer the decision: why nothing will be done about a complaint.

        Raises:
            RequiredError: no reason.
            InvalidTransitionError: it has come to its end.
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
        """Lay a complaint to rest, and ask the customer how content he or she is.

        Raises:
            InvalidTransitionError: it has no outcome.
            BusinessRuleError: a compensation waits for its approval.
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
        """Note how content the customer is with the outcome, from 1 to 5.

        Raises:
            BusinessRuleError: there is no outcome yet.
            OutOfRangeError: not from 1 to 5.
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
        """Note the root cause of a complaint, what was put right, and what keeps it from happening again.

        Args:
            cause: in one of the house's words; reports count by it.
        """
        complaint = uow.get(Complaint, complaint_id, version=expected_version)
        updated = complaint.set_root_cause(
            root_cause=cause, at=uow.now, corrective_action=corrective, preventive_action=preventive
        )
        return uow.save(updated)
