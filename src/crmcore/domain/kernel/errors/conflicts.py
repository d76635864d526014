"""Concurrency conflicts: the same command may succeed when retried."""

from typing import ClassVar

from attrs import define

from crmcore.domain.kernel.errors.base import CrmError


class ConflictError(CrmError):
    """A concurrent change was first.

    Commands are retried from the start on this error, up to `RetryPolicy.max_attempts` times.
    """

    code: ClassVar[str] = "conflict"
    status: ClassVar[int] = 409
    retryable: ClassVar[bool] = True


@define
class StaleVersionError(ConflictError):
    """The record was changed since it was loaded (optimistic locking).

    Attributes:
        expected_version: the version that the caller loaded.
    """

    code: ClassVar[str] = "stale_version"
    entity: str
    id: str
    expected_version: int

    def __str__(self) -> str:
        return f"{self.entity} {self.id} is no longer at version {self.expected_version}; read it again"


@define
class DuplicateKeyError(ConflictError):
    """Another record has the same unique key.

    Attributes:
        key_name: the name of the unique key, without its value.
        existing_id: the id of the other record; empty when the database reported the conflict.
    """

    code: ClassVar[str] = "duplicate_key"
    entity: str
    key_name: str
    existing_id: str = ""

    def __str__(self) -> str:
        return f"{self.entity}: {self.key_name} belongs to {self.existing_id or 'another record'} already"


@define
class DatabaseBusyError(ConflictError):
    """The database asks for a retry.

    A lock timed out, or there was a deadlock or a serialization failure.
    """

    code: ClassVar[str] = "database_busy"
    status: ClassVar[int] = 503
    sqlstate: str = ""

    def __str__(self) -> str:
        return f"the database is busy ({self.sqlstate or 'locked'}); try again"


@define
class IdempotencyKeyReusedError(ConflictError):
    """An idempotency key was used with other arguments or another command."""

    code: ClassVar[str] = "idempotency_key_reused"
    status: ClassVar[int] = 422
    retryable: ClassVar[bool] = False
    command: str

    def __str__(self) -> str:
        return f"this idempotency key was used for {self.command} with other arguments; use a new key"
