"""Column types: lossless on every database.

SQLAlchemy's `DateTime` drops the zone on SQLite and MariaDB, `Numeric` rounds on SQLite, `Enum` stores names. Here every value is text, an
integer or sixteen bytes: instants are microseconds since 1970 in UTC, dates are days since 1970, durations are microseconds, decimals are
counted in their smallest unit. They compare, add and sort alike on every database, and reports need no date functions.

Each type is defined by two Python expressions, one per direction of the conversion. `compile.row_codec` combines them into one function per
table; the SQLAlchemy processors are made from the same expressions.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, Final

import attrs
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, SmallInteger, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql, postgresql

from crmcore.adapters import wire
from crmcore.domain.kernel.fields.number import plain_decimal

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = EPOCH.toordinal()
MICROSECOND: Final = timedelta(microseconds=1)

SOURCE_NAMESPACE: Final[dict[str, Any]] = {
    "Decimal": Decimal,
    "EPOCH": EPOCH,
    "EPOCH_DAY": EPOCH_DAY,
    "MICROSECOND": MICROSECOND,
    "date": date,
    "fromhex": bytes.fromhex,
    "fromordinal": date.fromordinal,
    "plain_decimal": plain_decimal,
    "timedelta": timedelta,
}
"""The names that the expressions may use."""


class ColumnType(TypeDecorator[Any]):
    """A column type that is defined by Python expressions.

    Attributes:
        namespace: the names that its expressions use besides `SOURCE_NAMESPACE`.
        is_low_cardinality: whether a column has only a few distinct values.
    """

    cache_ok = True
    impl: Any = Text
    is_low_cardinality: ClassVar[bool] = False
    namespace: dict[str, Any]

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Return the expressions to and from driver form, of a value ``{v}``.

        The value is never None.
        """
        raise NotImplementedError

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return SQLAlchemy's processor of parameters."""
        return self._compile_processor(self.python_source(dialect)[0])

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return SQLAlchemy's processor of results."""
        return self._compile_processor(self.python_source(dialect)[1])

    def bind_converter(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return the function that converts a value to driver form."""
        return self.bind_processor(dialect) or _identity

    def result_converter(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return the function that converts a value from driver form."""
        return self.result_processor(dialect, None) or _identity

    def _compile_processor(self, source: str) -> Callable[[Any], Any] | None:
        if source == "{v}":
            return None
        code = f"lambda v: None if v is None else {source.format(v='v')}"
        namespace = {**SOURCE_NAMESPACE, **getattr(self, "namespace", {})}
        return eval(code, namespace)  # type: ignore[no-any-return]  # noqa: S307  # the source is this module's own


def _identity(value: Any) -> Any:
    return value


class PrefixedIdType(ColumnType):
    """A record id: sixteen bytes; the prefix is part of the type."""

    impl = LargeBinary(16)

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return uuid (PostgreSQL), BINARY(16) (MariaDB) or BLOB (SQLite)."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.BINARY(16))
        return dialect.type_descriptor(LargeBinary(16))

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Remove the prefix, and add it back."""
        prefix_length = len(self.prefix) + 1
        if dialect.name == "postgresql":
            return f"{{v}}[{prefix_length}:]", f"'{self.prefix}_' + {{v}}.hex"
        return f"fromhex({{v}}[{prefix_length}:])", f"'{self.prefix}_' + {{v}}.hex()"


class BoundedTextType(ColumnType):
    """A text of limited length, compared byte by byte."""

    impl = String

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the binary collation; a long text is MEDIUMTEXT on MariaDB."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(self.max_length, collation="C"))
        if dialect.name in {"mysql", "mariadb"}:
            if self.max_length > 500:
                return dialect.type_descriptor(mysql.MEDIUMTEXT(collation="utf8mb4_bin"))
            return dialect.type_descriptor(String(self.max_length, collation="utf8mb4_bin"))
        return dialect.type_descriptor(String(self.max_length))

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Leave it as it is."""
        return "{v}", "{v}"


class EnumValueType(BoundedTextType):
    """A member of an enumeration, stored by its value."""

    is_low_cardinality = True

    def __init__(self, enum_class: type[Enum]) -> None:
        self.enum_class = enum_class
        super().__init__(max(len(str(member.value)) for member in enum_class))
        self.namespace = {f"enum_{enum_class.__name__}": enum_class._value2member_map_}

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Take the value, and look the member up."""
        return "{v}._value_", f"enum_{self.enum_class.__name__}[{{v}}]"


class InstantType(ColumnType):
    """An instant, in microseconds since 1970 in UTC."""

    impl = BigInteger

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Count from the epoch."""
        return "({v} - EPOCH) // MICROSECOND", "EPOCH + timedelta(0, 0, {v})"


class DateType(ColumnType):
    """A calendar day, in days since 1970."""

    impl = Integer

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Count from the epoch's day."""
        return "{v}.toordinal() - EPOCH_DAY", "fromordinal({v} + EPOCH_DAY)"


class DurationType(ColumnType):
    """A duration, in microseconds."""

    impl = BigInteger

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Count microseconds."""
        return "{v} // MICROSECOND", "timedelta(0, 0, {v})"


class BigIntType(ColumnType):
    """A whole number of up to 64 bits."""

    impl = BigInteger

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Leave it as it is."""
        return "{v}", "{v}"


class BooleanType(ColumnType):
    """A boolean, as 1 or 0."""

    impl = SmallInteger
    is_low_cardinality = True

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Make it a number."""
        return "int({v})", "{v} == 1"


class ScaledDecimalType(ColumnType):
    """A decimal number, counted in its smallest unit."""

    impl = BigInteger

    def __init__(self, scale: int) -> None:
        self.scale = scale
        super().__init__()

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Shift the decimal point."""
        return f"int({{v}}.scaleb({self.scale}))", f"plain_decimal(Decimal({{v}}).scaleb(-{self.scale}))"


class TextType(ColumnType):
    """A text of any length, compared byte by byte."""

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose a text type without a length limit."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.MEDIUMTEXT(collation="utf8mb4_bin"))
        return Text()  # not adapted, otherwise PostgreSQL would get VARCHAR

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Leave it as it is."""
        return "{v}", "{v}"


class JsonType(TextType):
    """A value as JSON text, in wire format.

    Args:
        value_type: the class of the value.
        column_name: of the column.
        empty: the default value, which needs no JSON conversion.
        is_personal: whether the value is personal data. Other values are cached by their JSON, so that a funnel is parsed once.
    """

    def __init__(self, value_type: Any, column_name: str, *, empty: Any, is_personal: bool) -> None:
        self.value_type = value_type
        self.column_name = column_name
        self.is_personal = is_personal
        super().__init__()
        memoize = (lambda f: f) if is_personal else lru_cache(maxsize=4096)
        self.namespace = {
            f"dump_{column_name}": memoize(self._dump),
            f"load_{column_name}": memoize(self._load),
            f"empty_{column_name}": empty,
        }
        self.empty_json: str | None = (
            self._dump(empty) if isinstance(empty, (tuple, Mapping)) or attrs.has(type(empty)) else None
        )

    def python_source(self, dialect: Dialect) -> tuple[str, str]:
        """Convert to JSON and back, with a shortcut for the empty value."""
        column, empty_json = self.column_name, self.empty_json
        if empty_json is None:
            return f"dump_{column}({{v}})", f"load_{column}({{v}})"
        empty_json = repr(empty_json).replace("{", "{{").replace("}", "}}")
        return (
            f"({empty_json} if {{v}} is empty_{column} else dump_{column}({{v}}))",
            f"(empty_{column} if {{v}} == {empty_json} else load_{column}({{v}}))",
        )

    def _dump(self, value: Any) -> str:
        return wire.dump(value, self.value_type)

    def _load(self, text: str) -> Any:
        return wire.load(text, self.value_type)
