"""iCalendar (RFC 5545): export and import appointments (extra ``ical``).

An appointment keeps its UID on export and import, so that importing a calendar twice creates no duplicates. A series keeps its recurrence
rule, its moved and cancelled occurrences, and its time zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.appointments.parts import AppointmentState
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError
from crmcore.domain.kernel.errors.validation import InvalidInputError, TooLongError
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.zones import instant, zone_of

MAX_LENGTH: Final = 2**20
"""The maximum length of a calendar to read, in characters."""
STATUSES: Final = {
    AppointmentState.PLANNED: "CONFIRMED",
    AppointmentState.COMPLETED: "CONFIRMED",
    AppointmentState.CANCELLED: "CANCELLED",
}


@record
class ImportedEvent:
    """An appointment from an iCalendar file.

    `arguments` are the arguments of `crm.appointments.import_event`.

    Attributes:
        emails: the e-mail addresses of the attendees, in lower case.
    """

    uid: str = fields.text(personal=False, max_length=255)
    title: str = fields.text(personal=True)
    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()
    sequence: int = fields.integer(default=0)
    recurrence: Recurrence | None = fields.embedded(Recurrence, optional=True, default=None)
    location: str = fields.text(personal=True, max_length=500, multiline=True, default="", allow_blank=True)
    note: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    emails: tuple[str, ...] = fields.text_list(personal=True, default=())
    is_cancelled: bool = fields.boolean(default=False)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `crm.appointments.import_event`.

        The UID, the title and the users who take part are not included.
        """
        names = ("since", "until", "sequence", "recurrence", "location", "note", "is_cancelled")
        return {name: getattr(self, name) for name in names}


def write(appointments: Iterable[Appointment], *, zone: str = "UTC", name: str = "crmcore") -> str:
    """Write appointments as a calendar.

    Args:
        zone: the time zone of appointments that are not a series.
        name: the display name of the calendar.

    Raises:
        MissingDependencyError: the extra is not installed.
    """
    icalendar = _import_icalendar()
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//crmcore//crmcore//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for appointment in appointments:
        for event in _build_events(icalendar, appointment, zone):
            calendar.add_component(event)
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())


def read(calendar: str, *, zone: str = "UTC") -> Sequence[ImportedEvent]:
    """Read appointments from a calendar.

    A moved occurrence of a series is returned as a separate appointment.

    Args:
        zone: the time zone of floating times and of whole days.

    Raises:
        InvalidInputError: the text is not a calendar, or one of its events is not a valid appointment.
        TooLongError: the text has more than 2**20 characters.
        MissingDependencyError: the extra is not installed.
    """
    if type(calendar) is not str or len(calendar) > MAX_LENGTH:
        raise TooLongError("calendar", max_length=MAX_LENGTH, length=len(calendar))
    icalendar = _import_icalendar()
    try:
        events = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
        return tuple(_parse_event(event, zone) for event in events)
    except InvalidInputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InvalidInputError("calendar", f"cannot be read as iCalendar ({type(error).__name__})") from None


def _import_icalendar() -> Any:
    try:
        import icalendar
    except ImportError:
        raise MissingDependencyError("other calendars", "ical") from None
    return icalendar


def _build_events(icalendar: Any, appointment: Appointment, zone: str) -> Iterator[Any]:
    time_zone = zone_of(appointment.recurrence.zone if appointment.recurrence else zone)
    event = _build_event(
        icalendar, appointment, appointment.since.astimezone(time_zone), appointment.until.astimezone(time_zone)
    )
    if appointment.recurrence is not None:
        event.add("rrule", icalendar.vRecur.from_ical(appointment.recurrence.rule))
        for change in appointment.occurrence_changes:
            if change.period is None:
                event.add("exdate", change.original_start.astimezone(time_zone))
    yield event
    for change in appointment.occurrence_changes:
        if change.period is not None:
            since, until = (at.astimezone(time_zone) for at in (change.period.since, change.period.until))
            instance = _build_event(icalendar, appointment, since, until)
            instance.add("recurrence-id", change.original_start.astimezone(time_zone))
            yield instance


def _build_event(icalendar: Any, appointment: Appointment, since: datetime, until: datetime) -> Any:
    event = icalendar.Event()
    event.add("uid", appointment.uid)
    event.add("dtstamp", appointment.booked_at)
    event.add("dtstart", since)
    event.add("dtend", until)
    event.add("summary", appointment.title)
    event.add("sequence", appointment.sequence)
    event.add("status", STATUSES[appointment.state])
    for name, value in (("location", appointment.location), ("description", appointment.note)):
        if value:
            event.add(name, value)
    return event


def _parse_event(event: Any, zone: str) -> ImportedEvent:
    start = event["dtstart"].dt
    since = _to_utc(start, zone)
    recurrence_id = event.get("recurrence-id")
    uid = str(event["uid"])
    return ImportedEvent(
        uid=uid if recurrence_id is None else f"{uid}#{_to_utc(recurrence_id.dt, zone):%Y%m%dT%H%M%SZ}",
        title=str(event.get("summary", "")) or "-",
        since=since,
        until=_parse_end(event, start, since, zone),
        sequence=int(event.get("sequence", 0)),
        recurrence=_parse_recurrence(event, start, zone),
        location=str(event.get("location", "")),
        note=str(event.get("description", "")),
        emails=_attendee_emails(event),
        is_cancelled=str(event.get("status", "")).upper() == "CANCELLED",
    )


def _parse_end(event: Any, start: date, since: datetime, zone: str) -> datetime:
    if "dtend" in event:
        return _to_utc(event["dtend"].dt, zone)
    if "duration" in event:
        return since + event["duration"].dt  # type: ignore[no-any-return]  # of a library without types
    return since + (timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1))


def _to_utc(value: date, zone: str) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # the zone comes in the next line
    return instant(value, zone_of(zone)) if value.tzinfo is None else value.astimezone(UTC)


def _parse_recurrence(event: Any, start: date, zone: str) -> Recurrence | None:
    rule = event.get("rrule")
    if rule is None:
        return None
    zone_key = getattr(getattr(start, "tzinfo", None), "key", None)
    return Recurrence(rule.to_ical().decode(), zone_key or zone)


def _attendee_emails(event: Any) -> tuple[str, ...]:
    attendees = event.get("attendee", [])
    values = attendees if isinstance(attendees, list) else [attendees]
    return tuple(str(attendee).lower().removeprefix("mailto:") for attendee in values if "@" in str(attendee))
