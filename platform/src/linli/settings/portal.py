"""The settings of the core and of plugins as a form: at the street, and at a community where that is left free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request

from linli.db.session import ScopedSession, after_commit
from linli.kit.actor import Actor
from linli.kit.errors import FieldError, NotFound
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.settings.catalogue import setting_owners
from linli.settings.service import Effective, clear_setting, effective_settings, set_settings
from linli.settings.spec import Level, SettingType
from linli.web.forms import Form
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

_CONTROLS: dict[SettingType, str] = {
    "text": "text",
    "long_text": "textarea",
    "integer": "number",
    "decimal": "text",
    "boolean": "checkbox",
    "choice": "select",
    "choices": "checkboxes",
    "date": "date",
}
_LOCK = "lock."


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as a field of the form.

    Attributes:
        can_edit: this place may choose.
        can_lock: the street may forbid narrower places to choose.
    """

    key: str
    type: str
    title: str
    help: str
    source: str
    value: Any
    shown: str
    options: dict[str, str]
    attrs: dict[str, Any]
    origin: str
    chosen_here: bool
    is_locked: bool
    can_edit: bool
    can_lock: bool


@get("/settings", needs="core.settings.read")
def show_core_settings(session: ScopedSession, place: Place, visit: Visit, request: Request) -> View:
    """The core's settings at this place."""
    return _page(session, place, visit, request, "core")


@get("/settings/{owner:str}", needs="core.settings.read")
def show_settings(session: ScopedSession, place: Place, visit: Visit, request: Request, owner: str) -> View:
    """The settings of the core or of one plugin at this place."""
    return _page(session, place, visit, request, owner)


@post("/settings/{owner:str}", needs="core.settings.manage", retry=show_settings)
def save_settings(
    session: ScopedSession, actor: Actor, place: Place, visit: Visit, request: Request, form: Form, owner: str
) -> Redirect:
    """Store what differs from what holds here now; the rest goes on following the wider place."""
    _require_owner(visit, owner)
    values, locks = _chosen(form, _settings(session, place, owner), _level(place))
    if not values:
        return Redirect(f"/settings/{owner}", message=_("没有改动"))
    set_settings(session, actor, owner, values, community_id=_community(place), locked=locks)
    after_commit(session, request.app.state.site.forget_looks)
    return Redirect(f"/settings/{owner}", message=_("已保存"))


@post("/settings/{owner:str}/clear", needs="core.settings.manage")
def clear_settings(
    session: ScopedSession, actor: Actor, place: Place, visit: Visit, request: Request, form: Form, owner: str
) -> Redirect:
    """Give up this place's own choice of one setting."""
    _require_owner(visit, owner)
    clear_setting(session, actor, owner, form.value("clear"), community_id=_community(place))
    after_commit(session, request.app.state.site.forget_looks)
    return Redirect(f"/settings/{owner}", message=_("已恢复"))


def _page(session: ScopedSession, place: Place, visit: Visit, request: Request, owner: str) -> View:
    _require_owner(visit, owner)
    fields = [_field(each, _level(place)) for each in _settings(session, place, owner)]
    titles = {"core": _("基本设置")} | {each.name: _(each.title) for each in request.app.state.site.plugins.manifests}
    owners = {name: titles.get(name, name) for name in _owners(visit)}
    return View("settings/form.html", {"fields": fields, "owner": owner, "owners": owners})


def _owners(visit: Visit) -> list[str]:
    return [owner for owner in setting_owners() if owner == "core" or owner in visit.plugins]


def _require_owner(visit: Visit, owner: str) -> None:
    if owner not in _owners(visit):
        raise NotFound


def _settings(session: ScopedSession, place: Place, owner: str) -> list[Effective]:
    found = effective_settings(session, owner, community_id=_community(place))
    return [each for each in found if _level(place) in each.spec.levels]


def _community(place: Place) -> Any:
    return place.community.id if place.community else None


def _level(place: Place) -> Level:
    return "community" if place.community else "street"


def _field(each: Effective, level: Level) -> SettingField:
    spec = each.spec
    options = {value: _(title) for value, title in (spec.choices or {}).items()}
    attrs: dict[str, Any] = {}
    if spec.type == "integer":
        attrs = {key: limit for key, limit in (("min", spec.minimum), ("max", spec.maximum)) if limit is not None}
    elif spec.type == "decimal":
        attrs = {"inputmode": "decimal"}
    elif spec.type in ("text", "long_text") and spec.maximum:
        attrs = {"maxlength": int(spec.maximum)}
    return SettingField(
        key=spec.key,
        type=_CONTROLS[spec.type],
        title=_(spec.title),
        help=_(spec.help) if spec.help else "",
        source=_(spec.source) if spec.source else "",
        value=each.value,
        shown=_shown(each.value, options),
        options=options,
        attrs=attrs,
        origin=_origins()[each.origin],
        chosen_here=each.chosen_here,
        is_locked=each.is_locked,
        can_edit=level == "street" or not each.is_locked,
        can_lock=level == "street" and len(spec.levels) > 1,
    )


def _origins() -> dict[str, str]:
    return {
        "default": _("默认"),
        "platform": _("平台"),
        "street": _("街道"),
        "community": _("本社区"),
        "compound": _("小区"),
    }


def _shown(value: Any, options: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return listed(options.get(each, each) for each in value)
    return options.get(str(value), str(value))


def _chosen(form: Form, settings: list[Effective], level: Level) -> tuple[dict[str, Any], dict[str, bool]]:
    """What the form changes: values by key, and at the street the locks of those keys."""
    values: dict[str, Any] = {}
    locks: dict[str, bool] = {}
    for each in settings:
        spec = each.spec
        if level != "street" and each.is_locked:
            continue
        given = _given(form, each)
        stored = spec.check(given)
        if isinstance(stored, FieldError) or stored != spec.check(each.value):
            values[spec.key] = given
        wants_lock = level == "street" and len(spec.levels) > 1 and form.checked(_LOCK + spec.key)
        if level == "street" and wants_lock != each.is_locked:
            values.setdefault(spec.key, spec.check(each.value))
            locks[spec.key] = wants_lock
    return values, locks


def _given(form: Form, each: Effective) -> Any:
    spec = each.spec
    if spec.type == "boolean":
        return form.checked(spec.key)
    if spec.type == "choices":
        return form.all(spec.key)
    return form.value(spec.key) if spec.key in form.values else each.value


console = admin = [show_core_settings, show_settings, save_settings, clear_settings]
