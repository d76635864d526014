"""Documents: templates, rendered documents and attached files."""

from collections.abc import Sequence

from attrs import frozen

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.rules import NotFoundError
from crmcore.domain.kernel.errors.validation import InvalidTypeError, RequiredError, TooLongError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CustomerId, DealId, DocumentId, check_id
from crmcore.domain.messaging.documents import MAX_FILE_SIZE, Document
from crmcore.domain.messaging.templates import MAX_TEXT_LENGTH, Template
from crmcore.domain.sales.deals.deal import Deal
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.document_rendering import render_document
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@frozen
class Documents:
    """Commands and queries for templates, documents and files."""

    _environment: Environment

    @command("documents.save_template")
    def save_template(
        self,
        uow: UnitOfWork,
        name: str,
        body: str,
        /,
        *,
        language: str | None = None,
        media_type: str = "text/html",
        idempotency_key: str | None = None,
    ) -> Template:
        """Create a template, or replace the one with the same name and language.

        Raises:
            UnsafeTemplateError: the template uses a construct that is not allowed.
        """
        name = checked_text("template.name", name)
        language = checked_text("template.language", language or self._environment.language, max_length=35)
        checked_text("template.media_type", media_type, max_length=100)
        checked_text("template.body", body, max_length=MAX_TEXT_LENGTH, multiline=True)
        self._environment.renderer.check(name, body, media_type=media_type)
        existing = uow.first(Template, Eq("name", name) & Eq("language", language))
        if existing is not None:
            return uow.save(existing.update(body, at=uow.now, media_type=media_type))
        return uow.save(
            Template.create(uow.new_id("template"), name, body, at=uow.now, language=language, media_type=media_type)
        )

    @command("documents.render")
    def render(
        self,
        uow: UnitOfWork,
        template: str,
        /,
        *,
        deal_id: DealId,
        title: str | None = None,
        idempotency_key: str | None = None,
    ) -> Document:
        """Render a document from a template, and attach it to a deal.

        Args:
            template: the name of the template. Its language is the customer's, else the company's, else any.
            title: the title of the document; defaults to the name of the template.

        Raises:
            NotFoundError: the template or the deal does not exist.
            UnsafeTemplateError: the template reads a value that does not exist, or exceeds a limit.
        """
        deal = uow.get(Deal, deal_id)
        customer = uow.get(Customer, deal.customer_id)
        document = render_document(uow, self._environment, template, title or template, deal=deal, customer=customer)
        uow.save(deal.attach(document.id, document.title, at=uow.now))
        return document

    def attach(
        self,
        title: str,
        content: bytes,
        /,
        *,
        media_type: str,
        deal_id: DealId | None = None,
        customer_id: CustomerId | None = None,
        idempotency_key: str | None = None,
    ) -> Document:
        """Attach a file to a deal, or to a customer.

        The file store gets the bytes before the command runs, so a stored record always has its bytes. If the command fails, the bytes
        stay in the file store without a record.

        Raises:
            InvalidTypeError: the content is not bytes.
            TooLongError: the content is larger than 100 MiB.
            RequiredError: neither a deal nor a customer is given.
            NotFoundError: the deal or the customer does not exist.
        """
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise InvalidTypeError("document.content", f"must be bytes, not {type(content).__name__}")
        content = bytes(content)
        if len(content) > MAX_FILE_SIZE:
            raise TooLongError("document.content", max_length=MAX_FILE_SIZE, length=len(content))
        digest = Document.digest_of(content)
        self._environment.file_store.put(self._environment.context.tenant, digest, content)
        return self._record_file(
            title,
            content,
            media_type=media_type,
            deal_id=deal_id,
            customer_id=customer_id,
            idempotency_key=idempotency_key,
        )

    @command("documents.attach")
    def _record_file(
        self,
        uow: UnitOfWork,
        title: str,
        content: bytes,
        /,
        *,
        media_type: str,
        deal_id: DealId | None,
        customer_id: CustomerId | None,
        idempotency_key: str | None = None,
    ) -> Document:
        deal = None if deal_id is None else uow.get(Deal, deal_id)
        known_customer_id = deal.customer_id if customer_id is None and deal is not None else customer_id
        if known_customer_id is None:
            raise RequiredError("document.deal_id", "or a customer must be given")
        document = uow.save(
            Document.from_file(
                uow.new_id("document"),
                title,
                content,
                media_type=media_type,
                at=uow.now,
                deal_id=deal_id,
                customer_id=uow.get(Customer, known_customer_id).id,
            )
        )
        if deal is not None:
            uow.save(deal.attach(document.id, document.title, at=uow.now))
        return document

    @query("documents.get")
    def get(self, uow: UnitOfWork, document_id: DocumentId, /) -> Document:
        """Return a document, without the bytes of its file."""
        return uow.get(Document, document_id)

    def read_content(self, document_id: DocumentId, /) -> bytes:
        """Return the bytes of a document.

        Raises:
            NotFoundError: the document does not exist, or the file store has lost its bytes.
        """
        document = self.get(document_id)
        if document.body is not None:
            return document.body.encode()
        content = self._environment.file_store.get(self._environment.context.tenant, document.digest)
        if content is None:
            raise NotFoundError("file", document.digest)
        return content

    @query("documents.list")
    def list(
        self, uow: UnitOfWork, /, *, deal_id: DealId, after: Document | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """List the documents of a deal, oldest first, one page at a time."""
        check_limit(limit)
        check_id("deal", deal_id)
        return uow.find(Document, Eq("deal_id", deal_id), after=after, limit=limit)

    @query("documents.list_templates")
    def list_templates(self, uow: UnitOfWork, /) -> Sequence[Template]:
        """List all templates."""
        return uow.find(Template)
