"""The settings of the core and of plugins as a form: at the street, and at a community where that is left free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request

from linli.db.session import ScopedSession, after_commit
from linli.kit.actor import Actor
from linli.kit.cursor import MOST
from linli.kit.errors import FieldError, NotFound
from linli.kit.text import gettext as _
from linli.settings.catalogue import settings_of
from linli.settings.portal.here import Here, here_of, owner_titles, require_owner, shown_owners, shown_value
from linli.settings.service import Effective, clear_setting, effective_settings, set_settings
from linli.settings.spec import Level, SettingSpec, SettingType
from linli.tenancy.repository import list_compounds
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
    "fen": "text",
    "boolean": "checkbox",
    "choice": "select",
    "choices": "checkboxes",
    "date": "date",
    "time": "time",
    "secret": "password",
}
_LOCK = "lock."


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as a field of the form.

    Attributes:
        unit: what a number counts; empty for none.
        default: what holds where nobody chose, in words.
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
    unit: str
    default: str
    options: dict[str, str]
    attrs: dict[str, Any]
    origin: str
    chosen_here: bool
    is_locked: bool
    can_edit: bool
    can_lock: bool


@get("/settings", needs="core.settings.read")
def show_core_settings(session: ScopedSession, actor: Actor, place: Place, visit: Visit, request: Request) -> View:
    """The core's settings at this place."""
    return _page(session, actor, place, visit, request, "core", None)


@get("/settings/{owner:str}", needs="core.settings.read")
def show_settings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    request: Request,
    owner: str,
    compound_id: UUID | None = None,
) -> View:
    """The settings of the core or of one plugin at this place, or in one compound of the community."""
    return _page(session, actor, place, visit, request, owner, compound_id)


@post("/settings/{owner:str}", needs="core.settings.manage", retry=show_settings)
def save_settings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    request: Request,
    form: Form,
    owner: str,
    compound_id: UUID | None = None,
) -> Redirect:
    """Store what differs from what holds here now; the rest goes on following the wider place."""
    require_owner(visit, owner)
    here = here_of(place, compound_id)
    values, locks = _chosen(form, _settings(session, owner, here), here)
    if not values:
        return Redirect(here.path(owner), message=_("没有改动"))
    set_settings(session, actor, owner, values, locked=locks, **here.ids)
    after_commit(session, request.app.state.site.forget_looks)
    return Redirect(here.path(owner), message=_("已保存"))


@post("/settings/{owner:str}/clear", needs="core.settings.manage")
def clear_settings(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    request: Request,
    form: Form,
    owner: str,
    compound_id: UUID | None = None,
) -> Redirect:
    """Give up this place's own choice of one setting."""
    require_owner(visit, owner)
    here = here_of(place, compound_id)
    clear_setting(session, actor, owner, form.value("clear"), **here.ids)
    after_commit(session, request.app.state.site.forget_looks)
    return Redirect(here.path(owner), message=_("已恢复"))


def _page(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    visit: Visit,
    request: Request,
    owner: str,
    compound_id: UUID | None,
) -> View:
    require_owner(visit, owner)
    here = here_of(place, compound_id)
    fields = [_field(each, here.level) for each in _settings(session, owner, here)]
    titles = owner_titles(request)
    owners = {name: titles.get(name, name) for name in shown_owners(visit)}
    compounds = {} if place.community is None else _compounds(session, actor, owner, place.community.id)
    if compound_id is not None and compound_id not in compounds:
        raise NotFound(_("没有找到这个小区"))
    context = {"fields": fields, "owner": owner, "owners": owners, "here": here, "compounds": compounds}
    return View("settings/form.html", context)


def _compounds(session: ScopedSession, actor: Actor, owner: str, community_id: UUID) -> dict[UUID, str]:
    """The compounds that may choose for themselves, by name; none where no setting of the owner leaves it to them."""
    if not any("compound" in spec.levels for spec in settings_of(owner).values()):
        return {}
    found = list_compounds(session, actor, community_id=community_id, limit=MOST).items
    return {each.id: each.name for each in found}


def _settings(session: ScopedSession, owner: str, here: Here) -> list[Effective]:
    found = effective_settings(session, owner, **here.ids)
    return [each for each in found if here.level in each.spec.levels]


def _field(each: Effective, level: Level) -> SettingField:
    spec = each.spec
    options = {value: _(title) for value, title in (spec.choices or {}).items()}
    attrs: dict[str, Any] = {}
    if spec.type == "integer":
        attrs = {key: limit for key, limit in (("min", spec.minimum), ("max", spec.maximum)) if limit is not None}
    elif spec.type in ("decimal", "fen"):
        attrs = {"inputmode": "decimal"}
    elif spec.type in ("text", "long_text") and spec.maximum:
        attrs = {"maxlength": int(spec.maximum)}
    elif spec.type == "secret":
        attrs = {"autocomplete": "new-password"}
    return SettingField(
        key=spec.key,
        type=_CONTROLS[spec.type],
        title=_(spec.title),
        help=_(spec.help) if spec.help else "",
        source=_(spec.source) if spec.source else "",
        value=spec.typed(each.value) if spec.type in ("fen", "time") else each.value,
        shown=_kept(each) if spec.type == "secret" else shown_value(spec, each.value),
        unit=_unit(spec),
        default="" if spec.type == "secret" else shown_value(spec, spec.read(spec.check(spec.default))),
        options=options,
        attrs=attrs,
        origin=_origins()[each.origin],
        chosen_here=each.chosen_here,
        is_locked=each.is_locked,
        can_edit=level == "street" or not each.is_locked,
        can_lock=level == "street" and len(spec.levels) > 1 and spec.type != "secret",
    )


def _origins() -> dict[str, str]:
    return {
        "default": _("默认"),
        "platform": _("平台"),
        "street": _("街道"),
        "community": _("本社区"),
        "compound": _("小区"),
    }


def _kept(each: Effective) -> str:
    return _("已设置") if each.row is not None else ""


def _unit(spec: SettingSpec) -> str:
    if spec.type == "fen":
        return _("元")
    return _(spec.unit) if spec.unit else ""


def _chosen(form: Form, settings: list[Effective], here: Here) -> tuple[dict[str, Any], dict[str, bool]]:
    """What the form changes: values by key, and at the street the locks of those keys."""
    values: dict[str, Any] = {}
    locks: dict[str, bool] = {}
    for each in settings:
        spec = each.spec
        if here.level != "street" and each.is_locked:
            continue
        given = _given(form, each)
        if spec.type == "secret" and not given:
            # It is never shown, so an empty field leaves it as it is.
            continue
        stored = spec.check(given)
        if spec.type == "secret" or isinstance(stored, FieldError) or stored != spec.check(each.value):
            values[spec.key] = given
        wants_lock = here.level == "street" and len(spec.levels) > 1 and form.checked(_LOCK + spec.key)
        if here.level == "street" and wants_lock != each.is_locked:
            values.setdefault(spec.key, spec.check(each.value))
            locks[spec.key] = wants_lock
    return values, locks


def _given(form: Form, each: Effective) -> Any:
    spec = each.spec
    if spec.type == "boolean":
        return form.checked(spec.key)
    if spec.type == "choices":
        return form.all(spec.key)
    return form.value(spec.key) if spec.key in form.values else spec.check(each.value)


pages = [show_core_settings, show_settings, save_settings, clear_settings]
