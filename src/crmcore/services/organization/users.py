"""The people of the house: joining, leaving, being away, and who reports to whom."""

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
    """Users and teams."""

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
        """Welcome a person.

        Args:
            roles: what the person may be asked to do, in the house's words: ``manager``, ``measurer``.
            login: the host's own key of the person, if it has one.

        Raises:
            NotFoundError: no such team or supervisor.
            DuplicateKeyError: somebody has that login.
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
        """Form a team, as part of another or on its own.

        Raises:
            DuplicateKeyError: there is a team of that name.
        """
        if parent_id is not None:
            uow.get(Team, parent_id)
        return uow.save(Team.create(uow.new_id("team"), name, at=uow.now, parent_id=parent_id))

    @command("users.set_roles")
    def set_roles(
        self, uow: UnitOfWork, user_id: UserId, roles: Sequence[str], /, *, idempotency_key: str | None = None
    ) -> User:
        """Let a person hold these roles, and no others."""
        return uow.save(uow.get(User, user_id).set_roles(roles, at=uow.now))

    @command("users.set_manager")
    def set_manager(
        self, uow: UnitOfWork, user_id: UserId, manager_id: UserId, /, *, idempotency_key: str | None = None
    ) -> User:
        """Put a person under a supervisor.

        Raises:
            BusinessRuleError: that supervisor stands below the person, or is the same.
        """
        manager = uow.get(User, manager_id)
        chain_ids = [user.id for user in management_chain(uow, manager_id)]
        return uow.save(uow.get(User, user_id).set_manager(manager, management_chain=chain_ids, at=uow.now))

    @command("users.set_calendar")
    def set_calendar(
        self, uow: UnitOfWork, user_id: UserId, calendar_id: CalendarId | None, /, *, idempotency_key: str | None = None
    ) -> User:
        """Let a person work by a calendar of his or her own, or by the house's again.

        Raises:
            NotFoundError: no such calendar.
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
        """Note that a person will be absent, and get no new work in that time.

        Raises:
            OutOfRangeError: it ends before it begins.
        """
        return uow.save(uow.get(User, user_id).add_absence(Period(since, until), at=uow.now, reason=reason))

    @command("users.end_absence")
    def end_absence(self, uow: UnitOfWork, user_id: UserId, /, *, idempotency_key: str | None = None) -> User:
        """End a person's absence now."""
        return uow.save(uow.get(User, user_id).end_absence(at=uow.now))

    @command("users.deactivate")
    def deactivate(self, uow: UnitOfWork, user_id: UserId, /, *, idempotency_key: str | None = None) -> User:
        """Say goodbye to a person, who gets no new work ever again. Complaints and inquiries pass to others at the next `run_due_jobs`."""
        deactivated = uow.save(uow.get(User, user_id).deactivate(at=uow.now))
        schedule_job(uow, USER_DEACTIVATED, deactivated.id, at=uow.now)
        return deactivated

    @query("users.get")
    def get(self, uow: UnitOfWork, user_id: UserId, /) -> User:
        """Read a person."""
        return uow.get(User, user_id)

    @query("users.list")
    def list(self, uow: UnitOfWork, /, *, role: str | None = None) -> Sequence[User]:
        """Read everybody, or all who hold a role."""
        if role is None:
            return uow.find(User)
        return uow.find(User, HasChild("role_assignments", Eq("role", checked_text("role", role, max_length=60))))

    @query("users.list_teams")
    def list_teams(self, uow: UnitOfWork, /) -> Sequence[Team]:
        """Read all teams."""
        return uow.find(Team)

    @query("users.management_chain")
    def management_chain(self, uow: UnitOfWork, user_id: UserId, /) -> Sequence[User]:
        """Read everybody above a person, the nearest first."""
        return management_chain(uow, uow.get(User, user_id).id)
