"""Fixtures: one run of the demo command without extras, for all tests."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

WITHOUT_EXTRAS: Final = """
import sys
sys.modules.update(dict.fromkeys(["jinja2", "phonenumbers", "email_validator", "psycopg", "holidays", "pytest", "hypothesis"]))
from crmcore.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""Code that runs the command line as if no extra were installed."""


@frozen
class CommandResult:
    """The result of a command."""

    code: int
    stdout: str
    stderr: str


@frozen
class DemoFolder:
    """The output folder of a demo run."""

    folder: Path
    first_run: CommandResult

    def run(self, *arguments: str, stdin: str = "") -> CommandResult:
        """Run a command of crmcore."""
        return run(*arguments, stdin=stdin)


def run(*arguments: str, stdin: str = "") -> CommandResult:
    """Run a command of crmcore in a new process, without extras."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_EXTRAS, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFolder:
    """The demo as `crmcore demo` leaves it."""
    folder = tmp_path_factory.mktemp("demo")
    return DemoFolder(folder, run("demo", "--output-dir", str(folder)))
