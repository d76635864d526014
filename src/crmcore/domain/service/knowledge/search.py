"""Search in the knowledge base: stems of words, and ranking.

Words are folded and compared by their beginnings, without endings, for the supported languages put grammar at the end of a word. No
dictionary and no database index is needed, so all stores find the same articles in the same order.
"""

from collections.abc import Sequence
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.values.names import fold
from crmcore.domain.service.knowledge.articles import Article

MIN_WORD_LENGTH: Final = 3
"""The minimum length of a word."""
MAX_STEMS: Final = 12
"""The maximum number of words of a text: the longest ones."""
TITLE_WEIGHT: Final = 8
TAGS_WEIGHT: Final = 5
BODY_WEIGHT: Final = 2
RARITY_SCALE: Final = 100


@record
class SearchHit:
    """An article that was found, with its score.

    Attributes:
        score: for the ranking; only comparable within one search.
        matched_stems: the stems that it contains.
    """

    article: Article = fields.embedded(Article)
    score: int = fields.integer()
    matched_stems: tuple[str, ...] = fields.text_list(personal=True, default=())


def stems(text: str) -> tuple[str, ...]:
    """List the stems of a text's words, in order.

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
    """Cut a word: one letter of a short word, 4/9 of a long one at most."""
    length = max(4, len(word) * 5 // 9)
    return word[: max(MIN_WORD_LENGTH, min(len(word) - 1, length))]


def rank_articles(
    articles: Sequence[Article], wanted_stems: Sequence[str], *, language: str | None = None
) -> tuple[SearchHit, ...]:
    """Rank articles by rare stems and by stems in the title.

    Args:
        articles: that contain at least one of the stems.
        wanted_stems: see `stems`.
        language: of the articles that come first among equal scores.
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
