"""The catalogue lint: twenty rules that a database must obey before the platform serves from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from linli.db.walls import APP_ROLE

#: Tables without a tenant, each with its reason (architecture section 4). Nothing else may lack ``tenant_id``.
OPEN_TABLES: dict[str, str] = {
    "core.tenant": "names the street offices themselves",
    "core.domain": "a host must be resolved before a tenant is known",
    "core.division": "published administrative divisions",
    "core.calendar_day": "the State Council's published holidays",
    "core.account": "accounts are global; identifiers are sealed, the runtime role has no rights",
    "core.account_tenant": "leads from an account to its tenants; the runtime role has no rights",
    "core.session": "sessions belong to accounts; the runtime role has no rights",
    "core.api_token": "tokens belong to accounts; the runtime role has no rights",
    "core.one_time_code": "asked for before anybody is known; the runtime role has no rights",
    "core.throttle": "counts attempts before anybody is known; the runtime role has no rights",
    "core.job_doorbell": "a worker has no scope until it knows whose work waits; the runtime role has no rights",
    "core.installed_plugin": "versions of the software itself",
    "core.platform_key": "keys of accounts, wrapped by the master secret",
    "sec.scope_pad": "pads of the signed scope; the runtime role has no rights",
}

#: Open tables that the runtime role reaches through definer functions only.
HIDDEN_TABLES = tuple(name for name, reason in OPEN_TABLES.items() if "no rights" in reason)

#: Tables whose rows may belong to the whole street: ``community_id`` may be NULL.
STREET_WIDE_TABLES: dict[str, str] = {
    "core.setting": "a street sets values for its communities",
    "core.role_grant": "street staff hold roles over all communities",
    "core.invitation": "street staff are invited by the street",
    "core.audit_entry": "the street's own acts",
    "core.file": "attachments of what the street publishes",
    "core.approval": "acts on the whole street take two people too",
    "core.job": "imports and exports of the whole street",
    "core.job_lane": "events of the whole street have their order too",
    "core.event": "things that happen to the whole street",
    "core.event_inbox": "what was done about events of the whole street",
    "core.consent_purpose": "a street asks for consent in all its communities",
    "core.rule_override": "a street chooses values for all its compounds",
    "core.rule_freeze": "the rules that the street's own decisions were made under",
    "core.metric_value": "a street has numbers of its own, and sums over its communities",
    "core.legal_hold": "a street holds a class of data everywhere",
    "core.notification": "messages to the street's own staff",
    "core.notification_delivery": "the ways of messages to the street's own staff",
    "core.idempotency_key": "requests to the street's own API",
    "core.form_draft": "forms of the street console that were not sent yet",
    "core.list_view": "what people keep of the street's own lists",
    "core.app_attempt": "events of the whole street are sent to apps too",
}

#: A street's own tables that are written in a community's scope too.
WRITTEN_ANYWHERE: dict[str, str] = {
    "core.audit_head": "every act lengthens the street's one chain, through a definer function alone",
    "core.notification_contact": "people say in whichever portal they are how they want to be reached",
    "core.notification_preference": "people choose their channels in whichever portal they are",
}

#: Functions that run with their owner's rights, each reviewed.
DEFINER_FUNCTIONS: dict[str, str] = {
    "sec.scope()": "reads the pads that check a scope's signature",
    "core.append_audit(jsonb)": "the only way to lengthen the audit chain",
    "core.resolve_request(bytea,text,date)": "finds the account behind a session or token",
    "core.ring_doorbell(timestamp with time zone,text)": "tells workers that the caller's tenant has work",
    "core.tenants_with_work(integer,text)": "tenant ids with due work, nothing else",
    "core.waiting_work()": "for each queue how many tenants wait and how long, nothing else",
    "core.take_attempt(bytea,integer,integer,integer,integer)": "counts one attempt, tells how long to wait",
    "core.forgive_attempts(text,integer)": "clears one counter, against a ticket",
    "core.find_account(text)": "one account by one identifier, against a ticket",
    "core.create_account(text,text,text,bytea,bytea,text,text,text)": "one new account, against a ticket",
    "core.link_account(text)": "makes one account known to the caller's tenant, against a ticket",
    "core.linked_account(uuid,text,bytea)": "name of one account that the caller's tenant knows",
    "core.open_session(text,bytea,integer,integer,text,text,integer)": "one session, against a ticket",
    "core.account_of_session(bytea)": "the account of the session whose token is shown",
    "core.secrets_of_session(bytea)": "what the owner of the shown session is measured against",
    "core.touch_session(bytea,integer)": "prolongs the shown session within its end",
    "core.rotate_session(bytea,bytea)": "exchanges the token of the shown session",
    "core.close_session(bytea)": "ends the shown session",
    "core.sessions_of(bytea)": "the sessions of the shown session's own account",
    "core.close_other_sessions(bytea,uuid)": "ends sessions of the shown session's own account",
    "core.streets_of_session(bytea)": "ids of the tenants that the shown session's account belongs to",
    "core.set_password(text,text,bytea)": "one account's password, against a ticket",
    "core.set_phone(text,bytea,bytea,text)": "one account's phone, against a ticket",
    "core.update_profile(bytea,text,text,boolean)": "name and language of the shown session's own account",
    "core.start_totp(bytea,bytea)": "keeps a second factor that is not in force yet, for the shown session's account",
    "core.confirm_totp(text,bytea,integer,jsonb)": "puts a second factor in force, against a ticket",
    "core.pass_totp(text,bytea,integer,text,integer,integer)": "completes one session once, against a ticket",
    "core.drop_totp(text)": "removes one second factor, against a ticket",
    "core.make_code(text,bytea,integer,integer)": "one code for one phone, against a ticket",
    "core.try_code(text,bytea)": "one try at one code, against a ticket",
    "core.make_token(bytea,bytea,text,uuid,text,text[],integer,integer)": "one token of the shown session's account",
    "core.tokens_of(bytea)": "the tokens of the shown session's own account, without their hashes",
    "core.revoke_token(bytea,uuid)": "ends one token of the shown session's own account",
    "core.touch_token(bytea)": "notes that the shown token was used",
    "core.make_app_token(text,bytea,text,integer,integer,integer)": "one token of one app, against a ticket",
    "core.tokens_of_app(uuid)": "the tokens of one app of the caller's street, without their hashes",
    "core.revoke_app_tokens(uuid,uuid)": "ends tokens of one app of the caller's street",
    "core.reach_accounts(text,uuid[])": "language and sealed phone of the tenant's accounts, against a ticket",
    "core.streets_of_account(text)": "ids of the tenants that one account belongs to, against a ticket",
    "core.answer_doorbell(text)": "sets the caller's tenant's next due time",
    "core.account_of_person(text)": "what one account keeps about its owner, against a ticket",
    "core.forget_account(text)": "one account that nothing in the street leads to any more, against a ticket",
    "core.purge_sign_in(text,timestamp with time zone,integer,uuid[])": "deletes only what has ended already",
    "core.measure_register()": "the planner's statistics of the register's tables, nothing else",
}

#: Unique keys on community rows that rightly lack ``community_id``, beside every primary key ``(tenant_id, id)``.
KEYS_WITHOUT_COMMUNITY: dict[str, str] = {
    "core.pk_audit_entry": "numbers of the tenant's one chain, given by the database",
}


_OF_A_PLUGIN = re.compile(r"plugin_([a-z][a-z0-9_]*)(?:[.]|$)")


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule and the object that breaks it. ``is_warning``: reported, but does not refuse readiness."""

    rule: str
    title: str
    subject: str

    @property
    def is_warning(self) -> bool:
        return self.rule == "R15"

    @property
    def owner(self) -> str:
        """Whose fault it is: the plugin in whose schema the object lies, else ``core``."""
        found = _OF_A_PLUGIN.match(self.subject)
        return found[1] if found else "core"


RULES = {
    "R01": "the runtime role is superuser, bypasses row security or belongs to an owner",
    "R02": "no tenant_id, and not a listed open table",
    "R03": "tenant_id may be NULL",
    "R04": "row security is off or not forced",
    "R05": "no restrictive tenant wall with the exact expression",
    "R06": "a restrictive policy checks writes by another expression than reads",
    "R07": "a foreign key between tenant rows does not carry tenant_id",
    "R08": "a unique key does not carry tenant_id",
    "R09": "a view that the runtime role reads is not security_invoker",
    "R10": "the runtime role reads a materialised view or foreign table",
    "R11": "a SECURITY DEFINER function is not listed or has no search_path",
    "R12": "the runtime role may TRUNCATE, TRIGGER or REFERENCES",
    "R13": "the runtime role may create in the schema",
    "R14": "the runtime role may read a sequence",
    "R15": "large-object functions are executable",
    "R16": "a function is marked LEAKPROOF",
    "R17": "a row does not wear the policies of its community, or of its street where it has no community_id",
    "R18": "the community wall stands without the tenant wall",
    "R19": "a foreign key between communities' rows lacks community_id, or it may be NULL in an unlisted table",
    "R20": "a unique key between rows of communities does not carry community_id",
}

_WALL = "(tenant_id = ( SELECT sec.tenant_id() AS tenant_id))"
_COMMUNITIES = "( SELECT sec.communities() AS communities)"
_ANY_OF_THEM = f"(community_id = ANY ({_COMMUNITIES}::uuid[]))"
_READ = f"COALESCE({_ANY_OF_THEM}, true)"
_STREET = f"({_COMMUNITIES} IS NULL)"
_WRITE = f"(({_COMMUNITIES} IS NULL) OR COALESCE({_ANY_OF_THEM}, false))"

_LINT = """
WITH ns AS (SELECT oid, nspname FROM pg_namespace
             WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'),
t AS (SELECT c.*, n.nspname || '.' || c.relname AS name FROM pg_class c JOIN ns n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p')),
ten AS (SELECT t.oid, t.name, t.relrowsecurity, t.relforcerowsecurity, a.attnum AS tn, a.attnotnull,
               k.attnum AS cn, k.attnotnull AS community_not_null
          FROM t LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                 LEFT JOIN pg_attribute k ON k.attrelid = t.oid AND k.attname = 'community_id' AND NOT k.attisdropped
         WHERE t.name <> ALL (:open) AND t.name !~ '^core[.]alembic_version_'),
wall AS (SELECT p.polrelid FROM pg_policy p
          WHERE NOT p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}' AND p.polname = 'tenant_wall'
            AND pg_get_expr(p.polqual, p.polrelid) = :wall)
SELECT 'R01' AS rule, rolname::text AS subject FROM pg_roles r
 WHERE rolname = :app AND (rolsuper OR rolbypassrls OR rolcreaterole
   OR EXISTS (SELECT 1 FROM pg_auth_members m WHERE m.member = r.oid)
   OR EXISTS (SELECT 1 FROM t WHERE pg_has_role(:app, t.relowner, 'MEMBER')))
UNION ALL SELECT 'R02', name FROM ten WHERE tn IS NULL
UNION ALL SELECT 'R02', name || ' (open, yet the runtime role has rights)' FROM t
 WHERE name = ANY (:hidden) AND (has_table_privilege(:app, oid, 'SELECT') OR has_table_privilege(:app, oid, 'INSERT')
   OR has_table_privilege(:app, oid, 'UPDATE') OR has_table_privilege(:app, oid, 'DELETE')
   OR has_any_column_privilege(:app, oid, 'SELECT'))
UNION ALL SELECT 'R02', name || ' (open, yet the runtime role may write)' FROM t
 WHERE (name = ANY (:open) OR name ~ '^core[.]alembic_version_')
   AND (has_table_privilege(:app, oid, 'INSERT') OR has_table_privilege(:app, oid, 'UPDATE') OR has_table_privilege(:app, oid, 'DELETE'))
UNION ALL SELECT 'R03', name FROM ten WHERE tn IS NOT NULL AND NOT attnotnull
UNION ALL SELECT 'R04', name FROM ten WHERE tn IS NOT NULL AND NOT (relrowsecurity AND relforcerowsecurity)
UNION ALL SELECT 'R05', name FROM ten WHERE tn IS NOT NULL AND oid NOT IN (SELECT polrelid FROM wall)
UNION ALL SELECT 'R06', polrelid::regclass || '.' || polname FROM pg_policy p JOIN ten ON ten.oid = p.polrelid
 WHERE NOT polpermissive AND polqual IS NOT NULL AND polwithcheck IS NOT NULL
   AND pg_get_expr(polwithcheck, polrelid) <> pg_get_expr(polqual, polrelid)
UNION ALL SELECT 'R07', k.conrelid::regclass || '.' || k.conname FROM pg_constraint k
  JOIN ten a ON a.oid = k.conrelid JOIN ten b ON b.oid = k.confrelid
 WHERE k.contype = 'f' AND a.tn IS NOT NULL AND b.tn IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) u (x, y) WHERE x = a.tn AND y = b.tn)
UNION ALL SELECT 'R08', i.indexrelid::regclass::text FROM pg_index i JOIN ten ON ten.oid = i.indrelid
 WHERE (i.indisunique OR i.indisexclusion) AND tn IS NOT NULL AND NOT (tn = ANY (i.indkey::int2[]))
UNION ALL SELECT 'R09', c.oid::regclass::text FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
 WHERE relkind = 'v' AND NOT coalesce(reloptions::text ~* 'security_invoker=(true|on|1|yes)', false)
   AND has_table_privilege(:app, c.oid, 'SELECT')
UNION ALL SELECT 'R10', c.oid::regclass::text FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
 WHERE relkind IN ('m', 'f') AND has_table_privilege(:app, c.oid, 'SELECT')
UNION ALL SELECT 'R11', n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')'
  FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace
 WHERE prosecdef AND (n.nspname || '.' || p.proname || '(' || replace(oidvectortypes(p.proargtypes), ', ', ',') || ')' <> ALL (:definers)
   OR coalesce(proconfig::text, '') !~ 'search_path')
UNION ALL SELECT 'R12', name FROM t WHERE has_table_privilege(:app, oid, 'TRUNCATE')
   OR has_table_privilege(:app, oid, 'TRIGGER') OR has_table_privilege(:app, oid, 'REFERENCES')
UNION ALL SELECT 'R13', nspname::text FROM ns WHERE has_schema_privilege(:app, oid, 'CREATE')
UNION ALL SELECT 'R14', c.oid::regclass::text FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
 WHERE CASE WHEN relkind = 'S' THEN has_sequence_privilege(:app, c.oid, 'SELECT') ELSE false END
UNION ALL SELECT 'R15', f FROM unnest(CAST(:large_objects AS text[])) f WHERE has_function_privilege(:app, f, 'EXECUTE')
UNION ALL SELECT 'R16', p.oid::regprocedure::text FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace WHERE proleakproof
UNION ALL SELECT 'R17', name || ' (' || want.name_ || ')' FROM ten
 CROSS JOIN (VALUES ('community_read', 'r', :read), ('community_insert', 'a', :write),
                    ('community_update', 'w', :write), ('community_delete', 'd', :write)) want (name_, cmd, expr)
 WHERE tn IS NOT NULL AND cn IS NOT NULL AND NOT EXISTS (
   SELECT 1 FROM pg_policy p WHERE p.polrelid = ten.oid AND p.polname = want.name_ AND NOT p.polpermissive
      AND p.polcmd = want.cmd::"char" AND p.polroles = '{0}'
      AND pg_get_expr(CASE WHEN want.cmd = 'a' THEN p.polwithcheck ELSE p.polqual END, p.polrelid) = want.expr)
UNION ALL SELECT 'R17', name || ' (' || want.name_ || ')' FROM ten
 CROSS JOIN (VALUES ('street_insert', 'a'), ('street_update', 'w'), ('street_delete', 'd')) want (name_, cmd)
 WHERE tn IS NOT NULL AND cn IS NULL AND name <> ALL (:anywhere) AND NOT EXISTS (
   SELECT 1 FROM pg_policy p WHERE p.polrelid = ten.oid AND p.polname = want.name_ AND NOT p.polpermissive
      AND p.polcmd = want.cmd::"char" AND p.polroles = '{0}'
      AND pg_get_expr(CASE WHEN want.cmd = 'a' THEN p.polwithcheck ELSE p.polqual END, p.polrelid) = :street)
UNION ALL SELECT DISTINCT 'R18', polrelid::regclass::text FROM pg_policy
 WHERE polname LIKE 'community\\_%' AND polrelid NOT IN (SELECT polrelid FROM wall)
UNION ALL SELECT 'R19', k.conrelid::regclass || '.' || k.conname FROM pg_constraint k
  JOIN ten a ON a.oid = k.conrelid JOIN ten b ON b.oid = k.confrelid
 WHERE k.contype = 'f' AND a.cn IS NOT NULL AND b.cn IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) u (x, y) WHERE x = a.cn AND y = b.cn)
   -- Beside one that carries the community: it holds rows of the whole street, of which that one asks nothing.
   AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = a.oid AND c.confrelid = b.oid
     AND c.conkey @> k.conkey AND c.confkey @> k.confkey
     AND EXISTS (SELECT 1 FROM unnest(c.conkey, c.confkey) u (x, y) WHERE x = a.cn AND y = b.cn))
UNION ALL SELECT 'R19', name || ' (community_id may be NULL)' FROM ten
 WHERE cn IS NOT NULL AND NOT community_not_null AND name <> ALL (:street_wide)
   -- A plugin lists its own table in a comment, so that the list outlives the plugin's files.
   AND NOT (name ~ '^plugin_' AND coalesce(obj_description(oid, 'pg_class'), '') ~ '^street-wide. [^ ]')
UNION ALL SELECT 'R20', i.indexrelid::regclass::text FROM pg_index i JOIN ten ON ten.oid = i.indrelid
  JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
 WHERE (i.indisunique OR i.indisexclusion) AND cn IS NOT NULL AND NOT (cn = ANY (i.indkey::int2[]))
   AND pg_get_indexdef(i.indexrelid) !~ 'community_id'
   AND NOT (i.indisprimary AND pg_get_indexdef(i.indexrelid) LIKE '% USING btree (tenant_id, id)')
   AND n.nspname || '.' || x.relname <> ALL (:keys)
ORDER BY 1, 2
"""  # noqa: E501 - one rule a line reads best

_LARGE_OBJECT_FUNCTIONS = [
    "lo_create(oid)",
    "lo_creat(integer)",
    "lo_from_bytea(oid,bytea)",
    "lo_put(oid,bigint,bytea)",
    "lo_open(oid,integer)",
]


def lint(connection: Connection, *, street_wide: frozenset[str] = frozenset()) -> list[Finding]:
    """Every broken rule of the connected database, warnings last; empty when the house is sound.

    Args:
        connection: of any role that may read the catalogue.
        street_wide: further tables, of plugins, whose rows may belong to the whole street.
    """
    rows = connection.execute(
        text(_LINT),
        {
            "app": APP_ROLE,
            "open": list(OPEN_TABLES),
            "hidden": list(HIDDEN_TABLES),
            "definers": list(DEFINER_FUNCTIONS),
            "street_wide": [*STREET_WIDE_TABLES, *street_wide],
            "keys": list(KEYS_WITHOUT_COMMUNITY),
            "large_objects": _LARGE_OBJECT_FUNCTIONS,
            "wall": _WALL,
            "read": _READ,
            "write": _WRITE,
            "street": _STREET,
            "anywhere": list(WRITTEN_ANYWHERE),
        },
    ).all()
    findings = [Finding(rule, RULES[rule], subject) for rule, subject in rows]
    return sorted(findings, key=lambda finding: (finding.is_warning, finding.rule, finding.subject))
