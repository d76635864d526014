"""Webhook signatures: Standard Webhooks (v1), HMAC-SHA256.

The signature covers id, time and body; see standardwebhooks.com.

`sign` is used by the notifier; `WebhookVerifier` is for hosts that receive webhooks, from crmcore or from other senders.
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

from crmcore.domain.kernel.errors.infrastructure import InvalidSignatureError
from crmcore.domain.kernel.errors.validation import InvalidInputError

DEFAULT_TOLERANCE: Final = timedelta(minutes=5)
"""The maximum difference between the timestamp and the current time."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # the prefix of the standard, not a secret


def parse_secret(secret: str, /) -> bytes:
    """Parse a secret: ``whsec_`` and 24 to 64 bytes in Base64.

    Raises:
        InvalidInputError: the secret is not valid; the error does not contain it.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError, AttributeError):
        raise InvalidInputError("webhook.secret", f"must be {SECRET_PREFIX} and base 64") from None
    if not 24 <= len(key) <= 64:
        raise InvalidInputError("webhook.secret", "must hold 24 to 64 bytes")
    return key


def sign(key: bytes, id: str, timestamp: int, body: bytes, /) -> str:
    """Return the signature of one webhook call.

    Args:
        key: the result of `parse_secret`.
        id: the id of the message, the same in every attempt.
        timestamp: the time of the attempt, in seconds since 1970.
        body: the exact bytes of the body.
    """
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


@frozen
class VerifiedWebhook:
    """A call with a valid signature that is not a replay.

    Attributes:
        id: the id of the message; a repetition has the same.
        signed_at: the time of the signature.
        body: the body of the call.
    """

    id: str
    signed_at: datetime
    body: bytes


class ReplayCache(Protocol):
    """Stores ids of received calls."""

    def add(self, id: str, /, *, expires_at: datetime) -> bool:
        """Keep an id at least until then, and return whether it was new.

        Of several concurrent callers, exactly one gets True.
        """
        ...


class MemoryReplayCache:
    """Stores ids in this process, which is enough for one process only.

    `Crm.inbox` keeps them in the store.

    Args:
        now: returns the current time.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._expires_at: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def add(self, id: str, /, *, expires_at: datetime) -> bool:
        """Store an id and return whether it was new."""
        with self._lock:
            now = self._now()
            # Ids expire nearly in the order in which they arrived.
            while self._expires_at and next(iter(self._expires_at.values())) < now:
                del self._expires_at[next(iter(self._expires_at))]
            return self._expires_at.setdefault(id, expires_at) is expires_at


class WebhookVerifier:
    """Verifies the signatures of incoming webhook calls.

    Args:
        secrets: the accepted secrets of the sender; several during a rotation.
        replay_cache: stores the ids of received calls, so that a recorded call is rejected. Without it, the host has to detect replays.
        tolerance: the maximum age of a call, and the maximum time ahead.
        now: returns the current time.
    """

    def __init__(
        self,
        secrets: Iterable[str],
        *,
        replay_cache: ReplayCache | None = None,
        tolerance: timedelta = DEFAULT_TOLERANCE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys = [parse_secret(secret) for secret in secrets]
        if not self._keys:
            raise InvalidInputError("webhook.secrets", "must hold at least one")
        self._replay_cache = replay_cache
        self._tolerance = tolerance
        self._now = now

    def verify(self, headers: Mapping[str, str], body: bytes, /) -> VerifiedWebhook:
        """Verify a call.

        Args:
            headers: the headers of the request, case-insensitive.
            body: the exact bytes of the body.

        Raises:
            InvalidSignatureError: a header is missing, the timestamp is out of tolerance, no signature matches, or the call is a replay.
        """
        lowercase_headers = {name.lower(): value for name, value in headers.items()}
        id, timestamp, signatures = (
            lowercase_headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if not (id and timestamp and signatures) or len(id) > 255:
            raise InvalidSignatureError("webhook-id, webhook-timestamp or webhook-signature is missing")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise InvalidSignatureError("webhook-timestamp is not a time")
        signed_at = datetime.fromtimestamp(int(timestamp), UTC)
        if abs(self._now() - signed_at) > self._tolerance:
            raise InvalidSignatureError("webhook-timestamp is too far from now")
        expected_signatures = [sign(key, id, int(timestamp), body).encode() for key in self._keys]
        offered_signatures = [offered.encode() for offered in signatures.split(" ")[:20]]
        # Every pair is compared in constant time, against timing attacks.
        if not sum(
            hmac.compare_digest(offered, expected) for offered in offered_signatures for expected in expected_signatures
        ):
            raise InvalidSignatureError("no signature matches")
        if self._replay_cache is not None and not self._replay_cache.add(
            id, expires_at=signed_at + 2 * self._tolerance
        ):
            raise InvalidSignatureError("the call is a replay: its id was received before")
        return VerifiedWebhook(id, signed_at, body)

    def __repr__(self) -> str:
        return f"Verifier({len(self._keys)} secrets)"
