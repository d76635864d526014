"""Searching articles: which words count, and which of the articles that have some of them comes first.

Words are compared folded, by their beginnings, and without their endings as far as length tells: our first languages put grammar at the end
of a word. It needs no dictionary and no index of a database, so that every store finds the same in the same order.
"""

from collections.abc import Sequence
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.values.names import fold
from crmcore.domain.service.knowledge.articles import Article

MIN_WORD_LENGTH: Final = 3
"""Words of fewer letters say nothing."""
MAX_STEMS: Final = 12
"""How many words of a longer text are looked for: the longest ones, which say most."""
TITLE_WEIGHT: Final = 8
TAGS_WEIGHT: Final = 5
BODY_WEIGHT: Final = 2
RARITY_SCALE: Final = 100


@record
class SearchHit:
    """An article that was found, and why.

    Attributes:
        score: how well it fits; only comparable within one search.
        matched_stems: the beginnings of words that it has.
    """

    article: Article = fields.embedded(Article)
    score: int = fields.integer()
    matched_stems: tuple[str, ...] = fields.text_list(personal=True, default=())


def stems(text: str) -> tuple[str, ...]:
    """The beginnings of a text's words that a search looks for, in the order in which they stand.

    Example:
        >>> stems("How do I return my windows?")
        ('how', 'retu', 'wind')
        >>> stems("Pəncərələrimi necə qaytarım?"), stems("Деразаларни қандай қайтараман?")
        (('pencere', 'nec', 'qait'), ('deraza', 'qand', 'qaita'))
    """
    all_stems = [_stem(word) for word in fold(text).split() if len(word) >= MIN_WORD_LENGTH]
    distinct_stems = list(dict.fromkeys(all_stems))
    longest_stems = sorted(distinct_stems, key=len, reverse=True)[:MAX_STEMS]
    return tuple(stem for stem in distinct_stems if stem in longest_stems)


def _stem(word: str) -> str:
    """Cut off what may be endings: the last letter of a short word, of a long one up to four in nine."""
    length = max(4, len(word) * 5 // 9)
    return word[: max(MIN_WORD_LENGTH, min(len(word) - 1, length))]


def rank_articles(
    articles: Sequence[Article], wanted_stems: Sequence[str], *, language: str | None = None
) -> tuple[SearchHit, ...]:
    """Put articles in order: those that have the rarest of the wanted words, and in their titles, first.

    Args:
        articles: those that have one of the words at least.
        wanted_stems: beginnings of words; see `stems`.
        language: whose articles come before others that fit as well.
    """
    weighted = [
        (article, {stem: weight for stem in wanted_stems if (weight := _stem_weight(article, stem))})
        for article in articles
    ]
    document_frequency = {stem: sum(stem in weights for _, weights in weighted) for stem in wanted_stems}
    hits = [
        SearchHit(
            article=article,
            score=sum(
                weight * RARITY_SCALE * (len(weighted) + 1) // (document_frequency[stem] + 1)
                for stem, weight in weights.items()
            ),
            matched_stems=tuple(weights),
        )
        for article, weights in weighted
        if weights
    ]
    return tuple(sorted(hits, key=lambda hit: _sort_key(hit, language)))


def _sort_key(hit: SearchHit, language: str | None) -> tuple[int, bool, int, str]:
    article = hit.article
    return (-hit.score, article.language != language, article.unhelpful_count - article.helpful_count, article.id)


def _stem_weight(article: Article, stem: str) -> int:
    def mentions(key: str) -> bool:
        return f" {stem}" in f" {key}"

    if not mentions(article.search_key):
        return 0
    if mentions(fold(article.title)):
        return TITLE_WEIGHT
    return TAGS_WEIGHT if any(mentions(fold(tag)) for tag in article.tags) else BODY_WEIGHT
