"""Base of the field declarations: optional fields, error paths, metadata."""

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
        check: raises an `InvalidInputError` for an invalid value; the field's path is added to it.
        optional: whether it may be None.
        default: the default value. It is a parameter of each declaration, so that type checkers see it.
        converter: normalizes the value before it is checked.
        personal: whether the field holds personal data, which is left out of every repr. None for fields that are no text.
        eq: whether the field is compared.
        repr: whether the field is part of the repr.
        metadata: more metadata for stores and exporters.
    """

    def validate(record: Any, field: Any, value: Any) -> None:
        # Most fields have their default value, which needs no check.
        if value is default or (value is None and optional):
            return
        try:
            check(value)
        except InvalidInputError as error:
            raise with_path(error, field_path(type(record), field.name)) from None

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
    """Return the path of a field in errors: ``contactPoint.value``."""
    return f"{record_type.__name__[0].lower()}{record_type.__name__[1:]}.{name}"


def with_path(error: InvalidInputError, path: str) -> InvalidInputError:
    """Return the error with the path of its field in front."""
    return attrs.evolve(error, field=f"{path}{error.field}")


def validate_argument(path: str, check: Callable[[Any], None], value: Any) -> None:
    """Check an argument that is not a field.

    Raises:
        InvalidInputError: with `path` as the field.
    """
    try:
        check(value)
    except InvalidInputError as error:
        raise with_path(error, path) from None


def computed(rule: Callable[[Any], Any], *, personal: bool | None = None, repr: bool = True, **metadata: Any) -> Any:
    """Declare a field that is computed from the fields declared before it."""
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

    attrs validates after it has assigned all fields, so a rule may read an invalid value. The error has to name that field.
    """
    for field in attrs.fields(type(record)):
        if field.validator is not None and hasattr(record, field.name):
            field.validator(record, field, getattr(record, field.name))


def checked_type(path: str, expected_type: type[T], value: Any) -> T:
    """Check the class of an argument.

    Raises:
        InvalidTypeError: with `path` as the field.
    """
    if type(value) is not expected_type:
        raise with_path(type_error(expected_type.__name__, value), path)
    return value


def type_error(expected: str, value: Any) -> InvalidTypeError:
    """Return an error with the expected and the given type."""
    return InvalidTypeError("", f"must be {expected}, not {type(value).__name__}")
