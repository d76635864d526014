"""The demo's requests: three months of them, made by chance from a seed, always the same.

They are as people leave them: the same customer twice, a form sent twice, phones in every spelling, and some rows that nobody could take in.
`FILE` is what `write` gives.
"""

import csv
import io
import unicodedata
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from attrs import frozen

from crmcore.demo.phrases import SOURCES, TONGUES, Tongue

SEED: Final = 20260105
FILE: Final = Path(__file__).with_name("requests.csv")
"""The requests as the demo reads them."""
FIRST_DAY: Final = datetime(2026, 1, 5)  # noqa: DTZ001  # a date on the company's own wall
WEEKS: Final = 13
HEADS: Final = (
    "request", "at", "name", "phone", "email", "language", "source", "campaign", "about", "custom:windows",
    "street", "city", "country",
)  # fmt: skip

Line = dict[str, str]


@frozen
class Person:
    """Somebody who asks."""

    tongue: Tongue
    name: str
    phone: str
    email: str
    street: str
    city: str


def requests(seed: int = SEED) -> list[Line]:
    """Make the requests, in the order in which they came."""
    chance = Random(seed)  # noqa: S311  # chance, not secrecy
    people: list[Person] = []
    lines: list[Line] = []
    for week in range(WEEKS):
        for _ in range(12 + 3 * week):  # three orders a week became thirty-three
            if people and chance.random() < 0.12:
                person = chance.choice(people)
            else:
                person = somebody(chance, len(people))
                people.append(person)
            lines.append(_request(chance, person, week))
    _spoil(chance, lines, people)
    lines.sort(key=lambda line: line["at"])
    for number, line in enumerate(lines, start=1):
        line["request"] = f"R{number:04}"
    for place in sorted(chance.sample(range(20, len(lines)), 5), reverse=True):  # a form that was sent twice
        lines.insert(place, dict(lines[place - 1]))
    return lines


def write(lines: list[Line]) -> str:
    """Write requests as CSV."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, HEADS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def somebody(chance: Random, number: int) -> Person:
    """Make a person up, with an address and a phone of his or her country."""
    tongue = chance.choices(TONGUES, [tongue.weight for tongue in TONGUES])[0]
    woman = chance.random() < 0.5
    given = chance.choice(tongue.women if woman else tongue.men)
    family = chance.choice(tongue.hers if woman else tongue.his)
    phone = "".join(str(chance.randrange(10)) if char == "0" else char for char in tongue.phone[6:])
    name = tongue.pattern.format(given=given, family=family)
    street = chance.choice(tongue.streets).format(h=chance.randint(1, 180), f=chance.randint(1, 90))
    return Person(
        tongue=tongue,
        name=name,
        phone=tongue.phone[:6] + phone,
        email=f"{_letters(name) or 'client'}.{number}@example.com" if chance.random() < 0.6 else "",
        street=street,
        city=chance.choice(tongue.cities),
    )


def _letters(name: str) -> str:
    """What an e-mail address keeps of a name: its plain letters."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(
        "." if char == " " else char for char in plain if char.isascii() and (char.isalpha() or char == " ")
    ).strip(".")


def _request(chance: Random, person: Person, week: int) -> Line:
    source, campaign, _ = chance.choices(SOURCES, [weight for *_, weight in SOURCES])[0]
    windows = chance.choices((1, 2, 3, 4, 5, 6, 8, 12), (10, 18, 24, 18, 12, 9, 6, 3))[0]
    return {
        "at": _moment(chance, week).strftime("%Y-%m-%d %H:%M"),
        "name": person.name,
        "phone": _spelling(chance, person.phone),
        "email": person.email,
        "language": person.tongue.language,
        "source": source,
        "campaign": campaign,
        "about": chance.choice(person.tongue.asks).format(n=windows),
        "custom:windows": str(windows),
        "street": person.street,
        "city": person.city,
        "country": person.tongue.country,
    }


def _moment(chance: Random, week: int) -> datetime:
    day = chance.choices(range(7), (18, 17, 17, 16, 16, 11, 5))[0]
    hour = chance.choices((8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21), (4, 9, 12, 12, 8, 8, 11, 11, 10, 8, 4, 3))[0]
    return FIRST_DAY + timedelta(weeks=week, days=day, hours=hour, minutes=chance.randrange(60))


def _spelling(chance: Random, phone: str) -> str:
    match chance.randrange(5):
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


def _spoil(chance: Random, lines: list[Line], people: list[Person]) -> None:
    """Put the dirt in: rows that nobody can take in, and one that fits two customers."""
    rows = iter(chance.sample(range(60, len(lines)), 9))
    lines[next(rows)]["phone"] = "12-34"
    lines[next(rows)]["phone"] = "ask my wife"
    lines[next(rows)]["email"] = "aziz@"
    lines[next(rows)]["email"] = "no e-mail"
    lines[next(rows)]["at"] = "2026-02-30 10:00"
    lines[next(rows)]["name"] = ""
    lines[next(rows)]["name"] = "Dilnoza\x07 Karimova"
    lines[next(rows)]["about"] = "  " + lines[0]["about"] + "\t"
    # Two early customers share what they wrote: the phone of one, the address of the other.
    known = [person for person in people[:30] if person.email]
    mixed = lines[next(rows)]
    mixed["phone"], mixed["email"] = known[0].phone, known[-1].email
