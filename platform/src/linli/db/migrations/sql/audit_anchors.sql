CREATE TABLE core.audit_anchor (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL, 
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	n BIGINT NOT NULL, 
	hash BYTEA NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	key_id TEXT NOT NULL, 
	signature BYTEA NOT NULL, 
	CONSTRAINT pk_audit_anchor PRIMARY KEY (tenant_id, id), 
	CONSTRAINT uq_audit_anchor_tenant_id_n_key_id UNIQUE (tenant_id, n, key_id), 
	CONSTRAINT fk_audit_anchor_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

ALTER TABLE core.audit_anchor ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.audit_anchor FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.audit_anchor AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.audit_anchor AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.audit_anchor AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.audit_anchor AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.audit_anchor AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT ON core.audit_anchor TO linli_app;

-- Not even the tables' owner takes an anchor back: whoever could would take the proof with it.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core.audit_anchor FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON core.audit_anchor EXECUTE FUNCTION core.refuse_change();
ALTER TABLE core.audit_anchor ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE core.audit_anchor ENABLE ALWAYS TRIGGER no_truncate;

-- Keys of accounts, which belong to no street; wrapped by the master secret. Written by the owner alone.
CREATE TABLE core.platform_key (
	name TEXT NOT NULL,
	wrapped BYTEA NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_platform_key PRIMARY KEY (name)
);
GRANT SELECT ON core.platform_key TO linli_app;
