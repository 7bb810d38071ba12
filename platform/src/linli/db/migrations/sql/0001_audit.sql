-- Extends the tenant's chain. Definer: the runtime role cannot write the chain or its head in any other way.
-- The row's hash covers its canonical text and the hash before it; the head row is the lock.
CREATE FUNCTION core.audit_text(
  tenant uuid, n bigint, id uuid, at timestamptz, community uuid, actor uuid, actor_name text, action text,
  subject_type text, subject_id text, ip text, request_id text, reason text, before jsonb, after jsonb
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $f$
  SELECT jsonb_build_array(
    tenant, n, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), community, actor, actor_name, action,
    subject_type, subject_id, ip, request_id, reason, before, after
  )::text
$f$;

CREATE FUNCTION core.append_audit(p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  head record;
  r jsonb;
  stamp timestamptz;
  h bytea;
  community uuid;
BEGIN
  INSERT INTO core.audit_head (tenant_id, n, hash) VALUES (t, 0, '\x') ON CONFLICT (tenant_id) DO NOTHING;
  SELECT * INTO head FROM core.audit_head WHERE tenant_id = t FOR UPDATE;
  h := head.hash;
  FOR r IN SELECT jsonb_array_elements(p_rows) LOOP
    head.n := head.n + 1;
    stamp := clock_timestamp();
    community := (r->>'community_id')::uuid;
    -- The definer owns the table, yet the walls bind it too: a row of a community out of scope is refused here.
    INSERT INTO core.audit_entry (tenant_id, n, id, at, community_id, actor_id, actor_name, action, subject_type, subject_id,
                                  ip, request_id, reason, before, after, prev_hash, hash)
    VALUES (t, head.n, (r->>'id')::uuid, stamp, community, (r->>'actor_id')::uuid, r->>'actor_name', r->>'action',
            r->>'subject_type', r->>'subject_id', r->>'ip', r->>'request_id', r->>'reason',
            nullif(r->'before', 'null'), nullif(r->'after', 'null'), h,
            sha256(h || convert_to(core.audit_text(t, head.n, (r->>'id')::uuid, stamp, community, (r->>'actor_id')::uuid,
              r->>'actor_name', r->>'action', r->>'subject_type', r->>'subject_id', r->>'ip', r->>'request_id',
              r->>'reason', nullif(r->'before', 'null'), nullif(r->'after', 'null')), 'UTF8')))
    RETURNING hash INTO h;
  END LOOP;
  UPDATE core.audit_head SET n = head.n, hash = h, moved_at = clock_timestamp() WHERE tenant_id = t;
  RETURN head.n;
END $f$;

CREATE FUNCTION core.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  RAISE EXCEPTION '% on %.% is refused: the table is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'AO001';
END $f$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core.audit_entry FOR EACH ROW EXECUTE FUNCTION core.refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON core.audit_entry EXECUTE FUNCTION core.refuse_change();
ALTER TABLE core.audit_entry ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE core.audit_entry ENABLE ALWAYS TRIGGER no_truncate;

REVOKE ALL ON FUNCTION core.append_audit(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.append_audit(jsonb) TO linli_app;
