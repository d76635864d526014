"""What the world outside did not do: libraries, databases, templates, networks."""

from datetime import timedelta
from typing import ClassVar

from attrs import define

from crmcore.domain.errors.root import CrmError


@define
class MissingExtra(CrmError, ImportError):
    """A feature needs a library that is not installed."""

    code: ClassVar[str] = "missing_extra"
    need: str
    extra: str

    def __str__(self) -> str:
        return f'{self.need} need: pip install "crmcore[{self.extra}]"'


@define
class UnsafeEngine(CrmError):
    """A database connection that would lose acknowledged writes.

    Attributes:
        problems: what was found, one sentence each, with the cure.
    """

    code: ClassVar[str] = "unsafe_engine"
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "this engine would lose writes: " + "; ".join(self.problems)


@define
class SchemaOutdated(CrmError):
    """The tables are of an older release.

    Attributes:
        found: the version of the schema that is there.
        wanted: the one that this release works with.
    """

    code: ClassVar[str] = "schema_outdated"
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"the tables are of version {self.found}, and have to be of {self.wanted}: run `crmcore migrate`"


@define
class StoreFailed(CrmError):
    """The database refused for a reason of its own; the values it complained of are left out on purpose."""

    code: ClassVar[str] = "store_failed"
    status: ClassVar[int] = 503
    state: str
    constraint: str = ""

    def __str__(self) -> str:
        return f"the database failed with {self.state}{f' on {self.constraint}' if self.constraint else ''}"


@define
class TemplateRefused(CrmError, ValueError):
    """A document template uses what a template may not use, or asks for more than it may have."""

    code: ClassVar[str] = "template_refused"
    status: ClassVar[int] = 422
    template: str
    problem: str
    line: int = 0

    def __str__(self) -> str:
        return f"template {self.template}{f', line {self.line}' if self.line else ''}: {self.problem}"


@define
class AddressRefused(CrmError, ValueError):
    """A web address that points into the house, or that is none."""

    code: ClassVar[str] = "address_refused"
    status: ClassVar[int] = 422
    host: str
    problem: str

    def __str__(self) -> str:
        return f"{self.host}: {self.problem}"


@define
class DeliveryFailed(CrmError):
    """A message did not leave.

    Attributes:
        permanent: whether trying again is pointless.
        after: how long the receiver asked us to wait, if it did.
        taken: of several facts, how many a listener took before.
    """

    code: ClassVar[str] = "delivery_failed"
    channel: str
    problem: str
    permanent: bool = False
    after: timedelta | None = None
    taken: int = 0

    def __str__(self) -> str:
        return f"{self.channel}: {self.problem}"


@define
class SignatureRefused(CrmError):
    """A web call that came in is not from whom it says, or was heard before."""

    code: ClassVar[str] = "signature_refused"
    status: ClassVar[int] = 401
    problem: str

    def __str__(self) -> str:
        return f"the call's signature is refused: {self.problem}"
