"""Every example in a Markdown page is a test. A page's examples share one namespace and run in an empty folder."""

import sys
from contextlib import ExitStack, chdir
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from tempfile import TemporaryDirectory
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def _enter_temporary_folder(page: dict[str, Any]) -> None:
    page["_way_back"] = previous_folder = ExitStack()
    previous_folder.enter_context(chdir(previous_folder.enter_context(TemporaryDirectory())))


def _leave_temporary_folder(page: dict[str, Any]) -> None:
    if "django.conf" in sys.modules:  # which a page has configured, as the tests do
        from tests.django_host import forget

        forget()
    page["_way_back"].close()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE)],
    pattern="*.md",
    setup=_enter_temporary_folder,
    teardown=_leave_temporary_folder,
).pytest()
