"""INBOX: signed calls come in twice, in the wrong order, late, forged and at the same time; each message has one effect.

``python -m tests.programmes.inbox --seed 1 --n 10000``
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

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore, Verifier
from crmcore.adapters.notify.signatures import key_of, sign
from crmcore.domain.customers.customer import Customer
from crmcore.domain.ids import CustomerId
from crmcore.domain.inbox import Reception
from crmcore.domain.messages import Message
from crmcore.errors import SignatureRefused
from crmcore.services import inbox
from crmcore.services.ports import Store
from tests.programmes.programme import Verdict, run

SECRET: Final = "whsec_" + "QUJD" * 11
FORGED: Final = "whsec_" + "REVG" * 11
SABOTAGES: Final = {
    "no-ids": "it is not remembered which messages came",
    "no-editions": "an older edition is applied over a newer one",
    "apart": "the effect is committed apart from the note that the message came",
    "no-check": "signatures are not looked at",
}
IN_A_FILE: Final = 10
"""One in so many deliveries is played on a database in a file, by several threads at once."""
THREADS: Final = 4


@frozen
class Told:
    """A message of another system: an edition of one of its records, or something that happened once."""

    id: str
    record: int
    edition: int | None

    @property
    def body(self) -> bytes:
        """As it is sent."""
        return json.dumps({"id": self.id, "record": self.record, "edition": self.edition}).encode()


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Deliver n calls to a house in memory, and a tenth as many to one in a database by several threads at once."""
    verdict = Verdict()
    undo = _plant(sabotage)
    try:
        _deliver(verdict, "memory", MemoryStore(), chance, n, threads=1, sabotage=sabotage)
        with tempfile.TemporaryDirectory() as folder:
            store = SqlStore.open(f"sqlite:///{folder}/crm.db")
            _deliver(verdict, "sqlite", store, chance, n // IN_A_FILE, threads=THREADS, sabotage=sabotage)
            store.close()
    finally:
        inbox._renew, inbox.Inbox._take, inbox.Inbox._note = undo  # type: ignore[method-assign]  # put back
    return verdict


def _deliver(
    verdict: Verdict, place: str, store: Store, chance: random.Random, n: int, *, threads: int, sabotage: str
) -> None:
    clock = FrozenClock()
    crm = Crm(store, clock=clock)
    verifier = Verifier([SECRET], now=clock.now)
    customers = [crm.customers.add("0").id for _ in range(max(2, n // 100))]
    told = list(_tell(n // 3, len(customers), chance))
    calls = [*told, *chance.choices(told, k=n - len(told))]
    chance.shuffle(calls)
    numbers = itertools.count()
    lock = threading.Lock()
    outcomes: Counter[Any] = Counter()
    applied: Counter[str] = Counter()

    def deliver(one: Told) -> None:
        with lock:
            number, luck = next(numbers), chance.random()
        secret, late = (FORGED, False) if luck < 0.02 else (SECRET, luck < 0.05)
        headers, body = _call(one, secret, clock, late=late)
        try:
            if sabotage != "no-check":
                verifier.verify(headers, body)
        except SignatureRefused:
            with lock:
                outcomes["refused"] += 1
            if secret == FORGED:
                return
            headers, body = _call(one, secret, clock, late=False)  # a sender that was late signs anew
            verifier.verify(headers, body)
        outcome = _take(crm, customers, body, f"{number} " if secret == FORGED else "")
        with lock:
            outcomes[outcome] += 1
            applied[one.id] += outcome is Reception.APPLIED

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(deliver, calls))
    verdict.count(f"{place}: calls", len(calls))
    verdict.count(f"{place}: messages", len(told))
    for outcome in (*Reception, "refused"):
        verdict.count(f"{place}: {getattr(outcome, 'value', outcome)}", outcomes[outcome])
    _judge(verdict, crm, customers, told, applied)


def _tell(n: int, records: int, chance: random.Random) -> Iterator[Told]:
    editions: Counter[int] = Counter()
    for number in range(n):
        record = chance.randrange(records)
        if chance.random() < 0.5:
            editions[record] += 1
            yield Told(f"msg_{number}", record, editions[record])
        else:
            yield Told(f"msg_{number}", record, None)


def _call(one: Told, secret: str, clock: FrozenClock, *, late: bool) -> tuple[dict[str, str], bytes]:
    at = int((clock.now() - (timedelta(minutes=6) if late else timedelta(0))).timestamp())
    signature = sign(key_of(secret), one.id, at, one.body)
    return {"webhook-id": one.id, "webhook-timestamp": str(at), "webhook-signature": signature}, one.body


def _take(crm: Crm, customers: Sequence[CustomerId], body: bytes, forged: str) -> Reception:
    """What a host does with a call: rename a customer after the edition, or note that something happened."""
    said = json.loads(body)
    edition, customer = said["edition"], customers[said["record"]]
    if edition is None:
        address = f"{said['id']}@example.com"
        return crm.inbox.take(
            "erp", said["id"], lambda: crm.delivery.queue("notice", address=address, facts={"text": forged or "once"})
        )
    return crm.inbox.take(
        "erp",
        said["id"],
        lambda: crm.customers.rename(customer, f"{forged}{edition}"),
        about=str(said["record"]),
        edition=edition,
    )


def _judge(
    verdict: Verdict, crm: Crm, customers: Sequence[CustomerId], told: Sequence[Told], applied: Counter[str]
) -> None:
    effects = Counter(m.address for m in crm.house.run("test", lambda unit: list(unit.every(Message)), reading=True))
    newest = {
        record: max((t.edition or 0 for t in told if t.record == record), default=0) for record in range(len(customers))
    }
    for one in told:
        verdict.demand("a message is applied at most once", applied[one.id] <= 1, one.id)
        if one.edition is None and applied[one.id]:
            verdict.demand("what happened once has one effect", effects[f"{one.id}@example.com"] == 1, one.id)
    verdict.demand("nothing has an effect that was not told", set(effects) <= {f"{t.id}@example.com" for t in told})
    found = crm.house.run("test", lambda unit: list(unit.every(Customer)), reading=True)
    versions = {customer.id: customer.version for customer in found}
    for record, id in enumerate(customers):
        name = crm.customers.get(id).display_name
        heard = [t.edition for t in told if t.record == record and t.edition and applied[t.id]]
        verdict.demand(
            "the newest edition stands",
            name == str(max(heard, default=0)),
            f"{record}: {name}, not {max(heard, default=0)}",
        )
        verdict.demand("all editions were heard of", max(heard, default=0) == newest[record], str(record))
        verdict.demand("each edition that was applied is one change", versions[id] == len(heard) + 1, str(record))


def _plant(sabotage: str) -> tuple[Any, Any, Any]:
    """Plant a bug; gives what has to be put back."""
    kept = inbox._renew, inbox.Inbox._take, inbox.Inbox._note

    def take_apart(self: Any, source: str, id: str, apply: Any, about: Any, edition: Any) -> Reception:
        outcome = self._note(source, id, about, edition)
        if outcome is not Reception.APPLIED:
            return Reception(outcome)
        if hash(id) % 7 == 0:
            return Reception.APPLIED  # as if the process had been killed between the two
        apply()
        return Reception.APPLIED

    def take_any_id(self: Any, source: str, id: str, apply: Any, about: Any, edition: Any) -> Any:
        return kept[1](self, source, f"{id} {random.random()}", apply, about, edition)

    if sabotage == "no-editions":
        inbox._renew = lambda *_: True
    elif sabotage == "no-ids":
        inbox.Inbox._take = take_any_id  # type: ignore[method-assign]  # planted on purpose
    elif sabotage == "apart":
        inbox.Inbox._take = take_apart  # type: ignore[method-assign]  # planted on purpose
    return kept


if __name__ == "__main__":
    sys.exit(run("INBOX", play, n=10_000, sabotages=SABOTAGES))
