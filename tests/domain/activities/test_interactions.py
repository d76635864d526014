"""Interactions are logged for now or the past, not for the future."""

from datetime import timedelta

import pytest

from crmcore.domain.activities.interactions import Interaction, InteractionKind
from crmcore.errors import InvalidChoiceError, OutOfRangeError
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)


def test_interaction_time_defaults_to_now() -> None:
    """Without a time it happened now."""
    samples = Samples()
    now, before = (
        Interaction.log(samples.id("interaction"), "call", customer_id=samples.id("customer"), at=NOON, happened_at=at)
        for at in (None, NOON - HOUR)
    )

    assert (now.happened_at, before.happened_at) == (NOON, NOON - HOUR)
    assert now.kind is InteractionKind.CALL


def test_future_time_and_unknown_kind_are_rejected() -> None:
    """A time in the future and an unknown channel are rejected."""
    samples = Samples()
    with pytest.raises(OutOfRangeError, match="plan a task"):
        Interaction.log(
            samples.id("interaction"), "call", customer_id=samples.id("customer"), at=NOON, happened_at=NOON + HOUR
        )
    with pytest.raises(InvalidChoiceError):
        Interaction.log(samples.id("interaction"), "seance", customer_id=samples.id("customer"), at=NOON)
