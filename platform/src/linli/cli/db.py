"""`linli db`: prepare, migrate, inspect and stop the database."""

from __future__ import annotations

import json
from typing import Literal
from uuid import UUID

import click
from sqlalchemy import select, text

from linli.cli.failures import Failure
from linli.cli.opening import (
    all_lineages,
    bootstrap_database,
    brings_own_server,
    embedded_server,
    find_addresses,
    opened_house,
    owner_engine,
    owner_url,
    say,
    upgrade_all,
)
from linli.config import load_settings
from linli.db.lint import lint as find_faults
from linli.db.migrate import status as lineage_status
from linli.house import House
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.tenancy.models import Community, Tenant

_HOUR = 3600


@click.group()
def db() -> None:
    """数据库：准备、升级、检查、停止。"""


@db.command()
@click.option("--new-key", is_flag=True, help="改用新的 LINLI_SECRET_KEY；只能用于还没有街道的数据库")
def bootstrap(*, new_key: bool) -> None:
    """以管理员身份建立角色、密钥和权限；可以重复运行。"""
    done = bootstrap_database(load_settings(), new_key=new_key)
    for warning in done.warnings:
        click.echo(_("警告：{warning}").format(warning=warning), err=True)
    click.echo(_("数据库 {name} 已准备好。").format(name=done.database))


@db.command()
def upgrade() -> None:
    """把数据库升级到程序的版本：先核心，再各个插件。"""
    upgraded = upgrade_all(load_settings())
    for name, ran in upgraded.ran.items():
        line = _("{name}：已升级（{revisions}）") if ran else _("{name}：已是最新")
        click.echo(line.format(name=name, revisions=", ".join(ran)))
    for name, fault in upgraded.faults.items():
        line = _("警告：插件 {name} 已隔离，其余照常：{fault}")
        click.echo(line.format(name=name, fault=fault), err=True)


@db.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def status(*, as_json: bool) -> None:
    """数据库的版本和每条迁移线的位置。"""
    settings = load_settings()
    with owner_engine(settings) as engine, engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        lineages = lineage_status(connection, all_lineages(settings))
    if as_json:
        rows = {
            each.name: {"current": each.current, "head": each.head, "is_current": each.is_current} for each in lineages
        }
        answer = {"server_version": version, "embedded": brings_own_server(settings), "lineages": rows}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    click.echo(f"PostgreSQL {version}")
    for each in lineages:
        state = _("已是最新") if each.is_current else _("需要运行 linli db upgrade")
        click.echo(f"{each.name}: {each.current or '-'} → {each.head or '-'}  {state}")


@db.command("lint")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def lint_command(*, as_json: bool) -> None:
    """核对隔离墙的二十条规则。"""
    with owner_engine(load_settings()) as engine, engine.connect() as connection:
        findings = find_faults(connection)
    if as_json:
        rows = [
            {"rule": each.rule, "title": each.title, "subject": each.subject, "warning": each.is_warning}
            for each in findings
        ]
        click.echo(json.dumps({"findings": rows}, ensure_ascii=False))
    else:
        for each in findings:
            click.echo(f"{each.rule} {each.title}: {each.subject}")
        if not findings:
            click.echo(_("没有发现问题。"))
    if any(not each.is_warning for each in findings):
        raise SystemExit(1)


@db.command()
def stop() -> None:
    """停止随程序启动的数据库；您自己的数据库不受影响。"""
    settings = load_settings()
    if not brings_own_server(settings):
        raise Failure(_("数据库由 LINLI_DATABASE_URL 指定，不归 Linli 管理。请用您自己的方式停止它。"))
    server = embedded_server(settings, on_step=say)
    was_running = server.is_running()
    server.stop()
    click.echo(_("数据库已停止。") if was_running else _("数据库没有在运行。"))


@db.command()
@click.option("--role", type=click.Choice(["app", "owner"]), required=True, help="app：应用角色；owner：迁移角色")
def url(role: Literal["app", "owner"]) -> None:
    """连接地址；需要时先启动随程序的数据库。"""
    settings = load_settings()
    click.echo(owner_url(settings) if role == "owner" else find_addresses(settings).app)


@db.command()
@click.option("--street", required=True, metavar="CODE", help="街道的 9 位代码")
@click.option("--community", metavar="CODE", help="只看一个社区：它的 12 位代码")
@click.option("--ttl", type=click.IntRange(1, 24 * _HOUR), default=_HOUR, show_default=True, help="有效的秒数")
def scope(street: str, community: str | None, ttl: int) -> None:
    """供脚本使用的范围令牌：SET app.scope = '…'。"""
    with opened_house() as house:
        reach = Scope.of_street(find_street(house, street))
        if community is not None:
            with house.database.unit_of_work(reach, read_only=True) as session:
                found = session.scalar(select(Community.id).where(Community.code == community))
            if found is None:
                raise Failure(_("街道 {street} 没有代码为 {code} 的社区。").format(street=street, code=community))
            reach = Scope.of_communities(reach.tenant_id, found)
        click.echo(house.signer.token(reach, ttl=ttl))


def find_street(house: House, code: str) -> UUID:
    """The id of the street office with this code.

    Raises:
        Failure: there is none.
    """
    with house.database.open_transaction() as connection:
        found = connection.execute(select(Tenant.id).where(Tenant.code == code)).scalar_one_or_none()
    if found is None:
        raise Failure(
            _("没有代码为 {code} 的街道。请先运行 linli streets import，或检查代码（9 位数字）。").format(code=code)
        )
    return found
