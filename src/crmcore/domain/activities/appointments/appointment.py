"""The appointment: a booked period of users, once or as a series.

Invariants:
    1. A series is one record. Its occurrences follow its recurrence rule; changes of single occurrences are stored with it.
    2. An appointment has a UID (RFC 5545) that survives export and import, and a sequence that rises with every change of its times.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, ClassVar, Final, Self

from crmcore.domain.activities.appointments.events import (
    AppointmentAttendeesChanged,
    AppointmentBooked,
    AppointmentRescheduled,
    AppointmentStatusChanged,
)
from crmcore.domain.activities.appointments.parts import (
    AppointmentOccurrence,
    AppointmentState,
    Attendee,
    OccurrenceChange,
)
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Transitions, check_transition, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.ids import AppointmentId, CustomerId, DealId, EquipmentId, UserId
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.period import Period

MAX_DURATION: Final = timedelta(days=31)
"""The longest appointment."""
MAX_OCCURRENCES: Final = 5_000
"""The maximum number of occurrences of a series that are computed."""

APPOINTMENT_TRANSITIONS: Final[Transitions[AppointmentState]] = {
    AppointmentState.PLANNED: frozenset({AppointmentState.COMPLETED, AppointmentState.CANCELLED}),
    AppointmentState.COMPLETED: frozenset(),
    AppointmentState.CANCELLED: frozenset({AppointmentState.PLANNED}),
}


@record
class Appointment(Entity):
    """A meeting, a visit, a measurement, an installation.

    Attributes:
        uid: its identity in calendars (RFC 5545).
        kind: the kind of appointment, as in ``measure``, ``install``.
        last_until: the end of the last occurrence; None for a series without an end.
        occurrence_changes: the changes of single occurrences.
        sequence: how often its times were changed.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "appointment",
        "appointments",
        unique_keys=(("uid",),),
        indexes=(("customer_id",), ("deal_id",), ("equipment_id",), ("state", "since"), ("attendees.user_id",)),
        child_tables={"attendees": "appointment_attendees"},
    )

    id: AppointmentId = fields.id_of("appointment")
    uid: str = fields.text(personal=False, max_length=255)
    title: str = fields.text(personal=True)
    kind: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)
    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()
    state: AppointmentState = fields.enum(AppointmentState, default=AppointmentState.PLANNED)
    attendees: tuple[Attendee, ...] = fields.embedded_list(Attendee, default=())
    customer_id: CustomerId | None = fields.id_of("customer", optional=True, default=None)
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    equipment_id: EquipmentId | None = fields.id_of("equipment", optional=True, default=None)
    location: str = fields.text(personal=True, max_length=500, multiline=True, default="", allow_blank=True)
    note: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    recurrence: Recurrence | None = fields.embedded(Recurrence, optional=True, default=None)
    occurrence_changes: tuple[OccurrenceChange, ...] = fields.embedded_list(
        OccurrenceChange, max_items=1_000, default=()
    )
    sequence: int = fields.integer(default=0)
    booked_at: datetime = fields.timestamp()
    last_until: datetime | None = fields.computed(lambda appointment: appointment.end)

    @classmethod
    def book(
        cls,
        id: AppointmentId,
        title: str,
        *,
        period: Period,
        at: datetime,
        uid: str | None = None,
        attendee_ids: Iterable[UserId] = (),
        recurrence: Recurrence | None = None,
        **details: Any,
    ) -> Self:
        """Book an appointment.

        Raises:
            OutOfRangeError: it has no length, or is longer than 31 days.
            InvalidInputError: a field that cannot be.
        """
        _check_period(period)
        appointment = cls(
            id=id,
            uid=f"{id}@crmcore" if uid is None else uid,
            title=title,
            since=period.since,
            until=period.until,
            attendees=tuple(Attendee(user_id) for user_id in dict.fromkeys(attendee_ids)),
            recurrence=recurrence,
            booked_at=at,
            **details,
        )
        event = AppointmentBooked(at=at, since=period.since, until=period.until, customer_id=appointment.customer_id)
        return appointment._record(event)

    @property
    def user_ids(self) -> tuple[UserId, ...]:
        """The ids of the attendees."""
        return tuple(attendee.user_id for attendee in self.attendees)

    @property
    def is_planned(self) -> bool:
        """Whether it is to take place."""
        return self.state is AppointmentState.PLANNED

    @property
    def end(self) -> datetime | None:
        """Return the end of the last occurrence. None for a series without an end."""
        if self.recurrence is None:
            return self.until
        if not self.recurrence.is_finite:
            return None
        length = self.until - self.since
        last = max(start + length for start in self._occurrence_starts())
        return max([last, *(change.period.until for change in self.occurrence_changes if change.period)])

    def occurrences(self, within: Period) -> tuple[AppointmentOccurrence, ...]:
        """List the occurrences that overlap a period, in order.

        A cancelled appointment has none.
        """
        if self.state is AppointmentState.CANCELLED:
            return ()
        found = [
            AppointmentOccurrence(
                appointment_id=self.id, title=self.title, period=period, original_start=original_start
            )
            for original_start, period in self._occurrence_periods(within.until)
            if period.overlaps(within)
        ]
        return tuple(sorted(found, key=lambda occurrence: occurrence.period.since))

    def reschedule(self, period: Period, *, at: datetime, original_start: datetime | None = None) -> Self:
        """Reschedule the appointment, or one occurrence of a series.

        Args:
            original_start: the start of the occurrence by the rule.

        Raises:
            BusinessRuleError: it is not planned, or has no such occurrence.
            OutOfRangeError: as in `book`.
        """
        self._require_planned()
        _check_period(period)
        if original_start is not None:
            return self._change_occurrence(original_start, period, at=at)
        event = AppointmentRescheduled(at=at, since=period.since)
        return self._record(
            event, since=period.since, until=period.until, occurrence_changes=(), sequence=self.sequence + 1
        )

    def cancel_occurrence(self, original_start: datetime, *, at: datetime) -> Self:
        """Cancel one occurrence of a series.

        Raises:
            BusinessRuleError: it is not planned, or has no such occurrence.
        """
        self._require_planned()
        return self._change_occurrence(original_start, None, at=at)

    def set_attendees(self, attendee_ids: Iterable[UserId], *, at: datetime) -> Self:
        """Replace the attendees.

        Raises:
            BusinessRuleError: it is not planned.
        """
        self._require_planned()
        new_attendees = tuple(Attendee(user_id) for user_id in dict.fromkeys(attendee_ids))
        if new_attendees == self.attendees:
            return self
        return self._record(
            AppointmentAttendeesChanged(at=at, attendee_count=len(new_attendees)), attendees=new_attendees
        )

    def updated_from(self, imported: "Appointment") -> Self:
        """Take over text, times and attendees of another calendar's copy."""
        names = ("title", "since", "until", "attendees", "location", "note", "recurrence", "sequence", "state")
        return self._record(
            *imported.pending_events, occurrence_changes=(), **{name: getattr(imported, name) for name in names}
        )

    def cancel(self, *, at: datetime) -> Self:
        """Cancel the appointment and all its occurrences.

        Raises:
            InvalidTransitionError: it is not planned.
        """
        return self._set_state(AppointmentState.CANCELLED, at=at)

    def complete(self, *, at: datetime) -> Self:
        """Record that it took place.

        Raises:
            InvalidTransitionError: it is not planned.
            BusinessRuleError: it is a series. Log an interaction for each occurrence.
        """
        if self.recurrence is not None:
            raise BusinessRuleError(
                self.id, "series_not_completable", "is a series; log what took place, and skip what did not"
            )
        return self._set_state(AppointmentState.COMPLETED, at=at)

    def restore(self, *, at: datetime) -> Self:
        """Reopen a cancelled appointment.

        Raises:
            InvalidTransitionError: it is not cancelled.
        """
        return self._set_state(AppointmentState.PLANNED, at=at)

    def _set_state(self, to: AppointmentState, *, at: datetime) -> Self:
        check_transition(self.id, APPOINTMENT_TRANSITIONS, self.state, to)
        return self._record(AppointmentStatusChanged(at=at, state=to), state=to, sequence=self.sequence + 1)

    def _change_occurrence(self, original_start: datetime, period: Period | None, *, at: datetime) -> Self:
        if self.recurrence is None or original_start not in takewhile(
            lambda start: start <= original_start, self._occurrence_starts()
        ):
            raise BusinessRuleError(self.id, "no_such_occurrence", "has no occurrence that was to begin then")
        others = tuple(change for change in self.occurrence_changes if change.original_start != original_start)
        occurrence_changes = (*others, OccurrenceChange(original_start=original_start, period=period))
        event = AppointmentRescheduled(at=at, original_start=original_start, since=period.since if period else None)
        return self._record(event, occurrence_changes=occurrence_changes, sequence=self.sequence + 1)

    def _occurrence_starts(self) -> Iterator[datetime]:
        """Iterate over the starts of the occurrences by the rule."""
        if self.recurrence is None:
            return iter((self.since,))
        return self.recurrence.occurrences(start=self.since, max_count=MAX_OCCURRENCES)

    def _occurrence_periods(self, until: datetime) -> Iterator[tuple[datetime, Period]]:
        """Iterate over occurrences before an instant, with original starts."""
        length = self.until - self.since
        changed_periods = {change.original_start: change.period for change in self.occurrence_changes}
        for start in takewhile(lambda start: start < until, self._occurrence_starts()):
            if start not in changed_periods:
                yield start, Period(start, start + length)
        for original_start, period in changed_periods.items():
            if period is not None:
                yield original_start, period

    def _require_planned(self) -> None:
        if not self.is_planned:
            raise BusinessRuleError(self.id, "appointment_not_planned", f"is {self.state.value}")


def _check_period(period: Period) -> None:
    if not timedelta(0) < period.length <= MAX_DURATION:
        raise OutOfRangeError("appointment.period", f"must have a length, of at most {MAX_DURATION.days} days")


def occurrences_within(appointments: Sequence[Appointment], within: Period) -> tuple[AppointmentOccurrence, ...]:
    """List occurrences of several appointments in a period, in order."""
    found = [occurrence for appointment in appointments for occurrence in appointment.occurrences(within)]
    return tuple(sorted(found, key=lambda occurrence: (occurrence.period.since, occurrence.appointment_id)))
