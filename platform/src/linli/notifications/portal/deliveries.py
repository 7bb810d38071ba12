"""What became of messages in the channels: the street sees all of them, a community its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import SHANGHAI
from linli.kit.text import gettext as _
from linli.notifications.kinds import all_kinds, find_kind
from linli.notifications.log import (
    CHANNEL_TITLES,
    DAYS,
    STATES,
    DeliveryRow,
    counts,
    error_title,
    find_deliveries,
    list_deliveries,
    resend,
    resend_failed,
)
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, RowAct, TableColumn, TableState, table_pages

_PAGE = "/deliveries"
_TONES = {"sent": "good", "failed": "bad", "held": "warn", "queued": "calm", "suppressed": "calm"}


def _titles(session: ScopedSession, _actor: Actor, _place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    found = {}
    for row in find_deliveries(session, ids):
        kind = find_kind(row.kind)
        named = _(kind.title) if kind else row.kind
        at = row.created_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        found[row.id] = _("{message}（{channel}，{at}）").format(
            message=named, channel=_(CHANNEL_TITLES[row.channel]), at=at
        )
    return found


def _resend(session: ScopedSession, _actor: Actor, _place: Place, delivery_id: UUID, _answer: str) -> bool:
    if any(row.state == "queued" for row in find_deliveries(session, [delivery_id])):
        return False
    resend(session, delivery_id)
    return True


DELIVERIES = DataTable(
    name="deliveries",
    columns=(
        TableColumn("kind", "消息", is_fixed=True),
        TableColumn("channel", "通道"),
        TableColumn("state", "状态"),
        TableColumn("attempts", "试过几次", sort="attempts", falls=True, is_number=True, is_shown=False),
        TableColumn("at", "时间", sort="created_at", falls=True),
        TableColumn("act", "操作", is_fixed=True),
    ),
    sort="-created_at",
    filters=("state", "channel", "kind"),
    acts=(RowAct("resend", "重新发送", "重新发送选中的消息？", _resend, needs="core.message.manage"),),
    titles=_titles,
)


@get("/deliveries", needs="core.message.read", table=DELIVERIES)
def show_deliveries(
    session: ScopedSession,
    place: Place,
    table: TableState,
    state: str = "",
    channel: str = "",
    kind: str = "",
    after: str = "",
) -> View:
    """Counts of the last days, and each delivery, newest first."""
    rows, following = list_deliveries(session, state=state, channel=channel, kind=kind, sort=table.sort, after=after)
    names = {} if place.community else community_names(session)
    totals = counts(session)
    connected = session.info["channels"].connected
    context = {
        "rows": [_shown(row, names) for row in rows],
        "next": following,
        "totals": [
            {"title": _(CHANNEL_TITLES[name]), "is_connected": connected[name], "states": totals[name]}
            for name in CHANNEL_TITLES
        ],
        "states": {name: _(title) for name, title in STATES.items()},
        "channels": {name: _(title) for name, title in CHANNEL_TITLES.items()},
        "kinds": {each.name: _(each.title) for each in all_kinds()},
        "failed": sum(each["failed"] for each in totals.values()),
        "days": DAYS,
        "is_filtered": any((state, channel, kind)),
    }
    return View("notifications/deliveries.html", context, fragment="notifications/_deliveries.html")


def _shown(row: DeliveryRow, names: dict[UUID, str]) -> dict[str, object]:
    kind = find_kind(row.kind)
    return {
        "id": row.id,
        "kind": _(kind.title) if kind else row.kind,
        "community": names.get(row.community_id, "") if row.community_id else "",
        "channel": _(CHANNEL_TITLES[row.channel]),
        "state": _(STATES[row.state]),
        "tone": _TONES[row.state],
        "attempts": row.attempts,
        "error": error_title(row.error),
        "at": row.sent_at or row.created_at,
        "due_at": row.due_at if row.state in ("queued", "held") else None,
        "can_resend": row.state in ("failed", "suppressed"),
    }


@post("/deliveries/{delivery_id:uuid}/resend", needs="core.message.manage")
def resend_delivery(session: ScopedSession, delivery_id: UUID) -> Redirect:
    """Try one delivery anew."""
    resend(session, delivery_id)
    return Redirect(_PAGE, _("已安排重新发送"))


@post("/deliveries/resend-failed", needs="core.message.manage")
def resend_failed_deliveries(session: ScopedSession) -> Redirect:
    """Try anew whatever failed."""
    count = resend_failed(session)
    return Redirect(_PAGE, _("{n} 条消息已安排重新发送").format(n=count) if count else _("没有发送失败的消息"))


pages = [show_deliveries, *table_pages(show_deliveries), resend_delivery, resend_failed_deliveries]
