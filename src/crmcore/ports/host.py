"""What the host's house lays down and keeps: who may do what, who watches, how documents are filled, where files lie."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from crmcore.domain.kernel.criteria import Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.ports.storage import RequestContext


class AccessPolicy(Protocol):
    """Who may see and do what."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:
        """What the actor may see of a kind, as a criterion that becomes part of every query."""
        ...

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Let a story begin (without an entity), or save an entity, or not.

        Raises:
            PermissionDeniedError: the actor may not.
        """
        ...


class Tracer(Protocol):
    """Is told when a story begins and when it is over."""

    def span(self, command: str, context: RequestContext, /) -> AbstractContextManager[None]:
        """Enclose one telling of a story, commit included; the error that ends it passes through."""
        ...


class Renderer(Protocol):
    """Fills the gaps of a template. It is pure: the same template and data give the same text."""

    def check(self, template: str, body: str, /, *, media_type: str) -> None:
        """Look a template over before it is kept.

        Raises:
            UnsafeTemplateError: it uses what a template may not use.
        """
        ...

    def render(self, template: str, body: str, data: Mapping[str, Any], /, *, media_type: str) -> str:
        """Render a document.

        Args:
            template: its name, for refusals.
            body: its text.
            data: plain values only: texts, numbers, lists and mappings.
            media_type: decides what is escaped: ``text/html`` is.

        Raises:
            UnsafeTemplateError: the template asks for what it may not have.
        """
        ...


class FileStore(Protocol):
    """Keeps the bytes of attached files by their digest, so that keeping the same twice changes nothing."""

    def put(self, tenant: str, digest: str, content: bytes, /) -> None:
        """Keep a file's bytes."""
        ...

    def get(self, tenant: str, digest: str, /) -> bytes | None:
        """Give a file's bytes back."""
        ...
