"""My account: name, language, password, phone, and the browsers that are signed in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Request
from msgspec import Meta, Struct

from linli.house import House
from linli.identity.accounts import change_password, change_phone, update_profile
from linli.identity.codes import can_send_codes, request_code
from linli.identity.portal.cookies import session_cookie
from linli.identity.portal.factor_pages import own_token
from linli.identity.sessions import close_one, close_others, list_sessions, who_is
from linli.kit.text import gettext as _
from linli.web.forms import Form
from linli.web.preferences import preference_cookies
from linli.web.results import Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

Typed = Annotated[str, Meta(min_length=1, max_length=200)]
Password = Annotated[str, Meta(min_length=1, max_length=1000)]


class ProfileForm(Struct):
    name: Typed
    locale: Typed
    large_type: bool = False


class PasswordChange(Struct):
    current_password: Password
    new_password: Password


class PhoneRequest(Struct):
    phone: Typed


class PhoneChange(Struct):
    phone: Typed
    code: Typed
    current_password: Password


@get("/", signed_in=True)
def show_account(house: House, visit: Visit) -> View:
    digest = own_token(visit)
    with house.database.open_transaction() as connection:
        me = who_is(connection, digest, "session")
        sessions = list_sessions(connection, digest)
    context = {"me": vars(me), "sessions": sessions, "by_code": can_send_codes(house)}
    return View("identity/account.html", context)


@post("/profile", signed_in=True, retry=show_account)
def save_profile(house: House, visit: Visit, data: ProfileForm) -> Redirect:
    update_profile(house, own_token(visit), name=data.name, locale=data.locale, large_type=data.large_type)
    return Redirect("", _("已保存"), cookies=preference_cookies(house, locale=data.locale, large_type=data.large_type))


@get("/password", signed_in=True)
def show_password(visit: Visit) -> View:
    return View("identity/password.html", {"must_change": visit.must_change_password})


@post("/password", signed_in=True, retry=show_password)
def save_password(house: House, visit: Visit, request: Request, data: PasswordChange) -> Redirect:
    token = change_password(house, own_token(visit), data.current_password, data.new_password)
    message = _("密码已修改，其他设备上的登录已全部退出")
    return Redirect("", message, cookies=(session_cookie(request, token),))


@get("/phone", signed_in=True)
def show_phone(house: House, form: Form) -> View:
    return View("identity/phone.html", {"by_code": can_send_codes(house), "phone": form.value("phone"), "sent": False})


@post("/phone/code", signed_in=True, retry=show_phone)
def send_phone_code(house: House, visit: Visit, data: PhoneRequest) -> View:
    request_code(house, data.phone, "phone", ip=visit.ip)
    return View("identity/phone.html", {"by_code": True, "phone": data.phone, "sent": True})


@get("/phone/confirm", signed_in=True)
def show_phone_confirm(form: Form) -> View:
    return View("identity/phone.html", {"by_code": True, "phone": form.value("phone"), "sent": True})


@post("/phone/confirm", signed_in=True, retry=show_phone_confirm)
def save_phone(house: House, visit: Visit, data: PhoneChange) -> Redirect:
    change_phone(house, own_token(visit), data.current_password, data.phone, data.code)
    return Redirect("", _("手机号已更新，下次可以用它登录"))


@post("/sessions/{session_id:uuid}/end", signed_in=True)
def end_session(house: House, visit: Visit, session_id: UUID) -> Redirect:
    with house.database.open_transaction() as connection:
        close_one(connection, own_token(visit), session_id)
    return Redirect("", _("已退出这台设备上的登录"))


@post("/sessions/end-others", signed_in=True)
def end_other_sessions(house: House, visit: Visit) -> Redirect:
    with house.database.open_transaction() as connection:
        count = close_others(connection, own_token(visit))
    return Redirect("", _("已退出其他 {n} 台设备上的登录").format(n=count))


PAGES = [
    show_account,
    save_profile,
    show_password,
    save_password,
    show_phone,
    send_phone_code,
    show_phone_confirm,
    save_phone,
    end_session,
    end_other_sessions,
]
