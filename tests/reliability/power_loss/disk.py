"""A disk whose power fails: reads the log that `disk.c` wrote, and lays out what could be left at any place of it."""

import random
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import field, frozen

SECTOR: Final = 512
"""What a disk writes whole or not at all, in bytes."""
OPENED, WRITTEN, TRUNCATED, SYNCED, REMOVED = range(1, 6)

_ENTRY: Final = struct.Struct("<BIQI")


@frozen
class LogEntry:
    """One thing that was done to a file."""

    operation: int
    file: int
    offset: int
    data: bytes = field(repr=False)


@frozen
class SimulatedFile:
    """A file on a disk: what is safe, and what was done to it since it was last synced."""

    synced_content: bytearray = field(factory=bytearray)
    unsynced_entries: list[LogEntry] = field(factory=list)

    def sync(self) -> None:
        """Make everything safe."""
        for entry in self.unsynced_entries:
            apply(entry, self.synced_content)
        self.unsynced_entries.clear()

    def after_a_power_cut(self, rng: random.Random) -> bytearray:
        """What may be left: each write since the last sync whole, not at all, or some of its sectors."""
        left = bytearray(self.synced_content)
        for entry in self.unsynced_entries:
            fate = rng.choice(["kept", "dropped", "torn"])
            if fate == "kept":
                apply(entry, left)
            elif fate == "torn":
                for sector in split_into_sectors(entry):
                    if rng.random() < 0.5:
                        apply(sector, left)
        return left


def apply(entry: LogEntry, content: bytearray) -> None:
    """Do to a file's content what was done."""
    if entry.operation == TRUNCATED:
        del content[entry.offset :]
        content.extend(bytes(entry.offset - len(content)))
        return
    end = entry.offset + len(entry.data)
    content.extend(bytes(max(0, end - len(content))))
    content[entry.offset : end] = entry.data


def split_into_sectors(entry: LogEntry) -> Iterator[LogEntry]:
    """Cut a write at the borders of its sectors."""
    if entry.operation != WRITTEN:
        yield entry
        return
    start, end = entry.offset, entry.offset + len(entry.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield LogEntry(WRITTEN, entry.file, start, entry.data[start - entry.offset : stop - entry.offset])
        start = stop


def read_log(path: Path) -> Iterator[LogEntry]:
    """Read what `disk.c` wrote."""
    with path.open("rb") as log:
        while header := log.read(_ENTRY.size):
            what, file, offset, length = _ENTRY.unpack(header)
            yield LogEntry(what, file, offset, log.read(length) if what in {OPENED, WRITTEN} else b"")


def compiler() -> str | None:
    """The machine's C compiler, if it has one."""
    return shutil.which("cc") or shutil.which("gcc")


def build_library(folder: Path) -> Path:
    """Compile the library that notes what is written."""
    made = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(
        [compiler() or "cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"],
        check=True,
        capture_output=True,
    )
    return made
