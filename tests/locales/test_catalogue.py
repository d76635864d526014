"""The message catalogue is complete in six languages."""

import re

import pytest

from crmcore.locales import en
from crmcore.locales.catalogue import LABELS, LANGUAGES, direction, label, negotiate_language, render_message


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_language_has_every_message_and_label(language: str) -> None:
    """Every topic has a subject and a body with the variables of the English text, and every label a text."""
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
def test_unsupported_language_falls_back_to_english(asked: str | None, answered: str) -> None:
    """Regions and scripts do not matter."""
    assert answered == negotiate_language(asked)


def test_unknown_topic_or_label_is_returned_as_is() -> None:
    """An unknown topic or label is its own text."""
    assert render_message("house.topic", "lv", {"text": "Sveiki"}) == ("house.topic", "Sveiki")
    assert render_message("notice", "fa", {"text": "سلام"}) == ("سلام", "سلام")
    assert label("House word", "mn") == "House word"
    assert label("won", "en") == "Won"


def test_persian_is_right_to_left() -> None:
    """The writing direction follows from the language."""
    assert [direction(language) for language in ("fa", "fa-IR", "lv", None)] == ["rtl", "rtl", "ltr", "ltr"]
