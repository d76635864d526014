"""What crmcore says in English."""

from typing import Final

MESSAGES: Final = {
    "notice": ("{text}", "{text}"),
    "task.overdue": ("Late: {title}", 'The task "{title}" of {assignee} was due at {due} and is still open.'),
    "task.reminder": ("Reminder: {title}", 'The task "{title}" is due at {due}.'),
    "commitment.overdue": ("Promise overdue", "This was promised for {due} and is still open: {what}"),
    "complaint.overdue": (
        "Complaint late: {subject}",
        'The complaint "{subject}" ({type}), for which {responsible} is responsible, was due at {due}.',
    ),
}

LABELS: Final = {
    "funnel": "Funnel",
    "sources": "Sources",
    "people": "People",
    "overdue": "Overdue",
    "stage": "Stage",
    "reached": "Reached",
    "conversion": "Conversion",
    "lost": "Lost",
    "won": "Won",
    "open": "Open",
    "source": "Source",
    "leads": "Requests",
    "revenue": "Revenue",
    "customers": "Customers",
    "person": "Person",
    "calls": "Calls",
    "meetings": "Meetings",
    "deals": "Deals",
    "amount": "Amount",
    "task": "Task",
    "due": "Due",
    "assignee": "Assignee",
    "nothing": "Nothing",
    "reasons": "Reasons of loss",
    "report": "Report",
    "period": "Period",
    "late": "Late",
    "complaints": "Complaints",
    "unknown": "Unknown",
    "customer": "Customer",
    "at": "Time",
    "total": "Total",
    "documents": "Documents",
    "messages": "Messages",
}
