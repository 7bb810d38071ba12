"""`linli events`: how far behind consumers are, and what to do about deliveries that came to a stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import click
import msgspec
from sqlalchemy import select

from linli.cli.db import find_street
from linli.cli.opening import loaded_plugins, opened_house
from linli.config import load_settings
from linli.events.letters import discard_delivery, replay_consumer, replay_delivery
from linli.events.repository import (
    DeliveryFilter,
    EventDelivery,
    consumer_lags,
    find_delivery,
    list_event_deliveries,
    waiting_behind,
)
from linli.house import House
from linli.kit.actor import SYSTEM
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.tasks.bells import waiting_work
from linli.tenancy.models import Tenant

_street = click.option("--street", metavar="CODE", required=True, help="街道的 9 位代码")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON")
_STATES = ("parked", "waiting", "delivered", "discarded")


@click.group()
def events() -> None:
    """事件投递：积压多少，哪些失败了，重新投递或放弃。"""


@events.command()
@click.option("--street", metavar="CODE", help="只看一个街道：它的 9 位代码")
@_json
def lag(*, street: str | None, as_json: bool) -> None:
    """每个街道里还没有送完的：通知谁、等待几个、失败几个、最早的等了多久。"""
    with opened_house() as house:
        with house.database.open_transaction() as connection:
            queues = waiting_work(connection)
        found = []
        for code, tenant_id in _streets(house, street):
            with house.database.unit_of_work(Scope.of_street(tenant_id), read_only=True) as session:
                found += [(code, each) for each in consumer_lags(session)]
    if as_json:
        rows = [{"street": code, **_plain(each)} for code, each in found]
        click.echo(json.dumps({"consumers": rows, "queues": [_plain(each) for each in queues]}, ensure_ascii=False))
        return
    for queue in queues:
        click.echo(
            _("队列 {queue}：{n} 个街道在等，最久 {seconds} 秒没有人处理").format(
                queue=queue.queue, n=queue.tenants, seconds=round(queue.seconds)
            )
        )
    for code, each in found:
        click.echo(
            _("{street}  {consumer}  等待 {waiting}，其中失败 {parked}，最早的等了 {seconds} 秒").format(
                street=code,
                consumer=each.consumer,
                waiting=each.waiting,
                parked=each.parked,
                seconds=each.seconds,
            )
        )
    if not found:
        click.echo(_("全部已送达。"))


@events.command(name="list")
@_street
@click.option("--state", type=click.Choice(_STATES), default="parked", show_default=True, help="哪些投递")
@click.option("--consumer", default="", help="只看通知它的")
@click.option("--event", "event_name", default="", help="只看这种事件，例如 notices.PostingClosed")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="最多列出几个")
@_json
def list_(*, street: str, state: str, consumer: str, event_name: str, limit: int, as_json: bool) -> None:
    """列出投递，新的在前；不写条件就列出失败的。"""
    query = DeliveryFilter(state=state, consumer=consumer, event=event_name)  # type: ignore[arg-type]
    with opened_house() as house:
        scope = Scope.of_street(find_street(house, street))
        with house.database.unit_of_work(scope, read_only=True) as session:
            rows, _following = list_event_deliveries(session, query, limit=limit)
    if as_json:
        click.echo(json.dumps([_plain(each) for each in rows], ensure_ascii=False))
        return
    for each in rows:
        click.echo(f"{each.id}  {each.state}  {each.name}  {each.consumer}  {each.error or each.note}".rstrip())
    if not rows:
        click.echo(_("没有符合条件的投递。"))


@events.command()
@_street
@click.argument("delivery", type=click.UUID)
@_json
def show(*, street: str, delivery: UUID, as_json: bool) -> None:
    """一次投递的全部情况和事件内容。"""
    with opened_house() as house:
        scope = Scope.of_street(find_street(house, street))
        with house.database.unit_of_work(scope, read_only=True) as session:
            found = find_delivery(session, delivery)
            behind = waiting_behind(session, found)
    told = {**_plain(found), "behind": behind}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, value in told.items():
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        click.echo(f"{name}: {'—' if shown in (None, '') else shown}")


@events.command()
@_street
@click.argument("deliveries", type=click.UUID, nargs=-1)
@click.option("--consumer", help="重新投递通知它的全部失败投递")
def replay(*, street: str, deliveries: tuple[UUID, ...], consumer: str | None) -> None:
    """重新投递：写出编号，或者用 --consumer 选全部失败的；已经生效的不会再生效一次。"""
    if bool(deliveries) == bool(consumer):
        raise click.UsageError(_("请写出投递的编号，或者用 --consumer，两者选一"))
    loaded_plugins(load_settings())
    with opened_house() as house:
        scope = Scope.of_street(find_street(house, street))
        with house.database.unit_of_work(scope, SYSTEM) as session:
            if consumer:
                count = replay_consumer(session, SYSTEM, consumer)
            else:
                count = len([replay_delivery(session, SYSTEM, each) for each in deliveries])
    click.echo(_("已重新安排 {n} 次投递。").format(n=count))


@events.command()
@_street
@click.argument("delivery", type=click.UUID)
@click.option("--reason", required=True, help="为什么放弃，会记入操作记录")
def discard(*, street: str, delivery: UUID, reason: str) -> None:
    """放弃一次投递；同一处后面的事件继续。"""
    with opened_house() as house:
        scope = Scope.of_street(find_street(house, street))
        with house.database.unit_of_work(scope, SYSTEM) as session:
            found = discard_delivery(session, SYSTEM, delivery, reason=reason)
    click.echo(_("已放弃 {event} 对 {consumer} 的投递。").format(event=found.name, consumer=found.consumer))


def _streets(house: House, code: str | None) -> Iterator[tuple[str, UUID]]:
    if code is not None:
        yield code, find_street(house, code)
        return
    with house.database.open_transaction() as connection:
        rows = connection.execute(select(Tenant.code, Tenant.id).where(Tenant.status == "active").order_by(Tenant.code))
        found = [(row.code, row.id) for row in rows]
    yield from found


def _plain(value: EventDelivery | Any) -> dict[str, Any]:
    return msgspec.to_builtins(value)
