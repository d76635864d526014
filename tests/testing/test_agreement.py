"""Memory and SQL agree, and whatever does not agree is found."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore import Crm, SqlStore
from crmcore.services.ports import Store
from crmcore.testing.agreement.machine import AgreementMachine
from crmcore.testing.agreement.repertoire import DOORS, repertoire, rooms
from tests.testing.sabotages import SABOTAGES, SabotagedStore

NO_STORIES = {"acting_as", "batch", "close", "for_tenant", "open", "using"}
"""What the front door has besides rooms and stories. The machine has a rule of its own for batches."""
STEPS = 50
"""How many steps a run has."""


class SqliteAgrees(AgreementMachine):
    def make_stores(self) -> Sequence[Store]:
        return [SqlStore.open("sqlite://")]


def settled(runs: int, *phases: Phase) -> settings:
    """So many runs, the same each time."""
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=phases or (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def test_every_story_and_view_is_a_rule() -> None:
    """What can be asked of `Crm` is a rule of the machine, with every argument."""
    rules = {rule.function.__name__ for rule in SqliteAgrees().rules}

    assert len(rules) > 100
    assert rules >= {story.path.replace(".", "_") for story in repertoire()}
    assert {story.path.partition(".")[0] for story in repertoire()} == {*rooms(), *DOORS}
    assert {name for name in dir(Crm) if not name.startswith("_")} == {*rooms(), *DOORS, *NO_STORIES}
    assert [] == [(story.path, story.silent) for story in repertoire() if story.silent]


@pytest.mark.timeout(600)
def test_memory_and_sqlite_agree() -> None:
    """Ten thousand steps: answers, refusals, facts, records, entries and letters are the same."""
    run_state_machine_as_test(SqliteAgrees, settings=settled(170))

    assert SqliteAgrees.told.total() >= 10_000
    assert len(SqliteAgrees.told) >= 0.95 * len(repertoire())


@pytest.mark.postgresql
@pytest.mark.timeout(600)
def test_memory_sqlite_and_postgresql_agree(postgresql_url: str) -> None:
    """Three sides in lock-step."""
    SqlStore.open(postgresql_url).close()

    class ThreeAgree(AgreementMachine):
        def make_stores(self) -> Sequence[Store]:
            return [SqlStore.open("sqlite://"), SqlStore.open(postgresql_url, create=False)]

    run_state_machine_as_test(ThreeAgree, settings=settled(15))

    assert ThreeAgree.told.total() >= 700


@pytest.mark.parametrize("bug", SABOTAGES)
def test_a_planted_bug_is_found(bug: str) -> None:
    """A store that breaks one promise is told from one that keeps it, within a bounded number of steps."""

    class Sabotaged(AgreementMachine):
        def make_stores(self) -> Sequence[Store]:
            return [SabotagedStore(SABOTAGES[bug])]

    with pytest.raises(Exception, match=r".+"):
        run_state_machine_as_test(Sabotaged, settings=settled(600, Phase.generate))


def test_the_coat_itself_is_no_bug() -> None:
    """A store that is only wrapped agrees: what is found is the bug, and not the coat."""
    from tests.testing.sabotages import Coat

    class Wrapped(AgreementMachine):
        def make_stores(self) -> Sequence[Store]:
            return [SabotagedStore(Coat)]

    run_state_machine_as_test(Wrapped, settings=settled(20))

    assert Wrapped.told.total() >= 1_000
