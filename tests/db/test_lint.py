"""The twenty rules: a sound database breaks none, and each fault is found by the rule that is made for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from linli.db.lint import DEFINER_FUNCTIONS, OPEN_TABLES, STREET_WIDE_TABLES, lint
from linli.db.walls import protect

#: By rule, what breaks it and nothing else.
MUTANTS: dict[str, list[str]] = {
    "R01": [
        "ALTER ROLE linli_app BYPASSRLS",
        "ALTER ROLE linli_app CREATEROLE",
        "GRANT pg_monitor TO linli_app",
    ],
    "R02": [
        "CREATE TABLE core.loose (id uuid PRIMARY KEY)",
        "GRANT SELECT ON core.session TO linli_app",
        "GRANT SELECT (phone_ct) ON core.account TO linli_app",
        "GRANT UPDATE ON core.tenant TO linli_app",
        "GRANT INSERT ON core.alembic_version_core TO linli_app",
    ],
    "R03": [
        (
            "ALTER TABLE core.applied_manifest DROP CONSTRAINT pk_applied_manifest; "
            "ALTER TABLE core.applied_manifest ALTER tenant_id DROP NOT NULL"
        ),
    ],
    "R04": [
        "ALTER TABLE core.resident DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE core.resident NO FORCE ROW LEVEL SECURITY",
    ],
    "R05": [
        "DROP POLICY tenant_wall ON core.data_key",
        "ALTER POLICY tenant_wall ON core.data_key USING (true)",
        "ALTER POLICY tenant_wall ON core.data_key TO linli_owner",
        (
            "DROP POLICY tenant_wall ON core.data_key; CREATE POLICY tenant_wall ON core.data_key "
            "USING (tenant_id = (SELECT sec.tenant_id()))"
        ),
    ],
    "R06": ["ALTER POLICY tenant_wall ON core.data_key WITH CHECK (true)"],
    "R07": [
        (
            "ALTER TABLE core.data_key ADD COLUMN other uuid, ADD FOREIGN KEY (other, id) "
            "REFERENCES core.applied_manifest (tenant_id, id)"
        ),
    ],
    "R08": [
        "CREATE UNIQUE INDEX loose ON core.data_key (id)",
        "ALTER TABLE core.data_key ADD EXCLUDE USING btree (id WITH =)",
    ],
    "R09": ["CREATE VIEW core.loose AS SELECT * FROM core.resident; GRANT SELECT ON core.loose TO linli_app"],
    "R10": [
        "CREATE MATERIALIZED VIEW core.loose AS SELECT * FROM core.resident; GRANT SELECT ON core.loose TO linli_app",
    ],
    "R11": [
        "CREATE FUNCTION core.loose() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'",
        "ALTER FUNCTION core.append_audit(jsonb) RESET search_path",
        "ALTER FUNCTION sec.communities() SECURITY DEFINER",
    ],
    "R12": [
        "GRANT TRUNCATE ON core.resident TO linli_app",
        "GRANT TRIGGER ON core.tenant TO linli_app",
        "GRANT REFERENCES ON core.resident TO PUBLIC",
    ],
    "R13": ["GRANT CREATE ON SCHEMA core TO linli_app", "CREATE SCHEMA loose; GRANT CREATE ON SCHEMA loose TO PUBLIC"],
    "R14": ["CREATE SEQUENCE core.loose; GRANT SELECT ON core.loose TO linli_app"],
    "R15": ["GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC"],
    "R16": ["CREATE FUNCTION core.loose() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'"],
    "R17": [
        "DROP POLICY community_read ON core.dwelling",
        "ALTER POLICY community_insert ON core.dwelling WITH CHECK (true)",
        "ALTER POLICY community_update ON core.dwelling USING (true)",
        "DROP POLICY community_delete ON plugin_notices.notice",
        "DROP POLICY street_update ON core.community",
        "ALTER POLICY street_insert ON core.plugin_allowance WITH CHECK (true)",
    ],
    "R18": [
        (
            "CREATE TABLE core.loose (tenant_id uuid NOT NULL, community_id uuid NOT NULL); "
            "CREATE POLICY community_read ON core.loose AS RESTRICTIVE FOR SELECT USING (true)"
        ),
    ],
    "R19": [
        (
            "ALTER TABLE core.building ADD odd uuid, ADD CONSTRAINT loose FOREIGN KEY (tenant_id, odd) "
            "REFERENCES core.compound (tenant_id, id)"
        ),
        "ALTER TABLE core.dwelling ALTER community_id DROP NOT NULL",
        "COMMENT ON TABLE plugin_notices.notice IS 'no reason given'",
        "COMMENT ON TABLE plugin_notices.notice IS NULL",
    ],
    "R20": ["CREATE UNIQUE INDEX loose ON core.building (tenant_id, id, name)"],
}
#: What cannot be broken alone, and what else it breaks.
WITH_OTHERS = {"R18": {"R04", "R05", "R17", "R18"}}


@pytest.fixture
def catalogue(superuser_url, template, shared_house) -> Iterator[Connection]:
    """A superuser's connection to a sound database, in a transaction that is undone."""
    engine = create_engine(make_url(shared_house.addresses.superuser).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def broken(connection: Connection) -> set[str]:
    return {finding.rule for finding in lint(connection)}


def test_a_sound_database_breaks_no_rule(catalogue) -> None:
    assert lint(catalogue) == []


def test_there_are_twenty_rules_and_each_has_a_mutant() -> None:
    assert list(MUTANTS) == [f"R{n:02d}" for n in range(1, 21)]


@pytest.mark.parametrize(
    ("rule", "statement"), [(rule, each) for rule, several in MUTANTS.items() for each in several], ids=lambda v: v[:60]
)
def test_a_fault_is_found_by_its_rule(catalogue, rule, statement) -> None:
    catalogue.exec_driver_sql(statement)
    assert broken(catalogue) == WITH_OTHERS.get(rule, {rule})


def test_a_partition_of_its_own_is_a_table_of_its_own(catalogue) -> None:
    catalogue.exec_driver_sql(
        "CREATE TABLE core.loose (tenant_id uuid NOT NULL DEFAULT sec.tenant_id(), n int) PARTITION BY RANGE (n)"
    )
    for statement in protect("core.loose", community=False):
        catalogue.exec_driver_sql(statement)
    assert broken(catalogue) == set()
    catalogue.exec_driver_sql("CREATE TABLE core.loose_1 PARTITION OF core.loose FOR VALUES FROM (0) TO (9)")
    assert {(each.rule, each.subject) for each in lint(catalogue)} == {
        ("R04", "core.loose_1"),
        ("R05", "core.loose_1"),
        *(("R17", f"core.loose_1 (street_{act})") for act in ("insert", "update", "delete")),
    }


def test_only_what_a_managed_server_forbids_is_a_warning(catalogue) -> None:
    catalogue.exec_driver_sql(
        "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC; DROP POLICY tenant_wall ON core.file"
    )
    findings = lint(catalogue)
    assert [finding.is_warning for finding in findings] == sorted(finding.is_warning for finding in findings)
    assert {finding.rule for finding in findings if finding.is_warning} == {"R15"}
    assert any(not finding.is_warning for finding in findings)


def test_a_finding_names_its_object(catalogue) -> None:
    catalogue.exec_driver_sql("ALTER TABLE core.resident DISABLE ROW LEVEL SECURITY")
    (finding,) = lint(catalogue)
    assert (finding.rule, finding.subject) == ("R04", "core.resident")
    assert "row security" in finding.title


def test_a_further_table_of_the_street_can_be_named(catalogue) -> None:
    catalogue.exec_driver_sql("ALTER TABLE core.dwelling ALTER community_id DROP NOT NULL")
    assert lint(catalogue, street_wide=frozenset({"core.dwelling"})) == []


def test_every_listed_exception_exists_and_has_a_reason(catalogue) -> None:
    tables = set(catalogue.scalars(text("SELECT schemaname || '.' || tablename FROM pg_tables")))
    assert set(OPEN_TABLES) | set(STREET_WIDE_TABLES) <= tables
    definers = catalogue.scalars(
        text(
            "SELECT n.nspname || '.' || p.proname || '(' || replace(oidvectortypes(p.proargtypes), ', ', ',') || ')' "
            "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef"
        )
    )
    assert set(DEFINER_FUNCTIONS) == {each for each in definers if each.split(".")[0] in ("core", "sec")}
    assert all(len(reason) > 10 for reason in (*OPEN_TABLES.values(), *STREET_WIDE_TABLES.values()))


def test_readiness_refuses_while_a_rule_is_broken_and_recovers(served, module_house) -> None:
    engine = create_engine(make_url(module_house.addresses.superuser).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ALTER TABLE core.resident DISABLE ROW LEVEL SECURITY")
        refused = served.get("/health/ready")
        assert refused.status_code == 503
        assert refused.json()["findings"] == ["R04: core.resident"]
        assert served.get("/health/live").status_code == 200
        connection.exec_driver_sql("ALTER TABLE core.resident ENABLE ROW LEVEL SECURITY")
        assert served.get("/health/ready").status_code == 200
    engine.dispose()
