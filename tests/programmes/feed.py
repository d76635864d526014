"""FEED: many write, some change their minds, some are slow; a reader follows and is killed again and again, and misses nothing.

``python -m tests.programmes.feed --n 5000`` on an SQLite file; the tests play it on a PostgreSQL server too, where a story that began
early may be committed late, so that a reader who goes by any number that was taken inside a story loses facts.
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
from crmcore.adapters.sql.store import SqlStore, make_engine
from crmcore.domain.tasks import Task
from crmcore.services.unit import Unit
from tests.programmes.programme import Verdict, run

WRITERS: Final = 8
KILLS: Final = 10
ROLLED_BACK: Final = 0.1
SLOW: Final = 0.02
SABOTAGES: Final = {
    "hasty": "the reader keeps its cursor before it keeps the facts",
    "naive": "the reader goes by the ids of the facts instead of by their places in the feed",
}
_processes: Final = multiprocessing.get_context("fork")


def follow(url: str, tenant: str, folder: Path, chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let eight writers bring about n facts, and kill the reader ten times meanwhile."""
    verdict, notes = Verdict(), folder / "heard"
    Crm(SqlStore.open(url), tenant=tenant).close()
    shares = [folder / f"writer-{number}" for number in range(WRITERS)]
    writers = [
        _processes.Process(target=_write, args=(url, tenant, chance.random(), n // WRITERS, share)) for share in shares
    ]
    for writer in writers:
        writer.start()
    kills = 0
    while any(writer.is_alive() for writer in writers) or kills < KILLS:
        reader = _processes.Process(target=_read, args=(url, tenant, notes, sabotage, None))
        reader.start()
        time.sleep(chance.uniform(0.05, 0.3))
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        reader.join()
        kills += 1
    for writer in writers:
        writer.join()
    committed = sum(int(share.read_text()) for share in shares)
    reader = _processes.Process(target=_read, args=(url, tenant, notes, sabotage, committed))
    reader.start()
    reader.join()
    _judge(verdict, notes, committed, kills)
    return verdict


def _judge(verdict: Verdict, notes: Path, committed: int, kills: int) -> None:
    heard = [line.split() for line in _whole_lines(notes)]
    verdict.count("writers", WRITERS)
    verdict.count("facts committed", committed)
    verdict.count("facts heard", len(heard))
    verdict.count("times the reader was killed", kills)
    lost, twice = committed - len({id for _, id, *_ in heard}), len(heard) - len({id for _, id, *_ in heard})
    verdict.demand("no fact is lost", lost == 0, f"{lost} of {committed}")
    verdict.demand("no fact is heard twice", twice == 0, f"{twice} of {committed}")
    versions: dict[str, list[int]] = {}
    for _, _, subject, version in heard:
        versions.setdefault(subject, []).append(int(version))
    mixed = [subject for subject, of_one in versions.items() if of_one != sorted(of_one)]
    verdict.demand("the facts of a record come in order", not mixed, f"{len(mixed)} records")


def _write(url: str, tenant: str, seed: float, facts: int, share: Path) -> None:
    """Give tasks and do them; now and then change one's mind at the end, or take one's time."""
    chance, committed = random.Random(seed), 0
    crm = Crm(SqlStore(make_engine(url, durability="relaxed"), durability="relaxed"), tenant=tenant, attempts=20)
    while committed < facts:
        if chance.random() < ROLLED_BACK:
            _change_ones_mind(crm)
        elif chance.random() < SLOW:
            crm.house.insist("feed.slow", _slowly)
            committed += 1
        else:
            task = crm.tasks.give("Call")
            crm.tasks.complete(task.id)
            committed += 2
    crm.close()
    share.write_text(str(committed))


def _task(unit: Unit) -> Task:
    return Task.give(unit.id("task"), "Call", at=unit.now)


def _slowly(unit: Unit) -> None:
    unit.save(_task(unit))
    unit.count(Task)  # so that it has been sent to the database
    time.sleep(0.02)


def _change_ones_mind(crm: Crm) -> None:
    def tell(unit: Unit) -> None:
        unit.save(_task(unit))
        unit.count(Task)  # so that it has been sent to the database
        raise InterruptedError

    try:
        crm.house.run("feed.undo", tell)
    except InterruptedError:
        return


def _read(url: str, tenant: str, notes: Path, sabotage: str, until: int | None) -> None:
    """Follow the feed, and note each fact; go on behind the last one noted. Ends when so many have been heard."""
    store = SqlStore(make_engine(url, durability="relaxed"), durability="relaxed")
    crm = Crm(store, tenant=tenant, attempts=20)
    pages = _naively(store, tenant, notes) if sabotage == "naive" else _by_cursor(crm, notes, hasty=sabotage == "hasty")
    with notes.open("a") as heard:
        for page in pages:
            heard.writelines(f"{' '.join(map(str, line))}\n" for line in page)
            heard.flush()
            if until is not None and not page:
                return


def _by_cursor(crm: Crm, notes: Path, *, hasty: bool) -> Iterator[list[Any]]:
    kept = notes.with_suffix(".cursor")
    lines = _whole_lines(notes)
    cursor = f"{int(lines[-1].split()[0]):x}.{lines[-1].split()[1]}" if lines else ""
    if hasty and kept.exists():
        cursor = kept.read_text()
    while True:
        page = crm.feed.read(cursor=cursor, limit=50)
        cursor = page.cursor
        if hasty:
            kept.write_text(cursor)
            time.sleep(0.05)  # most of its time, so that one of ten kills comes between
        yield [(fact.position, fact.id, fact.subject, fact.version) for fact in page.facts]


def _naively(store: SqlStore, tenant: str, notes: Path) -> Iterator[list[Any]]:
    """What a reader does who trusts that facts appear in the order of their ids."""
    facts = store.schema.events.c
    lines = _whole_lines(notes)
    last = lines[-1].split()[1] if lines else f"event_{0:032x}"
    while True:
        behind = select(facts.id, facts.subject, facts.version).where(facts.tenant == tenant, facts.id > last)
        with store.engine.connect() as connection:
            page = [(0, *row) for row in connection.execute(behind.order_by(facts.id).limit(50))]
        last = page[-1][1] if page else last
        yield page


def _whole_lines(notes: Path) -> list[str]:
    """The lines that were written to their ends before the reader was killed; a torn last one is cut off."""
    if not notes.exists():
        return []
    text = notes.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        notes.write_text(whole)
    return whole.splitlines()


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Bring about n facts on an SQLite file, and follow them: each is heard once, in order per record."""
    with tempfile.TemporaryDirectory() as folder:
        return follow(f"sqlite:///{folder}/crm.db", "us", Path(folder), chance, n, sabotage)


if __name__ == "__main__":
    sys.exit(run("FEED", play, n=5_000, sabotages=SABOTAGES))
