"""SLA timers: computed from events, with pauses, changed targets and reopening."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings, strategies as st

from crmcore.domain.kernel.ids import UserId
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours
from crmcore.domain.organization.business_hours.hours import Shift
from crmcore.domain.sla.events import SlaEvent, SlaEventKind, deadline_timer, replay
from crmcore.domain.sla.targets import Reply, ReplyRule, SlaTargets
from crmcore.domain.sla.timers import SlaMetric, SlaStatus, SlaTimer

HOUR = timedelta(hours=1)
ZERO = timedelta(0)
OFFICE = BusinessHours("UTC", Shift.parse_week("Mo-Fr 09:00-18:00"))
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TARGETS = SlaTargets(first_response=2 * HOUR, next_response=4 * HOUR, resolution=20 * HOUR)
ANNA = UserId("user_" + "0" * 31 + "1")


def sla_events(
    *steps: tuple[str, timedelta] | tuple[str, timedelta, SlaTargets], targets: SlaTargets = TARGETS
) -> list[SlaEvent]:
    """SLA events as words and times since Monday morning. The opening is added."""
    opened = SlaEvent(SlaEventKind.OPENED, MONDAY, targets)
    return [opened, *(SlaEvent(SlaEventKind(step[0]), MONDAY + step[1], *step[2:]) for step in steps)]


def replay_after(events: Iterable[SlaEvent], after: timedelta, time: BusinessHours = OFFICE) -> SlaStatus:
    """The state of the timers at a time since Monday morning."""
    return replay(events, business_hours=time, now=MONDAY + after)


def first_response(status: SlaStatus) -> SlaTimer:
    """The first response timer."""
    assert status.first_response is not None
    return status.first_response


def next_response(status: SlaStatus) -> SlaTimer:
    """The next response timer."""
    assert status.next_response is not None
    return status.next_response


def resolution(status: SlaStatus) -> SlaTimer:
    """The resolution timer."""
    assert status.resolution is not None
    return status.resolution


# --- one course ---


def test_new_case_has_first_response_and_resolution_timers() -> None:
    """Target, consumed, remaining, due time and risk are in business hours."""
    clocks = replay_after(sla_events(), HOUR)
    timer = first_response(clocks)

    assert (2 * HOUR, HOUR, HOUR) == (timer.target, timer.consumed, timer.remaining)
    assert (MONDAY + 2 * HOUR, MONDAY + 1.5 * HOUR, None) == (timer.due_at, timer.at_risk_at, timer.breached_at)
    assert MONDAY + 2 * 24 * HOUR + 2 * HOUR == resolution(clocks).due_at  # 9 + 9 + 2 open hours
    assert clocks.next_response is None
    assert timer is clocks.next_due
    assert timer.is_running
    assert not timer.is_met


def test_reply_stops_first_response_and_resolution_stops_all() -> None:
    """A stopped timer does not change."""
    clocks = replay_after(
        sla_events(("replied", HOUR), ("customer_replied", 3 * HOUR), ("resolved", 5 * HOUR)), 1000 * HOUR
    )

    assert [HOUR, 2 * HOUR, 5 * HOUR] == [timer.consumed for timer in clocks.timers]
    assert all(timer.is_met for timer in clocks.timers)
    assert clocks.next_due is None


def test_resolution_counts_as_first_response() -> None:
    """A resolution stops the response timers too."""
    assert first_response(replay_after(sla_events(("resolved", HOUR)), 9 * HOUR)).is_met


def test_event_at_deadline_is_met_and_later_is_breached() -> None:
    """A microsecond later it is breached, at the deadline."""
    in_time = first_response(replay_after(sla_events(("replied", 2 * HOUR)), 9 * HOUR))
    late = first_response(replay_after(sla_events(("replied", 2 * HOUR + timedelta(microseconds=1))), 9 * HOUR))

    assert (True, None, ZERO) == (in_time.is_met, in_time.breached_at, in_time.remaining)
    assert (False, MONDAY + 2 * HOUR) == (late.is_met, late.breached_at)


def test_breach_is_computed_without_job() -> None:
    """A breach is computed on each read, always at the same instant."""
    assert first_response(replay_after(sla_events(), 2 * HOUR)).breached_at is None
    for later in (timedelta(microseconds=1), HOUR, 1000 * HOUR):
        assert MONDAY + 2 * HOUR == first_response(replay_after(sla_events(), 2 * HOUR + later)).breached_at


def test_metric_without_target_has_no_timer() -> None:
    """A case without targets has no timers."""
    assert () == replay_after(sla_events(targets=SlaTargets()), HOUR).timers
    assert () == replay_after([], HOUR).timers
    assert () == replay_after([SlaEvent(SlaEventKind.OPENED, MONDAY)], HOUR).timers


def test_target_added_later_counts_from_start() -> None:
    """A target that is removed removes its timer."""
    later = replay_after(sla_events(("retargeted", HOUR, TARGETS), targets=SlaTargets()), 3 * HOUR)

    assert MONDAY + 2 * HOUR == first_response(later).breached_at
    assert () == replay_after([*sla_events(), SlaEvent(SlaEventKind.RETARGETED, MONDAY + HOUR)], 3 * HOUR).timers


def test_event_before_previous_event_is_treated_as_simultaneous() -> None:
    """An event before the preceding one counts as simultaneous; so does an earlier now."""
    clocks = replay_after(sla_events(("paused", 3 * HOUR), ("resumed", 2 * HOUR)), HOUR)

    assert 3 * HOUR == resolution(clocks).consumed


# --- next responses ---


def test_customer_message_starts_next_response_timer() -> None:
    """The timer starts with the first unanswered message; met and breached ones are counted."""
    happened = sla_events(
        ("replied", HOUR),
        ("customer_replied", 2 * HOUR),
        ("customer_replied", 5 * HOUR),
        ("replied", 7 * HOUR),  # five of four hours
        ("customer_replied", 8 * HOUR),
        ("replied", 8.5 * HOUR),
        ("replied", 8.6 * HOUR),
        ("customer_replied", 24 * HOUR),
    )
    clocks = replay_after(happened, 26 * HOUR)

    assert 2 * HOUR == next_response(clocks).consumed
    assert (1, 1) == (clocks.next_responses_met, clocks.next_responses_breached)
    assert MONDAY + 7 * HOUR - HOUR == next_response(replay_after(happened[:5], 7 * HOUR)).breached_at


def test_next_response_without_target_is_never_breached() -> None:
    """Without a target there is no timer; a later target counts from the message."""
    only_first = SlaTargets(first_response=HOUR)
    happened = sla_events(
        ("replied", HOUR),
        ("customer_replied", 2 * HOUR),
        ("replied", 9 * HOUR),
        ("customer_replied", 24 * HOUR),
        targets=only_first,
    )

    assert 1 == replay_after(happened, 25 * HOUR).next_responses_met
    assert replay_after(happened, 25 * HOUR).next_response is None
    promised = [*happened, SlaEvent(SlaEventKind.RETARGETED, MONDAY + 25 * HOUR, TARGETS)]
    assert 2 * HOUR == next_response(replay_after(promised, 26 * HOUR)).consumed


# --- pauses ---


def test_pause_moves_deadline_by_business_hours() -> None:
    """A paused timer has no deadline; then it has moved by the open time of the pause."""
    happened = sla_events(("replied", HOUR), ("paused", 2 * HOUR))
    waiting = resolution(replay_after(happened, 5 * HOUR))
    resumed = resolution(replay_after([*happened, SlaEvent(SlaEventKind.RESUMED, MONDAY + 5 * HOUR)], 6 * HOUR))

    assert (True, None, None, 2 * HOUR) == (waiting.is_paused, waiting.due_at, waiting.at_risk_at, waiting.consumed)
    assert not waiting.is_running
    assert MONDAY + 2 * 24 * HOUR + 5 * HOUR == resumed.due_at
    assert 3 * HOUR == resumed.consumed


def test_breach_before_pause_stays_visible() -> None:
    """A pause does not undo a risk or a breach."""
    breached = resolution(replay_after(sla_events(("paused", 21 * HOUR + 2 * 15 * HOUR)), 100 * HOUR))

    assert MONDAY + 2 * 24 * HOUR + 2 * HOUR == breached.breached_at == breached.due_at
    assert breached.reached_at(20_000) is None


def test_every_timer_pauses_as_configured() -> None:
    """The response timers pause if the targets say so."""
    patient = SlaTargets(
        first_response=2 * HOUR, next_response=4 * HOUR, resolution=20 * HOUR, pauses_first=True, pauses_next=True
    )
    waiting = sla_events(("paused", HOUR), ("resumed", 4 * HOUR), targets=patient)
    asked = sla_events(
        ("replied", HOUR), ("customer_replied", 2 * HOUR), ("paused", 3 * HOUR), ("resumed", 5 * HOUR), targets=patient
    )

    assert MONDAY + 5 * HOUR == first_response(replay_after(waiting, 4 * HOUR)).due_at
    assert MONDAY + 8 * HOUR == next_response(replay_after(asked, 6 * HOUR)).due_at
    assert next_response(
        replay_after([*asked[:2], asked[3], SlaEvent(SlaEventKind.CUSTOMER_REPLIED, MONDAY + 4 * HOUR)], 5 * HOUR)
    ).is_paused


def test_pause_setting_changed_during_pause_applies_from_then() -> None:
    """A changed pause rule is effective from then on."""
    stubborn = SlaTargets(resolution=20 * HOUR, pauses_resolution=False)
    happened = sla_events(("paused", HOUR), ("retargeted", 2 * HOUR, stubborn))

    assert 2 * HOUR == resolution(replay_after(happened, 3 * HOUR)).consumed


# --- changed targets ---


def test_changed_target_counts_from_start_of_timer() -> None:
    """A shorter target may breach at once; a longer one undoes the breach of a running timer."""
    shorter = replay_after(sla_events(("retargeted", 3 * HOUR, SlaTargets(resolution=2 * HOUR))), 4 * HOUR)
    longer = replay_after(sla_events(("retargeted", 3 * HOUR, SlaTargets(first_response=4 * HOUR))), 3 * HOUR)

    assert MONDAY + 2 * HOUR == resolution(shorter).breached_at
    assert (None, HOUR) == (first_response(longer).breached_at, first_response(longer).remaining)


def test_stopped_timer_keeps_result_of_old_target() -> None:
    """A stopped timer keeps its result."""
    stricter = replay_after(
        sla_events(("replied", HOUR), ("retargeted", 2 * HOUR, SlaTargets(first_response=HOUR / 2))), 9 * HOUR
    )
    milder = replay_after(
        sla_events(("replied", 3 * HOUR), ("retargeted", 4 * HOUR, SlaTargets(first_response=9 * HOUR))), 9 * HOUR
    )

    assert first_response(stricter).is_met
    assert not first_response(milder).is_met


# --- reopening ---


def test_reopened_case_continues_timer() -> None:
    """The time between resolution and reopening does not count."""
    clocks = replay_after(sla_events(("replied", HOUR), ("resolved", 5 * HOUR), ("reopened", 24 * HOUR)), 25 * HOUR)

    assert 6 * HOUR == resolution(clocks).consumed
    assert first_response(clocks).is_met


def test_reopened_case_restarts_timer_when_configured() -> None:
    """The targets may reset the timer on reopening."""
    generous = SlaTargets(resolution=20 * HOUR, reset_on_reopen=True)
    timer = resolution(
        replay_after(sla_events(("resolved", 5 * HOUR), ("reopened", 24 * HOUR), targets=generous), 25 * HOUR)
    )

    assert (HOUR, MONDAY + 24 * HOUR) == (timer.consumed, timer.started_at)


def test_reopen_open_case_changes_nothing() -> None:
    """Reopening a running timer changes nothing."""
    assert 2 * HOUR == resolution(replay_after(sla_events(("reopened", HOUR)), 2 * HOUR)).consumed


# --- shares ---


def test_elapsed_share_of_target_is_located() -> None:
    """Shares of the target, beyond it, and more business hours after it."""
    timer = resolution(replay_after(sla_events(), HOUR))

    assert MONDAY + 24 * HOUR + HOUR == timer.reached_at(5_000)
    assert timer.due_at == timer.reached_at(10_000)
    assert MONDAY + 2 * 24 * HOUR + 6 * HOUR == timer.reached_at(10_000, after=4 * HOUR)
    assert SlaMetric.RESOLUTION is timer.metric


def test_plain_due_time_uses_wall_clock() -> None:
    """A due time at the start has no timer."""
    late = deadline_timer(MONDAY + 2 * HOUR, started_at=MONDAY, ended_at=MONDAY + 3 * HOUR, now=MONDAY + 9 * HOUR)

    assert late is not None
    assert (late.due_at, late.breached_at, late.consumed) == (MONDAY + 2 * HOUR, MONDAY + 2 * HOUR, 3 * HOUR)
    assert deadline_timer(MONDAY, started_at=MONDAY, ended_at=None, now=MONDAY) is None


# --- reply rules ---


def test_automatic_reply_does_not_stop_timer() -> None:
    """Automatic replies do not count by default."""
    robot = Reply(is_automatic=True)

    assert "automatic" == ReplyRule().rejection_reason(robot, owner_id=ANNA)
    assert "" == ReplyRule(humans_only=False).rejection_reason(robot, owner_id=ANNA)


def test_reply_rule_rejects_wrong_channel_or_author() -> None:
    """Each rejection has a reason."""
    called = Reply(user_id=ANNA, channel="phone")

    assert "" == ReplyRule().rejection_reason(called, owner_id=None)
    assert "channel" == ReplyRule(channels=("email",)).rejection_reason(called, owner_id=ANNA)
    assert "not_owner" == ReplyRule(owner_only=True).rejection_reason(called, owner_id=None)
    assert "" == ReplyRule(owner_only=True, channels=("phone",)).rejection_reason(called, owner_id=ANNA)


# --- common errors of other systems ---


def test_regression_c_weekend_pause_moves_no_deadline() -> None:
    """A pause over the weekend does not move the deadline."""
    friday = timedelta(days=4, hours=9)
    happened = sla_events(
        ("replied", HOUR), ("paused", friday), ("resumed", timedelta(days=7)), targets=SlaTargets(resolution=60 * HOUR)
    )

    assert (
        resolution(replay_after(happened[:2], HOUR)).due_at
        == resolution(replay_after(happened, timedelta(days=7))).due_at
    )


def test_regression_d_two_pauses_move_deadline_by_both() -> None:
    """Two pauses, of one hour and of two, move the deadline by three."""
    happened = sla_events(
        ("replied", HOUR), ("paused", HOUR), ("resumed", 2 * HOUR), ("paused", 4 * HOUR), ("resumed", 6 * HOUR)
    )

    assert MONDAY + 2 * 24 * HOUR + 5 * HOUR == resolution(replay_after(happened, 7 * HOUR)).due_at


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["replied", "customer_replied", "paused", "resumed", "retargeted", "resolved", "reopened"]),
        st.integers(1, 30 * 60).map(lambda m: timedelta(minutes=m)),
    ),
    max_size=12,
)


def _sla_events_of(steps: list[tuple[str, timedelta]]) -> list[SlaEvent]:
    at = MONDAY
    happened = [SlaEvent(SlaEventKind.OPENED, MONDAY, TARGETS)]
    for word, later in steps:
        at += later
        happened.append(SlaEvent(SlaEventKind(word), at, TARGETS if word == "retargeted" else None))
    return happened


@given(st.integers(1, 2 * 60).map(lambda m: timedelta(minutes=m)), STEPS)
@settings(max_examples=200, deadline=None)
def test_regression_k_answered_in_time_is_never_breached(
    answered: timedelta, steps: list[tuple[str, timedelta]]
) -> None:
    """Consumed and remaining add up to the target at any time."""
    happened = _sla_events_of([("replied", answered), *steps])

    for now in (timedelta(0), 1000 * HOUR, 100_000 * HOUR):
        assert first_response(replay_after(happened, now)).breached_at is None


def test_regression_l_pause_does_not_stop_first_response() -> None:
    """The first response stays due, and is breached during the pause."""
    paused = first_response(replay_after(sla_events(("paused", HOUR)), 3 * HOUR))

    assert paused.is_running
    assert MONDAY + 2 * HOUR == paused.breached_at


@given(STEPS, st.integers(0, 12))
@example([("resolved", HOUR), ("paused", HOUR), ("reopened", HOUR)], 3)
@settings(max_examples=200, deadline=None)
def test_regression_m_replaced_equal_target_changes_nothing(steps: list[tuple[str, timedelta]], place: int) -> None:
    """A target that is replaced by an equal one changes nothing."""
    happened = _sla_events_of(steps)
    place = min(place, len(steps))
    changed = SlaEvent(SlaEventKind.RETARGETED, happened[place].at, TARGETS)
    plain, replaced = (
        replay_after(h, 2000 * HOUR) for h in (happened, [*happened[: place + 1], changed, *happened[place + 1 :]])
    )

    assert plain == replaced


def test_regression_n_each_timer_is_reported() -> None:
    """A second message does not start the first response again; the earliest timer comes first."""
    clocks = replay_after(sla_events(("customer_replied", HOUR)), 1.5 * HOUR)
    later = replay_after(sla_events(("replied", HOUR), ("customer_replied", 2 * HOUR)), 3 * HOUR)

    assert first_response(clocks) is clocks.next_due
    assert [SlaMetric.FIRST_RESPONSE, SlaMetric.RESOLUTION] == [timer.metric for timer in clocks.timers]
    assert next_response(later) is later.next_due
    assert 3 == len(later.timers)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_consumed_and_remaining_add_up_to_target(steps: list[tuple[str, timedelta]]) -> None:
    """For every timer, the deadline is when nothing remains."""
    for timer in replay_after(_sla_events_of(steps), 500 * HOUR, ALWAYS_OPEN).timers:
        assert timer.target == timer.consumed + timer.remaining
        assert (timer.remaining < ZERO) == (timer.breached_at is not None)
        if timer.is_running:
            assert timer.due_at == MONDAY + 500 * HOUR + timer.remaining or timer.remaining < ZERO
