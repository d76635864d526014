"""Article usage, and knowledge gaps: questions without an article."""

from collections.abc import Sequence
from typing import Final

from crmcore.domain.kernel.criteria import And, Eq
from crmcore.domain.kernel.errors.validation import InvalidIdError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ArticleId, KnowledgeGapId, UserId, check_id, prefix_of
from crmcore.domain.organization.users import User
from crmcore.domain.service.knowledge.articles import Article, Audience
from crmcore.domain.service.knowledge.gaps import KnowledgeGap, KnowledgeGapState, question_key
from crmcore.domain.service.knowledge.search import SearchHit
from crmcore.domain.service.knowledge.usages import ArticleUsage
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.service.knowledge.queries import language_or_default, search_articles
from crmcore.services.unit_of_work import UnitOfWork, check_limit

CASE_PREFIXES: Final = frozenset({"complaint", "deal", "inquiry", "interaction", "task"})
"""Id prefixes of records that an article can be linked to."""


class KnowledgeUsage:
    """Commands and queries on article usages and knowledge gaps."""

    __slots__ = ()

    _environment: Environment

    @command("knowledge.link_to_case")
    def link_to_case(
        self,
        uow: UnitOfWork,
        article_id: ArticleId,
        /,
        *,
        case_id: str,
        is_helpful: bool = True,
        user_id: UserId | None = None,
        idempotency_key: str | None = None,
    ) -> ArticleUsage:
        """Link an article to a case, once, and record whether it helped.

        Args:
            case_id: the id of a complaint, an inquiry, a deal, an interaction or a task.
            user_id: the user who used the article.

        Raises:
            InvalidIdError: the id is not that of a case.
            DuplicateKeyError: the article is linked to the case.
            NotFoundError: no such article or user.
        """
        _check_case_id(case_id)
        article = uow.get(Article, article_id)
        known_user_id = None if user_id is None else uow.get(User, user_id).id
        usage = ArticleUsage.create(
            uow.new_id("articleusage"),
            article.id,
            case_id,
            revision=article.revision,
            helped=is_helpful,
            user_id=known_user_id,
            at=uow.now,
        )
        uow.save(article.rate(helped=is_helpful, at=uow.now))
        return uow.save(usage)

    @command("knowledge.search_or_log_gap")
    def search_or_log_gap(
        self,
        uow: UnitOfWork,
        question: str,
        /,
        *,
        language: str | None = None,
        audience: Audience | str = Audience.CUSTOMERS,
        limit: int = 5,
        idempotency_key: str | None = None,
    ) -> Sequence[SearchHit]:
        """Search articles for a question; without a hit, record a knowledge gap."""
        check_limit(limit)
        query_text = checked_text("question", question, max_length=1_000, multiline=True)
        query_language = language_or_default(language, self._environment)
        hits = search_articles(uow, query_text, language=query_language, audience=audience, limit=limit)
        if not hits:
            _record_gap(uow, query_text, query_language)
        return hits

    @command("knowledge.close_gap")
    def close_gap(
        self,
        uow: UnitOfWork,
        gap_id: KnowledgeGapId,
        /,
        *,
        article_id: ArticleId | None = None,
        idempotency_key: str | None = None,
    ) -> KnowledgeGap:
        """Close a knowledge gap with an article, or dismiss it without one.

        Raises:
            InvalidTransitionError: the gap is closed or dismissed.
            NotFoundError: no such gap or article.
        """
        gap = uow.get(KnowledgeGap, gap_id)
        if article_id is None:
            return uow.save(gap.dismiss(at=uow.now))
        return uow.save(gap.close_with_article(uow.get(Article, article_id).id, at=uow.now))

    @query("knowledge.list_usages")
    def list_usages(
        self, uow: UnitOfWork, /, *, case_id: str | None = None, article_id: ArticleId | None = None
    ) -> Sequence[ArticleUsage]:
        """List the latest 100 usages of articles, by case or by article."""
        conditions = {"case_id": case_id, "article_id": article_id}
        if case_id is not None:
            _check_case_id(case_id)
        if article_id is not None:
            check_id("article", article_id)
        where = tuple(Eq(name, value) for name, value in conditions.items() if value is not None)
        return uow.find(ArticleUsage, And(where), order="-id", limit=100)

    @query("knowledge.list_gaps")
    def list_gaps(self, uow: UnitOfWork, /, *, limit: int = 100) -> Sequence[KnowledgeGap]:
        """List the open knowledge gaps, most frequent first."""
        check_limit(limit)
        return uow.find(KnowledgeGap, Eq("state", KnowledgeGapState.OPEN), order="-ask_count", limit=limit)


def _check_case_id(case_id: str) -> None:
    if type(case_id) is not str or prefix_of(case_id) not in CASE_PREFIXES:
        raise InvalidIdError("case_id", f"must be the id of one of: {', '.join(sorted(CASE_PREFIXES))}")
    check_id(prefix_of(case_id), case_id)


def _record_gap(uow: UnitOfWork, query_text: str, language: str) -> None:
    existing = uow.first(KnowledgeGap, Eq("key", question_key(query_text)) & Eq("language", language))
    if existing is None:
        uow.save(KnowledgeGap.create(uow.new_id("knowledgegap"), query_text, language=language, at=uow.now))
    else:
        uow.save(existing.record_again(at=uow.now))
