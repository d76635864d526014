"""What the house knows is found by whoever may see it, in any script, and what it does not know shows."""

from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore
from crmcore.domain.knowledge.articles import Article
from crmcore.errors import IllegalTransition, InvalidId, NotFound, Taken
from crmcore.services.ports import Store

TEXTS = {
    "en": ("Returning a window", "Bring the window and the receipt within 14 days."),
    "uz": ("Derazani qaytarish", "Deraza va chekni 14 kun ichida olib keling."),
    "az": ("Pəncərənin qaytarılması", "Pəncərəni və qəbzi 14 gün ərzində gətirin."),
    "mn": ("Цонх буцаах", "Цонх болон баримтаа 14 хоногийн дотор авчирна уу."),
    "lv": ("Loga atgriešana", "Atnesiet logu un čeku 14 dienu laikā."),
    "fa": ("بازگرداندن پنجره", "پنجره و رسید را ظرف ۱۴ روز بیاورید."),
}


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Crm:
    """A house with one topic in six languages."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")
    crm = Crm(store, clock=FrozenClock())
    for language, (title, body) in TEXTS.items():
        crm.knowledge.write(title, body, topic="returns", language=language, publish=True)
    return crm


def languages(crm: Crm, words: str, language: str | None = None) -> list[str]:
    """In which languages articles are found."""
    return [hit.article.language for hit in crm.knowledge.search(words, language=language)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("How do I return my windows?", "en"),
        ("Деразани қандай қайтараман?", "uz"),
        ("pencereni qaytarmaq", "az"),
        ("цонхоо буцаах", "mn"),
        ("tsonh butsaah", "mn"),
        ("ka atgriezt logus", "lv"),
        ("پنجره‌ام را بازگردانم", "fa"),
    ],
)
def test_an_article_is_found_in_its_words(crm: Crm, words: str, first: str) -> None:
    """In six languages and three scripts, with and without marks and endings."""
    assert first == languages(crm, words)[0]


def test_customers_do_not_see_what_is_for_the_staff(crm: Crm) -> None:
    """Drafts are found by nobody, the staff's articles by the staff alone."""
    crm.knowledge.write("Bargaining", "Give up to 5 %.", topic="bargain", audience="staff", publish=True)
    crm.knowledge.write("Bargain hunters", "A draft.", topic="hunters")

    assert ["Bargaining"] == [hit.article.title for hit in crm.knowledge.search("bargain")]
    assert () == crm.knowledge.search("bargain", audience="customers")


def test_a_topic_is_read_in_the_best_language(crm: Crm) -> None:
    """The asked language, then the house's, then any; nothing about what is not published."""
    fa = crm.knowledge.about("returns", language="fa")
    ru = crm.knowledge.about("returns", language="ru")

    assert ("fa", "en") == (fa and fa.language, ru and ru.language)
    assert None is crm.knowledge.about("bargain")
    crm.knowledge.write("Preise", "Hier.", topic="prices", language="de", publish=True)
    prices = crm.knowledge.about("prices")
    assert "de" == (prices and prices.language)


def test_a_topic_has_one_article_in_a_language(crm: Crm) -> None:
    """A second one is refused."""
    with pytest.raises(Taken):
        crm.knowledge.write("Again", "Again.", topic="returns", language="lv")


def test_editions_are_kept(crm: Crm) -> None:
    """Who reads an old edition reads what stood there, and who wrote it."""
    article = crm.knowledge.write("Hours", "From nine.", topic="hours", publish=True)
    crm.acting_as("berta").knowledge.rewrite(article.id, body="From ten.")

    editions = crm.knowledge.editions(article.id)
    assert [("From nine.", "system"), ("From ten.", "berta")] == [(e.body, e.actor) for e in editions]
    assert ["From ten."] == [hit.article.body for hit in crm.knowledge.search("hours")]


def test_the_life_of_an_article(crm: Crm) -> None:
    """What is withdrawn or archived is found no more, and can still be read."""
    article = crm.knowledge.write("Hours", "From nine.", topic="hours")
    crm.knowledge.publish(article.id)
    with pytest.raises(IllegalTransition):
        crm.knowledge.publish(article.id)
    crm.knowledge.withdraw(article.id)
    crm.knowledge.archive(article.id)

    assert () == crm.knowledge.search("hours")
    assert "archived" == crm.knowledge.get(article.id).state.value
    assert [article.id] == [found.id for found in crm.knowledge.list(state="archived", audience="customers")]


def complaint(crm: Crm) -> str:
    """A customer who wants to return a window."""
    crm.people.add("Anna")
    customer = crm.customers.add("Carla")
    received = crm.complaints.receive(
        "Wrong window", type="delivery", customer=customer.id, story="I want to return the window, it is too small."
    )
    return received.id


def test_an_article_is_suggested_for_a_complaint_and_noted_as_its_answer(crm: Crm) -> None:
    """What settled which case is known, counts for the article, and is noted once for each case."""
    case = complaint(crm)
    hit = crm.knowledge.suggest(case)[0]  # type: ignore[arg-type]  # it is a complaint's
    answer = crm.knowledge.answer(hit.article.id, case=case)

    assert "en" == hit.article.language
    assert "retu" in hit.found
    assert [answer] == list(crm.knowledge.answers(case=case))
    assert [answer] == list(crm.knowledge.answers(article=hit.article.id))
    assert 1 == crm.knowledge.get(hit.article.id).helped
    with pytest.raises(Taken):
        crm.knowledge.answer(hit.article.id, case=case)
    with pytest.raises(InvalidId):
        crm.knowledge.answer(hit.article.id, case="customer_018f3c0e6b7a7c1e9d2b4a5f60718293")
    assert 1 == crm.knowledge.judge(hit.article.id, helped=False).failed


def test_an_article_is_suggested_for_an_inquiry(crm: Crm) -> None:
    """A customer's question is a case like a complaint."""
    crm.people.add("Anna")
    customer = crm.customers.add("Carla")
    inquiry = crm.inquiries.receive("Kā atgriezt logu?", customer=customer.id)
    hit = crm.knowledge.suggest(inquiry.id)[0]

    assert "lv" == hit.article.language
    assert inquiry.id == crm.knowledge.answer(hit.article.id, case=inquiry.id).case


def test_a_question_without_an_answer_is_a_gap(crm: Crm) -> None:
    """Gaps are listed by how often they are asked, and close when an article answers them or nobody will write one."""
    assert crm.knowledge.ask("How to return a window?")
    for _ in range(2):
        assert () == crm.knowledge.ask("Do you paint facades?")
    crm.knowledge.ask("do you PAINT facades")
    crm.knowledge.ask("Do you sell kebab?")

    painting, kebab = crm.knowledge.gaps()
    assert [("Do you paint facades?", 3), ("Do you sell kebab?", 1)] == [(q.words, q.asked) for q in (painting, kebab)]
    article = crm.knowledge.write("Painting", "We paint facades.", topic="painting", publish=True)
    crm.knowledge.settle(painting.id, article=article.id)
    crm.knowledge.settle(kebab.id)
    assert () == tuple(crm.knowledge.gaps())
    with pytest.raises(IllegalTransition):
        crm.knowledge.settle(kebab.id)
    with pytest.raises(NotFound):
        crm.knowledge.settle(painting.id, article="article_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]


def test_signs_alone_find_nothing(crm: Crm) -> None:
    """A question of signs is a gap like any other."""
    assert () == crm.knowledge.search("?!")
    assert () == crm.knowledge.ask("?!")
    assert ["?!"] == [gap.words for gap in crm.knowledge.gaps()]


def test_both_stores_rank_alike(tmp_path: Path) -> None:
    """The same articles and words give the same order on every store."""
    orders = []
    for store in (MemoryStore(), SqlStore.open(f"sqlite:///{tmp_path / 'crm.db'}")):
        crm = Crm(store)
        articles: list[Article] = []
        for number in range(30):
            body = f"window {'door ' * (number % 3)}{'roof' if number % 5 == 0 else ''}"
            articles.append(crm.knowledge.write(f"Article {number}", body, topic=f"t{number}", publish=True))
        places = {article.id: place for place, article in enumerate(articles)}
        orders.append([places[hit.article.id] for hit in crm.knowledge.search("doors and roofs", limit=30)])

    assert orders[0] == orders[1]
    assert {5, 10, 20, 25} == set(orders[0][:4])  # those with both words
