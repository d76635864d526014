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
    "inquiry.overdue": (
        "Nav atbildēts: {subject}",
        'Uz pieprasījumu "{subject}", par kuru atbild {responsible}, bija jāatbild līdz {due}.',
    ),
    "lead.overdue": (
        "Neviens nav piezvanījis: {subject}",
        'Uz pieteikumu "{subject}" ({responsible}) bija jāatbild līdz {due}.',
    ),
    "escalation.at_risk": ("Drīz kavēsies: {subject}", '"{subject}", par ko atbild {responsible}, termiņš: {due}.'),
    "case.waiting": ("Pajautājiet klientam vēlreiz: {subject}", 'Klienta atbildi gaidījām līdz {due}: "{subject}".'),
    "case.yours": ("Jūsu ziņā: {subject}", 'Jūs atbildat par "{subject}". Termiņš: {due}.'),
    "compensation.approval": (
        "Lūdzu, apstipriniet: {subject}",
        '{proposer} par "{subject}" piedāvā {amount}; vajadzīgs jūsu apstiprinājums.',
    ),
    "customer.received": (
        "Jūsu sūdzība ir saņemta",
        'Jūsu sūdzība "{subject}" ir saņemta. Par to atbild {responsible}; mēs atbildēsim līdz {due}.',
    ),
    "customer.answered": ("{subject}", "{text}"),
    "customer.decided": ("Jūsu sūdzība: {subject}", "{text}"),
    "customer.rate": (
        "Cik apmierināts esat?",
        'Jūsu sūdzība "{subject}" ir slēgta. Cik apmierināts esat ar iznākumu, no 1 līdz 5?',
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
