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
    "inquiry.overdue": (
        "Javob berilmagan: {subject}",
        "“{subject}” so‘roviga ({responsible}) {due} gacha javob berilishi kerak edi.",
    ),
    "lead.overdue": (
        "Hech kim qo‘ng‘iroq qilmadi: {subject}",
        "“{subject}” murojaatiga ({responsible}) {due} gacha javob berilishi kerak edi.",
    ),
    "escalation.at_risk": ("Muddati yaqin: {subject}", "“{subject}” ({responsible}) muddati: {due}."),
    "case.waiting": ("Mijozdan yana so‘rang: {subject}", "Mijozni {due} gacha kutdik: “{subject}”."),
    "case.yours": ("Sizga topshirildi: {subject}", "“{subject}” uchun siz mas’ulsiz. Muddati: {due}."),
    "compensation.approval": (
        "Tasdiqlang: {subject}",
        "{proposer} “{subject}” uchun {amount} taklif qilmoqda; sizning tasdig‘ingiz kerak.",
    ),
    "customer.received": (
        "Shikoyatingiz qabul qilindi",
        "“{subject}” shikoyatingiz keldi. Unga {responsible} mas’ul; {due} gacha javob beramiz.",
    ),
    "customer.answered": ("{subject}", "{text}"),
    "customer.decided": ("Shikoyatingiz: {subject}", "{text}"),
    "customer.rate": (
        "Natijadan mamnunmisiz?",
        "“{subject}” shikoyatingiz yopildi. Natijadan 1 dan 5 gacha qanchalik mamnunsiz?",
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
