"""Users: their roles, managers, calendars and absences."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record, value
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.composite import unique_tuple
from crmcore.domain.kernel.ids import CalendarId, TeamId, UserId
from crmcore.domain.kernel.values.contact import normalize_email
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.roles import OWNER


@value
class RoleAssignment:
    """A role that a user has."""

    role: str = fields.text(personal=False, max_length=60)


@value
class Absence:
    """A period in which a user is not assigned new work."""

    period: Period = fields.embedded(Period)
    reason: str = fields.text(personal=True, default="", allow_blank=True)


@record
class UserCreated(Event):
    """A user was created."""

    name: ClassVar[str] = "user.created"
    roles: tuple[str, ...] = fields.text_list(personal=False, default=())


@record
class UserUpdated(Event):
    """A user's roles, manager, calendar or absences changed."""

    name: ClassVar[str] = "user.updated"
    changed_fields: tuple[str, ...] = fields.text_list(personal=False, default=())


@record
class UserAbsenceAdded(Event):
    """A user will be absent."""

    name: ClassVar[str] = "user.absence_added"
    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()


@record
class UserDeactivated(Event):
    """A user was deactivated."""

    name: ClassVar[str] = "user.deactivated"


@record
class User(Entity):
    """A user. The host authenticates; `login` may hold its key.

    Attributes:
        calendar_id: of the user; the company's calendar when there is none.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "user",
        "users",
        unique_keys=(("login",),),
        indexes=(("manager_id",), ("team_id",), ("role_assignments.role",)),
        child_tables={"role_assignments": "user_roles"},
    )

    id: UserId = fields.id_of("user")
    name: str = fields.text(personal=True)
    login: str | None = fields.text(personal=True, optional=True, default=None)
    email: str | None = fields.text(personal=True, optional=True, default=None)
    language: str = fields.text(personal=False, max_length=35, default="en")
    team_id: TeamId | None = fields.id_of("team", optional=True, default=None)
    manager_id: UserId | None = fields.id_of("user", optional=True, default=None)
    role_assignments: tuple[RoleAssignment, ...] = fields.embedded_list(RoleAssignment, default=())
    absences: tuple[Absence, ...] = fields.embedded_list(Absence, personal=True, default=())
    calendar_id: CalendarId | None = fields.id_of("calendar", optional=True, default=None)
    is_active: bool = fields.boolean(default=True)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: UserId,
        name: str,
        *,
        at: datetime,
        roles: Sequence[str] = (),
        login: str | None = None,
        email: str | None = None,
        language: str = "en",
        team_id: TeamId | None = None,
        manager_id: UserId | None = None,
    ) -> Self:
        """Create a user.

        Raises:
            InvalidInputError: a name, role, login or address is invalid.
        """
        return cls(
            id=id,
            name=name,
            login=login,
            email=None if email is None else normalize_email(email),
            language=language,
            team_id=team_id,
            manager_id=manager_id,
            role_assignments=_role_assignments(roles),
            created_at=at,
            pending_events=(UserCreated(at=at, roles=tuple(roles)),),
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the user."""
        return tuple(assignment.role for assignment in self.role_assignments)

    def has_role(self, role: str) -> bool:
        """Return whether the user has a role."""
        return role == OWNER or any(assignment.role == role for assignment in self.role_assignments)

    def is_absent(self, at: datetime) -> bool:
        """Return whether the user is absent at an instant."""
        return any(at in absence.period for absence in self.absences)

    def unavailability(self, at: datetime) -> str:
        """Return why the user is unavailable; empty when available."""
        if not self.is_active:
            return "deactivated"
        return "absent" if self.is_absent(at) else ""

    def set_roles(self, roles: Sequence[str], *, at: datetime) -> Self:
        """Replace the roles."""
        return self._record(UserUpdated(at=at, changed_fields=("roles",)), role_assignments=_role_assignments(roles))

    def set_manager(self, manager: "User", *, management_chain: Sequence[UserId], at: datetime) -> Self:
        """Set the manager.

        Args:
            manager: the new one.
            management_chain: the ids of the manager's managers, up to the top.
            at: now.

        Raises:
            BusinessRuleError: the user is a manager of that manager, or the same user.
        """
        if self.id == manager.id or self.id in management_chain:
            raise BusinessRuleError(self.id, "manager_cycle", "cannot report to a user who reports to them")
        return self._record(UserUpdated(at=at, changed_fields=("manager_id",)), manager_id=manager.id)

    def set_calendar(self, calendar_id: CalendarId | None, *, at: datetime) -> Self:
        """Set the calendar; None is the company's."""
        if calendar_id == self.calendar_id:
            return self
        return self._record(UserUpdated(at=at, changed_fields=("calendar_id",)), calendar_id=calendar_id)

    def add_absence(self, period: Period, *, at: datetime, reason: str = "") -> Self:
        """Add an absence.

        Raises:
            OutOfRangeError: the period has no length.
        """
        if not period.length:
            raise OutOfRangeError("absence.period", "must have a length")
        return self._record(
            UserAbsenceAdded(at=at, since=period.since, until=period.until),
            absences=(*self.absences, Absence(period, reason)),
        )

    def end_absence(self, *, at: datetime) -> Self:
        """End every absence that contains this instant."""
        absences = tuple(Absence(Period(a.period.since, at), a.reason) if at in a.period else a for a in self.absences)
        if absences == self.absences:
            return self
        return self._record(UserUpdated(at=at, changed_fields=("absences",)), absences=absences)

    def deactivate(self, *, at: datetime) -> Self:
        """Deactivate the user, who is assigned no new work.

        Records that the user owns keep their owner.
        """
        return self._record(UserDeactivated(at=at), is_active=False) if self.is_active else self


def _role_assignments(roles: Sequence[str]) -> tuple[RoleAssignment, ...]:
    return tuple(RoleAssignment(role) for role in unique_tuple("user.roles", roles))
