"""Usages of articles: which article was used for which case."""

from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.ids import ArticleId, ArticleUsageId, UserId


@record
class ArticleUsed(Event):
    """An article answered somebody's case."""

    name: ClassVar[str] = "article.used"
    article_id: ArticleId = fields.id_of("article")
    case_id: str = fields.text(personal=False, max_length=64)
    helped: bool = fields.boolean()


@record
class ArticleUsage(Entity):
    """That an article was used for a case: a complaint, a request, a deal, a contact.

    Attributes:
        case_id: the case's id.
        revision: which edition of the article it was.
        helped: whether it settled the matter.
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
        """Note that an article was used."""
        usage = cls(
            id=id, article_id=article_id, case_id=case_id, revision=revision, helped=helped, user_id=user_id, used_at=at
        )
        return usage._record(ArticleUsed(at=at, article_id=article_id, case_id=case_id, helped=helped))
