"""Every input is accepted, or rejected with a `CrmError` and no effect."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from inspect import Parameter
from typing import Any, Final

import pytest
from attrs import evolve

from crmcore import CrmError, LineItem, MemoryStore, Money, SqlStore, Stage
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.customers.customer import UPDATABLE_FIELDS as CUSTOMER_DETAILS
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.sales.deals.details import UPDATABLE_FIELDS as DEAL_DETAILS
from crmcore.errors import (
    IdempotencyKeyReusedError,
    InvalidIdError,
    InvalidInputError,
    InvalidTypeError,
    NotFoundError,
    StaleVersionError,
)
from crmcore.ports import Store
from tests.services.calls import SERVICE_NAMES, Call, calls, entity_of_id_parameter
from tests.services.world import NOON, UNKNOWN_ID_DIGITS, World, create_other_tenant, create_world, dump_records

CALLS: Final = tuple(calls())


class UnknownObject:
    """A type that crmcore does not accept."""


INVALID_VALUES: Final[tuple[Any, ...]] = (
    UnknownObject(),
    None,
    True,
    -1,
    10**30,
    1.5,
    Decimal("NaN"),
    "",
    "unknown",
    "zero\x00byte",
    "half a \ud83d pair",
    "x" * 1_100_000,
    b"bytes",
    NOON.replace(tzinfo=None),
    date(2026, 3, 2),
    timedelta(days=10**8),
    Money(1, "EUR"),
    [UnknownObject()],
    [None],
    [["nested"]],
    ["word"] * 20_000,
    {"a": UnknownObject()},
    {1: 2},
    frozenset({1.0}),
)
"""Values that are invalid for almost every parameter."""
STORABLE_INVALID_VALUES: Final = tuple(bad for bad in INVALID_VALUES if type(bad) in {UnknownObject, int, str, list})
"""The invalid values that could reach a database."""


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store that all tests share, with one tenant for each test."""
    made: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    yield made
    made.close()


@pytest.fixture(scope="module")
def ids() -> SequentialIds:
    """An id generator that all tests share."""
    return SequentialIds()


@pytest.fixture
def world(store: Store, ids: SequentialIds) -> World:
    """A prepared CRM for one test."""
    return create_world(store, tenant=ids.new("tenant"), ids=ids)


each_call = pytest.mark.parametrize("call", CALLS, ids=str)


def test_every_service_has_tested_methods() -> None:
    """Every service has methods, and all of them are tested."""
    assert set(SERVICE_NAMES) == {call.service for call in CALLS}
    assert len(CALLS) > 90


@each_call
def test_valid_call_succeeds(world: World, call: Call) -> None:
    """Every method succeeds with valid arguments."""
    world = call.prepare(world)

    call.execute(world, call.required_arguments(world))


@each_call
def test_invalid_argument_is_rejected_without_effect(world: World, store: Store, call: Call) -> None:
    """Every parameter rejects invalid values with code and field.

    The error does not repeat a long value, and nothing changes.
    """
    world = call.prepare(world)
    held = dump_records(world.crm)
    values = INVALID_VALUES if isinstance(store, MemoryStore) else STORABLE_INVALID_VALUES
    for name in _invalid_arguments(call):
        for bad in values:
            given = call.required_arguments(world) | {name: [bad] if name == "contact_points" else bad}
            refusal = _error_of(call, world, given)
            if refusal is None:
                world = call.prepare(create_other_tenant(world))
                held = dump_records(world.crm)
                continue
            problem = refusal.to_problem()

            assert held == dump_records(world.crm), f"{call}({name}=...) was refused, but not undone"
            assert problem["type"] == f"urn:crmcore:problem:{refusal.code}"
            assert "x" * 1000 not in problem["detail"], f"{call}({name}=...) repeats what it was given"
            assert problem.get("field", True), f"{call}({name}=...) does not name the field"


def _error_of(call: Call, world: World, given: dict[str, Any]) -> CrmError | None:
    try:
        call.execute(world, given)
    except CrmError as error:
        return error
    return None


def _invalid_arguments(call: Call) -> Iterator[str]:
    for p in call.parameters:
        if p.kind is Parameter.VAR_KEYWORD:
            yield from sorted(CUSTOMER_DETAILS if call.service == "customers" else DEAL_DETAILS)
            yield from ("at", "uow", "no such detail")
        else:
            yield p.name


@each_call
def test_id_of_other_tenant_is_not_found(world: World, call: Call) -> None:
    """An id of another tenant gives the error of an unknown id.

    A text that is not an id gives `InvalidIdError`.
    """
    world, others = call.prepare(world), call.prepare(create_other_tenant(world))
    held = dump_records(world.crm)
    theirs = {p.name: p for p in call.parameters if entity_of_id_parameter(p)}
    foreign = {
        p.name: found
        for p in theirs.values()
        if (found := _id_for(others, p) or call.required_arguments(others).get(p.name))
    }
    for name, id in foreign.items():
        unknown_id = f"{id.partition('_')[0]}_{UNKNOWN_ID_DIGITS}"
        unknown, strange = (_result_of(call, world, name, given) for given in (unknown_id, id))

        assert unknown.replace(unknown_id, "ID") == strange.replace(id, "ID")
        for nonsense in (f"deal{UNKNOWN_ID_DIGITS}", f"other_{UNKNOWN_ID_DIGITS}", unknown_id[:-1], unknown_id.upper()):
            assert _result_of(call, world, name, nonsense).startswith("InvalidId"), f"{call}({name}={nonsense!r})"
    assert held == dump_records(world.crm)


def _id_for(world: World, parameter: Parameter) -> Any:
    kind = {"user": "anna"}.get(entity_of_id_parameter(parameter) or "", entity_of_id_parameter(parameter))
    return getattr(getattr(world, str(kind), None), "id", None)


def _result_of(call: Call, world: World, name: str, id: str) -> str:
    several = any(p.name == name and "Sequence" in str(p.annotation) for p in call.parameters)
    try:
        found = call.execute(world, call.required_arguments(world) | {name: [id] if several else id})
    except (NotFoundError, InvalidIdError) as error:
        return f"{type(error).__name__} {error}"
    assert not found, f"{call}({name}=...) answers for an id that nothing has"
    return "nothing"


@pytest.mark.parametrize("call", [call for call in CALLS if call.takes("expected_version")], ids=str)
def test_stale_expected_version_is_rejected(world: World, call: Call) -> None:
    """A stale or invalid expected version is rejected without effect."""
    world = call.prepare(world)
    held = dump_records(world.crm)
    for version in (0, 10_000):
        with pytest.raises(StaleVersionError) as excinfo:
            call.execute(world, call.required_arguments(world) | {"expected_version": version})

        assert version == excinfo.value.expected_version
    for wrong in ("1", 1.0, True):
        with pytest.raises(InvalidTypeError):
            call.execute(world, call.required_arguments(world) | {"expected_version": wrong})
    assert held == dump_records(world.crm)


@pytest.mark.parametrize("call", [call for call in CALLS if call.takes("idempotency_key")], ids=str)
def test_idempotency_key_gives_one_effect_and_same_result(world: World, call: Call) -> None:
    """A repeated command with its key has one effect and the same result.

    With other arguments it is rejected.
    """
    world = call.prepare(world)
    given = call.required_arguments(world) | {"idempotency_key": "once"}
    first = call.execute(world, given)
    held = dump_records(world.crm)

    assert first == call.execute(world, given)
    for other in ({"expected_version": 77}, {"note": "other"}, {"language": "lv"}, {"parent_id": world.team.id}):
        if all(call.takes(name) for name in other):
            with pytest.raises(IdempotencyKeyReusedError):
                call.execute(world, given | other)
    with pytest.raises(IdempotencyKeyReusedError):
        world.crm.users.create_team("Another command", idempotency_key="once")
    with pytest.raises(IdempotencyKeyReusedError):
        call.execute(evolve(world, crm=world.crm.acting_as("berta")), given)
    assert held == dump_records(world.crm)


CommandCall = Callable[[Any], Any]  # the arguments are invalid, so they must not be type checked
NEXT_DAY: Final = NOON + timedelta(days=1)


def untyped(value: Any) -> Any:
    """Return a value without its type."""
    return value


ERROR_CASES: Final[Mapping[str, tuple[CommandCall, str, str]]] = {
    # case: (call, error code, field or rule)
    "a lead without a name": (lambda w: w.crm.leads.capture("  ", funnel_id=w.funnel.id), "required", "customer.name"),
    "a person without a name": (lambda w: w.crm.users.create("\u00a0"), "required", "user.name"),
    "a funnel without a stage": (lambda w: w.crm.funnels.create("Empty", stages=[]), "invalid_input", "funnel.stages"),
    "a text for stages": (lambda w: w.crm.funnels.create("Text", stages="abc"), "invalid_type", "funnel.stages"),
    "a text for roles": (lambda w: w.crm.users.create("Zane", roles="manager"), "invalid_type", "user.roles"),
    "a text for reasons": (
        lambda w: w.crm.funnels.update(w.funnel.id, loss_reasons="dear"),
        "invalid_type",
        "funnel.loss_reasons",
    ),
    "a name past its limit": (lambda w: w.crm.customers.rename(w.customer.id, "x" * 201), "too_long", "customer.name"),
    "a bell in a note": (
        lambda w: w.crm.customers.update(w.customer.id, note="ding\a"),
        "invalid_character",
        "customer.note",
    ),
    "a line break in a name": (
        lambda w: w.crm.customers.create("Jānis\nBērziņš"),
        "invalid_character",
        "customer.name",
    ),
    "a detail that is none": (
        lambda w: w.crm.customers.update(w.customer.id, shoe_size=44),
        "invalid_input",
        "customer.shoe_size",
    ),
    "a naive due time": (
        lambda w: w.crm.tasks.create("Call", due_at=NOON.replace(tzinfo=None)),
        "naive_datetime",
        "task.due_at",
    ),
    "a day for an instant": (lambda w: w.crm.tasks.create("Call", due_at=NOON.date()), "invalid_type", "task.due_at"),
    "an instant for a day": (
        lambda w: w.crm.deals.set_expected_close(w.deal.id, NOON),
        "invalid_type",
        "deal.expected_close",
    ),
    "a report with a naive time": (
        lambda w: w.crm.reports.people(since=NOON.replace(tzinfo=None)),
        "naive_datetime",
        "since",
    ),
    "a period that runs backwards": (
        lambda w: w.crm.reports.people(since=NEXT_DAY, until=NOON),
        "out_of_range",
        "until",
    ),
    "an absence that runs backwards": (
        lambda w: w.crm.users.add_absence(w.anna.id, since=NEXT_DAY, until=NOON),
        "out_of_range",
        "period.until",
    ),
    "an absence of no length": (
        lambda w: w.crm.users.add_absence(w.anna.id, since=NOON, until=NOON),
        "out_of_range",
        "absence.period",
    ),
    "a call in the future": (
        lambda w: w.crm.interactions.log("call", deal_id=w.deal.id, happened_at=NEXT_DAY),
        "out_of_range",
        "interaction.happened_at",
    ),
    "a request from the future": (
        lambda w: w.crm.leads.capture("Zane", funnel_id=w.funnel.id, received_at=NEXT_DAY),
        "out_of_range",
        "lead.received_at",
    ),
    "a request without a zone": (
        lambda w: w.crm.leads.capture("Zane", funnel_id=w.funnel.id, received_at=NOON.replace(tzinfo=None)),
        "naive_datetime",
        "lead.received_at",
    ),
    "a request from another age": (
        lambda w: w.crm.leads.capture("Zane", funnel_id=w.funnel.id, received_at=NOON.replace(year=1899)),
        "out_of_range",
        "lead.received_at",
    ),
    "a float for money": (
        lambda w: w.crm.deals.set_value(w.deal.id, Money(untyped(0.1), "EUR")),
        "invalid_type",
        "money.amount",
    ),
    "a number for money": (lambda w: w.crm.deals.set_value(w.deal.id, 100), "invalid_type", "deal.value"),
    "half a cent": (
        lambda w: w.crm.deals.set_value(w.deal.id, Money("0.005", "EUR")),
        "precision_error",
        "money.amount",
    ),
    "an old currency": (
        lambda w: w.crm.deals.set_value(w.deal.id, Money(1, "LVL")),
        "unknown_currency",
        "money.currency",
    ),
    "lines of two currencies": (
        lambda w: w.crm.deals.set_value(
            w.deal.id, lines=[LineItem("A", Decimal(1), Money(1, "EUR")), LineItem("B", Decimal(1), Money(1, "USD"))]
        ),
        "currency_mismatch",
        "money",
    ),
    "a float of pieces": (
        lambda w: w.crm.deals.set_value(w.deal.id, lines=[LineItem("A", untyped(1.5), Money(1, "EUR"))]),
        "invalid_type",
        "lineItem.quantity",
    ),
    "a chance above certainty": (
        lambda w: w.crm.deals.set_probability(w.deal.id, 101),
        "out_of_range",
        "deal.probability",
    ),
    "a chance by halves": (lambda w: w.crm.deals.set_probability(w.deal.id, 50.5), "invalid_type", "deal.probability"),
    "a stage's chance below nothing": (lambda w: Stage.named("A", probability=-1), "out_of_range", "stage.probability"),
    "a stage that is not there": (
        lambda w: w.crm.deals.move(w.deal.id, stage_key="Moon"),
        "invalid_choice",
        "stage_key",
    ),
    "an outcome that is none": (lambda w: w.crm.deals.list(outcome="drawn"), "invalid_choice", "outcome"),
    "a role that is none": (lambda w: w.crm.customers.search(role="king"), "invalid_choice", "role"),
    "a state that is none": (lambda w: w.crm.tasks.list(state="asleep"), "invalid_choice", "state"),
    "a promise settled in no way": (
        lambda w: w.crm.commitments.close(w.commitment.id, "forgotten"),
        "invalid_choice",
        "commitment.state",
    ),
    "a page of nothing": (lambda w: w.crm.deals.list(limit=0), "out_of_range", "limit"),
    "a page after something else": (lambda w: w.crm.deals.list(after=w.task), "invalid_type", "after"),
    "no e-mail": (lambda w: w.crm.customers.create("Zane", email="zane at example"), "invalid_email", "email"),
    "no phone": (lambda w: w.crm.customers.create("Zane", phone="call me"), "invalid_phone", "phone"),
    "a rule that never ends": (
        lambda w: w.crm.tasks.create("Ping", due_at=NOON, recurrence=Recurrence("FREQ=SECONDLY")),
        "invalid_choice",
        "recurrence.rule",
    ),
    "a complaint of no time": (
        lambda w: w.crm.complaints.receive("Cold", type="q", customer_id=w.customer.id, resolve_within=timedelta(-1)),
        "out_of_range",
        "complaint.resolve_within",
    ),
    "a resolution of nothing": (
        lambda w: w.crm.complaints.resolve(w.complaint.id, " "),
        "required",
        "complaint.resolution",
    ),
    "a contact without a customer": (lambda w: w.crm.interactions.log("call"), "required", "interaction.customer_id"),
    "a promise without a customer": (
        lambda w: w.crm.commitments.create("Tea", side="ours"),
        "required",
        "commitment.customer_id",
    ),
    "a file without a customer": (
        lambda w: w.crm.documents.attach("Sizes", b"", media_type="text/plain"),
        "required",
        "document.deal_id",
    ),
    "a key past its limit": (
        lambda w: w.crm.users.create_team("North", idempotency_key="k" * 256),
        "too_long",
        "idempotency_key",
    ),
    "a recurring task of no time": (
        lambda w: w.crm.tasks.create("Call", recurrence=Recurrence("FREQ=DAILY")),
        "business_rule_error",
        "recurrence_without_due_time",
    ),
    "a circle of supervisors": (
        lambda w: w.crm.users.set_manager(w.boss.id, w.anna.id),
        "business_rule_error",
        "manager_cycle",
    ),
    "a deal opened as won": (
        lambda w: w.crm.deals.open("Gift", customer_id=w.customer.id, funnel_id=w.funnel.id, stage_key="Installation"),
        "business_rule_error",
        "initial_stage_is_won",
    ),
    "a customer related to itself": (
        lambda w: w.crm.customers.add_relation(w.customer.id, "relative_of", w.customer.id),
        "business_rule_error",
        "self_relation",
    ),
    "a loss without a reason": (
        lambda w: w.crm.deals.lose(w.deal.id, reason="weather"),
        "loss_reason_required",
        "loss_reason",
    ),
    "an open deal reopened": (lambda w: w.crm.deals.reopen(w.deal.id), "invalid_transition", "life_cycle"),
    "an open task reopened": (lambda w: w.crm.tasks.reopen(w.task.id), "invalid_transition", "life_cycle"),
    "a complaint closed unheard": (
        lambda w: w.crm.complaints.close(w.complaint.id),
        "invalid_transition",
        "life_cycle",
    ),
    "a phone that is taken": (
        lambda w: w.crm.customers.create("Other", phone="2000 0000"),
        "duplicate_key",
        "contact_points.unique_key",
    ),
    "a login that is taken": (lambda w: w.crm.users.create("Other", login="anna"), "duplicate_key", "login"),
    "a funnel's name that is taken": (lambda w: w.crm.funnels.create("Windows", stages=["A"]), "duplicate_key", "name"),
}


@pytest.mark.parametrize("what", ERROR_CASES)
def test_error_names_code_and_field(world: World, what: str) -> None:
    """Each error has its code and its field, rule or key, and no effect."""
    call, code, about = ERROR_CASES[what]
    held = dump_records(world.crm)
    with pytest.raises(CrmError) as excinfo:
        call(world)

    problem = excinfo.value.to_problem()
    assert (code, about) == (excinfo.value.code, problem.get("field") or problem.get("rule") or problem.get("key_name"))
    assert held == dump_records(world.crm)


def test_failed_command_keeps_no_idempotency_record(world: World) -> None:
    """A failed command stores no idempotency record, so its key can be reused."""
    with pytest.raises(CrmError):
        world.crm.deals.reopen(world.deal.id, idempotency_key="k")
    world.crm.deals.lose(world.deal.id, reason="too dear")

    assert world.crm.deals.reopen(world.deal.id, idempotency_key="k").deal.is_open


def test_naive_clock_is_rejected(world: World) -> None:
    """A clock with naive times is rejected before anything is written."""

    class Naive:
        def now(self) -> datetime:
            return NOON.replace(tzinfo=None)

        def sleep(self, seconds: float, /) -> None:
            """Return at once."""

    with pytest.raises(InvalidInputError, match=r"clock\.now"):
        type(world.crm)(clock=Naive()).users.create_team("North")
