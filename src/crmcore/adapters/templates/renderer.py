"""Template renderer: check a template, compile it, fill it with data.

Authors of templates are trusted to write to customers only: they have no access to objects and files of the host, and limited CPU time.

Invariants:
    1. A template uses only the syntax of `allowlist`; other templates are rejected with the line before they are stored.
    2. A template gets copies of plain values and reads items only. It has no callables and no attributes.
    3. The cost budget counts iterations and characters, not seconds, so that the result is the same on every machine.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError, UnsafeTemplateError
from crmcore.domain.kernel.errors.validation import InvalidTypeError, OutOfRangeError

if TYPE_CHECKING:
    from jinja2 import Template

    from crmcore.adapters.templates.sandbox import Sandbox

CACHE_SIZE: Final = 128
"""The number of compiled templates in the cache."""
MAX_DEPTH: Final = 10
"""The maximum nesting of data."""
MAX_VALUES: Final = 20_000
"""The maximum number of values in data."""

_ESCAPED_MEDIA_TYPES: Final = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "application/xml", "text/xml"},
)


class JinjaRenderer:
    """Renders templates with Jinja (extra ``documents``); it is thread-safe.

    Example:
        >>> JinjaRenderer().render("Greeting", "Hello {{ customer.name }}!", {"customer": {"name": "<Ann>"}}, media_type="text/html")
        'Hello &lt;Ann&gt;!'
    """

    def check(self, template: str, body: str, /, *, media_type: str) -> None:
        """Check a template before it is stored.

        Raises:
            UnsafeTemplateError: the template uses disallowed syntax; with the line.
            MissingDependencyError: Jinja is not installed.
        """
        self._compile(template, body, media_type)

    def render(self, template: str, body: str, data: Mapping[str, Any], /, *, media_type: str) -> str:
        """Render a template with data.

        Raises:
            UnsafeTemplateError: the template uses disallowed syntax or operations, or the document would be longer than 1 MiB.
            InvalidTypeError, OutOfRangeError: the data are not plain values, or too many.
            MissingDependencyError: Jinja is not installed.
        """
        compiled, variables = self._compile(template, body, media_type), _copy_variables(data)
        try:
            return self._sandbox.render(compiled, variables)
        except self._sandbox.errors as error:
            line = compiled.get_corresponding_lineno(_template_line(error.__traceback__))
            raise UnsafeTemplateError(template, self._sandbox.describe_error(error), line) from None

    @cached_property
    def _sandbox(self) -> "Sandbox":
        try:
            from crmcore.adapters.templates.sandbox import Sandbox
        except ImportError:
            raise MissingDependencyError("document templates", "documents") from None
        return Sandbox()

    @cached_property
    def _compile_cached(self) -> Any:
        return lru_cache(maxsize=CACHE_SIZE)(self._sandbox.compile)

    def _compile(self, template: str, body: str, media_type: str) -> "Template":
        try:
            escaped = media_type.partition(";")[0].strip().lower() in _ESCAPED_MEDIA_TYPES
            return self._compile_cached(body, autoescape=escaped)  # type: ignore[no-any-return]  # as the sandbox does
        except self._sandbox.errors as error:
            line = getattr(error, "lineno", 0) or 0
            raise UnsafeTemplateError(template, self._sandbox.describe_error(error), line) from None


def _template_line(traceback: TracebackType | None) -> int:
    """Return the line of the template in which an error was raised."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _copy_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(variables, Mapping):
        raise InvalidTypeError("template.data", "must be a mapping")
    remaining = [MAX_VALUES]
    return {str(name): _copy_value(value, MAX_DEPTH, remaining) for name, value in variables.items()}


def _copy_value(value: Any, depth: int, remaining: list[int]) -> Any:
    """Copy plain values; text marked as safe HTML becomes plain text."""
    remaining[0] -= 1
    if remaining[0] < 0 or depth < 0:
        raise OutOfRangeError(
            "template.data", f"must be at most {MAX_VALUES:,} values, nested at most {MAX_DEPTH} deep"
        )
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or type(value) in {bool, int, float, Decimal}:
        return value
    if isinstance(value, Mapping):
        return {str(name): _copy_value(item, depth - 1, remaining) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copy_value(item, depth - 1, remaining) for item in value]
    raise InvalidTypeError("template.data", f"must be plain values, not {type(value).__name__}")
