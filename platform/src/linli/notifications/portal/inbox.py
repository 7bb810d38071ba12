"""The inbox: the same pages in every portal, each with what belongs to its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.notifications.inbox import (
    get_message,
    list_messages,
    mark_all_read,
    mark_read,
    mark_unread,
    messages_of,
)
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, RowAct, TableColumn, TableState, table_pages


def _subjects(session: ScopedSession, actor: Actor, _place: Place, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return {each.id: each.subject for each in messages_of(session, actor, ids)}


def _read(session: ScopedSession, actor: Actor, _place: Place, message_id: UUID, _answer: str) -> bool:
    was_read = get_message(session, actor, message_id).read_at is not None
    mark_read(session, actor, message_id)
    return not was_read


def _unread(session: ScopedSession, actor: Actor, _place: Place, message_id: UUID, _answer: str) -> bool:
    was_read = get_message(session, actor, message_id).read_at is not None
    mark_unread(session, actor, message_id)
    return was_read


#: At a desk; residents have a list with two buttons on a phone.
INBOX = DataTable(
    name="inbox",
    columns=(
        TableColumn("subject", "消息", is_fixed=True),
        TableColumn("body", "内容"),
        TableColumn("kind", "类别"),
        TableColumn("community", "社区", street_only=True),
        TableColumn("created_at", "时间", sort="created_at", falls=True),
    ),
    sort="-created_at",
    filters=("only",),
    acts=(
        RowAct("read", "标为已读", "把选中的消息标为已读？", _read, undo="unread"),
        RowAct("unread", "标为未读", "把选中的消息标为未读？", _unread, undo="read"),
    ),
    titles=_subjects,
)


@get("/inbox", signed_in=True, table=INBOX)
def show_inbox(
    session: ScopedSession,
    actor: Actor,
    table: TableState,
    only: Annotated[str, Meta(max_length=10)] = "",
    after: str = "",
) -> View:
    """What I was told here, newest first."""
    messages, following = list_messages(session, actor, unread=only == "unread", sort=table.sort, after=after)
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


pages = [show_inbox, *table_pages(show_inbox), open_message, read_message, read_all_messages]
