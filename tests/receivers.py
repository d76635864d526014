"""Real receivers on the loopback: a mail server and a web server, each of which can misbehave on demand."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK: Final = ("127.0.0.0/8",)
"""The allowance by which tests may dial their own receivers."""


class MailReceiver:
    """A mail server's memory, and its manners.

    Attributes:
        mails: what was taken, as bytes.
        behaviour: ``accept``; ``add_clamped`` (451), ``never`` (550), ``stranger`` (550 for the recipient), ``drop`` (takes the mail, then hangs
            up instead of saying so); or a list of them, one for each mail to come.
    """

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.behaviour: str | list[str] = "accept"

    def next_behaviour(self) -> str:
        """How the next mail is met."""
        return (
            self.behaviour
            if isinstance(self.behaviour, str)
            else (self.behaviour.pop(0) if self.behaviour else "accept")
        )

    def keep(self, mail: bytes, behaviour: str) -> None:
        """Keep a mail, before it is said to be taken."""
        self.mails.append(mail)

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Let a recipient be named."""
        if self.behaviour == "stranger":
            return "550 5.1.1 nobody of that name: " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # as above
        """Take a mail, or not."""
        behaviour = self.next_behaviour()
        if behaviour == "later":
            return "451 4.3.0 come again"
        if behaviour == "never":
            return "550 5.7.1 no, " + str(envelope.rcpt_tos)
        assert isinstance(envelope.content, bytes)
        self.envelopes.append(envelope)
        self.keep(envelope.content, behaviour)
        if behaviour == "drop":
            hang_up(server)
        return "250 OK"


def hang_up(server: SMTP) -> None:
    """Break a connection off without a word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@contextmanager
def mail_server(receiver: MailReceiver | None = None, **settings: Any) -> Iterator[tuple[MailReceiver, int]]:
    """Run a mail server; gives its memory and its port."""
    receiver = receiver or MailReceiver()
    controller = Controller(receiver, hostname="127.0.0.1", port=free_port(), **settings)
    controller.start()
    try:
        yield receiver, controller.port
    finally:
        controller.stop()


class WebhookReceiver:
    """A web server's memory, and its manners.

    Attributes:
        calls: each call's path, headers and body, also those that were refused.
        status: what is answered; or a list, one for each call to come, and then 200.
        headers: of the answers.
        pause: how long an answer takes, in seconds.
        drip: how many bytes of an answer are sent, one in a fifth of a second, before the rest.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.status: int | list[int] = 200
        self.headers: dict[str, str] = {}
        self.pause = 0.0
        self.drip = 0
        self.connections = 0

    def next_response(self) -> int:
        """What is answered next."""
        if isinstance(self.status, int):
            return self.status
        return self.status.pop(0) if self.status else 200


@contextmanager
def web_server(
    context: ssl.SSLContext | None = None, *, receiver: WebhookReceiver | None = None
) -> Iterator[tuple[WebhookReceiver, int]]:
    """Run a web server; gives its memory and its port."""
    memory = receiver or WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            memory.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            memory.calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(memory.pause)
            for byte in b"HTTP/1.1 200 OK\r\n"[: memory.drip]:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)
            if memory.drip:
                return
            self.send_response(memory.next_response())
            for name, value in memory.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_GET(self) -> None:
            memory.calls.append(("GET " + self.path, {}, b""))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A caller that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield memory, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
