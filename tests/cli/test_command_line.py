"""Command line: help, exit codes, colour, JSON output, progress."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, SqlStore, __version__
from crmcore.cli.main import COMMANDS, main, make_parser
from crmcore.cli.output import Progress, bold_headings
from crmcore.importing.formula_escape import unescape

DANGEROUS_NAMES = ["=HYPERLINK(1)", "+1", "-1", "@x", "Jānis"]


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Create a database with overdue calls and names that look like formulas."""
    url = f"sqlite:///{tmp_path}/crm.db"
    crm = Crm(SqlStore.open(url), clock=FrozenClock(datetime(2026, 1, 5, 9, tzinfo=UTC)))
    boss = crm.users.create("Boss", email="boss@example.com")
    anna = crm.users.create("Anna", roles=["manager"], email="anna@example.com", manager_id=boss.id)
    funnel = crm.funnels.create("Windows", stages=["First call", "Installation"], role="manager")
    for number, name in enumerate(DANGEROUS_NAMES):
        lead = crm.leads.capture(name, phone=f"+3712000000{number}", funnel_id=funnel.id, source="=web")
        crm.tasks.create(
            f"Call {name}", assignee_id=anna.id, deal_id=lead.deal.id, due_at=datetime(2026, 1, 6, tzinfo=UTC)
        )
    crm.close()
    return url


@pytest.mark.parametrize("command", COMMANDS)
def test_command_help_shows_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` of a command prints its examples."""
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    shown = capsys.readouterr().out

    assert 0 == end.value.code
    assert "examples:\n  crmcore" in shown
    for example in COMMANDS[command].EXAMPLES:
        assert example in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_help_examples_are_parsed(command: str) -> None:
    """The parser accepts every example of the help."""
    import shlex

    for example in COMMANDS[command].EXAMPLES:
        words = shlex.split(example.partition(" < ")[0].partition(" > ")[0])

        assert command == make_parser().parse_args(words[1:]).command


@pytest.mark.parametrize("command", COMMANDS)
def test_reference_lists_every_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The section of a command in the reference lists exactly the options of `--help`."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = set(re.findall(r"^ +(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    page = (Path(__file__).parents[2] / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## crmcore {command}\n")[2].partition("\n## ")[0]

    assert shown == set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))


def test_version_option_prints_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the version."""
    with pytest.raises(SystemExit) as end:
        main(["--version"])

    assert (0, f"crmcore {__version__}\n") == (end.value.code, capsys.readouterr().out)


@pytest.mark.parametrize("words", [[], ["nothing"], ["report", "--nothing"], ["export", "x"], ["import", "f.csv"]])
def test_invalid_arguments_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Invalid arguments exit with 2 and print the usage."""
    with pytest.raises(SystemExit) as end:
        main(words)

    assert 2 == end.value.code
    assert "usage: crmcore" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["report"], 2, "is required"),
        (["report", "--database-url", "sqlite:////nowhere/at/all.db"], 2, "does not exist"),
        (["report", "--database-url", "nonsense"], 2, "must look like sqlite"),
        (["import", "/nowhere.csv", "--funnel", "X", "--database-url", "sqlite://"], 2, "cannot be opened"),
        (
            ["import", "-", "--funnel", "X", "--database-url", "sqlite:////nowhere/at/all.db"],
            1,
            "unable to open database file",
        ),
        (["demo", "--output-dir", "/dev/null"], 1, "/dev/null"),
        (
            ["demo", "--output-dir", "{tmp}", "--database-url", "sqlite:////nowhere/at/all.db"],
            1,
            "unable to open database file",
        ),
        (["demo", "--output-dir", "{tmp}", "--database-url", "postgresql://x@127.0.0.1:1/x"], 1, "onnection"),
        (["demo", "--output-dir", "{tmp}", "--input", "/nowhere.csv"], 2, "cannot be opened"),
        (["demo", "--output-dir", "{tmp}", "--map", "A=nothing"], 2, "must be one of"),
        (["deliver", "--database-url", "sqlite://", "--to", "smtp:"], 2, "must name the server"),
    ],
)
def test_error_is_one_line_with_code(
    words: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error prints one line with its code, never a traceback."""
    monkeypatch.delenv("CRMCORE_DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name\nAnna\n")))

    assert code == main([word.format(tmp=tmp_path) for word in words])
    assert message in capsys.readouterr().err


def test_json_error_is_problem_document(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json` an error is a problem document."""
    assert 2 == main(["report", "--database-url", store, "--funnel", "Doors", "--json"])
    problem = json.loads(capsys.readouterr().err)

    assert ("urn:crmcore:problem:invalid_input", "funnel") == (problem["type"], problem["field"])
    assert "Windows" in problem["detail"]


def test_report_is_printed_saved_or_json(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report is printed, saved, or printed as JSON."""
    page = tmp_path / "report.html"

    assert 0 == main(["report", "--database-url", store, "--save", str(page), "--language", "fa"])
    assert "قیف فروش: Windows" in capsys.readouterr().out
    assert 'dir="rtl"' in page.read_text(encoding="utf-8")
    assert 0 == main(["report", "--database-url", store, "--since", "2026-01-01", "--until", "2026-01-05", "--json"])
    assert 0 == json.loads(capsys.readouterr().out)["funnel"]["opened"]
    assert 0 == main(["report", "--database-url", store, "--until", "2026-01-06", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert (5, 5, 5) == (figures["funnel"]["opened"], figures["sources"][0]["requests"], figures["overdue"]["count"])
    assert 2 == main(["report", "--database-url", store, "--since", "soon"])
    assert "must be a day" in capsys.readouterr().err


def test_run_due_jobs_then_deliver_sends_overdue_message_once(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Overdue work sends one message to the manager."""
    outbox = tmp_path / "outbox"

    assert 0 == main(["run-due-jobs", "--database-url", store, "--json"])
    assert 5 <= json.loads(capsys.readouterr().out)["done"]
    assert 0 == main(["deliver", "--database-url", store, "--to", str(outbox), "--json"])
    assert 5 == json.loads(capsys.readouterr().out)["sent"]
    assert 5 == len(list(outbox.iterdir()))
    assert 0 == main(["deliver", "--database-url", store, "--print"])
    assert "" == capsys.readouterr().out
    assert 0 == main(["run-due-jobs", "--database-url", store])


@pytest.mark.parametrize("how", [["--print"], ["--to", "console"]])
def test_deliver_printed_messages_stay_queued(store: str, how: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Printed messages stay queued: a second call prints them again."""
    main(["run-due-jobs", "--database-url", store])
    capsys.readouterr()
    for _ in range(2):
        code = main(["deliver", "--database-url", store, *how])
        shown = capsys.readouterr()

        assert 0 == code
        assert 5 == shown.out.count("-- email to Boss <boss@example.com>")
        assert "printed 5, none marked as sent\n" == shown.err
    main(["deliver", "--database-url", store, *how, "--json"])
    shown = capsys.readouterr()
    crm = Crm.open(store)
    waiting = len(crm.outbox.list(state="queued"))
    crm.close()

    assert {"printed": 5, "sent": 0} == json.loads(shown.out)
    assert 5 == waiting


def test_deliver_without_destination_is_rejected(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a destination the command exits with 2, names the options, and sends nothing."""
    monkeypatch.delenv("CRMCORE_SMTP_URL", raising=False)
    main(["run-due-jobs", "--database-url", store])
    capsys.readouterr()
    code = main(["deliver", "--database-url", store])
    shown = capsys.readouterr()
    crm = Crm.open(store)
    waiting = len(crm.outbox.list(state="queued"))
    crm.close()

    assert (2, "", 5) == (code, shown.out, waiting)
    assert "--to smtp://HOST:PORT --sender ADDRESS" in shown.err


def test_deliver_reads_server_from_environment(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Server and sender come from the environment; an option overrides them."""
    main(["run-due-jobs", "--database-url", store])
    capsys.readouterr()
    monkeypatch.setenv("CRMCORE_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.delenv("CRMCORE_SMTP_SENDER", raising=False)

    assert 2 == main(["deliver", "--database-url", store])
    monkeypatch.setenv("CRMCORE_SMTP_SENDER", "crm@example.com")
    assert 1 == main(["deliver", "--database-url", store])
    assert "sent 0, failed 5, dead 0, lease_expired 0\n" == capsys.readouterr().out
    assert 2 == main(["deliver", "--database-url", store, "--to", "smtp://127.0.0.1:port"])
    assert "must have a port" in capsys.readouterr().err


def test_failed_delivery_exits_with_1(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed message makes the command exit with 1."""
    (tmp_path / "file").write_text("not a directory")
    main(["run-due-jobs", "--database-url", store])
    capsys.readouterr()

    assert 1 == main(["deliver", "--database-url", store, "--to", str(tmp_path / "file" / "outbox")])
    assert "sent 0, failed 5" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["customers", "deals", "events"])
def test_export_writes_csv_and_json_lines(
    store: str, tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV escapes formulas, JSON lines keep every text; both hold the same records."""
    table, lines = tmp_path / "table.csv", tmp_path / "lines.jsonl"

    assert 0 == main(["export", what, "--database-url", store, "--output", str(table)])
    assert 0 == main(["export", what, "--database-url", store, "--output", str(lines), "--format", "jsonl"])
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows_of_jsonl = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(rows_of_jsonl) >= 5
    assert [] == [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]
    name = {"customers": "name", "deals": "title", "events": "subject"}[what]
    assert [line[name] for line in rows_of_jsonl] == [unescape(row[name]) for row in rows]
    if what != "events":
        assert set(DANGEROUS_NAMES) == {line[name] for line in rows_of_jsonl}
    assert 0 == main(["export", what, "--database-url", store, "--format", "jsonl"])
    assert rows_of_jsonl == [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_import_reads_leads_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leads are imported once, with a mapping from options or a file, from a file or standard input."""
    url, leads, mapping_file = f"sqlite:///{tmp_path}/crm.db", tmp_path / "leads.csv", tmp_path / "map.toml"
    leads.write_text("Nr,Who,Bought\n1,Anna,1\n2,Bruno,0\n3,,0\n4,Carl,maybe\n", encoding="utf-8")
    mapping_file.write_text('[columns]\nNr = ["external_id:old", "request:old"]\nWho = "name"\nBought = "outcome"\n')
    arguments = ["--database-url", url, "--funnel", "Old leads", "--stages", "Lead,Customer", "--quiet"]
    words = ["--value", "outcome:1=won", "--value", "outcome:0=open"]

    assert 1 == main(["import", str(leads), *arguments, "--map", str(mapping_file), *words, "--json"])
    first = json.loads(capsys.readouterr().out)
    assert (4, 3, 1) == (first["rows"], first["imported"], first["closed"])
    assert [{"row": 5, "field": "outcome", "code": "invalid_choice"}] == [
        {name: reject[name] for name in ("row", "field", "code")} for reject in first["rejected"]
    ]
    assert (tmp_path / "leads-rejects.csv").exists()

    maps = ["--map", "Nr=external_id:old", "--map", "Nr=request:old", "--map", "Who=name", "--map", "Bought=outcome"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(leads.read_bytes().replace(b"maybe", b"0"))))
    assert 0 == main(["import", "-", *arguments, *maps, *words])
    assert capsys.readouterr().out.startswith("4 rows: 1 imported, 3 duplicates, 0 deals closed, 0 rejected; ")


def test_import_reads_times_in_given_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Times without an offset are read in the time zone of the option."""
    url, leads = f"sqlite:///{tmp_path}/crm.db", tmp_path / "leads.csv"
    leads.write_text("name,at\nAnna,2020-07-01 09:30\n", encoding="utf-8")

    assert 0 == main(
        ["import", str(leads), "--database-url", url, "--funnel", "Old", "--time-zone", "Europe/Riga", "--quiet"]
    )
    assert capsys.readouterr().out.startswith("1 rows: 1 imported")
    crm = Crm.open(url)
    assert [datetime(2020, 7, 1, 6, 30, tzinfo=UTC)] == [deal.opened_at for deal in crm.deals.list()]
    crm.close()


class _FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_color_is_used_on_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings are bold on a terminal, plain in a file and with `NO_COLOR`."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    text = "Report\n\nFunnel\n──────\nOpened: 1"

    assert text == bold_headings(text, io.StringIO())
    assert 2 == bold_headings(text, _FakeTerminal()).count("\x1b[1m")
    monkeypatch.setenv("NO_COLOR", "1")
    assert text == bold_headings(text, _FakeTerminal())


def test_progress_is_one_line_on_terminal_and_ten_in_log() -> None:
    """Progress is one line on a terminal, at most ten lines in a log, none with `quiet`."""
    terminal, log, quiet = _FakeTerminal(), io.StringIO(), io.StringIO()
    for stream, silent in ((terminal, False), (log, False), (quiet, True)):
        progress = Progress(total=1000, quiet=silent, stream=stream)
        for done in range(1, 1001):
            progress.update(done, "rows")
        progress.clear()

    assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert 10 == len(log.getvalue().splitlines())
    assert "" == quiet.getvalue()


def test_python_m_crmcore_runs_command() -> None:
    """`python -m crmcore` works; the parser imports no heavy module."""
    code = (
        "import sys, crmcore.cli.main as m; m.make_parser(); "
        "print(sorted({'sqlalchemy', 'cattrs', 'email', 'smtplib', 'csv', 'jinja2'} & set(sys.modules)))"
    )
    module = subprocess.run([sys.executable, "-m", "crmcore", "--version"], capture_output=True, text=True, check=True)
    light = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert f"crmcore {__version__}\n" == module.stdout
    assert "['csv']\n" == light.stdout


def test_output_is_utf8_in_any_locale(store: str) -> None:
    """Output to a pipe is UTF-8, even with an ASCII locale."""
    done = subprocess.run(
        [sys.executable, "-m", "crmcore", "report", "--database-url", store, "--language", "fa"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )

    assert "قیف فروش: Windows\n─────" in done.stdout.decode().replace("\r", "")


def test_closed_pipe_is_no_error(store: str) -> None:
    """A closed pipe, such as of `head`, prints no error."""
    done = subprocess.run(
        f"{sys.executable} -m crmcore export events --database-url {store} --format jsonl | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (1, "") == (len(done.stdout.splitlines()), done.stderr)


def test_import_keeps_line_breaks_of_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A multi-line cell is imported unchanged; a too long one is rejected, not truncated."""
    url, text = f"sqlite:///{tmp_path}/crm.db", "One  {customer}\n\n    Two"
    sheet = tmp_path / "leads.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name", "about"], ["Anna", text], ["Berta", "x" * 10_001]])

    code = main(["import", str(sheet), "--database-url", url, "--funnel", "Windows", "--json", "--quiet"])
    rejected = json.loads(capsys.readouterr().out)["rejected"]
    crm = Crm.open(url)
    about = [deal.description for deal in crm.deals.list()]
    crm.close()

    assert (1, [text]) == (code, about)
    assert [("about", "too_long")] == [(row["field"], row["code"]) for row in rejected]
