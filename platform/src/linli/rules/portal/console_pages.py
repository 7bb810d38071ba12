"""The street's rules: what holds, why, and what the street has chosen itself."""

from __future__ import annotations

from datetime import date

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.kit.text import gettext as _
from linli.rules.listing import RuleFilter, exported, list_bodies, list_rules, override_outs, show_rule
from linli.rules.overrides import overrides_of, set_override
from linli.rules.permissions import OVERRIDE, READ
from linli.rules.portal.forms import (
    RULES,
    OverrideForm,
    filter_words,
    override_of,
    rule_words,
    value_fields,
)
from linli.rules.repository import ground_of
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.web.forms import Form
from linli.web.results import Download, Redirect, View, page_of
from linli.web.routing import get, post
from linli.web.sheets import SheetFormat
from linli.web.tables import SheetColumns, TableState, table_pages, table_sheet


@get("/rules", needs=READ, table=RULES)
def show_rules(session: ScopedSession, query: RuleFilter, after: str = "") -> View:
    """The rules of the street with their sources."""
    ground = ground_of(session)
    found = list_rules(session, query, ground)
    page = page_of(found, after, PAGE, key=lambda rule: rule.key)
    unsure = sum(1 for each in found if each.source is not None and each.source.confidence != "P")
    context = {"rules": page.items, "next": page.next, "total": len(found), "unsure": unsure}
    context |= {"base": "/rules", "compound": None}
    context |= filter_words(ground, query) | rule_words()
    return View("rules/list.html", context, fragment="rules/_rules.html")


@get("/rules/print", needs=READ)
def print_rules(session: ScopedSession, query: RuleFilter) -> View:
    """The same on one page, for paper."""
    ground = ground_of(session)
    context = {"rules": list_rules(session, query, ground), "base": "/rules", "name": ground.street_name}
    return View("rules/print.html", context | filter_words(ground, query) | rule_words())


@get("/rules/export", needs=READ, tags=["rules"], table=RULES)
def export_rules(
    session: ScopedSession,
    table: TableState,
    query: RuleFilter,
    columns: SheetColumns = "all",
    file: SheetFormat = "xlsx",
) -> Download:
    """The street's rules as a file, filtered as the list is."""
    ground = ground_of(session)
    more, rows = exported(list_rules(session, query, ground))
    return table_sheet(_("{name}规则").format(name=ground.street_name), table, rows, file, columns, more=more)


@get("/rules/{rule:str}", needs=READ)
def show_one_rule(session: ScopedSession, rule: str, on: date | None = None) -> View:
    """One rule, why it holds, and its history here."""
    shown = show_rule(session, rule, on=on)
    context = {"rule": shown, "history": override_outs(session, overrides_of(session, rule, None)), "base": "/rules"}
    context |= {"compound": None, "action": f"/rules/{rule}/override", **value_fields(shown), **rule_words()}
    return View("rules/detail.html", context)


@post("/rules/{rule:str}/override", needs=OVERRIDE, retry=show_one_rule)
def set_street_rule(session: ScopedSession, actor: Actor, form: Form, rule: str, data: OverrideForm) -> Redirect:
    """Choose a value for the whole street."""
    with kept_in_form():
        set_override(session, actor, rule, override_of(form, data, rule))
    return Redirect(f"/rules/{rule}", _("已另行规定"))


@get("/bodies", needs=READ)
def show_bodies(session: ScopedSession) -> View:
    """Types of bodies with what holds for them in the street."""
    return View(
        "rules/bodies.html", {"bodies": list_bodies(session), "base": "/rules", "compound": None, **rule_words()}
    )


pages = [
    show_rules,
    *table_pages(show_rules),
    print_rules,
    export_rules,
    show_one_rule,
    set_street_rule,
    show_bodies,
]
