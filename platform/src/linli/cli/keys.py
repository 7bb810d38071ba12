"""`linli keys`: new versions of the keys that seal personal data, and what is still sealed under older ones."""

from __future__ import annotations

import base64
import json
import secrets
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from linli.cli.db import find_street
from linli.cli.failures import Failure
from linli.cli.opening import loaded_plugins, opened_house
from linli.config import load_settings
from linli.config.secret import SECRET_KEY_BYTES
from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.tenancy.models import Tenant
from linli.upkeep.keys import Rewrapped, columns_of_streets, reindex, rewrap, rotate, versions_in_use
from linli.upkeep.secrets import adopt

_street = click.option("--street", metavar="CODE", help="只处理一个街道：它的 9 位代码")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON")
#: A street's blind indexes are made anew in one transaction; its scope has to live as long.
_REINDEX_SECONDS = 3600


@click.group()
def keys() -> None:
    """个人信息的加密密钥：查看、更换、重新加密。"""


@keys.command()
@_street
@_json
def status(*, street: str | None, as_json: bool) -> None:
    """每个街道的号码分别用哪个版本的密钥加密，各有多少。"""
    rows = []
    with opened_house() as house:
        loaded_plugins(house.settings)
        columns = columns_of_streets()
        for code, tenant_id in _streets(house, street):
            with house.database.unit_of_work(Scope.of_street(tenant_id)) as session:
                newest, found = session.vault.version(session), versions_in_use(session, columns)
            rows.append({"street": code, "newest": newest, "columns": found})
    if as_json:
        click.echo(json.dumps({"streets": rows}, ensure_ascii=False))
        return
    for row in rows:
        click.echo(_("{street}  现用版本 {version}").format(street=row["street"], version=row["newest"]))
        for title, versions in row["columns"].items():
            for version, count in versions.items():
                old = "" if version == row["newest"] else _("（旧）")
                click.echo(
                    "  "
                    + _("{column}  版本 {version}{old}  {n} 个").format(column=title, version=version, old=old, n=count)
                )


@keys.command("rotate")
@_street
@_json
def rotate_command(*, street: str | None, as_json: bool) -> None:
    """换一把新的数据密钥，并把已有的号码重新加密；网站可以照常使用。"""
    _run(street, new=True, as_json=as_json)


@keys.command("rewrap")
@_street
@_json
def rewrap_command(*, street: str | None, as_json: bool) -> None:
    """把还用旧密钥加密的号码重新加密；可以随时中断，再运行一次就接着做。"""
    _run(street, new=False, as_json=as_json)


@keys.command("reindex")
@_street
@_json
def reindex_command(*, street: str | None, as_json: bool) -> None:
    """换一把新的索引密钥，重建按号码查找的索引；要先停止网站。"""
    rows = []
    with opened_house() as house:
        loaded_plugins(house.settings)
        columns = columns_of_streets()
        for code, tenant_id in _streets(house, street):
            with house.database.unit_of_work(Scope.of_street(tenant_id), ttl=_REINDEX_SECONDS) as session:
                made = reindex(session, columns)
            rows.append({"street": code, "values": made})
            if not as_json:
                click.echo(f"{code}  {_('已重建 {n} 个索引').format(n=made)}")
    if as_json:
        click.echo(json.dumps({"streets": rows}, ensure_ascii=False))


@keys.command("new")
def new_command() -> None:
    """生成下一把 LINLI_SECRET_KEY，只显示，不写入任何地方。"""
    settings = load_settings()
    key = base64.b64encode(secrets.token_bytes(SECRET_KEY_BYTES)).decode()
    click.echo(f"{settings.secret_key_number + 1}:{key}")


@keys.command("adopt")
@_json
def adopt_command(*, as_json: bool) -> None:
    """换 LINLI_SECRET_KEY 以后：把原来密钥保护的一切改由新密钥保护；网站可以照常使用。"""
    with opened_house(needs_owner=True) as house:
        if house.settings.old_secret_key is None:
            raise Failure(_("没有设置 LINLI_SECRET_KEY_OLD。请写上原来的密钥；没有换过密钥就不用运行这条命令。"))
        done = adopt(house.owner, [tenant_id for _code, tenant_id in _streets(house, None)])
    if as_json:
        click.echo(json.dumps({"ok": not done.broken, **asdict(done)}, ensure_ascii=False))
    else:
        line = _("已交接：密钥 {keys} 把，账号 {accounts} 个，存证 {anchors} 份")
        click.echo(line.format(keys=done.keys, accounts=done.accounts, anchors=done.anchors))
        if done.broken:
            click.echo(_("有 {n} 个账号的密文打不开").format(n=done.broken))
        click.echo(_("现在可以去掉 LINLI_SECRET_KEY_OLD，重启网站，再运行 linli db bootstrap 让原来的密钥失效。"))
    if done.broken:
        raise SystemExit(1)


def _run(street: str | None, *, new: bool, as_json: bool) -> None:
    results: dict[str, Rewrapped] = {}
    with opened_house() as house:
        loaded_plugins(house.settings)
        columns = columns_of_streets()
        for code, tenant_id in _streets(house, street):
            if new:
                with house.database.unit_of_work(Scope.of_street(tenant_id)) as session:
                    rotate(session)
            results[code] = rewrap(_opener(house, tenant_id), columns)
            if not as_json:
                _tell(code, results[code])
    is_whole = not any(each.broken for each in results.values())
    if as_json:
        rows = [{"street": code, **asdict(each)} for code, each in results.items()]
        click.echo(json.dumps({"ok": is_whole, "streets": rows}, ensure_ascii=False))
    if not is_whole:
        raise SystemExit(1)


def _tell(code: str, done: Rewrapped) -> None:
    click.echo(f"{code}  {_('版本 {version}，重新加密 {n} 个').format(version=done.version, n=done.values)}")
    if done.left:
        click.echo(
            "  "
            + _("还有 {n} 个正在使用中；每天 4:40 会自动接着做，也可以再运行 linli keys rewrap").format(n=done.left)
        )
    for each in done.broken:
        click.echo("  " + _("打不开：{place}").format(place=each))


def _opener(house: House, tenant_id: UUID) -> Any:
    def opened() -> AbstractContextManager[ScopedSession]:
        return house.database.unit_of_work(Scope.of_street(tenant_id))

    return opened


def _streets(house: House, code: str | None) -> list[tuple[str, UUID]]:
    if code is not None:
        return [(code, find_street(house, code))]
    with house.database.open_transaction() as connection:
        return [(row[0], row[1]) for row in connection.execute(select(Tenant.code, Tenant.id).order_by(Tenant.code))]
