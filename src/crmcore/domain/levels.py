"""Service levels: which times are promised to whom, and by which calendar they are measured.

Rule 1: the level of the lowest rank that fits wins; of equal ranks the one that asks for more, then the first by name.
Rule 2: a choice explains itself: which level, and why each of the others was not it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.clocks.marks import Targets
from crmcore.domain.errors.given import Blank
from crmcore.domain.ids import CalendarId, LevelId
from crmcore.domain.kernel import Entity, Event, Shape, record, value

STANDARD: Final = Targets(resolution=timedelta(hours=80))
"""What is promised where the house has declared nothing: an end within two weeks of an office."""
REOPEN_WITHIN: Final = timedelta(days=14)
"""How long after its end a matter may be reopened, unless its level says otherwise."""


@record
class Audience:
    """Whom a level is for. Where a list is empty, everybody.

    Attributes:
        kinds: of matters: ``complaint``, ``inquiry``.
        contracts: of the customer.
        types: of the matter; one stands for all below it: ``delivery`` for ``delivery/late``.
        severities: of the matter.
        segments: of the customer: one of its tags.
    """

    kinds: tuple[str, ...] = fields.words(personal=False, limit=60, default=())
    contracts: tuple[str, ...] = fields.words(personal=False, default=())
    types: tuple[str, ...] = fields.words(personal=False, limit=100, default=())
    severities: tuple[str, ...] = fields.words(personal=False, limit=30, default=())
    segments: tuple[str, ...] = fields.words(personal=False, default=())

    @property
    def conditions(self) -> int:
        """How many things it asks for."""
        return sum(bool(asked) for asked in (self.kinds, self.contracts, self.types, self.severities, self.segments))

    def objection(self, matter: "Matter") -> str:
        """Why it is not for a matter, as a word; nothing when it is."""
        if self.kinds and matter.kind not in self.kinds:
            return "kind"
        if self.contracts and matter.contract not in self.contracts:
            return "contract"
        if self.types and not any(is_below(matter.type, type) for type in self.types):
            return "type"
        if self.severities and matter.severity not in self.severities:
            return "severity"
        if self.segments and not set(self.segments) & set(matter.segments):
            return "segment"
        return ""


@record
class Matter:
    """What a level is chosen for."""

    kind: str
    type: str = ""
    severity: str = ""
    contract: str = ""
    segments: tuple[str, ...] = ()


@record
class LevelSet(Event):
    """A service level was created or changed."""

    name: ClassVar[str] = "level.set"
    level: str = fields.text(personal=False, limit=100)


@record
class ServiceLevel(Entity):
    """Times that are promised.

    Attributes:
        rank: of several that fit, the lowest wins.
        calendar: by which the times are measured; the house's own when there is none.
        reopen_within: how long after its end a matter may be reopened; later it is followed up by a new one.
        active: whether new matters may get it.
    """

    shape: ClassVar[Shape] = Shape("level", "levels", unique=(("name",),))

    id: LevelId = fields.ref("level")
    name: str = fields.text(personal=False, limit=100)
    rank: int = fields.whole(most=10_000, default=100)
    targets: Targets = fields.part(Targets)
    audience: Audience = fields.part(Audience, default=Audience())
    calendar: CalendarId | None = fields.ref("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.span(default=REOPEN_WITHIN)
    active: bool = fields.flag(default=True)
    created_at: datetime = fields.moment()

    @classmethod
    def create(
        cls,
        id: LevelId,
        name: str,
        targets: Targets,
        *,
        at: datetime,
        rank: int = 100,
        audience: Audience = Audience(),  # noqa: B008  # it is frozen
        calendar: CalendarId | None = None,
        reopen_within: timedelta = REOPEN_WITHIN,
    ) -> Self:
        """Promise times to some.

        Raises:
            Blank: no time for the resolution, so that a matter could wait for ever.
        """
        level = cls(
            id=id,
            name=name,
            rank=rank,
            targets=targets,
            audience=audience,
            calendar=calendar,
            reopen_within=reopen_within,
            created_at=at,
        )
        _check_resolution(level.targets)
        return level._after(LevelSet(at=at, level=level.name))

    def promise(self, targets: Targets, *, at: datetime) -> Self:
        """Promise other times, to matters that get the level from now on.

        Raises:
            Blank: as in `create`.
        """
        level = self._after(LevelSet(at=at, level=self.name), targets=targets)
        _check_resolution(level.targets)
        return level

    def retire(self, *, at: datetime) -> Self:
        """Promise these times to nobody new."""
        return self._after(LevelSet(at=at, level=self.name), active=False) if self.active else self


@value
class PassedOver:
    """A level that was not chosen, and why."""

    level: LevelId = fields.ref("level")
    reason: str = fields.text(personal=False)


@record
class Promise:
    """Which level a matter got, and why no other.

    Attributes:
        level: None when none fits: then the standard holds.
        rule: what decided: ``level``, ``standard``, ``asked``.
    """

    level: LevelId | None = fields.ref("level", optional=True, default=None)
    rule: str = fields.text(personal=False)
    targets: Targets = fields.part(Targets)
    calendar: CalendarId | None = fields.ref("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.span(default=REOPEN_WITHIN)
    rejected: tuple[PassedOver, ...] = fields.parts(PassedOver, default=())


def choose(levels: Iterable[ServiceLevel], matter: Matter) -> Promise:
    """Choose the level of a matter."""
    chosen: ServiceLevel | None = None
    rejected = []
    for level in sorted(levels, key=lambda level: (level.rank, -level.audience.conditions, level.name)):
        reason = level.audience.objection(matter) if level.active else "retired"
        if not reason and chosen is None:
            chosen = level
        else:
            rejected.append(PassedOver(level.id, reason or "outranked"))
    if chosen is None:
        return Promise(rule="standard", targets=STANDARD, rejected=tuple(rejected))
    return Promise(
        level=chosen.id,
        rule="level",
        targets=chosen.targets,
        calendar=chosen.calendar,
        reopen_within=chosen.reopen_within,
        rejected=tuple(rejected),
    )


def is_below(type: str, above: str) -> bool:
    """Tell whether a type is another, or stands below it in the tree: ``delivery/late`` below ``delivery``."""
    return type == above or type.startswith(f"{above}/")


def _check_resolution(targets: Targets) -> None:
    if targets.resolution is None:
        raise Blank("serviceLevel.targets.resolution", "must be promised, or a matter could wait for ever")
