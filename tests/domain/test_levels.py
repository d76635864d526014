"""Which times are promised is chosen by rules, and the choice explains itself."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore.domain.clocks.marks import Targets
from crmcore.domain.levels import STANDARD, Audience, Matter, PassedOver, ServiceLevel, choose
from crmcore.errors import Blank
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)
SAMPLES = Samples()
MATTER = Matter(kind="complaint", type="delivery/late", severity="high", contract="gold", segments=("vip",))


def level(name: str, *, rank: int = 100, **audience: Any) -> ServiceLevel:
    """A level of some name for some."""
    targets = Targets(resolution=8 * HOUR)
    return ServiceLevel.create(SAMPLES.id("level"), name, targets, at=NOON, rank=rank, audience=Audience(**audience))


@pytest.mark.parametrize(
    ("audience", "objection"),
    [
        ({}, ""),
        ({"kinds": ("inquiry",)}, "kind"),
        ({"contracts": ("silver",)}, "contract"),
        ({"types": ("payment", "delivery/broken")}, "type"),
        ({"severities": ("low",)}, "severity"),
        ({"segments": ("small",)}, "segment"),
        (
            {
                "kinds": ("complaint",),
                "contracts": ("gold",),
                "types": ("delivery",),
                "severities": ("high",),
                "segments": ("vip", "small"),
            },
            "",
        ),
    ],
)
def test_a_level_is_for_an_audience(audience: dict[str, Any], objection: str) -> None:
    """Every condition has its word; a type stands for all below it."""
    assert objection == Audience(**audience).objection(MATTER)


def test_the_lowest_rank_wins_then_who_asks_for_more_then_the_first_by_name() -> None:
    """And each of the others is told why it was not chosen."""
    plain, gold, other, retired = (
        level("B"),
        level("C", contracts=("gold",)),
        level("A"),
        level("0", rank=1).retire(at=NOON),
    )
    chosen = choose([plain, gold, other, retired], MATTER)
    first = level("Z", rank=5)

    assert (chosen.level, chosen.rule, chosen.targets) == (gold.id, "level", gold.targets)
    assert (
        PassedOver(retired.id, "retired"),
        PassedOver(other.id, "outranked"),
        PassedOver(plain.id, "outranked"),
    ) == chosen.rejected
    assert choose([plain, gold, first], MATTER).level == first.id
    assert choose([plain, other], MATTER).level == other.id


def test_where_none_fits_the_standard_holds() -> None:
    """With the reason for each."""
    silver = level("Silver", contracts=("silver",))
    chosen = choose([silver], MATTER)

    assert (chosen.level, chosen.rule, chosen.targets) == (None, "standard", STANDARD)
    assert (PassedOver(silver.id, "contract"),) == chosen.rejected


def test_an_end_is_always_promised() -> None:
    """Or a matter could wait for ever."""
    with pytest.raises(Blank):
        ServiceLevel.create(SAMPLES.id("level"), "None", Targets(first_response=HOUR), at=NOON)
    with pytest.raises(Blank):
        level("A").promise(Targets(), at=NOON)


def test_promises_change_and_are_retired() -> None:
    """For what comes from now on."""
    changed = level("A").promise(Targets(resolution=HOUR), at=NOON)
    retired = changed.retire(at=NOON)

    assert changed.targets.resolution == HOUR
    assert not retired.active
    assert retired.retire(at=NOON) is retired
