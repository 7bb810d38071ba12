"""What became of messages in the channels: the street sees all of them, a community its own."""

from __future__ import annotations

from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.text import gettext as _
from linli.notifications.kinds import all_kinds, find_kind
from linli.notifications.log import (
    CHANNEL_TITLES,
    DAYS,
    STATES,
    DeliveryRow,
    counts,
    error_title,
    list_deliveries,
    resend,
    resend_failed,
)
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post

_PAGE = "/deliveries"
_TONES = {"sent": "good", "failed": "bad", "held": "warn", "queued": "calm", "suppressed": "calm"}


@get("/deliveries", needs="core.message.read")
def show_deliveries(
    session: ScopedSession, place: Place, state: str = "", channel: str = "", kind: str = "", after: str = ""
) -> View:
    """Counts of the last days, and each delivery, newest first."""
    rows, following = list_deliveries(session, state=state, channel=channel, kind=kind, after=after)
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


pages = [show_deliveries, resend_delivery, resend_failed_deliveries]
