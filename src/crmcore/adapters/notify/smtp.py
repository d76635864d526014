"""E-mail by SMTP, with the standard library alone.

Rule 1: every attempt is the same message to the byte, Message-ID included, so that a receiver can drop what it has.
Rule 2: no header comes from outside unlooked-at: what has a line break or another control character in it does not leave.
Rule 3: a lost connection is a failure. The mail may have arrived all the same; then it arrives again, under the same id.
"""

import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final, Literal

from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.messages import Letter

TIMEOUT: Final = 15.0
"""How long the server may be silent, in seconds: well under the lease that delivery gives a message."""

Security = Literal["starttls", "tls", "none"]

_PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
_NO_URL: Final = re.compile(r"[\s<>]")
_PLAIN: Final = SMTP.clone(cte_type="7bit")  # every server takes it
_UNSENDABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class SmtpNotifier:
    """Sends e-mails through a mail server.

    Args:
        host: the server's name.
        sender: the address that mails come from; replies and bounces go there.
        sender_name: the name before it.
        port: 587 with STARTTLS, 465 with TLS, 25 with neither, when not given.
        security: ``starttls`` and ``tls`` check the server's certificate; ``none`` is for a server on the same machine.
        user: to log in with, if the server asks for it.
        password: as above.
        timeout: how long the server may be silent, in seconds.
        context: what is trusted; the machine's own authorities when not given.
        unsubscribe: tells the https address by which the receiver of a letter unsubscribes with one click (RFC 8058), or None. Without
            it, mails have no List-Unsubscribe: notices to one's own people need none.

    Raises:
        InvalidInput: a password without encryption, an address that is none.
    """

    def __init__(
        self,
        host: str,
        *,
        sender: str,
        sender_name: str = "",
        port: int | None = None,
        security: Security = "starttls",
        user: str | None = None,
        password: str | None = None,
        timeout: float = TIMEOUT,
        context: ssl.SSLContext | None = None,
        unsubscribe: Callable[[Letter], str | None] | None = None,
    ) -> None:
        if security not in _PORTS:
            raise InvalidInput("smtp.security", "must be starttls, tls or none")
        if security == "none" and user is not None:
            raise InvalidInput("smtp.security", "must not be none with a password; it could be read on the way")
        self._host = host
        self._port = port or _PORTS[security]
        self._security = security
        self._login = None if user is None else (user, password or "")
        self._timeout = timeout
        self._context = context
        self._unsubscribe = unsubscribe
        try:
            self._sender = _address(sender, sender_name)
        except ValueError:
            raise InvalidInput("smtp.sender", "must be an e-mail address") from None

    def send(self, letter: Letter, /) -> None:
        """Send it.

        Raises:
            DeliveryFailed: permanently, when the server refuses it for good (5xx) or it cannot be a mail; for now, when the server asks
                to come again (4xx), cannot be reached, does not let us in, or hangs up.
        """
        message = self.compose(letter)
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            raise _failed(letter, f"the server did not let us in ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise _failed(letter, f"the server cannot be reached ({type(error).__name__})") from None
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(letter, *(code for code, _ in error.recipients.values())) from None
        except smtplib.SMTPResponseException as error:
            raise _refused(letter, error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise _failed(letter, "the server takes no address in these letters", permanent=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _failed(letter, f"the connection was lost ({type(error).__name__})") from None
        finally:
            # It is sent or not by now; how the server says goodbye changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def compose(self, letter: Letter, /) -> EmailMessage:
        """Write the mail: the same bytes for the same letter.

        Raises:
            DeliveryFailed: permanently: it holds a control character, or the address is none.
        """
        message = EmailMessage(policy=_PLAIN)
        unsubscribe = self._unsubscribe(letter) if self._unsubscribe else None
        given = (letter.to, letter.name, letter.subject, letter.language, letter.id, letter.tenant, unsubscribe or "")
        if any(map(_UNSENDABLE.search, given)) or _NO_URL.search(unsubscribe or "") or "\0" in letter.body:
            raise _failed(letter, "it has a control character where none may be", permanent=True)
        try:
            message["From"] = self._sender
            message["To"] = _address(letter.to, letter.name)
        except ValueError:
            raise _failed(letter, "that is no e-mail address", permanent=True) from None
        message["Subject"] = letter.subject
        message["Date"] = letter.at
        message["Message-ID"] = f"<{message_key(letter)}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if unsubscribe:
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.body)  # it takes away what was said about the content before
        if letter.language:
            message["Content-Language"] = letter.language
        return message

    def __repr__(self) -> str:
        return f"SmtpNotifier({self._host!r}, port={self._port}, security={self._security!r})"

    def _connect(self) -> smtplib.SMTP:
        server: smtplib.SMTP
        if self._security == "tls":
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=self._trusted())
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                server.starttls(context=self._trusted())
            if self._login:
                server.login(*self._login)
        except BaseException:
            server.close()
            raise
        return server

    def _trusted(self) -> ssl.SSLContext:
        # Without a context smtplib encrypts, and asks nobody who is at the other end.
        return self._context or ssl.create_default_context()


def message_key(letter: Letter) -> str:
    """What identifies a letter in all of its attempts, without telling what the id tells."""
    return hashlib.sha256(f"{letter.tenant}\0{letter.id}".encode()).hexdigest()[:32]


def _address(address: str, name: str) -> Address:
    """Make an address of exactly one mailbox; a domain in other letters is written in its ASCII form.

    Raises:
        ValueError: that is none, or several.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or set(address) & set(' ,;:<>()[]"\\'):
        raise ValueError(address)
    return Address(name, username=local, domain=domain if domain.isascii() else domain.encode("idna").decode())


def _refused(letter: Letter, *codes: int) -> DeliveryFailed:
    code = max(codes)
    return _failed(letter, f"the server refused it ({code})", permanent=code >= 500)


def _failed(letter: Letter, problem: str, *, permanent: bool = False) -> DeliveryFailed:
    return DeliveryFailed(letter.channel, problem, permanent=permanent)
