"""The machine's own clock, chance and files, and the simplest of everything else that a host may leave as it is."""

import os
import random
import threading
import time
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from crmcore.domain.criteria import EVERYTHING, Criterion
from crmcore.domain.kernel import Entity
from crmcore.domain.values.contact import phone_key
from crmcore.services.ports import Context

FIRST_PAUSE: Final = 0.01
"""How long a story waits at most before it is run a second time, in seconds; the double before each further time."""


@frozen
class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    def pause(self, attempt: int, /) -> None:
        """Sleep anything from nothing to twice the last bound (full jitter), so that rivals do not meet again."""
        time.sleep(random.uniform(0, FIRST_PAUSE * 2**attempt))  # noqa: S311  # chance, not secrecy


class SystemIds:
    """Ids that sort by time: UUIDv7 (RFC 9562, method 3), monotonic within the process, safe to fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self, prefix: str, /) -> str:
        """Make an id: 48 bits of milliseconds, 12 of their fraction, 62 of chance."""
        with self._lock:
            tick = max(self._last + 1, time.time_ns() * 4096 // 1_000_000)
            self._last = tick
        high = (tick >> 12) << 16 | 0x7000 | (tick & 0xFFF)
        low = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return f"{prefix}_{high:016x}{low:016x}"


@frozen
class AllowAll:
    """The policy of a host that lets everybody see and do everything within a tenant."""

    def visible(self, context: Context, kind: type[Entity], /) -> Criterion:
        """Everything."""
        return EVERYTHING

    def check(self, context: Context, story: str, entity: Entity | None, /) -> None:
        """Let it happen."""


@frozen
class SimplePhones:
    """International numbers, and the national ones of the countries that crmcore itself knows."""

    def key(self, number: str, /, *, region: str | None) -> str:
        """Bring a number into international form; see `crmcore.domain.values.contact.phone_key`."""
        return phone_key(number, region=region)
