"""Commands that book, reschedule, cancel and complete appointments."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.appointments.parts import AppointmentState
from crmcore.domain.activities.interactions import Interaction, InteractionKind
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.time import checked_duration, checked_timestamp
from crmcore.domain.kernel.ids import AppointmentId, CustomerId, DealId, EquipmentId, UserId
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.services.activities.appointments.availability import check_availability, period_from
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.shared.job_scheduling import APPOINTMENT_REMINDER, schedule_job
from crmcore.services.unit_of_work import UnitOfWork

DEFAULT_LENGTH = timedelta(hours=1)
"""Length of an appointment for which none is given."""


@record
class CompletedAppointment:
    """Result of completing an appointment.

    Attributes:
        interaction: the logged interaction; None without a customer.
    """

    appointment: Appointment
    interaction: Interaction | None = None


class AppointmentBooking:
    """Commands that create and change appointments."""

    __slots__ = ()

    _environment: Environment

    @command("appointments.book")
    def book(
        self,
        uow: UnitOfWork,
        title: str,
        /,
        *,
        since: datetime,
        length: timedelta = DEFAULT_LENGTH,
        attendee_ids: Sequence[UserId] = (),
        kind: str = "",
        customer_id: CustomerId | None = None,
        deal_id: DealId | None = None,
        equipment_id: EquipmentId | None = None,
        location: str = "",
        note: str = "",
        recurrence: Recurrence | None = None,
        remind_before: timedelta | None = None,
        allow_overlap: bool = False,
        require_working_hours: bool = True,
        idempotency_key: str | None = None,
    ) -> Appointment:
        """Book an appointment. Concurrent bookings cannot double-book an attendee.

        Args:
            deal_id: the deal; its customer becomes the customer of the appointment.
            recurrence: the rule of a series.
            remind_before: how long before the start the attendees are reminded.
            allow_overlap: book although an attendee is not available.
            require_working_hours: the appointment must be within the business hours of all attendees.

        Raises:
            SchedulingConflictError: an attendee is not available; with the attendees and reasons.
            NotFoundError: a user, the customer, the deal or the equipment does not exist.
            OutOfRangeError: the length is 0, or more than 31 days.
        """
        if deal_id is not None:
            customer_id = uow.get(Deal, deal_id).customer_id
        appointment = Appointment.book(
            uow.new_id("appointment"),
            title,
            period=_period(since, length),
            at=uow.now,
            attendee_ids=[uow.get(User, user).id for user in as_tuple("attendee_ids", attendee_ids)],
            kind=kind,
            customer_id=None if customer_id is None else uow.get(Customer, customer_id).id,
            deal_id=deal_id,
            equipment_id=None if equipment_id is None else uow.get(Equipment, equipment_id).id,
            location=location,
            note=note,
            recurrence=recurrence,
        )
        return self._save_booked(
            uow,
            appointment,
            allow_overlap=allow_overlap,
            require_working_hours=require_working_hours,
            remind_before=remind_before,
        )

    @command("appointments.reschedule")
    def reschedule(
        self,
        uow: UnitOfWork,
        appointment_id: AppointmentId,
        /,
        *,
        since: datetime,
        length: timedelta | None = None,
        original_start: datetime | None = None,
        remind_before: timedelta | None = None,
        allow_overlap: bool = False,
        require_working_hours: bool = True,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Appointment:
        """Reschedule an appointment, or one occurrence of a series.

        Args:
            length: the new length; defaults to the present one.
            original_start: the occurrence to reschedule; see `AppointmentOccurrence.original_start`.
            (others): as in `book`.

        Raises:
            SchedulingConflictError: an attendee is not available at the new time.
            BusinessRuleError: the appointment is not planned, or has no such occurrence.
        """
        appointment = uow.get(Appointment, appointment_id, version=expected_version)
        period = _period(since, appointment.until - appointment.since if length is None else length)
        original_start = None if original_start is None else checked_timestamp("original_start", original_start)
        rescheduled = appointment.reschedule(period, at=uow.now, original_start=original_start)
        return self._save_booked(
            uow,
            rescheduled,
            allow_overlap=allow_overlap,
            require_working_hours=require_working_hours,
            remind_before=remind_before,
        )

    @command("appointments.set_attendees")
    def set_attendees(
        self,
        uow: UnitOfWork,
        appointment_id: AppointmentId,
        /,
        *,
        attendee_ids: Sequence[UserId],
        allow_overlap: bool = False,
        require_working_hours: bool = True,
        idempotency_key: str | None = None,
    ) -> Appointment:
        """Replace the attendees of an appointment.

        Raises:
            SchedulingConflictError: an attendee is not available.
        """
        user_ids = [uow.get(User, user).id for user in as_tuple("attendee_ids", attendee_ids)]
        changed = uow.get(Appointment, appointment_id).set_attendees(user_ids, at=uow.now)
        return self._save_booked(uow, changed, allow_overlap=allow_overlap, require_working_hours=require_working_hours)

    @command("appointments.cancel_occurrence")
    def cancel_occurrence(
        self,
        uow: UnitOfWork,
        appointment_id: AppointmentId,
        original_start: datetime,
        /,
        *,
        idempotency_key: str | None = None,
    ) -> Appointment:
        """Cancel one occurrence of a series.

        Raises:
            BusinessRuleError: the series has no such occurrence.
        """
        occurrence_start = checked_timestamp("original_start", original_start)
        return uow.save(uow.get(Appointment, appointment_id).cancel_occurrence(occurrence_start, at=uow.now))

    @command("appointments.cancel")
    def cancel(
        self, uow: UnitOfWork, appointment_id: AppointmentId, /, *, idempotency_key: str | None = None
    ) -> Appointment:
        """Cancel an appointment with all its occurrences.

        Raises:
            InvalidTransitionError: the appointment is not planned.
        """
        return uow.save(uow.get(Appointment, appointment_id).cancel(at=uow.now))

    @command("appointments.complete")
    def complete(
        self,
        uow: UnitOfWork,
        appointment_id: AppointmentId,
        /,
        *,
        kind: InteractionKind | str = InteractionKind.MEETING,
        outcome: str = "",
        note: str = "",
        idempotency_key: str | None = None,
    ) -> CompletedAppointment:
        """Complete an appointment, and log an interaction with its customer.

        Raises:
            InvalidTransitionError: the appointment is not planned.
            BusinessRuleError: the appointment is a series.
            OutOfRangeError: the appointment has not started.
        """
        appointment = uow.get(Appointment, appointment_id)
        completed = uow.save(appointment.complete(at=uow.now))
        if completed.since > uow.now:
            raise OutOfRangeError("appointment.since", "must not be in the future when it is completed")
        if completed.customer_id is None:
            return CompletedAppointment(appointment=completed)
        interaction = Interaction.log(
            uow.new_id("interaction"),
            kind,
            customer_id=completed.customer_id,
            at=uow.now,
            happened_at=completed.since,
            deal_id=completed.deal_id,
            author_id=completed.user_ids[0] if completed.user_ids else None,
            duration=completed.until - completed.since,
            outcome=outcome,
            subject=completed.title,
            note=note,
        )
        if completed.deal_id is not None:
            uow.save(uow.get(Deal, completed.deal_id).record_activity(at=uow.now))
        return CompletedAppointment(appointment=completed, interaction=uow.save(interaction))

    def _save_booked(
        self,
        uow: UnitOfWork,
        appointment: Appointment,
        *,
        allow_overlap: bool,
        require_working_hours: bool,
        remind_before: timedelta | None = None,
    ) -> Appointment:
        if not allow_overlap:
            check_availability(uow, self._environment, appointment, require_working_hours=require_working_hours)
        saved = uow.save(appointment)
        if remind_before is not None and saved.state is AppointmentState.PLANNED:
            at = saved.since - checked_duration("remind_before", remind_before)
            schedule_job(uow, APPOINTMENT_REMINDER, saved.id, at=max(at, uow.now))
        return saved


def _period(since: datetime, length: timedelta) -> Period:
    return period_from(checked_timestamp("since", since), checked_duration("length", length))
