"""`linli audit`: prove that the record of who did what is whole."""

from __future__ import annotations

import json

import click
from sqlalchemy import select

from linli.audit.verify import verify_chain
from linli.cli.db import find_street
from linli.cli.opening import opened_house
from linli.house import House
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.tenancy.models import Tenant


@click.group()
def audit() -> None:
    """审计记录。"""


@audit.command()
@click.option("--street", metavar="CODE", help="只查一个街道：它的 9 位代码")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def verify(*, street: str | None, as_json: bool) -> None:
    """重算每条记录的校验值，找出被改动、缺失或截断的地方。"""
    results = []
    with opened_house() as house:
        for code, tenant_id in _streets(house, street):
            report = verify_chain(house.database, Scope.of_street(tenant_id))
            results.append((code, report))
            if not as_json:
                click.echo(f"{code}  {_('{n} 条').format(n=report.rows)}  {report.message}")
    is_whole = all(report.is_whole for _code, report in results)
    if as_json:
        rows = [
            {
                "street": code,
                "rows": report.rows,
                "ok": report.is_whole,
                "broken_at": report.broken_at,
                "fault": report.fault or None,
            }
            for code, report in results
        ]
        click.echo(json.dumps({"ok": is_whole, "streets": rows}, ensure_ascii=False))
    if not is_whole:
        raise SystemExit(1)


def _streets(house: House, code: str | None) -> list:
    if code is not None:
        return [(code, find_street(house, code))]
    with house.database.open_transaction() as connection:
        return list(connection.execute(select(Tenant.code, Tenant.id).order_by(Tenant.code)))
