-- What an account keeps about its owner, for the copy of their data. Ticket: the account's id. From a community's scope
-- only an account that lives or works there: the walls stand around this function's owner too.
CREATE FUNCTION core.account_of_person(p_ticket text)
RETURNS TABLE (display_name text, user_name text, phone_ct bytea, locale text, created_at timestamptz,
               totp_enrolled boolean, sessions bigint, tokens bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'export-account')::uuid;
  t uuid := sec.tenant_id();
BEGIN
  RETURN QUERY SELECT a.display_name, a.user_name, a.phone_ct, a.locale, a.created_at, a.totp_enrolled_at IS NOT NULL,
         (SELECT count(*) FROM core.session s WHERE s.account_id = a.id AND s.expires_at > clock_timestamp()),
         (SELECT count(*) FROM core.api_token k WHERE k.account_id = a.id AND k.tenant_id = t AND k.revoked_at IS NULL)
    FROM core.account a JOIN core.account_tenant l ON l.account_id = a.id AND l.tenant_id = t WHERE a.id = who;
END $f$;

-- Lets the caller's street forget an account, once nobody in the register and no role leads to it any more; the account
-- itself is emptied when no other street knows it. Ticket: the account's id. Returns 'bound', 'unlinked' or 'emptied'.
CREATE FUNCTION core.forget_account(p_ticket text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'forget-account')::uuid;
  t uuid := sec.tenant_id();
BEGIN
  IF sec.communities() IS NOT NULL THEN
    RAISE EXCEPTION 'forget_account needs the scope of the whole street';
  END IF;
  PERFORM 1 FROM core.account WHERE id = who FOR UPDATE;
  IF EXISTS (SELECT 1 FROM core.resident r WHERE r.tenant_id = t AND r.account_id = who)
     OR EXISTS (SELECT 1 FROM core.role_grant g WHERE g.tenant_id = t AND g.account_id = who) THEN
    RETURN 'bound';
  END IF;
  DELETE FROM core.api_token WHERE account_id = who AND tenant_id = t;
  DELETE FROM core.account_tenant WHERE account_id = who AND tenant_id = t;
  IF EXISTS (SELECT 1 FROM core.account_tenant WHERE account_id = who)
     OR EXISTS (SELECT 1 FROM core.account WHERE id = who AND is_platform_operator) THEN
    RETURN 'unlinked';
  END IF;
  DELETE FROM core.session WHERE account_id = who;
  DELETE FROM core.api_token WHERE account_id = who;
  UPDATE core.account SET user_name = NULL, phone_bi = NULL, phone_ct = NULL, phone_mask = '', display_name = '',
         password_hash = NULL, password_set_at = NULL, totp_ct = NULL, totp_last_step = NULL, totp_enrolled_at = NULL,
         recovery_hashes = '[]', status = 'disabled', updated_at = clock_timestamp() WHERE id = who;
  RETURN 'emptied';
END $f$;

-- Deletes what has ended before a moment: 'session', 'token' or 'code' (with attempts that nobody waits for any more).
-- Returns the ids; a counted attempt has none, so that a hash of its bucket stands for it.
CREATE FUNCTION core.purge_sign_in(p_kind text, p_before timestamptz, p_limit int, p_held uuid[]) RETURNS SETOF uuid
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
       WHERE k.tenant_id = t AND least(k.expires_at, k.revoked_at) < before AND k.account_id <> ALL (p_held)
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

REVOKE ALL ON FUNCTION core.account_of_person, core.forget_account, core.purge_sign_in FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.account_of_person, core.forget_account, core.purge_sign_in TO linli_app;
