"""Reading requests: the office's inbox, the street's overview, and one request with what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, select

from linli.approvals.repository import waiting_for
from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.cursor import PAGE
from linli.kit.errors import Forbidden, NotFound
from linli.kit.phones import mask_phone
from linli.kit.text import gettext as _
from linli.privacy.models import PrivacyRequest
from linli.privacy.permissions import READ
from linli.privacy.schemas import CommunityLoad, FieldChange, RequestDetail, RequestOut
from linli.residents.models import Resident
from linli.tenancy.models import Community

#: Not answered yet.
OPEN = ("open", "working")
#: What accepting an erasure is called where it takes two people.
ERASE_ACT = "core.erase_resident"


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What the inbox is narrowed to; empty fields do not narrow. ``state`` may be ``pending`` for all open ones."""

    kind: str = ""
    state: str = ""
    is_overdue: bool = False
    resident_id: UUID | None = None


#: The orders of the list; ids grow as requests are made.
REQUESTS = {"asked_at": Order(), "due_on": Order(PrivacyRequest.due_on, lambda row: row[0].due_on)}


def list_requests(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    wanted: RequestFilter,
    *,
    sort: str = "-asked_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[RequestOut], str | None]:
    """The community's requests, newest first where nothing else is said, and the next page's ``after``.

    Raises:
        Forbidden: the right is not held in the whole community.
    """
    if not actor.can(READ, community_id=community_id):
        raise Forbidden
    statement = select(PrivacyRequest).where(PrivacyRequest.community_id == community_id, *_conditions(wanted))
    rows, following = sorted_rows(session, statement, PrivacyRequest.id, REQUESTS, sort, after=after, limit=limit)
    return requests_out(session, rows), following


def _conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind:
        found.append(PrivacyRequest.kind == wanted.kind)
    if wanted.state:
        states = OPEN if wanted.state == "pending" else (wanted.state,)
        found.append(PrivacyRequest.state.in_(states))
    if wanted.is_overdue:
        found.append(is_overdue())
    if wanted.resident_id:
        found.append(PrivacyRequest.resident_id == wanted.resident_id)
    return found


def is_overdue() -> ColumnElement[bool]:
    """True for requests that wait although their last day is over."""
    return and_(PrivacyRequest.state.in_(OPEN), PrivacyRequest.due_on < today())


def get_request(session: ScopedSession, actor: Actor, request_id: UUID) -> RequestDetail:
    """One request with what was asked; raises ``NotFound``."""
    return detail(session, request_handled(session, actor, request_id, READ))


def request_handled(
    session: ScopedSession, actor: Actor, request_id: UUID, permission: str, *, lock: bool = False
) -> PrivacyRequest:
    """The row of a request where the actor holds the right; raises ``NotFound``."""
    wanted: Select[Any] = select(PrivacyRequest).where(PrivacyRequest.id == request_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None or not actor.can(permission, community_id=found.community_id):
        raise NotFound(_("没有找到这项请求"))
    return found


def load_by_community(session: ScopedSession) -> list[CommunityLoad]:
    """How many requests wait in each community of the street, those with overdue ones first."""
    waits = PrivacyRequest.state.in_(OPEN)
    rows = session.execute(
        select(
            Community.id,
            Community.name,
            Community.slug,
            func.count(PrivacyRequest.id).filter(waits).label("open"),
            func.count(PrivacyRequest.id).filter(is_overdue()).label("overdue"),
            func.count(PrivacyRequest.id).filter(~waits).label("done"),
        )
        .outerjoin(
            PrivacyRequest,
            and_(PrivacyRequest.tenant_id == Community.tenant_id, PrivacyRequest.community_id == Community.id),
        )
        .where(Community.status == "active")
        .group_by(Community.id, Community.name, Community.slug, Community.code)
        .order_by(func.count(PrivacyRequest.id).filter(is_overdue()).desc(), Community.code)
    )
    return [
        CommunityLoad(
            community_id=row.id, name=row.name, slug=row.slug, open=row.open, overdue=row.overdue, done=row.done
        )
        for row in rows
    ]


def content_of(session: ScopedSession, request: PrivacyRequest) -> dict[str, Any]:
    """What the person wrote; empty when there is nothing, or when it was erased."""
    if request.content_ct is None:
        return {}
    plain = session.vault.decrypt(session, "privacy_request", "content", request.id, request.content_ct)
    return msgspec.json.decode(plain)


def detail(session: ScopedSession, request: PrivacyRequest) -> RequestDetail:
    """A request with what was asked; the fields of a correction old and new."""
    content = content_of(session, request)
    changes = [
        FieldChange(field=name, before=before, after=after)
        for name, (before, after) in content.get("wanted", {}).items()
    ]
    out = requests_out(session, [request])[0]
    return RequestDetail(**msgspec.structs.asdict(out), note=content.get("note", ""), changes=changes)


def masked_changes(request: RequestDetail) -> RequestDetail:
    """The request with the wanted phone masked, as lists and the person's own page show it."""
    for change in request.changes:
        if change.field == "phone":
            change.after = mask_phone(change.after)
    return request


def requests_out(session: ScopedSession, rows: Sequence[PrivacyRequest]) -> list[RequestOut]:
    """The requests with the names of those who asked; one query more for all of them."""
    names = dict(
        session.execute(
            select(Resident.id, Resident.name).where(Resident.id.in_({each.resident_id for each in rows}))
        ).all()
    )
    day = today()
    asked = [str(each.id) for each in rows if each.kind == "erasure" and each.state == "open"]
    approvals = waiting_for(session, ERASE_ACT, "privacy_request", asked) if asked else {}
    return [
        RequestOut(
            id=each.id,
            kind=each.kind,
            state="waiting" if str(each.id) in approvals else each.state,
            channel=each.channel,
            resident_id=each.resident_id,
            name=names.get(each.resident_id, ""),
            asked_at=each.created_at,
            due_on=each.due_on,
            is_overdue=each.state in OPEN and each.due_on < day,
            identity_check=each.identity_check or "",
            decision_reason=each.decision_reason or "",
            decided_by_name=each.decided_by_name or "",
            decided_at=each.decided_at,
            done_at=each.done_at,
            file_id=each.file_id,
            version=each.version,
            outcome=each.outcome,
            approval_id=approvals.get(str(each.id)),
        )
        for each in rows
    ]
