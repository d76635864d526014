"""What crmcore says in Uzbek, in Latin letters."""

from typing import Final

MESSAGES: Final = {
    "notice": ("{text}", "{text}"),
    "task.overdue": (
        "Kechikdi: {title}",
        '{assignee} bajarishi kerak bo‘lgan "{title}" vazifasining muddati {due} da tugadi, u hali ham ochiq.',
    ),
    "task.reminder": ("Eslatma: {title}", '"{title}" vazifasining muddati: {due}.'),
    "commitment.overdue": ("Va’da muddati o‘tdi", "{due} ga va’da qilingan ish hali bajarilmagan: {what}"),
    "complaint.overdue": (
        "Shikoyat kechikdi: {subject}",
        '"{subject}" shikoyatining ({type}) muddati {due} da tugadi. Mas’ul: {responsible}.',
    ),
}

LABELS: Final = {
    "funnel": "Voronka",
    "sources": "Manbalar",
    "people": "Xodimlar",
    "overdue": "Muddati o‘tgan",
    "stage": "Bosqich",
    "reached": "Yetib kelgan",
    "conversion": "Konversiya",
    "lost": "Yo‘qotilgan",
    "won": "Yutilgan",
    "open": "Ochiq",
    "source": "Manba",
    "leads": "So‘rovlar",
    "revenue": "Daromad",
    "customers": "Mijozlar",
    "person": "Xodim",
    "calls": "Qo‘ng‘iroqlar",
    "meetings": "Uchrashuvlar",
    "deals": "Bitimlar",
    "amount": "Summa",
    "task": "Vazifa",
    "due": "Muddat",
    "assignee": "Mas’ul",
    "nothing": "Hech narsa",
    "reasons": "Yo‘qotish sabablari",
    "report": "Hisobot",
    "period": "Davr",
    "late": "Kechikkan",
    "complaints": "Shikoyatlar",
    "unknown": "Noma’lum",
    "customer": "Mijoz",
    "at": "Vaqt",
    "total": "Jami",
    "documents": "Hujjatlar",
    "messages": "Xabarlar",
    "moved_on": "Davom etgan",
    "told": "Xabar berilgan",
    "opened": "Ochilgan",
    "nobody": "Hech kim",
    "not_yet": "Hali yutilmagan",
}
