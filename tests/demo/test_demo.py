"""The demo command: one window company from a file, idempotent on a database."""

import csv
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, SqlStore, Stage
from crmcore.adapters.files import MemoryFileStore
from crmcore.adapters.notifications.recording import RecordingNotifier
from crmcore.demo.company import COMPANY_DETAILS, ZONE, stages
from crmcore.demo.documents import PlaceholderRenderer
from crmcore.demo.generator import REQUESTS_FILE
from crmcore.demo.simulation import SIMULATED_PERIOD, Simulation, SimulationResult
from crmcore.domain.kernel.values.period import Period
from crmcore.importing.column_mapping import ColumnMapping
from crmcore.importing.csv_reader import CsvTable, open_csv, table_from_text
from crmcore.importing.rejects import RejectsFile
from crmcore.ports import Store
from tests.demo.conftest import DemoFolder, run
from tests.servers import fresh_database


def create_crm(store: Store | None = None) -> tuple[Crm, FrozenClock, RecordingNotifier]:
    """Create a Crm with the simulation's clock, by default in memory."""
    clock, recorder = FrozenClock(SIMULATED_PERIOD.since), RecordingNotifier()
    crm = Crm(
        store,
        tenant="demo",
        clock=clock,
        renderer=PlaceholderRenderer(),
        file_store=MemoryFileStore(),
        notifiers={"email": recorder},
        region="UZ",
        time_zone=ZONE,
        company=COMPANY_DETAILS,
    )
    return crm, clock, recorder


def simulate(
    crm: Crm, clock: FrozenClock, text: str | None = None, *, weeks: int = 13, stop: int = 999
) -> SimulationResult:
    """Run the simulation on a text; optionally stop it after some days."""

    def stop_after(at: datetime, _counts: Counter[str]) -> None:
        if at >= SIMULATED_PERIOD.since + timedelta(days=stop):
            raise KeyboardInterrupt

    season = Period(SIMULATED_PERIOD.since, SIMULATED_PERIOD.since + timedelta(weeks=weeks))
    with RejectsFile(None) as rejects, open_csv(REQUESTS_FILE) as file:
        sheet = CsvTable(file) if text is None else table_from_text(text)
        return Simulation(crm, clock, stop_after, season).run(sheet, ColumnMapping.guess(sheet.headings), rejects)


@pytest.fixture(scope="module")
def result() -> tuple[Crm, SimulationResult, RecordingNotifier]:
    """The demo in memory."""
    crm, clock, recorder = create_crm()
    return crm, simulate(crm, clock), recorder


def test_demo_runs_without_extras(demo: DemoFolder) -> None:
    """The demo needs no extra, exits with 0, and prints progress and the report."""
    assert (0, 9) == (demo.first_run.code, demo.first_run.stderr.count(" %  ")), demo.first_run.stderr
    assert (
        "395 rows: 382 requests imported, 0 known from an earlier run, 5 duplicates, 8 rejected"
        in demo.first_run.stderr
    )
    assert "\x1b" not in demo.first_run.stdout + demo.first_run.stderr
    for chapter in ("Funnel: Windows", "Sources", "People", "Overdue"):
        assert f"\n{chapter}\n{'─' * len(chapter)}\n" in demo.first_run.stdout


def test_demo_figures_are_equal_in_memory_and_database(
    demo: DemoFolder, result: tuple[Crm, SimulationResult, RecordingNotifier]
) -> None:
    """The same seed gives the same figures in every process and store."""
    assert demo.first_run.stdout == result[1].report.text(time_zone=ZONE) + "\n"


def test_report_figures_add_up(result: tuple[Crm, SimulationResult, RecordingNotifier]) -> None:
    """Every lead is won, lost for a reason, or open; all totals are equal."""
    report = result[1].report
    funnel = report.funnel

    assert 382 == funnel.opened == funnel.won + funnel.lost + funnel.open
    assert funnel.lost == sum(funnel.reasons.values()) == sum(stage.lost for stage in funnel.stages)
    assert funnel.opened == sum(line.requests for line in report.sources) == sum(line.deals for line in report.people)
    assert funnel.won == sum(line.won for line in report.sources) == sum(line.won for line in report.people)
    assert "recommendation" == max(report.sources, key=lambda line: line.conversion if line.requests > 10 else 0).source
    assert report.overdue.count > 0


def test_second_run_changes_nothing(demo: DemoFolder) -> None:
    """A second run on the same store changes no row and sends nothing."""
    before, messages = _database_dump(demo.folder), sorted((demo.folder / "letters").iterdir())
    again = demo.run("demo", "--output-dir", str(demo.folder), "--quiet")

    assert 0 == again.code
    assert before == _database_dump(demo.folder)
    assert messages == sorted((demo.folder / "letters").iterdir())
    assert demo.first_run.stdout == again.stdout
    assert "0 requests imported, 382 known from an earlier run, 5 duplicates, 8 rejected" in again.stderr
    assert "0 jobs run, 0 messages sent" in again.stderr


def test_interrupted_demo_is_completed_by_second_run() -> None:
    """A run that was interrupted twice ends with the same records."""
    text = "".join(REQUESTS_FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:80])
    crm, clock, recorder = create_crm()
    whole = simulate(crm, clock, text, weeks=5)
    broken, broken_clock, broken_recorder = create_crm()
    for day in (11, 23):
        with pytest.raises(KeyboardInterrupt):
            simulate(broken, broken_clock, text, weeks=5, stop=day)
    finished = simulate(broken, broken_clock, text, weeks=5)

    assert str(whole.report) == str(finished.report)
    assert _topic_counts(recorder) == _topic_counts(broken_recorder)


def test_run_after_purged_idempotency_records_changes_nothing() -> None:
    """Without idempotency records, a second run finds its requests by their keys."""
    text = "".join(REQUESTS_FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:25])
    crm, clock, recorder = create_crm()
    whole = simulate(crm, clock, text, weeks=2)
    events, messages = len(crm.feed.read().events), len(recorder.messages)
    clock.advance(days=30)
    while crm.jobs.purge_expired(limit=1000):
        pass
    again = simulate(crm, clock, text, weeks=2)

    assert str(whole.report) == str(again.report)
    assert (0, events, messages) == (again.counts["imported"], len(crm.feed.read().events), len(recorder.messages))


def _topic_counts(recorder: RecordingNotifier) -> Counter[str]:
    return Counter(message.topic for message in recorder.messages)


@pytest.mark.postgresql
def test_demo_on_postgresql_equals_memory(postgresql_url: str) -> None:
    """The figures on PostgreSQL equal those in memory; a second run does nothing."""
    text = "".join(REQUESTS_FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:25])
    memory, clock, _ = create_crm()
    whole = simulate(memory, clock, text, weeks=2)
    with fresh_database(postgresql_url) as url:
        crm, clock, recorder = create_crm(SqlStore.open(url))
        first = simulate(crm, clock, text, weeks=2)
        messages = len(recorder.messages)
        second = simulate(crm, clock, text, weeks=2)
        crm.close()

    assert str(whole.report) == str(first.report) == str(second.report)
    assert (0, messages) == (second.counts["imported"], len(recorder.messages))


@pytest.mark.long
def test_killed_demo_is_completed_by_next_run(demo: DemoFolder, tmp_path: Path) -> None:
    """After three SIGKILLs the demo ends with the same records."""
    command = [sys.executable, "-m", "crmcore", "demo", "--output-dir", str(tmp_path), "--quiet"]
    for seconds in (2.0, 4.0, 5.0):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.wait()
    finished = run("demo", "--output-dir", str(tmp_path), "--quiet")

    assert demo.first_run.stdout == finished.stdout
    assert _message_files(demo.folder) == _message_files(tmp_path)


def _message_files(folder: Path) -> Counter[str]:
    return Counter(path.name.rpartition("-")[0] for path in (folder / "letters").glob("*.eml"))


def test_stage_actions_follow_window_company_rules(result: tuple[Crm, SimulationResult, RecordingNotifier]) -> None:
    """The scenario has all steps: call, measurement, cost, invoice, notification."""
    crm, done, recorder = result
    funnel = crm.funnels.get_by_name("Windows")
    assert funnel is not None
    won = crm.deals.list(funnel_id=funnel.id, outcome="won", limit=1000)
    tasks = {deal.id: crm.tasks.list(deal_id=deal.id) for deal in won[:40]}

    assert [stage.key for stage in stages()] == [stage.key for stage in funnel.stages]
    assert isinstance(funnel.stages[0], Stage)
    for deal in won[:40]:
        kinds = Counter(task.kind for task in tasks[deal.id])
        call = next(task for task in tasks[deal.id] if task.kind == "call")
        measure = next(task for task in tasks[deal.id] if task.kind == "measure")

        assert kinds["call"] == 1
        assert kinds["measure"] == kinds["calculate"] >= 1
        assert call.due_at is not None
        assert 900 == (call.due_at - call.created_at).total_seconds()
        assert f"Measure for deal {deal.title} at 2026-" in measure.title
        assert deal.attachments
    notices = [message for message in recorder.messages if message.topic == "notice"]
    assert len(won) == len(notices)
    assert {"Ilhom Ergashev", "Қодир Мирзаев"} == {message.recipient_name for message in notices}
    assert done.report.funnel.stages[3].reached == len({key for key, _ in done.documents})


def test_late_call_is_escalated_within_15_minutes(result: tuple[Crm, SimulationResult, RecordingNotifier]) -> None:
    """The manager is notified of an overdue call within 15 minutes."""
    crm, _, recorder = result
    by_task = {message.about_id: message for message in reversed(recorder.messages) if message.topic == "task.overdue"}
    late = [task for task in crm.tasks.list(limit=1000) if task.id in by_task]

    assert len(late) > 50
    for task in late:
        assert task.due_at is not None
        assert 0 <= (by_task[task.id].at - task.due_at).total_seconds() <= 900


def test_invoice_contains_required_fields(demo: DemoFolder) -> None:
    """Each invoice has all required fields, in the customer's language."""
    requests = {row["request"]: row for row in csv.DictReader(REQUESTS_FILE.read_text(encoding="utf-8").splitlines())}
    documents = sorted((demo.folder / "documents").iterdir())

    assert len(documents) > 150
    for paper in documents:
        text, row = paper.read_text(encoding="utf-8"), requests[paper.name.partition("-")[0]]

        assert f'<html lang="{row["language"]}"' in text
        for said in (row["street"], row["city"], row["about"].strip(), " EUR", COMPANY_DETAILS["bank"]):
            assert said in text
        assert "{{" not in text


def test_message_files_are_valid_mail(demo: DemoFolder) -> None:
    """Each message file is a valid e-mail with a unique id and a recipient."""
    messages = [
        message_from_bytes(path.read_bytes(), policy=default) for path in (demo.folder / "letters").glob("*.eml")
    ]
    topics = Counter(path.name.split("-", 4)[4].rpartition("-")[0] for path in (demo.folder / "letters").iterdir())

    assert all(isinstance(message, EmailMessage) for message in messages)
    assert len(messages) == len({message["Message-ID"] for message in messages})
    assert {"task-overdue", "notice", "complaint-overdue"} <= set(topics)
    assert {"windows.example", "example.com"} == {message["To"].addresses[0].domain for message in messages}


def test_own_requests_file_is_imported_with_rejects(tmp_path: Path) -> None:
    """Requests are read from standard input; invalid rows are reported and can be corrected."""
    text = "name;phone;source\nJānis;+371 2000 0001;web\nAnna;12;web\n;;\nAnna;+371 2000 0002;=cmd\n"
    first = run("demo", "--output-dir", str(tmp_path), "--input", "-", "--quiet", stdin=text)
    rejects = (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    corrected = rejects.replace("Anna,12,", "Anna,+371 2000 0003,")
    (tmp_path / "rejects.csv").write_text(corrected, encoding="utf-8")
    second = run("demo", "--output-dir", str(tmp_path), "--input", str(tmp_path / "rejects.csv"), "--quiet")

    assert 1 == first.code
    assert "row 3: phone" in first.stderr
    assert "3 rows: 2 requests imported" in first.stderr
    assert ["3", "phone", "invalid_phone"] == next(csv.reader(rejects.splitlines()[1:]))[:3]
    assert 0 == second.code, second.stderr
    assert "1 rows: 1 requests imported" in second.stderr
    assert not (tmp_path / "rejects.csv").exists()


def _database_dump(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "crm.db") as connection:
        lines = [line for line in connection.iterdump() if "sqlite_stat" not in line]
    connection.close()
    return lines
