"""The inbox: the same pages in every portal, each with what belongs to its place."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.notifications.inbox import list_messages, mark_all_read, mark_read
from linli.web.results import Redirect, View
from linli.web.routing import get, post


@get("/inbox", signed_in=True)
def show_inbox(
    session: ScopedSession, actor: Actor, only: Annotated[str, Meta(max_length=10)] = "", after: str = ""
) -> View:
    """What I was told here, newest first."""
    messages, following = list_messages(session, actor, unread=only == "unread", after=after)
    context = {"messages": messages, "next": following, "only": only}
    return View("notifications/inbox.html", context, fragment="notifications/_messages.html")


@post("/inbox/{message_id:uuid}/open", signed_in=True)
def open_message(session: ScopedSession, actor: Actor, message_id: UUID) -> Redirect:
    """Read a message and go where it leads."""
    message = mark_read(session, actor, message_id)
    return Redirect(message.link or "/inbox", absolute=bool(message.link))


@post("/inbox/{message_id:uuid}/read", signed_in=True)
def read_message(session: ScopedSession, actor: Actor, message_id: UUID) -> Redirect:
    mark_read(session, actor, message_id)
    return Redirect("/inbox", _("已标为已读"))


@post("/inbox/read-all", signed_in=True)
def read_all_messages(session: ScopedSession, actor: Actor) -> Redirect:
    count = mark_all_read(session, actor)
    return Redirect("/inbox", _("{n} 条消息已标为已读").format(n=count) if count else _("没有未读的消息"))


pages = [show_inbox, open_message, read_message, read_all_messages]
