"""Booking, moving, calling off and holding appointments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.appointments.parts import AppointmentState
from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.part import listed
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_moment, checked_span
from crmcore.domain.ids import AppointmentId, CustomerId, DealId, EquipmentId, UserId
from crmcore.domain.interactions import Interaction, InteractionKind
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.values.period import Period
from crmcore.services.appointments.availability import check_free, stretch
from crmcore.services.house import House, story
from crmcore.services.steps.agenda import APPOINTMENT_REMINDER, schedule
from crmcore.services.unit import Unit

HOUR = timedelta(hours=1)


@record
class Held:
    """What became of an appointment that took place.

    Attributes:
        interaction: the entry in the customer's history.
    """

    appointment: Appointment
    interaction: Interaction | None = None


class Booking:
    """What makes and changes appointments."""

    __slots__ = ()

    house: House

    @story("appointments.book")
    def book(
        self,
        unit: Unit,
        title: str,
        /,
        *,
        since: datetime,
        length: timedelta = HOUR,
        attendees: Sequence[UserId] = (),
        kind: str = "",
        customer: CustomerId | None = None,
        deal: DealId | None = None,
        equipment: EquipmentId | None = None,
        place: str = "",
        note: str = "",
        repeats: Recurrence | None = None,
        remind: timedelta | None = None,
        overlap: bool = False,
        working: bool = True,
        key: str | None = None,
    ) -> Appointment:
        """Make an appointment with some of us. Nobody is booked twice at a time, however many book at once.

        Args:
            deal: what it is about; its customer is noted too.
            repeats: by which rule it comes again.
            remind: how long before its beginning those who take part are reminded.
            overlap: whether it may be booked although somebody is not free.
            working: whether it has to lie in the working time of all who take part.

        Raises:
            Occupied: somebody is not free; with who, and why.
            NotFound: no such person, customer, deal or equipment.
            OutOfRange: it has no length, or takes more than 31 days.
        """
        if deal is not None:
            customer = unit.get(Deal, deal).customer
        appointment = Appointment.book(
            unit.id("appointment"),
            title,
            period=_period(since, length),
            at=unit.now,
            attendees=[unit.get(User, user).id for user in listed("attendees", attendees)],
            kind=kind,
            customer=None if customer is None else unit.get(Customer, customer).id,
            deal=deal,
            equipment=None if equipment is None else unit.get(Equipment, equipment).id,
            place=place,
            note=note,
            repeats=repeats,
        )
        return self._kept(unit, appointment, overlap=overlap, working=working, remind=remind)

    @story("appointments.move")
    def move(
        self,
        unit: Unit,
        id: AppointmentId,
        /,
        *,
        since: datetime,
        length: timedelta | None = None,
        original: datetime | None = None,
        remind: timedelta | None = None,
        overlap: bool = False,
        working: bool = True,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Appointment:
        """Give an appointment another time: all of it, or one occurrence of a series.

        Args:
            length: the one it has when not given.
            original: which occurrence, by when it was to begin; see `Slot.original`.
            (others): as in `book`.

        Raises:
            Occupied: somebody is not free then.
            RuleBroken: it is not planned, or has no such occurrence.
        """
        appointment = unit.get(Appointment, id, version=expected_version)
        period = _period(since, appointment.until - appointment.since if length is None else length)
        original = None if original is None else checked_moment("original", original)
        moved = appointment.move(period, at=unit.now, original=original)
        return self._kept(unit, moved, overlap=overlap, working=working, remind=remind)

    @story("appointments.hand_over")
    def hand_over(
        self,
        unit: Unit,
        id: AppointmentId,
        /,
        *,
        to: Sequence[UserId],
        overlap: bool = False,
        working: bool = True,
        key: str | None = None,
    ) -> Appointment:
        """Let others of us take part.

        Raises:
            Occupied: one of them is not free then.
        """
        users = [unit.get(User, user).id for user in listed("to", to)]
        handed = unit.get(Appointment, id).hand_over(users, at=unit.now)
        return self._kept(unit, handed, overlap=overlap, working=working)

    @story("appointments.skip")
    def skip(self, unit: Unit, id: AppointmentId, original: datetime, /, *, key: str | None = None) -> Appointment:
        """Let one occurrence of a series not take place.

        Raises:
            RuleBroken: it has no such occurrence.
        """
        at = checked_moment("original", original)
        return unit.save(unit.get(Appointment, id).skip(at, at=unit.now))

    @story("appointments.cancel")
    def cancel(self, unit: Unit, id: AppointmentId, /, *, key: str | None = None) -> Appointment:
        """Call an appointment off, with all its occurrences.

        Raises:
            IllegalTransition: it is not planned.
        """
        return unit.save(unit.get(Appointment, id).cancel(at=unit.now))

    @story("appointments.hold")
    def hold(
        self,
        unit: Unit,
        id: AppointmentId,
        /,
        *,
        kind: InteractionKind | str = InteractionKind.MEETING,
        outcome: str = "",
        note: str = "",
        key: str | None = None,
    ) -> Held:
        """Note that an appointment took place. With a customer it becomes part of his or her history.

        Raises:
            IllegalTransition: it is not planned.
            RuleBroken: it is a series.
            OutOfRange: it has not begun.
        """
        appointment = unit.get(Appointment, id)
        held = unit.save(appointment.hold(at=unit.now))
        if held.since > unit.now:
            raise OutOfRange("appointment.since", "must not lie in the future of what took place")
        if held.customer is None:
            return Held(appointment=held)
        contact = Interaction.log(
            unit.id("interaction"),
            kind,
            customer=held.customer,
            at=unit.now,
            happened_at=held.since,
            deal=held.deal,
            user=held.users[0] if held.users else None,
            duration=held.until - held.since,
            outcome=outcome,
            subject=held.title,
            note=note,
        )
        if held.deal is not None:
            unit.save(unit.get(Deal, held.deal).touch(at=unit.now))
        return Held(appointment=held, interaction=unit.save(contact))

    @story("appointments.put")
    def put(
        self,
        unit: Unit,
        uid: str,
        title: str,
        /,
        *,
        since: datetime,
        until: datetime,
        sequence: int = 0,
        attendees: Sequence[UserId] = (),
        repeats: Recurrence | None = None,
        place: str = "",
        note: str = "",
        cancelled: bool = False,
        key: str | None = None,
    ) -> Appointment:
        """Take an appointment over from another calendar, or what has become of it. An older sequence changes nothing (RFC 5546).

        Raises:
            InvalidInput: a field that cannot be.
        """
        known = unit.one(Appointment, Is("uid", checked_text("uid", uid, limit=255)))
        users = [unit.get(User, user).id for user in listed("attendees", attendees)]
        period = Period(since, until)
        details: dict[str, Any] = {"place": place, "note": note, "repeats": repeats, "sequence": sequence}
        fresh = Appointment.book(
            unit.id("appointment") if known is None else known.id,
            title,
            period=period,
            at=unit.now,
            uid=uid,
            attendees=users,
            **details,
        )
        if cancelled:
            fresh = fresh.cancel(at=unit.now)
        if known is None:
            return unit.save(fresh)
        return known if sequence < known.sequence else unit.save(known.taken_over(fresh))

    def _kept(
        self,
        unit: Unit,
        appointment: Appointment,
        *,
        overlap: bool,
        working: bool,
        remind: timedelta | None = None,
    ) -> Appointment:
        if not overlap:
            check_free(unit, self.house, appointment, working=working)
        kept = unit.save(appointment)
        if remind is not None and kept.state is AppointmentState.PLANNED:
            at = kept.since - checked_span("remind", remind)
            schedule(unit, APPOINTMENT_REMINDER, kept.id, at=max(at, unit.now))
        return kept


def _period(since: datetime, length: timedelta) -> Period:
    return stretch(checked_moment("since", since), checked_span("length", length))
