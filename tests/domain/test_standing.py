"""What is done only while a record is open is refused alike, whatever the record is."""

from collections.abc import Callable
from typing import Final

import pytest

from crmcore.domain.clocks.marks import Answer
from crmcore.domain.worktime.time import ALWAYS
from crmcore.errors import RuleBroken
from crmcore.testing.samples import NOON, Samples
from tests.domain.test_complaints import receive
from tests.domain.test_inquiries import ask

TASK: Final = Samples().task(due_at=NOON).complete(at=NOON)
INQUIRY: Final = ask().resolve("With a cloth", time=ALWAYS, at=NOON)
COMPLAINT: Final = receive().resolve("Replaced", time=ALWAYS, at=NOON)
REFUSED: Final[dict[str, tuple[str, Callable[[], object]]]] = {
    "task_not_open": ("is done; reopen it to reassign it", lambda: TASK.reassign(None, at=NOON)),
    "inquiry_not_open": (
        "is answered; reopen it to go on with it",
        lambda: INQUIRY.reply(Answer(), time=ALWAYS, at=NOON),
    ),
    "complaint_not_open": ("is resolved; reopen it to go on with it", lambda: COMPLAINT.hear(time=ALWAYS, at=NOON)),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_over_is_reopened_first(code: str) -> None:
    """The refusal says where the record stands and what to do, and its rule is named after the kind of record."""
    advice, refused = REFUSED[code]
    with pytest.raises(RuleBroken) as caught:
        refused()

    assert (code, advice) == (caught.value.rule, caught.value.advice)
