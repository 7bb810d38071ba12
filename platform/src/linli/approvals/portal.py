"""Requests for approval in the console and in a community's portal: waiting for me, asked by me, decided."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.approvals.repository import BOXES, find_approval, list_approvals
from linli.approvals.service import approve, reject, withdraw
from linli.approvals.wording import line_of
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

_TABS = {"mine": "等我审批", "asked": "我提出的", "done": "已有结果", "all": "全部"}


class ApproveForm(Struct):
    digest: Annotated[str, Meta(max_length=64)] = ""


class RejectForm(Struct):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


APPROVALS = DataTable(
    name="approvals",
    columns=(
        TableColumn("title", "事项", is_fixed=True),
        TableColumn("asked_by", "申请人"),
        TableColumn("asked_at", "申请时间", sort="asked_at", falls=True),
        TableColumn("expires_at", "有效至", sort="expires_at", is_shown=False),
        TableColumn("state", "状态"),
    ),
    sort="-asked_at",
    filters=("box",),
)


@get("/approvals", needs="core.approval.read", table=APPROVALS)
def show_approvals(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    box: Annotated[str, Meta(max_length=10)] = "mine",
    after: str = "",
) -> View:
    """Requests, the newest first."""
    chosen = box if box in BOXES else "mine"
    rows, following = list_approvals(session, actor, chosen, sort=table.sort, after=after)  # type: ignore[arg-type]
    context = {
        "lines": [line_of(session, actor, row) for row in rows],
        "next": following,
        "box": chosen,
        "tabs": {key: _(title) for key, title in _TABS.items()},
        "communities": {} if place.community else community_names(session),
    }
    return View("approvals/list.html", context, fragment="approvals/_rows.html")


@get("/approvals/{approval_id:uuid}", needs="core.approval.read")
def show_approval(session: ScopedSession, actor: Actor, approval_id: UUID) -> View:
    """One request: what is asked for, by whom, why, and the buttons for whoever may decide."""
    row = find_approval(session, actor, approval_id)
    if row is None:
        raise NotFound(_("没有找到这项申请"))
    return View("approvals/detail.html", {"line": line_of(session, actor, row, with_words=True)})


@post("/approvals/{approval_id:uuid}/approve", needs="core.approval.read", retry=show_approval)
def approve_request(session: ScopedSession, actor: Actor, approval_id: UUID, data: ApproveForm) -> Redirect:
    """Approve, and do it."""
    row = approve(session, actor, approval_id, digest=data.digest)
    return Redirect(f"/approvals/{row.id}", message=row.outcome or _("已批准"))


@post("/approvals/{approval_id:uuid}/reject", needs="core.approval.read", retry=show_approval)
def reject_request(session: ScopedSession, actor: Actor, approval_id: UUID, data: RejectForm) -> Redirect:
    """Refuse, saying why."""
    reject(session, actor, approval_id, reason=data.reason)
    return Redirect(f"/approvals/{approval_id}", message=_("已驳回"))


@post("/approvals/{approval_id:uuid}/withdraw", needs="core.approval.read")
def withdraw_request(session: ScopedSession, actor: Actor, approval_id: UUID) -> Redirect:
    """Take back one's own request."""
    withdraw(session, actor, approval_id)
    return Redirect(f"/approvals/{approval_id}", message=_("已撤回"))


console = admin = [
    show_approvals,
    *table_pages(show_approvals),
    show_approval,
    approve_request,
    reject_request,
    withdraw_request,
]
