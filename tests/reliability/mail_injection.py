"""MAILINJ: whatever an anonymous form is given, the mails that leave hold our headers, our recipients, and its text as it was typed.

``python -m tests.reliability.mail_injection`` gives every payload of `tests/payloads/mail.jsonl`, and n random mixtures of them, to every field of
a letter, and to every text of the forms by which leads, complaints and inquiries come in. All letters go through a real SMTP server on the
loopback, and into a folder. Each mail is then compared, as bytes and as two parsers read it, with the letter that it was written from.
"""

import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from crmcore import CreateTask, Crm, CrmError, FrozenClock, Stage
from crmcore.adapters.notifications import headers, smtp
from crmcore.adapters.notifications.file import FileNotifier
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.kernel.ids import MessageId
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.sales.funnels.actions import SendNotification
from tests.payloads.payloads import payloads
from tests.receivers import mail_server
from tests.reliability.harness import Verdict, run
from tests.reliability.mail_messages import HEADERS, SENDER, Watched, decoded, names, shown, unfolded

MUTATIONS: Final = {
    "library": "the mail library encodes the headers, as it did before",
    "words": "text that holds an encoded word passes as plain ASCII",
    "addresses": "an address is anything without special characters, as it was before",
    "controls": "control characters are not looked for",
    "urls": "a web address of any length and of any letters passes",
}
BREAKS: Final = {
    "library": "a subject arrives as it is",  # CPython 3.11.7 and 3.12.1 also break: our headers, each once
    "words": "a name arrives as it is",
    "addresses": "what can be no mail is refused",
    "controls": "only errors of ours come out",
    "urls": "unsubscribing is plain ASCII",
}
"""Which promise each of them breaks, at the least."""
PAYLOADS: Final = payloads("mail")
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
LETTER: Final[Mapping[str, Any]] = {
    "id": MessageId("message_018f3c0e6b7a7c1e9d2b4a5f60718293"),
    "tenant": "default",
    "channel": "email",
    "address": "anna@example.com",
    "recipient_name": "Anna Liepa",
    "subject": "Late: call",
    "body": "It was due at 9:00.",
    "language": "lv",
    "topic": "task.overdue",
    "about_id": None,
    "variables": {},
    "at": NOON,
}


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Give all payloads and n mixtures of them to each field of a letter, and all payloads to the forms."""
    verdict = Verdict()
    texts = [line["text"] for line in PAYLOADS]
    mixtures = ["".join(rng.choice(texts)[:200] for _ in range(rng.randint(2, 4))) for _ in range(n)]
    with (
        tempfile.TemporaryDirectory() as name,
        _mutated(mutation),
        mail_server(enable_SMTPUTF8=True) as (mailbox, port),
    ):
        watched = Watched(verdict, mailbox, port, Path(name))
        for text in (*texts, *mixtures):
            if verdict.misses[BREAKS.get(mutation, "")]:
                return verdict  # the planted bug is found
            verdict.count("texts")
            for change in _letters(text):
                _send(watched, **change)
            _write(watched, text)
        if not mutation:
            _forms(watched, texts)
    return verdict


def _letters(text: str) -> Iterator[dict[str, Any]]:
    """Every field of a letter that holds the text."""
    for field in ("recipient_name", "subject", "body", "language", "topic", "about_id", "tenant", "id"):
        yield {field: text}
    for field in ("recipient_name", "subject"):
        yield {field: f"Anna {text} Liepa"}
    for address in ("{}", "{}@example.com", "anna@{}", "anna@example.com{}", "{} <anna@example.com>", "a.{}@b.example"):
        yield {"address": address.format(text)}
    for url in ("{}", "https://example.com/{}", "https://{}/stop"):
        yield {"url": url.format(text)}


def _send(watched: Watched, *, url: str | None = None, **changes: Any) -> None:
    watched = watched if url is None else evolve(watched, url=url)
    try:
        watched.send(OutgoingMessage(**{**LETTER, **changes}))
    except DeliveryError:
        watched.verdict.count("refused with an error of ours")


def _write(watched: Watched, text: str) -> None:
    """Write a letter into the folder: the mail there has our headers, and lies in the folder."""
    letter = OutgoingMessage(**{**LETTER, "recipient_name": text, "subject": text, "topic": text[:60]})
    try:
        FileNotifier(watched.folder, sender=SENDER).send(letter)
    except DeliveryError as failure:
        watched.verdict.check("a refusal is permanent", failure.is_permanent, f"{failure.problem}: {text!r}")
        return
    except Exception as error:  # noqa: BLE001  # this is what is looked for
        watched.verdict.check("only errors of ours come out", False, f"{error!r}: {text!r}"[:500])
        return
    [file] = watched.folder.iterdir()
    head = file.read_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
    fields = dict(line.split(": ", 1) for line in unfolded(head))
    ours = [name for name in HEADERS if not name.startswith("List-")]
    watched.verdict.check("a file has our headers, each once", sorted(ours) == sorted(names(head)), f"{names(head)}")
    watched.verdict.check("a file has the subject", shown(text) == decoded(fields.get("Subject", "")), repr(text))
    watched.verdict.count("files written")
    file.unlink()


def _forms(watched: Watched, texts: list[str]) -> None:
    """Give every text to every argument that a form fills, let everything become late, and send all letters."""
    clock = FrozenClock(NOON)
    crm = Crm(clock=clock, notifiers={"email": watched}, region="LV")
    boss = crm.users.create("Ilze Boss", roles=["boss"], email="ilze@example.lv")
    anna = crm.users.create("Anna Liepa", roles=["sales"], email="anna@example.lv", manager_id=boss.id)
    entry = (
        CreateTask(title="Call {customer}", due_within=timedelta(minutes=30), role="owner"),
        SendNotification(role="owner", message="{customer}: {deal}"),
    )
    stages = [Stage.named("New", entry_actions=entry), Stage.named("Won", kind="won")]
    funnel = crm.funnels.create("Web", stages=stages, role="sales", respond_within=timedelta(hours=1))
    fill_in = partial(_fill_in, watched)
    for number, text in enumerate(texts):
        lead = partial(crm.leads.capture, funnel_id=funnel.id, customer_id="new", owner_id=anna.id)
        fill_in(lead, text)
        for field in ("title", "about", "source", "campaign", "language"):
            fill_in(lead, "Bob", **{field: text[:35] if field == "language" else text})
        for address in (text, f"{text}@b.example", f"a@{text}.example", f"a{number}@b.example"):
            customer = fill_in(crm.customers.create, text, email=address) or fill_in(
                crm.customers.create, "B", email=address
            )
            if customer is not None:
                case: dict[str, Any] = {
                    "customer_id": customer.id,
                    "owner_id": anna.id,
                    "resolve_within": timedelta(hours=1),
                }
                fill_in(crm.complaints.receive, text, type="late", **case)
                fill_in(crm.inquiries.receive, text, **case)
    for _ in range(4):
        _send_all(crm)
        clock.advance(days=1)
        while crm.run_due_jobs(limit=1_000).done:
            pass
    watched.verdict.check("the forms led to letters", watched.verdict.counts["letters of forms"] > len(texts))


def _send_all(crm: Crm) -> None:
    while (report := crm.deliver(limit=1_000)).sent + report.dead:
        watched = crm._environment.notifiers["email"]
        assert isinstance(watched, Watched)
        watched.verdict.count("letters of forms", report.sent)


def _fill_in(watched: Watched, form: Callable[..., Any], text: str, **facts: Any) -> Any:
    """Fill a form in; what is refused is refused with an error of ours."""
    watched.verdict.count("forms filled in")
    try:
        return form(text, **facts)
    except CrmError:
        watched.verdict.count("forms refused")
        return None


@contextmanager
def _mutated(mutation: str) -> Iterator[None]:
    planted = _PLANTS.get(mutation, {})
    honest = {place: getattr(*place) for place in planted}
    for place, bug in planted.items():
        setattr(*place, bug)
    try:
        yield
    finally:
        for place, right in honest.items():
            setattr(*place, right)


def _any_address(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or set(address) & set(' ,;:<>()[]"\\'):
        raise ValueError(address)
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def _library_mailbox(address: str, name: str) -> Any:
    local, _, domain = address.rpartition("@")
    return Address(name, username=local, domain=domain)


_PLANTS: Final[Mapping[str, Mapping[tuple[Any, str], Any]]] = {
    "library": {
        (smtp, "create_message"): lambda: EmailMessage(policy=policy.SMTP.clone(cte_type="7bit")),
        (smtp, "encode_text"): lambda text: text,
        (smtp, "encode_mailbox"): _library_mailbox,
    },
    "words": {(headers, "_is_plain"): lambda text: headers._PLAIN.fullmatch(text) is not None},
    "addresses": {(smtp, "checked_address"): _any_address},
    "controls": {
        (smtp, "_FORBIDDEN_CHARACTERS"): re.compile("(?!)"),
        (smtp, "_UNSENDABLE_IN_BODY"): re.compile("(?!)"),
    },
    "urls": {
        (smtp, "encode_url"): lambda url: f"<{url}>",
        (smtp, "create_message"): lambda: EmailMessage(policy=policy.SMTP.clone(cte_type="7bit")),
    },
}

if __name__ == "__main__":
    sys.exit(run("MAILINJ", check, n=100, mutations=MUTATIONS))
