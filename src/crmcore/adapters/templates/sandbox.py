"""Template sandbox: Jinja with items only, no calls, and a cost budget."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crmcore.adapters.templates import filters
from crmcore.adapters.templates.allowlist import MAX_TEMPLATE_LENGTH, DisallowedSyntaxError, instrument, validate

COST_BUDGET: Final = 100_000
"""The cost budget of one document: executed nodes plus hundreds of processed characters."""
FILTER_COST: Final = 5
"""The minimum cost of a filter, per input value."""
MAX_DOCUMENT_LENGTH: Final = 2**20
"""The maximum length of a document, in characters."""
MAX_NUMBER: Final = 10**18
"""The maximum absolute value of a number."""

_LOOP_ATTRIBUTES: Final = frozenset({"index", "index0", "first", "last", "length"})
_BUDGET_KEY: Final = "_cost_budget"


class Sandbox:
    """Two Jinja environments: with HTML escaping and without."""

    errors: Final = (
        DisallowedSyntaxError,
        TemplateSyntaxError,
        RecursionError,
        ArithmeticError,
        ValueError,
        TypeError,
        MemoryError,
    )
    """The errors of bad templates: `DisallowedSyntaxError` of crmcore, and those of Jinja and Python."""

    def __init__(self) -> None:
        self._environments = {autoescape: _SandboxEnvironment(autoescape=autoescape) for autoescape in (False, True)}

    def compile(self, body: str, *, autoescape: bool) -> Template:
        """Check and compile a template.

        Raises:
            DisallowedSyntaxError, TemplateSyntaxError: with the line. Other errors have no line.
        """
        if len(body) > MAX_TEMPLATE_LENGTH:
            raise DisallowedSyntaxError(f"is longer than {MAX_TEMPLATE_LENGTH:,} characters")
        environment = self._environments[autoescape]
        tree = environment.parse(body)
        validate(
            tree,
            filters=frozenset(environment.filters) - {"charge_loop", "charge_comparison"},
            tests=frozenset(environment.tests),
        )
        instrument(tree, environment)
        code = environment.compile(tree)
        return environment.template_class.from_code(environment, code, {})

    @staticmethod
    def render(template: Template, variables: dict[str, Any]) -> str:
        """Render a template up to the maximum length.

        Raises:
            DisallowedSyntaxError, and other errors: without a line; the traceback has it.
        """
        pieces, length = [], 0
        for piece in template.root_render_func(template.new_context({**variables, _BUDGET_KEY: [COST_BUDGET]})):
            length += len(piece)
            if length > MAX_DOCUMENT_LENGTH:
                raise DisallowedSyntaxError(f"the document would be longer than {MAX_DOCUMENT_LENGTH:,} characters")
            pieces.append(piece)
        return "".join(pieces)

    @staticmethod
    def describe_error(error: BaseException) -> str:
        """Describe an error without values of the data."""
        match error:
            case DisallowedSyntaxError(problem=problem):
                return problem
            case TemplateSyntaxError(message=message):
                return message or "cannot be read"
            case RecursionError() | SyntaxError():
                return "is nested too deep"
            case _:
                return "uses a value of the wrong type; to use a text as a number, write |number"


class _Undefined(StrictUndefined):
    """An undefined value; only ``default`` and ``defined`` may use it."""

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> Any:  # the name is Jinja's
        name = self._undefined_name or "an item"
        raise DisallowedSyntaxError(f"there is nothing called {name}; where it may be missing, write |default('')")

    __iter__ = __str__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __contains__ = __getattr__ = __getitem__ = __call__ = _fail_with_undefined_error


class _SandboxEnvironment(ImmutableSandboxedEnvironment):
    """A Jinja environment without the features that documents do not need."""

    intercepted_binops = frozenset({"+", "-", "*", "%"})
    intercepted_unops = frozenset({"-", "+"})

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=_Undefined,
            finalize=_format_output,
            cache_size=0,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters.clear()
        self.filters.update({name: _metered(function) for name, function in filters.FILTERS.items()})
        self.filters.update(
            {"default": filters.default, "charge_loop": _charge_loop, "charge_comparison": _charge_comparison}
        )
        self.tests.clear()
        self.tests.update(filters.TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read an item by name, or the position of a loop; ignore attributes."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        if type(obj) is LoopContext and attribute in _LOOP_ATTRIBUTES:
            return getattr(obj, attribute)
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()  # noqa: SLF001  # the error names the variable
        return self.undefined(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read an item by name or index."""
        if type(obj) is dict and type(argument) is str and argument in obj:
            return obj[argument]
        if type(obj) is list and type(argument) is int and -len(obj) <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()  # noqa: SLF001  # the error names the variable
        return self.undefined()

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return False: no attribute is safe."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Return False: no object may be called."""
        return False

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Reject every call."""
        raise DisallowedSyntaxError("a template may not call anything")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with finite numbers within the limit only."""
        first, second = filters.to_number(left), filters.to_number(right)
        result: int | Decimal
        match operator:
            case "+":
                result = first + second
            case "-":
                result = first - second
            case "*":
                result = first * second
            case _ if second:
                result = first % second
            case _:
                raise DisallowedSyntaxError("a template may not divide by zero")
        if not -MAX_NUMBER <= result <= MAX_NUMBER:
            raise DisallowedSyntaxError("calculates with numbers that are too big")
        return result

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Apply a unary operator to a number."""
        return -filters.to_number(arg) if operator == "-" else filters.to_number(arg)


def _format_output(value: Any) -> Any:
    """Format the value of a placeholder: a text or a number."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) in {bool, int, float} or isinstance(value, Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Undefined):
        return str(value)
    raise DisallowedSyntaxError("a placeholder has a whole list or group; name one of its values")


def _charge(context: Context, cost: int) -> None:
    budget = context.parent[_BUDGET_KEY]
    budget[0] -= cost
    if budget[0] < 0:
        raise DisallowedSyntaxError("exceeds the cost budget")


def _metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Charge a filter to the budget by the length of its input.

    Only plain values are passed to it.
    """

    @pass_context
    def paid(context: Context, value: Any, *args: Any, **named: Any) -> Any:
        for argument in (value, *args, *named.values()):
            if isinstance(argument, Undefined):
                str(argument)
            if not isinstance(argument, (str, int, float, Decimal, list, dict, type(None))):
                raise DisallowedSyntaxError("a filter works on texts, numbers and lists")
            _charge(context, FILTER_COST + (len(argument) // 100 if isinstance(argument, (str, list, dict)) else 0))
        return function(value, *args, **named)

    return paid


@pass_context
def _charge_loop(context: Context, values: Any, weight: int) -> Iterator[Any]:
    """Charge each iteration of a loop to the budget."""
    if isinstance(values, Undefined):
        str(values)
    if isinstance(values, str) or not isinstance(values, (list, Mapping)):
        raise DisallowedSyntaxError("a loop goes through a list")
    return _charged_iterations(context, values, weight)


@pass_context
def _charge_comparison(context: Context, value: Any) -> Any:
    """Charge a comparison to the budget by the size of its operands."""
    if isinstance(value, (str, list, dict)):
        _charge(context, len(value) // 50)
    return value


def _charged_iterations(context: Context, values: Iterable[Any], weight: int) -> Iterator[Any]:
    for value in values:
        _charge(context, weight)
        yield value
