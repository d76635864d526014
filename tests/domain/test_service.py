"""Equipment wears, contracts cover, maintenance comes due, and what has served its time is replaced."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import Money, Recurrence
from crmcore.adapters.ids import CountingIds
from crmcore.domain.service.contracts import UNLIMITED, ContractState, Passed, ServiceContract, entitlement
from crmcore.domain.service.equipment import EQUIPMENT_LIFE, Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.service.parts import EquipmentState, LogKind
from crmcore.domain.service.replacement import Finding, Limits, replacement
from crmcore.errors import IllegalTransition, InvalidInput, MixedCurrencies, OutOfRange, RuleBroken, TooPrecise

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
IDS = CountingIds()
CUSTOMER: Any = IDS.new("customer")


def new(prefix: str) -> Any:
    """An id."""
    return IDS.new(prefix)


def boiler(**details: Any) -> Equipment:
    """A boiler with an hour meter, installed at noon."""
    facts = {"customer": CUSTOMER, "at": NOON, "installed_at": NOON, "meter": "hours", **details}
    return Equipment.install(new("equipment"), "Boiler", **facts)


def contract(**details: Any) -> ServiceContract:
    """A contract for 2026."""
    facts = {"customer": CUSTOMER, "since": date(2026, 1, 1), "until": date(2027, 1, 1), "at": NOON, **details}
    return ServiceContract.sign(new("contract"), "Care", **facts)


@given(st.lists(st.integers(0, 10**6), max_size=20), st.lists(st.booleans(), min_size=20, max_size=20))
def test_meters_only_count_up(readings: list[int], replaced: list[bool]) -> None:
    """Whatever is read, the total never falls, a reading that runs backwards is refused, and a new meter counts from zero."""
    piece = boiler()
    for reading, new_meter in zip(readings, replaced, strict=False):
        before = piece
        if reading < piece.reading and not new_meter:
            with pytest.raises(RuleBroken):
                piece.read(reading, at=NOON)
            continue
        piece = piece.read(reading, at=NOON, replaced=new_meter)

        assert piece.total == before.total + (reading if new_meter else reading - before.reading)
    assert [line.number for line in piece.log] == list(range(1, len(piece.log) + 1))
    assert piece.log[-1].total == piece.total


def test_readings_are_exact() -> None:
    """A meter has three decimal places, and a piece without one is not read."""
    assert Decimal("1200.125") == boiler().read("1200.125", at=NOON).total
    with pytest.raises(TooPrecise):
        boiler().read("1.0001", at=NOON)
    with pytest.raises(RuleBroken, match="no meter"):
        boiler(meter="").read(1, at=NOON)


def test_failures_and_repairs_are_counted_and_logged() -> None:
    """Each failure counts, the cost of repairs adds up, and the log tells it all."""
    broken = boiler().fail(at=NOON + DAY, cause="pump")
    fixed = broken.repair(at=NOON + 2 * DAY, cost=Money(80, "EUR"), cause="pump")
    again = fixed.fail(at=NOON + 3 * DAY).repair(at=NOON + 4 * DAY, cost=Money(20, "EUR")).fail(at=NOON + 5 * DAY)
    free = again.repair(at=NOON + 6 * DAY)

    assert (False, True) == (broken.is_running, fixed.is_running)
    assert (3, Money(100, "EUR"), NOON + 5 * DAY) == (free.failures, free.repair_cost, free.failed_at)
    assert [LogKind.INSTALLED, LogKind.FAILED, LogKind.REPAIRED] == [line.kind for line in free.log][:3]
    with pytest.raises(MixedCurrencies):
        again.repair(at=NOON, cost=Money(1, "USD"))
    with pytest.raises(IllegalTransition):
        free.repair(at=NOON)
    with pytest.raises(IllegalTransition):
        broken.fail(at=NOON)


def test_nothing_happens_to_what_is_retired() -> None:
    """It is neither read nor looked after, repaired or retired again."""
    retired = boiler().maintain(at=NOON, cost=Money(1, "EUR")).retire(at=NOON, note="sold")

    assert {EquipmentState.RETIRED: frozenset()}.items() <= EQUIPMENT_LIFE.items()
    with pytest.raises(RuleBroken, match="retired"):
        retired.read(1, at=NOON)
    with pytest.raises(RuleBroken, match="retired"):
        retired.maintain(at=NOON)
    with pytest.raises(IllegalTransition):
        retired.retire(at=NOON)


def test_nothing_is_installed_tomorrow() -> None:
    """An installation in the future is a task, not a fact."""
    with pytest.raises(OutOfRange):
        boiler(installed_at=NOON + DAY)


def test_a_contract_has_a_length_and_is_renewed_from_its_end() -> None:
    """Its visits are counted anew, and it never ends before it began."""
    signed = contract(visits=1).visit(at=NOON)
    renewed = signed.renew(date(2028, 1, 1), at=NOON)

    assert (1, 0, date(2028, 1, 1)) == (signed.visits_made, renewed.visits_made, renewed.until)
    assert contract().visits == UNLIMITED
    assert [0, 0, 1] == [one.visits_left for one in (signed, signed.visit(at=NOON), renewed)]
    for end in (date(2026, 1, 1), date(2025, 1, 1)):
        with pytest.raises(OutOfRange):
            contract(until=end)
        with pytest.raises(OutOfRange):
            renewed.renew(end, at=NOON)


def test_a_cancelled_contract_promises_nothing() -> None:
    """It is neither renewed nor extended nor visited."""
    ended = contract().cancel(at=NOON)

    assert ended.state is ContractState.CANCELLED
    with pytest.raises(RuleBroken, match="cancelled"):
        ended.renew(date(2028, 1, 1), at=NOON)
    with pytest.raises(RuleBroken, match="cancelled"):
        ended.cover(new("equipment"), at=NOON)
    with pytest.raises(RuleBroken, match="cancelled"):
        ended.visit(at=NOON)
    with pytest.raises(IllegalTransition):
        ended.cancel(at=NOON)


def test_cover_grows() -> None:
    """Another piece is taken in once."""
    piece = boiler()
    covering = contract().cover(piece.id, at=NOON)

    assert [piece.id] == [coverage.equipment for coverage in covering.covers]
    assert covering is covering.cover(piece.id, at=NOON)


def test_an_entitlement_explains_itself() -> None:
    """The quickest contract that covers the piece counts; each other one says why it does not; then the warranty; then nothing."""
    piece = boiler(warranty_until=date(2026, 6, 1))
    passed = {
        "another_customers": contract(customer=new("customer")),
        "cancelled": contract().cancel(at=NOON),
        "not_begun": contract(since=date(2026, 5, 1)),
        "ended": contract(since=date(2025, 1, 1), until=date(2026, 1, 1)),
        "other_equipment": contract(covers=[new("equipment")]),
    }
    slow, quick = contract(), contract(responds_within=timedelta(hours=4), covers=[piece.id])
    on = date(2026, 3, 2)
    decided = entitlement(piece, [*passed.values(), slow, quick], on=on)

    assert ("contract", quick.id, timedelta(hours=4)) == (decided.rule, decided.contract, decided.responds_within)
    assert tuple(Passed(one.id, reason) for reason, one in passed.items()) == decided.passed
    assert decided.free
    late = entitlement(piece, [slow], on=date(2026, 6, 1))
    assert (slow.id, False) == (late.contract, late.free)
    assert entitlement(piece, [contract(parts_included=True)], on=date(2026, 6, 1)).free
    assert ("warranty", True) == (entitlement(piece, [], on=on).rule, entitlement(piece, [], on=on).free)
    assert "nothing" == entitlement(boiler(), [], on=on).rule


def plan(piece: Equipment, **details: Any) -> Maintenance:
    """Look after a boiler twice a year."""
    facts = {"equipment": piece, "at": NOON, "starts_at": NOON + 30 * DAY, **details}
    if "every" not in facts and "every_total" not in facts:
        facts["every"] = Recurrence("FREQ=MONTHLY;INTERVAL=6")
    return Maintenance.plan(new("maintenance"), "Look after {equipment}", **facts)


def test_maintenance_comes_due_by_the_calendar() -> None:
    """At its day, once; what was missed meanwhile is made up for once; the series does not drift."""
    piece = boiler()
    half_yearly = plan(piece)
    late = NOON + 400 * DAY
    given = half_yearly.give(new("task"), half_yearly.due(piece, late), at=late)
    done = given.done(piece, at=late)

    assert ("", "calendar") == (half_yearly.due(piece, NOON), half_yearly.due(piece, NOON + 30 * DAY))
    assert "" == given.due(piece, late)
    assert (4, 1, datetime(2027, 10, 1, 12, tzinfo=UTC)) == (done.number, done.visits, done.next_at)
    with pytest.raises(RuleBroken, match="open visit"):
        given.give(new("task"), "calendar", at=late)


def test_maintenance_comes_due_by_the_meter() -> None:
    """After so much on all meters together; the calendar is not skipped by it."""
    piece = boiler()
    both = plan(piece, every_total=500, every=Recurrence("FREQ=YEARLY"))
    worn = piece.read(300, at=NOON).read(200, at=NOON, replaced=True)
    done = both.give(new("task"), both.due(worn, NOON), at=NOON).done(worn, at=NOON)

    assert ("", "meter") == (both.due(piece.read(499, at=NOON), NOON), both.due(worn, NOON))
    assert (Decimal(1000), NOON + 30 * DAY) == (done.next_total, done.next_at)
    by_meter = plan(piece, every_total=500).done(worn, at=NOON)
    assert (None, True) == (by_meter.next_at, by_meter.active)


def test_a_plan_ends() -> None:
    """When its rule has ended, or when it is stopped, nothing comes due."""
    piece = boiler()
    once = plan(piece, every=Recurrence("FREQ=MONTHLY;COUNT=1")).done(piece, at=NOON + 31 * DAY)
    stopped = plan(piece).stop(at=NOON)

    assert (False, None) == (once.active, once.next_at)
    assert "" == stopped.due(piece, NOON + 99 * DAY)
    assert stopped is stopped.stop(at=NOON)


def test_a_plan_goes_by_something() -> None:
    """Neither a rule nor a meter is no plan, and a meter that is not there is none either."""
    with pytest.raises(InvalidInput):
        plan(boiler(), every=None)
    with pytest.raises(RuleBroken):
        plan(boiler(meter=""), every_total=1)


def test_a_replacement_names_every_reason() -> None:
    """Age, use, failures and cost, each with its figure and its limit; the most telling makes the urgency."""
    piece = boiler(
        installed_at=NOON - 950 * DAY, expected_life=1000 * DAY, expected_total=1000, warranty_until=None
    ).read(1000, at=NOON)
    for _ in range(3):
        piece = piece.fail(at=NOON).repair(at=NOON, cost=Money(200, "EUR"))
    found = replacement(piece, now=NOON, price=Money(1000, "EUR"))

    assert found is not None
    assert (Finding("life", 9_500, 9_000), Finding("total", 10_000, 9_000)) == found.reasons[:2]
    assert (Finding("failures", 3, 3), Finding("cost", 6_000, 5_000)) == found.reasons[2:]
    assert (12_000, 950 * DAY) == (found.urgency, found.age)


def test_no_reason_no_replacement() -> None:
    """A young piece stays, one whose failures are long past too, and what is retired is not replaced again."""
    young = boiler(expected_life=1000 * DAY, expected_total=1000)
    old_failures = young.fail(at=NOON).repair(at=NOON, cost=Money(1, "EUR"))

    assert None is replacement(young, now=NOON)
    assert None is replacement(boiler(), now=NOON)
    assert None is replacement(old_failures, now=NOON + 400 * DAY, price=Money(100, "EUR"), limits=Limits(failures=1))
    assert None is replacement(old_failures, now=NOON, price=Money(1, "USD"))
    assert None is replacement(young.retire(at=NOON), now=NOON + 2000 * DAY)
    assert None is not replacement(old_failures, now=NOON, limits=Limits(failures=1))
