"""What answered whom, and which questions nothing answers."""

from collections.abc import Sequence
from typing import Final

from crmcore.domain.criteria import All, Is
from crmcore.domain.errors.given import InvalidId
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ArticleId, QuestionId, UserId, check_id, kind_of
from crmcore.domain.knowledge.articles import Article, Audience
from crmcore.domain.knowledge.questions import Answer, Question, QuestionState, question_key
from crmcore.domain.knowledge.search import Hit
from crmcore.domain.people import User
from crmcore.services.house import House, story, view
from crmcore.services.knowledge.reading import find_articles, spoken_in
from crmcore.services.unit import Unit, check_limit

CASES: Final = frozenset({"complaint", "deal", "inquiry", "interaction", "task"})
"""Kinds of records that an article may have answered."""


class Answers:
    """Answers and gaps."""

    __slots__ = ()

    house: House

    @story("knowledge.answer")
    def answer(
        self,
        unit: Unit,
        id: ArticleId,
        /,
        *,
        case: str,
        helped: bool = True,
        user: UserId | None = None,
        key: str | None = None,
    ) -> Answer:
        """Note that an article was used for a case, and whether it settled the matter. The same article answers one case once.

        Args:
            case: the id of a complaint, an inquiry, a deal, a contact or a task.
            user: who used it.

        Raises:
            InvalidId: that is no case's id.
            Taken: the article was noted for that case.
            NotFound: no such article or person.
        """
        _check_case(case)
        article = unit.get(Article, id)
        who = None if user is None else unit.get(User, user).id
        answer = Answer.give(
            unit.id("answer"), article.id, case, edition=article.edition, helped=helped, user=who, at=unit.now
        )
        unit.save(article.judge(helped=helped, at=unit.now))
        return unit.save(answer)

    @story("knowledge.ask")
    def ask(
        self,
        unit: Unit,
        question: str,
        /,
        *,
        language: str | None = None,
        audience: Audience | str = Audience.CUSTOMERS,
        limit: int = 5,
        key: str | None = None,
    ) -> Sequence[Hit]:
        """Look for what answers a question; when nothing does, the question is kept among the gaps."""
        check_limit(limit)
        words = checked_text("question", question, limit=1_000, lines=True)
        spoken = spoken_in(language, self.house)
        hits = find_articles(unit, words, language=spoken, audience=audience, limit=limit)
        if not hits:
            _note_gap(unit, words, spoken)
        return hits

    @story("knowledge.settle")
    def settle(
        self, unit: Unit, id: QuestionId, /, *, article: ArticleId | None = None, key: str | None = None
    ) -> Question:
        """Say which article answers a question now; without one, that none will be written.

        Raises:
            IllegalTransition: it has its article, or is dismissed already.
            NotFound: no such question or article.
        """
        question = unit.get(Question, id)
        if article is None:
            return unit.save(question.dismiss(at=unit.now))
        return unit.save(question.answer(unit.get(Article, article).id, at=unit.now))

    @view("knowledge.answers")
    def answers(self, unit: Unit, /, *, case: str | None = None, article: ArticleId | None = None) -> Sequence[Answer]:
        """Read which articles were used for a case, or for which cases an article was used; the latest hundred."""
        claims = {"case": case, "article": article}
        if case is not None:
            _check_case(case)
        if article is not None:
            check_id("article", article)
        where = tuple(Is(name, value) for name, value in claims.items() if value is not None)
        return unit.find(Answer, All(where), order="-id", limit=100)

    @view("knowledge.gaps")
    def gaps(self, unit: Unit, /, *, limit: int = 100) -> Sequence[Question]:
        """Read the questions that no article answers, the most frequent first."""
        check_limit(limit)
        return unit.find(Question, Is("state", QuestionState.OPEN), order="-asked", limit=limit)


def _check_case(case: str) -> None:
    if type(case) is not str or kind_of(case) not in CASES:
        raise InvalidId("case", f"must be the id of one of: {', '.join(sorted(CASES))}")
    check_id(kind_of(case), case)


def _note_gap(unit: Unit, words: str, language: str) -> None:
    known = unit.one(Question, Is("key", question_key(words)) & Is("language", language))
    if known is None:
        unit.save(Question.ask(unit.id("question"), words, language=language, at=unit.now))
    else:
        unit.save(known.ask_again(at=unit.now))
