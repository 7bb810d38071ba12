"""`linli tenants`: declare street offices in files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from linli.cli.db import find_street
from linli.cli.opening import loaded_plugins, opened_house
from linli.config import load_settings
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.manifests.applying import Applied, apply_manifest
from linli.manifests.exporting import export_manifest
from linli.manifests.reading import read_manifest
from linli.manifests.schemas import json_schema

_LONGEST = 60


@click.group()
def tenants() -> None:
    """街道清单：写在一个文件里，反复应用。"""


@tenants.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只看会改变什么，不写入")
def apply(*, file: Path, dry_run: bool) -> None:
    """应用清单：显示差别，要么全部写入，要么什么都不写。"""
    plugins = loaded_plugins(load_settings())
    read = read_manifest(file, plugins.names)
    with opened_house(needs_owner=True) as house:
        applied = apply_manifest(house.owner, plugins, read, dry_run=dry_run)
    _print(applied)
    if dry_run:
        click.echo(_("这是试运行，没有写入任何内容。"))
        return
    for each in applied.invited:
        if each.token:
            link = f"{house.settings.base_url}/account/invitations/{read.manifest.code}/{each.token}"
            click.echo(
                _("邀请 {name}（{role}），链接只显示这一次：{link}").format(name=each.name, role=each.role, link=link)
            )


@tenants.command()
@click.option("--street", required=True, metavar="CODE", help="街道的 9 位代码")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="写到文件，而不是屏幕")
def export(*, street: str, output: Path | None) -> None:
    """把街道写成清单；再应用它什么都不会变。人员不会写进清单。"""
    with opened_house() as house:
        scope = Scope.of_street(find_street(house, street))
        with house.database.unit_of_work(scope, read_only=True) as session:
            text = export_manifest(session)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")


@tenants.command()
def schema() -> None:
    """清单的 JSON Schema，供编辑器使用。"""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _print(applied: Applied) -> None:
    signs = {"created": "+", "changed": "~"}
    for each in applied.changes:
        before = "" if each.before is None else f"{_short(each.before)} → "
        note = _("  （应用清单之后在门户上改过）") if each.in_portal else ""
        click.echo(f"{signs[each.what]} {each} = {before}{_short(each.after)}{note}")
    new = sum(each.is_new for each in applied.invited)
    unchanged = sum(each.what == "unchanged" for each in applied.differences)
    created = sum(each.what == "created" for each in applied.differences)
    changed = sum(each.what == "changed" for each in applied.differences)
    line = _("新增 {created}，更改 {changed}，不变 {unchanged}，邀请 {new}")
    click.echo(line.format(created=created, changed=changed, unchanged=unchanged, new=new))


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
