"""`linli streets`: bring street offices onto the platform from the official register."""

from __future__ import annotations

import json
from pathlib import Path

import click

from linli.cli.opening import opened_house
from linli.kit.text import gettext as _
from linli.tenancy.register import read_register
from linli.tenancy.streets import ImportReport, Tally, import_streets

#: More differences than these are counted, not listed.
_LISTED = 40


@click.group()
def streets() -> None:
    """街道：从区划登记册导入。"""


@streets.command("import")
@click.option(
    "--register", "path", type=click.Path(path_type=Path), required=True, metavar="FILE", help="登记册（code,name,…）"
)
@click.option("--street", "chosen", multiple=True, metavar="CODE", help="街道的 9 位代码，可以给几个")
@click.option("--district", default="", metavar="CODE", help="区县的 6 位代码：它的全部街道")
@click.option("--dry-run", is_flag=True, help="只看会改变什么，不写入")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def import_command(*, path: Path, chosen: tuple[str, ...], district: str, dry_run: bool, as_json: bool) -> None:
    """导入街道和它们的社区；可以重复运行，改名、新增、撤销都会对上，不会重复，也不会删除。"""
    register = read_register(path)
    with opened_house(needs_owner=True) as house:
        report = import_streets(house.owner, register, streets=chosen, district=district, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(report.counts()))
    else:
        _print(report, dry_run=dry_run)


def _print(report: ImportReport, *, dry_run: bool) -> None:
    words = {"created": _("新增"), "updated": _("更新"), "vanished": _("撤销")}
    for change in report.changes[:_LISTED]:
        arrow = " → " if change.before and change.after and change.before != change.after else ""
        names = f"{change.before}{arrow}{change.after}" if arrow else change.after or change.before
        click.echo(f"{words[change.what]}  {change.code}  {names}")
    if len(report.changes) > _LISTED:
        click.echo(_("……还有 {count} 处").format(count=len(report.changes) - _LISTED))
    click.echo(_("街道：{counts}").format(counts=_counted(report.streets)))
    click.echo(_("社区：{counts}").format(counts=_counted(report.communities)))
    if dry_run:
        click.echo(_("这是试运行，没有写入任何内容。"))


def _counted(tally: Tally) -> str:
    return _("新增 {created}，更新 {updated}，不变 {unchanged}，撤销 {vanished}").format(
        created=tally.created, updated=tally.updated, unchanged=tally.unchanged, vanished=tally.vanished
    )
