"""Whatever a caller gives, a story does it or refuses it with an error of ours, and a refusal leaves no trace."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from inspect import Parameter
from typing import Any, Final

import pytest
from attrs import evolve

from crmcore import CrmError, LineItem, MemoryStore, Money, SqlStore, Stage
from crmcore.adapters.ids import CountingIds
from crmcore.domain.customers.customer import DETAILS as CUSTOMER_DETAILS
from crmcore.domain.deals.facts import DETAILS as DEAL_DETAILS
from crmcore.domain.recurrence import Recurrence
from crmcore.errors import InvalidId, InvalidInput, KeyReused, NotFound, StaleVersion, WrongType
from crmcore.services.ports import Store
from tests.services.calls import ROOMS, Call, calls, names_a_record
from tests.services.world import NOBODY, NOON, World, another, dump, furnish

CALLS: Final = tuple(calls())


class Odd:
    """Nothing that crmcore knows."""


BAD: Final[tuple[Any, ...]] = (
    Odd(),
    None,
    True,
    -1,
    10**30,
    1.5,
    Decimal("NaN"),
    "",
    "nobody",
    "zero\x00byte",
    "half a \ud83d pair",
    "x" * 1_100_000,
    b"bytes",
    NOON.replace(tzinfo=None),
    date(2026, 3, 2),
    timedelta(days=10**8),
    Money(1, "EUR"),
    [Odd()],
    [None],
    [["nested"]],
    ["word"] * 20_000,
    {"a": Odd()},
    {1: 2},
    frozenset({1.0}),
)
"""Wrong for almost every argument, each in its own way."""
FOR_A_DATABASE: Final = tuple(bad for bad in BAD if type(bad) in {Odd, int, str, list})
"""Of them what a database would choke on; what is refused before it comes there is tried in memory."""


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """One store for all; each story has a tenant of its own in it."""
    made: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    yield made
    made.close()


@pytest.fixture(scope="module")
def ids() -> CountingIds:
    """Ids that are never made twice."""
    return CountingIds()


@pytest.fixture
def world(store: Store, ids: CountingIds) -> World:
    """A furnished house, for one test alone."""
    return furnish(store, tenant=ids.new("tenant"), ids=ids)


each_call = pytest.mark.parametrize("call", CALLS, ids=str)


def test_no_room_is_left_out() -> None:
    """Every room of the house has stories, and all of them are tried."""
    assert set(ROOMS) == {call.room for call in CALLS}
    assert len(CALLS) > 90


@each_call
def test_every_story_can_be_told(world: World, call: Call) -> None:
    """With the arguments that it asks for, every story is told; so what is refused below is refused for the one that is bad."""
    world = call.prepare(world)

    call.tell(world, call.needs(world))


@each_call
def test_a_bad_argument_is_refused_and_leaves_no_trace(world: World, store: Store, call: Call) -> None:
    """Every argument of every story takes what it can and refuses the rest: by code, by field, without repeating it, without effect."""
    world = call.prepare(world)
    held = dump(world.crm)
    values = BAD if isinstance(store, MemoryStore) else FOR_A_DATABASE
    for name in _arguments(call):
        for bad in values:
            given = call.needs(world) | {name: [bad] if name == "points" else bad}
            refusal = _refusal(call, world, given)
            if refusal is None:
                world = call.prepare(another(world))
                held = dump(world.crm)
                continue
            facts = refusal.to_problem()

            assert held == dump(world.crm), f"{call}({name}=...) was refused, but not undone"
            assert facts["type"] == f"urn:crmcore:problem:{refusal.code}"
            assert "x" * 1000 not in facts["detail"], f"{call}({name}=...) repeats what it was given"
            assert facts.get("field", True), f"{call}({name}=...) does not name the field"


def _refusal(call: Call, world: World, given: dict[str, Any]) -> CrmError | None:
    try:
        call.tell(world, given)
    except CrmError as refusal:
        return refusal
    return None


def _arguments(call: Call) -> Iterator[str]:
    for p in call.parameters:
        if p.kind is Parameter.VAR_KEYWORD:
            yield from sorted(CUSTOMER_DETAILS if call.room == "customers" else DEAL_DETAILS)
            yield from ("at", "unit", "no such detail")
        else:
            yield p.name


@each_call
def test_foreign_ids_are_as_unknown_as_any(world: World, call: Call) -> None:
    """An id of another tenant gets the same answer, to the letter, as one that nothing has; what is no id is refused as such."""
    world, others = call.prepare(world), call.prepare(another(world))
    held = dump(world.crm)
    theirs = {p.name: p for p in call.parameters if names_a_record(p)}
    foreign = {p.name: found for p in theirs.values() if (found := _of(others, p) or call.needs(others).get(p.name))}
    for name, id in foreign.items():
        nobody = f"{id.partition('_')[0]}_{NOBODY}"
        unknown, strange = (_answer(call, world, name, given) for given in (nobody, id))

        assert unknown.replace(nobody, "ID") == strange.replace(id, "ID")
        for nonsense in (f"deal{NOBODY}", f"other_{NOBODY}", nobody[:-1], nobody.upper()):
            assert _answer(call, world, name, nonsense).startswith("InvalidId"), f"{call}({name}={nonsense!r})"
    assert held == dump(world.crm)


def _of(world: World, parameter: Parameter) -> Any:
    kind = {"user": "anna"}.get(names_a_record(parameter) or "", names_a_record(parameter))
    return getattr(getattr(world, str(kind), None), "id", None)


def _answer(call: Call, world: World, name: str, id: str) -> str:
    several = any(p.name == name and "Sequence" in str(p.annotation) for p in call.parameters)
    try:
        found = call.tell(world, call.needs(world) | {name: [id] if several else id})
    except (NotFound, InvalidId) as refusal:
        return f"{type(refusal).__name__} {refusal}"
    assert not found, f"{call}({name}=...) answers for an id that nothing has"
    return "nothing"


@pytest.mark.parametrize("call", [call for call in CALLS if call.takes("expected_version")], ids=str)
def test_a_stale_version_is_refused(world: World, call: Call) -> None:
    """Whoever has seen an older version of a record changes nothing; whoever has seen the present one does."""
    world = call.prepare(world)
    held = dump(world.crm)
    for version in (0, 10_000):
        with pytest.raises(StaleVersion) as refusal:
            call.tell(world, call.needs(world) | {"expected_version": version})

        assert version == refusal.value.expected
    for wrong in ("1", 1.0, True):
        with pytest.raises(WrongType):
            call.tell(world, call.needs(world) | {"expected_version": wrong})
    assert held == dump(world.crm)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if call.takes("key") and call.name != "by_external_id"], ids=str
)
def test_a_key_has_one_effect_and_one_answer(world: World, call: Call) -> None:
    """A command that comes again with its key is answered as before, and has no second effect; with other arguments it is refused."""
    world = call.prepare(world)
    given = call.needs(world) | {"key": "once"}
    first = call.tell(world, given)
    held = dump(world.crm)

    assert first == call.tell(world, given)
    for other in ({"expected_version": 77}, {"note": "other"}, {"language": "lv"}, {"parent": world.team.id}):
        if all(call.takes(name) for name in other):
            with pytest.raises(KeyReused):
                call.tell(world, given | other)
    with pytest.raises(KeyReused):
        world.crm.people.form_team("Another story", key="once")
    with pytest.raises(KeyReused):
        call.tell(evolve(world, crm=world.crm.acting_as("berta")), given)
    assert held == dump(world.crm)


Telling = Callable[[Any], Any]  # what these give does not fit, so no type checker may look
LATER: Final = NOON + timedelta(days=1)


def loosely(value: Any) -> Any:
    """Give a value that does not fit."""
    return value


REFUSALS: Final[Mapping[str, tuple[Telling, str, str]]] = {
    # what is done: (how, the code, the field or the rule)
    "a lead without a name": (lambda w: w.crm.leads.capture("  ", funnel=w.funnel.id), "blank", "customer.name"),
    "a person without a name": (lambda w: w.crm.people.add("\u00a0"), "blank", "user.name"),
    "a funnel without a stage": (lambda w: w.crm.funnels.create("Empty", stages=[]), "invalid_input", "funnel.stages"),
    "letters for stages": (lambda w: w.crm.funnels.create("Text", stages="abc"), "wrong_type", "funnel.stages"),
    "letters for roles": (lambda w: w.crm.people.add("Zane", roles="manager"), "wrong_type", "user.roles"),
    "letters for reasons": (
        lambda w: w.crm.funnels.redraw(w.funnel.id, loss_reasons="dear"),
        "wrong_type",
        "funnel.loss_reasons",
    ),
    "a name past its limit": (lambda w: w.crm.customers.rename(w.customer.id, "x" * 201), "too_long", "customer.name"),
    "a bell in a note": (
        lambda w: w.crm.customers.describe(w.customer.id, note="ding\a"),
        "control_character",
        "customer.note",
    ),
    "a line break in a name": (lambda w: w.crm.customers.add("Jānis\nBērziņš"), "control_character", "customer.name"),
    "a detail that is none": (
        lambda w: w.crm.customers.describe(w.customer.id, shoe_size=44),
        "invalid_input",
        "customer.shoe_size",
    ),
    "a naive due time": (
        lambda w: w.crm.tasks.give("Call", due_at=NOON.replace(tzinfo=None)),
        "naive_time",
        "task.due_at",
    ),
    "a day for an instant": (lambda w: w.crm.tasks.give("Call", due_at=NOON.date()), "wrong_type", "task.due_at"),
    "an instant for a day": (lambda w: w.crm.deals.expect(w.deal.id, NOON), "wrong_type", "deal.expected_close"),
    "a naive report": (lambda w: w.crm.reports.people(since=NOON.replace(tzinfo=None)), "naive_time", "since"),
    "a period that runs backwards": (
        lambda w: w.crm.reports.people(since=LATER, until=NOON),
        "out_of_range",
        "until",
    ),
    "an absence that runs backwards": (
        lambda w: w.crm.people.go_away(w.anna.id, since=LATER, until=NOON),
        "out_of_range",
        "period.until",
    ),
    "an absence of no length": (
        lambda w: w.crm.people.go_away(w.anna.id, since=NOON, until=NOON),
        "out_of_range",
        "absence.period",
    ),
    "a call in the future": (
        lambda w: w.crm.interactions.log("call", deal=w.deal.id, happened_at=LATER),
        "out_of_range",
        "interaction.happened_at",
    ),
    "a request from the future": (
        lambda w: w.crm.leads.capture("Zane", funnel=w.funnel.id, received_at=LATER),
        "out_of_range",
        "lead.received_at",
    ),
    "a request without a zone": (
        lambda w: w.crm.leads.capture("Zane", funnel=w.funnel.id, received_at=NOON.replace(tzinfo=None)),
        "naive_time",
        "lead.received_at",
    ),
    "a request from another age": (
        lambda w: w.crm.leads.capture("Zane", funnel=w.funnel.id, received_at=NOON.replace(year=1899)),
        "out_of_range",
        "lead.received_at",
    ),
    "a float for money": (
        lambda w: w.crm.deals.revalue(w.deal.id, Money(loosely(0.1), "EUR")),
        "wrong_type",
        "money.amount",
    ),
    "a number for money": (lambda w: w.crm.deals.revalue(w.deal.id, 100), "wrong_type", "deal.value"),
    "half a cent": (lambda w: w.crm.deals.revalue(w.deal.id, Money("0.005", "EUR")), "too_precise", "money.amount"),
    "an old currency": (
        lambda w: w.crm.deals.revalue(w.deal.id, Money(1, "LVL")),
        "unknown_currency",
        "money.currency",
    ),
    "lines of two currencies": (
        lambda w: w.crm.deals.revalue(
            w.deal.id, lines=[LineItem("A", Decimal(1), Money(1, "EUR")), LineItem("B", Decimal(1), Money(1, "USD"))]
        ),
        "mixed_currencies",
        "money",
    ),
    "a float of pieces": (
        lambda w: w.crm.deals.revalue(w.deal.id, lines=[LineItem("A", loosely(1.5), Money(1, "EUR"))]),
        "wrong_type",
        "lineItem.quantity",
    ),
    "a chance above certainty": (lambda w: w.crm.deals.estimate(w.deal.id, 101), "out_of_range", "deal.percent"),
    "a chance by halves": (lambda w: w.crm.deals.estimate(w.deal.id, 50.5), "wrong_type", "deal.percent"),
    "a stage's chance below nothing": (lambda w: Stage.named("A", probability=-1), "out_of_range", "stage.probability"),
    "a stage that is not there": (lambda w: w.crm.deals.move(w.deal.id, to="Moon"), "not_allowed", "stage"),
    "an outcome that is none": (lambda w: w.crm.deals.list(outcome="drawn"), "not_allowed", "outcome"),
    "a role that is none": (lambda w: w.crm.customers.search(role="king"), "not_allowed", "role"),
    "a state that is none": (lambda w: w.crm.tasks.list(state="asleep"), "not_allowed", "state"),
    "a promise settled in no way": (
        lambda w: w.crm.commitments.settle(w.commitment.id, "forgotten"),
        "not_allowed",
        "commitment.state",
    ),
    "a page of nothing": (lambda w: w.crm.deals.list(limit=0), "out_of_range", "limit"),
    "a page after something else": (lambda w: w.crm.deals.list(after=w.task), "wrong_type", "after"),
    "no e-mail": (lambda w: w.crm.customers.add("Zane", email="zane at example"), "invalid_email", "email"),
    "no phone": (lambda w: w.crm.customers.add("Zane", phone="call me"), "invalid_phone", "phone"),
    "a rule that never ends": (
        lambda w: w.crm.tasks.give("Ping", due_at=NOON, repeats=Recurrence("FREQ=SECONDLY")),
        "not_allowed",
        "recurrence.rule",
    ),
    "a complaint of no time": (
        lambda w: w.crm.complaints.receive("Cold", type="q", customer=w.customer.id, within=timedelta(-1)),
        "out_of_range",
        "complaint.within",
    ),
    "a resolution of nothing": (
        lambda w: w.crm.complaints.resolve(w.complaint.id, " "),
        "blank",
        "complaint.resolution",
    ),
    "a contact with nobody": (lambda w: w.crm.interactions.log("call"), "blank", "interaction.customer"),
    "a promise to nobody": (lambda w: w.crm.commitments.make("Tea", side="ours"), "blank", "commitment.customer"),
    "a file of nobody": (
        lambda w: w.crm.documents.attach("Sizes", b"", media_type="text/plain"),
        "blank",
        "document.deal",
    ),
    "a key past its limit": (lambda w: w.crm.people.form_team("North", key="k" * 256), "too_long", "key"),
    "a recurring task of no time": (
        lambda w: w.crm.tasks.give("Call", repeats=Recurrence("FREQ=DAILY")),
        "rule_broken",
        "recurrence_without_due_time",
    ),
    "a circle of supervisors": (
        lambda w: w.crm.people.report_to(w.boss.id, w.anna.id),
        "rule_broken",
        "supervisors_in_a_circle",
    ),
    "a deal opened as won": (
        lambda w: w.crm.deals.open("Gift", customer=w.customer.id, funnel=w.funnel.id, stage="Installation"),
        "rule_broken",
        "opened_as_won",
    ),
    "a customer related to itself": (
        lambda w: w.crm.customers.relate(w.customer.id, "relative_of", w.customer.id),
        "rule_broken",
        "related_to_itself",
    ),
    "a loss without a reason": (
        lambda w: w.crm.deals.lose(w.deal.id, reason="weather"),
        "loss_reason_missing",
        "loss_reason",
    ),
    "an open deal reopened": (lambda w: w.crm.deals.reopen(w.deal.id), "illegal_transition", "life_cycle"),
    "an open task reopened": (lambda w: w.crm.tasks.reopen(w.task.id), "illegal_transition", "life_cycle"),
    "a complaint closed unheard": (
        lambda w: w.crm.complaints.close(w.complaint.id),
        "illegal_transition",
        "life_cycle",
    ),
    "a phone that is taken": (
        lambda w: w.crm.customers.add("Other", phone="2000 0000"),
        "taken",
        "contact_points.claim",
    ),
    "a login that is taken": (lambda w: w.crm.people.add("Other", login="anna"), "taken", "login"),
    "a funnel's name that is taken": (lambda w: w.crm.funnels.create("Windows", stages=["A"]), "taken", "name"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_says_what_is_wrong(world: World, what: str) -> None:
    """Each mistake has its code and names its field, its rule or its key; and nothing is changed by it."""
    tell, code, about = REFUSALS[what]
    held = dump(world.crm)
    with pytest.raises(CrmError) as refusal:
        tell(world)

    facts = refusal.value.to_problem()
    assert (code, about) == (refusal.value.code, facts.get("field") or facts.get("rule") or facts.get("key"))
    assert held == dump(world.crm)


def test_after_a_refusal_the_same_call_succeeds_when_the_reason_is_gone(world: World) -> None:
    """A refused command keeps no receipt: with the same key it has its effect once it may."""
    with pytest.raises(CrmError):
        world.crm.deals.reopen(world.deal.id, key="k")
    world.crm.deals.lose(world.deal.id, reason="too dear")

    assert world.crm.deals.reopen(world.deal.id, key="k").deal.is_open


def test_clocks_without_a_zone_are_refused(world: World) -> None:
    """A host's clock that tells naive times is refused before anything is written."""

    class Naive:
        def now(self) -> datetime:
            return NOON.replace(tzinfo=None)

        def pause(self, attempt: int, /) -> None:
            """Wait for nobody."""

    with pytest.raises(InvalidInput, match=r"clock\.now"):
        type(world.crm)(clock=Naive()).people.form_team("North")
