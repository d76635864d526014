BEGIN;

CREATE TABLE crm_schema_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT crm_schema_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE crm_answers (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    article UUID NOT NULL, 
    "case" VARCHAR(64) COLLATE "C" NOT NULL, 
    edition BIGINT NOT NULL, 
    helped SMALLINT NOT NULL, 
    "user" UUID, 
    given_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_answers PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_answers_article_case UNIQUE (tenant, article, "case")
);

CREATE INDEX crm_ix_answers_case ON crm_answers (tenant, "case");

CREATE TABLE crm_approval_limits (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    currency VARCHAR(3) COLLATE "C" NOT NULL, 
    amount_minor BIGINT NOT NULL, 
    amount_currency VARCHAR(3) COLLATE "C" NOT NULL, 
    set_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_approval_limits PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_approval_limits_role_currency UNIQUE (tenant, role, currency)
);

CREATE TABLE crm_arrivals (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    source VARCHAR(60) COLLATE "C" NOT NULL, 
    key VARCHAR(255) COLLATE "C" NOT NULL, 
    outcome VARCHAR(8) COLLATE "C" NOT NULL, 
    arrived_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_arrivals PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_arrivals_key_source UNIQUE (tenant, key, source), 
    CONSTRAINT crm_ck_arrivals_outcome CHECK (outcome IN ('applied', 'outdated', 'repeated'))
);

CREATE INDEX crm_ix_arrivals_arrived_at ON crm_arrivals (tenant, arrived_at);

CREATE TABLE crm_appointments (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    uid VARCHAR(255) COLLATE "C" NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    kind VARCHAR(60) COLLATE "C" NOT NULL, 
    since BIGINT NOT NULL, 
    until BIGINT NOT NULL, 
    state VARCHAR(9) COLLATE "C" NOT NULL, 
    customer UUID, 
    deal UUID, 
    equipment UUID, 
    place VARCHAR(500) COLLATE "C" NOT NULL, 
    note VARCHAR(10000) COLLATE "C" NOT NULL, 
    repeats_rule VARCHAR(200) COLLATE "C", 
    repeats_zone VARCHAR(60) COLLATE "C", 
    changes TEXT NOT NULL, 
    sequence BIGINT NOT NULL, 
    booked_at BIGINT NOT NULL, 
    last_until BIGINT, 
    n_attendees SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_appointments PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_appointments_uid UNIQUE (tenant, uid), 
    CONSTRAINT crm_ck_appointments_state CHECK (state IN ('planned', 'held', 'cancelled'))
);

CREATE INDEX crm_ix_appointments_customer ON crm_appointments (customer, tenant);

CREATE INDEX crm_ix_appointments_deal ON crm_appointments (deal, tenant);

CREATE INDEX crm_ix_appointments_equipment ON crm_appointments (equipment, tenant);

CREATE INDEX crm_ix_appointments_state_since ON crm_appointments (tenant, state, since);

CREATE TABLE crm_articles (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    topic VARCHAR(100) COLLATE "C" NOT NULL, 
    language VARCHAR(35) COLLATE "C" NOT NULL, 
    audience VARCHAR(9) COLLATE "C" NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    body VARCHAR(20000) COLLATE "C" NOT NULL, 
    tags TEXT NOT NULL, 
    state VARCHAR(9) COLLATE "C" NOT NULL, 
    edition BIGINT NOT NULL, 
    key VARCHAR(80000) COLLATE "C" NOT NULL, 
    helped BIGINT NOT NULL, 
    failed BIGINT NOT NULL, 
    written_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_articles PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_articles_topic_language UNIQUE (tenant, topic, language), 
    CONSTRAINT crm_ck_articles_audience CHECK (audience IN ('customers', 'staff')), 
    CONSTRAINT crm_ck_articles_state CHECK (state IN ('draft', 'published', 'archived'))
);

CREATE INDEX crm_ix_articles_state_audience ON crm_articles (tenant, state, audience);

CREATE TABLE crm_commitments (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    what VARCHAR(1000) COLLATE "C" NOT NULL, 
    side VARCHAR(6) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    deal UUID, 
    owner UUID, 
    due_at BIGINT, 
    state VARCHAR(8) COLLATE "C" NOT NULL, 
    level BIGINT NOT NULL, 
    made_at BIGINT NOT NULL, 
    settled_at BIGINT, 
    CONSTRAINT crm_pk_commitments PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_commitments_side CHECK (side IN ('ours', 'theirs')), 
    CONSTRAINT crm_ck_commitments_state CHECK (state IN ('open', 'kept', 'broken', 'released'))
);

CREATE INDEX crm_ix_commitments_customer ON crm_commitments (customer, tenant);

CREATE INDEX crm_ix_commitments_deal ON crm_commitments (deal, tenant);

CREATE INDEX crm_ix_commitments_due_at ON crm_commitments (tenant, due_at);

CREATE INDEX crm_ix_commitments_owner_state_due_at ON crm_commitments (owner, state, due_at, tenant);

CREATE TABLE crm_complaints (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    deal UUID, 
    responsible UUID NOT NULL, 
    due_at BIGINT NOT NULL, 
    wait_until BIGINT, 
    subject VARCHAR(200) COLLATE "C" NOT NULL, 
    story VARCHAR(100000) COLLATE "C" NOT NULL, 
    service_level UUID, 
    contract VARCHAR(200) COLLATE "C" NOT NULL, 
    calendar UUID, 
    reopen_within BIGINT NOT NULL, 
    marks TEXT NOT NULL, 
    level BIGINT NOT NULL, 
    reopened BIGINT NOT NULL, 
    received_at BIGINT NOT NULL, 
    answered_at BIGINT, 
    resolved_at BIGINT, 
    closed_at BIGINT, 
    response_took BIGINT, 
    response_kept VARCHAR(7) COLLATE "C", 
    resolution_took BIGINT, 
    resolution_kept VARCHAR(7) COLLATE "C", 
    id UUID NOT NULL, 
    type VARCHAR(100) COLLATE "C" NOT NULL, 
    severity VARCHAR(8) COLLATE "C" NOT NULL, 
    product VARCHAR(200) COLLATE "C" NOT NULL, 
    state VARCHAR(13) COLLATE "C" NOT NULL, 
    resolution VARCHAR(100000) COLLATE "C" NOT NULL, 
    cause VARCHAR(100) COLLATE "C" NOT NULL, 
    corrective VARCHAR(10000) COLLATE "C" NOT NULL, 
    preventive VARCHAR(10000) COLLATE "C" NOT NULL, 
    compensations TEXT NOT NULL, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(3) COLLATE "C", 
    satisfaction BIGINT, 
    comment VARCHAR(10000) COLLATE "C" NOT NULL, 
    repeats UUID, 
    follows UUID, 
    CONSTRAINT crm_pk_complaints PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_complaints_resolution_kept CHECK (resolution_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_complaints_response_kept CHECK (response_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_complaints_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')), 
    CONSTRAINT crm_ck_complaints_state CHECK (state IN ('received', 'acknowledged', 'assessed', 'investigating', 'waiting', 'responded', 'resolved', 'rejected', 'closed'))
);

CREATE INDEX crm_ix_complaints_customer ON crm_complaints (customer, tenant);

CREATE INDEX crm_ix_complaints_deal ON crm_complaints (deal, tenant);

CREATE INDEX crm_ix_complaints_due_at ON crm_complaints (tenant, due_at);

CREATE INDEX crm_ix_complaints_responsible_state ON crm_complaints (responsible, state, tenant);

CREATE INDEX crm_ix_complaints_state_due_at ON crm_complaints (tenant, state, due_at);

CREATE INDEX crm_ix_complaints_type_received_at ON crm_complaints (tenant, type, received_at);

CREATE TABLE crm_complaint_types (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    path VARCHAR(100) COLLATE "C" NOT NULL, 
    severity VARCHAR(8) COLLATE "C" NOT NULL, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    active SMALLINT NOT NULL, 
    declared_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_complaint_types PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_complaint_types_path UNIQUE (tenant, path), 
    CONSTRAINT crm_ck_complaint_types_severity CHECK (severity IN ('low', 'medium', 'high', 'critical'))
);

CREATE TABLE crm_counterparts (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    source VARCHAR(60) COLLATE "C" NOT NULL, 
    key VARCHAR(255) COLLATE "C" NOT NULL, 
    edition BIGINT NOT NULL, 
    CONSTRAINT crm_pk_counterparts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_counterparts_key_source UNIQUE (tenant, key, source)
);

CREATE TABLE crm_customers (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    kind VARCHAR(12) COLLATE "C" NOT NULL, 
    name VARCHAR(200) COLLATE "C" NOT NULL, 
    given VARCHAR(200) COLLATE "C" NOT NULL, 
    family VARCHAR(200) COLLATE "C" NOT NULL, 
    patronymic VARCHAR(200) COLLATE "C" NOT NULL, 
    name_key VARCHAR(400) COLLATE "C" NOT NULL, 
    addresses TEXT NOT NULL, 
    profile TEXT NOT NULL, 
    language VARCHAR(35) COLLATE "C", 
    owner UUID, 
    source VARCHAR(200) COLLATE "C" NOT NULL, 
    tags TEXT NOT NULL, 
    note VARCHAR(10000) COLLATE "C" NOT NULL, 
    custom TEXT NOT NULL, 
    added_at BIGINT NOT NULL, 
    n_contact_points SMALLINT NOT NULL, 
    n_external_ids SMALLINT NOT NULL, 
    n_relations SMALLINT NOT NULL, 
    n_roles SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_customers PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_customers_kind CHECK (kind IN ('person', 'organisation'))
);

CREATE INDEX crm_ix_customers_name_key ON crm_customers (tenant, name_key);

CREATE INDEX crm_ix_customers_owner ON crm_customers (owner, tenant);

CREATE TABLE crm_deals (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    funnel UUID NOT NULL, 
    stage VARCHAR(60) COLLATE "C" NOT NULL, 
    place BIGINT NOT NULL, 
    furthest BIGINT NOT NULL, 
    visits TEXT NOT NULL, 
    stage_since BIGINT NOT NULL, 
    outcome VARCHAR(4) COLLATE "C" NOT NULL, 
    value_minor BIGINT, 
    value_currency VARCHAR(3) COLLATE "C", 
    total_minor BIGINT, 
    total_currency VARCHAR(3) COLLATE "C", 
    probability_points BIGINT NOT NULL, 
    probability_basis VARCHAR(6) COLLATE "C" NOT NULL, 
    expected_close INTEGER, 
    owner UUID, 
    source VARCHAR(200) COLLATE "C" NOT NULL, 
    campaign VARCHAR(200) COLLATE "C" NOT NULL, 
    request_system VARCHAR(60) COLLATE "C", 
    request_key VARCHAR(200) COLLATE "C", 
    about VARCHAR(10000) COLLATE "C" NOT NULL, 
    next_step_what VARCHAR(200) COLLATE "C", 
    next_step_due_at BIGINT, 
    loss_reason VARCHAR(100) COLLATE "C", 
    tags TEXT NOT NULL, 
    custom TEXT NOT NULL, 
    opened_at BIGINT NOT NULL, 
    closed_at BIGINT, 
    touched_at BIGINT NOT NULL, 
    moves BIGINT NOT NULL, 
    n_lines SMALLINT NOT NULL, 
    n_participants SMALLINT NOT NULL, 
    n_attachments SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_deals PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_deals_request_system_request_key UNIQUE (tenant, request_system, request_key), 
    CONSTRAINT crm_ck_deals_outcome CHECK (outcome IN ('open', 'won', 'lost')), 
    CONSTRAINT crm_ck_deals_probability_basis CHECK (probability_basis IN ('stage', 'manual', 'model'))
);

CREATE INDEX crm_ix_deals_customer ON crm_deals (customer, tenant);

CREATE INDEX crm_ix_deals_funnel_opened_at ON crm_deals (funnel, opened_at, tenant);

CREATE INDEX crm_ix_deals_funnel_outcome_place_id ON crm_deals (funnel, outcome, place, id, tenant);

CREATE INDEX crm_ix_deals_owner_outcome ON crm_deals (owner, outcome, tenant);

CREATE TABLE crm_diaries (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    "user" UUID NOT NULL, 
    pages BIGINT NOT NULL, 
    CONSTRAINT crm_pk_diaries PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_diaries_user UNIQUE (tenant, "user")
);

CREATE TABLE crm_documents (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    media_type VARCHAR(100) COLLATE "C" NOT NULL, 
    size BIGINT NOT NULL, 
    digest VARCHAR(64) COLLATE "C" NOT NULL, 
    body VARCHAR(1048576) COLLATE "C", 
    deal UUID, 
    customer UUID, 
    template UUID, 
    added_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_documents PRIMARY KEY (tenant, id)
);

CREATE INDEX crm_ix_documents_customer ON crm_documents (customer, tenant);

CREATE INDEX crm_ix_documents_deal ON crm_documents (deal, tenant);

CREATE TABLE crm_escalations (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    subject VARCHAR(64) COLLATE "C" NOT NULL, 
    clock VARCHAR(30) COLLATE "C" NOT NULL, 
    promised_at BIGINT NOT NULL, 
    level BIGINT NOT NULL, 
    share BIGINT NOT NULL, 
    after BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    "to" UUID, 
    rejected TEXT NOT NULL, 
    raised_at BIGINT NOT NULL, 
    acknowledged_at BIGINT, 
    acknowledged_by UUID, 
    CONSTRAINT crm_pk_escalations PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_escalations_subject_clock_promised_at_level UNIQUE (tenant, subject, clock, promised_at, level)
);

CREATE INDEX crm_ix_escalations_raised_at ON crm_escalations (tenant, raised_at);

CREATE TABLE crm_equipment (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    product VARCHAR(200) COLLATE "C" NOT NULL, 
    serial VARCHAR(100) COLLATE "C", 
    place VARCHAR(500) COLLATE "C" NOT NULL, 
    deal UUID, 
    state VARCHAR(7) COLLATE "C" NOT NULL, 
    installed_at BIGINT NOT NULL, 
    warranty_until INTEGER, 
    expected_life BIGINT, 
    meter VARCHAR(30) COLLATE "C" NOT NULL, 
    reading BIGINT NOT NULL, 
    total BIGINT NOT NULL, 
    read_at BIGINT, 
    expected_total BIGINT NOT NULL, 
    failures BIGINT NOT NULL, 
    failed_at BIGINT, 
    repair_cost_minor BIGINT, 
    repair_cost_currency VARCHAR(3) COLLATE "C", 
    maintained_at BIGINT, 
    lines BIGINT NOT NULL, 
    CONSTRAINT crm_pk_equipment PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_equipment_serial_product UNIQUE (tenant, serial, product), 
    CONSTRAINT crm_ck_equipment_state CHECK (state IN ('running', 'broken', 'retired'))
);

CREATE INDEX crm_ix_equipment_customer ON crm_equipment (customer, tenant);

CREATE INDEX crm_ix_equipment_deal ON crm_equipment (deal, tenant);

CREATE INDEX crm_ix_equipment_state ON crm_equipment (tenant, state);

CREATE TABLE crm_funnels (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(200) COLLATE "C" NOT NULL, 
    stages TEXT NOT NULL, 
    loss_reasons TEXT NOT NULL, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    skips SMALLINT NOT NULL, 
    returns SMALLINT NOT NULL, 
    respond_within BIGINT, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_funnels PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_funnels_name UNIQUE (tenant, name)
);

CREATE TABLE crm_inquiries (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    deal UUID, 
    responsible UUID NOT NULL, 
    due_at BIGINT NOT NULL, 
    wait_until BIGINT, 
    subject VARCHAR(200) COLLATE "C" NOT NULL, 
    story VARCHAR(100000) COLLATE "C" NOT NULL, 
    service_level UUID, 
    contract VARCHAR(200) COLLATE "C" NOT NULL, 
    calendar UUID, 
    reopen_within BIGINT NOT NULL, 
    marks TEXT NOT NULL, 
    level BIGINT NOT NULL, 
    reopened BIGINT NOT NULL, 
    received_at BIGINT NOT NULL, 
    answered_at BIGINT, 
    resolved_at BIGINT, 
    closed_at BIGINT, 
    response_took BIGINT, 
    response_kept VARCHAR(7) COLLATE "C", 
    resolution_took BIGINT, 
    resolution_kept VARCHAR(7) COLLATE "C", 
    id UUID NOT NULL, 
    kind VARCHAR(8) COLLATE "C" NOT NULL, 
    type VARCHAR(100) COLLATE "C" NOT NULL, 
    state VARCHAR(8) COLLATE "C" NOT NULL, 
    answer VARCHAR(100000) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_inquiries PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_inquiries_kind CHECK (kind IN ('question', 'service')), 
    CONSTRAINT crm_ck_inquiries_resolution_kept CHECK (resolution_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_inquiries_response_kept CHECK (response_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_inquiries_state CHECK (state IN ('open', 'waiting', 'answered', 'closed'))
);

CREATE INDEX crm_ix_inquiries_customer ON crm_inquiries (customer, tenant);

CREATE INDEX crm_ix_inquiries_deal ON crm_inquiries (deal, tenant);

CREATE INDEX crm_ix_inquiries_due_at ON crm_inquiries (tenant, due_at);

CREATE INDEX crm_ix_inquiries_responsible_state ON crm_inquiries (responsible, state, tenant);

CREATE INDEX crm_ix_inquiries_state_due_at ON crm_inquiries (tenant, state, due_at);

CREATE TABLE crm_interactions (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    kind VARCHAR(7) COLLATE "C" NOT NULL, 
    direction VARCHAR(8) COLLATE "C" NOT NULL, 
    channel VARCHAR(9) COLLATE "C", 
    customer UUID NOT NULL, 
    deal UUID, 
    "user" UUID, 
    happened_at BIGINT NOT NULL, 
    duration BIGINT, 
    outcome VARCHAR(200) COLLATE "C" NOT NULL, 
    subject VARCHAR(200) COLLATE "C" NOT NULL, 
    note VARCHAR(100000) COLLATE "C" NOT NULL, 
    recording VARCHAR(1000) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_interactions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_interactions_channel CHECK (channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms')), 
    CONSTRAINT crm_ck_interactions_direction CHECK (direction IN ('incoming', 'outgoing', 'internal')), 
    CONSTRAINT crm_ck_interactions_kind CHECK (kind IN ('call', 'mail', 'meeting', 'visit', 'chat', 'survey', 'note'))
);

CREATE INDEX crm_ix_interactions_customer_happened_at ON crm_interactions (customer, happened_at, tenant);

CREATE INDEX crm_ix_interactions_deal_happened_at ON crm_interactions (deal, happened_at, tenant);

CREATE INDEX crm_ix_interactions_user_happened_at ON crm_interactions ("user", happened_at, tenant);

CREATE TABLE crm_maintenance (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    equipment UUID NOT NULL, 
    contract UUID, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    within BIGINT NOT NULL, 
    every_rule VARCHAR(200) COLLATE "C", 
    every_zone VARCHAR(60) COLLATE "C", 
    every_total BIGINT NOT NULL, 
    starts_at BIGINT NOT NULL, 
    number BIGINT NOT NULL, 
    next_at BIGINT, 
    next_total BIGINT NOT NULL, 
    task UUID, 
    visits BIGINT NOT NULL, 
    active SMALLINT NOT NULL, 
    planned_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_maintenance PRIMARY KEY (tenant, id)
);

CREATE INDEX crm_ix_maintenance_active_next_at ON crm_maintenance (tenant, active, next_at);

CREATE INDEX crm_ix_maintenance_contract ON crm_maintenance (contract, tenant);

CREATE INDEX crm_ix_maintenance_equipment ON crm_maintenance (equipment, tenant);

CREATE INDEX crm_ix_maintenance_task ON crm_maintenance (task, tenant);

CREATE TABLE crm_messages (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    topic VARCHAR(60) COLLATE "C" NOT NULL, 
    facts TEXT NOT NULL, 
    channel VARCHAR(30) COLLATE "C" NOT NULL, 
    recipient UUID, 
    address VARCHAR(1000) COLLATE "C", 
    language VARCHAR(35) COLLATE "C", 
    about VARCHAR(64) COLLATE "C", 
    state VARCHAR(6) COLLATE "C" NOT NULL, 
    attempts BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    sent_at BIGINT, 
    problem VARCHAR(500) COLLATE "C" NOT NULL, 
    queued_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_messages PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_messages_state CHECK (state IN ('queued', 'leased', 'sent', 'dead'))
);

CREATE INDEX crm_ix_messages_about ON crm_messages (tenant, about);

CREATE INDEX crm_ix_messages_recipient ON crm_messages (recipient, tenant);

CREATE INDEX crm_ix_messages_state_due_at ON crm_messages (tenant, state, due_at);

CREATE TABLE crm_occurrences (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    kind VARCHAR(60) COLLATE "C" NOT NULL, 
    subject VARCHAR(64) COLLATE "C" NOT NULL, 
    occurs_at BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    state VARCHAR(7) COLLATE "C" NOT NULL, 
    attempts BIGINT NOT NULL, 
    done_at BIGINT, 
    problem VARCHAR(500) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_occurrences PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_occurrences_subject_kind_occurs_at UNIQUE (tenant, subject, kind, occurs_at), 
    CONSTRAINT crm_ck_occurrences_state CHECK (state IN ('pending', 'done', 'dead'))
);

CREATE INDEX crm_ix_occurrences_state_due_at ON crm_occurrences (tenant, state, due_at);

CREATE TABLE crm_questions (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    words VARCHAR(1000) COLLATE "C" NOT NULL, 
    language VARCHAR(35) COLLATE "C" NOT NULL, 
    key VARCHAR(200) COLLATE "C" NOT NULL, 
    asked BIGINT NOT NULL, 
    state VARCHAR(9) COLLATE "C" NOT NULL, 
    article UUID, 
    first_at BIGINT NOT NULL, 
    last_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_questions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_questions_key_language UNIQUE (tenant, key, language), 
    CONSTRAINT crm_ck_questions_state CHECK (state IN ('open', 'answered', 'dismissed'))
);

CREATE INDEX crm_ix_questions_article ON crm_questions (article, tenant);

CREATE INDEX crm_ix_questions_state_asked ON crm_questions (tenant, state, asked);

CREATE TABLE crm_receipts (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    key VARCHAR(255) COLLATE "C" NOT NULL, 
    story VARCHAR(60) COLLATE "C" NOT NULL, 
    fingerprint VARCHAR(64) COLLATE "C" NOT NULL, 
    result TEXT NOT NULL, 
    expires_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_receipts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_receipts_key UNIQUE (tenant, key)
);

CREATE INDEX crm_ix_receipts_expires_at ON crm_receipts (tenant, expires_at);

CREATE TABLE crm_rings (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    key VARCHAR(200) COLLATE "C" NOT NULL, 
    queue TEXT NOT NULL, 
    CONSTRAINT crm_pk_rings PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_rings_key UNIQUE (tenant, key)
);

CREATE TABLE crm_levels (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(100) COLLATE "C" NOT NULL, 
    rank BIGINT NOT NULL, 
    targets TEXT NOT NULL, 
    audience TEXT NOT NULL, 
    calendar UUID, 
    reopen_within BIGINT NOT NULL, 
    active SMALLINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_levels PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_levels_name UNIQUE (tenant, name)
);

CREATE TABLE crm_contracts (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    number VARCHAR(100) COLLATE "C", 
    since INTEGER NOT NULL, 
    until INTEGER NOT NULL, 
    responds_within BIGINT, 
    visits BIGINT NOT NULL, 
    visits_made BIGINT NOT NULL, 
    parts_included SMALLINT NOT NULL, 
    price_minor BIGINT, 
    price_currency VARCHAR(3) COLLATE "C", 
    state VARCHAR(9) COLLATE "C" NOT NULL, 
    signed_at BIGINT NOT NULL, 
    n_covers SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_contracts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_contracts_number UNIQUE (tenant, number), 
    CONSTRAINT crm_ck_contracts_state CHECK (state IN ('active', 'cancelled'))
);

CREATE INDEX crm_ix_contracts_customer ON crm_contracts (customer, tenant);

CREATE INDEX crm_ix_contracts_until ON crm_contracts (tenant, until);

CREATE TABLE crm_subscriptions (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(100) COLLATE "C" NOT NULL, 
    position BIGINT NOT NULL, 
    leased_until BIGINT NOT NULL, 
    failures BIGINT NOT NULL, 
    problem VARCHAR(500) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_subscriptions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_subscriptions_name UNIQUE (tenant, name)
);

CREATE TABLE crm_tasks (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    kind VARCHAR(60) COLLATE "C" NOT NULL, 
    state VARCHAR(9) COLLATE "C" NOT NULL, 
    priority VARCHAR(6) COLLATE "C" NOT NULL, 
    assignee UUID, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    due_at BIGINT, 
    remind_at BIGINT, 
    deal UUID, 
    customer UUID, 
    complaint UUID, 
    equipment UUID, 
    note VARCHAR(10000) COLLATE "C" NOT NULL, 
    result VARCHAR(10000) COLLATE "C" NOT NULL, 
    repeats_rule VARCHAR(200) COLLATE "C", 
    repeats_zone VARCHAR(60) COLLATE "C", 
    number BIGINT NOT NULL, 
    starts_at BIGINT, 
    level BIGINT NOT NULL, 
    given_at BIGINT NOT NULL, 
    closed_at BIGINT, 
    CONSTRAINT crm_pk_tasks PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_tasks_priority CHECK (priority IN ('low', 'normal', 'high', 'urgent')), 
    CONSTRAINT crm_ck_tasks_state CHECK (state IN ('open', 'done', 'cancelled'))
);

CREATE INDEX crm_ix_tasks_assignee_state_due_at ON crm_tasks (assignee, state, due_at, tenant);

CREATE INDEX crm_ix_tasks_complaint ON crm_tasks (complaint, tenant);

CREATE INDEX crm_ix_tasks_customer ON crm_tasks (customer, tenant);

CREATE INDEX crm_ix_tasks_deal ON crm_tasks (deal, tenant);

CREATE INDEX crm_ix_tasks_due_at ON crm_tasks (tenant, due_at);

CREATE INDEX crm_ix_tasks_equipment ON crm_tasks (equipment, tenant);

CREATE TABLE crm_teams (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(200) COLLATE "C" NOT NULL, 
    parent UUID, 
    formed_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_teams PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_teams_name UNIQUE (tenant, name)
);

CREATE TABLE crm_templates (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(200) COLLATE "C" NOT NULL, 
    language VARCHAR(35) COLLATE "C" NOT NULL, 
    media_type VARCHAR(100) COLLATE "C" NOT NULL, 
    body VARCHAR(1048576) COLLATE "C" NOT NULL, 
    written_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_templates PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_templates_name_language UNIQUE (tenant, name, language)
);

CREATE TABLE crm_users (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(200) COLLATE "C" NOT NULL, 
    login VARCHAR(200) COLLATE "C", 
    email VARCHAR(200) COLLATE "C", 
    language VARCHAR(35) COLLATE "C" NOT NULL, 
    team UUID, 
    supervisor UUID, 
    absences TEXT NOT NULL, 
    calendar UUID, 
    active SMALLINT NOT NULL, 
    added_at BIGINT NOT NULL, 
    n_posts SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_users PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_users_login UNIQUE (tenant, login)
);

CREATE INDEX crm_ix_users_supervisor ON crm_users (supervisor, tenant);

CREATE INDEX crm_ix_users_team ON crm_users (team, tenant);

CREATE TABLE crm_calendars (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    name VARCHAR(100) COLLATE "C" NOT NULL, 
    zone VARCHAR(60) COLLATE "C" NOT NULL, 
    week TEXT NOT NULL, 
    holidays TEXT NOT NULL, 
    one_offs TEXT NOT NULL, 
    country VARCHAR(10) COLLATE "C" NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_calendars PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_calendars_name UNIQUE (tenant, name)
);

CREATE TABLE crm_appointment_attendees (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    appointment UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    "user" UUID NOT NULL, 
    CONSTRAINT crm_pk_appointment_attendees PRIMARY KEY (tenant, appointment, pos)
);

CREATE INDEX crm_ix_appointment_attendees_user ON crm_appointment_attendees ("user", tenant);

CREATE TABLE crm_article_editions (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    article UUID NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    number BIGINT NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    body VARCHAR(20000) COLLATE "C" NOT NULL, 
    at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_article_editions PRIMARY KEY (tenant, article, number)
);

CREATE TABLE crm_customer_contact_points (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    channel VARCHAR(9) COLLATE "C" NOT NULL, 
    value VARCHAR(254) COLLATE "C" NOT NULL, 
    label VARCHAR(60) COLLATE "C" NOT NULL, 
    shared SMALLINT NOT NULL, 
    claim VARCHAR(270) COLLATE "C", 
    CONSTRAINT crm_pk_customer_contact_points PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_uq_customer_contact_points_claim UNIQUE (tenant, claim), 
    CONSTRAINT crm_ck_customer_contact_points_channel CHECK (channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms'))
);

CREATE INDEX crm_ix_customer_contact_points_value ON crm_customer_contact_points (tenant, value);

CREATE TABLE crm_customer_external_ids (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    system VARCHAR(60) COLLATE "C" NOT NULL, 
    key VARCHAR(200) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_customer_external_ids PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_uq_customer_external_ids_system_key UNIQUE (tenant, system, key)
);

CREATE TABLE crm_customer_relations (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    kind VARCHAR(11) COLLATE "C" NOT NULL, 
    other UUID NOT NULL, 
    note VARCHAR(200) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_customer_relations PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_ck_customer_relations_kind CHECK (kind IN ('employee_of', 'contact_of', 'owner_of', 'part_of', 'relative_of', 'referred_by', 'supplier_of'))
);

CREATE INDEX crm_ix_customer_relations_other ON crm_customer_relations (other, tenant);

CREATE TABLE crm_customer_roles (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    customer UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    role VARCHAR(10) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_customer_roles PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_ck_customer_roles_role CHECK (role IN ('prospect', 'customer', 'partner', 'supplier', 'competitor'))
);

CREATE INDEX crm_ix_customer_roles_role ON crm_customer_roles (tenant, role);

CREATE TABLE crm_deal_lines (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    deal UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    product VARCHAR(200) COLLATE "C" NOT NULL, 
    quantity BIGINT NOT NULL, 
    price_minor BIGINT NOT NULL, 
    price_currency VARCHAR(3) COLLATE "C" NOT NULL, 
    discount BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_lines PRIMARY KEY (tenant, deal, pos)
);

CREATE TABLE crm_deal_participants (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    deal UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    who VARCHAR(64) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_deal_participants PRIMARY KEY (tenant, deal, pos)
);

CREATE INDEX crm_ix_deal_participants_who ON crm_deal_participants (tenant, who);

CREATE TABLE crm_deal_attachments (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    deal UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    document UUID NOT NULL, 
    title VARCHAR(200) COLLATE "C" NOT NULL, 
    attached_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_attachments PRIMARY KEY (tenant, deal, pos)
);

CREATE TABLE crm_deal_movements (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    deal UUID NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    number BIGINT NOT NULL, 
    kind VARCHAR(11) COLLATE "C" NOT NULL, 
    at BIGINT NOT NULL, 
    funnel UUID NOT NULL, 
    customer UUID NOT NULL, 
    stage_before VARCHAR(60) COLLATE "C", 
    stage_after VARCHAR(60) COLLATE "C" NOT NULL, 
    place BIGINT NOT NULL, 
    furthest BIGINT NOT NULL, 
    visit BIGINT NOT NULL, 
    stayed BIGINT, 
    outcome_before VARCHAR(4) COLLATE "C", 
    outcome_after VARCHAR(4) COLLATE "C" NOT NULL, 
    value_before_minor BIGINT, 
    value_before_currency VARCHAR(3) COLLATE "C", 
    value_after_minor BIGINT, 
    value_after_currency VARCHAR(3) COLLATE "C", 
    probability_before BIGINT, 
    probability_after BIGINT NOT NULL, 
    owner_before UUID, 
    owner_after UUID, 
    close_before INTEGER, 
    close_after INTEGER, 
    reason VARCHAR(100) COLLATE "C", 
    opened_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_movements PRIMARY KEY (tenant, deal, number), 
    CONSTRAINT crm_ck_deal_movements_kind CHECK (kind IN ('opened', 'moved', 'won', 'lost', 'reopened', 'valued', 'reestimated', 'rescheduled', 'handed_over')), 
    CONSTRAINT crm_ck_deal_movements_outcome_after CHECK (outcome_after IN ('open', 'won', 'lost')), 
    CONSTRAINT crm_ck_deal_movements_outcome_before CHECK (outcome_before IN ('open', 'won', 'lost'))
);

CREATE TABLE crm_equipment_log (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    equipment UUID NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    number BIGINT NOT NULL, 
    kind VARCHAR(14) COLLATE "C" NOT NULL, 
    at BIGINT NOT NULL, 
    reading BIGINT NOT NULL, 
    total BIGINT NOT NULL, 
    cause VARCHAR(100) COLLATE "C" NOT NULL, 
    note VARCHAR(1000) COLLATE "C" NOT NULL, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(3) COLLATE "C", 
    task UUID, 
    CONSTRAINT crm_pk_equipment_log PRIMARY KEY (tenant, equipment, number), 
    CONSTRAINT crm_ck_equipment_log_kind CHECK (kind IN ('installed', 'read', 'meter_replaced', 'failed', 'repaired', 'maintained', 'retired'))
);

CREATE TABLE crm_contract_coverage (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    contract UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    equipment UUID NOT NULL, 
    CONSTRAINT crm_pk_contract_coverage PRIMARY KEY (tenant, contract, pos)
);

CREATE INDEX crm_ix_contract_coverage_equipment ON crm_contract_coverage (equipment, tenant);

CREATE TABLE crm_user_posts (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    "user" UUID NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    role VARCHAR(60) COLLATE "C" NOT NULL, 
    CONSTRAINT crm_pk_user_posts PRIMARY KEY (tenant, "user", pos)
);

CREATE INDEX crm_ix_user_posts_role ON crm_user_posts (tenant, role);

CREATE TABLE crm_events (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    id UUID NOT NULL, 
    position BIGINT, 
    subject VARCHAR(64) COLLATE "C" NOT NULL, 
    version BIGINT NOT NULL, 
    number BIGINT NOT NULL, 
    name VARCHAR(60) COLLATE "C" NOT NULL, 
    schema BIGINT NOT NULL, 
    at BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE "C" NOT NULL, 
    correlation VARCHAR(100) COLLATE "C" NOT NULL, 
    payload TEXT NOT NULL, 
    CONSTRAINT crm_pk_events PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_events_position UNIQUE (tenant, position)
);

CREATE TABLE crm_deal_counts (
    tenant VARCHAR(64) COLLATE "C" NOT NULL, 
    funnel UUID NOT NULL, 
    place BIGINT NOT NULL, 
    currency VARCHAR(3) COLLATE "C" NOT NULL, 
    slot BIGINT NOT NULL, 
    deals BIGINT NOT NULL, 
    billions BIGINT NOT NULL, 
    minor BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_counts PRIMARY KEY (tenant, funnel, place, currency, slot)
);

INSERT INTO crm_schema_version (version_num) VALUES ('0001') RETURNING crm_schema_version.version_num;

COMMIT;

