-- Approvals by a second person. What was asked stays as it was; a decision is final; nothing is deleted.
CREATE TABLE core.approval (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	act TEXT NOT NULL,
	subject_type TEXT NOT NULL,
	subject_id TEXT NOT NULL,
	payload JSONB NOT NULL,
	digest BYTEA NOT NULL,
	reason TEXT NOT NULL,
	asked_by UUID NOT NULL,
	asked_by_name TEXT NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	state TEXT DEFAULT 'waiting' NOT NULL,
	decided_by UUID,
	decided_by_name TEXT DEFAULT '' NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE,
	outcome TEXT DEFAULT '' NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_approval PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_approval_state CHECK (state IN ('waiting', 'approved', 'rejected', 'withdrawn', 'expired')),
	CONSTRAINT ck_approval_two_people CHECK (asked_by <> decided_by OR state IN ('withdrawn', 'expired')),
	CONSTRAINT ck_approval_decided CHECK ((state = 'waiting') = (decided_at IS NULL)),
	CONSTRAINT uq_approval_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_approval_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);
CREATE INDEX ix_approval_asked_by ON core.approval (tenant_id, asked_by);
CREATE INDEX ix_approval_waiting ON core.approval (tenant_id, expires_at) WHERE state = 'waiting';
CREATE UNIQUE INDEX uq_approval_waiting ON core.approval (tenant_id, community_id, asked_by, digest) NULLS NOT DISTINCT WHERE state = 'waiting';
ALTER TABLE core.approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.approval FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.approval AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.approval AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.approval AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.approval AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.approval AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.approval AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE ON core.approval TO linli_app;

CREATE FUNCTION core.keep_approval() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  IF (NEW.tenant_id, NEW.id, NEW.community_id, NEW.act, NEW.subject_type, NEW.subject_id, NEW.payload, NEW.digest, NEW.reason,
      NEW.asked_by, NEW.asked_by_name, NEW.expires_at, NEW.created_at)
     IS DISTINCT FROM
     (OLD.tenant_id, OLD.id, OLD.community_id, OLD.act, OLD.subject_type, OLD.subject_id, OLD.payload, OLD.digest, OLD.reason,
      OLD.asked_by, OLD.asked_by_name, OLD.expires_at, OLD.created_at) THEN
    RAISE EXCEPTION 'what was asked in an approval cannot change' USING ERRCODE = 'AO001';
  END IF;
  IF OLD.state <> 'waiting' AND
     (NEW.state, NEW.decided_by, NEW.decided_by_name, NEW.decided_at)
     IS DISTINCT FROM (OLD.state, OLD.decided_by, OLD.decided_by_name, OLD.decided_at) THEN
    RAISE EXCEPTION 'the decision of an approval cannot change' USING ERRCODE = 'AO001';
  END IF;
  IF OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at THEN
    RAISE EXCEPTION 'an approval is used once' USING ERRCODE = 'AO001';
  END IF;
  RETURN NULL;
END $f$;

-- After the row: a wall that refuses has spoken before.
CREATE TRIGGER keep_approval AFTER UPDATE ON core.approval FOR EACH ROW EXECUTE FUNCTION core.keep_approval();
CREATE TRIGGER no_delete BEFORE DELETE ON core.approval FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON core.approval EXECUTE FUNCTION core.refuse_change();
