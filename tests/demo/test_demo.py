"""The demo command: story A from a file, on a database, once and for all."""

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
from crmcore.adapters.files import MemoryFiles
from crmcore.adapters.notify.recorder import Recorder
from crmcore.demo.company import ABOUT, ZONE, stages
from crmcore.demo.generator import FILE
from crmcore.demo.papers import Gaps
from crmcore.demo.play import SEASON, Play, Played
from crmcore.domain.values.period import Period
from crmcore.services.ports import Store
from crmcore.sheets.columns import Columns
from crmcore.sheets.reading import Sheet, open_sheet, sheet_of
from crmcore.sheets.rejects import Rejects
from tests.demo.conftest import Demo, run
from tests.servers import fresh_database


def house(store: Store | None = None) -> tuple[Crm, FrozenClock, Recorder]:
    """A house with the play's clock, in memory when no store is given."""
    clock, recorder = FrozenClock(SEASON.since), Recorder()
    crm = Crm(
        store,
        tenant="demo",
        clock=clock,
        renderer=Gaps(),
        files=MemoryFiles(),
        notifiers={"email": recorder},
        region="UZ",
        zone=ZONE,
        company=ABOUT,
    )
    return crm, clock, recorder


def play(crm: Crm, clock: FrozenClock, text: str | None = None, *, weeks: int = 13, stop: int = 999) -> Played:
    """Play the demo's file, or a text, or the beginning of it; and break it off after some days."""

    def tell(at: datetime, _counts: Counter[str]) -> None:
        if at >= SEASON.since + timedelta(days=stop):
            raise KeyboardInterrupt

    season = Period(SEASON.since, SEASON.since + timedelta(weeks=weeks))
    with Rejects(None) as rejects, open_sheet(FILE) as file:
        sheet = Sheet(file) if text is None else sheet_of(text)
        return Play(crm, clock, tell, season).run(sheet, Columns.guess(sheet.heads), rejects)


@pytest.fixture(scope="module")
def played() -> tuple[Crm, Played, Recorder]:
    """The demo in memory."""
    crm, clock, recorder = house()
    return crm, play(crm, clock), recorder


def test_it_runs_with_core_alone(demo: Demo) -> None:
    """The main job needs no extra, ends well, shows its progress and prints the report and the funnel."""
    assert (0, 9) == (demo.first.code, demo.first.err.count(" %  ")), demo.first.err
    assert "395 rows: 382 requests taken in, 0 known from an earlier play, 5 repeated, 8 rejected" in demo.first.err
    assert "\x1b" not in demo.first.out + demo.first.err
    for chapter in ("Funnel: Windows", "Sources", "People", "Overdue"):
        assert f"\n{chapter}\n{'─' * len(chapter)}\n" in demo.first.out


def test_memory_and_database_agree(demo: Demo, played: tuple[Crm, Played, Recorder]) -> None:
    """The same seed gives the same figures, in every process and in every store."""
    assert demo.first.out == played[1].report.text(zone=ZONE) + "\n"


def test_the_report_adds_up(played: tuple[Crm, Played, Recorder]) -> None:
    """Every request is won, lost for a reason, or open; sources and people add up to the same."""
    report = played[1].report
    funnel = report.funnel

    assert 382 == funnel.opened == funnel.won + funnel.lost + funnel.open
    assert funnel.lost == sum(funnel.reasons.values()) == sum(stage.lost for stage in funnel.stages)
    assert funnel.opened == sum(line.requests for line in report.sources) == sum(line.deals for line in report.people)
    assert funnel.won == sum(line.won for line in report.sources) == sum(line.won for line in report.people)
    assert "recommendation" == max(report.sources, key=lambda line: line.conversion if line.requests > 10 else 0).source
    assert report.overdue.count > 0


def test_playing_again_changes_nothing(demo: Demo) -> None:
    """A second play of the same file on the same store leaves every row of every table as it was, and sends nothing."""
    before, letters = _dump(demo.folder), sorted((demo.folder / "letters").iterdir())
    again = demo.again("demo", "--folder", str(demo.folder), "--quiet")

    assert 0 == again.code
    assert before == _dump(demo.folder)
    assert letters == sorted((demo.folder / "letters").iterdir())
    assert demo.first.out == again.out
    assert "0 requests taken in, 382 known from an earlier play, 5 repeated, 8 rejected" in again.err
    assert "0 times something was due, 0 letters sent" in again.err


def test_a_play_that_broke_off_is_finished() -> None:
    """A play that was broken off twice in the middle ends as if nothing had happened."""
    text = "".join(FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:80])
    crm, clock, recorder = house()
    whole = play(crm, clock, text, weeks=5)
    broken, broken_clock, broken_recorder = house()
    for day in (11, 23):
        with pytest.raises(KeyboardInterrupt):
            play(broken, broken_clock, text, weeks=5, stop=day)
    finished = play(broken, broken_clock, text, weeks=5)

    assert str(whole.report) == str(finished.report)
    assert _topics(recorder) == _topics(broken_recorder)


def test_a_play_whose_receipts_are_gone_is_left_alone() -> None:
    """When the answers to its keys were tidied away, a second play finds its requests known and touches none of them."""
    text = "".join(FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:25])
    crm, clock, recorder = house()
    whole = play(crm, clock, text, weeks=2)
    facts, letters = len(crm.feed.read().facts), len(recorder.letters)
    clock.advance(days=30)
    while crm.due.tidy(limit=1000):
        pass
    again = play(crm, clock, text, weeks=2)

    assert str(whole.report) == str(again.report)
    assert (0, facts, letters) == (again.counts["taken"], len(crm.feed.read().facts), len(recorder.letters))


def _topics(recorder: Recorder) -> Counter[str]:
    return Counter(letter.topic for letter in recorder.letters)


@pytest.mark.postgresql
def test_it_runs_on_postgresql(postgresql_url: str) -> None:
    """On PostgreSQL the figures are those of the memory, and a second play does nothing."""
    text = "".join(FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:25])
    memory, clock, _ = house()
    whole = play(memory, clock, text, weeks=2)
    with fresh_database(postgresql_url) as url:
        crm, clock, recorder = house(SqlStore.open(url))
        first = play(crm, clock, text, weeks=2)
        letters = len(recorder.letters)
        second = play(crm, clock, text, weeks=2)
        crm.close()

    assert str(whole.report) == str(first.report) == str(second.report)
    assert (0, letters) == (second.counts["taken"], len(recorder.letters))


@pytest.mark.long
def test_a_play_that_was_killed_is_finished(demo: Demo, tmp_path: Path) -> None:
    """Killed three times in the middle, by a signal that nothing can catch, the demo ends as if nothing had happened."""
    command = [sys.executable, "-m", "crmcore", "demo", "--folder", str(tmp_path), "--quiet"]
    for seconds in (2.0, 4.0, 5.0):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.wait()
    finished = run("demo", "--folder", str(tmp_path), "--quiet")

    assert demo.first.out == finished.out
    assert _letters(demo.folder) == _letters(tmp_path)


def _letters(folder: Path) -> Counter[str]:
    return Counter(path.name.rpartition("-")[0] for path in (folder / "letters").glob("*.eml"))


def test_stages_are_as_the_story_tells(played: tuple[Crm, Played, Recorder]) -> None:
    """Calling within 15 minutes, measuring at a date, calculating within 2 hours, an invoice, and a word to the installer."""
    crm, done, recorder = played
    funnel = crm.funnels.named("Windows")
    assert funnel is not None
    won = crm.deals.list(funnel=funnel.id, outcome="won", limit=1000)
    tasks = {deal.id: crm.tasks.list(deal=deal.id) for deal in won[:40]}

    assert [stage.key for stage in stages()] == [stage.key for stage in funnel.stages]
    assert isinstance(funnel.stages[0], Stage)
    for deal in won[:40]:
        kinds = Counter(task.kind for task in tasks[deal.id])
        call = next(task for task in tasks[deal.id] if task.kind == "call")
        measure = next(task for task in tasks[deal.id] if task.kind == "measure")

        assert kinds["call"] == 1
        assert kinds["measure"] == kinds["calculate"] >= 1
        assert call.due_at is not None
        assert 900 == (call.due_at - call.given_at).total_seconds()
        assert f"Measure for deal {deal.title} at 2026-" in measure.title
        assert deal.attachments
    told = [letter for letter in recorder.letters if letter.topic == "notice"]
    assert len(won) == len(told)
    assert {"Ilhom Ergashev", "Қодир Мирзаев"} == {letter.name for letter in told}
    assert done.report.funnel.stages[3].reached == len({key for key, _ in done.papers})


def test_late_work_is_told_at_once(played: tuple[Crm, Played, Recorder]) -> None:
    """The supervisor hears of a late call within the quarter of an hour in which the scheduler looks."""
    crm, _, recorder = played
    by_task = {letter.about: letter for letter in reversed(recorder.letters) if letter.topic == "task.overdue"}
    late = [task for task in crm.tasks.list(limit=1000) if task.id in by_task]

    assert len(late) > 50
    for task in late:
        assert task.due_at is not None
        assert 0 <= (by_task[task.id].at - task.due_at).total_seconds() <= 900


def test_documents_say_what_they_must(demo: Demo) -> None:
    """Each invoice has the customer's name and address, the service, the amount and the payment details, in the customer's language."""
    requests = {row["request"]: row for row in csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())}
    papers = sorted((demo.folder / "documents").iterdir())

    assert len(papers) > 150
    for paper in papers:
        text, row = paper.read_text(encoding="utf-8"), requests[paper.name.partition("-")[0]]

        assert f'<html lang="{row["language"]}"' in text
        for said in (row["street"], row["city"], row["about"].strip(), " EUR", ABOUT["bank"]):
            assert said in text
        assert "{{" not in text


def test_letters_can_be_read(demo: Demo) -> None:
    """Each letter that was sent is a file that a mail program reads, with an id of its own, for somebody of the company or a customer who complained."""
    letters = [
        message_from_bytes(path.read_bytes(), policy=default) for path in (demo.folder / "letters").glob("*.eml")
    ]
    topics = Counter(path.name.split("-", 4)[4].rpartition("-")[0] for path in (demo.folder / "letters").iterdir())

    assert all(isinstance(letter, EmailMessage) for letter in letters)
    assert len(letters) == len({letter["Message-ID"] for letter in letters})
    assert {"task-overdue", "notice", "complaint-overdue"} <= set(topics)
    assert {"windows.example", "example.com"} == {letter["To"].addresses[0].domain for letter in letters}


def test_own_requests(tmp_path: Path) -> None:
    """Own requests are played from standard input; bad rows are reported by number, field and advice, and taken in when corrected."""
    text = "name;phone;source\nJānis;+371 2000 0001;web\nAnna;12;web\n;;\nAnna;+371 2000 0002;=cmd\n"
    first = run("demo", "--folder", str(tmp_path), "--input", "-", "--quiet", stdin=text)
    rejects = (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    corrected = rejects.replace("Anna,12,", "Anna,+371 2000 0003,")
    (tmp_path / "rejects.csv").write_text(corrected, encoding="utf-8")
    second = run("demo", "--folder", str(tmp_path), "--input", str(tmp_path / "rejects.csv"), "--quiet")

    assert 1 == first.code
    assert "row 3: phone" in first.err
    assert "3 rows: 2 requests taken in" in first.err
    assert ["3", "phone", "invalid_phone"] == next(csv.reader(rejects.splitlines()[1:]))[:3]
    assert 0 == second.code, second.err
    assert "1 rows: 1 requests taken in" in second.err
    assert not (tmp_path / "rejects.csv").exists()


def _dump(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "crm.db") as connection:
        lines = [line for line in connection.iterdump() if "sqlite_stat" not in line]
    connection.close()
    return lines
