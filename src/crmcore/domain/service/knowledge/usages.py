"""Usages of articles: which article was used for which case."""

from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.ids import ArticleId, ArticleUsageId, UserId


@record
class ArticleUsed(Event):
    """An article was used for a case."""

    name: ClassVar[str] = "article.used"
    article_id: ArticleId = fields.id_of("article")
    case_id: str = fields.text(personal=False, max_length=64)
    helped: bool = fields.boolean()


@record
class ArticleUsage(Entity):
    """The use of an article for a case, a deal or an interaction.

    Attributes:
        case_id: the id of that record.
        revision: of the article.
        helped: whether it helped.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "articleusage", "article_usages", unique_keys=(("article_id", "case_id"),), indexes=(("case_id",),)
    )

    id: ArticleUsageId = fields.id_of("articleusage")
    article_id: ArticleId = fields.id_of("article")
    case_id: str = fields.text(personal=False, max_length=64)
    revision: int = fields.integer(min=1)
    helped: bool = fields.boolean(default=True)
    user_id: UserId | None = fields.id_of("user", optional=True, default=None)
    used_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: ArticleUsageId,
        article_id: ArticleId,
        case_id: str,
        *,
        revision: int,
        helped: bool,
        user_id: UserId | None,
        at: datetime,
    ) -> Self:
        """Record the use of an article."""
        usage = cls(
            id=id, article_id=article_id, case_id=case_id, revision=revision, helped=helped, user_id=user_id, used_at=at
        )
        return usage._record(ArticleUsed(at=at, article_id=article_id, case_id=case_id, helped=helped))
