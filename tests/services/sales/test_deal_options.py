"""Options of a new deal: declared once, and shown in every public signature."""

import inspect
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from crmcore import Crm, Money
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.details import DealOptions


@pytest.mark.parametrize("method", [Crm().leads.capture, Crm().deals.open])
def test_public_signature_lists_each_option_with_default(method: Callable[..., Any]) -> None:
    """A caller sees every option as a keyword with the default of the field."""
    parameters = inspect.signature(method).parameters
    defaults = {name: attrs.fields_dict(Deal)[name].default for name in DealOptions.__optional_keys__}  # type: ignore[arg-type]

    assert defaults == {name: parameters[name].default for name in defaults}
    assert {inspect.Parameter.KEYWORD_ONLY} == {parameters[name].kind for name in defaults}


def test_unknown_option_is_rejected_as_wrong_call() -> None:
    """An unknown keyword is a TypeError that names the public method; nothing is stored."""
    crm = Crm()
    funnel = crm.funnels.create("Windows", stages=["First call"])
    with pytest.raises(TypeError, match=r"Leads.capture\(\) got an unexpected keyword argument 'valeu'"):
        crm.leads.capture("Anna", funnel_id=funnel.id, valeu=Money(1, "EUR"))  # type: ignore[call-arg]

    assert [] == list(crm.deals.list())
