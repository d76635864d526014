"""Check commit subjects: `area: imperative change`, at most 60 characters.

`python -m tools.commit_subjects --install` installs the check as the `commit-msg` hook of this clone.
`python -m tools.commit_subjects FILE` checks the message in a file, as the hook does, and exits with 1 if its subject is invalid.
`python -m tools.commit_subjects BASE..HEAD` reports the invalid subjects of a range and exits with 0.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

MAX_LENGTH: Final = 60
_SUBJECT: Final = re.compile(r"(?P<areas>[a-z0-9_.-]+(?:, [a-z0-9_.-]+)*): (?P<verb>[a-z][a-z-]*)(?: .*[^.\s])?")
_SKIPPED: Final = re.compile(r"(?:Merge|Revert|fixup!|squash!|amend!) ?")
_NOT_IMPERATIVE: Final = frozenset({"a", "an", "the", "no", "new", "more", "some", "this", "it", "we", "now"})
_IMPERATIVE_ENDING_LIKE_OTHERS: Final = frozenset(
    {
        "address",
        "bring",
        "bypass",
        "compress",
        "embed",
        "exceed",
        "express",
        "feed",
        "need",
        "pass",
        "process",
        "proceed",
        "seed",
    }
    | {"speed", "string", "suppress", "focus", "miss", "access", "guess", "discuss"}
)
"""Imperatives that end like a past tense, a participle or a third person."""


def problems(subject: str) -> list[str]:
    """Return what is wrong with a subject; an empty list if nothing is.

    Example:
        >>> problems("sql: compile IN lists as one parameter")
        []
        >>> problems("Fixed the feed")
        ['must be "area: imperative change", for example "sql: compile IN lists"']
    """
    if _SKIPPED.match(subject):
        return []
    found = []
    if len(subject) > MAX_LENGTH:
        found.append(f"has {len(subject)} characters; at most {MAX_LENGTH} are allowed")
    parts = _SUBJECT.fullmatch(subject)
    if parts is None:
        found.append('must be "area: imperative change", for example "sql: compile IN lists"')
    elif not _is_imperative(parts["verb"]):
        found.append(f'must start with an imperative after the area, not with "{parts["verb"]}"')
    return found


def _is_imperative(verb: str) -> bool:
    if verb in _IMPERATIVE_ENDING_LIKE_OTHERS:
        return True
    return verb not in _NOT_IMPERATIVE and not verb.endswith(("ed", "ing", "s"))


def subject_of(message: str) -> str:
    """Return the first line of a commit message that is no comment."""
    lines = (line.strip() for line in message.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def subjects_of_range(revisions: str, *, folder: Path | None = None) -> dict[str, str]:
    """Return the subjects of a range of commits, by abbreviated commit id."""
    command = ["git", "log", "--no-merges", "--format=%h %s", revisions, "--"]
    output = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603  # git with fixed arguments
    return dict(line.split(" ", 1) for line in output.splitlines())


def install_hook(folder: Path | None = None) -> Path:
    """Write the `commit-msg` hook of a clone; keep a hook that exists.

    Raises:
        FileExistsError: the clone has another `commit-msg` hook.
    """
    command = ["git", "rev-parse", "--git-path", "hooks/commit-msg"]
    output = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603  # git with fixed arguments
    path = (folder or Path()) / output.strip()
    text = f'#!/bin/sh\nexec "{sys.executable}" -m tools.commit_subjects "$1"\n'
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def main(arguments: Sequence[str]) -> int:
    """Check a message file or report a range; return the exit code."""
    if len(arguments) != 1:
        _write(sys.stderr, "usage: python -m tools.commit_subjects FILE | BASE..HEAD | --install")
        return 2
    (given,) = arguments
    if given == "--install":
        return _install()
    path = Path(given)
    if path.is_file():
        subject = subject_of(path.read_text(encoding="utf-8"))
        found = problems(subject)
        for problem in found:
            _write(sys.stderr, f"commit subject {subject!r} {problem}")
        return 1 if found else 0
    try:
        subjects = subjects_of_range(given)
    except subprocess.CalledProcessError as error:
        _write(sys.stderr, f"git log {given}: {error.stderr.strip()}")
        return 2
    invalid = 0
    for commit, subject in subjects.items():
        for problem in problems(subject):
            _write(sys.stdout, f"{commit} {subject!r} {problem}")
        invalid += bool(problems(subject))
    _write(sys.stdout, f"{invalid} of {len(subjects)} commit subjects are invalid")
    return 0


def _install() -> int:
    try:
        path = install_hook()
    except FileExistsError as error:
        _write(sys.stderr, f'{error} exists; call python -m tools.commit_subjects "$1" from it')
        return 1
    _write(sys.stdout, f"installed {path}")
    return 0


def _write(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
