"""Every error survives pickling, has a unique code and a problem document, and is documented."""

import json
import pickle
import re
import sys
from collections.abc import Iterator
from typing import Any, cast

import attrs
import pytest

from crmcore import errors
from crmcore.domain.kernel.errors.base import CrmError
from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "reference" / "errors.md"


def _subclasses(kind: type[CrmError] = CrmError) -> Iterator[type[CrmError]]:
    if (
        getattr(sys.modules[kind.__module__], kind.__name__) is kind
    ):  # attrs creates a slotted class in place of the unslotted one, which remains a subclass
        yield kind
    for child in kind.__subclasses__():
        yield from _subclasses(child)


ERRORS = sorted(set(_subclasses()), key=lambda kind: kind.__name__)


def build_error(kind: type[Any]) -> CrmError:
    """Make an error of a class, with a value for every required field."""
    values: dict[str, Any] = {}
    for field in attrs.fields(kind) if attrs.has(kind) else ():
        if field.default is attrs.NOTHING:
            values[field.name] = (
                7 if "int" in str(field.type) else () if "tuple" in str(field.type) else f"a {field.name}"
            )
    return cast("CrmError", kind(**values))


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_error_survives_pickling(kind: type[CrmError]) -> None:
    """An error is equal after pickling."""
    error = build_error(kind)
    copy = pickle.loads(pickle.dumps(error))

    assert (type(error), str(error), error.to_problem()) == (type(copy), str(copy), copy.to_problem())


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_error_problem_document_is_json(kind: type[CrmError]) -> None:
    """An error's problem document is JSON with the members of RFC 9457."""
    problem = json.loads(json.dumps(build_error(kind).to_problem()))

    assert (f"urn:crmcore:problem:{kind.code}", kind.status) == (problem["type"], problem["status"])
    assert problem["title"]
    assert isinstance(problem["detail"], str)


def test_error_codes_are_unique() -> None:
    """Every class has a code, and no two have the same."""
    assert len(ERRORS) == len({kind.code for kind in ERRORS})
    assert all("code" in vars(kind) for kind in ERRORS)


def test_all_errors_are_exported() -> None:
    """`crmcore.errors` exports every error of the tree."""
    assert [kind.__name__ for kind in ERRORS] == errors.__all__


def test_all_errors_are_documented() -> None:
    """The reference lists every code with its class and its status, and no others."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert [(kind.code, kind.__name__, str(kind.status)) for kind in sorted(ERRORS, key=lambda k: k.code)] == rows
