"""The address guard: whatever somebody types, nothing inside is dialled."""

import ipaddress
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trustme

from crmcore import AddressGuard, WebhookNotifier
from crmcore.adapters.notify.addresses import ask_resolver, is_public
from crmcore.errors import AddressRefused, DeliveryFailed
from tests.adapters.notify.test_webhook import SECRET, letter
from tests.payloads.payloads import payloads, seal
from tests.receivers import LOOPBACK, web_server

_dials: list[Any] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _dials.append(arguments[1])


sys.addaudithook(_listen)


@contextmanager
def dials() -> Iterator[list[Any]]:
    """Every address that this process tries to connect to meanwhile."""
    _dials.clear()
    yield _dials


def guard(resolves: str) -> AddressGuard:
    """A guard in a world in which all names lead to the same addresses."""
    return AddressGuard(resolve=lambda host, port: resolves.split(", "))


@pytest.mark.parametrize("payload", payloads("urls"), ids=lambda p: p["id"])
def test_nothing_inside_is_dialled(payload: dict[str, str]) -> None:
    """Every address of the list is refused for good, and nothing is connected to."""
    notifier = WebhookNotifier([SECRET], guard=guard(payload.get("resolves", "93.184.216.34")))
    with dials() as dialled, pytest.raises(DeliveryFailed, match="address refused") as failed:
        notifier.send(letter(to=payload["url"]))

    assert failed.value.permanent
    assert [] == dialled


def test_addresses_are_only_ever_added() -> None:
    """The file holds at least the 73 that were asked for, and the first version's lines as they were."""
    assert len(payloads("urls")) >= 73
    assert "d6615c66d80abb5e" == seal("urls", 135)


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
def test_public_addresses_pass(url: str, resolves: str) -> None:
    """The guard is no wall before the world."""
    target = guard(resolves).lead(url)

    assert [*filter(None, resolves.split(", "))] == [a for a in target.addresses if resolves]
    assert target.addresses


def test_ports_networks_and_plain_http_are_choices() -> None:
    """A host may name more ports and its own networks, and may insist on encryption."""
    open_minded = AddressGuard(ports={443, 8443}, allow=["10.1.2.0/24", "fd00::/8"], http=False)

    assert (8443, ("10.1.2.3",)) == ((t := open_minded.lead("https://10.1.2.3:8443/x")).port, t.addresses)
    assert ("fd00::1",) == open_minded.lead("https://[fd00::1]/").addresses
    for url in ("https://10.1.3.1/", "https://10.1.2.3:80/", "http://10.1.2.3:443/"):
        with pytest.raises(AddressRefused):
            open_minded.lead(url)


def test_a_name_that_changes_its_mind_leads_nowhere_new() -> None:
    """A name is asked for once, and what is dialled is what was looked at; the receiver still hears its own name."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with web_server() as (hooks, port), dials() as dialled:
        rebinding = AddressGuard(ports={port}, allow=LOOPBACK, resolve=lambda host, port: answers.pop(0))
        WebhookNotifier([SECRET], guard=rebinding).send(letter(to=f"http://rebind.example:{port}/hook"))

    assert [("127.0.0.1", port)] == dialled
    assert [["10.0.0.1"]] == answers
    assert f"rebind.example:{port}" == hooks.calls[0][1]["host"]


def test_a_certificate_has_to_be_the_names_own() -> None:
    """Over TLS the name goes along (SNI), and a certificate of another name, or of nobody's, is refused."""
    authority = trustme.CA()
    heard: list[str | None] = []
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.example").configure_cert(server_side)
    server_side.sni_callback = lambda _, name, __: heard.append(name)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    with web_server(server_side) as (hooks, port):
        inside = AddressGuard(ports={port}, allow=LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
        WebhookNotifier([SECRET], guard=inside, context=trusting).send(letter(to=f"https://hooks.example:{port}/"))
        for notifier, name in (
            (WebhookNotifier([SECRET], guard=inside, context=trusting), "other.example"),
            (WebhookNotifier([SECRET], guard=inside), "hooks.example"),
        ):
            with pytest.raises(DeliveryFailed, match="SSLCertVerificationError"):
                notifier.send(letter(to=f"https://{name}:{port}/"))

    assert 1 == len(hooks.calls)
    assert ["hooks.example", "other.example", "hooks.example"] == heard


def test_a_name_that_nobody_knows_is_tried_again() -> None:
    """A resolver that fails, or has no answer, is a failure for now."""

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "not known")

    resolvers: list[Callable[[str, int], list[str]]] = [unknown, lambda host, port: []]
    for resolve in resolvers:
        with pytest.raises(DeliveryFailed, match="not known") as failed:
            WebhookNotifier([SECRET], guard=AddressGuard(resolve=resolve)).send(letter(to="https://nowhere.example/"))

        assert not failed.value.permanent


def test_the_systems_resolver_is_asked() -> None:
    """The default resolver gives all addresses that the system knows."""
    assert "127.0.0.1" in ask_resolver("localhost", 80)


def test_nothing_is_public_that_python_calls_private() -> None:
    """Our own tables are at least as strict as the standard library's, address by address over both families."""
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
