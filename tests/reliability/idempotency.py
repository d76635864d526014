"""IDEM, UPSERT and RETRY: the same key has the same effect and answer, twins included; a disturbed command is retried.

``python -m tests.reliability.idempotency --seed 1 --n 10000``
"""

import random
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore
from crmcore.adapters import wire
from crmcore.adapters.sql.schema.errors import translate
from crmcore.domain.kernel.errors.conflicts import ConflictError, DatabaseBusyError, IdempotencyKeyReusedError
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.ports import IdGenerator, RequestContext, Store
from crmcore.services.sales.leads import CaptureResult
from tests.reliability.harness import Verdict, run
from tests.testing.mutations import MutatedStore, TransactionWrapper

MUTATIONS: Final = {"no-receipts": "answers are not kept", "no-retry": "a disturbed command is not retried"}
SQL_STATES: Final = ("40001", "40P01", "55P03", "57014", "SQLITE_BUSY", "SQLITE_LOCKED")
WRITERS: Final = 4
UPSERTED_ROWS: Final = 200


class KeepsNoIdempotencyRecords(TransactionWrapper):
    """answers are not kept."""

    def save(self, entity: Any, /) -> Any:
        return entity if isinstance(entity, IdempotencyRecord) else super().save(entity)


class CountingClock(FrozenClock):
    """A clock that sums how long retries would have waited."""

    max_wait = 0.0

    def sleep(self, seconds: float, /) -> None:
        """Add the delay."""
        self.max_wait += seconds


class FailingCommit(TransactionWrapper):
    """a commit is refused by the database some times."""

    def commit(self) -> None:
        if self.state.get("left", 0):
            self.state["left"] -= 1
            raise self.state["error"]
        super().commit()


class FailingCommitStore(MutatedStore):
    """A store whose commits are refused some times."""

    def __init__(self) -> None:
        super().__init__(FailingCommit)

    def fail_next_commits(self, error: Exception, times: int) -> None:
        """Refuse the next commits."""
        self._state.update(error=error, left=times)

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Any:
        """Begin, and refuse later."""
        return super().begin(context, id_generator=id_generator, read_only=read_only)


class DriverError(Exception):
    """What a driver would raise."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        if state.startswith("SQLITE"):
            self.sqlite_errorname = state
        else:
            self.sqlstate = state


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Replay n commands, let twins meet, upsert by four writers, and disturb a tenth as many commands."""
    verdict = Verdict()
    _check_replays(verdict, rng, n, mutation)
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore.open(f"sqlite:///{Path(folder)}/crm.db", durability="relaxed")
        _check_concurrent_duplicates(verdict, Crm(store), max(5, n // 500))
        _check_upserts(verdict, Crm(store, tenant="upsert"))
        store.close()
    _check_retries(verdict, rng, max(20, n // 10), mutation)
    return verdict


def _check_replays(verdict: Verdict, rng: random.Random, n: int, mutation: str) -> None:
    store: Store = MutatedStore(KeepsNoIdempotencyRecords) if mutation == "no-receipts" else MemoryStore()
    clock = FrozenClock()
    crm = Crm(store, clock=clock)
    funnel = crm.funnels.create("Windows", stages=["First call", "Won"])
    answers: dict[str, str] = {}
    for _ in range(n):
        number = rng.randrange(max(1, n // 20))
        key = f"key {number}"
        try:
            answer = wire.dump_result(
                crm.leads.capture(f"Anna {number}", funnel_id=funnel.id, source="web", idempotency_key=key),
                CaptureResult,
            )
        except ConflictError as conflict:
            verdict.check("the same key has the same answer", False, conflict.code)
            continue
        verdict.count("replays", key in answers)
        verdict.check("the same key has the same answer", answers.setdefault(key, answer) == answer, key)
        if rng.random() < 0.2:
            verdict.count("other arguments")
            refused = _raises_error(
                IdempotencyKeyReusedError,
                partial(crm.leads.capture, "Berta", funnel_id=funnel.id, idempotency_key=key),
            )
            verdict.check("other arguments are refused", refused, key)
    made = len(crm.deals.list(limit=1000))
    verdict.check("one effect for each key", made == min(1000, len(answers)), f"{made} of {len(answers)}")
    clock.advance(hours=25)
    again = crm.leads.capture("Anna 0", funnel_id=funnel.id, source="web", idempotency_key="key 0")
    verdict.check("an expired key is free", wire.dump_result(again, CaptureResult) != answers.get("key 0"))


def _append_result(answers: list[str], call: Callable[[], Any]) -> None:
    answers.append(wire.dump_result(call(), CaptureResult))


def _check_concurrent_duplicates(verdict: Verdict, crm: Crm, rounds: int) -> None:
    funnel = crm.funnels.create("Windows", stages=["First call", "Won"])
    for number in range(rounds):
        answers: list[str] = []
        capture = partial(crm.leads.capture, "Anna", funnel_id=funnel.id, idempotency_key=f"twin {number}")
        calls: list[Callable[[], Any]] = [partial(_append_result, answers, capture)] * 2
        _run_concurrently(calls)
        verdict.count("twins")
        verdict.check("twins have one answer", len(answers) == 2 and len(set(answers)) == 1, f"{len(answers)}")
    verdict.check("twins have one effect", len(crm.deals.list(limit=1000)) == rounds)


def _check_upserts(verdict: Verdict, crm: Crm) -> None:
    def run_writer() -> None:
        rows = ({"key": str(number), "name": f"Anna {number}"} for number in range(UPSERTED_ROWS))
        refused = [
            result
            for result in crm.customers.upsert_many(rows, system="erp", chunk_size=25)
            if hasattr(result, "error")
        ]
        verdict.check("no row is refused", not refused, str(refused[:1]))

    _run_concurrently([run_writer] * WRITERS)
    found = len(crm.customers.search(limit=1000))
    verdict.count("customers upserted by four writers", found)
    verdict.check("each external id is one customer", found == UPSERTED_ROWS, str(found))


def _check_retries(verdict: Verdict, rng: random.Random, rounds: int, mutation: str) -> None:
    messages: list[Any] = []
    store, clock = FailingCommitStore(), CountingClock()
    crm = Crm(
        store,
        clock=clock,
        notifiers={"email": _RecordingNotifier(messages)},
        max_attempts=1 if mutation == "no-retry" else 5,
    )
    for number in range(rounds):
        state, times = rng.choice(SQL_STATES), rng.randint(1, 6)
        error = translate(DriverError(state), {})
        verdict.check("the driver's word means: try again", isinstance(error, DatabaseBusyError), state)
        clock.max_wait = 0.0
        store.fail_next_commits(error, times)
        gave_up = _raises_error(DatabaseBusyError, lambda: crm.users.create(f"Anna {number}", login=str(number)))  # noqa: B023
        tried = times - store._state["left"] + (not gave_up)
        verdict.count("disturbances", times)
        verdict.check("five times at most, and five times if needed", tried == min(times + 1, 5), f"{state}: {tried}")
        verdict.check("three seconds at most", clock.max_wait <= 3, f"{clock.max_wait}")
        verdict.check("nothing leaves before the commit", not messages)
        store.fail_next_commits(error, 0)


class _RecordingNotifier:
    def __init__(self, messages: list[Any]) -> None:
        self._messages = messages

    def send(self, message: Any, /) -> None:
        self._messages.append(message)


def _raises_error(kind: type[Exception], call: Callable[[], Any]) -> bool:
    try:
        call()
    except kind:
        return True
    return False


def _run_concurrently(calls: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=one) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(run("IDEM", check, n=10_000, mutations=MUTATIONS))
