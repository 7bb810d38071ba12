"""Settings in the API: what holds at the street or in a community, and choosing there."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import MOST, After, Limit
from linli.kit.errors import FieldError, Invalid, NotFound
from linli.kit.scope import Scope
from linli.kit.text import gettext as _
from linli.settings.catalogue import setting_owners
from linli.settings.service import Effective, clear_setting, effective_settings, set_settings
from linli.web.results import Page, page_of
from linli.web.routing import delete, get, patch
from linli.web.visit import Visit


class SettingOut(Struct):
    """A setting as it holds at this place."""

    key: str
    title: str
    type: str
    value: Annotated[Any, Meta(description="decimals and dates as text")]
    origin: Annotated[str, Meta(description="the layer that it comes from: default, platform, street, community")]
    is_locked: Annotated[bool, Meta(description="the street holds it fast for its communities")]
    chosen_here: Annotated[bool, Meta(description="this place has a choice of its own, effective or not")]
    levels: Annotated[list[str], Meta(description="the places where it may be chosen")]
    choices: Annotated[dict[str, str] | None, Meta(description="allowed value to its title")] = None


class SettingsChange(Struct, forbid_unknown_fields=True):
    """Choices of this place; all are taken over or none."""

    values: Annotated[dict[str, Any], Meta(min_length=1, max_length=100, description="key to value")]
    locked: Annotated[
        dict[str, bool], Meta(max_length=100, description="only for the street, only keys that are in `values`")
    ] = {}


@get("/settings/{owner:str}", needs="core.settings.read", tags=["settings"])
def list_settings(
    session: ScopedSession, scope: Scope, visit: Visit, owner: str, after: After = "", limit: Limit = MOST
) -> Page[SettingOut]:
    """Every setting of the core or of a plugin that is on here"""
    _require_owner(visit, owner)
    found = effective_settings(session, owner, community_id=scope.community_id)
    return page_of([_out(each) for each in found], after, limit, key=lambda setting: setting.key)


@patch("/settings/{owner:str}", needs="core.settings.manage", tags=["settings"], also=(202,))
def choose_settings(
    session: ScopedSession, actor: Actor, scope: Scope, visit: Visit, owner: str, data: SettingsChange
) -> Page[SettingOut]:
    """Choose values at this place"""
    _require_owner(visit, owner)
    if stray := sorted(set(data.locked) - set(data.values)):
        raise Invalid(errors=[FieldError(f"locked.{key}", _("请同时给出它的值")) for key in stray])
    found = set_settings(
        session, actor, owner, data.values, community_id=scope.community_id, locked=data.locked, source="portal"
    )
    return Page(items=[_out(each) for each in found])


@delete("/settings/{owner:str}/{key:str}", needs="core.settings.manage", tags=["settings"], also=(202,))
def follow_again(session: ScopedSession, actor: Actor, scope: Scope, visit: Visit, owner: str, key: str) -> None:
    """Give up this place's own choice, so that the wider place's holds again"""
    _require_owner(visit, owner)
    if not clear_setting(session, actor, owner, key, community_id=scope.community_id):
        raise NotFound


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
        choices={value: _(title) for value, title in spec.choices.items()} if spec.choices else None,
    )


street_api = community_api = [list_settings, choose_settings, follow_again]
