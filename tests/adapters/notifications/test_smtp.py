"""E-mail is sent to a real SMTP server on the loopback interface."""

import io
import ssl
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTPUTF8, compat32
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from crmcore import ConsoleNotifier, RecordingNotifier, SmtpNotifier
from crmcore.adapters.notifications.file import FileNotifier
from crmcore.domain.kernel.ids import MessageId
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.errors import DeliveryError, InvalidInputError
from tests.payloads.payloads import digest, payloads
from tests.receivers import free_port, hang_up, mail_server

ID: Final = MessageId("message_018f3c0e6b7a7c1e9d2b4a5f60718293")


def message(**changes: Any) -> OutgoingMessage:
    """Build a message to a user."""
    fields: dict[str, Any] = {
        "id": ID,
        "tenant": "default",
        "channel": "email",
        "address": "anna@example.com",
        "recipient_name": "Anna Liepa",
        "subject": "Late: call Jānis",
        "body": "It was due at 9:00.\nمتن",
        "language": "lv",
        "topic": "task.overdue",
        "about_id": None,
        "variables": {},
        "at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    }
    return OutgoingMessage(**fields | changes)


def read(content: bytes) -> EmailMessage:
    """Parse an e-mail as its receiver does."""
    return message_from_bytes(content, policy=SMTPUTF8)


def plain_notifier(port: int, **settings: Any) -> SmtpNotifier:
    """Create a notifier for the server on the loopback interface."""
    return SmtpNotifier("127.0.0.1", sender="crm@example.com", port=port, security="none", **settings)


def test_sent_message_keeps_subject_names_and_text() -> None:
    """Subject, names and text in any script arrive with all headers.

    These are Message-ID, date, language, and the mark of an automatic e-mail.
    """
    with mail_server() as (mailbox, port):
        plain_notifier(port, sender_name="Logi, SIA").send(message(recipient_name='Jānis "Big" Bērziņš'))
    mail = read(mailbox.mails[0])
    to = mail["To"].addresses[0]

    assert ("Late: call Jānis", "It was due at 9:00.\nمتن\n") == (
        mail["Subject"],
        mail.get_content().replace("\r\n", "\n"),
    )
    assert ('Jānis "Big" Bērziņš', "anna@example.com") == (to.display_name, to.addr_spec)
    assert "Logi, SIA" == mail["From"].addresses[0].display_name
    assert ("auto-generated", "lv") == (mail["Auto-Submitted"], mail["Content-Language"])
    assert None is mail["List-Unsubscribe"]
    assert datetime(2026, 3, 2, 9, tzinfo=UTC) == mail["Date"].datetime


def test_every_attempt_sends_identical_mail() -> None:
    """All attempts of a message have the same Message-ID and bytes.

    Another message, or the same id of another tenant, has another Message-ID.
    """
    sender = plain_notifier(25)
    other_id = MessageId(ID[:-1] + "4")
    keys = {sender.compose(one)["Message-ID"] for one in (message(), message(id=other_id), message(tenant="two"))}

    assert sender.compose(message()).as_bytes() == sender.compose(message()).as_bytes()
    assert 3 == len(keys)
    assert all(key.endswith("@example.com>") and "018f3c0e" not in key for key in keys)


@pytest.mark.parametrize(
    ("manner", "permanent", "taken"),
    [("later", False, 0), ("never", True, 0), ("stranger", True, 0), ("drop", False, 1)],
)
def test_smtp_reply_decides_permanent_or_temporary_failure(manner: str, permanent: bool, taken: int) -> None:  # noqa: FBT001  # a row of the table
    """4xx replies are retried, 5xx replies are not.

    A lost connection without a reply is a failure. The error does not contain the text of the reply.
    """
    with mail_server() as (mailbox, port):
        mailbox.behaviour = manner
        with pytest.raises(DeliveryError) as failed:
            plain_notifier(port).send(message())

    assert permanent is failed.value.is_permanent
    assert taken == len(mailbox.mails)
    assert "anna" not in str(failed.value)


def test_console_notifier_prints_message_without_control_characters() -> None:
    """The text is complete, without control characters."""
    stream = io.StringIO()
    ConsoleNotifier(stream).send(message(subject="Late\x1b[2J", body="one\ntwo\u202e"))
    ConsoleNotifier(stream).send(message(recipient_name=""))
    ConsoleNotifier(stream).send(message(recipient_name="x\n-- email to y", subject="a\u2028-- b"))

    assert "-- email to Anna Liepa <anna@example.com>\n-- Late\ufffd[2J\none\ntwo\ufffd\n\n" in stream.getvalue()
    assert "-- email to anna@example.com\n" in stream.getvalue()
    assert "-- email to x\ufffd-- email to y <anna@example.com>\n-- a\ufffd-- b\n" in stream.getvalue()


def test_console_notifier_writes_to_stdout_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output is the default stream."""
    ConsoleNotifier().send(message())

    assert "Late: call Jānis" in capsys.readouterr().out


def test_connection_failure_is_temporary() -> None:
    """A failed connection is a temporary failure."""
    with pytest.raises(DeliveryError, match="cannot be reached") as failed:
        plain_notifier(free_port()).send(message())

    assert not failed.value.is_permanent


def test_failure_on_quit_keeps_message_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted e-mail is sent, even if QUIT fails."""

    async def fail_on_quit(self: SMTP, arg: str) -> None:
        await self.push("421 no")
        hang_up(self)

    monkeypatch.setattr(SMTP, "smtp_QUIT", fail_on_quit)
    with mail_server() as (mailbox, port):
        plain_notifier(port).send(message())

    assert 1 == len(mailbox.mails)


def test_tls_certificate_is_verified() -> None:
    """STARTTLS and TLS require a trusted certificate.

    An untrusted or missing certificate is an error.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    def sending(port: int, security: Any, context: ssl.SSLContext | None) -> SmtpNotifier:
        return SmtpNotifier("localhost", sender="crm@example.com", port=port, security=security, ssl_context=context)

    with mail_server(tls_context=server_side) as (mailbox, port):
        sending(port, "starttls", trusting).send(message())
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            sending(port, "starttls", None).send(message())
    with mail_server(server_hostname="localhost", ssl_context=server_side) as (second, port):
        sending(port, "tls", trusting).send(message())
    with mail_server() as (third, port), pytest.raises(DeliveryError, match="SMTPNotSupportedError"):
        sending(port, "starttls", trusting).send(message())

    assert (1, 1, 0) == (len(mailbox.mails), len(second.mails), len(third.mails))


def test_login_without_encryption_is_rejected() -> None:
    """A login without encryption is rejected by the constructor."""
    with pytest.raises(InvalidInputError, match="must not be none with a password"):
        plain_notifier(25, user="crm", password="secret")
    for wrong in ({"sender": "nobody"}, {"sender": "a@b.c", "security": "ssl"}):
        with pytest.raises(InvalidInputError):
            SmtpNotifier("localhost", **wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_list_unsubscribe_headers_are_optional() -> None:
    """With an unsubscribe URL, both headers of RFC 8058 are sent."""
    mail = plain_notifier(25, unsubscribe_url=lambda one: f"https://example.com/u/{one.id}").compose(message())

    assert f"<https://example.com/u/{ID}>" == mail["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == mail["List-Unsubscribe-Post"]


def test_internationalized_address_is_encoded_or_needs_smtputf8() -> None:
    """Domains are sent in ASCII; non-ASCII local parts need SMTPUTF8."""
    with mail_server(enable_SMTPUTF8=True) as (mailbox, port):
        plain_notifier(port).send(message(address="jānis@ēx.lv"))
    with mail_server(enable_SMTPUTF8=False) as (_, port), pytest.raises(DeliveryError) as failed:
        plain_notifier(port).send(message(address="jānis@ēx.lv"))

    assert ["jānis@xn--x-oia.lv"] == mailbox.envelopes[0].rcpt_tos
    assert failed.value.is_permanent
    assert "anna@xn--x-oia.lv" == plain_notifier(25).compose(message(address="anna@ēx.lv"))["To"].addresses[0].addr_spec


@pytest.mark.parametrize("payload", payloads("mail"), ids=lambda p: p["id"])
@pytest.mark.parametrize("field", ["address", "recipient_name", "subject", "language", "id", "unsubscribe_url", "body"])
def test_header_injection_is_prevented(payload: dict[str, str], field: str) -> None:
    """Injection in any part of a message adds no header and no recipient."""
    text = payload["text"]
    ours = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"]
    ours += ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    settings: dict[str, Any] = {}
    if field == "unsubscribe_url":
        settings["unsubscribe_url"] = lambda _: f"https://example.com/{text}"
        changed = message()
    else:
        changed = message(**{field: f"anna@example.com{text}" if field == "address" else f"x{text}"})
    try:
        content = plain_notifier(25, **settings).compose(changed).as_bytes()
    except DeliveryError:
        return
    mail = read(content)

    assert set(ours) == set(mail.keys()) - {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert len(mail.keys()) == len(set(mail.keys()))
    assert 1 == len(mail["To"].addresses)
    assert "evil" not in mail["To"].addresses[0].addr_spec
    assert not mail.is_multipart()


ENCODED: Final = "=?utf-8?q?Bob=0d=0aReply-To:_x@y.example=0d=0a=0d=0aPay_here?="


@pytest.mark.parametrize("text", [ENCODED, f"Anna {ENCODED} Liepa", f"Anna{ENCODED}", "=?", "Late =?utf-8?b?!?="])
def test_encoded_word_in_text_arrives_as_text(text: str) -> None:
    """Encoded words in names and subjects are treated as literal text.

    They create no header and no body.
    """
    with mail_server() as (mailbox, port):
        plain_notifier(port, sender_name=text).send(message(recipient_name=text, subject=text))
    mail = read(mailbox.mails[0])
    raw = message_from_bytes(mailbox.mails[0], policy=compat32)
    names = [parseaddr(raw[header].replace("\r\n", ""))[0] for header in ("To", "From")]

    assert text == mail["Subject"]
    assert [text, text] == [str(make_header(decode_header(name))) for name in names]
    assert None is mail["Reply-To"]
    assert "Pay here" not in mail.get_content()


@pytest.mark.parametrize(
    "address",
    [
        "=?utf-8?q?a=40evil.example=3E?=@b.example",
        "=?utf-8?b?YUBldmlsLmV4YW1wbGU+?=@b.example",
        "a@=?utf-8?q?evil.example?=",
        "a\uff20evil.example@b.example",
        "a@evil\u2100.example",
        "a@\ufdfa.example",
        "a@\u2474.example",
        "a..b@b.example",
        ".a@b.example",
        "a@b..example",
        "a@-b.example",
        "a@b.example.",
        "x" * 65 + "@b.example",
        "a@" + "b." * 130 + "example",
    ],
)
def test_address_that_would_be_read_otherwise_is_refused(address: str) -> None:
    """An address with a second reading is rejected permanently.

    Nothing is sent.
    """
    with mail_server() as (mailbox, port), pytest.raises(DeliveryError) as failed:
        plain_notifier(port).send(message(address=address))

    assert ([], True) == (mailbox.mails, failed.value.is_permanent)
    with pytest.raises(InvalidInputError, match="must be an e-mail address"):
        SmtpNotifier("localhost", sender=address)


def test_sender_name_with_control_character_is_refused() -> None:
    """A sender name that is no valid header is rejected."""
    with pytest.raises(InvalidInputError, match="must be one line"):
        plain_notifier(25, sender_name="Logi\r\nBcc: evil@example.net")


@pytest.mark.parametrize("length", [30, 60, 77, 78, 200, 900])
def test_unsubscribe_address_of_any_length_stays_plain(length: int) -> None:
    """List-Unsubscribe is one address in angle brackets.

    Characters beyond ASCII are percent-encoded.
    """
    url = "https://example.com/" + "a" * length
    with mail_server() as (mailbox, port):
        plain_notifier(port, unsubscribe_url=lambda _: url).send(message())
        plain_notifier(port, unsubscribe_url=lambda _: "https://ēx.lv/jānis").send(message())
    first, second = mailbox.mails

    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in first
    assert b"List-Unsubscribe: <https://xn--x-oia.lv/j%C4%81nis>" in second
    assert f"<{url}>" == read(first)["List-Unsubscribe"]


@pytest.mark.parametrize(
    "url", ["nothing", "https://a b/", "https://a/>,<b", "https://a/" + "b" * 1_000, "https://\u2474/"]
)
def test_unsubscribe_address_that_is_none_is_refused(url: str) -> None:
    """A message with such an address is not sent and not retried."""
    with pytest.raises(DeliveryError) as failed:
        plain_notifier(25, unsubscribe_url=lambda _: url).compose(message())

    assert failed.value.is_permanent


@pytest.mark.parametrize("language", ["not a tag", "lv, en", ENCODED, "123456789"])
def test_language_without_proper_tag_is_unknown(language: str) -> None:
    """A language that is not a BCP 47 tag is sent as unknown."""
    mail = plain_notifier(25).compose(message(language=language))

    assert "und" == mail["Content-Language"]
    assert "pt-BR" == plain_notifier(25).compose(message(language="pt_BR"))["Content-Language"]


def test_controls_that_reorder_text_are_left_out_of_headers() -> None:
    """Bidirectional controls are removed from names.

    Joiners and marks that scripts need are kept.
    """
    mail = plain_notifier(25).compose(
        message(recipient_name="\u202egpj\u2069 می\u200cخواهم", subject="\u2067Late\u2069")
    )

    assert ("gpj می\u200cخواهم", "Late") == (mail["To"].addresses[0].display_name, mail["Subject"])


@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\ud800"])
def test_control_character_in_body_does_not_leave(char: str) -> None:
    """A body that cannot be encoded is rejected permanently."""
    with pytest.raises(DeliveryError) as failed:
        plain_notifier(25).compose(message(body=f"one{char}two"))

    assert failed.value.is_permanent


def test_folder_holds_the_same_mail(tmp_path: Path) -> None:
    """The file has the bytes of the e-mail and is in the given folder.

    The topic and the id of the message cannot change this.
    """
    one = message(topic="../../x", id="message_../../../x", recipient_name=ENCODED, address="jānis@ēx.lv")
    FileNotifier(tmp_path / "out", sender="crm@example.com").send(one)
    [file] = (tmp_path / "out").iterdir()

    assert plain_notifier(25).compose(one).as_bytes() == file.read_bytes()
    assert [tmp_path / "out"] == list(tmp_path.iterdir())


def test_payload_file_is_append_only() -> None:
    """The file has at least 14 payloads, including those of version 1."""
    assert len(payloads("mail")) >= 14
    assert "7f63d0444dedef98" == digest("mail", 16)


def test_notifier_repr_hides_credentials() -> None:
    """The repr of notifiers contains no user and no password."""
    assert "SmtpNotifier('h', port=587, security='starttls')" == repr(
        SmtpNotifier("h", sender="a@b.c", user="me", password="secret")
    )
    assert "RecordingNotifier(0 messages)" == repr(RecordingNotifier())


def test_wrong_password_is_temporary_failure() -> None:
    """A failed login is a temporary error; system certificates are trusted."""

    def reject_login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with mail_server(tls_context=server_side, authenticator=reject_login) as (mailbox, port):
        notifier = SmtpNotifier(
            "localhost", sender="crm@example.com", port=port, user="me", password="no", ssl_context=trusting
        )
        with pytest.raises(DeliveryError, match=r"the login failed \(535\)") as failed:
            notifier.send(message())

    assert ([], False) == (mailbox.mails, failed.value.is_permanent)
