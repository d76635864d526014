"""Documents are known by their bytes; templates may be rewritten without changing what was made of them."""

import hashlib

from crmcore.domain.documents import Document, Template
from crmcore.testing.samples import NOON, Samples


def test_a_rendered_document_keeps_its_text() -> None:
    """Its size and digest are those of its bytes, in UTF-8."""
    samples = Samples()
    template = Template.write(samples.id("template"), "Offer", "Dear {{ name }}", at=NOON, language="lv")
    document = Document.rendered(samples.id("document"), "Offer", "  Cien. Jānis\r\n", template=template, at=NOON)
    body = "Cien. Jānis".encode()

    assert (document.body, document.size, document.digest) == (
        "Cien. Jānis",
        len(body),
        hashlib.sha256(body).hexdigest(),
    )
    assert (document.template, document.media_type) == (template.id, "text/html")


def test_a_file_is_known_by_its_digest() -> None:
    """Its bytes are kept elsewhere."""
    samples = Samples()
    file = Document.file(samples.id("document"), "Sizes", b"\x00", media_type="application/pdf", at=NOON)

    assert (file.body, file.size, file.digest) == (None, 1, Document.digest_of(b"\x00"))
    assert [event.name for event in file.pending] == ["document.added"]


def test_a_template_is_rewritten() -> None:
    """Its kind stays unless another is given."""
    template = Template.write(Samples().id("template"), "Offer", "a", at=NOON)

    assert template.rewrite("b", at=NOON).media_type == "text/html"
    assert template.rewrite("b", at=NOON, media_type="text/plain").media_type == "text/plain"
