"""Webhooks are sent, signed, to a real web server on the loopback."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

import pytest

from crmcore import Crm, FrozenClock, UrlGuard, WebhookNotifier, WebhookPublisher, WebhookVerifier
from crmcore.adapters.notifications.webhook import _parse_retry_after
from crmcore.domain.kernel.ids import MessageId
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.errors import BlockedUrlError, DeliveryError, InvalidInputError
from tests.receivers import LOOPBACK, WebhookReceiver, free_port, web_server

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECOND_SECRET: Final = "whsec_" + "QUJD" * 11
ID: Final = MessageId("message_018f3c0e6b7a7c1e9d2b4a5f60718293")
AT: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)


def message(**changes: Any) -> OutgoingMessage:
    """Build a message to a URL."""
    fields: dict[str, Any] = {
        "id": ID,
        "tenant": "default",
        "channel": "webhook",
        "address": "https://hooks.example/crm",
        "recipient_name": "",
        "subject": "Late: call Jānis",
        "body": "It was due.",
        "language": "en",
        "topic": "task.overdue",
        "about_id": "task_018f3c0e6b7a7c1e9d2b4a5f60718293",
        "variables": {"title": "call Jānis"},
        "at": AT,
    }
    return OutgoingMessage(**fields | changes)


def loopback_guard(port: int) -> UrlGuard:
    """Create a guard that allows the server of the test."""
    return UrlGuard(ports={port}, allowed_networks=LOOPBACK)


def send(port: int, **settings: Any) -> None:
    """Send a message to the server on the loopback interface."""
    notifier = WebhookNotifier(settings.pop("secrets", [SECRET]), url_guard=loopback_guard(port), **settings)
    notifier.send(message(address=f"http://127.0.0.1:{port}/hook?a=1"))


def test_thin_payload_is_signed_and_verifiable() -> None:
    """The payload is thin and signed; its id is that of the message."""
    with web_server() as (receiver, port):
        send(port)
    path, headers, body = receiver.calls[0]
    verified = WebhookVerifier([SECRET]).verify(headers, body)

    assert "/hook?a=1" == path
    assert {
        "id": ID,
        "topic": "task.overdue",
        "about_id": "task_018f3c0e6b7a7c1e9d2b4a5f60718293",
        "tenant": "default",
        "at": "2026-03-02T09:00:00Z",
    } == json.loads(verified.body)
    assert (ID, "application/json") == (verified.id, headers["content-type"])


def test_full_payload_contains_text_and_variables() -> None:
    """With ``include_content``, the payload has text and variables."""
    with web_server() as (receiver, port):
        send(port, include_content=True)
    said = json.loads(receiver.calls[0][2])

    assert ("Late: call Jānis", {"title": "call Jānis"}) == (said["subject"], said["data"])


def test_secret_rotation_signs_with_both_secrets() -> None:
    """During a rotation, a receiver with either secret verifies.

    Secrets may depend on the receiver.
    """
    with web_server() as (receiver, port):
        send(port, secrets=[SECOND_SECRET, SECRET])
        send(port, secrets=lambda url: [SECRET] if url.endswith("a=1") else [SECOND_SECRET])
        with pytest.raises(DeliveryError, match="no secret"):
            send(port, secrets=lambda url: [])

    for secret, call in ((SECRET, 0), (SECOND_SECRET, 0), (SECRET, 1)):
        assert ID == WebhookVerifier([secret]).verify(*receiver.calls[call][1:]).id


@pytest.mark.parametrize(
    ("status", "permanent", "problem"),
    [
        (302, False, "receiver redirects"),
        (400, False, "answered 400"),
        (410, True, "gone"),
        (429, False, "busy"),
        (500, False, "answered 500"),
        (503, False, "busy"),
    ],
)
def test_response_status_decides_success_and_permanence(status: int, permanent: bool, problem: str) -> None:  # noqa: FBT001  # a row of the table
    """Redirects are not followed; 410 is permanent; others are retried."""
    with web_server() as (receiver, port):
        receiver.status, receiver.headers = status, {"location": f"http://127.0.0.1:{port}/elsewhere"}
        with pytest.raises(DeliveryError, match=problem) as failed:
            send(port)

    assert permanent is failed.value.is_permanent
    assert ["/hook?a=1"] == [path for path, _, _ in receiver.calls]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_status_is_success(status: int) -> None:
    """Any 2xx status is a success."""
    with web_server() as (receiver, port):
        receiver.status = status
        send(port)

    assert 1 == len(receiver.calls)


def test_retry_after_header_delays_next_attempt() -> None:
    """Retry-After is respected up to a day, in seconds or as a date.

    A malformed value is ignored.
    """

    def wait(header: str) -> timedelta | None:
        with web_server() as (receiver, port):
            receiver.status, receiver.headers = 429, {"retry-after": header}
            with pytest.raises(DeliveryError) as failed:
                send(port)
        return failed.value.retry_after

    assert timedelta(seconds=120) == wait("120")
    assert timedelta(days=1) == wait("999999999")
    assert (None, None, None) == (wait("soon"), wait("-5"), wait("1" * 50))
    assert timedelta(0) == wait("Mon, 02 Mar 2020 09:00:00 GMT")
    dated = wait(format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True))
    assert dated is not None
    assert timedelta(minutes=59) < dated <= timedelta(hours=1)


@pytest.mark.parametrize("manner", ["slow", "dripping"])
def test_slow_receiver_exceeds_total_timeout(manner: str) -> None:
    """One deadline limits the whole request.

    This also holds for a receiver that sends one byte at a time.
    """
    with web_server() as (receiver, port):
        receiver.pause, receiver.drip = (3.0, 0) if manner == "slow" else (0.0, 16)
        began = time.monotonic()
        with pytest.raises(DeliveryError, match="did not get through") as failed:
            send(port, timeout=0.4)

        assert time.monotonic() - began < 3  # the complete slow response would take 3.2 seconds
        assert not failed.value.is_permanent


def test_connection_refused_is_temporary() -> None:
    """A refused connection is a temporary failure."""
    with pytest.raises(DeliveryError, match="did not get through") as failed:
        send(free_port())

    assert not failed.value.is_permanent


def test_body_over_limit_is_rejected_before_connecting() -> None:
    """A body above 20,000 bytes is rejected permanently before connecting."""
    with web_server() as (receiver, port):
        notifier = WebhookNotifier([SECRET], url_guard=loopback_guard(port), include_content=True)
        url = f"http://127.0.0.1:{port}/"
        spare = 20_000 - _body_length(notifier, receiver, url)
        notifier.send(message(address=url, body="x" * spare))
        with pytest.raises(DeliveryError, match="larger than") as failed:
            notifier.send(message(address=url, body="x" * (spare + 1)))

    assert failed.value.is_permanent
    assert [20_000] == [len(body) for _, _, body in receiver.calls[1:]]


def _body_length(notifier: WebhookNotifier, receiver: WebhookReceiver, url: str) -> int:
    notifier.send(message(address=url, body=""))
    return len(receiver.calls[-1][2])


def test_invalid_secret_is_rejected_and_never_shown() -> None:
    """A bad secret is rejected; the error does not contain it."""
    for secrets in ([], ["whsec_short"], ["whsec_" + "A" * 400], ["!!!"]):
        with pytest.raises(InvalidInputError) as refused:
            WebhookNotifier(secrets)

        assert not any(secret in str(refused.value) for secret in secrets)
    assert SECRET[6:] not in repr(WebhookNotifier([SECRET]))


def crm_with_publisher(receiver_port: int, **settings: Any) -> tuple[Crm, Any]:
    """Create a Crm with one publisher to the loopback interface."""
    clock = FrozenClock()
    publisher = WebhookPublisher(
        f"http://127.0.0.1:{receiver_port}/facts", [SECRET], url_guard=loopback_guard(receiver_port), **settings
    )
    crm = Crm(clock=clock, publishers={"erp": publisher})
    return crm, crm.funnels.create("Windows", stages=["First call", "Done"])


def test_publisher_sends_every_event_once_in_order() -> None:
    """Each event is sent once, in order, over one connection."""
    with web_server() as (receiver, port):
        crm, funnel = crm_with_publisher(port)
        lead = crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=funnel.id)
        crm.deals.move(lead.deal.id, stage_key="Done")
        published = crm.deliver().published
        assert 0 == crm.deliver().published
    said = [json.loads(body) for _, _, body in receiver.calls]

    assert published == len(said)
    assert [*range(1, published + 1)] == [one["position"] for one in said]
    assert {"funnel.created", "customer.created", "deal.opened", "deal.moved"} <= {one["topic"] for one in said}
    assert [one["id"] for one in said] == [headers["webhook-id"] for _, headers, _ in receiver.calls]
    assert "Jānis" not in str(receiver.calls)
    assert 1 == receiver.connections


def test_publisher_resumes_after_last_accepted_event() -> None:
    """Accepted events are not resent; a rejected one is retried later.

    The retry has the same id.
    """
    clock = FrozenClock()
    with web_server() as (receiver, port):
        crm, funnel = crm_with_publisher(port)
        clock = crm._environment.clock  # type: ignore[assignment]  # the clock given to the Crm
        crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=funnel.id)
        receiver.status = [200, 200, 500, 500]
        first, second, third = crm.deliver(), crm.deliver(), crm.deliver()
        clock.advance(minutes=5)
        crm.deliver()
    ids = [headers["webhook-id"] for _, headers, _ in receiver.calls]

    assert (2, 0) == (first.published, first.failed_publishers)
    assert (0, 1) == (second.published, second.failed_publishers)
    assert (0, 0) == (third.published, third.failed_publishers)
    assert ids[2] == ids[3] == ids[4]
    assert len(set(ids)) == len(ids) - 2


def test_publish_with_a_failing_write_keeps_what_was_taken() -> None:
    """An error of the host's function reports the delivered count."""

    def write(event: RecordedEvent) -> dict[str, Any]:
        if event.position == 3:
            raise KeyError("missing")
        return {"id": event.id}

    with web_server() as (hooks, port):
        publisher = WebhookPublisher(
            f"http://127.0.0.1:{port}/", [SECRET], url_guard=loopback_guard(port), build_payload=write
        )
        clock = FrozenClock()
        crm = Crm(clock=clock, publishers={"a": publisher})
        for number in range(4):
            crm.users.create(f"Anna {number}")
        first = crm.deliver()
        second = crm.deliver()

    assert (2, 0) == (first.published, first.failed_publishers)
    assert (0, 1) == (second.published, second.failed_publishers)
    assert 2 == len(hooks.calls)


@pytest.mark.parametrize(
    "header",
    [
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Sat, 01 Jan 0001 00:00:00 +2359",
        "Mon, 01 Jan 99999 00:00:00 GMT",
        "-999999999999",
        "1e999",
        "9" * 5_000,
        "",
    ],
)
def test_retry_after_that_cannot_be_is_bounded(header: str) -> None:
    """The parsed delay is None, or between zero and one day."""
    wait = _parse_retry_after(header)

    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


def test_publisher_payload_is_configurable() -> None:
    """The host can build the payload of an event."""
    with web_server() as (receiver, port):
        crm, _ = crm_with_publisher(port, build_payload=lambda event: {"what": event.event.name})
        crm.deliver()

    assert {"what": "funnel.created"} == json.loads(receiver.calls[0][2])


def test_publisher_to_blocked_url_is_rejected_at_construction() -> None:
    """A blocked address is rejected when the publisher is created."""
    with pytest.raises(BlockedUrlError):
        WebhookPublisher("http://169.254.169.254/", [SECRET])
