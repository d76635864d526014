"""The tables of the first release.

Written by `python -m tests.migrations.freeze`, and frozen by the release.
"""

from sqlalchemy import Column, Integer, SmallInteger

from crmcore.adapters.sql.schema.migrations.operations import Operations
from crmcore.adapters.sql.schema.types import (
    BigIntType,
    BooleanType,
    BoundedTextType,
    DateType,
    DurationType,
    InstantType,
    PrefixedIdType,
    ScaledDecimalType,
    TextType,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    operations = Operations()
    operations.create_table(
        "answers",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("answer"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("article", PrefixedIdType("article"), nullable=False),
        Column("case", BoundedTextType(64), nullable=False),
        Column("edition", BigIntType(), nullable=False),
        Column("helped", BooleanType(), nullable=False),
        Column("user", PrefixedIdType("user"), nullable=True),
        Column("given_at", InstantType(), nullable=False),
        primary_key=("pk_answers", ("tenant", "id")),
        unique_keys=[
            ("uq_answers_article_case", ("tenant", "article", "case")),
        ],
        indexes=[
            ("ix_answers_case", ("tenant", "case")),
        ],
    )
    operations.create_table(
        "approval_limits",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("limit"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("currency", BoundedTextType(3), nullable=False),
        Column("amount_minor", BigIntType(), nullable=False),
        Column("amount_currency", BoundedTextType(3), nullable=False),
        Column("set_at", InstantType(), nullable=False),
        primary_key=("pk_approval_limits", ("tenant", "id")),
        unique_keys=[
            ("uq_approval_limits_role_currency", ("tenant", "role", "currency")),
        ],
    )
    operations.create_table(
        "arrivals",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("inboxmessage"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("source", BoundedTextType(60), nullable=False),
        Column("key", BoundedTextType(255), nullable=False),
        Column("outcome", BoundedTextType(8), nullable=False),
        Column("arrived_at", InstantType(), nullable=False),
        primary_key=("pk_arrivals", ("tenant", "id")),
        unique_keys=[
            ("uq_arrivals_key_source", ("tenant", "key", "source")),
        ],
        indexes=[
            ("ix_arrivals_arrived_at", ("tenant", "arrived_at")),
        ],
        checks=[
            ("ck_arrivals_outcome", "outcome IN ('applied', 'outdated', 'repeated')"),
        ],
    )
    operations.create_table(
        "appointments",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("appointment"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("uid", BoundedTextType(255), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("kind", BoundedTextType(60), nullable=False),
        Column("since", InstantType(), nullable=False),
        Column("until", InstantType(), nullable=False),
        Column("state", BoundedTextType(9), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=True),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("equipment", PrefixedIdType("equipment"), nullable=True),
        Column("place", BoundedTextType(500), nullable=False),
        Column("note", BoundedTextType(10000), nullable=False),
        Column("repeats_rule", BoundedTextType(200), nullable=True),
        Column("repeats_zone", BoundedTextType(60), nullable=True),
        Column("changes", TextType(), nullable=False),
        Column("sequence", BigIntType(), nullable=False),
        Column("booked_at", InstantType(), nullable=False),
        Column("last_until", InstantType(), nullable=True),
        Column("n_attendees", SmallInteger(), nullable=False),
        primary_key=("pk_appointments", ("tenant", "id")),
        unique_keys=[
            ("uq_appointments_uid", ("tenant", "uid")),
        ],
        indexes=[
            ("ix_appointments_customer", ("customer", "tenant")),
            ("ix_appointments_deal", ("deal", "tenant")),
            ("ix_appointments_equipment", ("equipment", "tenant")),
            ("ix_appointments_state_since", ("tenant", "state", "since")),
        ],
        checks=[
            ("ck_appointments_state", "state IN ('planned', 'held', 'cancelled')"),
        ],
    )
    operations.create_table(
        "articles",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("article"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("topic", BoundedTextType(100), nullable=False),
        Column("language", BoundedTextType(35), nullable=False),
        Column("audience", BoundedTextType(9), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("body", BoundedTextType(20000), nullable=False),
        Column("tags", TextType(), nullable=False),
        Column("state", BoundedTextType(9), nullable=False),
        Column("edition", BigIntType(), nullable=False),
        Column("key", BoundedTextType(80000), nullable=False),
        Column("helped", BigIntType(), nullable=False),
        Column("failed", BigIntType(), nullable=False),
        Column("written_at", InstantType(), nullable=False),
        primary_key=("pk_articles", ("tenant", "id")),
        unique_keys=[
            ("uq_articles_topic_language", ("tenant", "topic", "language")),
        ],
        indexes=[
            ("ix_articles_state_audience", ("tenant", "state", "audience")),
        ],
        checks=[
            ("ck_articles_audience", "audience IN ('customers', 'staff')"),
            ("ck_articles_state", "state IN ('draft', 'published', 'archived')"),
        ],
    )
    operations.create_table(
        "commitments",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("commitment"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("what", BoundedTextType(1000), nullable=False),
        Column("side", BoundedTextType(6), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("owner", PrefixedIdType("user"), nullable=True),
        Column("due_at", InstantType(), nullable=True),
        Column("state", BoundedTextType(8), nullable=False),
        Column("level", BigIntType(), nullable=False),
        Column("made_at", InstantType(), nullable=False),
        Column("settled_at", InstantType(), nullable=True),
        primary_key=("pk_commitments", ("tenant", "id")),
        indexes=[
            ("ix_commitments_customer", ("customer", "tenant")),
            ("ix_commitments_deal", ("deal", "tenant")),
            ("ix_commitments_due_at", ("tenant", "due_at")),
            ("ix_commitments_owner_state_due_at", ("owner", "state", "due_at", "tenant")),
        ],
        checks=[
            ("ck_commitments_side", "side IN ('ours', 'theirs')"),
            ("ck_commitments_state", "state IN ('open', 'kept', 'broken', 'released')"),
        ],
    )
    operations.create_table(
        "complaints",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("responsible", PrefixedIdType("user"), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("wait_until", InstantType(), nullable=True),
        Column("subject", BoundedTextType(200), nullable=False),
        Column("story", BoundedTextType(100000), nullable=False),
        Column("service_level", PrefixedIdType("level"), nullable=True),
        Column("contract", BoundedTextType(200), nullable=False),
        Column("calendar", PrefixedIdType("calendar"), nullable=True),
        Column("reopen_within", DurationType(), nullable=False),
        Column("marks", TextType(), nullable=False),
        Column("level", BigIntType(), nullable=False),
        Column("reopened", BigIntType(), nullable=False),
        Column("received_at", InstantType(), nullable=False),
        Column("answered_at", InstantType(), nullable=True),
        Column("resolved_at", InstantType(), nullable=True),
        Column("closed_at", InstantType(), nullable=True),
        Column("response_took", DurationType(), nullable=True),
        Column("response_kept", BoundedTextType(7), nullable=True),
        Column("resolution_took", DurationType(), nullable=True),
        Column("resolution_kept", BoundedTextType(7), nullable=True),
        Column("id", PrefixedIdType("complaint"), nullable=False),
        Column("type", BoundedTextType(100), nullable=False),
        Column("severity", BoundedTextType(8), nullable=False),
        Column("product", BoundedTextType(200), nullable=False),
        Column("state", BoundedTextType(13), nullable=False),
        Column("resolution", BoundedTextType(100000), nullable=False),
        Column("cause", BoundedTextType(100), nullable=False),
        Column("corrective", BoundedTextType(10000), nullable=False),
        Column("preventive", BoundedTextType(10000), nullable=False),
        Column("compensations", TextType(), nullable=False),
        Column("cost_minor", BigIntType(), nullable=True),
        Column("cost_currency", BoundedTextType(3), nullable=True),
        Column("satisfaction", BigIntType(), nullable=True),
        Column("comment", BoundedTextType(10000), nullable=False),
        Column("repeats", PrefixedIdType("complaint"), nullable=True),
        Column("follows", PrefixedIdType("complaint"), nullable=True),
        primary_key=("pk_complaints", ("tenant", "id")),
        indexes=[
            ("ix_complaints_customer", ("customer", "tenant")),
            ("ix_complaints_deal", ("deal", "tenant")),
            ("ix_complaints_due_at", ("tenant", "due_at")),
            ("ix_complaints_responsible_state", ("responsible", "state", "tenant")),
            ("ix_complaints_state_due_at", ("tenant", "state", "due_at")),
            ("ix_complaints_type_received_at", ("tenant", "type", "received_at")),
        ],
        checks=[
            ("ck_complaints_resolution_kept", "resolution_kept IN ('in_time', 'late')"),
            ("ck_complaints_response_kept", "response_kept IN ('in_time', 'late')"),
            ("ck_complaints_severity", "severity IN ('low', 'medium', 'high', 'critical')"),
            (
                "ck_complaints_state",
                "state IN ('received', 'acknowledged', 'assessed', 'investigating', 'waiting', 'responded', 'resolved', 'rejected', 'closed')",
            ),
        ],
    )
    operations.create_table(
        "complaint_types",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("complainttype"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("path", BoundedTextType(100), nullable=False),
        Column("severity", BoundedTextType(8), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("active", BooleanType(), nullable=False),
        Column("declared_at", InstantType(), nullable=False),
        primary_key=("pk_complaint_types", ("tenant", "id")),
        unique_keys=[
            ("uq_complaint_types_path", ("tenant", "path")),
        ],
        checks=[
            ("ck_complaint_types_severity", "severity IN ('low', 'medium', 'high', 'critical')"),
        ],
    )
    operations.create_table(
        "counterparts",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("externalversion"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("source", BoundedTextType(60), nullable=False),
        Column("key", BoundedTextType(255), nullable=False),
        Column("edition", BigIntType(), nullable=False),
        primary_key=("pk_counterparts", ("tenant", "id")),
        unique_keys=[
            ("uq_counterparts_key_source", ("tenant", "key", "source")),
        ],
    )
    operations.create_table(
        "customers",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("customer"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("kind", BoundedTextType(12), nullable=False),
        Column("name", BoundedTextType(200), nullable=False),
        Column("given", BoundedTextType(200), nullable=False),
        Column("family", BoundedTextType(200), nullable=False),
        Column("patronymic", BoundedTextType(200), nullable=False),
        Column("name_key", BoundedTextType(400), nullable=False),
        Column("addresses", TextType(), nullable=False),
        Column("profile", TextType(), nullable=False),
        Column("language", BoundedTextType(35), nullable=True),
        Column("owner", PrefixedIdType("user"), nullable=True),
        Column("source", BoundedTextType(200), nullable=False),
        Column("tags", TextType(), nullable=False),
        Column("note", BoundedTextType(10000), nullable=False),
        Column("custom", TextType(), nullable=False),
        Column("added_at", InstantType(), nullable=False),
        Column("n_contact_points", SmallInteger(), nullable=False),
        Column("n_external_ids", SmallInteger(), nullable=False),
        Column("n_relations", SmallInteger(), nullable=False),
        Column("n_roles", SmallInteger(), nullable=False),
        primary_key=("pk_customers", ("tenant", "id")),
        indexes=[
            ("ix_customers_name_key", ("tenant", "name_key")),
            ("ix_customers_owner", ("owner", "tenant")),
        ],
        checks=[
            ("ck_customers_kind", "kind IN ('person', 'organisation')"),
        ],
    )
    operations.create_table(
        "deals",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("deal"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("funnel", PrefixedIdType("funnel"), nullable=False),
        Column("stage", BoundedTextType(60), nullable=False),
        Column("place", BigIntType(), nullable=False),
        Column("furthest", BigIntType(), nullable=False),
        Column("visits", TextType(), nullable=False),
        Column("stage_since", InstantType(), nullable=False),
        Column("outcome", BoundedTextType(4), nullable=False),
        Column("value_minor", BigIntType(), nullable=True),
        Column("value_currency", BoundedTextType(3), nullable=True),
        Column("total_minor", BigIntType(), nullable=True),
        Column("total_currency", BoundedTextType(3), nullable=True),
        Column("probability_points", BigIntType(), nullable=False),
        Column("probability_basis", BoundedTextType(6), nullable=False),
        Column("expected_close", DateType(), nullable=True),
        Column("owner", PrefixedIdType("user"), nullable=True),
        Column("source", BoundedTextType(200), nullable=False),
        Column("campaign", BoundedTextType(200), nullable=False),
        Column("request_system", BoundedTextType(60), nullable=True),
        Column("request_key", BoundedTextType(200), nullable=True),
        Column("about", BoundedTextType(10000), nullable=False),
        Column("next_step_what", BoundedTextType(200), nullable=True),
        Column("next_step_due_at", InstantType(), nullable=True),
        Column("loss_reason", BoundedTextType(100), nullable=True),
        Column("tags", TextType(), nullable=False),
        Column("custom", TextType(), nullable=False),
        Column("opened_at", InstantType(), nullable=False),
        Column("closed_at", InstantType(), nullable=True),
        Column("touched_at", InstantType(), nullable=False),
        Column("moves", BigIntType(), nullable=False),
        Column("n_lines", SmallInteger(), nullable=False),
        Column("n_participants", SmallInteger(), nullable=False),
        Column("n_attachments", SmallInteger(), nullable=False),
        primary_key=("pk_deals", ("tenant", "id")),
        unique_keys=[
            ("uq_deals_request_system_request_key", ("tenant", "request_system", "request_key")),
        ],
        indexes=[
            ("ix_deals_customer", ("customer", "tenant")),
            ("ix_deals_funnel_opened_at", ("funnel", "opened_at", "tenant")),
            ("ix_deals_funnel_outcome_place_id", ("funnel", "outcome", "place", "id", "tenant")),
            ("ix_deals_owner_outcome", ("owner", "outcome", "tenant")),
        ],
        checks=[
            ("ck_deals_outcome", "outcome IN ('open', 'won', 'lost')"),
            ("ck_deals_probability_basis", "probability_basis IN ('stage', 'manual', 'model')"),
        ],
    )
    operations.create_table(
        "diaries",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("bookinglock"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("user", PrefixedIdType("user"), nullable=False),
        Column("pages", BigIntType(), nullable=False),
        primary_key=("pk_diaries", ("tenant", "id")),
        unique_keys=[
            ("uq_diaries_user", ("tenant", "user")),
        ],
    )
    operations.create_table(
        "documents",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("document"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("media_type", BoundedTextType(100), nullable=False),
        Column("size", BigIntType(), nullable=False),
        Column("digest", BoundedTextType(64), nullable=False),
        Column("body", BoundedTextType(1048576), nullable=True),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("customer", PrefixedIdType("customer"), nullable=True),
        Column("template", PrefixedIdType("template"), nullable=True),
        Column("added_at", InstantType(), nullable=False),
        primary_key=("pk_documents", ("tenant", "id")),
        indexes=[
            ("ix_documents_customer", ("customer", "tenant")),
            ("ix_documents_deal", ("deal", "tenant")),
        ],
    )
    operations.create_table(
        "escalations",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("escalation"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("subject", BoundedTextType(64), nullable=False),
        Column("clock", BoundedTextType(30), nullable=False),
        Column("promised_at", InstantType(), nullable=False),
        Column("level", BigIntType(), nullable=False),
        Column("share", BigIntType(), nullable=False),
        Column("after", DurationType(), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("to", PrefixedIdType("user"), nullable=True),
        Column("rejected", TextType(), nullable=False),
        Column("raised_at", InstantType(), nullable=False),
        Column("acknowledged_at", InstantType(), nullable=True),
        Column("acknowledged_by", PrefixedIdType("user"), nullable=True),
        primary_key=("pk_escalations", ("tenant", "id")),
        unique_keys=[
            ("uq_escalations_subject_clock_promised_at_level", ("tenant", "subject", "clock", "promised_at", "level")),
        ],
        indexes=[
            ("ix_escalations_raised_at", ("tenant", "raised_at")),
        ],
    )
    operations.create_table(
        "equipment",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("equipment"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("product", BoundedTextType(200), nullable=False),
        Column("serial", BoundedTextType(100), nullable=True),
        Column("place", BoundedTextType(500), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("state", BoundedTextType(7), nullable=False),
        Column("installed_at", InstantType(), nullable=False),
        Column("warranty_until", DateType(), nullable=True),
        Column("expected_life", DurationType(), nullable=True),
        Column("meter", BoundedTextType(30), nullable=False),
        Column("reading", ScaledDecimalType(3), nullable=False),
        Column("total", ScaledDecimalType(3), nullable=False),
        Column("read_at", InstantType(), nullable=True),
        Column("expected_total", ScaledDecimalType(3), nullable=False),
        Column("failures", BigIntType(), nullable=False),
        Column("failed_at", InstantType(), nullable=True),
        Column("repair_cost_minor", BigIntType(), nullable=True),
        Column("repair_cost_currency", BoundedTextType(3), nullable=True),
        Column("maintained_at", InstantType(), nullable=True),
        Column("lines", BigIntType(), nullable=False),
        primary_key=("pk_equipment", ("tenant", "id")),
        unique_keys=[
            ("uq_equipment_serial_product", ("tenant", "serial", "product")),
        ],
        indexes=[
            ("ix_equipment_customer", ("customer", "tenant")),
            ("ix_equipment_deal", ("deal", "tenant")),
            ("ix_equipment_state", ("tenant", "state")),
        ],
        checks=[
            ("ck_equipment_state", "state IN ('running', 'broken', 'retired')"),
        ],
    )
    operations.create_table(
        "funnels",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("funnel"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(200), nullable=False),
        Column("stages", TextType(), nullable=False),
        Column("loss_reasons", TextType(), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("skips", BooleanType(), nullable=False),
        Column("returns", BooleanType(), nullable=False),
        Column("respond_within", DurationType(), nullable=True),
        Column("created_at", InstantType(), nullable=False),
        primary_key=("pk_funnels", ("tenant", "id")),
        unique_keys=[
            ("uq_funnels_name", ("tenant", "name")),
        ],
    )
    operations.create_table(
        "inquiries",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("responsible", PrefixedIdType("user"), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("wait_until", InstantType(), nullable=True),
        Column("subject", BoundedTextType(200), nullable=False),
        Column("story", BoundedTextType(100000), nullable=False),
        Column("service_level", PrefixedIdType("level"), nullable=True),
        Column("contract", BoundedTextType(200), nullable=False),
        Column("calendar", PrefixedIdType("calendar"), nullable=True),
        Column("reopen_within", DurationType(), nullable=False),
        Column("marks", TextType(), nullable=False),
        Column("level", BigIntType(), nullable=False),
        Column("reopened", BigIntType(), nullable=False),
        Column("received_at", InstantType(), nullable=False),
        Column("answered_at", InstantType(), nullable=True),
        Column("resolved_at", InstantType(), nullable=True),
        Column("closed_at", InstantType(), nullable=True),
        Column("response_took", DurationType(), nullable=True),
        Column("response_kept", BoundedTextType(7), nullable=True),
        Column("resolution_took", DurationType(), nullable=True),
        Column("resolution_kept", BoundedTextType(7), nullable=True),
        Column("id", PrefixedIdType("inquiry"), nullable=False),
        Column("kind", BoundedTextType(8), nullable=False),
        Column("type", BoundedTextType(100), nullable=False),
        Column("state", BoundedTextType(8), nullable=False),
        Column("answer", BoundedTextType(100000), nullable=False),
        primary_key=("pk_inquiries", ("tenant", "id")),
        indexes=[
            ("ix_inquiries_customer", ("customer", "tenant")),
            ("ix_inquiries_deal", ("deal", "tenant")),
            ("ix_inquiries_due_at", ("tenant", "due_at")),
            ("ix_inquiries_responsible_state", ("responsible", "state", "tenant")),
            ("ix_inquiries_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_inquiries_kind", "kind IN ('question', 'service')"),
            ("ck_inquiries_resolution_kept", "resolution_kept IN ('in_time', 'late')"),
            ("ck_inquiries_response_kept", "response_kept IN ('in_time', 'late')"),
            ("ck_inquiries_state", "state IN ('open', 'waiting', 'answered', 'closed')"),
        ],
    )
    operations.create_table(
        "interactions",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("interaction"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("kind", BoundedTextType(7), nullable=False),
        Column("direction", BoundedTextType(8), nullable=False),
        Column("channel", BoundedTextType(9), nullable=True),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("user", PrefixedIdType("user"), nullable=True),
        Column("happened_at", InstantType(), nullable=False),
        Column("duration", DurationType(), nullable=True),
        Column("outcome", BoundedTextType(200), nullable=False),
        Column("subject", BoundedTextType(200), nullable=False),
        Column("note", BoundedTextType(100000), nullable=False),
        Column("recording", BoundedTextType(1000), nullable=False),
        primary_key=("pk_interactions", ("tenant", "id")),
        indexes=[
            ("ix_interactions_customer_happened_at", ("customer", "happened_at", "tenant")),
            ("ix_interactions_deal_happened_at", ("deal", "happened_at", "tenant")),
            ("ix_interactions_user_happened_at", ("user", "happened_at", "tenant")),
        ],
        checks=[
            (
                "ck_interactions_channel",
                "channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms')",
            ),
            ("ck_interactions_direction", "direction IN ('incoming', 'outgoing', 'internal')"),
            ("ck_interactions_kind", "kind IN ('call', 'mail', 'meeting', 'visit', 'chat', 'survey', 'note')"),
        ],
    )
    operations.create_table(
        "maintenance",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("maintenance"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("equipment", PrefixedIdType("equipment"), nullable=False),
        Column("contract", PrefixedIdType("contract"), nullable=True),
        Column("title", BoundedTextType(200), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("within", DurationType(), nullable=False),
        Column("every_rule", BoundedTextType(200), nullable=True),
        Column("every_zone", BoundedTextType(60), nullable=True),
        Column("every_total", ScaledDecimalType(3), nullable=False),
        Column("starts_at", InstantType(), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("next_at", InstantType(), nullable=True),
        Column("next_total", ScaledDecimalType(3), nullable=False),
        Column("task", PrefixedIdType("task"), nullable=True),
        Column("visits", BigIntType(), nullable=False),
        Column("active", BooleanType(), nullable=False),
        Column("planned_at", InstantType(), nullable=False),
        primary_key=("pk_maintenance", ("tenant", "id")),
        indexes=[
            ("ix_maintenance_active_next_at", ("tenant", "active", "next_at")),
            ("ix_maintenance_contract", ("contract", "tenant")),
            ("ix_maintenance_equipment", ("equipment", "tenant")),
            ("ix_maintenance_task", ("task", "tenant")),
        ],
    )
    operations.create_table(
        "messages",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("message"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("topic", BoundedTextType(60), nullable=False),
        Column("facts", TextType(), nullable=False),
        Column("channel", BoundedTextType(30), nullable=False),
        Column("recipient", PrefixedIdType("user"), nullable=True),
        Column("address", BoundedTextType(1000), nullable=True),
        Column("language", BoundedTextType(35), nullable=True),
        Column("about", BoundedTextType(64), nullable=True),
        Column("state", BoundedTextType(6), nullable=False),
        Column("attempts", BigIntType(), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("sent_at", InstantType(), nullable=True),
        Column("problem", BoundedTextType(500), nullable=False),
        Column("queued_at", InstantType(), nullable=False),
        primary_key=("pk_messages", ("tenant", "id")),
        indexes=[
            ("ix_messages_about", ("tenant", "about")),
            ("ix_messages_recipient", ("recipient", "tenant")),
            ("ix_messages_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_messages_state", "state IN ('queued', 'leased', 'sent', 'dead')"),
        ],
    )
    operations.create_table(
        "occurrences",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("job"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("kind", BoundedTextType(60), nullable=False),
        Column("subject", BoundedTextType(64), nullable=False),
        Column("occurs_at", InstantType(), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("state", BoundedTextType(7), nullable=False),
        Column("attempts", BigIntType(), nullable=False),
        Column("done_at", InstantType(), nullable=True),
        Column("problem", BoundedTextType(500), nullable=False),
        primary_key=("pk_occurrences", ("tenant", "id")),
        unique_keys=[
            ("uq_occurrences_subject_kind_occurs_at", ("tenant", "subject", "kind", "occurs_at")),
        ],
        indexes=[
            ("ix_occurrences_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_occurrences_state", "state IN ('pending', 'done', 'dead')"),
        ],
    )
    operations.create_table(
        "questions",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("question"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("words", BoundedTextType(1000), nullable=False),
        Column("language", BoundedTextType(35), nullable=False),
        Column("key", BoundedTextType(200), nullable=False),
        Column("asked", BigIntType(), nullable=False),
        Column("state", BoundedTextType(9), nullable=False),
        Column("article", PrefixedIdType("article"), nullable=True),
        Column("first_at", InstantType(), nullable=False),
        Column("last_at", InstantType(), nullable=False),
        primary_key=("pk_questions", ("tenant", "id")),
        unique_keys=[
            ("uq_questions_key_language", ("tenant", "key", "language")),
        ],
        indexes=[
            ("ix_questions_article", ("article", "tenant")),
            ("ix_questions_state_asked", ("tenant", "state", "asked")),
        ],
        checks=[
            ("ck_questions_state", "state IN ('open', 'answered', 'dismissed')"),
        ],
    )
    operations.create_table(
        "receipts",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("receipt"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("key", BoundedTextType(255), nullable=False),
        Column("story", BoundedTextType(60), nullable=False),
        Column("fingerprint", BoundedTextType(64), nullable=False),
        Column("result", TextType(), nullable=False),
        Column("expires_at", InstantType(), nullable=False),
        primary_key=("pk_receipts", ("tenant", "id")),
        unique_keys=[
            ("uq_receipts_key", ("tenant", "key")),
        ],
        indexes=[
            ("ix_receipts_expires_at", ("tenant", "expires_at")),
        ],
    )
    operations.create_table(
        "rings",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("ring"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("key", BoundedTextType(200), nullable=False),
        Column("queue", TextType(), nullable=False),
        primary_key=("pk_rings", ("tenant", "id")),
        unique_keys=[
            ("uq_rings_key", ("tenant", "key")),
        ],
    )
    operations.create_table(
        "levels",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("level"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(100), nullable=False),
        Column("rank", BigIntType(), nullable=False),
        Column("targets", TextType(), nullable=False),
        Column("audience", TextType(), nullable=False),
        Column("calendar", PrefixedIdType("calendar"), nullable=True),
        Column("reopen_within", DurationType(), nullable=False),
        Column("active", BooleanType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        primary_key=("pk_levels", ("tenant", "id")),
        unique_keys=[
            ("uq_levels_name", ("tenant", "name")),
        ],
    )
    operations.create_table(
        "contracts",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("contract"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("number", BoundedTextType(100), nullable=True),
        Column("since", DateType(), nullable=False),
        Column("until", DateType(), nullable=False),
        Column("responds_within", DurationType(), nullable=True),
        Column("visits", BigIntType(), nullable=False),
        Column("visits_made", BigIntType(), nullable=False),
        Column("parts_included", BooleanType(), nullable=False),
        Column("price_minor", BigIntType(), nullable=True),
        Column("price_currency", BoundedTextType(3), nullable=True),
        Column("state", BoundedTextType(9), nullable=False),
        Column("signed_at", InstantType(), nullable=False),
        Column("n_covers", SmallInteger(), nullable=False),
        primary_key=("pk_contracts", ("tenant", "id")),
        unique_keys=[
            ("uq_contracts_number", ("tenant", "number")),
        ],
        indexes=[
            ("ix_contracts_customer", ("customer", "tenant")),
            ("ix_contracts_until", ("tenant", "until")),
        ],
        checks=[
            ("ck_contracts_state", "state IN ('active', 'cancelled')"),
        ],
    )
    operations.create_table(
        "subscriptions",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("subscription"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(100), nullable=False),
        Column("position", BigIntType(), nullable=False),
        Column("leased_until", InstantType(), nullable=False),
        Column("failures", BigIntType(), nullable=False),
        Column("problem", BoundedTextType(500), nullable=False),
        primary_key=("pk_subscriptions", ("tenant", "id")),
        unique_keys=[
            ("uq_subscriptions_name", ("tenant", "name")),
        ],
    )
    operations.create_table(
        "tasks",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("task"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("kind", BoundedTextType(60), nullable=False),
        Column("state", BoundedTextType(9), nullable=False),
        Column("priority", BoundedTextType(6), nullable=False),
        Column("assignee", PrefixedIdType("user"), nullable=True),
        Column("role", BoundedTextType(60), nullable=False),
        Column("due_at", InstantType(), nullable=True),
        Column("remind_at", InstantType(), nullable=True),
        Column("deal", PrefixedIdType("deal"), nullable=True),
        Column("customer", PrefixedIdType("customer"), nullable=True),
        Column("complaint", PrefixedIdType("complaint"), nullable=True),
        Column("equipment", PrefixedIdType("equipment"), nullable=True),
        Column("note", BoundedTextType(10000), nullable=False),
        Column("result", BoundedTextType(10000), nullable=False),
        Column("repeats_rule", BoundedTextType(200), nullable=True),
        Column("repeats_zone", BoundedTextType(60), nullable=True),
        Column("number", BigIntType(), nullable=False),
        Column("starts_at", InstantType(), nullable=True),
        Column("level", BigIntType(), nullable=False),
        Column("given_at", InstantType(), nullable=False),
        Column("closed_at", InstantType(), nullable=True),
        primary_key=("pk_tasks", ("tenant", "id")),
        indexes=[
            ("ix_tasks_assignee_state_due_at", ("assignee", "state", "due_at", "tenant")),
            ("ix_tasks_complaint", ("complaint", "tenant")),
            ("ix_tasks_customer", ("customer", "tenant")),
            ("ix_tasks_deal", ("deal", "tenant")),
            ("ix_tasks_due_at", ("tenant", "due_at")),
            ("ix_tasks_equipment", ("equipment", "tenant")),
        ],
        checks=[
            ("ck_tasks_priority", "priority IN ('low', 'normal', 'high', 'urgent')"),
            ("ck_tasks_state", "state IN ('open', 'done', 'cancelled')"),
        ],
    )
    operations.create_table(
        "teams",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("team"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(200), nullable=False),
        Column("parent", PrefixedIdType("team"), nullable=True),
        Column("formed_at", InstantType(), nullable=False),
        primary_key=("pk_teams", ("tenant", "id")),
        unique_keys=[
            ("uq_teams_name", ("tenant", "name")),
        ],
    )
    operations.create_table(
        "templates",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("template"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(200), nullable=False),
        Column("language", BoundedTextType(35), nullable=False),
        Column("media_type", BoundedTextType(100), nullable=False),
        Column("body", BoundedTextType(1048576), nullable=False),
        Column("written_at", InstantType(), nullable=False),
        primary_key=("pk_templates", ("tenant", "id")),
        unique_keys=[
            ("uq_templates_name_language", ("tenant", "name", "language")),
        ],
    )
    operations.create_table(
        "users",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("user"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(200), nullable=False),
        Column("login", BoundedTextType(200), nullable=True),
        Column("email", BoundedTextType(200), nullable=True),
        Column("language", BoundedTextType(35), nullable=False),
        Column("team", PrefixedIdType("team"), nullable=True),
        Column("supervisor", PrefixedIdType("user"), nullable=True),
        Column("absences", TextType(), nullable=False),
        Column("calendar", PrefixedIdType("calendar"), nullable=True),
        Column("active", BooleanType(), nullable=False),
        Column("added_at", InstantType(), nullable=False),
        Column("n_posts", SmallInteger(), nullable=False),
        primary_key=("pk_users", ("tenant", "id")),
        unique_keys=[
            ("uq_users_login", ("tenant", "login")),
        ],
        indexes=[
            ("ix_users_supervisor", ("supervisor", "tenant")),
            ("ix_users_team", ("team", "tenant")),
        ],
    )
    operations.create_table(
        "calendars",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("calendar"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(100), nullable=False),
        Column("zone", BoundedTextType(60), nullable=False),
        Column("week", TextType(), nullable=False),
        Column("holidays", TextType(), nullable=False),
        Column("one_offs", TextType(), nullable=False),
        Column("country", BoundedTextType(10), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        primary_key=("pk_calendars", ("tenant", "id")),
        unique_keys=[
            ("uq_calendars_name", ("tenant", "name")),
        ],
    )
    operations.create_table(
        "appointment_attendees",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("appointment", PrefixedIdType("appointment"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("user", PrefixedIdType("user"), nullable=False),
        primary_key=("pk_appointment_attendees", ("tenant", "appointment", "pos")),
        indexes=[
            ("ix_appointment_attendees_user", ("user", "tenant")),
        ],
    )
    operations.create_table(
        "article_revisions",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("article", PrefixedIdType("article"), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("body", BoundedTextType(20000), nullable=False),
        Column("at", InstantType(), nullable=False),
        primary_key=("pk_article_editions", ("tenant", "article", "number")),
    )
    operations.create_table(
        "customer_contact_points",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("channel", BoundedTextType(9), nullable=False),
        Column("value", BoundedTextType(254), nullable=False),
        Column("label", BoundedTextType(60), nullable=False),
        Column("shared", BooleanType(), nullable=False),
        Column("claim", BoundedTextType(270), nullable=True),
        primary_key=("pk_customer_contact_points", ("tenant", "customer", "pos")),
        unique_keys=[
            ("uq_customer_contact_points_claim", ("tenant", "claim")),
        ],
        indexes=[
            ("ix_customer_contact_points_value", ("tenant", "value")),
        ],
        checks=[
            (
                "ck_customer_contact_points_channel",
                "channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms')",
            ),
        ],
    )
    operations.create_table(
        "customer_external_ids",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("system", BoundedTextType(60), nullable=False),
        Column("key", BoundedTextType(200), nullable=False),
        primary_key=("pk_customer_external_ids", ("tenant", "customer", "pos")),
        unique_keys=[
            ("uq_customer_external_ids_system_key", ("tenant", "system", "key")),
        ],
    )
    operations.create_table(
        "customer_relations",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("kind", BoundedTextType(11), nullable=False),
        Column("other", PrefixedIdType("customer"), nullable=False),
        Column("note", BoundedTextType(200), nullable=False),
        primary_key=("pk_customer_relations", ("tenant", "customer", "pos")),
        indexes=[
            ("ix_customer_relations_other", ("other", "tenant")),
        ],
        checks=[
            (
                "ck_customer_relations_kind",
                "kind IN ('employee_of', 'contact_of', 'owner_of', 'part_of', 'relative_of', 'referred_by', 'supplier_of')",
            ),
        ],
    )
    operations.create_table(
        "customer_roles",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(10), nullable=False),
        primary_key=("pk_customer_roles", ("tenant", "customer", "pos")),
        indexes=[
            ("ix_customer_roles_role", ("tenant", "role")),
        ],
        checks=[
            ("ck_customer_roles_role", "role IN ('prospect', 'customer', 'partner', 'supplier', 'competitor')"),
        ],
    )
    operations.create_table(
        "deal_lines",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("product", BoundedTextType(200), nullable=False),
        Column("quantity", ScaledDecimalType(6), nullable=False),
        Column("price_minor", BigIntType(), nullable=False),
        Column("price_currency", BoundedTextType(3), nullable=False),
        Column("discount", BigIntType(), nullable=False),
        primary_key=("pk_deal_lines", ("tenant", "deal", "pos")),
    )
    operations.create_table(
        "deal_participants",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("who", BoundedTextType(64), nullable=False),
        primary_key=("pk_deal_participants", ("tenant", "deal", "pos")),
        indexes=[
            ("ix_deal_participants_who", ("tenant", "who")),
        ],
    )
    operations.create_table(
        "deal_attachments",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("document", PrefixedIdType("document"), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("attached_at", InstantType(), nullable=False),
        primary_key=("pk_deal_attachments", ("tenant", "deal", "pos")),
    )
    operations.create_table(
        "deal_movements",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal", PrefixedIdType("deal"), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("kind", BoundedTextType(11), nullable=False),
        Column("at", InstantType(), nullable=False),
        Column("funnel", PrefixedIdType("funnel"), nullable=False),
        Column("customer", PrefixedIdType("customer"), nullable=False),
        Column("stage_before", BoundedTextType(60), nullable=True),
        Column("stage_after", BoundedTextType(60), nullable=False),
        Column("place", BigIntType(), nullable=False),
        Column("furthest", BigIntType(), nullable=False),
        Column("visit", BigIntType(), nullable=False),
        Column("stayed", DurationType(), nullable=True),
        Column("outcome_before", BoundedTextType(4), nullable=True),
        Column("outcome_after", BoundedTextType(4), nullable=False),
        Column("value_before_minor", BigIntType(), nullable=True),
        Column("value_before_currency", BoundedTextType(3), nullable=True),
        Column("value_after_minor", BigIntType(), nullable=True),
        Column("value_after_currency", BoundedTextType(3), nullable=True),
        Column("probability_before", BigIntType(), nullable=True),
        Column("probability_after", BigIntType(), nullable=False),
        Column("owner_before", PrefixedIdType("user"), nullable=True),
        Column("owner_after", PrefixedIdType("user"), nullable=True),
        Column("close_before", DateType(), nullable=True),
        Column("close_after", DateType(), nullable=True),
        Column("reason", BoundedTextType(100), nullable=True),
        Column("opened_at", InstantType(), nullable=False),
        primary_key=("pk_deal_movements", ("tenant", "deal", "number")),
        checks=[
            (
                "ck_deal_movements_kind",
                "kind IN ('opened', 'moved', 'won', 'lost', 'reopened', 'valued', 'reestimated', 'rescheduled', 'handed_over')",
            ),
            ("ck_deal_movements_outcome_after", "outcome_after IN ('open', 'won', 'lost')"),
            ("ck_deal_movements_outcome_before", "outcome_before IN ('open', 'won', 'lost')"),
        ],
    )
    operations.create_table(
        "equipment_log",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("equipment", PrefixedIdType("equipment"), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("kind", BoundedTextType(14), nullable=False),
        Column("at", InstantType(), nullable=False),
        Column("reading", ScaledDecimalType(3), nullable=False),
        Column("total", ScaledDecimalType(3), nullable=False),
        Column("cause", BoundedTextType(100), nullable=False),
        Column("note", BoundedTextType(1000), nullable=False),
        Column("cost_minor", BigIntType(), nullable=True),
        Column("cost_currency", BoundedTextType(3), nullable=True),
        Column("task", PrefixedIdType("task"), nullable=True),
        primary_key=("pk_equipment_log", ("tenant", "equipment", "number")),
        checks=[
            (
                "ck_equipment_log_kind",
                "kind IN ('installed', 'read', 'meter_replaced', 'failed', 'repaired', 'maintained', 'retired')",
            ),
        ],
    )
    operations.create_table(
        "contract_coverage",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("contract", PrefixedIdType("contract"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("equipment", PrefixedIdType("equipment"), nullable=False),
        primary_key=("pk_contract_coverage", ("tenant", "contract", "pos")),
        indexes=[
            ("ix_contract_coverage_equipment", ("equipment", "tenant")),
        ],
    )
    operations.create_table(
        "user_roles",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("user", PrefixedIdType("user"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        primary_key=("pk_user_posts", ("tenant", "user", "pos")),
        indexes=[
            ("ix_user_posts_role", ("tenant", "role")),
        ],
    )
    operations.create_table(
        "events",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("event"), nullable=False),
        Column("position", BigIntType(), nullable=True),
        Column("subject", BoundedTextType(64), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("name", BoundedTextType(60), nullable=False),
        Column("schema", BigIntType(), nullable=False),
        Column("at", InstantType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("correlation_id", BoundedTextType(100), nullable=False),
        Column("payload", TextType(), nullable=False),
        primary_key=("pk_events", ("tenant", "id")),
        unique_keys=[
            ("uq_events_position", ("tenant", "position")),
        ],
    )
    operations.create_table(
        "deal_counts",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("funnel", PrefixedIdType("funnel"), nullable=False),
        Column("place", BigIntType(), nullable=False),
        Column("currency", BoundedTextType(3), nullable=False),
        Column("slot", BigIntType(), nullable=False),
        Column("deals", BigIntType(), nullable=False),
        Column("billions", BigIntType(), nullable=False),
        Column("minor", BigIntType(), nullable=False),
        primary_key=("pk_deal_counts", ("tenant", "funnel", "place", "currency", "slot")),
    )


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    operations = Operations()
    operations.drop_table("deal_counts")
    operations.drop_table("events")
    operations.drop_table("user_roles")
    operations.drop_table("contract_coverage")
    operations.drop_table("equipment_log")
    operations.drop_table("deal_movements")
    operations.drop_table("deal_attachments")
    operations.drop_table("deal_participants")
    operations.drop_table("deal_lines")
    operations.drop_table("customer_roles")
    operations.drop_table("customer_relations")
    operations.drop_table("customer_external_ids")
    operations.drop_table("customer_contact_points")
    operations.drop_table("article_revisions")
    operations.drop_table("appointment_attendees")
    operations.drop_table("calendars")
    operations.drop_table("users")
    operations.drop_table("templates")
    operations.drop_table("teams")
    operations.drop_table("tasks")
    operations.drop_table("subscriptions")
    operations.drop_table("contracts")
    operations.drop_table("levels")
    operations.drop_table("rings")
    operations.drop_table("receipts")
    operations.drop_table("questions")
    operations.drop_table("occurrences")
    operations.drop_table("messages")
    operations.drop_table("maintenance")
    operations.drop_table("interactions")
    operations.drop_table("inquiries")
    operations.drop_table("funnels")
    operations.drop_table("equipment")
    operations.drop_table("escalations")
    operations.drop_table("documents")
    operations.drop_table("diaries")
    operations.drop_table("deals")
    operations.drop_table("customers")
    operations.drop_table("counterparts")
    operations.drop_table("complaint_types")
    operations.drop_table("complaints")
    operations.drop_table("commitments")
    operations.drop_table("articles")
    operations.drop_table("appointments")
    operations.drop_table("arrivals")
    operations.drop_table("approval_limits")
    operations.drop_table("answers")
