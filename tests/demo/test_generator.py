"""The requests file equals the output of the generator."""

import csv
import io
from collections import Counter

from crmcore.demo.generator import COLUMNS, REQUESTS_FILE, SEED, generate_requests, to_csv
from crmcore.domain.kernel.values.contact import normalize_phone
from crmcore.errors import InvalidPhoneError


def test_packaged_file_equals_generated_file() -> None:
    """The file in the package equals the generator's output, byte by byte."""
    assert to_csv(generate_requests()).encode() == REQUESTS_FILE.read_bytes()


def test_different_seed_changes_file() -> None:
    """The output depends on the seed alone."""
    assert to_csv(generate_requests(SEED)) == to_csv(generate_requests(SEED))
    assert to_csv(generate_requests(SEED)) != to_csv(generate_requests(SEED + 1))


def test_requests_include_repeats_languages_and_invalid_rows() -> None:
    """The requests vary in language, script, source and validity; customers repeat."""
    lines = list(csv.DictReader(io.StringIO(to_csv(generate_requests()))))
    languages = Counter(line["language"] for line in lines)
    phones = Counter(_phone_digits(line["phone"]) for line in lines)
    written_twice = Counter(tuple(line.values()) for line in lines)

    assert list(COLUMNS) == list(lines[0])
    assert 380 <= len(lines) <= 420
    assert {"uz", "uz-Cyrl", "az", "mn", "lv", "fa"} == set(languages)
    assert min(languages.values()) >= 25
    assert len({line["source"] for line in lines}) >= 6
    assert "" in {line["source"] for line in lines}
    assert sum(count > 1 for phone, count in phones.items() if phone) >= 20
    assert 5 == sum(count - 1 for count in written_twice.values())
    assert 2 == phones[""]
    assert any("۰" <= char <= "۹" for line in lines for char in line["phone"])


def _phone_digits(phone: str) -> str:
    try:
        return normalize_phone(phone)
    except InvalidPhoneError:
        return ""
