"""crmcore says the same in six languages."""

import re

import pytest

from crmcore.domain.texts import en
from crmcore.domain.texts.catalogue import LABELS, LANGUAGES, direction, label, say, spoken


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_language_is_complete(language: str) -> None:
    """Every topic has its subject and body with the same gaps as in English, and every label its word."""
    assert set(en.MESSAGES) == set(LANGUAGES[language])
    assert set(en.LABELS) == set(LABELS[language])
    for topic, words in LANGUAGES[language].items():
        gaps = [set(re.findall(r"\{(\w+)\}", text)) for text in (" ".join(words), " ".join(en.MESSAGES[topic]))]

        assert gaps[0] == gaps[1], topic
        assert all(text.strip() for text in words)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("lv-LV", "lv"), ("uz_Cyrl_UZ", "uz"), ("FA", "fa"), ("tlh", "en"), ("", "en"), (None, "en")],
)
def test_a_language_that_is_not_spoken_is_answered_in_english(asked: str | None, answered: str) -> None:
    """Regions and scripts do not matter."""
    assert answered == spoken(asked)


def test_words_of_the_house_stand_for_themselves() -> None:
    """A topic or a label that the catalogue does not know is its own."""
    assert say("house.topic", "lv", {"text": "Sveiki"}) == ("house.topic", "Sveiki")
    assert say("notice", "fa", {"text": "سلام"}) == ("سلام", "سلام")
    assert label("House word", "mn") == "House word"
    assert label("won", "en") == "Won"


def test_persian_runs_from_the_right() -> None:
    """Pages ask which way to write."""
    assert [direction(language) for language in ("fa", "fa-IR", "lv", None)] == ["rtl", "rtl", "ltr", "ltr"]
