"""Search and queries of the knowledge base."""

from collections.abc import Sequence
from typing import Final

from crmcore.domain.kernel.criteria import And, Criterion, Eq, Or, WordPrefix
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ArticleId, ComplaintId, InquiryId, prefix_of
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.domain.service.knowledge.articles import Article, ArticleState, Audience, Revision
from crmcore.domain.service.knowledge.search import SearchHit, rank_articles, stems
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit

MAX_CANDIDATES: Final = 500
"""Maximum number of matching articles that are ranked; the newest are taken."""


class KnowledgeQueries:
    """Queries on articles."""

    __slots__ = ()

    _environment: Environment

    @query("knowledge.get")
    def get(self, uow: UnitOfWork, article_id: ArticleId, /) -> Article:
        """Return an article."""
        return uow.get(Article, article_id)

    @query("knowledge.revisions")
    def revisions(self, uow: UnitOfWork, article_id: ArticleId, /) -> Sequence[Revision]:
        """List all revisions of an article, oldest first."""
        return uow.entries(uow.get(Article, article_id))

    @query("knowledge.get_by_topic")
    def get_by_topic(self, uow: UnitOfWork, topic: str, /, *, language: str | None = None) -> Article | None:
        """Return a topic's article: in the language, the configured one, or any."""
        published = uow.find(Article, Eq("topic", checked_text("topic", topic)) & Eq("state", ArticleState.PUBLISHED))
        by_language = {article.language: article for article in published}
        for candidate_language in (language_or_default(language, self._environment), self._environment.language):
            if candidate_language in by_language:
                return by_language[candidate_language]
        return by_language[min(by_language)] if by_language else None

    @query("knowledge.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        state: ArticleState | str | None = None,
        audience: Audience | str | None = None,
        after: Article | None = None,
        limit: int = 100,
    ) -> Sequence[Article]:
        """List articles, oldest first."""
        check_limit(limit)
        where: list[Criterion] = []
        if state is not None:
            where.append(Eq("state", checked_member("state", ArticleState, state)))
        if audience is not None:
            where.append(Eq("audience", checked_member("audience", Audience, audience)))
        return uow.find(Article, And(tuple(where)), after=after, limit=limit)

    @query("knowledge.search")
    def search(
        self,
        uow: UnitOfWork,
        words: str,
        /,
        *,
        language: str | None = None,
        audience: Audience | str | None = None,
        limit: int = 20,
    ) -> Sequence[SearchHit]:
        """Search published articles by words, in any language, best first.

        Args:
            language: the language whose articles are ranked first among equals; other languages are found too.
            audience: ``customers`` finds articles for customers only; all articles if omitted.
        """
        check_limit(limit)
        query_text = checked_text("words", words, max_length=1_000, multiline=True)
        return search_articles(uow, query_text, language=language, audience=audience, limit=limit)

    @query("knowledge.suggest")
    def suggest(self, uow: UnitOfWork, case_id: ComplaintId | InquiryId, /, *, limit: int = 5) -> Sequence[SearchHit]:
        """Suggest articles for a complaint or an inquiry, by its subject and text."""
        check_limit(limit)
        is_inquiry = type(case_id) is str and prefix_of(case_id) == Inquiry.meta.prefix
        case = uow.get(Inquiry, InquiryId(case_id)) if is_inquiry else uow.get(Complaint, ComplaintId(case_id))
        return search_articles(uow, f"{case.subject}\n{case.description}", language=None, audience=None, limit=limit)


def search_articles(
    uow: UnitOfWork, text: str, *, language: str | None, audience: Audience | str | None, limit: int
) -> tuple[SearchHit, ...]:
    """Find published articles by the words of a text, best first."""
    search_stems = stems(text)
    where: list[Criterion] = [Eq("state", ArticleState.PUBLISHED)]
    if audience is not None and checked_member("audience", Audience, audience) is Audience.CUSTOMERS:
        where.append(Eq("audience", Audience.CUSTOMERS))
    where.append(Or(tuple(WordPrefix("search_key", stem) for stem in search_stems)))
    candidates = uow.find(Article, And(tuple(where)), order="-id", limit=MAX_CANDIDATES) if search_stems else ()
    return rank_articles(candidates, search_stems, language=language)[:limit]


def language_or_default(language: str | None, environment: Environment) -> str:
    """Return the given language, or the configured one.

    Raises:
        InvalidInputError: the language is not a text.
    """
    return environment.language if language is None else checked_text("language", language, max_length=35)
