"""Work calendars: company calendar, holidays and overrides."""

import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from crmcore import Crm, FrozenClock
from crmcore.adapters.holidays import HolidaysLibrary, NoHolidays
from crmcore.errors import DuplicateKeyError, InvalidChoiceError, MissingDependencyError, NotFoundError
from crmcore.services.shared.business_hours import load_business_hours, load_user_hours
from crmcore.services.unit_of_work import UnitOfWork

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """A company in Tashkent."""
    clock, zone = FrozenClock(MONDAY), "Asia/Tashkent"
    return (
        Crm(clock=clock, time_zone=zone)
        if request.param == "memory"
        else Crm.open("sqlite://", clock=clock, time_zone=zone)
    )


def test_calendar_named_default_is_company_calendar(crm: Crm) -> None:
    """The default calendar has the company's time zone."""
    made = crm.calendars.create("Mo-Fr 09:00-13:00,14:00-18:00")

    assert made == crm.calendars.get_by_name() == crm.calendars.get(made.id)
    assert "Asia/Tashkent" == made.zone
    assert [made] == list(crm.calendars.list())
    with pytest.raises(DuplicateKeyError):
        crm.calendars.create("24/7")


def test_import_holidays_is_repeatable(crm: Crm) -> None:
    """A second import changes nothing, also not observed holidays."""
    made = crm.calendars.create("Mo-Fr 09:00-18:00", country="UZ")
    brought = crm.calendars.import_holidays(made.id, 2026)
    worked = crm.calendars.set_holiday_observed(made.id, date(2026, 1, 1), is_observed=False)

    assert not brought.business_hours.is_working_day(date(2026, 1, 1))
    assert brought.business_hours.is_working_day(date(2026, 12, 12))  # a Saturday
    assert worked == crm.calendars.import_holidays(made.id, 2026)
    assert worked.business_hours.is_working_day(date(2026, 1, 1))


@pytest.mark.parametrize("country", ["UZ", "AZ", "MN", "LV", "IR", "DE-BY"])
def test_import_holidays_of_country_uses_its_language(country: str) -> None:
    """Holiday names are in the requested language, if available."""
    names = [name for _, name in HolidaysLibrary().for_year(country, 2026, language="lv").holidays]

    assert len(names) >= 8
    assert country != "LV" or "Jaungada diena" in names


@pytest.mark.parametrize("country", ["", "ATLANTIS", "DE-ATLANTIS"])
def test_unknown_country_is_rejected(country: str) -> None:
    """An unknown country or subdivision is rejected."""
    with pytest.raises(InvalidChoiceError):
        HolidaysLibrary().for_year(country, 2026)


def test_import_holidays_without_extra_names_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra to install."""
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(MissingDependencyError, match="calendar"):
        HolidaysLibrary().for_year("UZ", 2026)


def test_holidays_can_be_added_by_hand() -> None:
    """Whole and partial holidays can be added without the library."""
    crm = Crm(holiday_provider=NoHolidays(), clock=FrozenClock(MONDAY))
    made = crm.calendars.create("Mo-Fr 09:00-18:00")
    crm.calendars.import_holidays(made.id, 2026)
    crm.calendars.add_holiday(made.id, date(2026, 3, 3), name="Founders' Day")
    crm.calendars.add_holiday(made.id, date(2026, 3, 4), name="Stocktaking", hours="09:00-11:00,15:00-18:00")
    time = crm.calendars.get(made.id).business_hours

    assert 4 * HOUR == time.elapsed(datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC))


def test_day_overrides_and_swaps_change_business_hours(crm: Crm) -> None:
    """Overrides, swapped days and days off change the business hours."""
    made = crm.calendars.create("Mo-Fr 09:00-18:00")
    crm.calendars.override_day(made.id, date(2026, 3, 2), "10:00-12:00", reason="stocktaking")
    crm.calendars.override_day(made.id, date(2026, 3, 3), "")
    crm.calendars.swap_days(made.id, day_off=date(2026, 3, 5), working_day=date(2026, 3, 7))
    changed = crm.calendars.set_hours(made.id, "Mo-Su 08:00-20:00", time_zone="Asia/Samarkand")

    assert [True, False, True, False] == [changed.business_hours.is_working_day(date(2026, 3, n)) for n in (2, 3, 4, 5)]
    assert crm.calendars.remove_override(made.id, date(2026, 3, 3)).business_hours.is_working_day(date(2026, 3, 3))


def test_company_without_calendar_is_always_open(crm: Crm) -> None:
    """Without a calendar all hours are open; users may have another one."""
    shop = crm.calendars.create("Mo-Su 10:00-22:00", name="shop")
    anna = crm.users.create("Anna Liepa")
    crm.users.set_calendar(anna.id, shop.id)
    anna = crm.users.add_absence(anna.id, since=MONDAY, until=MONDAY + HOUR)

    def measure(uow: UnitOfWork) -> tuple[timedelta, timedelta, timedelta]:
        times = (
            load_business_hours(uow, crm._environment),
            load_business_hours(uow, crm._environment, shop.id),
            load_user_hours(uow, crm._environment, anna),
        )
        return tuple(time.elapsed(MONDAY, MONDAY + 24 * HOUR) for time in times)  # type: ignore[return-value]  # three

    assert (24 * HOUR, 12 * HOUR, 11 * HOUR) == crm._environment.execute("ask", measure, read_only=True)
    assert crm.users.set_calendar(anna.id, None).calendar_id is None
    with pytest.raises(NotFoundError):
        crm.users.set_calendar(anna.id, "calendar_" + "0" * 32)  # type: ignore[arg-type]  # an id
