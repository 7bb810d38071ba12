"""What I want to be told, and how: kinds and channels, hours of rest, the mailbox."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.house import House
from linli.kit.actor import Actor
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.notifications.choosable import choosable_channels, choosable_kinds
from linli.notifications.log import CHANNEL_TITLES
from linli.notifications.preferences import (
    Reachability,
    choose,
    confirm_email,
    reachability,
    remove_email,
    request_email,
    set_rest,
)
from linli.notifications.quiet import read_hour
from linli.settings.core import HOURS
from linli.web.forms import Form
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

_PAGE = "/inbox/preferences"


class MailboxForm(Struct):
    email: Annotated[str, Meta(min_length=1, max_length=254)]


class CodeForm(Struct):
    code: Annotated[str, Meta(min_length=1, max_length=20)]


@get("/inbox/preferences", signed_in=True)
def show_preferences(session: ScopedSession, actor: Actor, visit: Visit) -> View:
    """My choices, in one page."""
    channels = choosable_channels(session.info["channels"])
    mine = reachability(session, actor, choosable_kinds(actor, visit.plugins), channels)
    return View("notifications/preferences.html", _context(mine, channels))


def _context(mine: Reachability, channels: list[str]) -> dict[str, object]:
    rows: dict[str, dict[str, object]] = {}
    for each in mine.choices:
        row = rows.setdefault(
            each.kind.name, {"title": _(each.kind.title), "is_urgent": each.kind.is_urgent, "choices": []}
        )
        row["choices"] = [
            *row["choices"],  # type: ignore[misc]
            {
                "name": f"{each.kind.name}:{each.channel}",
                "channel": each.channel,
                "on": each.is_on,
                "fixed": each.is_fixed,
            },
        ]
    return {
        "rows": list(rows.values()),
        "channels": [(name, _(CHANNEL_TITLES[name])) for name in channels],
        "hours": HOURS,
        "rest_from": f"{mine.rest[0]:%H:%M}" if mine.rest else "",
        "rest_until": f"{mine.rest[1]:%H:%M}" if mine.rest else "",
        "usual_from": f"{mine.usual_rest[0]:%H:%M}",
        "usual_until": f"{mine.usual_rest[1]:%H:%M}",
        "email": mine.email_mask,
        "pending": mine.pending_mask,
        "by_email": "email" in channels,
    }


@post("/inbox/preferences", signed_in=True, retry=show_preferences)
def save_preferences(session: ScopedSession, actor: Actor, visit: Visit, form: Form) -> Redirect:
    """Keep what is ticked; what was not shown stays as it is."""
    kinds = choosable_kinds(actor, visit.plugins)
    ticked = set(form.all("on"))
    wanted = {
        (kind.name, channel): f"{kind.name}:{channel}" in ticked or (kind.is_urgent and channel in kind.channels)
        for kind in kinds
        for channel in choosable_channels(session.info["channels"])
    }
    choose(session, actor, wanted, kinds)
    return Redirect(_PAGE, _("已保存"))


@post("/inbox/rest", signed_in=True, retry=show_preferences)
def save_rest(session: ScopedSession, actor: Actor, form: Form) -> Redirect:
    """Keep my hours of rest; without a choice the street's hold."""
    set_rest(session, actor, read_rest(form.value("rest_from"), form.value("rest_until")))
    return Redirect(_PAGE, _("已保存"))


def read_rest(begin: str, end: str) -> tuple[time, time] | None:
    """Hours of rest as they are chosen; ``None`` when nothing was.

    Raises:
        Invalid: one of them is missing, or is no full hour.
    """
    for name, value, other in (("rest_from", begin, end), ("rest_until", end, begin)):
        if value and value not in HOURS:
            raise Invalid.one(name, _("没有这个时间"), "00:00, 01:00 … 23:00")
        if other and not value:
            raise Invalid.one(name, _("开始和结束时间要一起选"), _("两项都选，或都不选"))
    return (read_hour(begin), read_hour(end)) if begin else None


@post("/inbox/email", signed_in=True, retry=show_preferences)
def ask_for_email(house: House, session: ScopedSession, actor: Actor, data: MailboxForm) -> Redirect:
    """Have a code written to a mailbox."""
    request_email(house, session, actor, data.email)
    return Redirect(f"{_PAGE}#email", _("验证码已发往邮箱，请查收后填写"))


@post("/inbox/email/confirm", signed_in=True, retry=show_preferences)
def take_email(house: House, session: ScopedSession, actor: Actor, data: CodeForm) -> Redirect:
    """Take the mailbox into use whose code this is."""
    confirm_email(house, session, actor, data.code)
    return Redirect(_PAGE, _("邮箱已确认，以后的消息可以发到这里"))


@post("/inbox/email/remove", signed_in=True)
def drop_email(session: ScopedSession, actor: Actor) -> Redirect:
    """Forget my mailbox."""
    remove_email(session, actor)
    return Redirect(_PAGE, _("邮箱已删除"))


pages = [show_preferences, save_preferences, save_rest, ask_for_email, take_email, drop_email]
