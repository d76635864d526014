"""Column types of our own, because the usual ones lose something on one database or another.

SQLAlchemy's `DateTime` drops the zone on SQLite and MariaDB, `Numeric` rounds on SQLite, `Enum` stores names. Here everything is a text, a
whole number or sixteen bytes: instants are microseconds since 1970 in UTC, days are days since 1970, durations are microseconds, exact
numbers are counted in their smallest unit. So they compare, add and sort alike on every database, and reports need no date functions.

Each type is given by two pieces of Python source, from a value to what the driver takes and back. The codec (see `codec`) strings these
pieces together into one function per table; the ordinary SQLAlchemy processors are made from the same pieces.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import attrs
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, SmallInteger, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql, postgresql

from crmcore.adapters import wire
from crmcore.domain.fields.number import shortest

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = EPOCH.toordinal()
MICROSECOND: Final = timedelta(microseconds=1)

SCOPE: Final[dict[str, Any]] = {
    "Decimal": Decimal,
    "EPOCH": EPOCH,
    "EPOCH_DAY": EPOCH_DAY,
    "MICROSECOND": MICROSECOND,
    "date": date,
    "fromhex": bytes.fromhex,
    "fromordinal": date.fromordinal,
    "shortest": shortest,
    "timedelta": timedelta,
}
"""What the pieces of source may name."""


class Column(TypeDecorator[Any]):
    """A column type that is given by source.

    Attributes:
        scope: what its source names besides `SCOPE`.
    """

    cache_ok = True
    impl: Any = Text
    scope: dict[str, Any]

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """The source of a driver's value from ``{v}``, and of ours from it. None never comes here."""
        raise NotImplementedError

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Make SQLAlchemy's processor of a parameter."""
        return self._processor(self.source(dialect)[0])

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Make SQLAlchemy's processor of a result."""
        return self._processor(self.source(dialect)[1])

    def writer(self, dialect: Dialect) -> Callable[[Any], Any]:
        """From a value to what the driver takes."""
        return self.bind_processor(dialect) or _as_it_is

    def reader(self, dialect: Dialect) -> Callable[[Any], Any]:
        """From what the driver gives to a value."""
        return self.result_processor(dialect, None) or _as_it_is

    def _processor(self, source: str) -> Callable[[Any], Any] | None:
        if source == "{v}":
            return None
        code = f"lambda v: None if v is None else {source.format(v='v')}"
        scope = {**SCOPE, **getattr(self, "scope", {})}
        return eval(code, scope)  # type: ignore[no-any-return]  # noqa: S307  # the source is this module's own


def _as_it_is(value: Any) -> Any:
    return value


class Key(Column):
    """A record's id: sixteen bytes; its prefix is the column's."""

    impl = LargeBinary(16)

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the native type: uuid on PostgreSQL, BINARY(16) on MariaDB, BLOB on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.BINARY(16))
        return dialect.type_descriptor(LargeBinary(16))

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Cut the prefix off, and put it on again."""
        cut = len(self.prefix) + 1
        if dialect.name == "postgresql":
            return f"{{v}}[{cut}:]", f"'{self.prefix}_' + {{v}}.hex"
        return f"fromhex({{v}}[{cut}:])", f"'{self.prefix}_' + {{v}}.hex()"


class Words(Column):
    """A text of at most so many characters, compared byte by byte."""

    impl = String

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the binary collation of each database; a long text is a TEXT."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(self.limit, collation="C"))
        if dialect.name in {"mysql", "mariadb"}:
            if self.limit > 500:
                return dialect.type_descriptor(mysql.MEDIUMTEXT(collation="utf8mb4_bin"))
            return dialect.type_descriptor(String(self.limit, collation="utf8mb4_bin"))
        return dialect.type_descriptor(String(self.limit))

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Leave it as it is."""
        return "{v}", "{v}"


class Word(Words):
    """A member of an enumeration, by its value."""

    def __init__(self, words: type[Enum]) -> None:
        self.words = words
        super().__init__(max(len(str(member.value)) for member in words))
        self.scope = {f"words_{words.__name__}": words._value2member_map_}

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Take its value, and look the member up."""
        return "{v}._value_", f"words_{self.words.__name__}[{{v}}]"


class Instant(Column):
    """An instant, in microseconds since 1970 in UTC."""

    impl = BigInteger

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Count from the epoch."""
        return "({v} - EPOCH) // MICROSECOND", "EPOCH + timedelta(0, 0, {v})"


class Day(Column):
    """A calendar day, in days since 1970."""

    impl = Integer

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Count from the epoch's day."""
        return "{v}.toordinal() - EPOCH_DAY", "fromordinal({v} + EPOCH_DAY)"


class Span(Column):
    """A duration, in microseconds."""

    impl = BigInteger

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Count microseconds."""
        return "{v} // MICROSECOND", "timedelta(0, 0, {v})"


class Whole(Column):
    """A whole number of up to 64 bits."""

    impl = BigInteger

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Leave it as it is."""
        return "{v}", "{v}"


class Flag(Column):
    """True or not, as 1 or 0."""

    impl = SmallInteger

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Make it a number."""
        return "int({v})", "{v} == 1"


class Exact(Column):
    """A decimal number, counted in its smallest unit."""

    impl = BigInteger

    def __init__(self, places: int) -> None:
        self.places = places
        super().__init__()

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Shift the decimal point."""
        return f"int({{v}}.scaleb({self.places}))", f"shortest(Decimal({{v}}).scaleb(-{self.places}))"


class Long(Column):
    """A text of any length, compared byte by byte."""

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose a text that is long enough."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.MEDIUMTEXT(collation="utf8mb4_bin"))
        return Text()  # not adapted, or PostgreSQL would be told VARCHAR

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Leave it as it is."""
        return "{v}", "{v}"


class Json(Long):
    """A value of ours as JSON text, in the form of the wire.

    Args:
        kind: its class.
        name: of the column.
        empty: what it is by default, for which no JSON has to be read or written.
        personal: whether it tells something about a person; what does not is remembered by its text, so that a funnel is read once.
    """

    def __init__(self, kind: Any, name: str, *, empty: Any, personal: bool) -> None:
        self.kind = kind
        self.name = name
        self.personal = personal
        super().__init__()
        remember = (lambda f: f) if personal else lru_cache(maxsize=4096)
        self.scope = {
            f"dump_{name}": remember(self._dump),
            f"load_{name}": remember(self._load),
            f"empty_{name}": empty,
        }
        self.nothing = self._dump(empty) if isinstance(empty, (tuple, Mapping)) or attrs.has(type(empty)) else None

    def source(self, dialect: Dialect) -> tuple[str, str]:
        """Write and read JSON, or nothing."""
        name, nothing = self.name, self.nothing
        if nothing is None:
            return f"dump_{name}({{v}})", f"load_{name}({{v}})"
        nothing = repr(nothing).replace("{", "{{").replace("}", "}}")
        return (
            f"({nothing} if {{v}} is empty_{name} else dump_{name}({{v}}))",
            f"(empty_{name} if {{v}} == {nothing} else load_{name}({{v}}))",
        )

    def _dump(self, value: Any) -> str:
        return wire.dump(value, self.kind)

    def _load(self, text: str) -> Any:
        return wire.load(text, self.kind)


class Packed(Json):
    """A story's answer, with the name of its class."""

    def _dump(self, value: Any) -> str:
        return wire.pack(value)

    def _load(self, text: str) -> Any:
        return wire.unpack(text)
