"""Documents have the digest of their bytes; templates can change."""

import hashlib

from crmcore.domain.messaging.documents import Document
from crmcore.domain.messaging.templates import Template
from crmcore.testing.samples import NOON, Samples


def test_rendered_document_stores_text_size_and_digest() -> None:
    """Its size and digest are those of its bytes, in UTF-8."""
    samples = Samples()
    template = Template.create(samples.id("template"), "Offer", "Dear {{ name }}", at=NOON, language="lv")
    document = Document.from_template(samples.id("document"), "Offer", "  Cien. Jānis\r\n", template=template, at=NOON)
    body = "Cien. Jānis".encode()

    assert (document.body, document.size, document.digest) == (
        "Cien. Jānis",
        len(body),
        hashlib.sha256(body).hexdigest(),
    )
    assert (document.template_id, document.media_type) == (template.id, "text/html")


def test_attached_file_stores_digest_only() -> None:
    """Its bytes are kept elsewhere."""
    samples = Samples()
    file = Document.from_file(samples.id("document"), "Sizes", b"\x00", media_type="application/pdf", at=NOON)

    assert (file.body, file.size, file.digest) == (None, 1, Document.digest_of(b"\x00"))
    assert [event.name for event in file.pending_events] == ["document.added"]


def test_update_template_keeps_media_type() -> None:
    """The media type stays unless another is given."""
    template = Template.create(Samples().id("template"), "Offer", "a", at=NOON)

    assert template.update("b", at=NOON).media_type == "text/html"
    assert template.update("b", at=NOON, media_type="text/plain").media_type == "text/plain"


def test_create_and_update_template_record_different_events() -> None:
    """A new template records `template.created`, a replaced text `template.updated`."""
    template = Template.create(Samples().id("template"), "Offer", "a", at=NOON).update("b", at=NOON)

    assert ["template.created", "template.updated"] == [event.name for event in template.pending_events]
