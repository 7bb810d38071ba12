-- Jobs: a queue, a turn of their schedule, and a place in a lane for deliveries of events.
ALTER TABLE core.job
	ADD COLUMN queue TEXT DEFAULT 'default' NOT NULL,
	ADD COLUMN turn TIMESTAMP WITH TIME ZONE,
	ADD COLUMN event_id UUID,
	ADD COLUMN lane_id UUID,
	ADD COLUMN consumer TEXT,
	ADD COLUMN n BIGINT;
ALTER TABLE core.job DROP CONSTRAINT ck_job_state;
ALTER TABLE core.job ADD CONSTRAINT ck_job_state CHECK (state IN ('behind', 'queued', 'running', 'done', 'failed', 'parked', 'cancelled'));
ALTER TABLE core.job ADD CONSTRAINT ck_job_lane CHECK (num_nulls(lane_id, consumer, n) IN (0, 3));
DROP INDEX core.ix_job_due;
CREATE INDEX ix_job_due ON core.job (tenant_id, queue, run_after) WHERE state IN ('queued', 'running');
CREATE INDEX ix_job_lane ON core.job (tenant_id, lane_id, consumer, n) WHERE lane_id IS NOT NULL AND state IN ('behind', 'queued', 'running', 'parked');
CREATE UNIQUE INDEX uq_job_turn ON core.job (tenant_id, community_id, task, turn) NULLS NOT DISTINCT WHERE turn IS NOT NULL;
CREATE UNIQUE INDEX uq_job_event ON core.job (tenant_id, event_id, consumer, community_id) NULLS NOT DISTINCT WHERE event_id IS NOT NULL;

CREATE TABLE core.job_lane (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL, 
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	community_id UUID, 
	compound_id UUID, 
	n BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_job_lane PRIMARY KEY (tenant_id, id), 
	CONSTRAINT uq_job_lane_place UNIQUE NULLS NOT DISTINCT (tenant_id, community_id, compound_id), 
	CONSTRAINT uq_job_lane_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id), 
	CONSTRAINT fk_job_lane_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

ALTER TABLE core.job_lane ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.job_lane FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.job_lane AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.job_lane AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.job_lane AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.job_lane AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.job_lane AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.job_lane AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.job_lane TO linli_app;

CREATE TABLE core.event (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL, 
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	community_id UUID, 
	name TEXT NOT NULL, 
	version SMALLINT NOT NULL, 
	payload JSONB DEFAULT '{}' NOT NULL, 
	compound_id UUID, 
	lane_id UUID NOT NULL, 
	n BIGINT NOT NULL, 
	actor_id UUID, 
	actor_name TEXT DEFAULT '' NOT NULL, 
	request_id TEXT DEFAULT '' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (tenant_id, id), 
	CONSTRAINT uq_event_tenant_id_community_id_lane_id_n UNIQUE NULLS NOT DISTINCT (tenant_id, community_id, lane_id, n), 
	CONSTRAINT uq_event_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id), 
	CONSTRAINT fk_event_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);
CREATE INDEX ix_event_at ON core.event (tenant_id, created_at);

ALTER TABLE core.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.event FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.event AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.event AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.event AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.event AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.event AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.event AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.event TO linli_app;

CREATE TABLE core.event_inbox (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL, 
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	community_id UUID, 
	consumer TEXT NOT NULL, 
	event_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT pk_event_inbox PRIMARY KEY (tenant_id, id), 
	CONSTRAINT uq_event_inbox_entry UNIQUE NULLS NOT DISTINCT (tenant_id, event_id, consumer, community_id), 
	CONSTRAINT fk_event_inbox_tenant_id_community_id_event_id FOREIGN KEY(tenant_id, community_id, event_id) REFERENCES core.event (tenant_id, community_id, id) ON DELETE CASCADE, 
	CONSTRAINT fk_event_inbox_tenant_id_event_id FOREIGN KEY(tenant_id, event_id) REFERENCES core.event (tenant_id, id) ON DELETE CASCADE, 
	CONSTRAINT uq_event_inbox_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id), 
	CONSTRAINT fk_event_inbox_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

ALTER TABLE core.event_inbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.event_inbox FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.event_inbox AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.event_inbox AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.event_inbox AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.event_inbox AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.event_inbox AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.event_inbox AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.event_inbox TO linli_app;

-- A bell for each queue, so that work of one is not looked for behind a street's work of the other.
DROP FUNCTION core.ring_doorbell(timestamptz);
DROP FUNCTION core.tenants_with_work(int);
DROP FUNCTION core.answer_doorbell();
ALTER TABLE core.job_doorbell ADD COLUMN queue TEXT DEFAULT 'default' NOT NULL;
ALTER TABLE core.job_doorbell DROP CONSTRAINT pk_job_doorbell;
ALTER TABLE core.job_doorbell ADD CONSTRAINT pk_job_doorbell PRIMARY KEY (tenant_id, queue);

CREATE FUNCTION core.ring_doorbell(p_due timestamptz, p_queue text DEFAULT 'default') RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  INSERT INTO core.job_doorbell (tenant_id, queue, due_at) VALUES (sec.tenant_id(), p_queue, p_due)
  ON CONFLICT (tenant_id, queue) DO UPDATE SET due_at = least(core.job_doorbell.due_at, excluded.due_at);
END $f$;

CREATE FUNCTION core.tenants_with_work(p_limit int, p_queue text DEFAULT 'default') RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT d.tenant_id FROM core.job_doorbell d
    WHERE d.queue = p_queue AND d.due_at <= clock_timestamp() ORDER BY d.due_at LIMIT p_limit;
END $f$;

-- Called under the tenant's own scope whenever its queue has been looked at: sets the next time to come, or clears it.
-- Where more is due already, the tenant goes to the end of those that wait. Tells whether more is due.
CREATE FUNCTION core.answer_doorbell(p_queue text DEFAULT 'default') RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := sec.tenant_id();
  next_due timestamptz;
BEGIN
  PERFORM 1 FROM core.job_doorbell d WHERE d.tenant_id = t AND d.queue = p_queue FOR UPDATE;
  SELECT min(CASE j.state WHEN 'running' THEN j.leased_until ELSE j.run_after END) INTO next_due
    FROM core.job j WHERE j.tenant_id = t AND j.queue = p_queue AND j.state IN ('queued', 'running');
  IF next_due IS NULL THEN
    DELETE FROM core.job_doorbell d WHERE d.tenant_id = t AND d.queue = p_queue;
    RETURN false;
  END IF;
  UPDATE core.job_doorbell SET due_at = greatest(next_due, clock_timestamp()) WHERE tenant_id = t AND queue = p_queue;
  RETURN next_due <= clock_timestamp();
END $f$;

-- For whoever watches over the installation: how many tenants wait in each queue, and for how many seconds nobody has
-- looked after the one that waits longest.
CREATE FUNCTION core.waiting_work() RETURNS TABLE (queue text, tenants bigint, seconds double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  RETURN QUERY SELECT d.queue, count(*), extract(epoch FROM clock_timestamp() - min(d.due_at))::double precision
    FROM core.job_doorbell d WHERE d.due_at <= clock_timestamp() GROUP BY d.queue;
END $f$;

REVOKE ALL ON FUNCTION core.ring_doorbell(timestamptz, text), core.tenants_with_work(int, text),
  core.answer_doorbell(text), core.waiting_work() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.ring_doorbell(timestamptz, text), core.tenants_with_work(int, text),
  core.answer_doorbell(text), core.waiting_work() TO linli_app;
