"""`linli plugin`: what is installed and whether it works; making, extending and judging plugins."""

from __future__ import annotations

import json
from typing import Any

import click

from linli.cli.plugin.checking import check
from linli.cli.plugin.making import add, messages, new
from linli.config import load_settings
from linli.kit.text import gettext as _
from linli.plugins.discovery import candidates, discover
from linli.plugins.registry import Plugins


@click.group()
def plugin() -> None:
    """插件。"""


for _command in (new, add, messages, check):
    plugin.add_command(_command)


@plugin.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def list_command(*, as_json: bool) -> None:
    """列出安装的插件和它们的状态。"""
    rows = plugin_rows(load_settings().plugins_off)
    if as_json:
        click.echo(json.dumps({"plugins": rows}, ensure_ascii=False))
        return
    words = {"ok": _("正常"), "off": _("已关闭"), "fault": _("有故障")}
    for row in rows:
        click.echo(f"{row['name']} {row['version']}  {words[row['status']]}  {row['title'] or row['fault']}")
    if not rows:
        click.echo(_("没有安装插件。"))


def plugin_rows(off: frozenset[str]) -> list[dict[str, Any]]:
    """One row for each installed plugin: working, switched off, or broken and why."""
    plugins = Plugins.from_discovery(discover(off))
    faults = {(fault.plugin, fault.distribution): fault.message for fault in plugins.faults}
    rows = []
    for each in candidates():
        manifest = plugins[each.name].manifest if each.name in plugins else None
        fault = faults.get((each.name, each.distribution), "")
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
            }
        )
    return rows
