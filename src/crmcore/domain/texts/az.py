"""What crmcore says in Azerbaijani."""

from typing import Final

MESSAGES: Final = {
    "notice": ("{text}", "{text}"),
    "task.overdue": (
        "Gecikir: {title}",
        '{assignee} üçün "{title}" tapşırığının vaxtı {due} tarixində bitib, o hələ də açıqdır.',
    ),
    "task.reminder": ("Xatırlatma: {title}", '"{title}" tapşırığının son vaxtı: {due}.'),
    "commitment.overdue": ("Vədin vaxtı keçib", "{due} tarixinə vəd edilib, hələ yerinə yetirilməyib: {what}"),
    "complaint.overdue": (
        "Şikayət gecikir: {subject}",
        '"{subject}" şikayətinin ({type}) vaxtı {due} tarixində bitib. Məsul: {responsible}.',
    ),
    "inquiry.overdue": (
        "Cavab verilməyib: {subject}",
        "“{subject}” sorğusuna ({responsible}) {due} tarixinədək cavab verilməli idi.",
    ),
    "lead.overdue": (
        "Heç kim zəng etməyib: {subject}",
        "“{subject}” müraciətinə ({responsible}) {due} tarixinədək cavab verilməli idi.",
    ),
    "escalation.at_risk": ("Vaxtı yaxınlaşır: {subject}", "“{subject}” ({responsible}) üçün son vaxt: {due}."),
    "case.waiting": ("Müştəridən yenidən soruşun: {subject}", "Müştərini {due} tarixinədək gözlədik: “{subject}”."),
    "case.yours": ("Sizə tapşırıldı: {subject}", "“{subject}” üçün siz cavabdehsiniz. Son vaxt: {due}."),
    "compensation.approval": (
        "Təsdiq edin: {subject}",
        "{proposer} “{subject}” üçün {amount} təklif edir; sizin təsdiqiniz lazımdır.",
    ),
    "customer.received": (
        "Şikayətiniz qəbul edildi",
        "“{subject}” şikayətiniz bizə çatdı. Ona {responsible} cavabdehdir; {due} tarixinədək cavab verəcəyik.",
    ),
    "customer.answered": ("{subject}", "{text}"),
    "customer.decided": ("Şikayətiniz: {subject}", "{text}"),
    "customer.rate": (
        "Nəticədən razısınızmı?",
        "“{subject}” şikayətiniz bağlandı. Nəticədən 1-dən 5-dək nə qədər razısınız?",
    ),
}

LABELS: Final = {
    "funnel": "Satış qıfı",
    "sources": "Mənbələr",
    "people": "İşçilər",
    "overdue": "Gecikənlər",
    "stage": "Mərhələ",
    "reached": "Çatıb",
    "conversion": "Konversiya",
    "lost": "İtirilib",
    "won": "Qazanılıb",
    "open": "Açıq",
    "source": "Mənbə",
    "leads": "Sorğular",
    "revenue": "Gəlir",
    "customers": "Müştərilər",
    "person": "İşçi",
    "calls": "Zənglər",
    "meetings": "Görüşlər",
    "deals": "Sövdələşmələr",
    "amount": "Məbləğ",
    "task": "Tapşırıq",
    "due": "Son vaxt",
    "assignee": "İcraçı",
    "nothing": "Heç nə",
    "reasons": "İtirmə səbəbləri",
    "report": "Hesabat",
    "period": "Dövr",
    "late": "Gecikib",
    "complaints": "Şikayətlər",
    "unknown": "Naməlum",
    "customer": "Müştəri",
    "at": "Vaxt",
    "total": "Cəmi",
    "documents": "Sənədlər",
    "messages": "Mesajlar",
    "moved_on": "Davam edib",
    "told": "Xəbər verilib",
    "opened": "Açılıb",
    "nobody": "Heç kim",
    "not_yet": "Hələ qazanılmayıb",
}
