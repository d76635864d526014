"""SLA policies: which targets apply to which cases.

Invariants:
    1. Of the policies that match, the lowest rank wins; then the one with more conditions; then the first by name.
    2. A decision lists every rejected policy with the reason.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record, value
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.domain.kernel.ids import CalendarId, SlaPolicyId
from crmcore.domain.sla.targets import SlaTargets

DEFAULT_TARGETS: Final = SlaTargets(resolution=timedelta(hours=80))
"""The default target: a resolution within two weeks of 40 hours."""
REOPEN_WITHIN: Final = timedelta(days=14)
"""How long after its end a case can be reopened, unless the policy says otherwise."""


@record
class SlaConditions:
    """Conditions for an SLA policy. An empty list matches all.

    Attributes:
        kinds: of cases: ``complaint``, ``inquiry``.
        contracts: of the customer.
        types: of the case. A type includes all below it: ``delivery`` includes ``delivery/late``.
        severities: of the case.
        segments: of the customer: one of its tags.
    """

    kinds: tuple[str, ...] = fields.text_list(personal=False, max_length=60, default=())
    contracts: tuple[str, ...] = fields.text_list(personal=False, default=())
    types: tuple[str, ...] = fields.text_list(personal=False, max_length=100, default=())
    severities: tuple[str, ...] = fields.text_list(personal=False, max_length=30, default=())
    segments: tuple[str, ...] = fields.text_list(personal=False, default=())

    @property
    def specificity(self) -> int:
        """The number of conditions."""
        return sum(bool(values) for values in (self.kinds, self.contracts, self.types, self.severities, self.segments))

    def mismatch(self, subject: "SlaSubject") -> str:
        """Return why the policy does not match; empty if it does."""
        if self.kinds and subject.kind not in self.kinds:
            return "kind"
        if self.contracts and subject.contract not in self.contracts:
            return "contract"
        if self.types and not any(is_subtype(subject.type, type) for type in self.types):
            return "type"
        if self.severities and subject.severity not in self.severities:
            return "severity"
        if self.segments and not set(self.segments) & set(subject.segments):
            return "segment"
        return ""


@record
class SlaSubject:
    """The properties of a case that a policy is chosen by."""

    kind: str
    type: str = ""
    severity: str = ""
    contract: str = ""
    segments: tuple[str, ...] = ()


@record
class SlaPolicyChanged(Event):
    """An SLA policy was created or changed."""

    name: ClassVar[str] = "sla_policy.changed"
    policy_name: str = fields.text(personal=False, max_length=100)


@record
class SlaPolicy(Entity):
    """An SLA policy: targets, conditions, calendar.

    Attributes:
        rank: of several policies that match, the lowest rank wins.
        calendar_id: in whose business hours time is measured; the company's calendar when there is none.
        reopen_within: how long after its end a case can be reopened.
        is_active: whether new cases can get it.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("sla", "sla_policies", unique_keys=(("name",),))

    id: SlaPolicyId = fields.id_of("sla")
    name: str = fields.text(personal=False, max_length=100)
    rank: int = fields.integer(max=10_000, default=100)
    targets: SlaTargets = fields.embedded(SlaTargets)
    conditions: SlaConditions = fields.embedded(SlaConditions, default=SlaConditions())
    calendar_id: CalendarId | None = fields.id_of("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.duration(default=REOPEN_WITHIN)
    is_active: bool = fields.boolean(default=True)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: SlaPolicyId,
        name: str,
        targets: SlaTargets,
        *,
        at: datetime,
        rank: int = 100,
        conditions: SlaConditions = SlaConditions(),  # noqa: B008  # it is frozen
        calendar_id: CalendarId | None = None,
        reopen_within: timedelta = REOPEN_WITHIN,
    ) -> Self:
        """Create a policy.

        Raises:
            RequiredError: there is no resolution target.
        """
        policy = cls(
            id=id,
            name=name,
            rank=rank,
            targets=targets,
            conditions=conditions,
            calendar_id=calendar_id,
            reopen_within=reopen_within,
            created_at=at,
        )
        _check_resolution(policy.targets)
        return policy._record(SlaPolicyChanged(at=at, policy_name=policy.name))

    def set_targets(self, targets: SlaTargets, *, at: datetime) -> Self:
        """Change the targets, for cases that get the policy from now on.

        Raises:
            RequiredError: as in `create`.
        """
        policy = self._record(SlaPolicyChanged(at=at, policy_name=self.name), targets=targets)
        _check_resolution(policy.targets)
        return policy

    def deactivate(self, *, at: datetime) -> Self:
        """Deactivate the policy for new cases."""
        return self._record(SlaPolicyChanged(at=at, policy_name=self.name), is_active=False) if self.is_active else self


@value
class RejectedPolicy:
    """A policy that was not chosen, and why."""

    sla_policy_id: SlaPolicyId = fields.id_of("sla")
    reason: str = fields.text(personal=False)


@record
class SlaDecision:
    """The SLA of a case: the chosen policy, and why the others were not.

    Attributes:
        sla_policy_id: None when no policy matches and the default holds.
        rule: what decided: ``policy``, ``default``, ``requested``.
    """

    sla_policy_id: SlaPolicyId | None = fields.id_of("sla", optional=True, default=None)
    rule: str = fields.text(personal=False)
    targets: SlaTargets = fields.embedded(SlaTargets)
    calendar_id: CalendarId | None = fields.id_of("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.duration(default=REOPEN_WITHIN)
    rejected: tuple[RejectedPolicy, ...] = fields.embedded_list(RejectedPolicy, default=())


def choose_policy(policies: Iterable[SlaPolicy], subject: SlaSubject) -> SlaDecision:
    """Choose the policy of a case."""
    chosen: SlaPolicy | None = None
    rejected = []
    for policy in sorted(policies, key=lambda policy: (policy.rank, -policy.conditions.specificity, policy.name)):
        reason = policy.conditions.mismatch(subject) if policy.is_active else "inactive"
        if not reason and chosen is None:
            chosen = policy
        else:
            rejected.append(RejectedPolicy(policy.id, reason or "outranked"))
    if chosen is None:
        return SlaDecision(rule="default", targets=DEFAULT_TARGETS, rejected=tuple(rejected))
    return SlaDecision(
        sla_policy_id=chosen.id,
        rule="policy",
        targets=chosen.targets,
        calendar_id=chosen.calendar_id,
        reopen_within=chosen.reopen_within,
        rejected=tuple(rejected),
    )


def is_subtype(type: str, ancestor: str) -> bool:
    """Return whether a type equals another, or is below it in the tree."""
    return type == ancestor or type.startswith(f"{ancestor}/")


def _check_resolution(targets: SlaTargets) -> None:
    if targets.resolution is None:
        raise RequiredError("slaPolicy.targets.resolution", "must be promised, or a case could wait for ever")
