"""Id generators: UUIDv7, or a sequence for tests."""

import os
import threading
import time


class UuidV7Generator:
    """Generates time-ordered ids: UUIDv7 (RFC 9562, method 3).

    They are monotonic within the process and safe after a fork.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self, prefix: str, /) -> str:
        """Return a new id: 48 bits of milliseconds, 12 of fraction, 62 random."""
        with self._lock:
            tick = max(self._last + 1, time.time_ns() * 4096 // 1_000_000)
            self._last = tick
        high = (tick >> 12) << 16 | 0x7000 | (tick & 0xFFF)
        low = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return f"{prefix}_{high:016x}{low:016x}"


class SequentialIds:
    """Generates sequential ids, so that runs are reproducible.

    Example:
        >>> SequentialIds().new("deal")
        'deal_00000000000070008000000000000001'
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self, prefix: str, /) -> str:
        """Return the next id, in the form of a UUIDv7 for the databases."""
        with self._lock:
            self._last += 1
            return f"{prefix}_00000000000070008{self._last:015x}"
