CREATE TABLE core.impact_assessment (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	title TEXT NOT NULL,
	purpose TEXT DEFAULT '' NOT NULL,
	risks TEXT DEFAULT '' NOT NULL,
	measures TEXT DEFAULT '' NOT NULL,
	held_on DATE,
	assessors TEXT DEFAULT '' NOT NULL,
	state TEXT DEFAULT 'open' NOT NULL,
	closed_at TIMESTAMP WITH TIME ZONE,
	closed_by_name TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_impact_assessment PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_impact_assessment_state CHECK (state IN ('open', 'closed')),
	CONSTRAINT fk_impact_assessment_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_impact_assessment_newest ON core.impact_assessment (tenant_id, id);

CREATE TABLE core.purge_record (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	data_class TEXT NOT NULL,
	cutoff TIMESTAMP WITH TIME ZONE NOT NULL,
	rows INTEGER NOT NULL,
	digest BYTEA NOT NULL,
	holds INTEGER DEFAULT '0' NOT NULL,
	purged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_purge_record PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_purge_record_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_purge_record_class ON core.purge_record (tenant_id, data_class, id);

CREATE INDEX ix_purge_record_newest ON core.purge_record (tenant_id, id);

CREATE TABLE core.retention_period (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	data_class TEXT NOT NULL,
	days INTEGER,
	reason TEXT DEFAULT '' NOT NULL,
	set_by_name TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_retention_period PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_retention_period_tenant_id_data_class UNIQUE (tenant_id, data_class),
	CONSTRAINT fk_retention_period_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE TABLE core.consent_purpose (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	code TEXT NOT NULL,
	edition INTEGER NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,
	is_sensitive BOOLEAN DEFAULT false NOT NULL,
	published_by_name TEXT DEFAULT '' NOT NULL,
	retired_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_consent_purpose PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_consent_purpose_code CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
	CONSTRAINT uq_consent_purpose_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_consent_purpose_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE UNIQUE INDEX uq_consent_purpose_version ON core.consent_purpose (tenant_id, coalesce(community_id, '00000000-0000-0000-0000-000000000000'::uuid), code, edition);

CREATE TABLE core.consent (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	resident_id UUID NOT NULL,
	code TEXT NOT NULL,
	edition INTEGER NOT NULL,
	text_hash BYTEA NOT NULL,
	act TEXT NOT NULL,
	channel TEXT DEFAULT 'portal' NOT NULL,
	guardian_id UUID,
	recorded_by UUID,
	file_id UUID,
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_consent PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_consent_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT ck_consent_act CHECK (act IN ('given', 'withdrawn')),
	CONSTRAINT ck_consent_channel CHECK (channel IN ('portal', 'paper')),
	CONSTRAINT uq_consent_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_consent_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_consent_resident ON core.consent (tenant_id, community_id, resident_id, code, id);

CREATE TABLE core.legal_hold (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	kind TEXT NOT NULL,
	resident_id UUID,
	data_class TEXT DEFAULT '' NOT NULL,
	reason TEXT NOT NULL,
	set_by UUID,
	set_by_name TEXT DEFAULT '' NOT NULL,
	until DATE,
	lifted_at TIMESTAMP WITH TIME ZONE,
	lifted_by_name TEXT DEFAULT '' NOT NULL,
	lift_reason TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_legal_hold PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_legal_hold_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT ck_legal_hold_kind CHECK (kind IN ('person', 'community', 'data_class')),
	CONSTRAINT ck_legal_hold_data_class CHECK ((kind = 'data_class') = (data_class <> '')),
	CONSTRAINT ck_legal_hold_place CHECK ((kind = 'data_class') = (community_id IS NULL)),
	CONSTRAINT ck_legal_hold_person CHECK ((kind = 'person') = (resident_id IS NOT NULL)),
	CONSTRAINT uq_legal_hold_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_legal_hold_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_legal_hold_newest ON core.legal_hold (tenant_id, id);

CREATE TABLE core.number_reveal (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	resident_id UUID NOT NULL,
	field TEXT NOT NULL,
	viewer_id UUID,
	viewer_name TEXT NOT NULL,
	viewer_role TEXT DEFAULT '' NOT NULL,
	office TEXT DEFAULT '' NOT NULL,
	purpose TEXT NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_number_reveal PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_number_reveal_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT uq_number_reveal_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_number_reveal_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_number_reveal_resident ON core.number_reveal (tenant_id, community_id, resident_id, at);

CREATE INDEX ix_number_reveal_viewer ON core.number_reveal (tenant_id, viewer_id, at);

CREATE TABLE core.privacy_request (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	resident_id UUID NOT NULL,
	kind TEXT NOT NULL,
	state TEXT DEFAULT 'open' NOT NULL,
	channel TEXT DEFAULT 'portal' NOT NULL,
	asked_by UUID,
	content_ct BYTEA,
	due_on DATE NOT NULL,
	identity_check TEXT DEFAULT '' NOT NULL,
	decision_reason TEXT DEFAULT '' NOT NULL,
	decided_by UUID,
	decided_by_name TEXT DEFAULT '' NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE,
	done_at TIMESTAMP WITH TIME ZONE,
	job_id UUID,
	file_id UUID,
	outcome JSONB,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_privacy_request PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_privacy_request_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT ck_privacy_request_kind CHECK (kind IN ('copy', 'correction', 'erasure')),
	CONSTRAINT ck_privacy_request_state CHECK (state IN ('open', 'working', 'done', 'refused', 'withdrawn')),
	CONSTRAINT ck_privacy_request_channel CHECK (channel IN ('portal', 'office')),
	CONSTRAINT uq_privacy_request_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_privacy_request_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_privacy_request_newest ON core.privacy_request (tenant_id, community_id, id);

CREATE INDEX ix_privacy_request_resident ON core.privacy_request (tenant_id, community_id, resident_id, id);

CREATE UNIQUE INDEX uq_privacy_request_open ON core.privacy_request (tenant_id, community_id, resident_id, kind) WHERE state IN ('open', 'working');

ALTER TABLE core.impact_assessment ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.impact_assessment FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.impact_assessment AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.impact_assessment AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.impact_assessment AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.impact_assessment AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.impact_assessment AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON core.impact_assessment TO linli_app;
ALTER TABLE core.purge_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.purge_record FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.purge_record AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.purge_record AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.purge_record AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.purge_record AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.purge_record AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT ON core.purge_record TO linli_app;
ALTER TABLE core.retention_period ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.retention_period FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.retention_period AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.retention_period AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.retention_period AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.retention_period AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.retention_period AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON core.retention_period TO linli_app;
ALTER TABLE core.consent_purpose ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.consent_purpose FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.consent_purpose AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.consent_purpose AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.consent_purpose AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.consent_purpose AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.consent_purpose AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.consent_purpose AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.consent_purpose TO linli_app;
ALTER TABLE core.consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.consent FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.consent AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.consent AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.consent AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.consent AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.consent AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.consent AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, DELETE ON core.consent TO linli_app;
ALTER TABLE core.legal_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.legal_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.legal_hold AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.legal_hold AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.legal_hold AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.legal_hold AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.legal_hold AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.legal_hold AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.legal_hold TO linli_app;
ALTER TABLE core.number_reveal ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.number_reveal FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.number_reveal AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.number_reveal AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.number_reveal AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.number_reveal AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.number_reveal AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.number_reveal AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, DELETE ON core.number_reveal TO linli_app;
ALTER TABLE core.privacy_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.privacy_request FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.privacy_request AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.privacy_request AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.privacy_request AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.privacy_request AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.privacy_request AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.privacy_request AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.privacy_request TO linli_app;
