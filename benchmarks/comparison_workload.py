"""The turns that the peers of `comparison.py` take: the standard library alone, for a peer may live in an environment without crmcore."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

OPERATIONS = ("intake", "advance", "board_and_overview", "bulk_commands")


class Implementation(Protocol):
    """One implementation of the workload."""

    def capture(self, *, name: str, phone: str, email: str, about: str, source: str, value: Any) -> Any:
        """Take a lead in; give back its deal."""

    def move(self, deal: Any) -> object:
        """Move a deal on."""

    def board(self) -> object:
        """Count and sum by stage, and read the first ten of each."""

    def bulk(self, asked: Sequence[dict[str, Any]]) -> object:
        """Write a customer and a deal for each of these, a thousand to a transaction."""


class Workload:
    """A peer and the deals that it took in and has not moved yet."""

    def __init__(self, peer: Implementation) -> None:
        self._peer = peer
        self._deals: list[Any] = []

    def run(self, turn: str, asked: Sequence[dict[str, Any]]) -> list[float]:
        """Do it for each of these requests; return how long each took, of bulk each row, in microseconds."""
        if turn == "bulk_commands":
            return [_microseconds(partial(self._peer.bulk, asked)) / (2 * len(asked))]
        call: dict[str, Callable[[dict[str, Any]], object]] = {
            "intake": lambda one: self._deals.append(self._peer.capture(**one)),
            "advance": lambda _: self._peer.move(self._deals.pop()),
            "board_and_overview": lambda _: self._peer.board(),
        }
        return [_microseconds(partial(call[turn], one)) for one in asked]


def _microseconds(do: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    do()
    return (time.perf_counter_ns() - start) / 1000
