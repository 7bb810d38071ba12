"""The page behind an invitation's link."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.db.session import ScopedSession
from linli.house import House
from linli.identity.acceptance import Acceptance, accept_as_newcomer, accept_as_oneself, read_offer
from linli.identity.invitations import invite_resident
from linli.identity.portal.cookies import onwards
from linli.identity.portal.factor_pages import own_token
from linli.kit.actor import Actor
from linli.kit.text import gettext as _
from linli.web.place import Place
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit


class NewcomerForm(Struct):
    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    user_name: str = ""


@get("/invitations/{street:str}/{token:str}", public=True)
def show_invitation(house: House, visit: Visit, street: str, token: str) -> View:
    return View("identity/invitation.html", {"offer": read_offer(house, street, token, ip=visit.ip)})


@post("/invitations/{street:str}/{token:str}", public=True, retry=show_invitation)
def accept_invitation(
    house: House, visit: Visit, request: Request, street: str, token: str, data: NewcomerForm
) -> Redirect:
    signed = accept_as_newcomer(
        house,
        street,
        token,
        Acceptance(data.password, data.user_name),
        ip=visit.ip,
        user_agent=visit.user_agent,
        replaces=visit.token,
    )
    return onwards(request, "/", signed.token, message=_("欢迎使用邻里，您的账号已开通"))


@post("/invitations/{street:str}/{token:str}/mine", signed_in=True, retry=show_invitation)
def accept_with_own_account(house: House, visit: Visit, street: str, token: str) -> Redirect:
    accept_as_oneself(house, street, token, own_token(visit), ip=visit.ip)
    return Redirect("/", _("已接受邀请"), absolute=True)


@post("/residents/{resident_id:uuid}/invitation", needs="core.resident.manage")
def invite_from_register(session: ScopedSession, actor: Actor, house: House, place: Place, resident_id: UUID) -> View:
    """A link for a resident who has no account yet; shown once."""
    made, token = invite_resident(session, actor, resident_id)
    street = place.street.code if place.street else ""
    link = f"{house.settings.base_url}/account/invitations/{street}/{token}"
    return View("identity/resident_invited.html", {"link": link, "invitation": made})


ADMIN = [invite_from_register]
PAGES = [show_invitation, accept_invitation, accept_with_own_account]
