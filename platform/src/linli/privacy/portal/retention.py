"""How long each class of data is kept in the street, what a purge would delete, and what the last ones proved."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.privacy import purging
from linli.privacy.holds import list_holds
from linli.privacy.permissions import MANAGE, READ
from linli.privacy.schemas import PeriodIn, Reason
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

PURGES = DataTable(
    name="purges",
    columns=(
        TableColumn("purged_at", "时间", sort="purged_at", falls=True, is_fixed=True),
        TableColumn("title", "数据类别"),
        TableColumn("cutoff", "早于"),
        TableColumn("rows", "条数", sort="rows", falls=True, is_number=True),
        TableColumn("holds", "当时的冻结", is_number=True),
        TableColumn("digest", "证明（SHA-256）"),
    ),
    sort="-purged_at",
    filters=("data_class",),
)


class PeriodForm(Struct, kw_only=True):
    """A class and its period; without a number it is kept for ever."""

    data_class: str
    days: Annotated[int, Meta(ge=1, le=36500)] | None = None
    reason: Reason = ""


class PreviewForm(Struct, kw_only=True):
    """The class to rehearse."""

    data_class: str


@get("/privacy/retention", needs=READ)
def show_retention(session: ScopedSession) -> View:
    """Every class with its period, source and last proof."""
    return _page(session, None)


@post("/privacy/retention", needs=MANAGE, retry=show_retention)
def save_period(session: ScopedSession, actor: Actor, data: PeriodForm) -> Redirect:
    """Choose a period."""
    purging.set_period(session, actor, PeriodIn(data_class=data.data_class, days=data.days, reason=data.reason))
    return Redirect("/privacy/retention", _("保存期限已修改"))


@post("/privacy/retention/preview", needs=READ, retry=show_retention)
def preview_purge(session: ScopedSession, data: PreviewForm) -> View:
    """Count what would be deleted now; nothing is."""
    return _page(session, purging.rehearse(session, data.data_class))


def _page(session: ScopedSession, rehearsal: object) -> View:
    holds, _more = list_holds(session, state="active")
    context = {"classes": purging.list_classes(session), "rehearsal": rehearsal, "holds": holds}
    return View("privacy/retention.html", context)


@get("/privacy/purges", needs=READ, table=PURGES)
def show_purges(session: ScopedSession, table: TableState, data_class: str = "", after: str = "") -> View:
    """What was deleted, with its proof."""
    found, more = purging.list_purges(session, data_class=data_class, sort=table.sort, after=after)
    titles = {each.name: each.title for each in purging.list_classes(session)}
    context = {"purges": found, "next": more, "titles": titles, "is_filtered": bool(data_class)}
    return View("privacy/purges.html", context, fragment="privacy/_purges.html")


pages = [show_retention, save_period, preview_purge, show_purges, *table_pages(show_purges)]
