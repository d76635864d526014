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
    "inquiry.overdue": (
        "Not answered: {subject}",
        'The inquiry "{subject}", for which {responsible} is responsible, should have been answered by {due}.',
    ),
    "lead.overdue": (
        "Nobody has called: {subject}",
        'The request "{subject}" of {responsible} should have been answered by {due}.',
    ),
    "escalation.at_risk": (
        "Soon late: {subject}",
        '"{subject}", for which {responsible} is responsible, is due at {due}.',
    ),
    "case.waiting": ("Ask the customer again: {subject}", 'We waited for the customer until {due}: "{subject}".'),
    "case.yours": ("Yours: {subject}", 'You are responsible for "{subject}". It is due at {due}.'),
    "compensation.approval": (
        "Please approve: {subject}",
        '{proposer} proposes {amount} for "{subject}" and needs your approval.',
    ),
    "customer.received": (
        "We have received your complaint",
        'Your complaint "{subject}" has arrived. {responsible} sees to it; you hear from us by {due}.',
    ),
    "customer.answered": ("{subject}", "{text}"),
    "customer.decided": ("Your complaint: {subject}", "{text}"),
    "customer.rate": (
        "How content are you?",
        'Your complaint "{subject}" is closed. How content are you with the outcome, from 1 to 5?',
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
    "moved_on": "Went on",
    "told": "Told",
    "opened": "Opened",
    "nobody": "Nobody",
    "not_yet": "Not won yet",
}
