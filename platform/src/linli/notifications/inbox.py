"""One person's inbox: what they were told in this place, newest first, and what they have read of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from linli.db.paging import Order, sorted_rows
from linli.db.read_door import BoundQuery, ReadQuery
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now
from linli.kit.cursor import PAGE
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.kit.text import current_locale
from linli.kit.text import gettext as _
from linli.notifications.composing import overrides_of, places_of
from linli.notifications.kinds import find_kind
from linli.notifications.models import Notification
from linli.notifications.rendering import render

#: The bell counts no further.
MOST_COUNTED = 100

# In a community only what belongs to it; the street's own messages are read in the console.
_MINE = and_(
    or_(
        Notification.account_id == bindparam("account", type_=Uuid),
        # Told before they had an account.
        and_(
            Notification.account_id.is_(None),
            Notification.resident_id == func.any(bindparam("residents", type_=ARRAY(Uuid))),
        ),
    ),
    or_(
        bindparam("community", type_=Uuid).is_(None),
        Notification.community_id == bindparam("community", type_=Uuid),
    ),
)
_UNREAD = select(func.count()).select_from(
    select(Notification.id).where(_MINE, Notification.read_at.is_(None)).limit(MOST_COUNTED).subquery()
)
_UNREAD_QUERY: ReadQuery[tuple[int]] = ReadQuery(_UNREAD)


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its reader sees it, in the language of the request.

    Attributes:
        community: the community it belongs to; empty for the street's own.
    """

    id: UUID
    kind: str
    kind_title: str
    subject: str
    body: str
    link: str
    community: str
    is_urgent: bool
    created_at: datetime
    read_at: datetime | None


def _reader(actor: Actor, scope: Scope) -> dict[str, object]:
    return {"account": actor.account_id, "residents": list(actor.resident_ids), "community": scope.community_id}


def unread_count(session: ScopedSession, actor: Actor) -> int:
    """How many messages this person has not read here; a hundred means that many or more."""
    return session.execute(_UNREAD, _reader(actor, session.scope)).scalar_one()


def unread_query(actor: Actor, scope: Scope) -> BoundQuery:
    """The same for the read door."""
    return _UNREAD_QUERY.bind(**_reader(actor, scope))


#: The orders of the list.
MESSAGES = {"created_at": Order(Notification.created_at, lambda row: row[0].created_at)}


def list_messages(
    session: ScopedSession,
    actor: Actor,
    *,
    unread: bool = False,
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[Message], str | None]:
    """A page of this person's messages, newest first unless it is said otherwise.

    Args:
        session: of the street, for all of the person's messages in it, or of a community.
        actor: whose.
        unread: only what they have not read.
        sort: a name of ``MESSAGES``, falling with ``-`` before it.
        after: the second value of the page before.
        limit: messages a page.

    Returns:
        The messages, and the ``after`` of the next page, ``None`` on the last.
    """
    statement = select(Notification).where(_MINE)
    if unread:
        statement = statement.where(Notification.read_at.is_(None))
    mine = statement.params(**_reader(actor, session.scope))
    rows, following = sorted_rows(session, mine, Notification.id, MESSAGES, sort, after=after, limit=limit)
    return _shown(session, rows), following


def messages_of(session: ScopedSession, actor: Actor, ids: Collection[UUID]) -> list[Message]:
    """Those of these messages that are this person's own, here."""
    wanted = select(Notification).where(_MINE, Notification.id.in_(ids))
    return _shown(session, list(session.scalars(wanted, _reader(actor, session.scope))))


def get_message(session: ScopedSession, actor: Actor, message_id: UUID) -> Message:
    """One message of this person's own.

    Raises:
        NotFound: there is none here, or it is somebody else's.
    """
    row = session.scalar(
        select(Notification).where(_MINE, Notification.id == message_id), _reader(actor, session.scope)
    )
    if row is None:
        raise NotFound(_("没有找到这条消息"))
    return _shown(session, [row])[0]


def mark_read(session: ScopedSession, actor: Actor, message_id: UUID) -> Message:
    """Note that a message was read; a second time changes nothing.

    Raises:
        NotFound: there is none here, or it is somebody else's.
    """
    _mark(session, actor, Notification.id == message_id)
    return get_message(session, actor, message_id)


def mark_unread(session: ScopedSession, actor: Actor, message_id: UUID) -> Message:
    """Have a message count as not read again; a second time changes nothing.

    Raises:
        NotFound: there is none here, or it is somebody else's.
    """
    _mark(session, actor, Notification.id == message_id, is_read=False)
    return get_message(session, actor, message_id)


def mark_all_read(session: ScopedSession, actor: Actor) -> int:
    """Note that everything here was read; how many messages that were."""
    return _mark(session, actor)


def _mark(session: ScopedSession, actor: Actor, *which: ColumnElement[bool], is_read: bool = True) -> int:
    read_at = Notification.read_at
    statement = (
        update(Notification)
        .where(_MINE, read_at.is_(None) if is_read else read_at.is_not(None), *which)
        .values(read_at=now() if is_read else None)
        .returning(Notification.id)
    )
    marked = session.execute(statement, _reader(actor, session.scope), execution_options={"synchronize_session": False})
    return len(marked.all())


def _shown(session: ScopedSession, rows: list[Notification]) -> list[Message]:
    if not rows:
        return []
    places = places_of(session, {row.community_id for row in rows})
    overrides = overrides_of(session, {row.kind for row in rows})
    locale = current_locale()
    found = []
    for row in rows:
        kind, place = find_kind(row.kind), places[row.community_id]
        words = render(kind, row.context, place, locale=locale, overrides=overrides)
        title = _(kind.title) if kind else row.kind
        urgent = kind is not None and kind.is_urgent
        found.append(
            Message(
                row.id,
                row.kind,
                title,
                words.subject,
                words.body,
                row.link,
                place.community,
                urgent,
                row.created_at,
                row.read_at,
            )
        )
    return found
