"""Signed web calls by the scheme of Standard Webhooks (standardwebhooks.com, v1): HMAC-SHA256 over id, time and body.

`sign` is what our notifier does; `Verifier` is for the host that takes such calls in, from crmcore or from anybody else who signs so.
"""

import base64
import binascii
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from attrs import frozen

from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import SignatureRefused

TOLERANCE: Final = timedelta(minutes=5)
"""How far the sender's clock, and the way, may be off."""
PREFIX: Final = "whsec_"


def key_of(secret: str, /) -> bytes:
    """Read a secret as it is written in settings: ``whsec_`` and 24 to 64 bytes in base 64.

    Raises:
        InvalidInput: it is none; the secret is not repeated.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError, AttributeError):
        raise InvalidInput("webhook.secret", f"must be {PREFIX} and base 64") from None
    if not 24 <= len(key) <= 64:
        raise InvalidInput("webhook.secret", "must hold 24 to 64 bytes")
    return key


def sign(key: bytes, id: str, at: int, body: bytes, /) -> str:
    """Make the signature of one call.

    Args:
        key: of `key_of`.
        id: of the call, the same in every attempt.
        at: when it is made, in seconds since 1970.
        body: as it is sent, to the byte.
    """
    digest = hmac.digest(key, f"{id}.{at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


@frozen
class Verified:
    """A call that is from whom it says, and not heard before.

    Attributes:
        id: of the call; a repetition has the same.
        at: when it was signed.
        body: what it says.
    """

    id: str
    at: datetime
    body: bytes


class Seen(Protocol):
    """Remembers ids."""

    def first(self, id: str, /, *, until: datetime) -> bool:
        """Remember an id at least until then; whether it was new. Of several that ask at once, one is told so."""
        ...


class SeenInMemory:
    """Remembers ids in this process, which is enough for one process and no more; `Crm.inbox` remembers them in the store.

    Args:
        now: what time it is.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._until: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def first(self, id: str, /, *, until: datetime) -> bool:
        """Remember an id; whether it was new."""
        with self._lock:
            now = self._now()
            # In the order in which they came, which is nearly that in which they may go.
            while self._until and next(iter(self._until.values())) < now:
                del self._until[next(iter(self._until))]
            return self._until.setdefault(id, until) is until


class Verifier:
    """Tells true calls from others.

    Args:
        secrets: what the sender may sign with; several while one is being replaced by the next.
        seen: where ids are remembered, so that a call that somebody recorded cannot be played back; without it a call passes as often as
            it comes, and whoever takes it has to see to that.
        tolerance: how old, or how far ahead, a call may be.
        now: what time it is.
    """

    def __init__(
        self,
        secrets: Iterable[str],
        *,
        seen: Seen | None = None,
        tolerance: timedelta = TOLERANCE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys = [key_of(secret) for secret in secrets]
        if not self._keys:
            raise InvalidInput("webhook.secrets", "must hold at least one")
        self._seen = seen
        self._tolerance = tolerance
        self._now = now

    def verify(self, headers: Mapping[str, str], body: bytes, /) -> Verified:
        """Look a call over.

        Args:
            headers: of the request, in any case.
            body: as it came, to the byte.

        Raises:
            SignatureRefused: a header is missing, the time is off, no signature fits, or it was heard before.
        """
        given = {name.lower(): value for name, value in headers.items()}
        id, at, signatures = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        if not (id and at and signatures) or len(id) > 255:
            raise SignatureRefused("webhook-id, webhook-timestamp or webhook-signature is missing")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            raise SignatureRefused("webhook-timestamp is no time")
        signed_at = datetime.fromtimestamp(int(at), UTC)
        if abs(self._now() - signed_at) > self._tolerance:
            raise SignatureRefused("webhook-timestamp is too far from now")
        expected = [sign(key, id, int(at), body).encode() for key in self._keys]
        offered = [one.encode() for one in signatures.split(" ")[:20]]
        # Every pair is compared in constant time, so that nothing can be learnt from how long it takes.
        if not sum(hmac.compare_digest(one, other) for one in offered for other in expected):
            raise SignatureRefused("no signature fits")
        if self._seen is not None and not self._seen.first(id, until=signed_at + 2 * self._tolerance):
            raise SignatureRefused("it was heard before")
        return Verified(id, signed_at, body)

    def __repr__(self) -> str:
        return f"Verifier({len(self._keys)} secrets)"
