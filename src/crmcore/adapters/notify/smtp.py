"""E-mail by SMTP, with the standard library alone.

Rule 1: every attempt is the same message to the byte, Message-ID included, so that a receiver can drop what it has.
Rule 2: a line break or another control character leaves in no header. `headers` writes them, and what it checks is what is sent.
Rule 3: a lost connection is a failure. The mail may have arrived all the same; then it arrives again, under the same id.
"""

import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, Literal

from crmcore.adapters.notify.headers import as_mailbox, as_text, as_url, checked_address, new_mail
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.messages import Letter

TIMEOUT: Final = 15.0
"""How long the server may be silent, in seconds: well under the lease that delivery gives a message."""
UNKNOWN_LANGUAGE: Final = "und"
"""What a mail calls a language whose tag has no proper form (RFC 5646 4.1)."""

Security = Literal["starttls", "tls", "none"]

_PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
_UNSENDABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNSENDABLE_IN_BODY: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


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
        if _UNSENDABLE.search(sender_name):
            raise InvalidInput("smtp.sender_name", "must be one line without control characters")
        self._sender_name = sender_name
        try:
            self._sender = checked_address(sender)
        except ValueError:
            raise InvalidInput("smtp.sender", "must be an e-mail address") from None

    def send(self, letter: Letter, /) -> None:
        """Send it.

        Raises:
            DeliveryFailed: permanently, when the server refuses it for good (5xx) or it cannot be a mail; for now, when the server asks
                to come again (4xx), cannot be reached, does not let us in, or hangs up.
        """
        content = self.compose(letter).as_bytes()
        addresses = (self._sender, _recipient(letter))
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            raise _failed(letter, f"the server did not let us in ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise _failed(letter, f"the server cannot be reached ({type(error).__name__})") from None
        try:
            _hand_over(server, *addresses, content)
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
        unsubscribe = self._unsubscribe(letter) if self._unsubscribe else None
        given = (letter.to, letter.name, letter.subject, letter.language, letter.id, letter.tenant, unsubscribe or "")
        if any(map(_UNSENDABLE.search, given)) or _UNSENDABLE_IN_BODY.search(letter.body):
            raise _failed(letter, "it has a control character where none may be", permanent=True)
        message = new_mail()
        message["From"] = as_mailbox(self._sender, self._sender_name)
        message["To"] = as_mailbox(_recipient(letter), letter.name)
        message["Subject"] = as_text(letter.subject)
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{message_key(letter)}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if unsubscribe:
            try:
                message["List-Unsubscribe"] = as_url(unsubscribe)
            except ValueError:
                raise _failed(letter, "its address for unsubscribing is no web address", permanent=True) from None
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.body)  # it takes away what was said about the content before
        if letter.language:
            language = letter.language.replace("_", "-")
            message["Content-Language"] = language if _LANGUAGE.fullmatch(language) else UNKNOWN_LANGUAGE
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


def _recipient(letter: Letter) -> str:
    """Read the address of a letter.

    Raises:
        DeliveryFailed: permanently: it is none, or several.
    """
    try:
        return checked_address(letter.to)
    except ValueError:
        raise _failed(letter, "that is no e-mail address", permanent=True) from None


def _hand_over(server: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> None:
    """Send these bytes to this recipient. `SMTP.send_message` would read both out of the headers again.

    Raises:
        smtplib.SMTPException, OSError: the server did not take it.
    """
    options: tuple[str, ...] = ()
    if not (sender + recipient).isascii():
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError
        options = ("SMTPUTF8", "BODY=8BITMIME")
    server.sendmail(sender, [recipient], content, options)


def _refused(letter: Letter, *codes: int) -> DeliveryFailed:
    code = max(codes)
    return _failed(letter, f"the server refused it ({code})", permanent=code >= 500)


def _failed(letter: Letter, problem: str, *, permanent: bool = False) -> DeliveryFailed:
    return DeliveryFailed(letter.channel, problem, permanent=permanent)
