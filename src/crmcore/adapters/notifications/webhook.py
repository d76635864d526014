"""Webhooks: letters and facts as signed web calls.

Rule 1: a call says little: which, what about, whose, when. Whoever needs more asks for it, and is asked who he is.
Rule 2: every attempt carries the same id and body, and a fresh time and signature.
Rule 3: nothing but success is success: a redirect is a failure, and 410 is goodbye.
"""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from crmcore.adapters.notifications.http_client import Connection, Response
from crmcore.adapters.notifications.url_guard import UrlGuard
from crmcore.adapters.notifications.webhook_signatures import parse_secret, sign
from crmcore.domain.kernel.errors.infrastructure import BlockedUrlError, DeliveryError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent

MAX_BODY_SIZE: Final = 20_000
"""How large a body may be, in bytes."""
DEFAULT_TIMEOUT: Final = 15.0
"""How long one call may take, in seconds."""
PUBLISH_TIME_LIMIT: Final = 30.0
"""How long one round of facts may take, in seconds, so that the listener's lease still holds at its end."""
MAX_RETRY_AFTER: Final = timedelta(days=1)
"""The longest that a receiver can make us wait."""

Secrets = Sequence[str] | Callable[[str], Sequence[str]]
"""What to sign with: always the same, or by the receiver's address. Several sign while one is being replaced by the next."""


class WebhookNotifier:
    """Sends letters whose address is a web address.

    Args:
        secrets: what to sign with. Receivers who are strangers to each other need different ones.
        url_guard: which addresses may be dialled; public ones when not given.
        timeout: for one call, in seconds.
        include_content: whether the letter's facts, subject and text travel too. They may say something about persons.
        ssl_context: what is trusted; the machine's own authorities when not given.
        now: what time it is.

    Raises:
        InvalidInputError: a secret is none.
    """

    def __init__(
        self,
        secrets: Secrets,
        *,
        url_guard: UrlGuard | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        include_content: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._signer = Signer(secrets, now)
        self._url_guard = url_guard or UrlGuard()
        self._timeout = timeout
        self._include_content = include_content
        self._ssl_context = ssl_context

    def send(self, message: OutgoingMessage, /) -> None:
        """Send it.

        Raises:
            DeliveryError: permanently, when the receiver is gone (410), the address leads inside, or the body is too large; for now
                otherwise, after the time that a 429 or 503 names.
        """
        payload: dict[str, Any] = {
            "id": message.id,
            "topic": message.topic,
            "about_id": message.about_id,
            "tenant": message.tenant,
            "at": format_instant(message.at),
        }
        if self._include_content:
            payload |= {"subject": message.subject, "text": message.body, "data": dict(message.variables)}
        body = encode_body(payload)
        headers = self._signer.headers(message.address, message.id, body)
        with connect(
            self._url_guard, message.address, timeout=self._timeout, ssl_context=self._ssl_context
        ) as connection:
            raise_for_status(post(connection, body, headers))

    def __repr__(self) -> str:
        return f"WebhookNotifier(full={self._include_content})"


class WebhookPublisher:
    """Publishes every event of the feed to one URL, one call each, in order.

    Args:
        url: of the listener.
        secrets, guard, timeout, context, now: as `WebhookNotifier` takes them.
        build_payload: makes more of a fact than the thin form, as plain data; what a fact holds may say something about persons.

    Raises:
        BlockedUrlError: the address can never be dialled.
        InvalidInputError: a secret is none.
    """

    def __init__(
        self,
        url: str,
        secrets: Secrets,
        *,
        url_guard: UrlGuard | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        build_payload: Callable[[RecordedEvent], Mapping[str, Any]] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._signer = Signer(secrets, now)
        self._url_guard = url_guard or UrlGuard()
        self._url_guard.check(url)
        self._timeout = timeout
        self._build_payload = build_payload or thin_payload
        self._ssl_context = ssl_context

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Tell the facts, over one connection.

        Raises:
            DeliveryError: one was not taken, or time ran out; `DeliveryError.delivered_count` tells how many were.
        """
        deadline = time.monotonic() + PUBLISH_TIME_LIMIT
        with connect(self._url_guard, self._url, timeout=self._timeout, ssl_context=self._ssl_context) as connection:
            for delivered_count, event in enumerate(events):
                if delivered_count and time.monotonic() > deadline:
                    raise DeliveryError("webhook", "the listener is slow", delivered_count=delivered_count)
                try:
                    body = encode_body({**self._build_payload(event)})
                    headers = self._signer.headers(self._url, event.id, body)
                except DeliveryError as failure:
                    raise DeliveryError(
                        "webhook", failure.problem, is_permanent=failure.is_permanent, delivered_count=delivered_count
                    ) from failure
                except Exception as error:  # the host's functions; what the listener took before stays taken
                    raise DeliveryError(
                        "webhook", f"the call was not made ({type(error).__name__})", delivered_count=delivered_count
                    ) from error
                raise_for_status(
                    post(connection, body, headers, delivered_count=delivered_count), delivered_count=delivered_count
                )

    def __repr__(self) -> str:
        return "WebhookPublisher()"


class Signer:
    """Makes the headers of a call.

    Args:
        secrets: as `WebhookNotifier` takes them.
        now: what time it is.
    """

    def __init__(self, secrets: Secrets, now: Callable[[], datetime]) -> None:
        self._secrets_for = secrets if callable(secrets) else None
        self._keys = [] if callable(secrets) else [parse_secret(secret) for secret in secrets]
        if not self._secrets_for and not self._keys:
            raise InvalidInputError("webhook.secrets", "must hold at least one")
        self._now = now

    def headers(self, url: str, id: str, body: bytes) -> dict[str, str]:
        """Sign a call."""
        keys = [parse_secret(secret) for secret in self._secrets_for(url)] if self._secrets_for else self._keys
        if not keys:
            raise DeliveryError("webhook", "there is no secret for the receiver")
        at = int(self._now().timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": "crmcore",
            "webhook-id": id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(sign(key, id, at, body) for key in keys),
        }


def thin_payload(event: RecordedEvent) -> Mapping[str, Any]:
    """What a listener is told of a fact: enough to ask for it."""
    return {
        "id": event.id,
        "topic": event.event.name,
        "about_id": event.subject_id,
        "tenant": event.tenant,
        "at": format_instant(event.event.at),
        "version": event.version,
        "position": event.position,
    }


def format_instant(at: datetime) -> str:
    """Write a time as the wire does."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_body(payload: Mapping[str, Any]) -> bytes:
    """Write facts as JSON, if they fit.

    Raises:
        DeliveryError: permanently: they are too many.
    """
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > MAX_BODY_SIZE:
        raise DeliveryError("webhook", f"the body would be larger than {MAX_BODY_SIZE:,} bytes", is_permanent=True)
    return body


def connect(url_guard: UrlGuard, url: str, *, timeout: float, ssl_context: ssl.SSLContext | None) -> Connection:
    """Get a line to an address that the guard lets through.

    Raises:
        DeliveryError: permanently, when it does not; for now, when nobody knows the host.
    """
    try:
        return Connection(url_guard.resolve(url), timeout=timeout, ssl_context=ssl_context)
    except BlockedUrlError as blocked:
        raise DeliveryError("webhook", f"address refused: {blocked.problem}", is_permanent=True) from None
    except OSError as error:
        raise DeliveryError("webhook", f"the host is not known ({type(error).__name__})") from None


def post(connection: Connection, body: bytes, headers: Mapping[str, str], *, delivered_count: int = 0) -> Response:
    """Make one call.

    Raises:
        DeliveryError: it did not get through; whether it was heard nobody knows.
    """
    try:
        return connection.post(connection.target.path, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryError(
            "webhook", f"the call did not get through ({type(error).__name__})", delivered_count=delivered_count
        ) from None


def raise_for_status(response: Response, *, delivered_count: int = 0) -> None:
    """Let a success pass.

    Raises:
        DeliveryError: anything else.
    """
    match response.status:
        case status if 200 <= status < 300:
            return
        case 410:
            raise DeliveryError(
                "webhook", "the receiver is gone (410)", is_permanent=True, delivered_count=delivered_count
            )
        case 429 | 503:
            wait = _parse_retry_after(response.retry_after)
            raise DeliveryError(
                "webhook",
                f"the receiver is busy ({response.status})",
                retry_after=wait,
                delivered_count=delivered_count,
            )
        case status if 300 <= status < 400:
            raise DeliveryError(
                "webhook",
                f"the receiver sends us elsewhere ({status}); give its new address",
                delivered_count=delivered_count,
            )
        case status:
            raise DeliveryError("webhook", f"the receiver answered {status}", delivered_count=delivered_count)


def _parse_retry_after(retry_after: str) -> timedelta | None:
    """Read Retry-After: seconds, or a date; nothing if it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(timedelta(seconds=int(text)), MAX_RETRY_AFTER)
    try:
        retry_at = parsedate_to_datetime(text)
        retry_at = retry_at if retry_at.tzinfo else retry_at.replace(tzinfo=UTC)
        return max(timedelta(0), min(retry_at - datetime.now(UTC), MAX_RETRY_AFTER))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
