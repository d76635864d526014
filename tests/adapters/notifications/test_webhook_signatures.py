"""Standard Webhooks signatures: the official example and attacks.

Forged, old and repeated calls are rejected.
"""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from crmcore import WebhookVerifier
from crmcore.adapters.notifications.webhook_signatures import MemoryReplayCache, VerifiedWebhook, parse_secret, sign
from crmcore.errors import InvalidInputError, InvalidSignatureError

# The example of the specification and its libraries.
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID: Final = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT: Final = 1614265330
BODY: Final = b'{"test": 2432232314}'
SIGNATURE: Final = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS: Final = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
NOW: Final = datetime.fromtimestamp(AT, UTC)
OTHER_SECRET: Final = "whsec_" + "QUJD" * 11


def verifier(*secrets: str, at: datetime = NOW, replay_cache: MemoryReplayCache | None = None) -> WebhookVerifier:
    """Create a verifier at the time of the example."""
    return WebhookVerifier(secrets or (SECRET,), now=lambda: at, replay_cache=replay_cache)


def test_official_example_is_signed_and_verified() -> None:
    """The signature equals the official example and is accepted."""
    assert SIGNATURE == sign(parse_secret(SECRET), ID, AT, BODY)
    assert SIGNATURE == sign(parse_secret(SECRET.removeprefix("whsec_")), ID, AT, BODY)
    assert VerifiedWebhook(ID, NOW, BODY) == verifier().verify(HEADERS, BODY)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"webhook-id": ID + "x"}, BODY),
        ({"webhook-id": ""}, BODY),
        ({"webhook-timestamp": str(AT + 1)}, BODY),
        ({"webhook-timestamp": ""}, BODY),
        ({"webhook-timestamp": "٣"}, BODY),
        ({"webhook-timestamp": "-1"}, BODY),
        ({"webhook-timestamp": "9" * 30}, BODY),
        ({"webhook-timestamp": f"{AT}.0"}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-signature": SIGNATURE.replace("v1,", "v2,")}, BODY),
        ({"webhook-signature": SIGNATURE.removeprefix("v1,")}, BODY),
        ({"webhook-signature": SIGNATURE[:-2]}, BODY),
        ({"webhook-signature": "v1,"}, BODY),
        ({"webhook-signature": SIGNATURE.swapcase()}, BODY),
        ({"webhook-signature": "ü"}, BODY),
        ({"webhook-signature": " ".join(["v1,AAAA"] * 30 + [SIGNATURE])}, BODY),
        ({}, BODY + b" "),
        ({}, b""),
        ({}, BODY.replace(b"2", b"3", 1)),
    ],
)
def test_changed_request_is_rejected(headers: dict[str, str], body: bytes) -> None:
    """A call with any changed, missing or reformatted part is rejected."""
    with pytest.raises(InvalidSignatureError):
        verifier().verify(HEADERS | headers, body)


def test_other_secret_is_rejected_and_rotation_is_supported() -> None:
    """Only holders of a secret can sign; both sides can rotate secrets."""
    with pytest.raises(InvalidSignatureError, match="no signature matches"):
        verifier(OTHER_SECRET).verify(HEADERS, BODY)
    assert ID == verifier(OTHER_SECRET, SECRET).verify(HEADERS, BODY).id
    both = {"webhook-signature": f"{sign(parse_secret(OTHER_SECRET), ID, AT, BODY)} v1a,xyz {SIGNATURE}"}
    assert ID == verifier().verify(HEADERS | both, BODY).id


@pytest.mark.parametrize("minutes", [-5, 5])
def test_request_outside_tolerance_is_rejected(minutes: int) -> None:
    """The tolerance is five minutes before and after."""
    edge = NOW + timedelta(minutes=minutes)

    assert ID == verifier(at=edge).verify(HEADERS, BODY).id
    with pytest.raises(InvalidSignatureError, match="too far from now"):
        verifier(at=edge + timedelta(seconds=minutes / 5)).verify(HEADERS, BODY)


def test_replayed_request_is_rejected() -> None:
    """With a replay cache, a repeated call is rejected.

    This includes a new timestamp. The id of a forged call is not stored.
    """
    seen = MemoryReplayCache(now=lambda: NOW)
    with pytest.raises(InvalidSignatureError, match="no signature"):
        verifier(replay_cache=seen).verify(HEADERS, b"forged")
    verifier(replay_cache=seen).verify(HEADERS, BODY)

    with pytest.raises(InvalidSignatureError, match="is a replay"):
        verifier(replay_cache=seen).verify(HEADERS, BODY)
    later = {"webhook-timestamp": str(AT + 9), "webhook-signature": sign(parse_secret(SECRET), ID, AT + 9, BODY)}
    with pytest.raises(InvalidSignatureError, match="is a replay"):
        verifier(replay_cache=seen).verify(HEADERS | later, BODY)


def test_replay_cache_expires_ids_and_is_threadsafe() -> None:
    """An id expires after the tolerance; one of several callers is first."""
    now = NOW
    seen = MemoryReplayCache(now=lambda: now)
    for number in range(100):
        seen.add(str(number), expires_at=NOW + timedelta(minutes=1))
    now = NOW + timedelta(minutes=2)
    first: list[bool] = []
    threads = [
        threading.Thread(target=lambda: first.append(seen.add("a", expires_at=now + timedelta(minutes=1))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == sum(first)
    assert 1 == len(seen._expires_at)


def test_header_names_are_case_insensitive() -> None:
    """Header names are accepted in any case."""
    assert ID == verifier().verify({name.title(): value for name, value in HEADERS.items()}, BODY).id


def test_invalid_secret_is_rejected_and_never_shown() -> None:
    """A bad secret is rejected; errors and repr do not contain it."""
    for secrets in ([], ["whsec_AAAA"], ["not base 64!"]):
        with pytest.raises(InvalidInputError):
            WebhookVerifier(secrets)
    assert "Verifier(1 secrets)" == repr(verifier())
