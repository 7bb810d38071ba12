"""Signing in by password or by a code to the phone, and signing out."""

from __future__ import annotations

from typing import Annotated

from litestar import Request
from msgspec import Meta, Struct

from linli.house import House
from linli.identity.codes import can_send_codes, request_code
from linli.identity.portal.cookies import no_session_cookie, onwards
from linli.identity.sessions import close_session
from linli.identity.sign_in import sign_in, sign_in_with_code
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.web.forms import Form
from linli.web.home import local_path
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

Typed = Annotated[str, Meta(min_length=1, max_length=200)]


class PasswordForm(Struct):
    identifier: Typed
    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    next: str = "/"


class PhoneForm(Struct):
    phone: Typed
    next: str = "/"


class CodeForm(Struct):
    phone: Typed
    code: Typed
    next: str = "/"


@get("/sign-in", public=True)
def show_sign_in(house: House, form: Form, next: str = "/") -> View:  # noqa: A002 - the address says next
    wanted = local_path(form.value("next", next))
    return View("identity/sign_in.html", {"next": wanted, "by_code": can_send_codes(house)})


@post("/sign-in", public=True, retry=show_sign_in)
def sign_in_by_password(house: House, visit: Visit, request: Request, data: PasswordForm) -> Redirect:
    signed = sign_in(
        house,
        data.identifier,
        data.password,
        ip=visit.ip,
        user_agent=visit.user_agent,
        replaces=visit.token,
    )
    return onwards(request, data.next, signed.token, waits_for_totp=signed.waits_for_totp)


@get("/sign-in/code", public=True)
def show_code_sign_in(house: House, form: Form, next: str = "/") -> View:  # noqa: A002 - the address says next
    if not can_send_codes(house):
        raise NotFound(_("这里没有开通短信验证码，请用密码登录"))
    return View("identity/code_phone.html", {"next": local_path(form.value("next", next))})


@post("/sign-in/code", public=True, retry=show_code_sign_in)
def send_sign_in_code(house: House, visit: Visit, data: PhoneForm) -> View:
    request_code(house, data.phone, "sign_in", ip=visit.ip)
    return View("identity/code_enter.html", {"next": local_path(data.next), "phone": data.phone, "is_fresh": True})


@get("/sign-in/code/enter", public=True)
def show_code_entry(form: Form, next: str = "/") -> View:  # noqa: A002 - the address says next
    context = {"next": local_path(form.value("next", next)), "phone": form.value("phone"), "is_fresh": False}
    return View("identity/code_enter.html", context)


@post("/sign-in/code/enter", public=True, retry=show_code_entry)
def sign_in_by_code(house: House, visit: Visit, request: Request, data: CodeForm) -> Redirect:
    signed = sign_in_with_code(
        house,
        data.phone,
        data.code,
        ip=visit.ip,
        user_agent=visit.user_agent,
        replaces=visit.token,
    )
    return onwards(request, data.next, signed.token, waits_for_totp=signed.waits_for_totp)


@post("/sign-out", public=True)
def sign_out(house: House, visit: Visit, request: Request) -> Redirect:
    if visit.kind == "session" and visit.token is not None:
        with house.database.open_transaction() as connection:
            close_session(connection, visit.token)
    return Redirect("/", _("您已退出登录"), absolute=True, cookies=(no_session_cookie(request),))


PAGES = [
    show_sign_in,
    sign_in_by_password,
    show_code_sign_in,
    send_sign_in_code,
    show_code_entry,
    sign_in_by_code,
    sign_out,
]
