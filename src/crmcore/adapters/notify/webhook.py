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

from crmcore.adapters.notify.addresses import AddressGuard
from crmcore.adapters.notify.dialling import Answer, Line
from crmcore.adapters.notify.signatures import key_of, sign
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import AddressRefused, DeliveryFailed
from crmcore.domain.feed import Recorded
from crmcore.domain.messages import Letter

LARGEST: Final = 20_000
"""How large a body may be, in bytes."""
TIMEOUT: Final = 15.0
"""How long one call may take, in seconds."""
SHARE: Final = 30.0
"""How long one round of facts may take, in seconds, so that the listener's lease still holds at its end."""
LONGEST_WAIT: Final = timedelta(days=1)
"""The longest that a receiver can make us wait."""

Secrets = Sequence[str] | Callable[[str], Sequence[str]]
"""What to sign with: always the same, or by the receiver's address. Several sign while one is being replaced by the next."""


class WebhookNotifier:
    """Sends letters whose address is a web address.

    Args:
        secrets: what to sign with. Receivers who are strangers to each other need different ones.
        guard: which addresses may be dialled; public ones when not given.
        timeout: for one call, in seconds.
        full: whether the letter's facts, subject and text travel too. They may say something about persons.
        context: what is trusted; the machine's own authorities when not given.
        now: what time it is.

    Raises:
        InvalidInput: a secret is none.
    """

    def __init__(
        self,
        secrets: Secrets,
        *,
        guard: AddressGuard | None = None,
        timeout: float = TIMEOUT,
        full: bool = False,
        context: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._signer = Signer(secrets, now)
        self._guard = guard or AddressGuard()
        self._timeout = timeout
        self._full = full
        self._context = context

    def send(self, letter: Letter, /) -> None:
        """Send it.

        Raises:
            DeliveryFailed: permanently, when the receiver is gone (410), the address leads inside, or the body is too large; for now
                otherwise, after the time that a 429 or 503 names.
        """
        facts: dict[str, Any] = {
            "id": letter.id,
            "topic": letter.topic,
            "about": letter.about,
            "tenant": letter.tenant,
            "at": instant(letter.at),
        }
        if self._full:
            facts |= {"subject": letter.subject, "text": letter.body, "data": dict(letter.data)}
        body = as_body(facts)
        headers = self._signer.headers(letter.to, letter.id, body)
        with dial(self._guard, letter.to, timeout=self._timeout, context=self._context) as line:
            demand_success(call(line, body, headers))

    def __repr__(self) -> str:
        return f"WebhookNotifier(full={self._full})"


class WebhookPublisher:
    """Tells one listener every fact of the feed, one call each, in order.

    Args:
        url: of the listener.
        secrets, guard, timeout, context, now: as `WebhookNotifier` takes them.
        write: makes more of a fact than the thin form, as plain data; what a fact holds may say something about persons.

    Raises:
        AddressRefused: the address can never be dialled.
        InvalidInput: a secret is none.
    """

    def __init__(
        self,
        url: str,
        secrets: Secrets,
        *,
        guard: AddressGuard | None = None,
        timeout: float = TIMEOUT,
        write: Callable[[Recorded], Mapping[str, Any]] | None = None,
        context: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._signer = Signer(secrets, now)
        self._guard = guard or AddressGuard()
        self._guard.check(url)
        self._timeout = timeout
        self._write = write or thin
        self._context = context

    def publish(self, events: Sequence[Recorded], /) -> None:
        """Tell the facts, over one connection.

        Raises:
            DeliveryFailed: one was not taken, or time ran out; `DeliveryFailed.taken` tells how many were.
        """
        until = time.monotonic() + SHARE
        with dial(self._guard, self._url, timeout=self._timeout, context=self._context) as line:
            for taken, fact in enumerate(events):
                if taken and time.monotonic() > until:
                    raise DeliveryFailed("webhook", "the listener is slow", taken=taken)
                try:
                    body = as_body({**self._write(fact)})
                    headers = self._signer.headers(self._url, fact.id, body)
                except DeliveryFailed as failure:
                    raise DeliveryFailed(
                        "webhook", failure.problem, permanent=failure.permanent, taken=taken
                    ) from failure
                except Exception as error:  # the host's functions; what the listener took before stays taken
                    raise DeliveryFailed(
                        "webhook", f"the call was not made ({type(error).__name__})", taken=taken
                    ) from error
                demand_success(call(line, body, headers, taken=taken), taken=taken)

    def __repr__(self) -> str:
        return "WebhookPublisher()"


class Signer:
    """Makes the headers of a call.

    Args:
        secrets: as `WebhookNotifier` takes them.
        now: what time it is.
    """

    def __init__(self, secrets: Secrets, now: Callable[[], datetime]) -> None:
        self._of = secrets if callable(secrets) else None
        self._keys = [] if callable(secrets) else [key_of(secret) for secret in secrets]
        if not self._of and not self._keys:
            raise InvalidInput("webhook.secrets", "must hold at least one")
        self._now = now

    def headers(self, url: str, id: str, body: bytes) -> dict[str, str]:
        """Sign a call."""
        keys = [key_of(secret) for secret in self._of(url)] if self._of else self._keys
        if not keys:
            raise DeliveryFailed("webhook", "there is no secret for the receiver")
        at = int(self._now().timestamp())
        return {
            "Content-Type": "application/json",
            "User-Agent": "crmcore",
            "webhook-id": id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(sign(key, id, at, body) for key in keys),
        }


def thin(fact: Recorded) -> Mapping[str, Any]:
    """What a listener is told of a fact: enough to ask for it."""
    return {
        "id": fact.id,
        "topic": fact.event.name,
        "about": fact.subject,
        "tenant": fact.tenant,
        "at": instant(fact.event.at),
        "version": fact.version,
        "position": fact.position,
    }


def instant(at: datetime) -> str:
    """Write a time as the wire does."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_body(facts: Mapping[str, Any]) -> bytes:
    """Write facts as JSON, if they fit.

    Raises:
        DeliveryFailed: permanently: they are too many.
    """
    body = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > LARGEST:
        raise DeliveryFailed("webhook", f"the body would be larger than {LARGEST:,} bytes", permanent=True)
    return body


def dial(guard: AddressGuard, url: str, *, timeout: float, context: ssl.SSLContext | None) -> Line:
    """Get a line to an address that the guard lets through.

    Raises:
        DeliveryFailed: permanently, when it does not; for now, when nobody knows the host.
    """
    try:
        return Line(guard.lead(url), timeout=timeout, context=context)
    except AddressRefused as refusal:
        raise DeliveryFailed("webhook", f"address refused: {refusal.problem}", permanent=True) from None
    except OSError as error:
        raise DeliveryFailed("webhook", f"the host is not known ({type(error).__name__})") from None


def call(line: Line, body: bytes, headers: Mapping[str, str], *, taken: int = 0) -> Answer:
    """Make one call.

    Raises:
        DeliveryFailed: it did not get through; whether it was heard nobody knows.
    """
    try:
        return line.post(line.target.path, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryFailed("webhook", f"the call did not get through ({type(error).__name__})", taken=taken) from None


def demand_success(answer: Answer, *, taken: int = 0) -> None:
    """Let a success pass.

    Raises:
        DeliveryFailed: anything else.
    """
    match answer.status:
        case status if 200 <= status < 300:
            return
        case 410:
            raise DeliveryFailed("webhook", "the receiver is gone (410)", permanent=True, taken=taken)
        case 429 | 503:
            wait = _wait(answer.retry_after)
            raise DeliveryFailed("webhook", f"the receiver is busy ({answer.status})", after=wait, taken=taken)
        case status if 300 <= status < 400:
            raise DeliveryFailed(
                "webhook", f"the receiver sends us elsewhere ({status}); give its new address", taken=taken
            )
        case status:
            raise DeliveryFailed("webhook", f"the receiver answered {status}", taken=taken)


def _wait(retry_after: str) -> timedelta | None:
    """Read Retry-After: seconds, or a date; nothing if it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(timedelta(0), min(until - datetime.now(UTC), LONGEST_WAIT))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
