"""What the portals' first pages show of the notices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from linli.sdk import Actor, ScopedSession, Todo, Unauthenticated
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.board import read_board
from linli_notices.objections.counts import waiting
from linli_notices.objections.permissions import READ_OBJECTIONS
from linli_notices.repository import Audience, Filter
from linli_notices.service import count_notices

_LATEST = 5


def for_administrators(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    """How many notices show today, and how many drafts and answers wait where the person manages."""
    community_id = session.scope.community_id
    if community_id is None:
        return {"showing": 0, "drafts": 0, "said": None}
    drafts = count_notices(session, actor, community_id, Filter("draft"))
    showing = repository.count_showing(session, Audience(everything=True), community_id)
    said = waiting(session, community_id) if actor.holds(READ_OBJECTIONS) else None
    return {"showing": showing, "drafts": drafts, "said": said}


def todo(session: ScopedSession, actor: Actor, _first: date, last: date) -> list[Todo]:
    """The objections and comments that wait for an answer."""
    if session.scope.community_id is None or not actor.holds(READ_OBJECTIONS):
        return []
    said = waiting(session, session.scope.community_id)
    if not said.unanswered or said.due_on is None or said.due_on > last:
        return []
    title = _("{n} 条意见没有答复").format(n=said.unanswered)
    return [Todo(title=title, path="objections?state=open", on=said.due_on)]


def for_residents(session: ScopedSession, actor: Actor) -> Mapping[str, Any]:
    """The latest notices of the board, as this person sees it."""
    community_id = session.scope.community_id
    if community_id is None:
        return {"notices": []}
    try:
        return {"notices": read_board(session, actor, community_id, limit=_LATEST).notices}
    except Unauthenticated:
        # The community wants readers to sign in; its first page is open all the same.
        return {"notices": []}
