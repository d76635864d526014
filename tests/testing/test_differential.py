"""Memory and SQL agree, and whatever does not agree is found."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore import Crm, SqlStore
from crmcore.ports import Store
from crmcore.testing.differential.machine import DifferentialMachine
from crmcore.testing.differential.operations import CRM_METHODS, operations, service_names
from tests.testing.mutations import MUTATIONS, MutatedStore

NON_COMMANDS = {"acting_as", "batch", "close", "for_tenant", "open", "with_store"}
"""Methods of `Crm` that are no commands. The machine has a separate rule for batches."""
STEPS = 50
"""How many steps a run has."""


class SqliteMachine(DifferentialMachine):
    def make_stores(self) -> Sequence[Store]:
        return [SqlStore.open("sqlite://")]


def machine_settings(runs: int, *phases: Phase) -> settings:
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


def test_every_command_and_query_is_a_rule() -> None:
    """What can be asked of `Crm` is a rule of the machine, with every argument."""
    rules = {rule.function.__name__ for rule in SqliteMachine().rules}

    assert len(rules) > 100
    assert rules >= {operation.path.replace(".", "_") for operation in operations()}
    assert {operation.path.partition(".")[0] for operation in operations()} == {*service_names(), *CRM_METHODS}
    assert {name for name in dir(Crm) if not name.startswith("_")} == {*service_names(), *CRM_METHODS, *NON_COMMANDS}
    assert [] == [
        (operation.path, operation.omitted_arguments) for operation in operations() if operation.omitted_arguments
    ]


@pytest.mark.timeout(600)
def test_memory_and_sqlite_agree() -> None:
    """Ten thousand steps: answers, refusals, facts, records, entries and letters are the same."""
    run_state_machine_as_test(SqliteMachine, settings=machine_settings(170))

    assert SqliteMachine.executed.total() >= 10_000
    assert len(SqliteMachine.executed) >= 0.95 * len(operations())


@pytest.mark.postgresql
@pytest.mark.timeout(600)
def test_memory_sqlite_and_postgresql_agree(postgresql_url: str) -> None:
    """Three sides in lock-step."""
    SqlStore.open(postgresql_url).close()

    class ThreeAgree(DifferentialMachine):
        def make_stores(self) -> Sequence[Store]:
            return [SqlStore.open("sqlite://"), SqlStore.open(postgresql_url, create=False)]

    run_state_machine_as_test(ThreeAgree, settings=machine_settings(15))

    assert ThreeAgree.executed.total() >= 700


@pytest.mark.parametrize("bug", MUTATIONS)
def test_mutation_is_found(bug: str) -> None:
    """A store with a bug is detected within a bounded number of steps."""

    class Mutated(DifferentialMachine):
        def make_stores(self) -> Sequence[Store]:
            return [MutatedStore(MUTATIONS[bug])]

    with pytest.raises(Exception, match=r".+"):
        run_state_machine_as_test(Mutated, settings=machine_settings(600, Phase.generate))


def test_wrapper_without_mutation_agrees() -> None:
    """A store that is only wrapped agrees: what is found is the bug, and not the coat."""
    from tests.testing.mutations import TransactionWrapper

    class Wrapped(DifferentialMachine):
        def make_stores(self) -> Sequence[Store]:
            return [MutatedStore(TransactionWrapper)]

    run_state_machine_as_test(Wrapped, settings=machine_settings(20))

    assert Wrapped.executed.total() >= 1_000
