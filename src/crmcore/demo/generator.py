"""Generator of the demo's requests: random, from a fixed seed.

The requests are as untidy as real ones: repeated customers, repeated requests, phone numbers in any format, and some invalid rows.
`REQUESTS_FILE` is what `write` gives.
"""

import csv
import io
import unicodedata
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from attrs import frozen

from crmcore.demo.phrases import LOCALES, SOURCES, LocaleData

SEED: Final = 20260105
REQUESTS_FILE: Final = Path(__file__).with_name("requests.csv")
"""The generated requests."""
FIRST_DAY: Final = datetime(2026, 1, 5)  # noqa: DTZ001  # a date on the company's own wall
WEEKS: Final = 13
COLUMNS: Final = (
    "request", "at", "name", "phone", "email", "language", "source", "campaign", "about", "custom:windows",
    "street", "city", "country",
)  # fmt: skip

Row = dict[str, str]


@frozen
class Person:
    """A person who sends a request."""

    locale: LocaleData
    name: str
    phone: str
    email: str
    street: str
    city: str


def generate_requests(seed: int = SEED) -> list[Row]:
    """Generate the requests in the order of their times."""
    rng = Random(seed)  # noqa: S311  # chance, not secrecy
    people: list[Person] = []
    rows: list[Row] = []
    for week in range(WEEKS):
        for _ in range(12 + 3 * week):  # three orders a week became thirty-three
            if people and rng.random() < 0.12:
                person = rng.choice(people)
            else:
                person = random_person(rng, len(people))
                people.append(person)
            rows.append(_random_request(rng, person, week))
    _add_invalid_rows(rng, rows, people)
    rows.sort(key=lambda row: row["at"])
    for number, row in enumerate(rows, start=1):
        row["request"] = f"R{number:04}"
    for index in sorted(rng.sample(range(20, len(rows)), 5), reverse=True):  # a form that was sent twice
        rows.insert(index, dict(rows[index - 1]))
    return rows


def to_csv(rows: list[Row]) -> str:
    """Write requests as CSV."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def random_person(rng: Random, number: int) -> Person:
    """Generate a person with an address and a phone of the same country."""
    locale = rng.choices(LOCALES, [locale.weight for locale in LOCALES])[0]
    is_female = rng.random() < 0.5
    given = rng.choice(locale.female_names if is_female else locale.male_names)
    family = rng.choice(locale.female_family_names if is_female else locale.male_family_names)
    phone = "".join(str(rng.randrange(10)) if char == "0" else char for char in locale.phone[6:])
    name = locale.pattern.format(given=given, family=family)
    street = rng.choice(locale.streets).format(h=rng.randint(1, 180), f=rng.randint(1, 90))
    return Person(
        locale=locale,
        name=name,
        phone=locale.phone[:6] + phone,
        email=f"{_ascii_letters(name) or 'client'}.{number}@example.com" if rng.random() < 0.6 else "",
        street=street,
        city=rng.choice(locale.cities),
    )


def _ascii_letters(name: str) -> str:
    """Reduce a name to ASCII letters for an e-mail address."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(
        "." if char == " " else char for char in plain if char.isascii() and (char.isalpha() or char == " ")
    ).strip(".")


def _random_request(rng: Random, person: Person, week: int) -> Row:
    source, campaign, _ = rng.choices(SOURCES, [weight for *_, weight in SOURCES])[0]
    windows = rng.choices((1, 2, 3, 4, 5, 6, 8, 12), (10, 18, 24, 18, 12, 9, 6, 3))[0]
    return {
        "at": _random_time(rng, week).strftime("%Y-%m-%d %H:%M"),
        "name": person.name,
        "phone": _random_phone_format(rng, person.phone),
        "email": person.email,
        "language": person.locale.language,
        "source": source,
        "campaign": campaign,
        "about": rng.choice(person.locale.request_texts).format(n=windows),
        "custom:windows": str(windows),
        "street": person.street,
        "city": person.city,
        "country": person.locale.country,
    }


def _random_time(rng: Random, week: int) -> datetime:
    day = rng.choices(range(7), (18, 17, 17, 16, 16, 11, 5))[0]
    hour = rng.choices((8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21), (4, 9, 12, 12, 8, 8, 11, 11, 10, 8, 4, 3))[0]
    return FIRST_DAY + timedelta(weeks=week, days=day, hours=hour, minutes=rng.randrange(60))


def _random_phone_format(rng: Random, phone: str) -> str:
    match rng.randrange(5):
        case 0:
            return phone.replace(" ", "").replace("-", "")
        case 1:
            return "00" + phone[1:]
        case 2 if phone.startswith("+98 "):
            return phone.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
        case 3:
            return phone.replace(" ", "\u00a0")
        case _:
            return phone


def _add_invalid_rows(rng: Random, rows: list[Row], people: list[Person]) -> None:
    """Add invalid rows, and one that matches two customers."""
    indexes = iter(rng.sample(range(60, len(rows)), 9))
    rows[next(indexes)]["phone"] = "12-34"
    rows[next(indexes)]["phone"] = "ask my wife"
    rows[next(indexes)]["email"] = "aziz@"
    rows[next(indexes)]["email"] = "no e-mail"
    rows[next(indexes)]["at"] = "2026-02-30 10:00"
    rows[next(indexes)]["name"] = ""
    rows[next(indexes)]["name"] = "Dilnoza\x07 Karimova"
    rows[next(indexes)]["about"] = "  " + rows[0]["about"] + "\t"
    # The phone of one early customer and the e-mail address of another.
    known = [person for person in people[:30] if person.email]
    mixed_row = rows[next(indexes)]
    mixed_row["phone"], mixed_row["email"] = known[0].phone, known[-1].email
