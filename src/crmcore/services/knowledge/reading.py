"""Finding what is written down."""

from collections.abc import Sequence
from typing import Final

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.criteria import All, AnyOf, Criterion, Is, Mentions
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ArticleId, ComplaintId, InquiryId, kind_of
from crmcore.domain.inquiries import Inquiry
from crmcore.domain.knowledge.articles import Article, ArticleState, Audience, Edition
from crmcore.domain.knowledge.search import Hit, rank, stems
from crmcore.services.house import House, view
from crmcore.services.unit import Unit, check_limit

CANDIDATES: Final = 500
"""Of how many articles that have some of the words the best are chosen: the newest ones."""


class Reading:
    """What can be read of articles."""

    __slots__ = ()

    house: House

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
        for wanted in (spoken_in(language, self.house), self.house.language):
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
        return find_articles(unit, wanted, language=language, audience=audience, limit=limit)

    @view("knowledge.suggest")
    def suggest(self, unit: Unit, id: ComplaintId | InquiryId, /, *, limit: int = 5) -> Sequence[Hit]:
        """Find what may settle a complaint or an inquiry, from its own words."""
        check_limit(limit)
        asked = type(id) is str and kind_of(id) == Inquiry.shape.kind
        case = unit.get(Inquiry, InquiryId(id)) if asked else unit.get(Complaint, ComplaintId(id))
        return find_articles(unit, f"{case.subject}\n{case.story}", language=None, audience=None, limit=limit)


def find_articles(
    unit: Unit, text: str, *, language: str | None, audience: Audience | str | None, limit: int
) -> tuple[Hit, ...]:
    """Find published articles by the words of a text, the best first."""
    wanted = stems(text)
    where: list[Criterion] = [Is("state", ArticleState.PUBLISHED)]
    if audience is not None and checked_member("audience", Audience, audience) is Audience.CUSTOMERS:
        where.append(Is("audience", Audience.CUSTOMERS))
    where.append(AnyOf(tuple(Mentions("key", stem) for stem in wanted)))
    found = unit.find(Article, All(tuple(where)), order="-id", limit=CANDIDATES) if wanted else ()
    return rank(found, wanted, language=language)[:limit]


def spoken_in(language: str | None, house: House) -> str:
    """The language that was given, or the house's.

    Raises:
        InvalidInput: that is no text.
    """
    return house.language if language is None else checked_text("language", language, limit=35)
