"""Questions: what was asked, which article answered it, and what nobody has written down yet.

Rule 1: a question that found no answer is kept, once for each way to fold it, and counts how often it comes.
Rule 2: it stays in the list until an article answers it or somebody decides that none will.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.ids import AnswerId, ArticleId, QuestionId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, check_move, record
from crmcore.domain.values.names import fold

LONGEST_KEY: Final = 200
"""Of how much of a question it depends whether two are the same, in characters of the folded text."""


class QuestionState(Enum):
    """Where a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


QUESTION_LIFE: Final[Transitions[QuestionState]] = {
    QuestionState.OPEN: frozenset({QuestionState.ANSWERED, QuestionState.DISMISSED}),
    QuestionState.ANSWERED: frozenset({QuestionState.OPEN}),
    QuestionState.DISMISSED: frozenset({QuestionState.OPEN, QuestionState.ANSWERED}),
}


@record
class QuestionAsked(Event):
    """A question found no article."""

    name: ClassVar[str] = "question.asked"
    language: str = fields.text(personal=False, limit=35)
    asked: int = fields.whole(least=1)


@record
class QuestionSettled(Event):
    """A question got its article, or none will be written."""

    name: ClassVar[str] = "question.settled"
    state: QuestionState = fields.one_of(QuestionState)
    article: ArticleId | None = fields.ref("article", optional=True, default=None)


@record
class Question(Entity):
    """A question that no article answered.

    Attributes:
        words: as it was asked first.
        key: its folded words, by which it is known when it comes again.
        asked: how often it came.
        article: what answers it now.
    """

    shape: ClassVar[Shape] = Shape(
        "question", "questions", unique=(("key", "language"),), indexes=(("state", "asked"), ("article",))
    )

    id: QuestionId = fields.ref("question")
    words: str = fields.text(personal=True, limit=1_000, lines=True)
    language: str = fields.text(personal=False, limit=35)
    key: str = fields.text(personal=True, limit=LONGEST_KEY)
    asked: int = fields.whole(least=1, default=1)
    state: QuestionState = fields.one_of(QuestionState, default=QuestionState.OPEN)
    article: ArticleId | None = fields.ref("article", optional=True, default=None)
    first_at: datetime = fields.moment()
    last_at: datetime = fields.moment()

    @classmethod
    def ask(cls, id: QuestionId, words: str, *, language: str, at: datetime) -> Self:
        """Note a question for the first time."""
        question = cls(id=id, words=words, language=language, key=question_key(words), first_at=at, last_at=at)
        return question._after(QuestionAsked(at=at, language=question.language, asked=1))

    def ask_again(self, *, at: datetime) -> Self:
        """Note that it came once more. One that was dismissed stays so; one that was answered is open again: the answer was not found."""
        state = QuestionState.OPEN if self.state is QuestionState.ANSWERED else self.state
        fact = QuestionAsked(at=at, language=self.language, asked=self.asked + 1)
        return self._after(fact, asked=self.asked + 1, last_at=at, state=state)

    def answer(self, article: ArticleId, *, at: datetime) -> Self:
        """Say which article answers it.

        Raises:
            IllegalTransition: it has one.
        """
        check_move(self.id, QUESTION_LIFE, self.state, QuestionState.ANSWERED)
        fact = QuestionSettled(at=at, state=QuestionState.ANSWERED, article=article)
        return self._after(fact, state=QuestionState.ANSWERED, article=article)

    def dismiss(self, *, at: datetime) -> Self:
        """Decide that no article will be written for it.

        Raises:
            IllegalTransition: it is answered, or dismissed.
        """
        check_move(self.id, QUESTION_LIFE, self.state, QuestionState.DISMISSED)
        return self._after(QuestionSettled(at=at, state=QuestionState.DISMISSED), state=QuestionState.DISMISSED)


def question_key(words: str) -> str:
    """Fold a question; one of signs alone is kept as it is.

    Example:
        >>> question_key("Как вернуть  товар?") == question_key("КАК ВЕРНУТЬ ТОВАР")
        True
    """
    return (fold(words) or words.strip())[:LONGEST_KEY].rstrip()


@record
class ArticleAnswered(Event):
    """An article answered somebody's case."""

    name: ClassVar[str] = "article.answered"
    article: ArticleId = fields.ref("article")
    case: str = fields.text(personal=False, limit=64)
    helped: bool = fields.flag()


@record
class Answer(Entity):
    """That an article was used for a case: a complaint, a request, a deal, a contact.

    Attributes:
        case: the case's id.
        edition: which edition of the article it was.
        helped: whether it settled the matter.
    """

    shape: ClassVar[Shape] = Shape("answer", "answers", unique=(("article", "case"),), indexes=(("case",),))

    id: AnswerId = fields.ref("answer")
    article: ArticleId = fields.ref("article")
    case: str = fields.text(personal=False, limit=64)
    edition: int = fields.whole(least=1)
    helped: bool = fields.flag(default=True)
    user: UserId | None = fields.ref("user", optional=True, default=None)
    given_at: datetime = fields.moment()

    @classmethod
    def give(
        cls,
        id: AnswerId,
        article: ArticleId,
        case: str,
        *,
        edition: int,
        helped: bool,
        user: UserId | None,
        at: datetime,
    ) -> Self:
        """Note that an article was used."""
        answer = cls(id=id, article=article, case=case, edition=edition, helped=helped, user=user, given_at=at)
        return answer._after(ArticleAnswered(at=at, article=article, case=case, helped=helped))
