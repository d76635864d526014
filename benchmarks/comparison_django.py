"""The models of `comparison.py` on Django's ORM. Django is no dependency of crmcore; without it this peer stays at home."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHUNK = 1_000


def is_available() -> bool:
    """Whether Django can be imported."""
    return find_spec("django") is not None


class DjangoModels:
    """Models on Django's ORM."""

    def __init__(self, path: Path) -> None:
        import django
        from django.conf import settings

        settings.configure(
            DATABASES={
                "default": {
                    "ENGINE": "django.db.backends.sqlite3",
                    "NAME": str(path),
                    "OPTIONS": {
                        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                        "transaction_mode": "IMMEDIATE",
                    },
                }
            },
            INSTALLED_APPS=[],
            USE_TZ=True,
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        )
        django.setup()
        from django.db import connection, models

        def model(name: str, /, **fields: Any) -> Any:
            meta = type("Meta", (), {"app_label": "peer"})
            return type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **fields})

        text, moment, number = models.TextField, models.DateTimeField, models.BigIntegerField
        self.customer = model("Customer", name=text(), source=text(), added_at=moment())
        self.point = model(
            "Point",
            customer=models.ForeignKey(self.customer, models.CASCADE),
            claim=models.CharField(max_length=300, unique=True),
        )
        self.user = model("User", name=text(), turn=number())
        self.deal = model(
            "Deal",
            title=text(),
            customer=models.ForeignKey(self.customer, models.CASCADE),
            owner=models.ForeignKey(self.user, models.CASCADE),
            stage=number(),
            minor=number(),
            opened_at=moment(),
        )
        deal = models.ForeignKey(self.deal, models.CASCADE)
        self.movement = model("Movement", deal=deal, before=number(null=True), after=number(), at=moment())
        self.task = model(
            "Task",
            deal=models.ForeignKey(self.deal, models.CASCADE),
            owner=models.ForeignKey(self.user, models.CASCADE),
            title=text(),
            due_at=moment(db_index=True),
        )
        self.audit = model("Audit", what=text(), facts=models.JSONField(), at=moment())
        with connection.schema_editor() as editor:
            for one in (self.customer, self.point, self.user, self.deal, self.movement, self.task, self.audit):
                editor.create_model(one)
        for turn, name in enumerate(("Anna", "Bruno", "Celia", "Dainis", "Elza")):
            self.user.objects.create(name=name, turn=turn)

    def capture(self, *, name: str, phone: str, email: str, about: str, source: str, value: Any) -> Any:
        """Take a lead in."""
        from django.db import transaction

        now = datetime.now(UTC)
        with transaction.atomic():
            claims = [f"phone:{phone}", f"email:{email.lower()}"]
            point = self.point.objects.select_related("customer").filter(claim__in=claims).first()
            customer = point and point.customer
            owner = self.user.objects.order_by("turn").first()
            owner.turn += 5
            owner.save(update_fields=["turn"])
            if customer is None:
                customer = self.customer.objects.create(name=name, source=source, added_at=now)
                self.point.objects.bulk_create([self.point(customer=customer, claim=claim) for claim in claims])
            deal = self.deal.objects.create(
                title=about, customer=customer, owner=owner, stage=0, minor=value.minor, opened_at=now
            )
            self.movement.objects.create(deal=deal, before=None, after=0, at=now)
            self.task.objects.create(deal=deal, owner=owner, title=f"Call {name}", due_at=now + timedelta(minutes=15))
            self.audit.objects.create(what="lead.captured", facts={"source": source, "minor": value.minor}, at=now)
        return deal.pk

    def move(self, deal: Any) -> None:
        """Move a deal on."""
        from django.db import transaction

        now = datetime.now(UTC)
        with transaction.atomic():
            found = self.deal.objects.select_for_update().get(pk=deal)
            self.movement.objects.create(deal=found, before=found.stage, after=1, at=now)
            self.audit.objects.create(
                what="deal.moved", facts={"deal": deal, "before": found.stage, "after": 1}, at=now
            )
            found.stage = 1
            found.save(update_fields=["stage"])

    def board(self) -> Any:
        """Count and sum by stage, and read the first ten of each."""
        from django.db.models import Count, Sum

        counted = list(self.deal.objects.values("stage").annotate(Count("id"), Sum("minor")))
        return [(line, list(self.deal.objects.filter(stage=line["stage"])[:10])) for line in counted]

    def bulk(self, asked: Sequence[dict[str, Any]]) -> None:
        """Write customers and deals."""
        from django.db import transaction

        for at in range(0, len(asked), CHUNK):
            some, now = asked[at : at + CHUNK], datetime.now(UTC)
            with transaction.atomic():
                customers = self.customer.objects.bulk_create(
                    [self.customer(name=one["name"], source=one["source"], added_at=now) for one in some]
                )
                pairs = list(zip(customers, some, strict=True))
                self.point.objects.bulk_create(
                    [
                        self.point(customer=customer, claim=claim)
                        for customer, one in pairs
                        for claim in (f"phone:{one['phone']}", f"email:{one['email']}")
                    ]
                )
                deals = self.deal.objects.bulk_create(
                    [
                        self.deal(
                            title=one["about"],
                            customer=customer,
                            owner_id=1,
                            stage=0,
                            minor=one["value"].minor,
                            opened_at=now,
                        )
                        for customer, one in pairs
                    ]
                )
                self.movement.objects.bulk_create(
                    [self.movement(deal=deal, before=None, after=0, at=now) for deal in deals]
                )
                self.audit.objects.bulk_create(
                    [self.audit(what="deal.imported", facts={"minor": deal.minor}, at=now) for deal in deals]
                )
