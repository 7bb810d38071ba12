"""The requests of a community, and the texts that people are asked to agree to, in the API."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.scope import Scope
from linli.privacy import consents, decisions
from linli.privacy.inbox import RequestFilter, get_request, list_requests
from linli.privacy.permissions import HANDLE, MANAGE, READ
from linli.privacy.routes.listing import TAGS
from linli.privacy.schemas import (
    Decision,
    PurposeIn,
    PurposeOut,
    RequestDetail,
    RequestOut,
)
from linli.web.results import Page, page_of
from linli.web.routing import get, post

Kind = Literal["", "copy", "correction", "erasure"]
RequestState = Literal["", "pending", "open", "working", "done", "refused", "withdrawn"]


@get("/privacy-requests", needs=READ, tags=TAGS)
def list_privacy_requests(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    kind: Kind = "",
    state: RequestState = "",
    overdue: bool = False,
    resident_id: UUID | None = None,
    sort: Literal["asked_at", "-asked_at", "due_on", "-due_on"] = "-asked_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[RequestOut]:
    """The community's requests, newest first."""
    wanted = RequestFilter(kind=kind, state=state, is_overdue=overdue, resident_id=resident_id)
    items, more = list_requests(session, actor, _community(scope), wanted, sort=sort, after=after, limit=limit)
    return Page(items=items, next=more)


@get("/privacy-requests/{privacy_request_id:uuid}", needs=READ, tags=TAGS)
def show_privacy_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> RequestDetail:
    """One request with what was asked."""
    return get_request(session, actor, privacy_request_id)


@post("/privacy-requests/{privacy_request_id:uuid}/decide", needs=HANDLE, status=200, tags=TAGS, also=(202,))
def decide_request(session: ScopedSession, actor: Actor, privacy_request_id: UUID, data: Decision) -> RequestDetail:
    """Accept or refuse; an erasure goes on in the background."""
    return decisions.decide(session, actor, privacy_request_id, data)


@post("/privacy-requests/{privacy_request_id:uuid}/again", needs=HANDLE, status=200, tags=TAGS)
def erase_again(session: ScopedSession, actor: Actor, privacy_request_id: UUID) -> RequestDetail:
    """Try the failed parts of an erasure again."""
    return decisions.erase_again(session, actor, privacy_request_id)


@get("/consent-purposes", needs=READ, tags=TAGS)
def list_purposes(session: ScopedSession, scope: Scope, after: After = "", limit: Limit = PAGE) -> Page[PurposeOut]:
    """What people are asked here."""
    found = consents.list_purposes(session, scope.community_id)
    return page_of(found, after, limit, key=lambda purpose: str(purpose.id))


@get("/consent-purposes/{consent_purpose_id:uuid}", needs=READ, tags=TAGS)
def show_purpose(session: ScopedSession, consent_purpose_id: UUID) -> PurposeOut:
    """One text that people are asked to agree to."""
    return consents.get_purpose(session, consent_purpose_id)


@post("/consent-purposes", needs=MANAGE, tags=TAGS)
def publish_purpose(session: ScopedSession, actor: Actor, scope: Scope, data: PurposeIn) -> PurposeOut:
    """Publish a text; whoever agreed to an older one is asked again."""
    return consents.publish_purpose(session, actor, scope.community_id, data)


@post("/consent-purposes/{consent_purpose_id:uuid}/retire", needs=MANAGE, status=200, tags=TAGS)
def retire_purpose(session: ScopedSession, scope: Scope, consent_purpose_id: UUID) -> PurposeOut:
    """Ask no more."""
    return consents.retire_purpose(session, scope.community_id, consent_purpose_id)


def _community(scope: Scope) -> UUID:
    if scope.community_id is None:
        raise NotFound
    return scope.community_id


PURPOSES = [list_purposes, show_purpose, publish_purpose, retire_purpose]
HANDLERS = [list_privacy_requests, show_privacy_request, decide_request, erase_again, *PURPOSES]
