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
        "article_usages",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("articleusage"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("article_id", PrefixedIdType("article"), nullable=False),
        Column("case_id", BoundedTextType(64), nullable=False),
        Column("revision", BigIntType(), nullable=False),
        Column("helped", BooleanType(), nullable=False),
        Column("user_id", PrefixedIdType("user"), nullable=True),
        Column("used_at", InstantType(), nullable=False),
        primary_key=("pk_article_usages", ("tenant", "id")),
        unique_keys=[
            ("uq_article_usages_article_id_case_id", ("tenant", "article_id", "case_id")),
        ],
        indexes=[
            ("ix_article_usages_case_id", ("tenant", "case_id")),
        ],
    )
    operations.create_table(
        "approval_limits",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("approvallimit"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("currency", BoundedTextType(3), nullable=False),
        Column("amount_minor", BigIntType(), nullable=False),
        Column("amount_currency", BoundedTextType(3), nullable=False),
        Column("updated_at", InstantType(), nullable=False),
        primary_key=("pk_approval_limits", ("tenant", "id")),
        unique_keys=[
            ("uq_approval_limits_role_currency", ("tenant", "role", "currency")),
        ],
    )
    operations.create_table(
        "inbox_messages",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("inboxmessage"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("source", BoundedTextType(60), nullable=False),
        Column("key", BoundedTextType(255), nullable=False),
        Column("result", BoundedTextType(9), nullable=False),
        Column("received_at", InstantType(), nullable=False),
        primary_key=("pk_inbox_messages", ("tenant", "id")),
        unique_keys=[
            ("uq_inbox_messages_key_source", ("tenant", "key", "source")),
        ],
        indexes=[
            ("ix_inbox_messages_received_at", ("tenant", "received_at")),
        ],
        checks=[
            ("ck_inbox_messages_result", "result IN ('applied', 'stale', 'duplicate')"),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=True),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("equipment_id", PrefixedIdType("equipment"), nullable=True),
        Column("location", BoundedTextType(500), nullable=False),
        Column("note", BoundedTextType(10000), nullable=False),
        Column("recurrence_rule", BoundedTextType(200), nullable=True),
        Column("recurrence_zone", BoundedTextType(60), nullable=True),
        Column("occurrence_changes", TextType(), nullable=False),
        Column("sequence", BigIntType(), nullable=False),
        Column("booked_at", InstantType(), nullable=False),
        Column("last_until", InstantType(), nullable=True),
        Column("n_attendees", SmallInteger(), nullable=False),
        primary_key=("pk_appointments", ("tenant", "id")),
        unique_keys=[
            ("uq_appointments_uid", ("tenant", "uid")),
        ],
        indexes=[
            ("ix_appointments_customer_id", ("customer_id", "tenant")),
            ("ix_appointments_deal_id", ("deal_id", "tenant")),
            ("ix_appointments_equipment_id", ("equipment_id", "tenant")),
            ("ix_appointments_state_since", ("tenant", "state", "since")),
        ],
        checks=[
            ("ck_appointments_state", "state IN ('planned', 'completed', 'cancelled')"),
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
        Column("revision", BigIntType(), nullable=False),
        Column("search_key", BoundedTextType(80000), nullable=False),
        Column("helpful_count", BigIntType(), nullable=False),
        Column("unhelpful_count", BigIntType(), nullable=False),
        Column("updated_at", InstantType(), nullable=False),
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
        Column("description", BoundedTextType(1000), nullable=False),
        Column("side", BoundedTextType(6), nullable=False),
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("owner_id", PrefixedIdType("user"), nullable=True),
        Column("due_at", InstantType(), nullable=True),
        Column("state", BoundedTextType(8), nullable=False),
        Column("escalation_level", BigIntType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        Column("closed_at", InstantType(), nullable=True),
        primary_key=("pk_commitments", ("tenant", "id")),
        indexes=[
            ("ix_commitments_customer_id", ("customer_id", "tenant")),
            ("ix_commitments_deal_id", ("deal_id", "tenant")),
            ("ix_commitments_due_at", ("tenant", "due_at")),
            ("ix_commitments_owner_id_state_due_at", ("owner_id", "state", "due_at", "tenant")),
        ],
        checks=[
            ("ck_commitments_side", "side IN ('ours', 'theirs')"),
            ("ck_commitments_state", "state IN ('open', 'kept', 'broken', 'released')"),
        ],
    )
    operations.create_table(
        "complaints",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("owner_id", PrefixedIdType("user"), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("wait_until", InstantType(), nullable=True),
        Column("subject", BoundedTextType(200), nullable=False),
        Column("description", BoundedTextType(100000), nullable=False),
        Column("sla_policy_id", PrefixedIdType("sla"), nullable=True),
        Column("contract", BoundedTextType(200), nullable=False),
        Column("calendar_id", PrefixedIdType("calendar"), nullable=True),
        Column("reopen_within", DurationType(), nullable=False),
        Column("sla_events", TextType(), nullable=False),
        Column("escalation_level", BigIntType(), nullable=False),
        Column("reopen_count", BigIntType(), nullable=False),
        Column("received_at", InstantType(), nullable=False),
        Column("answered_at", InstantType(), nullable=True),
        Column("resolved_at", InstantType(), nullable=True),
        Column("closed_at", InstantType(), nullable=True),
        Column("first_response_time", DurationType(), nullable=True),
        Column("first_response_sla", BoundedTextType(8), nullable=True),
        Column("resolution_time", DurationType(), nullable=True),
        Column("resolution_sla", BoundedTextType(8), nullable=True),
        Column("id", PrefixedIdType("complaint"), nullable=False),
        Column("type", BoundedTextType(100), nullable=False),
        Column("severity", BoundedTextType(8), nullable=False),
        Column("product", BoundedTextType(200), nullable=False),
        Column("state", BoundedTextType(13), nullable=False),
        Column("resolution", BoundedTextType(100000), nullable=False),
        Column("root_cause", BoundedTextType(100), nullable=False),
        Column("corrective_action", BoundedTextType(10000), nullable=False),
        Column("preventive_action", BoundedTextType(10000), nullable=False),
        Column("compensations", TextType(), nullable=False),
        Column("cost_minor", BigIntType(), nullable=True),
        Column("cost_currency", BoundedTextType(3), nullable=True),
        Column("satisfaction", BigIntType(), nullable=True),
        Column("comment", BoundedTextType(10000), nullable=False),
        Column("repeat_of_id", PrefixedIdType("complaint"), nullable=True),
        Column("previous_complaint_id", PrefixedIdType("complaint"), nullable=True),
        primary_key=("pk_complaints", ("tenant", "id")),
        indexes=[
            ("ix_complaints_customer_id", ("customer_id", "tenant")),
            ("ix_complaints_deal_id", ("deal_id", "tenant")),
            ("ix_complaints_due_at", ("tenant", "due_at")),
            ("ix_complaints_owner_id_state", ("owner_id", "state", "tenant")),
            ("ix_complaints_state_due_at", ("tenant", "state", "due_at")),
            ("ix_complaints_type_received_at", ("tenant", "type", "received_at")),
        ],
        checks=[
            ("ck_complaints_first_response_sla", "first_response_sla IN ('met', 'breached')"),
            ("ck_complaints_resolution_sla", "resolution_sla IN ('met', 'breached')"),
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
        Column("is_active", BooleanType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        primary_key=("pk_complaint_types", ("tenant", "id")),
        unique_keys=[
            ("uq_complaint_types_path", ("tenant", "path")),
        ],
        checks=[
            ("ck_complaint_types_severity", "severity IN ('low', 'medium', 'high', 'critical')"),
        ],
    )
    operations.create_table(
        "external_versions",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("externalversion"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("source", BoundedTextType(60), nullable=False),
        Column("key", BoundedTextType(255), nullable=False),
        Column("revision", BigIntType(), nullable=False),
        primary_key=("pk_external_versions", ("tenant", "id")),
        unique_keys=[
            ("uq_external_versions_key_source", ("tenant", "key", "source")),
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
        Column("given_name", BoundedTextType(200), nullable=False),
        Column("family_name", BoundedTextType(200), nullable=False),
        Column("patronymic", BoundedTextType(200), nullable=False),
        Column("name_key", BoundedTextType(400), nullable=False),
        Column("addresses", TextType(), nullable=False),
        Column("profile", TextType(), nullable=False),
        Column("language", BoundedTextType(35), nullable=True),
        Column("owner_id", PrefixedIdType("user"), nullable=True),
        Column("source", BoundedTextType(200), nullable=False),
        Column("tags", TextType(), nullable=False),
        Column("note", BoundedTextType(10000), nullable=False),
        Column("custom", TextType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        Column("n_contact_points", SmallInteger(), nullable=False),
        Column("n_external_ids", SmallInteger(), nullable=False),
        Column("n_relations", SmallInteger(), nullable=False),
        Column("n_roles", SmallInteger(), nullable=False),
        primary_key=("pk_customers", ("tenant", "id")),
        indexes=[
            ("ix_customers_name_key", ("tenant", "name_key")),
            ("ix_customers_owner_id", ("owner_id", "tenant")),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("funnel_id", PrefixedIdType("funnel"), nullable=False),
        Column("stage_key", BoundedTextType(60), nullable=False),
        Column("stage_index", BigIntType(), nullable=False),
        Column("max_stage_index", BigIntType(), nullable=False),
        Column("stage_visits", TextType(), nullable=False),
        Column("stage_entered_at", InstantType(), nullable=False),
        Column("outcome", BoundedTextType(4), nullable=False),
        Column("value_minor", BigIntType(), nullable=True),
        Column("value_currency", BoundedTextType(3), nullable=True),
        Column("total_minor", BigIntType(), nullable=True),
        Column("total_currency", BoundedTextType(3), nullable=True),
        Column("probability_basis_points", BigIntType(), nullable=False),
        Column("probability_source", BoundedTextType(6), nullable=False),
        Column("expected_close", DateType(), nullable=True),
        Column("owner_id", PrefixedIdType("user"), nullable=True),
        Column("source", BoundedTextType(200), nullable=False),
        Column("campaign", BoundedTextType(200), nullable=False),
        Column("external_id_system", BoundedTextType(60), nullable=True),
        Column("external_id_key", BoundedTextType(200), nullable=True),
        Column("description", BoundedTextType(10000), nullable=False),
        Column("next_step_description", BoundedTextType(200), nullable=True),
        Column("next_step_due_at", InstantType(), nullable=True),
        Column("loss_reason", BoundedTextType(100), nullable=True),
        Column("tags", TextType(), nullable=False),
        Column("custom", TextType(), nullable=False),
        Column("opened_at", InstantType(), nullable=False),
        Column("closed_at", InstantType(), nullable=True),
        Column("last_activity_at", InstantType(), nullable=False),
        Column("movement_count", BigIntType(), nullable=False),
        Column("n_lines", SmallInteger(), nullable=False),
        Column("n_participants", SmallInteger(), nullable=False),
        Column("n_attachments", SmallInteger(), nullable=False),
        primary_key=("pk_deals", ("tenant", "id")),
        unique_keys=[
            ("uq_deals_external_id_system_external_id_key", ("tenant", "external_id_system", "external_id_key")),
        ],
        indexes=[
            ("ix_deals_customer_id", ("customer_id", "tenant")),
            ("ix_deals_funnel_id_opened_at", ("funnel_id", "opened_at", "tenant")),
            ("ix_deals_funnel_id_outcome_stage_index_id", ("funnel_id", "outcome", "stage_index", "id", "tenant")),
            ("ix_deals_owner_id_outcome", ("owner_id", "outcome", "tenant")),
        ],
        checks=[
            ("ck_deals_outcome", "outcome IN ('open', 'won', 'lost')"),
            ("ck_deals_probability_source", "probability_source IN ('stage', 'manual', 'model')"),
        ],
    )
    operations.create_table(
        "booking_locks",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("bookinglock"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("user_id", PrefixedIdType("user"), nullable=False),
        Column("counter", BigIntType(), nullable=False),
        primary_key=("pk_booking_locks", ("tenant", "id")),
        unique_keys=[
            ("uq_booking_locks_user_id", ("tenant", "user_id")),
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
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("customer_id", PrefixedIdType("customer"), nullable=True),
        Column("template_id", PrefixedIdType("template"), nullable=True),
        Column("added_at", InstantType(), nullable=False),
        primary_key=("pk_documents", ("tenant", "id")),
        indexes=[
            ("ix_documents_customer_id", ("customer_id", "tenant")),
            ("ix_documents_deal_id", ("deal_id", "tenant")),
        ],
    )
    operations.create_table(
        "escalations",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("escalation"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("subject_id", BoundedTextType(64), nullable=False),
        Column("metric", BoundedTextType(30), nullable=False),
        Column("target_started_at", InstantType(), nullable=False),
        Column("level", BigIntType(), nullable=False),
        Column("elapsed_bp", BigIntType(), nullable=False),
        Column("after", DurationType(), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("recipient_id", PrefixedIdType("user"), nullable=True),
        Column("rejected", TextType(), nullable=False),
        Column("raised_at", InstantType(), nullable=False),
        Column("acknowledged_at", InstantType(), nullable=True),
        Column("acknowledged_by", PrefixedIdType("user"), nullable=True),
        primary_key=("pk_escalations", ("tenant", "id")),
        unique_keys=[
            (
                "uq_escalations_subject_id_metric_target_0a27a74c",
                ("tenant", "subject_id", "metric", "target_started_at", "level"),
            ),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("product", BoundedTextType(200), nullable=False),
        Column("serial_number", BoundedTextType(100), nullable=True),
        Column("location", BoundedTextType(500), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("state", BoundedTextType(7), nullable=False),
        Column("installed_at", InstantType(), nullable=False),
        Column("warranty_until", DateType(), nullable=True),
        Column("expected_life", DurationType(), nullable=True),
        Column("meter_unit", BoundedTextType(30), nullable=False),
        Column("meter_reading", ScaledDecimalType(3), nullable=False),
        Column("meter_total", ScaledDecimalType(3), nullable=False),
        Column("meter_read_at", InstantType(), nullable=True),
        Column("expected_meter_total", ScaledDecimalType(3), nullable=False),
        Column("failure_count", BigIntType(), nullable=False),
        Column("failed_at", InstantType(), nullable=True),
        Column("repair_cost_minor", BigIntType(), nullable=True),
        Column("repair_cost_currency", BoundedTextType(3), nullable=True),
        Column("maintained_at", InstantType(), nullable=True),
        Column("log_entry_count", BigIntType(), nullable=False),
        primary_key=("pk_equipment", ("tenant", "id")),
        unique_keys=[
            ("uq_equipment_serial_number_product", ("tenant", "serial_number", "product")),
        ],
        indexes=[
            ("ix_equipment_customer_id", ("customer_id", "tenant")),
            ("ix_equipment_deal_id", ("deal_id", "tenant")),
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
        Column("allow_skip", BooleanType(), nullable=False),
        Column("allow_return", BooleanType(), nullable=False),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("owner_id", PrefixedIdType("user"), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("wait_until", InstantType(), nullable=True),
        Column("subject", BoundedTextType(200), nullable=False),
        Column("description", BoundedTextType(100000), nullable=False),
        Column("sla_policy_id", PrefixedIdType("sla"), nullable=True),
        Column("contract", BoundedTextType(200), nullable=False),
        Column("calendar_id", PrefixedIdType("calendar"), nullable=True),
        Column("reopen_within", DurationType(), nullable=False),
        Column("sla_events", TextType(), nullable=False),
        Column("escalation_level", BigIntType(), nullable=False),
        Column("reopen_count", BigIntType(), nullable=False),
        Column("received_at", InstantType(), nullable=False),
        Column("answered_at", InstantType(), nullable=True),
        Column("resolved_at", InstantType(), nullable=True),
        Column("closed_at", InstantType(), nullable=True),
        Column("first_response_time", DurationType(), nullable=True),
        Column("first_response_sla", BoundedTextType(8), nullable=True),
        Column("resolution_time", DurationType(), nullable=True),
        Column("resolution_sla", BoundedTextType(8), nullable=True),
        Column("id", PrefixedIdType("inquiry"), nullable=False),
        Column("kind", BoundedTextType(8), nullable=False),
        Column("type", BoundedTextType(100), nullable=False),
        Column("state", BoundedTextType(8), nullable=False),
        Column("answer", BoundedTextType(100000), nullable=False),
        primary_key=("pk_inquiries", ("tenant", "id")),
        indexes=[
            ("ix_inquiries_customer_id", ("customer_id", "tenant")),
            ("ix_inquiries_deal_id", ("deal_id", "tenant")),
            ("ix_inquiries_due_at", ("tenant", "due_at")),
            ("ix_inquiries_owner_id_state", ("owner_id", "state", "tenant")),
            ("ix_inquiries_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_inquiries_first_response_sla", "first_response_sla IN ('met', 'breached')"),
            ("ck_inquiries_kind", "kind IN ('question', 'service')"),
            ("ck_inquiries_resolution_sla", "resolution_sla IN ('met', 'breached')"),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("author_id", PrefixedIdType("user"), nullable=True),
        Column("happened_at", InstantType(), nullable=False),
        Column("duration", DurationType(), nullable=True),
        Column("outcome", BoundedTextType(200), nullable=False),
        Column("subject", BoundedTextType(200), nullable=False),
        Column("note", BoundedTextType(100000), nullable=False),
        Column("recording", BoundedTextType(1000), nullable=False),
        primary_key=("pk_interactions", ("tenant", "id")),
        indexes=[
            ("ix_interactions_author_id_happened_at", ("author_id", "happened_at", "tenant")),
            ("ix_interactions_customer_id_happened_at", ("customer_id", "happened_at", "tenant")),
            ("ix_interactions_deal_id_happened_at", ("deal_id", "happened_at", "tenant")),
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
        "maintenance_plans",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("maintenanceplan"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("equipment_id", PrefixedIdType("equipment"), nullable=False),
        Column("contract_id", PrefixedIdType("contract"), nullable=True),
        Column("title", BoundedTextType(200), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("due_within", DurationType(), nullable=False),
        Column("recurrence_rule", BoundedTextType(200), nullable=True),
        Column("recurrence_zone", BoundedTextType(60), nullable=True),
        Column("meter_interval", ScaledDecimalType(3), nullable=False),
        Column("starts_at", InstantType(), nullable=False),
        Column("occurrence_number", BigIntType(), nullable=False),
        Column("next_at", InstantType(), nullable=True),
        Column("next_meter_total", ScaledDecimalType(3), nullable=False),
        Column("task_id", PrefixedIdType("task"), nullable=True),
        Column("visit_count", BigIntType(), nullable=False),
        Column("is_active", BooleanType(), nullable=False),
        Column("planned_at", InstantType(), nullable=False),
        primary_key=("pk_maintenance_plans", ("tenant", "id")),
        indexes=[
            ("ix_maintenance_plans_contract_id", ("contract_id", "tenant")),
            ("ix_maintenance_plans_equipment_id", ("equipment_id", "tenant")),
            ("ix_maintenance_plans_is_active_next_at", ("tenant", "is_active", "next_at")),
            ("ix_maintenance_plans_task_id", ("task_id", "tenant")),
        ],
    )
    operations.create_table(
        "messages",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("message"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("topic", BoundedTextType(60), nullable=False),
        Column("variables", TextType(), nullable=False),
        Column("channel", BoundedTextType(30), nullable=False),
        Column("recipient_id", PrefixedIdType("user"), nullable=True),
        Column("address", BoundedTextType(1000), nullable=True),
        Column("language", BoundedTextType(35), nullable=True),
        Column("about_id", BoundedTextType(64), nullable=True),
        Column("state", BoundedTextType(6), nullable=False),
        Column("attempts", BigIntType(), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("sent_at", InstantType(), nullable=True),
        Column("last_error", BoundedTextType(500), nullable=False),
        Column("queued_at", InstantType(), nullable=False),
        primary_key=("pk_messages", ("tenant", "id")),
        indexes=[
            ("ix_messages_about_id", ("tenant", "about_id")),
            ("ix_messages_recipient_id", ("recipient_id", "tenant")),
            ("ix_messages_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_messages_state", "state IN ('queued', 'leased', 'sent', 'dead')"),
        ],
    )
    operations.create_table(
        "scheduled_jobs",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("job"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("kind", BoundedTextType(60), nullable=False),
        Column("subject_id", BoundedTextType(64), nullable=False),
        Column("scheduled_at", InstantType(), nullable=False),
        Column("due_at", InstantType(), nullable=False),
        Column("state", BoundedTextType(7), nullable=False),
        Column("attempts", BigIntType(), nullable=False),
        Column("done_at", InstantType(), nullable=True),
        Column("last_error", BoundedTextType(500), nullable=False),
        primary_key=("pk_scheduled_jobs", ("tenant", "id")),
        unique_keys=[
            ("uq_scheduled_jobs_subject_id_kind_scheduled_at", ("tenant", "subject_id", "kind", "scheduled_at")),
        ],
        indexes=[
            ("ix_scheduled_jobs_state_due_at", ("tenant", "state", "due_at")),
        ],
        checks=[
            ("ck_scheduled_jobs_state", "state IN ('pending', 'done', 'dead')"),
        ],
    )
    operations.create_table(
        "knowledge_gaps",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("knowledgegap"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("question", BoundedTextType(1000), nullable=False),
        Column("language", BoundedTextType(35), nullable=False),
        Column("key", BoundedTextType(200), nullable=False),
        Column("ask_count", BigIntType(), nullable=False),
        Column("state", BoundedTextType(9), nullable=False),
        Column("article_id", PrefixedIdType("article"), nullable=True),
        Column("first_asked_at", InstantType(), nullable=False),
        Column("last_asked_at", InstantType(), nullable=False),
        primary_key=("pk_knowledge_gaps", ("tenant", "id")),
        unique_keys=[
            ("uq_knowledge_gaps_key_language", ("tenant", "key", "language")),
        ],
        indexes=[
            ("ix_knowledge_gaps_article_id", ("article_id", "tenant")),
            ("ix_knowledge_gaps_state_ask_count", ("tenant", "state", "ask_count")),
        ],
        checks=[
            ("ck_knowledge_gaps_state", "state IN ('open', 'answered', 'dismissed')"),
        ],
    )
    operations.create_table(
        "idempotency_records",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("idem"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("key", BoundedTextType(255), nullable=False),
        Column("command", BoundedTextType(60), nullable=False),
        Column("fingerprint", BoundedTextType(64), nullable=False),
        Column("result", TextType(), nullable=False),
        Column("expires_at", InstantType(), nullable=False),
        primary_key=("pk_idempotency_records", ("tenant", "id")),
        unique_keys=[
            ("uq_idempotency_records_key", ("tenant", "key")),
        ],
        indexes=[
            ("ix_idempotency_records_expires_at", ("tenant", "expires_at")),
        ],
    )
    operations.create_table(
        "round_robins",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("rr"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("key", BoundedTextType(200), nullable=False),
        Column("queue", TextType(), nullable=False),
        primary_key=("pk_round_robins", ("tenant", "id")),
        unique_keys=[
            ("uq_round_robins_key", ("tenant", "key")),
        ],
    )
    operations.create_table(
        "sla_policies",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("sla"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("name", BoundedTextType(100), nullable=False),
        Column("rank", BigIntType(), nullable=False),
        Column("targets", TextType(), nullable=False),
        Column("conditions", TextType(), nullable=False),
        Column("calendar_id", PrefixedIdType("calendar"), nullable=True),
        Column("reopen_within", DurationType(), nullable=False),
        Column("is_active", BooleanType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        primary_key=("pk_sla_policies", ("tenant", "id")),
        unique_keys=[
            ("uq_sla_policies_name", ("tenant", "name")),
        ],
    )
    operations.create_table(
        "contracts",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("contract"), nullable=False),
        Column("version", BigIntType(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("number", BoundedTextType(100), nullable=True),
        Column("since", DateType(), nullable=False),
        Column("until", DateType(), nullable=False),
        Column("respond_within", DurationType(), nullable=True),
        Column("included_visits", BigIntType(), nullable=False),
        Column("visits_made", BigIntType(), nullable=False),
        Column("includes_parts", BooleanType(), nullable=False),
        Column("price_minor", BigIntType(), nullable=True),
        Column("price_currency", BoundedTextType(3), nullable=True),
        Column("state", BoundedTextType(9), nullable=False),
        Column("signed_at", InstantType(), nullable=False),
        Column("n_coverage", SmallInteger(), nullable=False),
        primary_key=("pk_contracts", ("tenant", "id")),
        unique_keys=[
            ("uq_contracts_number", ("tenant", "number")),
        ],
        indexes=[
            ("ix_contracts_customer_id", ("customer_id", "tenant")),
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
        Column("last_error", BoundedTextType(500), nullable=False),
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
        Column("assignee_id", PrefixedIdType("user"), nullable=True),
        Column("role", BoundedTextType(60), nullable=False),
        Column("due_at", InstantType(), nullable=True),
        Column("remind_at", InstantType(), nullable=True),
        Column("deal_id", PrefixedIdType("deal"), nullable=True),
        Column("customer_id", PrefixedIdType("customer"), nullable=True),
        Column("complaint_id", PrefixedIdType("complaint"), nullable=True),
        Column("equipment_id", PrefixedIdType("equipment"), nullable=True),
        Column("note", BoundedTextType(10000), nullable=False),
        Column("result", BoundedTextType(10000), nullable=False),
        Column("recurrence_rule", BoundedTextType(200), nullable=True),
        Column("recurrence_zone", BoundedTextType(60), nullable=True),
        Column("occurrence_number", BigIntType(), nullable=False),
        Column("starts_at", InstantType(), nullable=True),
        Column("escalation_level", BigIntType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        Column("closed_at", InstantType(), nullable=True),
        primary_key=("pk_tasks", ("tenant", "id")),
        indexes=[
            ("ix_tasks_assignee_id_state_due_at", ("assignee_id", "state", "due_at", "tenant")),
            ("ix_tasks_complaint_id", ("complaint_id", "tenant")),
            ("ix_tasks_customer_id", ("customer_id", "tenant")),
            ("ix_tasks_deal_id", ("deal_id", "tenant")),
            ("ix_tasks_due_at", ("tenant", "due_at")),
            ("ix_tasks_equipment_id", ("equipment_id", "tenant")),
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
        Column("parent_id", PrefixedIdType("team"), nullable=True),
        Column("created_at", InstantType(), nullable=False),
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
        Column("updated_at", InstantType(), nullable=False),
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
        Column("team_id", PrefixedIdType("team"), nullable=True),
        Column("manager_id", PrefixedIdType("user"), nullable=True),
        Column("absences", TextType(), nullable=False),
        Column("calendar_id", PrefixedIdType("calendar"), nullable=True),
        Column("is_active", BooleanType(), nullable=False),
        Column("created_at", InstantType(), nullable=False),
        Column("n_role_assignments", SmallInteger(), nullable=False),
        primary_key=("pk_users", ("tenant", "id")),
        unique_keys=[
            ("uq_users_login", ("tenant", "login")),
        ],
        indexes=[
            ("ix_users_manager_id", ("manager_id", "tenant")),
            ("ix_users_team_id", ("team_id", "tenant")),
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
        Column("day_overrides", TextType(), nullable=False),
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
        Column("appointment_id", PrefixedIdType("appointment"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("user_id", PrefixedIdType("user"), nullable=False),
        primary_key=("pk_appointment_attendees", ("tenant", "appointment_id", "position")),
        indexes=[
            ("ix_appointment_attendees_user_id", ("user_id", "tenant")),
        ],
    )
    operations.create_table(
        "article_revisions",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("article_id", PrefixedIdType("article"), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("body", BoundedTextType(20000), nullable=False),
        Column("at", InstantType(), nullable=False),
        primary_key=("pk_article_revisions", ("tenant", "article_id", "number")),
    )
    operations.create_table(
        "customer_contact_points",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("channel", BoundedTextType(9), nullable=False),
        Column("value", BoundedTextType(254), nullable=False),
        Column("label", BoundedTextType(60), nullable=False),
        Column("is_shared", BooleanType(), nullable=False),
        Column("unique_key", BoundedTextType(270), nullable=True),
        primary_key=("pk_customer_contact_points", ("tenant", "customer_id", "position")),
        unique_keys=[
            ("uq_customer_contact_points_unique_key", ("tenant", "unique_key")),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("system", BoundedTextType(60), nullable=False),
        Column("key", BoundedTextType(200), nullable=False),
        primary_key=("pk_customer_external_ids", ("tenant", "customer_id", "position")),
        unique_keys=[
            ("uq_customer_external_ids_system_key", ("tenant", "system", "key")),
        ],
    )
    operations.create_table(
        "customer_relations",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("kind", BoundedTextType(11), nullable=False),
        Column("related_customer_id", PrefixedIdType("customer"), nullable=False),
        Column("note", BoundedTextType(200), nullable=False),
        primary_key=("pk_customer_relations", ("tenant", "customer_id", "position")),
        indexes=[
            ("ix_customer_relations_related_customer_id", ("related_customer_id", "tenant")),
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
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(10), nullable=False),
        primary_key=("pk_customer_roles", ("tenant", "customer_id", "position")),
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
        Column("deal_id", PrefixedIdType("deal"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("product", BoundedTextType(200), nullable=False),
        Column("quantity", ScaledDecimalType(6), nullable=False),
        Column("price_minor", BigIntType(), nullable=False),
        Column("price_currency", BoundedTextType(3), nullable=False),
        Column("discount_bp", BigIntType(), nullable=False),
        primary_key=("pk_deal_lines", ("tenant", "deal_id", "position")),
    )
    operations.create_table(
        "deal_participants",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        Column("participant_id", BoundedTextType(64), nullable=False),
        primary_key=("pk_deal_participants", ("tenant", "deal_id", "position")),
        indexes=[
            ("ix_deal_participants_participant_id", ("tenant", "participant_id")),
        ],
    )
    operations.create_table(
        "deal_attachments",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("document_id", PrefixedIdType("document"), nullable=False),
        Column("title", BoundedTextType(200), nullable=False),
        Column("attached_at", InstantType(), nullable=False),
        primary_key=("pk_deal_attachments", ("tenant", "deal_id", "position")),
    )
    operations.create_table(
        "deal_movements",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("deal_id", PrefixedIdType("deal"), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("kind", BoundedTextType(22), nullable=False),
        Column("at", InstantType(), nullable=False),
        Column("funnel_id", PrefixedIdType("funnel"), nullable=False),
        Column("customer_id", PrefixedIdType("customer"), nullable=False),
        Column("previous_stage_key", BoundedTextType(60), nullable=True),
        Column("new_stage_key", BoundedTextType(60), nullable=False),
        Column("stage_index", BigIntType(), nullable=False),
        Column("max_stage_index", BigIntType(), nullable=False),
        Column("visit_number", BigIntType(), nullable=False),
        Column("time_in_stage", DurationType(), nullable=True),
        Column("previous_outcome", BoundedTextType(4), nullable=True),
        Column("new_outcome", BoundedTextType(4), nullable=False),
        Column("previous_value_minor", BigIntType(), nullable=True),
        Column("previous_value_currency", BoundedTextType(3), nullable=True),
        Column("new_value_minor", BigIntType(), nullable=True),
        Column("new_value_currency", BoundedTextType(3), nullable=True),
        Column("previous_probability", BigIntType(), nullable=True),
        Column("new_probability", BigIntType(), nullable=False),
        Column("previous_owner_id", PrefixedIdType("user"), nullable=True),
        Column("new_owner_id", PrefixedIdType("user"), nullable=True),
        Column("previous_expected_close", DateType(), nullable=True),
        Column("new_expected_close", DateType(), nullable=True),
        Column("reason", BoundedTextType(100), nullable=True),
        Column("opened_at", InstantType(), nullable=False),
        primary_key=("pk_deal_movements", ("tenant", "deal_id", "number")),
        checks=[
            (
                "ck_deal_movements_kind",
                "kind IN ('opened', 'moved', 'won', 'lost', 'reopened', 'value_changed', 'probability_changed', 'expected_close_changed', 'owner_changed')",
            ),
            ("ck_deal_movements_new_outcome", "new_outcome IN ('open', 'won', 'lost')"),
            ("ck_deal_movements_previous_outcome", "previous_outcome IN ('open', 'won', 'lost')"),
        ],
    )
    operations.create_table(
        "equipment_log",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("equipment_id", PrefixedIdType("equipment"), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("number", BigIntType(), nullable=False),
        Column("kind", BoundedTextType(14), nullable=False),
        Column("at", InstantType(), nullable=False),
        Column("meter_reading", ScaledDecimalType(3), nullable=False),
        Column("meter_total", ScaledDecimalType(3), nullable=False),
        Column("cause", BoundedTextType(100), nullable=False),
        Column("note", BoundedTextType(1000), nullable=False),
        Column("cost_minor", BigIntType(), nullable=True),
        Column("cost_currency", BoundedTextType(3), nullable=True),
        Column("task_id", PrefixedIdType("task"), nullable=True),
        primary_key=("pk_equipment_log", ("tenant", "equipment_id", "number")),
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
        Column("contract_id", PrefixedIdType("contract"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("equipment_id", PrefixedIdType("equipment"), nullable=False),
        primary_key=("pk_contract_coverage", ("tenant", "contract_id", "position")),
        indexes=[
            ("ix_contract_coverage_equipment_id", ("equipment_id", "tenant")),
        ],
    )
    operations.create_table(
        "user_roles",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("user_id", PrefixedIdType("user"), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("actor", BoundedTextType(100), nullable=False),
        Column("role", BoundedTextType(60), nullable=False),
        primary_key=("pk_user_roles", ("tenant", "user_id", "position")),
        indexes=[
            ("ix_user_roles_role", ("tenant", "role")),
        ],
    )
    operations.create_table(
        "events",
        Column("tenant", BoundedTextType(64), nullable=False),
        Column("id", PrefixedIdType("event"), nullable=False),
        Column("position", BigIntType(), nullable=True),
        Column("subject_id", BoundedTextType(64), nullable=False),
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
        Column("funnel_id", PrefixedIdType("funnel"), nullable=False),
        Column("stage_index", BigIntType(), nullable=False),
        Column("currency", BoundedTextType(3), nullable=False),
        Column("shard", BigIntType(), nullable=False),
        Column("deals", BigIntType(), nullable=False),
        Column("billions", BigIntType(), nullable=False),
        Column("minor", BigIntType(), nullable=False),
        primary_key=("pk_deal_counts", ("tenant", "funnel_id", "stage_index", "currency", "shard")),
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
    operations.drop_table("sla_policies")
    operations.drop_table("round_robins")
    operations.drop_table("idempotency_records")
    operations.drop_table("knowledge_gaps")
    operations.drop_table("scheduled_jobs")
    operations.drop_table("messages")
    operations.drop_table("maintenance_plans")
    operations.drop_table("interactions")
    operations.drop_table("inquiries")
    operations.drop_table("funnels")
    operations.drop_table("equipment")
    operations.drop_table("escalations")
    operations.drop_table("documents")
    operations.drop_table("booking_locks")
    operations.drop_table("deals")
    operations.drop_table("customers")
    operations.drop_table("external_versions")
    operations.drop_table("complaint_types")
    operations.drop_table("complaints")
    operations.drop_table("commitments")
    operations.drop_table("articles")
    operations.drop_table("appointments")
    operations.drop_table("inbox_messages")
    operations.drop_table("approval_limits")
    operations.drop_table("article_usages")
