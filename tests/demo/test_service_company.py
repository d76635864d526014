"""The demo of the service company: complaints, visits and questions."""

import os
import subprocess
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, RecordingNotifier, SqlStore
from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.demo.service_company.company import ZONE
from crmcore.demo.service_company.season import STARTS_AT
from crmcore.demo.service_company.simulation import ServiceSimulation, ServiceSimulationResult
from crmcore.ports import Store
from tests.demo.conftest import run


def simulate(store: Store) -> tuple[ServiceSimulationResult, dict[str, int]]:
    """Run the simulation, and count the stored records."""
    clock = FrozenClock(STARTS_AT)
    crm = Crm(store, tenant="demo-service", clock=clock, time_zone=ZONE, notifiers={"email": RecordingNotifier()})
    served = ServiceSimulation(crm, clock).run()
    with store.begin(crm._environment.context, id_generator=crm._environment.id_generator) as transaction:
        return served, {entity_type.__name__: transaction.count(entity_type) for entity_type in ENTITY_TYPES}


@pytest.fixture(scope="module")
def played_twice() -> tuple[
    tuple[ServiceSimulationResult, dict[str, int]], tuple[ServiceSimulationResult, dict[str, int]]
]:
    """Two runs on one store in memory."""
    store = MemoryStore()
    return simulate(store), simulate(store)


def test_reports_show_owners_deadlines_and_replacements(
    played_twice: tuple[tuple[ServiceSimulationResult, dict[str, int]], ...],
) -> None:
    """The reports show complaints in time and late, visits, gaps and replacements."""
    served, stored = played_twice[0]
    total = served.complaints.total

    assert (90, 90) == (total.received, stored["Complaint"])
    assert {"noise", "no heat", "late technician", "bill"} == {line.name for line in served.complaints.types}
    assert total.in_time > 40
    assert 0 < total.overdue_count < 20
    assert stored["Escalation"] > 10
    assert served.field_service.completed_visits > 80
    assert {"To‘lovni qanday qilaman?", "Kā samaksāt rēķinu?"} == {words for words, _ in served.field_service.gaps}
    assert served.field_service.replacement_count > 0
    assert 60 == sum(line.running + line.broken for line in served.field_service.products)


def test_second_run_changes_nothing(played_twice: tuple[tuple[ServiceSimulationResult, dict[str, int]], ...]) -> None:
    """A second run has the same records and reports, and sends no message."""
    (first, stored), (second, stored_again) = played_twice

    assert stored == stored_again
    assert (str(first.complaints), str(first.field_service)) == (str(second.complaints), str(second.field_service))
    assert 0 == second.counts["sent"]


def test_reports_are_equal_on_every_store(
    played_twice: tuple[tuple[ServiceSimulationResult, dict[str, int]], ...], tmp_path: Path
) -> None:
    """The reports on SQLite equal those in memory."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}", durability="relaxed")
    served, stored = simulate(store)
    store.close()

    assert played_twice[0][1] == stored
    assert (str(played_twice[0][0].complaints), str(played_twice[0][0].field_service)) == (
        str(served.complaints),
        str(served.field_service),
    )


@pytest.mark.browser
def test_demo_service_command_writes_report_pages(tmp_path: Path, require: object) -> None:
    """`crmcore demo service` prints both reports and writes self-contained pages."""
    ran = run("demo", "service", "--output-dir", str(tmp_path), "--quiet", "--language", "fa")
    chromium = require("chromium", "chromium-browser", "google-chrome")  # type: ignore[operator]  # a fixture that is called

    assert 0 == ran.code, ran.stderr
    for name in ("complaints", "service"):
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert 'dir="rtl"' in page
        assert "<script" not in page
        picture = tmp_path / f"{name}.png"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
        flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / name}"]
        command = [
            chromium,
            *flags,
            "--window-size=1000,1600",
            f"--screenshot={picture}",
            f"file://{tmp_path}/{name}.html",
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)})
        assert picture.stat().st_size > 20_000
