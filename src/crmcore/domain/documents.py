"""Documents: what was rendered from a template or brought in as a file, and the templates."""

import hashlib
from datetime import datetime
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.fields.text import tidy
from crmcore.domain.ids import CustomerId, DealId, DocumentId, TemplateId
from crmcore.domain.kernel import Entity, Event, Shape, record

LARGEST_TEXT: Final = 2**20
"""How long a template or a rendered document may be, in characters."""
LARGEST_FILE: Final = 100 * 2**20
"""How large an attached file may be, in bytes."""


@record
class TemplateWritten(Event):
    """A template was written or rewritten."""

    name: ClassVar[str] = "template.written"


@record
class Template(Entity):
    """A document with gaps. What may stand in them, and in which language they are written, the renderer knows."""

    shape: ClassVar[Shape] = Shape("template", "templates", unique=(("name", "language"),))

    id: TemplateId = fields.ref("template")
    name: str = fields.text(personal=False)
    language: str = fields.text(personal=False, limit=35, default="en")
    media_type: str = fields.text(personal=False, limit=100, default="text/html")
    body: str = fields.text(personal=False, limit=LARGEST_TEXT, lines=True)
    written_at: datetime = fields.moment()

    @classmethod
    def write(
        cls, id: TemplateId, name: str, body: str, *, at: datetime, language: str = "en", media_type: str = "text/html"
    ) -> Self:
        """Write a template."""
        return cls(
            id=id,
            name=name,
            language=language,
            media_type=media_type,
            body=body,
            written_at=at,
            pending=(TemplateWritten(at=at),),
        )

    def rewrite(self, body: str, *, at: datetime, media_type: str | None = None) -> Self:
        """Replace its text. Documents that were made from it stay as they are."""
        return self._after(TemplateWritten(at=at), body=body, media_type=media_type or self.media_type, written_at=at)


@record
class DocumentAdded(Event):
    """A document was rendered or brought in."""

    name: ClassVar[str] = "document.added"
    media_type: str = fields.text(personal=False)
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    customer: CustomerId | None = fields.ref("customer", optional=True, default=None)
    template: TemplateId | None = fields.ref("template", optional=True, default=None)


@record
class Document(Entity):
    """A document of a deal or a customer.

    Attributes:
        body: the text of a rendered document; None for a file, whose bytes the file store keeps under `digest`.
        digest: SHA-256 of the bytes, in hexadecimal.
        size: in bytes.
    """

    shape: ClassVar[Shape] = Shape("document", "documents", indexes=(("deal",), ("customer",)))

    id: DocumentId = fields.ref("document")
    title: str = fields.text(personal=True)
    media_type: str = fields.text(personal=False, limit=100)
    size: int = fields.whole(most=LARGEST_FILE)
    digest: str = fields.text(personal=False, limit=64)
    body: str | None = fields.text(
        personal=True, limit=LARGEST_TEXT, lines=True, blank=True, optional=True, default=None
    )
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    customer: CustomerId | None = fields.ref("customer", optional=True, default=None)
    template: TemplateId | None = fields.ref("template", optional=True, default=None)
    added_at: datetime = fields.moment()

    @classmethod
    def rendered(
        cls,
        id: DocumentId,
        title: str,
        body: str,
        *,
        template: Template,
        at: datetime,
        deal: DealId | None = None,
        customer: CustomerId | None = None,
    ) -> Self:
        """Keep what a template gave."""
        body = tidy(body)
        return cls._add(
            id,
            title,
            body.encode(),
            body,
            template.media_type,
            at=at,
            deal=deal,
            customer=customer,
            template=template.id,
        )

    @classmethod
    def file(
        cls,
        id: DocumentId,
        title: str,
        content: bytes,
        *,
        media_type: str,
        at: datetime,
        deal: DealId | None = None,
        customer: CustomerId | None = None,
    ) -> Self:
        """Note a file, whose bytes are kept elsewhere."""
        return cls._add(id, title, content, None, media_type, at=at, deal=deal, customer=customer, template=None)

    @staticmethod
    def digest_of(content: bytes) -> str:
        """Digest a file's bytes (SHA-256, hexadecimal)."""
        return hashlib.sha256(content).hexdigest()

    @classmethod
    def _add(
        cls,
        id: DocumentId,
        title: str,
        content: bytes,
        body: str | None,
        media_type: str,
        *,
        at: datetime,
        deal: DealId | None,
        customer: CustomerId | None,
        template: TemplateId | None,
    ) -> Self:
        document = cls(
            id=id,
            title=title,
            media_type=media_type,
            size=len(content),
            digest=cls.digest_of(content),
            body=body,
            deal=deal,
            customer=customer,
            template=template,
            added_at=at,
        )
        fact = DocumentAdded(at=at, media_type=document.media_type, deal=deal, customer=customer, template=template)
        return document._after(fact)
