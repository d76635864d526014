"""The tables of the first release.

Written by `python -m tests.migrations.freeze`, and frozen by the release.
"""

from sqlalchemy import Column, Integer, SmallInteger

from crmcore.adapters.sql.migrations.steps import Steps
from crmcore.adapters.sql.types import Day, Exact, Flag, Instant, Key, Long, Span, Whole, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    steps = Steps()
    steps.create_table(
        "answers",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("answer"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("article", Key("article"), nullable=False),
        Column("case", Words(64), nullable=False),
        Column("edition", Whole(), nullable=False),
        Column("helped", Flag(), nullable=False),
        Column("user", Key("user"), nullable=True),
        Column("given_at", Instant(), nullable=False),
        primary=("pk_answers", ("tenant", "id")),
        unique=[
            ("uq_answers_article_case", ("tenant", "article", "case")),
        ],
        indexes=[
            ("ix_answers_case", ("tenant", "case")),
        ],
    )
    steps.create_table(
        "approval_limits",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("limit"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("role", Words(60), nullable=False),
        Column("currency", Words(3), nullable=False),
        Column("amount_minor", Whole(), nullable=False),
        Column("amount_currency", Words(3), nullable=False),
        Column("set_at", Instant(), nullable=False),
        primary=("pk_approval_limits", ("tenant", "id")),
        unique=[
            ("uq_approval_limits_role_currency", ("tenant", "role", "currency")),
        ],
    )
    steps.create_table(
        "arrivals",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("arrival"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("source", Words(60), nullable=False),
        Column("key", Words(255), nullable=False),
        Column("outcome", Words(8), nullable=False),
        Column("arrived_at", Instant(), nullable=False),
        primary=("pk_arrivals", ("tenant", "id")),
        unique=[
            ("uq_arrivals_key_source", ("tenant", "key", "source")),
        ],
        indexes=[
            ("ix_arrivals_arrived_at", ("tenant", "arrived_at")),
        ],
        checks=[
            ("ck_arrivals_outcome", "outcome IN ('applied', 'outdated', 'repeated')"),
        ],
    )
    steps.create_table(
        "appointments",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("appointment"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("uid", Words(255), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("kind", Words(60), nullable=False),
        Column("since", Instant(), nullable=False),
        Column("until", Instant(), nullable=False),
        Column("state", Words(9), nullable=False),
        Column("customer", Key("customer"), nullable=True),
        Column("deal", Key("deal"), nullable=True),
        Column("equipment", Key("equipment"), nullable=True),
        Column("place", Words(500), nullable=False),
        Column("note", Words(10000), nullable=False),
        Column("repeats_rule", Words(200), nullable=True),
        Column("repeats_zone", Words(60), nullable=True),
        Column("changes", Long(), nullable=False),
        Column("sequence", Whole(), nullable=False),
        Column("booked_at", Instant(), nullable=False),
        Column("last_until", Instant(), nullable=True),
        Column("n_attendees", SmallInteger(), nullable=False),
        primary=("pk_appointments", ("tenant", "id")),
        unique=[
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
    steps.create_table(
        "articles",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("article"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("topic", Words(100), nullable=False),
        Column("language", Words(35), nullable=False),
        Column("audience", Words(9), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("body", Words(20000), nullable=False),
        Column("tags", Long(), nullable=False),
        Column("state", Words(9), nullable=False),
        Column("edition", Whole(), nullable=False),
        Column("key", Words(80000), nullable=False),
        Column("helped", Whole(), nullable=False),
        Column("failed", Whole(), nullable=False),
        Column("written_at", Instant(), nullable=False),
        primary=("pk_articles", ("tenant", "id")),
        unique=[
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
    steps.create_table(
        "commitments",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("commitment"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("what", Words(1000), nullable=False),
        Column("side", Words(6), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("deal", Key("deal"), nullable=True),
        Column("owner", Key("user"), nullable=True),
        Column("due_at", Instant(), nullable=True),
        Column("state", Words(8), nullable=False),
        Column("level", Whole(), nullable=False),
        Column("made_at", Instant(), nullable=False),
        Column("settled_at", Instant(), nullable=True),
        primary=("pk_commitments", ("tenant", "id")),
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
    steps.create_table(
        "complaints",
        Column("tenant", Words(64), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("deal", Key("deal"), nullable=True),
        Column("responsible", Key("user"), nullable=False),
        Column("due_at", Instant(), nullable=False),
        Column("wait_until", Instant(), nullable=True),
        Column("subject", Words(200), nullable=False),
        Column("story", Words(100000), nullable=False),
        Column("service_level", Key("level"), nullable=True),
        Column("contract", Words(200), nullable=False),
        Column("calendar", Key("calendar"), nullable=True),
        Column("reopen_within", Span(), nullable=False),
        Column("marks", Long(), nullable=False),
        Column("level", Whole(), nullable=False),
        Column("reopened", Whole(), nullable=False),
        Column("received_at", Instant(), nullable=False),
        Column("answered_at", Instant(), nullable=True),
        Column("resolved_at", Instant(), nullable=True),
        Column("closed_at", Instant(), nullable=True),
        Column("response_took", Span(), nullable=True),
        Column("response_kept", Words(7), nullable=True),
        Column("resolution_took", Span(), nullable=True),
        Column("resolution_kept", Words(7), nullable=True),
        Column("id", Key("complaint"), nullable=False),
        Column("type", Words(100), nullable=False),
        Column("severity", Words(8), nullable=False),
        Column("product", Words(200), nullable=False),
        Column("state", Words(13), nullable=False),
        Column("resolution", Words(100000), nullable=False),
        Column("cause", Words(100), nullable=False),
        Column("corrective", Words(10000), nullable=False),
        Column("preventive", Words(10000), nullable=False),
        Column("compensations", Long(), nullable=False),
        Column("cost_minor", Whole(), nullable=True),
        Column("cost_currency", Words(3), nullable=True),
        Column("satisfaction", Whole(), nullable=True),
        Column("comment", Words(10000), nullable=False),
        Column("repeats", Key("complaint"), nullable=True),
        Column("follows", Key("complaint"), nullable=True),
        primary=("pk_complaints", ("tenant", "id")),
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
    steps.create_table(
        "complaint_types",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("complainttype"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("path", Words(100), nullable=False),
        Column("severity", Words(8), nullable=False),
        Column("role", Words(60), nullable=False),
        Column("active", Flag(), nullable=False),
        Column("declared_at", Instant(), nullable=False),
        primary=("pk_complaint_types", ("tenant", "id")),
        unique=[
            ("uq_complaint_types_path", ("tenant", "path")),
        ],
        checks=[
            ("ck_complaint_types_severity", "severity IN ('low', 'medium', 'high', 'critical')"),
        ],
    )
    steps.create_table(
        "counterparts",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("counterpart"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("source", Words(60), nullable=False),
        Column("key", Words(255), nullable=False),
        Column("edition", Whole(), nullable=False),
        primary=("pk_counterparts", ("tenant", "id")),
        unique=[
            ("uq_counterparts_key_source", ("tenant", "key", "source")),
        ],
    )
    steps.create_table(
        "customers",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("customer"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("kind", Words(12), nullable=False),
        Column("name", Words(200), nullable=False),
        Column("given", Words(200), nullable=False),
        Column("family", Words(200), nullable=False),
        Column("patronymic", Words(200), nullable=False),
        Column("name_key", Words(400), nullable=False),
        Column("addresses", Long(), nullable=False),
        Column("profile", Long(), nullable=False),
        Column("language", Words(35), nullable=True),
        Column("owner", Key("user"), nullable=True),
        Column("source", Words(200), nullable=False),
        Column("tags", Long(), nullable=False),
        Column("note", Words(10000), nullable=False),
        Column("custom", Long(), nullable=False),
        Column("added_at", Instant(), nullable=False),
        Column("n_contact_points", SmallInteger(), nullable=False),
        Column("n_external_ids", SmallInteger(), nullable=False),
        Column("n_relations", SmallInteger(), nullable=False),
        Column("n_roles", SmallInteger(), nullable=False),
        primary=("pk_customers", ("tenant", "id")),
        indexes=[
            ("ix_customers_name_key", ("tenant", "name_key")),
            ("ix_customers_owner", ("owner", "tenant")),
        ],
        checks=[
            ("ck_customers_kind", "kind IN ('person', 'organisation')"),
        ],
    )
    steps.create_table(
        "deals",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("deal"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("funnel", Key("funnel"), nullable=False),
        Column("stage", Words(60), nullable=False),
        Column("place", Whole(), nullable=False),
        Column("furthest", Whole(), nullable=False),
        Column("visits", Long(), nullable=False),
        Column("stage_since", Instant(), nullable=False),
        Column("outcome", Words(4), nullable=False),
        Column("value_minor", Whole(), nullable=True),
        Column("value_currency", Words(3), nullable=True),
        Column("total_minor", Whole(), nullable=True),
        Column("total_currency", Words(3), nullable=True),
        Column("probability_points", Whole(), nullable=False),
        Column("probability_basis", Words(6), nullable=False),
        Column("expected_close", Day(), nullable=True),
        Column("owner", Key("user"), nullable=True),
        Column("source", Words(200), nullable=False),
        Column("campaign", Words(200), nullable=False),
        Column("request_system", Words(60), nullable=True),
        Column("request_key", Words(200), nullable=True),
        Column("about", Words(10000), nullable=False),
        Column("next_step_what", Words(200), nullable=True),
        Column("next_step_due_at", Instant(), nullable=True),
        Column("loss_reason", Words(100), nullable=True),
        Column("tags", Long(), nullable=False),
        Column("custom", Long(), nullable=False),
        Column("opened_at", Instant(), nullable=False),
        Column("closed_at", Instant(), nullable=True),
        Column("touched_at", Instant(), nullable=False),
        Column("moves", Whole(), nullable=False),
        Column("n_lines", SmallInteger(), nullable=False),
        Column("n_participants", SmallInteger(), nullable=False),
        Column("n_attachments", SmallInteger(), nullable=False),
        primary=("pk_deals", ("tenant", "id")),
        unique=[
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
    steps.create_table(
        "diaries",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("diary"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("user", Key("user"), nullable=False),
        Column("pages", Whole(), nullable=False),
        primary=("pk_diaries", ("tenant", "id")),
        unique=[
            ("uq_diaries_user", ("tenant", "user")),
        ],
    )
    steps.create_table(
        "documents",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("document"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("media_type", Words(100), nullable=False),
        Column("size", Whole(), nullable=False),
        Column("digest", Words(64), nullable=False),
        Column("body", Words(1048576), nullable=True),
        Column("deal", Key("deal"), nullable=True),
        Column("customer", Key("customer"), nullable=True),
        Column("template", Key("template"), nullable=True),
        Column("added_at", Instant(), nullable=False),
        primary=("pk_documents", ("tenant", "id")),
        indexes=[
            ("ix_documents_customer", ("customer", "tenant")),
            ("ix_documents_deal", ("deal", "tenant")),
        ],
    )
    steps.create_table(
        "escalations",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("escalation"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("subject", Words(64), nullable=False),
        Column("clock", Words(30), nullable=False),
        Column("promised_at", Instant(), nullable=False),
        Column("level", Whole(), nullable=False),
        Column("share", Whole(), nullable=False),
        Column("after", Span(), nullable=False),
        Column("due_at", Instant(), nullable=False),
        Column("to", Key("user"), nullable=True),
        Column("rejected", Long(), nullable=False),
        Column("raised_at", Instant(), nullable=False),
        Column("acknowledged_at", Instant(), nullable=True),
        Column("acknowledged_by", Key("user"), nullable=True),
        primary=("pk_escalations", ("tenant", "id")),
        unique=[
            ("uq_escalations_subject_clock_promised_at_level", ("tenant", "subject", "clock", "promised_at", "level")),
        ],
        indexes=[
            ("ix_escalations_raised_at", ("tenant", "raised_at")),
        ],
    )
    steps.create_table(
        "equipment",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("equipment"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("product", Words(200), nullable=False),
        Column("serial", Words(100), nullable=True),
        Column("place", Words(500), nullable=False),
        Column("deal", Key("deal"), nullable=True),
        Column("state", Words(7), nullable=False),
        Column("installed_at", Instant(), nullable=False),
        Column("warranty_until", Day(), nullable=True),
        Column("expected_life", Span(), nullable=True),
        Column("meter", Words(30), nullable=False),
        Column("reading", Exact(3), nullable=False),
        Column("total", Exact(3), nullable=False),
        Column("read_at", Instant(), nullable=True),
        Column("expected_total", Exact(3), nullable=False),
        Column("failures", Whole(), nullable=False),
        Column("failed_at", Instant(), nullable=True),
        Column("repair_cost_minor", Whole(), nullable=True),
        Column("repair_cost_currency", Words(3), nullable=True),
        Column("maintained_at", Instant(), nullable=True),
        Column("lines", Whole(), nullable=False),
        primary=("pk_equipment", ("tenant", "id")),
        unique=[
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
    steps.create_table(
        "funnels",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("funnel"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(200), nullable=False),
        Column("stages", Long(), nullable=False),
        Column("loss_reasons", Long(), nullable=False),
        Column("role", Words(60), nullable=False),
        Column("skips", Flag(), nullable=False),
        Column("returns", Flag(), nullable=False),
        Column("respond_within", Span(), nullable=True),
        Column("created_at", Instant(), nullable=False),
        primary=("pk_funnels", ("tenant", "id")),
        unique=[
            ("uq_funnels_name", ("tenant", "name")),
        ],
    )
    steps.create_table(
        "inquiries",
        Column("tenant", Words(64), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("deal", Key("deal"), nullable=True),
        Column("responsible", Key("user"), nullable=False),
        Column("due_at", Instant(), nullable=False),
        Column("wait_until", Instant(), nullable=True),
        Column("subject", Words(200), nullable=False),
        Column("story", Words(100000), nullable=False),
        Column("service_level", Key("level"), nullable=True),
        Column("contract", Words(200), nullable=False),
        Column("calendar", Key("calendar"), nullable=True),
        Column("reopen_within", Span(), nullable=False),
        Column("marks", Long(), nullable=False),
        Column("level", Whole(), nullable=False),
        Column("reopened", Whole(), nullable=False),
        Column("received_at", Instant(), nullable=False),
        Column("answered_at", Instant(), nullable=True),
        Column("resolved_at", Instant(), nullable=True),
        Column("closed_at", Instant(), nullable=True),
        Column("response_took", Span(), nullable=True),
        Column("response_kept", Words(7), nullable=True),
        Column("resolution_took", Span(), nullable=True),
        Column("resolution_kept", Words(7), nullable=True),
        Column("id", Key("inquiry"), nullable=False),
        Column("kind", Words(8), nullable=False),
        Column("type", Words(100), nullable=False),
        Column("state", Words(8), nullable=False),
        Column("answer", Words(100000), nullable=False),
        primary=("pk_inquiries", ("tenant", "id")),
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
    steps.create_table(
        "interactions",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("interaction"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("kind", Words(7), nullable=False),
        Column("direction", Words(8), nullable=False),
        Column("channel", Words(9), nullable=True),
        Column("customer", Key("customer"), nullable=False),
        Column("deal", Key("deal"), nullable=True),
        Column("user", Key("user"), nullable=True),
        Column("happened_at", Instant(), nullable=False),
        Column("duration", Span(), nullable=True),
        Column("outcome", Words(200), nullable=False),
        Column("subject", Words(200), nullable=False),
        Column("note", Words(100000), nullable=False),
        Column("recording", Words(1000), nullable=False),
        primary=("pk_interactions", ("tenant", "id")),
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
    steps.create_table(
        "maintenance",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("maintenance"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("equipment", Key("equipment"), nullable=False),
        Column("contract", Key("contract"), nullable=True),
        Column("title", Words(200), nullable=False),
        Column("role", Words(60), nullable=False),
        Column("within", Span(), nullable=False),
        Column("every_rule", Words(200), nullable=True),
        Column("every_zone", Words(60), nullable=True),
        Column("every_total", Exact(3), nullable=False),
        Column("starts_at", Instant(), nullable=False),
        Column("number", Whole(), nullable=False),
        Column("next_at", Instant(), nullable=True),
        Column("next_total", Exact(3), nullable=False),
        Column("task", Key("task"), nullable=True),
        Column("visits", Whole(), nullable=False),
        Column("active", Flag(), nullable=False),
        Column("planned_at", Instant(), nullable=False),
        primary=("pk_maintenance", ("tenant", "id")),
        indexes=[
            ("ix_maintenance_active_next_at", ("tenant", "active", "next_at")),
            ("ix_maintenance_contract", ("contract", "tenant")),
            ("ix_maintenance_equipment", ("equipment", "tenant")),
            ("ix_maintenance_task", ("task", "tenant")),
        ],
    )
    steps.create_table(
        "messages",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("message"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("topic", Words(60), nullable=False),
        Column("facts", Long(), nullable=False),
        Column("channel", Words(30), nullable=False),
        Column("recipient", Key("user"), nullable=True),
        Column("address", Words(1000), nullable=True),
        Column("language", Words(35), nullable=True),
        Column("about", Words(64), nullable=True),
        Column("state", Words(6), nullable=False),
        Column("attempts", Whole(), nullable=False),
        Column("due_at", Instant(), nullable=False),
        Column("sent_at", Instant(), nullable=True),
        Column("problem", Words(500), nullable=False),
        Column("queued_at", Instant(), nullable=False),
        primary=("pk_messages", ("tenant", "id")),
        indexes=[
            ("ix_messages_about", ("tenant", "about")),
            ("ix_messages_recipient", ("recipient", "tenant")),
            ("ix_messages_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_messages_state", "state IN ('queued', 'leased', 'sent', 'dead')"),
        ],
    )
    steps.create_table(
        "occurrences",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("occurrence"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("kind", Words(60), nullable=False),
        Column("subject", Words(64), nullable=False),
        Column("occurs_at", Instant(), nullable=False),
        Column("due_at", Instant(), nullable=False),
        Column("state", Words(7), nullable=False),
        Column("attempts", Whole(), nullable=False),
        Column("done_at", Instant(), nullable=True),
        Column("problem", Words(500), nullable=False),
        primary=("pk_occurrences", ("tenant", "id")),
        unique=[
            ("uq_occurrences_subject_kind_occurs_at", ("tenant", "subject", "kind", "occurs_at")),
        ],
        indexes=[
            ("ix_occurrences_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_occurrences_state", "state IN ('pending', 'done', 'dead')"),
        ],
    )
    steps.create_table(
        "questions",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("question"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("words", Words(1000), nullable=False),
        Column("language", Words(35), nullable=False),
        Column("key", Words(200), nullable=False),
        Column("asked", Whole(), nullable=False),
        Column("state", Words(9), nullable=False),
        Column("article", Key("article"), nullable=True),
        Column("first_at", Instant(), nullable=False),
        Column("last_at", Instant(), nullable=False),
        primary=("pk_questions", ("tenant", "id")),
        unique=[
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
    steps.create_table(
        "receipts",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("receipt"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("key", Words(255), nullable=False),
        Column("story", Words(60), nullable=False),
        Column("fingerprint", Words(64), nullable=False),
        Column("result", Long(), nullable=False),
        Column("expires_at", Instant(), nullable=False),
        primary=("pk_receipts", ("tenant", "id")),
        unique=[
            ("uq_receipts_key", ("tenant", "key")),
        ],
        indexes=[
            ("ix_receipts_expires_at", ("tenant", "expires_at")),
        ],
    )
    steps.create_table(
        "rings",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("ring"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("key", Words(200), nullable=False),
        Column("queue", Long(), nullable=False),
        primary=("pk_rings", ("tenant", "id")),
        unique=[
            ("uq_rings_key", ("tenant", "key")),
        ],
    )
    steps.create_table(
        "levels",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("level"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(100), nullable=False),
        Column("rank", Whole(), nullable=False),
        Column("targets", Long(), nullable=False),
        Column("audience", Long(), nullable=False),
        Column("calendar", Key("calendar"), nullable=True),
        Column("reopen_within", Span(), nullable=False),
        Column("active", Flag(), nullable=False),
        Column("created_at", Instant(), nullable=False),
        primary=("pk_levels", ("tenant", "id")),
        unique=[
            ("uq_levels_name", ("tenant", "name")),
        ],
    )
    steps.create_table(
        "contracts",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("contract"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("number", Words(100), nullable=True),
        Column("since", Day(), nullable=False),
        Column("until", Day(), nullable=False),
        Column("responds_within", Span(), nullable=True),
        Column("visits", Whole(), nullable=False),
        Column("visits_made", Whole(), nullable=False),
        Column("parts_included", Flag(), nullable=False),
        Column("price_minor", Whole(), nullable=True),
        Column("price_currency", Words(3), nullable=True),
        Column("state", Words(9), nullable=False),
        Column("signed_at", Instant(), nullable=False),
        Column("n_covers", SmallInteger(), nullable=False),
        primary=("pk_contracts", ("tenant", "id")),
        unique=[
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
    steps.create_table(
        "subscriptions",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("subscription"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(100), nullable=False),
        Column("position", Whole(), nullable=False),
        Column("leased_until", Instant(), nullable=False),
        Column("failures", Whole(), nullable=False),
        Column("problem", Words(500), nullable=False),
        primary=("pk_subscriptions", ("tenant", "id")),
        unique=[
            ("uq_subscriptions_name", ("tenant", "name")),
        ],
    )
    steps.create_table(
        "tasks",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("task"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("kind", Words(60), nullable=False),
        Column("state", Words(9), nullable=False),
        Column("priority", Words(6), nullable=False),
        Column("assignee", Key("user"), nullable=True),
        Column("role", Words(60), nullable=False),
        Column("due_at", Instant(), nullable=True),
        Column("remind_at", Instant(), nullable=True),
        Column("deal", Key("deal"), nullable=True),
        Column("customer", Key("customer"), nullable=True),
        Column("complaint", Key("complaint"), nullable=True),
        Column("equipment", Key("equipment"), nullable=True),
        Column("note", Words(10000), nullable=False),
        Column("result", Words(10000), nullable=False),
        Column("repeats_rule", Words(200), nullable=True),
        Column("repeats_zone", Words(60), nullable=True),
        Column("number", Whole(), nullable=False),
        Column("starts_at", Instant(), nullable=True),
        Column("level", Whole(), nullable=False),
        Column("given_at", Instant(), nullable=False),
        Column("closed_at", Instant(), nullable=True),
        primary=("pk_tasks", ("tenant", "id")),
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
    steps.create_table(
        "teams",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("team"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(200), nullable=False),
        Column("parent", Key("team"), nullable=True),
        Column("formed_at", Instant(), nullable=False),
        primary=("pk_teams", ("tenant", "id")),
        unique=[
            ("uq_teams_name", ("tenant", "name")),
        ],
    )
    steps.create_table(
        "templates",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("template"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(200), nullable=False),
        Column("language", Words(35), nullable=False),
        Column("media_type", Words(100), nullable=False),
        Column("body", Words(1048576), nullable=False),
        Column("written_at", Instant(), nullable=False),
        primary=("pk_templates", ("tenant", "id")),
        unique=[
            ("uq_templates_name_language", ("tenant", "name", "language")),
        ],
    )
    steps.create_table(
        "users",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("user"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(200), nullable=False),
        Column("login", Words(200), nullable=True),
        Column("email", Words(200), nullable=True),
        Column("language", Words(35), nullable=False),
        Column("team", Key("team"), nullable=True),
        Column("supervisor", Key("user"), nullable=True),
        Column("absences", Long(), nullable=False),
        Column("calendar", Key("calendar"), nullable=True),
        Column("active", Flag(), nullable=False),
        Column("added_at", Instant(), nullable=False),
        Column("n_posts", SmallInteger(), nullable=False),
        primary=("pk_users", ("tenant", "id")),
        unique=[
            ("uq_users_login", ("tenant", "login")),
        ],
        indexes=[
            ("ix_users_supervisor", ("supervisor", "tenant")),
            ("ix_users_team", ("team", "tenant")),
        ],
    )
    steps.create_table(
        "calendars",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("calendar"), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("name", Words(100), nullable=False),
        Column("zone", Words(60), nullable=False),
        Column("week", Long(), nullable=False),
        Column("holidays", Long(), nullable=False),
        Column("one_offs", Long(), nullable=False),
        Column("country", Words(10), nullable=False),
        Column("created_at", Instant(), nullable=False),
        primary=("pk_calendars", ("tenant", "id")),
        unique=[
            ("uq_calendars_name", ("tenant", "name")),
        ],
    )
    steps.create_table(
        "appointment_attendees",
        Column("tenant", Words(64), nullable=False),
        Column("appointment", Key("appointment"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("user", Key("user"), nullable=False),
        primary=("pk_appointment_attendees", ("tenant", "appointment", "pos")),
        indexes=[
            ("ix_appointment_attendees_user", ("user", "tenant")),
        ],
    )
    steps.create_table(
        "article_editions",
        Column("tenant", Words(64), nullable=False),
        Column("article", Key("article"), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("number", Whole(), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("body", Words(20000), nullable=False),
        Column("at", Instant(), nullable=False),
        primary=("pk_article_editions", ("tenant", "article", "number")),
    )
    steps.create_table(
        "customer_contact_points",
        Column("tenant", Words(64), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("channel", Words(9), nullable=False),
        Column("value", Words(254), nullable=False),
        Column("label", Words(60), nullable=False),
        Column("shared", Flag(), nullable=False),
        Column("claim", Words(270), nullable=True),
        primary=("pk_customer_contact_points", ("tenant", "customer", "pos")),
        unique=[
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
    steps.create_table(
        "customer_external_ids",
        Column("tenant", Words(64), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("system", Words(60), nullable=False),
        Column("key", Words(200), nullable=False),
        primary=("pk_customer_external_ids", ("tenant", "customer", "pos")),
        unique=[
            ("uq_customer_external_ids_system_key", ("tenant", "system", "key")),
        ],
    )
    steps.create_table(
        "customer_relations",
        Column("tenant", Words(64), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("kind", Words(11), nullable=False),
        Column("other", Key("customer"), nullable=False),
        Column("note", Words(200), nullable=False),
        primary=("pk_customer_relations", ("tenant", "customer", "pos")),
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
    steps.create_table(
        "customer_roles",
        Column("tenant", Words(64), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("role", Words(10), nullable=False),
        primary=("pk_customer_roles", ("tenant", "customer", "pos")),
        indexes=[
            ("ix_customer_roles_role", ("tenant", "role")),
        ],
        checks=[
            ("ck_customer_roles_role", "role IN ('prospect', 'customer', 'partner', 'supplier', 'competitor')"),
        ],
    )
    steps.create_table(
        "deal_lines",
        Column("tenant", Words(64), nullable=False),
        Column("deal", Key("deal"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("product", Words(200), nullable=False),
        Column("quantity", Exact(6), nullable=False),
        Column("price_minor", Whole(), nullable=False),
        Column("price_currency", Words(3), nullable=False),
        Column("discount", Whole(), nullable=False),
        primary=("pk_deal_lines", ("tenant", "deal", "pos")),
    )
    steps.create_table(
        "deal_participants",
        Column("tenant", Words(64), nullable=False),
        Column("deal", Key("deal"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("role", Words(60), nullable=False),
        Column("who", Words(64), nullable=False),
        primary=("pk_deal_participants", ("tenant", "deal", "pos")),
        indexes=[
            ("ix_deal_participants_who", ("tenant", "who")),
        ],
    )
    steps.create_table(
        "deal_attachments",
        Column("tenant", Words(64), nullable=False),
        Column("deal", Key("deal"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("document", Key("document"), nullable=False),
        Column("title", Words(200), nullable=False),
        Column("attached_at", Instant(), nullable=False),
        primary=("pk_deal_attachments", ("tenant", "deal", "pos")),
    )
    steps.create_table(
        "deal_movements",
        Column("tenant", Words(64), nullable=False),
        Column("deal", Key("deal"), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("number", Whole(), nullable=False),
        Column("kind", Words(11), nullable=False),
        Column("at", Instant(), nullable=False),
        Column("funnel", Key("funnel"), nullable=False),
        Column("customer", Key("customer"), nullable=False),
        Column("stage_before", Words(60), nullable=True),
        Column("stage_after", Words(60), nullable=False),
        Column("place", Whole(), nullable=False),
        Column("furthest", Whole(), nullable=False),
        Column("visit", Whole(), nullable=False),
        Column("stayed", Span(), nullable=True),
        Column("outcome_before", Words(4), nullable=True),
        Column("outcome_after", Words(4), nullable=False),
        Column("value_before_minor", Whole(), nullable=True),
        Column("value_before_currency", Words(3), nullable=True),
        Column("value_after_minor", Whole(), nullable=True),
        Column("value_after_currency", Words(3), nullable=True),
        Column("probability_before", Whole(), nullable=True),
        Column("probability_after", Whole(), nullable=False),
        Column("owner_before", Key("user"), nullable=True),
        Column("owner_after", Key("user"), nullable=True),
        Column("close_before", Day(), nullable=True),
        Column("close_after", Day(), nullable=True),
        Column("reason", Words(100), nullable=True),
        Column("opened_at", Instant(), nullable=False),
        primary=("pk_deal_movements", ("tenant", "deal", "number")),
        checks=[
            (
                "ck_deal_movements_kind",
                "kind IN ('opened', 'moved', 'won', 'lost', 'reopened', 'valued', 'reestimated', 'rescheduled', 'handed_over')",
            ),
            ("ck_deal_movements_outcome_after", "outcome_after IN ('open', 'won', 'lost')"),
            ("ck_deal_movements_outcome_before", "outcome_before IN ('open', 'won', 'lost')"),
        ],
    )
    steps.create_table(
        "equipment_log",
        Column("tenant", Words(64), nullable=False),
        Column("equipment", Key("equipment"), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("number", Whole(), nullable=False),
        Column("kind", Words(14), nullable=False),
        Column("at", Instant(), nullable=False),
        Column("reading", Exact(3), nullable=False),
        Column("total", Exact(3), nullable=False),
        Column("cause", Words(100), nullable=False),
        Column("note", Words(1000), nullable=False),
        Column("cost_minor", Whole(), nullable=True),
        Column("cost_currency", Words(3), nullable=True),
        Column("task", Key("task"), nullable=True),
        primary=("pk_equipment_log", ("tenant", "equipment", "number")),
        checks=[
            (
                "ck_equipment_log_kind",
                "kind IN ('installed', 'read', 'meter_replaced', 'failed', 'repaired', 'maintained', 'retired')",
            ),
        ],
    )
    steps.create_table(
        "contract_coverage",
        Column("tenant", Words(64), nullable=False),
        Column("contract", Key("contract"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("equipment", Key("equipment"), nullable=False),
        primary=("pk_contract_coverage", ("tenant", "contract", "pos")),
        indexes=[
            ("ix_contract_coverage_equipment", ("equipment", "tenant")),
        ],
    )
    steps.create_table(
        "user_posts",
        Column("tenant", Words(64), nullable=False),
        Column("user", Key("user"), nullable=False),
        Column("pos", Integer(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("role", Words(60), nullable=False),
        primary=("pk_user_posts", ("tenant", "user", "pos")),
        indexes=[
            ("ix_user_posts_role", ("tenant", "role")),
        ],
    )
    steps.create_table(
        "events",
        Column("tenant", Words(64), nullable=False),
        Column("id", Key("event"), nullable=False),
        Column("position", Whole(), nullable=True),
        Column("subject", Words(64), nullable=False),
        Column("version", Whole(), nullable=False),
        Column("number", Whole(), nullable=False),
        Column("name", Words(60), nullable=False),
        Column("schema", Whole(), nullable=False),
        Column("at", Instant(), nullable=False),
        Column("actor", Words(100), nullable=False),
        Column("correlation", Words(100), nullable=False),
        Column("payload", Long(), nullable=False),
        primary=("pk_events", ("tenant", "id")),
        unique=[
            ("uq_events_position", ("tenant", "position")),
        ],
    )
    steps.create_table(
        "deal_counts",
        Column("tenant", Words(64), nullable=False),
        Column("funnel", Key("funnel"), nullable=False),
        Column("place", Whole(), nullable=False),
        Column("currency", Words(3), nullable=False),
        Column("slot", Whole(), nullable=False),
        Column("deals", Whole(), nullable=False),
        Column("billions", Whole(), nullable=False),
        Column("minor", Whole(), nullable=False),
        primary=("pk_deal_counts", ("tenant", "funnel", "place", "currency", "slot")),
    )


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    steps = Steps()
    steps.drop_table("deal_counts")
    steps.drop_table("events")
    steps.drop_table("user_posts")
    steps.drop_table("contract_coverage")
    steps.drop_table("equipment_log")
    steps.drop_table("deal_movements")
    steps.drop_table("deal_attachments")
    steps.drop_table("deal_participants")
    steps.drop_table("deal_lines")
    steps.drop_table("customer_roles")
    steps.drop_table("customer_relations")
    steps.drop_table("customer_external_ids")
    steps.drop_table("customer_contact_points")
    steps.drop_table("article_editions")
    steps.drop_table("appointment_attendees")
    steps.drop_table("calendars")
    steps.drop_table("users")
    steps.drop_table("templates")
    steps.drop_table("teams")
    steps.drop_table("tasks")
    steps.drop_table("subscriptions")
    steps.drop_table("contracts")
    steps.drop_table("levels")
    steps.drop_table("rings")
    steps.drop_table("receipts")
    steps.drop_table("questions")
    steps.drop_table("occurrences")
    steps.drop_table("messages")
    steps.drop_table("maintenance")
    steps.drop_table("interactions")
    steps.drop_table("inquiries")
    steps.drop_table("funnels")
    steps.drop_table("equipment")
    steps.drop_table("escalations")
    steps.drop_table("documents")
    steps.drop_table("diaries")
    steps.drop_table("deals")
    steps.drop_table("customers")
    steps.drop_table("counterparts")
    steps.drop_table("complaint_types")
    steps.drop_table("complaints")
    steps.drop_table("commitments")
    steps.drop_table("articles")
    steps.drop_table("appointments")
    steps.drop_table("arrivals")
    steps.drop_table("approval_limits")
    steps.drop_table("answers")
