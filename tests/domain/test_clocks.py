"""Clocks are told from what happened, and right whatever happened: paused, asked again, promised anew, reopened."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmcore.domain.clocks.marks import Answer, AnswerRule, Mark, MarkKind, Targets
from crmcore.domain.clocks.replay import ClockKind, Clocks, Timer, replay, until
from crmcore.domain.ids import UserId
from crmcore.domain.worktime.hours import Shift
from crmcore.domain.worktime.time import ALWAYS, WorkTime

HOUR = timedelta(hours=1)
ZERO = timedelta(0)
OFFICE = WorkTime("UTC", Shift.week("Mo-Fr 09:00-18:00"))
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROMISED = Targets(first_response=2 * HOUR, next_response=4 * HOUR, resolution=20 * HOUR)
ANNA = UserId("user_" + "0" * 31 + "1")


def marks(*steps: tuple[str, timedelta] | tuple[str, timedelta, Targets], targets: Targets = PROMISED) -> list[Mark]:
    """What happened: words, and the time since Monday morning. The opening comes by itself."""
    opened = Mark(MarkKind.OPENED, MONDAY, targets)
    return [opened, *(Mark(MarkKind(step[0]), MONDAY + step[1], *step[2:]) for step in steps)]


def tell(happened: Iterable[Mark], after: timedelta, time: WorkTime = OFFICE) -> Clocks:
    """How the clocks stand some time after Monday morning."""
    return replay(happened, time=time, now=MONDAY + after)


def first(clocks: Clocks) -> Timer:
    """The clock of the first response."""
    assert clocks.first_response is not None
    return clocks.first_response


def following(clocks: Clocks) -> Timer:
    """The clock of the next response."""
    assert clocks.next_response is not None
    return clocks.next_response


def resolution(clocks: Clocks) -> Timer:
    """The clock of the resolution."""
    assert clocks.resolution is not None
    return clocks.resolution


# --- the plain course ---


def test_a_fresh_matter_waits_for_an_answer_and_an_end() -> None:
    """What is promised, consumed and left, and when it is due and at risk, all in working time."""
    clocks = tell(marks(), HOUR)
    timer = first(clocks)

    assert (2 * HOUR, HOUR, HOUR) == (timer.target, timer.consumed, timer.remaining)
    assert (MONDAY + 2 * HOUR, MONDAY + 1.5 * HOUR, None) == (timer.due_at, timer.at_risk_at, timer.breached_at)
    assert MONDAY + 2 * 24 * HOUR + 2 * HOUR == resolution(clocks).due_at  # 9 + 9 + 2 hours of work
    assert clocks.next_response is None
    assert timer is clocks.next
    assert timer.is_running
    assert not timer.met


def test_an_answer_stops_the_first_clock_and_an_end_stops_them_all() -> None:
    """And then they stand as they stood."""
    clocks = tell(marks(("answered", HOUR), ("asked", 3 * HOUR), ("resolved", 5 * HOUR)), 1000 * HOUR)

    assert [HOUR, 2 * HOUR, 5 * HOUR] == [timer.consumed for timer in clocks.all]
    assert all(timer.met for timer in clocks.all)
    assert clocks.next is None


def test_an_end_is_an_answer_too() -> None:
    """Who is told the outcome at once has been answered."""
    assert first(tell(marks(("resolved", HOUR)), 9 * HOUR)).met


def test_what_comes_exactly_at_the_deadline_is_in_time() -> None:
    """A microsecond later it is late, and the deadline is when the promise was broken."""
    in_time = first(tell(marks(("answered", 2 * HOUR)), 9 * HOUR))
    late = first(tell(marks(("answered", 2 * HOUR + timedelta(microseconds=1))), 9 * HOUR))

    assert (True, None, ZERO) == (in_time.met, in_time.breached_at, in_time.remaining)
    assert (False, MONDAY + 2 * HOUR) == (late.met, late.breached_at)


def test_a_breach_needs_no_job() -> None:
    """Whoever looks sees it, from the instant after the deadline on, and always at the same instant."""
    assert first(tell(marks(), 2 * HOUR)).breached_at is None
    for later in (timedelta(microseconds=1), HOUR, 1000 * HOUR):
        assert MONDAY + 2 * HOUR == first(tell(marks(), 2 * HOUR + later)).breached_at


def test_what_is_not_promised_has_no_clock() -> None:
    """Not even a matter without any promise."""
    assert () == tell(marks(targets=Targets()), HOUR).all
    assert () == tell([], HOUR).all
    assert () == tell([Mark(MarkKind.OPENED, MONDAY)], HOUR).all


def test_what_is_promised_later_counts_from_the_beginning() -> None:
    """And what is no longer promised has no clock any more."""
    later = tell(marks(("retargeted", HOUR, PROMISED), targets=Targets()), 3 * HOUR)

    assert MONDAY + 2 * HOUR == first(later).breached_at
    assert () == tell([*marks(), Mark(MarkKind.RETARGETED, MONDAY + HOUR)], 3 * HOUR).all


def test_a_machine_whose_clock_was_set_back_does_not_turn_time_back() -> None:
    """What lies before its forerunner counts as simultaneous; so does a present that lies in the past."""
    clocks = tell(marks(("paused", 3 * HOUR), ("resumed", 2 * HOUR)), HOUR)

    assert 3 * HOUR == resolution(clocks).consumed


# --- next responses ---


def test_each_thing_a_customer_says_later_waits_for_an_answer() -> None:
    """Counted from the first of several; and how often it was late is told."""
    happened = marks(
        ("answered", HOUR),
        ("asked", 2 * HOUR),
        ("asked", 5 * HOUR),
        ("answered", 7 * HOUR),  # five hours of four
        ("asked", 8 * HOUR),
        ("answered", 8.5 * HOUR),
        ("answered", 8.6 * HOUR),
        ("asked", 24 * HOUR),
    )
    clocks = tell(happened, 26 * HOUR)

    assert 2 * HOUR == following(clocks).consumed
    assert (1, 1) == (clocks.answered_in_time, clocks.answered_late)
    assert MONDAY + 7 * HOUR - HOUR == following(tell(happened[:5], 7 * HOUR)).breached_at


def test_a_next_response_without_promise_is_never_late() -> None:
    """It has no clock, but is not forgotten either: a promise that comes later counts from its beginning."""
    only_first = Targets(first_response=HOUR)
    happened = marks(
        ("answered", HOUR), ("asked", 2 * HOUR), ("answered", 9 * HOUR), ("asked", 24 * HOUR), targets=only_first
    )

    assert 1 == tell(happened, 25 * HOUR).answered_in_time
    assert tell(happened, 25 * HOUR).next_response is None
    promised = [*happened, Mark(MarkKind.RETARGETED, MONDAY + 25 * HOUR, PROMISED)]
    assert 2 * HOUR == following(tell(promised, 26 * HOUR)).consumed


# --- pauses ---


def test_a_pause_is_measured_like_the_promise() -> None:
    """While it lasts nobody can know the deadline; then it has moved by the working time of the pause."""
    happened = marks(("answered", HOUR), ("paused", 2 * HOUR))
    waiting = resolution(tell(happened, 5 * HOUR))
    resumed = resolution(tell([*happened, Mark(MarkKind.RESUMED, MONDAY + 5 * HOUR)], 6 * HOUR))

    assert (True, None, None, 2 * HOUR) == (waiting.paused, waiting.due_at, waiting.at_risk_at, waiting.consumed)
    assert not waiting.is_running
    assert MONDAY + 2 * 24 * HOUR + 5 * HOUR == resumed.due_at
    assert 3 * HOUR == resumed.consumed


def test_what_has_passed_before_a_pause_is_known_in_it() -> None:
    """A share that was reached, a breach that has happened."""
    breached = resolution(tell(marks(("paused", 21 * HOUR + 2 * 15 * HOUR)), 100 * HOUR))

    assert MONDAY + 2 * 24 * HOUR + 2 * HOUR == breached.breached_at == breached.due_at
    assert breached.reaches(20_000) is None


def test_every_clock_pauses_or_not_as_promised() -> None:
    """The first and the next response too, if the house says so."""
    patient = Targets(
        first_response=2 * HOUR, next_response=4 * HOUR, resolution=20 * HOUR, pauses_first=True, pauses_next=True
    )
    waiting = marks(("paused", HOUR), ("resumed", 4 * HOUR), targets=patient)
    asked = marks(("answered", HOUR), ("asked", 2 * HOUR), ("paused", 3 * HOUR), ("resumed", 5 * HOUR), targets=patient)

    assert MONDAY + 5 * HOUR == first(tell(waiting, 4 * HOUR)).due_at
    assert MONDAY + 8 * HOUR == following(tell(asked, 6 * HOUR)).due_at
    assert following(tell([*asked[:2], asked[3], Mark(MarkKind.ASKED, MONDAY + 4 * HOUR)], 5 * HOUR)).paused


def test_whether_clocks_pause_may_change_in_a_pause() -> None:
    """From then on."""
    stubborn = Targets(resolution=20 * HOUR, pauses_resolution=False)
    happened = marks(("paused", HOUR), ("retargeted", 2 * HOUR, stubborn))

    assert 2 * HOUR == resolution(tell(happened, 3 * HOUR)).consumed


# --- promises that change ---


def test_a_promise_that_changes_counts_from_the_beginning_of_the_clock() -> None:
    """A shorter one may be broken at once; a longer one takes a breach of what still runs back."""
    shorter = tell(marks(("retargeted", 3 * HOUR, Targets(resolution=2 * HOUR))), 4 * HOUR)
    longer = tell(marks(("retargeted", 3 * HOUR, Targets(first_response=4 * HOUR))), 3 * HOUR)

    assert MONDAY + 2 * HOUR == resolution(shorter).breached_at
    assert (None, HOUR) == (first(longer).breached_at, first(longer).remaining)


def test_what_has_stopped_is_judged_by_the_promise_of_its_time() -> None:
    """A stricter one afterwards makes nobody late, and a milder one nobody punctual."""
    stricter = tell(marks(("answered", HOUR), ("retargeted", 2 * HOUR, Targets(first_response=HOUR / 2))), 9 * HOUR)
    milder = tell(marks(("answered", 3 * HOUR), ("retargeted", 4 * HOUR, Targets(first_response=9 * HOUR))), 9 * HOUR)

    assert first(stricter).met
    assert not first(milder).met


# --- reopening ---


def test_a_matter_that_is_reopened_goes_on_where_it_stood() -> None:
    """The time in which it was thought to be over does not count."""
    clocks = tell(marks(("answered", HOUR), ("resolved", 5 * HOUR), ("reopened", 24 * HOUR)), 25 * HOUR)

    assert 6 * HOUR == resolution(clocks).consumed
    assert first(clocks).met


def test_or_has_its_whole_time_again() -> None:
    """If the house says so."""
    generous = Targets(resolution=20 * HOUR, anew=True)
    timer = resolution(tell(marks(("resolved", 5 * HOUR), ("reopened", 24 * HOUR), targets=generous), 25 * HOUR))

    assert (HOUR, MONDAY + 24 * HOUR) == (timer.consumed, timer.started_at)


def test_what_is_open_is_not_reopened() -> None:
    """Nothing happens."""
    assert 2 * HOUR == resolution(tell(marks(("reopened", HOUR)), 2 * HOUR)).consumed


# --- shares ---


def test_shares_of_a_promise_are_found() -> None:
    """Whole and in part, beyond it, and some working time after."""
    timer = resolution(tell(marks(), HOUR))

    assert MONDAY + 24 * HOUR + HOUR == timer.reaches(5_000)
    assert timer.due_at == timer.reaches(10_000)
    assert MONDAY + 2 * 24 * HOUR + 6 * HOUR == timer.reaches(10_000, after=4 * HOUR)
    assert ClockKind.RESOLUTION is timer.kind


def test_a_due_time_has_a_clock_of_the_wall() -> None:
    """What is due at once has none."""
    late = until(MONDAY + 2 * HOUR, since=MONDAY, ended_at=MONDAY + 3 * HOUR, now=MONDAY + 9 * HOUR)

    assert late is not None
    assert (late.due_at, late.breached_at, late.consumed) == (MONDAY + 2 * HOUR, MONDAY + 2 * HOUR, 3 * HOUR)
    assert until(MONDAY, since=MONDAY, ended_at=None, now=MONDAY) is None


# --- who may stop a clock ---


def test_an_automatic_reply_is_no_answer() -> None:
    """Unless the house says so."""
    robot = Answer(automatic=True)

    assert "automatic" == AnswerRule().objection(robot, responsible=ANNA)
    assert "" == AnswerRule(humans_only=False).objection(robot, responsible=ANNA)


def test_an_answer_may_have_to_come_by_a_channel_or_from_the_responsible() -> None:
    """Each objection has its word."""
    called = Answer(user=ANNA, channel="phone")

    assert "" == AnswerRule().objection(called, responsible=None)
    assert "channel" == AnswerRule(channels=("email",)).objection(called, responsible=ANNA)
    assert "not_responsible" == AnswerRule(responsible_only=True).objection(called, responsible=None)
    assert "" == AnswerRule(responsible_only=True, channels=("phone",)).objection(called, responsible=ANNA)


# --- mistakes of others ---


def test_regression_c_a_weekend_pause_gives_no_credit() -> None:
    """Paused from Friday evening to Monday morning, a business deadline does not move."""
    friday = timedelta(days=4, hours=9)
    happened = marks(
        ("answered", HOUR), ("paused", friday), ("resumed", timedelta(days=7)), targets=Targets(resolution=60 * HOUR)
    )

    assert resolution(tell(happened[:2], HOUR)).due_at == resolution(tell(happened, timedelta(days=7))).due_at


def test_regression_d_every_pause_counts() -> None:
    """Two pauses, of one hour and of two, move the deadline by three."""
    happened = marks(
        ("answered", HOUR), ("paused", HOUR), ("resumed", 2 * HOUR), ("paused", 4 * HOUR), ("resumed", 6 * HOUR)
    )

    assert MONDAY + 2 * 24 * HOUR + 5 * HOUR == resolution(tell(happened, 7 * HOUR)).due_at


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["answered", "asked", "paused", "resumed", "retargeted", "resolved", "reopened"]),
        st.integers(1, 30 * 60).map(lambda m: timedelta(minutes=m)),
    ),
    max_size=12,
)


def _happened(steps: list[tuple[str, timedelta]]) -> list[Mark]:
    at = MONDAY
    happened = [Mark(MarkKind.OPENED, MONDAY, PROMISED)]
    for word, later in steps:
        at += later
        happened.append(Mark(MarkKind(word), at, PROMISED if word == "retargeted" else None))
    return happened


@given(st.integers(1, 2 * 60).map(lambda m: timedelta(minutes=m)), STEPS)
@settings(max_examples=200, deadline=None)
def test_regression_k_what_is_answered_in_time_is_never_breached(
    answered: timedelta, steps: list[tuple[str, timedelta]]
) -> None:
    """Whatever happens afterwards, and whenever one looks."""
    happened = _happened([("answered", answered), *steps])

    for now in (timedelta(0), 1000 * HOUR, 100_000 * HOUR):
        assert first(tell(happened, now)).breached_at is None


def test_regression_l_entering_a_pause_is_no_answer() -> None:
    """The first response stays due, and is breached in the pause."""
    paused = first(tell(marks(("paused", HOUR)), 3 * HOUR))

    assert paused.is_running
    assert MONDAY + 2 * HOUR == paused.breached_at


@given(STEPS, st.integers(0, 12))
@example([("resolved", HOUR), ("paused", HOUR), ("reopened", HOUR)], 3)
@settings(max_examples=200, deadline=None)
def test_regression_m_a_change_of_promise_loses_no_pause(steps: list[tuple[str, timedelta]], place: int) -> None:
    """A promise that is replaced by its like, anywhere, changes nothing at all."""
    happened = _happened(steps)
    place = min(place, len(steps))
    changed = Mark(MarkKind.RETARGETED, happened[place].at, PROMISED)
    plain, replaced = (
        tell(h, 2000 * HOUR) for h in (happened, [*happened[: place + 1], changed, *happened[place + 1 :]])
    )

    assert plain == replaced


def test_regression_n_no_clock_hides_another() -> None:
    """A customer who writes again waits for the first answer all the same; the earliest clock comes first, and each is told."""
    clocks = tell(marks(("asked", HOUR)), 1.5 * HOUR)
    later = tell(marks(("answered", HOUR), ("asked", 2 * HOUR)), 3 * HOUR)

    assert first(clocks) is clocks.next
    assert [ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION] == [timer.kind for timer in clocks.all]
    assert following(later) is later.next
    assert 3 == len(later.all)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_consumed_and_remaining_make_the_target(steps: list[tuple[str, timedelta]]) -> None:
    """Of every clock, and a deadline is reached when nothing remains."""
    for timer in tell(_happened(steps), 500 * HOUR, ALWAYS).all:
        assert timer.target == timer.consumed + timer.remaining
        assert (timer.remaining < ZERO) == (timer.breached_at is not None)
        if timer.is_running:
            assert timer.due_at == MONDAY + 500 * HOUR + timer.remaining or timer.remaining < ZERO
