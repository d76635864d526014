"""Every example in a docstring runs and shows its output."""

import doctest
from importlib import import_module

import pytest

from tests.architecture.source import modules

MODULES_WITH_EXAMPLES = sorted(
    name for name, module in modules().items() if ">>> " in module.path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES_WITH_EXAMPLES)
def test_docstring_examples_pass(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The examples of a module print the output below them."""
    failed, tried = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)

    assert 0 == failed, capsys.readouterr().out
    assert tried
