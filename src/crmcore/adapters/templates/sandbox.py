"""The sandbox: Jinja's own, with items instead of attributes, nothing to call, and a purse that every turn and text is paid from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, Undefined, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crmcore.adapters.templates import filters
from crmcore.adapters.templates.walls import LONGEST, Refused, look_over, weigh

PURSE: Final = 100_000
"""How many parts of a template may be run through, and hundreds of characters be worked on, for one document."""
FILTER: Final = 5
"""What a filter costs at least, for each value that it gets."""
LARGEST_DOCUMENT: Final = 2**20
"""How long a document may become, in characters."""
BIGGEST: Final = 10**18
"""No number may be further from nothing."""

_OF_LOOPS: Final = frozenset({"index", "index0", "first", "last", "length"})
_PURSE: Final = "_purse"


class Sandbox:
    """Two environments, one for texts that are escaped and one for those that are not."""

    refusals: Final = (
        Refused,
        TemplateSyntaxError,
        RecursionError,
        ArithmeticError,
        ValueError,
        TypeError,
        MemoryError,
    )
    """What a bad template can raise. Our own code raises `Refused` for what it foresees; the others are Jinja's and Python's."""

    def __init__(self) -> None:
        self._environments = {escaped: _Environment(escaped=escaped) for escaped in (False, True)}

    def compile(self, body: str, *, escaped: bool) -> Template:
        """Look a template over and compile it.

        Raises:
            Refused, TemplateSyntaxError: with the line. The other refusals: without.
        """
        if len(body) > LONGEST:
            raise Refused(f"is longer than {LONGEST:,} characters")
        environment = self._environments[escaped]
        tree = environment.parse(body)
        look_over(tree, filters=frozenset(environment.filters) - {"pay", "pay_for"}, tests=frozenset(environment.tests))
        weigh(tree, environment)
        code = environment.compile(tree)
        return environment.template_class.from_code(environment, code, {})

    @staticmethod
    def fill(template: Template, data: dict[str, Any]) -> str:
        """Fill a template, as long as what comes out of it fits.

        Raises:
            Refused, and the other refusals: without a line; the traceback knows it.
        """
        document, length = [], 0
        for piece in template.root_render_func(template.new_context({**data, _PURSE: [PURSE]})):
            length += len(piece)
            if length > LARGEST_DOCUMENT:
                raise Refused(f"the document would be longer than {LARGEST_DOCUMENT:,} characters")
            document.append(piece)
        return "".join(document)

    @staticmethod
    def reason(refusal: BaseException) -> str:
        """Say what was wrong in words that hold nothing of the data."""
        match refusal:
            case Refused(problem=problem):
                return problem
            case TemplateSyntaxError(message=message):
                return message or "cannot be read"
            case RecursionError() | SyntaxError():
                return "is nested too deep"
            case _:
                return "works with a value of the wrong kind; where a text is meant as a number, write |number"


class _Nothing(StrictUndefined):
    """What stands where nothing is; only ``default`` and the test ``defined`` may look at it."""

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> Any:  # the name is Jinja's
        name = self._undefined_name or "an item"
        raise Refused(f"there is nothing called {name}; where it may be missing, write |default('')")

    __iter__ = __str__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __contains__ = __getattr__ = __getitem__ = __call__ = _fail_with_undefined_error


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja with everything taken out that a document has no need of."""

    intercepted_binops = frozenset({"+", "-", "*", "%"})
    intercepted_unops = frozenset({"-", "+"})

    def __init__(self, *, escaped: bool) -> None:
        super().__init__(
            autoescape=escaped, undefined=_Nothing, finalize=_written, cache_size=0, keep_trailing_newline=True
        )
        self.globals.clear()
        self.filters.clear()
        self.filters.update({name: _paid(work) for name, work in filters.FILTERS.items()})
        self.filters.update({"default": filters.default, "pay": _pay, "pay_for": _pay_for})
        self.tests.clear()
        self.tests.update(filters.TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read an item by its name; of a loop, where it stands. Attributes are not looked at."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        if type(obj) is LoopContext and attribute in _OF_LOOPS:
            return getattr(obj, attribute)
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()  # noqa: SLF001  # says its name
        return self.undefined(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read an item by its name or place."""
        if type(obj) is dict and type(argument) is str and argument in obj:
            return obj[argument]
        if type(obj) is list and type(argument) is int and -len(obj) <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, Undefined):
            obj._fail_with_undefined_error()  # noqa: SLF001  # says its name
        return self.undefined()

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """No attribute is."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is."""
        return False

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call nothing."""
        raise Refused("a template may not call anything")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with numbers, and only with such as people know."""
        first, second = filters.number(left), filters.number(right)
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
                raise Refused("a template may not divide by nothing")
        if not -BIGGEST <= result <= BIGGEST:
            raise Refused("calculates with numbers that are too big")
        return result

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """Turn a number's sign."""
        return -filters.number(arg) if operator == "-" else filters.number(arg)


def _written(value: Any) -> Any:
    """Write what stands in a gap: a text or a number."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) in {bool, int, float} or isinstance(value, Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Undefined):
        return str(value)
    raise Refused("a gap holds a whole list or group; say which part of it is meant")


def _spend(context: Context, price: int) -> None:
    purse = context.parent[_PURSE]
    purse[0] -= price
    if purse[0] < 0:
        raise Refused("asks for too much work")


def _paid(work: Callable[..., Any]) -> Callable[..., Any]:
    """Let a filter's work be paid for by the length of what it works on; nothing but plain values comes to it."""

    @pass_context
    def paid(context: Context, value: Any, *args: Any, **named: Any) -> Any:
        for one in (value, *args, *named.values()):
            if isinstance(one, Undefined):
                str(one)
            if not isinstance(one, (str, int, float, Decimal, list, dict, type(None))):
                raise Refused("a filter works on texts, numbers and lists")
            _spend(context, FILTER + (len(one) // 100 if isinstance(one, (str, list, dict)) else 0))
        return work(value, *args, **named)

    return paid


@pass_context
def _pay(context: Context, values: Any, weight: int) -> Iterator[Any]:
    """Let a loop pay for each turn."""
    if isinstance(values, Undefined):
        str(values)
    if isinstance(values, str) or not isinstance(values, (list, Mapping)):
        raise Refused("a loop goes through a list")
    return _turns(context, values, weight)


@pass_context
def _pay_for(context: Context, value: Any) -> Any:
    """Let a comparison pay for what it looks through."""
    if isinstance(value, (str, list, dict)):
        _spend(context, len(value) // 50)
    return value


def _turns(context: Context, values: Iterable[Any], weight: int) -> Iterator[Any]:
    for value in values:
        _spend(context, weight)
        yield value
