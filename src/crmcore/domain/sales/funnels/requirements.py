"""What a stage may ask for before a deal leaves it, as data. What each rule means stands in `deals.gate`."""

from enum import Enum

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value


class RequirementKind(Enum):
    """What can be asked for. The argument that a rule takes stands in brackets."""

    VALUE = "value"
    EXPECTED_CLOSE = "expected_close"
    NEXT_STEP = "next_step"
    LINE_ITEMS = "line_items"
    ATTACHMENT = "attachment"
    PARTICIPANT = "participant"  # (role)
    CUSTOM_FIELD = "custom_field"  # (name)
    TASK_DONE = "task_done"  # (kind of task)
    NO_OPEN_TASKS = "no_open_tasks"  # (kind of task, or any)
    INTERACTION = "interaction"  # (kind of interaction, or any)


@value
class Requirement:
    """One thing that a stage asks for.

    Attributes:
        kind: what.
        argument: what it is about, such as a kind of task; see `RequirementKind`.
    """

    kind: RequirementKind = fields.enum(RequirementKind)
    argument: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)


@value
class UnmetRequirement:
    """One thing that is missing: machine-readable, and translatable by its word."""

    kind: RequirementKind = fields.enum(RequirementKind)
    argument: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)

    def __str__(self) -> str:
        return f"{self.kind.value.replace('_', ' ')}{f' {self.argument!r}' if self.argument else ''}"
