"""URL guard (SSRF): check a web address before connecting to it.

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

from crmcore.domain.kernel.errors.infrastructure import BlockedUrlError

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Iterable[str]]

MAX_URL_LENGTH: Final = 2_000
"""How long a web address may be, in characters."""
DEFAULT_PORTS: Final = {"https": 443, "http": 80}

# The tables of IANA's special-purpose registries as of 2026, written out: Python's own `is_global` answers differently by release, and
# takes multicast, 6to4 and NAT64 for public.
_NON_PUBLIC_IPV4: Final = tuple(
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
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")
"""All that is assigned. Loopback, mapped IPv4, NAT64, unique local, link-local and multicast lie outside."""
_NON_PUBLIC_IPV6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_FORBIDDEN_CHARACTERS: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"`{}|^]")
_DNS_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


@frozen
class ResolvedTarget:
    """Where a checked web address leads.

    Attributes:
        is_https: whether it is https.
        host: as it was written; the certificate has to be its.
        path: the path and the query.
        addresses: the public addresses of the host, any of which may be dialled, and no other.
    """

    is_https: bool
    host: str
    port: int
    path: str
    addresses: Sequence[str] = ()


def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system for all addresses of a name."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _to_networks(values: Iterable[str | IpNetwork]) -> tuple[IpNetwork, ...]:
    return tuple(ip_network(network) for network in values)


def _to_ports(values: Iterable[int]) -> frozenset[int]:
    return frozenset(values)


@frozen
class UrlGuard:
    """Decides where may be dialled.

    Args:
        ports: that may be dialled; the usual ones of https and http when not given.
        allowed_networks: networks that are allowed though they are not public, such as ``10.1.2.0/24`` for a receiver of one's own. Every address
            in them can be reached by whoever may type one.
        allow_http: whether addresses without encryption are taken.
        resolver: who knows the addresses of a name; the system when not given.

    Example:
        >>> UrlGuard().check("https://10.0.0.7/hook")
        Traceback (most recent call last):
        crmcore.domain.kernel.errors.infrastructure.BlockedUrlError: 10.0.0.7: lies inside: 10.0.0.7 is no public address
    """

    ports: frozenset[int] = field(default=frozenset(DEFAULT_PORTS.values()), converter=_to_ports)
    allowed_networks: tuple[IpNetwork, ...] = field(default=(), converter=_to_networks)
    allow_http: bool = True
    resolver: Resolver = resolve_host

    def check(self, url: str, /) -> ResolvedTarget:
        """Check a web address without DNS: form, port, and a numeric host.

        Raises:
            BlockedUrlError: saying why.
        """
        if len(url) > MAX_URL_LENGTH:
            raise BlockedUrlError("the address", f"must have at most {MAX_URL_LENGTH:,} characters")
        if _FORBIDDEN_CHARACTERS.search(url):
            raise BlockedUrlError("the address", "must hold no blanks, backslashes or letters beyond ASCII")
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname or ""
        except ValueError:
            raise BlockedUrlError("the address", "cannot be read") from None
        scheme = parts.scheme.lower()
        if scheme not in DEFAULT_PORTS or (scheme == "http" and not self.allow_http):
            raise BlockedUrlError(
                "the address", f"must begin with {'https:// or http://' if self.allow_http else 'https://'}"
            )
        if "@" in parts.netloc:
            raise BlockedUrlError("the address", "must hold no user and no password")
        if "#" in url:
            raise BlockedUrlError("the address", "must hold no #")
        port = DEFAULT_PORTS[scheme] if port is None else port
        if port not in self.ports:
            raise BlockedUrlError(host, f"port {port} is not among {', '.join(map(str, sorted(self.ports)))}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = ResolvedTarget(is_https=scheme == "https", host=host, port=port, path=path)
        address = _parse_ip_literal(parts.netloc, host)
        if address is None:
            return target
        self._require_public(host, [address])
        return ResolvedTarget(target.is_https, host, port, path, (str(address),))

    def resolve(self, url: str, /) -> ResolvedTarget:
        """Look a web address over and find out where it leads.

        Raises:
            BlockedUrlError: its form is wrong, or any of its host's addresses is not public.
            OSError: nobody knows the host just now.
        """
        target = self.check(url)
        if target.addresses:
            return target
        addresses = list(dict.fromkeys(self.resolver(target.host, target.port)))
        if not addresses:
            raise OSError("the host has no address")
        try:
            self._require_public(target.host, [ip_address(text) for text in addresses])
        except ValueError:  # a zone, as in fe80::1%eth0, or no address at all
            raise BlockedUrlError(target.host, "leads to what is no address") from None
        return ResolvedTarget(target.is_https, target.host, target.port, target.path, tuple(addresses))

    def _require_public(self, host: str, addresses: Iterable[IpAddress]) -> None:
        for address in addresses:
            if not is_public(address) and not any(address in network for network in self.allowed_networks):
                raise BlockedUrlError(host, f"lies inside: {address} is no public address")


def is_public(address: IpAddress, /) -> bool:
    """Whether an address can belong to somebody outside.

    Example:
        >>> [is_public(ip_address(text)) for text in ("8.8.8.8", "169.254.169.254", "::ffff:8.8.8.8", "64:ff9b::808:808")]
        [True, False, False, False]
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NON_PUBLIC_IPV4)
    if address.scope_id is not None or address not in _GLOBAL_IPV6:
        return False
    return not any(address in network for network in _NON_PUBLIC_IPV6)


def _parse_ip_literal(netloc: str, host: str) -> IpAddress | None:
    """Parse a host that is a number, in its canonical form; None if a name.

    Raises:
        BlockedUrlError: it is neither. ``0x7f.1``, ``2130706433`` and ``127.1`` are numbers to some libraries and names to others.
    """
    if "[" in netloc:
        try:
            address = IPv6Address(host)
        except ValueError:
            raise BlockedUrlError(host, "is no address") from None
        if address.scope_id is not None:
            raise BlockedUrlError(host, "must name no network card")
        return address
    labels = host.split(".")
    if len(host) > 253 or not all(_DNS_LABEL.fullmatch(label) for label in labels):
        raise BlockedUrlError(host or "the address", "must name a host")
    if not _NUMERIC_LABEL.fullmatch(labels[-1]):
        return None
    try:
        address4 = IPv4Address(host)
    except ValueError:
        raise BlockedUrlError(host, "must be written as four plain numbers, or as a name") from None
    if str(address4) != host:
        raise BlockedUrlError(host, "must be written as four plain numbers, or as a name")
    return address4
