"""Errors: data, messages, problem documents, pickling."""

import pickle
from datetime import timedelta
from typing import Any

import attrs
import pytest

from crmcore import errors
from crmcore.domain.sales.funnels.requirements import RequirementKind, UnmetRequirement
from crmcore.errors import (
    AmbiguousCustomerError,
    BlockedUrlError,
    BusinessRuleError,
    CrmError,
    CurrencyMismatchError,
    CursorExpiredError,
    DatabaseBusyError,
    DeliveryError,
    DuplicateKeyError,
    IdempotencyKeyReusedError,
    InvalidCharacterError,
    InvalidChoiceError,
    InvalidInputError,
    InvalidSignatureError,
    InvalidTransitionError,
    InvalidTypeError,
    LossReasonRequiredError,
    MissingDependencyError,
    NoAssigneeAvailableError,
    NotFoundError,
    PermissionDeniedError,
    RequiredError,
    SchedulingConflictError,
    SchemaOutdatedError,
    StageRequirementsNotMetError,
    StaleVersionError,
    StoreError,
    TooLongError,
    UnsafeEngineError,
    UnsafeTemplateError,
)

MESSAGES: list[tuple[CrmError, str]] = [
    (InvalidInputError("deal.title"), "deal.title is not valid"),
    (InvalidTypeError("a", "must be a text, not int"), "a must be a text, not int"),
    (RequiredError("customer.name"), "customer.name must not be blank"),
    (TooLongError("a", max_length=1000, length=2000), "a has a length of 2,000; at most 1,000 fit"),
    (InvalidCharacterError("a", position=4), "a has a control character at position 4; remove it"),
    (InvalidChoiceError("a", allowed=("b", "c")), "a must be one of: b, c"),
    (InvalidChoiceError("a"), "a must be one of: nothing"),
    (CurrencyMismatchError("a", left="EUR", right="USD"), "a: EUR and USD do not add up; convert one of them first"),
    (BusinessRuleError("deal_1", "initial_stage_is_won"), "deal_1: initial stage is won"),
    (BusinessRuleError("deal_1", "r", "win it instead"), "deal_1: win it instead"),
    (
        InvalidTransitionError("task_1", "life_cycle", now="done", to="done", allowed=("open",)),
        "task_1 cannot go from 'done' to 'done'; allowed from here: open",
    ),
    (
        InvalidTransitionError("task_1", "life_cycle", now="a", to="b"),
        "task_1 cannot go from 'a' to 'b'; allowed from here: nothing",
    ),
    (
        StageRequirementsNotMetError(
            "deal_1",
            "stage_gate",
            unmet_requirements=(
                UnmetRequirement(RequirementKind.TASK_DONE, "call"),
                UnmetRequirement(RequirementKind.VALUE),
            ),
        ),
        "deal_1 may not leave its stage: task done 'call'; value",
    ),
    (
        LossReasonRequiredError("deal_1", "loss_reason", allowed=("dear",)),
        "deal_1: name the reason of the loss, one of: dear",
    ),
    (
        SchedulingConflictError(
            "appointment_1", "scheduling_conflict", conflicts=(("user_1", "outside_business_hours"),)
        ),
        "appointment_1: user_1: outside business hours; choose another time, or pass overlap=True",
    ),
    (
        NoAssigneeAvailableError("deal_1", "n", rejected=(("user_1", "absent"),)),
        "deal_1: no assignee is available (1 considered); add a user or wait",
    ),
    (
        SchedulingConflictError(
            "appointment_1", "scheduling_conflict", conflicts=(("user_1", "outside_business_hours"),)
        ),
        "appointment_1: user_1: outside business hours; choose another time, or pass overlap=True",
    ),
    (
        AmbiguousCustomerError(("customer_1", "customer_2")),
        "2 customers match: customer_1, customer_2; pass customer_id=...",
    ),
    (NotFoundError("deal", "deal_1"), "no deal deal_1"),
    (PermissionDeniedError("anna", "deals.win"), "anna may not deals.win"),
    (PermissionDeniedError("anna", "deals.win", "not hers"), "anna may not deals.win: not hers"),
    (StaleVersionError("deal", "deal_1", 3), "deal deal_1 is no longer at version 3; read it again"),
    (DuplicateKeyError("user", "login"), "user: login belongs to another record already"),
    (DuplicateKeyError("user", "login", "user_1"), "user: login belongs to user_1 already"),
    (DatabaseBusyError(), "the database is busy (locked); try again"),
    (DatabaseBusyError("40001"), "the database is busy (40001); try again"),
    (
        IdempotencyKeyReusedError("deals.move"),
        "this idempotency key was used for deals.move with other arguments; use a new key",
    ),
    (MissingDependencyError("phones", "phone"), 'phones need: pip install "crmcore[phone]"'),
    (UnsafeEngineError(("a", "b")), "this engine would lose writes: a; b"),
    (StoreError("XX000"), "the database failed with XX000"),
    (StoreError("23514", "ck"), "the database failed with 23514 on ck"),
    (UnsafeTemplateError("Offer", "no loops"), "template Offer: no loops"),
    (UnsafeTemplateError("Offer", "no loops", 3), "template Offer, line 3: no loops"),
    (BlockedUrlError("10.0.0.1", "leads into the internal network"), "10.0.0.1: leads into the internal network"),
    (InvalidSignatureError("is too old"), "the webhook signature is rejected: is too old"),
    (
        SchemaOutdatedError("0001", "0002"),
        "the schema has version 0001, but 0002 is required: run `crmcore migrate`",
    ),
    (
        CursorExpiredError("pruned"),
        "the cursor has expired (pruned); read a snapshot and continue from the end of the feed",
    ),
    (DeliveryError("email", "no answer", retry_after=timedelta(1)), "email: no answer"),
]


@pytest.mark.parametrize(("error", "said"), MESSAGES, ids=lambda part: str(part)[:30])
def test_error_message_survives_pickling(error: CrmError, said: str) -> None:
    """Message and data are equal after pickling."""
    there = pickle.loads(pickle.dumps(error))

    assert said == str(error) == str(there)
    assert type(error) is type(there)
    assert error.to_problem() == there.to_problem()


@pytest.mark.parametrize("error", [error for error, _ in MESSAGES], ids=lambda error: error.code)
def test_error_problem_document_has_every_field(error: CrmError) -> None:
    """The problem document has code, status, message and every field, as JSON types."""
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


def test_problem_document_lists_unmet_requirements() -> None:
    """Unmet requirements are objects with the kind and the argument."""
    problem = StageRequirementsNotMetError(
        "deal_1", "stage_gate", unmet_requirements=(UnmetRequirement(RequirementKind.TASK_DONE, "call"),)
    ).to_problem()

    assert problem["unmet_requirements"] == [{"kind": "task_done", "argument": "call"}]


def test_error_codes_and_standard_bases_are_correct() -> None:
    """Codes are unique, and errors that are like a standard exception inherit from it."""
    kinds = [getattr(errors, name) for name in errors.__all__]

    assert len(kinds) == len({kind.code for kind in kinds})
    assert all(issubclass(kind, CrmError) for kind in kinds)
    assert issubclass(InvalidTypeError, TypeError)
    assert issubclass(InvalidInputError, ValueError)
    assert issubclass(NotFoundError, LookupError)
    assert issubclass(PermissionDeniedError, PermissionError)
    assert CrmError().to_problem()["type"] == "urn:crmcore:problem:crm_error"
