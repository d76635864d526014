"""The renderer: a template is looked over, compiled once, and filled with plain data.

Whoever writes templates is trusted to write to customers, and with nothing else: not with the host's objects, its files, its processor.

Rule 1: a template is made of what `walls` names, or refused with its line before it is kept.
Rule 2: it sees copies of plain values and reads items only. There is nothing to call and no object to climb.
Rule 3: what it costs is counted in turns and characters, not in seconds, so that a template renders everywhere or nowhere.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from crmcore.domain.errors.given import OutOfRange, WrongType
from crmcore.domain.errors.outside import MissingExtra, TemplateRefused

if TYPE_CHECKING:
    from jinja2 import Template

    from crmcore.adapters.templates.sandbox import Sandbox

KEPT: Final = 128
"""How many compiled templates are kept."""
DEPTH: Final = 10
"""How deep data may be nested."""
VALUES: Final = 20_000
"""Of how many values data may be made."""

_ESCAPED: Final = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "application/xml", "text/xml"},
)


class Templates:
    """Fills templates of the extra ``documents``.

    It may be shared between threads.

    Example:
        >>> Templates().render("Greeting", "Hello {{ customer.name }}!", {"customer": {"name": "<Ann>"}}, media_type="text/html")
        'Hello &lt;Ann&gt;!'
    """

    def check(self, template: str, body: str, /, *, media_type: str) -> None:
        """Look a template over before it is kept.

        Raises:
            TemplateRefused: it uses what a template may not use; with the line.
            MissingExtra: Jinja is not installed.
        """
        self._compile(template, body, media_type)

    def render(self, template: str, body: str, data: Mapping[str, Any], /, *, media_type: str) -> str:
        """Fill a template.

        Raises:
            TemplateRefused: it uses, or asks for, what it may not; the document would be longer than 1 MiB.
            WrongType, OutOfRange: the data are not plain values, or too many.
            MissingExtra: Jinja is not installed.
        """
        compiled, plain = self._compile(template, body, media_type), _plain_names(data)
        try:
            return self._sandbox.fill(compiled, plain)
        except self._sandbox.refusals as refusal:
            line = compiled.get_corresponding_lineno(_line(refusal.__traceback__))
            raise TemplateRefused(template, self._sandbox.reason(refusal), line) from None

    @cached_property
    def _sandbox(self) -> "Sandbox":
        try:
            from crmcore.adapters.templates.sandbox import Sandbox
        except ImportError:
            raise MissingExtra("document templates", "documents") from None
        return Sandbox()

    @cached_property
    def _kept(self) -> Any:
        return lru_cache(maxsize=KEPT)(self._sandbox.compile)

    def _compile(self, template: str, body: str, media_type: str) -> "Template":
        try:
            return self._kept(body, escaped=media_type.partition(";")[0].strip().lower() in _ESCAPED)  # type: ignore[no-any-return]  # as the sandbox does
        except self._sandbox.refusals as refusal:
            line = getattr(refusal, "lineno", 0) or 0
            raise TemplateRefused(template, self._sandbox.reason(refusal), line) from None


def _line(trace: TracebackType | None) -> int:
    """The line of the compiled template in which an error rose."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _plain_names(data: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise WrongType("template.data", "must be a mapping")
    left = [VALUES]
    return {str(name): _plain(value, DEPTH, left) for name, value in data.items()}


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    """Copy plain values; a text that calls itself safe HTML becomes a text like any other."""
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise OutOfRange("template.data", f"must be at most {VALUES:,} values, nested at most {DEPTH} deep")
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or type(value) in {bool, int, float, Decimal}:
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item, depth - 1, left) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth - 1, left) for item in value]
    raise WrongType("template.data", f"must be plain values, not {type(value).__name__}")
