"""Nothing that is typed into a form becomes a header, a recipient or a body of a mail."""

import random

import pytest

from tests.payloads.payloads import digest
from tests.reliability.mail_injection import BREAKS, MUTATIONS, PAYLOADS, check


def test_mail_equals_queued_message() -> None:
    """All payloads in every field of a letter and in every form: our headers, our recipient, and each text as it was typed."""
    verdict = check(random.Random(1), 5, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """Headers that the mail library encodes, as before, and every check that is left out, are found."""
    verdict = check(random.Random(1), 0, mutation)

    assert verdict.misses[BREAKS[mutation]] > 0


def test_payloads_are_never_removed() -> None:
    """No payload is taken out of the file."""
    assert len(PAYLOADS) >= 106
    assert "75db41a0cb9e8608" == digest("mail", 106)
