"""Errors of infrastructure: libraries, databases, templates, networks."""

from datetime import timedelta
from typing import ClassVar

from attrs import define

from crmcore.domain.kernel.errors.base import CrmError


@define
class MissingDependencyError(CrmError, ImportError):
    """A feature needs a library that is not installed."""

    code: ClassVar[str] = "missing_dependency"
    feature: str
    extra: str

    def __str__(self) -> str:
        return f'{self.feature} need: pip install "crmcore[{self.extra}]"'


@define
class UnsafeEngineError(CrmError):
    """A database configuration that would lose acknowledged writes.

    Attributes:
        problems: what was found, one sentence each, with the remedy.
    """

    code: ClassVar[str] = "unsafe_engine"
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "this engine would lose writes: " + "; ".join(self.problems)


@define
class SchemaOutdatedError(CrmError):
    """The database schema is of an older release.

    Attributes:
        current_version: the version of the schema in the database.
        required_version: the version that this release needs.
    """

    code: ClassVar[str] = "schema_outdated"
    current_version: str
    required_version: str

    def __str__(self) -> str:
        return f"the schema has version {self.current_version}, but {self.required_version} is required: run `crmcore migrate`"


@define
class StoreError(CrmError):
    """The database reported an error. The statement's values are left out."""

    code: ClassVar[str] = "store_error"
    status: ClassVar[int] = 503
    sqlstate: str
    constraint: str = ""

    def __str__(self) -> str:
        return f"the database failed with {self.sqlstate}{f' on {self.constraint}' if self.constraint else ''}"


@define
class UnsafeTemplateError(CrmError, ValueError):
    """A template uses a construct that is not allowed, or exceeds a limit."""

    code: ClassVar[str] = "unsafe_template"
    status: ClassVar[int] = 422
    template: str
    problem: str
    line: int = 0

    def __str__(self) -> str:
        return f"template {self.template}{f', line {self.line}' if self.line else ''}: {self.problem}"


@define
class BlockedUrlError(CrmError, ValueError):
    """A web address that is invalid, or that leads to an internal network."""

    code: ClassVar[str] = "blocked_url"
    status: ClassVar[int] = 422
    host: str
    problem: str

    def __str__(self) -> str:
        return f"{self.host}: {self.problem}"


@define
class DeliveryError(CrmError):
    """A message could not be sent.

    Attributes:
        is_permanent: whether a retry is pointless.
        retry_after: how long the receiver asked to wait, if it did.
        delivered_count: of several events, how many were delivered before the failure.
    """

    code: ClassVar[str] = "delivery_error"
    channel: str
    problem: str
    is_permanent: bool = False
    retry_after: timedelta | None = None
    delivered_count: int = 0

    def __str__(self) -> str:
        return f"{self.channel}: {self.problem}"


@define
class InvalidSignatureError(CrmError):
    """A webhook call with an invalid or an already used signature."""

    code: ClassVar[str] = "invalid_signature"
    status: ClassVar[int] = 401
    problem: str

    def __str__(self) -> str:
        return f"the webhook signature is rejected: {self.problem}"
