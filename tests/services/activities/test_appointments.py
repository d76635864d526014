"""Appointments: booking, availability, reminders and iCalendar."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, Period, Recurrence, SqlStore
from crmcore.adapters import ical
from crmcore.domain.organization.users import User
from crmcore.errors import BusinessRuleError, InvalidInputError, OutOfRangeError, SchedulingConflictError, TooLongError

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)  # 09:00 in Riga
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    """A company in Riga, open from nine to six with a lunch break."""
    store = MemoryStore() if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    crm = Crm(store, clock=FrozenClock(MONDAY - DAY), time_zone="Europe/Riga")
    crm.calendars.create("Mo-Fr 09:00-13:00,14:00-18:00", time_zone="Europe/Riga")
    yield crm
    crm.close()


@pytest.fixture
def anna(crm: Crm) -> User:
    """A user with the role of a measurer."""
    return crm.users.create("Anna", email="anna@example.org")


@pytest.fixture
def berta(crm: Crm) -> User:
    """Another user with the same role."""
    return crm.users.create("Berta", email="berta@example.org")


def test_book_overlapping_appointment_is_rejected(crm: Crm, anna: User, berta: User) -> None:
    """An overlapping booking is rejected with the attendee and the conflict.

    Another attendee, another time, or `allow_overlap` succeeds.
    """
    first = crm.appointments.book("Measure", since=MONDAY, attendee_ids=[anna.id])
    with pytest.raises(SchedulingConflictError) as excinfo:
        crm.appointments.book("Measure", since=MONDAY + timedelta(minutes=59), attendee_ids=[anna.id, berta.id])

    assert ((anna.id, first.id),) == excinfo.value.conflicts
    crm.appointments.book("Measure", since=MONDAY + HOUR, attendee_ids=[anna.id, berta.id])
    crm.appointments.book("Call", since=MONDAY, attendee_ids=[anna.id], allow_overlap=True)
    assert 3 == len(crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + DAY))


def test_book_outside_business_hours_or_absence_is_rejected(crm: Crm, anna: User) -> None:
    """Breaks, evenings, holidays and absences are rejected by default."""
    crm.users.add_absence(anna.id, since=MONDAY + DAY, until=MONDAY + 2 * DAY)
    for since, what in (
        (MONDAY + timedelta(hours=3, minutes=30), "outside_business_hours"),
        (MONDAY + 10 * HOUR, "outside_business_hours"),
        (MONDAY + DAY, "absent"),
    ):
        with pytest.raises(SchedulingConflictError) as excinfo:
            crm.appointments.book("Measure", since=since, attendee_ids=[anna.id])
        assert ((anna.id, what),) == excinfo.value.conflicts
    crm.appointments.book("Night shift", since=MONDAY + 10 * HOUR, attendee_ids=[anna.id], require_working_hours=False)
    crm.users.deactivate(anna.id)
    with pytest.raises(SchedulingConflictError, match="deactivated"):
        crm.appointments.book("Measure", since=MONDAY + 5 * DAY, attendee_ids=[anna.id])


def test_free_slots_exclude_bookings_of_all_attendees(crm: Crm, anna: User, berta: User) -> None:
    """Free slots are business hours without bookings of any attendee."""
    crm.appointments.book("A", since=MONDAY, attendee_ids=[anna.id])
    crm.appointments.book("B", since=MONDAY + timedelta(hours=1, minutes=15), attendee_ids=[berta.id])
    free = crm.appointments.free_slots([anna.id, berta.id], since=MONDAY, until=MONDAY + DAY)

    assert (
        Period(MONDAY + timedelta(hours=2, minutes=15), MONDAY + 4 * HOUR),
        Period(MONDAY + 5 * HOUR, MONDAY + 9 * HOUR),
    ) == tuple(free)
    assert 3 == len(
        crm.appointments.free_slots([anna.id, berta.id], since=MONDAY, until=MONDAY + DAY, length=timedelta(minutes=15))
    )


def test_recurring_appointment_is_booked_rescheduled_and_cancelled(crm: Crm, anna: User) -> None:
    """Every occurrence is checked; single ones are moved or cancelled."""
    crm.appointments.book("Fair", since=MONDAY + 14 * DAY, attendee_ids=[anna.id])
    rule = Recurrence("FREQ=WEEKLY;COUNT=4", "Europe/Riga")
    with pytest.raises(SchedulingConflictError):
        crm.appointments.book("Jour fixe", since=MONDAY, attendee_ids=[anna.id], recurrence=rule)
    series = crm.appointments.book("Jour fixe", since=MONDAY + HOUR, attendee_ids=[anna.id], recurrence=rule)
    slots = crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + 30 * DAY)
    assert ["Jour fixe", "Jour fixe", "Fair", "Jour fixe", "Jour fixe"] == [slot.title for slot in slots]

    crm.appointments.reschedule(series.id, since=MONDAY + 8 * DAY, original_start=slots[1].original_start)
    crm.appointments.cancel_occurrence(series.id, slots[3].original_start)
    with pytest.raises(SchedulingConflictError):
        crm.appointments.reschedule(series.id, since=MONDAY + 14 * DAY, original_start=slots[4].original_start)
    with pytest.raises(BusinessRuleError):
        crm.appointments.cancel_occurrence(series.id, MONDAY)
    moved = crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + 30 * DAY)
    assert [MONDAY + HOUR, MONDAY + 8 * DAY, MONDAY + 14 * DAY, MONDAY + 21 * DAY + HOUR] == [
        slot.period.since for slot in moved
    ]


def test_appointment_is_rescheduled_reassigned_and_cancelled(crm: Crm, anna: User, berta: User) -> None:
    """An appointment does not conflict with itself.

    New attendees must be available, and a cancelled appointment frees its time.
    """
    first = crm.appointments.book("Measure", since=MONDAY, attendee_ids=[anna.id])
    moved = crm.appointments.reschedule(first.id, since=MONDAY + timedelta(minutes=30))
    assert HOUR == moved.until - moved.since
    crm.appointments.book("Other", since=MONDAY, attendee_ids=[berta.id])
    with pytest.raises(SchedulingConflictError):
        crm.appointments.set_attendees(first.id, attendee_ids=[berta.id])
    crm.appointments.cancel(first.id)

    assert () == tuple(crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + DAY))
    crm.appointments.book("Again", since=MONDAY, attendee_ids=[anna.id])


def test_completed_appointment_is_logged_as_interaction(crm: Crm, anna: User) -> None:
    """The interaction has the time and duration; never before the start."""
    clock = crm._environment.clock
    assert isinstance(clock, FrozenClock)
    carla = crm.customers.create("Carla")
    visit = crm.appointments.book("Measure", since=MONDAY, attendee_ids=[anna.id], customer_id=carla.id, kind="measure")
    with pytest.raises(OutOfRangeError):
        crm.appointments.complete(visit.id)
    clock.set(MONDAY + 2 * HOUR)
    held = crm.appointments.complete(visit.id, kind="visit", outcome="measured")

    assert held.interaction is not None
    assert (MONDAY, HOUR, anna.id) == (
        held.interaction.happened_at,
        held.interaction.duration,
        held.interaction.author_id,
    )
    assert [visit.id] == [one.id for one in crm.appointments.list(customer_id=carla.id)]
    alone = crm.appointments.book("Plan", since=MONDAY + HOUR, attendee_ids=[])
    assert None is crm.appointments.complete(alone.id).interaction


def test_attendees_are_reminded_once(crm: Crm, anna: User, berta: User) -> None:
    """Attendees are reminded once; cancelled appointments do not remind."""
    clock = crm._environment.clock
    assert isinstance(clock, FrozenClock)
    crm.appointments.book(
        "Measure", since=MONDAY, attendee_ids=[anna.id, berta.id], remind_before=HOUR, location="Brīvības 1"
    )
    off = crm.appointments.book("Off", since=MONDAY + 2 * HOUR, attendee_ids=[anna.id], remind_before=3 * HOUR)
    crm.appointments.cancel(off.id)
    clock.set(MONDAY - HOUR)
    for _ in range(2):
        crm.run_due_jobs()

    messages = crm.outbox.list(state="queued")
    assert [("appointment.reminder", "Measure"), ("appointment.reminder", "Measure")] == [
        (message.topic, message.variables["title"]) for message in messages
    ]


@pytest.mark.parametrize("until", [MONDAY - HOUR, MONDAY + 400 * DAY])
def test_free_slots_window_is_limited(crm: Crm, anna: User, until: datetime) -> None:
    """The queried period must have a length, of at most one year."""
    with pytest.raises(OutOfRangeError):
        crm.appointments.agenda([anna.id], since=MONDAY, until=until)
    with pytest.raises(OutOfRangeError):
        crm.appointments.free_slots([anna.id], since=MONDAY, until=until)


def test_concurrent_bookings_of_same_slot_succeed_once(tmp_path: Path) -> None:
    """One of eight concurrent bookings of the same hour succeeds."""
    from crmcore.testing.contract.support import run_in_threads

    crm = Crm(SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}"), max_attempts=20)
    anna = crm.users.create("Anna")
    got: list[str] = []

    def book_slot(_: int) -> None:
        try:
            got.append(crm.appointments.book("Measure", since=MONDAY, attendee_ids=[anna.id]).id)
        except SchedulingConflictError:
            return

    run_in_threads(8, book_slot)
    crm.close()
    assert 1 == len(got)


def test_icalendar_export_and_import_round_trip(crm: Crm, anna: User) -> None:
    """Export and import keep series, changed occurrences and all scripts."""
    rule = Recurrence("FREQ=WEEKLY;BYDAY=MO;COUNT=6", "Europe/Riga")
    series = crm.appointments.book(
        "Ölçmə, «пәнҗәрә»; پنجره", since=MONDAY, attendee_ids=[anna.id], recurrence=rule, location="Rīga\nLV"
    )
    crm.appointments.reschedule(series.id, since=MONDAY + 9 * DAY, original_start=MONDAY + 7 * DAY)
    crm.appointments.cancel_occurrence(series.id, MONDAY + 14 * DAY)
    crm.appointments.cancel(crm.appointments.book("Off", since=MONDAY + 2 * HOUR, attendee_ids=[anna.id]).id)
    window: Any = {"since": MONDAY, "until": MONDAY + 60 * DAY}
    exported = ical.write(crm.appointments.list(), zone="Europe/Riga")

    other = Crm(clock=FrozenClock(MONDAY - DAY))
    boris = other.users.create("Boris")
    for _ in range(2):
        for draft in ical.read(exported, zone="Europe/Riga"):
            other.appointments.import_event(draft.uid, draft.title, attendee_ids=[boris.id], **draft.arguments)
    ours = crm.appointments.agenda([anna.id], **window)
    theirs = other.appointments.agenda([boris.id], **window)

    assert 3 == len(other.appointments.list())  # the series, its moved occurrence, the cancelled appointment
    assert {slot.period for slot in ours} <= {slot.period for slot in theirs}
    assert {slot.title for slot in ours} == {slot.title for slot in theirs}
    assert "BEGIN:VTIMEZONE" in exported
    assert all(len(line.encode()) <= 75 for line in exported.split("\r\n"))


def test_older_icalendar_sequence_is_ignored(crm: Crm) -> None:
    """A newer sequence number updates; an older one changes nothing."""
    fields: Any = {"since": MONDAY, "until": MONDAY + HOUR}
    crm.appointments.import_event("x@example.org", "First", sequence=1, **fields)
    crm.appointments.import_event("x@example.org", "Third", sequence=3, **fields)
    late = crm.appointments.import_event("x@example.org", "Second", sequence=2, **fields)

    assert ("Third", 1) == (late.title, len(crm.appointments.list()))


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//x//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260301T000000Z
{lines}
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(
    ("lines", "since", "length"),
    [
        ("DTSTART:20260302T090000", datetime(2026, 3, 2, 7, tzinfo=UTC), HOUR),
        ("DTSTART:20260302T090000Z\nDURATION:PT2H", datetime(2026, 3, 2, 9, tzinfo=UTC), 2 * HOUR),
        ("DTSTART;VALUE=DATE:20260302", datetime(2026, 3, 1, 22, tzinfo=UTC), DAY),
        ("DTSTART;TZID=Asia/Tashkent:20260302T090000", datetime(2026, 3, 2, 4, tzinfo=UTC), HOUR),
        ("DTSTART:20260302T090000Z\nDTEND:20260302T093000Z", datetime(2026, 3, 2, 9, tzinfo=UTC), HOUR / 2),
    ],
)
def test_icalendar_time_formats_are_supported(lines: str, since: datetime, length: timedelta) -> None:
    """Floating, zoned, UTC and all-day times, with an end, a duration or none."""
    (draft,) = ical.read(CALENDAR.format(uid="1", lines=lines), zone="Europe/Riga")

    assert (since, length, "-") == (draft.since, draft.until - draft.since, draft.title)


def test_icalendar_attendees_are_email_addresses() -> None:
    """Attendee addresses are lower case, without the mailto scheme."""
    lines = (
        "DTSTART:20260302T090000Z\nATTENDEE:mailto:Anna@example.org\nATTENDEE:MAILTO:b@example.org\nSTATUS:CANCELLED"
    )
    (draft,) = ical.read(CALENDAR.format(uid="1", lines=lines))

    assert (("anna@example.org", "b@example.org"), True) == (draft.emails, draft.is_cancelled)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "x",
        "BEGIN:VCALENDAR",
        CALENDAR.format(uid="1", lines=""),
        CALENDAR.format(uid="1", lines="DTSTART:never"),
        CALENDAR.format(uid="1", lines="DTSTART:20260302T090000Z\nRRULE:FREQ=SECONDLY"),
        CALENDAR.format(uid="", lines="DTSTART:20260302T090000Z"),
    ],
)
def test_invalid_icalendar_is_rejected(bad: str) -> None:
    """Invalid iCalendar text raises an error of crmcore."""
    with pytest.raises(InvalidInputError):
        ical.read(bad)
    with pytest.raises(TooLongError):
        ical.read("x" * (ical.MAX_LENGTH + 1))
