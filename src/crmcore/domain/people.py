"""The people of the house: who they are, what they may be asked to do, to whom they report, and when they are away.

Rule 1: work goes round in a ring. Whoever has waited longest and is present gets the next piece, so that nobody present is ever
two pieces ahead of another, whatever is reassigned by hand.
Rule 2: every choice explains itself: who was chosen, and why each of the others was not.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.part import several
from crmcore.domain.ids import CalendarId, RingId, TeamId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, record, value
from crmcore.domain.values.contact import email_key
from crmcore.domain.values.period import Period

OWNER: Final = "owner"
"""The role of whoever is responsible for a record; everybody may hold it."""


@value
class Post:
    """A role that a person holds."""

    role: str = fields.text(personal=False, limit=60)


@value
class Absence:
    """A time in which a person gets no new work."""

    period: Period = fields.part(Period)
    reason: str = fields.text(personal=True, default="", blank=True)


@record
class UserAdded(Event):
    """A person joined the house."""

    name: ClassVar[str] = "user.added"
    roles: tuple[str, ...] = fields.words(personal=False, default=())


@record
class UserChanged(Event):
    """A person's name, roles, team, supervisor or reachability changed."""

    name: ClassVar[str] = "user.changed"
    fields: tuple[str, ...] = fields.words(personal=False, default=())


@record
class UserWentAway(Event):
    """A person will be absent."""

    name: ClassVar[str] = "user.went_away"
    since: datetime = fields.moment()
    until: datetime = fields.moment()


@record
class UserLeft(Event):
    """A person left the house for good."""

    name: ClassVar[str] = "user.left"


@record
class User(Entity):
    """A person of the house. Who logs in, and how, is the host's affair; it may keep its own key in `login`.

    Attributes:
        calendar: by which the person works; the house's own when there is none.
    """

    shape: ClassVar[Shape] = Shape(
        "user",
        "users",
        unique=(("login",),),
        indexes=(("supervisor",), ("team",), ("posts.role",)),
        tables={"posts": "user_posts"},
    )

    id: UserId = fields.ref("user")
    name: str = fields.text(personal=True)
    login: str | None = fields.text(personal=True, optional=True, default=None)
    email: str | None = fields.text(personal=True, optional=True, default=None)
    language: str = fields.text(personal=False, limit=35, default="en")
    team: TeamId | None = fields.ref("team", optional=True, default=None)
    supervisor: UserId | None = fields.ref("user", optional=True, default=None)
    posts: tuple[Post, ...] = fields.parts(Post, default=())
    absences: tuple[Absence, ...] = fields.parts(Absence, personal=True, default=())
    calendar: CalendarId | None = fields.ref("calendar", optional=True, default=None)
    active: bool = fields.flag(default=True)
    added_at: datetime = fields.moment()

    @classmethod
    def add(
        cls,
        id: UserId,
        name: str,
        *,
        at: datetime,
        roles: Sequence[str] = (),
        login: str | None = None,
        email: str | None = None,
        language: str = "en",
        team: TeamId | None = None,
        supervisor: UserId | None = None,
    ) -> Self:
        """Welcome a person.

        Raises:
            InvalidInput: a name, role, login or address that cannot be.
        """
        return cls(
            id=id,
            name=name,
            login=login,
            email=None if email is None else email_key(email),
            language=language,
            team=team,
            supervisor=supervisor,
            posts=_posts(roles),
            added_at=at,
            pending=(UserAdded(at=at, roles=tuple(roles)),),
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the person holds."""
        return tuple(post.role for post in self.posts)

    def holds(self, role: str) -> bool:
        """Tell whether work for that role may go to the person."""
        return role == OWNER or any(post.role == role for post in self.posts)

    def is_away(self, at: datetime) -> bool:
        """Tell whether the person is absent at that moment."""
        return any(at in absence.period for absence in self.absences)

    def unavailable(self, at: datetime) -> str:
        """Why the person gets no work at that moment, as a word; nothing when there is no reason."""
        if not self.active:
            return "left"
        return "absent" if self.is_away(at) else ""

    def give_roles(self, roles: Sequence[str], *, at: datetime) -> Self:
        """Let the person hold these roles, and no others."""
        return self._after(UserChanged(at=at, fields=("roles",)), posts=_posts(roles))

    def report_to(self, supervisor: "User", *, line: Sequence[UserId], at: datetime) -> Self:
        """Put the person under a supervisor.

        Args:
            supervisor: the new one.
            line: the supervisor's own supervisors, up to the top.
            at: now.

        Raises:
            RuleBroken: the person stands above that supervisor already, or is the same.
        """
        if self.id == supervisor.id or self.id in line:
            raise RuleBroken(self.id, "supervisors_in_a_circle", "cannot report to somebody who reports to them")
        return self._after(UserChanged(at=at, fields=("supervisor",)), supervisor=supervisor.id)

    def work_by(self, calendar: CalendarId | None, *, at: datetime) -> Self:
        """Let the person work by a calendar, or by the house's own again."""
        if calendar == self.calendar:
            return self
        return self._after(UserChanged(at=at, fields=("calendar",)), calendar=calendar)

    def go_away(self, period: Period, *, at: datetime, reason: str = "") -> Self:
        """Note an absence.

        Raises:
            OutOfRange: the period has no length.
        """
        if not period.length:
            raise OutOfRange("absence.period", "must have a length")
        return self._after(
            UserWentAway(at=at, since=period.since, until=period.until),
            absences=(*self.absences, Absence(period, reason)),
        )

    def come_back(self, *, at: datetime) -> Self:
        """End every absence that covers this moment."""
        absences = tuple(Absence(Period(a.period.since, at), a.reason) if at in a.period else a for a in self.absences)
        if absences == self.absences:
            return self
        return self._after(UserChanged(at=at, fields=("absences",)), absences=absences)

    def leave(self, *, at: datetime) -> Self:
        """Say goodbye: the person gets no new work ever again. What he or she owned is handed over separately."""
        return self._after(UserLeft(at=at), active=False) if self.active else self


def _posts(roles: Sequence[str]) -> tuple[Post, ...]:
    return tuple(Post(role) for role in several("user.roles", roles))


@record
class TeamFormed(Event):
    """A team was formed."""

    name: ClassVar[str] = "team.formed"


@record
class Team(Entity):
    """A unit of the house: a branch, a department, a shift. Reports compare teams side by side."""

    shape: ClassVar[Shape] = Shape("team", "teams", unique=(("name",),))

    id: TeamId = fields.ref("team")
    name: str = fields.text(personal=False)
    parent: TeamId | None = fields.ref("team", optional=True, default=None)
    formed_at: datetime = fields.moment()

    @classmethod
    def form(cls, id: TeamId, name: str, *, at: datetime, parent: TeamId | None = None) -> Self:
        """Form a team, as part of another or on its own."""
        return cls(id=id, name=name, parent=parent, formed_at=at, pending=(TeamFormed(at=at),))


@value
class Rejected:
    """A candidate who was not chosen, and why."""

    user: UserId = fields.ref("user")
    reason: str = fields.text(personal=False)


@record
class Assignment:
    """Who gets a piece of work, and why nobody else does.

    Attributes:
        user: the one chosen; None when nobody could be.
        rule: what decided: ``ring``, ``owner``, ``participant``, ``asked``.
        rejected: all the others, with the reason for each.
    """

    user: UserId | None = fields.ref("user", optional=True, default=None)
    rule: str = fields.text(personal=False)
    rejected: tuple[Rejected, ...] = fields.parts(Rejected, default=())


@record
class RingTurned(Event):
    """A ring gave a piece of work to the one who had waited longest."""

    name: ClassVar[str] = "ring.turned"
    user: UserId = fields.ref("user")


@record
class Ring(Entity):
    """The order in which the holders of a role take turns.

    Attributes:
        key: what goes round: a funnel's id and a role.
        queue: those who had a turn, the one who waited longest first. Whoever is not in it has waited longer still.
    """

    shape: ClassVar[Shape] = Shape("ring", "rings", unique=(("key",),))

    id: RingId = fields.ref("ring")
    key: str = fields.text(personal=False)
    queue: tuple[str, ...] = fields.words(personal=False, most=10_000, default=())

    def turn(self, candidates: Sequence[User], *, at: datetime) -> tuple[Self, Assignment]:
        """Choose who takes the next piece of work, and let the ring turn.

        Args:
            candidates: the holders of the role, in any order.
            at: now; who is absent at that moment is passed over and keeps the place in the queue.
        """
        waited: Mapping[str, int] = {user: place for place, user in enumerate(self.queue)}
        rejected = []
        chosen: User | None = None
        for user in sorted(candidates, key=lambda u: (waited.get(u.id, -1), u.id)):
            if reason := user.unavailable(at):
                rejected.append(Rejected(user.id, reason))
            elif chosen is None:
                chosen = user
            else:
                rejected.append(Rejected(user.id, "waited_less"))
        if chosen is None:
            return self, Assignment(rule="ring", rejected=tuple(rejected))
        queue = (*(user for user in self.queue if user != chosen.id), chosen.id)
        turned = self._after(RingTurned(at=at, user=chosen.id), queue=queue)
        return turned, Assignment(user=chosen.id, rule="ring", rejected=tuple(rejected))
