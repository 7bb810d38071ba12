-- The signed scope. Run at bootstrap as the owner of schema sec; the runtime role can neither read the pads nor forge a scope.
CREATE TABLE IF NOT EXISTS sec.scope_pad (kid int PRIMARY KEY, ip bytea NOT NULL, op bytea NOT NULL);

CREATE OR REPLACE FUNCTION sec.scope() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog AS $f$
DECLARE
  s text := current_setting('app.scope', true);
  p text[];
  k record;
BEGIN
  IF s IS NULL OR s = '' THEN
    RAISE EXCEPTION 'no tenant scope' USING ERRCODE = 'TN001';
  END IF;
  p := string_to_array(s, '.');
  IF array_length(p, 1) IS DISTINCT FROM 5 OR p[1] !~ '^[0-9]{1,6}$' OR p[4] !~ '^[0-9]{1,12}$' THEN
    RAISE EXCEPTION 'bad scope' USING ERRCODE = 'TN002';
  END IF;
  SELECT ip, op INTO k FROM sec.scope_pad WHERE kid = p[1]::int;
  IF NOT FOUND
     OR encode(sha256(k.op || sha256(k.ip || convert_to(p[1] || '.' || p[2] || '.' || p[3] || '.' || p[4], 'UTF8'))), 'hex')
        IS DISTINCT FROM p[5] THEN
    RAISE EXCEPTION 'bad scope' USING ERRCODE = 'TN002';
  END IF;
  IF p[4]::bigint < extract(epoch FROM clock_timestamp()) THEN
    RAISE EXCEPTION 'scope expired' USING ERRCODE = 'TN003';
  END IF;
  RETURN p;
END $f$;

-- A ticket (core.check_ticket) is signed like a scope; its purpose stands where a scope has the tenant, and is no uuid.
CREATE OR REPLACE FUNCTION sec.tenant_id() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog AS $f$
BEGIN
  RETURN (sec.scope())[2]::uuid;
END $f$;

-- NULL means every community of the tenant. The signature is checked here too: within one statement a sub-select can
-- exchange app.scope after the tenant wall has looked at it and before the community wall does.
CREATE OR REPLACE FUNCTION sec.communities() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL RESTRICTED AS $f$
  SELECT string_to_array(nullif((sec.scope())[3], '*'), ',')::uuid[]
$f$;

REVOKE ALL ON FUNCTION sec.scope(), sec.tenant_id(), sec.communities() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.scope(), sec.tenant_id(), sec.communities() TO linli_app, linli_owner;
