"""Settings in the API: what holds at the street or in a community, and choosing there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import MOST, PAGE, After, Limit
from linli.kit.errors import FieldError, Invalid, NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.settings.catalogue import setting_owners
from linli.settings.history import SettingChange, list_changes, undo_change
from linli.settings.repository import has_compound
from linli.settings.service import ChosenAt, Effective, clear_setting, effective_settings, set_settings
from linli.web.results import Page, page_of
from linli.web.routing import delete, get, patch, post
from linli.web.visit import Visit


class SettingOut(Struct):
    """A setting as it holds at this place."""

    key: str
    title: str
    type: str
    value: Annotated[
        Any,
        Meta(description="decimals, dates and times as text, money in fen; null for a secret, which is never shown"),
    ]
    origin: Annotated[str, Meta(description="the layer that it comes from: default, platform, street, community")]
    is_locked: Annotated[bool, Meta(description="the street holds it fast for its communities")]
    chosen_here: Annotated[bool, Meta(description="this place has a choice of its own, effective or not")]
    levels: Annotated[list[str], Meta(description="the places where it may be chosen")]
    unit: Annotated[str, Meta(description="what a number counts; empty for none")] = ""
    choices: Annotated[dict[str, str] | None, Meta(description="allowed value to its title")] = None


class SettingsChange(Struct, forbid_unknown_fields=True):
    """Choices of this place; all are taken over or none."""

    values: Annotated[dict[str, Any], Meta(min_length=1, max_length=100, description="key to value")]
    locked: Annotated[
        dict[str, bool], Meta(max_length=100, description="only for the street, only keys that are in `values`")
    ] = {}


class SettingChangeOut(Struct):
    """One change of a place's own choice."""

    n: Annotated[int, Meta(description="its number in the street's record of acts")]
    at: datetime
    actor_name: str
    key: str
    before: Annotated[Any, Meta(description="the choice of before; null where the wider place held")]
    after: Annotated[Any, Meta(description="the choice made; null where it was given up")]
    was_locked: bool
    is_locked: bool
    source: Annotated[str, Meta(description="portal, manifest or command")]
    can_undo: Annotated[bool, Meta(description="`before` may be chosen again as it stands")]


OneCompound = Annotated[UUID | None, Meta(description="one compound of the community, in place of the community")]


@get("/settings/{owner:str}", needs="core.settings.read", tags=["settings"])
def list_settings(
    session: ScopedSession,
    scope: Scope,
    visit: Visit,
    owner: str,
    compound_id: OneCompound = None,
    after: After = "",
    limit: Limit = MOST,
) -> Page[SettingOut]:
    """Every setting of the core or of a plugin that is on here"""
    _require_owner(visit, owner)
    found = effective_settings(session, owner, **_place(session, scope, compound_id))
    return page_of([_out(each) for each in found], after, limit, key=lambda setting: setting.key)


@patch("/settings/{owner:str}", needs="core.settings.manage", tags=["settings"], also=(202,))
def choose_settings(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    visit: Visit,
    owner: str,
    data: SettingsChange,
    compound_id: OneCompound = None,
) -> Page[SettingOut]:
    """Choose values at this place"""
    _require_owner(visit, owner)
    if stray := sorted(set(data.locked) - set(data.values)):
        raise Invalid(errors=[FieldError(f"locked.{key}", _("请同时给出它的值")) for key in stray])
    place = _place(session, scope, compound_id)
    found = set_settings(session, actor, owner, data.values, locked=data.locked, source="portal", **place)
    return Page(items=[_out(each) for each in found])


@delete("/settings/{owner:str}/{key:str}", needs="core.settings.manage", tags=["settings"], also=(202,))
def follow_again(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    visit: Visit,
    owner: str,
    key: str,
    compound_id: OneCompound = None,
) -> None:
    """Give up this place's own choice, so that the wider place's holds again"""
    _require_owner(visit, owner)
    if not clear_setting(session, actor, owner, key, **_place(session, scope, compound_id)):
        raise NotFound


@get("/settings/{owner:str}/history", needs="core.settings.read", tags=["settings"])
def list_setting_changes(
    session: ScopedSession,
    scope: Scope,
    visit: Visit,
    owner: str,
    key: Annotated[str, Meta(max_length=60, description="of one setting alone")] = "",
    compound_id: OneCompound = None,
    after: After = "",
    limit: Limit = PAGE,
) -> Page[SettingChangeOut]:
    """Who changed which setting of this place, newest first"""
    _require_owner(visit, owner)
    place = _place(session, scope, compound_id)
    found, following = list_changes(session, owner, key=key, after=after, limit=limit, **place)
    return Page(items=[_change_out(each) for each in found], next=following)


@post("/settings/{owner:str}/history/{number:int}/undo", needs="core.settings.manage", tags=["settings"], also=(202,))
def undo_setting_change(
    session: ScopedSession,
    actor: Actor,
    scope: Scope,
    visit: Visit,
    owner: str,
    number: int,
    compound_id: OneCompound = None,
) -> SettingChangeOut:
    """Choose again what this place had chosen before a change"""
    _require_owner(visit, owner)
    return _change_out(undo_change(session, actor, owner, number, **_place(session, scope, compound_id)))


def _place(session: ScopedSession, scope: Scope, compound_id: UUID | None) -> ChosenAt:
    if compound_id is not None and not has_compound(session, scope.community_id, compound_id):
        raise NotFound
    return {"community_id": scope.community_id, "compound_id": compound_id}


def _change_out(change: SettingChange) -> SettingChangeOut:
    return SettingChangeOut(
        n=change.n,
        at=change.at,
        actor_name=change.actor,
        key=change.key,
        before=change.before,
        after=change.after,
        was_locked=change.was_locked,
        is_locked=change.is_locked,
        source=change.source,
        can_undo=change.can_undo,
    )


def _require_owner(visit: Visit, owner: str) -> None:
    if owner not in setting_owners() or (owner != "core" and owner not in visit.plugins):
        raise NotFound


def _out(each: Effective) -> SettingOut:
    spec = each.spec
    return SettingOut(
        key=spec.key,
        title=_(spec.title),
        type=spec.type,
        value=each.value,
        origin=each.origin,
        is_locked=each.is_locked,
        chosen_here=each.chosen_here,
        levels=list(spec.levels),
        unit=_(spec.unit) if spec.unit else "",
        choices={value: _(title) for value, title in spec.choices.items()} if spec.choices else None,
    )


street_api = community_api = [list_settings, choose_settings, follow_again, list_setting_changes, undo_setting_change]
