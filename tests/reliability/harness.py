"""What all test programmes share: their flags, their counts, and their verdict.

A programme is a function that plays a number of rounds and writes what it saw into a `Verdict`. It has to miss something when one of its
mutations is on, or it proves nothing; `tests/reliability/test_*.py` see to both.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from attrs import field, frozen

MAX_NOTES: Final = 10
"""How many violations of one kind are described."""


@frozen
class Verdict:
    """What a programme saw.

    Attributes:
        counts: how often each thing happened.
        misses: how often each promise was broken.
        notes: the first misses of each kind, in words.
    """

    counts: Counter[str] = field(factory=Counter, init=False)
    misses: Counter[str] = field(factory=Counter, init=False)
    notes: list[str] = field(factory=list, init=False)

    def count(self, what: str, by: int = 1, /) -> None:
        """Note that something happened."""
        self.counts[what] += by

    def check(self, property_name: str, holds: bool, note: str = "", /) -> None:  # noqa: FBT001  # the claim is the subject
        """Note that a promise was looked at, and whether it was kept."""
        self.misses[property_name] += not holds
        if not holds and self.misses[property_name] <= MAX_NOTES:
            self.notes.append(f"{property_name}: {note}" if note else property_name)

    def merge(self, other: "Verdict", name: str) -> None:
        """Take in what was seen elsewhere, such as on one of several databases."""
        for what, number in other.counts.items():
            self.count(f"{name}: {what}", number)
        self.misses.update(other.misses)
        self.notes.extend(f"{name}: {note}" for note in other.notes)

    @property
    def passed(self) -> bool:
        """Whether something was looked at, and every promise kept."""
        return bool(self.misses) and not self.misses.total()

    def __str__(self) -> str:
        lines = [f"  {number:>9,}  {what}" for what, number in self.counts.items()]
        lines += [f"  {number:>9,}  missed: {promise}" for promise, number in self.misses.items()]
        lines += [f"      {note}" for note in self.notes]
        return "\n".join(lines)


Check = Callable[[random.Random, int, str], Verdict]
"""Plays a programme: the source of all chance, how many rounds, and the name of a mutation or nothing."""


def is_detected(check: Callable[[random.Random], Verdict], *, runs: int = 12) -> bool:
    """Whether a planted bug shows in one of some plays: at which moment a process is killed is the machine's affair, and may be a harmless one."""
    return any(not check(random.Random(seed)).passed for seed in range(1, runs + 1))


def run(
    name: str,
    check: Check,
    /,
    *,
    n: int,
    mutations: Mapping[str, str] | None = None,
    arguments: list[str] | None = None,
) -> int:
    """Play a programme as a command, print its counts, and give its exit code: 1 on any miss.

    Args:
        name: in capitals, as the list of promises has it.
        check: the programme.
        n: how many rounds it plays when nobody says.
        mutations: the bugs that can be planted, each with what it does.
        arguments: the command's; the process's own when not given.
    """
    parser = argparse.ArgumentParser(prog=name, description=check.__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of all chance (default: 1)")
    parser.add_argument("--n", type=int, default=n, help=f"how many rounds (default: {n:,})")
    mutation_help = "; ".join(f"{word}: {does}" for word, does in (mutations or {}).items())
    parser.add_argument(
        "--mutation", default="", choices=["", *(mutations or {})], help=f"plant a bug: {mutation_help}"
    )
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    verdict = check(random.Random(given.seed), given.n, given.mutation)
    seconds = time.perf_counter() - began
    result = "passed" if verdict.passed else "MISSED"
    mutation_text = f" mutation={given.mutation}" if given.mutation else ""
    sys.stdout.write(f"{name} seed={given.seed} n={given.n:,}{mutation_text}: {result} in {seconds:.1f} s\n{verdict}\n")
    return 0 if verdict.passed else 1
