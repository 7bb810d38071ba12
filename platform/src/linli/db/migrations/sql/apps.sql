CREATE TABLE core.app (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	name TEXT NOT NULL,
	title TEXT NOT NULL,
	contact TEXT NOT NULL,
	purpose TEXT NOT NULL,
	state TEXT DEFAULT 'active' NOT NULL,
	state_reason TEXT DEFAULT '' NOT NULL,
	state_changed_at TIMESTAMP WITH TIME ZONE,
	permissions TEXT[] DEFAULT '{}' NOT NULL,
	whole_street BOOLEAN DEFAULT false NOT NULL,
	event_types TEXT[] DEFAULT '{}' NOT NULL,
	webhook_url TEXT DEFAULT '' NOT NULL,
	panel_url TEXT DEFAULT '' NOT NULL,
	rate INTEGER NOT NULL,
	secret_ct BYTEA,
	old_secret_ct BYTEA,
	old_secret_until TIMESTAMP WITH TIME ZONE,
	failing_since TIMESTAMP WITH TIME ZONE,
	off_since TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_app PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_app_tenant_id_name UNIQUE (tenant_id, name),
	CONSTRAINT ck_app_state CHECK (state IN ('active', 'suspended', 'revoked')),
	CONSTRAINT fk_app_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

ALTER TABLE core.app ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.app FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.app AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.app AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.app AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.app AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.app AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON core.app TO linli_app;

CREATE TABLE core.app_community (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	app_id UUID NOT NULL,
	is_let_in BOOLEAN DEFAULT false NOT NULL,
	shows_panel BOOLEAN DEFAULT false NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_app_community PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_app_community_tenant_id_community_id_app_id UNIQUE (tenant_id, community_id, app_id),
	CONSTRAINT fk_app_community_tenant_id_app_id FOREIGN KEY(tenant_id, app_id) REFERENCES core.app (tenant_id, id),
	CONSTRAINT uq_app_community_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_app_community_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_app_community_app ON core.app_community (tenant_id, app_id);

ALTER TABLE core.app_community ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.app_community FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.app_community AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.app_community AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.app_community AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.app_community AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.app_community AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.app_community AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.app_community TO linli_app;

CREATE TABLE core.app_attempt (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	app_id UUID NOT NULL,
	message_id TEXT NOT NULL,
	event_id UUID,
	event TEXT NOT NULL,
	attempt SMALLINT NOT NULL,
	status INTEGER,
	ms INTEGER,
	fault TEXT DEFAULT '' NOT NULL,
	answer TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_app_attempt PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_app_attempt_tenant_id_app_id FOREIGN KEY(tenant_id, app_id) REFERENCES core.app (tenant_id, id),
	CONSTRAINT uq_app_attempt_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_app_attempt_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_app_attempt_app ON core.app_attempt (tenant_id, app_id, created_at);

CREATE INDEX ix_app_attempt_at ON core.app_attempt (tenant_id, created_at);

ALTER TABLE core.app_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.app_attempt FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.app_attempt AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.app_attempt AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.app_attempt AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.app_attempt AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.app_attempt AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.app_attempt AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.app_attempt TO linli_app;

-- Tokens belong to accounts or to apps. What a token of an app opens is read from the app at each request.
ALTER TABLE core.api_token ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE core.api_token ADD COLUMN app_id UUID;
ALTER TABLE core.api_token ADD CONSTRAINT ck_api_token_holder CHECK (num_nulls(account_id, app_id) = 1);
CREATE INDEX ix_api_token_app ON core.api_token (tenant_id, app_id);

-- A new token of an app of the caller's street; NULL where there is no such app, it is revoked, or it has p_most.
-- The tokens before it go on for p_overlap hours at most.
CREATE FUNCTION core.make_app_token(p_ticket text, p_hash bytea, p_hint text, p_days integer, p_overlap integer, p_most integer)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  app uuid := core.check_ticket(p_ticket, 'app-token')::uuid;
  t uuid := sec.tenant_id();
  made uuid;
BEGIN
  IF sec.communities() IS NOT NULL THEN
    RAISE EXCEPTION 'tokens of apps are made by the street' USING ERRCODE = '42501';
  END IF;
  PERFORM 1 FROM core.app a WHERE a.tenant_id = t AND a.id = app AND a.state <> 'revoked' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE core.api_token k SET expires_at = least(k.expires_at, clock_timestamp() + make_interval(hours => p_overlap))
   WHERE k.tenant_id = t AND k.app_id = app AND k.revoked_at IS NULL;
  IF (SELECT count(*) FROM core.api_token k WHERE k.tenant_id = t AND k.app_id = app AND k.revoked_at IS NULL
        AND k.expires_at > clock_timestamp()) >= p_most THEN
    RETURN NULL;
  END IF;
  INSERT INTO core.api_token (id, token_hash, hint, app_id, tenant_id, name, scopes, expires_at)
  VALUES (gen_random_uuid(), p_hash, p_hint, app, t, '', '{}', clock_timestamp() + make_interval(days => least(p_days, 365)))
  RETURNING id INTO made;
  RETURN made;
END $f$;

-- The newest tokens of an app of the caller's street, without their hashes.
CREATE FUNCTION core.tokens_of_app(p_app uuid)
RETURNS TABLE (id uuid, hint text, created_at timestamptz, expires_at timestamptz, used_at timestamptz, revoked_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
BEGIN
  RETURN QUERY SELECT k.id, k.hint, k.created_at, k.expires_at, k.used_at, k.revoked_at
    FROM core.api_token k WHERE k.tenant_id = t AND k.app_id = p_app AND sec.communities() IS NULL
   ORDER BY k.created_at DESC, k.id LIMIT 20;
END $f$;

-- Ends one token of an app of the caller's street, or all of them; tells how many.
CREATE FUNCTION core.revoke_app_tokens(p_app uuid, p_id uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  ended integer;
BEGIN
  IF sec.communities() IS NOT NULL THEN
    RAISE EXCEPTION 'tokens of apps are ended by the street' USING ERRCODE = '42501';
  END IF;
  UPDATE core.api_token k SET revoked_at = clock_timestamp()
   WHERE k.tenant_id = t AND k.app_id = p_app AND k.revoked_at IS NULL AND (p_id IS NULL OR k.id = p_id);
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN ended;
END $f$;

REVOKE ALL ON FUNCTION core.make_app_token(text, bytea, text, integer, integer, integer), core.tokens_of_app(uuid),
  core.revoke_app_tokens(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.make_app_token(text, bytea, text, integer, integer, integer), core.tokens_of_app(uuid),
  core.revoke_app_tokens(uuid, uuid) TO linli_app;

-- As in privacy, but a token may be an app's.
CREATE OR REPLACE FUNCTION core.purge_sign_in(p_kind text, p_before timestamptz, p_limit int, p_held uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  before timestamptz := least(p_before, clock_timestamp());
BEGIN
  IF p_kind = 'session' THEN
    RETURN QUERY DELETE FROM core.session WHERE id IN (
      SELECT s.id FROM core.session s
       WHERE least(s.expires_at, s.ends_at) < before AND s.account_id <> ALL (p_held)
         AND EXISTS (SELECT 1 FROM core.account_tenant l WHERE l.account_id = s.account_id AND l.tenant_id = t)
       LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING id;
  ELSIF p_kind = 'token' THEN
    RETURN QUERY DELETE FROM core.api_token WHERE id IN (
      SELECT k.id FROM core.api_token k
       WHERE k.tenant_id = t AND least(k.expires_at, k.revoked_at) < before AND (k.account_id IS NULL OR k.account_id <> ALL (p_held))
       LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING id;
  ELSIF p_kind = 'code' THEN
    RETURN QUERY DELETE FROM core.one_time_code WHERE id IN (
      SELECT c.id FROM core.one_time_code c WHERE c.expires_at < before LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING id;
    RETURN QUERY DELETE FROM core.throttle WHERE bucket IN (
      SELECT b.bucket FROM core.throttle b WHERE b.window_ends_at < before LIMIT p_limit FOR UPDATE SKIP LOCKED)
      RETURNING encode(substr(sha256(bucket), 1, 16), 'hex')::uuid;
  ELSE
    RAISE EXCEPTION 'nothing of this kind is purged here: %', p_kind;
  END IF;
END $f$;

-- As in faults, with two columns more: the app that calls, and how many requests it may make in a minute.
DROP FUNCTION core.resolve_request(bytea, text, date);

-- Who is asking, what may they do here, and which plugins are on: one row, in the same round trip as the query itself.
-- Definer for account, session and api_token (open tables without rights); the walls still bind it to the caller's scope.
CREATE FUNCTION core.resolve_request(p_token bytea, p_kind text, p_today date)
RETURNS TABLE (
  account_id uuid, display_name text, locale text, large_type boolean, is_platform_operator boolean,
  must_change_password boolean, totp_enrolled boolean, session_id uuid, totp_at timestamptz, seen_at timestamptz,
  token_id uuid, token_scopes text[], grants jsonb, resident_ids uuid[], household_ids uuid[], plugins text[],
  session_started_at timestamptz, separate_duties boolean, broken text[], app_id uuid, app_rate integer
)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  reach uuid[] := sec.communities();
  who record;
  app record;
BEGIN
  IF p_kind = 'session' THEN
    SELECT s.account_id INTO account_id FROM core.session s
     WHERE s.token_hash = p_token AND s.expires_at > clock_timestamp();
    SELECT s.id, s.totp_at, s.seen_at, s.created_at INTO session_id, totp_at, seen_at, session_started_at
      FROM core.session s WHERE s.token_hash = p_token;
  ELSIF p_kind = 'token' THEN
    SELECT k.account_id, k.id, k.scopes, k.used_at, k.app_id INTO account_id, token_id, token_scopes, seen_at, app_id
      FROM core.api_token k
     WHERE k.token_hash = p_token AND k.tenant_id = t AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp();
  END IF;
  IF app_id IS NOT NULL THEN
    -- An app acts as itself: where it is let in, with what stands in its own row now.
    SELECT a.title, a.permissions, a.rate, a.whole_street INTO app
      FROM core.app a WHERE a.tenant_id = t AND a.id = resolve_request.app_id AND a.state = 'active';
    IF NOT FOUND THEN
      app_id := NULL; token_id := NULL; token_scopes := NULL;
    ELSE
      display_name := '应用 ' || app.title; token_scopes := app.permissions; app_rate := app.rate;
      resident_ids := '{}'; household_ids := '{}';
      IF app.whole_street THEN
        grants := '[{"role": "app"}]';
      ELSE
        SELECT coalesce(jsonb_agg(jsonb_build_object('role', 'app', 'community_id', c.community_id)), '[]') INTO grants
          FROM core.app_community c WHERE c.tenant_id = t AND c.app_id = resolve_request.app_id AND c.is_let_in
           AND (reach IS NULL OR c.community_id = ANY (reach));
      END IF;
    END IF;
  ELSIF account_id IS NOT NULL THEN
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
  IF app_id IS NOT NULL THEN
    account_id := app_id;
  ELSIF account_id IS NOT NULL THEN
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
