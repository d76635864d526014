"""A contact is noted as it was, also later, but not before it happens."""

from datetime import timedelta

import pytest

from crmcore.domain.interactions import Interaction, InteractionKind
from crmcore.errors import NotAllowed, OutOfRange
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)


def test_a_contact_is_of_now_or_of_before() -> None:
    """Without a time it is of now."""
    samples = Samples()
    now, before = (
        Interaction.log(samples.id("interaction"), "call", customer=samples.id("customer"), at=NOON, happened_at=at)
        for at in (None, NOON - HOUR)
    )

    assert (now.happened_at, before.happened_at) == (NOON, NOON - HOUR)
    assert now.kind is InteractionKind.CALL


def test_the_future_and_unknown_words_are_refused() -> None:
    """What will be is a task; what is no kind of contact is none."""
    samples = Samples()
    with pytest.raises(OutOfRange, match="plan a task"):
        Interaction.log(
            samples.id("interaction"), "call", customer=samples.id("customer"), at=NOON, happened_at=NOON + HOUR
        )
    with pytest.raises(NotAllowed):
        Interaction.log(samples.id("interaction"), "seance", customer=samples.id("customer"), at=NOON)
