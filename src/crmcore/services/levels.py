"""Service levels: promising times to some customers for some matters, and seeing which a matter would get."""

from collections.abc import Sequence
from datetime import timedelta

from attrs import frozen

from crmcore.domain.clocks.marks import Targets
from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CalendarId, CustomerId, LevelId
from crmcore.domain.levels import REOPEN_WITHIN, Audience, Matter, Promise, ServiceLevel
from crmcore.domain.worktime.calendar import WorkCalendar
from crmcore.services.house import House, story, view
from crmcore.services.steps.cases import promise_for
from crmcore.services.unit import Unit

EVERYBODY = Audience()


@frozen
class Levels:
    """Which times are promised to whom."""

    house: House

    @story("levels.create")
    def create(
        self,
        unit: Unit,
        name: str,
        targets: Targets,
        /,
        *,
        audience: Audience = EVERYBODY,
        rank: int = 100,
        calendar: CalendarId | None = None,
        reopen_within: timedelta = REOPEN_WITHIN,
        key: str | None = None,
    ) -> ServiceLevel:
        """Promise times.

        Args:
            targets: until the first and the next response and until the end, in working time.
            audience: whom they are for: kinds of matters, contracts, types, severities, segments.
            rank: of several levels that fit a matter, the lowest rank wins.
            calendar: by which they are measured; the house's own when not given.
            reopen_within: how long after its end a matter may be reopened.

        Raises:
            Blank: no time for the end.
            NotFound: no such calendar.
            Taken: there is a level of that name.
        """
        level = ServiceLevel.create(
            unit.id("level"),
            name,
            checked_type("targets", Targets, targets),
            at=unit.now,
            rank=rank,
            audience=audience,
            calendar=None if calendar is None else unit.get(WorkCalendar, calendar).id,
            reopen_within=reopen_within,
        )
        return unit.save(level)

    @story("levels.promise")
    def promise(
        self,
        unit: Unit,
        id: LevelId,
        targets: Targets,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> ServiceLevel:
        """Promise other times from now on. What was promised before is kept as it was, until a matter is assessed anew.

        Raises:
            Blank: no time for the end.
        """
        level = unit.get(ServiceLevel, id, version=expected_version)
        return unit.save(level.promise(checked_type("targets", Targets, targets), at=unit.now))

    @story("levels.retire")
    def retire(
        self, unit: Unit, id: LevelId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> ServiceLevel:
        """Give a level to nobody new."""
        return unit.save(unit.get(ServiceLevel, id, version=expected_version).retire(at=unit.now))

    @view("levels.choose")
    def choose(
        self,
        unit: Unit,
        /,
        *,
        kind: str = "complaint",
        customer: CustomerId | None = None,
        type: str = "",
        severity: str = "",
        contract: str = "",
    ) -> Promise:
        """Tell which level a matter would get, and why no other: the same choice as when it is received, without receiving it."""
        segments = () if customer is None else unit.get(Customer, customer).tags
        words = {"kind": kind, "type": type, "severity": severity, "contract": contract}
        asked = {name: checked_text(name, word, blank=True) for name, word in words.items()}
        return promise_for(unit, Matter(segments=segments, **asked))

    @view("levels.get")
    def get(self, unit: Unit, id: LevelId, /) -> ServiceLevel:
        """Read a level."""
        return unit.get(ServiceLevel, id)

    @view("levels.list")
    def list(self, unit: Unit, /) -> Sequence[ServiceLevel]:
        """Read all levels that new matters may get, by names."""
        return unit.find(ServiceLevel, Is("active", True), order="name")
