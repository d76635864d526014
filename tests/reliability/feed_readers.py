"""FEED: many write, some change their minds, some are slow; a reader follows and is killed again and again, and misses nothing.

``python -m tests.reliability.feed_readers --n 5000`` on an SQLite file; the tests play it on a PostgreSQL server too, where a command that began
early may be committed late, so that a reader who goes by any number that was taken inside a command loses facts.
"""

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from crmcore import Crm
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.activities.tasks import Task
from crmcore.services.unit_of_work import UnitOfWork
from tests.reliability.harness import Verdict, run

WRITERS: Final = 8
KILLS: Final = 10
ROLLBACK_RATIO: Final = 0.1
SLOW_RATIO: Final = 0.02
MUTATIONS: Final = {
    "hasty": "the reader keeps its cursor before it keeps the facts",
    "naive": "the reader goes by the ids of the facts instead of by their places in the feed",
}
_processes: Final = multiprocessing.get_context("fork")


def check_reader(url: str, tenant: str, folder: Path, rng: random.Random, event_count: int, mutation: str) -> Verdict:
    """Let eight writers bring about n facts, and kill the reader ten times meanwhile."""
    verdict, notes = Verdict(), folder / "received"
    Crm(SqlStore.open(url), tenant=tenant).close()
    shares = [folder / f"writer-{number}" for number in range(WRITERS)]
    writers = [
        _processes.Process(target=_run_writer, args=(url, tenant, rng.random(), event_count // WRITERS, share))
        for share in shares
    ]
    for writer in writers:
        writer.start()
    kills = 0
    while any(writer.is_alive() for writer in writers) or kills < KILLS:
        reader = _processes.Process(target=_run_reader, args=(url, tenant, notes, mutation, None))
        reader.start()
        time.sleep(rng.uniform(0.05, 0.3))
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        reader.join()
        kills += 1
    for writer in writers:
        writer.join()
    committed = sum(int(share.read_text()) for share in shares)
    reader = _processes.Process(target=_run_reader, args=(url, tenant, notes, mutation, committed))
    reader.start()
    reader.join()
    _check_events(verdict, notes, committed, kills)
    return verdict


def _check_events(verdict: Verdict, notes: Path, committed: int, kills: int) -> None:
    received = [line.split() for line in _complete_lines(notes)]
    verdict.count("writers", WRITERS)
    verdict.count("facts committed", committed)
    verdict.count("facts heard", len(received))
    verdict.count("times the reader was killed", kills)
    lost, twice = committed - len({id for _, id, *_ in received}), len(received) - len({id for _, id, *_ in received})
    verdict.check("no fact is lost", lost == 0, f"{lost} of {committed}")
    verdict.check("no fact is heard twice", twice == 0, f"{twice} of {committed}")
    versions: dict[str, list[int]] = {}
    for _, _, subject, version in received:
        versions.setdefault(subject, []).append(int(version))
    mixed = [subject for subject, of_one in versions.items() if of_one != sorted(of_one)]
    verdict.check("the facts of a record come in order", not mixed, f"{len(mixed)} records")


def _run_writer(url: str, tenant: str, seed: float, event_count: int, share: Path) -> None:
    """Give tasks and do them; now and then change one's mind at the end, or take one's time."""
    rng, committed = random.Random(seed), 0
    crm = Crm(SqlStore(make_engine(url, durability="relaxed"), durability="relaxed"), tenant=tenant, max_attempts=20)
    while committed < event_count:
        if rng.random() < ROLLBACK_RATIO:
            _roll_back_task(crm)
        elif rng.random() < SLOW_RATIO:
            crm._environment.execute_with_retry("feed.slow", _create_task_slowly)
            committed += 1
        else:
            task = crm.tasks.create("Call")
            crm.tasks.complete(task.id)
            committed += 2
    crm.close()
    share.write_text(str(committed))


def _create_task(uow: UnitOfWork) -> Task:
    return Task.create(uow.new_id("task"), "Call", at=uow.now)


def _create_task_slowly(uow: UnitOfWork) -> None:
    uow.save(_create_task(uow))
    uow.count(Task)  # so that it has been sent to the database
    time.sleep(0.02)


def _roll_back_task(crm: Crm) -> None:
    def create_and_fail(uow: UnitOfWork) -> None:
        uow.save(_create_task(uow))
        uow.count(Task)  # so that it has been sent to the database
        raise InterruptedError

    try:
        crm._environment.execute("feed.undo", create_and_fail)
    except InterruptedError:
        return


def _run_reader(url: str, tenant: str, notes: Path, mutation: str, until: int | None) -> None:
    """Follow the feed, and note each fact; go on behind the last one noted. Ends when so many have been heard."""
    store = SqlStore(make_engine(url, durability="relaxed"), durability="relaxed")
    crm = Crm(store, tenant=tenant, max_attempts=20)
    pages = (
        _read_by_id(store, tenant, notes)
        if mutation == "naive"
        else _read_by_cursor(crm, notes, saves_cursor_first=mutation == "hasty")
    )
    with notes.open("a") as received:
        for page in pages:
            received.writelines(f"{' '.join(map(str, line))}\n" for line in page)
            received.flush()
            if until is not None and not page:
                return


def _read_by_cursor(crm: Crm, notes: Path, *, saves_cursor_first: bool) -> Iterator[list[Any]]:
    kept = notes.with_suffix(".cursor")
    lines = _complete_lines(notes)
    cursor = f"{int(lines[-1].split()[0]):x}.{lines[-1].split()[1]}" if lines else ""
    if saves_cursor_first and kept.exists():
        cursor = kept.read_text()
    while True:
        page = crm.feed.read(cursor=cursor, limit=50)
        cursor = page.cursor
        if saves_cursor_first:
            kept.write_text(cursor)
            time.sleep(0.05)  # most of its time, so that one of ten kills comes between
        yield [(event.position, event.id, event.subject_id, event.version) for event in page.events]


def _read_by_id(store: SqlStore, tenant: str, notes: Path) -> Iterator[list[Any]]:
    """What a reader does who trusts that facts appear in the order of their ids."""
    event_columns = store.schema.events_table.c
    lines = _complete_lines(notes)
    last = lines[-1].split()[1] if lines else f"event_{0:032x}"
    while True:
        behind = select(event_columns.id, event_columns.subject, event_columns.version).where(
            event_columns.tenant == tenant, event_columns.id > last
        )
        with store.engine.connect() as connection:
            page = [(0, *row) for row in connection.execute(behind.order_by(event_columns.id).limit(50))]
        last = page[-1][1] if page else last
        yield page


def _complete_lines(notes: Path) -> list[str]:
    """The lines that were written to their ends before the reader was killed; a torn last one is cut off."""
    if not notes.exists():
        return []
    text = notes.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        notes.write_text(whole)
    return whole.splitlines()


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Bring about n facts on an SQLite file, and follow them: each is heard once, in order per record."""
    with tempfile.TemporaryDirectory() as folder:
        return check_reader(f"sqlite:///{folder}/crm.db", "us", Path(folder), rng, n, mutation)


if __name__ == "__main__":
    sys.exit(run("FEED", check, n=5_000, mutations=MUTATIONS))
