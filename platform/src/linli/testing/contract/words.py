"""What people read: complete translations, a page of documentation, demo rows that are there once."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from sqlalchemy import text

import linli
from linli.kit.messages import LOCALES, Domain
from linli.plugins.discovery import LoadedPlugin
from linli.testing.contract.stage import Stage

#: A page that says less than this many characters explains nothing.
_LEAST = 400


def faults_of_translations(stage: Stage) -> list[str]:
    """Messages without their English, and Chinese that no translation can reach."""
    core_folder = Path(linli.__file__).parent
    core = Domain("linli", core_folder, core_folder)
    domain = stage.domain
    faults = domain.faults()
    for locale in LOCALES:
        missing = domain.untranslated(locale, core.translated(locale))
        faults += [f"{domain.name} ({locale}): no translation of {each!r}" for each in missing]
    return faults


def readme_of(plugin: LoadedPlugin) -> str:
    """The README: of the folder that it is developed in, else what was installed; empty when there is none."""
    project = plugin.folder.parent.parent
    if (project / "pyproject.toml").is_file():
        page = project / "README.md"
        return page.read_text("utf-8") if page.is_file() else ""
    try:
        found = metadata(plugin.distribution)
    except PackageNotFoundError:
        return ""
    return str(found.get_payload() or "")  # type: ignore[attr-defined]


def faults_of_docs(stage: Stage) -> list[str]:
    """A README that is missing, or leaves out a permission or a setting."""
    told = readme_of(stage.plugin)
    if len(told.strip()) < _LEAST:
        return ["there is no README, or it is too short to help anybody: write one and name it in pyproject.toml"]
    names = [each.name for each in stage.own("permissions")]
    names += [each.key for each in stage.own("settings")]
    return [f"README.md does not mention {each}" for each in names if not _mentions(told, each)]


def _mentions(told: str, name: str) -> bool:
    # A list may leave out what the names before have said: `notices.notice.read`, `.create`.
    return name in told or f"`.{name.rpartition('.')[2]}`" in told


def faults_of_demo(stage: Stage) -> list[str]:
    """Demo data that is not there, fails, adds something the second time, or lands in another place."""
    if not stage.own("demo_data"):
        return ["register_demo_data: the demo street shows nothing of the plugin"] if stage.lineage else []
    _rows = stage.filled
    first = _counts(stage)
    stage.fill_demo()
    second = _counts(stage)
    is_there = stage.lineage is None or any(first.values())
    faults = [] if is_there else ["the demo data adds no row to any table of the plugin"]
    grown = [f"{name} ({first[name]}, then {count})" for name, count in second.items() if count != first[name]]
    return faults + [f"called again the demo data adds rows: {each}" for each in grown]


def _counts(stage: Stage) -> dict[str, int]:
    from linli.testing.world import WORLD

    found: dict[str, int] = {}
    with stage.house.database.unit_of_work(WORLD.here.scope, read_only=True) as session:
        names = session.scalars(
            text("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = :s"),
            {"s": stage.schema},
        ).all()
        for name in names:
            found[name] = session.scalar(text(f"SELECT count(*) FROM {name}")) or 0
    return found
