"""A forgotten password: phone, then code and new password."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from linli.house import House
from linli.identity.codes import can_send_codes
from linli.identity.reset import finish_reset, start_reset
from linli.kit.text import gettext as _
from linli.web.forms import Form
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

Typed = Annotated[str, Meta(min_length=1, max_length=200)]


class ForgotForm(Struct):
    phone: Typed


class NewPasswordForm(Struct):
    phone: Typed
    code: Typed
    password: Annotated[str, Meta(min_length=1, max_length=1000)]


@get("/forgot", public=True)
def show_forgot(house: House) -> View:
    return View("identity/forgot.html", {"by_code": can_send_codes(house)})


@post("/forgot", public=True, retry=show_forgot)
def send_reset_code(house: House, visit: Visit, data: ForgotForm) -> View:
    start_reset(house, data.phone, ip=visit.ip)
    return View("identity/new_password.html", {"phone": data.phone, "is_fresh": True})


@get("/forgot/new", public=True)
def show_new_password(form: Form) -> View:
    return View("identity/new_password.html", {"phone": form.value("phone"), "is_fresh": False})


@post("/forgot/new", public=True, retry=show_new_password)
def set_new_password(house: House, data: NewPasswordForm) -> Redirect:
    finish_reset(house, data.phone, data.code, data.password)
    return Redirect("/sign-in", _("密码已重设，请用新密码登录"))


PAGES = [show_forgot, send_reset_code, show_new_password, set_new_password]
