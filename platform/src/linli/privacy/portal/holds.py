"""Legal holds in the street's console."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.privacy import holds
from linli.privacy.choices import privacy_words
from linli.privacy.permissions import MANAGE, READ
from linli.privacy.purging import list_classes
from linli.privacy.schemas import HoldIn, Lift
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.tenancy.overview import community_names
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

HOLDS = DataTable(
    name="holds",
    columns=(
        TableColumn("subject", "对象", is_fixed=True),
        TableColumn("kind", "类型"),
        TableColumn("reason", "原因"),
        TableColumn("set_at", "设置", sort="set_at", falls=True),
        TableColumn("until", "截止", sort="until"),
        TableColumn("state", "状态"),
    ),
    sort="-set_at",
    filters=("state",),
)


class HoldForm(Struct, kw_only=True):
    """A community or a class of data; a person is held from their own page."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    community_id: UUID | None = None
    data_class: str = ""
    until: date | None = None


class LiftForm(Struct, kw_only=True):
    """Why a hold ends."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/privacy/holds", needs=READ, table=HOLDS)
def show_holds(session: ScopedSession, table: TableState, state: str = "", after: str = "") -> View:
    """All holds, and the form of a new one."""
    found, more = holds.list_holds(session, state=state, sort=table.sort, after=after)
    context = {
        "holds": found,
        "next": more,
        "communities": {str(key): name for key, name in community_names(session).items()},
        "classes": {each.name: each.title for each in list_classes(session)},
        "hold_states": {"active": _("有效"), "over": _("已结束")},
        "is_filtered": bool(state),
        **privacy_words(),
    }
    return View("privacy/holds.html", context, fragment="privacy/_holds.html")


@post("/privacy/holds", needs=MANAGE, retry=show_holds)
def set_hold(session: ScopedSession, actor: Actor, data: HoldForm) -> Redirect:
    """Hold a community's data or a class."""
    wanted = HoldIn(reason=data.reason, community_id=data.community_id, data_class=data.data_class, until=data.until)
    holds.set_hold(session, actor, wanted)
    return Redirect("/privacy/holds", _("已冻结，解除前不会删除"))


@get("/privacy/holds/{legal_hold_id:uuid}", needs=READ)
def show_hold(session: ScopedSession, legal_hold_id: UUID) -> View:
    """One hold, and the form to lift it."""
    return View("privacy/hold.html", {"hold": holds.get_hold(session, legal_hold_id), **privacy_words()})


@post("/privacy/holds/{legal_hold_id:uuid}/lift", needs=MANAGE, retry=show_hold)
def lift_hold(session: ScopedSession, actor: Actor, legal_hold_id: UUID, data: LiftForm) -> Redirect:
    """End a hold."""
    with kept_in_form():
        holds.lift_hold(session, actor, legal_hold_id, Lift(reason=data.reason))
    return Redirect("/privacy/holds", _("已解除冻结"))


pages = [show_holds, *table_pages(show_holds), set_hold, show_hold, lift_hold]
