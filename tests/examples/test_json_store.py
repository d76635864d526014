"""A store of another kind keeps the promises; one that does not is found out."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test

from crmcore.ports import Store
from crmcore.testing.contract.suite import StoreContract
from crmcore.testing.differential.machine import DifferentialMachine
from examples.json_store import JsonStore
from tests.testing.test_differential import machine_settings

ROOT = Path(__file__).parents[2]

SELECTED_TESTS = "word_prefix or without_commit or stale_version or failed_commit or overridden"
"""The promises that are looked at, to save time: with all of them the broken stores fail more."""
BROKEN_STORES = """
import pytest
from examples.json_store import JsonStore
from crmcore.testing.contract.suite import StoreContract
from tests.testing import mutations as planted

class OverJson(StoreContract):
    capabilities = frozenset({"threads"})
    wrapper = planted.TransactionWrapper

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self._path = tmp_path / "crm.json"

    def make_store(self):
        return planted.MutatedStore(self.wrapper, JsonStore(self._path))

class TestStripsNames(OverJson):
    wrapper = planted.StripsNames

class TestIgnoresVersions(OverJson):
    wrapper = planted.IgnoresVersions

class TestCommitsOnExit(OverJson):
    wrapper = planted.CommitsOnExit

class TestOverridesContractTest(OverJson):
    def test_get_unknown_id_returns_none(self):
        pass
"""


class TestJsonStore(StoreContract):
    capabilities = frozenset({"threads"})

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self._path = tmp_path / "crm.json"

    def make_store(self) -> Store:
        return JsonStore(self._path)


def test_how_to_contains_example_store() -> None:
    """The how-to shows the store as it stands here, and runs it."""
    page = (ROOT / "docs" / "how-to" / "write-your-own-store.md").read_text("utf-8")

    assert (ROOT / "examples" / "json_store.py").read_text("utf-8") in page


def test_json_store_agrees_with_memory_store(tmp_path: Path) -> None:
    """A few hundred steps come to the same in one file."""

    class JsonAgrees(DifferentialMachine):
        def make_stores(self) -> Sequence[Store]:
            return [JsonStore(tmp_path / "crm.json")]

        def teardown(self) -> None:
            super().teardown()
            (tmp_path / "crm.json").unlink(missing_ok=True)

    run_state_machine_as_test(JsonAgrees, settings=machine_settings(4))

    assert JsonAgrees.executed.total() >= 200


def test_broken_store_fails_contract(tmp_path: Path) -> None:
    """Each planted bug fails at least one promise, and so does overriding one."""
    (tmp_path / "test_broken.py").write_text(BROKEN_STORES, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-rf",
        "--tb=no",
        "-k",
        SELECTED_TESTS,
        "--rootdir",
        str(ROOT),
    ]
    run = subprocess.run(
        [*command, "-c", str(ROOT / "pyproject.toml"), str(tmp_path / "test_broken.py")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    failed = set(re.findall(r"^FAILED .*::(Test\w+)::", run.stdout, re.MULTILINE))
    assert {"TestCommitsOnExit", "TestIgnoresVersions", "TestOverridesContractTest", "TestStripsNames"} == failed, (
        run.stdout
    )
    assert "test_contract_test_is_not_overridden" in run.stdout
