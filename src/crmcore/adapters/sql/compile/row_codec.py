"""Row codec: generated functions that convert records to rows and back.

A generic loop over the fields costs several times the statement; the generated functions cost less than half of it (`docs/decisions/0005`).
Loading bypasses the constructors, so that rows of an older release stay readable when a validation gets stricter. `linecache` holds the
generated source for tracebacks.
"""

import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, Final

import attrs
from sqlalchemy import Dialect

from crmcore.adapters.sql.schema.columns import ColumnSpec, FieldSpec, column_specs, field_specs
from crmcore.adapters.sql.schema.types import SOURCE_NAMESPACE

_source_numbers: Final = count(1)


def make_dumper(
    cls: type[Any], dialect: Dialect, names: Sequence[str], *, arguments: str, extra_sources: Mapping[str, str]
) -> Callable[..., tuple[Any, ...]]:
    """Generate the function from a record ``o`` to statement parameters.

    Args:
        cls: the record's class.
        dialect: of the database.
        names: the parameter names in driver order: columns of the class, or keys of `extra_sources`.
        arguments: the further arguments of the function, as source.
        extra_sources: the source of each parameter that is not a column of the class.
    """
    namespace: dict[str, Any] = {}
    columns = {column.column: column for column in column_specs(cls)}
    values = [
        extra_sources[name] if name in extra_sources else _dump_source(columns[name], dialect, namespace)
        for name in names
    ]
    return _compile(f"def dump(o, {arguments}):\n    return ({', '.join(values)},)\n", "dump", namespace, cls)


def make_loader(cls: type[Any], dialect: Dialect, *, leading_columns: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    """Generate the function from a row to a record without child records.

    Args:
        cls: the record's class.
        dialect: of the database.
        leading_columns: the first columns of the row, which need no conversion; a name that is not a field is skipped.
    """
    namespace: dict[str, Any] = {"new": object.__new__}
    lines: list[str] = []
    names = {field.name for field in attrs.fields(cls)}
    sources = {name: f"r[{index}]" for index, name in enumerate(leading_columns) if name in names}
    positions: Iterator[int] = count(len(leading_columns))
    for field_spec in field_specs(cls):
        sources[field_spec.field] = _load_source(field_spec, dialect, namespace, lines, positions)
    sources |= dict.fromkeys(names - set(sources), "()")
    body = _assignment_lines("o", cls, sources, namespace)
    source = "".join(lines) + "def load(r):\n" + "".join(f"    {line}\n" for line in body) + "    return o\n"
    return _compile(source, "load", namespace, cls)


def setter(cls: type[Any], field: str) -> Callable[[Any, Any], None]:
    """Return the function that sets a slot of a frozen record on load."""
    set_value: Callable[[Any, Any], None] = getattr(cls, field).__set__
    return set_value


def _dump_source(column: ColumnSpec, dialect: Dialect, namespace: dict[str, Any]) -> str:
    namespace.update(getattr(column.type, "namespace", {}))
    value = f"o.{column.path}"
    source = column.type.python_source(dialect)[0].format(v=value)
    if not column.optional_paths or (source == value and column.optional_paths == (column.path,)):
        return str(source)
    is_none = " or ".join(f"o.{path} is None" for path in column.optional_paths)
    return f"(None if {is_none} else {source})"


def _load_source(
    field_spec: FieldSpec, dialect: Dialect, namespace: dict[str, Any], lines: list[str], positions: Iterator[int]
) -> str:
    if field_spec.value_class is None:
        column = field_spec.columns[0]
        namespace.update(getattr(column.type, "namespace", {}))
        value = f"r[{next(positions)}]"
        source = column.type.python_source(dialect)[1].format(v=value)
        return f"(None if {value} is None else {source})" if column.is_nullable and source != value else str(source)
    # A value object of several columns is loaded by a function of its own; it is None when its first column is NULL.
    name = f"load_{field_spec.columns[0].column}"
    position = next(positions)
    first, positions = position, chain((position,), positions)
    sources = {
        inner_spec.field: _load_source(inner_spec, dialect, namespace, lines, positions)
        for inner_spec in field_spec.fields
    }
    body = _assignment_lines("o", field_spec.value_class, sources, namespace)
    lines.append(f"def {name}(r):\n" + "".join(f"    {line}\n" for line in body) + "    return o\n")
    return f"(None if r[{first}] is None else {name}(r))" if field_spec.is_optional else f"{name}(r)"


def _assignment_lines(variable: str, cls: type[Any], sources: dict[str, str], namespace: dict[str, Any]) -> list[str]:
    class_name = cls.__name__
    namespace[class_name] = cls
    lines = [f"{variable} = new({class_name})"]
    for field, source in sources.items():
        namespace[f"put_{class_name}_{field}"] = setter(cls, field)
        lines.append(f"put_{class_name}_{field}({variable}, {source})")
    return lines


def _compile(source: str, name: str, namespace: dict[str, Any], cls: type[Any]) -> Callable[..., Any]:
    filename = f"<crmcore {name} of {cls.__name__} {next(_source_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    compiled: dict[str, Any] = {**SOURCE_NAMESPACE, **namespace}
    exec(compile(source, filename, "exec"), compiled)  # noqa: S102  # made of field names and the pieces in `types`
    return compiled[name]  # type: ignore[no-any-return]  # it was defined by the source
