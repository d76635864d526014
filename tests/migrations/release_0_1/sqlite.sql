BEGIN;

CREATE TABLE crm_schema_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT crm_schema_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE crm_article_usages (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    article_id BLOB NOT NULL, 
    case_id VARCHAR(64) NOT NULL, 
    revision BIGINT NOT NULL, 
    helped SMALLINT NOT NULL, 
    user_id BLOB, 
    used_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_article_usages PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_article_usages_article_id_case_id UNIQUE (tenant, article_id, case_id)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_article_usages_case_id ON crm_article_usages (tenant, case_id);

CREATE TABLE crm_approval_limits (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    role VARCHAR(60) NOT NULL, 
    currency VARCHAR(3) NOT NULL, 
    amount_minor BIGINT NOT NULL, 
    amount_currency VARCHAR(3) NOT NULL, 
    updated_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_approval_limits PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_approval_limits_role_currency UNIQUE (tenant, role, currency)
)
 WITHOUT ROWID;

CREATE TABLE crm_inbox_messages (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    source VARCHAR(60) NOT NULL, 
    "key" VARCHAR(255) NOT NULL, 
    result VARCHAR(9) NOT NULL, 
    received_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_inbox_messages PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_inbox_messages_key_source UNIQUE (tenant, "key", source), 
    CONSTRAINT crm_ck_inbox_messages_result CHECK (result IN ('applied', 'stale', 'duplicate'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_inbox_messages_received_at ON crm_inbox_messages (tenant, received_at);

CREATE TABLE crm_appointments (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    uid VARCHAR(255) NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    kind VARCHAR(60) NOT NULL, 
    since BIGINT NOT NULL, 
    until BIGINT NOT NULL, 
    state VARCHAR(9) NOT NULL, 
    customer_id BLOB, 
    deal_id BLOB, 
    equipment_id BLOB, 
    location VARCHAR(500) NOT NULL, 
    note VARCHAR(10000) NOT NULL, 
    recurrence_rule VARCHAR(200), 
    recurrence_zone VARCHAR(60), 
    occurrence_changes TEXT NOT NULL, 
    sequence BIGINT NOT NULL, 
    booked_at BIGINT NOT NULL, 
    last_until BIGINT, 
    n_attendees SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_appointments PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_appointments_uid UNIQUE (tenant, uid), 
    CONSTRAINT crm_ck_appointments_state CHECK (state IN ('planned', 'completed', 'cancelled'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_appointments_customer_id ON crm_appointments (customer_id, tenant);

CREATE INDEX crm_ix_appointments_deal_id ON crm_appointments (deal_id, tenant);

CREATE INDEX crm_ix_appointments_equipment_id ON crm_appointments (equipment_id, tenant);

CREATE INDEX crm_ix_appointments_state_since ON crm_appointments (tenant, state, since);

CREATE TABLE crm_articles (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    topic VARCHAR(100) NOT NULL, 
    language VARCHAR(35) NOT NULL, 
    audience VARCHAR(9) NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    body VARCHAR(20000) NOT NULL, 
    tags TEXT NOT NULL, 
    state VARCHAR(9) NOT NULL, 
    revision BIGINT NOT NULL, 
    search_key VARCHAR(80000) NOT NULL, 
    helpful_count BIGINT NOT NULL, 
    unhelpful_count BIGINT NOT NULL, 
    updated_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_articles PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_articles_topic_language UNIQUE (tenant, topic, language), 
    CONSTRAINT crm_ck_articles_audience CHECK (audience IN ('customers', 'staff')), 
    CONSTRAINT crm_ck_articles_state CHECK (state IN ('draft', 'published', 'archived'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_articles_state_audience ON crm_articles (tenant, state, audience);

CREATE TABLE crm_commitments (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    description VARCHAR(1000) NOT NULL, 
    side VARCHAR(6) NOT NULL, 
    customer_id BLOB NOT NULL, 
    deal_id BLOB, 
    owner_id BLOB, 
    due_at BIGINT, 
    state VARCHAR(8) NOT NULL, 
    escalation_level BIGINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    closed_at BIGINT, 
    CONSTRAINT crm_pk_commitments PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_commitments_side CHECK (side IN ('ours', 'theirs')), 
    CONSTRAINT crm_ck_commitments_state CHECK (state IN ('open', 'kept', 'broken', 'released'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_commitments_customer_id ON crm_commitments (customer_id, tenant);

CREATE INDEX crm_ix_commitments_deal_id ON crm_commitments (deal_id, tenant);

CREATE INDEX crm_ix_commitments_due_at ON crm_commitments (tenant, due_at);

CREATE INDEX crm_ix_commitments_owner_id_state_due_at ON crm_commitments (owner_id, state, due_at, tenant);

CREATE TABLE crm_complaints (
    tenant VARCHAR(64) NOT NULL, 
    customer_id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    deal_id BLOB, 
    owner_id BLOB NOT NULL, 
    due_at BIGINT NOT NULL, 
    wait_until BIGINT, 
    subject VARCHAR(200) NOT NULL, 
    description VARCHAR(100000) NOT NULL, 
    sla_policy_id BLOB, 
    contract VARCHAR(200) NOT NULL, 
    calendar_id BLOB, 
    reopen_within BIGINT NOT NULL, 
    sla_events TEXT NOT NULL, 
    escalation_level BIGINT NOT NULL, 
    reopen_count BIGINT NOT NULL, 
    received_at BIGINT NOT NULL, 
    answered_at BIGINT, 
    resolved_at BIGINT, 
    closed_at BIGINT, 
    first_response_time BIGINT, 
    first_response_sla VARCHAR(8), 
    resolution_time BIGINT, 
    resolution_sla VARCHAR(8), 
    id BLOB NOT NULL, 
    type VARCHAR(100) NOT NULL, 
    severity VARCHAR(8) NOT NULL, 
    product VARCHAR(200) NOT NULL, 
    state VARCHAR(13) NOT NULL, 
    resolution VARCHAR(100000) NOT NULL, 
    root_cause VARCHAR(100) NOT NULL, 
    corrective_action VARCHAR(10000) NOT NULL, 
    preventive_action VARCHAR(10000) NOT NULL, 
    compensations TEXT NOT NULL, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(3), 
    satisfaction BIGINT, 
    comment VARCHAR(10000) NOT NULL, 
    repeat_of_id BLOB, 
    previous_complaint_id BLOB, 
    CONSTRAINT crm_pk_complaints PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_complaints_first_response_sla CHECK (first_response_sla IN ('met', 'breached')), 
    CONSTRAINT crm_ck_complaints_resolution_sla CHECK (resolution_sla IN ('met', 'breached')), 
    CONSTRAINT crm_ck_complaints_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')), 
    CONSTRAINT crm_ck_complaints_state CHECK (state IN ('received', 'acknowledged', 'assessed', 'investigating', 'waiting', 'responded', 'resolved', 'rejected', 'closed'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_complaints_customer_id ON crm_complaints (customer_id, tenant);

CREATE INDEX crm_ix_complaints_deal_id ON crm_complaints (deal_id, tenant);

CREATE INDEX crm_ix_complaints_due_at ON crm_complaints (tenant, due_at);

CREATE INDEX crm_ix_complaints_owner_id_state ON crm_complaints (owner_id, state, tenant);

CREATE INDEX crm_ix_complaints_state_due_at ON crm_complaints (tenant, state, due_at);

CREATE INDEX crm_ix_complaints_type_received_at ON crm_complaints (tenant, type, received_at);

CREATE TABLE crm_complaint_types (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    path VARCHAR(100) NOT NULL, 
    severity VARCHAR(8) NOT NULL, 
    role VARCHAR(60) NOT NULL, 
    is_active SMALLINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_complaint_types PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_complaint_types_path UNIQUE (tenant, path), 
    CONSTRAINT crm_ck_complaint_types_severity CHECK (severity IN ('low', 'medium', 'high', 'critical'))
)
 WITHOUT ROWID;

CREATE TABLE crm_external_versions (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    source VARCHAR(60) NOT NULL, 
    "key" VARCHAR(255) NOT NULL, 
    revision BIGINT NOT NULL, 
    CONSTRAINT crm_pk_external_versions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_external_versions_key_source UNIQUE (tenant, "key", source)
)
 WITHOUT ROWID;

CREATE TABLE crm_customers (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    kind VARCHAR(12) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    given_name VARCHAR(200) NOT NULL, 
    family_name VARCHAR(200) NOT NULL, 
    patronymic VARCHAR(200) NOT NULL, 
    name_key VARCHAR(400) NOT NULL, 
    addresses TEXT NOT NULL, 
    profile TEXT NOT NULL, 
    language VARCHAR(35), 
    owner_id BLOB, 
    source VARCHAR(200) NOT NULL, 
    tags TEXT NOT NULL, 
    note VARCHAR(10000) NOT NULL, 
    custom TEXT NOT NULL, 
    created_at BIGINT NOT NULL, 
    n_contact_points SMALLINT NOT NULL, 
    n_external_ids SMALLINT NOT NULL, 
    n_relations SMALLINT NOT NULL, 
    n_roles SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_customers PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_customers_kind CHECK (kind IN ('person', 'organisation'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_customers_name_key ON crm_customers (tenant, name_key);

CREATE INDEX crm_ix_customers_owner_id ON crm_customers (owner_id, tenant);

CREATE TABLE crm_deals (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    customer_id BLOB NOT NULL, 
    funnel_id BLOB NOT NULL, 
    stage_key VARCHAR(60) NOT NULL, 
    stage_index BIGINT NOT NULL, 
    max_stage_index BIGINT NOT NULL, 
    stage_visits TEXT NOT NULL, 
    stage_entered_at BIGINT NOT NULL, 
    outcome VARCHAR(4) NOT NULL, 
    value_minor BIGINT, 
    value_currency VARCHAR(3), 
    total_minor BIGINT, 
    total_currency VARCHAR(3), 
    probability_basis_points BIGINT NOT NULL, 
    probability_source VARCHAR(6) NOT NULL, 
    expected_close INTEGER, 
    owner_id BLOB, 
    source VARCHAR(200) NOT NULL, 
    campaign VARCHAR(200) NOT NULL, 
    external_id_system VARCHAR(60), 
    external_id_key VARCHAR(200), 
    description VARCHAR(10000) NOT NULL, 
    next_step_description VARCHAR(200), 
    next_step_due_at BIGINT, 
    loss_reason VARCHAR(100), 
    tags TEXT NOT NULL, 
    custom TEXT NOT NULL, 
    opened_at BIGINT NOT NULL, 
    closed_at BIGINT, 
    last_activity_at BIGINT NOT NULL, 
    movement_count BIGINT NOT NULL, 
    n_lines SMALLINT NOT NULL, 
    n_participants SMALLINT NOT NULL, 
    n_attachments SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_deals PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_deals_external_id_system_external_id_key UNIQUE (tenant, external_id_system, external_id_key), 
    CONSTRAINT crm_ck_deals_outcome CHECK (outcome IN ('open', 'won', 'lost')), 
    CONSTRAINT crm_ck_deals_probability_source CHECK (probability_source IN ('stage', 'manual', 'model'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_deals_customer_id ON crm_deals (customer_id, tenant);

CREATE INDEX crm_ix_deals_funnel_id_opened_at ON crm_deals (funnel_id, opened_at, tenant);

CREATE INDEX crm_ix_deals_funnel_id_outcome_stage_index_id ON crm_deals (funnel_id, outcome, stage_index, id, tenant);

CREATE INDEX crm_ix_deals_owner_id_outcome ON crm_deals (owner_id, outcome, tenant);

CREATE TABLE crm_booking_locks (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    user_id BLOB NOT NULL, 
    counter BIGINT NOT NULL, 
    CONSTRAINT crm_pk_booking_locks PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_booking_locks_user_id UNIQUE (tenant, user_id)
)
 WITHOUT ROWID;

CREATE TABLE crm_documents (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    media_type VARCHAR(100) NOT NULL, 
    size BIGINT NOT NULL, 
    digest VARCHAR(64) NOT NULL, 
    body VARCHAR(1048576), 
    deal_id BLOB, 
    customer_id BLOB, 
    template_id BLOB, 
    added_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_documents PRIMARY KEY (tenant, id)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_documents_customer_id ON crm_documents (customer_id, tenant);

CREATE INDEX crm_ix_documents_deal_id ON crm_documents (deal_id, tenant);

CREATE TABLE crm_escalations (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    subject_id VARCHAR(64) NOT NULL, 
    metric VARCHAR(30) NOT NULL, 
    target_started_at BIGINT NOT NULL, 
    level BIGINT NOT NULL, 
    elapsed_bp BIGINT NOT NULL, 
    "after" BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    recipient_id BLOB, 
    rejected TEXT NOT NULL, 
    raised_at BIGINT NOT NULL, 
    acknowledged_at BIGINT, 
    acknowledged_by BLOB, 
    CONSTRAINT crm_pk_escalations PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_escalations_subject_id_metric_target_0a27a74c UNIQUE (tenant, subject_id, metric, target_started_at, level)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_escalations_raised_at ON crm_escalations (tenant, raised_at);

CREATE TABLE crm_equipment (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    customer_id BLOB NOT NULL, 
    product VARCHAR(200) NOT NULL, 
    serial_number VARCHAR(100), 
    location VARCHAR(500) NOT NULL, 
    deal_id BLOB, 
    state VARCHAR(7) NOT NULL, 
    installed_at BIGINT NOT NULL, 
    warranty_until INTEGER, 
    expected_life BIGINT, 
    meter_unit VARCHAR(30) NOT NULL, 
    meter_reading BIGINT NOT NULL, 
    meter_total BIGINT NOT NULL, 
    meter_read_at BIGINT, 
    expected_meter_total BIGINT NOT NULL, 
    failure_count BIGINT NOT NULL, 
    failed_at BIGINT, 
    repair_cost_minor BIGINT, 
    repair_cost_currency VARCHAR(3), 
    maintained_at BIGINT, 
    log_entry_count BIGINT NOT NULL, 
    CONSTRAINT crm_pk_equipment PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_equipment_serial_number_product UNIQUE (tenant, serial_number, product), 
    CONSTRAINT crm_ck_equipment_state CHECK (state IN ('running', 'broken', 'retired'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_equipment_customer_id ON crm_equipment (customer_id, tenant);

CREATE INDEX crm_ix_equipment_deal_id ON crm_equipment (deal_id, tenant);

CREATE INDEX crm_ix_equipment_state ON crm_equipment (tenant, state);

CREATE TABLE crm_funnels (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    stages TEXT NOT NULL, 
    loss_reasons TEXT NOT NULL, 
    role VARCHAR(60) NOT NULL, 
    allow_skip SMALLINT NOT NULL, 
    allow_return SMALLINT NOT NULL, 
    respond_within BIGINT, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_funnels PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_funnels_name UNIQUE (tenant, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_inquiries (
    tenant VARCHAR(64) NOT NULL, 
    customer_id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    deal_id BLOB, 
    owner_id BLOB NOT NULL, 
    due_at BIGINT NOT NULL, 
    wait_until BIGINT, 
    subject VARCHAR(200) NOT NULL, 
    description VARCHAR(100000) NOT NULL, 
    sla_policy_id BLOB, 
    contract VARCHAR(200) NOT NULL, 
    calendar_id BLOB, 
    reopen_within BIGINT NOT NULL, 
    sla_events TEXT NOT NULL, 
    escalation_level BIGINT NOT NULL, 
    reopen_count BIGINT NOT NULL, 
    received_at BIGINT NOT NULL, 
    answered_at BIGINT, 
    resolved_at BIGINT, 
    closed_at BIGINT, 
    first_response_time BIGINT, 
    first_response_sla VARCHAR(8), 
    resolution_time BIGINT, 
    resolution_sla VARCHAR(8), 
    id BLOB NOT NULL, 
    kind VARCHAR(8) NOT NULL, 
    type VARCHAR(100) NOT NULL, 
    state VARCHAR(8) NOT NULL, 
    answer VARCHAR(100000) NOT NULL, 
    CONSTRAINT crm_pk_inquiries PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_inquiries_first_response_sla CHECK (first_response_sla IN ('met', 'breached')), 
    CONSTRAINT crm_ck_inquiries_kind CHECK (kind IN ('question', 'service')), 
    CONSTRAINT crm_ck_inquiries_resolution_sla CHECK (resolution_sla IN ('met', 'breached')), 
    CONSTRAINT crm_ck_inquiries_state CHECK (state IN ('open', 'waiting', 'answered', 'closed'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_inquiries_customer_id ON crm_inquiries (customer_id, tenant);

CREATE INDEX crm_ix_inquiries_deal_id ON crm_inquiries (deal_id, tenant);

CREATE INDEX crm_ix_inquiries_due_at ON crm_inquiries (tenant, due_at);

CREATE INDEX crm_ix_inquiries_owner_id_state ON crm_inquiries (owner_id, state, tenant);

CREATE INDEX crm_ix_inquiries_state_due_at ON crm_inquiries (tenant, state, due_at);

CREATE TABLE crm_interactions (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    kind VARCHAR(7) NOT NULL, 
    direction VARCHAR(8) NOT NULL, 
    channel VARCHAR(9), 
    customer_id BLOB NOT NULL, 
    deal_id BLOB, 
    author_id BLOB, 
    happened_at BIGINT NOT NULL, 
    duration BIGINT, 
    outcome VARCHAR(200) NOT NULL, 
    subject VARCHAR(200) NOT NULL, 
    note VARCHAR(100000) NOT NULL, 
    recording VARCHAR(1000) NOT NULL, 
    CONSTRAINT crm_pk_interactions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_interactions_channel CHECK (channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms')), 
    CONSTRAINT crm_ck_interactions_direction CHECK (direction IN ('incoming', 'outgoing', 'internal')), 
    CONSTRAINT crm_ck_interactions_kind CHECK (kind IN ('call', 'mail', 'meeting', 'visit', 'chat', 'survey', 'note'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_interactions_author_id_happened_at ON crm_interactions (author_id, happened_at, tenant);

CREATE INDEX crm_ix_interactions_customer_id_happened_at ON crm_interactions (customer_id, happened_at, tenant);

CREATE INDEX crm_ix_interactions_deal_id_happened_at ON crm_interactions (deal_id, happened_at, tenant);

CREATE TABLE crm_maintenance_plans (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    equipment_id BLOB NOT NULL, 
    contract_id BLOB, 
    title VARCHAR(200) NOT NULL, 
    role VARCHAR(60) NOT NULL, 
    due_within BIGINT NOT NULL, 
    recurrence_rule VARCHAR(200), 
    recurrence_zone VARCHAR(60), 
    meter_interval BIGINT NOT NULL, 
    starts_at BIGINT NOT NULL, 
    occurrence_number BIGINT NOT NULL, 
    next_at BIGINT, 
    next_meter_total BIGINT NOT NULL, 
    task_id BLOB, 
    visit_count BIGINT NOT NULL, 
    is_active SMALLINT NOT NULL, 
    planned_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_maintenance_plans PRIMARY KEY (tenant, id)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_maintenance_plans_contract_id ON crm_maintenance_plans (contract_id, tenant);

CREATE INDEX crm_ix_maintenance_plans_equipment_id ON crm_maintenance_plans (equipment_id, tenant);

CREATE INDEX crm_ix_maintenance_plans_is_active_next_at ON crm_maintenance_plans (tenant, is_active, next_at);

CREATE INDEX crm_ix_maintenance_plans_task_id ON crm_maintenance_plans (task_id, tenant);

CREATE TABLE crm_messages (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    topic VARCHAR(60) NOT NULL, 
    variables TEXT NOT NULL, 
    channel VARCHAR(30) NOT NULL, 
    recipient_id BLOB, 
    address VARCHAR(1000), 
    language VARCHAR(35), 
    about_id VARCHAR(64), 
    state VARCHAR(6) NOT NULL, 
    attempts BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    sent_at BIGINT, 
    last_error VARCHAR(500) NOT NULL, 
    queued_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_messages PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_messages_state CHECK (state IN ('queued', 'leased', 'sent', 'dead'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_messages_about_id ON crm_messages (tenant, about_id);

CREATE INDEX crm_ix_messages_recipient_id ON crm_messages (recipient_id, tenant);

CREATE INDEX crm_ix_messages_state_due_at ON crm_messages (tenant, state, due_at);

CREATE TABLE crm_scheduled_jobs (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    kind VARCHAR(60) NOT NULL, 
    subject_id VARCHAR(64) NOT NULL, 
    scheduled_at BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    state VARCHAR(7) NOT NULL, 
    attempts BIGINT NOT NULL, 
    done_at BIGINT, 
    last_error VARCHAR(500) NOT NULL, 
    CONSTRAINT crm_pk_scheduled_jobs PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_scheduled_jobs_subject_id_kind_scheduled_at UNIQUE (tenant, subject_id, kind, scheduled_at), 
    CONSTRAINT crm_ck_scheduled_jobs_state CHECK (state IN ('pending', 'done', 'dead'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_scheduled_jobs_state_due_at ON crm_scheduled_jobs (tenant, state, due_at);

CREATE TABLE crm_knowledge_gaps (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    question VARCHAR(1000) NOT NULL, 
    language VARCHAR(35) NOT NULL, 
    "key" VARCHAR(200) NOT NULL, 
    ask_count BIGINT NOT NULL, 
    state VARCHAR(9) NOT NULL, 
    article_id BLOB, 
    first_asked_at BIGINT NOT NULL, 
    last_asked_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_knowledge_gaps PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_knowledge_gaps_key_language UNIQUE (tenant, "key", language), 
    CONSTRAINT crm_ck_knowledge_gaps_state CHECK (state IN ('open', 'answered', 'dismissed'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_knowledge_gaps_article_id ON crm_knowledge_gaps (article_id, tenant);

CREATE INDEX crm_ix_knowledge_gaps_state_ask_count ON crm_knowledge_gaps (tenant, state, ask_count);

CREATE TABLE crm_idempotency_records (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    "key" VARCHAR(255) NOT NULL, 
    command VARCHAR(60) NOT NULL, 
    fingerprint VARCHAR(64) NOT NULL, 
    result TEXT NOT NULL, 
    expires_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_idempotency_records PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_idempotency_records_key UNIQUE (tenant, "key")
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_idempotency_records_expires_at ON crm_idempotency_records (tenant, expires_at);

CREATE TABLE crm_round_robins (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    "key" VARCHAR(200) NOT NULL, 
    queue TEXT NOT NULL, 
    CONSTRAINT crm_pk_round_robins PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_round_robins_key UNIQUE (tenant, "key")
)
 WITHOUT ROWID;

CREATE TABLE crm_sla_policies (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(100) NOT NULL, 
    rank BIGINT NOT NULL, 
    targets TEXT NOT NULL, 
    conditions TEXT NOT NULL, 
    calendar_id BLOB, 
    reopen_within BIGINT NOT NULL, 
    is_active SMALLINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_sla_policies PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_sla_policies_name UNIQUE (tenant, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_contracts (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    customer_id BLOB NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    number VARCHAR(100), 
    since INTEGER NOT NULL, 
    until INTEGER NOT NULL, 
    respond_within BIGINT, 
    included_visits BIGINT NOT NULL, 
    visits_made BIGINT NOT NULL, 
    includes_parts SMALLINT NOT NULL, 
    price_minor BIGINT, 
    price_currency VARCHAR(3), 
    state VARCHAR(9) NOT NULL, 
    signed_at BIGINT NOT NULL, 
    n_coverage SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_contracts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_contracts_number UNIQUE (tenant, number), 
    CONSTRAINT crm_ck_contracts_state CHECK (state IN ('active', 'cancelled'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_contracts_customer_id ON crm_contracts (customer_id, tenant);

CREATE INDEX crm_ix_contracts_until ON crm_contracts (tenant, until);

CREATE TABLE crm_subscriptions (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(100) NOT NULL, 
    position BIGINT NOT NULL, 
    leased_until BIGINT NOT NULL, 
    failures BIGINT NOT NULL, 
    last_error VARCHAR(500) NOT NULL, 
    CONSTRAINT crm_pk_subscriptions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_subscriptions_name UNIQUE (tenant, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_tasks (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    kind VARCHAR(60) NOT NULL, 
    state VARCHAR(9) NOT NULL, 
    priority VARCHAR(6) NOT NULL, 
    assignee_id BLOB, 
    role VARCHAR(60) NOT NULL, 
    due_at BIGINT, 
    remind_at BIGINT, 
    deal_id BLOB, 
    customer_id BLOB, 
    complaint_id BLOB, 
    equipment_id BLOB, 
    note VARCHAR(10000) NOT NULL, 
    result VARCHAR(10000) NOT NULL, 
    recurrence_rule VARCHAR(200), 
    recurrence_zone VARCHAR(60), 
    occurrence_number BIGINT NOT NULL, 
    starts_at BIGINT, 
    escalation_level BIGINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    closed_at BIGINT, 
    CONSTRAINT crm_pk_tasks PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_tasks_priority CHECK (priority IN ('low', 'normal', 'high', 'urgent')), 
    CONSTRAINT crm_ck_tasks_state CHECK (state IN ('open', 'done', 'cancelled'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_tasks_assignee_id_state_due_at ON crm_tasks (assignee_id, state, due_at, tenant);

CREATE INDEX crm_ix_tasks_complaint_id ON crm_tasks (complaint_id, tenant);

CREATE INDEX crm_ix_tasks_customer_id ON crm_tasks (customer_id, tenant);

CREATE INDEX crm_ix_tasks_deal_id ON crm_tasks (deal_id, tenant);

CREATE INDEX crm_ix_tasks_due_at ON crm_tasks (tenant, due_at);

CREATE INDEX crm_ix_tasks_equipment_id ON crm_tasks (equipment_id, tenant);

CREATE TABLE crm_teams (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    parent_id BLOB, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_teams PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_teams_name UNIQUE (tenant, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_templates (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    language VARCHAR(35) NOT NULL, 
    media_type VARCHAR(100) NOT NULL, 
    body VARCHAR(1048576) NOT NULL, 
    updated_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_templates PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_templates_name_language UNIQUE (tenant, name, language)
)
 WITHOUT ROWID;

CREATE TABLE crm_users (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(200) NOT NULL, 
    login VARCHAR(200), 
    email VARCHAR(200), 
    language VARCHAR(35) NOT NULL, 
    team_id BLOB, 
    manager_id BLOB, 
    absences TEXT NOT NULL, 
    calendar_id BLOB, 
    is_active SMALLINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    n_role_assignments SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_users PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_users_login UNIQUE (tenant, login)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_users_manager_id ON crm_users (manager_id, tenant);

CREATE INDEX crm_ix_users_team_id ON crm_users (team_id, tenant);

CREATE TABLE crm_calendars (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    name VARCHAR(100) NOT NULL, 
    zone VARCHAR(60) NOT NULL, 
    week TEXT NOT NULL, 
    holidays TEXT NOT NULL, 
    day_overrides TEXT NOT NULL, 
    country VARCHAR(10) NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_calendars PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_calendars_name UNIQUE (tenant, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_appointment_attendees (
    tenant VARCHAR(64) NOT NULL, 
    appointment_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    user_id BLOB NOT NULL, 
    CONSTRAINT crm_pk_appointment_attendees PRIMARY KEY (tenant, appointment_id, position)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_appointment_attendees_user_id ON crm_appointment_attendees (user_id, tenant);

CREATE TABLE crm_article_revisions (
    tenant VARCHAR(64) NOT NULL, 
    article_id BLOB NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    number BIGINT NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    body VARCHAR(20000) NOT NULL, 
    at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_article_revisions PRIMARY KEY (tenant, article_id, number)
)
 WITHOUT ROWID;

CREATE TABLE crm_customer_contact_points (
    tenant VARCHAR(64) NOT NULL, 
    customer_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    channel VARCHAR(9) NOT NULL, 
    value VARCHAR(254) NOT NULL, 
    label VARCHAR(60) NOT NULL, 
    is_shared SMALLINT NOT NULL, 
    unique_key VARCHAR(270), 
    CONSTRAINT crm_pk_customer_contact_points PRIMARY KEY (tenant, customer_id, position), 
    CONSTRAINT crm_uq_customer_contact_points_unique_key UNIQUE (tenant, unique_key), 
    CONSTRAINT crm_ck_customer_contact_points_channel CHECK (channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_customer_contact_points_value ON crm_customer_contact_points (tenant, value);

CREATE TABLE crm_customer_external_ids (
    tenant VARCHAR(64) NOT NULL, 
    customer_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    system VARCHAR(60) NOT NULL, 
    "key" VARCHAR(200) NOT NULL, 
    CONSTRAINT crm_pk_customer_external_ids PRIMARY KEY (tenant, customer_id, position), 
    CONSTRAINT crm_uq_customer_external_ids_system_key UNIQUE (tenant, system, "key")
)
 WITHOUT ROWID;

CREATE TABLE crm_customer_relations (
    tenant VARCHAR(64) NOT NULL, 
    customer_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    kind VARCHAR(11) NOT NULL, 
    related_customer_id BLOB NOT NULL, 
    note VARCHAR(200) NOT NULL, 
    CONSTRAINT crm_pk_customer_relations PRIMARY KEY (tenant, customer_id, position), 
    CONSTRAINT crm_ck_customer_relations_kind CHECK (kind IN ('employee_of', 'contact_of', 'owner_of', 'part_of', 'relative_of', 'referred_by', 'supplier_of'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_customer_relations_related_customer_id ON crm_customer_relations (related_customer_id, tenant);

CREATE TABLE crm_customer_roles (
    tenant VARCHAR(64) NOT NULL, 
    customer_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    role VARCHAR(10) NOT NULL, 
    CONSTRAINT crm_pk_customer_roles PRIMARY KEY (tenant, customer_id, position), 
    CONSTRAINT crm_ck_customer_roles_role CHECK (role IN ('prospect', 'customer', 'partner', 'supplier', 'competitor'))
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_customer_roles_role ON crm_customer_roles (tenant, role);

CREATE TABLE crm_deal_lines (
    tenant VARCHAR(64) NOT NULL, 
    deal_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    product VARCHAR(200) NOT NULL, 
    quantity BIGINT NOT NULL, 
    price_minor BIGINT NOT NULL, 
    price_currency VARCHAR(3) NOT NULL, 
    discount_bp BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_lines PRIMARY KEY (tenant, deal_id, position)
)
 WITHOUT ROWID;

CREATE TABLE crm_deal_participants (
    tenant VARCHAR(64) NOT NULL, 
    deal_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    role VARCHAR(60) NOT NULL, 
    participant_id VARCHAR(64) NOT NULL, 
    CONSTRAINT crm_pk_deal_participants PRIMARY KEY (tenant, deal_id, position)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_deal_participants_participant_id ON crm_deal_participants (tenant, participant_id);

CREATE TABLE crm_deal_attachments (
    tenant VARCHAR(64) NOT NULL, 
    deal_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    document_id BLOB NOT NULL, 
    title VARCHAR(200) NOT NULL, 
    attached_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_attachments PRIMARY KEY (tenant, deal_id, position)
)
 WITHOUT ROWID;

CREATE TABLE crm_deal_movements (
    tenant VARCHAR(64) NOT NULL, 
    deal_id BLOB NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    number BIGINT NOT NULL, 
    kind VARCHAR(22) NOT NULL, 
    at BIGINT NOT NULL, 
    funnel_id BLOB NOT NULL, 
    customer_id BLOB NOT NULL, 
    previous_stage_key VARCHAR(60), 
    new_stage_key VARCHAR(60) NOT NULL, 
    stage_index BIGINT NOT NULL, 
    max_stage_index BIGINT NOT NULL, 
    visit_number BIGINT NOT NULL, 
    time_in_stage BIGINT, 
    previous_outcome VARCHAR(4), 
    new_outcome VARCHAR(4) NOT NULL, 
    previous_value_minor BIGINT, 
    previous_value_currency VARCHAR(3), 
    new_value_minor BIGINT, 
    new_value_currency VARCHAR(3), 
    previous_probability BIGINT, 
    new_probability BIGINT NOT NULL, 
    previous_owner_id BLOB, 
    new_owner_id BLOB, 
    previous_expected_close INTEGER, 
    new_expected_close INTEGER, 
    reason VARCHAR(100), 
    opened_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_movements PRIMARY KEY (tenant, deal_id, number), 
    CONSTRAINT crm_ck_deal_movements_kind CHECK (kind IN ('opened', 'moved', 'won', 'lost', 'reopened', 'value_changed', 'probability_changed', 'expected_close_changed', 'owner_changed')), 
    CONSTRAINT crm_ck_deal_movements_new_outcome CHECK (new_outcome IN ('open', 'won', 'lost')), 
    CONSTRAINT crm_ck_deal_movements_previous_outcome CHECK (previous_outcome IN ('open', 'won', 'lost'))
)
 WITHOUT ROWID;

CREATE TABLE crm_equipment_log (
    tenant VARCHAR(64) NOT NULL, 
    equipment_id BLOB NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    number BIGINT NOT NULL, 
    kind VARCHAR(14) NOT NULL, 
    at BIGINT NOT NULL, 
    meter_reading BIGINT NOT NULL, 
    meter_total BIGINT NOT NULL, 
    cause VARCHAR(100) NOT NULL, 
    note VARCHAR(1000) NOT NULL, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(3), 
    task_id BLOB, 
    CONSTRAINT crm_pk_equipment_log PRIMARY KEY (tenant, equipment_id, number), 
    CONSTRAINT crm_ck_equipment_log_kind CHECK (kind IN ('installed', 'read', 'meter_replaced', 'failed', 'repaired', 'maintained', 'retired'))
)
 WITHOUT ROWID;

CREATE TABLE crm_contract_coverage (
    tenant VARCHAR(64) NOT NULL, 
    contract_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    equipment_id BLOB NOT NULL, 
    CONSTRAINT crm_pk_contract_coverage PRIMARY KEY (tenant, contract_id, position)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_contract_coverage_equipment_id ON crm_contract_coverage (equipment_id, tenant);

CREATE TABLE crm_user_roles (
    tenant VARCHAR(64) NOT NULL, 
    user_id BLOB NOT NULL, 
    position INTEGER NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    role VARCHAR(60) NOT NULL, 
    CONSTRAINT crm_pk_user_roles PRIMARY KEY (tenant, user_id, position)
)
 WITHOUT ROWID;

CREATE INDEX crm_ix_user_roles_role ON crm_user_roles (tenant, role);

CREATE TABLE crm_events (
    tenant VARCHAR(64) NOT NULL, 
    id BLOB NOT NULL, 
    position BIGINT, 
    subject_id VARCHAR(64) NOT NULL, 
    version BIGINT NOT NULL, 
    number BIGINT NOT NULL, 
    name VARCHAR(60) NOT NULL, 
    schema BIGINT NOT NULL, 
    at BIGINT NOT NULL, 
    actor VARCHAR(100) NOT NULL, 
    correlation_id VARCHAR(100) NOT NULL, 
    payload TEXT NOT NULL, 
    CONSTRAINT crm_pk_events PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_events_position UNIQUE (tenant, position)
)
 WITHOUT ROWID;

CREATE TABLE crm_deal_counts (
    tenant VARCHAR(64) NOT NULL, 
    funnel_id BLOB NOT NULL, 
    stage_index BIGINT NOT NULL, 
    currency VARCHAR(3) NOT NULL, 
    shard BIGINT NOT NULL, 
    deals BIGINT NOT NULL, 
    billions BIGINT NOT NULL, 
    minor BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_counts PRIMARY KEY (tenant, funnel_id, stage_index, currency, shard)
)
 WITHOUT ROWID;

INSERT INTO crm_schema_version (version_num) VALUES ('0001') RETURNING version_num;

COMMIT;

