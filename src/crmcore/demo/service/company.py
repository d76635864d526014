"""The service company: who works there and when, what it promises, what it has written down."""

from datetime import date, timedelta
from typing import Final

from attrs import frozen

from crmcore.crm import Crm
from crmcore.domain.clocks.marks import Targets
from crmcore.domain.levels import Audience
from crmcore.domain.people import User
from crmcore.domain.values.money import Money

ZONE: Final = "Asia/Tashkent"
HOURS: Final = "Mo-Fr 09:00-13:00,14:00-18:00"
TYPES: Final = (("noise", "low"), ("no heat", "high"), ("late technician", "medium"), ("bill", "medium"))
PRODUCTS: Final = ("Boiler 24 kW", "Boiler 32 kW", "Heat pump")
ARTICLES: Final = (
    (
        "no-heat",
        "uz",
        "Qozon isitmayapti",
        "Bosimni tekshiring: u 1 dan 2 bargacha bo‘lishi kerak. Keyin qayta yoqing.",
    ),
    ("no-heat", "az", "Qazan qızdırmır", "Təzyiqi yoxlayın: 1-2 bar olmalıdır. Sonra yenidən yandırın."),
    ("no-heat", "mn", "Зуух халаахгүй байна", "Даралтыг шалгана уу: 1-2 бар байх ёстой. Дараа нь дахин асаана уу."),
    ("no-heat", "lv", "Katls nesilda", "Pārbaudiet spiedienu: tam jābūt no 1 līdz 2 bāriem. Tad ieslēdziet no jauna."),
    ("no-heat", "fa", "دیگ گرم نمی‌کند", "فشار را بررسی کنید: باید بین ۱ تا ۲ بار باشد. سپس دوباره روشن کنید."),
    ("noise", "uz", "Qozon shovqin qilyapti", "Quvurlarda havo bor. Radiatorlardan havoni chiqaring."),
    ("noise", "lv", "Katls trokšņo", "Caurulēs ir gaiss. Izlaidiet gaisu no radiatoriem."),
)
"""What it knows: topic, language, title, text."""


@frozen(kw_only=True)
class ServiceCompany:
    """The people of the house.

    Attributes:
        desk: who sees to complaints; `technicians` who goes to customers.
    """

    director: User
    head: User
    desk: tuple[User, ...]
    technicians: tuple[User, ...]


def found(crm: Crm) -> ServiceCompany:
    """Found the company, or find it founded. Every step has a key, so that none is taken twice."""
    office = crm.calendars.create(HOURS, zone=ZONE, key="hours")
    director = crm.people.add("Nodira Aliyeva", email="nodira@boilers.example", key="director")
    head = crm.people.add("Rustam Karimov", email="rustam@boilers.example", supervisor=director.id, key="head")

    def hire(name: str, role: str) -> User:
        email = f"{name.split(maxsplit=1)[0].lower()}@boilers.example"
        return crm.people.add(name, roles=[role], email=email, supervisor=head.id, key=f"hire {name}")

    desk = tuple(hire(name, "desk") for name in ("Malika Rashidova", "Sanjar Umarov"))
    technicians = tuple(hire(name, "service") for name in ("Bahrom Ergashev", "Ilhom Nazarov", "Timur Sodiqov"))
    for type, severity in TYPES:
        crm.complaints.declare_type(type, severity=severity, role="desk", key=f"type {type}")
    usual = Targets(first_response=timedelta(hours=8), resolution=timedelta(hours=40))
    quick = Targets(first_response=timedelta(hours=2), resolution=timedelta(hours=16))
    crm.levels.create("Everybody", usual, rank=100, key="level usual")
    crm.levels.create("No heat", quick, audience=Audience(severities=("high",)), rank=10, key="level quick")
    crm.complaints.set_limit("desk", Money(500_000, "UZS"), key="limit desk")
    crm.complaints.set_limit("owner", Money(5_000_000, "UZS"), key="limit owner")
    for topic, language, title, body in ARTICLES:
        crm.knowledge.write(
            title, body, topic=topic, language=language, publish=True, key=f"article {topic} {language}"
        )
    free, worked = date(2026, 3, 20), date(2026, 3, 28)
    crm.calendars.exchange(office.id, free=free, worked=worked, reason="Nowruz", key="Nowruz")
    return ServiceCompany(director=director, head=head, desk=desk, technicians=technicians)
