"""Validation errors: the input is invalid in every state."""

from typing import ClassVar

from attrs import define

from crmcore.domain.kernel.errors.base import CrmError


@define
class InvalidInputError(CrmError, ValueError):
    """An argument or a field has an invalid value.

    Attributes:
        field: the path of the field, as in ``customer.name``.
        problem: what is wrong, and what is allowed.
    """

    code: ClassVar[str] = "invalid_input"
    status: ClassVar[int] = 422
    field: str
    problem: str = "is not valid"

    def __str__(self) -> str:
        return f"{self.field} {self.problem}"


@define
class InvalidTypeError(InvalidInputError, TypeError):
    """A value of a wrong type, such as a float for money."""

    code: ClassVar[str] = "invalid_type"


@define
class RequiredError(InvalidInputError):
    """A required text is empty."""

    code: ClassVar[str] = "required"
    problem: str = "must not be blank"


@define
class TooLongError(InvalidInputError):
    """A text or a list is too long."""

    code: ClassVar[str] = "too_long"
    max_length: int = 0
    length: int = 0

    def __str__(self) -> str:
        return f"{self.field} has a length of {self.length:,}; at most {self.max_length:,} fit"


@define
class InvalidCharacterError(InvalidInputError):
    """A text contains a control character, a lone surrogate or a line break."""

    code: ClassVar[str] = "invalid_character"
    position: int = 0

    def __str__(self) -> str:
        return f"{self.field} has a control character at position {self.position}; remove it"


@define
class OutOfRangeError(InvalidInputError):
    """A number, a duration or a time is out of range."""

    code: ClassVar[str] = "out_of_range"


@define
class InvalidChoiceError(InvalidInputError):
    """A value is not one of the allowed choices."""

    code: ClassVar[str] = "invalid_choice"
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.field} must be one of: {', '.join(self.allowed) or 'nothing'}"


@define
class MissingVariableError(InvalidInputError):
    """A message has no value for a variable of its text.

    Attributes:
        topic: of the message.
        variables: the names of the variables without a value.
    """

    code: ClassVar[str] = "missing_variable"
    topic: str = ""
    variables: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(f"{{{name}}}" for name in self.variables)
        return f"{self.field} must have a value for {names}: the text of {self.topic!r} contains it"


@define
class UnknownVariableError(InvalidInputError):
    """A text contains a variable that does not exist.

    Attributes:
        variable: its name.
        known: the names that exist.
    """

    code: ClassVar[str] = "unknown_variable"
    variable: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(f"{{{name}}}" for name in self.known)
        return f"{self.field} contains {{{self.variable}}}, which has no value; use {names}"


@define
class NaiveDatetimeError(InvalidInputError):
    """A datetime without a time zone."""

    code: ClassVar[str] = "naive_datetime"
    problem: str = "has no time zone; pass an aware datetime"


@define
class InvalidIdError(InvalidInputError):
    """A text that is not an id of the entity."""

    code: ClassVar[str] = "invalid_id"


@define
class InvalidEmailError(InvalidInputError):
    """A text that cannot be an e-mail address (RFC 5321, RFC 6531)."""

    code: ClassVar[str] = "invalid_email"


@define
class InvalidPhoneError(InvalidInputError):
    """A text that cannot be a phone number (ITU-T E.164)."""

    code: ClassVar[str] = "invalid_phone"


@define
class UnknownCurrencyError(InvalidInputError):
    """A code that is not an active currency of ISO 4217."""

    code: ClassVar[str] = "unknown_currency"


@define
class PrecisionError(InvalidInputError):
    """An amount with more decimal places than its currency has."""

    code: ClassVar[str] = "precision_error"


@define
class CurrencyMismatchError(InvalidInputError, ArithmeticError):
    """An operation on money of two currencies."""

    code: ClassVar[str] = "currency_mismatch"
    left: str = ""
    right: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.left} and {self.right} do not add up; convert one of them first"
