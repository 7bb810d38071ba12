"""The list of roles, the person behind them, granting, inviting, ending, and why somebody may do something."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.access.choices import levels_of, place_choices, read_place, role_choices
from linli.access.duties import separation_of
from linli.access.permissions import permission_titles
from linli.access.places import GrantPlace
from linli.access.repository import explain, get_grant, list_grants
from linli.access.roles import ROLES
from linli.access.service import (
    end_all_grants,
    end_grant,
    find_linked_account,
    grant_role,
    linked_account,
)
from linli.db.session import ScopedSession
from linli.house import House
from linli.identity.identifiers import check_phone
from linli.identity.invitations import invite, list_invitations, renew_invitation, revoke_invitation
from linli.identity.models import Invitation
from linli.kit.actor import Actor
from linli.kit.errors import Invalid, NotFound
from linli.kit.text import gettext as _
from linli.tenancy.admin_portal.meanwhile import kept_in_form
from linli.web.fields import Check
from linli.web.forms import Form
from linli.web.picking import WHOLE, as_id
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import Handler, Portal, get, post
from linli.web.tables import DataTable, TableColumn, TableState, table_pages

BASES = {Portal.CONSOLE: "/staff", Portal.ADMIN: "/roles"}
STATES = {"current": "在任", "future": "未开始", "ended": "已结束", "all": "全部"}

Typed = Annotated[str, Meta(min_length=1, max_length=200)]
Chosen = Annotated[str, Meta(max_length=200)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class GrantForm(Struct):
    identifier: Typed
    role: Typed
    reason: Reason
    place: Chosen = ""
    building_id_compound: Chosen = ""
    building_id: Chosen = ""
    starts_on: date | None = None
    ends_on: date | None = None


class InviteForm(Struct):
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    role: Typed
    place: Chosen = ""
    building_id_compound: Chosen = ""
    building_id: Chosen = ""
    phone: Annotated[str, Check(check_phone)] = ""
    user_name: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


class EndForm(Struct):
    reason: Reason


def base_of(place: Place) -> str:
    """Where these pages lie in this portal."""
    return BASES[place.portal]


def chosen_place(place: Place, data: GrantForm | InviteForm) -> GrantPlace:
    """Where the role is to be held: one choice from a list, or compound and building from the picker.

    Raises:
        Invalid: nothing is chosen, or nothing that is a place.
    """
    if data.place or place.community is None:
        return read_place(data.place)
    if data.building_id_compound == WHOLE:
        return GrantPlace(place.community.id)
    compound_id, building_id = as_id(data.building_id_compound), as_id(data.building_id)
    if compound_id is None:
        raise Invalid.one("building_id", _("请选择范围"))
    return GrantPlace(place.community.id, compound_id, building_id)


def _form_choices(session: ScopedSession, actor: Actor, form: Form, compound: UUID | None) -> dict[str, Any]:
    compound = compound or _compound_in(form.value("place"))
    return {
        "roles": role_choices(session, actor, levels_of(session)),
        "places": place_choices(session, compound),
        "compound": str(compound or ""),
    }


def _compound_in(key: str) -> UUID | None:
    """The compound of a place that was chosen before, so that the form that comes back still lists it."""
    try:
        return read_place(key).compound_id
    except Invalid:
        return None


GRANTS = DataTable(
    name="roles",
    columns=(
        TableColumn("name", "姓名", is_fixed=True),
        TableColumn("role", "角色"),
        TableColumn("place", "范围"),
        TableColumn("starts_on", "开始", sort="starts_on", falls=True),
        TableColumn("ends_on", "截止", sort="ends_on"),
        TableColumn("given", "登记", sort="created_at", falls=True, is_shown=False),
        TableColumn("state", "状态"),
    ),
    sort="-created_at",
    # Not what was typed to find somebody: a view is kept as it stands.
    filters=("role", "term"),
)


@get("/", needs="core.staff.read", table=GRANTS)
def show_roles(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    table: TableState,
    name: Annotated[str, Meta(max_length=40)] = "",
    role: Annotated[str, Meta(max_length=40)] = "",
    term: Annotated[str, Meta(max_length=20)] = "current",
    after: str = "",
) -> View:
    chosen = term if term in STATES else "current"
    grants, next_page = list_grants(
        session,
        actor,
        name=name,
        role=role if role in ROLES else None,
        state=chosen,  # type: ignore[arg-type]
        sort=table.sort,
        after=after,
    )
    invitations, _more = list_invitations(session, actor) if not after else ([], None)
    context = {
        "base": base_of(place),
        "grants": grants,
        "next": next_page,
        "invitations": [(each, _(ROLES[each.role].title)) for each in invitations if each.role in ROLES],
        "roles": [(each.code, _(each.title)) for each in ROLES.values() if each.levels],
        "states": {key: _(title) for key, title in STATES.items()},
        "separation": separation_of(session) if place.portal is Portal.CONSOLE and not after else None,
    }
    return View("access/list.html", context, fragment="access/_list.html")


@get("/people/{account_id:uuid}", needs="core.staff.read")
def show_person(session: ScopedSession, actor: Actor, place: Place, account_id: UUID) -> View:
    grants, _next = list_grants(session, actor, account_id=account_id, state="all")
    account = linked_account(session, account_id)
    if account is None and not grants:
        raise NotFound
    context = {
        "base": base_of(place),
        "account": account,
        "name": account.display_name if account else grants[0].account_name,
        "account_id": account_id,
        "grants": grants,
        "is_in_office": any(grant.state != "ended" for grant in grants),
        "is_self": account_id == actor.account_id,
    }
    return View("access/person.html", context)


@get("/grants/{grant_id:uuid}", needs="core.staff.read")
def show_holder(session: ScopedSession, actor: Actor, place: Place, grant_id: UUID) -> View:
    """The page of the person who holds this role."""
    grant = get_grant(session, actor, grant_id)
    if grant is None:
        raise NotFound
    return show_person(session, actor, place, grant.account_id)


@get("/grant", needs="core.role.grant")
def new_grant(
    session: ScopedSession, actor: Actor, place: Place, form: Form, compound: UUID | None = None, identifier: str = ""
) -> View:
    choices = _form_choices(session, actor, form, compound)
    context = {"base": base_of(place), "identifier": identifier[:200], **choices}
    return View("access/grant.html", context)


@post("/grant", needs="core.role.grant", retry=new_grant)
def save_grant(session: ScopedSession, actor: Actor, place: Place, data: GrantForm) -> Redirect:
    account = find_linked_account(session, data.identifier)
    if account is None:
        raise Invalid.one("identifier", _("这里没有这个账号"), _("请核对，或改用邀请"))
    with kept_in_form():
        grant_role(
            session,
            actor,
            account.account_id,
            role=data.role,
            place=chosen_place(place, data),
            starts_on=data.starts_on,
            ends_on=data.ends_on,
            reason=data.reason,
        )
    message = _("已授予{name}“{role}”").format(name=account.display_name, role=_(ROLES[data.role].title))
    return Redirect(f"{base_of(place)}/people/{account.account_id}", message)


@get("/invite", needs="core.staff.manage")
def new_invitation(
    session: ScopedSession, actor: Actor, place: Place, form: Form, compound: UUID | None = None
) -> View:
    return View("access/invite.html", {"base": base_of(place), **_form_choices(session, actor, form, compound)})


@post("/invite", needs="core.staff.manage", retry=new_invitation)
def save_invitation(session: ScopedSession, actor: Actor, house: House, place: Place, data: InviteForm) -> View:
    made, token = invite(
        session,
        actor,
        role=data.role,
        place=chosen_place(place, data),
        name=data.name,
        phone=data.phone,
        user_name=data.user_name,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
    )
    return _invited(house, place, made, token)


def _invited(house: House, place: Place, made: Invitation, token: str) -> View:
    street = place.street.code if place.street else ""
    link = f"{house.settings.base_url}/account/invitations/{street}/{token}"
    return View("access/invited.html", {"base": base_of(place), "link": link, "invitation": made})


@post("/invitations/{invitation_id:uuid}/resend", needs="core.staff.manage")
def send_again(session: ScopedSession, actor: Actor, house: House, place: Place, invitation_id: UUID) -> View:
    """The same offer with a new link, shown once."""
    made, token = renew_invitation(session, actor, invitation_id)
    return _invited(house, place, made, token)


@post("/invitations/{invitation_id:uuid}/revoke", needs="core.staff.manage")
def end_invitation(session: ScopedSession, actor: Actor, place: Place, invitation_id: UUID) -> Redirect:
    revoke_invitation(session, actor, invitation_id)
    return Redirect(base_of(place), _("邀请已收回，链接立即失效"))


@post("/grants/{grant_id:uuid}/end", needs="core.role.grant", retry=show_holder)
def stop_grant(session: ScopedSession, actor: Actor, place: Place, grant_id: UUID, data: EndForm) -> Redirect:
    with kept_in_form():
        ended = end_grant(session, actor, grant_id, reason=data.reason)
    return Redirect(f"{base_of(place)}/people/{ended.account_id}", _("角色已终止，立即生效"))


@post("/people/{account_id:uuid}/leave", needs="core.staff.manage", retry=show_person)
def leave(session: ScopedSession, actor: Actor, place: Place, account_id: UUID, data: EndForm) -> Redirect:
    with kept_in_form():
        count = end_all_grants(session, actor, account_id, reason=data.reason)
    return Redirect(f"{base_of(place)}/people/{account_id}", _("已终止此人的 {n} 个角色").format(n=count))


@get("/people/{account_id:uuid}/why", needs="core.role.read")
def show_why(
    session: ScopedSession,
    actor: Actor,
    place: Place,
    request: Request,
    account_id: UUID,
    permission: Annotated[str, Meta(max_length=100)] = "",
    where: Annotated[str, Meta(max_length=120)] = "",
    compound: UUID | None = None,
) -> View:
    site = request.app.state.site
    grants, _next = list_grants(session, actor, account_id=account_id, state="all")
    account = linked_account(session, account_id)
    if account is None and not grants:
        raise NotFound
    titles = {name: _(title) for name, title in permission_titles(site.plugins).items()}
    places = place_choices(session, compound)
    chosen = where if where in places.titles else places.whole[0][0]
    found = None
    if permission in titles:
        found = explain(session, account_id, permission, read_place(chosen), roles=actor.permissions)
    context = {
        "base": base_of(place),
        "name": account.display_name if account else grants[0].account_name,
        "account_id": account_id,
        "permission": permission if permission in titles else "",
        "permissions": titles,
        "places": places,
        "compound": str(compound or ""),
        "where": chosen,
        "where_title": places.titles[chosen],
        "found": found,
        "would": [_(ROLES[code].title) for code in found.roles_that_would] if found else [],
    }
    return View("access/why.html", context)


_PAGES = (
    show_roles,
    *table_pages(show_roles),
    show_person,
    new_grant,
    save_grant,
    new_invitation,
    save_invitation,
    end_invitation,
    send_again,
    stop_grant,
    leave,
    show_why,
)


def role_pages(portal: Portal) -> list[Handler]:
    """The pages under the portal's own path."""
    base = BASES[portal]

    def rebased(page: Handler) -> Handler:
        path = base if page.path == "/" else base + page.path
        return replace(page, path=path, retry=rebased(page.retry) if page.retry else None)

    return [rebased(page) for page in _PAGES]
