"""Somebody else was faster. The same story may succeed when it is run again."""

from typing import ClassVar

from attrs import define

from crmcore.domain.errors.root import CrmError


class Conflict(CrmError):
    """Somebody else was faster. A story that meets one is run again from its start, a bounded number of times."""

    code: ClassVar[str] = "conflict"
    status: ClassVar[int] = 409
    retryable: ClassVar[bool] = True


@define
class StaleVersion(Conflict):
    """The record was changed since it was read.

    Attributes:
        expected: the version that the caller had seen.
    """

    code: ClassVar[str] = "stale_version"
    kind: str
    id: str
    expected: int

    def __str__(self) -> str:
        return f"{self.kind} {self.id} is no longer at version {self.expected}; read it again"


@define
class Taken(Conflict):
    """A key that must be unique belongs to another record already.

    Attributes:
        key: the name of the unique key, never its value.
        holder: the id of the other record, where the story had looked for it; empty when the store itself refused.
    """

    code: ClassVar[str] = "taken"
    kind: str
    key: str
    holder: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.key} belongs to {self.holder or 'another record'} already"


@define
class Busy(Conflict):
    """The database asked us to try again: a lock timed out, a deadlock, a serialization failure."""

    code: ClassVar[str] = "busy"
    status: ClassVar[int] = 503
    state: str = ""

    def __str__(self) -> str:
        return f"the store is busy ({self.state or 'locked'}); try again"


@define
class KeyReused(Conflict):
    """An idempotency key came back with other arguments, or for another story."""

    code: ClassVar[str] = "key_reused"
    status: ClassVar[int] = 422
    retryable: ClassVar[bool] = False
    story: str

    def __str__(self) -> str:
        return f"this idempotency key was used for {self.story} with other arguments; use a new key"
