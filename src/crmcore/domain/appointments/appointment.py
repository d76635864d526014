"""The appointment: a stretch of time in which some of us meet somebody, or go somewhere; once, or by a rule again and again.

Rule 1: a series is one record. Its occurrences are told by its rule, and what became of single ones is noted beside it.
Rule 2: it has an identity that outlives exports and imports (UID, RFC 5545), and a sequence that rises with every change of its times.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.appointments.events import (
    AppointmentBooked,
    AppointmentClosed,
    AppointmentHandedOver,
    AppointmentMoved,
)
from crmcore.domain.appointments.parts import AppointmentState, Attendee, Change, Slot
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.ids import AppointmentId, CustomerId, DealId, EquipmentId, UserId
from crmcore.domain.kernel import Entity, Shape, Transitions, check_move, record
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.values.period import Period

LONGEST: Final = timedelta(days=31)
"""How long an appointment may take."""
FURTHEST: Final = 5_000
"""How many occurrences of a series are looked at, at most."""

APPOINTMENT_LIFE: Final[Transitions[AppointmentState]] = {
    AppointmentState.PLANNED: frozenset({AppointmentState.HELD, AppointmentState.CANCELLED}),
    AppointmentState.HELD: frozenset(),
    AppointmentState.CANCELLED: frozenset({AppointmentState.PLANNED}),
}


@record
class Appointment(Entity):
    """A meeting, a visit, a measuring, an installation.

    Attributes:
        uid: its identity in calendars of every kind.
        kind: the sort of appointment, as a word: ``measure``, ``install``.
        last_until: when its last occurrence ends; None when the series has no end.
        changes: what became of single occurrences.
        sequence: how often its times were changed.
    """

    shape: ClassVar[Shape] = Shape(
        "appointment",
        "appointments",
        unique=(("uid",),),
        indexes=(("customer",), ("deal",), ("equipment",), ("state", "since"), ("attendees.user",)),
        tables={"attendees": "appointment_attendees"},
    )

    id: AppointmentId = fields.ref("appointment")
    uid: str = fields.text(personal=False, limit=255)
    title: str = fields.text(personal=True)
    kind: str = fields.text(personal=False, limit=60, default="", blank=True)
    since: datetime = fields.moment()
    until: datetime = fields.moment()
    state: AppointmentState = fields.one_of(AppointmentState, default=AppointmentState.PLANNED)
    attendees: tuple[Attendee, ...] = fields.parts(Attendee, default=())
    customer: CustomerId | None = fields.ref("customer", optional=True, default=None)
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    equipment: EquipmentId | None = fields.ref("equipment", optional=True, default=None)
    place: str = fields.text(personal=True, limit=500, lines=True, default="", blank=True)
    note: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    repeats: Recurrence | None = fields.part(Recurrence, optional=True, default=None)
    changes: tuple[Change, ...] = fields.parts(Change, most=1_000, default=())
    sequence: int = fields.whole(default=0)
    booked_at: datetime = fields.moment()
    last_until: datetime | None = fields.derived(lambda appointment: appointment.end)

    @classmethod
    def book(
        cls,
        id: AppointmentId,
        title: str,
        *,
        period: Period,
        at: datetime,
        uid: str | None = None,
        attendees: Iterable[UserId] = (),
        repeats: Recurrence | None = None,
        **details: Any,
    ) -> Self:
        """Make an appointment.

        Raises:
            OutOfRange: it has no length, or takes more than 31 days.
            InvalidInput: a field that cannot be.
        """
        _check(period)
        appointment = cls(
            id=id,
            uid=f"{id}@crmcore" if uid is None else uid,
            title=title,
            since=period.since,
            until=period.until,
            attendees=tuple(Attendee(user) for user in dict.fromkeys(attendees)),
            repeats=repeats,
            booked_at=at,
            **details,
        )
        fact = AppointmentBooked(at=at, since=period.since, until=period.until, customer=appointment.customer)
        return appointment._after(fact)

    @property
    def users(self) -> tuple[UserId, ...]:
        """Who of us takes part."""
        return tuple(attendee.user for attendee in self.attendees)

    @property
    def is_planned(self) -> bool:
        """Whether it is to take place."""
        return self.state is AppointmentState.PLANNED

    @property
    def end(self) -> datetime | None:
        """When the last occurrence ends; None when there is no last one."""
        if self.repeats is None:
            return self.until
        if not self.repeats.ends:
            return None
        length = self.until - self.since
        last = max(start + length for start in self._starts())
        return max([last, *(change.period.until for change in self.changes if change.period)])

    def slots(self, within: Period) -> tuple[Slot, ...]:
        """Its occurrences that overlap a stretch of time, in order; none when it is cancelled."""
        if self.state is AppointmentState.CANCELLED:
            return ()
        found = [
            Slot(appointment=self.id, title=self.title, period=period, original=original)
            for original, period in self._occurrences(within.until)
            if period.overlaps(within)
        ]
        return tuple(sorted(found, key=lambda slot: slot.period.since))

    def move(self, period: Period, *, at: datetime, original: datetime | None = None) -> Self:
        """Give it another time: all of it, or one occurrence of a series.

        Args:
            original: which occurrence, by when it was to begin by the rule.

        Raises:
            RuleBroken: it is not planned, or has no such occurrence.
            OutOfRange: as in `book`.
        """
        self._require_planned()
        _check(period)
        if original is not None:
            return self._change(original, period, at=at)
        fact = AppointmentMoved(at=at, since=period.since)
        return self._after(fact, since=period.since, until=period.until, changes=(), sequence=self.sequence + 1)

    def skip(self, original: datetime, *, at: datetime) -> Self:
        """Let one occurrence of a series not take place.

        Raises:
            RuleBroken: it is not planned, or has no such occurrence.
        """
        self._require_planned()
        return self._change(original, None, at=at)

    def hand_over(self, attendees: Iterable[UserId], *, at: datetime) -> Self:
        """Let others of us take part.

        Raises:
            RuleBroken: it is not planned.
        """
        self._require_planned()
        after = tuple(Attendee(user) for user in dict.fromkeys(attendees))
        if after == self.attendees:
            return self
        return self._after(AppointmentHandedOver(at=at, attendees=len(after)), attendees=after)

    def taken_over(self, fresh: "Appointment") -> Self:
        """Become what another calendar says of it: its words, its times, who takes part."""
        names = ("title", "since", "until", "attendees", "place", "note", "repeats", "sequence", "state")
        return self._after(*fresh.pending, changes=(), **{name: getattr(fresh, name) for name in names})

    def cancel(self, *, at: datetime) -> Self:
        """Call it off, with all its occurrences.

        Raises:
            IllegalTransition: it is not planned.
        """
        return self._go(AppointmentState.CANCELLED, at=at)

    def hold(self, *, at: datetime) -> Self:
        """Note that it took place.

        Raises:
            IllegalTransition: it is not planned.
            RuleBroken: it is a series, whose occurrences are logged as they come.
        """
        if self.repeats is not None:
            raise RuleBroken(self.id, "series_not_held", "is a series; log what took place, and skip what did not")
        return self._go(AppointmentState.HELD, at=at)

    def restore(self, *, at: datetime) -> Self:
        """Let a cancelled one take place after all.

        Raises:
            IllegalTransition: it is not cancelled.
        """
        return self._go(AppointmentState.PLANNED, at=at)

    def _go(self, to: AppointmentState, *, at: datetime) -> Self:
        check_move(self.id, APPOINTMENT_LIFE, self.state, to)
        return self._after(AppointmentClosed(at=at, state=to), state=to, sequence=self.sequence + 1)

    def _change(self, original: datetime, period: Period | None, *, at: datetime) -> Self:
        if self.repeats is None or original not in takewhile(lambda start: start <= original, self._starts()):
            raise RuleBroken(self.id, "no_such_occurrence", "has no occurrence that was to begin then")
        others = tuple(change for change in self.changes if change.original != original)
        changes = (*others, Change(original=original, period=period))
        fact = AppointmentMoved(at=at, original=original, since=period.since if period else None)
        return self._after(fact, changes=changes, sequence=self.sequence + 1)

    def _starts(self) -> Iterator[datetime]:
        """When its occurrences begin by the rule."""
        if self.repeats is None:
            return iter((self.since,))
        return self.repeats.occurrences(start=self.since, most=FURTHEST)

    def _occurrences(self, until: datetime) -> Iterator[tuple[datetime, Period]]:
        """Each occurrence that begins before an instant, by the rule or by a change, with its original beginning."""
        length = self.until - self.since
        changed = {change.original: change.period for change in self.changes}
        for start in takewhile(lambda start: start < until, self._starts()):
            if start not in changed:
                yield start, Period(start, start + length)
        for original, period in changed.items():
            if period is not None:
                yield original, period

    def _require_planned(self) -> None:
        if not self.is_planned:
            raise RuleBroken(self.id, "appointment_closed", f"is {self.state.value}")


def _check(period: Period) -> None:
    if not timedelta(0) < period.length <= LONGEST:
        raise OutOfRange("appointment.period", f"must have a length, of at most {LONGEST.days} days")


def busy(appointments: Sequence[Appointment], within: Period) -> tuple[Slot, ...]:
    """The occurrences of several appointments that overlap a stretch of time, in order."""
    found = [slot for appointment in appointments for slot in appointment.slots(within)]
    return tuple(sorted(found, key=lambda slot: (slot.period.since, slot.appointment)))
