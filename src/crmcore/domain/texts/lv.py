"""What crmcore says in Latvian."""

from typing import Final

MESSAGES: Final = {
    "notice": ("{text}", "{text}"),
    "task.overdue": (
        "Kavējas: {title}",
        'Uzdevums "{title}" ({assignee}) bija jāizpilda līdz {due}, un tas joprojām ir atvērts.',
    ),
    "task.reminder": ("Atgādinājums: {title}", 'Uzdevuma "{title}" termiņš: {due}.'),
    "commitment.overdue": ("Solījums nokavēts", "Tas bija apsolīts līdz {due} un vēl nav izpildīts: {what}"),
    "complaint.overdue": (
        "Sūdzība kavējas: {subject}",
        'Sūdzība "{subject}" ({type}), par kuru atbild {responsible}, bija jāatrisina līdz {due}.',
    ),
}

LABELS: Final = {
    "funnel": "Piltuve",
    "sources": "Avoti",
    "people": "Darbinieki",
    "overdue": "Nokavēts",
    "stage": "Posms",
    "reached": "Sasniegts",
    "conversion": "Konversija",
    "lost": "Zaudēts",
    "won": "Uzvarēts",
    "open": "Atvērts",
    "source": "Avots",
    "leads": "Pieprasījumi",
    "revenue": "Ieņēmumi",
    "customers": "Klienti",
    "person": "Darbinieks",
    "calls": "Zvani",
    "meetings": "Tikšanās",
    "deals": "Darījumi",
    "amount": "Summa",
    "task": "Uzdevums",
    "due": "Termiņš",
    "assignee": "Izpildītājs",
    "nothing": "Nekā",
    "reasons": "Zaudējuma iemesli",
    "report": "Pārskats",
    "period": "Periods",
    "late": "Kavējas",
    "complaints": "Sūdzības",
    "unknown": "Nezināms",
    "customer": "Klients",
    "at": "Laiks",
    "total": "Kopā",
    "documents": "Dokumenti",
    "messages": "Ziņojumi",
    "moved_on": "Turpinājās",
    "told": "Paziņots",
    "opened": "Atvērti",
    "nobody": "Neviens",
    "not_yet": "Vēl nav uzvarēti",
}
