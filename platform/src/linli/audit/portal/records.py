"""Reading the record of acts: the street sees all of them, a community its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request

from linli.audit import record
from linli.audit.models import AuditEntry
from linli.audit.repository import MOST, AuditFilter, list_entries
from linli.audit.wording import Change, action_title, changes, kinds, subject_title, verbs
from linli.db.session import ScopedSession
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.tenancy.overview import community_names
from linli.web.place import Place
from linli.web.results import Download, View
from linli.web.routing import get, post
from linli.web.sheets import SheetFormat
from linli.web.tables import DataTable, SheetColumns, TableColumn, TableState, table_pages, table_sheet


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An act as the page shows it. ``community`` is empty for an act of the whole street."""

    n: int
    at: datetime
    actor: str
    action: str
    title: str
    subject: str
    community: str
    reason: str
    ip: str
    request_id: str
    actor_id: UUID | None
    subject_type: str
    subject_id: str
    changes: list[Change]


#: The fields of the filter, by the names under which the record of acts keeps them.
_TOLD = {
    name: {"q": "search", "actor_name": "actor", "ip": "address_from"}.get(name, name)
    for name in AuditFilter.__struct_fields__
}


#: The newest first, as the chain grows; what everybody looks for stands first.
ACTS = DataTable(
    name="audit",
    columns=(
        TableColumn("title", "操作", is_fixed=True),
        TableColumn("subject", "对象"),
        TableColumn("at", "时间", sort="at", falls=True),
        TableColumn("actor", "操作人"),
        TableColumn("community", "社区", street_only=True),
        TableColumn("reason", "原因"),
        TableColumn("changes", "变化", is_shown=False),
        TableColumn("ip", "来源地址", is_shown=False),
        TableColumn("request_id", "请求编号", is_shown=False),
        TableColumn("n", "序号", is_number=True, is_shown=False),
    ),
    sort="-at",
    filters=("action", "verb", "community_id", "since", "until", "subject_type"),
)


class AuditExport(AuditFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to write out: filtered as the list is."""

    columns: SheetColumns = "all"
    file: SheetFormat = "csv"

    @property
    def wanted(self) -> AuditFilter:
        """The filter alone."""
        return AuditFilter(**{name: getattr(self, name) for name in AuditFilter.__struct_fields__})

    @property
    def told(self) -> dict[str, Any]:
        """What the record of acts keeps of the filter."""
        chosen = {title: getattr(self, name) for name, title in _TOLD.items()}
        return {title: str(value) for title, value in chosen.items() if value}


@get("/audit", needs="core.audit.read", table=ACTS)
def show_audit(
    session: ScopedSession, place: Place, request: Request, table: TableState, query: AuditFilter, after: str = ""
) -> View:
    """Who did what and when, newest first."""
    entries, following = list_entries(session, query, oldest_first=table.sort == "at", after=after)
    names = {} if place.community else community_names(session)
    plugins = _plugin_titles(request)
    context = {"lines": _lines(entries, names, plugins), "next": following, "communities": names}
    context |= {"kinds": kinds() | plugins, "verbs": verbs(), "is_filtered": not query.is_empty, "most": MOST}
    # What is looked for by a click and by no field: shown as such, with a way out.
    by_click = {"actor_id": _("一个人"), "subject_id": _("一个对象")}
    context["narrowed"] = [title for name, title in by_click.items() if getattr(query, name)]
    context["has_more"] = bool(query.actor_name or query.verb or query.ip)
    return View("audit/list.html", context, fragment="audit/_lines.html")


def _plugin_titles(request: Request) -> dict[str, str]:
    return {manifest.name: _(manifest.title) for manifest in request.app.state.site.plugins.manifests}


def _lines(entries: Sequence[AuditEntry], names: dict[UUID, str], plugins: dict[str, str]) -> list[AuditLine]:
    return [
        AuditLine(
            entry.n,
            entry.at,
            entry.actor_name or _("系统"),
            entry.action,
            action_title(entry.action, plugins),
            subject_title(entry.subject_id, entry.before, entry.after),
            names.get(entry.community_id, "") if entry.community_id else "",
            entry.reason,
            entry.ip,
            entry.request_id,
            entry.actor_id,
            entry.subject_type,
            entry.subject_id,
            changes(entry.action, entry.before, entry.after),
        )
        for entry in entries
    ]


@post("/audit/export", needs="core.audit.read", status=200, tags=["audit"], table=ACTS)
def export_audit(
    session: ScopedSession, place: Place, request: Request, table: TableState, data: AuditExport
) -> Download:
    """The acts as a file, filtered and in the order of the list, at most so many as ``MOST``; an act itself."""
    names = {} if place.community else community_names(session)
    if data.community_id is not None and data.community_id not in (names or {session.scope.community_id}):
        raise NotFound(_("没有找到这个社区"))
    entries, _following = list_entries(session, data.wanted, oldest_first=table.sort == "at", limit=MOST)
    rows = [_cells(each) for each in _lines(entries, names, _plugin_titles(request))]
    subject = ("community", place.community.id) if place.community else ("street", session.scope.tenant_id)
    record(session, "core.audit.export", subject, after={"rows": len(rows), **data.told})
    more = {"action": _("操作名"), "subject_id": _("对象编号")}
    return table_sheet(_("操作记录"), table, rows, data.file, data.columns, more=more)


def _cells(line: AuditLine) -> dict[str, Any]:
    changed = "; ".join(f"{each.field}: {each.before} → {each.after}" for each in line.changes)
    named = ("title", "subject", "at", "actor", "community", "reason", "ip", "request_id", "n", "action", "subject_id")
    return {"changes": changed, **{name: getattr(line, name) for name in named}}


pages = [show_audit, *table_pages(show_audit), export_audit]
