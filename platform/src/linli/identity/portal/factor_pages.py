"""The second factor: asked for after the password, enrolled, dropped."""

from __future__ import annotations

from typing import Annotated

from litestar import Request
from msgspec import Meta, Struct

from linli.house import House
from linli.identity.portal.cookies import onwards, session_cookie
from linli.identity.sessions import who_is
from linli.identity.totp import (
    confirm_enrolment,
    drop_second_factor,
    own_secrets,
    pass_second_factor,
    start_enrolment,
)
from linli.kit.actor import Actor
from linli.kit.errors import Unauthenticated
from linli.kit.text import gettext as _
from linli.web.forms import Form
from linli.web.home import local_path
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

Code = Annotated[str, Meta(min_length=1, max_length=40)]


class FactorForm(Struct):
    code: Code
    next: str = "/"


class EnrolForm(Struct):
    code: Code


class DropForm(Struct):
    current_password: Annotated[str, Meta(min_length=1, max_length=1000)]


def own_token(visit: Visit) -> bytes:
    """The hash of this browser's session token.

    Raises:
        Unauthenticated: the browser sent none.
    """
    if visit.kind != "session" or visit.token is None:
        raise Unauthenticated
    return visit.token


@get("/second-factor", public=True)
def show_second_factor(house: House, visit: Visit, form: Form, next: str = "/") -> View | Redirect:  # noqa: A002
    wanted = local_path(form.value("next", next))
    if not own_secrets(house, own_token(visit)).waits:
        return Redirect(wanted, absolute=True)
    return View("identity/second_factor.html", {"next": wanted})


@post("/second-factor", public=True, retry=show_second_factor)
def give_second_factor(house: House, visit: Visit, request: Request, data: FactorForm) -> Redirect:
    token = pass_second_factor(house, own_token(visit), data.code)
    return onwards(request, data.next, token)


@get("/totp", signed_in=True)
def show_totp(house: House, visit: Visit, actor: Actor) -> View:
    digest = own_token(visit)
    with house.database.open_transaction() as connection:
        row = who_is(connection, digest, "session")
    if row.totp_enrolled:
        return View("identity/totp_on.html", {"recovery_left": row.recovery_left})
    label = row.user_name or row.phone_mask or actor.display_name
    return View("identity/totp_enrol.html", {"enrolment": start_enrolment(house, digest, label=label)})


@post("/totp", signed_in=True, retry=show_totp)
def enrol_totp(house: House, visit: Visit, request: Request, data: EnrolForm) -> View:
    token, recovery = confirm_enrolment(house, own_token(visit), data.code)
    # Shown in the answer itself, never kept: the new session's cookie comes along.
    return View("identity/recovery_codes.html", {"codes": recovery}, cookies=(session_cookie(request, token),))


@post("/totp/drop", signed_in=True, retry=show_totp)
def drop_totp(house: House, visit: Visit, data: DropForm) -> Redirect:
    drop_second_factor(house, own_token(visit), data.current_password)
    return Redirect("", _("已关闭动态验证码"))


PAGES = [show_second_factor, give_second_factor, show_totp, enrol_totp, drop_totp]
