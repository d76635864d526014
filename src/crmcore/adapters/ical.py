"""Other calendars: appointments as iCalendar (RFC 5545) and back, by the extra ``ical``.

An appointment keeps its UID on the way out and in, so that a calendar that is imported twice holds nothing twice. A series keeps its rule, with
what was moved or left out beside it, and the zone by whose clock it is told.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from crmcore.domain import fields
from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.appointments.parts import AppointmentState
from crmcore.domain.errors.given import InvalidInput, TooLong
from crmcore.domain.errors.outside import MissingExtra
from crmcore.domain.kernel import record
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.zones import instant, zone_of

LARGEST: Final = 2**20
"""How long a calendar that is read may be, in characters."""
STATES: Final = {
    AppointmentState.PLANNED: "CONFIRMED",
    AppointmentState.HELD: "CONFIRMED",
    AppointmentState.CANCELLED: "CANCELLED",
}


@record
class Draft:
    """An appointment as another calendar has it; `facts` are what `crm.appointments.put` takes.

    Attributes:
        emails: of those who take part, in small letters.
    """

    uid: str = fields.text(personal=False, limit=255)
    title: str = fields.text(personal=True)
    since: datetime = fields.moment()
    until: datetime = fields.moment()
    sequence: int = fields.whole(default=0)
    repeats: Recurrence | None = fields.part(Recurrence, optional=True, default=None)
    place: str = fields.text(personal=True, limit=500, lines=True, default="", blank=True)
    note: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    emails: tuple[str, ...] = fields.words(personal=True, default=())
    cancelled: bool = fields.flag(default=False)

    @property
    def facts(self) -> dict[str, Any]:
        """The arguments of `crm.appointments.put` besides the UID, the title, and who of us takes part."""
        names = ("since", "until", "sequence", "repeats", "place", "note", "cancelled")
        return {name: getattr(self, name) for name in names}


def write(appointments: Iterable[Appointment], *, zone: str = "UTC", name: str = "crmcore") -> str:
    """Write appointments as a calendar.

    Args:
        zone: by whose clock times are told that have no series' own.
        name: what the calendar calls itself.

    Raises:
        MissingExtra: the extra is not installed.
    """
    library = _library()
    calendar = library.Calendar()
    calendar.add("prodid", "-//crmcore//crmcore//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for appointment in appointments:
        for event in _events(library, appointment, zone):
            calendar.add_component(event)
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())


def read(calendar: str, *, zone: str = "UTC") -> Sequence[Draft]:
    """Read appointments from a calendar. What was moved out of a series comes as an appointment of its own.

    Args:
        zone: by whose clock floating times and whole days are told.

    Raises:
        InvalidInput: that is no calendar, or an event of it cannot be an appointment.
        TooLong: it is longer than a mebibyte.
        MissingExtra: the extra is not installed.
    """
    if type(calendar) is not str or len(calendar) > LARGEST:
        raise TooLong("calendar", limit=LARGEST, length=len(calendar))
    library = _library()
    try:
        events = library.Calendar.from_ical(calendar).walk("VEVENT")
        return tuple(_draft(event, zone) for event in events)
    except InvalidInput:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InvalidInput("calendar", f"cannot be read as iCalendar ({type(error).__name__})") from None


def _library() -> Any:
    try:
        import icalendar
    except ImportError:
        raise MissingExtra("other calendars", "ical") from None
    return icalendar


def _events(library: Any, appointment: Appointment, zone: str) -> Iterator[Any]:
    clock = zone_of(appointment.repeats.zone if appointment.repeats else zone)
    event = _event(library, appointment, appointment.since.astimezone(clock), appointment.until.astimezone(clock))
    if appointment.repeats is not None:
        event.add("rrule", library.vRecur.from_ical(appointment.repeats.rule))
        for change in appointment.changes:
            if change.period is None:
                event.add("exdate", change.original.astimezone(clock))
    yield event
    for change in appointment.changes:
        if change.period is not None:
            since, until = (at.astimezone(clock) for at in (change.period.since, change.period.until))
            moved = _event(library, appointment, since, until)
            moved.add("recurrence-id", change.original.astimezone(clock))
            yield moved


def _event(library: Any, appointment: Appointment, since: datetime, until: datetime) -> Any:
    event = library.Event()
    event.add("uid", appointment.uid)
    event.add("dtstamp", appointment.booked_at)
    event.add("dtstart", since)
    event.add("dtend", until)
    event.add("summary", appointment.title)
    event.add("sequence", appointment.sequence)
    event.add("status", STATES[appointment.state])
    for name, words_ in (("location", appointment.place), ("description", appointment.note)):
        if words_:
            event.add(name, words_)
    return event


def _draft(event: Any, zone: str) -> Draft:
    start = event["dtstart"].dt
    since = _instant(start, zone)
    moved = event.get("recurrence-id")
    uid = str(event["uid"])
    return Draft(
        uid=uid if moved is None else f"{uid}#{_instant(moved.dt, zone):%Y%m%dT%H%M%SZ}",
        title=str(event.get("summary", "")) or "-",
        since=since,
        until=_end(event, start, since, zone),
        sequence=int(event.get("sequence", 0)),
        repeats=_rule(event, start, zone),
        place=str(event.get("location", "")),
        note=str(event.get("description", "")),
        emails=_emails(event),
        cancelled=str(event.get("status", "")).upper() == "CANCELLED",
    )


def _end(event: Any, start: date, since: datetime, zone: str) -> datetime:
    if "dtend" in event:
        return _instant(event["dtend"].dt, zone)
    if "duration" in event:
        return since + event["duration"].dt  # type: ignore[no-any-return]  # of a library without types
    return since + (timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1))


def _instant(at: date, zone: str) -> datetime:
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day)  # noqa: DTZ001  # the zone comes in the next line
    return instant(at, zone_of(zone)) if at.tzinfo is None else at.astimezone(UTC)


def _rule(event: Any, start: date, zone: str) -> Recurrence | None:
    rule = event.get("rrule")
    if rule is None:
        return None
    told = getattr(getattr(start, "tzinfo", None), "key", None)
    return Recurrence(rule.to_ical().decode(), told or zone)


def _emails(event: Any) -> tuple[str, ...]:
    attendees = event.get("attendee", [])
    several = attendees if isinstance(attendees, list) else [attendees]
    return tuple(str(one).lower().removeprefix("mailto:") for one in several if "@" in str(one))
