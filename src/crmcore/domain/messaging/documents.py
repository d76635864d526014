"""Documents: rendered from a template, or attached as a file."""

import hashlib
from datetime import datetime
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.fields.text import normalize_text
from crmcore.domain.kernel.ids import CustomerId, DealId, DocumentId, TemplateId
from crmcore.domain.messaging.templates import MAX_TEXT_LENGTH, Template

MAX_FILE_SIZE: Final = 100 * 2**20
"""The maximum size of an attached file, in bytes."""


@record
class DocumentAdded(Event):
    """A document was rendered or attached."""

    name: ClassVar[str] = "document.added"
    media_type: str = fields.text(personal=False)
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    customer_id: CustomerId | None = fields.id_of("customer", optional=True, default=None)
    template_id: TemplateId | None = fields.id_of("template", optional=True, default=None)


@record
class Document(Entity):
    """A document of a deal or a customer.

    Attributes:
        body: the text of a rendered document; None for a file, whose bytes the file store keeps under `digest`.
        digest: SHA-256 of the bytes, in hexadecimal.
        size: in bytes.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("document", "documents", indexes=(("deal_id",), ("customer_id",)))

    id: DocumentId = fields.id_of("document")
    title: str = fields.text(personal=True)
    media_type: str = fields.text(personal=False, max_length=100)
    size: int = fields.integer(max=MAX_FILE_SIZE)
    digest: str = fields.text(personal=False, max_length=64)
    body: str | None = fields.text(
        personal=True, max_length=MAX_TEXT_LENGTH, multiline=True, allow_blank=True, optional=True, default=None
    )
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    customer_id: CustomerId | None = fields.id_of("customer", optional=True, default=None)
    template_id: TemplateId | None = fields.id_of("template", optional=True, default=None)
    added_at: datetime = fields.timestamp()

    @classmethod
    def from_template(
        cls,
        id: DocumentId,
        title: str,
        body: str,
        *,
        template: Template,
        at: datetime,
        deal_id: DealId | None = None,
        customer_id: CustomerId | None = None,
    ) -> Self:
        """Create a document from a rendered template."""
        body = normalize_text(body)
        return cls._create(
            id,
            title,
            body.encode(),
            body,
            template.media_type,
            at=at,
            deal_id=deal_id,
            customer_id=customer_id,
            template_id=template.id,
        )

    @classmethod
    def from_file(
        cls,
        id: DocumentId,
        title: str,
        content: bytes,
        *,
        media_type: str,
        at: datetime,
        deal_id: DealId | None = None,
        customer_id: CustomerId | None = None,
    ) -> Self:
        """Create a document for a file. The file store keeps the bytes."""
        return cls._create(
            id, title, content, None, media_type, at=at, deal_id=deal_id, customer_id=customer_id, template_id=None
        )

    @staticmethod
    def digest_of(content: bytes) -> str:
        """Return the SHA-256 of bytes, in hexadecimal."""
        return hashlib.sha256(content).hexdigest()

    @classmethod
    def _create(
        cls,
        id: DocumentId,
        title: str,
        content: bytes,
        body: str | None,
        media_type: str,
        *,
        at: datetime,
        deal_id: DealId | None,
        customer_id: CustomerId | None,
        template_id: TemplateId | None,
    ) -> Self:
        document = cls(
            id=id,
            title=title,
            media_type=media_type,
            size=len(content),
            digest=cls.digest_of(content),
            body=body,
            deal_id=deal_id,
            customer_id=customer_id,
            template_id=template_id,
            added_at=at,
        )
        event = DocumentAdded(
            at=at, media_type=document.media_type, deal_id=deal_id, customer_id=customer_id, template_id=template_id
        )
        return document._record(event)
