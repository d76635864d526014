"""File stores: the content of attached files, in a folder or in memory."""

import os
import threading
from pathlib import Path

from attrs import field, frozen

from crmcore.domain.kernel.errors.infrastructure import StoreError


@frozen
class FilesDisabled:
    """Rejects files where a host with a database has set no file store.

    Otherwise the files would be lost when the process ends.
    """

    def put(self, tenant: str, digest: str, content: bytes, /) -> None:
        """Reject the file.

        Raises:
            StoreError: always.
        """
        raise StoreError("no file store; give one to Crm(files=FolderFiles(...))")

    def get(self, tenant: str, digest: str, /) -> bytes | None:
        """Return None."""
        return None


@frozen
class MemoryFileStore:
    """Attached files in memory, for tests and demos."""

    _contents: dict[tuple[str, str], bytes] = field(factory=dict, init=False, repr=False)

    def put(self, tenant: str, digest: str, content: bytes, /) -> None:
        """Store the content of a file."""
        self._contents[tenant, digest] = content

    def get(self, tenant: str, digest: str, /) -> bytes | None:
        """Return the content of a file, or None."""
        return self._contents.get((tenant, digest))


@frozen
class FolderFileStore:
    """Stores files in a folder by digest; each write is atomic.

    Args:
        root: the folder; the first write creates it.
    """

    root: Path = field(converter=Path)

    def put(self, tenant: str, digest: str, content: bytes, /) -> None:
        """Store the content of a file durably (fsync)."""
        path = self._path(tenant, digest)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary_path = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        with temporary_path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary_path.replace(path)

    def get(self, tenant: str, digest: str, /) -> bytes | None:
        """Return the content of a file, or None."""
        path = self._path(tenant, digest)
        return path.read_bytes() if path.exists() else None

    def _path(self, tenant: str, digest: str) -> Path:
        # The host chooses the tenant's name; hexadecimal prevents path traversal.
        return self.root / tenant.encode().hex() / digest[:2] / digest
