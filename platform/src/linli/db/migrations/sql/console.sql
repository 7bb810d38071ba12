CREATE TABLE core.metric_value (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	metric TEXT NOT NULL,
	grain TEXT NOT NULL,
	starts_on DATE NOT NULL,
	seen_on DATE NOT NULL,
	value NUMERIC NOT NULL,
	origin TEXT NOT NULL,
	measured_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_metric_value PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_metric_value_grain CHECK (grain IN ('day', 'month')),
	CONSTRAINT ck_metric_value_origin CHECK (origin IN ('measured', 'backfilled', 'demo')),
	CONSTRAINT uq_metric_value_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_metric_value_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_metric_value_days ON core.metric_value (tenant_id, grain, starts_on, metric);

CREATE UNIQUE INDEX uq_metric_value_moment ON core.metric_value (tenant_id, community_id, metric, grain, starts_on) NULLS NOT DISTINCT;

ALTER TABLE core.metric_value ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.metric_value FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.metric_value AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.metric_value AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.metric_value AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.metric_value AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.metric_value AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.metric_value AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.metric_value TO linli_app;

CREATE TABLE core.assignment (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	push_id UUID NOT NULL,
	title TEXT NOT NULL,
	body TEXT DEFAULT '' NOT NULL,
	assigned_on DATE NOT NULL,
	due_on DATE NOT NULL,
	assigned_by_name TEXT DEFAULT '' NOT NULL,
	report TEXT DEFAULT '' NOT NULL,
	done_on DATE,
	done_by_name TEXT DEFAULT '' NOT NULL,
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	withdraw_reason TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_assignment PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_assignment_tenant_id_community_id_push_id UNIQUE (tenant_id, community_id, push_id),
	CONSTRAINT ck_assignment_days CHECK (due_on >= assigned_on),
	CONSTRAINT ck_assignment_report CHECK ((done_on IS NULL) = (report = '')),
	CONSTRAINT ck_assignment_end CHECK (withdrawn_at IS NULL OR done_on IS NULL),
	CONSTRAINT uq_assignment_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_assignment_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_assignment_newest ON core.assignment (tenant_id, community_id, id);

ALTER TABLE core.assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.assignment FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.assignment AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.assignment AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.assignment AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.assignment AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.assignment AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.assignment AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE ON core.assignment TO linli_app;

CREATE TABLE core.push (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	payload JSONB NOT NULL,
	key UUID NOT NULL,
	state TEXT DEFAULT 'running' NOT NULL,
	total INTEGER NOT NULL,
	asked_by_name TEXT NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	job_id UUID,
	undo_reason TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_push PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_push_tenant_id_key UNIQUE (tenant_id, key),
	CONSTRAINT ck_push_state CHECK (state IN ('running', 'done', 'undoing', 'undone')),
	CONSTRAINT fk_push_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_push_newest ON core.push (tenant_id, id);

ALTER TABLE core.push ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.push FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.push AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.push AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.push AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.push AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.push AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT, UPDATE ON core.push TO linli_app;

CREATE TABLE core.push_result (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID NOT NULL,
	push_id UUID NOT NULL,
	state TEXT DEFAULT 'waiting' NOT NULL,
	told TEXT DEFAULT '' NOT NULL,
	path TEXT DEFAULT '' NOT NULL,
	made JSONB DEFAULT '[]' NOT NULL,
	undo_tried BOOLEAN DEFAULT false NOT NULL,
	settled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_push_result PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_push_result_tenant_id_push_id FOREIGN KEY(tenant_id, push_id) REFERENCES core.push (tenant_id, id),
	CONSTRAINT uq_push_result_tenant_id_community_id_push_id UNIQUE (tenant_id, community_id, push_id),
	CONSTRAINT ck_push_result_state CHECK (state IN ('waiting', 'done', 'refused', 'undone')),
	CONSTRAINT uq_push_result_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_push_result_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_push_result_push ON core.push_result (tenant_id, push_id, state);

ALTER TABLE core.push_result ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.push_result FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.push_result AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.push_result AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.push_result AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.push_result AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.push_result AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.push_result AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE ON core.push_result TO linli_app;

CREATE TABLE core.briefing (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	month DATE NOT NULL,
	number INTEGER NOT NULL,
	content JSONB NOT NULL,
	pdf BYTEA NOT NULL,
	pdf_sha256 BYTEA NOT NULL,
	xlsx BYTEA NOT NULL,
	xlsx_sha256 BYTEA NOT NULL,
	made_by_name TEXT NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_briefing PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_briefing_tenant_id_month_number UNIQUE (tenant_id, month, number),
	CONSTRAINT ck_briefing_pdf CHECK (pdf_sha256 = sha256(pdf)),
	CONSTRAINT ck_briefing_xlsx CHECK (xlsx_sha256 = sha256(xlsx)),
	CONSTRAINT fk_briefing_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

CREATE INDEX ix_briefing_newest ON core.briefing (tenant_id, id);

ALTER TABLE core.briefing ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.briefing FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.briefing AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.briefing AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.briefing AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.briefing AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.briefing AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT ON core.briefing TO linli_app;
