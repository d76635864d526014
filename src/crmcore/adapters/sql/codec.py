"""From a record to a row and back, by functions that are written for each table when the store is opened.

A general loop over the fields costs several times the statement that it serves; the generated functions cost less than half of it (see
`docs/decisions/0005`). Loading goes past the constructors, so that a row of an older release stays readable when a rule gets stricter. The
sources are kept where tracebacks find them.
"""

import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, Final

import attrs
from sqlalchemy import Dialect

from crmcore.adapters.sql.columns import Branch, Leaf, branches, leaves
from crmcore.adapters.sql.types import SCOPE

_NUMBER: Final = count(1)


def make_dumper(
    kind: type[Any], dialect: Dialect, names: Sequence[str], *, arguments: str, known: Mapping[str, str]
) -> Callable[..., tuple[Any, ...]]:
    """Write the function from a record ``o`` to the parameters of a statement.

    Args:
        kind: the record's class.
        dialect: whose driver takes them.
        names: of the parameters, in the driver's order: columns of the class, or known ones.
        arguments: the function's further arguments, in source.
        known: the source of each parameter that is no column of the class.
    """
    scope: dict[str, Any] = {}
    columns = {leaf.column: leaf for leaf in leaves(kind)}
    values = [known[name] if name in known else _dump(columns[name], dialect, scope) for name in names]
    return _compile(f"def dump(o, {arguments}):\n    return ({', '.join(values)},)\n", "dump", scope, kind)


def make_loader(kind: type[Any], dialect: Dialect, *, before: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    """Write the function from a row to a record. Its parts are empty until they are put in.

    Args:
        kind: the record's class.
        dialect: whose driver gives the row.
        before: the fields that come first in the row as they are; one that the class does not have is passed over.
    """
    scope: dict[str, Any] = {"new": object.__new__}
    lines: list[str] = []
    names = {f.name for f in attrs.fields(kind)}
    given = {name: f"r[{place}]" for place, name in enumerate(before) if name in names}
    places: Iterator[int] = count(len(before))
    for branch in branches(kind):
        given[branch.field] = _load(branch, dialect, scope, lines, places)
    given |= dict.fromkeys(names - set(given), "()")
    body = _fill("o", kind, given, scope)
    source = "".join(lines) + "def load(r):\n" + "".join(f"    {line}\n" for line in body) + "    return o\n"
    return _compile(source, "load", scope, kind)


def setter(kind: type[Any], field: str) -> Callable[[Any, Any], None]:
    """The way to put a value into a slot of a frozen record that is just being loaded."""
    put: Callable[[Any, Any], None] = getattr(kind, field).__set__
    return put


def _dump(leaf: Leaf, dialect: Dialect, scope: dict[str, Any]) -> str:
    scope.update(getattr(leaf.type, "scope", {}))
    value = f"o.{leaf.path}"
    written = leaf.type.source(dialect)[0].format(v=value)
    if not leaf.guards or (written == value and leaf.guards == (leaf.path,)):
        return str(written)
    absent = " or ".join(f"o.{guard} is None" for guard in leaf.guards)
    return f"(None if {absent} else {written})"


def _load(branch: Branch, dialect: Dialect, scope: dict[str, Any], lines: list[str], places: Iterator[int]) -> str:
    if branch.kind is None:
        leaf = branch.leaves[0]
        scope.update(getattr(leaf.type, "scope", {}))
        value = f"r[{next(places)}]"
        read = leaf.type.source(dialect)[1].format(v=value)
        return f"(None if {value} is None else {read})" if leaf.optional and read != value else str(read)
    # A value of several columns: written as a function of the row, which is absent when its first column is.
    name = f"load_{branch.leaves[0].column}"
    place = next(places)
    first, places = place, chain((place,), places)
    given = {inner.field: _load(inner, dialect, scope, lines, places) for inner in branch.branches}
    body = _fill("o", branch.kind, given, scope)
    lines.append(f"def {name}(r):\n" + "".join(f"    {line}\n" for line in body) + "    return o\n")
    return f"(None if r[{first}] is None else {name}(r))" if branch.optional else f"{name}(r)"


def _fill(name: str, kind: type[Any], given: dict[str, str], scope: dict[str, Any]) -> list[str]:
    prefix = kind.__name__
    scope[prefix] = kind
    lines = [f"{name} = new({prefix})"]
    for field, source in given.items():
        scope[f"put_{prefix}_{field}"] = setter(kind, field)
        lines.append(f"put_{prefix}_{field}({name}, {source})")
    return lines


def _compile(source: str, name: str, scope: dict[str, Any], kind: type[Any]) -> Callable[..., Any]:
    filename = f"<crmcore {name} of {kind.__name__} {next(_NUMBER)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    made: dict[str, Any] = {**SCOPE, **scope}
    exec(compile(source, filename, "exec"), made)  # noqa: S102  # made of field names and the pieces in `types`
    return made[name]  # type: ignore[no-any-return]  # it was defined by the source
