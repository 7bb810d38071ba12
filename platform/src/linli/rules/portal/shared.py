"""Overrides and frozen rules, the same pages in the console and in a community's portal."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.rules.freezing import frozen_rules
from linli.rules.listing import freeze_outs, override_outs
from linli.rules.overrides import get_override
from linli.rules.overrides import withdraw_override as withdraw
from linli.rules.permissions import OVERRIDE, READ
from linli.rules.portal.forms import WithdrawForm, rule_words
from linli.rules.repository import find_freeze, list_freezes, list_overrides
from linli.rules.schemas import Withdrawal
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

OVERRIDES = DataTable(
    name="rule_overrides",
    columns=(
        TableColumn("title", "规则", is_fixed=True),
        TableColumn("text", "规定"),
        TableColumn("place", "范围"),
        TableColumn("term", "期间", sort="starts_on", falls=True),
        TableColumn("grounds", "依据和原因"),
        TableColumn("entered", "登记", sort="created_at", falls=True, is_shown=False),
        TableColumn("state", "状态"),
    ),
    sort="-created_at",
    filters=("state",),
)
FREEZES = DataTable(
    name="rule_freezes",
    columns=(
        TableColumn("purpose", "用于", is_fixed=True),
        TableColumn("place", "范围"),
        TableColumn("held_on", "哪一天的规则", sort="held_on", falls=True),
        TableColumn("made_at", "存档", sort="made_at", falls=True),
        TableColumn("intact", "校验"),
    ),
    sort="-made_at",
)


@get("/rule-overrides", needs=READ, table=OVERRIDES)
def show_overrides(
    session: ScopedSession,
    actor: Actor,
    table: TableState,
    state: Literal["", "active", "over"] = "",
    after: str = "",
) -> View:
    """What the street and its compounds have chosen themselves, newest first."""
    rows, following = list_overrides(session, actor, state=state, sort=table.sort, after=after)
    context = {"overrides": override_outs(session, rows), "next": following}
    return View("rules/overrides.html", context | rule_words(), fragment="rules/_overrides.html")


@get("/rule-overrides/{rule_override_id:uuid}", needs=READ)
def show_override(session: ScopedSession, actor: Actor, rule_override_id: UUID) -> View:
    """One override, and the form to take it back."""
    row = get_override(session, actor, rule_override_id)
    mine = session.scope.communities is None or row.community_id is not None
    may = mine and actor.can(OVERRIDE, community_id=row.community_id, compound_id=row.compound_id)
    context = {"override": override_outs(session, [row])[0], "may_withdraw": may and row.withdrawn_on is None}
    return View("rules/override.html", context | rule_words())


@post("/rule-overrides/{rule_override_id:uuid}/withdraw", needs=OVERRIDE, retry=show_override)
def withdraw_override(session: ScopedSession, actor: Actor, rule_override_id: UUID, data: WithdrawForm) -> Redirect:
    """Take an override back; the wider value holds again from today."""
    with kept_in_form():
        withdraw(session, actor, rule_override_id, Withdrawal(reason=data.reason, version=data.version))
    return Redirect(f"/rule-overrides/{rule_override_id}", _("已撤回，恢复原来的规定"))


@get("/rule-freezes", needs=READ, table=FREEZES)
def show_freezes(session: ScopedSession, actor: Actor, table: TableState, after: str = "") -> View:
    """The rules that decisions were made under, newest first."""
    rows, following = list_freezes(session, actor, sort=table.sort, after=after)
    found = freeze_outs(session, [frozen_rules(session.scope.tenant_id, row) for row in rows])
    context = {"freezes": found, "next": following}
    return View("rules/freezes.html", context, fragment="rules/_freezes.html")


@get("/rule-freezes/{rule_freeze_id:uuid}", needs=READ)
def show_freeze(session: ScopedSession, actor: Actor, rule_freeze_id: UUID) -> View:
    """What one decision was made under."""
    row = find_freeze(session, actor, rule_freeze_id)
    found = freeze_outs(session, [frozen_rules(session.scope.tenant_id, row)])
    return View("rules/freeze.html", {"freeze": found[0], **rule_words()})


pages = [
    show_overrides,
    *table_pages(show_overrides),
    show_override,
    withdraw_override,
    show_freezes,
    *table_pages(show_freezes),
    show_freeze,
]
