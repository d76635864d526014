"""The message catalogue: texts by topic and language, labels of reports.

Languages are tags of BCP 47. ``lv-LV`` falls back to ``lv``, an unknown language to English.
"""

from collections.abc import Mapping
from typing import Final

from crmcore.domain.kernel.errors.validation import MissingVariableError
from crmcore.domain.kernel.placeholders import fill, fill_lines, variables
from crmcore.locales import az, en, fa, lv, mn, uz

LANGUAGES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "az": az.MESSAGES,
    "en": en.MESSAGES,
    "fa": fa.MESSAGES,
    "lv": lv.MESSAGES,
    "mn": mn.MESSAGES,
    "uz": uz.MESSAGES,
}
"""The messages by language and topic: subject and body."""

VARIABLES: Final[Mapping[str, frozenset[str]]] = {
    topic: frozenset().union(*(variables(text) for texts in LANGUAGES.values() for text in texts.get(topic, ())))
    for topic in en.MESSAGES
}
"""The variables of each topic in all languages: a recipient's language may change before the message is sent."""

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "az": az.LABELS,
    "en": en.LABELS,
    "fa": fa.LABELS,
    "lv": lv.LABELS,
    "mn": mn.LABELS,
    "uz": uz.LABELS,
}
"""The labels of reports and pages, by language."""

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def negotiate_language(language: str | None) -> str:
    """Return the supported language for a language tag.

    Example:
        >>> negotiate_language("lv-LV"), negotiate_language("uz-Cyrl-UZ"), negotiate_language("tlh"), negotiate_language(None)
        ('lv', 'uz', 'en', 'en')
    """
    base = (language or "en").replace("_", "-").partition("-")[0].lower()
    return base if base in LANGUAGES else "en"


def render_message(topic: str, language: str | None, variables: Mapping[str, object]) -> tuple[str, str]:
    """Render the subject and the body of a message.

    The subject is one line, cut with an ellipsis; the body keeps all lines of its values, and is never cut. An unknown topic is its own
    subject, and its body is the value of ``text``.

    Example:
        >>> render_message("task.reminder", "lv", {"title": "Zvanīt", "due": "10:00"})[0]
        'Atgādinājums: Zvanīt'
    """
    text_variables = {name: str(value) for name, value in variables.items() if value is not None}
    texts = LANGUAGES[negotiate_language(language)].get(topic) or en.MESSAGES.get(topic)
    if texts is None:
        return topic, text_variables.get("text", "")
    subject, body = texts
    return fill(subject, text_variables), fill_lines(body, text_variables)


def missing_variables(topic: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """List the variables of a topic that have no value, in any language.

    An unknown topic has no variables. None is no value.

    Example:
        >>> missing_variables("task.reminder", {"title": "Call Anna", "due": None}), missing_variables("own.topic", {})
        (('due',), ())
    """
    given = {name for name, value in values.items() if value is not None}
    return tuple(sorted(VARIABLES.get(topic, frozenset()) - given))


def check_variables(topic: str, variables: Mapping[str, object]) -> None:
    """Check that every variable of a topic's texts has a value.

    A message that is stored without one becomes a dead letter.

    Raises:
        MissingVariableError: a variable has no value.
    """
    if missing := missing_variables(topic, variables):
        raise MissingVariableError("message.variables", topic=topic, variables=missing)


def label(key: str, language: str | None) -> str:
    """Return a label of a report or a page. An unknown key is its own label.

    Example:
        >>> label("won", "az"), label("Prix trop élevé", "az")
        ('Qazanılıb', 'Prix trop élevé')
    """
    return LABELS[negotiate_language(language)].get(key) or en.LABELS.get(key) or key


def direction(language: str | None) -> str:
    """Return the direction of a language: ``ltr`` or ``rtl``."""
    return "rtl" if negotiate_language(language) in RIGHT_TO_LEFT else "ltr"
