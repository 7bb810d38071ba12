CREATE TABLE core.plugin_circuit (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	plugin TEXT NOT NULL,
	part TEXT NOT NULL,
	errors JSONB DEFAULT '[]' NOT NULL,
	failures INTEGER DEFAULT 0 NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE,
	open_until TIMESTAMP WITH TIME ZONE,
	openings INTEGER DEFAULT 0 NOT NULL,
	closed_at TIMESTAMP WITH TIME ZONE,
	slowest_ms INTEGER DEFAULT 0 NOT NULL,
	slowest_at TIMESTAMP WITH TIME ZONE,
	slowest_kind TEXT DEFAULT '' NOT NULL,
	slowest_where TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_plugin_circuit PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_plugin_circuit_tenant_id_plugin_part UNIQUE (tenant_id, plugin, part),
	CONSTRAINT ck_plugin_circuit_part CHECK (part IN ('calls', 'pages', 'jobs')),
	CONSTRAINT fk_plugin_circuit_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_plugin_circuit_open ON core.plugin_circuit (tenant_id) WHERE open_until IS NOT NULL;

ALTER TABLE core.plugin_circuit ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.plugin_circuit FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.plugin_circuit AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.plugin_circuit AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.plugin_circuit AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.plugin_circuit AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.plugin_circuit AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON core.plugin_circuit TO linli_app;

-- As in duties, with one column more: the circuits of plugins that are not closed in this street.
DROP FUNCTION core.resolve_request(bytea, text, date);

-- Who is asking, what may they do here, and which plugins are on: one row, in the same round trip as the query itself.
-- Definer for account, session and api_token (open tables without rights); the walls still bind it to the caller's scope.
CREATE FUNCTION core.resolve_request(p_token bytea, p_kind text, p_today date)
RETURNS TABLE (
  account_id uuid, display_name text, locale text, large_type boolean, is_platform_operator boolean,
  must_change_password boolean, totp_enrolled boolean, session_id uuid, totp_at timestamptz, seen_at timestamptz,
  token_id uuid, token_scopes text[], grants jsonb, resident_ids uuid[], household_ids uuid[], plugins text[],
  session_started_at timestamptz, separate_duties boolean, broken text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  reach uuid[] := sec.communities();
  who record;
BEGIN
  IF p_kind = 'session' THEN
    SELECT s.account_id INTO account_id FROM core.session s
     WHERE s.token_hash = p_token AND s.expires_at > clock_timestamp();
    SELECT s.id, s.totp_at, s.seen_at, s.created_at INTO session_id, totp_at, seen_at, session_started_at
      FROM core.session s WHERE s.token_hash = p_token;
  ELSIF p_kind = 'token' THEN
    SELECT k.account_id, k.id, k.scopes, k.used_at INTO account_id, token_id, token_scopes, seen_at FROM core.api_token k
     WHERE k.token_hash = p_token AND k.tenant_id = t AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp();
  END IF;
  IF account_id IS NOT NULL THEN
    SELECT a.display_name AS name, a.locale, a.large_type, a.is_platform_operator, a.must_change_password,
           a.totp_enrolled_at IS NOT NULL AS totp INTO who
      FROM core.account a WHERE a.id = account_id AND a.status = 'active';
    IF NOT FOUND THEN
      account_id := NULL; session_id := NULL; token_id := NULL; token_scopes := NULL;
    ELSE
      display_name := who.name; locale := who.locale; large_type := who.large_type;
      is_platform_operator := who.is_platform_operator; must_change_password := who.must_change_password;
      totp_enrolled := who.totp;
    END IF;
  ELSE
    session_id := NULL;
  END IF;
  IF account_id IS NOT NULL THEN
    SELECT coalesce(array_agg(r.id), '{}') INTO resident_ids FROM core.resident r
     WHERE r.tenant_id = t AND r.account_id = resolve_request.account_id AND r.merged_into IS NULL AND r.erased_at IS NULL;
    SELECT coalesce(array_agg(DISTINCT m.household_id), '{}') INTO household_ids FROM core.household_member m
     WHERE m.tenant_id = t AND m.resident_id = ANY (resident_ids)
       AND (m.moved_in_on IS NULL OR m.moved_in_on <= p_today) AND (m.moved_out_on IS NULL OR m.moved_out_on > p_today);
    SELECT coalesce(jsonb_agg(g), '[]') INTO grants FROM (
      SELECT rg.id, rg.role, rg.community_id, rg.compound_id, rg.building_id, rg.ends_on FROM core.role_grant rg
       WHERE rg.tenant_id = t AND rg.account_id = resolve_request.account_id AND rg.revoked_at IS NULL
         AND rg.starts_on <= p_today AND (rg.ends_on IS NULL OR rg.ends_on >= p_today)
      UNION ALL
      SELECT NULL, 'resident', r.community_id, NULL, NULL, NULL FROM core.resident r
       WHERE r.tenant_id = t AND r.id = ANY (resident_ids)
      UNION ALL
      SELECT DISTINCT NULL::uuid, 'owner', o.community_id, NULL::uuid, NULL::uuid, NULL::date FROM core.ownership o
       WHERE o.tenant_id = t AND o.resident_id = ANY (resident_ids)
         AND (o.started_on IS NULL OR o.started_on <= p_today) AND (o.ended_on IS NULL OR o.ended_on > p_today)
    ) g;
  END IF;
  SELECT (v.value #>> '{}')::boolean INTO separate_duties FROM core.setting v
   WHERE v.tenant_id = t AND v.community_id IS NULL AND v.compound_id IS NULL AND v.owner = 'core' AND v.key = 'separate_duties';
  SELECT coalesce(array_agg(DISTINCT a.plugin), '{}') INTO plugins FROM core.plugin_allowance a
   WHERE a.tenant_id = t AND (reach IS NULL OR EXISTS (
     SELECT 1 FROM core.plugin_enablement e WHERE e.tenant_id = t AND e.plugin = a.plugin AND e.community_id = ANY (reach)));
  -- A question mark: the pause is over, and the next answer decides.
  SELECT coalesce(array_agg(c.plugin || '.' || c.part || CASE WHEN c.open_until > clock_timestamp() THEN '' ELSE '?' END), '{}')
    INTO broken FROM core.plugin_circuit c WHERE c.tenant_id = t AND c.open_until IS NOT NULL;
  RETURN NEXT;
END $f$;

REVOKE ALL ON FUNCTION core.resolve_request(bytea, text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.resolve_request(bytea, text, date) TO linli_app;
