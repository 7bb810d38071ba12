CREATE TABLE core.account (
	id UUID NOT NULL,
	user_name TEXT,
	phone_bi BYTEA,
	phone_ct BYTEA,
	phone_mask TEXT DEFAULT '' NOT NULL,
	display_name TEXT NOT NULL,
	password_hash TEXT,
	password_set_at TIMESTAMP WITH TIME ZONE,
	must_change_password BOOLEAN DEFAULT false NOT NULL,
	totp_ct BYTEA,
	totp_last_step INTEGER,
	totp_enrolled_at TIMESTAMP WITH TIME ZONE,
	recovery_hashes JSONB DEFAULT '[]' NOT NULL,
	locale TEXT DEFAULT 'zh_CN' NOT NULL,
	large_type BOOLEAN DEFAULT false NOT NULL,
	status TEXT DEFAULT 'active' NOT NULL,
	is_platform_operator BOOLEAN DEFAULT false NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_account PRIMARY KEY (id),
	CONSTRAINT ck_account_status CHECK (status IN ('active', 'disabled')),
	CONSTRAINT uq_account_user_name UNIQUE (user_name),
	CONSTRAINT uq_account_phone_bi UNIQUE (phone_bi)
);

CREATE TABLE core.calendar_day (
	day DATE NOT NULL,
	is_workday BOOLEAN NOT NULL,
	name TEXT NOT NULL,
	source TEXT NOT NULL,
	CONSTRAINT pk_calendar_day PRIMARY KEY (day)
);

CREATE TABLE core.division (
	code TEXT NOT NULL,
	name TEXT NOT NULL,
	parent_code TEXT NOT NULL,
	level SMALLINT NOT NULL,
	CONSTRAINT pk_division PRIMARY KEY (code)
);

CREATE INDEX ix_division_parent_code ON core.division (parent_code);

CREATE TABLE core.domain (
	host TEXT NOT NULL,
	tenant_id UUID NOT NULL,
	CONSTRAINT pk_domain PRIMARY KEY (host)
);

CREATE TABLE core.installed_plugin (
	name TEXT NOT NULL,
	version TEXT NOT NULL,
	migrated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	fault TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_installed_plugin PRIMARY KEY (name)
);

CREATE TABLE core.job_doorbell (
	tenant_id UUID NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_job_doorbell PRIMARY KEY (tenant_id)
);

CREATE TABLE core.one_time_code (
	id UUID NOT NULL,
	purpose TEXT NOT NULL,
	subject_bi BYTEA NOT NULL,
	code_hash BYTEA NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	tries_left SMALLINT DEFAULT '5' NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_one_time_code PRIMARY KEY (id)
);

CREATE INDEX ix_one_time_code_subject ON core.one_time_code (purpose, subject_bi);

CREATE TABLE core.tenant (
	id UUID NOT NULL,
	code TEXT NOT NULL,
	slug TEXT NOT NULL,
	name TEXT NOT NULL,
	district_code TEXT NOT NULL,
	district_name TEXT DEFAULT '' NOT NULL,
	status TEXT DEFAULT 'active' NOT NULL,
	vanished_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_tenant PRIMARY KEY (id),
	CONSTRAINT uq_tenant_code UNIQUE (code),
	CONSTRAINT uq_tenant_slug UNIQUE (slug)
);

CREATE TABLE core.throttle (
	bucket BYTEA NOT NULL,
	count INTEGER NOT NULL,
	window_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_throttle PRIMARY KEY (bucket)
);

CREATE TABLE core.account_tenant (
	account_id UUID NOT NULL,
	tenant_id UUID NOT NULL,
	CONSTRAINT pk_account_tenant PRIMARY KEY (account_id, tenant_id),
	CONSTRAINT fk_account_tenant_account_id FOREIGN KEY(account_id) REFERENCES core.account (id),
	CONSTRAINT fk_account_tenant_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE TABLE core.api_token (
	id UUID NOT NULL,
	token_hash BYTEA NOT NULL,
	hint TEXT NOT NULL,
	account_id UUID NOT NULL,
	tenant_id UUID NOT NULL,
	name TEXT NOT NULL,
	scopes TEXT[] NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	revoked_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_api_token PRIMARY KEY (id),
	CONSTRAINT uq_api_token_token_hash UNIQUE (token_hash),
	CONSTRAINT fk_api_token_account_id FOREIGN KEY(account_id) REFERENCES core.account (id),
	CONSTRAINT fk_api_token_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_api_token_account ON core.api_token (account_id);

CREATE TABLE core.applied_manifest (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	applied_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	digest BYTEA NOT NULL,
	content JSONB NOT NULL,
	CONSTRAINT pk_applied_manifest PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_applied_manifest_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_applied_manifest_at ON core.applied_manifest (tenant_id, applied_at);

CREATE TABLE core.audit_head (
	tenant_id UUID NOT NULL,
	n BIGINT DEFAULT '0' NOT NULL,
	hash BYTEA NOT NULL,
	moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_audit_head PRIMARY KEY (tenant_id),
	CONSTRAINT fk_audit_head_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE TABLE core.community (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	code TEXT NOT NULL,
	slug TEXT NOT NULL,
	name TEXT NOT NULL,
	register_name TEXT NOT NULL,
	status TEXT DEFAULT 'active' NOT NULL,
	office_phone TEXT DEFAULT '' NOT NULL,
	office_address TEXT DEFAULT '' NOT NULL,
	vanished_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_community PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_community_tenant_id_code UNIQUE (tenant_id, code),
	CONSTRAINT uq_community_tenant_id_slug UNIQUE (tenant_id, slug),
	CONSTRAINT ck_community_status CHECK (status IN ('active', 'vanished')),
	CONSTRAINT fk_community_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE TABLE core.data_key (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	data_class TEXT NOT NULL,
	version SMALLINT NOT NULL,
	wrapped BYTEA NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_data_key PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_data_key_tenant_id_data_class_version UNIQUE (tenant_id, data_class, version),
	CONSTRAINT fk_data_key_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE TABLE core.plugin_allowance (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	plugin TEXT NOT NULL,
	allowed_by UUID,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_plugin_allowance PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_plugin_allowance_tenant_id_plugin UNIQUE (tenant_id, plugin),
	CONSTRAINT fk_plugin_allowance_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE TABLE core.session (
	id UUID NOT NULL,
	token_hash BYTEA NOT NULL,
	account_id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE DEFAULT now() + interval '30 days' NOT NULL,
	totp_at TIMESTAMP WITH TIME ZONE,
	ip TEXT DEFAULT '' NOT NULL,
	user_agent TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_session PRIMARY KEY (id),
	CONSTRAINT uq_session_token_hash UNIQUE (token_hash),
	CONSTRAINT fk_session_account_id FOREIGN KEY(account_id) REFERENCES core.account (id)
);

CREATE INDEX ix_session_account ON core.session (account_id);

CREATE TABLE core.audit_entry (
	tenant_id UUID NOT NULL,
	n BIGINT NOT NULL,
	id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	community_id UUID,
	actor_id UUID,
	actor_name TEXT NOT NULL,
	action TEXT NOT NULL,
	subject_type TEXT NOT NULL,
	subject_id TEXT NOT NULL,
	ip TEXT NOT NULL,
	request_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	before JSONB,
	after JSONB,
	prev_hash BYTEA NOT NULL,
	hash BYTEA NOT NULL,
	CONSTRAINT pk_audit_entry PRIMARY KEY (tenant_id, n),
	CONSTRAINT fk_audit_entry_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id),
	CONSTRAINT fk_audit_entry_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id),
	CONSTRAINT uq_audit_entry_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id)
);

CREATE INDEX ix_audit_entry_at ON core.audit_entry (tenant_id, at);

CREATE INDEX ix_audit_entry_subject ON core.audit_entry (tenant_id, subject_type, subject_id);

CREATE TABLE core.community_summary (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compounds INTEGER DEFAULT '0' NOT NULL,
	buildings INTEGER DEFAULT '0' NOT NULL,
	dwellings INTEGER DEFAULT '0' NOT NULL,
	households INTEGER DEFAULT '0' NOT NULL,
	residents INTEGER DEFAULT '0' NOT NULL,
	counted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_community_summary PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_community_summary_tenant_id_community_id UNIQUE (tenant_id, community_id),
	CONSTRAINT uq_community_summary_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_community_summary_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE TABLE core.compound (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	name TEXT NOT NULL,
	kind TEXT DEFAULT 'other' NOT NULL,
	is_old BOOLEAN DEFAULT false NOT NULL,
	condition TEXT DEFAULT '' NOT NULL,
	address TEXT DEFAULT '' NOT NULL,
	built_year INTEGER,
	management TEXT DEFAULT 'none' NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_compound PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_compound_tenant_id_community_id_name UNIQUE (tenant_id, community_id, name),
	CONSTRAINT ck_compound_kind CHECK (kind IN ('commodity', 'unit_dormitory', 'affordable', 'relocation', 'mixed', 'other')),
	CONSTRAINT uq_compound_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_compound_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE TABLE core.file (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	owner TEXT NOT NULL,
	subject_type TEXT DEFAULT '' NOT NULL,
	subject_id UUID,
	name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	size BIGINT NOT NULL,
	sha256 BYTEA NOT NULL,
	storage TEXT DEFAULT 'local' NOT NULL,
	storage_key TEXT NOT NULL,
	is_public BOOLEAN DEFAULT 'false' NOT NULL,
	created_by UUID,
	expires_at TIMESTAMP WITH TIME ZONE,
	removed_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_file PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_file_size CHECK (size >= 0),
	CONSTRAINT uq_file_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_file_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_file_subject ON core.file (tenant_id, owner, subject_type, subject_id);

CREATE TABLE core.job (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	task TEXT NOT NULL,
	owner TEXT NOT NULL,
	args JSONB DEFAULT '{}' NOT NULL,
	dedup_key TEXT,
	state TEXT DEFAULT 'queued' NOT NULL,
	attempts SMALLINT DEFAULT '0' NOT NULL,
	max_attempts SMALLINT DEFAULT '5' NOT NULL,
	run_after TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	leased_until TIMESTAMP WITH TIME ZONE,
	done INTEGER DEFAULT '0' NOT NULL,
	total INTEGER DEFAULT '0' NOT NULL,
	note TEXT DEFAULT '' NOT NULL,
	result JSONB,
	error TEXT DEFAULT '' NOT NULL,
	created_by UUID,
	created_by_name TEXT DEFAULT '' NOT NULL,
	finished_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_job PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_job_state CHECK (state IN ('queued', 'running', 'done', 'failed', 'parked', 'cancelled')),
	CONSTRAINT uq_job_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_job_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_job_at ON core.job (tenant_id, created_at);

CREATE INDEX ix_job_due ON core.job (tenant_id, run_after) WHERE state IN ('queued', 'running');

CREATE UNIQUE INDEX uq_job_dedup_key ON core.job (tenant_id, community_id, dedup_key) NULLS NOT DISTINCT WHERE dedup_key IS NOT NULL;

CREATE TABLE core.organisation (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	name TEXT NOT NULL,
	kind TEXT DEFAULT 'other' NOT NULL,
	credit_code TEXT DEFAULT '' NOT NULL,
	contact TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_organisation PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_organisation_tenant_id_community_id_name UNIQUE (tenant_id, community_id, name),
	CONSTRAINT ck_organisation_kind CHECK (kind IN ('title_unit', 'developer', 'company', 'other')),
	CONSTRAINT uq_organisation_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_organisation_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE TABLE core.resident (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	name TEXT NOT NULL,
	name_pinyin TEXT DEFAULT '' NOT NULL,
	gender TEXT DEFAULT '' NOT NULL,
	born_on DATE,
	phone_ct BYTEA,
	phone_bi BYTEA,
	phone_mask TEXT DEFAULT '' NOT NULL,
	id_number_ct BYTEA,
	id_number_bi BYTEA,
	id_number_mask TEXT DEFAULT '' NOT NULL,
	is_migrant BOOLEAN DEFAULT false NOT NULL,
	remarks TEXT DEFAULT '' NOT NULL,
	account_id UUID,
	merged_into UUID,
	erased_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_resident PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_resident_gender CHECK (gender IN ('', 'male', 'female')),
	CONSTRAINT uq_resident_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_resident_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_resident_account ON core.resident (tenant_id, account_id);

CREATE INDEX ix_resident_name ON core.resident (tenant_id, community_id, name_pinyin, id);

CREATE INDEX ix_resident_phone ON core.resident (tenant_id, community_id, phone_bi);

CREATE UNIQUE INDEX uq_resident_id_number ON core.resident (tenant_id, community_id, id_number_bi) WHERE id_number_bi IS NOT NULL AND merged_into IS NULL;

CREATE TABLE core.building (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compound_id UUID NOT NULL,
	name TEXT NOT NULL,
	sort_key TEXT DEFAULT '' NOT NULL,
	floors INTEGER,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_building PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_building_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT uq_building_tenant_id_community_id_compound_id_id UNIQUE (tenant_id, community_id, compound_id, id),
	CONSTRAINT uq_building_tenant_id_community_id_compound_id_name UNIQUE (tenant_id, community_id, compound_id, name),
	CONSTRAINT uq_building_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_building_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE TABLE core.plugin_enablement (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compound_id UUID,
	plugin TEXT NOT NULL,
	enabled_by UUID,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_plugin_enablement PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_plugin_enablement_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT uq_plugin_enablement_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_plugin_enablement_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE UNIQUE INDEX uq_plugin_enablement_place ON core.plugin_enablement (tenant_id, community_id, coalesce(compound_id, '00000000-0000-0000-0000-000000000000'::uuid), plugin);

CREATE TABLE core.roster_import (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compound_id UUID NOT NULL,
	file_id UUID NOT NULL,
	file_name TEXT NOT NULL,
	file_format TEXT NOT NULL,
	job_id UUID,
	created_by UUID,
	state TEXT DEFAULT 'uploaded' NOT NULL,
	mapping JSONB DEFAULT '{}' NOT NULL,
	rows_total INTEGER DEFAULT '0' NOT NULL,
	rows_checked INTEGER DEFAULT '0' NOT NULL,
	rows_faulty INTEGER DEFAULT '0' NOT NULL,
	rows_written INTEGER DEFAULT '0' NOT NULL,
	summary JSONB DEFAULT '{}' NOT NULL,
	message TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_roster_import PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_roster_import_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT ck_roster_import_state CHECK (state IN ('uploaded', 'checking', 'faulty', 'ready', 'committing', 'committed', 'failed', 'discarded')),
	CONSTRAINT uq_roster_import_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_roster_import_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_roster_import_at ON core.roster_import (tenant_id, community_id, created_at);

CREATE TABLE core.setting (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	compound_id UUID,
	owner TEXT NOT NULL,
	key TEXT NOT NULL,
	value JSONB NOT NULL,
	locked BOOLEAN DEFAULT false NOT NULL,
	source TEXT DEFAULT 'portal' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_setting PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_setting_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT ck_setting_place CHECK (compound_id IS NULL OR community_id IS NOT NULL),
	CONSTRAINT ck_setting_source CHECK (source IN ('manifest', 'portal', 'command')),
	CONSTRAINT uq_setting_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_setting_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE UNIQUE INDEX uq_setting_place ON core.setting (tenant_id, coalesce(community_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(compound_id, '00000000-0000-0000-0000-000000000000'::uuid), owner, key);

CREATE TABLE core.invitation (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	compound_id UUID,
	building_id UUID,
	resident_id UUID,
	role TEXT NOT NULL,
	name TEXT NOT NULL,
	phone_ct BYTEA,
	phone_bi BYTEA,
	phone_mask TEXT DEFAULT '' NOT NULL,
	user_name TEXT DEFAULT '' NOT NULL,
	starts_on DATE,
	ends_on DATE,
	token_hash BYTEA NOT NULL,
	invited_by UUID,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	accepted_at TIMESTAMP WITH TIME ZONE,
	accepted_by UUID,
	revoked_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_invitation PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_invitation_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT fk_invitation_tenant_id_community_id_building_id FOREIGN KEY(tenant_id, community_id, building_id) REFERENCES core.building (tenant_id, community_id, id),
	CONSTRAINT ck_invitation_place CHECK (compound_id IS NULL OR community_id IS NOT NULL),
	CONSTRAINT ck_invitation_building CHECK (building_id IS NULL OR compound_id IS NOT NULL),
	CONSTRAINT uq_invitation_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_invitation_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_invitation_at ON core.invitation (tenant_id, created_at);

CREATE INDEX ix_invitation_token ON core.invitation (tenant_id, token_hash);

CREATE TABLE core.role_grant (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	account_id UUID NOT NULL,
	account_name TEXT NOT NULL,
	role TEXT NOT NULL,
	compound_id UUID,
	building_id UUID,
	starts_on DATE NOT NULL,
	ends_on DATE,
	granted_by UUID,
	reason TEXT NOT NULL,
	revoked_at TIMESTAMP WITH TIME ZONE,
	revoked_by UUID,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_role_grant PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_role_grant_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT fk_role_grant_tenant_id_community_id_building_id FOREIGN KEY(tenant_id, community_id, building_id) REFERENCES core.building (tenant_id, community_id, id),
	CONSTRAINT ck_role_grant_place CHECK (compound_id IS NULL OR community_id IS NOT NULL),
	CONSTRAINT ck_role_grant_building CHECK (building_id IS NULL OR compound_id IS NOT NULL),
	CONSTRAINT ck_role_grant_term CHECK (ends_on IS NULL OR ends_on >= starts_on),
	CONSTRAINT uq_role_grant_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_role_grant_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_role_grant_account ON core.role_grant (tenant_id, account_id);

CREATE TABLE core.roster_row (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	import_id UUID NOT NULL,
	n INTEGER NOT NULL,
	cells_ct BYTEA NOT NULL,
	faults JSONB,
	effect TEXT DEFAULT '' NOT NULL,
	door_key BYTEA,
	staged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_roster_row PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_roster_row_tenant_id_community_id_import_id FOREIGN KEY(tenant_id, community_id, import_id) REFERENCES core.roster_import (tenant_id, community_id, id) ON DELETE CASCADE,
	CONSTRAINT uq_roster_row_tenant_id_community_id_import_id_n UNIQUE (tenant_id, community_id, import_id, n),
	CONSTRAINT uq_roster_row_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_roster_row_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_roster_row_door ON core.roster_row (tenant_id, community_id, import_id, door_key, n);

CREATE INDEX ix_roster_row_faulty ON core.roster_row (tenant_id, community_id, import_id, n) WHERE faults IS NOT NULL;

CREATE TABLE core.unit_entrance (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	building_id UUID NOT NULL,
	name TEXT NOT NULL,
	sort_key TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_unit_entrance PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_unit_entrance_tenant_id_community_id_building_id FOREIGN KEY(tenant_id, community_id, building_id) REFERENCES core.building (tenant_id, community_id, id),
	CONSTRAINT uq_unit_entrance_tenant_id_community_id_building_id_name UNIQUE (tenant_id, community_id, building_id, name),
	CONSTRAINT uq_unit_entrance_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_unit_entrance_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE TABLE core.dwelling (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compound_id UUID NOT NULL,
	building_id UUID NOT NULL,
	unit_entrance_id UUID,
	door TEXT NOT NULL,
	sort_key TEXT DEFAULT '' NOT NULL,
	label TEXT DEFAULT '' NOT NULL,
	floor SMALLINT,
	exclusive_area NUMERIC(12, 2),
	area_basis TEXT DEFAULT 'unknown' NOT NULL,
	usage TEXT DEFAULT 'residential' NOT NULL,
	delivery TEXT DEFAULT 'delivered' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_dwelling PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_dwelling_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT fk_dwelling_tenant_id_community_id_building_id FOREIGN KEY(tenant_id, community_id, building_id) REFERENCES core.building (tenant_id, community_id, id),
	CONSTRAINT fk_dwelling_tenant_id_community_id_unit_entrance_id FOREIGN KEY(tenant_id, community_id, unit_entrance_id) REFERENCES core.unit_entrance (tenant_id, community_id, id),
	CONSTRAINT ck_dwelling_usage CHECK (usage IN ('residential', 'commercial', 'parking', 'storage', 'other')),
	CONSTRAINT ck_dwelling_area_basis CHECK (area_basis IN ('registry', 'surveyed', 'contract', 'unknown')),
	CONSTRAINT ck_dwelling_exclusive_area CHECK (exclusive_area IS NULL OR exclusive_area > 0),
	CONSTRAINT ck_dwelling_delivery CHECK (delivery IN ('delivered', 'sold_undelivered', 'unsold')),
	CONSTRAINT uq_dwelling_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_dwelling_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_dwelling_community ON core.dwelling (tenant_id, community_id, sort_key, id);

CREATE INDEX ix_dwelling_place ON core.dwelling (tenant_id, compound_id, sort_key, id);

CREATE UNIQUE INDEX uq_dwelling_door ON core.dwelling (tenant_id, community_id, building_id, coalesce(unit_entrance_id, '00000000-0000-0000-0000-000000000000'::uuid), door);

CREATE TABLE core.household (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	dwelling_id UUID NOT NULL,
	tenure TEXT DEFAULT 'owner' NOT NULL,
	started_on DATE,
	ended_on DATE,
	pets TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_household PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_household_tenant_id_community_id_dwelling_id FOREIGN KEY(tenant_id, community_id, dwelling_id) REFERENCES core.dwelling (tenant_id, community_id, id),
	CONSTRAINT ck_household_tenure CHECK (tenure IN ('owner', 'lease', 'public_rent', 'other')),
	CONSTRAINT ck_household_span CHECK (ended_on IS NULL OR started_on IS NULL OR ended_on >= started_on),
	CONSTRAINT uq_household_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_household_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_household_dwelling ON core.household (tenant_id, community_id, dwelling_id);

CREATE TABLE core.ownership (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	dwelling_id UUID NOT NULL,
	resident_id UUID,
	organisation_id UUID,
	share_numerator INTEGER DEFAULT '1' NOT NULL,
	share_denominator INTEGER DEFAULT '1' NOT NULL,
	basis TEXT DEFAULT 'registry' NOT NULL,
	is_representative BOOLEAN DEFAULT false NOT NULL,
	started_on DATE,
	ended_on DATE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_ownership PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_ownership_tenant_id_community_id_dwelling_id FOREIGN KEY(tenant_id, community_id, dwelling_id) REFERENCES core.dwelling (tenant_id, community_id, id),
	CONSTRAINT fk_ownership_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT fk_ownership_tenant_id_community_id_organisation_id FOREIGN KEY(tenant_id, community_id, organisation_id) REFERENCES core.organisation (tenant_id, community_id, id),
	CONSTRAINT ck_ownership_one_owner CHECK (num_nonnulls(resident_id, organisation_id) = 1),
	CONSTRAINT ck_ownership_share CHECK (share_numerator > 0 AND share_numerator <= share_denominator),
	CONSTRAINT ck_ownership_span CHECK (ended_on IS NULL OR started_on IS NULL OR ended_on >= started_on),
	CONSTRAINT ck_ownership_basis CHECK (basis IN ('registry', 'purchase', 'inheritance', 'court', 'relocation', 'unit_housing')),
	CONSTRAINT uq_ownership_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_ownership_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_ownership_dwelling ON core.ownership (tenant_id, community_id, dwelling_id);

CREATE INDEX ix_ownership_organisation ON core.ownership (tenant_id, community_id, organisation_id);

CREATE INDEX ix_ownership_resident ON core.ownership (tenant_id, community_id, resident_id);

CREATE TABLE core.household_member (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	household_id UUID NOT NULL,
	resident_id UUID NOT NULL,
	relation TEXT DEFAULT 'other' NOT NULL,
	moved_in_on DATE,
	moved_out_on DATE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_household_member PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_household_member_tenant_id_community_id_household_id FOREIGN KEY(tenant_id, community_id, household_id) REFERENCES core.household (tenant_id, community_id, id),
	CONSTRAINT fk_household_member_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT ck_household_member_span CHECK (moved_out_on IS NULL OR moved_in_on IS NULL OR moved_out_on >= moved_in_on),
	CONSTRAINT ck_household_member_relation CHECK (relation IN ('head', 'spouse', 'child', 'parent', 'relative', 'lessee', 'other')),
	CONSTRAINT uq_household_member_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_household_member_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_household_member_household ON core.household_member (tenant_id, community_id, household_id);

CREATE INDEX ix_household_member_resident ON core.household_member (tenant_id, community_id, resident_id);
