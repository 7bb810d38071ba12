"""The pages of a place's history of settings: who changed what, and taking a change back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request

from linli.db.session import ScopedSession, after_commit
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.settings.catalogue import settings_of
from linli.settings.history import SettingChange, list_changes, undo_change
from linli.settings.portal.here import here_of, owner_titles, require_owner, shown_value
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, table_pages
from linli.web.visit import Visit


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change as the history shows it; ``before`` and ``after`` are empty where the wider place held."""

    n: int
    at: datetime
    actor: str
    title: str
    before: str
    after: str
    source: str
    can_undo: bool


HISTORY = DataTable(
    name="setting_history",
    columns=(
        TableColumn("title", "设置项", is_fixed=True),
        TableColumn("before", "修改前"),
        TableColumn("after", "修改后"),
        TableColumn("actor", "操作人"),
        TableColumn("at", "时间"),
        TableColumn("act", "操作", is_fixed=True),
    ),
    filters=("key", "compound_id"),
)


@get("/settings/{owner:str}/history", needs="core.settings.read", table=HISTORY)
def show_setting_history(
    session: ScopedSession,
    place: Place,
    visit: Visit,
    request: Request,
    owner: str,
    compound_id: UUID | None = None,
    key: str = "",
    after: str = "",
) -> View:
    """Who changed which setting of this place, newest first."""
    require_owner(visit, owner)
    here = here_of(place, compound_id)
    found, following = list_changes(session, owner, key=key, after=after, **here.ids)
    context = {
        "lines": [_line(each) for each in found],
        "next": following,
        "owner": owner,
        "title": owner_titles(request).get(owner, owner),
        "keys": {key: _(spec.title) for key, spec in settings_of(owner).items()},
        "is_filtered": bool(key),
        "here": here,
    }
    return View("settings/history.html", context, fragment="settings/_history.html")


@post("/settings/{owner:str}/history/{number:int}/undo", needs="core.settings.manage")
def undo_setting_change(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    request: Request,
    owner: str,
    number: int,
    compound_id: UUID | None = None,
) -> Redirect:
    """Choose again what held here before one change."""
    require_owner(visit, owner)
    here = here_of(place, compound_id)
    undo_change(session, actor, owner, number, **here.ids)
    after_commit(session, request.app.state.site.forget_looks)
    return Redirect(here.path(owner, "/history"), message=_("已改回"))


def _line(change: SettingChange) -> ChangeLine:
    spec = change.spec
    sources = {"portal": _("页面"), "manifest": _("清单文件"), "command": _("命令")}

    def told(value: Any, is_locked: bool) -> str:
        if value is None:
            return ""
        text = shown_value(spec, value) or "—"
        return _("{value}（统一规定）").format(value=text) if is_locked else text

    return ChangeLine(
        n=change.n,
        at=change.at,
        actor=change.actor or _("系统"),
        title=_(spec.title) if spec else change.key,
        before=told(change.before, change.was_locked),
        after=told(change.after, change.is_locked),
        source=sources.get(change.source, ""),
        can_undo=change.can_undo,
    )


pages = [show_setting_history, *table_pages(show_setting_history), undo_setting_change]
