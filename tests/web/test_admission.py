"""The two guards that no handler can opt out of, and what a caller who is turned away learns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta
from sqlalchemy import select, text
from tests.web.probe import probing, switch_on

from linli.db.session import ScopedSession
from linli.kit.actor import SYSTEM, Actor
from linli.kit.errors import Invalid, NotFound
from linli.kit.scope import Scope
from linli.settings.service import set_setting
from linli.tenancy.models import Compound
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD
from linli.web.results import Page, Redirect
from linli.web.routing import get, post


class Note(msgspec.Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=10)]
    count: Annotated[int, Meta(ge=1, le=9)] = 1


@get("/compounds", needs="core.compound.read")
def list_compounds(session: ScopedSession, actor: Actor, scope: Scope, q: str = "") -> Page[str]:
    return Page(items=list(session.scalars(select(Compound.name).where(Compound.name.contains(q)))))


@get("/compounds/{compound_id:uuid}", needs="core.compound.read")
def show_compound(session: ScopedSession, compound_id: UUID) -> Page[str]:
    found = session.scalar(select(Compound.name).where(Compound.id == compound_id))
    if found is None:
        raise NotFound
    return Page(items=[found])


@post("/compounds", needs="core.compound.manage")
def add_compound(session: ScopedSession, scope: Scope, data: Note) -> Page[str]:
    session.add(Compound(community_id=scope.community_id, name=data.title))
    session.flush()
    if data.count == 9:
        raise Invalid.one("count", "九个太多")
    return Page(items=[data.title])


@get("/write-on-read", public=True)
def write_on_read(session: ScopedSession, scope: Scope) -> Page[str]:
    session.add(Compound(community_id=scope.community_id, name="偷写"))
    session.flush()
    return Page(items=[])


@get("/broken", public=True)
def broken() -> Page[str]:
    raise RuntimeError("a secret of the house")


@post("/note", needs="core.compound.manage")
def save_note(session: ScopedSession, scope: Scope, data: Note) -> Redirect:
    session.add(Compound(community_id=scope.community_id, name=data.title))
    return Redirect("/probe/x", message="已保存")


API = [list_compounds, show_compound, add_compound, write_on_read, broken]


@pytest.fixture(scope="module")
def served(module_house) -> Iterator:
    switch_on(module_house, [street.communities[0] for street in WORLD.streets])
    with serving(module_house, probing(pages=[save_note], routes=API)) as client:
        yield client


def at(community, path: str = "/probe/compounds") -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}{path}"


@pytest.fixture
def admin(api: Api, world) -> Api:
    return api.token_for(world.here.communities[0].administrator, world.here.id)


class TestWhereThePluginIsOff:
    def test_every_route_is_unknown(self, api: Api, world) -> None:
        off = world.here.communities[1]
        api.token_for(off.administrator, world.here.id)
        assert api.get(at(off)).status_code == 404
        assert api.post(at(off), {"title": "新"}).status_code == 404

    def test_the_same_route_answers_where_it_is_on(self, admin: Api, world) -> None:
        assert admin.get(at(world.here.communities[0])).json() == {"items": ["一号院"], "next": None}


class TestPermission:
    def test_nobody_is_asked_to_sign_in(self, api: Api, world) -> None:
        answer = api.get(at(world.here.communities[0]))
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:linli:problem:unauthenticated"

    @pytest.mark.asvs("V8.2.1")
    def test_a_resident_may_not(self, api: Api, world) -> None:
        own = world.here.communities[0]
        api.token_for(own.resident_account, world.here.id)
        assert api.post(at(own), {"title": "新"}).status_code == 403

    def test_a_token_gives_no_more_than_its_own_permissions(self, api: Api, world) -> None:
        own = world.here.communities[0]
        api.token_for(own.administrator, world.here.id, "core.compound.read")
        assert api.get(at(own)).status_code == 200
        assert api.post(at(own), {"title": "新"}).status_code == 403

    @pytest.mark.parametrize("where", ["other community", "other street"])
    def test_a_role_ends_at_the_wall(self, admin: Api, world, where) -> None:
        target = world.here.communities[1] if where == "other community" else world.there.communities[0]
        assert admin.get(at(target)).status_code in {401, 403, 404}

    def test_a_token_of_one_street_opens_nothing_in_another(self, api: Api, world) -> None:
        api.token_for(world.there.administrator, world.there.id)
        assert api.get(at(world.here.communities[0])).status_code == 401

    def test_a_row_of_another_community_is_not_found(self, admin: Api, world) -> None:
        own, sibling = world.here.communities
        assert admin.get(at(own, f"/probe/compounds/{own.compound}")).status_code == 200
        assert admin.get(at(own, f"/probe/compounds/{sibling.compound}")).status_code == 404
        assert admin.get(at(own, f"/probe/compounds/{world.there.communities[0].compound}")).status_code == 404

    def test_a_made_up_token_is_refused(self, api: Api, world) -> None:
        api.headers = {"authorization": "Bearer linli_nonsense"}
        assert api.get(at(world.here.communities[0])).status_code == 401


class TestBadInput:
    def test_every_fault_of_a_body_is_named(self, admin: Api, world) -> None:
        answer = admin.post(at(world.here.communities[0]), {"title": "", "count": 10, "colour": "red"})
        assert answer.status_code == 422
        assert {fault["field"] for fault in answer.json()["errors"]} == {"title", "count", "colour"}

    def test_what_is_no_json_is_said_so(self, admin: Api, world) -> None:
        answer = admin.client.post(
            at(world.here.communities[0]),
            content=b'{"title": ',
            headers={**admin.headers, "content-type": "application/json"},
        )
        assert answer.status_code == 400
        assert answer.json()["type"] == "urn:linli:problem:bad-request"

    @pytest.mark.asvs("V2.3.3")
    def test_nothing_is_half_written(self, admin: Api, world) -> None:
        own = world.here.communities[0]
        assert admin.post(at(own), {"title": "半写", "count": 9}).status_code == 422
        assert "半写" not in admin.get(at(own)).json()["items"]

    def test_an_unknown_id_form_is_not_found(self, admin: Api, world) -> None:
        assert admin.get(at(world.here.communities[0], "/probe/compounds/17")).status_code == 404


class TestFaults:
    @pytest.mark.asvs("V3.5.3")
    def test_a_read_cannot_write(self, api: Api, world) -> None:
        own = world.here.communities[0]
        assert api.get(at(own, "/probe/write-on-read")).status_code in {500, 503}
        with api.house.database.unit_of_work(own.scope) as session:
            assert "偷写" not in session.scalars(select(Compound.name)).all()

    def test_a_bug_tells_no_secret(self, api: Api, world) -> None:
        answer = api.get(at(world.here.communities[0], "/probe/broken"))
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert answer.headers["x-request-id"] in answer.json()["instance"]

    def test_no_connection_keeps_a_scope(self, admin: Api, world) -> None:
        admin.get(at(world.here.communities[0]))
        with admin.house.database.open_transaction() as connection:
            assert connection.execute(text("SELECT current_setting('app.scope', true)")).scalar() in {
                None,
                "",
            }


class TestForms:
    @pytest.fixture
    def page(self, world) -> str:
        own = world.here.communities[0]
        return f"/s/{own.street_code}/c/{own.code}/admin/probe/note"

    def test_a_form_of_this_session_is_accepted(self, browser: Browser, world, page) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        answer = browser.post(page, {"title": "表单"})
        assert answer.status_code == 303
        assert answer.headers["location"].endswith("/admin/probe/x")

    @pytest.mark.asvs("V3.5.1")
    def test_without_its_token_it_is_refused(self, browser: Browser, world, page) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.client.post(page, data={"title": "伪造"}, follow_redirects=False).status_code == 403

    def test_with_another_sessions_token_it_is_refused(self, browser: Browser, world, page) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        stolen = browser.csrf
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.post(page, {"title": "伪造", "_csrf": stolen}).status_code == 403

    @pytest.mark.asvs("V3.5.1")
    @pytest.mark.parametrize(
        "headers",
        [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.test"}],
    )
    def test_from_another_site_it_is_refused(self, browser: Browser, world, page, headers) -> None:
        browser.sign_in_as(world.here.communities[0].administrator)
        assert browser.post(page, {"title": "伪造"}, headers=headers).status_code == 403

    def test_who_is_not_signed_in_is_led_to_the_door_and_back(self, browser: Browser, world) -> None:
        own = world.here.communities[0]
        answer = browser.get(f"/s/{own.street_code}/c/{own.code}/admin/?q=1")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/account/sign-in?next=/s/")


class TestLanguage:
    @pytest.fixture
    def landing(self, world) -> str:
        own = world.here.communities[0]
        return f"/s/{own.street_code}/c/{own.code}"

    def test_a_visitors_browser_is_heard_where_the_community_chose_none(self, browser: Browser, landing) -> None:
        answer = browser.get(landing, headers={"accept-language": "en-GB,en;q=0.9"})
        assert '<html lang="en"' in answer.text

    def test_the_communitys_choice_wins_over_the_browser_and_the_visitors_own_over_both(
        self, browser: Browser, landing, world
    ) -> None:
        own = world.here.communities[0]
        with browser.house.database.unit_of_work(own.scope) as session:
            set_setting(session, SYSTEM, "core", "default_locale", "zh_CN", community_id=own.id)
        browser.client.app.state.site.forget_looks()
        assert '<html lang="zh-CN"' in browser.get(landing, headers={"accept-language": "en"}).text
        browser.client.cookies.set("lang", "en")
        assert '<html lang="en"' in browser.get(landing).text


class TestCare:
    @pytest.mark.parametrize(
        "path", ["/nope", "/s/999999999/console", "/health/live", "/api/v1/s/999999999/communities"]
    )
    def test_every_answer_carries_the_careful_headers(self, browser: Browser, path) -> None:
        answer = browser.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
        assert answer.headers["cache-control"] == "no-store"
