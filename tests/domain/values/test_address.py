"""An address is free lines; only its country is checked."""

from typing import Any

import pytest

from crmcore import PostalAddress
from crmcore.errors import Blank, NotAllowed


def test_an_address_makes_the_lines_of_a_letter() -> None:
    """Empty parts leave no empty lines."""
    full = PostalAddress("Brīvības iela 1\ndz. 5", "Rīga", "LV-1010", "LV", "Vidzeme")

    assert full.lines == ("Brīvības iela 1", "dz. 5", "LV-1010 Rīga", "Vidzeme", "LV")
    assert PostalAddress("تهران").lines == ("تهران",)


@pytest.mark.parametrize("country", ["lv", "LVA", "L1", "", "ĀB", 1])
def test_a_country_is_two_letters(country: Any) -> None:
    """Anything but two capital letters is refused."""
    with pytest.raises(NotAllowed):
        PostalAddress("Street", country=country)


def test_an_address_has_a_street() -> None:
    """An address of nothing is none."""
    with pytest.raises(Blank):
        PostalAddress(" ")
