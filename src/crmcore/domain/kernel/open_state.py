"""Where a record stands: some things are done only while it is open."""

from typing import Any, Protocol

from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.rules import BusinessRuleError


class HasOpenState(Protocol):
    """A state that knows whether there is still something to be done."""

    @property
    def value(self) -> Any:
        """The state's word."""

    @property
    def is_open(self) -> bool:
        """Whether there is still something to be done."""


def require_open(record: Entity, state: HasOpenState, verb: str) -> None:
    """Let something be done with a record that is open, or not.

    Raises:
        BusinessRuleError: it is not open; the rule is named after its kind, as in ``task_not_open``.
    """
    if not state.is_open:
        raise BusinessRuleError(
            record.id, f"{record.meta.prefix}_not_open", f"is {state.value}; reopen it to {verb} it"
        )
