"""Whether the loaded plugins' tables are fit to be served: migrated as their code wants, and behind their walls."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from linli.db.lint import Finding, lint
from linli.db.migrate import status
from linli.plugins.models import InstalledPlugin
from linli.plugins.registry import Plugins


def unfit(connection: Connection, plugins: Plugins, findings: Iterable[Finding] | None = None) -> dict[str, str]:
    """The plugins whose tables are not as they must be; name to what is wrong, for operators.

    Args:
        connection: of any role that may read the catalogue.
        plugins: those that would run.
        findings: of the catalogue lint, where it has just been run.
    """
    found = lint(connection) if findings is None else findings
    faults: dict[str, str] = {}
    kept = {row[0]: row[1] for row in connection.execute(select(InstalledPlugin.name, InstalledPlugin.fault))}
    for plugin in plugins.plugins:
        if plugin.lineage is None:
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
