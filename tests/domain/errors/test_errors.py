"""An error carries its data, says what would be right, and survives the way to another process."""

import pickle
from datetime import timedelta
from typing import Any

import attrs
import pytest

from crmcore import errors
from crmcore.domain.requirements import Rule, Violation
from crmcore.errors import (
    AddressRefused,
    AmbiguousCustomer,
    Blank,
    Busy,
    ControlCharacter,
    CrmError,
    CursorLost,
    DeliveryFailed,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    KeyReused,
    LossReasonMissing,
    MissingExtra,
    MixedCurrencies,
    NobodyAvailable,
    NotAllowed,
    NotFound,
    Occupied,
    RuleBroken,
    SchemaOutdated,
    SignatureRefused,
    StageGateClosed,
    StaleVersion,
    StoreFailed,
    Taken,
    TemplateRefused,
    TooLong,
    UnsafeEngine,
    WrongType,
)

SAID: list[tuple[CrmError, str]] = [
    (InvalidInput("deal.title"), "deal.title is not valid"),
    (WrongType("a", "must be a text, not int"), "a must be a text, not int"),
    (Blank("customer.name"), "customer.name must not be blank"),
    (TooLong("a", limit=1000, length=2000), "a has a length of 2,000; at most 1,000 fit"),
    (ControlCharacter("a", position=4), "a has a control character at position 4; remove it"),
    (NotAllowed("a", allowed=("b", "c")), "a must be one of: b, c"),
    (NotAllowed("a"), "a must be one of: nothing"),
    (MixedCurrencies("a", left="EUR", right="USD"), "a: EUR and USD do not add up; convert one of them first"),
    (RuleBroken("deal_1", "opened_as_won"), "deal_1: opened as won"),
    (RuleBroken("deal_1", "r", "win it instead"), "deal_1: win it instead"),
    (
        IllegalTransition("task_1", "life_cycle", now="done", to="done", allowed=("open",)),
        "task_1 cannot go from 'done' to 'done'; allowed from here: open",
    ),
    (
        IllegalTransition("task_1", "life_cycle", now="a", to="b"),
        "task_1 cannot go from 'a' to 'b'; allowed from here: nothing",
    ),
    (
        StageGateClosed("deal_1", "stage_gate", violations=(Violation(Rule.TASK_DONE, "call"), Violation(Rule.VALUE))),
        "deal_1 may not leave its stage: task done 'call'; value",
    ),
    (
        LossReasonMissing("deal_1", "loss_reason", allowed=("dear",)),
        "deal_1: name the reason of the loss, one of: dear",
    ),
    (
        Occupied("appointment_1", "occupied", clashes=(("user_1", "outside_working_time"),)),
        "appointment_1: user_1: outside working time; choose another time, or pass overlap=True",
    ),
    (
        NobodyAvailable("deal_1", "n", rejected=(("user_1", "absent"),)),
        "deal_1: nobody is available (1 considered); add a person or wait",
    ),
    (
        Occupied("appointment_1", "occupied", clashes=(("user_1", "outside_working_time"),)),
        "appointment_1: user_1: outside working time; choose another time, or pass overlap=True",
    ),
    (AmbiguousCustomer(("customer_1", "customer_2")), "2 customers fit: customer_1, customer_2; pass customer=..."),
    (NotFound("deal", "deal_1"), "no deal deal_1"),
    (Forbidden("anna", "deals.win"), "anna may not deals.win"),
    (Forbidden("anna", "deals.win", "not hers"), "anna may not deals.win: not hers"),
    (StaleVersion("deal", "deal_1", 3), "deal deal_1 is no longer at version 3; read it again"),
    (Taken("user", "login"), "user: login belongs to another record already"),
    (Taken("user", "login", "user_1"), "user: login belongs to user_1 already"),
    (Busy(), "the store is busy (locked); try again"),
    (Busy("40001"), "the store is busy (40001); try again"),
    (KeyReused("deals.move"), "this idempotency key was used for deals.move with other arguments; use a new key"),
    (MissingExtra("phones", "phone"), 'phones need: pip install "crmcore[phone]"'),
    (UnsafeEngine(("a", "b")), "this engine would lose writes: a; b"),
    (StoreFailed("XX000"), "the database failed with XX000"),
    (StoreFailed("23514", "ck"), "the database failed with 23514 on ck"),
    (TemplateRefused("Offer", "no loops"), "template Offer: no loops"),
    (TemplateRefused("Offer", "no loops", 3), "template Offer, line 3: no loops"),
    (AddressRefused("10.0.0.1", "points into the house"), "10.0.0.1: points into the house"),
    (SignatureRefused("is too old"), "the call's signature is refused: is too old"),
    (SchemaOutdated("0001", "0002"), "the tables are of version 0001, and have to be of 0002: run `crmcore migrate`"),
    (
        CursorLost("forgotten"),
        "this place in the feed is gone (forgotten); take a snapshot and go on from the feed's end",
    ),
    (DeliveryFailed("email", "no answer", after=timedelta(1)), "email: no answer"),
]


@pytest.mark.parametrize(("error", "said"), SAID, ids=lambda part: str(part)[:30])
def test_an_error_says_what_is_wrong_and_can_travel(error: CrmError, said: str) -> None:
    """Its words are the same after pickling, and so is its data."""
    there = pickle.loads(pickle.dumps(error))

    assert said == str(error) == str(there)
    assert type(error) is type(there)
    assert error.to_problem() == there.to_problem()


@pytest.mark.parametrize("error", [error for error, _ in SAID], ids=lambda error: error.code)
def test_an_error_is_a_problem_document(error: CrmError) -> None:
    """Its problem document holds its code, status, words and every field, in what JSON knows."""
    problem, kind = error.to_problem(), type(error)
    fields: Any = attrs.fields(kind)  # type: ignore[arg-type]  # every error is made by attrs

    assert problem["type"] == f"urn:crmcore:problem:{error.code}"
    assert problem["detail"] == str(error)
    assert 400 <= problem["status"] < 600
    assert {field.name for field in fields} <= set(problem)
    assert _is_plain(problem)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(part) for name, part in value.items())
    if isinstance(value, list):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, str | int | float)


def test_a_problem_names_all_that_is_missing() -> None:
    """The violations of a gate are objects with their rules' words."""
    problem = StageGateClosed("deal_1", "stage_gate", violations=(Violation(Rule.TASK_DONE, "call"),)).to_problem()

    assert problem["violations"] == [{"rule": "task_done", "argument": "call"}]


def test_every_error_has_a_code_of_its_own() -> None:
    """Codes never meet, so that they can be acted on; and each error that is the kin of a standard one is caught as it."""
    kinds = [getattr(errors, name) for name in errors.__all__]

    assert len(kinds) == len({kind.code for kind in kinds})
    assert all(issubclass(kind, CrmError) for kind in kinds)
    assert issubclass(WrongType, TypeError)
    assert issubclass(InvalidInput, ValueError)
    assert issubclass(NotFound, LookupError)
    assert issubclass(Forbidden, PermissionError)
    assert CrmError().to_problem()["type"] == "urn:crmcore:problem:crm_error"
