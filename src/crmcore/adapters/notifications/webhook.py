"""Webhooks: send messages and events as signed HTTP requests.

Invariants:
    1. The default payload is thin: ids, topic, tenant and time. Receivers that need more call the authenticated API of the host.
    2. Every attempt has the same id and body, and a new timestamp and signature.
    3. Only a 2xx status is a success: a redirect is a failure, and 410 is a permanent one.
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
"""The maximum size of a body, in bytes."""
DEFAULT_TIMEOUT: Final = 15.0
"""The maximum time of one request, in seconds."""
PUBLISH_TIME_LIMIT: Final = 30.0
"""The maximum time to publish a batch of events, in seconds; it is shorter than the lease."""
MAX_RETRY_AFTER: Final = timedelta(days=1)
"""The maximum delay that a receiver can request by Retry-After."""

Secrets = Sequence[str] | Callable[[str], Sequence[str]]
"""The signing secrets, or a function that returns them for a URL. During a rotation several secrets sign."""


class WebhookNotifier:
    """Sends messages to the URL in their address.

    Args:
        secrets: the signing secrets. Independent receivers need different secrets.
        url_guard: the allowed addresses; public ones by default.
        timeout: the maximum time of one request, in seconds.
        include_content: whether the payload contains subject, text and variables, which may be personal data.
        ssl_context: the trusted certificates; those of the system by default.
        now: returns the current time.

    Raises:
        InvalidInputError: a secret is not valid.
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
        """Send a message.

        Raises:
            DeliveryError: permanent if the receiver is gone (410), the address is blocked, or the body is too large; otherwise
                temporary, with the delay of a 429 or 503.
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
        url: the URL of the receiver.
        secrets, url_guard, timeout, ssl_context, now: as for `WebhookNotifier`.
        build_payload: builds the payload of an event in place of `thin_payload`; events may contain personal data.

    Raises:
        BlockedUrlError: the address is blocked.
        InvalidInputError: a secret is not valid.
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
        """Publish events in order over one connection.

        Raises:
            DeliveryError: an event was not accepted, or the time limit passed; `DeliveryError.delivered_count` is the number before it.
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
                except Exception as error:  # errors of the host's functions; events accepted before stay delivered
                    raise DeliveryError(
                        "webhook", f"the call was not made ({type(error).__name__})", delivered_count=delivered_count
                    ) from error
                raise_for_status(
                    post(connection, body, headers, delivered_count=delivered_count), delivered_count=delivered_count
                )

    def __repr__(self) -> str:
        return "WebhookPublisher()"


class Signer:
    """Creates the headers of a request.

    Args:
        secrets: as for `WebhookNotifier`.
        now: returns the current time.
    """

    def __init__(self, secrets: Secrets, now: Callable[[], datetime]) -> None:
        self._secrets_for = secrets if callable(secrets) else None
        self._keys = [] if callable(secrets) else [parse_secret(secret) for secret in secrets]
        if not self._secrets_for and not self._keys:
            raise InvalidInputError("webhook.secrets", "must hold at least one")
        self._now = now

    def headers(self, url: str, id: str, body: bytes) -> dict[str, str]:
        """Return the headers of a request, with its signatures."""
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
    """Return the default payload of an event, without its content."""
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
    """Format a timestamp in ISO 8601 with ``Z``."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_body(payload: Mapping[str, Any]) -> bytes:
    """Encode a payload as JSON.

    Raises:
        DeliveryError: permanent: the payload is too large.
    """
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > MAX_BODY_SIZE:
        raise DeliveryError("webhook", f"the body would be larger than {MAX_BODY_SIZE:,} bytes", is_permanent=True)
    return body


def connect(url_guard: UrlGuard, url: str, *, timeout: float, ssl_context: ssl.SSLContext | None) -> Connection:
    """Prepare a connection to an address that the guard allows.

    Raises:
        DeliveryError: permanent if the address is blocked; temporary if the host cannot be resolved.
    """
    try:
        return Connection(url_guard.resolve(url), timeout=timeout, ssl_context=ssl_context)
    except BlockedUrlError as blocked:
        raise DeliveryError("webhook", f"address refused: {blocked.problem}", is_permanent=True) from None
    except OSError as error:
        raise DeliveryError("webhook", f"the host is not known ({type(error).__name__})") from None


def post(connection: Connection, body: bytes, headers: Mapping[str, str], *, delivered_count: int = 0) -> Response:
    """Send one request.

    Raises:
        DeliveryError: the connection failed; the receiver may have received the request.
    """
    try:
        return connection.post(connection.target.path, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryError(
            "webhook", f"the call did not get through ({type(error).__name__})", delivered_count=delivered_count
        ) from None


def raise_for_status(response: Response, *, delivered_count: int = 0) -> None:
    """Raise an error unless the status is a success (2xx).

    Raises:
        DeliveryError: the status is no success.
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
                f"the receiver redirects ({status}); configure its new URL",
                delivered_count=delivered_count,
            )
        case status:
            raise DeliveryError("webhook", f"the receiver answered {status}", delivered_count=delivered_count)


def _parse_retry_after(retry_after: str) -> timedelta | None:
    """Parse Retry-After: seconds or a date; None if it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(timedelta(seconds=int(text)), MAX_RETRY_AFTER)
    try:
        retry_at = parsedate_to_datetime(text)
        retry_at = retry_at if retry_at.tzinfo else retry_at.replace(tzinfo=UTC)
        return max(timedelta(0), min(retry_at - datetime.now(UTC), MAX_RETRY_AFTER))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
