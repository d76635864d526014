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
from tests.reliability.harness import Verdict
from tests.reliability.power_loss.disk import OPENED, REMOVED, SYNCED, WRITTEN, SimulatedFile, build_library, read_log

MUTATIONS: Final = {"relaxed": "the store syncs when it folds its log, and not with every commit"}
COMMANDS: Final = 300
"""Number of commands of one writer."""
CUTS: Final = 500
"""How many power cuts are tried on what one writer wrote."""


@frozen
class PowerCut:
    """What was left when the power failed.

    Attributes:
        files: the content of each file, by its path.
        acknowledged: the version of each deal that the writer had acknowledged.
    """

    files: dict[str, bytearray]
    acknowledged: dict[str, int]


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Cut the power n times: whatever was acknowledged is there, whole, in a file that is in order."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        library = build_library(Path(folder))
        for first in range(0, n, CUTS):
            work_folder = Path(folder, str(first))
            work_folder.mkdir()
            cuts = min(CUTS, n - first)
            _check_writer(rng, cuts, work_folder, library, "relaxed" if mutation else "full", verdict)
    return verdict


def _check_writer(
    rng: random.Random, cuts: int, folder: Path, library: Path, durability: str, verdict: Verdict
) -> None:
    path = folder / "crm.db"
    crm = Crm.open(f"sqlite:///{path}")
    funnel = crm.funnels.create("Windows", stages=["First call", "Approval", "Payment", "Installation"])
    crm.close()
    before = path.read_bytes()
    arguments = [str(path), funnel.id, durability, str(COMMANDS), str(rng.random())[2:8]]
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "CRM_DISK_PREFIX": str(path),
        "CRM_DISK_LOG": str(folder / "log"),
    }
    subprocess.run(
        [sys.executable, "-m", "tests.reliability.power_loss.writer", *arguments], check=True, env=environment
    )
    verdict.count("commands executed", COMMANDS)
    left = folder / "left"
    left.mkdir()
    for cut in _power_cuts(rng, cuts, folder / "log", str(path), before):
        verdict.count("power cuts")
        verdict.count("acknowledged deals looked for", len(cut.acknowledged))
        _check_files(cut, left, str(path), verdict)


def _power_cuts(rng: random.Random, cuts: int, log: Path, path: str, before: bytes) -> Iterator[PowerCut]:
    """Follow the log, and stop at random places of it."""
    entries = list(read_log(log))
    places = sorted(rng.randrange(len(entries)) for _ in range(cuts))
    names: dict[int, str] = {}
    files: dict[str, SimulatedFile] = {path: SimulatedFile(synced_content=bytearray(before))}
    promised: dict[str, int] = {}
    for place, entry in enumerate(entries):
        while places and places[0] == place:
            places.pop(0)
            kept = {name: file.after_a_power_cut(rng) for name, file in files.items()}
            yield PowerCut(kept, dict(promised))
        if entry.operation == OPENED:
            names[entry.file] = entry.data.decode()
        name = names[entry.file]
        if name.endswith(".acks"):
            if entry.operation == WRITTEN:
                deal, version = entry.data.split()
                promised[deal.decode()] = max(int(version), promised.get(deal.decode(), 0))
        elif name.endswith("-shm"):
            continue  # the index of the log in shared memory: gone with the power, and rebuilt
        elif entry.operation == OPENED:
            files.setdefault(name, SimulatedFile())
        elif entry.operation == SYNCED:
            files[name].sync()
        elif entry.operation == REMOVED:
            del files[name]
        else:
            files[name].unsynced_entries.append(entry)


def _check_files(cut: PowerCut, left: Path, path: str, verdict: Verdict) -> None:
    for old in left.iterdir():
        old.unlink()
    for name, content in cut.files.items():
        Path(left, Path(name).name).write_bytes(content)
    with closing(sqlite3.connect(left / Path(path).name)) as database:
        try:
            (health,) = database.execute("PRAGMA integrity_check").fetchone()
            stored = {f"deal_{id.hex()}": version for id, version in database.execute(DEALS)}
            half = database.execute(INCOMPLETE_DEALS).fetchall()
        except sqlite3.DatabaseError as error:
            verdict.check("the file is in order", False, str(error))
            return
    verdict.check("the file is in order", health == "ok", health)
    lost = [deal for deal, version in cut.acknowledged.items() if stored.get(deal, 0) < version]
    verdict.check("nothing acknowledged is lost", not lost, f"{len(lost)} deals")
    verdict.check("no command is half done", not half, f"{len(half)} deals")


DEALS: Final = "SELECT id, version FROM crm_deals"
INCOMPLETE_DEALS: Final = """
SELECT d.id FROM crm_deals d
WHERE NOT EXISTS (SELECT 1 FROM crm_customers c WHERE c.tenant = d.tenant AND c.id = d.customer_id)
OR d.version <> (SELECT count(*) FROM crm_deal_movements m WHERE m.tenant = d.tenant AND m.deal_id = d.id)
OR d.version <> (SELECT count(DISTINCT e.version) FROM crm_events e
                 WHERE e.tenant = d.tenant AND e.subject_id = 'deal_' || lower(hex(d.id)))
"""
"""Deals without their customer, or whose versions, movements and facts do not agree."""
