"""Field service: equipment, contracts, maintenance, replacement."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore import Money, Recurrence
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.service.field_service.contracts import (
    UNLIMITED_VISITS,
    ContractState,
    RejectedContract,
    ServiceContract,
    entitlement,
)
from crmcore.domain.service.field_service.equipment import EQUIPMENT_TRANSITIONS, Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.domain.service.field_service.parts import EquipmentLogKind, EquipmentState
from crmcore.domain.service.field_service.replacement import Finding, ReplacementThresholds, assess_replacement
from crmcore.errors import (
    BusinessRuleError,
    CurrencyMismatchError,
    InvalidInputError,
    InvalidTransitionError,
    OutOfRangeError,
    PrecisionError,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
IDS = SequentialIds()
CUSTOMER: Any = IDS.new("customer")


def new_id(prefix: str) -> Any:
    """An id."""
    return IDS.new(prefix)


def boiler(**details: Any) -> Equipment:
    """A boiler with an hour meter, installed at noon."""
    fields = {"customer_id": CUSTOMER, "at": NOON, "installed_at": NOON, "meter_unit": "hours", **details}
    return Equipment.install(new_id("equipment"), "Boiler", **fields)


def contract(**details: Any) -> ServiceContract:
    """A contract for 2026."""
    fields = {"customer_id": CUSTOMER, "since": date(2026, 1, 1), "until": date(2027, 1, 1), "at": NOON, **details}
    return ServiceContract.create(new_id("contract"), "Care", **fields)


@given(st.lists(st.integers(0, 10**6), max_size=20), st.lists(st.booleans(), min_size=20, max_size=20))
def test_meter_total_never_decreases(readings: list[int], replaced: list[bool]) -> None:
    """The total never decreases, a decreasing reading is rejected, and a new meter starts at zero."""
    piece = boiler()
    for read_only, new_meter in zip(readings, replaced, strict=False):
        before = piece
        if read_only < piece.meter_reading and not new_meter:
            with pytest.raises(BusinessRuleError):
                piece.read_meter(read_only, at=NOON)
            continue
        piece = piece.read_meter(read_only, at=NOON, is_new_meter=new_meter)

        assert piece.meter_total == before.meter_total + (read_only if new_meter else read_only - before.meter_reading)
    assert [line.number for line in piece.log] == list(range(1, len(piece.log) + 1))
    assert piece.log[-1].meter_total == piece.meter_total


def test_meter_reading_is_exact() -> None:
    """Readings have three decimal places; equipment without a meter has none."""
    assert Decimal("1200.125") == boiler().read_meter("1200.125", at=NOON).meter_total
    with pytest.raises(PrecisionError):
        boiler().read_meter("1.0001", at=NOON)
    with pytest.raises(BusinessRuleError, match="no meter"):
        boiler(meter_unit="").read_meter(1, at=NOON)


def test_failures_and_repairs_are_counted_and_logged() -> None:
    """Failures and repair costs are counted and logged."""
    broken = boiler().fail(at=NOON + DAY, cause="pump")
    fixed = broken.repair(at=NOON + 2 * DAY, cost=Money(80, "EUR"), cause="pump")
    again = fixed.fail(at=NOON + 3 * DAY).repair(at=NOON + 4 * DAY, cost=Money(20, "EUR")).fail(at=NOON + 5 * DAY)
    free = again.repair(at=NOON + 6 * DAY)

    assert (False, True) == (broken.is_running, fixed.is_running)
    assert (3, Money(100, "EUR"), NOON + 5 * DAY) == (free.failure_count, free.repair_cost, free.failed_at)
    assert [EquipmentLogKind.INSTALLED, EquipmentLogKind.FAILED, EquipmentLogKind.REPAIRED] == [
        line.kind for line in free.log
    ][:3]
    with pytest.raises(CurrencyMismatchError):
        again.repair(at=NOON, cost=Money(1, "USD"))
    with pytest.raises(InvalidTransitionError):
        free.repair(at=NOON)
    with pytest.raises(InvalidTransitionError):
        broken.fail(at=NOON)


def test_retired_equipment_rejects_commands() -> None:
    """Retired equipment rejects all commands."""
    retired = boiler().maintain(at=NOON, cost=Money(1, "EUR")).retire(at=NOON, note="sold")

    assert {EquipmentState.RETIRED: frozenset()}.items() <= EQUIPMENT_TRANSITIONS.items()
    with pytest.raises(BusinessRuleError, match="retired"):
        retired.read_meter(1, at=NOON)
    with pytest.raises(BusinessRuleError, match="retired"):
        retired.maintain(at=NOON)
    with pytest.raises(InvalidTransitionError):
        retired.retire(at=NOON)


def test_installation_in_future_is_rejected() -> None:
    """An installation in the future is rejected."""
    with pytest.raises(OutOfRangeError):
        boiler(installed_at=NOON + DAY)


def test_contract_has_duration_and_renews_from_end() -> None:
    """A renewal counts visits from zero; an end before the start is rejected."""
    signed = contract(included_visits=1).record_visit(at=NOON)
    renewed = signed.renew(date(2028, 1, 1), at=NOON)

    assert (1, 0, date(2028, 1, 1)) == (signed.visits_made, renewed.visits_made, renewed.until)
    assert contract().included_visits == UNLIMITED_VISITS
    assert [0, 0, 1] == [one.visits_left for one in (signed, signed.record_visit(at=NOON), renewed)]
    for end in (date(2026, 1, 1), date(2025, 1, 1)):
        with pytest.raises(OutOfRangeError):
            contract(until=end)
        with pytest.raises(OutOfRangeError):
            renewed.renew(end, at=NOON)


def test_cancelled_contract_gives_no_entitlement() -> None:
    """A cancelled contract rejects all commands."""
    ended = contract().cancel(at=NOON)

    assert ended.state is ContractState.CANCELLED
    with pytest.raises(BusinessRuleError, match="cancelled"):
        ended.renew(date(2028, 1, 1), at=NOON)
    with pytest.raises(BusinessRuleError, match="cancelled"):
        ended.add_coverage(new_id("equipment"), at=NOON)
    with pytest.raises(BusinessRuleError, match="cancelled"):
        ended.record_visit(at=NOON)
    with pytest.raises(InvalidTransitionError):
        ended.cancel(at=NOON)


def test_coverage_adds_equipment_once() -> None:
    """The same equipment is added once."""
    piece = boiler()
    covering = contract().add_coverage(piece.id, at=NOON)

    assert [piece.id] == [coverage.equipment_id for coverage in covering.coverage]
    assert covering is covering.add_coverage(piece.id, at=NOON)


def test_entitlement_explains_choice() -> None:
    """The contract with the quickest response wins, then the warranty; rejected contracts have a reason."""
    piece = boiler(warranty_until=date(2026, 6, 1))
    passed = {
        "equipment_of_other_customer": contract(customer_id=new_id("customer")),
        "cancelled": contract().cancel(at=NOON),
        "not_begun": contract(since=date(2026, 5, 1)),
        "ended": contract(since=date(2025, 1, 1), until=date(2026, 1, 1)),
        "other_equipment": contract(equipment_ids=[new_id("equipment")]),
    }
    slow, quick = contract(), contract(respond_within=timedelta(hours=4), equipment_ids=[piece.id])
    on = date(2026, 3, 2)
    decided = entitlement(piece, [*passed.values(), slow, quick], on=on)

    assert ("contract", quick.id, timedelta(hours=4)) == (decided.rule, decided.contract_id, decided.respond_within)
    assert tuple(RejectedContract(one.id, reason) for reason, one in passed.items()) == decided.rejected
    assert decided.is_free
    late = entitlement(piece, [slow], on=date(2026, 6, 1))
    assert (slow.id, False) == (late.contract_id, late.is_free)
    assert entitlement(piece, [contract(includes_parts=True)], on=date(2026, 6, 1)).is_free
    assert ("warranty", True) == (entitlement(piece, [], on=on).rule, entitlement(piece, [], on=on).is_free)
    assert "nothing" == entitlement(boiler(), [], on=on).rule


def plan(piece: Equipment, **details: Any) -> MaintenancePlan:
    """A plan with two visits a year."""
    fields = {"equipment": piece, "at": NOON, "starts_at": NOON + 30 * DAY, **details}
    if "recurrence" not in fields and "meter_interval" not in fields:
        fields["recurrence"] = Recurrence("FREQ=MONTHLY;INTERVAL=6")
    return MaintenancePlan.create(new_id("maintenanceplan"), "Look after {equipment}", **fields)


def test_maintenance_is_due_by_calendar() -> None:
    """A visit is due once; missed occurrences are made up for by one visit; the series does not drift."""
    piece = boiler()
    half_yearly = plan(piece)
    late = NOON + 400 * DAY
    given = half_yearly.assign(new_id("task"), half_yearly.due_cause(piece, late), at=late)
    done = given.complete_visit(piece, at=late)

    assert ("", "calendar") == (half_yearly.due_cause(piece, NOON), half_yearly.due_cause(piece, NOON + 30 * DAY))
    assert "" == given.due_cause(piece, late)
    assert (4, 1, datetime(2027, 10, 1, 12, tzinfo=UTC)) == (done.occurrence_number, done.visit_count, done.next_at)
    with pytest.raises(BusinessRuleError, match="open visit"):
        given.assign(new_id("task"), "calendar", at=late)


def test_maintenance_is_due_by_meter() -> None:
    """A visit is due by the total of all meters; the calendar goes on."""
    piece = boiler()
    both = plan(piece, meter_interval=500, recurrence=Recurrence("FREQ=YEARLY"))
    worn = piece.read_meter(300, at=NOON).read_meter(200, at=NOON, is_new_meter=True)
    done = both.assign(new_id("task"), both.due_cause(worn, NOON), at=NOON).complete_visit(worn, at=NOON)

    assert ("", "meter") == (both.due_cause(piece.read_meter(499, at=NOON), NOON), both.due_cause(worn, NOON))
    assert (Decimal(1000), NOON + 30 * DAY) == (done.next_meter_total, done.next_at)
    by_meter = plan(piece, meter_interval=500).complete_visit(worn, at=NOON)
    assert (None, True) == (by_meter.next_at, by_meter.is_active)


def test_stopped_plan_creates_no_visit() -> None:
    """An ended or stopped plan has no due visit."""
    piece = boiler()
    once = plan(piece, recurrence=Recurrence("FREQ=MONTHLY;COUNT=1")).complete_visit(piece, at=NOON + 31 * DAY)
    stopped = plan(piece).stop(at=NOON)

    assert (False, None) == (once.is_active, once.next_at)
    assert "" == stopped.due_cause(piece, NOON + 99 * DAY)
    assert stopped is stopped.stop(at=NOON)


def test_plan_without_rule_or_meter_is_rejected() -> None:
    """A plan needs a recurrence or a meter interval, and equipment with a meter for the latter."""
    with pytest.raises(InvalidInputError):
        plan(boiler(), recurrence=None)
    with pytest.raises(BusinessRuleError):
        plan(boiler(meter_unit=""), meter_interval=1)


def test_replacement_candidate_lists_all_reasons() -> None:
    """Life, meter total, failures and cost are reasons with figure and threshold; the largest ratio is the urgency."""
    piece = boiler(
        installed_at=NOON - 950 * DAY, expected_life=1000 * DAY, expected_meter_total=1000, warranty_until=None
    ).read_meter(1000, at=NOON)
    for _ in range(3):
        piece = piece.fail(at=NOON).repair(at=NOON, cost=Money(200, "EUR"))
    found = assess_replacement(piece, now=NOON, price=Money(1000, "EUR"))

    assert found is not None
    assert (Finding("life", 9_500, 9_000), Finding("total", 10_000, 9_000)) == found.reasons[:2]
    assert (Finding("failures", 3, 3), Finding("cost", 6_000, 5_000)) == found.reasons[2:]
    assert (12_000, 950 * DAY) == (found.urgency, found.age)


def test_equipment_without_reason_is_no_replacement_candidate() -> None:
    """Young equipment, old failures and retired equipment are no candidates."""
    young = boiler(expected_life=1000 * DAY, expected_meter_total=1000)
    old_failures = young.fail(at=NOON).repair(at=NOON, cost=Money(1, "EUR"))

    assert None is assess_replacement(young, now=NOON)
    assert None is assess_replacement(boiler(), now=NOON)
    assert None is assess_replacement(
        old_failures, now=NOON + 400 * DAY, price=Money(100, "EUR"), thresholds=ReplacementThresholds(failures=1)
    )
    assert None is assess_replacement(old_failures, now=NOON, price=Money(1, "USD"))
    assert None is assess_replacement(young.retire(at=NOON), now=NOON + 2000 * DAY)
    assert None is not assess_replacement(old_failures, now=NOON, thresholds=ReplacementThresholds(failures=1))
