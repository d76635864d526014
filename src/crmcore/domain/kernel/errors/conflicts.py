"""Somebody else was faster. The same story may succeed when it is run again."""

from typing import ClassVar

from attrs import define

from crmcore.domain.kernel.errors.base import CrmError


class ConflictError(CrmError):
    """Somebody else was faster. A story that meets one is run again from its start, a bounded number of times."""

    code: ClassVar[str] = "conflict"
    status: ClassVar[int] = 409
    retryable: ClassVar[bool] = True


@define
class StaleVersionError(ConflictError):
    """The record was changed since it was read.

    Attributes:
        expected_version: the version that the caller had seen.
    """

    code: ClassVar[str] = "stale_version"
    entity: str
    id: str
    expected_version: int

    def __str__(self) -> str:
        return f"{self.entity} {self.id} is no longer at version {self.expected_version}; read it again"


@define
class DuplicateKeyError(ConflictError):
    """A key that must be unique belongs to another record already.

    Attributes:
        key_name: the name of the unique key, never its value.
        existing_id: the id of the other record, where the story had looked for it; empty when the store itself refused.
    """

    code: ClassVar[str] = "duplicate_key"
    entity: str
    key_name: str
    existing_id: str = ""

    def __str__(self) -> str:
        return f"{self.entity}: {self.key_name} belongs to {self.existing_id or 'another record'} already"


@define
class DatabaseBusyError(ConflictError):
    """The database asked us to try again: a lock timed out, a deadlock, a serialization failure."""

    code: ClassVar[str] = "database_busy"
    status: ClassVar[int] = 503
    sqlstate: str = ""

    def __str__(self) -> str:
        return f"the store is busy ({self.sqlstate or 'locked'}); try again"


@define
class IdempotencyKeyReusedError(ConflictError):
    """An idempotency key came back with other arguments, or for another story."""

    code: ClassVar[str] = "idempotency_key_reused"
    status: ClassVar[int] = 422
    retryable: ClassVar[bool] = False
    command: str

    def __str__(self) -> str:
        return f"this idempotency key was used for {self.command} with other arguments; use a new key"
