"""Commands that need an open record reject a closed one with the same error."""

from collections.abc import Callable
from typing import Final

import pytest

from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN
from crmcore.domain.sla.targets import Reply
from crmcore.errors import BusinessRuleError
from crmcore.testing.samples import NOON, Samples
from tests.domain.service.cases.test_complaints import receive_complaint
from tests.domain.service.cases.test_inquiries import receive_inquiry

TASK: Final = Samples().task(due_at=NOON).complete(at=NOON)
INQUIRY: Final = receive_inquiry().resolve("With a cloth", business_hours=ALWAYS_OPEN, at=NOON)
COMPLAINT: Final = receive_complaint().resolve("Replaced", business_hours=ALWAYS_OPEN, at=NOON)
CLOSED_RECORD_ERRORS: Final[dict[str, tuple[str, Callable[[], object]]]] = {
    "task_not_open": ("is done; reopen it to reassign it", lambda: TASK.reassign(None, at=NOON)),
    "inquiry_not_open": (
        "is answered; reopen it to go on with it",
        lambda: INQUIRY.log_reply(Reply(), business_hours=ALWAYS_OPEN, at=NOON),
    ),
    "complaint_not_open": (
        "is resolved; reopen it to go on with it",
        lambda: COMPLAINT.log_customer_reply(business_hours=ALWAYS_OPEN, at=NOON),
    ),
}


@pytest.mark.parametrize("code", CLOSED_RECORD_ERRORS)
def test_change_of_closed_record_is_rejected_with_hint(code: str) -> None:
    """The error has the state and a hint; its rule is named after the entity."""
    advice, refused = CLOSED_RECORD_ERRORS[code]
    with pytest.raises(BusinessRuleError) as caught:
        refused()

    assert (code, advice) == (caught.value.rule, caught.value.hint)
