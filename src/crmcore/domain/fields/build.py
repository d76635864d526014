"""What all fields share: optional or not, how a refusal gets the name of its field, and what stores read from it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs

from crmcore.domain.errors.given import InvalidInput, WrongType

T = TypeVar("T")

NO_DEFAULT: Final[Any] = attrs.NOTHING


def build(
    check: Callable[[Any], None],
    *,
    optional: bool = False,
    default: Any = NO_DEFAULT,
    converter: Callable[[Any], Any] | None = None,
    personal: bool | None = None,
    compared: bool = True,
    shown: bool = True,
    **labels: Any,
) -> Any:
    """Make one attrs field.

    Args:
        check: raises an `InvalidInput` for a value that may not be; the field's path is put in its place.
        optional: whether it may be None.
        default: what it is when nothing is given. It stands in each field's declaration, for type checkers to see.
        converter: tidies the value before it is checked.
        personal: whether it tells something about a person; such a field stays out of every repr. None for what is no text.
        compared: whether two records differ when this field does.
        shown: whether it stands in the repr.
        labels: more metadata for stores and exporters.
    """

    def validate(record: Any, field: Any, value: Any) -> None:
        # Most fields of most records are as they are by default, which needs no second look.
        if value is default or (value is None and optional):
            return
        try:
            check(value)
        except InvalidInput as refusal:
            raise named(refusal, path_of(type(record), field.name)) from None

    if personal is not None:
        labels["personal"] = personal
    return attrs.field(
        default=default,
        converter=converter,
        validator=validate,
        repr=shown and not personal,
        eq=compared,
        metadata={**labels, "check": check, "optional": optional},
    )


def path_of(kind: type[Any], field: str) -> str:
    """Name a field as its refusals do: ``contactPoint.value``."""
    return f"{kind.__name__[0].lower()}{kind.__name__[1:]}.{field}"


def named(refusal: InvalidInput, path: str) -> InvalidInput:
    """Give a refusal the name of the field that it is about, or of the part of it."""
    return attrs.evolve(refusal, field=f"{path}{refusal.field}")


def require(path: str, check: Callable[[Any], None], value: Any) -> None:
    """Check a value that is an argument and not a field.

    Raises:
        InvalidInput: naming `path`.
    """
    try:
        check(value)
    except InvalidInput as refusal:
        raise named(refusal, path) from None


def derived(rule: Callable[[Any], Any], *, personal: bool | None = None, shown: bool = True, **labels: Any) -> Any:
    """Compute a field from fields that are declared before it."""
    if personal is not None:
        labels["personal"] = personal

    def compute(record: Any) -> Any:
        try:
            return rule(record)
        except Exception:
            _validate_assigned(record)
            raise

    factory = attrs.Factory(compute, takes_self=True)
    return attrs.field(init=False, repr=shown and not personal, default=factory, metadata=labels)


def _validate_assigned(record: Any) -> None:
    """Validate the fields that the constructor has assigned so far.

    attrs validates after it has assigned all fields, so a rule may meet an invalid value; the error has to name that field.
    """
    for field in attrs.fields(type(record)):
        if field.validator is not None and hasattr(record, field.name):
            field.validator(record, field, getattr(record, field.name))


def checked_type(path: str, kind: type[T], value: Any) -> T:
    """Check that an argument is one of ours.

    Raises:
        WrongType: naming `path`.
    """
    if type(value) is not kind:
        raise named(wrong_type(kind.__name__, value), path)
    return value


def wrong_type(wanted: str, value: Any) -> WrongType:
    """Say which type was wanted, and which came."""
    return WrongType("", f"must be {wanted}, not {type(value).__name__}")
