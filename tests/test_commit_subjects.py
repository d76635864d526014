"""`tools.commit_subjects` checks a message as a hook and reports a range."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.commit_subjects import main, problems, subject_of


@pytest.mark.parametrize(
    "subject",
    [
        "sql: compile IN lists as one parameter",
        "testing, cli: follow the new names",
        "inbox: process a message once",
        "ci: pass the range to the report",
        "kernel.ids: feed the generator with a clock",
        "Merge branch 'main' into work",
        'Revert "sql: compile IN lists as one parameter"',
        "fixup! sql: compile IN lists",
        "a: " + "x" * 57,
    ],
)
def test_valid_subject_has_no_problem(subject: str) -> None:
    """An area, a colon and an imperative in at most 60 characters are valid."""
    assert [] == problems(subject)


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        ("", "area"),
        ("Compile IN lists", "area"),
        ("SQL: compile IN lists", "area"),
        ("sql:compile IN lists", "area"),
        ("sql: Compile IN lists", "area"),
        ("sql: compile IN lists.", "area"),
        ("sql: compiled IN lists", "imperative"),
        ("sql: compiles IN lists", "imperative"),
        ("sql: compiling IN lists", "imperative"),
        ("sql: the IN lists", "imperative"),
        ("a: " + "x" * 58, "61 characters"),
    ],
)
def test_invalid_subject_has_problem(subject: str, problem: str) -> None:
    """A missing area, another mood, a full stop and a long subject are problems."""
    (found,) = problems(subject)

    assert problem in found


def test_subject_is_first_line_without_comments() -> None:
    """Blank lines and comment lines of git before the subject are skipped."""
    assert "sql: compile IN lists" == subject_of("\n# comment\nsql: compile IN lists\n\nBody.\n")


def test_hook_exits_with_1_for_invalid_subject(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The hook accepts a valid message file and rejects an invalid one with the reason."""
    message = tmp_path / "COMMIT_EDITMSG"
    codes = []
    for text in ("sql: compile IN lists\n\nBody.\n", "Fixed it\n"):
        message.write_text(text, encoding="utf-8")
        codes.append(main([str(message)]))

    assert [0, 1] == codes
    assert "'Fixed it' must be" in capsys.readouterr().err


def test_report_of_range_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report lists invalid subjects of a range and does not fail; an unknown range exits with 2."""
    monkeypatch.chdir(tmp_path)
    identity = ["-c", "user.name=Anna", "-c", "user.email=anna@example.com"]
    subprocess.run(["git", "init", "-q"], check=True)
    for subject in ("base: create", "sql: compile IN lists", "Fixed it"):
        subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", subject], check=True)

    assert 0 == main(["HEAD~2..HEAD"])
    report = capsys.readouterr().out
    assert "'Fixed it' must be" in report
    assert "1 of 2 commit subjects are invalid\n" in report
    assert 2 == main(["nowhere..HEAD"])


def test_install_writes_executable_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--install` writes the hook, may be repeated, and keeps a foreign hook."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    hook = tmp_path / ".git" / "hooks" / "commit-msg"
    codes = [main(["--install"]), main(["--install"])]
    is_executable = os.access(hook, os.X_OK)
    hook.write_text("#!/bin/sh\n", encoding="utf-8")

    assert [0, 0, 1] == [*codes, main(["--install"])]
    assert is_executable
    assert "#!/bin/sh\n" == hook.read_text(encoding="utf-8")


def test_missing_argument_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an argument the usage is printed."""
    assert 2 == main([])
    assert "usage: " in capsys.readouterr().err
