"""A contact is noted as it was, also later, but not before it happens."""

from datetime import timedelta

import pytest

from crmcore.domain.activities.interactions import Interaction, InteractionKind
from crmcore.errors import InvalidChoiceError, OutOfRangeError
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)


def test_interaction_time_defaults_to_now() -> None:
    """Without a time it is of now."""
    samples = Samples()
    now, before = (
        Interaction.log(samples.id("interaction"), "call", customer_id=samples.id("customer"), at=NOON, happened_at=at)
        for at in (None, NOON - HOUR)
    )

    assert (now.happened_at, before.happened_at) == (NOON, NOON - HOUR)
    assert now.kind is InteractionKind.CALL


def test_future_time_and_unknown_kind_are_rejected() -> None:
    """What will be is a task; what is no kind of contact is none."""
    samples = Samples()
    with pytest.raises(OutOfRangeError, match="plan a task"):
        Interaction.log(
            samples.id("interaction"), "call", customer_id=samples.id("customer"), at=NOON, happened_at=NOON + HOUR
        )
    with pytest.raises(InvalidChoiceError):
        Interaction.log(samples.id("interaction"), "seance", customer_id=samples.id("customer"), at=NOON)
