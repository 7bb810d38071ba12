"""Signing in as a person does it: pages, forms, cookies; nothing needs a script."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from pyotp.totp import TOTP

from linli.identity.portal import account as pages
from linli.testing.web import Browser
from linli.web.routing import Handler


@pytest.fixture
def visitor(premises, browser, codes) -> Visitor:
    return Visitor(browser)


class Visitor:
    """Fills in the forms of the pages that it is shown."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.page = ""

    def open(self, path: str) -> int:
        answer = self.browser.get(path)
        self.page = html.unescape(answer.text)
        return answer.status_code

    def send(self, path: str, **fields: object):
        token = re.search(r'name="_csrf" value="([^"]*)"', self.page)
        answer = self.browser.post(path, {**fields, "_csrf": token[1] if token else ""})
        self.page = html.unescape(answer.text)
        return answer

    @property
    def cookie(self) -> str | None:
        return self.browser.client.cookies.get("sid")

    def sign_in(self, person, **fields):
        self.open("/account/sign-in")
        return self.send("/account/sign-in", **{"identifier": person.user_name, "password": person.password, **fields})


class TestSignIn:
    def test_a_form_and_a_cookie(self, visitor, person) -> None:
        answer = visitor.sign_in(person)
        assert answer.status_code == 303
        set_cookie = answer.headers["set-cookie"].lower()
        assert set_cookie.startswith("sid=")
        for part in ("httponly", "samesite=lax", "path=/"):
            assert part in set_cookie
        assert visitor.open("/account") == 200
        assert person.user_name in visitor.page

    def test_a_planted_cookie_is_not_adopted(self, visitor, person) -> None:
        visitor.browser.client.cookies.set("sid", "chosen-by-somebody-else", domain="linli.test")
        visitor.sign_in(person)
        assert visitor.cookie not in (None, "chosen-by-somebody-else")

    def test_signing_in_again_ends_the_session_before(self, visitor, person, premises) -> None:
        visitor.sign_in(person)
        before = visitor.cookie
        visitor.sign_in(person)
        assert visitor.cookie != before
        visitor.browser.client.cookies.clear()
        visitor.browser.client.cookies.set("sid", before)
        assert visitor.open("/account") == 303

    def test_a_wrong_password_shows_the_form_again_with_the_name_and_without_the_password(
        self, visitor, person
    ) -> None:
        answer = visitor.sign_in(person, password="a wrong password")
        assert answer.status_code == 422
        assert person.user_name in answer.text
        assert "a wrong password" not in answer.text
        assert "set-cookie" not in answer.headers

    def test_a_wrong_name_is_answered_with_the_same_page(self, visitor, person) -> None:
        known = visitor.sign_in(person, password="a wrong password").text
        unknown = visitor.sign_in(person, identifier="nobody-at-all", password="a wrong password").text
        assert known.replace(person.user_name, "X") == unknown.replace("nobody-at-all", "X")

    @pytest.mark.parametrize(
        ("wanted", "to"),
        [
            ("/s/999001001/console", "/s/999001001/console"),
            ("https://evil.test/", "/?arrived=1"),
            ("//evil.test", "/?arrived=1"),
            ("/\\evil.test", "/?arrived=1"),
            ("javascript:alert(1)", "/?arrived=1"),
            ("/ok\r\nset-cookie: x=1", "/?arrived=1"),
        ],
    )
    def test_it_leads_to_pages_of_this_site_only(self, visitor, person, wanted, to) -> None:
        assert visitor.sign_in(person, next=wanted).headers["location"] == to

    def test_from_another_site_nobody_is_signed_in(self, visitor, person) -> None:
        answer = visitor.browser.post(
            "/account/sign-in",
            {"identifier": person.user_name, "password": person.password},
            headers={"sec-fetch-site": "cross-site"},
        )
        assert answer.status_code == 403
        assert visitor.cookie is None

    def test_five_failures_and_the_door_says_how_long(self, visitor, person) -> None:
        for _ in range(5):
            visitor.sign_in(person, password="a wrong password")
        answer = visitor.sign_in(person)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 30

    def test_signing_out_ends_the_session(self, visitor, person) -> None:
        visitor.sign_in(person)
        token = visitor.cookie
        visitor.open("/account")
        assert visitor.send("/account/sign-out").status_code == 303
        assert not visitor.cookie
        visitor.browser.client.cookies.set("sid", token)
        assert visitor.open("/account") == 303

    def test_by_code(self, visitor, person, codes) -> None:
        visitor.open("/account/sign-in/code")
        assert visitor.send("/account/sign-in/code", phone=person.phone).status_code == 200
        answer = visitor.send("/account/sign-in/code/enter", phone=person.phone, code="wrong!")
        assert answer.status_code == 422
        assert f'value="{person.phone}"' in answer.text
        answer = visitor.send("/account/sign-in/code/enter", phone=person.phone, code=codes.last())
        assert answer.status_code == 303
        assert visitor.open("/account") == 200


class TestForgotten:
    def test_a_new_password_by_code(self, visitor, person, codes) -> None:
        visitor.open("/account/forgot")
        assert visitor.send("/account/forgot", phone=person.phone).status_code == 200
        answer = visitor.send("/account/forgot/new", phone=person.phone, code=codes.last(), password="a fresh word 12")
        assert answer.status_code == 303
        assert visitor.sign_in(person, password="a fresh word 12").status_code == 303

    def test_the_pages_for_known_and_unknown_phones_are_the_same(self, visitor, person) -> None:
        known = visitor.send("/account/forgot", phone=person.phone).text
        unknown = visitor.send("/account/forgot", phone="13712349999").text
        assert known.replace(person.phone, "X") == unknown.replace("13712349999", "X")


class TestSecondFactor:
    def test_enrol_sign_out_and_sign_in_with_it(self, visitor, person) -> None:
        visitor.sign_in(person)
        assert visitor.open("/account/totp") == 200
        before = visitor.cookie
        secret = re.search(r"<dd>([A-Z2-7]{32})</dd>", visitor.page)
        assert secret
        answer = visitor.send("/account/totp", code=TOTP(secret[1]).now())
        assert answer.status_code == 200
        recovery = re.findall(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>", answer.text)
        assert len(recovery) == 10
        assert visitor.cookie != before
        assert visitor.open("/account") == 200
        visitor.send("/account/sign-out")
        answer = visitor.sign_in(person, next="/account/tokens")
        assert answer.headers["location"] == "/account/second-factor?next=%2Faccount%2Ftokens"
        assert visitor.open("/account") == 303
        assert visitor.open("/account/second-factor?next=%2Faccount%2Ftokens") == 200
        assert visitor.send("/account/second-factor", code="000000", next="/account/tokens").status_code == 422
        answer = visitor.send("/account/second-factor", code=recovery[0], next="/account/tokens")
        assert answer.headers["location"] == "/account/tokens"
        assert visitor.open("/account/tokens") == 200

    @pytest.mark.asvs("V6.3.3")
    def test_street_staff_are_led_there_first(self, visitor, world) -> None:
        from sqlalchemy import text

        visitor.browser.sign_in_as(world.here.administrator)
        with visitor.browser.house.owner.engine.begin() as connection:
            connection.execute(
                text("UPDATE core.session SET totp_at = NULL WHERE account_id = :id"), {"id": world.here.administrator}
            )
        answer = visitor.browser.get(f"/s/{world.here.code}/console")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/account/totp"


class TestInvitation:
    def test_the_link_makes_an_account_and_opens_the_portal(self, visitor, world, premises) -> None:
        from linli.access.places import GrantPlace
        from linli.identity.invitations import invite
        from linli.kit.actor import SYSTEM

        community = world.here.communities[0]
        with premises.database.unit_of_work(world.here.scope) as session:
            _made, token = invite(
                session,
                SYSTEM,
                role="community_administrator",
                place=GrantPlace(community.id),
                name="新管理员",
            )
        path = f"/account/invitations/{world.here.code}/{token}"
        assert visitor.open(path) == 200
        assert "社区管理员" in visitor.page
        answer = visitor.send(path, user_name="new-admin", password="short")
        assert answer.status_code == 422
        assert 'value="new-admin"' in answer.text
        assert visitor.send(path, user_name="new-admin", password="a fresh word 12").status_code == 303
        assert visitor.open("/account") == 200
        assert visitor.open(path) == 404

    def test_a_made_up_link_is_not_found(self, visitor, world) -> None:
        assert visitor.open(f"/account/invitations/{world.here.code}/made-up") == 404


class TestAccount:
    def test_language_and_type(self, visitor, person) -> None:
        visitor.sign_in(person)
        visitor.open("/account")
        visitor.send("/account/profile", name="改过的名字", locale="zh_CN", large_type="1")
        visitor.open("/account")
        assert "改过的名字" in visitor.page
        assert "large-type" in visitor.page

    @pytest.mark.asvs("V6.2.2")
    def test_a_changed_password_gives_a_new_cookie(self, visitor, person) -> None:
        visitor.sign_in(person)
        before = visitor.cookie
        visitor.open("/account/password")
        answer = visitor.send("/account/password", current_password=person.password, new_password="a fresh word 12")
        assert answer.status_code == 303
        assert visitor.cookie != before
        assert visitor.open("/account") == 200

    def test_another_device_is_signed_out(self, visitor, person, sign, premises) -> None:
        from linli.identity.sessions import who_is

        _signed, other = sign(person)
        visitor.sign_in(person)
        visitor.open("/account")
        path = re.search(r"/account/sessions/[0-9a-f-]{36}/end", visitor.page)
        assert path
        assert visitor.send(path[0]).status_code == 303
        with premises.database.open_transaction() as connection:
            assert who_is(connection, other, "session").account_id is None

    @pytest.mark.asvs("V7.5.1")
    def test_a_new_phone_by_code(self, visitor, person, codes) -> None:
        visitor.sign_in(person)
        visitor.open("/account/phone")
        visitor.send("/account/phone/code", phone="13733334444")
        answer = visitor.send(
            "/account/phone/confirm", phone="13733334444", code=codes.last(), current_password=person.password
        )
        assert answer.status_code == 303
        visitor.open("/account")
        assert "137****4444" in visitor.page

    def test_a_token_is_shown_once(self, visitor, world, premises, person) -> None:
        from linli.access.models import RoleGrant
        from linli.kit.clock import today

        with premises.owner.unit_of_work(world.here.scope) as session:
            session.add(
                RoleGrant(
                    account_id=person.id,
                    account_name="测试人",
                    role="community_administrator",
                    community_id=world.here.communities[0].id,
                    starts_on=today(),
                    reason="测试",
                )
            )
        visitor.sign_in(person)
        assert visitor.open("/account/tokens") == 200
        form = {"street": world.here.code, "name": "月报", "scopes": ["core.dwelling.read"], "days": "30"}
        assert visitor.send("/account/tokens", **form, password="a wrong password").status_code == 422
        answer = visitor.send("/account/tokens", **form, password=person.password)
        token = re.search(r"linli_[\w-]{43}", answer.text)
        assert token
        visitor.open("/account/tokens")
        assert token[0] not in visitor.page
        path = re.search(r"/account/tokens/[0-9a-f-]{36}/revoke", visitor.page)
        assert path
        assert visitor.send(path[0]).status_code == 303


def test_every_page_of_the_account_asks_who_is_there(browser) -> None:
    for page in pages:
        assert isinstance(page, Handler)
        if page.public or page.method != "GET":
            continue
        answer = browser.get(f"/account{page.path}")
        assert answer.status_code == 303, page.path
        assert answer.headers["location"].startswith("/account/sign-in?next=")


def test_no_page_is_kept_by_the_browser(visitor, person) -> None:
    visitor.sign_in(person)
    answer = visitor.browser.get("/account")
    assert answer.headers["cache-control"] == "no-store"


def test_use_of_a_session_is_noted_and_prolongs_it(visitor, person, as_owner) -> None:
    visitor.sign_in(person)
    as_owner(
        "UPDATE core.session SET seen_at = now() - interval '1 day', expires_at = now() + interval '1 hour' "
        "WHERE account_id = :id",
        id=person.id,
    )
    visitor.open("/account")
    ((seen, prolonged),) = as_owner(
        "SELECT seen_at > now() - interval '1 minute', expires_at > now() + interval '13 days' "
        "FROM core.session WHERE account_id = :id",
        id=person.id,
    )
    assert (seen, prolonged) == (True, True)


def test_the_session_cookie_is_bound_to_the_host_where_https_is_on() -> None:
    from types import SimpleNamespace

    from linli.identity.portal.cookies import session_cookie

    for https, name in ((True, "__Host-sid"), (False, "sid")):
        house = SimpleNamespace(settings=SimpleNamespace(https=https))
        site = SimpleNamespace(session_cookie=name, house=house)
        request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(site=site)))
        cookie = session_cookie(request, "token")
        assert (cookie.key, cookie.secure, cookie.httponly, cookie.path) == (name, https, True, "/")
        assert cookie.domain is None


def test_a_resident_is_invited_from_the_register(browser, world) -> None:
    own = world.here.communities[0]
    browser.sign_in_as(own.administrator)
    base = f"/s/{own.street_code}/c/{own.code}/admin/residents"
    answer = browser.post(f"{base}/{own.residents[2]}/invitation")
    assert answer.status_code == 200
    link = re.search(rf"/account/invitations/{own.street_code}/[\w-]{{43}}", html.unescape(answer.text))
    assert link
    assert browser.get(link[0]).status_code == 200
    for stranger in (world.here.communities[1].residents[0], world.there.communities[0].residents[0]):
        assert browser.post(f"{base}/{stranger}/invitation").status_code == 404
    browser.sign_in_as(own.steward)
    assert browser.post(f"{base}/{own.residents[2]}/invitation").status_code == 403
