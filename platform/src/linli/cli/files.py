"""`linli files`: where the bytes of attachments lie, carrying them elsewhere, and proving that they are whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

import click
from sqlalchemy import select

from linli.cli.db import find_street
from linli.cli.failures import Failure
from linli.cli.opening import opened_house
from linli.files.moving import Held, Report, Tell, held_by_storage, move_files, verify_files
from linli.files.storage import Storage
from linli.house import House
from linli.kit.text import gettext as _
from linli.tenancy.models import Tenant

_street = click.option("--street", metavar="CODE", help="只处理一个街道：它的 9 位代码")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON")
#: Faults that are listed by name for each street.
_LISTED = 20


@click.group()
def files() -> None:
    """附件：存放在哪里，搬到别处，核对内容。"""


@files.command()
@_street
@_json
def status(*, street: str | None, as_json: bool) -> None:
    """每个街道的附件在哪个存储里，有多少。"""
    with opened_house() as house:
        present = house.files.name
        held = {code: held_by_storage(house.database, tenant_id) for code, tenant_id in _streets(house, street)}
    if as_json:
        streets = [{"street": code, "held": [asdict(each) for each in rows]} for code, rows in held.items()]
        click.echo(json.dumps({"current": present, "streets": streets}, ensure_ascii=False))
        return
    click.echo(_("新附件存放在：{storage}").format(storage=present))
    for code, rows in held.items():
        for each in rows:
            click.echo(f"{code}  {each.storage}  {_counted(each.files, each.size)}")
    if elsewhere := sum(each.files for rows in held.values() for each in rows if each.storage != present):
        click.echo(_("还有 {n} 个附件在别的存储里；用 linli files move 搬过来。").format(n=elsewhere))


@files.command()
@_street
@click.option("--to", "name", metavar="STORAGE", help="搬到哪里：local，或 s3://BUCKET/PREFIX；不写就是现在的存储")
@click.option("--dry-run", is_flag=True, help="只看会搬多少，不搬")
@_json
def move(*, street: str | None, name: str | None, dry_run: bool, as_json: bool) -> None:
    """把附件搬到另一个存储，逐个核对校验值；可以随时中断，再运行一次就接着搬。"""
    with opened_house() as house:
        target = _target(house, name)
        streets = _streets(house, street)
        if dry_run:
            _print_plan(house, streets, target, as_json=as_json)
            return
        # Before the first file: a target that cannot be written is told at once.
        target.examine()

        def act(tenant_id: UUID, tell: Tell) -> Report:
            return move_files(house.database, tenant_id, target, named=house.storages.named, tell=tell)

        reports = _run(streets, act, quiet=as_json)
    _print(reports, _("已搬"), as_json=as_json)


@files.command()
@_street
@_json
def verify(*, street: str | None, as_json: bool) -> None:
    """读出每个附件，核对校验值；恢复备份以后用。"""
    with opened_house() as house:

        def act(tenant_id: UUID, tell: Tell) -> Report:
            return verify_files(house.database, tenant_id, named=house.storages.named, tell=tell)

        reports = _run(_streets(house, street), act, quiet=as_json)
    _print(reports, _("完好"), as_json=as_json)


def _target(house: House, name: str | None) -> Storage:
    if name is None:
        return house.files
    target = house.storages.named(name.rstrip("/"))
    if target.name != house.files.name:
        # New files would go on to the old place, and people would wonder for ever why it is never empty.
        raise Failure(
            _("新附件现在存放在 {storage}。请先改 LINLI_FILES_URL 并重启网站，再搬原来的附件。").format(
                storage=house.files.name
            )
        )
    return target


def _streets(house: House, code: str | None) -> list[tuple[str, UUID]]:
    if code is not None:
        return [(code, find_street(house, code))]
    with house.database.open_transaction() as connection:
        return [(row[0], row[1]) for row in connection.execute(select(Tenant.code, Tenant.id).order_by(Tenant.code))]


def _run(streets: list[tuple[str, UUID]], act: Callable[[UUID, Tell], Report], *, quiet: bool) -> dict[str, Report]:
    reports = {}
    for code, tenant_id in streets:

        def tell(done: int, total: int, code: str = code) -> None:
            if not quiet and (done % 100 == 0 or done == total):
                click.echo(f"{code}  {done}/{total}", err=True)

        reports[code] = act(tenant_id, tell)
    return reports


def _print(reports: dict[str, Report], verb: str, *, as_json: bool) -> None:
    is_whole = not any(report.faults for report in reports.values())
    if as_json:
        rows = [
            {
                "street": code,
                "files": report.files,
                "size": report.size,
                "faults": [{"id": str(each.file_id), "fault": each.what} for each in report.faults],
            }
            for code, report in reports.items()
        ]
        click.echo(json.dumps({"ok": is_whole, "streets": rows}, ensure_ascii=False))
    else:
        for code, report in reports.items():
            click.echo(f"{code}  {verb} {_counted(report.files, report.size)}")
            _print_faults(report)
    if not is_whole:
        raise SystemExit(1)


def _print_faults(report: Report) -> None:
    words = {
        "missing": _("内容不见了"),
        "damaged": _("内容和登记的校验值不符"),
        "foreign": _("登记的位置不属于这个街道"),
    }
    for each in report.faults[:_LISTED]:
        click.echo(f"  {each.file_id}  {each.name}  {words[each.what]}")
    if len(report.faults) > _LISTED:
        click.echo(_("……还有 {count} 处").format(count=len(report.faults) - _LISTED))


def _print_plan(house: House, streets: list[tuple[str, UUID]], target: Storage, *, as_json: bool) -> None:
    plan: list[tuple[str, Held]] = [
        (code, each)
        for code, tenant_id in streets
        for each in held_by_storage(house.database, tenant_id)
        if each.storage != target.name
    ]
    if as_json:
        rows = [{"street": code, **asdict(each)} for code, each in plan]
        click.echo(json.dumps({"to": target.name, "would_move": rows}, ensure_ascii=False))
        return
    for code, each in plan:
        click.echo(f"{code}  {each.storage} → {target.name}  {_counted(each.files, each.size)}")
    click.echo(_("这是试运行，没有写入任何内容。"))


def _counted(files: int, size: int) -> str:
    return _("{n} 个，{size} MB").format(n=files, size=f"{size / 1_000_000:.1f}")
