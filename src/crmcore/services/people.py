"""The people of the house: joining, leaving, being away, and who reports to whom."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from crmcore.domain.criteria import Has, Is
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CalendarId, TeamId, UserId
from crmcore.domain.people import Team, User
from crmcore.domain.values.period import Period
from crmcore.domain.worktime.calendar import WorkCalendar
from crmcore.services.house import House, story, view
from crmcore.services.steps.agenda import USER_LEFT, schedule
from crmcore.services.steps.people import line_of
from crmcore.services.unit import Unit


@frozen
class People:
    """Users and teams."""

    house: House

    @story("people.add")
    def add(
        self,
        unit: Unit,
        name: str,
        /,
        *,
        roles: Sequence[str] = (),
        login: str | None = None,
        email: str | None = None,
        language: str | None = None,
        team: TeamId | None = None,
        supervisor: UserId | None = None,
        key: str | None = None,
    ) -> User:
        """Welcome a person.

        Args:
            roles: what the person may be asked to do, in the house's words: ``manager``, ``measurer``.
            login: the host's own key of the person, if it has one.

        Raises:
            NotFound: no such team or supervisor.
            Taken: somebody has that login.
        """
        if team is not None:
            unit.get(Team, team)
        if supervisor is not None:
            unit.get(User, supervisor)
        return unit.save(
            User.add(
                unit.id("user"),
                name,
                at=unit.now,
                roles=roles,
                login=login,
                email=email,
                language=language or self.house.language,
                team=team,
                supervisor=supervisor,
            )
        )

    @story("people.form_team")
    def form_team(self, unit: Unit, name: str, /, *, parent: TeamId | None = None, key: str | None = None) -> Team:
        """Form a team, as part of another or on its own.

        Raises:
            Taken: there is a team of that name.
        """
        if parent is not None:
            unit.get(Team, parent)
        return unit.save(Team.form(unit.id("team"), name, at=unit.now, parent=parent))

    @story("people.give_roles")
    def give_roles(self, unit: Unit, id: UserId, roles: Sequence[str], /, *, key: str | None = None) -> User:
        """Let a person hold these roles, and no others."""
        return unit.save(unit.get(User, id).give_roles(roles, at=unit.now))

    @story("people.report_to")
    def report_to(self, unit: Unit, id: UserId, supervisor: UserId, /, *, key: str | None = None) -> User:
        """Put a person under a supervisor.

        Raises:
            RuleBroken: that supervisor stands below the person, or is the same.
        """
        above = unit.get(User, supervisor)
        line = [user.id for user in line_of(unit, supervisor)]
        return unit.save(unit.get(User, id).report_to(above, line=line, at=unit.now))

    @story("people.work_by")
    def work_by(self, unit: Unit, id: UserId, calendar: CalendarId | None, /, *, key: str | None = None) -> User:
        """Let a person work by a calendar of his or her own, or by the house's again.

        Raises:
            NotFound: no such calendar.
        """
        own = None if calendar is None else unit.get(WorkCalendar, calendar).id
        return unit.save(unit.get(User, id).work_by(own, at=unit.now))

    @story("people.go_away")
    def go_away(
        self,
        unit: Unit,
        id: UserId,
        /,
        *,
        since: datetime,
        until: datetime,
        reason: str = "",
        key: str | None = None,
    ) -> User:
        """Note that a person will be absent, and get no new work in that time.

        Raises:
            OutOfRange: it ends before it begins.
        """
        return unit.save(unit.get(User, id).go_away(Period(since, until), at=unit.now, reason=reason))

    @story("people.come_back")
    def come_back(self, unit: Unit, id: UserId, /, *, key: str | None = None) -> User:
        """End a person's absence now."""
        return unit.save(unit.get(User, id).come_back(at=unit.now))

    @story("people.leave")
    def leave(self, unit: Unit, id: UserId, /, *, key: str | None = None) -> User:
        """Say goodbye to a person, who gets no new work ever again. Complaints and inquiries pass to others at the next `run_due`."""
        gone = unit.save(unit.get(User, id).leave(at=unit.now))
        schedule(unit, USER_LEFT, gone.id, at=unit.now)
        return gone

    @view("people.get")
    def get(self, unit: Unit, id: UserId, /) -> User:
        """Read a person."""
        return unit.get(User, id)

    @view("people.list")
    def list(self, unit: Unit, /, *, role: str | None = None) -> Sequence[User]:
        """Read everybody, or all who hold a role."""
        if role is None:
            return unit.find(User)
        return unit.find(User, Has("posts", Is("role", checked_text("role", role, limit=60))))

    @view("people.teams")
    def teams(self, unit: Unit, /) -> Sequence[Team]:
        """Read all teams."""
        return unit.find(Team)

    @view("people.line")
    def line(self, unit: Unit, id: UserId, /) -> Sequence[User]:
        """Read everybody above a person, the nearest first."""
        return line_of(unit, unit.get(User, id).id)
