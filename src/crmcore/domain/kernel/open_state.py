"""Open and closed states: some commands need an open record."""

from typing import Any, Protocol

from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.rules import BusinessRuleError


class HasOpenState(Protocol):
    """A state that is open or closed."""

    @property
    def value(self) -> Any:
        """The name of the state."""

    @property
    def is_open(self) -> bool:
        """Whether the record is still open."""


def require_open(record: Entity, state: HasOpenState, verb: str) -> None:
    """Check that a record is open.

    Raises:
        BusinessRuleError: it is not. The rule is named after the entity, as in ``task_not_open``.
    """
    if not state.is_open:
        raise BusinessRuleError(
            record.id, f"{record.meta.prefix}_not_open", f"is {state.value}; reopen it to {verb} it"
        )
