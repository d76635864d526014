"""URL guard (SSRF): internal addresses are never connected to."""

import ipaddress
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from crmcore import UrlGuard, WebhookNotifier
from crmcore.adapters.notifications.url_guard import is_public, resolve_host
from crmcore.errors import BlockedUrlError, DeliveryError
from tests.adapters.notifications.test_webhook import SECRET, message
from tests.payloads.payloads import digest, payloads
from tests.receivers import LOOPBACK, web_server

_connected_addresses: list[Any] = []


def _record_connection(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _connected_addresses.append(arguments[1])


sys.addaudithook(_record_connection)


@contextmanager
def recorded_connections() -> Iterator[list[Any]]:
    """Record the addresses to which this process connects."""
    _connected_addresses.clear()
    yield _connected_addresses


def guard(resolves: str) -> UrlGuard:
    """Create a guard whose resolver returns the same addresses for all names."""
    return UrlGuard(resolver=lambda host, port: resolves.split(", "))


@pytest.mark.parametrize("payload", payloads("urls"), ids=lambda p: p["id"])
def test_blocked_url_is_never_connected_to(payload: dict[str, str]) -> None:
    """Every blocked address is rejected permanently without a connection."""
    notifier = WebhookNotifier([SECRET], url_guard=guard(payload.get("resolves", "93.184.216.34")))
    with recorded_connections() as dialled, pytest.raises(DeliveryError, match="address refused") as failed:
        notifier.send(message(address=payload["url"]))

    assert failed.value.is_permanent
    assert [] == dialled


def test_payload_file_is_append_only() -> None:
    """The file has at least 73 addresses, including those of version 1."""
    assert len(payloads("urls")) >= 73
    assert "d6615c66d80abb5e" == digest("urls", 135)


@pytest.mark.parametrize(
    ("url", "resolves"),
    [
        ("https://example.com/hook?a=1", "93.184.216.34"),
        ("http://hooks.example.com", "93.184.216.34, 2606:2800:220:1::1"),
        ("https://EXAMPLE.com:443/", "8.8.8.8"),
        ("https://8.8.8.8/", ""),
        ("https://[2606:4700:4700::1111]/", ""),
        ("https://xn--bcher-kva.example/", "1.1.1.1"),
        ("https://under_score.example/", "172.15.255.255, 172.32.0.0"),
    ],
)
def test_public_url_is_allowed(url: str, resolves: str) -> None:
    """Public addresses are allowed."""
    target = guard(resolves).resolve(url)

    assert [*filter(None, resolves.split(", "))] == [a for a in target.addresses if resolves]
    assert target.addresses


def test_allowed_ports_networks_and_https_are_configurable() -> None:
    """A host may allow ports and networks, and may require https."""
    open_minded = UrlGuard(ports={443, 8443}, allowed_networks=["10.1.2.0/24", "fd00::/8"], allow_http=False)

    assert (8443, ("10.1.2.3",)) == ((t := open_minded.resolve("https://10.1.2.3:8443/x")).port, t.addresses)
    assert ("fd00::1",) == open_minded.resolve("https://[fd00::1]/").addresses
    for url in ("https://10.1.3.1/", "https://10.1.2.3:80/", "http://10.1.2.3:443/"):
        with pytest.raises(BlockedUrlError):
            open_minded.resolve(url)


def test_url_is_resolved_once_and_connects_to_checked_address() -> None:
    """A name is resolved once; the connection uses the checked address.

    The Host header has the name.
    """
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with web_server() as (hooks, port), recorded_connections() as connected:
        rebinding = UrlGuard(ports={port}, allowed_networks=LOOPBACK, resolver=lambda host, port: answers.pop(0))
        WebhookNotifier([SECRET], url_guard=rebinding).send(message(address=f"http://rebind.example:{port}/hook"))

    assert [("127.0.0.1", port)] == connected
    assert [["10.0.0.1"]] == answers
    assert f"rebind.example:{port}" == hooks.calls[0][1]["host"]


def test_certificate_of_other_host_is_rejected() -> None:
    """TLS sends the name (SNI) and verifies the certificate for it."""
    authority = trustme.CA()
    received: list[str | None] = []
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.example").configure_cert(server_side)
    server_side.sni_callback = lambda _, name, __: received.append(name)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    with web_server(server_side) as (hooks, port):
        inside = UrlGuard(ports={port}, allowed_networks=LOOPBACK, resolver=lambda host, port: ["127.0.0.1"])
        WebhookNotifier([SECRET], url_guard=inside, ssl_context=trusting).send(
            message(address=f"https://hooks.example:{port}/")
        )
        for notifier, name in (
            (WebhookNotifier([SECRET], url_guard=inside, ssl_context=trusting), "other.example"),
            (WebhookNotifier([SECRET], url_guard=inside), "hooks.example"),
        ):
            with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
                notifier.send(message(address=f"https://{name}:{port}/"))

    assert 1 == len(hooks.calls)
    assert ["hooks.example", "other.example", "hooks.example"] == received


def test_resolver_failure_is_temporary() -> None:
    """A failed or empty DNS answer is a temporary failure."""

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "not known")

    resolvers: list[Callable[[str, int], list[str]]] = [unknown, lambda host, port: []]
    for resolve in resolvers:
        with pytest.raises(DeliveryError, match="not known") as failed:
            WebhookNotifier([SECRET], url_guard=UrlGuard(resolver=resolve)).send(
                message(address="https://nowhere.example/")
            )

        assert not failed.value.is_permanent


def test_default_resolver_returns_all_addresses() -> None:
    """The default resolver returns all addresses of the system."""
    assert "127.0.0.1" in resolve_host("localhost", 80)


def test_blocked_ranges_include_every_non_global_address() -> None:
    """The tables are at least as strict as the standard library.

    Both address families are compared.
    """
    edges = [
        edge
        for block in [
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/96",
            "::ffff:0:0/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/32",
            "2001:2::/48",
            "2001:db8::/32",
            "fc00::/7",
            "fe80::/10",
            "ff00::/8",
        ]
        for network in [ipaddress.ip_network(block)]
        for edge in (network[0], network[1], network[-1])
    ]

    assert [] == [str(edge) for edge in edges if is_public(edge)]
    assert [] == [str(a) for a in map(ipaddress.ip_address, range(0, 2**32, 65_537)) if is_public(a) and a.is_private]
