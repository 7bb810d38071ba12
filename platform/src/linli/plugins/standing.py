"""Whether plugins and tables fit each other: migrated as the code wants, behind their walls, none without the other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from linli.db.lint import Finding, lint
from linli.db.migrate import revisions, status
from linli.plugins.gate import CORE
from linli.plugins.models import InstalledPlugin
from linli.plugins.registry import Plugins

#: What operators are told of a plugin whose code waits for tables, and of tables whose code is gone.
NOT_SET_UP = "its tables are not in the database: run `linli db upgrade`, or uninstall it"
GONE = "its package is not installed, its data is kept: install it again, or run `linli plugin remove {name}`"


def not_set_up(connection: Connection, plugins: Plugins) -> dict[str, str]:
    """The plugins that the database has never been migrated for, or whose data was removed; name to what to do.

    Nothing of them can be in use, so the platform serves without them; two queries whatever their number.
    """
    lineages = [plugin.lineage for plugin in plugins.plugins if plugin.lineage is not None]
    there = revisions(connection, lineages)
    return {each.name: NOT_SET_UP for each in lineages if each.name not in there}


def left_behind(migrated: Iterable[str], plugins: Plugins) -> list[str]:
    """The plugins that are not installed any more, by name.

    Args:
        migrated: those that the database was migrated for, the core among them.
        plugins: those of this process, the faulty and the switched off included.
    """
    return sorted(set(migrated) - {CORE, *plugins.names, *plugins.off, *(each.plugin for each in plugins.faults)})


def unfit(connection: Connection, plugins: Plugins, findings: Iterable[Finding] | None = None) -> dict[str, str]:
    """The plugins whose tables are not as they must be; name to what is wrong, for operators.

    Args:
        connection: of any role that may read the catalogue.
        plugins: those that would run.
        findings: of the catalogue lint, where it has just been run.
    """
    found = lint(connection) if findings is None else findings
    faults = not_set_up(connection, plugins)
    kept = {row[0]: row[1] for row in connection.execute(select(InstalledPlugin.name, InstalledPlugin.fault))}
    for plugin in plugins.plugins:
        if plugin.lineage is None or (plugin.name in faults and not kept.get(plugin.name)):
            continue
        try:
            (each,) = status(connection, [plugin.lineage])
        except (Exception, SystemExit) as error:
            faults[plugin.name] = f"its revisions cannot be read: {type(error).__name__}: {error}"
            continue
        if not each.is_current:
            why = kept.get(plugin.name) or "run `linli db upgrade`"
            faults[plugin.name] = f"its tables are at {each.current or 'nothing'}, its code wants {each.head}: {why}"
    for finding in found:
        if finding.owner in plugins and not finding.is_warning:
            faults.setdefault(finding.owner, f"the catalogue lint: {finding.rule} {finding.title}: {finding.subject}")
    return faults
