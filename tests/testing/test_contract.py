"""What a store need not offer has a name: who does not offer it keeps the other promises, and who claims it in vain is found out."""

import subprocess
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from crmcore.testing.contract import OPTIONAL

ROOT: Final = Path(__file__).parents[2]
CLAIMS: Final = """
import pytest
from crmcore import MemoryStore
from crmcore.testing.contract import OPTIONAL, StoreContract
from examples.json_store import JsonStore

class OnJson(StoreContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self._path = tmp_path / "crm.json"

    def make_store(self):
        return JsonStore(self._path)

class TestHonest(OnJson):
    offers = frozenset()

class TestBoaster(OnJson):
    offers = frozenset(OPTIONAL)

class TestMisspelt(OnJson):
    offers = frozenset({"thread"})

class TestModest(StoreContract):
    offers = frozenset({"threads"})

    def make_store(self):
        return MemoryStore()
"""
IN_VAIN: Final = {
    "test_a_batch_in_conflict_has_not_happened",
    "test_a_batch_is_of_one_tenant",
    "test_a_batch_lasts_as_a_whole",
    "test_a_batch_that_has_ended_refuses",
    "test_a_batch_without_commit_has_not_happened",
    "test_a_story_of_a_batch_that_has_ended_refuses",
    "test_a_story_of_a_batch_undoes_only_itself",
    "test_tallies_are_answered_set_wise",
    "test_what_is_worked_on_is_passed_over",
}
"""What a store in a file cannot keep when it claims everything."""


def test_claims_are_looked_at(tmp_path: Path) -> None:
    """Nothing that is offered goes unproved, and nothing else is asked for."""
    (tmp_path / "test_claims.py").write_text(CLAIMS, encoding="utf-8")
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
    assert outcomes["Honest", "skipped"] == IN_VAIN | {
        "test_no_fact_is_lost_between_writers",
        "test_no_update_is_lost_between_threads",
        "test_one_of_many_rivals_gets_the_key",
        "test_two_workers_do_not_do_the_same_work",
    }
    assert ("Boaster", "skipped") not in outcomes
    assert {*outcomes["Boaster", "failure"], *outcomes.get(("Boaster", "error"), ())} == IN_VAIN
    assert outcomes["Misspelt", "failure"] == {"test_what_it_offers_has_a_name"}
    assert outcomes["Modest", "failure"] == {"test_what_it_offers_is_told"}


def test_the_page_names_what_is_optional() -> None:
    """The how-to says of each name what it means."""
    page = (ROOT / "docs" / "how-to" / "write-your-own-store.md").read_text("utf-8")

    assert [] == [name for name, meaning in OPTIONAL.items() if f"| `{name}` | {meaning} |" not in page]
