"""Stage actions: what happens when a deal enters a stage."""

from datetime import timedelta
from typing import Final

from crmcore.domain.activities.tasks import Priority
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.organization.roles import OWNER


@record
class CreateTask:
    """On entry: create a task.

    Attributes:
        title: of the task; ``{customer}`` and ``{deal}`` are filled with names, ``{at}`` with the time of the next step.
        role: of the assignee: the deal's participant with the role first, then round robin.
        due_within: the time from the entry.
        kind: the kind of task, for requirements and reports.
        in_business_hours: whether only business hours count.
    """

    title: str = fields.text(personal=False)
    role: str = fields.text(personal=False, max_length=60, default=OWNER)
    due_within: timedelta = fields.duration(default=timedelta(days=1))
    kind: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)
    priority: Priority = fields.enum(Priority, default=Priority.NORMAL)
    in_business_hours: bool = fields.boolean(default=False)


@record
class RenderDocument:
    """On entry: render a document from a template and attach it to the deal.

    Attributes:
        template: the template's name.
        title: of the document; ``{customer}`` and ``{deal}`` are filled with names.
    """

    template: str = fields.text(personal=False)
    title: str = fields.text(personal=False)


@record
class SendNotification:
    """On entry: notify a user.

    Attributes:
        role: of the recipient.
        message: its text; ``{customer}``, ``{deal}``, ``{address}`` and ``{at}`` are filled in.
    """

    role: str = fields.text(personal=False, max_length=60)
    message: str = fields.text(personal=False, max_length=500)


StageAction = CreateTask | RenderDocument | SendNotification


VARIABLES: Final = frozenset({"customer", "deal", "address", "phone", "at"})
"""The variables of the texts of stage actions."""
