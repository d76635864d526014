"""Knowledge: writing answers down, finding them, and seeing which questions have none."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.criteria import All, AnyOf, Criterion, Is, Mentions
from crmcore.domain.errors.given import InvalidId
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ArticleId, ComplaintId, InquiryId, QuestionId, UserId, check_id, kind_of
from crmcore.domain.inquiries import Inquiry
from crmcore.domain.knowledge.articles import Article, ArticleState, Audience, Edition
from crmcore.domain.knowledge.questions import Answer, Question, QuestionState, question_key
from crmcore.domain.knowledge.search import Hit, rank, stems
from crmcore.domain.people import User
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit, check_limit

CANDIDATES: Final = 500
"""Of how many articles that have some of the words the best are chosen: the newest ones."""
CASES: Final = frozenset({"complaint", "deal", "inquiry", "interaction", "task"})
"""Kinds of records that an article may have answered."""


@frozen
class Knowledge:
    """What the house knows."""

    house: House

    @story("knowledge.write")
    def write(
        self,
        unit: Unit,
        title: str,
        body: str,
        /,
        *,
        topic: str,
        language: str | None = None,
        audience: Audience | str = Audience.CUSTOMERS,
        tags: Sequence[str] = (),
        publish: bool = False,
        key: str | None = None,
    ) -> Article:
        """Write an article, or a translation of one: it has the topic of the other and a language of its own.

        Args:
            language: the house's when not given (BCP 47).
            publish: whether it is to be found at once; a draft otherwise.

        Raises:
            Taken: the topic has an article in that language.
            InvalidInput: a field that cannot be.
        """
        article = Article.write(
            unit.id("article"),
            title,
            body,
            topic=topic,
            at=unit.now,
            language=_spoken(language, self.house),
            audience=audience,
            tags=tags,
        )
        return unit.save(article.release(at=unit.now) if publish else article)

    @story("knowledge.rewrite")
    def rewrite(
        self,
        unit: Unit,
        id: ArticleId,
        /,
        *,
        title: str | None = None,
        body: str | None = None,
        tags: Sequence[str] | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Article:
        """Write a new edition of an article; the old ones are kept."""
        article = unit.get(Article, id, version=expected_version)
        return unit.save(article.rewrite(at=unit.now, title=title, body=body, tags=tags))

    @story("knowledge.publish")
    def publish(self, unit: Unit, id: ArticleId, /, *, key: str | None = None) -> Article:
        """Let an article be found.

        Raises:
            IllegalTransition: it is published, or archived.
        """
        return unit.save(unit.get(Article, id).release(at=unit.now))

    @story("knowledge.withdraw")
    def withdraw(self, unit: Unit, id: ArticleId, /, *, key: str | None = None) -> Article:
        """Make a draft of an article again.

        Raises:
            IllegalTransition: it is a draft.
        """
        return unit.save(unit.get(Article, id).withdraw(at=unit.now))

    @story("knowledge.archive")
    def archive(self, unit: Unit, id: ArticleId, /, *, key: str | None = None) -> Article:
        """Put an article away.

        Raises:
            IllegalTransition: it is archived.
        """
        return unit.save(unit.get(Article, id).archive(at=unit.now))

    @story("knowledge.judge")
    def judge(self, unit: Unit, id: ArticleId, /, *, helped: bool, key: str | None = None) -> Article:
        """Note what a reader says of an article."""
        return unit.save(unit.get(Article, id).judge(helped=helped, at=unit.now))

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
        spoken = _spoken(language, self.house)
        hits = _search(unit, words, language=spoken, audience=audience, limit=limit)
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

    @view("knowledge.get")
    def get(self, unit: Unit, id: ArticleId, /) -> Article:
        """Read an article."""
        return unit.get(Article, id)

    @view("knowledge.editions")
    def editions(self, unit: Unit, id: ArticleId, /) -> Sequence[Edition]:
        """Read all editions of an article, the oldest first."""
        return unit.entries(unit.get(Article, id))

    @view("knowledge.about")
    def about(self, unit: Unit, topic: str, /, *, language: str | None = None) -> Article | None:
        """Read what is published about a topic: in that language, in the house's, or in any."""
        published = unit.find(Article, Is("topic", checked_text("topic", topic)) & Is("state", ArticleState.PUBLISHED))
        written_in = {article.language: article for article in published}
        for wanted in (_spoken(language, self.house), self.house.language):
            if wanted in written_in:
                return written_in[wanted]
        return written_in[min(written_in)] if written_in else None

    @view("knowledge.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        state: ArticleState | str | None = None,
        audience: Audience | str | None = None,
        after: Article | None = None,
        limit: int = 100,
    ) -> Sequence[Article]:
        """Read articles, a page at a time, the oldest first."""
        check_limit(limit)
        where: list[Criterion] = []
        if state is not None:
            where.append(Is("state", checked_member("state", ArticleState, state)))
        if audience is not None:
            where.append(Is("audience", checked_member("audience", Audience, audience)))
        return unit.find(Article, All(tuple(where)), after=after, limit=limit)

    @view("knowledge.search")
    def search(
        self,
        unit: Unit,
        words: str,
        /,
        *,
        language: str | None = None,
        audience: Audience | str | None = None,
        limit: int = 20,
    ) -> Sequence[Hit]:
        """Find published articles by words, in any of our languages and scripts, the best first.

        Args:
            language: whose articles come before others that fit as well; all are found.
            audience: ``customers`` sees only what is written for customers; everything when not given.
        """
        check_limit(limit)
        wanted = checked_text("words", words, limit=1_000, lines=True)
        return _search(unit, wanted, language=language, audience=audience, limit=limit)

    @view("knowledge.suggest")
    def suggest(self, unit: Unit, id: ComplaintId | InquiryId, /, *, limit: int = 5) -> Sequence[Hit]:
        """Find what may settle a complaint or an inquiry, from its own words."""
        check_limit(limit)
        asked = type(id) is str and kind_of(id) == Inquiry.shape.kind
        case = unit.get(Inquiry, InquiryId(id)) if asked else unit.get(Complaint, ComplaintId(id))
        return _search(unit, f"{case.subject}\n{case.story}", language=None, audience=None, limit=limit)

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


def _spoken(language: str | None, house: House) -> str:
    return house.language if language is None else checked_text("language", language, limit=35)


def _search(
    unit: Unit, text: str, *, language: str | None, audience: Audience | str | None, limit: int
) -> tuple[Hit, ...]:
    wanted = stems(text)
    where: list[Criterion] = [Is("state", ArticleState.PUBLISHED)]
    if audience is not None and checked_member("audience", Audience, audience) is Audience.CUSTOMERS:
        where.append(Is("audience", Audience.CUSTOMERS))
    where.append(AnyOf(tuple(Mentions("key", stem) for stem in wanted)))
    found = unit.find(Article, All(tuple(where)), order="-id", limit=CANDIDATES) if wanted else ()
    return rank(found, wanted, language=language)[:limit]


def _note_gap(unit: Unit, words: str, language: str) -> None:
    known = unit.one(Question, Is("key", question_key(words)) & Is("language", language))
    if known is None:
        unit.save(Question.ask(unit.id("question"), words, language=language, at=unit.now))
    else:
        unit.save(known.ask_again(at=unit.now))
