"""Examples of `crm.calendars`, one per method."""

# %% setup
from datetime import date

from crmcore import Crm

crm = Crm(time_zone="Europe/Riga", language="lv")

# %% create
office = crm.calendars.create("Mo-Fr 09:00-18:00", country="LV")

# %% get
assert office == crm.calendars.get(office.id)

# %% get_by_name
assert office == crm.calendars.get_by_name("default")

# %% list
assert [office.id] == [calendar.id for calendar in crm.calendars.list()]

# %% import_holidays
office = crm.calendars.import_holidays(office.id, 2026)

assert not office.business_hours.is_working_day(date(2026, 4, 3))  # Good Friday

# %% set_holiday_observed
office = crm.calendars.set_holiday_observed(office.id, date(2026, 4, 3), is_observed=False)

# %% add_holiday
office = crm.calendars.add_holiday(office.id, date(2026, 4, 2), name="Founders' day", hours="13:00-24:00")

# %% override_day
office = crm.calendars.override_day(office.id, date(2026, 6, 27), "10:00-14:00", reason="stocktaking")

# %% remove_override
office = crm.calendars.remove_override(office.id, date(2026, 6, 27))

# %% swap_days
office = crm.calendars.swap_days(office.id, day_off=date(2026, 6, 22), working_day=date(2026, 6, 13))

# %% set_hours
office = crm.calendars.set_hours(office.id, "Mo-Th 08:00-17:00", time_zone="Europe/Riga")
