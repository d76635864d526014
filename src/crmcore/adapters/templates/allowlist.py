"""Allowlist: the only parts of Jinja's syntax that templates may use.

Syntax that is not on the list is rejected with its line, including syntax that later versions of Jinja add.
"""

from collections.abc import Iterator
from typing import Final

from jinja2 import Environment, nodes

MAX_TEMPLATE_LENGTH: Final = 256 * 2**10
"""The maximum length of a template, in characters."""
MAX_NODES: Final = 5_000
"""The maximum number of syntax nodes in a template."""
MAX_NESTING: Final = 40
"""The maximum nesting of nodes."""
MAX_LOOP_NESTING: Final = 5
"""The maximum nesting of loops."""

ALLOWED_NODES: Final = frozenset(
    {
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Const,
        nodes.Name,
        nodes.Getattr,
        nodes.Getitem,
        nodes.If,
        nodes.For,
        nodes.Assign,
        nodes.Filter,
        nodes.Test,
        nodes.CondExpr,
        nodes.Compare,
        nodes.Operand,
        nodes.And,
        nodes.Or,
        nodes.Not,
        nodes.Neg,
        nodes.Add,
        nodes.Sub,
        nodes.Mul,
        nodes.Mod,
        nodes.List,
        nodes.Tuple,
    }
)
"""Placeholders, conditions, loops, names, comparisons and basic arithmetic. No calls, macros, imports, blocks or slices."""

RESERVED_NAMES: Final = frozenset({"self", "super", "caller", "varargs", "kwargs", "context", "environment"})
"""Names that Jinja binds to objects."""

_MESSAGES: Final[dict[type[nodes.Node], str]] = {
    nodes.Call: "a template may not call anything; it has filters instead",
    nodes.Concat: "write two gaps side by side instead of ~",
    nodes.Pow: "a template may not raise to a power",
    nodes.Div: "a template may not divide",
    nodes.FloorDiv: "a template may not divide",
    nodes.Slice: "a template may not slice; there are filters such as truncate",
}


class DisallowedSyntaxError(Exception):
    """A template uses disallowed syntax.

    Attributes:
        lineno: the line; 0 if it is unknown.
    """

    def __init__(self, problem: str, lineno: int = 0) -> None:
        super().__init__(problem, lineno)
        self.problem = problem
        self.lineno = lineno


def validate(tree: nodes.Template, *, filters: frozenset[str], tests: frozenset[str]) -> None:
    """Reject a template with syntax that is not on the allowlist.

    Raises:
        DisallowedSyntaxError: with the line.
    """
    for count, (node, depth, loops) in enumerate(_walk_nodes(tree), start=1):
        if count > MAX_NODES:
            raise DisallowedSyntaxError(f"is made of more than {MAX_NODES:,} parts", node.lineno)
        if depth > MAX_NESTING:
            raise DisallowedSyntaxError(f"is nested more than {MAX_NESTING} deep", node.lineno)
        if loops > MAX_LOOP_NESTING:
            raise DisallowedSyntaxError(f"has more than {MAX_LOOP_NESTING} loops within each other", node.lineno)
        if type(node) not in ALLOWED_NODES:
            raise DisallowedSyntaxError(
                _MESSAGES.get(type(node), f"a template may not use {type(node).__name__.lower()}"), node.lineno
            )
        problem = _find_problem(node, filters, tests)
        if problem:
            raise DisallowedSyntaxError(problem, node.lineno)


def _walk_nodes(tree: nodes.Template) -> Iterator[tuple[nodes.Node, int, int]]:
    """Return all nodes with their depth and the number of their loops.

    It is iterative, because an attacker can nest deeper than Python recurses.
    """
    stack: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while stack:
        node, depth, loops = stack.pop()
        yield node, depth, loops
        loops += isinstance(node, nodes.For)
        stack += ((child, depth + 1, loops) for child in node.iter_child_nodes())


def _find_problem(node: nodes.Node, filters: frozenset[str], tests: frozenset[str]) -> str:
    match node:
        case nodes.Name(name=name) if name.startswith("_") or name in RESERVED_NAMES:
            return f"{name} is not a name that a template may use"
        case nodes.Getattr(attr=name) if name.startswith("_"):
            return f"{name} is not a name that a template may use"
        case nodes.Filter(node=None):
            return "a template may not filter a whole block"
        case nodes.Filter(name=name) if name not in filters:
            return f"there is no filter {name}; there are: {', '.join(sorted(filters))}"
        case nodes.Test(name=name) if name not in tests:
            return f"there is no test {name}; there are: {', '.join(sorted(tests))}"
        case nodes.Filter(dyn_args=args, dyn_kwargs=named) | nodes.Test(dyn_args=args, dyn_kwargs=named) if (
            args or named
        ):
            return "a template may not unpack arguments"
        case nodes.For(recursive=True):
            return "a loop may not call itself"
        case nodes.Assign(target=target) if not isinstance(target, nodes.Name):
            return "set one name at a time"
        case nodes.List(items=items) if not all(isinstance(item, nodes.Const) for item in items):
            return "a list may hold texts and numbers only"
        case nodes.Tuple(items=items, ctx="load"):
            return "write a list instead of a tuple"
        case nodes.Tuple(items=items) if not all(isinstance(item, nodes.Name) for item in items):
            return "a loop may only set names"
    return ""


def instrument(tree: nodes.Template, environment: Environment) -> None:
    """Charge each loop and each comparison to the cost budget.

    A loop costs in proportion to its body for each iteration, a comparison in proportion to what it searches.
    """
    for loop in tree.find_all(nodes.For):
        node_count = sum(1 for part in (*loop.body, *loop.else_) for _ in part.find_all(nodes.Node)) + len(loop.body)
        loop.iter = _charging_filter(
            "charge_loop", loop.iter, environment, nodes.Const(1 + node_count, lineno=loop.lineno)
        )
    for operand in list(tree.find_all(nodes.Operand)):
        operand.expr = _charging_filter("charge_comparison", operand.expr, environment)


def _charging_filter(filter_name: str, value: nodes.Node, environment: Environment, *costs: nodes.Expr) -> nodes.Filter:
    charging = nodes.Filter(value, filter_name, [*costs], [], None, None, lineno=value.lineno)
    charging.set_environment(environment)
    return charging
