"""Questions: what was asked, which article answered it, and what nobody has written down yet.

Rule 1: a question that found no answer is kept, once for each way to fold it, and counts how often it comes.
Rule 2: it stays in the list until an article answers it or somebody decides that none will.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.ids import ArticleId, KnowledgeGapId
from crmcore.domain.kernel.values.names import fold

MAX_KEY_LENGTH: Final = 200
"""Of how much of a question it depends whether two are the same, in characters of the folded text."""


class KnowledgeGapState(Enum):
    """Where a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


KNOWLEDGE_GAP_TRANSITIONS: Final[Transitions[KnowledgeGapState]] = {
    KnowledgeGapState.OPEN: frozenset({KnowledgeGapState.ANSWERED, KnowledgeGapState.DISMISSED}),
    KnowledgeGapState.ANSWERED: frozenset({KnowledgeGapState.OPEN}),
    KnowledgeGapState.DISMISSED: frozenset({KnowledgeGapState.OPEN, KnowledgeGapState.ANSWERED}),
}


@record
class KnowledgeGapRecorded(Event):
    """A question found no article."""

    name: ClassVar[str] = "knowledge_gap.recorded"
    language: str = fields.text(personal=False, max_length=35)
    ask_count: int = fields.integer(min=1)


@record
class KnowledgeGapClosed(Event):
    """A question got its article, or none will be written."""

    name: ClassVar[str] = "knowledge_gap.closed"
    state: KnowledgeGapState = fields.enum(KnowledgeGapState)
    article_id: ArticleId | None = fields.id_of("article", optional=True, default=None)


@record
class KnowledgeGap(Entity):
    """A question that no article answered.

    Attributes:
        question: as it was asked first.
        key: its folded words, by which it is known when it comes again.
        ask_count: how often it came.
        article_id: what answers it now.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "knowledgegap",
        "knowledge_gaps",
        unique_keys=(("key", "language"),),
        indexes=(("state", "ask_count"), ("article_id",)),
    )

    id: KnowledgeGapId = fields.id_of("knowledgegap")
    question: str = fields.text(personal=True, max_length=1_000, multiline=True)
    language: str = fields.text(personal=False, max_length=35)
    key: str = fields.text(personal=True, max_length=MAX_KEY_LENGTH)
    ask_count: int = fields.integer(min=1, default=1)
    state: KnowledgeGapState = fields.enum(KnowledgeGapState, default=KnowledgeGapState.OPEN)
    article_id: ArticleId | None = fields.id_of("article", optional=True, default=None)
    first_asked_at: datetime = fields.timestamp()
    last_asked_at: datetime = fields.timestamp()

    @classmethod
    def create(cls, id: KnowledgeGapId, question: str, *, language: str, at: datetime) -> Self:
        """Note a question for the first time."""
        gap = cls(
            id=id, question=question, language=language, key=question_key(question), first_asked_at=at, last_asked_at=at
        )
        return gap._record(KnowledgeGapRecorded(at=at, language=gap.language, ask_count=1))

    def record_again(self, *, at: datetime) -> Self:
        """Note that it came once more. One that was dismissed stays so; one that was answered is open again: the answer was not found."""
        state = KnowledgeGapState.OPEN if self.state is KnowledgeGapState.ANSWERED else self.state
        event = KnowledgeGapRecorded(at=at, language=self.language, ask_count=self.ask_count + 1)
        return self._record(event, ask_count=self.ask_count + 1, last_asked_at=at, state=state)

    def close_with_article(self, article_id: ArticleId, *, at: datetime) -> Self:
        """Say which article answers it.

        Raises:
            InvalidTransitionError: it has one.
        """
        check_transition(self.id, KNOWLEDGE_GAP_TRANSITIONS, self.state, KnowledgeGapState.ANSWERED)
        event = KnowledgeGapClosed(at=at, state=KnowledgeGapState.ANSWERED, article_id=article_id)
        return self._record(event, state=KnowledgeGapState.ANSWERED, article_id=article_id)

    def dismiss(self, *, at: datetime) -> Self:
        """Decide that no article will be written for it.

        Raises:
            InvalidTransitionError: it is answered, or dismissed.
        """
        check_transition(self.id, KNOWLEDGE_GAP_TRANSITIONS, self.state, KnowledgeGapState.DISMISSED)
        return self._record(
            KnowledgeGapClosed(at=at, state=KnowledgeGapState.DISMISSED), state=KnowledgeGapState.DISMISSED
        )


def question_key(question: str) -> str:
    """Fold a question; one of signs alone is kept as it is.

    Example:
        >>> question_key("Как вернуть  товар?") == question_key("КАК ВЕРНУТЬ ТОВАР")
        True
    """
    return (fold(question) or question.strip())[:MAX_KEY_LENGTH].rstrip()
