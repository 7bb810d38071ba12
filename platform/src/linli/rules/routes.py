"""Rules in the API: what holds at the street or in a compound and why, overrides, frozen rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.rules import overrides
from linli.rules.freezing import frozen_rules
from linli.rules.listing import RuleFilter, freeze_outs, list_rules, override_outs, show_rule
from linli.rules.listing import list_bodies as bodies_at
from linli.rules.permissions import OVERRIDE, READ
from linli.rules.portal.admin_pages import export_rules as export_compound_rules
from linli.rules.portal.admin_pages import ruled_compound
from linli.rules.portal.console_pages import export_rules
from linli.rules.repository import find_freeze, ground_of
from linli.rules.repository import list_freezes as freezes_at
from linli.rules.repository import list_overrides as overrides_at
from linli.rules.schemas import BodyOut, FreezeOut, OverrideIn, OverrideOut, RuleDetail, RuleOut, Withdrawal
from linli.web.results import Page, page_of
from linli.web.routing import get, post

TAGS = ["rules"]
OnDay = Annotated[date | None, Meta(description="the day; today when left out")]
RuleName = Annotated[str, Meta(max_length=130, description="a rule's key, e.g. owners_assembly.notice")]


@get("/rules", needs=READ, tags=TAGS)
def list_street_rules(
    session: ScopedSession, query: RuleFilter, after: After = "", limit: Limit = PAGE
) -> Page[RuleOut]:
    """The rules that hold in the street, each with its source"""
    return page_of(list_rules(session, query, ground_of(session)), after, limit, key=lambda rule: rule.key)


@get("/rules/{rule:str}", needs=READ, tags=TAGS)
def show_street_rule(session: ScopedSession, rule: RuleName, on: OnDay = None) -> RuleDetail:
    """One rule of the street, and why this value holds and no other"""
    return show_rule(session, rule, on=on)


@post("/rules/{rule:str}/overrides", needs=OVERRIDE, tags=TAGS)
def override_street_rule(session: ScopedSession, actor: Actor, rule: RuleName, data: OverrideIn) -> OverrideOut:
    """Choose a value for the whole street"""
    return override_outs(session, [overrides.set_override(session, actor, rule, data)])[0]


@get("/bodies", needs=READ, tags=TAGS)
def list_bodies(session: ScopedSession, after: After = "", limit: Limit = PAGE) -> Page[BodyOut]:
    """Types of bodies of self-governance with what holds for them in the street"""
    return page_of(bodies_at(session), after, limit, key=lambda body: body.code)


@get("/compounds/{compound_id:uuid}/rules", needs=READ, tags=TAGS)
def list_compound_rules(
    session: ScopedSession, actor: Actor, compound_id: UUID, query: RuleFilter, after: After = "", limit: Limit = PAGE
) -> Page[RuleOut]:
    """The rules that hold in a compound, each with its source"""
    ruled_compound(session, actor, compound_id)
    found = list_rules(session, query, ground_of(session, compound_id))
    return page_of(found, after, limit, key=lambda rule: rule.key)


@get("/compounds/{compound_id:uuid}/rules/{rule:str}", needs=READ, tags=TAGS)
def show_compound_rule(
    session: ScopedSession, actor: Actor, compound_id: UUID, rule: RuleName, on: OnDay = None
) -> RuleDetail:
    """One rule of a compound, and why this value holds and no other"""
    ruled_compound(session, actor, compound_id)
    return show_rule(session, rule, on=on, compound_id=compound_id)


@post("/compounds/{compound_id:uuid}/rules/{rule:str}/overrides", needs=OVERRIDE, tags=TAGS)
def override_compound_rule(
    session: ScopedSession, actor: Actor, compound_id: UUID, rule: RuleName, data: OverrideIn
) -> OverrideOut:
    """Enter what a compound has decided for itself"""
    ruled_compound(session, actor, compound_id)
    return override_outs(session, [overrides.set_override(session, actor, rule, data, compound_id=compound_id)])[0]


@get("/compounds/{compound_id:uuid}/bodies", needs=READ, tags=TAGS)
def list_compound_bodies(
    session: ScopedSession, actor: Actor, compound_id: UUID, after: After = "", limit: Limit = PAGE
) -> Page[BodyOut]:
    """Types of bodies of self-governance with what holds for them in a compound"""
    ruled_compound(session, actor, compound_id)
    return page_of(bodies_at(session, compound_id=compound_id), after, limit, key=lambda body: body.code)


@get("/rule-overrides", needs=READ, tags=TAGS)
def list_overrides(
    session: ScopedSession,
    actor: Actor,
    key: RuleName = "",
    state: Literal["", "active", "over"] = "",
    compound_id: UUID | None = None,
    sort: Literal["created_at", "-created_at", "starts_on", "-starts_on"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[OverrideOut]:
    """What the street and its compounds have chosen in place of wider rules, newest first"""
    rows, more = overrides_at(
        session, actor, key=key, state=state, compound_id=compound_id, sort=sort, after=after, limit=limit
    )
    return Page(items=override_outs(session, rows), next=more)


@get("/rule-overrides/{rule_override_id:uuid}", needs=READ, tags=TAGS)
def show_override(session: ScopedSession, actor: Actor, rule_override_id: UUID) -> OverrideOut:
    """One override"""
    return override_outs(session, [overrides.get_override(session, actor, rule_override_id)])[0]


@post("/rule-overrides/{rule_override_id:uuid}/withdraw", needs=OVERRIDE, status=200, tags=TAGS)
def withdraw_override(session: ScopedSession, actor: Actor, rule_override_id: UUID, data: Withdrawal) -> OverrideOut:
    """Take an override back from today on"""
    return override_outs(session, [overrides.withdraw_override(session, actor, rule_override_id, data)])[0]


@get("/rule-freezes", needs=READ, tags=TAGS)
def list_freezes(
    session: ScopedSession,
    actor: Actor,
    compound_id: UUID | None = None,
    sort: Literal["made_at", "-made_at", "held_on", "-held_on"] = "-made_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[FreezeOut]:
    """The rules that decisions were made under, newest first"""
    rows, more = freezes_at(session, actor, compound_id=compound_id, sort=sort, after=after, limit=limit)
    found = freeze_outs(session, [frozen_rules(session.scope.tenant_id, row) for row in rows])
    return Page(items=found, next=more)


@get("/rule-freezes/{rule_freeze_id:uuid}", needs=READ, tags=TAGS)
def show_freeze(session: ScopedSession, actor: Actor, rule_freeze_id: UUID) -> FreezeOut:
    """The rules that one decision was made under, checked against their digest"""
    row = find_freeze(session, actor, rule_freeze_id)
    return freeze_outs(session, [frozen_rules(session.scope.tenant_id, row)])[0]


_EVERYWHERE = [list_overrides, show_override, withdraw_override, list_freezes, show_freeze]
street_api = [list_street_rules, export_rules, show_street_rule, override_street_rule, list_bodies, *_EVERYWHERE]
community_api = [
    list_compound_rules,
    export_compound_rules,
    show_compound_rule,
    override_compound_rule,
    list_compound_bodies,
    *_EVERYWHERE,
]
