"""Writing answers down: articles, their editions and their translations."""

from collections.abc import Sequence

from crmcore.domain.ids import ArticleId
from crmcore.domain.knowledge.articles import Article, Audience
from crmcore.services.house import House, story
from crmcore.services.knowledge.reading import spoken_in
from crmcore.services.unit import Unit


class Writing:
    """What makes and changes articles."""

    __slots__ = ()

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
            language=spoken_in(language, self.house),
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
