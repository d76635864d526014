"""Knowledge gaps: questions that no article answers.

Invariants:
    1. A question without an answer is stored once per folded form, and counted.
    2. It is open until an article answers it, or it is dismissed.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.ids import ArticleId, KnowledgeGapId
from crmcore.domain.kernel.values.names import fold

MAX_KEY_LENGTH: Final = 200
"""The maximum length of a question's key, in characters."""


class KnowledgeGapState(Enum):
    """The state of a knowledge gap."""

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
    """A question without an answer was asked."""

    name: ClassVar[str] = "knowledge_gap.recorded"
    language: str = fields.text(personal=False, max_length=35)
    ask_count: int = fields.integer(min=1)


@record
class KnowledgeGapClosed(Event):
    """A gap was closed by an article, or dismissed."""

    name: ClassVar[str] = "knowledge_gap.closed"
    state: KnowledgeGapState = fields.enum(KnowledgeGapState)
    article_id: ArticleId | None = fields.id_of("article", optional=True, default=None)


@record
class KnowledgeGap(Entity):
    """A question that no article answered.

    Attributes:
        question: the question in its first wording.
        key: its folded form, by which a repetition is found.
        ask_count: how often it was asked.
        article_id: the article that answers it.
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
        """Record a question for the first time."""
        gap = cls(
            id=id, question=question, language=language, key=question_key(question), first_asked_at=at, last_asked_at=at
        )
        return gap._record(KnowledgeGapRecorded(at=at, language=gap.language, ask_count=1))

    def record_again(self, *, at: datetime) -> Self:
        """Count a repetition. It reopens an answered gap, but not a dismissed one."""
        state = KnowledgeGapState.OPEN if self.state is KnowledgeGapState.ANSWERED else self.state
        event = KnowledgeGapRecorded(at=at, language=self.language, ask_count=self.ask_count + 1)
        return self._record(event, ask_count=self.ask_count + 1, last_asked_at=at, state=state)

    def close_with_article(self, article_id: ArticleId, *, at: datetime) -> Self:
        """Close the gap with an article.

        Raises:
            InvalidTransitionError: it has one.
        """
        check_transition(self.id, KNOWLEDGE_GAP_TRANSITIONS, self.state, KnowledgeGapState.ANSWERED)
        event = KnowledgeGapClosed(at=at, state=KnowledgeGapState.ANSWERED, article_id=article_id)
        return self._record(event, state=KnowledgeGapState.ANSWERED, article_id=article_id)

    def dismiss(self, *, at: datetime) -> Self:
        """Dismiss the gap.

        Raises:
            InvalidTransitionError: it is answered, or dismissed.
        """
        check_transition(self.id, KNOWLEDGE_GAP_TRANSITIONS, self.state, KnowledgeGapState.DISMISSED)
        return self._record(
            KnowledgeGapClosed(at=at, state=KnowledgeGapState.DISMISSED), state=KnowledgeGapState.DISMISSED
        )


def question_key(question: str) -> str:
    """Fold a question. A question without letters and digits is unchanged.

    Example:
        >>> question_key("Как вернуть  товар?") == question_key("КАК ВЕРНУТЬ ТОВАР")
        True
    """
    return (fold(question) or question.strip())[:MAX_KEY_LENGTH].rstrip()
