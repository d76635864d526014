CREATE TABLE crm_schema_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT crm_schema_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE crm_answers (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    article BINARY(16) NOT NULL, 
    `case` VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    edition BIGINT NOT NULL, 
    helped SMALLINT NOT NULL, 
    user BINARY(16), 
    given_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_answers PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_answers_article_case UNIQUE (tenant, article, `case`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_answers_case ON crm_answers (tenant, `case`);

CREATE TABLE crm_approval_limits (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    currency VARCHAR(3) COLLATE utf8mb4_bin NOT NULL, 
    amount_minor BIGINT NOT NULL, 
    amount_currency VARCHAR(3) COLLATE utf8mb4_bin NOT NULL, 
    set_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_approval_limits PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_approval_limits_role_currency UNIQUE (tenant, `role`, currency)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_arrivals (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    source VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    `key` VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
    outcome VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    arrived_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_arrivals PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_arrivals_key_source UNIQUE (tenant, `key`, source), 
    CONSTRAINT crm_ck_arrivals_outcome CHECK (outcome IN ('applied', 'outdated', 'repeated'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_arrivals_arrived_at ON crm_arrivals (tenant, arrived_at);

CREATE TABLE crm_appointments (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    uid VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    kind VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    since BIGINT NOT NULL, 
    until BIGINT NOT NULL, 
    state VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16), 
    deal BINARY(16), 
    equipment BINARY(16), 
    place VARCHAR(500) COLLATE utf8mb4_bin NOT NULL, 
    note MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    repeats_rule VARCHAR(200) COLLATE utf8mb4_bin, 
    repeats_zone VARCHAR(60) COLLATE utf8mb4_bin, 
    changes MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    sequence BIGINT NOT NULL, 
    booked_at BIGINT NOT NULL, 
    last_until BIGINT, 
    n_attendees SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_appointments PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_appointments_uid UNIQUE (tenant, uid), 
    CONSTRAINT crm_ck_appointments_state CHECK (state IN ('planned', 'held', 'cancelled'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_appointments_customer ON crm_appointments (customer, tenant);

CREATE INDEX crm_ix_appointments_deal ON crm_appointments (deal, tenant);

CREATE INDEX crm_ix_appointments_equipment ON crm_appointments (equipment, tenant);

CREATE INDEX crm_ix_appointments_state_since ON crm_appointments (tenant, state, since);

CREATE TABLE crm_articles (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    topic VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    language VARCHAR(35) COLLATE utf8mb4_bin NOT NULL, 
    audience VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    body MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    tags MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    state VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    edition BIGINT NOT NULL, 
    `key` MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    helped BIGINT NOT NULL, 
    failed BIGINT NOT NULL, 
    written_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_articles PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_articles_topic_language UNIQUE (tenant, topic, language), 
    CONSTRAINT crm_ck_articles_audience CHECK (audience IN ('customers', 'staff')), 
    CONSTRAINT crm_ck_articles_state CHECK (state IN ('draft', 'published', 'archived'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_articles_state_audience ON crm_articles (tenant, state, audience);

CREATE TABLE crm_commitments (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    what MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    side VARCHAR(6) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    deal BINARY(16), 
    owner BINARY(16), 
    due_at BIGINT, 
    state VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    level BIGINT NOT NULL, 
    made_at BIGINT NOT NULL, 
    settled_at BIGINT, 
    CONSTRAINT crm_pk_commitments PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_commitments_side CHECK (side IN ('ours', 'theirs')), 
    CONSTRAINT crm_ck_commitments_state CHECK (state IN ('open', 'kept', 'broken', 'released'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_commitments_customer ON crm_commitments (customer, tenant);

CREATE INDEX crm_ix_commitments_deal ON crm_commitments (deal, tenant);

CREATE INDEX crm_ix_commitments_due_at ON crm_commitments (tenant, due_at);

CREATE INDEX crm_ix_commitments_owner_state_due_at ON crm_commitments (owner, state, due_at, tenant);

CREATE TABLE crm_complaints (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16), 
    responsible BINARY(16) NOT NULL, 
    due_at BIGINT NOT NULL, 
    wait_until BIGINT, 
    subject VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    story MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    service_level BINARY(16), 
    contract VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    calendar BINARY(16), 
    reopen_within BIGINT NOT NULL, 
    marks MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    level BIGINT NOT NULL, 
    reopened BIGINT NOT NULL, 
    received_at BIGINT NOT NULL, 
    answered_at BIGINT, 
    resolved_at BIGINT, 
    closed_at BIGINT, 
    response_took BIGINT, 
    response_kept VARCHAR(7) COLLATE utf8mb4_bin, 
    resolution_took BIGINT, 
    resolution_kept VARCHAR(7) COLLATE utf8mb4_bin, 
    id BINARY(16) NOT NULL, 
    type VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    severity VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    product VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    state VARCHAR(13) COLLATE utf8mb4_bin NOT NULL, 
    resolution MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    cause VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    corrective MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    preventive MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    compensations MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    satisfaction BIGINT, 
    comment MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    repeats BINARY(16), 
    follows BINARY(16), 
    CONSTRAINT crm_pk_complaints PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_complaints_resolution_kept CHECK (resolution_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_complaints_response_kept CHECK (response_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_complaints_severity CHECK (severity IN ('low', 'medium', 'high', 'critical')), 
    CONSTRAINT crm_ck_complaints_state CHECK (state IN ('received', 'acknowledged', 'assessed', 'investigating', 'waiting', 'responded', 'resolved', 'rejected', 'closed'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_complaints_customer ON crm_complaints (customer, tenant);

CREATE INDEX crm_ix_complaints_deal ON crm_complaints (deal, tenant);

CREATE INDEX crm_ix_complaints_due_at ON crm_complaints (tenant, due_at);

CREATE INDEX crm_ix_complaints_responsible_state ON crm_complaints (responsible, state, tenant);

CREATE INDEX crm_ix_complaints_state_due_at ON crm_complaints (tenant, state, due_at);

CREATE INDEX crm_ix_complaints_type_received_at ON crm_complaints (tenant, type, received_at);

CREATE TABLE crm_complaint_types (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    path VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    severity VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    active SMALLINT NOT NULL, 
    declared_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_complaint_types PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_complaint_types_path UNIQUE (tenant, path), 
    CONSTRAINT crm_ck_complaint_types_severity CHECK (severity IN ('low', 'medium', 'high', 'critical'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_counterparts (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    source VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    `key` VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
    edition BIGINT NOT NULL, 
    CONSTRAINT crm_pk_counterparts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_counterparts_key_source UNIQUE (tenant, `key`, source)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_customers (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    kind VARCHAR(12) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    given VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    family VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    patronymic VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    name_key VARCHAR(400) COLLATE utf8mb4_bin NOT NULL, 
    addresses MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    profile MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    language VARCHAR(35) COLLATE utf8mb4_bin, 
    owner BINARY(16), 
    source VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    tags MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    note MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    custom MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    added_at BIGINT NOT NULL, 
    n_contact_points SMALLINT NOT NULL, 
    n_external_ids SMALLINT NOT NULL, 
    n_relations SMALLINT NOT NULL, 
    n_roles SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_customers PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_customers_kind CHECK (kind IN ('person', 'organisation'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_customers_name_key ON crm_customers (tenant, name_key);

CREATE INDEX crm_ix_customers_owner ON crm_customers (owner, tenant);

CREATE TABLE crm_deals (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    funnel BINARY(16) NOT NULL, 
    stage VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    place BIGINT NOT NULL, 
    furthest BIGINT NOT NULL, 
    visits MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    stage_since BIGINT NOT NULL, 
    outcome VARCHAR(4) COLLATE utf8mb4_bin NOT NULL, 
    value_minor BIGINT, 
    value_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    total_minor BIGINT, 
    total_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    probability_points BIGINT NOT NULL, 
    probability_basis VARCHAR(6) COLLATE utf8mb4_bin NOT NULL, 
    expected_close INTEGER, 
    owner BINARY(16), 
    source VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    campaign VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    request_system VARCHAR(60) COLLATE utf8mb4_bin, 
    request_key VARCHAR(200) COLLATE utf8mb4_bin, 
    about MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    next_step_what VARCHAR(200) COLLATE utf8mb4_bin, 
    next_step_due_at BIGINT, 
    loss_reason VARCHAR(100) COLLATE utf8mb4_bin, 
    tags MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    custom MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
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
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_deals_customer ON crm_deals (customer, tenant);

CREATE INDEX crm_ix_deals_funnel_opened_at ON crm_deals (funnel, opened_at, tenant);

CREATE INDEX crm_ix_deals_funnel_outcome_place_id ON crm_deals (funnel, outcome, place, id, tenant);

CREATE INDEX crm_ix_deals_owner_outcome ON crm_deals (owner, outcome, tenant);

CREATE TABLE crm_diaries (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    user BINARY(16) NOT NULL, 
    pages BIGINT NOT NULL, 
    CONSTRAINT crm_pk_diaries PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_diaries_user UNIQUE (tenant, user)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_documents (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    media_type VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    size BIGINT NOT NULL, 
    digest VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    body MEDIUMTEXT COLLATE utf8mb4_bin, 
    deal BINARY(16), 
    customer BINARY(16), 
    template BINARY(16), 
    added_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_documents PRIMARY KEY (tenant, id)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_documents_customer ON crm_documents (customer, tenant);

CREATE INDEX crm_ix_documents_deal ON crm_documents (deal, tenant);

CREATE TABLE crm_escalations (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    subject VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    clock VARCHAR(30) COLLATE utf8mb4_bin NOT NULL, 
    promised_at BIGINT NOT NULL, 
    level BIGINT NOT NULL, 
    share BIGINT NOT NULL, 
    after BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    `to` BINARY(16), 
    rejected MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    raised_at BIGINT NOT NULL, 
    acknowledged_at BIGINT, 
    acknowledged_by BINARY(16), 
    CONSTRAINT crm_pk_escalations PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_escalations_subject_clock_promised_at_level UNIQUE (tenant, subject, clock, promised_at, level)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_escalations_raised_at ON crm_escalations (tenant, raised_at);

CREATE TABLE crm_equipment (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    product VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    serial VARCHAR(100) COLLATE utf8mb4_bin, 
    place VARCHAR(500) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16), 
    state VARCHAR(7) COLLATE utf8mb4_bin NOT NULL, 
    installed_at BIGINT NOT NULL, 
    warranty_until INTEGER, 
    expected_life BIGINT, 
    meter VARCHAR(30) COLLATE utf8mb4_bin NOT NULL, 
    reading BIGINT NOT NULL, 
    total BIGINT NOT NULL, 
    read_at BIGINT, 
    expected_total BIGINT NOT NULL, 
    failures BIGINT NOT NULL, 
    failed_at BIGINT, 
    repair_cost_minor BIGINT, 
    repair_cost_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    maintained_at BIGINT, 
    `lines` BIGINT NOT NULL, 
    CONSTRAINT crm_pk_equipment PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_equipment_serial_product UNIQUE (tenant, serial, product), 
    CONSTRAINT crm_ck_equipment_state CHECK (state IN ('running', 'broken', 'retired'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_equipment_customer ON crm_equipment (customer, tenant);

CREATE INDEX crm_ix_equipment_deal ON crm_equipment (deal, tenant);

CREATE INDEX crm_ix_equipment_state ON crm_equipment (tenant, state);

CREATE TABLE crm_funnels (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    stages MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    loss_reasons MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    skips SMALLINT NOT NULL, 
    returns SMALLINT NOT NULL, 
    respond_within BIGINT, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_funnels PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_funnels_name UNIQUE (tenant, name)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_inquiries (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16), 
    responsible BINARY(16) NOT NULL, 
    due_at BIGINT NOT NULL, 
    wait_until BIGINT, 
    subject VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    story MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    service_level BINARY(16), 
    contract VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    calendar BINARY(16), 
    reopen_within BIGINT NOT NULL, 
    marks MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    level BIGINT NOT NULL, 
    reopened BIGINT NOT NULL, 
    received_at BIGINT NOT NULL, 
    answered_at BIGINT, 
    resolved_at BIGINT, 
    closed_at BIGINT, 
    response_took BIGINT, 
    response_kept VARCHAR(7) COLLATE utf8mb4_bin, 
    resolution_took BIGINT, 
    resolution_kept VARCHAR(7) COLLATE utf8mb4_bin, 
    id BINARY(16) NOT NULL, 
    kind VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    type VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    state VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    answer MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_inquiries PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_inquiries_kind CHECK (kind IN ('question', 'service')), 
    CONSTRAINT crm_ck_inquiries_resolution_kept CHECK (resolution_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_inquiries_response_kept CHECK (response_kept IN ('in_time', 'late')), 
    CONSTRAINT crm_ck_inquiries_state CHECK (state IN ('open', 'waiting', 'answered', 'closed'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_inquiries_customer ON crm_inquiries (customer, tenant);

CREATE INDEX crm_ix_inquiries_deal ON crm_inquiries (deal, tenant);

CREATE INDEX crm_ix_inquiries_due_at ON crm_inquiries (tenant, due_at);

CREATE INDEX crm_ix_inquiries_responsible_state ON crm_inquiries (responsible, state, tenant);

CREATE INDEX crm_ix_inquiries_state_due_at ON crm_inquiries (tenant, state, due_at);

CREATE TABLE crm_interactions (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    kind VARCHAR(7) COLLATE utf8mb4_bin NOT NULL, 
    direction VARCHAR(8) COLLATE utf8mb4_bin NOT NULL, 
    channel VARCHAR(9) COLLATE utf8mb4_bin, 
    customer BINARY(16) NOT NULL, 
    deal BINARY(16), 
    user BINARY(16), 
    happened_at BIGINT NOT NULL, 
    duration BIGINT, 
    outcome VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    subject VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    note MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    recording MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_interactions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_interactions_channel CHECK (channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms')), 
    CONSTRAINT crm_ck_interactions_direction CHECK (direction IN ('incoming', 'outgoing', 'internal')), 
    CONSTRAINT crm_ck_interactions_kind CHECK (kind IN ('call', 'mail', 'meeting', 'visit', 'chat', 'survey', 'note'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_interactions_customer_happened_at ON crm_interactions (customer, happened_at, tenant);

CREATE INDEX crm_ix_interactions_deal_happened_at ON crm_interactions (deal, happened_at, tenant);

CREATE INDEX crm_ix_interactions_user_happened_at ON crm_interactions (user, happened_at, tenant);

CREATE TABLE crm_maintenance (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    equipment BINARY(16) NOT NULL, 
    contract BINARY(16), 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    within BIGINT NOT NULL, 
    every_rule VARCHAR(200) COLLATE utf8mb4_bin, 
    every_zone VARCHAR(60) COLLATE utf8mb4_bin, 
    every_total BIGINT NOT NULL, 
    starts_at BIGINT NOT NULL, 
    number BIGINT NOT NULL, 
    next_at BIGINT, 
    next_total BIGINT NOT NULL, 
    task BINARY(16), 
    visits BIGINT NOT NULL, 
    active SMALLINT NOT NULL, 
    planned_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_maintenance PRIMARY KEY (tenant, id)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_maintenance_active_next_at ON crm_maintenance (tenant, active, next_at);

CREATE INDEX crm_ix_maintenance_contract ON crm_maintenance (contract, tenant);

CREATE INDEX crm_ix_maintenance_equipment ON crm_maintenance (equipment, tenant);

CREATE INDEX crm_ix_maintenance_task ON crm_maintenance (task, tenant);

CREATE TABLE crm_messages (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    topic VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    facts MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    channel VARCHAR(30) COLLATE utf8mb4_bin NOT NULL, 
    recipient BINARY(16), 
    address MEDIUMTEXT COLLATE utf8mb4_bin, 
    language VARCHAR(35) COLLATE utf8mb4_bin, 
    about VARCHAR(64) COLLATE utf8mb4_bin, 
    state VARCHAR(6) COLLATE utf8mb4_bin NOT NULL, 
    attempts BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    sent_at BIGINT, 
    problem VARCHAR(500) COLLATE utf8mb4_bin NOT NULL, 
    queued_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_messages PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_messages_state CHECK (state IN ('queued', 'leased', 'sent', 'dead'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_messages_about ON crm_messages (tenant, about);

CREATE INDEX crm_ix_messages_recipient ON crm_messages (recipient, tenant);

CREATE INDEX crm_ix_messages_state_due_at ON crm_messages (tenant, state, due_at);

CREATE TABLE crm_occurrences (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    kind VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    subject VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    occurs_at BIGINT NOT NULL, 
    due_at BIGINT NOT NULL, 
    state VARCHAR(7) COLLATE utf8mb4_bin NOT NULL, 
    attempts BIGINT NOT NULL, 
    done_at BIGINT, 
    problem VARCHAR(500) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_occurrences PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_occurrences_subject_kind_occurs_at UNIQUE (tenant, subject, kind, occurs_at), 
    CONSTRAINT crm_ck_occurrences_state CHECK (state IN ('pending', 'done', 'dead'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_occurrences_state_due_at ON crm_occurrences (tenant, state, due_at);

CREATE TABLE crm_questions (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    words MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    language VARCHAR(35) COLLATE utf8mb4_bin NOT NULL, 
    `key` VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    asked BIGINT NOT NULL, 
    state VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    article BINARY(16), 
    first_at BIGINT NOT NULL, 
    last_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_questions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_questions_key_language UNIQUE (tenant, `key`, language), 
    CONSTRAINT crm_ck_questions_state CHECK (state IN ('open', 'answered', 'dismissed'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_questions_article ON crm_questions (article, tenant);

CREATE INDEX crm_ix_questions_state_asked ON crm_questions (tenant, state, asked);

CREATE TABLE crm_receipts (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `key` VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
    story VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    fingerprint VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    result MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    expires_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_receipts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_receipts_key UNIQUE (tenant, `key`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_receipts_expires_at ON crm_receipts (tenant, expires_at);

CREATE TABLE crm_rings (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `key` VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    queue MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_rings PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_rings_key UNIQUE (tenant, `key`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_levels (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `rank` BIGINT NOT NULL, 
    targets MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    audience MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    calendar BINARY(16), 
    reopen_within BIGINT NOT NULL, 
    active SMALLINT NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_levels PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_levels_name UNIQUE (tenant, name)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_contracts (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    number VARCHAR(100) COLLATE utf8mb4_bin, 
    since INTEGER NOT NULL, 
    until INTEGER NOT NULL, 
    responds_within BIGINT, 
    visits BIGINT NOT NULL, 
    visits_made BIGINT NOT NULL, 
    parts_included SMALLINT NOT NULL, 
    price_minor BIGINT, 
    price_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    state VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    signed_at BIGINT NOT NULL, 
    n_covers SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_contracts PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_contracts_number UNIQUE (tenant, number), 
    CONSTRAINT crm_ck_contracts_state CHECK (state IN ('active', 'cancelled'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_contracts_customer ON crm_contracts (customer, tenant);

CREATE INDEX crm_ix_contracts_until ON crm_contracts (tenant, until);

CREATE TABLE crm_subscriptions (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    position BIGINT NOT NULL, 
    leased_until BIGINT NOT NULL, 
    failures BIGINT NOT NULL, 
    problem VARCHAR(500) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_subscriptions PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_subscriptions_name UNIQUE (tenant, name)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_tasks (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    kind VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    state VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    priority VARCHAR(6) COLLATE utf8mb4_bin NOT NULL, 
    assignee BINARY(16), 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    due_at BIGINT, 
    remind_at BIGINT, 
    deal BINARY(16), 
    customer BINARY(16), 
    complaint BINARY(16), 
    equipment BINARY(16), 
    note MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    result MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    repeats_rule VARCHAR(200) COLLATE utf8mb4_bin, 
    repeats_zone VARCHAR(60) COLLATE utf8mb4_bin, 
    number BIGINT NOT NULL, 
    starts_at BIGINT, 
    level BIGINT NOT NULL, 
    given_at BIGINT NOT NULL, 
    closed_at BIGINT, 
    CONSTRAINT crm_pk_tasks PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_ck_tasks_priority CHECK (priority IN ('low', 'normal', 'high', 'urgent')), 
    CONSTRAINT crm_ck_tasks_state CHECK (state IN ('open', 'done', 'cancelled'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_tasks_assignee_state_due_at ON crm_tasks (assignee, state, due_at, tenant);

CREATE INDEX crm_ix_tasks_complaint ON crm_tasks (complaint, tenant);

CREATE INDEX crm_ix_tasks_customer ON crm_tasks (customer, tenant);

CREATE INDEX crm_ix_tasks_deal ON crm_tasks (deal, tenant);

CREATE INDEX crm_ix_tasks_due_at ON crm_tasks (tenant, due_at);

CREATE INDEX crm_ix_tasks_equipment ON crm_tasks (equipment, tenant);

CREATE TABLE crm_teams (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    parent BINARY(16), 
    formed_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_teams PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_teams_name UNIQUE (tenant, name)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_templates (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    language VARCHAR(35) COLLATE utf8mb4_bin NOT NULL, 
    media_type VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    body MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    written_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_templates PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_templates_name_language UNIQUE (tenant, name, language)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_users (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    login VARCHAR(200) COLLATE utf8mb4_bin, 
    email VARCHAR(200) COLLATE utf8mb4_bin, 
    language VARCHAR(35) COLLATE utf8mb4_bin NOT NULL, 
    team BINARY(16), 
    supervisor BINARY(16), 
    absences MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    calendar BINARY(16), 
    active SMALLINT NOT NULL, 
    added_at BIGINT NOT NULL, 
    n_posts SMALLINT NOT NULL, 
    CONSTRAINT crm_pk_users PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_users_login UNIQUE (tenant, login)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_users_supervisor ON crm_users (supervisor, tenant);

CREATE INDEX crm_ix_users_team ON crm_users (team, tenant);

CREATE TABLE crm_calendars (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    version BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    name VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    zone VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    week MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    holidays MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    one_offs MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    country VARCHAR(10) COLLATE utf8mb4_bin NOT NULL, 
    created_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_calendars PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_calendars_name UNIQUE (tenant, name)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_appointment_attendees (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    appointment BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    user BINARY(16) NOT NULL, 
    CONSTRAINT crm_pk_appointment_attendees PRIMARY KEY (tenant, appointment, pos)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_appointment_attendees_user ON crm_appointment_attendees (user, tenant);

CREATE TABLE crm_article_editions (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    article BINARY(16) NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    number BIGINT NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    body MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_article_editions PRIMARY KEY (tenant, article, number)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_customer_contact_points (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    channel VARCHAR(9) COLLATE utf8mb4_bin NOT NULL, 
    value VARCHAR(254) COLLATE utf8mb4_bin NOT NULL, 
    label VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    shared SMALLINT NOT NULL, 
    claim VARCHAR(270) COLLATE utf8mb4_bin, 
    CONSTRAINT crm_pk_customer_contact_points PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_uq_customer_contact_points_claim UNIQUE (tenant, claim), 
    CONSTRAINT crm_ck_customer_contact_points_channel CHECK (channel IN ('phone', 'email', 'messenger', 'web', 'in_person', 'post', 'sms'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_customer_contact_points_value ON crm_customer_contact_points (tenant, value);

CREATE TABLE crm_customer_external_ids (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `system` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    `key` VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_customer_external_ids PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_uq_customer_external_ids_system_key UNIQUE (tenant, `system`, `key`)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_customer_relations (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    kind VARCHAR(11) COLLATE utf8mb4_bin NOT NULL, 
    other BINARY(16) NOT NULL, 
    note VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_customer_relations PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_ck_customer_relations_kind CHECK (kind IN ('employee_of', 'contact_of', 'owner_of', 'part_of', 'relative_of', 'referred_by', 'supplier_of'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_customer_relations_other ON crm_customer_relations (other, tenant);

CREATE TABLE crm_customer_roles (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    customer BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(10) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_customer_roles PRIMARY KEY (tenant, customer, pos), 
    CONSTRAINT crm_ck_customer_roles_role CHECK (role IN ('prospect', 'customer', 'partner', 'supplier', 'competitor'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_customer_roles_role ON crm_customer_roles (tenant, `role`);

CREATE TABLE crm_deal_lines (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    product VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    quantity BIGINT NOT NULL, 
    price_minor BIGINT NOT NULL, 
    price_currency VARCHAR(3) COLLATE utf8mb4_bin NOT NULL, 
    discount BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_lines PRIMARY KEY (tenant, deal, pos)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_deal_participants (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    who VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_deal_participants PRIMARY KEY (tenant, deal, pos)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_deal_participants_who ON crm_deal_participants (tenant, who);

CREATE TABLE crm_deal_attachments (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    document BINARY(16) NOT NULL, 
    title VARCHAR(200) COLLATE utf8mb4_bin NOT NULL, 
    attached_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_attachments PRIMARY KEY (tenant, deal, pos)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_deal_movements (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    deal BINARY(16) NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    number BIGINT NOT NULL, 
    kind VARCHAR(11) COLLATE utf8mb4_bin NOT NULL, 
    at BIGINT NOT NULL, 
    funnel BINARY(16) NOT NULL, 
    customer BINARY(16) NOT NULL, 
    stage_before VARCHAR(60) COLLATE utf8mb4_bin, 
    stage_after VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    place BIGINT NOT NULL, 
    furthest BIGINT NOT NULL, 
    visit BIGINT NOT NULL, 
    stayed BIGINT, 
    outcome_before VARCHAR(4) COLLATE utf8mb4_bin, 
    outcome_after VARCHAR(4) COLLATE utf8mb4_bin NOT NULL, 
    value_before_minor BIGINT, 
    value_before_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    value_after_minor BIGINT, 
    value_after_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    probability_before BIGINT, 
    probability_after BIGINT NOT NULL, 
    owner_before BINARY(16), 
    owner_after BINARY(16), 
    close_before INTEGER, 
    close_after INTEGER, 
    reason VARCHAR(100) COLLATE utf8mb4_bin, 
    opened_at BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_movements PRIMARY KEY (tenant, deal, number), 
    CONSTRAINT crm_ck_deal_movements_kind CHECK (kind IN ('opened', 'moved', 'won', 'lost', 'reopened', 'valued', 'reestimated', 'rescheduled', 'handed_over')), 
    CONSTRAINT crm_ck_deal_movements_outcome_after CHECK (outcome_after IN ('open', 'won', 'lost')), 
    CONSTRAINT crm_ck_deal_movements_outcome_before CHECK (outcome_before IN ('open', 'won', 'lost'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_equipment_log (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    equipment BINARY(16) NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    number BIGINT NOT NULL, 
    kind VARCHAR(14) COLLATE utf8mb4_bin NOT NULL, 
    at BIGINT NOT NULL, 
    reading BIGINT NOT NULL, 
    total BIGINT NOT NULL, 
    cause VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    note MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    cost_minor BIGINT, 
    cost_currency VARCHAR(3) COLLATE utf8mb4_bin, 
    task BINARY(16), 
    CONSTRAINT crm_pk_equipment_log PRIMARY KEY (tenant, equipment, number), 
    CONSTRAINT crm_ck_equipment_log_kind CHECK (kind IN ('installed', 'read', 'meter_replaced', 'failed', 'repaired', 'maintained', 'retired'))
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_contract_coverage (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    contract BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    equipment BINARY(16) NOT NULL, 
    CONSTRAINT crm_pk_contract_coverage PRIMARY KEY (tenant, contract, pos)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_contract_coverage_equipment ON crm_contract_coverage (equipment, tenant);

CREATE TABLE crm_user_posts (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    user BINARY(16) NOT NULL, 
    pos INTEGER NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    `role` VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_user_posts PRIMARY KEY (tenant, user, pos)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE INDEX crm_ix_user_posts_role ON crm_user_posts (tenant, `role`);

CREATE TABLE crm_events (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    id BINARY(16) NOT NULL, 
    position BIGINT, 
    subject VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    version BIGINT NOT NULL, 
    number BIGINT NOT NULL, 
    name VARCHAR(60) COLLATE utf8mb4_bin NOT NULL, 
    `schema` BIGINT NOT NULL, 
    at BIGINT NOT NULL, 
    actor VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    correlation VARCHAR(100) COLLATE utf8mb4_bin NOT NULL, 
    payload MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
    CONSTRAINT crm_pk_events PRIMARY KEY (tenant, id), 
    CONSTRAINT crm_uq_events_position UNIQUE (tenant, position)
)ENGINE=InnoDB CHARSET=utf8mb4;

CREATE TABLE crm_deal_counts (
    tenant VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, 
    funnel BINARY(16) NOT NULL, 
    place BIGINT NOT NULL, 
    currency VARCHAR(3) COLLATE utf8mb4_bin NOT NULL, 
    slot BIGINT NOT NULL, 
    deals BIGINT NOT NULL, 
    billions BIGINT NOT NULL, 
    minor BIGINT NOT NULL, 
    CONSTRAINT crm_pk_deal_counts PRIMARY KEY (tenant, funnel, place, currency, slot)
)ENGINE=InnoDB CHARSET=utf8mb4;

INSERT INTO crm_schema_version (version_num) VALUES ('0001');

