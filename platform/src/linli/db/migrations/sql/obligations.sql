CREATE TABLE core.obligation_exemption (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compound_id UUID,
	obligation TEXT NOT NULL,
	starts_on DATE NOT NULL,
	ends_on DATE NOT NULL,
	reason TEXT NOT NULL,
	given_by_name TEXT DEFAULT '' NOT NULL,
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	withdrawn_by_name TEXT DEFAULT '' NOT NULL,
	withdraw_reason TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_obligation_exemption PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_obligation_exemption_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT ck_obligation_exemption_days CHECK (ends_on >= starts_on),
	CONSTRAINT ck_obligation_exemption_reason CHECK (reason <> ''),
	CONSTRAINT uq_obligation_exemption_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_obligation_exemption_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_obligation_exemption_newest ON core.obligation_exemption (tenant_id, id);

CREATE UNIQUE INDEX uq_obligation_exemption_day ON core.obligation_exemption (tenant_id, community_id, compound_id, obligation, starts_on) NULLS NOT DISTINCT WHERE withdrawn_at IS NULL;

ALTER TABLE core.obligation_exemption ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.obligation_exemption FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.obligation_exemption AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.obligation_exemption AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.obligation_exemption AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.obligation_exemption AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.obligation_exemption AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.obligation_exemption AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE ON core.obligation_exemption TO linli_app;

CREATE TABLE core.obligation_record (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	compound_id UUID,
	obligation TEXT NOT NULL,
	period TEXT NOT NULL,
	occasion TEXT DEFAULT '' NOT NULL,
	first_day DATE NOT NULL,
	last_day DATE NOT NULL,
	due_on DATE NOT NULL,
	state TEXT NOT NULL,
	reason TEXT DEFAULT '' NOT NULL,
	fulfilled_on DATE,
	is_partial BOOLEAN DEFAULT false NOT NULL,
	evidence JSONB DEFAULT '[]' NOT NULL,
	found INTEGER DEFAULT 0 NOT NULL,
	rules JSONB DEFAULT '[]' NOT NULL,
	exemption_id UUID,
	is_shown BOOLEAN DEFAULT false NOT NULL,
	checked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	settled_at TIMESTAMP WITH TIME ZONE,
	due_told_at TIMESTAMP WITH TIME ZONE,
	overdue_told_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_obligation_record PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_obligation_record_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT fk_obligation_record_tenant_id_community_id_exemption_id FOREIGN KEY(tenant_id, community_id, exemption_id) REFERENCES core.obligation_exemption (tenant_id, community_id, id),
	CONSTRAINT ck_obligation_record_state CHECK (state IN ('overdue', 'unknown', 'due', 'exempted', 'late', 'fulfilled', 'not_applicable')),
	CONSTRAINT ck_obligation_record_days CHECK (first_day <= last_day),
	CONSTRAINT uq_obligation_record_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_obligation_record_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_obligation_record_open ON core.obligation_record (tenant_id, community_id) WHERE settled_at IS NULL;

CREATE INDEX ix_obligation_record_place ON core.obligation_record (tenant_id, compound_id, obligation, due_on);

CREATE UNIQUE INDEX uq_obligation_record_period ON core.obligation_record (tenant_id, community_id, compound_id, obligation, period) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX uq_obligation_record_shown ON core.obligation_record (tenant_id, community_id, compound_id, obligation) NULLS NOT DISTINCT WHERE is_shown;

ALTER TABLE core.obligation_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.obligation_record FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.obligation_record AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.obligation_record AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.obligation_record AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.obligation_record AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.obligation_record AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.obligation_record AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.obligation_record TO linli_app;

CREATE TABLE core.obligation_tally (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	obligation TEXT NOT NULL,
	first_day DATE NOT NULL,
	last_day DATE NOT NULL,
	overdue INTEGER DEFAULT 0 NOT NULL,
	unknown INTEGER DEFAULT 0 NOT NULL,
	due INTEGER DEFAULT 0 NOT NULL,
	exempted INTEGER DEFAULT 0 NOT NULL,
	late INTEGER DEFAULT 0 NOT NULL,
	fulfilled INTEGER DEFAULT 0 NOT NULL,
	not_applicable INTEGER DEFAULT 0 NOT NULL,
	CONSTRAINT pk_obligation_tally PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_obligation_tally_tenant_id_community_id_obligation_f_fc11 UNIQUE (tenant_id, community_id, obligation, first_day, last_day),
	CONSTRAINT uq_obligation_tally_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_obligation_tally_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

ALTER TABLE core.obligation_tally ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.obligation_tally FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.obligation_tally AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.obligation_tally AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.obligation_tally AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.obligation_tally AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.obligation_tally AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.obligation_tally AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.obligation_tally TO linli_app;
