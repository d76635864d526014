"""Authoring of articles: revisions, translations, publication."""

from collections.abc import Sequence

from crmcore.domain.kernel.ids import ArticleId
from crmcore.domain.service.knowledge.articles import Article, Audience
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.service.knowledge.queries import language_or_default
from crmcore.services.unit_of_work import UnitOfWork


class KnowledgeAuthoring:
    """Commands on articles."""

    __slots__ = ()

    _environment: Environment

    @command("knowledge.create")
    def create(
        self,
        uow: UnitOfWork,
        title: str,
        body: str,
        /,
        *,
        topic: str,
        language: str | None = None,
        audience: Audience | str = Audience.CUSTOMERS,
        tags: Sequence[str] = (),
        is_published: bool = False,
        idempotency_key: str | None = None,
    ) -> Article:
        """Create an article, or a translation: same topic, another language.

        Args:
            language: a BCP 47 tag; the configured language if omitted.
            is_published: whether to publish it immediately; otherwise it is a draft.

        Raises:
            DuplicateKeyError: the topic has an article in the language.
            InvalidInputError: a field has an invalid value.
        """
        article = Article.create(
            uow.new_id("article"),
            title,
            body,
            topic=topic,
            at=uow.now,
            language=language_or_default(language, self._environment),
            audience=audience,
            tags=tags,
        )
        return uow.save(article.publish(at=uow.now) if is_published else article)

    @command("knowledge.update")
    def update(
        self,
        uow: UnitOfWork,
        article_id: ArticleId,
        /,
        *,
        title: str | None = None,
        body: str | None = None,
        tags: Sequence[str] | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Article:
        """Create a new revision of an article. Earlier revisions are kept."""
        article = uow.get(Article, article_id, version=expected_version)
        return uow.save(article.update(at=uow.now, title=title, body=body, tags=tags))

    @command("knowledge.publish")
    def publish(self, uow: UnitOfWork, article_id: ArticleId, /, *, idempotency_key: str | None = None) -> Article:
        """Publish an article, so that searches find it.

        Raises:
            InvalidTransitionError: the article is published or archived.
        """
        return uow.save(uow.get(Article, article_id).publish(at=uow.now))

    @command("knowledge.unpublish")
    def unpublish(self, uow: UnitOfWork, article_id: ArticleId, /, *, idempotency_key: str | None = None) -> Article:
        """Unpublish an article: it becomes a draft.

        Raises:
            InvalidTransitionError: the article is a draft.
        """
        return uow.save(uow.get(Article, article_id).unpublish(at=uow.now))

    @command("knowledge.archive")
    def archive(self, uow: UnitOfWork, article_id: ArticleId, /, *, idempotency_key: str | None = None) -> Article:
        """Archive an article.

        Raises:
            InvalidTransitionError: the article is archived.
        """
        return uow.save(uow.get(Article, article_id).archive(at=uow.now))

    @command("knowledge.rate")
    def rate(
        self, uow: UnitOfWork, article_id: ArticleId, /, *, is_helpful: bool, idempotency_key: str | None = None
    ) -> Article:
        """Rate an article as helpful or not."""
        return uow.save(uow.get(Article, article_id).rate(helped=is_helpful, at=uow.now))
