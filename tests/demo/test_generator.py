"""The file of requests is what the generator makes, and is as people leave it."""

import csv
import io
from collections import Counter

from crmcore.demo.generator import FILE, HEADS, SEED, requests, write
from crmcore.domain.values.contact import phone_key
from crmcore.errors import InvalidPhone


def test_the_file_is_what_the_generator_makes() -> None:
    """The file in the package equals the generator's output to the byte."""
    assert write(requests()).encode() == FILE.read_bytes()


def test_another_seed_makes_another_file() -> None:
    """The seed alone decides."""
    assert write(requests(SEED)) == write(requests(SEED))
    assert write(requests(SEED)) != write(requests(SEED + 1))


def test_the_requests_are_as_people_leave_them() -> None:
    """Some hundred requests in five languages and two scripts of one, several sources, customers who come again, and dirt."""
    lines = list(csv.DictReader(io.StringIO(write(requests()))))
    languages = Counter(line["language"] for line in lines)
    phones = Counter(_key(line["phone"]) for line in lines)
    written_twice = Counter(tuple(line.values()) for line in lines)

    assert list(HEADS) == list(lines[0])
    assert 380 <= len(lines) <= 420
    assert {"uz", "uz-Cyrl", "az", "mn", "lv", "fa"} == set(languages)
    assert min(languages.values()) >= 25
    assert len({line["source"] for line in lines}) >= 6
    assert "" in {line["source"] for line in lines}
    assert sum(count > 1 for phone, count in phones.items() if phone) >= 20
    assert 5 == sum(count - 1 for count in written_twice.values())
    assert 2 == phones[""]
    assert any("۰" <= char <= "۹" for line in lines for char in line["phone"])


def _key(phone: str) -> str:
    try:
        return phone_key(phone)
    except InvalidPhone:
        return ""
