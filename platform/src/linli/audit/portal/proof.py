"""The proof of the record in the street's console: verified now, signed, and held against copies kept elsewhere."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.audit.anchors import Anchor, compare, count_anchors, make_anchor, public_keys, verify_latest
from linli.audit.copies import SUFFIX, AnchorUnreadable, read_anchor
from linli.audit.models import AuditAnchor
from linli.audit.verify import ChainReport, Opener, fault_words
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.tasks.models import Job
from linli.tasks.service import job_state
from linli.upkeep import keys as _keys  # noqa: F401 declares its background work
from linli.upkeep.auditing import begin_verification, latest_verifications, street_code
from linli.web.forms import Form
from linli.web.results import Download, Redirect, View
from linli.web.routing import get, post

VERIFY = "core.audit.verify"
#: Anchors on the page itself.
_SHOWN = 10
_LARGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """How the last verification ended. ``at`` is when."""

    at: datetime
    rows: int
    fault: str
    message: str
    anchored: int
    anchors: int


@get("/audit/proof", needs=VERIFY)
def show_proof(session: ScopedSession) -> View:
    """Whether the record is whole, how far it is signed, and what that proves."""
    going_on, done = latest_verifications(session)
    anchors = session.scalars(_newest(session).limit(_SHOWN)).all()
    context = {
        "going_on": job_state(session, going_on.id) if going_on else None,
        "finding": finding_of(done),
        "anchors": anchors,
        "anchor_count": count_anchors(session),
        "digests": [each.hash.hex()[:16] for each in anchors],
        "public_keys": [(key_id, public.hex()) for key_id, public in public_keys(session.vault).items()],
    }
    return View("audit/proof.html", context)


@post("/audit/proof/verify", needs=VERIFY)
def verify_now(session: ScopedSession, actor: Actor) -> Redirect:
    """Walk the whole chain in the background."""
    begin_verification(session, actor)
    return Redirect("/audit/proof")


@post("/audit/proof/anchors", needs=VERIFY, retry=show_proof)
def anchor_now(session: ScopedSession) -> Redirect:
    """Sign how far the chain goes now, if it still follows from the last anchor."""
    made = sign(session)
    message = _("已存证到第 {n} 条，可以下载保存").format(n=made.n) if made else _("上次存证以后没有新的记录")
    return Redirect("/audit/proof", message)


@get("/audit/proof/anchors/{audit_anchor_id:uuid}/file", needs=VERIFY)
def fetch_anchor(session: ScopedSession, audit_anchor_id: UUID) -> Download:
    """An anchor as a file to keep elsewhere."""
    return anchor_file(session, audit_anchor_id)


@post("/audit/proof/check", needs=VERIFY, retry=show_proof, max_body=_LARGEST)
def check_anchor(session: ScopedSession, form: Form) -> Redirect:
    """Hold an anchor that somebody kept against the record of today."""
    if "file" not in form.uploads:
        raise Invalid.one("file", _("请选择文件"), _("{ending} 文件").format(ending=SUFFIX))
    try:
        anchor = read_anchor(form.uploads["file"], form.files["file"].filename)
    except AnchorUnreadable:
        raise Invalid.one("file", _("这不是存证文件，或者已损坏"), _("{ending} 文件").format(ending=SUFFIX)) from None
    report = held_against(session, anchor)
    if not report.is_whole:
        raise Invalid.one("file", report.message, _("请保留这个文件，立即告诉运维人员和街道负责人"))
    return Redirect("/audit/proof", _("相符：第 {n} 条和您保存的存证一致").format(n=anchor.n))


def sign(session: ScopedSession) -> Anchor | None:
    """Make an anchor in this unit of work; ``None`` where there is nothing new.

    Raises:
        Conflict: the chain contradicts its anchors; whoever signed it would bless what was done to it.
    """
    report = verify_latest(_inside(session), public_keys(session.vault))
    if not report.is_whole:
        raise Conflict(_("核对不符，没有存证：{finding}").format(finding=report.message))
    return make_anchor(session)


def held_against(session: ScopedSession, anchor: Anchor) -> ChainReport:
    """What a kept anchor says of the chain of today.

    Raises:
        Invalid: it belongs to another street.
    """
    if anchor.tenant_id != session.scope.tenant_id:
        raise Invalid.one("file", _("这是另一个街道的存证"), _("本街道的存证文件"))
    return compare(_inside(session), public_keys(session.vault), [anchor], ChainReport(0))


def anchor_file(session: ScopedSession, anchor_id: UUID) -> Download:
    """An anchor as it is copied elsewhere.

    Raises:
        NotFound: this street has none of this id.
    """
    row = session.scalars(_newest(session).where(AuditAnchor.id == anchor_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这份存证"))
    anchor = Anchor(row.tenant_id, row.n, row.hash, row.at, row.key_id, row.signature)
    street = street_code(session)
    public = public_keys(session.vault).get(row.key_id, b"")
    content = json.dumps(anchor.document(public, street=street), ensure_ascii=False, indent=1) + "\n"
    return Download(content.encode(), f"{street}-{row.n:012d}-{row.key_id}{SUFFIX}", "application/json")


def finding_of(job: Job | None) -> Finding | None:
    """The end of a verification in words; ``None`` where there was none."""
    if job is None or not job.result or job.finished_at is None:
        return None
    result: dict[str, Any] = job.result
    message = fault_words(result["fault"]).format(n=result["broken_at"])
    return Finding(
        job.finished_at, result["rows"], result["fault"], message, result["anchored"], result.get("anchors", 0)
    )


def list_anchors(session: ScopedSession, *, before: int | None, limit: int = PAGE) -> list[AuditAnchor]:
    """Anchors, those that reach furthest first; ``before`` is the number of the last one of the page before."""
    statement = _newest(session)
    if before is not None:
        statement = statement.where(AuditAnchor.n < before)
    return list(session.scalars(statement.limit(limit)))


def _newest(session: ScopedSession) -> Any:
    own = AuditAnchor.tenant_id == session.scope.tenant_id
    return select(AuditAnchor).where(own).order_by(AuditAnchor.n.desc(), AuditAnchor.at.desc())


def _inside(session: ScopedSession) -> Opener:
    # Opens nothing: what is read is read in the request's own transaction.
    return lambda: nullcontext(session)


pages = [show_proof, verify_now, anchor_now, fetch_anchor, check_anchor]
