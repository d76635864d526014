"""Details of a deal: value, probability, owner, next step, stage age."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import Entity, Event, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.fields.base import validate_argument
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.kernel.fields.time import check_date
from crmcore.domain.kernel.ids import DocumentId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours
from crmcore.domain.sales.deals.events import (
    DealDocumentAttached,
    DealExpectedCloseChanged,
    DealNextStepChanged,
    DealOwnerChanged,
    DealParticipantAdded,
    DealProbabilityChanged,
    DealUpdated,
    DealValueChanged,
)
from crmcore.domain.sales.deals.movements import MovementKind
from crmcore.domain.sales.deals.parts import (
    Attachment,
    LineItem,
    NextStep,
    NextStepState,
    Outcome,
    Participant,
    Probability,
    ProbabilitySource,
)
from crmcore.domain.sales.funnels.aging import AgeFrom, StageAgePolicy
from crmcore.domain.sales.funnels.funnel import Funnel


class DealOptions(TypedDict, total=False):
    """Optional fields of a new deal, as keywords.

    `Deal.open`, `crm.deals.open`, `crm.leads.capture` and `crm.deals.upsert_many` take them. A new field is declared here and in
    `Deal`, whose default applies.
    """

    value: Money | None
    lines: Sequence[LineItem]
    expected_close: date | None
    source: str
    campaign: str
    tags: Sequence[str]
    custom: Mapping[str, Any]


class NewDealDetails(DealOptions, total=False):
    """All optional fields of a new deal, those of use cases included."""

    owner_id: UserId | None
    external_id: ExternalId | None
    description: str


UPDATABLE_FIELDS: Final = frozenset({"title", "description", "tags", "custom", "source", "campaign"})
"""The fields that `update` may change."""


@record
class DealDetails(Entity):
    """Commands and queries of a deal that keep its stage.

    `Deal` declares the fields.
    """

    if TYPE_CHECKING:
        outcome: Outcome
        stage_key: str
        stage_entered_at: datetime
        value: Money | None
        lines: tuple[LineItem, ...]
        total: Money | None
        probability: Probability
        expected_close: date | None
        owner_id: UserId | None
        next_step: NextStep | None
        participants: tuple[Participant, ...]
        attachments: tuple[Attachment, ...]
        last_activity_at: datetime

        def _record_movement(self, kind: MovementKind, *events: Event, at: datetime, **changes: Any) -> Self: ...

    @property
    def is_open(self) -> bool:
        """Whether it is neither won nor lost."""
        return self.outcome is Outcome.OPEN

    def participant_id(self, role: str) -> str | None:
        """Return the participant with a role."""
        return next((p.participant_id for p in self.participants if p.role == role), None)

    def is_stuck(self, funnel: Funnel, now: datetime, *, business_hours: BusinessHours = ALWAYS_OPEN) -> bool:
        """Return whether the deal has been in its stage for too long.

        Args:
            business_hours: of the company, for a stage that counts working days.
        """
        stage = funnel.stage(self.stage_key)
        if not self.is_open or stage.age_limit is None:
            return False
        cutoff = stage.age_policy.cutoff(stage.age_limit, business_hours=business_hours, now=now)
        is_paused = stage.age_policy.paused_by_next_step and self.next_step_state(now) is NextStepState.AHEAD
        return not is_paused and cutoff is not None and self.age_started_at(stage.age_policy) <= cutoff

    def age_started_at(self, age_policy: StageAgePolicy) -> datetime:
        """Return when the stage age starts."""
        return self.stage_entered_at if age_policy.counts_from is AgeFrom.ENTERED else self.last_activity_at

    def next_step_state(self, now: datetime) -> NextStepState:
        """Return whether there is a next step, and whether it is late."""
        if self.next_step is None:
            return NextStepState.NONE
        due_at = self.next_step.due_at
        return NextStepState.UNDATED if due_at is None else NextStepState.AHEAD if due_at >= now else NextStepState.LATE

    def set_value(self, value: Money | None = None, *, lines: Sequence[LineItem] | None = None, at: datetime) -> Self:
        """Set the value, as a sum or by lines.

        Raises:
            CurrencyMismatchError: lines of two currencies.
        """
        lines = self.lines if lines is None else as_tuple("deal.lines", lines)
        value = self.value if value is None and lines else value
        if (lines, value) == (self.lines, self.value):
            return self
        before, after = self.total, copy_with(self, lines=lines, value=value).total
        return self._record_movement(
            MovementKind.VALUE_CHANGED,
            DealValueChanged(at=at, before=before, after=after),
            at=at,
            lines=lines,
            value=value,
        )

    def set_probability(
        self, percent: int, *, at: datetime, source: ProbabilitySource | str = ProbabilitySource.MANUAL
    ) -> Self:
        """Set the probability, in percent.

        Raises:
            BusinessRuleError: the deal is closed, which fixes its probability.
        """
        if not self.is_open:
            raise BusinessRuleError(self.id, "deal_closed", f"is {self.outcome.value}; its probability is fixed")
        basis_points = 100 * checked_integer("deal.probability", percent, max=100)
        probability = Probability(basis_points, source)  # type: ignore[arg-type]  # a word becomes its member
        event = DealProbabilityChanged(at=at, before=self.probability.basis_points, after=probability.basis_points)
        return self._record_movement(MovementKind.PROBABILITY_CHANGED, event, at=at, probability=probability)

    def set_expected_close(self, expected_close: date | None, *, at: datetime) -> Self:
        """Set the expected closing day."""
        if expected_close == self.expected_close:
            return self
        if expected_close is not None:
            validate_argument("deal.expected_close", check_date, expected_close)
        event = DealExpectedCloseChanged(at=at, before=self.expected_close, after=expected_close)
        return self._record_movement(MovementKind.EXPECTED_CLOSE_CHANGED, event, at=at, expected_close=expected_close)

    def change_owner(self, owner_id: UserId | None, *, at: datetime) -> Self:
        """Change the owner."""
        if owner_id == self.owner_id:
            return self
        event = DealOwnerChanged(at=at, previous_owner_id=self.owner_id, new_owner_id=owner_id)
        return self._record_movement(MovementKind.OWNER_CHANGED, event, at=at, owner_id=owner_id)

    def set_next_step(self, next_step: NextStep | None, *, at: datetime) -> Self:
        """Set the next step."""
        if next_step == self.next_step:
            return self
        event = DealNextStepChanged(at=at, due_at=next_step.due_at if next_step else None)
        return self._record(event, next_step=next_step, last_activity_at=at)

    def add_participant(self, role: str, participant_id: str, *, at: datetime) -> Self:
        """Add a participant, in place of an earlier one with the same role."""
        participant = Participant(role, participant_id)
        if participant in self.participants:
            return self
        others = (p for p in self.participants if p.role != role)
        return self._record(
            DealParticipantAdded(at=at, role=role, participant_id=participant_id), participants=(*others, participant)
        )

    def attach(self, document_id: DocumentId, title: str, *, at: datetime) -> Self:
        """Attach a document."""
        attachment = Attachment(document_id, title, at)
        return self._record(
            DealDocumentAttached(at=at, document_id=document_id),
            attachments=(*self.attachments, attachment),
            last_activity_at=at,
        )

    def update(self, details: Mapping[str, Any], /, *, at: datetime) -> Self:
        """Change title, description, tags, custom fields, source or campaign.

        Raises:
            InvalidInputError: a field cannot be changed here, or has an invalid value.
        """
        if unknown := set(details) - UPDATABLE_FIELDS:
            raise InvalidInputError(
                f"deal.{min(unknown)}", f"cannot be updated; fields that can are {', '.join(sorted(UPDATABLE_FIELDS))}"
            )
        after = self._record(DealUpdated(at=at, changed_fields=tuple(sorted(details))), **details)
        return self if all(getattr(after, name) == getattr(self, name) for name in details) else after

    def record_activity(self, *, at: datetime) -> Self:
        """Set the time of the last activity, without an event."""
        return copy_with(self, last_activity_at=max(at, self.last_activity_at))
