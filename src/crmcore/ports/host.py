"""Ports to the host: access policy, tracing, templates and files."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from crmcore.domain.kernel.criteria import Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.ports.storage import RequestContext


class AccessPolicy(Protocol):
    """Access policy: visible records and permitted commands of an actor."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:
        """Return the criterion of the records that the actor may see.

        It becomes part of every query.
        """
        ...

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Check that the actor may execute a command, or save an entity.

        For the command itself, `entity` is None.

        Raises:
            PermissionDeniedError: the actor has no permission.
        """
        ...


class Tracer(Protocol):
    """Opens a tracing span for each command and query."""

    def span(self, command: str, context: RequestContext, /) -> AbstractContextManager[None]:
        """Return the span of one execution, including its commit.

        Errors pass through it.
        """
        ...


class Renderer(Protocol):
    """Renders documents from templates.

    Equal templates and data give equal texts.
    """

    def check(self, template: str, body: str, /, *, media_type: str) -> None:
        """Validate a template before it is stored.

        Raises:
            UnsafeTemplateError: the template uses a construct that is not allowed.
        """
        ...

    def render(self, template: str, body: str, data: Mapping[str, Any], /, *, media_type: str) -> str:
        """Render a document.

        Args:
            template: the name of the template, for error messages.
            body: the text of the template.
            data: the variables as plain values: texts, numbers, lists and mappings.
            media_type: ``text/html`` enables HTML escaping.

        Raises:
            UnsafeTemplateError: the template reads a value that does not exist, or exceeds a limit.
        """
        ...


class FileStore(Protocol):
    """Stores the bytes of attached files by digest.

    Storing equal bytes again changes nothing.
    """

    def put(self, tenant: str, digest: str, content: bytes, /) -> None:
        """Store the bytes of a file."""
        ...

    def get(self, tenant: str, digest: str, /) -> bytes | None:
        """Return the bytes of a file, or None if they do not exist."""
        ...


class ResultCodec(Protocol):
    """Serializes the stored results of commands (idempotency)."""

    def dump_result(self, value: Any, result_type: Any, /) -> str:
        """Write a result as text.

        Args:
            value: the result.
            result_type: the return annotation of the command.
        """
        ...

    def load_result(self, text: str, result_type: Any, /) -> Any:
        """Read a result from the text that `dump_result` wrote."""
        ...
