"""What crmcore says in Mongolian, in Cyrillic letters."""

from typing import Final

MESSAGES: Final = {
    "notice": ("{text}", "{text}"),
    "task.overdue": (
        "Хоцорсон: {title}",
        '{assignee} хариуцсан "{title}" ажлын хугацаа {due}-д дууссан боловч нээлттэй хэвээр байна.',
    ),
    "task.reminder": ("Сануулга: {title}", '"{title}" ажлын хугацаа: {due}.'),
    "commitment.overdue": ("Амлалтын хугацаа хэтэрсэн", "{due}-д амласан боловч биелээгүй байна: {what}"),
    "complaint.overdue": (
        "Гомдол хоцорсон: {subject}",
        '"{subject}" гомдлын ({type}) хугацаа {due}-д дууссан. Хариуцагч: {responsible}.',
    ),
    "inquiry.overdue": (
        "Хариулаагүй: {subject}",
        "{responsible} хариуцсан “{subject}” лавлагаанд {due} гэхэд хариулах ёстой байсан.",
    ),
    "lead.overdue": (
        "Хэн ч залгаагүй: {subject}",
        "“{subject}” хүсэлтэд ({responsible}) {due} гэхэд хариулах ёстой байсан.",
    ),
    "escalation.at_risk": ("Хугацаа дөхөж байна: {subject}", "{responsible} хариуцсан “{subject}”-ийн хугацаа: {due}."),
    "case.waiting": ("Үйлчлүүлэгчээс дахин асууна уу: {subject}", "Үйлчлүүлэгчийг {due} хүртэл хүлээсэн: “{subject}”."),
    "case.yours": ("Танд даалгасан: {subject}", "“{subject}”-ийг та хариуцна. Хугацаа: {due}."),
    "compensation.approval": (
        "Батална уу: {subject}",
        "{proposer} “{subject}”-д {amount} санал болгож байна; таны зөвшөөрөл хэрэгтэй.",
    ),
    "customer.received": (
        "Таны гомдлыг хүлээн авлаа",
        "Таны “{subject}” гомдол ирлээ. {responsible} хариуцаж, {due} гэхэд хариу өгнө.",
    ),
    "customer.answered": ("{subject}", "{text}"),
    "customer.decided": ("Таны гомдол: {subject}", "{text}"),
    "customer.rate": (
        "Та сэтгэл хангалуун байна уу?",
        "Таны “{subject}” гомдол хаагдлаа. Үр дүнд 1-ээс 5 хүртэл хэр сэтгэл хангалуун байна вэ?",
    ),
}

LABELS: Final = {
    "funnel": "Юүлүүр",
    "sources": "Эх сурвалж",
    "people": "Ажилтнууд",
    "overdue": "Хугацаа хэтэрсэн",
    "stage": "Үе шат",
    "reached": "Хүрсэн",
    "conversion": "Хөрвүүлэлт",
    "lost": "Алдсан",
    "won": "Хожсон",
    "open": "Нээлттэй",
    "source": "Эх үүсвэр",
    "leads": "Хүсэлт",
    "revenue": "Орлого",
    "customers": "Харилцагчид",
    "person": "Ажилтан",
    "calls": "Дуудлага",
    "meetings": "Уулзалт",
    "deals": "Хэлцэл",
    "amount": "Дүн",
    "task": "Ажил",
    "due": "Хугацаа",
    "assignee": "Хариуцагч",
    "nothing": "Юу ч алга",
    "reasons": "Алдсан шалтгаан",
    "report": "Тайлан",
    "period": "Хугацааны үе",
    "late": "Хоцорсон",
    "complaints": "Гомдол",
    "unknown": "Тодорхойгүй",
    "customer": "Харилцагч",
    "at": "Цаг",
    "total": "Нийт",
    "documents": "Баримт",
    "messages": "Мессеж",
    "moved_on": "Үргэлжилсэн",
    "told": "Мэдэгдсэн",
    "opened": "Нээсэн",
    "nobody": "Хэн ч биш",
    "not_yet": "Хараахан хожоогүй",
}
