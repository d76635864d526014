"""SMTP notifier: sends e-mail with the standard library.

Invariants:
    1. Every attempt sends the same bytes, including the Message-ID, so that a receiver can drop duplicates.
    2. No header contains a line break or another control character. `headers` sends exactly the text that it checks.
    3. A lost connection is a failure. The e-mail may have arrived; then it arrives again with the same Message-ID.
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

from crmcore.adapters.notifications.headers import (
    checked_address,
    create_message,
    encode_mailbox,
    encode_text,
    encode_url,
)
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.messaging.messages import OutgoingMessage

DEFAULT_TIMEOUT: Final = 15.0
"""The timeout of network operations, in seconds; it is well below the lease of a message."""
UNKNOWN_LANGUAGE: Final = "und"
"""The language tag that replaces malformed tags (RFC 5646 4.1)."""

Security = Literal["starttls", "tls", "none"]

_DEFAULT_PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
_FORBIDDEN_CHARACTERS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNSENDABLE_IN_BODY: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


class SmtpNotifier:
    """Sends e-mails through an SMTP server.

    Args:
        host: the host name of the server.
        sender: the sender's address; replies and bounces go there.
        sender_name: the display name of the sender.
        port: 587 with STARTTLS, 465 with TLS, 25 with neither, by default.
        security: ``starttls`` and ``tls`` check the server's certificate; ``none`` is for a server on the same machine.
        user: the login name, if the server requires one.
        password: the password of the user.
        timeout: the timeout of network operations, in seconds.
        ssl_context: the trusted certificates; those of the system by default.
        unsubscribe_url: returns the https address for one-click unsubscribing (RFC 8058) from a message, or None. Without it, e-mails
            have no List-Unsubscribe header; internal notices need none.

    Raises:
        InvalidInputError: a password is given without encryption, or the sender is not an e-mail address.
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
        timeout: float = DEFAULT_TIMEOUT,
        ssl_context: ssl.SSLContext | None = None,
        unsubscribe_url: Callable[[OutgoingMessage], str | None] | None = None,
    ) -> None:
        if security not in _DEFAULT_PORTS:
            raise InvalidInputError("smtp.security", "must be starttls, tls or none")
        if security == "none" and user is not None:
            raise InvalidInputError("smtp.security", "must not be none with a password; it could be read on the way")
        self._host = host
        self._port = port or _DEFAULT_PORTS[security]
        self._security = security
        self._credentials = None if user is None else (user, password or "")
        self._timeout = timeout
        self._ssl_context = ssl_context
        self._unsubscribe_url = unsubscribe_url
        if _FORBIDDEN_CHARACTERS.search(sender_name):
            raise InvalidInputError("smtp.sender_name", "must be one line without control characters")
        self._sender_name = sender_name
        try:
            self._sender = checked_address(sender)
        except ValueError:
            raise InvalidInputError("smtp.sender", "must be an e-mail address") from None

    def send(self, message: OutgoingMessage, /) -> None:
        """Send a message.

        Raises:
            DeliveryError: permanent if the server rejects the message (5xx) or it is not a valid e-mail; temporary for a 4xx reply, a
                failed connection, or a failed login.
        """
        content = self.compose(message).as_bytes()
        addresses = (self._sender, _recipient(message))
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            raise _delivery_error(message, f"the login failed ({error.smtp_code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise _delivery_error(message, f"the server cannot be reached ({type(error).__name__})") from None
        try:
            _hand_over(server, *addresses, content)
        except smtplib.SMTPRecipientsRefused as error:
            raise _rejection_error(message, *(code for code, _ in error.recipients.values())) from None
        except smtplib.SMTPResponseException as error:
            raise _rejection_error(message, error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise _delivery_error(
                message, "the server does not support addresses beyond ASCII (SMTPUTF8)", is_permanent=True
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise _delivery_error(message, f"the connection was lost ({type(error).__name__})") from None
        finally:
            # The result is known already; errors of QUIT change nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def compose(self, message: OutgoingMessage, /) -> EmailMessage:
        """Build the e-mail: the same bytes for the same message.

        Raises:
            DeliveryError: permanent: a header contains a control character, or the address is not valid.
        """
        unsubscribe_url = self._unsubscribe_url(message) if self._unsubscribe_url else None
        header_values = (
            message.address,
            message.recipient_name,
            message.subject,
            message.language,
            message.id,
            message.tenant,
            unsubscribe_url or "",
        )
        if any(map(_FORBIDDEN_CHARACTERS.search, header_values)) or _UNSENDABLE_IN_BODY.search(message.body):
            raise _delivery_error(message, "it has a control character where none may be", is_permanent=True)
        email = create_message()
        email["From"] = encode_mailbox(self._sender, self._sender_name)
        email["To"] = encode_mailbox(_recipient(message), message.recipient_name)
        email["Subject"] = encode_text(message.subject)
        email["Date"] = format_datetime(message.at)
        email["Message-ID"] = f"<{message_digest(message)}@{self._sender.rpartition('@')[2]}>"
        email["Auto-Submitted"] = "auto-generated"
        if unsubscribe_url:
            try:
                email["List-Unsubscribe"] = encode_url(unsubscribe_url)
            except ValueError:
                raise _delivery_error(
                    message, "its address for unsubscribing is no web address", is_permanent=True
                ) from None
            email["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        email.set_content(message.body)  # it removes content headers that were set before
        if message.language:
            language = message.language.replace("_", "-")
            email["Content-Language"] = language if _LANGUAGE.fullmatch(language) else UNKNOWN_LANGUAGE
        return email

    def __repr__(self) -> str:
        return f"SmtpNotifier({self._host!r}, port={self._port}, security={self._security!r})"

    def _connect(self) -> smtplib.SMTP:
        server: smtplib.SMTP
        if self._security == "tls":
            server = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=self._effective_ssl_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                server.starttls(context=self._effective_ssl_context())
            if self._credentials:
                server.login(*self._credentials)
        except BaseException:
            server.close()
            raise
        return server

    def _effective_ssl_context(self) -> ssl.SSLContext:
        # Without a context, smtplib encrypts but does not verify the certificate.
        return self._ssl_context or ssl.create_default_context()


def message_digest(message: OutgoingMessage) -> str:
    """Return a Message-ID that is equal for all attempts of a message.

    It does not reveal the id of the message.
    """
    return hashlib.sha256(f"{message.tenant}\0{message.id}".encode()).hexdigest()[:32]


def _recipient(letter: OutgoingMessage) -> str:
    """Parse the address of a message.

    Raises:
        DeliveryError: permanent: it is not one e-mail address.
    """
    try:
        return checked_address(letter.address)
    except ValueError:
        raise _delivery_error(letter, "the address is not an e-mail address", is_permanent=True) from None


def _hand_over(server: smtplib.SMTP, sender: str, recipient: str, content: bytes) -> None:
    """Send these bytes to this recipient.

    `SMTP.send_message` would read both from the headers again.

    Raises:
        smtplib.SMTPException, OSError: the server did not accept the e-mail.
    """
    options: tuple[str, ...] = ()
    if not (sender + recipient).isascii():
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError
        options = ("SMTPUTF8", "BODY=8BITMIME")
    server.sendmail(sender, [recipient], content, options)


def _rejection_error(message: OutgoingMessage, *codes: int) -> DeliveryError:
    code = max(codes)
    return _delivery_error(message, f"the server refused it ({code})", is_permanent=code >= 500)


def _delivery_error(message: OutgoingMessage, problem: str, *, is_permanent: bool = False) -> DeliveryError:
    return DeliveryError(message.channel, problem, is_permanent=is_permanent)
