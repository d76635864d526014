"""Documents: templates, what is made of them, and files that are brought in."""

from collections.abc import Sequence

from attrs import frozen

from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import LARGEST_FILE, LARGEST_TEXT, Document, Template
from crmcore.domain.errors.broken import NotFound
from crmcore.domain.errors.given import Blank, TooLong, WrongType
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CustomerId, DealId, DocumentId, check_id
from crmcore.services.house import House, story, view
from crmcore.services.steps.papers import render_document
from crmcore.services.unit import Unit, check_limit


@frozen
class Documents:
    """Templates and documents."""

    house: House

    @story("documents.write_template")
    def write_template(
        self,
        unit: Unit,
        name: str,
        body: str,
        /,
        *,
        language: str | None = None,
        media_type: str = "text/html",
        key: str | None = None,
    ) -> Template:
        """Write a template, or rewrite the one of that name and language. It is tried out before it is kept.

        Raises:
            TemplateRefused: it uses what a template may not use.
        """
        name = checked_text("template.name", name)
        language = checked_text("template.language", language or self.house.language, limit=35)
        checked_text("template.media_type", media_type, limit=100)
        checked_text("template.body", body, limit=LARGEST_TEXT, lines=True)
        self.house.renderer.check(name, body, media_type=media_type)
        known = unit.one(Template, Is("name", name) & Is("language", language))
        if known is not None:
            return unit.save(known.rewrite(body, at=unit.now, media_type=media_type))
        return unit.save(
            Template.write(unit.id("template"), name, body, at=unit.now, language=language, media_type=media_type)
        )

    @story("documents.render")
    def render(
        self, unit: Unit, template: str, /, *, deal: DealId, title: str | None = None, key: str | None = None
    ) -> Document:
        """Make a document of a deal from a template, and attach it to the deal.

        Args:
            template: its name; the customer's language is taken if there is one in it, then the house's, then any.
            title: the document's name; the template's when not given.

        Raises:
            NotFound: no such template or deal.
            TemplateRefused: the template asks for what it may not have.
        """
        of = unit.get(Deal, deal)
        customer = unit.get(Customer, of.customer)
        document = render_document(unit, self.house, template, title or template, deal=of, customer=customer)
        unit.save(of.attach(document.id, document.title, at=unit.now))
        return document

    def attach(
        self,
        title: str,
        content: bytes,
        /,
        *,
        media_type: str,
        deal: DealId | None = None,
        customer: CustomerId | None = None,
        key: str | None = None,
    ) -> Document:
        """Attach a file to a deal, or to a customer.

        The bytes are kept first, under their digest, so that the record never names what is not there. Bytes whose record then
        fails are harmless and nobody's.

        Raises:
            WrongType: the content is not bytes.
            TooLong: it is larger than 100 MiB.
            Blank: neither a deal nor a customer.
            NotFound: no such deal or customer.
        """
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise WrongType("document.content", f"must be bytes, not {type(content).__name__}")
        content = bytes(content)
        if len(content) > LARGEST_FILE:
            raise TooLong("document.content", limit=LARGEST_FILE, length=len(content))
        digest = Document.digest_of(content)
        self.house.files.put(self.house.context.tenant, digest, content)
        return self._note_file(title, content, media_type=media_type, deal=deal, customer=customer, key=key)

    @story("documents.attach")
    def _note_file(
        self,
        unit: Unit,
        title: str,
        content: bytes,
        /,
        *,
        media_type: str,
        deal: DealId | None,
        customer: CustomerId | None,
        key: str | None = None,
    ) -> Document:
        of = None if deal is None else unit.get(Deal, deal)
        owner = of.customer if customer is None and of is not None else customer
        if owner is None:
            raise Blank("document.deal", "must be named, or a customer")
        document = unit.save(
            Document.file(
                unit.id("document"),
                title,
                content,
                media_type=media_type,
                at=unit.now,
                deal=deal,
                customer=unit.get(Customer, owner).id,
            )
        )
        if of is not None:
            unit.save(of.attach(document.id, document.title, at=unit.now))
        return document

    @view("documents.get")
    def get(self, unit: Unit, id: DocumentId, /) -> Document:
        """Read what is known of a document."""
        return unit.get(Document, id)

    def content(self, id: DocumentId, /) -> bytes:
        """Read a document's bytes.

        Raises:
            NotFound: no such document, or its bytes are lost.
        """
        document = self.get(id)
        if document.body is not None:
            return document.body.encode()
        content = self.house.files.get(self.house.context.tenant, document.digest)
        if content is None:
            raise NotFound("file", document.digest)
        return content

    @view("documents.list")
    def list(
        self, unit: Unit, /, *, deal: DealId, after: Document | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """Read a deal's documents, a page at a time, the oldest first."""
        check_limit(limit)
        check_id("deal", deal)
        return unit.find(Document, Is("deal", deal), after=after, limit=limit)

    @view("documents.templates")
    def templates(self, unit: Unit, /) -> Sequence[Template]:
        """Read all templates."""
        return unit.find(Template)
