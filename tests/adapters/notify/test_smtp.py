"""E-mail leaves by a real SMTP server on the loopback, or says why it did not."""

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

from crmcore import ConsoleNotifier, Recorder, SmtpNotifier
from crmcore.adapters.notify.folder import FolderNotifier
from crmcore.domain.ids import MessageId
from crmcore.domain.messages import Letter
from crmcore.errors import DeliveryFailed, InvalidInput
from tests.payloads.payloads import payloads, seal
from tests.receivers import free_port, hang_up, mail_server

ID: Final = MessageId("message_018f3c0e6b7a7c1e9d2b4a5f60718293")


def letter(**changes: Any) -> Letter:
    """A letter to a colleague."""
    facts: dict[str, Any] = {
        "id": ID,
        "tenant": "default",
        "channel": "email",
        "to": "anna@example.com",
        "name": "Anna Liepa",
        "subject": "Late: call Jānis",
        "body": "It was due at 9:00.\nمتن",
        "language": "lv",
        "topic": "task.overdue",
        "about": None,
        "data": {},
        "at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    }
    return Letter(**facts | changes)


def read(content: bytes) -> EmailMessage:
    """Parse a mail as its receiver does."""
    return message_from_bytes(content, policy=SMTPUTF8)


def plain(port: int, **settings: Any) -> SmtpNotifier:
    """A notifier for the server on the loopback."""
    return SmtpNotifier("127.0.0.1", sender="crm@example.com", port=port, security="none", **settings)


def test_a_letter_arrives_as_it_was_written() -> None:
    """Subject, names and text in any script arrive, with a Message-ID, a date, a language, and the mark of an automatic mail."""
    with mail_server() as (mailbox, port):
        plain(port, sender_name="Logi, SIA").send(letter(name='Jānis "Big" Bērziņš'))
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


def test_every_attempt_is_the_same_mail() -> None:
    """Message-ID and bytes stay the same; another letter, or another tenant's, has another Message-ID."""
    sender = plain(25)
    other = MessageId(ID[:-1] + "4")
    keys = {sender.compose(one)["Message-ID"] for one in (letter(), letter(id=other), letter(tenant="two"))}

    assert sender.compose(letter()).as_bytes() == sender.compose(letter()).as_bytes()
    assert 3 == len(keys)
    assert all(key.endswith("@example.com>") and "018f3c0e" not in key for key in keys)


@pytest.mark.parametrize(
    ("manner", "permanent", "taken"),
    [("later", False, 0), ("never", True, 0), ("stranger", True, 0), ("drop", False, 1)],
)
def test_a_refusal_is_told_by_its_kind(manner: str, permanent: bool, taken: int) -> None:  # noqa: FBT001  # a row of the table
    """4xx comes again, 5xx does not; a server that takes a mail and hangs up has not said yes. The reply's words are left out."""
    with mail_server() as (mailbox, port):
        mailbox.manner = manner
        with pytest.raises(DeliveryFailed) as failed:
            plain(port).send(letter())

    assert permanent is failed.value.permanent
    assert taken == len(mailbox.mails)
    assert "anna" not in str(failed.value)


def test_a_letter_can_be_read_on_the_console() -> None:
    """Everything is there, and nothing that a terminal would obey."""
    stream = io.StringIO()
    ConsoleNotifier(stream).send(letter(subject="Late\x1b[2J", body="one\ntwo\u202e"))
    ConsoleNotifier(stream).send(letter(name=""))
    ConsoleNotifier(stream).send(letter(name="x\n-- email to y", subject="a\u2028-- b"))

    assert "-- email to Anna Liepa <anna@example.com>\n-- Late\ufffd[2J\none\ntwo\ufffd\n\n" in stream.getvalue()
    assert "-- email to anna@example.com\n" in stream.getvalue()
    assert "-- email to x\ufffd-- email to y <anna@example.com>\n-- a\ufffd-- b\n" in stream.getvalue()


def test_the_console_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Unless another stream is given."""
    ConsoleNotifier().send(letter())

    assert "Late: call Jānis" in capsys.readouterr().out


def test_a_server_that_is_not_there_is_tried_again() -> None:
    """No connection is a failure for now."""
    with pytest.raises(DeliveryFailed, match="cannot be reached") as failed:
        plain(free_port()).send(letter())

    assert not failed.value.permanent


def test_how_a_server_says_goodbye_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that was accepted is sent, whatever QUIT is answered with."""

    async def rude(self: SMTP, arg: str) -> None:
        await self.push("421 no")
        hang_up(self)

    monkeypatch.setattr(SMTP, "smtp_QUIT", rude)
    with mail_server() as (mailbox, port):
        plain(port).send(letter())

    assert 1 == len(mailbox.mails)


def test_encryption_checks_who_is_there() -> None:
    """STARTTLS and TLS with a trusted certificate deliver; a certificate that nobody vouches for, or none at all, does not."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    def sending(port: int, security: Any, context: ssl.SSLContext | None) -> SmtpNotifier:
        return SmtpNotifier("localhost", sender="crm@example.com", port=port, security=security, context=context)

    with mail_server(tls_context=server_side) as (mailbox, port):
        sending(port, "starttls", trusting).send(letter())
        with pytest.raises(DeliveryFailed, match="SSLCertVerificationError"):
            sending(port, "starttls", None).send(letter())
    with mail_server(server_hostname="localhost", ssl_context=server_side) as (second, port):
        sending(port, "tls", trusting).send(letter())
    with mail_server() as (third, port), pytest.raises(DeliveryFailed, match="SMTPNotSupportedError"):
        sending(port, "starttls", trusting).send(letter())

    assert (1, 1, 0) == (len(mailbox.mails), len(second.mails), len(third.mails))


def test_a_password_never_goes_unencrypted() -> None:
    """A login without encryption is refused when the notifier is made."""
    with pytest.raises(InvalidInput, match="must not be none with a password"):
        plain(25, user="crm", password="secret")
    for wrong in ({"sender": "nobody"}, {"sender": "a@b.c", "security": "ssl"}):
        with pytest.raises(InvalidInput):
            SmtpNotifier("localhost", **wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_unsubscribing_is_an_option() -> None:
    """With an address for it, a mail carries the two headers of one-click unsubscribing."""
    mail = plain(25, unsubscribe=lambda one: f"https://example.com/u/{one.id}").compose(letter())

    assert f"<https://example.com/u/{ID}>" == mail["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == mail["List-Unsubscribe-Post"]


def test_addresses_in_other_letters() -> None:
    """A domain is written in its ASCII form; a name before the @ that is not ASCII needs a server that takes it."""
    with mail_server(enable_SMTPUTF8=True) as (mailbox, port):
        plain(port).send(letter(to="jānis@ēx.lv"))
    with mail_server(enable_SMTPUTF8=False) as (_, port), pytest.raises(DeliveryFailed) as failed:
        plain(port).send(letter(to="jānis@ēx.lv"))

    assert ["jānis@xn--x-oia.lv"] == mailbox.envelopes[0].rcpt_tos
    assert failed.value.permanent
    assert "anna@xn--x-oia.lv" == plain(25).compose(letter(to="anna@ēx.lv"))["To"].addresses[0].addr_spec


@pytest.mark.parametrize("payload", payloads("mail"), ids=lambda p: p["id"])
@pytest.mark.parametrize("field", ["to", "name", "subject", "language", "id", "unsubscribe", "body"])
def test_no_header_is_smuggled_in(payload: dict[str, str], field: str) -> None:
    """Whatever stands in any part of a letter, the receiver sees our headers, one recipient, and nothing else."""
    text = payload["text"]
    ours = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"]
    ours += ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    settings: dict[str, Any] = {}
    if field == "unsubscribe":
        settings["unsubscribe"] = lambda _: f"https://example.com/{text}"
        changed = letter()
    else:
        changed = letter(**{field: f"anna@example.com{text}" if field == "to" else f"x{text}"})
    try:
        content = plain(25, **settings).compose(changed).as_bytes()
    except DeliveryFailed:
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
    """What a name or a subject says about its own encoding is text: it becomes no header and no body."""
    with mail_server() as (mailbox, port):
        plain(port, sender_name=text).send(letter(name=text, subject=text))
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
    """An address that a library or a server may decode into another one is refused for good, and nothing leaves."""
    with mail_server() as (mailbox, port), pytest.raises(DeliveryFailed) as failed:
        plain(port).send(letter(to=address))

    assert ([], True) == (mailbox.mails, failed.value.permanent)
    with pytest.raises(InvalidInput, match="must be an e-mail address"):
        SmtpNotifier("localhost", sender=address)


def test_sender_name_with_control_character_is_refused() -> None:
    """A notifier whose sender's name cannot be a header is not made."""
    with pytest.raises(InvalidInput, match="must be one line"):
        plain(25, sender_name="Logi\r\nBcc: evil@example.net")


@pytest.mark.parametrize("length", [30, 60, 77, 78, 200, 900])
def test_unsubscribe_address_of_any_length_stays_plain(length: int) -> None:
    """List-Unsubscribe is the address in angle brackets, in one piece; letters beyond ASCII are percent-encoded."""
    url = "https://example.com/" + "a" * length
    with mail_server() as (mailbox, port):
        plain(port, unsubscribe=lambda _: url).send(letter())
        plain(port, unsubscribe=lambda _: "https://ēx.lv/jānis").send(letter())
    first, second = mailbox.mails

    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in first
    assert b"List-Unsubscribe: <https://xn--x-oia.lv/j%C4%81nis>" in second
    assert f"<{url}>" == read(first)["List-Unsubscribe"]


@pytest.mark.parametrize(
    "url", ["nothing", "https://a b/", "https://a/>,<b", "https://a/" + "b" * 1_000, "https://\u2474/"]
)
def test_unsubscribe_address_that_is_none_is_refused(url: str) -> None:
    """A letter with such an address does not leave, and is not tried again."""
    with pytest.raises(DeliveryFailed) as failed:
        plain(25, unsubscribe=lambda _: url).compose(letter())

    assert failed.value.permanent


@pytest.mark.parametrize("language", ["not a tag", "lv, en", ENCODED, "123456789"])
def test_language_without_proper_tag_is_unknown(language: str) -> None:
    """A language that is no tag of BCP 47 stops no letter; the mail says that its language is unknown."""
    mail = plain(25).compose(letter(language=language))

    assert "und" == mail["Content-Language"]
    assert "pt-BR" == plain(25).compose(letter(language="pt_BR"))["Content-Language"]


def test_controls_that_reorder_text_are_left_out_of_headers() -> None:
    """A name cannot turn the address behind it around; joiners and marks that letters need stay."""
    mail = plain(25).compose(letter(name="\u202egpj\u2069 می\u200cخواهم", subject="\u2067Late\u2069"))

    assert ("gpj می\u200cخواهم", "Late") == (mail["To"].addresses[0].display_name, mail["Subject"])


@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\ud800"])
def test_control_character_in_body_does_not_leave(char: str) -> None:
    """A body that no mail can hold is refused for good, with an error of ours."""
    with pytest.raises(DeliveryFailed) as failed:
        plain(25).compose(letter(body=f"one{char}two"))

    assert failed.value.permanent


def test_folder_holds_the_same_mail(tmp_path: Path) -> None:
    """The file is the mail to the byte, in this folder, whatever the letter's topic and id hold."""
    one = letter(topic="../../x", id="message_../../../x", name=ENCODED, to="jānis@ēx.lv")
    FolderNotifier(tmp_path / "out", sender="crm@example.com").send(one)
    [file] = (tmp_path / "out").iterdir()

    assert plain(25).compose(one).as_bytes() == file.read_bytes()
    assert [tmp_path / "out"] == list(tmp_path.iterdir())


def test_mail_payloads_are_only_ever_added() -> None:
    """The file holds at least 14 payloads, and the first version's lines as they were."""
    assert len(payloads("mail")) >= 14
    assert "7f63d0444dedef98" == seal("mail", 16)


def test_notifiers_show_no_secrets() -> None:
    """Their representations hold neither users nor passwords."""
    assert "SmtpNotifier('h', port=587, security='starttls')" == repr(
        SmtpNotifier("h", sender="a@b.c", user="me", password="secret")
    )
    assert "Recorder(0 letters)" == repr(Recorder())


def test_a_wrong_password_is_tried_again() -> None:
    """A server that does not let us in has refused us, and not the letter; the context of the machine is trusted."""

    def nobody(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with mail_server(tls_context=server_side, authenticator=nobody) as (mailbox, port):
        notifier = SmtpNotifier(
            "localhost", sender="crm@example.com", port=port, user="me", password="no", context=trusting
        )
        with pytest.raises(DeliveryFailed, match=r"did not let us in \(535\)") as failed:
            notifier.send(letter())

    assert ([], False) == (mailbox.mails, failed.value.permanent)
