"""Working calendars are kept on every store, with the holidays of the world."""

import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from crmcore import Crm, FrozenClock
from crmcore.adapters.holidays import NoHolidays, WorldHolidays
from crmcore.errors import MissingExtra, NotAllowed, NotFound, Taken
from crmcore.services.steps.worktime import house_time, personal_time
from crmcore.services.unit import Unit

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """A house in Tashkent."""
    clock, zone = FrozenClock(MONDAY), "Asia/Tashkent"
    return Crm(clock=clock, zone=zone) if request.param == "memory" else Crm.open("sqlite://", clock=clock, zone=zone)


def test_the_calendar_of_the_house_is_the_one_named_default(crm: Crm) -> None:
    """Its clock is the house's, and it is found as it was made."""
    made = crm.calendars.create("Mo-Fr 09:00-13:00,14:00-18:00")

    assert made == crm.calendars.named() == crm.calendars.get(made.id)
    assert "Asia/Tashkent" == made.zone
    assert [made] == list(crm.calendars.list())
    with pytest.raises(Taken):
        crm.calendars.create("24/7")


def test_a_country_brings_its_holidays_and_its_exchanged_days(crm: Crm) -> None:
    """Bringing them again changes nothing, and a holiday that is worked on stays so."""
    made = crm.calendars.create("Mo-Fr 09:00-18:00", country="UZ")
    brought = crm.calendars.bring_holidays(made.id, 2026)
    worked = crm.calendars.keep_holiday(made.id, date(2026, 1, 1), kept=False)

    assert not brought.time.is_working_day(date(2026, 1, 1))
    assert brought.time.is_working_day(date(2026, 12, 12))  # a Saturday
    assert worked == crm.calendars.bring_holidays(made.id, 2026)
    assert worked.time.is_working_day(date(2026, 1, 1))


@pytest.mark.parametrize("country", ["UZ", "AZ", "MN", "LV", "IR", "DE-BY"])
def test_countries_are_known(country: str) -> None:
    """In their own languages where the library speaks them."""
    names = [name for _, name in WorldHolidays().of(country, 2026, language="lv").free]

    assert len(names) >= 8
    assert country != "LV" or "Jaungada diena" in names


@pytest.mark.parametrize("country", ["", "ATLANTIS", "DE-ATLANTIS"])
def test_a_country_without_known_holidays_is_refused(country: str) -> None:
    """A part of a country too."""
    with pytest.raises(NotAllowed):
        WorldHolidays().of(country, 2026)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """How to install it stands in the refusal."""
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(MissingExtra, match="calendar"):
        WorldHolidays().of("UZ", 2026)


def test_a_house_may_do_without_the_world() -> None:
    """And enter its own holidays, whole and partial."""
    crm = Crm(holidays=NoHolidays(), clock=FrozenClock(MONDAY))
    made = crm.calendars.create("Mo-Fr 09:00-18:00")
    crm.calendars.bring_holidays(made.id, 2026)
    crm.calendars.add_holiday(made.id, date(2026, 3, 3), name="Founders' Day")
    crm.calendars.add_holiday(made.id, date(2026, 3, 4), name="Stocktaking", hours="09:00-11:00,15:00-18:00")
    time = crm.calendars.get(made.id).time

    assert 4 * HOUR == time.between(datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))


def test_hours_and_days_change(crm: Crm) -> None:
    """A day of its own, an exchange, a day off, and back again."""
    made = crm.calendars.create("Mo-Fr 09:00-18:00")
    crm.calendars.set_day(made.id, date(2026, 3, 2), "10:00-12:00", reason="stocktaking")
    crm.calendars.set_day(made.id, date(2026, 3, 3), "")
    crm.calendars.exchange(made.id, free=date(2026, 3, 5), worked=date(2026, 3, 7))
    changed = crm.calendars.change_hours(made.id, "Mo-Su 08:00-20:00", zone="Asia/Samarkand")

    assert [True, False, True, False] == [changed.time.is_working_day(date(2026, 3, n)) for n in (2, 3, 4, 5)]
    assert crm.calendars.clear_day(made.id, date(2026, 3, 3)).time.is_working_day(date(2026, 3, 3))


def test_a_house_without_a_calendar_works_round_the_clock(crm: Crm) -> None:
    """Until it makes one; a person may work by another, and be absent."""
    shop = crm.calendars.create("Mo-Su 10:00-22:00", name="shop")
    anna = crm.people.add("Anna Liepa")
    crm.people.work_by(anna.id, shop.id)
    anna = crm.people.go_away(anna.id, since=MONDAY, until=MONDAY + HOUR)

    def ask(unit: Unit) -> tuple[timedelta, timedelta, timedelta]:
        times = house_time(unit, crm.house), house_time(unit, crm.house, shop.id), personal_time(unit, crm.house, anna)
        return tuple(time.between(MONDAY, MONDAY + 24 * HOUR) for time in times)  # type: ignore[return-value]  # three

    assert (24 * HOUR, 12 * HOUR, 11 * HOUR) == crm.house.run("ask", ask, reading=True)
    assert crm.people.work_by(anna.id, None).calendar is None
    with pytest.raises(NotFound):
        crm.people.work_by(anna.id, "calendar_" + "0" * 32)  # type: ignore[arg-type]  # an id
