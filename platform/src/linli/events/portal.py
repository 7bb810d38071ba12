"""Deliveries of events in the street's console: what waits, what came to a stop, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.events.letters import discard_delivery, replay_consumer, replay_delivery
from linli.events.repository import (
    DeliveryFilter,
    consumer_lags,
    find_deliveries,
    find_delivery,
    list_event_deliveries,
    names_of_events,
    waiting_behind,
)
from linli.events.wording import BOXES, delivery_line, event_title, lag_line
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.plugins.events import all_handlers
from linli.tasks.wording import task_titles
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, RowAct, TableColumn, TableState, table_pages


class ConsumerForm(Struct):
    consumer: Annotated[str, Meta(min_length=1, max_length=200)]


class DiscardForm(Struct):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


def _titles(session: ScopedSession, _actor: Actor, _place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return {each.id: event_title(each.name) for each in find_deliveries(session, ids)}


def _bring_again(session: ScopedSession, actor: Actor, _place: Place, delivery_id: UUID, _answer: str) -> bool:
    replay_delivery(session, actor, delivery_id)
    return True


def _give_up(session: ScopedSession, actor: Actor, _place: Place, delivery_id: UUID, reason: str) -> bool:
    if find_delivery(session, delivery_id).state == "cancelled":
        return False
    discard_delivery(session, actor, delivery_id, reason=reason)
    return True


DELIVERIES = DataTable(
    name="events",
    columns=(
        TableColumn("event", "事件", is_fixed=True),
        TableColumn("consumer", "通知谁"),
        TableColumn("state", "状态"),
        TableColumn("created_at", "发生时间", sort="created_at", falls=True),
        TableColumn("finished_at", "结束", sort="finished_at", falls=True, is_shown=False),
    ),
    sort="-created_at",
    filters=("state", "consumer", "event", "community_id"),
    acts=(
        RowAct("replay", "重新投递", "重新投递选中的事件？", _bring_again, needs="core.job.manage"),
        RowAct(
            "discard",
            "放弃投递",
            "放弃后，选中的事件不再通知，同一处后面的事件继续投递。",
            _give_up,
            needs="core.job.manage",
            asks="原因",
            most_words=500,
            tone="danger",
        ),
    ),
    titles=_titles,
)


@get("/jobs/events", needs="core.job.read", table=DELIVERIES)
def show_events(
    session: ScopedSession, request: Request, table: TableState, query: DeliveryFilter, after: str = ""
) -> View:
    """Who is behind, and each delivery, the newest first."""
    rows, following = list_event_deliveries(session, query, sort=table.sort, after=after)
    titles = task_titles(request.app.state.site.plugins)
    names = community_names(session)
    lags = consumer_lags(session)
    consumers = {each.task: titles.get(each.task, each.task) for each in all_handlers()}
    consumers |= {each.consumer: titles.get(each.task, each.consumer) for each in lags}
    context = {
        "lines": [delivery_line(each, titles, names) for each in rows],
        "next": following,
        "lags": [lag_line(each, titles) for each in lags],
        "states": {key: _(title) for key, title in BOXES.items()},
        "consumers": consumers,
        "events": {name: event_title(name) for name in names_of_events(session)},
        "communities": {str(key): name for key, name in names.items()},
        "is_filtered": bool(query.state or query.consumer or query.event or query.community_id),
    }
    return View("events/list.html", context, fragment="events/_list.html")


@get("/jobs/events/{event_delivery_id:uuid}", needs="core.job.read")
def show_event(session: ScopedSession, request: Request, event_delivery_id: UUID) -> View:
    """One delivery: what happened, why it was not told, and what waits for it."""
    delivery = find_delivery(session, event_delivery_id)
    line = delivery_line(delivery, task_titles(request.app.state.site.plugins), community_names(session))
    return View("events/detail.html", {"line": line, "behind": waiting_behind(session, delivery)})


@post("/jobs/events/{event_delivery_id:uuid}/replay", needs="core.job.manage")
def replay_event(session: ScopedSession, actor: Actor, event_delivery_id: UUID) -> Redirect:
    """Bring it again."""
    replay_delivery(session, actor, event_delivery_id)
    return Redirect(f"/jobs/events/{event_delivery_id}", _("已安排重新投递"))


@post("/jobs/events/{event_delivery_id:uuid}/discard", needs="core.job.manage", retry=show_event)
def discard_event(session: ScopedSession, actor: Actor, event_delivery_id: UUID, data: DiscardForm) -> Redirect:
    """Give it up, saying why."""
    discard_delivery(session, actor, event_delivery_id, reason=data.reason)
    return Redirect(f"/jobs/events/{event_delivery_id}", _("已放弃；同一处后面的事件继续投递"))


@post("/jobs/events/replay", needs="core.job.manage")
def replay_parked_events(session: ScopedSession, actor: Actor, data: ConsumerForm) -> Redirect:
    """Bring again whatever of a consumer came to a stop."""
    count = replay_consumer(session, actor, data.consumer)
    message = _("{n} 次投递已重新安排").format(n=count) if count else _("没有投递失败的")
    return Redirect("/jobs/events", message)


console = [show_events, *table_pages(show_events), show_event, replay_event, discard_event, replay_parked_events]
