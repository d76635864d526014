"""Articles of the knowledge base, for customers and staff.

Invariants:
    1. An article has one language. Its translations have the same topic.
    2. Every revision is stored.
    3. A search finds published articles only, and shows a customer no article for staff.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.text import MAX_NOTE_LENGTH
from crmcore.domain.kernel.ids import ArticleId
from crmcore.domain.kernel.values.names import fold

MAX_BODY_LENGTH: Final = 2 * MAX_NOTE_LENGTH
"""The maximum length of an article, in characters."""
MAX_SEARCH_KEY_LENGTH: Final = 4 * MAX_BODY_LENGTH
"""The maximum length of its search key: a letter can fold into two."""


class Audience(Enum):
    """The audience of an article."""

    CUSTOMERS = "customers"
    STAFF = "staff"


class ArticleState(Enum):
    """The state of an article."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


ARTICLE_TRANSITIONS: Final[Transitions[ArticleState]] = {
    ArticleState.DRAFT: frozenset({ArticleState.PUBLISHED, ArticleState.ARCHIVED}),
    ArticleState.PUBLISHED: frozenset({ArticleState.DRAFT, ArticleState.ARCHIVED}),
    ArticleState.ARCHIVED: frozenset({ArticleState.DRAFT}),
}


@record
class Revision:
    """One revision of an article.

    Attributes:
        number: from 1.
        actor: who wrote it. The store sets it.
    """

    number: int = fields.integer(min=1)
    title: str = fields.text(personal=False)
    body: str = fields.text(personal=False, max_length=MAX_BODY_LENGTH, multiline=True)
    at: datetime = fields.timestamp()
    actor: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)


@record
class ArticleCreated(Event):
    """An article was created."""

    name: ClassVar[str] = "article.created"
    topic: str = fields.text(personal=False, max_length=100)
    language: str = fields.text(personal=False, max_length=35)
    revision: int = fields.integer(min=1)


@record
class ArticleUpdated(Event):
    """A new revision of an article was written."""

    name: ClassVar[str] = "article.updated"
    topic: str = fields.text(personal=False, max_length=100)
    language: str = fields.text(personal=False, max_length=35)
    revision: int = fields.integer(min=1)


@record
class ArticleStatusChanged(Event):
    """The state of an article changed."""

    name: ClassVar[str] = "article.status_changed"
    before: ArticleState = fields.enum(ArticleState)
    after: ArticleState = fields.enum(ArticleState)


@record
class ArticleRated(Event):
    """An article was rated as helpful or not."""

    name: ClassVar[str] = "article.rated"
    helped: bool = fields.boolean()


def _search_key(article: "Article") -> str:
    return fold("\n".join((article.title, *article.tags, article.body)))[:MAX_SEARCH_KEY_LENGTH]


@record
class Article(Entity):
    """An article in one language.

    Attributes:
        topic: a short name of the company: ``warranty-claims``. Translations share it.
        revision: the number of the present revision.
        search_key: title, tags and text, folded. It is computed.
        helpful_count: how often it was rated as helpful; so with `unhelpful_count`.
        revisions: those written since the record was loaded (log).
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "article",
        "articles",
        unique_keys=(("topic", "language"),),
        indexes=(("state", "audience"),),
        child_tables={"revisions": "article_revisions"},
        log_field="revisions",
    )

    id: ArticleId = fields.id_of("article")
    topic: str = fields.text(personal=False, max_length=100)
    language: str = fields.text(personal=False, max_length=35, default="en")
    audience: Audience = fields.enum(Audience, default=Audience.CUSTOMERS)
    title: str = fields.text(personal=False)
    body: str = fields.text(personal=False, max_length=MAX_BODY_LENGTH, multiline=True)
    tags: tuple[str, ...] = fields.text_list(personal=False, max_length=60, default=())
    state: ArticleState = fields.enum(ArticleState, default=ArticleState.DRAFT)
    revision: int = fields.integer(min=1, default=1)
    search_key: str = fields.computed(_search_key, repr=False, personal=False, max_length=MAX_SEARCH_KEY_LENGTH)
    helpful_count: int = fields.integer(default=0)
    unhelpful_count: int = fields.integer(default=0)
    updated_at: datetime = fields.timestamp()
    revisions: tuple[Revision, ...] = fields.log(Revision, default=())

    @classmethod
    def create(
        cls,
        id: ArticleId,
        title: str,
        body: str,
        *,
        topic: str,
        at: datetime,
        language: str = "en",
        audience: Audience | str = Audience.CUSTOMERS,
        tags: Sequence[str] = (),
    ) -> Self:
        """Create an article as a draft.

        Raises:
            InvalidInputError: a field that cannot be.
        """
        article = cls(
            id=id,
            topic=topic,
            language=language,
            audience=audience,  # type: ignore[arg-type]  # a word becomes its member
            title=title,
            body=body,
            tags=as_tuple("article.tags", tags),
            updated_at=at,
        )
        return article._new_revision(ArticleCreated, 1, article.title, article.body, article.tags, at=at)

    def update(
        self, *, at: datetime, title: str | None = None, body: str | None = None, tags: Sequence[str] | None = None
    ) -> Self:
        """Write a new revision. The state does not change."""
        after = self._new_revision(
            ArticleUpdated,
            self.revision + 1,
            self.title if title is None else title,
            self.body if body is None else body,
            self.tags if tags is None else as_tuple("article.tags", tags),
            at=at,
        )
        return self if (after.title, after.body, after.tags) == (self.title, self.body, self.tags) else after

    def publish(self, *, at: datetime) -> Self:
        """Publish the article.

        Raises:
            InvalidTransitionError: it is published, or archived.
        """
        return self._set_state(ArticleState.PUBLISHED, at=at)

    def unpublish(self, *, at: datetime) -> Self:
        """Make it a draft again.

        Raises:
            InvalidTransitionError: it is a draft.
        """
        return self._set_state(ArticleState.DRAFT, at=at)

    def archive(self, *, at: datetime) -> Self:
        """Archive it: a search does not find it any more.

        Raises:
            InvalidTransitionError: it is archived.
        """
        return self._set_state(ArticleState.ARCHIVED, at=at)

    def rate(self, *, helped: bool, at: datetime) -> Self:
        """Rate the article as helpful or not."""
        counted = {"helpful_count": self.helpful_count + 1} if helped else {"unhelpful_count": self.unhelpful_count + 1}
        return self._record(ArticleRated(at=at, helped=helped), **counted)

    def _set_state(self, to: ArticleState, *, at: datetime) -> Self:
        check_transition(self.id, ARTICLE_TRANSITIONS, self.state, to)
        return self._record(ArticleStatusChanged(at=at, before=self.state, after=to), state=to)

    def _new_revision(
        self,
        event_type: type[ArticleCreated | ArticleUpdated],
        number: int,
        title: str,
        body: str,
        tags: tuple[str, ...],
        *,
        at: datetime,
    ) -> Self:
        revision = Revision(number=number, title=title, body=body, at=at)
        event = event_type(at=at, topic=self.topic, language=self.language, revision=number)
        revisions = (*self.revisions, revision)
        return self._record(
            event, title=title, body=body, tags=tags, revision=number, updated_at=at, revisions=revisions
        )
