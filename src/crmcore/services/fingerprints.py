"""Fingerprints of arguments, equal in every process, release and database."""

import hashlib
from collections.abc import Iterator, Mapping, Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs

from crmcore.domain.kernel.errors.validation import InvalidTypeError
from crmcore.domain.kernel.fields.time import to_utc


def fingerprint(arguments: Any) -> str:
    """Digest values into 64 hexadecimal digits (SHA-256).

    Values are plain values, values of crmcore, and tuples, lists, sets and mappings of them.

    Raises:
        InvalidTypeError: a value whose content crmcore cannot know, such as an open file.

    Example:
        >>> fingerprint(("deals.move", {"to": "Payment"}))[:12]
        '4a94110fcd83'
    """
    digest = hashlib.sha256()
    for piece in _canonical_parts(arguments):
        digest.update(piece.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def _canonical_parts(value: Any) -> Iterator[str]:
    match value:
        case None | bool() | int() | Decimal() | timedelta():
            yield f"{type(value).__name__} {value}"
        case str():
            yield f"str {len(value)} {value}"
        case bytes():
            yield f"bytes {hashlib.sha256(value).hexdigest()}"
        case datetime():
            yield f"datetime {to_utc(value).isoformat()}"
        case date():
            yield f"date {value.isoformat()}"
        case Enum():
            yield f"{type(value).__name__} {value.value}"
        case Mapping():
            yield f"mapping {len(value)}"
            for name in sorted(value):
                yield f"name {name}"
                yield from _canonical_parts(value[name])
        case tuple() | list():
            yield f"list {len(value)}"
            for item in value:
                yield from _canonical_parts(item)
        case AbstractSet():
            yield f"set {len(value)}"
            yield from sorted(fingerprint(item) for item in value)
        case _ if attrs.has(type(value)):
            yield type(value).__name__
            for field in attrs.fields(type(value)):
                if field.init and field.name != "pending_events":
                    yield f"field {field.name}"
                    yield from _canonical_parts(getattr(value, field.name))
        case _:
            raise InvalidTypeError(
                "idempotency_key", f"works only with plain arguments, not with {type(value).__name__}"
            )
