"""Parts of a deal: outcome, probability, lines, participants, next step."""

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
    """The outcome of a deal."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


OUTCOME_TRANSITIONS: Final[Transitions[Outcome]] = {
    Outcome.OPEN: frozenset({Outcome.WON, Outcome.LOST}),
    Outcome.WON: frozenset({Outcome.OPEN}),
    Outcome.LOST: frozenset({Outcome.OPEN}),
}


class ProbabilitySource(Enum):
    """The source of a probability. A stage never replaces a manual one."""

    STAGE = "stage"
    MANUAL = "manual"
    MODEL = "model"


@value
class Probability:
    """A probability in hundredths of a percent, and its source.

    A won deal has 10,000, a lost one 0.
    """

    basis_points: int = fields.integer(max=10_000)
    source: ProbabilitySource = fields.enum(ProbabilitySource, default=ProbabilitySource.STAGE)

    def __str__(self) -> str:
        return f"{self.basis_points / 100:g} %"


@value
class LineItem:
    """A product with quantity and price.

    Attributes:
        quantity: with at most six decimal places.
        price: of one unit.
        discount_bp: in hundredths of a percent.
    """

    product: str = fields.text(personal=False)
    quantity: Decimal = fields.decimal(places=6)
    price: Money = fields.embedded(Money)
    discount_bp: int = fields.integer(max=10_000, default=0)

    @property
    def total(self) -> Money:
        """The price of the line, rounded half to even once."""
        return self.price.times(self.quantity * (10_000 - self.discount_bp) / 10_000)


def total_of(lines: Sequence[LineItem], value: Money | None) -> Money | None:
    """Return the sum of the lines, or the value where there are none."""
    if not lines:
        return value
    first, *others = (line.total for line in lines)
    return sum(others, start=first)


@value
class Participant:
    """A user or a customer who takes part in a deal, by id."""

    role: str = fields.text(personal=False, max_length=60)
    participant_id: str = fields.text(personal=False, max_length=64)


@value
class Attachment:
    """A document of a deal."""

    document_id: DocumentId = fields.id_of("document")
    title: str = fields.text(personal=True)
    attached_at: datetime = fields.timestamp()


@value
class NextStep:
    """The next step of a deal, and when it is due."""

    description: str = fields.text(personal=True)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)


class NextStepState(Enum):
    """Whether a next step is missing, undated, ahead or late."""

    NONE = "none"
    UNDATED = "undated"
    AHEAD = "ahead"
    LATE = "late"


@value
class StageVisits:
    """How often a deal has been in a stage."""

    stage_key: str = fields.text(personal=False, max_length=60)
    count: int = fields.integer(min=1)
