"""A notifier that compares each mail that leaves with the letter that it was written from, as bytes and as two parsers read it."""

import re
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from crmcore import SmtpNotifier
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.messaging.messages import OutgoingMessage
from tests.receivers import MailReceiver
from tests.reliability.harness import Verdict

SENDER: Final = "crm@example.com"
HEADERS: Final = [
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Language",
]  # fmt: skip

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_BODY: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_REORDERING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENCODED_WORD: Final = re.compile(r"=\?utf-8\?([qb])\?([^? ]*)\?=")
_ORDINARY: Final = re.compile(r"[a-z0-9+-]+(\.[a-z0-9+-]+)*@[a-z0-9-]+(\.[a-z0-9-]+)+")
_NEVER: Final = re.compile(r"=\?|[\s<>()\[\],;:\"\\\uff20\uff0c]|@.*@")


@frozen
class Watched:
    """A notifier that sends by SMTP and into a folder, and compares what arrives with the letter.

    Attributes:
        url: the address for unsubscribing, which goes into each mail.
    """

    verdict: Verdict
    mailbox: MailReceiver
    port: int
    folder: Path
    url: str = "https://example.com/stop"
    sender_name: str = "Logi, SIA"

    def send(self, letter: OutgoingMessage, /) -> None:
        """Send a letter, and look at what arrived."""
        verdict, before = self.verdict, len(self.mailbox.mails)
        try:
            self._notifier().send(letter)
        except DeliveryError as failure:
            verdict.count("letters refused")
            verdict.check("a refusal is permanent", failure.is_permanent, f"{failure.problem}: {letter.address!r}")
            verdict.check("what is refused does not leave", before == len(self.mailbox.mails), repr(letter.address))
            verdict.check(
                "only what cannot be a mail is refused", self._may_be_refused(letter), f"{failure}: {letter!r}"
            )
            raise
        except Exception as error:
            verdict.check("only errors of ours come out", False, f"{error!r}: {letter!r}"[:500])
            raise DeliveryError("email", "not of ours", is_permanent=True) from error
        verdict.count("letters sent")
        verdict.check(
            "what can be no mail is refused", not self._must_be_refused(letter), f"{letter.address!r} {self.url!r}"
        )
        verdict.check("a letter is one mail", len(self.mailbox.mails) == before + 1)
        self._judge(letter, self.mailbox.mails[-1])

    def _notifier(self) -> SmtpNotifier:
        return SmtpNotifier(
            "127.0.0.1",
            sender=SENDER,
            sender_name=self.sender_name,
            port=self.port,
            security="none",
            timeout=5,
            unsubscribe_url=lambda _: self.url,
        )

    def _may_be_refused(self, letter: OutgoingMessage) -> bool:
        plain = (
            len(letter.address) <= 64
            and _ORDINARY.fullmatch(letter.address)
            and self.url.isascii()
            and len(self.url) < 900
            and not _bad_url(self.url)
        )
        return not plain or _controls(letter, self.url)

    def _must_be_refused(self, letter: OutgoingMessage) -> bool:
        return bool(_NEVER.search(letter.address)) or _bad_url(self.url) or _controls(letter, self.url)

    def _judge(self, letter: OutgoingMessage, content: bytes) -> None:
        verdict, envelope = self.verdict, self.mailbox.envelopes[-1]
        verdict.check(
            "the envelope has our sender and one recipient",
            (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [_ascii(letter.address)]),
            f"{envelope.rcpt_tos} instead of {letter.address!r}",
        )
        lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
        verdict.check("lines end in CR LF only", not re.search(rb"\r(?!\n)|(?<!\r)\n", content), repr(content[:300]))
        verdict.check("no line is too long", max(map(len, content.split(b"\r\n"))) <= 998)
        verdict.check(
            "headers are folded",
            all(len(line) <= 78 or b" " not in line.partition(b": ")[2].strip() for line in lines),
            max(lines, key=len).decode(),
        )
        fields = dict(line.split(": ", 1) for line in unfolded(lines))
        verdict.check("our headers, each once", sorted(HEADERS) == sorted(names(lines)), f"{names(lines)}")
        subject, name = decoded(fields.get("Subject", "")), shown(letter.recipient_name)
        verdict.check("a subject arrives as it is", shown(letter.subject) == subject, f"{subject!r} {letter.subject!r}")
        to, whole = fields.get("To", ""), f"{name} <{_ascii(letter.address)}>" if name else _ascii(letter.address)
        verdict.check("a name arrives as it is", whole == decoded(unquoted(to)), f"{to!r} {whole!r}")
        url = fields.get("List-Unsubscribe", "")
        verdict.check(
            "unsubscribing is plain ASCII",
            re.fullmatch(r"<[!-;=?-~]+>", url) is not None and (not self.url.isascii() or f"<{self.url}>" == url),
            url,
        )
        for rules in (policy.compat32, policy.default):
            try:
                self._read(letter, content, rules, _as_body(letter.body))
            except Exception as error:  # noqa: BLE001  # parsers raise whatever they like
                verdict.check("a parser can read it", False, f"{error!r}: {letter!r}"[:500])

    def _read(self, letter: OutgoingMessage, content: bytes, rules: Any, body: str) -> None:
        """Read the mail as a mail program does."""
        verdict, mail = self.verdict, message_from_bytes(content, policy=rules)
        verdict.check("a parser sees our headers", sorted(HEADERS) == sorted(mail.keys()), f"{mail.keys()}")
        verdict.check("the body is the letter's", body == mail.get_payload(decode=True).decode(), f"{letter.body!r}")
        if _ascii(letter.address).isascii():
            to = [address for _, address in getaddresses([mail["To"]])]
            verdict.check("a parser sees one recipient", [_ascii(letter.address)] == to, f"{to} {mail['To']!r}")
        if isinstance(mail, EmailMessage) and not letter.address.startswith("="):
            spec = [one.addr_spec for one in mail["To"].addresses]
            verdict.check("a parser sees one recipient", len(spec) == 1, f"{spec}")


def _controls(letter: OutgoingMessage, url: str) -> bool:
    given = (letter.address, letter.recipient_name, letter.subject, letter.language, letter.id, letter.tenant, url)
    return any(map(_CONTROL.search, given)) or _CONTROL_IN_BODY.search(letter.body) is not None


def _bad_url(url: str) -> bool:
    return len(url) > 968 or not re.match("https://[^/]", url) or re.search(r"[\s<>\\]", url) is not None


def _ascii(address: str) -> str:
    """An address with its domain in ASCII, as far as there is one."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def shown(text: str) -> str:
    """A text as a header holds it: without what would reorder the rest."""
    return _REORDERING.sub("", text).strip()


def _as_body(text: str) -> str:
    """A text as the lines of a mail."""
    return "".join(f"{line}\r\n" for line in re.sub(r"\r\n?", "\n", text).removesuffix("\n").split("\n"))


def names(lines: list[bytes]) -> list[str]:
    """The names of headers, however wrong they are."""
    return [line.partition(b":")[0].decode(errors="replace") for line in lines if not line.startswith((b" ", b"\t"))]


def unfolded(lines: list[bytes]) -> Iterator[str]:
    """Headers, each in one line."""
    whole = re.sub("\r\n(?=[ \t])", "", b"\r\n".join(lines).decode(errors="replace"))
    return (line if ": " in line else f"{line}: " for line in whole.split("\r\n"))


def unquoted(mailbox: str) -> str:
    """A mailbox without the quotation marks around its name."""
    return re.sub(r'^"((?:[^"\\]|\\.)*)"', lambda name: re.sub(r"\\(.)", r"\1", name[1]), mailbox)


def decoded(value: str) -> str:
    """The value of a header as RFC 2047 says that it is shown."""
    value = re.sub(r"(?<=\?=) (?==\?)", "", value)

    def word(found: re.Match[str]) -> str:
        kind, text = found.groups()
        if kind == "b":
            return b64decode(text).decode(errors="replace")
        return re.sub(
            rb"=([0-9A-F]{2})", lambda code: bytes.fromhex(code[1].decode()), text.replace("_", " ").encode()
        ).decode(errors="replace")

    return _ENCODED_WORD.sub(word, value)
