"""Requirements: exit criteria of a stage, checked by `deals.gate`."""

from enum import Enum

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value


class RequirementKind(Enum):
    """The kinds of requirement, with their argument in brackets."""

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
    """One exit criterion of a stage.

    Attributes:
        kind: of the requirement.
        argument: such as a kind of task; see `RequirementKind`.
    """

    kind: RequirementKind = fields.enum(RequirementKind)
    argument: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)


@value
class UnmetRequirement:
    """A requirement that a deal does not meet."""

    kind: RequirementKind = fields.enum(RequirementKind)
    argument: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)

    def __str__(self) -> str:
        return f"{self.kind.value.replace('_', ' ')}{f' {self.argument!r}' if self.argument else ''}"
