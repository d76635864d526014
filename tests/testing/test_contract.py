"""What a store need not offer has a name: who does not offer it keeps the other promises, and who claims it in vain is found out."""

import subprocess
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from crmcore.testing.contract.suite import CAPABILITIES

ROOT: Final = Path(__file__).parents[2]
CONTRACT_TESTS: Final = """
import pytest
from crmcore import MemoryStore
from crmcore.testing.contract.suite import CAPABILITIES, StoreContract
from examples.json_store import JsonStore

class OnJson(StoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self._path = tmp_path / "crm.json"

    def make_store(self):
        return JsonStore(self._path)

class TestHonest(OnJson):
    capabilities = frozenset()

class TestBoaster(OnJson):
    capabilities = frozenset(CAPABILITIES)

class TestMisspelt(OnJson):
    capabilities = frozenset({"thread"})

class TestModest(StoreContract):
    capabilities = frozenset({"threads"})

    def make_store(self):
        return MemoryStore()
"""
UNSUPPORTED_TESTS: Final = {
    "test_batch_with_duplicate_key_keeps_nothing",
    "test_batch_of_other_tenant_is_rejected",
    "test_batch_commit_keeps_all_commands",
    "test_ended_batch_rejects_begin_and_commit",
    "test_batch_without_commit_keeps_nothing",
    "test_ended_transaction_of_batch_rejects_every_method",
    "test_failed_command_in_batch_rolls_back_only_itself",
    "test_grouped_count_is_computed_by_store",
    "test_find_skip_locked_skips_records_of_open_transaction",
}
"""What a store in a file cannot keep when it claims everything."""


def test_declared_capability_is_tested(tmp_path: Path) -> None:
    """Nothing that is offered goes unproved, and nothing else is asked for."""
    (tmp_path / "test_claims.py").write_text(CONTRACT_TESTS, encoding="utf-8")
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    run = subprocess.run(
        [*command, "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), str(tmp_path / "test_claims.py")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    outcomes: dict[tuple[str, str], set[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        store, promise = case.attrib["classname"].rpartition(".Test")[2], case.attrib["name"].partition("[")[0]
        outcome = next((child.tag for child in case), "passed")
        outcomes.setdefault((store, outcome), set()).add(promise)

    assert ("Honest", "failure") not in outcomes, run.stdout
    assert outcomes["Honest", "skipped"] == UNSUPPORTED_TESTS | {
        "test_concurrent_writers_lose_no_event",
        "test_concurrent_updates_with_retry_lose_nothing",
        "test_concurrent_claims_of_unique_key_succeed_once",
        "test_concurrent_workers_lease_each_message_once",
    }
    assert ("Boaster", "skipped") not in outcomes
    assert {*outcomes["Boaster", "failure"], *outcomes.get(("Boaster", "error"), ())} == UNSUPPORTED_TESTS
    assert outcomes["Misspelt", "failure"] == {"test_capability_name_is_known"}
    assert outcomes["Modest", "failure"] == {"test_supported_capability_is_declared"}


def test_how_to_lists_every_capability() -> None:
    """The how-to says of each name what it means."""
    page = (ROOT / "docs" / "how-to" / "write-your-own-store.md").read_text("utf-8")

    assert [] == [name for name, meaning in CAPABILITIES.items() if f"| `{name}` | {meaning} |" not in page]
