"""Templates: texts with variables that documents are rendered from."""

from datetime import datetime
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.ids import TemplateId

MAX_TEXT_LENGTH: Final = 2**20
"""The maximum length of a template or a rendered document, in characters."""


@record
class TemplateCreated(Event):
    """A template was created."""

    name: ClassVar[str] = "template.created"


@record
class TemplateUpdated(Event):
    """The text of a template was replaced."""

    name: ClassVar[str] = "template.updated"


@record
class Template(Entity):
    """A template of a document, in the language of the renderer."""

    meta: ClassVar[EntityMeta] = EntityMeta("template", "templates", unique_keys=(("name", "language"),))

    id: TemplateId = fields.id_of("template")
    name: str = fields.text(personal=False)
    language: str = fields.text(personal=False, max_length=35, default="en")
    media_type: str = fields.text(personal=False, max_length=100, default="text/html")
    body: str = fields.text(personal=False, max_length=MAX_TEXT_LENGTH, multiline=True)
    updated_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls, id: TemplateId, name: str, body: str, *, at: datetime, language: str = "en", media_type: str = "text/html"
    ) -> Self:
        """Create a template."""
        return cls(
            id=id,
            name=name,
            language=language,
            media_type=media_type,
            body=body,
            updated_at=at,
            pending_events=(TemplateCreated(at=at),),
        )

    def update(self, body: str, *, at: datetime, media_type: str | None = None) -> Self:
        """Replace the text. Documents that were rendered before do not change."""
        return self._record(TemplateUpdated(at=at), body=body, media_type=media_type or self.media_type, updated_at=at)
