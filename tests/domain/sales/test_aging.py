"""Stage age: a deal is stuck when it exceeds the age limit of its stage."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings, strategies as st

from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours
from crmcore.domain.organization.business_hours.hours import Holiday, Shift
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import NextStep, NextStepState
from crmcore.domain.sales.funnels.aging import DEFAULT_STAGE_AGE_POLICY, AgeFrom, StageAgePolicy
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage
from crmcore.errors import InvalidChoiceError
from crmcore.testing.samples import Samples
from tests.domain.organization.test_business_hours import INSTANTS, SPANS, business_hours

DAY: Final = timedelta(days=1)
MICROSECOND: Final = timedelta(microseconds=1)
FRIDAY: Final = datetime(2026, 3, 6, 15, tzinfo=UTC)
OFFICE: Final = BusinessHours("UTC", Shift.parse_week("Mo-Fr 09:00-13:00,14:00-18:00"), [Holiday(date(2026, 3, 10))])
WORKING_DAYS: Final = StageAgePolicy(counts_working_days=True)


def open_deal(limit: timedelta = 2 * DAY, **aging: Any) -> tuple[Deal, Funnel]:
    """A deal that entered its stage on a Friday afternoon."""
    samples = Samples()
    stage = Stage.named("Offer", age_limit=limit, age_policy=StageAgePolicy(**aging))
    funnel = Funnel.create(samples.id("funnel"), "Windows", stages=[stage, "Payment"], at=FRIDAY)
    deal = Deal.open(samples.id("deal"), "Windows", customer_id=samples.id("customer"), funnel=funnel, at=FRIDAY)
    return deal, funnel


def test_calendar_days_count_by_default() -> None:
    """Calendar days include the weekend."""
    deal, funnel = open_deal()

    assert not deal.is_stuck(funnel, FRIDAY + 2 * DAY, business_hours=OFFICE)
    assert deal.is_stuck(funnel, FRIDAY + 2 * DAY + MICROSECOND, business_hours=OFFICE)
    assert deal.is_stuck(funnel, FRIDAY + 2 * DAY + MICROSECOND)


def test_working_days_exclude_weekend_and_holiday() -> None:
    """Working days leave out the weekend and holidays, and count as a whole."""
    deal, funnel = open_deal(counts_working_days=True)
    wednesday = datetime(2026, 3, 11, 15, tzinfo=UTC)  # Tuesday was a holiday

    assert not deal.is_stuck(funnel, wednesday, business_hours=OFFICE)
    assert deal.is_stuck(funnel, wednesday + MICROSECOND, business_hours=OFFICE)
    assert wednesday == WORKING_DAYS.exceeded_at(FRIDAY, 2 * DAY, business_hours=OFFICE)
    assert 2 * DAY == WORKING_DAYS.age(FRIDAY, business_hours=OFFICE, now=wednesday)


def test_working_days_without_calendar_are_all_days() -> None:
    """Without a calendar, every day is a working day."""
    deal, funnel = open_deal(counts_working_days=True)

    assert [False, True] == [deal.is_stuck(funnel, FRIDAY + 2 * DAY + late) for late in (0 * DAY, MICROSECOND)]


def test_last_activity_restarts_age_when_configured() -> None:
    """The age starts at the entry or at the last activity."""
    quiet, funnel = open_deal(counts_from="last_activity")
    touched = quiet.record_activity(at=FRIDAY + DAY)
    now = FRIDAY + 2 * DAY + MICROSECOND

    assert [True, False] == [deal.is_stuck(funnel, now) for deal in (quiet, touched)]
    assert touched.is_stuck(funnel, now + DAY)
    assert open_deal()[0].record_activity(at=FRIDAY + DAY).is_stuck(open_deal()[1], now)


def test_planned_next_step_pauses_age() -> None:
    """A next step ahead pauses the age; one that is late or undated does not."""
    deal, funnel = open_deal(paused_by_next_step=True)
    now = FRIDAY + 3 * DAY
    steps = {
        NextStepState.NONE: None,
        NextStepState.UNDATED: NextStep("Call"),
        NextStepState.AHEAD: NextStep("Call", now),
        NextStepState.LATE: NextStep("Call", now - MICROSECOND),
    }
    planned = {state: deal.set_next_step(step, at=FRIDAY) for state, step in steps.items()}
    free, unheld = open_deal()

    assert list(steps) == [one.next_step_state(now) for one in planned.values()]
    assert [True, True, False, True] == [one.is_stuck(funnel, now) for one in planned.values()]
    assert free.set_next_step(steps[NextStepState.AHEAD], at=FRIDAY).is_stuck(unheld, now)


def test_stage_without_limit_is_never_stuck() -> None:
    """Limits outside the supported years make no deal stuck."""
    deal, funnel = open_deal(limit=36_525 * DAY, counts_working_days=True)
    mondays = BusinessHours("UTC", Shift.parse_week("Mo 09:00-10:00"))
    free, unlimited = open_deal()
    unlimited = unlimited.update(at=FRIDAY, stages=["Offer", "Payment"])

    assert not deal.is_stuck(funnel, FRIDAY + 30_000 * DAY, business_hours=mondays)
    assert WORKING_DAYS.exceeded_at(FRIDAY, 36_525 * DAY, business_hours=mondays) is None
    assert not free.is_stuck(unlimited, FRIDAY + 30_000 * DAY)


def test_invalid_age_basis_is_rejected() -> None:
    """An unknown choice is rejected."""
    with pytest.raises(InvalidChoiceError):
        StageAgePolicy(counts_from="birth")  # type: ignore[arg-type]

    assert DEFAULT_STAGE_AGE_POLICY.counts_from is AgeFrom.ENTERED
    assert timedelta(0) == DEFAULT_STAGE_AGE_POLICY.age(FRIDAY, business_hours=ALWAYS_OPEN, now=FRIDAY - DAY)


@given(
    business_hours(),
    INSTANTS,
    INSTANTS,
    st.just(timedelta(0)) | SPANS,
    st.sampled_from([WORKING_DAYS, DEFAULT_STAGE_AGE_POLICY]),
)
@settings(max_examples=200, deadline=None)
def test_cutoff_query_agrees_with_is_stuck(
    time: BusinessHours, since: datetime, now: datetime, limit: timedelta, aging: StageAgePolicy
) -> None:
    """A deal is stuck if and only if its age starts at or before the cutoff, to the microsecond."""
    cutoff, exceeded_at = (
        aging.cutoff(limit, business_hours=time, now=now),
        aging.exceeded_at(since, limit, business_hours=time),
    )

    assert cutoff is not None
    assert exceeded_at is not None
    assert (since <= cutoff) == (now > exceeded_at)
    assert aging.age(since, business_hours=time, now=max(now, since)) >= limit or since > cutoff


@given(business_hours(st.just("Asia/Tashkent")), st.integers(0, 900), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_working_days_follow_calendar(time: BusinessHours, first: int, length: int) -> None:
    """The age in working days equals the number of working days."""
    since = date(2025, 1, 1) + timedelta(days=first)
    until = since + timedelta(days=length)
    midnights = [datetime(day.year, day.month, day.day, tzinfo=time.zone) for day in (since, until)]

    assert time.count_working_days(since, until) * DAY == time.whole_days.elapsed(*midnights)
