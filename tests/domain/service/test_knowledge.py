"""Knowledge base: articles, gaps, search, usages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmcore.adapters.ids import SequentialIds
from crmcore.domain.service.knowledge.articles import ARTICLE_TRANSITIONS, Article, ArticleState, Audience
from crmcore.domain.service.knowledge.gaps import (
    KNOWLEDGE_GAP_TRANSITIONS,
    KnowledgeGap,
    KnowledgeGapState,
    question_key,
)
from crmcore.domain.service.knowledge.search import (
    BODY_WEIGHT,
    MAX_STEMS,
    RARITY_SCALE,
    TAGS_WEIGHT,
    TITLE_WEIGHT,
    rank_articles,
    stems,
)
from crmcore.domain.service.knowledge.usages import ArticleUsage
from crmcore.errors import InvalidChoiceError, InvalidTransitionError, RequiredError, TooLongError
from crmcore.testing.samples import Samples

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDS = SequentialIds()


def article(title: str = "Returning a window", body: str = "Bring the receipt.", **details: object) -> Article:
    """An article about returns."""
    fields = {"topic": "returns", "at": NOON, **details}
    return Article.create(IDS.new("article"), title, body, **fields)  # type: ignore[arg-type]  # details are a test's


def knowledge_gap(words: str = "How do I return a window?") -> KnowledgeGap:
    """A knowledge gap."""
    return KnowledgeGap.create(IDS.new("knowledgegap"), words, language="en", at=NOON)  # type: ignore[arg-type]  # a plain text


def test_new_article_is_draft_with_revision_1() -> None:
    """A new article is a draft with revision 1."""
    written = article(tags=["money", "receipt"])

    assert (ArticleState.DRAFT, 1, Audience.CUSTOMERS) == (written.state, written.revision, written.audience)
    assert ["Returning a window"] == [edition.title for edition in written.revisions]
    assert written.search_key == "returning a window monei receipt bring the receipt"


def test_update_article_adds_revision() -> None:
    """An update adds a revision and keeps the state; an equal text changes nothing."""
    released = article().publish(at=NOON)
    again = released.update(at=NOON + timedelta(days=1), body="No receipt is needed.")

    assert (2, ArticleState.PUBLISHED) == (again.revision, again.state)
    assert [1, 2] == [edition.number for edition in again.revisions]
    assert "no receipt" in again.search_key
    assert again is again.update(at=NOON, title=again.title, tags=())


def test_create_and_update_article_record_different_events() -> None:
    """A new article records `article.created` with revision 1, a new revision `article.updated`."""
    events = article().update(at=NOON, body="No receipt is needed.").pending_events

    assert ["article.created", "article.updated"] == [event.name for event in events]
    assert [1, 2] == [event.revision for event in events]  # type: ignore[attr-defined]  # both events have it


def test_rate_counts_helpful_and_unhelpful() -> None:
    """Ratings are counted."""
    judged = article().rate(helped=True, at=NOON).rate(helped=True, at=NOON).rate(helped=False, at=NOON)

    assert (2, 1) == (judged.helpful_count, judged.unhelpful_count)


@pytest.mark.parametrize("bad", [{"title": " "}, {"body": ""}, {"body": "x" * 20_001}, {"topic": ""}])
def test_invalid_article_is_rejected(bad: dict[str, str]) -> None:
    """Title, text and topic are required and limited."""
    with pytest.raises((RequiredError, TooLongError)):
        article(**bad)
    with pytest.raises(InvalidChoiceError):
        article(audience="everybody")


class ArticleMachine(RuleBasedStateMachine):
    """An article follows its transitions."""

    def __init__(self) -> None:
        super().__init__()
        self.article = article()

    @rule(to=st.sampled_from(ArticleState))
    def change_status(self, to: ArticleState) -> None:
        """Try every command."""
        ways = {
            ArticleState.DRAFT: self.article.unpublish,
            ArticleState.PUBLISHED: self.article.publish,
            ArticleState.ARCHIVED: self.article.archive,
        }
        if to in ARTICLE_TRANSITIONS[self.article.state]:
            self.article = ways[to](at=NOON)
            assert to is self.article.state
        else:
            with pytest.raises(InvalidTransitionError):
                ways[to](at=NOON)

    @invariant()
    def content_is_unchanged(self) -> None:
        """No command changes the text."""
        assert (1, "Returning a window") == (self.article.revision, self.article.title)


TestArticleMachine = ArticleMachine.TestCase


def test_knowledge_gap_counts_occurrences_and_reopens() -> None:
    """An answered gap is reopened by a repetition; a dismissed one is not."""
    answered = knowledge_gap().close_with_article(article().id, at=NOON)
    dismissed = knowledge_gap().dismiss(at=NOON)

    assert (KnowledgeGapState.ANSWERED, 1) == (answered.state, answered.ask_count)
    assert (KnowledgeGapState.OPEN, 2) == (
        answered.record_again(at=NOON).state,
        answered.record_again(at=NOON).ask_count,
    )
    assert dismissed.record_again(at=NOON).state is KnowledgeGapState.DISMISSED
    assert dismissed.close_with_article(article().id, at=NOON).state is KnowledgeGapState.ANSWERED
    for settled in (answered, dismissed):
        with pytest.raises(InvalidTransitionError):
            settled.dismiss(at=NOON)
    assert set(KNOWLEDGE_GAP_TRANSITIONS) == set(KnowledgeGapState)


def test_knowledge_gap_is_identified_by_folded_words() -> None:
    """Case, marks and scripts do not distinguish questions; signs alone are kept."""
    assert question_key("Деразани қандай қайтараман?") == question_key("derazani qanday qaytaraman")
    assert question_key("?!") == "?!"


@given(st.text(max_size=300))
def test_stems_are_unique_prefixes_and_at_most_twelve(words: str) -> None:
    """There are at most twelve stems, each the beginning of a folded word, none twice."""
    found = stems(words)
    key = question_key(words) if len(words) < 100 else ""

    assert len(found) <= MAX_STEMS
    assert len(found) == len(set(found))
    if key:
        assert all(f" {stem}" in f" {key}" or len(key) == 200 for stem in found)


def test_title_ranks_above_tags_and_text() -> None:
    """Title counts more than tags, tags more than text; frequent stems count less."""
    title = article("Window returns", "Bring it.", topic="a")
    tagged = article("Money back", "Bring it.", topic="b", tags=["window"])
    body_only = article("Money back", "Bring the window.", topic="c")
    other = article("Opening hours", "From nine.", topic="d")
    hits = rank_articles([other, body_only, tagged, title], stems("window"))

    assert [title, tagged, body_only] == [hit.article for hit in hits]
    rarity = RARITY_SCALE * 5 // 4  # three of four articles contain it
    assert [TITLE_WEIGHT * rarity, TAGS_WEIGHT * rarity, BODY_WEIGHT * rarity] == [hit.score for hit in hits]
    assert {("wind",)} == {hit.matched_stems for hit in hits}


def test_equal_scores_are_ordered_by_language_then_rating() -> None:
    """Equal scores are ordered by the language, then by the rating."""
    english = article(topic="a")
    latvian = article(topic="b", language="lv")
    useful = article(topic="c").rate(helped=True, at=NOON)

    assert latvian == rank_articles([english, latvian, useful], stems("window"), language="lv")[0].article
    assert useful == rank_articles([english, latvian, useful], stems("window"), language="en")[0].article


def test_article_usage_records_case_and_revision() -> None:
    """A usage has user, revision, case and rating, and records an event."""
    samples = Samples()
    case, user = samples.id("task"), samples.id("user")
    used_article = article(topic="a")
    answer = ArticleUsage.create(
        samples.id("articleusage"), used_article.id, case, revision=1, helped=True, user_id=user, at=NOON
    )

    assert (used_article.id, case, 1, True, user) == (
        answer.article_id,
        answer.case_id,
        answer.revision,
        answer.helped,
        answer.user_id,
    )
    assert ["article.used"] == [event.name for event in answer.pending_events]
