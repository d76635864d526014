"""Where a record stands: some things are done only while it is open."""

from typing import Any, Protocol

from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.kernel import Entity


class Standing(Protocol):
    """A state that knows whether there is still something to be done."""

    @property
    def value(self) -> Any:
        """The state's word."""

    @property
    def is_open(self) -> bool:
        """Whether there is still something to be done."""


def check_open(record: Entity, state: Standing, verb: str) -> None:
    """Let something be done with a record that is open, or not.

    Raises:
        RuleBroken: it is not open; the rule is named after its kind, as in ``task_not_open``.
    """
    if not state.is_open:
        raise RuleBroken(record.id, f"{record.shape.kind}_not_open", f"is {state.value}; reopen it to {verb} it")
