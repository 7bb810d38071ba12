"""`linli audit`: prove that the record of who did what is whole, and sign how far it went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from linli.audit.anchors import Anchor, make_anchor, public_keys, verify_anchored, verify_latest
from linli.audit.copies import copy_anchors, read_anchors
from linli.audit.verify import ChainReport
from linli.cli.db import find_street
from linli.cli.failures import Failure
from linli.cli.opening import opened_house
from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.crypto import key_id_of
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.tenancy.models import Tenant

_street = click.option("--street", metavar="CODE", help="只处理一个街道：它的 9 位代码")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON")
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """操作记录：核对、存证。"""


@audit.command()
@_street
@click.option("--anchors", metavar="DIR", type=_FOLDER, help="另外保存的存证文件所在的目录，一并核对")
@click.option("--key", "keys", metavar="HEX", multiple=True, help="另外认可的签名公钥，可以写多次")
@_json
def verify(*, street: str | None, anchors: Path | None, keys: tuple[str, ...], as_json: bool) -> None:
    """重算每条记录的校验值，和存证比对，找出被改动、缺失、截断或整体改写的地方。"""
    results: list[tuple[str, ChainReport]] = []
    with opened_house() as house:
        known = public_keys(house.vault, further=map(_public, keys))
        kept = _kept(anchors if anchors is not None else house.settings.audit_anchor_dir)
        for code, tenant_id in _streets(house, street):
            report = verify_anchored(_opener(house, tenant_id), known, outside=kept.get(tenant_id, ()))
            results.append((code, report))
            if not as_json:
                click.echo(f"{code}  {_('{n} 条').format(n=report.rows)}  {report.message}  {_reach(report)}")
    is_whole = all(report.is_whole for _code, report in results)
    if as_json:
        _print_json(results, ok=is_whole)
    if not is_whole:
        raise SystemExit(1)


@audit.command()
@_street
@_json
def anchor(*, street: str | None, as_json: bool) -> None:
    """现在就存证：给每个街道的记录签名，并抄送到 LINLI_AUDIT_ANCHOR_DIR。"""
    rows: list[dict[str, Any]] = []
    with opened_house() as house:
        keys, folder = public_keys(house.vault), house.settings.audit_anchor_dir
        for code, tenant_id in _streets(house, street):
            opened = _opener(house, tenant_id)
            report = verify_latest(opened, keys)
            made = None
            if report.is_whole:
                with house.database.unit_of_work(Scope.of_street(tenant_id)) as session:
                    made = make_anchor(session)
            written = copy_anchors(opened, folder, keys, street=code) if folder is not None and report.is_whole else 0
            rows.append(_anchored(code, report, made, written))
            if not as_json:
                click.echo(_sentence(code, report, made, written))
    is_whole = all(row["ok"] for row in rows)
    if as_json:
        click.echo(json.dumps({"ok": is_whole, "streets": rows}, ensure_ascii=False))
    if not is_whole:
        raise SystemExit(1)


@audit.command()
@_json
def key(*, as_json: bool) -> None:
    """存证签名的公钥：请抄下来，和存证文件一起交给系统以外的人保管。"""
    with opened_house() as house:
        keys = house.vault.anchor_keys
    if as_json:
        rows = [{"key_id": key_id_of(each), "public_key": each.hex()} for each in keys]
        click.echo(json.dumps({"algorithm": "Ed25519", "keys": rows}, ensure_ascii=False))
        return
    for each in keys:
        click.echo(f"{key_id_of(each)}  {each.hex()}")


def _opener(house: House, tenant_id: UUID) -> Any:
    def opened() -> AbstractContextManager[ScopedSession]:
        return house.database.unit_of_work(Scope.of_street(tenant_id), read_only=True)

    return opened


def _streets(house: House, code: str | None) -> list[tuple[str, UUID]]:
    if code is not None:
        return [(code, find_street(house, code))]
    with house.database.open_transaction() as connection:
        return [(row[0], row[1]) for row in connection.execute(select(Tenant.code, Tenant.id).order_by(Tenant.code))]


def _kept(folder: Path | None) -> dict[UUID, list[Anchor]]:
    """What was kept outside, by street.

    Raises:
        Failure: a file is damaged.
    """
    if folder is None:
        return {}
    damaged: list[str] = []
    found: dict[UUID, list[Anchor]] = {}
    for each in read_anchors(folder, damaged):
        found.setdefault(each.tenant_id, []).append(each)
    if damaged:
        raise Failure(_("{folder} 里有损坏的存证文件：{names}").format(folder=folder, names=listed(damaged[:5])))
    return found


def _public(text: str) -> bytes:
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise Failure(_("--key 不是签名公钥：应是 64 位十六进制数字，见 linli audit key"))
    return public


def _reach(report: ChainReport) -> str:
    if not report.anchored:
        return _("还没有存证")
    return _("存证到第 {n} 条").format(n=report.anchored)


def _sentence(code: str, report: ChainReport, made: Anchor | None, written: int) -> str:
    if not report.is_whole:
        return f"{code}  {report.message}  {_('没有存证')}"
    said = _("已存证到第 {n} 条").format(n=made.n) if made else _("没有新的记录")
    copied = _("抄送 {n} 份").format(n=written)
    return f"{code}  {said}  {copied}" if written else f"{code}  {said}"


def _anchored(code: str, report: ChainReport, made: Anchor | None, written: int) -> dict[str, Any]:
    row: dict[str, Any] = {"street": code, "ok": report.is_whole, "n": None, "hash": None, "written": written}
    if made is not None:
        row |= {"n": made.n, "hash": made.hash.hex(), "at": made.at.isoformat(), "key_id": made.key_id}
    return row | {"broken_at": report.broken_at, "fault": report.fault or None}


def _print_json(results: Iterable[tuple[str, ChainReport]], *, ok: bool) -> None:
    rows = [
        {
            "street": code,
            "rows": report.rows,
            "ok": report.is_whole,
            "broken_at": report.broken_at,
            "fault": report.fault or None,
            "anchored": report.anchored,
            "anchors": report.anchors,
        }
        for code, report in results
    ]
    click.echo(json.dumps({"ok": ok, "streets": rows}, ensure_ascii=False))
