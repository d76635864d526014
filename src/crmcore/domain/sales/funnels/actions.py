"""Stage actions: what happens when a deal enters a stage."""

from datetime import timedelta
from typing import Final

from crmcore.domain.activities.tasks import Priority
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.organization.roles import OWNER


@record
class CreateTask:
    """On entry: give somebody a task.

    Attributes:
        title: what to do; ``{customer}`` and ``{deal}`` stand for their names, ``{at}`` for the next step's time.
        role: of whoever does it; the deal's participants first, then the holders in turn.
        due_within: the time to do it, from the entry.
        kind: the sort of task, as a word that requirements and reports can ask for.
        in_business_hours: whether only the house's working time counts.
    """

    title: str = fields.text(personal=False)
    role: str = fields.text(personal=False, max_length=60, default=OWNER)
    due_within: timedelta = fields.duration(default=timedelta(days=1))
    kind: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)
    priority: Priority = fields.enum(Priority, default=Priority.NORMAL)
    in_business_hours: bool = fields.boolean(default=False)


@record
class RenderDocument:
    """On entry: make a document from a template and attach it to the deal.

    Attributes:
        template: the template's name.
        title: the document's name; ``{customer}`` and ``{deal}`` stand for their names.
    """

    template: str = fields.text(personal=False)
    title: str = fields.text(personal=False)


@record
class SendNotification:
    """On entry: tell somebody.

    Attributes:
        role: of whoever is told.
        message: what; ``{customer}``, ``{deal}``, ``{address}`` and ``{at}`` are filled in.
    """

    role: str = fields.text(personal=False, max_length=60)
    message: str = fields.text(personal=False, max_length=500)


StageAction = CreateTask | RenderDocument | SendNotification


VARIABLES: Final = frozenset({"customer", "deal", "address", "phone", "at"})
"""What may stand in braces in the texts of stage actions."""
