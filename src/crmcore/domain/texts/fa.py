"""What crmcore says in Persian."""

from typing import Final

MESSAGES: Final = {
    "notice": ("{text}", "{text}"),
    "task.overdue": ("دیرکرد: {title}", "مهلت کار «{title}» که بر عهدهٔ {assignee} است {due} بود و هنوز باز است."),
    "task.reminder": ("یادآوری: {title}", "مهلت کار «{title}»: {due}."),
    "commitment.overdue": ("مهلت تعهد گذشت", "برای {due} قول داده شده بود و هنوز انجام نشده است: {what}"),
    "complaint.overdue": (
        "شکایت دیر شد: {subject}",
        "مهلت شکایت «{subject}» ({type}) {due} بود. مسئول: {responsible}.",
    ),
}

LABELS: Final = {
    "funnel": "قیف فروش",
    "sources": "منابع",
    "people": "افراد",
    "overdue": "دیرکرد",
    "stage": "مرحله",
    "reached": "رسیده",
    "conversion": "نرخ تبدیل",
    "lost": "از دست رفته",
    "won": "برنده",
    "open": "باز",
    "source": "منبع",
    "leads": "درخواست\u200cها",
    "revenue": "درآمد",
    "customers": "مشتریان",
    "person": "فرد",
    "calls": "تماس\u200cها",
    "meetings": "جلسه\u200cها",
    "deals": "معامله\u200cها",
    "amount": "مبلغ",
    "task": "کار",
    "due": "مهلت",
    "assignee": "مسئول",
    "nothing": "هیچ",
    "reasons": "دلایل از دست رفتن",
    "report": "گزارش",
    "period": "دوره",
    "late": "دیر",
    "complaints": "شکایت\u200cها",
    "unknown": "نامشخص",
    "customer": "مشتری",
    "at": "زمان",
    "total": "جمع",
    "documents": "اسناد",
    "messages": "پیام\u200cها",
}
