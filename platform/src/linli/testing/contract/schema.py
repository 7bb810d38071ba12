"""The plugin's tables: modelled as they were migrated, behind both walls, and made again after a removal."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from linli.db.base import CATALOGUES
from linli.db.lint import lint
from linli.db.migrate import MigrationRefused, upgrade
from linli.db.walls import OWNER_ROLE
from linli.testing.contract.names import modules_of
from linli.testing.contract.stage import Stage
from linli.testing.planted import PLACES, Place

_SHAPE = text(
    """
    SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || a.attnotnull
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT k.conrelid::regclass || '.' || k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k
     WHERE k.connamespace = to_regnamespace(:schema)
    UNION ALL
    SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind = 'i'
    UNION ALL
    SELECT c.relname || ' ' || p.polname, concat_ws('|', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid))
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = to_regnamespace(:schema)
    UNION ALL
    SELECT c.relname || ' ' || t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = to_regnamespace(:schema) AND NOT t.tgisinternal
    UNION ALL
    SELECT p.oid::regprocedure::text, md5(p.prosrc) FROM pg_proc p WHERE p.pronamespace = to_regnamespace(:schema)
    """
)


def metadata_of(stage: Stage) -> MetaData | None:
    """What the plugin's models say; ``None`` when it has none."""
    list(modules_of(stage.plugin))
    return next((each for each in reversed(CATALOGUES) if each.schema == stage.schema), None)


def faults_of_drift(stage: Stage) -> list[str]:
    """Where models and revisions do not say the same."""
    metadata = metadata_of(stage)
    if metadata is None or stage.lineage is None:
        return [] if metadata is None else ["there are models but no migrations/versions"]
    with stage.house.owner.engine.connect() as connection:
        return [_told(each) for each in differences(connection, metadata, stage.schema)]


def _told(difference: Any) -> str:
    """A difference in words: which table and column, and on which side it stands alone."""
    if isinstance(difference, list):
        return "; ".join(_told(each) for each in difference)
    kind, *rest = difference
    side = {"add": "in the models, in no revision", "remove": "in the revisions, not in the models"}.get(
        kind.partition("_")[0], "not the same in models and revisions"
    )
    match kind:
        case "add_column" | "remove_column":
            return f"column {rest[1]}.{rest[2].name}: {side}"
        case "add_table" | "remove_table":
            return f"table {rest[0].name}: {side}"
        case "modify_nullable" | "modify_type" | "modify_default" | "modify_comment":
            what = kind.removeprefix("modify_")
            return f"column {rest[1]}.{rest[2]}: its {what} is {rest[4]} by revision, {rest[5]} by model"
        case _other:
            thing = rest[0]
            table = getattr(getattr(thing, "table", None), "name", "")
            what = kind.partition("_")[2].replace("_", " ")
            return f"{what} {getattr(thing, 'name', None) or thing} of {table}: {side}"


def differences(connection: Connection, metadata: MetaData, schema: str) -> list[Any]:
    """What a new revision would have to change."""
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _parents: kind != "schema" or name == schema,
        "include_object": lambda each, _name, kind, *_rest: kind != "table" or each.schema == schema,
        "compare_type": True,
        "compare_server_default": False,
    }
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def faults_of_revisions(stage: Stage) -> list[str]:
    """What comes back otherwise than it was when the plugin's schema is removed and its revisions run again."""
    lineage = stage.lineage
    if lineage is None:
        return []
    house = stage.fresh_house()
    before = _shape(house.owner.engine.connect(), stage.schema)
    with house.owner.engine.begin() as connection:
        connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
        connection.execute(text(f"DROP SCHEMA {stage.schema} CASCADE"))
        connection.execute(text(f"DROP TABLE core.{lineage.version_table}"))
    try:
        upgrade(house.owner.engine, lineage)
        again = upgrade(house.owner.engine, lineage)
    except (MigrationRefused, Exception) as error:
        return [f"after a removal the revisions do not run again: {error}"]
    faults = [f"the second run of the same revisions did something: {', '.join(again)}"] if again else []
    after = _shape(house.owner.engine.connect(), stage.schema)
    return faults + [f"{name}: differs when the revisions run again" for name, _ in sorted(before ^ after)]


def _shape(connection: Connection, schema: str) -> set[tuple[str, str]]:
    with connection:
        return {(row[0], row[1]) for row in connection.execute(_SHAPE, {"schema": schema})}


def faults_of_walls(stage: Stage) -> list[str]:
    """What the catalogue lint has against the plugin's schema."""
    with stage.house.owner.engine.connect() as connection:
        found = [each for each in lint(connection) if stage.schema in each.subject]
    return [f"{each.rule} {each.title}: {each.subject}" for each in found]


def faults_of_rows(stage: Stage) -> list[str]:
    """Rows of the other street or of the neighbour that can be read, changed, removed or written."""
    faults, tables = [], set()
    for table, own, other, mine, theirs in stage.planted.targets():
        if not table.name.startswith(f"{stage.schema}."):
            continue
        tables.add(table.name)
        where = f"{table.name} of {other.key} from {own.key}"
        look = f"SELECT 1 FROM {table.name} WHERE {table.by_key}"
        if not stage.intruder.send(own.scope, look, given=mine).rows:
            faults.append(f"{table.name}: a row of one's own place is not seen from {own.key}")
        if stage.intruder.send(own.scope, look, given=theirs).rows and not _published(own, other):
            faults.append(f"{where}: read")
        faults += [f"{where}: {verb}" for verb in _writes(stage, table, own, theirs)]
    expected = {each for each in stage.planted.tables if each.startswith(f"{stage.schema}.")}
    return faults + [f"{each}: no row could be planted, so its walls are not proven" for each in expected - tables]


def _published(own: Place, other: Place) -> bool:
    # What a street publishes for all of its communities is read by them.
    return own.tenant_id == other.tenant_id and other.community_id is None


def _writes(stage: Stage, table: Any, own: Place, theirs: dict[str, Any]) -> list[str]:
    statements = {
        "changed": f"UPDATE {table.name} SET tenant_id = tenant_id WHERE {table.by_key}",
        "removed": f"DELETE FROM {table.name} WHERE {table.by_key}",
    }
    done = [
        verb for verb, statement in statements.items() if stage.intruder.send(own.scope, statement, given=theirs).count
    ]
    fresh = {**theirs, table.key[-1]: str(PLACES["here0"].tenant_id)} if table.key else theirs
    outcome = stage.intruder.insert(own.scope, table, fresh)
    return [*done, "written"] if outcome.state == "ok" and outcome.count else done
