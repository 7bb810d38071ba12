"""Deliveries of events in the street's console: what waits, what came to a stop, and what to do about it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.events.letters import discard_delivery, replay_consumer, replay_delivery
from linli.events.repository import (
    DeliveryFilter,
    consumer_lags,
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
from linli.web.results import Redirect, View
from linli.web.routing import get, post


class ConsumerForm(Struct):
    consumer: Annotated[str, Meta(min_length=1, max_length=200)]


class DiscardForm(Struct):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/jobs/events", needs="core.job.read")
def show_events(session: ScopedSession, request: Request, query: DeliveryFilter, after: str = "") -> View:
    """Who is behind, and each delivery, the newest first."""
    rows, following = list_event_deliveries(session, query, after=after)
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


console = [show_events, show_event, replay_event, discard_event, replay_parked_events]
