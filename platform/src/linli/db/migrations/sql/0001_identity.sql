-- Signing in. The runtime role has no rights on account, session, api_token, one_time_code, throttle and account_tenant:
-- these functions are all it has. What only the application can judge (a password, a code) it vouches for with a ticket:
-- signed like a scope, naming one subject and one purpose, so that an injected statement cannot make one. What belongs to
-- a signed-in person is proven by the hash of the session's own token, which no table shows to the runtime role.

-- The subject of a ticket made for this purpose. A ticket has a scope's form, so that sec.scope() checks its signature and
-- expiry; its purpose stands where a scope has the tenant, so that it opens none.
CREATE FUNCTION core.check_ticket(p_ticket text, p_purpose text) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $f$
DECLARE
  scope text := coalesce(current_setting('app.scope', true), '');
  parts text[];
BEGIN
  PERFORM set_config('app.scope', coalesce(p_ticket, ''), true);
  parts := sec.scope();
  PERFORM set_config('app.scope', scope, true);
  IF parts[2] IS DISTINCT FROM p_purpose THEN
    RAISE EXCEPTION 'bad ticket' USING ERRCODE = 'TN002';
  END IF;
  RETURN parts[3];
END $f$;

-- The account of a living session that lacks no factor; NULL otherwise.
CREATE FUNCTION core.owner_of_session(p_token bytea) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog AS $f$
  SELECT a.id FROM core.session s JOIN core.account a ON a.id = s.account_id
   WHERE s.token_hash = p_token AND s.expires_at > clock_timestamp() AND a.status = 'active'
     AND (a.totp_enrolled_at IS NULL OR s.totp_at IS NOT NULL)
$f$;

-- ---- attempts ----

-- Counts one attempt and returns 0, or returns the seconds to wait. Once p_free attempts were counted each further one
-- doubles the wait, from p_base to p_cap seconds; an attempt made while waiting is not counted. p_memory seconds after
-- the last counted attempt all is forgotten.
CREATE FUNCTION core.take_attempt(p_bucket bytea, p_free int, p_base int, p_cap int, p_memory int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  moment timestamptz := clock_timestamp();
  known record;
  wait double precision := 0;
BEGIN
  DELETE FROM core.throttle WHERE bucket IN (
    SELECT bucket FROM core.throttle WHERE window_ends_at < moment - interval '1 day' AND bucket <> p_bucket
     LIMIT 5 FOR UPDATE SKIP LOCKED);
  LOOP
    INSERT INTO core.throttle (bucket, count, window_ends_at) VALUES (p_bucket, 0, moment + make_interval(secs => p_memory))
    ON CONFLICT (bucket) DO NOTHING;
    SELECT * INTO known FROM core.throttle WHERE bucket = p_bucket FOR UPDATE;
    EXIT WHEN FOUND;
  END LOOP;
  moment := clock_timestamp();
  IF known.window_ends_at <= moment THEN
    known.count := 0;
  ELSIF known.count >= p_free THEN
    wait := extract(epoch FROM known.window_ends_at - moment) - p_memory
          + least(p_cap, p_base * power(2, least(known.count - p_free, 30)));
  END IF;
  IF wait > 0 THEN
    RETURN ceil(wait)::int;
  END IF;
  UPDATE core.throttle SET count = known.count + 1, window_ends_at = moment + make_interval(secs => p_memory)
   WHERE bucket = p_bucket;
  RETURN 0;
END $f$;

-- Takes back p_count attempts, or with NULL all of them. Ticket: the bucket in hexadecimal.
CREATE FUNCTION core.forgive_attempts(p_ticket text, p_count int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  which bytea := decode(core.check_ticket(p_ticket, 'forgive-attempts'), 'hex');
BEGIN
  UPDATE core.throttle SET count = greatest(0, count - coalesce(p_count, count)) WHERE bucket = which;
END $f$;

-- ---- accounts ----

-- Ticket: name-<user name> or phone-<blind index>, both in hexadecimal. Only an active account is found.
CREATE FUNCTION core.find_account(p_ticket text)
RETURNS TABLE (account_id uuid, password_hash text, totp_enrolled boolean, phone_ct bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  subject text := core.check_ticket(p_ticket, 'find-account');
  wanted bytea := decode(split_part(subject, '-', 2), 'hex');
BEGIN
  RETURN QUERY SELECT a.id, a.password_hash, a.totp_enrolled_at IS NOT NULL, a.phone_ct FROM core.account a
   WHERE a.status = 'active' AND CASE split_part(subject, '-', 1)
           WHEN 'name' THEN a.user_name = convert_from(wanted, 'UTF8') WHEN 'phone' THEN a.phone_bi = wanted END;
END $f$;

-- Ticket: the new account's id. Returns '' or the name of the identifier that somebody else has.
CREATE FUNCTION core.create_account(p_ticket text, p_name text, p_user_name text, p_phone_bi bytea, p_phone_ct bytea,
                                    p_phone_mask text, p_password_hash text, p_locale text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  fresh uuid := core.check_ticket(p_ticket, 'create-account')::uuid;
BEGIN
  INSERT INTO core.account (id, display_name, user_name, phone_bi, phone_ct, phone_mask, password_hash, password_set_at, locale)
  VALUES (fresh, p_name, p_user_name, p_phone_bi, p_phone_ct, p_phone_mask, p_password_hash, clock_timestamp(), p_locale)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN '';
  END IF;
  RETURN CASE WHEN EXISTS (SELECT 1 FROM core.account WHERE user_name = p_user_name) THEN 'user_name' ELSE 'phone' END;
END $f$;

-- Makes an account known to the caller's tenant. Ticket: the account's id.
CREATE FUNCTION core.link_account(p_ticket text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'link-account')::uuid;
BEGIN
  INSERT INTO core.account_tenant (account_id, tenant_id) VALUES (who, sec.tenant_id()) ON CONFLICT DO NOTHING;
END $f$;

-- An account that the caller's tenant knows, by exactly one of id, user name and phone. From a community's scope only
-- those who hold a role or live there: the walls stand around this function's owner too.
CREATE FUNCTION core.linked_account(p_account uuid, p_user_name text, p_phone_bi bytea)
RETURNS TABLE (account_id uuid, display_name text, user_name text, phone_mask text, totp_enrolled boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  reach uuid[] := sec.communities();
BEGIN
  IF num_nonnulls(p_account, p_user_name, p_phone_bi) <> 1 THEN
    RAISE EXCEPTION 'name one of id, user name and phone';
  END IF;
  RETURN QUERY SELECT a.id, a.display_name, a.user_name, a.phone_mask, a.totp_enrolled_at IS NOT NULL
    FROM core.account a JOIN core.account_tenant l ON l.account_id = a.id AND l.tenant_id = t
   WHERE a.status = 'active' AND (a.id = p_account OR a.user_name = p_user_name OR a.phone_bi = p_phone_bi)
     AND (reach IS NULL
       OR EXISTS (SELECT 1 FROM core.role_grant g WHERE g.tenant_id = t AND g.account_id = a.id AND g.community_id = ANY (reach))
       OR EXISTS (SELECT 1 FROM core.resident r WHERE r.tenant_id = t AND r.account_id = a.id AND r.community_id = ANY (reach)));
END $f$;

-- ---- sessions ----

-- Ticket: the account's id. p_ends and p_idle are seconds from now; the session that was idle longest gives way to it.
CREATE FUNCTION core.open_session(p_ticket text, p_token bytea, p_ends int, p_idle int, p_ip text, p_user_agent text, p_most int)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'open-session')::uuid;
  moment timestamptz := clock_timestamp();
  made uuid;
BEGIN
  DELETE FROM core.session WHERE account_id = who AND expires_at <= moment;
  DELETE FROM core.session WHERE id IN (
    SELECT id FROM core.session WHERE account_id = who ORDER BY seen_at DESC OFFSET greatest(p_most - 1, 0));
  INSERT INTO core.session (id, token_hash, account_id, created_at, seen_at, expires_at, ends_at, ip, user_agent)
  SELECT gen_random_uuid(), p_token, a.id, moment, moment, moment + make_interval(secs => least(p_ends, p_idle)),
         moment + make_interval(secs => p_ends), left(p_ip, 45), left(p_user_agent, 200)
    FROM core.account a WHERE a.id = who AND a.status = 'active'
  RETURNING id INTO made;
  RETURN made;
END $f$;

CREATE FUNCTION core.account_of_session(p_token bytea)
RETURNS TABLE (
  account_id uuid, display_name text, user_name text, phone_mask text, locale text, large_type boolean,
  is_platform_operator boolean, must_change_password boolean, totp_enrolled boolean, recovery_left int,
  password_set_at timestamptz, session_id uuid, totp_at timestamptz, seen_at timestamptz, session_started_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT a.id, a.display_name, a.user_name, a.phone_mask, a.locale, a.large_type, a.is_platform_operator,
         a.must_change_password, a.totp_enrolled_at IS NOT NULL, jsonb_array_length(a.recovery_hashes), a.password_set_at,
         s.id, s.totp_at, s.seen_at, s.created_at
    FROM core.session s JOIN core.account a ON a.id = s.account_id
   WHERE s.token_hash = p_token AND s.expires_at > clock_timestamp() AND a.status = 'active';
END $f$;

-- What the owner of a session, and nobody else, is measured against; the session may still lack its second factor.
CREATE FUNCTION core.secrets_of_session(p_token bytea)
RETURNS TABLE (account_id uuid, password_hash text, totp_ct bytea, totp_enrolled boolean, totp_last_step int, waits boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT a.id, a.password_hash, a.totp_ct, a.totp_enrolled_at IS NOT NULL, a.totp_last_step,
         a.totp_enrolled_at IS NOT NULL AND s.totp_at IS NULL
    FROM core.session s JOIN core.account a ON a.id = s.account_id
   WHERE s.token_hash = p_token AND s.expires_at > clock_timestamp() AND a.status = 'active';
END $f$;

-- Prolongs a session that is used, never beyond its end, and never one that waits for its second factor.
CREATE FUNCTION core.touch_session(p_token bytea, p_idle int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  IF core.owner_of_session(p_token) IS NOT NULL THEN
    UPDATE core.session SET seen_at = clock_timestamp(),
           expires_at = least(ends_at, clock_timestamp() + make_interval(secs => p_idle)) WHERE token_hash = p_token;
  END IF;
END $f$;

CREATE FUNCTION core.rotate_session(p_token bytea, p_new bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  UPDATE core.session SET token_hash = p_new WHERE token_hash = p_token AND expires_at > clock_timestamp();
  RETURN FOUND;
END $f$;

CREATE FUNCTION core.close_session(p_token bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  DELETE FROM core.session WHERE token_hash = p_token;
END $f$;

-- The living sessions of the session's own account.
CREATE FUNCTION core.sessions_of(p_token bytea)
RETURNS TABLE (id uuid, created_at timestamptz, seen_at timestamptz, expires_at timestamptz, ip text, user_agent text, is_own boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT s.id, s.created_at, s.seen_at, s.expires_at, s.ip, s.user_agent, s.token_hash = p_token
    FROM core.session s WHERE s.account_id = core.owner_of_session(p_token) AND s.expires_at > clock_timestamp()
   ORDER BY s.seen_at DESC LIMIT 100;
END $f$;

-- Ends one session of the same account, or with NULL all but the caller's own; returns how many.
CREATE FUNCTION core.close_other_sessions(p_token bytea, p_session uuid) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  closed int;
BEGIN
  DELETE FROM core.session s WHERE s.account_id = core.owner_of_session(p_token)
     AND CASE WHEN p_session IS NULL THEN s.token_hash <> p_token ELSE s.id = p_session END;
  GET DIAGNOSTICS closed = ROW_COUNT;
  RETURN closed;
END $f$;

CREATE FUNCTION core.streets_of_session(p_token bytea) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT l.tenant_id FROM core.account_tenant l
   WHERE l.account_id = core.owner_of_session(p_token) ORDER BY 1 LIMIT 50;
END $f$;

-- ---- what protects an account ----

-- Ticket: the account's id. Every session but p_keep ends.
CREATE FUNCTION core.set_password(p_ticket text, p_hash text, p_keep bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'set-password')::uuid;
BEGIN
  UPDATE core.account SET password_hash = p_hash, password_set_at = clock_timestamp(), must_change_password = false,
         updated_at = clock_timestamp() WHERE id = who;
  DELETE FROM core.session WHERE account_id = who AND token_hash IS DISTINCT FROM p_keep;
END $f$;

-- Ticket: the account's id. False when the phone is somebody else's.
CREATE FUNCTION core.set_phone(p_ticket text, p_phone_bi bytea, p_phone_ct bytea, p_phone_mask text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'set-phone')::uuid;
BEGIN
  UPDATE core.account SET phone_bi = p_phone_bi, phone_ct = p_phone_ct, phone_mask = p_phone_mask,
         updated_at = clock_timestamp() WHERE id = who;
  RETURN true;
EXCEPTION WHEN unique_violation THEN
  RETURN false;
END $f$;

CREATE FUNCTION core.update_profile(p_token bytea, p_name text, p_locale text, p_large_type boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  UPDATE core.account SET display_name = coalesce(p_name, display_name), locale = coalesce(p_locale, locale),
         large_type = coalesce(p_large_type, large_type), updated_at = clock_timestamp()
   WHERE id = core.owner_of_session(p_token);
END $f$;

-- Keeps a secret that is not in force yet; false when one is in force.
CREATE FUNCTION core.start_totp(p_token bytea, p_secret_ct bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  UPDATE core.account SET totp_ct = p_secret_ct, totp_last_step = NULL, updated_at = clock_timestamp()
   WHERE id = core.owner_of_session(p_token) AND totp_enrolled_at IS NULL;
  RETURN FOUND;
END $f$;

-- Ticket: the session's token hash in hexadecimal. The secret is in force; the session gets a new token, all others end.
CREATE FUNCTION core.confirm_totp(p_ticket text, p_new bytea, p_step int, p_recovery jsonb) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  held bytea := decode(core.check_ticket(p_ticket, 'confirm-totp'), 'hex');
  who uuid := core.owner_of_session(held);
BEGIN
  UPDATE core.account SET totp_enrolled_at = clock_timestamp(), totp_last_step = p_step, recovery_hashes = p_recovery,
         updated_at = clock_timestamp() WHERE id = who AND totp_enrolled_at IS NULL AND totp_ct IS NOT NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM core.session WHERE account_id = who AND token_hash <> held;
  UPDATE core.session SET token_hash = p_new, totp_at = clock_timestamp() WHERE token_hash = held;
  RETURN true;
END $f$;

-- The second factor of a session. Ticket: the session's token hash in hexadecimal. A step counts once, a recovery code
-- is used up; the session gets a new token and its full life. False when the step or the code was used before.
CREATE FUNCTION core.pass_totp(p_ticket text, p_new bytea, p_step int, p_recovery text, p_ends int, p_idle int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  held bytea := decode(core.check_ticket(p_ticket, 'pass-totp'), 'hex');
  moment timestamptz := clock_timestamp();
  who uuid;
BEGIN
  SELECT s.account_id INTO who FROM core.session s WHERE s.token_hash = held AND s.expires_at > moment;
  IF p_recovery IS NULL THEN
    UPDATE core.account SET totp_last_step = p_step
     WHERE id = who AND totp_enrolled_at IS NOT NULL AND p_step > coalesce(totp_last_step, -1);
  ELSE
    UPDATE core.account SET recovery_hashes = recovery_hashes - p_recovery
     WHERE id = who AND totp_enrolled_at IS NOT NULL AND recovery_hashes ? p_recovery;
  END IF;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE core.session SET token_hash = p_new, totp_at = moment, seen_at = moment, ends_at = moment + make_interval(secs => p_ends),
         expires_at = moment + make_interval(secs => least(p_ends, p_idle)) WHERE token_hash = held;
  RETURN true;
END $f$;

-- Ticket: the session's token hash in hexadecimal.
CREATE FUNCTION core.drop_totp(p_ticket text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.owner_of_session(decode(core.check_ticket(p_ticket, 'drop-totp'), 'hex'));
BEGIN
  UPDATE core.account SET totp_ct = NULL, totp_enrolled_at = NULL, totp_last_step = NULL, recovery_hashes = '[]',
         updated_at = clock_timestamp() WHERE id = who;
END $f$;

-- ---- one-time codes ----

-- Ticket: <purpose>-<blind index of the phone in hexadecimal>. Earlier codes of the same purpose and phone die.
CREATE FUNCTION core.make_code(p_ticket text, p_hash bytea, p_life int, p_tries int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  subject text := core.check_ticket(p_ticket, 'make-code');
  who bytea := decode(split_part(subject, '-', 2), 'hex');
BEGIN
  DELETE FROM core.one_time_code WHERE purpose = split_part(subject, '-', 1) AND subject_bi = who;
  DELETE FROM core.one_time_code WHERE id IN (
    SELECT id FROM core.one_time_code WHERE expires_at < clock_timestamp() LIMIT 5 FOR UPDATE SKIP LOCKED);
  INSERT INTO core.one_time_code (id, purpose, subject_bi, code_hash, expires_at, tries_left)
  VALUES (gen_random_uuid(), split_part(subject, '-', 1), who, p_hash,
          clock_timestamp() + make_interval(secs => p_life), p_tries);
END $f$;

-- Ticket as for make_code. True once, for the right code in time; each wrong one uses up a try.
CREATE FUNCTION core.try_code(p_ticket text, p_hash bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  subject text := core.check_ticket(p_ticket, 'try-code');
  is_right boolean;
BEGIN
  UPDATE core.one_time_code c SET tries_left = c.tries_left - 1,
         used_at = CASE WHEN c.code_hash = p_hash THEN clock_timestamp() END
   WHERE c.purpose = split_part(subject, '-', 1) AND c.subject_bi = decode(split_part(subject, '-', 2), 'hex')
     AND c.used_at IS NULL AND c.tries_left > 0 AND c.expires_at > clock_timestamp()
  RETURNING c.code_hash = p_hash INTO is_right;
  RETURN coalesce(is_right, false);
END $f$;

-- ---- API tokens ----

-- False when the account has nothing to do in that street, or has p_most tokens already.
CREATE FUNCTION core.make_token(p_token bytea, p_hash bytea, p_hint text, p_tenant uuid, p_name text, p_scopes text[],
                                p_days int, p_most int) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.owner_of_session(p_token);
  made uuid;
BEGIN
  PERFORM 1 FROM core.account a WHERE a.id = who FOR UPDATE;
  IF (SELECT count(*) FROM core.api_token k WHERE k.account_id = who AND k.revoked_at IS NULL
        AND k.expires_at > clock_timestamp()) >= p_most THEN
    RETURN NULL;
  END IF;
  INSERT INTO core.api_token (id, token_hash, hint, account_id, tenant_id, name, scopes, expires_at)
  SELECT gen_random_uuid(), p_hash, p_hint, who, l.tenant_id, p_name, p_scopes,
         clock_timestamp() + make_interval(days => least(p_days, 365))
    FROM core.account_tenant l WHERE l.account_id = who AND l.tenant_id = p_tenant
  RETURNING id INTO made;
  RETURN made;
END $f$;

-- The tokens of the session's own account, the newest first, revoked ones included.
CREATE FUNCTION core.tokens_of(p_token bytea)
RETURNS TABLE (id uuid, hint text, tenant_id uuid, name text, scopes text[], created_at timestamptz, expires_at timestamptz,
               used_at timestamptz, revoked_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT k.id, k.hint, k.tenant_id, k.name, k.scopes, k.created_at, k.expires_at, k.used_at, k.revoked_at
    FROM core.api_token k WHERE k.account_id = core.owner_of_session(p_token) ORDER BY k.created_at DESC LIMIT 50;
END $f$;

CREATE FUNCTION core.revoke_token(p_token bytea, p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  UPDATE core.api_token SET revoked_at = clock_timestamp()
   WHERE id = p_id AND account_id = core.owner_of_session(p_token) AND revoked_at IS NULL;
  RETURN FOUND;
END $f$;

CREATE FUNCTION core.touch_token(p_hash bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  UPDATE core.api_token SET used_at = clock_timestamp() WHERE token_hash = p_hash AND revoked_at IS NULL;
END $f$;

REVOKE ALL ON FUNCTION
  core.check_ticket, core.owner_of_session, core.take_attempt, core.forgive_attempts, core.find_account,
  core.create_account, core.link_account, core.linked_account, core.open_session, core.account_of_session,
  core.secrets_of_session, core.touch_session, core.rotate_session, core.close_session, core.sessions_of,
  core.close_other_sessions, core.streets_of_session, core.set_password, core.set_phone, core.update_profile,
  core.start_totp, core.confirm_totp, core.pass_totp, core.drop_totp, core.make_code, core.try_code, core.make_token,
  core.tokens_of, core.revoke_token, core.touch_token
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
  core.take_attempt, core.forgive_attempts, core.find_account, core.create_account, core.link_account,
  core.linked_account, core.open_session, core.account_of_session, core.secrets_of_session, core.touch_session,
  core.rotate_session, core.close_session, core.sessions_of, core.close_other_sessions, core.streets_of_session,
  core.set_password, core.set_phone, core.update_profile, core.start_totp, core.confirm_totp, core.pass_totp,
  core.drop_totp, core.make_code, core.try_code, core.make_token, core.tokens_of, core.revoke_token, core.touch_token
TO linli_app;
