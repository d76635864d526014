"""INBOX: signed calls come in twice, in the wrong order, late, forged and at the same time; each message has one effect.

``python -m tests.reliability.inbox --seed 1 --n 10000``
"""

import itertools
import json
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore, WebhookVerifier
from crmcore.adapters.notifications.webhook_signatures import parse_secret, sign
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.ids import CustomerId
from crmcore.domain.messaging.messages import Message
from crmcore.domain.platform.inbox import InboxResult
from crmcore.errors import InvalidSignatureError
from crmcore.ports import Store
from crmcore.services.platform import inbox
from tests.reliability.harness import Verdict, run

SECRET: Final = "whsec_" + "QUJD" * 11
FORGED_SECRET: Final = "whsec_" + "REVG" * 11
MUTATIONS: Final = {
    "no-ids": "it is not remembered which messages came",
    "no-revisions": "an older revision is applied over a newer one",
    "apart": "the effect is committed apart from the note that the message came",
    "no-check": "signatures are not looked at",
}
FILE_STORE_DIVISOR: Final = 10
"""One in so many deliveries is played on a database in a file, by several threads at once."""
THREADS: Final = 4


@frozen
class ExternalMessage:
    """A message of another system: an revision of one of its records, or something that happened once."""

    id: str
    record: int
    revision: int | None

    @property
    def body(self) -> bytes:
        """As it is sent."""
        return json.dumps({"id": self.id, "record": self.record, "revision": self.revision}).encode()


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Deliver n calls to a memory store, and a tenth as many to a database by several threads at once."""
    verdict = Verdict()
    undo = _apply_mutation(mutation)
    try:
        _check_deliveries(verdict, "memory", MemoryStore(), rng, n, threads=1, mutation=mutation)
        with tempfile.TemporaryDirectory() as folder:
            store = SqlStore.open(f"sqlite:///{folder}/crm.db")
            _check_deliveries(
                verdict, "sqlite", store, rng, n // FILE_STORE_DIVISOR, threads=THREADS, mutation=mutation
            )
            store.close()
    finally:
        inbox._record_revision, inbox.Inbox._process_once, inbox.Inbox._record_message = undo  # type: ignore[method-assign]  # put back
    return verdict


def _check_deliveries(
    verdict: Verdict, place: str, store: Store, rng: random.Random, n: int, *, threads: int, mutation: str
) -> None:
    clock = FrozenClock()
    crm = Crm(store, clock=clock)
    verifier = WebhookVerifier([SECRET], now=clock.now)
    customers = [crm.customers.create("0").id for _ in range(max(2, n // 100))]
    messages = list(_create_messages(n // 3, len(customers), rng))
    calls = [*messages, *rng.choices(messages, k=n - len(messages))]
    rng.shuffle(calls)
    numbers = itertools.count()
    lock = threading.Lock()
    outcomes: Counter[Any] = Counter()
    applied: Counter[str] = Counter()

    def deliver_one(one: ExternalMessage) -> None:
        with lock:
            number, luck = next(numbers), rng.random()
        secret, late = (FORGED_SECRET, False) if luck < 0.02 else (SECRET, luck < 0.05)
        headers, body = _signed_request(one, secret, clock, late=late)
        try:
            if mutation != "no-check":
                verifier.verify(headers, body)
        except InvalidSignatureError:
            with lock:
                outcomes["refused"] += 1
            if secret == FORGED_SECRET:
                return
            headers, body = _signed_request(one, secret, clock, late=False)  # a sender that was late signs again
            verifier.verify(headers, body)
        outcome = _process(crm, customers, body, f"{number} " if secret == FORGED_SECRET else "")
        with lock:
            outcomes[outcome] += 1
            applied[one.id] += outcome is InboxResult.APPLIED

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(deliver_one, calls))
    verdict.count(f"{place}: calls", len(calls))
    verdict.count(f"{place}: messages", len(messages))
    for outcome in (*InboxResult, "refused"):
        verdict.count(f"{place}: {getattr(outcome, 'value', outcome)}", outcomes[outcome])
    _check_effects(verdict, crm, customers, messages, applied)


def _create_messages(n: int, records: int, rng: random.Random) -> Iterator[ExternalMessage]:
    revisions: Counter[int] = Counter()
    for number in range(n):
        record = rng.randrange(records)
        if rng.random() < 0.5:
            revisions[record] += 1
            yield ExternalMessage(f"msg_{number}", record, revisions[record])
        else:
            yield ExternalMessage(f"msg_{number}", record, None)


def _signed_request(
    one: ExternalMessage, secret: str, clock: FrozenClock, *, late: bool
) -> tuple[dict[str, str], bytes]:
    at = int((clock.now() - (timedelta(minutes=6) if late else timedelta(0))).timestamp())
    signature = sign(parse_secret(secret), one.id, at, one.body)
    return {"webhook-id": one.id, "webhook-timestamp": str(at), "webhook-signature": signature}, one.body


def _process(crm: Crm, customers: Sequence[CustomerId], body: bytes, forged: str) -> InboxResult:
    """What a host does with a call: rename a customer after the revision, or note that something happened."""
    said = json.loads(body)
    revision, customer = said["revision"], customers[said["record"]]
    if revision is None:
        address = f"{said['id']}@example.com"
        return crm.inbox.process(
            "erp", said["id"], lambda: crm.outbox.queue("notice", address=address, variables={"text": forged or "once"})
        )
    return crm.inbox.process(
        "erp",
        said["id"],
        lambda: crm.customers.rename(customer, f"{forged}{revision}"),
        about_id=str(said["record"]),
        revision=revision,
    )


def _check_effects(
    verdict: Verdict,
    crm: Crm,
    customers: Sequence[CustomerId],
    messages: Sequence[ExternalMessage],
    applied: Counter[str],
) -> None:
    effects = Counter(
        m.address for m in crm._environment.execute("test", lambda uow: list(uow.iterate(Message)), read_only=True)
    )
    newest = {
        record: max((t.revision or 0 for t in messages if t.record == record), default=0)
        for record in range(len(customers))
    }
    for one in messages:
        verdict.check("a message is applied at most once", applied[one.id] <= 1, one.id)
        if one.revision is None and applied[one.id]:
            verdict.check("what happened once has one effect", effects[f"{one.id}@example.com"] == 1, one.id)
    verdict.check("only delivered messages have an effect", set(effects) <= {f"{t.id}@example.com" for t in messages})
    found = crm._environment.execute("test", lambda uow: list(uow.iterate(Customer)), read_only=True)
    versions = {customer.id: customer.version for customer in found}
    for record, id in enumerate(customers):
        name = crm.customers.get(id).display_name
        received = [t.revision for t in messages if t.record == record and t.revision and applied[t.id]]
        verdict.check(
            "the newest revision stands",
            name == str(max(received, default=0)),
            f"{record}: {name}, not {max(received, default=0)}",
        )
        verdict.check("all revisions were heard of", max(received, default=0) == newest[record], str(record))
        verdict.check("each revision that was applied is one change", versions[id] == len(received) + 1, str(record))


def _apply_mutation(mutation: str) -> tuple[Any, Any, Any]:
    """Plant a bug; gives what has to be put back."""
    kept = inbox._record_revision, inbox.Inbox._process_once, inbox.Inbox._record_message

    def process_in_two_steps(
        self: Any, source: str, message_id: str, apply: Any, about_id: Any, revision: Any
    ) -> InboxResult:
        outcome = self._record_message(source, message_id, about_id, revision)
        if outcome is not InboxResult.APPLIED:
            return InboxResult(outcome)
        if hash(id) % 7 == 0:
            return InboxResult.APPLIED  # as if the process had been killed between the two
        apply()
        return InboxResult.APPLIED

    def process_ignoring_id(self: Any, source: str, message_id: str, apply: Any, about_id: Any, revision: Any) -> Any:
        return kept[1](self, source, f"{message_id} {random.random()}", apply, about_id, revision)

    if mutation == "no-revisions":
        inbox._record_revision = lambda *_: True
    elif mutation == "no-ids":
        inbox.Inbox._process_once = process_ignoring_id  # type: ignore[method-assign]  # planted on purpose
    elif mutation == "apart":
        inbox.Inbox._process_once = process_in_two_steps  # type: ignore[method-assign]  # planted on purpose
    return kept


if __name__ == "__main__":
    sys.exit(run("INBOX", check, n=10_000, mutations=MUTATIONS))
