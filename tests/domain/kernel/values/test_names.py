"""A search key is equal for the spellings of one name, and differs between names."""

import re
import unicodedata

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.kernel.values import names
from crmcore.domain.kernel.values.names import fold

EQUIVALENT_SPELLINGS = {
    "uz: ў in Cyrillic, in all three Latins, and typed with any apostrophe": (
        "Ўринов O‘rinov O'rinov Oʻrinov Oʼrinov O`rinov O´rinov O’RINOV Örinov Orinov"
    ),
    "uz: ғ": "Ғафур G‘afur Gʻafur G'afur Ğafur Gafur",
    "uz: ш": "Шаҳзод Shahzod Şahzod SHAHZOD",
    "uz: ч": "Чўлпон Cho‘lpon Çölpon CHO'LPON",
    "uz: х is x, and kh in passports": "Хуршида Xurshida Khurshida Xurşida",
    "uz: ъ is an apostrophe or nothing": "Маъмур Ma’mur Maʼmur Mamur",
    "az: ə": "Əliyev Әлијев Eliyev ƏLİYEV ELIYEV",
    "az: i with and without its dot": "İsmayıl Ismayil ISMAYIL ismayıl İSMAYIL Исмајыл",
    "az: g, ü and ç": "Gülçin Gulcin Ҝүлчин GÜLÇİN",
    "lv: marks, composed or not": f"Bērziņš Berzins BĒRZIŅŠ {unicodedata.normalize('NFD', 'Bērziņš')}",
    "lv: all its letters": "Ķļģņšžčāēīū Klgnszcaeiu",
    "mn: ү, х as in passports": "Хүрэлсүх Khurelsukh Khürelsükh Hurelsuh",
    "mn: ө, щ, й as in passports": "Мөнхбат Munkhbat",
    "mn: ц, ж, ай": "Цэцэгсарнай Tsetsegsarnai",
    "fa: an Arabic keyboard, with and without vowels": "كريمي کریمی کَریمی كریمي",
    "fa: joiners and tatweel": "محمد‌رضا محمدرضا محمـدرضا",
    "fa: hamza, alef and teh marbuta": "مؤمنة مومنه",
    "digits of every script": "۱۲۳ ١٢٣ 123",
}


@pytest.mark.parametrize("group", EQUIVALENT_SPELLINGS)
def test_equivalent_spellings_have_equal_keys(group: str) -> None:
    """Each spelling of a group has the same key."""
    assert len({fold(name) for name in EQUIVALENT_SPELLINGS[group].split()}) == 1


def test_different_names_have_different_keys() -> None:
    """Groups have different keys, and so have similar names."""
    keys = [fold(names.split()[0]) for names in EQUIVALENT_SPELLINGS.values()]
    others = [fold(name) for name in ("Ozod", "Uzod", "Qodir", "Godir", "Jalol", "Salol", "کریم", "رحیم")]

    assert len(EQUIVALENT_SPELLINGS) == len(set(keys)) == 18
    assert len(others) == len(set(others))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("  SIA “Logs & Durvis” ", "sia logs durvis"),
        ("Anna-Marija O'Nīla", "anna marija onila"),
        ("Straße 5/7", "strasse 5 7"),
        ("Ёлкина Щука", "iolkina scuka"),
        ("Æsop Þór Łódź Œuvre", "aesop thor lodz oeuvre"),
        ("\u064b\u0640\u200c", ""),
        ("", ""),
    ],
)
def test_key_contains_words_of_letters_and_digits(name: str, key: str) -> None:
    """Other characters separate words or are dropped."""
    assert key == fold(name)


@given(st.text(max_size=60))
def test_fold_is_idempotent(name: str) -> None:
    """Folding is idempotent and ignores case where a letter has two."""
    key = fold(name)

    assert key == fold(key)
    assert key == " ".join(key.split())


@given(
    st.text(
        alphabet="аәбвгғдеёжзийкқлмнңоөпрстуүўфхҳцчшщъыьэюяabcçdeəfgğhxıijkqlmnoöprsştuüvyzāčēģīķļņšūž' -", max_size=30
    )
)
def test_fold_ignores_case_and_unicode_form(name: str) -> None:
    """A name in capitals or decomposed has the same key."""
    assert fold(name) == fold(unicodedata.normalize("NFD", name))
    assert fold(name.replace("ı", "i")) == fold(name.upper())


def fold_without_fast_path(name: str) -> str:
    """Fold a name by every step."""
    key = unicodedata.normalize("NFC", name.casefold()).translate(names._LETTERS)
    key = "".join(c if c.isascii() else names._strip_mark(c) for c in unicodedata.normalize("NFKD", key)).casefold()
    key = re.sub(r"[\W_]+", " ", key.translate(names._LETTERS_AFTER_DECOMPOSITION)).strip()
    return re.sub("([sc])h", r"\1", re.sub("[kxh]*[xh]", "h", key)).replace("y", "i")


@given(st.one_of(st.text(max_size=40), st.text("skchxyh S'`_ЙШңъℌﬁ´ي\u0640", max_size=20)))
def test_fold_fast_path_equals_full_folding(name: str) -> None:
    """A name that needs no step has the same key as by all steps."""
    assert fold_without_fast_path(name) == fold(name)
