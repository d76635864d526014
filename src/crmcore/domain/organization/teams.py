"""Teams: branches, departments, shifts. A team may be part of another."""

from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.ids import TeamId


@record
class TeamCreated(Event):
    """A team was created."""

    name: ClassVar[str] = "team.created"


@record
class Team(Entity):
    """A team of users. Reports compare teams."""

    meta: ClassVar[EntityMeta] = EntityMeta("team", "teams", unique_keys=(("name",),))

    id: TeamId = fields.id_of("team")
    name: str = fields.text(personal=False)
    parent_id: TeamId | None = fields.id_of("team", optional=True, default=None)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(cls, id: TeamId, name: str, *, at: datetime, parent_id: TeamId | None = None) -> Self:
        """Create a team, as part of another or at the top level."""
        return cls(id=id, name=name, parent_id=parent_id, created_at=at, pending_events=(TeamCreated(at=at),))
