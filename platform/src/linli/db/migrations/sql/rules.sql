CREATE TABLE core.rule_override (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	compound_id UUID,
	key TEXT NOT NULL,
	value JSONB NOT NULL,
	starts_on DATE NOT NULL,
	ends_on DATE,
	reason TEXT NOT NULL,
	decision TEXT DEFAULT '' NOT NULL,
	decided_on DATE,
	set_by_name TEXT DEFAULT '' NOT NULL,
	withdrawn_on DATE,
	withdrawn_by_name TEXT DEFAULT '' NOT NULL,
	withdraw_reason TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_rule_override PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_rule_override_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT ck_rule_override_place CHECK ((community_id IS NULL) = (compound_id IS NULL)),
	CONSTRAINT ck_rule_override_days CHECK (ends_on IS NULL OR ends_on >= starts_on),
	CONSTRAINT ck_rule_override_decision CHECK (compound_id IS NULL OR (decision <> '' AND decided_on IS NOT NULL)),
	CONSTRAINT uq_rule_override_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_rule_override_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_rule_override_newest ON core.rule_override (tenant_id, id);

CREATE INDEX ix_rule_override_place ON core.rule_override (tenant_id, community_id, compound_id, key);

CREATE UNIQUE INDEX uq_rule_override_day ON core.rule_override (tenant_id, coalesce(community_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(compound_id, '00000000-0000-0000-0000-000000000000'::uuid), key, starts_on) WHERE withdrawn_on IS NULL;

ALTER TABLE core.rule_override ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.rule_override FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.rule_override AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.rule_override AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.rule_override AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.rule_override AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.rule_override AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.rule_override AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE ON core.rule_override TO linli_app;

CREATE TABLE core.rule_freeze (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	compound_id UUID,
	purpose TEXT NOT NULL,
	held_on DATE NOT NULL,
	values JSONB NOT NULL,
	digest BYTEA NOT NULL,
	made_by_name TEXT DEFAULT '' NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_rule_freeze PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_rule_freeze_tenant_id_community_id_compound_id FOREIGN KEY(tenant_id, community_id, compound_id) REFERENCES core.compound (tenant_id, community_id, id),
	CONSTRAINT ck_rule_freeze_place CHECK (compound_id IS NULL OR community_id IS NOT NULL),
	CONSTRAINT uq_rule_freeze_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_rule_freeze_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_rule_freeze_newest ON core.rule_freeze (tenant_id, id);

CREATE INDEX ix_rule_freeze_place ON core.rule_freeze (tenant_id, community_id, compound_id, id);

ALTER TABLE core.rule_freeze ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.rule_freeze FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.rule_freeze AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.rule_freeze AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.rule_freeze AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.rule_freeze AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.rule_freeze AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.rule_freeze AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT ON core.rule_freeze TO linli_app;
