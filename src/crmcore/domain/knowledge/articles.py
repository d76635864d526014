"""Articles: answers that the house has written down, for customers and for new colleagues.

Rule 1: an article is written in one language. Its translations share its topic, and each is found in its own words.
Rule 2: every edition is kept, so that what answered somebody in spring can still be read in autumn.
Rule 3: only what is published is found, and what was written for the staff never by a customer.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.fields.part import listed
from crmcore.domain.fields.text import NOTE
from crmcore.domain.ids import ArticleId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, check_move, record
from crmcore.domain.values.names import fold

LONGEST: Final = 2 * NOTE
"""How long an article's text may be, in characters."""
LONGEST_KEY: Final = 4 * LONGEST
"""How long its folded form may become: a letter can fold into two."""


class Audience(Enum):
    """For whom an article was written."""

    CUSTOMERS = "customers"
    STAFF = "staff"


class ArticleState(Enum):
    """Where an article stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


ARTICLE_LIFE: Final[Transitions[ArticleState]] = {
    ArticleState.DRAFT: frozenset({ArticleState.PUBLISHED, ArticleState.ARCHIVED}),
    ArticleState.PUBLISHED: frozenset({ArticleState.DRAFT, ArticleState.ARCHIVED}),
    ArticleState.ARCHIVED: frozenset({ArticleState.DRAFT}),
}


@record
class Edition:
    """An article as it once stood.

    Attributes:
        number: from 1.
        actor: who wrote it; the store puts it there.
    """

    number: int = fields.whole(least=1)
    title: str = fields.text(personal=False)
    body: str = fields.text(personal=False, limit=LONGEST, lines=True)
    at: datetime = fields.moment()
    actor: str = fields.text(personal=False, limit=100, default="", blank=True)


@record
class ArticleWritten(Event):
    """An article was written, or written anew."""

    name: ClassVar[str] = "article.written"
    topic: str = fields.text(personal=False, limit=100)
    language: str = fields.text(personal=False, limit=35)
    edition: int = fields.whole(least=1)


@record
class ArticleMoved(Event):
    """An article was published, withdrawn or archived."""

    name: ClassVar[str] = "article.moved"
    before: ArticleState = fields.one_of(ArticleState)
    after: ArticleState = fields.one_of(ArticleState)


@record
class ArticleJudged(Event):
    """Somebody said whether an article had helped."""

    name: ClassVar[str] = "article.judged"
    helped: bool = fields.flag()


def _key(article: "Article") -> str:
    return fold("\n".join((article.title, *article.tags, article.body)))[:LONGEST_KEY]


@record
class Article(Entity):
    """An answer that is written down.

    Attributes:
        topic: a word for what it is about, in the house's own short form: ``warranty-claims``; its translations share it.
        edition: the number of the present edition.
        key: everything that can be searched, folded; it follows from the title, the tags and the text.
        helped: how often somebody said that it had helped; so with `failed`.
        editions: those written since it was read, which a store appends to its history.
    """

    shape: ClassVar[Shape] = Shape(
        "article",
        "articles",
        unique=(("topic", "language"),),
        indexes=(("state", "audience"),),
        tables={"editions": "article_editions"},
        entries="editions",
    )

    id: ArticleId = fields.ref("article")
    topic: str = fields.text(personal=False, limit=100)
    language: str = fields.text(personal=False, limit=35, default="en")
    audience: Audience = fields.one_of(Audience, default=Audience.CUSTOMERS)
    title: str = fields.text(personal=False)
    body: str = fields.text(personal=False, limit=LONGEST, lines=True)
    tags: tuple[str, ...] = fields.words(personal=False, limit=60, default=())
    state: ArticleState = fields.one_of(ArticleState, default=ArticleState.DRAFT)
    edition: int = fields.whole(least=1, default=1)
    key: str = fields.derived(_key, shown=False, personal=False, limit=LONGEST_KEY)
    helped: int = fields.whole(default=0)
    failed: int = fields.whole(default=0)
    written_at: datetime = fields.moment()
    editions: tuple[Edition, ...] = fields.entries(Edition, default=())

    @classmethod
    def write(
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
        """Write an article; it is a draft.

        Raises:
            InvalidInput: a field that cannot be.
        """
        article = cls(
            id=id,
            topic=topic,
            language=language,
            audience=audience,  # type: ignore[arg-type]  # a word becomes its member
            title=title,
            body=body,
            tags=listed("article.tags", tags),
            written_at=at,
        )
        return article._print(1, article.title, article.body, article.tags, at=at)

    def rewrite(
        self, *, at: datetime, title: str | None = None, body: str | None = None, tags: Sequence[str] | None = None
    ) -> Self:
        """Write a new edition. What is published stays so."""
        after = self._print(
            self.edition + 1,
            self.title if title is None else title,
            self.body if body is None else body,
            self.tags if tags is None else listed("article.tags", tags),
            at=at,
        )
        return self if (after.title, after.body, after.tags) == (self.title, self.body, self.tags) else after

    def release(self, *, at: datetime) -> Self:
        """Let it be found.

        Raises:
            IllegalTransition: it is published, or archived.
        """
        return self._go(ArticleState.PUBLISHED, at=at)

    def withdraw(self, *, at: datetime) -> Self:
        """Make a draft of it again.

        Raises:
            IllegalTransition: it is a draft.
        """
        return self._go(ArticleState.DRAFT, at=at)

    def archive(self, *, at: datetime) -> Self:
        """Put it away: it is found no more, and can still be read.

        Raises:
            IllegalTransition: it is archived.
        """
        return self._go(ArticleState.ARCHIVED, at=at)

    def judge(self, *, helped: bool, at: datetime) -> Self:
        """Note whether it helped somebody."""
        counted = {"helped": self.helped + 1} if helped else {"failed": self.failed + 1}
        return self._after(ArticleJudged(at=at, helped=helped), **counted)

    def _go(self, to: ArticleState, *, at: datetime) -> Self:
        check_move(self.id, ARTICLE_LIFE, self.state, to)
        return self._after(ArticleMoved(at=at, before=self.state, after=to), state=to)

    def _print(self, number: int, title: str, body: str, tags: tuple[str, ...], *, at: datetime) -> Self:
        edition = Edition(number=number, title=title, body=body, at=at)
        fact = ArticleWritten(at=at, topic=self.topic, language=self.language, edition=number)
        editions = (*self.editions, edition)
        return self._after(fact, title=title, body=body, tags=tags, edition=number, written_at=at, editions=editions)
