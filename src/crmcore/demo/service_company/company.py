"""Service company of the demo: users, calendar, SLA policies, articles."""

from datetime import date, timedelta
from typing import Final

from attrs import frozen

from crmcore.crm import Crm
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.domain.sla.policies import SlaConditions
from crmcore.domain.sla.targets import SlaTargets

ZONE: Final = "Asia/Tashkent"
OPENING_HOURS: Final = "Mo-Fr 09:00-13:00,14:00-18:00"
COMPLAINT_TYPES: Final = (("noise", "low"), ("no heat", "high"), ("late technician", "medium"), ("bill", "medium"))
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
"""Articles: topic, language, title, text."""


@frozen(kw_only=True)
class ServiceCompany:
    """The users of the company.

    Attributes:
        complaint_handlers: the owners of complaints.
        technicians: the users who visit customers.
    """

    director: User
    manager: User
    complaint_handlers: tuple[User, ...]
    technicians: tuple[User, ...]


def create_or_load_company(crm: Crm) -> ServiceCompany:
    """Create the company, or load it; every step has an idempotency key."""
    office = crm.calendars.create(OPENING_HOURS, time_zone=ZONE, idempotency_key="hours")
    director = crm.users.create("Nodira Aliyeva", email="nodira@boilers.example", idempotency_key="director")
    manager = crm.users.create(
        "Rustam Karimov", email="rustam@boilers.example", manager_id=director.id, idempotency_key="head"
    )

    def create_user(name: str, role: str) -> User:
        email = f"{name.split(maxsplit=1)[0].lower()}@boilers.example"
        return crm.users.create(name, roles=[role], email=email, manager_id=manager.id, idempotency_key=f"hire {name}")

    complaint_handlers = tuple(create_user(name, "desk") for name in ("Malika Rashidova", "Sanjar Umarov"))
    technicians = tuple(create_user(name, "service") for name in ("Bahrom Ergashev", "Ilhom Nazarov", "Timur Sodiqov"))
    for type, severity in COMPLAINT_TYPES:
        crm.complaints.create_type(type, severity=severity, role="desk", idempotency_key=f"type {type}")
    standard_targets = SlaTargets(first_response=timedelta(hours=8), resolution=timedelta(hours=40))
    urgent_targets = SlaTargets(first_response=timedelta(hours=2), resolution=timedelta(hours=16))
    crm.sla_policies.create("Everybody", standard_targets, rank=100, idempotency_key="level usual")
    crm.sla_policies.create(
        "No heat",
        urgent_targets,
        conditions=SlaConditions(severities=("high",)),
        rank=10,
        idempotency_key="level quick",
    )
    crm.complaints.set_approval_limit("desk", Money(500_000, "UZS"), idempotency_key="limit desk")
    crm.complaints.set_approval_limit("owner", Money(5_000_000, "UZS"), idempotency_key="limit owner")
    for topic, language, title, body in ARTICLES:
        crm.knowledge.create(
            title,
            body,
            topic=topic,
            language=language,
            is_published=True,
            idempotency_key=f"article {topic} {language}",
        )
    day_off, working_day = date(2026, 3, 20), date(2026, 3, 28)
    crm.calendars.swap_days(
        office.id, day_off=day_off, working_day=working_day, reason="Nowruz", idempotency_key="Nowruz"
    )
    return ServiceCompany(
        director=director, manager=manager, complaint_handlers=complaint_handlers, technicians=technicians
    )
