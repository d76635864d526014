"""What all fields share: optional or not, how a refusal gets the name of its field, and what stores read from it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs

from crmcore.domain.kernel.errors.validation import InvalidInputError, InvalidTypeError

T = TypeVar("T")

NO_DEFAULT: Final[Any] = attrs.NOTHING


def make_field(
    check: Callable[[Any], None],
    *,
    optional: bool = False,
    default: Any = NO_DEFAULT,
    converter: Callable[[Any], Any] | None = None,
    personal: bool | None = None,
    eq: bool = True,
    repr: bool = True,
    **metadata: Any,
) -> Any:
    """Make one attrs field.

    Args:
        check: raises an `InvalidInputError` for a value that may not be; the field's path is put in its place.
        optional: whether it may be None.
        default: what it is when nothing is given. It stands in each field's declaration, for type checkers to see.
        converter: tidies the value before it is checked.
        personal: whether it tells something about a person; such a field stays out of every repr. None for what is no text.
        eq: whether two records differ when this field does.
        repr: whether it stands in the repr.
        metadata: more metadata for stores and exporters.
    """

    def validate(record: Any, field: Any, value: Any) -> None:
        # Most fields of most records are as they are by default, which needs no second look.
        if value is default or (value is None and optional):
            return
        try:
            check(value)
        except InvalidInputError as refusal:
            raise with_path(refusal, field_path(type(record), field.name)) from None

    if personal is not None:
        metadata["personal"] = personal
    return attrs.field(
        default=default,
        converter=converter,
        validator=validate,
        repr=repr and not personal,
        eq=eq,
        metadata={**metadata, "check": check, "optional": optional},
    )


def field_path(record_type: type[Any], name: str) -> str:
    """Name a field as its refusals do: ``contactPoint.value``."""
    return f"{record_type.__name__[0].lower()}{record_type.__name__[1:]}.{name}"


def with_path(error: InvalidInputError, path: str) -> InvalidInputError:
    """Give a refusal the name of the field that it is about, or of the part of it."""
    return attrs.evolve(error, field=f"{path}{error.field}")


def validate_argument(path: str, check: Callable[[Any], None], value: Any) -> None:
    """Check a value that is an argument and not a field.

    Raises:
        InvalidInputError: naming `path`.
    """
    try:
        check(value)
    except InvalidInputError as error:
        raise with_path(error, path) from None


def computed(rule: Callable[[Any], Any], *, personal: bool | None = None, repr: bool = True, **metadata: Any) -> Any:
    """Compute a field from fields that are declared before it."""
    if personal is not None:
        metadata["personal"] = personal

    def compute(record: Any) -> Any:
        try:
            return rule(record)
        except Exception:
            _validate_assigned(record)
            raise

    factory = attrs.Factory(compute, takes_self=True)
    return attrs.field(init=False, repr=repr and not personal, default=factory, metadata=metadata)


def _validate_assigned(record: Any) -> None:
    """Validate the fields that the constructor has assigned so far.

    attrs validates after it has assigned all fields, so a rule may meet an invalid value; the error has to name that field.
    """
    for field in attrs.fields(type(record)):
        if field.validator is not None and hasattr(record, field.name):
            field.validator(record, field, getattr(record, field.name))


def checked_type(path: str, expected_type: type[T], value: Any) -> T:
    """Check that an argument is one of ours.

    Raises:
        InvalidTypeError: naming `path`.
    """
    if type(value) is not expected_type:
        raise with_path(type_error(expected_type.__name__, value), path)
    return value


def type_error(expected: str, value: Any) -> InvalidTypeError:
    """Say which type was wanted, and which came."""
    return InvalidTypeError("", f"must be {expected}, not {type(value).__name__}")
