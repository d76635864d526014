"""Nobody is booked twice, everybody's free time is known, and other calendars hear of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, Period, Recurrence, SqlStore
from crmcore.adapters import ical
from crmcore.domain.people import User
from crmcore.errors import InvalidInput, Occupied, OutOfRange, RuleBroken, TooLong

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)  # nine in Riga
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    """A house that works from nine to six in Riga, with a lunch break."""
    store = MemoryStore() if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    crm = Crm(store, clock=FrozenClock(MONDAY - DAY), zone="Europe/Riga")
    crm.calendars.create("Mo-Fr 09:00-13:00,14:00-18:00", zone="Europe/Riga")
    yield crm
    crm.close()


@pytest.fixture
def anna(crm: Crm) -> User:
    """A measurer."""
    return crm.people.add("Anna", email="anna@example.org")


@pytest.fixture
def berta(crm: Crm) -> User:
    """Another one."""
    return crm.people.add("Berta", email="berta@example.org")


def test_nobody_is_booked_twice(crm: Crm, anna: User, berta: User) -> None:
    """A second booking is refused with who and with what; another person, another time, or on purpose it is taken."""
    first = crm.appointments.book("Measure", since=MONDAY, attendees=[anna.id])
    with pytest.raises(Occupied) as refusal:
        crm.appointments.book("Measure", since=MONDAY + timedelta(minutes=59), attendees=[anna.id, berta.id])

    assert ((anna.id, first.id),) == refusal.value.clashes
    crm.appointments.book("Measure", since=MONDAY + HOUR, attendees=[anna.id, berta.id])
    crm.appointments.book("Call", since=MONDAY, attendees=[anna.id], overlap=True)
    assert 3 == len(crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + DAY))


def test_absence_and_working_time_count(crm: Crm, anna: User) -> None:
    """Lunch, the evening, a holiday and who is gone are no time for an appointment, unless it is meant so."""
    crm.people.go_away(anna.id, since=MONDAY + DAY, until=MONDAY + 2 * DAY)
    for since, what in (
        (MONDAY + timedelta(hours=3, minutes=30), "outside_working_time"),
        (MONDAY + 10 * HOUR, "outside_working_time"),
        (MONDAY + DAY, "absent"),
    ):
        with pytest.raises(Occupied) as refusal:
            crm.appointments.book("Measure", since=since, attendees=[anna.id])
        assert ((anna.id, what),) == refusal.value.clashes
    crm.appointments.book("Night shift", since=MONDAY + 10 * HOUR, attendees=[anna.id], working=False)
    crm.people.leave(anna.id)
    with pytest.raises(Occupied, match="left"):
        crm.appointments.book("Measure", since=MONDAY + 5 * DAY, attendees=[anna.id])


def test_everybodys_free_time_is_known(crm: Crm, anna: User, berta: User) -> None:
    """Working time without lunch, less what is booked for anybody; short gaps are left out."""
    crm.appointments.book("A", since=MONDAY, attendees=[anna.id])
    crm.appointments.book("B", since=MONDAY + timedelta(hours=1, minutes=15), attendees=[berta.id])
    free = crm.appointments.free([anna.id, berta.id], since=MONDAY, until=MONDAY + DAY)

    assert (
        Period(MONDAY + timedelta(hours=2, minutes=15), MONDAY + 4 * HOUR),
        Period(MONDAY + 5 * HOUR, MONDAY + 9 * HOUR),
    ) == tuple(free)
    assert 3 == len(
        crm.appointments.free([anna.id, berta.id], since=MONDAY, until=MONDAY + DAY, length=timedelta(minutes=15))
    )


def test_a_series_is_booked_moved_and_thinned(crm: Crm, anna: User) -> None:
    """Every occurrence is looked at; one of them is moved by when it was to begin, another left out."""
    crm.appointments.book("Fair", since=MONDAY + 14 * DAY, attendees=[anna.id])
    rule = Recurrence("FREQ=WEEKLY;COUNT=4", "Europe/Riga")
    with pytest.raises(Occupied):
        crm.appointments.book("Jour fixe", since=MONDAY, attendees=[anna.id], repeats=rule)
    series = crm.appointments.book("Jour fixe", since=MONDAY + HOUR, attendees=[anna.id], repeats=rule)
    slots = crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + 30 * DAY)
    assert ["Jour fixe", "Jour fixe", "Fair", "Jour fixe", "Jour fixe"] == [slot.title for slot in slots]

    crm.appointments.move(series.id, since=MONDAY + 8 * DAY, original=slots[1].original)
    crm.appointments.skip(series.id, slots[3].original)
    with pytest.raises(Occupied):
        crm.appointments.move(series.id, since=MONDAY + 14 * DAY, original=slots[4].original)
    with pytest.raises(RuleBroken):
        crm.appointments.skip(series.id, MONDAY)
    moved = crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + 30 * DAY)
    assert [MONDAY + HOUR, MONDAY + 8 * DAY, MONDAY + 14 * DAY, MONDAY + 21 * DAY + HOUR] == [
        slot.period.since for slot in moved
    ]


def test_an_appointment_is_moved_handed_over_and_called_off(crm: Crm, anna: User, berta: User) -> None:
    """Its own time is no clash; whoever takes it over has to be free; what is called off leaves the time free."""
    first = crm.appointments.book("Measure", since=MONDAY, attendees=[anna.id])
    moved = crm.appointments.move(first.id, since=MONDAY + timedelta(minutes=30))
    assert HOUR == moved.until - moved.since
    crm.appointments.book("Other", since=MONDAY, attendees=[berta.id])
    with pytest.raises(Occupied):
        crm.appointments.hand_over(first.id, to=[berta.id])
    crm.appointments.cancel(first.id)

    assert () == tuple(crm.appointments.agenda([anna.id], since=MONDAY, until=MONDAY + DAY))
    crm.appointments.book("Again", since=MONDAY, attendees=[anna.id])


def test_what_was_held_is_part_of_the_customers_history(crm: Crm, anna: User) -> None:
    """An entry with its time and duration; not before it has begun."""
    clock = crm.house.clock
    assert isinstance(clock, FrozenClock)
    carla = crm.customers.add("Carla")
    visit = crm.appointments.book("Measure", since=MONDAY, attendees=[anna.id], customer=carla.id, kind="measure")
    with pytest.raises(OutOfRange):
        crm.appointments.hold(visit.id)
    clock.set(MONDAY + 2 * HOUR)
    held = crm.appointments.hold(visit.id, kind="visit", outcome="measured")

    assert held.interaction is not None
    assert (MONDAY, HOUR, anna.id) == (
        held.interaction.happened_at,
        held.interaction.duration,
        held.interaction.user,
    )
    assert [visit.id] == [one.id for one in crm.appointments.list(customer=carla.id)]
    alone = crm.appointments.book("Plan", since=MONDAY + HOUR, attendees=[])
    assert None is crm.appointments.hold(alone.id).interaction


def test_those_who_take_part_are_reminded(crm: Crm, anna: User, berta: User) -> None:
    """Once, in time, and not of what was called off."""
    clock = crm.house.clock
    assert isinstance(clock, FrozenClock)
    crm.appointments.book("Measure", since=MONDAY, attendees=[anna.id, berta.id], remind=HOUR, place="Brīvības 1")
    off = crm.appointments.book("Off", since=MONDAY + 2 * HOUR, attendees=[anna.id], remind=3 * HOUR)
    crm.appointments.cancel(off.id)
    clock.set(MONDAY - HOUR)
    for _ in range(2):
        crm.run_due()

    messages = crm.delivery.list(state="queued")
    assert [("appointment.reminder", "Measure"), ("appointment.reminder", "Measure")] == [
        (message.topic, message.facts["title"]) for message in messages
    ]


@pytest.mark.parametrize("until", [MONDAY - HOUR, MONDAY + 400 * DAY])
def test_a_window_has_limits(crm: Crm, anna: User, until: datetime) -> None:
    """It ends after it begins, within a year."""
    with pytest.raises(OutOfRange):
        crm.appointments.agenda([anna.id], since=MONDAY, until=until)
    with pytest.raises(OutOfRange):
        crm.appointments.free([anna.id], since=MONDAY, until=until)


def test_two_who_book_at_once_do_not_both_get_it(tmp_path: Path) -> None:
    """Of eight who book the same hour at the same moment one gets it."""
    from crmcore.testing.promises.hands import in_threads

    crm = Crm(SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}"), attempts=20)
    anna = crm.people.add("Anna")
    got: list[str] = []

    def book(_: int) -> None:
        try:
            got.append(crm.appointments.book("Measure", since=MONDAY, attendees=[anna.id]).id)
        except Occupied:
            return

    in_threads(8, book)
    crm.close()
    assert 1 == len(got)


def test_a_calendar_goes_out_and_comes_back(crm: Crm, anna: User) -> None:
    """Exported and imported, everything is as it was: series, moved and left-out occurrences, words in every script."""
    rule = Recurrence("FREQ=WEEKLY;BYDAY=MO;COUNT=6", "Europe/Riga")
    series = crm.appointments.book(
        "Ölçmə, «пәнҗәрә»; پنجره", since=MONDAY, attendees=[anna.id], repeats=rule, place="Rīga\nLV"
    )
    crm.appointments.move(series.id, since=MONDAY + 9 * DAY, original=MONDAY + 7 * DAY)
    crm.appointments.skip(series.id, MONDAY + 14 * DAY)
    crm.appointments.cancel(crm.appointments.book("Off", since=MONDAY + 2 * HOUR, attendees=[anna.id]).id)
    window: Any = {"since": MONDAY, "until": MONDAY + 60 * DAY}
    told = ical.write(crm.appointments.list(), zone="Europe/Riga")

    other = Crm(clock=FrozenClock(MONDAY - DAY))
    boris = other.people.add("Boris")
    for _ in range(2):
        for draft in ical.read(told, zone="Europe/Riga"):
            other.appointments.put(draft.uid, draft.title, attendees=[boris.id], **draft.facts)
    ours = crm.appointments.agenda([anna.id], **window)
    theirs = other.appointments.agenda([boris.id], **window)

    assert 3 == len(other.appointments.list())  # the series, the one that was moved out of it, the cancelled one
    assert {slot.period for slot in ours} <= {slot.period for slot in theirs}
    assert {slot.title for slot in ours} == {slot.title for slot in theirs}
    assert "BEGIN:VTIMEZONE" in told
    assert all(len(line.encode()) <= 75 for line in told.split("\r\n"))


def test_an_older_sequence_changes_nothing(crm: Crm) -> None:
    """What another calendar says later counts, what it said before does not."""
    facts: Any = {"since": MONDAY, "until": MONDAY + HOUR}
    crm.appointments.put("x@example.org", "First", sequence=1, **facts)
    crm.appointments.put("x@example.org", "Third", sequence=3, **facts)
    late = crm.appointments.put("x@example.org", "Second", sequence=2, **facts)

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
def test_other_calendars_tell_time_in_many_ways(lines: str, since: datetime, length: timedelta) -> None:
    """Floating, by zone, in UTC, whole days, by an end, a duration or none."""
    (draft,) = ical.read(CALENDAR.format(uid="1", lines=lines), zone="Europe/Riga")

    assert (since, length, "-") == (draft.since, draft.until - draft.since, draft.title)


def test_who_takes_part_is_told_by_e_mail() -> None:
    """Addresses come in small letters, without their scheme."""
    lines = (
        "DTSTART:20260302T090000Z\nATTENDEE:mailto:Anna@example.org\nATTENDEE:MAILTO:b@example.org\nSTATUS:CANCELLED"
    )
    (draft,) = ical.read(CALENDAR.format(uid="1", lines=lines))

    assert (("anna@example.org", "b@example.org"), True) == (draft.emails, draft.cancelled)


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
def test_what_is_no_calendar_is_refused(bad: str) -> None:
    """By a typed refusal, whatever is wrong."""
    with pytest.raises(InvalidInput):
        ical.read(bad)
    with pytest.raises(TooLong):
        ical.read("x" * (ical.LARGEST + 1))
