"""Users and teams: roles, managers, calendars and absences."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from crmcore.domain.kernel.criteria import Eq, HasChild
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CalendarId, TeamId, UserId
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.teams import Team
from crmcore.domain.organization.users import User
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.assignment import management_chain
from crmcore.services.shared.job_scheduling import USER_DEACTIVATED, schedule_job
from crmcore.services.unit_of_work import UnitOfWork


@frozen
class Users:
    """Commands and queries for users and teams."""

    _environment: Environment

    @command("users.create")
    def create(
        self,
        uow: UnitOfWork,
        name: str,
        /,
        *,
        roles: Sequence[str] = (),
        login: str | None = None,
        email: str | None = None,
        language: str | None = None,
        team_id: TeamId | None = None,
        manager_id: UserId | None = None,
        idempotency_key: str | None = None,
    ) -> User:
        """Create a user.

        Args:
            roles: the roles of the user, as codes of the company: ``manager``, ``measurer``.
            login: the key of the user in the host's system.

        Raises:
            NotFoundError: the team or the manager does not exist.
            DuplicateKeyError: another user has the login.
        """
        if team_id is not None:
            uow.get(Team, team_id)
        if manager_id is not None:
            uow.get(User, manager_id)
        return uow.save(
            User.create(
                uow.new_id("user"),
                name,
                at=uow.now,
                roles=roles,
                login=login,
                email=email,
                language=language or self._environment.language,
                team_id=team_id,
                manager_id=manager_id,
            )
        )

    @command("users.create_team")
    def create_team(
        self, uow: UnitOfWork, name: str, /, *, parent_id: TeamId | None = None, idempotency_key: str | None = None
    ) -> Team:
        """Create a team, optionally as part of another team.

        Raises:
            DuplicateKeyError: another team has the name.
        """
        if parent_id is not None:
            uow.get(Team, parent_id)
        return uow.save(Team.create(uow.new_id("team"), name, at=uow.now, parent_id=parent_id))

    @command("users.set_roles")
    def set_roles(
        self, uow: UnitOfWork, user_id: UserId, roles: Sequence[str], /, *, idempotency_key: str | None = None
    ) -> User:
        """Replace the roles of a user."""
        return uow.save(uow.get(User, user_id).set_roles(roles, at=uow.now))

    @command("users.set_manager")
    def set_manager(
        self, uow: UnitOfWork, user_id: UserId, manager_id: UserId, /, *, idempotency_key: str | None = None
    ) -> User:
        """Set the manager of a user.

        Raises:
            BusinessRuleError: the manager is the user, or reports to the user.
        """
        manager = uow.get(User, manager_id)
        chain_ids = [user.id for user in management_chain(uow, manager_id)]
        return uow.save(uow.get(User, user_id).set_manager(manager, management_chain=chain_ids, at=uow.now))

    @command("users.set_calendar")
    def set_calendar(
        self, uow: UnitOfWork, user_id: UserId, calendar_id: CalendarId | None, /, *, idempotency_key: str | None = None
    ) -> User:
        """Set the work calendar of a user; None means the company's calendar.

        Raises:
            NotFoundError: the calendar does not exist.
        """
        known_calendar_id = None if calendar_id is None else uow.get(WorkCalendar, calendar_id).id
        return uow.save(uow.get(User, user_id).set_calendar(known_calendar_id, at=uow.now))

    @command("users.add_absence")
    def add_absence(
        self,
        uow: UnitOfWork,
        user_id: UserId,
        /,
        *,
        since: datetime,
        until: datetime,
        reason: str = "",
        idempotency_key: str | None = None,
    ) -> User:
        """Add an absence. An absent user gets no new work.

        Raises:
            OutOfRangeError: the absence ends before it begins.
        """
        return uow.save(uow.get(User, user_id).add_absence(Period(since, until), at=uow.now, reason=reason))

    @command("users.end_absence")
    def end_absence(self, uow: UnitOfWork, user_id: UserId, /, *, idempotency_key: str | None = None) -> User:
        """End the absence of a user now."""
        return uow.save(uow.get(User, user_id).end_absence(at=uow.now))

    @command("users.deactivate")
    def deactivate(self, uow: UnitOfWork, user_id: UserId, /, *, idempotency_key: str | None = None) -> User:
        """Deactivate a user, who gets no new work.

        The next `run_due_jobs` transfers the user's open complaints and inquiries to other users.
        """
        deactivated = uow.save(uow.get(User, user_id).deactivate(at=uow.now))
        schedule_job(uow, USER_DEACTIVATED, deactivated.id, at=uow.now)
        return deactivated

    @query("users.get")
    def get(self, uow: UnitOfWork, user_id: UserId, /) -> User:
        """Return a user."""
        return uow.get(User, user_id)

    @query("users.list")
    def list(self, uow: UnitOfWork, /, *, role: str | None = None) -> Sequence[User]:
        """List all users, or the users with a role."""
        if role is None:
            return uow.find(User)
        return uow.find(User, HasChild("role_assignments", Eq("role", checked_text("role", role, max_length=60))))

    @query("users.list_teams")
    def list_teams(self, uow: UnitOfWork, /) -> Sequence[Team]:
        """List all teams."""
        return uow.find(Team)

    @query("users.management_chain")
    def management_chain(self, uow: UnitOfWork, user_id: UserId, /) -> Sequence[User]:
        """Return the managers above a user, nearest first."""
        return management_chain(uow, uow.get(User, user_id).id)
