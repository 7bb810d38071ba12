CREATE TABLE core.notification_contact (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	account_id UUID NOT NULL,
	email_ct BYTEA,
	email_mask TEXT DEFAULT '' NOT NULL,
	confirmed_at TIMESTAMP WITH TIME ZONE,
	pending_ct BYTEA,
	pending_mask TEXT DEFAULT '' NOT NULL,
	code_hash BYTEA,
	code_expires_at TIMESTAMP WITH TIME ZONE,
	quiet_from TIME WITHOUT TIME ZONE,
	quiet_until TIME WITHOUT TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_notification_contact PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_notification_contact_tenant_id_account_id UNIQUE (tenant_id, account_id),
	CONSTRAINT ck_notification_contact_quiet CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
	CONSTRAINT fk_notification_contact_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

ALTER TABLE core.notification_contact ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.notification_contact FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.notification_contact AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.notification_contact AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.notification_contact TO linli_app;

CREATE TABLE core.notification_preference (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	account_id UUID NOT NULL,
	kind TEXT NOT NULL,
	channel TEXT NOT NULL,
	is_on BOOLEAN NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_notification_preference PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_notification_preference_tenant_id_account_id_kind_channel UNIQUE (tenant_id, account_id, kind, channel),
	CONSTRAINT ck_notification_preference_channel CHECK (channel IN ('email', 'sms', 'wechat')),
	CONSTRAINT fk_notification_preference_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

ALTER TABLE core.notification_preference ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.notification_preference FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.notification_preference AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.notification_preference AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.notification_preference TO linli_app;

CREATE TABLE core.notification_template (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	kind TEXT NOT NULL,
	locale TEXT NOT NULL,
	channel TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL,
	edited_by UUID,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	version INTEGER DEFAULT 1 NOT NULL,
	CONSTRAINT pk_notification_template PRIMARY KEY (tenant_id, id),
	CONSTRAINT uq_notification_template_tenant_id_kind_locale_channel UNIQUE (tenant_id, kind, locale, channel),
	CONSTRAINT ck_notification_template_channel CHECK (channel IN ('inbox', 'email', 'sms', 'wechat')),
	CONSTRAINT fk_notification_template_tenant_id FOREIGN KEY(tenant_id) REFERENCES core.tenant (id)
);

ALTER TABLE core.notification_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.notification_template FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.notification_template AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.notification_template AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY street_insert ON core.notification_template AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_update ON core.notification_template AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
CREATE POLICY street_delete ON core.notification_template AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON core.notification_template TO linli_app;

CREATE TABLE core.notification_delivery (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	notification_id UUID NOT NULL,
	channel TEXT NOT NULL,
	state TEXT DEFAULT 'queued' NOT NULL,
	attempts SMALLINT DEFAULT '0' NOT NULL,
	error TEXT DEFAULT '' NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT pk_notification_delivery PRIMARY KEY (tenant_id, id),
	CONSTRAINT ck_notification_delivery_channel CHECK (channel IN ('email', 'sms', 'wechat')),
	CONSTRAINT ck_notification_delivery_state CHECK (state IN ('queued', 'held', 'sent', 'failed', 'suppressed')),
	CONSTRAINT uq_notification_delivery_channel UNIQUE NULLS NOT DISTINCT (tenant_id, community_id, notification_id, channel),
	CONSTRAINT uq_notification_delivery_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_notification_delivery_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_notification_delivery_at ON core.notification_delivery (tenant_id, created_at, id);

CREATE INDEX ix_notification_delivery_due ON core.notification_delivery (tenant_id, due_at) WHERE state IN ('queued', 'held');

ALTER TABLE core.notification_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.notification_delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.notification_delivery AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.notification_delivery AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.notification_delivery AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.notification_delivery AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.notification_delivery AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.notification_delivery AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.notification_delivery TO linli_app;

CREATE TABLE core.notification (
	tenant_id UUID DEFAULT sec.tenant_id() NOT NULL,
	id UUID DEFAULT gen_random_uuid() NOT NULL,
	community_id UUID,
	account_id UUID,
	resident_id UUID,
	building_id UUID,
	person_id UUID NOT NULL,
	kind TEXT NOT NULL,
	context JSONB DEFAULT '{}' NOT NULL,
	subject_type TEXT DEFAULT '' NOT NULL,
	subject_id UUID,
	link TEXT DEFAULT '' NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	read_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_notification PRIMARY KEY (tenant_id, id),
	CONSTRAINT fk_notification_tenant_id_community_id_resident_id FOREIGN KEY(tenant_id, community_id, resident_id) REFERENCES core.resident (tenant_id, community_id, id),
	CONSTRAINT ck_notification_person CHECK (person_id = coalesce(resident_id, account_id)),
	CONSTRAINT ck_notification_place CHECK (resident_id IS NULL OR community_id IS NOT NULL),
	CONSTRAINT uq_notification_tenant_id_community_id_id UNIQUE (tenant_id, community_id, id),
	CONSTRAINT fk_notification_tenant_id_community_id FOREIGN KEY(tenant_id, community_id) REFERENCES core.community (tenant_id, id)
);

CREATE INDEX ix_notification_account ON core.notification (tenant_id, account_id, id);

CREATE INDEX ix_notification_at ON core.notification (tenant_id, created_at);

CREATE INDEX ix_notification_resident ON core.notification (tenant_id, resident_id, id);

CREATE INDEX ix_notification_unread ON core.notification (tenant_id, account_id) WHERE read_at IS NULL;

CREATE UNIQUE INDEX uq_notification_subject ON core.notification (tenant_id, subject_id, kind, subject_type, person_id, community_id) NULLS NOT DISTINCT WHERE subject_id IS NOT NULL;

ALTER TABLE core.notification ENABLE ROW LEVEL SECURITY;
ALTER TABLE core.notification FORCE ROW LEVEL SECURITY;
CREATE POLICY base ON core.notification AS PERMISSIVE FOR ALL TO PUBLIC USING (true);
CREATE POLICY tenant_wall ON core.notification AS RESTRICTIVE FOR ALL TO PUBLIC USING (tenant_id = (SELECT sec.tenant_id()));
CREATE POLICY community_read ON core.notification AS RESTRICTIVE FOR SELECT TO PUBLIC USING (coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), true));
CREATE POLICY community_insert ON core.notification AS RESTRICTIVE FOR INSERT TO PUBLIC WITH CHECK ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_update ON core.notification AS RESTRICTIVE FOR UPDATE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
CREATE POLICY community_delete ON core.notification AS RESTRICTIVE FOR DELETE TO PUBLIC USING ((SELECT sec.communities()) IS NULL OR coalesce(community_id = ANY ((SELECT sec.communities())::uuid[]), false));
GRANT SELECT, INSERT, UPDATE, DELETE ON core.notification TO linli_app;

-- How accounts of the caller's tenant are reached: the language they read, and the phone that only the vault opens.
-- Ticket: the tenant's id, so that an injected statement cannot ask.
CREATE FUNCTION core.reach_accounts(p_ticket text, p_accounts uuid[])
RETURNS TABLE (account_id uuid, locale text, phone_ct bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  t uuid := core.check_ticket(p_ticket, 'reach-accounts')::uuid;
BEGIN
  IF t IS DISTINCT FROM sec.tenant_id() THEN
    RAISE EXCEPTION 'bad ticket' USING ERRCODE = 'TN002';
  END IF;
  RETURN QUERY SELECT a.id, a.locale, a.phone_ct FROM core.account a
    JOIN core.account_tenant l ON l.account_id = a.id AND l.tenant_id = t
   WHERE a.id = ANY (p_accounts) AND a.status = 'active';
END $f$;

REVOKE ALL ON FUNCTION core.reach_accounts FROM PUBLIC;

GRANT EXECUTE ON FUNCTION core.reach_accounts TO linli_app;

-- Where an account is known, so that news about itself finds it. Ticket: the account's id.
CREATE FUNCTION core.streets_of_account(p_ticket text) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
DECLARE
  who uuid := core.check_ticket(p_ticket, 'streets-of-account')::uuid;
BEGIN
  RETURN QUERY SELECT l.tenant_id FROM core.account_tenant l WHERE l.account_id = who ORDER BY 1 LIMIT 50;
END $f$;

REVOKE ALL ON FUNCTION core.streets_of_account FROM PUBLIC;

GRANT EXECUTE ON FUNCTION core.streets_of_account TO linli_app;
