"""The generated pages of the reference equal what the generator writes today."""

import inspect

import pytest

from tools.reference import DOCS, PAGES
from tools.service_pages import caller_signature, public_methods, read_examples, services


@pytest.mark.parametrize("path", PAGES)
def test_reference_page_equals_generated_page(path: str) -> None:
    """A page equals the output of `python -m tools.reference`."""
    assert PAGES[path]() == (DOCS / path).read_text(encoding="utf-8"), "run: python -m tools.reference"


@pytest.mark.parametrize("service", services())
def test_service_has_example_of_each_method(service: str) -> None:
    """`examples/services` has one example per public method, and each example calls its method."""
    examples = read_examples(service)
    called = {name for name, code in examples.items() if f"crm.{service}.{name}(" in code}

    assert {"setup", *public_methods(services()[service])} == set(examples)
    assert set(examples) - {"setup"} == called


@pytest.mark.parametrize("service", services())
def test_service_page_describes_each_argument(service: str) -> None:
    """No argument in the tables of a service page lacks a description."""
    page = (DOCS / "reference" / "services" / f"{service}.md").read_text(encoding="utf-8")

    assert [] == [line for line in page.splitlines() if line.startswith("| `") and line.endswith("|  |")]


@pytest.mark.parametrize("service", services())
def test_public_signature_hides_unit_of_work(service: str) -> None:
    """`inspect.signature` of a bound method shows what a caller passes."""
    for name, method in public_methods(services()[service]).items():
        shown = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]

        assert list(caller_signature(method).parameters) == shown, f"crm.{service}.{name}"
