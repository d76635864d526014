"""Cuts the power at random places of what a writer wrote, and looks at what is left."""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from attrs import frozen

from crmcore import Crm
from tests.programmes.power.disk import OPENED, REMOVED, SYNCED, WRITTEN, File, build, read_log
from tests.programmes.programme import Verdict

SABOTAGES: Final = {"relaxed": "the store syncs when it folds its log, and not with every commit"}
STORIES: Final = 300
"""How many stories one writer tells."""
CUTS: Final = 500
"""How many power cuts are tried on what one writer wrote."""


@frozen
class Cut:
    """What was left when the power failed.

    Attributes:
        files: the content of each file, by its path.
        promised: the version of each deal that the writer had been told is safe.
    """

    files: dict[str, bytearray]
    promised: dict[str, int]


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Cut the power n times: whatever was acknowledged is there, whole, in a file that is in order."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        for first in range(0, n, CUTS):
            room = Path(folder, str(first))
            room.mkdir()
            cuts = min(CUTS, n - first)
            _one_writer(chance, cuts, room, library, "relaxed" if sabotage else "full", verdict)
    return verdict


def _one_writer(chance: random.Random, cuts: int, room: Path, library: Path, durability: str, verdict: Verdict) -> None:
    path = room / "crm.db"
    crm = Crm.open(f"sqlite:///{path}")
    funnel = crm.funnels.create("Windows", stages=["First call", "Approval", "Payment", "Installation"])
    crm.close()
    before = path.read_bytes()
    told = [str(path), funnel.id, durability, str(STORIES), str(chance.random())[2:8]]
    world = {**os.environ, "LD_PRELOAD": str(library), "CRM_DISK_PREFIX": str(path), "CRM_DISK_LOG": str(room / "log")}
    subprocess.run([sys.executable, "-m", "tests.programmes.power.writer", *told], check=True, env=world)
    verdict.count("stories told", STORIES)
    left = room / "left"
    left.mkdir()
    for cut in _power_cuts(chance, cuts, room / "log", str(path), before):
        verdict.count("power cuts")
        verdict.count("acknowledged deals looked for", len(cut.promised))
        _look(cut, left, str(path), verdict)


def _power_cuts(chance: random.Random, cuts: int, log: Path, path: str, before: bytes) -> Iterator[Cut]:
    """Follow the log, and stop at random places of it."""
    entries = list(read_log(log))
    places = sorted(chance.randrange(len(entries)) for _ in range(cuts))
    names: dict[int, str] = {}
    files: dict[str, File] = {path: File(safe=bytearray(before))}
    promised: dict[str, int] = {}
    for place, entry in enumerate(entries):
        while places and places[0] == place:
            places.pop(0)
            kept = {name: file.after_a_power_cut(chance) for name, file in files.items()}
            yield Cut(kept, dict(promised))
        if entry.what == OPENED:
            names[entry.file] = entry.data.decode()
        name = names[entry.file]
        if name.endswith(".acks"):
            if entry.what == WRITTEN:
                deal, version = entry.data.split()
                promised[deal.decode()] = max(int(version), promised.get(deal.decode(), 0))
        elif name.endswith("-shm"):
            continue  # the index of the log in shared memory: gone with the power, and built anew
        elif entry.what == OPENED:
            files.setdefault(name, File())
        elif entry.what == SYNCED:
            files[name].sync()
        elif entry.what == REMOVED:
            del files[name]
        else:
            files[name].since.append(entry)


def _look(cut: Cut, left: Path, path: str, verdict: Verdict) -> None:
    for old in left.iterdir():
        old.unlink()
    for name, content in cut.files.items():
        Path(left, Path(name).name).write_bytes(content)
    with closing(sqlite3.connect(left / Path(path).name)) as database:
        try:
            (health,) = database.execute("PRAGMA integrity_check").fetchone()
            stored = {f"deal_{id.hex()}": version for id, version in database.execute(DEALS)}
            half = database.execute(HALF).fetchall()
        except sqlite3.DatabaseError as error:
            verdict.demand("the file is in order", False, str(error))
            return
    verdict.demand("the file is in order", health == "ok", health)
    lost = [deal for deal, version in cut.promised.items() if stored.get(deal, 0) < version]
    verdict.demand("nothing acknowledged is lost", not lost, f"{len(lost)} deals")
    verdict.demand("no story is half done", not half, f"{len(half)} deals")


DEALS: Final = "SELECT id, version FROM crm_deals"
HALF: Final = """
SELECT d.id FROM crm_deals d
WHERE NOT EXISTS (SELECT 1 FROM crm_customers c WHERE c.tenant = d.tenant AND c.id = d.customer)
OR d.version <> (SELECT count(*) FROM crm_deal_movements m WHERE m.tenant = d.tenant AND m.deal = d.id)
OR d.version <> (SELECT count(DISTINCT e.version) FROM crm_events e
                 WHERE e.tenant = d.tenant AND e.subject = 'deal_' || lower(hex(d.id)))
"""
"""Deals without their customer, or whose versions, movements and facts do not agree."""
