"""Roles in the API: who am I here, who holds what, granting, ending, inviting, explaining."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import Meta

from linli.access.permissions import permission_titles
from linli.access.places import GrantPlace
from linli.access.repository import GrantRow, explain, get_grant
from linli.access.repository import list_grants as find_grants
from linli.access.roles import ROLES
from linli.access.service import end_all_grants, end_grant, find_linked_account, grant_role
from linli.db.session import ScopedSession
from linli.house import House
from linli.identity import invitations
from linli.identity.models import Invitation
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, After, Limit
from linli.kit.errors import Invalid, NotFound
from linli.kit.text import gettext as _
from linli.web.place import Place
from linli.web.results import Page, page_of
from linli.web.routing import delete, get, post

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
#: Ids grow as rows are made.
Newest = Literal["created_at", "-created_at"]
TAGS = ["roles"]


class HeldRole(msgspec.Struct):
    """A role that the caller holds here today."""

    role: str
    community_id: UUID | None
    compound_id: UUID | None
    building_id: UUID | None
    ends_on: date | None


class Me(msgspec.Struct):
    """The caller, in this place."""

    account_id: UUID
    display_name: str
    roles: list[HeldRole]
    permissions: Annotated[list[str], Meta(description="what the caller's token may use somewhere in this place")]


class RoleOut(msgspec.Struct):
    """A built-in role."""

    code: str
    title: str
    levels: list[str]
    permissions: list[str]
    granted_by: list[str]


class GrantOut(msgspec.Struct):
    """A role that somebody holds, will hold or held."""

    id: UUID
    account_id: UUID
    account_name: str
    role: str
    community_id: UUID | None
    compound_id: UUID | None
    building_id: UUID | None
    place: str
    starts_on: date
    ends_on: Annotated[date | None, Meta(description="the last day, which is part of the term")]
    granted_by: str
    reason: str
    state: Literal["current", "future", "ended"]


class Where(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A place; all three left out means the whole street."""

    community_id: UUID | None = None
    compound_id: UUID | None = None
    building_id: UUID | None = None


class GrantIn(Where, kw_only=True):
    """A role to give. Name the account by ``account_id`` or by ``identifier``, a user name or phone."""

    role: Name
    reason: Reason
    account_id: UUID | None = None
    identifier: Annotated[str, Meta(max_length=100)] = ""
    starts_on: date | None = None
    ends_on: date | None = None


class GrantEnd(msgspec.Struct, forbid_unknown_fields=True):
    """Why a role ends."""

    reason: Reason


class Ended(msgspec.Struct):
    """How many roles have ended."""

    count: int


class InvitationIn(Where, kw_only=True):
    """Whom to invite, and for what."""

    role: Name
    name: Annotated[str, Meta(min_length=1, max_length=40)]
    phone: Annotated[str, Meta(max_length=30)] = ""
    user_name: Annotated[str, Meta(max_length=32)] = ""
    starts_on: date | None = None
    ends_on: date | None = None


class InvitationOut(msgspec.Struct):
    """An open invitation; the phone is masked."""

    id: UUID
    name: str
    role: str
    phone: str
    user_name: str
    community_id: UUID | None
    compound_id: UUID | None
    building_id: UUID | None
    starts_on: date | None
    ends_on: date | None
    expires_at: datetime


class Invited(InvitationOut):
    """A new invitation with its link, which is told once."""

    link: str


class GroundOut(msgspec.Struct):
    """A role and whether it gives the permission at the place."""

    role: str
    place: str
    gives: bool
    why_not: str
    since: date | None
    until: date | None
    granted_by: str
    reason: str


class ExplanationOut(msgspec.Struct):
    """Whether an account may do something at a place today, and why."""

    permission: str
    allowed: bool
    grounds: list[GroundOut]
    roles_that_would: list[str]


def _grant(row: GrantRow) -> GrantOut:
    return GrantOut(**{name: getattr(row, name) for name in GrantOut.__struct_fields__})


def _invitation(row: Invitation) -> dict[str, object]:
    names = [name for name in InvitationOut.__struct_fields__ if name != "phone"]
    return {**{name: getattr(row, name) for name in names}, "phone": row.phone_mask}


def _place(data: Where, scope_community: UUID | None) -> GrantPlace:
    # Within a community's address a place that names none is in that community.
    return GrantPlace(data.community_id or scope_community, data.compound_id, data.building_id)


@get("/me", signed_in=True, tags=["account"])
def show_me(actor: Actor) -> Me:
    """Who the token belongs to, and what it may do here."""
    held = {name for grant in actor.grants for name in actor.permissions.get(grant.role, ())}
    usable = held if actor.token_scopes is None else held & actor.token_scopes
    if actor.account_id is None:
        raise NotFound
    names = HeldRole.__struct_fields__
    roles = [HeldRole(**{name: getattr(grant, name) for name in names}) for grant in actor.grants]
    return Me(actor.account_id, actor.display_name, roles, sorted(usable))


@get("/roles", needs="core.role.read", tags=TAGS)
def list_roles(actor: Actor, after: After = "", limit: Limit = PAGE) -> Page[RoleOut]:
    """The built-in roles, with the permissions that plugins add, as they hold in this street."""
    permissions = actor.permissions
    roles = [
        RoleOut(
            role.code,
            _(role.title),
            sorted(role.levels),
            sorted(permissions.get(role.code, ())),
            sorted(role.granted_by),
        )
        for role in ROLES.values()
    ]
    return page_of(roles, after, limit, key=lambda role: role.code)


@get("/grants", needs="core.role.read", tags=TAGS)
def list_grants(
    session: ScopedSession,
    actor: Actor,
    account_id: UUID | None = None,
    role: Annotated[str, Meta(max_length=40)] = "",
    community_id: UUID | None = None,
    q: Annotated[str, Meta(max_length=40, description="a part of the holder's name")] = "",
    term: Literal["current", "future", "ended", "all"] = "current",
    sort: Literal["created_at", "-created_at", "starts_on", "-starts_on", "ends_on", "-ends_on"] = "-created_at",
    after: After = "",
    limit: Limit = PAGE,
) -> Page[GrantOut]:
    """Roles held here."""
    rows, following = find_grants(
        session,
        actor,
        account_id=account_id,
        role=role.replace("\0", "") or None,
        community_id=community_id,
        state=term,
        name=q,
        sort=sort,
        after=after,
        limit=limit,
    )
    return Page(items=[_grant(row) for row in rows], next=following)


@get("/grants/{grant_id:uuid}", needs="core.role.read", tags=TAGS)
def show_grant(session: ScopedSession, actor: Actor, grant_id: UUID) -> GrantOut:
    """One role that somebody holds, will hold or held."""
    return _found(session, actor, grant_id)


@post("/grants", needs="core.role.grant", tags=TAGS, also=(202,))
def add_grant(session: ScopedSession, actor: Actor, data: GrantIn) -> GrantOut:
    """Give an account that this street knows a role at a place for a term."""
    account_id = data.account_id
    if account_id is None:
        account = find_linked_account(session, data.identifier)
        if account is None:
            raise Invalid.one("identifier", _("这里没有这个账号"), _("请核对，或改用邀请"))
        account_id = account.account_id
    made = grant_role(
        session,
        actor,
        account_id,
        role=data.role,
        place=_place(data, session.scope.community_id),
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason,
    )
    return _found(session, actor, made.id)


@post("/grants/{grant_id:uuid}/end", needs="core.role.grant", status=200, tags=TAGS, also=(202,))
def stop_grant(session: ScopedSession, actor: Actor, grant_id: UUID, data: GrantEnd) -> GrantOut:
    """End a role at once; it stays in the list."""
    end_grant(session, actor, grant_id, reason=data.reason)
    return _found(session, actor, grant_id)


@post("/accounts/{account_id:uuid}/end-grants", needs="core.staff.manage", status=200, tags=TAGS, also=(202,))
def end_grants(session: ScopedSession, actor: Actor, account_id: UUID, data: GrantEnd) -> Ended:
    """End every role that an account holds here, as when somebody leaves."""
    return Ended(end_all_grants(session, actor, account_id, reason=data.reason))


@get("/explanation", needs="core.role.read", tags=TAGS)
def show_explanation(
    session: ScopedSession,
    actor: Actor,
    request: Request,
    account_id: UUID,
    permission: Annotated[str, Meta(max_length=100)],
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
    building_id: UUID | None = None,
) -> ExplanationOut:
    """Why an account may do something at a place today, or why not."""
    site = request.app.state.site
    if permission not in permission_titles(site.plugins):
        raise Invalid.one("permission", _("没有这项权限"))
    place = GrantPlace(community_id or session.scope.community_id, compound_id, building_id)
    found = explain(session, account_id, permission, place, roles=actor.permissions)
    names = GroundOut.__struct_fields__
    grounds = [GroundOut(**{name: getattr(ground, name) for name in names}) for ground in found.grounds]
    return ExplanationOut(permission, found.allowed, grounds, list(found.roles_that_would))


@get("/invitations", needs="core.staff.read", tags=TAGS)
def list_invitations(
    session: ScopedSession,
    actor: Actor,
    sort: Newest = "-created_at",
    after: UUID | None = None,
    limit: Limit = PAGE,
) -> Page[InvitationOut]:
    """Open invitations to roles."""
    rows, following = invitations.list_invitations(
        session, actor, oldest_first=sort == "created_at", after=after, limit=limit
    )
    items = [InvitationOut(**_invitation(row)) for row in rows]  # type: ignore[arg-type]
    return Page(items=items, next=str(following) if following else None)


@post("/invitations", needs="core.staff.manage", tags=TAGS)
def add_invitation(session: ScopedSession, actor: Actor, house: House, place: Place, data: InvitationIn) -> Invited:
    """Invite somebody to a role; the answer holds the link to hand over, good for seven days."""
    made, token = invitations.invite(
        session,
        actor,
        role=data.role,
        place=_place(data, session.scope.community_id),
        name=data.name,
        phone=data.phone,
        user_name=data.user_name,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
    )
    return _invited(house, place, made, token)


@post("/invitations/{invitation_id:uuid}/resend", needs="core.staff.manage", tags=TAGS)
def resend_invitation(session: ScopedSession, actor: Actor, house: House, place: Place, invitation_id: UUID) -> Invited:
    """Make an open invitation once more, with a new link for seven days; the earlier link is dead at once."""
    made, token = invitations.renew_invitation(session, actor, invitation_id)
    return _invited(house, place, made, token)


@delete("/invitations/{invitation_id:uuid}", needs="core.staff.manage", tags=TAGS)
def revoke_invitation(session: ScopedSession, actor: Actor, invitation_id: UUID) -> None:
    """Take an invitation back; its link is dead at once."""
    invitations.revoke_invitation(session, actor, invitation_id)


def _invited(house: House, place: Place, made: Invitation, token: str) -> Invited:
    street = place.street.code if place.street else ""
    link = f"{house.settings.base_url}/account/invitations/{street}/{token}"
    return Invited(**_invitation(made), link=link)  # type: ignore[arg-type]


def _found(session: ScopedSession, actor: Actor, grant_id: UUID) -> GrantOut:
    row = get_grant(session, actor, grant_id)
    if row is None:
        raise NotFound
    return _grant(row)


_BOTH = [
    show_me,
    list_roles,
    list_grants,
    show_grant,
    add_grant,
    stop_grant,
    end_grants,
    show_explanation,
    list_invitations,
    add_invitation,
    resend_invitation,
    revoke_invitation,
]
street_api = _BOTH
community_api = _BOTH
