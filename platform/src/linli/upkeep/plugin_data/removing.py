"""Taking a plugin with all that it stored out of the database, after it was written into an archive."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from linli.audit import record
from linli.db.migrate import Lineage
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.kit.errors import Conflict
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.plugins.registry import Plugins
from linli.upkeep.plugin_data.archive import CORE_ROWS, Archived, lineage_of, no_triggers, opened, write_archive

#: Rows of the core that are of no use without the plugin: work that nobody could do, what it did wrong.
LEFT_BEHIND: dict[str, str] = {"core.job": "owner", "core.plugin_circuit": "plugin"}

_LEANING = text(
    "SELECT DISTINCT n.nspname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class r ON r.oid = k.confrelid "
    "JOIN pg_namespace m ON m.oid = r.relnamespace "
    "WHERE k.contype = 'f' AND m.nspname = :schema AND n.nspname <> :schema"
)


def remove_plugin(house: House, plugins: Plugins, name: str, target: Path) -> Archived:
    """Write all that a plugin stored into one file, then take its tables and rows out of the database.

    The file is whole and has been read back before anything goes; both happen in one transaction, so that nothing is
    written in between. The record of acts keeps what was done with the plugin, and messages stay with who got them.

    Raises:
        NotFound: the database knows no such plugin.
        Conflict: another plugin needs it; names it.
        FileExistsError: there is such a file already.
    """
    needing = [each.name for each in plugins.plugins if name in each.manifest.requires]
    with opened(house, name) as connection:
        lineage = lineage_of(name)
        needing += [each.removeprefix("plugin_") for each in connection.scalars(_LEANING, {"schema": lineage.schema})]
        if needing:
            raise Conflict(_("插件 {names} 需要它，请先移除它们").format(names=listed(sorted(set(needing)))))
        done = write_archive(house, connection, name, target)
        try:
            keys = _stored_keys(connection, name)
            _drop(connection, lineage)
        except BaseException:
            target.unlink()
            raise
    for storage, key in keys:
        house.storages.named(storage).remove(key)
    for tenant_id in done.streets:
        with house.owner.unit_of_work(Scope.of_street(tenant_id), SYSTEM) as session:
            record(session, "core.plugin.remove", ("plugin", name), after={"rows": done.total, "files": done.files})
    return done


def _stored_keys(connection: Connection, plugin: str) -> list[tuple[str, str]]:
    query = text(
        "SELECT storage, key FROM core.file, unnest(ARRAY[storage_key, thumbnail_key]) AS key "
        "WHERE owner = :plugin AND removed_at IS NULL AND key IS NOT NULL"
    )
    return [(row.storage, row.key) for row in connection.execute(query, {"plugin": plugin})]


def _drop(connection: Connection, lineage: Lineage) -> None:
    connection.execute(text(f"DROP SCHEMA {lineage.schema} CASCADE"))
    connection.execute(text(f"DROP TABLE IF EXISTS core.{lineage.version_table}"))
    for table, column in reversed({**LEFT_BEHIND, **CORE_ROWS}.items()):
        with no_triggers(connection, table):
            connection.execute(
                text(f"DELETE FROM {table} WHERE {column} = :plugin"),  # noqa: S608 our own names
                {"plugin": lineage.name},
            )
    connection.execute(text("DELETE FROM core.installed_plugin WHERE name = :name"), {"name": lineage.name})
