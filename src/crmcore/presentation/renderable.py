"""Renderable reports: plain text, HTML, notebooks and files."""

from pathlib import Path

from crmcore.domain.kernel.errors.validation import InvalidChoiceError
from crmcore.presentation.model import Page


class Renderable:
    """Base class of reports: rendering of the page that a report returns."""

    __slots__ = ()

    def page(self) -> Page:
        """Return the report as a page."""
        raise NotImplementedError

    def text(self, *, language: str | None = None, time_zone: str = "UTC") -> str:
        """Render the report as plain text.

        Args:
            language: the language of labels and numbers (BCP 47); English if it is not supported.
            time_zone: the IANA time zone of the times.

        Raises:
            InvalidChoiceError: no such time zone.
        """
        from crmcore.presentation.locale_format import LocaleFormat
        from crmcore.presentation.plain import render_plain_text

        return render_plain_text(self.page(), LocaleFormat.for_language(language, time_zone=time_zone))

    def html(self, *, language: str | None = None, time_zone: str = "UTC") -> str:
        """Render the report as a self-contained HTML document with charts.

        The document has no scripts and loads nothing.

        Args:
            language: as in `text`.
            time_zone: as in `text`.

        Raises:
            InvalidChoiceError: no such time zone.
        """
        from crmcore.presentation.html import render_html_document
        from crmcore.presentation.locale_format import LocaleFormat

        return render_html_document(self.page(), LocaleFormat.for_language(language, time_zone=time_zone))

    def save(self, path: str | Path, /, *, language: str | None = None, time_zone: str = "UTC") -> Path:
        """Save the report as ``.html`` or ``.txt``, in UTF-8.

        Args:
            path: the path of the file; an existing file is replaced.
            language: as in `text`.
            time_zone: as in `text`.

        Returns:
            The path of the file.

        Raises:
            InvalidChoiceError: an unsupported file type, or no such time zone.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".html" | ".htm":
                content = self.html(language=language, time_zone=time_zone)
            case ".txt":
                content = self.text(language=language, time_zone=time_zone) + "\n"
            case _:
                raise InvalidChoiceError("path", allowed=("a name that ends in .html", "or in .txt"))
        path.write_text(content, encoding="utf-8", newline="\n")
        return path

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        """Render the report in a notebook."""
        from crmcore.presentation.html import render_html_fragment
        from crmcore.presentation.locale_format import LocaleFormat

        return render_html_fragment(self.page(), LocaleFormat.for_language(None))
