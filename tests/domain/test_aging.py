"""A deal is stuck when it stays in its stage for longer than the stage allows, counted as the stage says."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcore.domain.aging import BY_THE_CALENDAR, AgeFrom, Aging
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import NextStep, StepState
from crmcore.domain.funnels import Funnel, Stage
from crmcore.domain.worktime.hours import Holiday, Shift
from crmcore.domain.worktime.time import ALWAYS, WorkTime
from crmcore.errors import NotAllowed
from crmcore.testing.samples import Samples
from tests.domain.test_worktime import INSTANTS, SPANS, work_times

DAY: Final = timedelta(days=1)
SOONEST: Final = timedelta(microseconds=1)
FRIDAY: Final = datetime(2026, 3, 6, 15, tzinfo=UTC)
OFFICE: Final = WorkTime("UTC", Shift.week("Mo-Fr 09:00-13:00,14:00-18:00"), [Holiday(date(2026, 3, 10))])
WORKING_DAYS: Final = Aging(in_working_days=True)


def opened(limit: timedelta = 2 * DAY, **aging: Any) -> tuple[Deal, Funnel]:
    """A deal that came into its stage on a Friday afternoon."""
    samples = Samples()
    stage = Stage.named("Offer", age_limit=limit, aging=Aging(**aging))
    funnel = Funnel.create(samples.id("funnel"), "Windows", stages=[stage, "Payment"], at=FRIDAY)
    deal = Deal.open(samples.id("deal"), "Windows", customer=samples.id("customer"), funnel=funnel, at=FRIDAY)
    return deal, funnel


def test_all_days_count_where_nothing_else_is_said() -> None:
    """Two days after a Friday is a Sunday, whatever the house's hours."""
    deal, funnel = opened()

    assert not deal.is_stuck(funnel, FRIDAY + 2 * DAY, time=OFFICE)
    assert deal.is_stuck(funnel, FRIDAY + 2 * DAY + SOONEST, time=OFFICE)
    assert deal.is_stuck(funnel, FRIDAY + 2 * DAY + SOONEST)


def test_only_working_days_count_where_the_stage_says_so() -> None:
    """The weekend and a holiday are left out; a day that is worked counts as a whole, lunch and night included."""
    deal, funnel = opened(in_working_days=True)
    wednesday = datetime(2026, 3, 11, 15, tzinfo=UTC)  # Tuesday was free

    assert not deal.is_stuck(funnel, wednesday, time=OFFICE)
    assert deal.is_stuck(funnel, wednesday + SOONEST, time=OFFICE)
    assert wednesday == WORKING_DAYS.over_at(FRIDAY, 2 * DAY, time=OFFICE)
    assert 2 * DAY == WORKING_DAYS.age(FRIDAY, time=OFFICE, now=wednesday)


def test_a_house_that_never_closes_works_every_day() -> None:
    """Without a calendar, working days are days."""
    deal, funnel = opened(in_working_days=True)

    assert [False, True] == [deal.is_stuck(funnel, FRIDAY + 2 * DAY + late) for late in (0 * DAY, SOONEST)]


def test_what_is_done_for_a_deal_may_begin_its_age_anew() -> None:
    """A stage says whether its entry counts or the last touch."""
    quiet, funnel = opened(counts_from="touch")
    touched = quiet.touch(at=FRIDAY + DAY)
    now = FRIDAY + 2 * DAY + SOONEST

    assert [True, False] == [deal.is_stuck(funnel, now) for deal in (quiet, touched)]
    assert touched.is_stuck(funnel, now + DAY)
    assert opened()[0].touch(at=FRIDAY + DAY).is_stuck(opened()[1], now)


def test_a_next_step_may_hold_a_deal() -> None:
    """As long as it lies ahead; one that is late, or has no time, holds nothing."""
    deal, funnel = opened(held_by_next_step=True)
    now = FRIDAY + 3 * DAY
    steps = {
        StepState.NONE: None,
        StepState.UNDATED: NextStep("Call"),
        StepState.AHEAD: NextStep("Call", now),
        StepState.LATE: NextStep("Call", now - SOONEST),
    }
    planned = {state: deal.plan(step, at=FRIDAY) for state, step in steps.items()}
    free, unheld = opened()

    assert list(steps) == [one.step_of(now) for one in planned.values()]
    assert [True, True, False, True] == [one.is_stuck(funnel, now) for one in planned.values()]
    assert free.plan(steps[StepState.AHEAD], at=FRIDAY).is_stuck(unheld, now)


def test_what_has_no_limit_is_never_stuck() -> None:
    """Nor is what would be so beyond the years that are counted."""
    deal, funnel = opened(limit=36_525 * DAY, in_working_days=True)
    mondays = WorkTime("UTC", Shift.week("Mo 09:00-10:00"))
    free, unlimited = opened()
    unlimited = unlimited.redraw(at=FRIDAY, stages=["Offer", "Payment"])

    assert not deal.is_stuck(funnel, FRIDAY + 30_000 * DAY, time=mondays)
    assert WORKING_DAYS.over_at(FRIDAY, 36_525 * DAY, time=mondays) is None
    assert not free.is_stuck(unlimited, FRIDAY + 30_000 * DAY)


def test_an_age_is_counted_from_what_there_is() -> None:
    """Not from a word that means nothing."""
    with pytest.raises(NotAllowed):
        Aging(counts_from="birth")  # type: ignore[arg-type]

    assert BY_THE_CALENDAR.counts_from is AgeFrom.ENTRY
    assert timedelta(0) == BY_THE_CALENDAR.age(FRIDAY, time=ALWAYS, now=FRIDAY - DAY)


@given(
    work_times(), INSTANTS, INSTANTS, st.just(timedelta(0)) | SPANS, st.sampled_from([WORKING_DAYS, BY_THE_CALENDAR])
)
@settings(max_examples=200, deadline=None)
def test_the_search_and_the_question_agree(
    time: WorkTime, since: datetime, now: datetime, limit: timedelta, aging: Aging
) -> None:
    """What lies at or before the cutoff is over the limit by now, to the microsecond, and nothing else is."""
    cutoff, over_at = aging.cutoff(limit, time=time, now=now), aging.over_at(since, limit, time=time)

    assert cutoff is not None
    assert over_at is not None
    assert (since <= cutoff) == (now > over_at)
    assert aging.age(since, time=time, now=max(now, since)) >= limit or since > cutoff


@given(work_times(st.just("Asia/Tashkent")), st.integers(0, 900), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_working_days_are_those_of_the_calendar(time: WorkTime, first: int, length: int) -> None:
    """From midnight to midnight there are as many as the days on which something is open."""
    since = date(2025, 1, 1) + timedelta(days=first)
    until = since + timedelta(days=length)
    midnights = [datetime(day.year, day.month, day.day, tzinfo=time.zone) for day in (since, until)]

    assert time.working_days(since, until) * DAY == time.days.between(*midnights)
