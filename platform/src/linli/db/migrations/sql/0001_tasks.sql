-- A worker has no scope until it knows whose work waits: these two touch tenant ids and times, nothing else.
CREATE FUNCTION core.ring_doorbell(p_due timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  INSERT INTO core.job_doorbell (tenant_id, due_at) VALUES (sec.tenant_id(), p_due)
  ON CONFLICT (tenant_id) DO UPDATE SET due_at = least(core.job_doorbell.due_at, excluded.due_at);
END $f$;

CREATE FUNCTION core.tenants_with_work(p_limit int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT d.tenant_id FROM core.job_doorbell d WHERE d.due_at <= clock_timestamp() ORDER BY d.due_at LIMIT p_limit;
END $f$;

-- Called under the tenant's own scope once its queue has been looked through: sets the next time to come, or clears it.
CREATE FUNCTION core.answer_doorbell() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  next_due timestamptz;
BEGIN
  PERFORM 1 FROM core.job_doorbell d WHERE d.tenant_id = t FOR UPDATE;
  SELECT min(CASE j.state WHEN 'running' THEN j.leased_until ELSE j.run_after END) INTO next_due
    FROM core.job j WHERE j.tenant_id = t AND j.state IN ('queued', 'running');
  IF next_due IS NULL THEN
    DELETE FROM core.job_doorbell d WHERE d.tenant_id = t;
  ELSE
    UPDATE core.job_doorbell SET due_at = next_due WHERE tenant_id = t;
  END IF;
END $f$;

REVOKE ALL ON FUNCTION core.ring_doorbell(timestamptz), core.tenants_with_work(int), core.answer_doorbell() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.ring_doorbell(timestamptz), core.tenants_with_work(int), core.answer_doorbell() TO linli_app;
