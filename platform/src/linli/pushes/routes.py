"""Pushes in the API of the street."""

from __future__ import annotations

from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.plugins.containment import PluginFailed
from linli.pushes.models import PushRun
from linli.pushes.permissions import READ, USE
from linli.pushes.schemas import ForeseenOut, PushIn, PushOut, PushPreviewIn, PushResultOut, PushUndoIn
from linli.pushes.seeing import find_kind, foresee, lines_by_id
from linli.pushes.service import find_push, list_pushes, results_of, start_push, undo_push
from linli.web.forms import bind
from linli.web.results import Page, page_of
from linli.web.routing import get, post
from linli.web.visit import Visit

TAGS = ["pushes"]


@get("/pushes", needs=READ, tags=TAGS)
def list_pushes_of_street(session: ScopedSession, after: UUID | None = None, limit: Limit = PAGE) -> Page[PushOut]:
    """What was pushed down, the newest first"""
    rows, following = list_pushes(session, after=after, limit=limit)
    return Page(items=[_out(run) for run, _counts in rows], next=str(following) if following else None)


@post("/pushes/preview", needs=USE, tags=TAGS, status=200)
def preview_push_of_street(
    session: ScopedSession, actor: Actor, visit: Visit, data: PushPreviewIn, after: After = "", limit: Limit = PAGE
) -> Page[ForeseenOut]:
    """What a push would do in each community"""
    owner, kind = find_kind(actor, visit.plugins, data.kind)
    given = bind(kind.data, data.data, strict=False)
    try:
        lines = foresee(session, actor, owner, kind, lines_by_id(session, data.communities), given)
    except PluginFailed as error:
        raise Conflict(_("插件出错，不能预览")) from error
    found = [
        ForeseenOut(community_id=line.id, text=line.foreseen.text, refused=line.foreseen.refused) for line in lines
    ]
    return page_of(found, after, limit, key=lambda each: str(each.community_id))


@post("/pushes", needs=USE, tags=TAGS, status=201)
def start_push_of_street(session: ScopedSession, actor: Actor, visit: Visit, data: PushIn) -> PushOut:
    """Push down to many communities"""
    _owner, kind = find_kind(actor, visit.plugins, data.kind)
    given = bind(kind.data, data.data, strict=False)
    return _out(start_push(session, actor, kind, given, data.communities, data.key))


@get("/pushes/{push_id:uuid}", needs=READ, tags=TAGS)
def get_push(session: ScopedSession, push_id: UUID) -> PushOut:
    """One push and how far it is"""
    return _out(find_push(session, push_id))


@get("/pushes/{push_id:uuid}/results", needs=READ, tags=TAGS)
def list_push_results(
    session: ScopedSession, push_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[PushResultOut]:
    """What became of a push in each community"""
    find_push(session, push_id)
    rows = [each.result for each in results_of(session, push_id)]
    found = [
        PushResultOut(community_id=row.community_id, state=row.state, text=row.told, settled_at=row.settled_at)
        for row in rows
    ]
    return page_of(found, after, limit, key=lambda each: str(each.community_id))


@post("/pushes/{push_id:uuid}/undo", needs=USE, tags=TAGS, status=200)
def undo_push_of_street(session: ScopedSession, actor: Actor, push_id: UUID, data: PushUndoIn) -> PushOut:
    """Take a push back wherever that can still be done"""
    return _out(undo_push(session, actor, push_id, data.reason))


def _out(run: PushRun) -> PushOut:
    return PushOut(
        id=run.id,
        kind=run.kind,
        title=run.title,
        state=run.state,
        total=run.total,
        asked_by_name=run.asked_by_name,
        asked_at=run.asked_at,
        undo_reason=run.undo_reason,
    )


street_api = [
    list_pushes_of_street,
    preview_push_of_street,
    start_push_of_street,
    get_push,
    list_push_results,
    undo_push_of_street,
]
