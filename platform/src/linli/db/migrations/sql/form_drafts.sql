CREATE TABLE core.form_draft (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	account_id UUID NOT NULL,
	form TEXT NOT NULL,
	values_ct BYTEA NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_form_draft PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_form_draft_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_form_draft_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_form_draft_account ON core.form_draft (tenant_id, account_id, updated_at);
CREATE INDEX ix_form_draft_updated ON core.form_draft (tenant_id, updated_at);

ALTER TABLE core.form_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.form_draft FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.form_draft AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.form_draft AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.form_draft AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.form_draft AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.form_draft AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.form_draft AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.form_draft TO linli_app;
