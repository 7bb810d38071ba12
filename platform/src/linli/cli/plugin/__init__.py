"""`linli plugin`: what is installed and whether it works; making, extending and judging plugins."""

from __future__ import annotations

import json
from typing import Any

import click
from msgspec import to_builtins
from sqlalchemy import select

from linli.cli.failures import Failure
from linli.cli.opening import house_if_there, opened_house
from linli.cli.plugin.checking import check
from linli.cli.plugin.data import commands as data_commands
from linli.cli.plugin.making import add, messages, new
from linli.config import Settings, load_settings
from linli.house import House
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.plugins.discovery import candidates, discover
from linli.plugins.health import PluginHealth, health_of
from linli.plugins.models import InstalledPlugin
from linli.plugins.registry import Plugins
from linli.plugins.standing import GONE, left_behind, unfit
from linli.tenancy.models import Tenant


@click.group()
def plugin() -> None:
    """插件。"""


for _command in (new, add, messages, check, *data_commands):
    plugin.add_command(_command)


@plugin.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def list_command(*, as_json: bool) -> None:
    """列出安装的插件和它们的状态。"""
    settings = load_settings()
    with house_if_there(settings) as house:
        rows = plugin_rows(settings, house)
    if as_json:
        click.echo(json.dumps({"plugins": rows}, ensure_ascii=False))
        return
    words = {"ok": _("正常"), "off": _("已关闭"), "fault": _("有故障"), "gone": _("安装包已不在")}
    for row in rows:
        click.echo(f"{row['name']} {row['version']}  {words[row['status']]}  {row['fault'] or row['title']}")
        _warn(row)
    if not rows:
        click.echo(_("没有安装插件。"))


@plugin.command("health")
@click.option("--street", metavar="CODE", help="只看一个街道：它的 9 位代码")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def health_command(*, street: str | None, as_json: bool) -> None:
    """每个插件的版本、数据表、故障，和它在各街道的出错与暂停情况。有故障或暂停时退出码是 1。"""
    with opened_house() as house:
        rows = health_rows(house, street)
    if as_json:
        click.echo(json.dumps({"plugins": rows}, ensure_ascii=False))
    else:
        for row in rows:
            click.echo(_line(row))
            _warn(row)
            for place in row["streets"]:
                click.echo(f"  {place['street']}  {_place_line(place)}")
        if not rows:
            click.echo(_("没有安装插件。"))
    if any(row["fault"] or any(each["state"] == "open" for each in row["streets"]) for row in rows):
        raise SystemExit(1)


def _line(row: dict[str, Any]) -> str:
    state = _("有故障：{fault}").format(fault=row["fault"]) if row["fault"] else _("正常")
    tables = "" if row["wanted_revision"] is None else f"  {row['revision'] or '-'} → {row['wanted_revision']}"
    return f"{row['name']} {row['version']}{tables}  {state}"


def _warn(row: dict[str, Any]) -> None:
    if row["warning"]:
        click.echo(_("  请注意：{warning}").format(warning=row["warning"]))


def _place_line(place: dict[str, Any]) -> str:
    words = {"ok": _("正常"), "open": _("已暂停"), "tried": _("正在重试")}
    last = place["errors"][0] if place["errors"] else None
    line = _("{part}：{state}，出错 {n} 次").format(
        part=place["title"], state=words[place["state"]], n=place["failures"]
    )
    return f"{line}  {last['at']} {last['error']} {last['where']}" if last else line


def health_rows(house: House, street: str | None = None) -> list[dict[str, Any]]:
    """One row for each installed plugin, with what was noted of it in each street; texts for operators.

    Args:
        house: opened on the database.
        street: a street's code; all streets when left out.

    Raises:
        Failure: no street has this code.
    """
    settings = house.settings
    plugins = Plugins.from_discovery(discover(settings.plugins_off))
    with house.database.open_transaction() as connection:
        aside = plugins.with_dependents(unfit(connection, plugins))
        wanted = select(Tenant.id, Tenant.code).order_by(Tenant.code)
        streets = connection.execute(wanted if street is None else wanted.where(Tenant.code == street)).all()
    if street is not None and not streets:
        raise Failure(_("没有代码为 {code} 的街道。").format(code=street))
    rows: dict[str, dict[str, Any]] = {}
    for tenant_id, code in streets:
        with house.database.unit_of_work(Scope.of_street(tenant_id), read_only=True) as session:
            for each in health_of(session, plugins, aside):
                row = rows.setdefault(each.name, _without_parts(each))
                row["streets"] += [{"street": code, **to_builtins(part)} for part in each.parts]
    if not streets:
        # No street yet: the faults are told all the same.
        rows = {each["name"]: {**each, "streets": []} for each in plugin_rows(settings, house)}
    return [rows[name] for name in sorted(rows)]


def _without_parts(each: PluginHealth) -> dict[str, Any]:
    names = ("name", "title", "version", "migrated_version", "revision", "wanted_revision", "fault", "warning")
    return {**{name: getattr(each, name) for name in names}, "streets": []}


def plugin_rows(settings: Settings, house: House | None = None) -> list[dict[str, Any]]:
    """One row for each plugin: working, switched off, broken and why, or gone with its data left behind.

    Args:
        settings: which plugins are off.
        house: on the database, to see which tables are there; without one only the packages are looked at.
    """
    off = settings.plugins_off
    plugins = Plugins.from_discovery(discover(off))
    aside: dict[str, str] = {}
    gone: dict[str, str] = {}
    if house is not None:
        with house.database.open_transaction() as connection:
            aside = plugins.with_dependents(unfit(connection, plugins))
            seen = select(InstalledPlugin.name, InstalledPlugin.version)
            migrated = {row.name: row.version for row in connection.execute(seen)}
        gone = {name: migrated[name] for name in left_behind(migrated, plugins)}
    faults = {(fault.plugin, fault.distribution): fault.message for fault in plugins.faults}
    rows = []
    for each in candidates():
        manifest = plugins[each.name].manifest if each.name in plugins else None
        fault = faults.get((each.name, each.distribution)) or aside.get(each.name, "")
        rows.append(
            {
                "name": each.name,
                "title": manifest.title if manifest else "",
                "version": each.version,
                "distribution": each.distribution,
                "sdk": manifest.sdk if manifest else None,
                "requires": list(manifest.requires) if manifest else [],
                "status": "off" if each.name in off else "fault" if fault else "ok",
                "fault": fault,
                "warning": plugins[each.name].warning if each.name in plugins else "",
            }
        )
    for name, version in gone.items():
        facts = {"title": "", "version": version, "distribution": None, "sdk": None, "requires": []}
        rows.append({"name": name, **facts, "status": "gone", "fault": GONE.format(name=name), "warning": ""})
    return rows
