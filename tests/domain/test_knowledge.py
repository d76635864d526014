"""Articles keep their editions, questions count, and a search says why it found what it found."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmcore.adapters.ids import CountingIds
from crmcore.domain.knowledge.articles import ARTICLE_LIFE, Article, ArticleState, Audience
from crmcore.domain.knowledge.questions import QUESTION_LIFE, Answer, Question, QuestionState, question_key
from crmcore.domain.knowledge.search import IN_BODY, IN_TAGS, IN_TITLE, MOST_STEMS, RARITY, rank, stems
from crmcore.errors import Blank, IllegalTransition, NotAllowed, TooLong
from crmcore.testing.samples import Samples

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDS = CountingIds()


def article(title: str = "Returning a window", body: str = "Bring the receipt.", **details: object) -> Article:
    """An article about returns."""
    facts = {"topic": "returns", "at": NOON, **details}
    return Article.write(IDS.new("article"), title, body, **facts)  # type: ignore[arg-type]  # details are a test's


def question(words: str = "How do I return a window?") -> Question:
    """A question that nobody answers."""
    return Question.ask(IDS.new("question"), words, language="en", at=NOON)  # type: ignore[arg-type]  # a plain text


def test_an_article_begins_as_a_draft_with_its_first_edition() -> None:
    """What is written is kept as edition 1 and is not yet found."""
    written = article(tags=["money", "receipt"])

    assert (ArticleState.DRAFT, 1, Audience.CUSTOMERS) == (written.state, written.edition, written.audience)
    assert ["Returning a window"] == [edition.title for edition in written.editions]
    assert written.key == "returning a window monei receipt bring the receipt"


def test_a_new_edition_keeps_the_old_one() -> None:
    """Rewriting adds an edition, changes the key, and leaves the state alone; the same words change nothing."""
    released = article().release(at=NOON)
    again = released.rewrite(at=NOON + timedelta(days=1), body="No receipt is needed.")

    assert (2, ArticleState.PUBLISHED) == (again.edition, again.state)
    assert [1, 2] == [edition.number for edition in again.editions]
    assert "no receipt" in again.key
    assert again is again.rewrite(at=NOON, title=again.title, tags=())


def test_judgements_are_counted() -> None:
    """Each reader who was helped counts, and each who was not."""
    judged = article().judge(helped=True, at=NOON).judge(helped=True, at=NOON).judge(helped=False, at=NOON)

    assert (2, 1) == (judged.helped, judged.failed)


@pytest.mark.parametrize("bad", [{"title": " "}, {"body": ""}, {"body": "x" * 20_001}, {"topic": ""}])
def test_an_article_says_something(bad: dict[str, str]) -> None:
    """A title, a text and a topic, of bounded length."""
    with pytest.raises((Blank, TooLong)):
        article(**bad)
    with pytest.raises(NotAllowed):
        article(audience="everybody")


class ArticleLife(RuleBasedStateMachine):
    """An article goes only where its table leads."""

    def __init__(self) -> None:
        super().__init__()
        self.article = article()

    @rule(to=st.sampled_from(ArticleState))
    def go(self, to: ArticleState) -> None:
        """Try every way."""
        ways = {
            ArticleState.DRAFT: self.article.withdraw,
            ArticleState.PUBLISHED: self.article.release,
            ArticleState.ARCHIVED: self.article.archive,
        }
        if to in ARTICLE_LIFE[self.article.state]:
            self.article = ways[to](at=NOON)
            assert to is self.article.state
        else:
            with pytest.raises(IllegalTransition):
                ways[to](at=NOON)

    @invariant()
    def keeps_its_words(self) -> None:
        """No way changes what it says."""
        assert (1, "Returning a window") == (self.article.edition, self.article.title)


TestArticleLife = ArticleLife.TestCase


def test_a_question_counts_how_often_it_comes() -> None:
    """One that was answered and comes again is open again; one that was dismissed stays so."""
    answered = question().answer(article().id, at=NOON)
    dismissed = question().dismiss(at=NOON)

    assert (QuestionState.ANSWERED, 1) == (answered.state, answered.asked)
    assert (QuestionState.OPEN, 2) == (answered.ask_again(at=NOON).state, answered.ask_again(at=NOON).asked)
    assert dismissed.ask_again(at=NOON).state is QuestionState.DISMISSED
    assert dismissed.answer(article().id, at=NOON).state is QuestionState.ANSWERED
    for settled in (answered, dismissed):
        with pytest.raises(IllegalTransition):
            settled.dismiss(at=NOON)
    assert set(QUESTION_LIFE) == set(QuestionState)


def test_questions_are_known_by_their_folded_words() -> None:
    """Case, marks and scripts make no other question; signs alone are kept."""
    assert question_key("Деразани қандай қайтараман?") == question_key("derazani qanday qaytaraman")
    assert question_key("?!") == "?!"


@given(st.text(max_size=300))
def test_stems_are_few_and_are_beginnings(words: str) -> None:
    """At most twelve, each the beginning of a folded word, none twice."""
    found = stems(words)
    key = question_key(words) if len(words) < 100 else ""

    assert len(found) <= MOST_STEMS
    assert len(found) == len(set(found))
    if key:
        assert all(f" {stem}" in f" {key}" or len(key) == 200 for stem in found)


def test_the_title_says_more_than_the_text() -> None:
    """A word in the title counts most, then in the tags, then in the text; a word that all have counts less."""
    title = article("Window returns", "Bring it.", topic="a")
    tagged = article("Money back", "Bring it.", topic="b", tags=["window"])
    told = article("Money back", "Bring the window.", topic="c")
    other = article("Opening hours", "From nine.", topic="d")
    hits = rank([other, told, tagged, title], stems("window"))

    assert [title, tagged, told] == [hit.article for hit in hits]
    rarity = RARITY * 5 // 4  # three of four have it
    assert [IN_TITLE * rarity, IN_TAGS * rarity, IN_BODY * rarity] == [hit.score for hit in hits]
    assert {("wind",)} == {hit.found for hit in hits}


def test_between_equals_language_then_usefulness_decides() -> None:
    """Of two that fit as well, the one in the asked language comes first, then the one that helped more."""
    english = article(topic="a")
    latvian = article(topic="b", language="lv")
    useful = article(topic="c").judge(helped=True, at=NOON)

    assert latvian == rank([english, latvian, useful], stems("window"), language="lv")[0].article
    assert useful == rank([english, latvian, useful], stems("window"), language="en")[0].article


def test_an_article_answers_a_case() -> None:
    """Who used which edition for what, and whether it helped, is kept and told."""
    samples = Samples()
    case, user = samples.id("task"), samples.id("user")
    told = article(topic="a")
    answer = Answer.give(samples.id("answer"), told.id, case, edition=1, helped=True, user=user, at=NOON)

    assert (told.id, case, 1, True, user) == (answer.article, answer.case, answer.edition, answer.helped, answer.user)
    assert ["article.answered"] == [event.name for event in answer.pending]
