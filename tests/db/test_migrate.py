"""Revisions run whole or not at all, keep to their own schema, and leave a database that the lint accepts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from linli.db.catalogue import metadata
from linli.db.embedded.errors import ServerVersionError
from linli.db.embedded.versions import check_server_version
from linli.db.lineages import CORE
from linli.db.lint import lint
from linli.db.migrate import Lineage, MigrationRefused, status, upgrade
from linli.house import House

TABLE = """
    op.execute("CREATE TABLE plugin_{name}.thing (tenant_id uuid NOT NULL DEFAULT sec.tenant_id() "
               "REFERENCES core.tenant, id uuid NOT NULL DEFAULT gen_random_uuid(), PRIMARY KEY (tenant_id, id))")
    protect("plugin_{name}.thing", community=False)
"""


@pytest.fixture
def plugin(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Lineage]:
    """Makes a plugin with one revision for each body given."""
    number = abs(hash(request.node.name)) % 10**9

    def make(*bodies: str, name: str = f"t{number}") -> Lineage:
        versions = tmp_path / "migrations" / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        for n, body in enumerate(bodies, 1):
            down = f'"{n - 1:04d}"' if n > 1 else "None"
            versions.joinpath(f"{n:04d}.py").write_text(
                f'"""A step.\n\nRevision ID: {n:04d}\n"""\nfrom alembic import op\n'
                f'from linli.sdk.migrations import protect\n\nrevision = "{n:04d}"\ndown_revision = {down}\n\n\n'
                f"def upgrade():\n    pass\n{body.replace('{name}', name)}\n",
                encoding="utf-8",
            )
        return Lineage(name, versions, "1.0")

    return make


def catalogue_of(house: House) -> set[tuple[str, ...]]:
    """What is there: relations with their security, policies and rights."""
    with house.owner.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT c.oid::regclass::text, c.relrowsecurity::text, c.relforcerowsecurity::text, c.relacl::text "
                "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ~ '^(core|sec|plugin_)' "
                "UNION ALL SELECT nspname, nspacl::text, '', '' FROM pg_namespace WHERE nspname !~ '^pg_' "
                "UNION ALL SELECT name, version, fault, '' FROM core.installed_plugin"
            )
        )
        return {tuple(str(value) for value in row) for row in rows}


def test_a_plugins_tables_are_made_in_its_own_schema_and_noted(module_house, plugin) -> None:
    lineage = plugin(TABLE)
    assert upgrade(module_house.owner.engine, lineage) == ["0001"]
    with module_house.owner.engine.connect() as connection:
        assert lint(connection) == []
        assert [each.is_current for each in status(connection, [lineage])] == [True]
        noted = connection.scalar(
            text("SELECT version FROM core.installed_plugin WHERE name = :n"), {"n": lineage.name}
        )
    assert noted == "1.0"
    with module_house.database.engine.connect() as connection, pytest.raises(DBAPIError, match="no tenant scope"):
        connection.execute(text(f"INSERT INTO plugin_{lineage.name}.thing DEFAULT VALUES"))


def test_a_second_run_does_nothing(module_house, plugin) -> None:
    lineage = plugin(TABLE)
    upgrade(module_house.owner.engine, lineage)
    before = catalogue_of(module_house)
    assert upgrade(module_house.owner.engine, lineage) == []
    assert upgrade(module_house.owner.engine, CORE) == []
    assert catalogue_of(module_house) == before


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE core.resident ADD COLUMN mine int",
        "ALTER TABLE core.resident ALTER name DROP NOT NULL",
        "ALTER TABLE core.resident ALTER remarks TYPE varchar(9)",
        "DROP TABLE core.setting CASCADE",
        "CREATE TABLE core.mine (tenant_id uuid NOT NULL)",
        "GRANT SELECT ON core.account TO linli_app",
        "GRANT SELECT ON core.resident TO linli_migrate",
        "GRANT CREATE ON SCHEMA core TO linli_app",
        "DROP POLICY community_read ON core.resident",
        "CREATE POLICY mine ON core.resident USING (true)",
        "ALTER POLICY base ON core.resident TO linli_owner",
        "DROP TRIGGER append_only ON core.audit_entry",
        "ALTER TABLE core.audit_entry DISABLE TRIGGER append_only",
        "CREATE FUNCTION core.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION core.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "GRANT EXECUTE ON FUNCTION core.check_ticket TO linli_app",
        "CREATE RULE mine AS ON INSERT TO core.setting DO ALSO NOTHING",
        "DROP INDEX core.ix_resident_account",
        "DROP INDEX core.ix_file_subject; CREATE INDEX ix_file_subject ON core.file (subject_id)",
        "ALTER TABLE core.compound DROP CONSTRAINT ck_compound_kind",
        "CREATE SCHEMA mine",
        "ALTER TABLE plugin_notices.notice ADD COLUMN mine int",
        "ALTER TABLE core.resident DISABLE ROW LEVEL SECURITY",
    ],
)
def test_a_plugin_that_touches_what_is_not_its_own_is_refused(module_house, plugin, statement) -> None:
    before = catalogue_of(module_house)
    lineage = plugin(TABLE + f"    op.execute({statement!r})")
    with pytest.raises((MigrationRefused, DBAPIError)) as refused:
        upgrade(module_house.owner.engine, lineage)
    if isinstance(refused.value, MigrationRefused):
        assert "nothing outside" in str(refused.value)
    assert catalogue_of(module_house) == before


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('    op.execute("CREATE TABLE plugin_{name}.thing (id uuid PRIMARY KEY)")', "R02"),
        ('    op.execute("CREATE TABLE plugin_{name}.thing (tenant_id uuid NOT NULL)")', "R04"),
        (TABLE + '    op.execute("ALTER TABLE plugin_{name}.thing ADD COLUMN n int UNIQUE")', "R08"),
        (TABLE + '    op.execute("GRANT TRUNCATE ON plugin_{name}.thing TO linli_app")', "R12"),
        (TABLE + '    op.execute("ALTER TABLE plugin_{name}.thing NO FORCE ROW LEVEL SECURITY")', "R04"),
    ],
)
def test_a_plugin_whose_tables_lack_a_wall_is_refused(module_house, plugin, body, rule) -> None:
    before = catalogue_of(module_house)
    with pytest.raises(MigrationRefused) as refused:
        upgrade(module_house.owner.engine, plugin(body))
    assert rule in {finding.rule for finding in refused.value.findings}
    assert rule in str(refused.value)
    assert catalogue_of(module_house) == before


def test_a_revision_that_fails_halfway_leaves_nothing(module_house, plugin) -> None:
    before = catalogue_of(module_house)
    lineage = plugin(TABLE, "    raise RuntimeError('halfway')")
    with pytest.raises(RuntimeError, match="halfway"):
        upgrade(module_house.owner.engine, lineage)
    assert catalogue_of(module_house) == before
    with module_house.owner.engine.connect() as connection:
        assert status(connection, [lineage])[0].current is None


def test_force_is_lifted_for_a_revision_and_comes_back(module_house, plugin, world) -> None:
    # Only an owner without FORCE sees rows without a scope, and may refer to a filled table.
    lineage = plugin(
        """
    seen = op.get_bind().exec_driver_sql("SELECT count(*) FROM core.resident").scalar()
    assert seen >= 16, seen
    op.execute("CREATE TABLE plugin_{name}.thing (tenant_id uuid NOT NULL DEFAULT sec.tenant_id(), community_id uuid "
               "NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))")
    protect("plugin_{name}.thing", community=True)
""",
        # A table that the first revision made is as closed as an old one.
        """
    op.execute("ALTER TABLE plugin_{name}.thing ADD FOREIGN KEY (tenant_id, community_id, id) "
               "REFERENCES core.resident (tenant_id, community_id, id)")
""",
    )
    assert upgrade(module_house.owner.engine, lineage) == ["0001", "0002"]
    with module_house.owner.engine.connect() as connection:
        assert lint(connection) == []
        with pytest.raises(DBAPIError, match="no tenant scope"):
            connection.execute(text("SELECT count(*) FROM core.resident"))


def test_two_upgrades_at_once_run_each_revision_once(module_house, plugin) -> None:
    lineage = plugin(TABLE, '    op.execute("SELECT pg_sleep(0.1)")')
    ran: list[list[str]] = []
    errors: list[BaseException] = []
    engine = module_house.owner.engine

    def work() -> None:
        try:
            ran.append(upgrade(engine, lineage))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert sorted(ran, key=len) == [[], [], ["0001", "0002"]]


def test_a_locked_table_is_waited_for_only_briefly(module_house, plugin) -> None:
    lineage = plugin(TABLE + '    op.execute("LOCK TABLE core.resident")')
    with module_house.owner.engine.connect() as holder:
        holder.execute(text("SET ROLE linli_owner"))
        holder.execute(text("LOCK TABLE core.resident"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            upgrade(module_house.owner.engine, lineage)
        holder.rollback()
    assert upgrade(module_house.owner.engine, lineage) == ["0001"]


def test_the_migrated_schema_is_the_modelled_one(shared_house) -> None:
    with shared_house.owner.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, parents: kind != "schema" or name == "core",
                "include_object": lambda each, name, kind, *rest: not str(name).startswith("alembic_version_"),
                "compare_type": True,
                "compare_server_default": False,
            },
        )
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("version", [140020, 150013, 160009, 170005])
def test_a_server_with_a_known_hole_is_refused(version) -> None:
    with pytest.raises(ServerVersionError, match=str(version // 10000)):
        check_server_version(version)


@pytest.mark.parametrize("version", [150014, 160010, 170006, 180000, 190001])
def test_a_server_without_it_is_taken(version) -> None:
    check_server_version(version)


def test_readiness_asks_for_the_servers_version(served, monkeypatch) -> None:
    monkeypatch.setattr("linli.web.readiness._version_num", lambda connection: 150013)
    assert served.get("/health/ready").status_code == 503
    monkeypatch.undo()
    assert served.get("/health/ready").status_code == 200
