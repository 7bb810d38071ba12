"""Running revisions: one lineage and version table for the core and for each plugin, under lifted FORCE."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from linli.db.lint import Finding, lint
from linli.db.walls import APP_ROLE, OWNER_ROLE

#: One migration at a time in a database, whoever starts it.
MIGRATION_LOCK = 0x4C494E4C49


@dataclass(frozen=True, slots=True)
class Lineage:
    """The revisions of the core or of one plugin.

    Attributes:
        name: ``core`` or the plugin's name.
        versions: the folder of revision files.
        version: the distribution's version, noted in ``core.installed_plugin``.
    """

    name: str
    versions: Path
    version: str

    @property
    def schema(self) -> str:
        return "core" if self.name == "core" else f"plugin_{self.name}"

    @property
    def version_table(self) -> str:
        return "alembic_version_core" if self.name == "core" else f"alembic_version_plugin_{self.name}"

    @property
    def head(self) -> str | None:
        """The newest revision on disk."""
        return self.script().get_current_head()

    def script(self) -> ScriptDirectory:
        return ScriptDirectory(str(self.versions.parent), version_locations=[str(self.versions)])


class MigrationRefused(RuntimeError):
    """A revision left the database in a state that the house does not accept; it was rolled back."""

    def __init__(self, lineage: str, reason: str, findings: Sequence[Finding] = ()) -> None:
        self.lineage = lineage
        self.findings = tuple(findings)
        lines = "".join(f"\n  {finding.rule} {finding.title}: {finding.subject}" for finding in findings)
        super().__init__(f"{lineage}: {reason}{lines}")


@dataclass(frozen=True, slots=True)
class LineageStatus:
    """Where a lineage stands: the revision in the database and the newest one on disk."""

    name: str
    current: str | None
    head: str | None

    @property
    def is_current(self) -> bool:
        return self.current == self.head


def status(connection: Connection, lineages: Sequence[Lineage]) -> list[LineageStatus]:
    """The state of each lineage; reads only."""
    result = []
    for lineage in lineages:
        context = MigrationContext.configure(
            connection, opts={"version_table": lineage.version_table, "version_table_schema": "core"}
        )
        result.append(LineageStatus(lineage.name, context.get_current_revision(), lineage.script().get_current_head()))
    return result


def revisions(connection: Connection, lineages: Sequence[Lineage]) -> dict[str, str]:
    """Lineage to its revision in the database, for those that have one; two queries whatever their number."""
    tables = {lineage.version_table: lineage.name for lineage in lineages}
    there = connection.execute(
        text("SELECT relname::text FROM pg_class WHERE relnamespace = 'core'::regnamespace AND relname = ANY (:names)"),
        {"names": list(tables)},
    ).scalars()
    # Names of tables come from the manifests, which allow letters, digits and underscores alone.
    parts = [f"SELECT '{tables[each]}', version_num FROM core.{each}" for each in there]  # noqa: S608
    rows = connection.execute(text(" UNION ALL ".join(parts))) if parts else ()
    return {row[0]: row[1] for row in rows}


def upgrade(engine: Engine, lineage: Lineage) -> list[str]:
    """Bring one lineage to its newest revision, in one transaction; then the catalogue lint has the last word.

    Args:
        engine: of the migrate role.
        lineage: what to upgrade.

    Returns:
        The revisions that were run, oldest first; empty when there was nothing to do.

    Raises:
        MigrationRefused: the lint found something, or a plugin changed what is not its own. Nothing was changed.
    """
    ran: list[str] = []
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
        if lineage.name != "core":
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {lineage.schema}"))
            connection.execute(text(f"GRANT USAGE ON SCHEMA {lineage.schema} TO {APP_ROLE}"))
        script = lineage.script()

        def steps(revision: object, _context: MigrationContext) -> object:
            found = script._upgrade_revs("head", revision)  # type: ignore[arg-type]
            ran.extend(step.revision.revision for step in found)
            return found

        before = _outside(connection, lineage) if lineage.name != "core" else None
        with (
            lifted_force(connection, lineage.schema) as lift_again,
            EnvironmentContext(Config(), script, fn=steps) as environment,
        ):
            environment.configure(
                # A table of this revision is an old one for the next.
                on_version_apply=lambda ctx, step, heads, run_args: lift_again(),
                connection=connection,
                version_table=lineage.version_table,
                version_table_schema="core",
                transaction_per_migration=False,
            )
            environment.run_migrations()
        # Every process compares itself with the database before it asks for people.
        connection.execute(text(f"GRANT SELECT ON core.{lineage.version_table} TO {APP_ROLE}"))
        if before is not None and (changed := before ^ _outside(connection, lineage)):
            names = ", ".join(sorted({name for name, _ in changed})[:5])
            raise MigrationRefused(
                lineage.name, f"a plugin's revision may change nothing outside {lineage.schema}; it touched {names}"
            )
        # What is wrong in another plugin's schema keeps that plugin off, and nobody else from being upgraded.
        own = ("core", lineage.name)
        if findings := [each for each in lint(connection) if each.owner in own and not each.is_warning]:
            raise MigrationRefused(lineage.name, "the catalogue lint refuses the result", findings)
        connection.execute(
            text(
                "INSERT INTO core.installed_plugin (name, version) VALUES (:name, :version) "
                "ON CONFLICT (name) DO UPDATE SET version = excluded.version, migrated_at = now(), fault = ''"
            ),
            {"name": lineage.name, "version": lineage.version},
        )
    return ran


@contextmanager
def lifted_force(connection: Connection, schema: str) -> Iterator[Callable[[], None]]:
    """The core's tables and a plugin's with their owner let through; FORCE comes back in the same transaction.

    A forced owner without scope cannot even add a foreign key to a filled table. Yields what lifts it from tables that
    were made meanwhile.
    """
    lifted: list[str] = []

    def lift() -> None:
        forced = connection.execute(
            text(
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c "
                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname IN ('core', :schema) AND c.relforcerowsecurity"
            ),
            {"schema": schema},
        ).scalars()
        for table in list(forced):
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            lifted.append(table)

    lift()
    yield lift
    for table in lifted:
        if connection.execute(text("SELECT to_regclass(:table)"), {"table": table}).scalar() is not None:
            connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def _outside(connection: Connection, lineage: Lineage) -> frozenset[tuple[str, str]]:
    # Everything a revision could alter in the catalogue beyond its own schema and its own version table.
    rows = connection.execute(
        text(
            """
            WITH ns AS (SELECT oid, nspname, nspacl, nspowner FROM pg_namespace
                         WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' AND nspname <> :schema)
            SELECT nspname::text, concat(nspacl, nspowner) FROM ns
            UNION ALL
            SELECT c.oid::regclass::text, concat_ws('|', c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
                   c.reloptions, (SELECT string_agg(concat_ws(':', a.attname, a.atttypid, a.attnotnull, a.attacl,
                                    pg_get_expr(d.adbin, d.adrelid)), ',' ORDER BY a.attnum)
                                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
              FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
             WHERE c.relname <> :version_table AND c.relname <> :version_table || '_pkc'
            UNION ALL
            SELECT polrelid::regclass || '.' || polname, concat_ws('|', polcmd, polpermissive, polroles::text,
                   pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
              FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN ns ON ns.oid = c.relnamespace
            UNION ALL
            SELECT p.oid::regprocedure::text, concat_ws('|', p.proowner, p.prosecdef, p.proacl, p.proconfig, md5(p.prosrc))
              FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace
            UNION ALL
            SELECT t.tgrelid::regclass || '.' || t.tgname, concat_ws('|', t.tgenabled, pg_get_triggerdef(t.oid))
              FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN ns ON ns.oid = c.relnamespace WHERE NOT t.tgisinternal
            UNION ALL
            SELECT r.ev_class::regclass || '.' || r.rulename, pg_get_ruledef(r.oid)
              FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN ns ON ns.oid = c.relnamespace
            UNION ALL
            SELECT c.oid::regclass::text, pg_get_indexdef(c.oid)
              FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
             WHERE c.relkind = 'i' AND c.relname <> :version_table || '_pkc'
            UNION ALL
            SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(k.oid)
              FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN ns ON ns.oid = c.relnamespace
             WHERE c.relname <> :version_table
            """  # noqa: E501 - one kind of object a line
        ),
        {"schema": lineage.schema, "version_table": lineage.version_table},
    )
    return frozenset((row[0], row[1]) for row in rows)
