"""Searching articles: which words count, and which of the articles that have some of them comes first.

Words are compared folded, by their beginnings, and without their endings as far as length tells: our first languages put grammar at the end
of a word. It needs no dictionary and no index of a database, so that every store finds the same in the same order.
"""

from collections.abc import Sequence
from typing import Final

from crmcore.domain import fields
from crmcore.domain.kernel import record
from crmcore.domain.knowledge.articles import Article
from crmcore.domain.values.names import fold

SHORTEST: Final = 3
"""Words of fewer letters say nothing."""
MOST_STEMS: Final = 12
"""How many words of a longer text are looked for: the longest ones, which say most."""
IN_TITLE: Final = 8
IN_TAGS: Final = 5
IN_BODY: Final = 2
RARITY: Final = 100


@record
class Hit:
    """An article that was found, and why.

    Attributes:
        score: how well it fits; only comparable within one search.
        found: the beginnings of words that it has.
    """

    article: Article = fields.part(Article)
    score: int = fields.whole()
    found: tuple[str, ...] = fields.words(personal=True, default=())


def stems(text: str) -> tuple[str, ...]:
    """The beginnings of a text's words that a search looks for, in the order in which they stand.

    Example:
        >>> stems("How do I return my windows?")
        ('how', 'retu', 'wind')
        >>> stems("Pəncərələrimi necə qaytarım?"), stems("Деразаларни қандай қайтараман?")
        (('pencere', 'nec', 'qait'), ('deraza', 'qand', 'qaita'))
    """
    found = [_stem(word) for word in fold(text).split() if len(word) >= SHORTEST]
    several = list(dict.fromkeys(found))
    longest = sorted(several, key=len, reverse=True)[:MOST_STEMS]
    return tuple(stem for stem in several if stem in longest)


def _stem(word: str) -> str:
    """Cut off what may be endings: the last letter of a short word, of a long one up to four in nine."""
    kept = max(4, len(word) * 5 // 9)
    return word[: max(SHORTEST, min(len(word) - 1, kept))]


def rank(articles: Sequence[Article], wanted: Sequence[str], *, language: str | None = None) -> tuple[Hit, ...]:
    """Put articles in order: those that have the rarest of the wanted words, and in their titles, first.

    Args:
        articles: those that have one of the words at least.
        wanted: beginnings of words; see `stems`.
        language: whose articles come before others that fit as well.
    """
    fits = [(article, {stem: weight for stem in wanted if (weight := _weight(article, stem))}) for article in articles]
    spread = {stem: sum(stem in weights for _, weights in fits) for stem in wanted}
    hits = [
        Hit(
            article=article,
            score=sum(weight * RARITY * (len(fits) + 1) // (spread[stem] + 1) for stem, weight in weights.items()),
            found=tuple(weights),
        )
        for article, weights in fits
        if weights
    ]
    return tuple(sorted(hits, key=lambda hit: _order(hit, language)))


def _order(hit: Hit, language: str | None) -> tuple[int, bool, int, str]:
    article = hit.article
    return (-hit.score, article.language != language, article.failed - article.helped, article.id)


def _weight(article: Article, stem: str) -> int:
    def mentions(key: str) -> bool:
        return f" {stem}" in f" {key}"

    if not mentions(article.key):
        return 0
    if mentions(fold(article.title)):
        return IN_TITLE
    return IN_TAGS if any(mentions(fold(tag)) for tag in article.tags) else IN_BODY
