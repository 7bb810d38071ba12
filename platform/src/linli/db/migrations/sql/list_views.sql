CREATE TABLE core.list_view (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	account_id UUID NOT NULL,
	table_name TEXT NOT NULL,
	title TEXT DEFAULT '' NOT NULL,
	query TEXT DEFAULT '' NOT NULL,
	columns TEXT[] DEFAULT '{}' NOT NULL,
	is_default BOOLEAN DEFAULT false NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_list_view PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_list_view_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT uq_list_view_title UNIQUE NULLS NOT DISTINCT (tenant_id, community_id, account_id, table_name, title),
	CONSTRAINT ck_list_view_length CHECK (char_length(title) <= 20 AND char_length(query) <= 2000),
	CONSTRAINT fk_list_view_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

ALTER TABLE core.list_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.list_view FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.list_view AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.list_view AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.list_view AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.list_view AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.list_view AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.list_view AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.list_view TO linli_app;
