"""Requests for approval over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.approvals.models import Approval
from linli.approvals.repository import find_approval, list_approvals
from linli.approvals.service import approve, reject, withdraw
from linli.approvals.wording import line_of
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.web.results import Page
from linli.web.routing import get, post

TAGS = ["approvals"]


class ApprovalOut(Struct, kw_only=True):
    """A request for a second person's approval."""

    id: UUID
    act: str
    title: str
    state: Literal["waiting", "approved", "rejected", "withdrawn", "expired"]
    subject_type: str
    subject_id: str
    reason: str
    community_id: UUID | None
    asked_by: Annotated[str, Meta(description="the asker's name")]
    asked_at: datetime
    expires_at: datetime
    decided_by: str
    decided_at: datetime | None
    outcome: Annotated[str, Meta(description="what was done, or why it was rejected")]
    digest: Annotated[str, Meta(description="SHA-256 of what was asked; send it back when approving")]
    words: Annotated[list[list[str]], Meta(description="what was asked, label and value; empty in lists")]
    can_decide: bool


class Decision(Struct, forbid_unknown_fields=True):
    """An approval of exactly this."""

    digest: Annotated[str, Meta(min_length=64, max_length=64, description="as read from the request")]


class Refusal(Struct, forbid_unknown_fields=True):
    """Why a request is refused."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/approvals", needs="core.approval.read", tags=TAGS)
def list_requests(
    session: ScopedSession,
    actor: Actor,
    box: Literal["mine", "asked", "done", "all"] = "all",
    sort: Literal["asked_at", "-asked_at", "expires_at", "-expires_at"] = "-asked_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[ApprovalOut]:
    """Requests here that the caller asked for, may decide or may read, the newest first."""
    rows, following = list_approvals(session, actor, box, sort=sort, after=after, limit=limit)
    return Page(items=[_out(session, actor, row) for row in rows], next=following)


@get("/approvals/{approval_id:uuid}", needs="core.approval.read", tags=TAGS)
def show_request(session: ScopedSession, actor: Actor, approval_id: UUID) -> ApprovalOut:
    """One request, with what is asked for in words."""
    row = find_approval(session, actor, approval_id)
    if row is None:
        raise NotFound(_("没有找到这项申请"))
    return _out(session, actor, row, with_words=True)


@post("/approvals/{approval_id:uuid}/approve", needs="core.approval.read", status=200, tags=TAGS)
def approve_request(session: ScopedSession, actor: Actor, approval_id: UUID, data: Decision) -> ApprovalOut:
    """Approve a request of somebody else; it happens at once."""
    return _out(session, actor, approve(session, actor, approval_id, digest=data.digest))


@post("/approvals/{approval_id:uuid}/reject", needs="core.approval.read", status=200, tags=TAGS)
def reject_request(session: ScopedSession, actor: Actor, approval_id: UUID, data: Refusal) -> ApprovalOut:
    """Refuse a request of somebody else."""
    return _out(session, actor, reject(session, actor, approval_id, reason=data.reason))


@post("/approvals/{approval_id:uuid}/withdraw", needs="core.approval.read", status=200, tags=TAGS)
def withdraw_request(session: ScopedSession, actor: Actor, approval_id: UUID) -> ApprovalOut:
    """Take back one's own request."""
    return _out(session, actor, withdraw(session, actor, approval_id))


def _out(session: ScopedSession, actor: Actor, row: Approval, *, with_words: bool = False) -> ApprovalOut:
    line = line_of(session, actor, row, with_words=with_words)
    return ApprovalOut(
        id=row.id,
        act=row.act,
        title=line.title,
        state=line.state,  # type: ignore[arg-type]
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        reason=row.reason,
        community_id=row.community_id,
        asked_by=line.asked_by,
        asked_at=line.asked_at,
        expires_at=line.expires_at,
        decided_by=line.decided_by,
        decided_at=line.decided_at,
        outcome=line.outcome,
        digest=line.digest,
        words=[list(pair) for pair in line.words],
        can_decide=line.can_decide,
    )


street_api = community_api = [list_requests, show_request, approve_request, reject_request, withdraw_request]
