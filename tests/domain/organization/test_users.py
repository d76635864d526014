"""Users and teams: roles, managers, absences, calendars."""

from datetime import timedelta

import pytest

from crmcore import Period
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.organization.teams import Team
from crmcore.domain.organization.users import Absence
from crmcore.errors import BusinessRuleError, OutOfRangeError
from crmcore.testing.samples import NOON, Samples

DAY = timedelta(days=1)


def test_absence_covers_its_period() -> None:
    """An absence excludes its end; ending absences affects the present ones only."""
    user = Samples().user()
    absent = user.add_absence(Period(NOON, NOON + DAY), at=NOON, reason="sea").add_absence(
        Period(NOON + 2 * DAY, NOON + 3 * DAY), at=NOON
    )

    assert [absent.is_absent(NOON + h * DAY / 2) for h in range(8)] == [
        True,
        True,
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    assert user is user.end_absence(at=NOON)
    assert absent.end_absence(at=NOON + DAY / 2).absences[0] == Absence(Period(NOON, NOON + DAY / 2), "sea")
    assert absent.end_absence(at=NOON + DAY / 2).absences[1] == absent.absences[1]
    with pytest.raises(OutOfRangeError):
        user.add_absence(Period(NOON, NOON), at=NOON)


def test_user_roles_are_unique_and_ownership_needs_none() -> None:
    """Roles are unique; every user has the role owner."""
    user = Samples().user(roles=["manager", "manager", "measurer"], email=" Anna@Example.LV ")

    assert user.roles == ("manager", "measurer")
    assert user.email == "anna@example.lv"
    assert [user.has_role(role) for role in ("manager", "boss", OWNER)] == [True, False, True]
    assert user.set_roles(["boss"], at=NOON).roles == ("boss",)


def test_deactivate_user_is_final() -> None:
    """A second deactivation changes nothing."""
    left = Samples().user().deactivate(at=NOON)

    assert left is left.deactivate(at=NOON)
    assert "deactivated" == left.unavailability(NOON)
    assert "deactivated" == left.add_absence(Period(NOON, NOON + DAY), at=NOON).unavailability(NOON)


def test_set_manager_rejects_cycle() -> None:
    """A cycle of managers is rejected, direct or not."""
    samples = Samples()
    anna, boss = samples.user(), samples.user()

    assert anna.set_manager(boss, management_chain=[], at=NOON).manager_id == boss.id
    with pytest.raises(BusinessRuleError):
        anna.set_manager(anna, management_chain=[], at=NOON)
    with pytest.raises(BusinessRuleError):
        boss.set_manager(anna, management_chain=[boss.id], at=NOON)


def test_team_may_have_parent_team() -> None:
    """A team may be part of another."""
    samples = Samples()
    whole = Team.create(samples.id("team"), "Sales", at=NOON)
    branch = Team.create(samples.id("team"), "Riga", at=NOON, parent_id=whole.id)

    assert branch.parent_id == whole.id
    assert [event.name for event in branch.pending_events] == ["team.created"]


def test_user_calendar_is_optional() -> None:
    """A calendar can be set and unset; the same one records no event."""
    samples = Samples()
    calendar = samples.id("calendar")
    anna = samples.user().set_calendar(calendar, at=NOON)

    assert anna is anna.set_calendar(calendar, at=NOON)
    assert anna.calendar_id == calendar
    assert anna.set_calendar(None, at=NOON).calendar_id is None
