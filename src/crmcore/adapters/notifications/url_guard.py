"""URL guard (SSRF): check a web address before connecting to it.

The server can reach internal services that its users cannot: behind the firewall, databases, cloud metadata. A user who enters an address
must not be able to make the server call them (ADR-0011).

Invariants:
    1. An allowlist decides: https and http, the configured ports, host names and canonical IP addresses.
    2. A name is resolved once. All of its addresses must be public by the tables below, and the connection goes to one of them.
    3. No redirect and no proxy of the environment is followed.
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
"""The maximum length of a web address, in characters."""
DEFAULT_PORTS: Final = {"https": 443, "http": 80}

# The tables of IANA's special-purpose registries as of 2026, because Python's `is_global` differs by release and
# treats multicast, 6to4 and NAT64 as public.
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
"""The assigned global range, without loopback, mapped IPv4, NAT64, unique local, link-local and multicast."""
_NON_PUBLIC_IPV6: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: contains an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_FORBIDDEN_CHARACTERS: Final = re.compile(r"[^\x21-\x7e]|[\\<>\"`{}|^]")
_DNS_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)


@frozen
class ResolvedTarget:
    """The target of a checked web address.

    Attributes:
        is_https: whether the scheme is https.
        host: the host as written; the certificate must match it.
        path: the path with the query.
        addresses: the public addresses of the host; connections use only these.
    """

    is_https: bool
    host: str
    port: int
    path: str
    addresses: Sequence[str] = ()


def resolve_host(host: str, port: int) -> list[str]:
    """Resolve all addresses of a name with the system's resolver."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _to_networks(values: Iterable[str | IpNetwork]) -> tuple[IpNetwork, ...]:
    return tuple(ip_network(network) for network in values)


def _to_ports(values: Iterable[int]) -> frozenset[int]:
    return frozenset(values)


@frozen
class UrlGuard:
    """Allows only connections to public addresses (SSRF protection).

    Args:
        ports: the allowed ports; 443 and 80 by default.
        allowed_networks: non-public networks that are allowed, such as ``10.1.2.0/24`` for an internal receiver. Every user who can enter
            an address can reach all of them.
        allow_http: whether unencrypted http is allowed.
        resolver: resolves the addresses of a name; that of the system by default.

    Example:
        >>> UrlGuard().check("https://10.0.0.7/hook")
        Traceback (most recent call last):
        crmcore.domain.kernel.errors.infrastructure.BlockedUrlError: 10.0.0.7: resolves to 10.0.0.7, which is not a public address
    """

    ports: frozenset[int] = field(default=frozenset(DEFAULT_PORTS.values()), converter=_to_ports)
    allowed_networks: tuple[IpNetwork, ...] = field(default=(), converter=_to_networks)
    allow_http: bool = True
    resolver: Resolver = resolve_host

    def check(self, url: str, /) -> ResolvedTarget:
        """Check a web address without DNS: form, port, and a numeric host.

        Raises:
            BlockedUrlError: the address is not allowed; the error has the reason.
        """
        if len(url) > MAX_URL_LENGTH:
            raise BlockedUrlError("the address", f"must have at most {MAX_URL_LENGTH:,} characters")
        if _FORBIDDEN_CHARACTERS.search(url):
            raise BlockedUrlError("the address", "must contain no spaces, backslashes or characters beyond ASCII")
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
        """Check a web address and resolve its host.

        Raises:
            BlockedUrlError: the form is wrong, or an address of the host is not public.
            OSError: the host cannot be resolved at present.
        """
        target = self.check(url)
        if target.addresses:
            return target
        addresses = list(dict.fromkeys(self.resolver(target.host, target.port)))
        if not addresses:
            raise OSError("the host has no address")
        try:
            self._require_public(target.host, [ip_address(text) for text in addresses])
        except ValueError:  # a scope id, as in fe80::1%eth0, or not an address
            raise BlockedUrlError(target.host, "leads to what is no address") from None
        return ResolvedTarget(target.is_https, target.host, target.port, target.path, tuple(addresses))

    def _require_public(self, host: str, addresses: Iterable[IpAddress]) -> None:
        for address in addresses:
            if not is_public(address) and not any(address in network for network in self.allowed_networks):
                raise BlockedUrlError(host, f"resolves to {address}, which is not a public address")


def is_public(address: IpAddress, /) -> bool:
    """Return whether an address is public.

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
        BlockedUrlError: the host is neither. Some libraries read ``0x7f.1``, ``2130706433`` and ``127.1`` as numbers, others as names.
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
