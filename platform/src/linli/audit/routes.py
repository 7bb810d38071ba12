"""The record of acts and its proof, for programs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.audit.anchors import Anchor
from linli.audit.copies import AnchorUnreadable, read_anchor
from linli.audit.models import AuditAnchor, AuditEntry
from linli.audit.portal.proof import VERIFY, anchor_file, finding_of, held_against, list_anchors, sign
from linli.audit.portal.records import export_audit
from linli.audit.repository import AuditFilter, list_entries
from linli.audit.schemas import AnchorOut, AuditEntryOut, VerificationOut
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, Limit
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.tasks.service import job_state
from linli.upkeep.auditing import begin_verification, latest_verifications
from linli.web.results import Download, Page
from linli.web.routing import get, post

TAGS = ["audit"]


class AnchorIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """An anchor that was kept elsewhere."""

    content: Annotated[bytes, Meta(max_length=16_000, description="the file in base64")]


class AnchorCheck(Struct, kw_only=True):
    """Whether a kept anchor and the record of today agree."""

    n: int
    ok: bool
    fault: Annotated[str, Meta(description="`cut`, `rewritten`, `forged` or `unknown_key`; empty when they agree")]


class JobStarted(Struct, kw_only=True):
    """The background job that does it; ask for it under `/jobs/{id}`."""

    job_id: UUID


@get("/audit", needs="core.audit.read", tags=TAGS)
def list_audit(
    session: ScopedSession,
    query: AuditFilter,
    sort: Literal["-at", "at"] = "-at",
    after: str = "",
    limit: Limit = PAGE,
) -> Page[AuditEntryOut]:
    """Acts of the community; at the street's address those of the street and of all its communities."""
    entries, following = list_entries(session, query, oldest_first=sort == "at", after=after, limit=limit)
    return Page(items=[_out(entry) for entry in entries], next=following)


@get("/audit/verification", needs=VERIFY, tags=TAGS)
def show_verification(session: ScopedSession) -> VerificationOut:
    """How the last verification of the street's record ended, and the one that is going on."""
    going_on, done = latest_verifications(session)
    finding = finding_of(done)
    return VerificationOut(
        ok=None if finding is None else not finding.fault,
        at=finding.at if finding else None,
        rows=finding.rows if finding else 0,
        fault=finding.fault if finding else "",
        message=finding.message if finding else "",
        anchored=finding.anchored if finding else 0,
        job_id=going_on.id if going_on else None,
        percent=job_state(session, going_on.id).percent if going_on else None,
    )


@post("/audit/verification", needs=VERIFY, tags=TAGS, status=202)
def start_verification(session: ScopedSession, actor: Actor) -> JobStarted:
    """Verify the street's whole record in the background; while that goes on, the same job is the answer."""
    return JobStarted(job_id=begin_verification(session, actor))


@get("/audit/anchors", needs=VERIFY, tags=TAGS)
def list_audit_anchors(
    session: ScopedSession,
    after: Annotated[int | None, Meta(ge=1, description="`next` of the page before")] = None,
    limit: Limit = PAGE,
) -> Page[AnchorOut]:
    """Anchors of the street's record, those that reach furthest first."""
    found = list_anchors(session, before=after, limit=limit + 1)
    more = str(found[limit - 1].n) if len(found) > limit else None
    return Page(items=[_anchor_out(each) for each in found[:limit]], next=more)


@post("/audit/anchors", needs=VERIFY, tags=TAGS)
def make_audit_anchor(session: ScopedSession) -> AnchorOut:
    """Sign how far the street's record goes now; where nothing was added since, the last anchor is the answer."""
    sign(session)
    session.flush()
    found = list_anchors(session, before=None, limit=1)
    if not found:
        raise Invalid.one("", _("还没有操作记录，没有可以存证的"), "")
    return _anchor_out(found[0])


@get("/audit/anchors/{audit_anchor_id:uuid}/file", needs=VERIFY, tags=TAGS)
def fetch_audit_anchor(session: ScopedSession, audit_anchor_id: UUID) -> Download:
    """An anchor as a file to keep elsewhere."""
    return anchor_file(session, audit_anchor_id)


@post("/audit/anchors/check", needs=VERIFY, tags=TAGS, status=200)
def check_audit_anchor(session: ScopedSession, data: AnchorIn) -> AnchorCheck:
    """Hold an anchor that was kept elsewhere against the record of today."""
    try:
        anchor: Anchor = read_anchor(data.content, "content")
    except AnchorUnreadable:
        raise Invalid.one("content", _("这不是存证文件，或者已损坏"), _("存证文件的 base64")) from None
    report = held_against(session, anchor)
    return AnchorCheck(n=anchor.n, ok=report.is_whole, fault=report.fault)


def _out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(
        n=entry.n,
        id=entry.id,
        at=entry.at,
        community_id=entry.community_id,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        ip=entry.ip,
        reason=entry.reason,
        before=entry.before,
        after=entry.after,
        request_id=entry.request_id,
        hash=entry.hash.hex(),
    )


def _anchor_out(row: AuditAnchor) -> AnchorOut:
    return AnchorOut(
        id=row.id, n=row.n, hash=row.hash.hex(), at=row.at, key_id=row.key_id, signature=row.signature.hex()
    )


community_api = [list_audit, export_audit]
street_api = [
    *community_api,
    show_verification,
    start_verification,
    list_audit_anchors,
    make_audit_anchor,
    fetch_audit_anchor,
    check_audit_anchor,
]
