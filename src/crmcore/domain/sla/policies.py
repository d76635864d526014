"""Service levels: which times are promised to whom, and by which calendar they are measured.

Rule 1: the level of the lowest rank that fits wins; of equal ranks the one that asks for more, then the first by name.
Rule 2: a choice explains itself: which level, and why each of the others was not it.
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
"""What is promised where the house has declared nothing: an end within two weeks of an office."""
REOPEN_WITHIN: Final = timedelta(days=14)
"""How long after its end a matter may be reopened, unless its level says otherwise."""


@record
class SlaConditions:
    """Whom a level is for. Where a list is empty, everybody.

    Attributes:
        kinds: of matters: ``complaint``, ``inquiry``.
        contracts: of the customer.
        types: of the matter; one stands for all below it: ``outbox`` for ``outbox/late``.
        severities: of the matter.
        segments: of the customer: one of its tags.
    """

    kinds: tuple[str, ...] = fields.text_list(personal=False, max_length=60, default=())
    contracts: tuple[str, ...] = fields.text_list(personal=False, default=())
    types: tuple[str, ...] = fields.text_list(personal=False, max_length=100, default=())
    severities: tuple[str, ...] = fields.text_list(personal=False, max_length=30, default=())
    segments: tuple[str, ...] = fields.text_list(personal=False, default=())

    @property
    def specificity(self) -> int:
        """How many things it asks for."""
        return sum(bool(values) for values in (self.kinds, self.contracts, self.types, self.severities, self.segments))

    def mismatch(self, subject: "SlaSubject") -> str:
        """Why it is not for a matter, as a word; nothing when it is."""
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
    """What a level is chosen for."""

    kind: str
    type: str = ""
    severity: str = ""
    contract: str = ""
    segments: tuple[str, ...] = ()


@record
class SlaPolicyChanged(Event):
    """A service level was created or changed."""

    name: ClassVar[str] = "sla_policy.changed"
    policy_name: str = fields.text(personal=False, max_length=100)


@record
class SlaPolicy(Entity):
    """Times that are promised.

    Attributes:
        rank: of several that fit, the lowest wins.
        calendar_id: by which the times are measured; the house's own when there is none.
        reopen_within: how long after its end a matter may be reopened; later it is followed up by a new one.
        is_active: whether new matters may get it.
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
        """Promise times to some.

        Raises:
            RequiredError: no time for the resolution, so that a matter could wait for ever.
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
        """Promise other times, to matters that get the level from now on.

        Raises:
            RequiredError: as in `create`.
        """
        policy = self._record(SlaPolicyChanged(at=at, policy_name=self.name), targets=targets)
        _check_resolution(policy.targets)
        return policy

    def deactivate(self, *, at: datetime) -> Self:
        """Promise these times to nobody new."""
        return self._record(SlaPolicyChanged(at=at, policy_name=self.name), is_active=False) if self.is_active else self


@value
class RejectedPolicy:
    """A level that was not chosen, and why."""

    sla_policy_id: SlaPolicyId = fields.id_of("sla")
    reason: str = fields.text(personal=False)


@record
class SlaDecision:
    """Which level a matter got, and why no other.

    Attributes:
        sla_policy_id: None when none fits: then the standard holds.
        rule: what decided: ``sla_policy_id``, ``standard``, ``asked``.
    """

    sla_policy_id: SlaPolicyId | None = fields.id_of("sla", optional=True, default=None)
    rule: str = fields.text(personal=False)
    targets: SlaTargets = fields.embedded(SlaTargets)
    calendar_id: CalendarId | None = fields.id_of("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.duration(default=REOPEN_WITHIN)
    rejected: tuple[RejectedPolicy, ...] = fields.embedded_list(RejectedPolicy, default=())


def choose_policy(policies: Iterable[SlaPolicy], subject: SlaSubject) -> SlaDecision:
    """Choose the level of a matter."""
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
    """Tell whether a type is another, or stands below it in the tree: ``outbox/late`` below ``outbox``."""
    return type == ancestor or type.startswith(f"{ancestor}/")


def _check_resolution(targets: SlaTargets) -> None:
    if targets.resolution is None:
        raise RequiredError("slaPolicy.targets.resolution", "must be promised, or a matter could wait for ever")
