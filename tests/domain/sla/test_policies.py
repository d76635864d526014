"""SLA policies: conditions, choice and reasons."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore.domain.sla.policies import (
    DEFAULT_TARGETS,
    RejectedPolicy,
    SlaConditions,
    SlaPolicy,
    SlaSubject,
    choose_policy,
)
from crmcore.domain.sla.targets import SlaTargets
from crmcore.errors import RequiredError
from crmcore.testing.samples import NOON, Samples

HOUR = timedelta(hours=1)
SAMPLES = Samples()
SUBJECT = SlaSubject(kind="complaint", type="delivery/late", severity="high", contract="gold", segments=("vip",))


def sla_policy(name: str, *, rank: int = 100, **audience: Any) -> SlaPolicy:
    """A policy."""
    targets = SlaTargets(resolution=8 * HOUR)
    return SlaPolicy.create(SAMPLES.id("sla"), name, targets, at=NOON, rank=rank, conditions=SlaConditions(**audience))


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
def test_conditions_match_or_return_mismatch_reason(audience: dict[str, Any], objection: str) -> None:
    """Each condition has a reason for a mismatch; a type includes its subtypes."""
    assert objection == SlaConditions(**audience).mismatch(SUBJECT)


def test_lowest_rank_then_most_specific_then_name_wins() -> None:
    """The lowest rank wins, and each rejected policy has a reason."""
    plain, gold, other, retired = (
        sla_policy("B"),
        sla_policy("C", contracts=("gold",)),
        sla_policy("A"),
        sla_policy("0", rank=1).deactivate(at=NOON),
    )
    chosen = choose_policy([plain, gold, other, retired], SUBJECT)
    first = sla_policy("Z", rank=5)

    assert (chosen.sla_policy_id, chosen.rule, chosen.targets) == (gold.id, "policy", gold.targets)
    assert (
        RejectedPolicy(retired.id, "inactive"),
        RejectedPolicy(other.id, "outranked"),
        RejectedPolicy(plain.id, "outranked"),
    ) == chosen.rejected
    assert choose_policy([plain, gold, first], SUBJECT).sla_policy_id == first.id
    assert choose_policy([plain, other], SUBJECT).sla_policy_id == other.id


def test_default_targets_apply_without_match() -> None:
    """Without a match the default holds, and each policy has a reason."""
    silver = sla_policy("Silver", contracts=("silver",))
    chosen = choose_policy([silver], SUBJECT)

    assert (chosen.sla_policy_id, chosen.rule, chosen.targets) == (None, "default", DEFAULT_TARGETS)
    assert (RejectedPolicy(silver.id, "contract"),) == chosen.rejected


def test_policy_without_resolution_target_is_rejected() -> None:
    """A policy needs a resolution target."""
    with pytest.raises(RequiredError):
        SlaPolicy.create(SAMPLES.id("sla"), "None", SlaTargets(first_response=HOUR), at=NOON)
    with pytest.raises(RequiredError):
        sla_policy("A").set_targets(SlaTargets(), at=NOON)


def test_set_targets_and_deactivate_affect_new_cases_only() -> None:
    """A changed policy is effective for new cases."""
    changed = sla_policy("A").set_targets(SlaTargets(resolution=HOUR), at=NOON)
    retired = changed.deactivate(at=NOON)

    assert changed.targets.resolution == HOUR
    assert not retired.is_active
    assert retired.deactivate(at=NOON) is retired
