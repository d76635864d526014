"""The demo's second act: complaints, visits and questions of three months, once and for all."""

import os
import subprocess
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, Recorder, SqlStore
from crmcore.adapters.kinds import ENTITIES
from crmcore.demo.service.company import ZONE
from crmcore.demo.service.play import Serve, Served
from crmcore.demo.service.season import BEGINS
from crmcore.services.ports import Store
from tests.demo.conftest import run


def play(store: Store) -> tuple[Served, dict[str, int]]:
    """Play it, and count what is stored afterwards."""
    clock = FrozenClock(BEGINS)
    crm = Crm(store, tenant="demo-service", clock=clock, zone=ZONE, notifiers={"email": Recorder()})
    served = Serve(crm, clock).run()
    with store.begin(crm.house.context, ids=crm.house.ids) as transaction:
        return served, {kind.__name__: transaction.count(kind) for kind in ENTITIES}


@pytest.fixture(scope="module")
def twice() -> tuple[tuple[Served, dict[str, int]], tuple[Served, dict[str, int]]]:
    """The act, played twice on one store in memory."""
    store = MemoryStore()
    return play(store), play(store)


def test_everything_is_somebodys_and_shows(twice: tuple[tuple[Served, dict[str, int]], ...]) -> None:
    """Ninety complaints of four types, most in time, some late and escalated; visits made; gaps counted; boilers to be replaced."""
    served, stored = twice[0]
    total = served.complaints.total

    assert (90, 90) == (total.received, stored["Complaint"])
    assert {"noise", "no heat", "late technician", "bill"} == {line.name for line in served.complaints.types}
    assert total.in_time > 40
    assert 0 < total.late < 20
    assert stored["Escalation"] > 10
    assert served.service.done > 80
    assert {"To‘lovni qanday qilaman?", "Kā samaksāt rēķinu?"} == {words for words, _ in served.service.questions}
    assert served.service.proposed > 0
    assert 60 == sum(line.running + line.broken for line in served.service.products)


def test_playing_again_changes_nothing(twice: tuple[tuple[Served, dict[str, int]], ...]) -> None:
    """The same records, the same reports, and no letter is sent again."""
    (first, stored), (second, stored_again) = twice

    assert stored == stored_again
    assert (str(first.complaints), str(first.service)) == (str(second.complaints), str(second.service))
    assert 0 == second.counts["sent"]


def test_every_store_shows_the_same(twice: tuple[tuple[Served, dict[str, int]], ...], tmp_path: Path) -> None:
    """On an SQLite file the reports are the same to the letter."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}", durability="relaxed")
    served, stored = play(store)
    store.close()

    assert twice[0][1] == stored
    assert (str(twice[0][0].complaints), str(twice[0][0].service)) == (str(served.complaints), str(served.service))


@pytest.mark.browser
def test_the_command_writes_pages_that_a_browser_shows(tmp_path: Path, require: object) -> None:
    """`crmcore demo service` prints both reports and writes their pages, also from right to left; nothing is fetched from elsewhere."""
    ran = run("demo", "service", "--folder", str(tmp_path), "--quiet", "--language", "fa")
    chromium = require("chromium", "chromium-browser", "google-chrome")  # type: ignore[operator]  # a fixture that is called

    assert 0 == ran.code, ran.err
    for name in ("complaints", "service"):
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert 'dir="rtl"' in page
        assert "<script" not in page
        picture = tmp_path / f"{name}.png"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
        flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / name}"]
        told = [
            chromium,
            *flags,
            "--window-size=1000,1600",
            f"--screenshot={picture}",
            f"file://{tmp_path}/{name}.html",
        ]
        subprocess.run(told, check=True, capture_output=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)})
        assert picture.stat().st_size > 20_000
