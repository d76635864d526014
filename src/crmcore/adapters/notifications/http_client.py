"""HTTP client: one request to a checked address, with one deadline.

The connection goes to an IP address that the guard has checked. The host name is used in the request and to verify the certificate. So a
DNS answer that changes later (DNS rebinding) has no effect.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from attrs import frozen

from crmcore.adapters.notifications.url_guard import ResolvedTarget


@frozen
class Response:
    """The response of the server, without its body.

    Attributes:
        status: the HTTP status code.
        retry_after: the Retry-After header, or an empty text.
    """

    status: int
    retry_after: str = ""


class Connection:
    """A persistent connection to one target (keep-alive).

    Args:
        target: the checked target.
        timeout: the deadline of one request, from connecting to the response headers, in seconds.
        ssl_context: the trusted certificates.
    """

    def __init__(self, target: ResolvedTarget, *, timeout: float, ssl_context: ssl.SSLContext | None = None) -> None:
        self.target = target
        self._timeout = timeout
        self._ssl_context = ssl_context
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send one request.

        Raises:
            OSError, http.client.HTTPException: the request or the response was not transferred.
        """
        deadline = time.monotonic() + self._timeout
        is_reused = self._socket is not None
        try:
            return self._post(path, body, headers, deadline)
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            if not is_reused:
                raise
        except BaseException:
            self.close()
            raise
        # The server may close an idle connection; the id in the headers makes a second request idempotent.
        return self._post(path, body, headers, deadline)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _post(self, path: str, body: bytes, headers: Mapping[str, str], deadline: float) -> Response:
        target = self.target
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.default_port = 443 if target.is_https else 80  # Host omits the default port
        connection.sock = _DeadlineSocket(self._open_socket(deadline), deadline)
        connection.auto_open = 0
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        result = Response(response.status, response.headers.get("retry-after", ""))
        # A short body is read, so that the connection can be reused; for a long one the connection is closed.
        length = response.length
        if response.will_close or length is None or length > 10_000:
            self.close()
        else:
            with suppress(OSError, http.client.HTTPException):  # the status is known already
                response.read()
        return result

    def _open_socket(self, deadline: float) -> socket.socket:
        if self._socket is None:
            self._socket = self._connect(deadline)
        return self._socket

    def _connect(self, deadline: float) -> socket.socket:
        failure: OSError = OSError("no address")
        for address in self.target.addresses:
            try:
                raw_socket = socket.create_connection((address, self.target.port), timeout=_remaining_time(deadline))
            except OSError as error:
                failure = error
                continue
            raw_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # headers and body are two packets
            if not self.target.is_https:
                return raw_socket
            ssl_context = self._ssl_context or ssl.create_default_context()
            try:
                return ssl_context.wrap_socket(raw_socket, server_hostname=self.target.host)
            except BaseException:
                raw_socket.close()
                raise
        raise failure


class _DeadlineSocket:
    """A socket for `http.client` with one deadline for all operations."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._deadline = deadline

    def sendall(self, content: Any) -> None:
        self._socket.settimeout(_remaining_time(self._deadline))
        self._socket.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._socket, self._deadline))

    def close(self) -> None:
        """Do nothing: the connection closes the socket."""


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_remaining_time(self._deadline))
        return self._socket.recv_into(buffer)


def _remaining_time(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("took too long")
    return remaining
