"""Releases from duties: everybody who sees duties reads them, the street gives them and takes them back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.obligations.exemptions import exempt, find_exemption, list_exemptions
from linli.obligations.exemptions import withdraw_exemption as withdraw
from linli.obligations.permissions import EXEMPT, READ
from linli.obligations.portal.pages import known_here, show_community_duties, show_compound_duties
from linli.obligations.schemas import ExemptionIn, ExemptionWithdrawal
from linli.obligations.standing import exemption_outs
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages
from linli.web.visit import Visit


class ExemptionForm(Struct, kw_only=True):
    """A release from one duty, for the place of the page."""

    obligation: Annotated[str, Meta(min_length=1, max_length=130)]
    starts_on: date
    ends_on: date
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class WithdrawForm(Struct, kw_only=True):
    """Why a release is taken back."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    version: int


EXEMPTIONS = DataTable(
    name="exemptions",
    columns=(
        TableColumn("place", "小区或者社区", is_fixed=True),
        TableColumn("title", "履职事项"),
        TableColumn("starts_on", "开始", sort="starts_on", falls=True),
        TableColumn("ends_on", "截止", sort="ends_on", falls=True),
        TableColumn("reason", "原因"),
        TableColumn("given_by", "批准", sort="created_at", falls=True),
        TableColumn("state", "状态"),
    ),
    sort="-created_at",
    filters=("state",),
)


@get("/obligations/exemptions", needs=READ, table=EXEMPTIONS)
def show_exemptions(
    session: ScopedSession,
    actor: Actor,
    visit: Visit,
    table: TableState,
    state: Literal["", "active", "over"] = "",
    after: str = "",
) -> View:
    """Who is or was released from what, newest first."""
    rows, following = list_exemptions(session, actor, state=state, sort=table.sort, after=after)
    context = {
        "exemptions": exemption_outs(session, known_here(actor, visit), rows),
        "next": following,
        "exemption_states": {"active": _("有效"), "over": _("已结束")},
    }
    return View("obligations/exemptions.html", context, fragment="obligations/_exemptions.html")


@get("/obligations/exemptions/{obligation_exemption_id:uuid}", needs=READ)
def show_exemption(session: ScopedSession, actor: Actor, visit: Visit, obligation_exemption_id: UUID) -> View:
    """One release, and the form to take it back."""
    row = find_exemption(session, actor, obligation_exemption_id)
    out = exemption_outs(session, known_here(actor, visit), [row])[0]
    may = actor.can(EXEMPT, community_id=row.community_id, compound_id=row.compound_id)
    return View("obligations/exemption.html", {"exemption": out, "may_withdraw": may and out.is_active})


@post("/obligations/compounds/{compound_id:uuid}/exempt", needs=EXEMPT, retry=show_compound_duties)
def exempt_compound(session: ScopedSession, actor: Actor, compound_id: UUID, data: ExemptionForm) -> Redirect:
    """Release a compound from a duty."""
    with kept_in_form():
        exempt(session, actor, _exemption(data, compound_id=compound_id))
    return Redirect(f"/obligations/compounds/{compound_id}", _("已豁免"))


@post("/obligations/communities/{community_id:uuid}/exempt", needs=EXEMPT, retry=show_community_duties)
def exempt_community(session: ScopedSession, actor: Actor, community_id: UUID, data: ExemptionForm) -> Redirect:
    """Release a community from a duty of its own."""
    with kept_in_form():
        exempt(session, actor, _exemption(data, community_id=community_id))
    return Redirect(f"/obligations/communities/{community_id}", _("已豁免"))


@post("/obligations/exemptions/{obligation_exemption_id:uuid}/withdraw", needs=EXEMPT, retry=show_exemption)
def withdraw_exemption(
    session: ScopedSession, actor: Actor, obligation_exemption_id: UUID, data: WithdrawForm
) -> Redirect:
    """Take a release back."""
    with kept_in_form():
        withdraw(session, actor, obligation_exemption_id, ExemptionWithdrawal(reason=data.reason, version=data.version))
    return Redirect(f"/obligations/exemptions/{obligation_exemption_id}", _("已撤回，重新按规定核对"))


def _exemption(
    data: ExemptionForm, *, compound_id: UUID | None = None, community_id: UUID | None = None
) -> ExemptionIn:
    return ExemptionIn(
        obligation=data.obligation,
        compound_id=compound_id,
        community_id=community_id,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason,
    )


reading = [show_exemptions, *table_pages(show_exemptions), show_exemption]
giving = [exempt_compound, exempt_community, withdraw_exemption]
