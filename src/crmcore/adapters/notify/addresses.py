"""The address guard: a web address that somebody typed is looked over before anything is dialled.

A server stands where its callers do not: behind the firewall, beside the database, next to the cloud's own services. Whoever may type an
address must not be able to send it there (`docs/decisions/0011`).

Rule 1: what is allowed is written down: plain https and http, ports that were named, names and canonical numbers.
Rule 2: a name is asked for once. All of its addresses must be public ones, by tables of our own, and only one of those is dialled.
Rule 3: nothing is followed: no redirect, no proxy of the environment.
"""

import re
import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from attrs import field, frozen

from crmcore.domain.errors.outside import AddressRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Iterable[str]]

LONGEST: Final = 2_000
"""How long a web address may be, in characters."""
PORTS: Final = {"https": 443, "http": 80}

# The tables of IANA's special-purpose registries as of 2026, written out: Python's own `is_global` answers differently by release, and
# takes multicast, 6to4 and NAT64 for public.
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_6: Final = IPv6Network("2000::/3")
"""All that is assigned. Loopback, mapped IPv4, NAT64, unique local, link-local and multicast lie outside."""
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"`{}|^]")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_LOOKS_LIKE_A_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


@frozen
class Target:
    """Where a checked web address leads.

    Attributes:
        secure: whether it is https.
        host: as it was written; the certificate has to be its.
        path: the path and the query.
        addresses: the public addresses of the host, any of which may be dialled, and no other.
    """

    secure: bool
    host: str
    port: int
    path: str
    addresses: Sequence[str] = ()


def ask_resolver(host: str, port: int) -> list[str]:
    """Ask the system for all addresses of a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _networks(given: Iterable[str | Network]) -> tuple[Network, ...]:
    return tuple(ip_network(network) for network in given)


def _numbers(given: Iterable[int]) -> frozenset[int]:
    return frozenset(given)


@frozen
class AddressGuard:
    """Decides where may be dialled.

    Args:
        ports: that may be dialled; the usual ones of https and http when not given.
        allow: networks that are allowed though they are not public, such as ``10.1.2.0/24`` for a receiver of one's own. Every address
            in them can be reached by whoever may type one.
        http: whether addresses without encryption are taken.
        resolve: who knows the addresses of a name; the system when not given.

    Example:
        >>> AddressGuard().check("https://10.0.0.7/hook")
        Traceback (most recent call last):
        crmcore.domain.errors.outside.AddressRefused: 10.0.0.7: lies inside: 10.0.0.7 is no public address
    """

    ports: frozenset[int] = field(default=frozenset(PORTS.values()), converter=_numbers)
    allow: tuple[Network, ...] = field(default=(), converter=_networks)
    http: bool = True
    resolve: Resolve = ask_resolver

    def check(self, url: str, /) -> Target:
        """Look a web address over without asking anybody: its form, its port, and its host if that is a number.

        Raises:
            AddressRefused: saying why.
        """
        if len(url) > LONGEST:
            raise AddressRefused("the address", f"must have at most {LONGEST:,} characters")
        if _UNPRINTABLE.search(url):
            raise AddressRefused("the address", "must hold no blanks, backslashes or letters beyond ASCII")
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname or ""
        except ValueError:
            raise AddressRefused("the address", "cannot be read") from None
        scheme = parts.scheme.lower()
        if scheme not in PORTS or (scheme == "http" and not self.http):
            raise AddressRefused("the address", f"must begin with {'https:// or http://' if self.http else 'https://'}")
        if "@" in parts.netloc:
            raise AddressRefused("the address", "must hold no user and no password")
        if "#" in url:
            raise AddressRefused("the address", "must hold no #")
        port = PORTS[scheme] if port is None else port
        if port not in self.ports:
            raise AddressRefused(host, f"port {port} is not among {', '.join(map(str, sorted(self.ports)))}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = Target(secure=scheme == "https", host=host, port=port, path=path)
        number = _number(parts.netloc, host)
        if number is None:
            return target
        self._admit(host, [number])
        return Target(target.secure, host, port, path, (str(number),))

    def lead(self, url: str, /) -> Target:
        """Look a web address over and find out where it leads.

        Raises:
            AddressRefused: its form is wrong, or any of its host's addresses is not public.
            OSError: nobody knows the host just now.
        """
        target = self.check(url)
        if target.addresses:
            return target
        found = list(dict.fromkeys(self.resolve(target.host, target.port)))
        if not found:
            raise OSError("the host has no address")
        try:
            self._admit(target.host, [ip_address(text) for text in found])
        except ValueError:  # a zone, as in fe80::1%eth0, or no address at all
            raise AddressRefused(target.host, "leads to what is no address") from None
        return Target(target.secure, target.host, target.port, target.path, tuple(found))

    def _admit(self, host: str, addresses: Iterable[Address]) -> None:
        for address in addresses:
            if not is_public(address) and not any(address in network for network in self.allow):
                raise AddressRefused(host, f"lies inside: {address} is no public address")


def is_public(address: Address, /) -> bool:
    """Whether an address can belong to somebody outside.

    Example:
        >>> [is_public(ip_address(text)) for text in ("8.8.8.8", "169.254.169.254", "::ffff:8.8.8.8", "64:ff9b::808:808")]
        [True, False, False, False]
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    return not any(address in network for network in _NOT_PUBLIC_6)


def _number(netloc: str, host: str) -> Address | None:
    """Read a host that is a number in its one proper spelling; None if it is a name.

    Raises:
        AddressRefused: it is neither. ``0x7f.1``, ``2130706433`` and ``127.1`` are numbers to some libraries and names to others.
    """
    if "[" in netloc:
        try:
            address = IPv6Address(host)
        except ValueError:
            raise AddressRefused(host, "is no address") from None
        if address.scope_id is not None:
            raise AddressRefused(host, "must name no network card")
        return address
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(host or "the address", "must name a host")
    if not _LOOKS_LIKE_A_NUMBER.fullmatch(labels[-1]):
        return None
    try:
        address4 = IPv4Address(host)
    except ValueError:
        raise AddressRefused(host, "must be written as four plain numbers, or as a name") from None
    if str(address4) != host:
        raise AddressRefused(host, "must be written as four plain numbers, or as a name")
    return address4
