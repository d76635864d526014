"""What a deal is made of: its lines, who takes part, what is attached, and each movement of its history."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Transitions, value
from crmcore.domain.kernel.ids import DocumentId
from crmcore.domain.kernel.values.money import Money


class Outcome(Enum):
    """How a deal stands as a whole."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


OUTCOME_TRANSITIONS: Final[Transitions[Outcome]] = {
    Outcome.OPEN: frozenset({Outcome.WON, Outcome.LOST}),
    Outcome.WON: frozenset({Outcome.OPEN}),
    Outcome.LOST: frozenset({Outcome.OPEN}),
}


class ProbabilitySource(Enum):
    """Who says what a deal's chance is. A deal's stage never overwrites what a person or a model has said."""

    STAGE = "stage"
    MANUAL = "manual"
    MODEL = "model"


@value
class Probability:
    """A chance to win in hundredths of a percent, and who says so. A won deal has 10,000, a lost one 0, always."""

    basis_points: int = fields.integer(max=10_000)
    source: ProbabilitySource = fields.enum(ProbabilitySource, default=ProbabilitySource.STAGE)

    def __str__(self) -> str:
        return f"{self.basis_points / 100:g} %"


@value
class LineItem:
    """Something that is sold.

    Attributes:
        quantity: with at most six decimal places.
        price: of one.
        discount_bp: in hundredths of a percent.
    """

    product: str = fields.text(personal=False)
    quantity: Decimal = fields.decimal(places=6)
    price: Money = fields.embedded(Money)
    discount_bp: int = fields.integer(max=10_000, default=0)

    @property
    def total(self) -> Money:
        """What the line costs, rounded half to even once."""
        return self.price.times(self.quantity * (10_000 - self.discount_bp) / 10_000)


def total_of(lines: Sequence[LineItem], value: Money | None) -> Money | None:
    """Return the sum of the lines, or the value where there are none."""
    if not lines:
        return value
    first, *others = (line.total for line in lines)
    return sum(others, start=first)


@value
class Participant:
    """Somebody who takes part in a deal: one of us by a user's id, or one of them by a customer's."""

    role: str = fields.text(personal=False, max_length=60)
    participant_id: str = fields.text(personal=False, max_length=64)


@value
class Attachment:
    """A document that belongs to a deal."""

    document_id: DocumentId = fields.id_of("document")
    title: str = fields.text(personal=True)
    attached_at: datetime = fields.timestamp()


@value
class NextStep:
    """What will be done for a deal next, and when."""

    description: str = fields.text(personal=True)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)


class NextStepState(Enum):
    """How a deal's next step stands: there is none, it has no time, it lies ahead, or it is late."""

    NONE = "none"
    UNDATED = "undated"
    AHEAD = "ahead"
    LATE = "late"


@value
class StageVisits:
    """How often a deal has been in a stage."""

    stage_key: str = fields.text(personal=False, max_length=60)
    count: int = fields.integer(min=1)
