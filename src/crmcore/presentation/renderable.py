"""What can be shown: in a terminal, in a notebook, and as a file that needs nothing else."""

from pathlib import Path

from crmcore.domain.kernel.errors.validation import InvalidChoiceError
from crmcore.presentation.model import Page


class Renderable:
    """Gives a report its looks. Whoever inherits it lays itself out as a page."""

    __slots__ = ()

    def page(self) -> Page:
        """Lay it out."""
        raise NotImplementedError

    def text(self, *, language: str | None = None, time_zone: str = "UTC") -> str:
        """Write it as plain text.

        Args:
            language: in which labels and numbers are written (BCP 47); English when crmcore does not speak it.
            time_zone: the IANA zone in which times are told.

        Raises:
            InvalidChoiceError: no zone of that name.
        """
        from crmcore.presentation.locale_format import LocaleFormat
        from crmcore.presentation.plain import render_plain_text

        return render_plain_text(self.page(), LocaleFormat.for_language(language, time_zone=time_zone))

    def html(self, *, language: str | None = None, time_zone: str = "UTC") -> str:
        """Write it as an HTML document with pictures, without scripts and without anything from elsewhere.

        Args:
            language: as in `text`.
            time_zone: as in `text`.

        Raises:
            InvalidChoiceError: no zone of that name.
        """
        from crmcore.presentation.html import render_html_document
        from crmcore.presentation.locale_format import LocaleFormat

        return render_html_document(self.page(), LocaleFormat.for_language(language, time_zone=time_zone))

    def save(self, path: str | Path, /, *, language: str | None = None, time_zone: str = "UTC") -> Path:
        """Save it as a file: ``.html`` or ``.txt``, in UTF-8.

        Args:
            path: where; a file that is there is replaced.
            language: as in `text`.
            time_zone: as in `text`.

        Returns:
            Where it was saved.

        Raises:
            InvalidChoiceError: another kind of file, or no zone of that name.
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
        """Show it in a notebook."""
        from crmcore.presentation.html import render_html_fragment
        from crmcore.presentation.locale_format import LocaleFormat

        return render_html_fragment(self.page(), LocaleFormat.for_language(None))
