"""An address is free lines; only its country is checked."""

from typing import Any

import pytest

from crmcore import PostalAddress
from crmcore.errors import InvalidChoiceError, RequiredError


def test_address_lines_skip_empty_parts() -> None:
    """Empty parts leave no empty lines."""
    full = PostalAddress("Brīvības iela 1\ndz. 5", "Rīga", "LV-1010", "LV", "Vidzeme")

    assert full.lines == ("Brīvības iela 1", "dz. 5", "LV-1010 Rīga", "Vidzeme", "LV")
    assert PostalAddress("تهران").lines == ("تهران",)


@pytest.mark.parametrize("country", ["lv", "LVA", "L1", "", "ĀB", 1])
def test_invalid_country_code_is_rejected(country: Any) -> None:
    """Anything but two capital letters is refused."""
    with pytest.raises(InvalidChoiceError):
        PostalAddress("Street", country=country)


def test_empty_address_is_rejected() -> None:
    """An address without any part is rejected."""
    with pytest.raises(RequiredError):
        PostalAddress(" ")
