"""A compound's rules in its community's portal: what holds there, each with its source, and its own decisions."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.rules.listing import RuleFilter, exported, list_bodies, list_rules, override_outs, show_rule
from linli.rules.overrides import overrides_of, set_override
from linli.rules.permissions import OVERRIDE, READ
from linli.rules.portal.forms import RULES, OverrideForm, filter_words, override_of, rule_words, value_fields
from linli.rules.repository import ground_of
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.tenancy.admin_portal.places import community_of
from linli.tenancy.models import Compound
from linli.tenancy.places import find
from linli.tenancy.repository import list_compounds
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Download, Redirect, View, page_of
from linli.web.routing import get, post
from linli.web.sheets import SheetFormat
from linli.web.tables import DataTable, SheetColumns, TableColumn, TableState, table_pages, table_sheet


def ruled_compound(session: ScopedSession, actor: Actor, compound_id: UUID) -> Compound:
    """The compound, or ``NotFound`` when this person's grants do not reach it."""
    compound = find(session, Compound, compound_id)
    if not actor.can(READ, community_id=compound.community_id, compound_id=compound.id):
        raise NotFound(_("没有找到这个小区"))
    return compound


COMPOUNDS = DataTable(
    name="compounds_of_rules",
    columns=(
        TableColumn("name", "小区", sort="name", is_fixed=True),
        TableColumn("address", "地址"),
        TableColumn("bodies", "组织样板"),
    ),
    sort="name",
    filters=("q",),
)


@get("/rules", needs=READ, table=COMPOUNDS)
def choose_compound(
    session: ScopedSession, actor: Actor, place: Place, table: TableState, q: str = "", after: str = ""
) -> View:
    """The compounds whose rules can be looked at."""
    page = list_compounds(session, actor, community_id=community_of(place).id, search=q, sort=table.sort, after=after)
    context = {"compounds": page.items, "next": page.next, "q": q}
    return View("rules/compounds.html", context, fragment="rules/_compounds.html")


@get("/compounds/{compound_id:uuid}/rules", needs=READ, table=RULES)
def show_rules(session: ScopedSession, actor: Actor, compound_id: UUID, query: RuleFilter, after: str = "") -> View:
    """The rules of one compound with their sources."""
    compound = ruled_compound(session, actor, compound_id)
    ground = ground_of(session, compound_id)
    found = list_rules(session, query, ground)
    page = page_of(found, after, PAGE, key=lambda rule: rule.key)
    unsure = sum(1 for each in found if each.source is not None and each.source.confidence != "P")
    context = {"rules": page.items, "next": page.next, "total": len(found), "unsure": unsure, **_place(compound)}
    context |= filter_words(ground, query) | rule_words()
    return View("rules/list.html", context, fragment="rules/_rules.html")


@get("/compounds/{compound_id:uuid}/rules/print", needs=READ)
def print_rules(session: ScopedSession, actor: Actor, compound_id: UUID, query: RuleFilter) -> View:
    """The same on one page, for paper."""
    compound = ruled_compound(session, actor, compound_id)
    ground = ground_of(session, compound_id)
    context = {"rules": list_rules(session, query, ground), "name": compound.name, **_place(compound)}
    return View("rules/print.html", context | filter_words(ground, query) | rule_words())


@get("/compounds/{compound_id:uuid}/rules/export", needs=READ, tags=["rules"], table=RULES)
def export_rules(
    session: ScopedSession,
    actor: Actor,
    table: TableState,
    compound_id: UUID,
    query: RuleFilter,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """A compound's rules as a file, filtered as the list is."""
    compound = ruled_compound(session, actor, compound_id)
    more, rows = exported(list_rules(session, query, ground_of(session, compound_id)))
    return table_sheet(_("{name}规则").format(name=compound.name), table, rows, file, columns, more=more)


@get("/compounds/{compound_id:uuid}/rules/{rule:str}", needs=READ)
def show_one_rule(session: ScopedSession, actor: Actor, compound_id: UUID, rule: str, on: date | None = None) -> View:
    """One rule at a compound, why it holds, and its history."""
    compound = ruled_compound(session, actor, compound_id)
    shown = show_rule(session, rule, on=on, compound_id=compound_id)
    history = override_outs(session, overrides_of(session, rule, compound_id))
    context = {"rule": shown, "history": history, "action": f"/compounds/{compound_id}/rules/{rule}/override"}
    context |= {**_place(compound), **value_fields(shown), **rule_words()}
    context["may_override"] = actor.can(OVERRIDE, community_id=compound.community_id, compound_id=compound.id)
    return View("rules/detail.html", context)


@post("/compounds/{compound_id:uuid}/rules/{rule:str}/override", needs=OVERRIDE, retry=show_one_rule)
def set_compound_rule(
    session: ScopedSession, actor: Actor, form: Form, compound_id: UUID, rule: str, data: OverrideForm
) -> Redirect:
    """Enter what a compound has decided for itself."""
    ruled_compound(session, actor, compound_id)
    with kept_in_form():
        set_override(session, actor, rule, override_of(form, data, rule), compound_id=compound_id)
    return Redirect(f"/compounds/{compound_id}/rules/{rule}", _("已另行规定"))


@get("/compounds/{compound_id:uuid}/bodies", needs=READ)
def show_bodies(session: ScopedSession, actor: Actor, compound_id: UUID) -> View:
    """Types of bodies with what holds for them in one compound."""
    compound = ruled_compound(session, actor, compound_id)
    context = {"bodies": list_bodies(session, compound_id=compound_id), **_place(compound), **rule_words()}
    return View("rules/bodies.html", context)


def _place(compound: Compound) -> dict[str, Any]:
    return {"compound": compound, "base": f"/compounds/{compound.id}/rules"}


pages = [
    choose_compound,
    *table_pages(choose_compound),
    show_rules,
    *table_pages(show_rules),
    print_rules,
    export_rules,
    show_one_rule,
    set_compound_rule,
    show_bodies,
]
