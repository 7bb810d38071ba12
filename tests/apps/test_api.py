"""What an app can do with its token: as itself, where it is let in, what it was given, until it is stopped."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.apps.conftest import terms

from linli.apps.models import App
from linli.apps.panel import subject_of
from linli.apps.schemas import AppIn
from linli.apps.service import Ground, Registered, register_app
from linli.apps.signing import read_panel_context
from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM
from linli.kit.clock import now
from linli.outward import Outward
from linli.testing.web import Api, Browser


@pytest.fixture
def register(served, module_house, world):
    """``register(permissions=[…])``: an app of the first street, revoked when the test ends."""
    made: list[Registered] = []

    def make(**given: Any) -> Registered:
        site = served.app.state.site
        number = f"app-{len(made)}-{now().timestamp():.6f}".replace(".", "-")
        usual: dict[str, Any] = {"name": number, "event_types": [], "webhook_url": ""}
        wanted: AppIn = terms(**{**usual, **given})
        with module_house.database.unit_of_work(world.here.scope) as session:
            done = register_app(session, SYSTEM, Ground(site.plugins, Outward(), ""), wanted)
            session.expunge(done.app)
        made.append(done)
        return done

    yield make
    with module_house.database.unit_of_work(world.here.scope) as session:
        session.execute(update(App).values(state="revoked"))


@pytest.fixture
def call(api: Api):
    """``call(app, path)``: a GET with the app's token."""

    def ask(made: Registered, path: str, method: str = "GET", json: Any = None):
        api.headers = {"authorization": f"Bearer {made.token}"}
        return api.request(method, path, json)

    return ask


def street(world, path: str) -> str:
    return f"/api/v1/s/{world.here.code}{path}"


def community(place, path: str) -> str:
    return f"/api/v1/s/{place.street_code}/c/{place.code}{path}"


class TestReach:
    def test_it_does_what_it_was_given_and_nothing_else(self, register, call, world) -> None:
        made, own = register(), world.here.communities[0]
        assert call(made, street(world, "/compounds")).status_code == 200
        assert call(made, community(own, "/compounds")).status_code == 200
        assert call(made, community(own, "/residents")).status_code == 403
        assert call(made, street(world, "/apps")).status_code == 403

    def test_let_in_one_community_it_is_in_that_one(self, register, call, world) -> None:
        first, second = world.here.communities
        made = register(whole_street=False, communities=[first.id])
        assert call(made, community(first, "/compounds")).status_code == 200
        assert call(made, community(second, "/compounds")).status_code == 403
        assert call(made, street(world, "/compounds")).status_code == 403

    def test_in_another_street_its_token_is_none(self, register, call, world) -> None:
        made = register()
        assert call(made, f"/api/v1/s/{world.there.code}/compounds").status_code == 401
        assert call(made, community(world.there.communities[0], "/compounds")).status_code == 401

    def test_residents_are_masked_as_for_anybody(self, register, call, world) -> None:
        made, own = register(permissions=["core.resident.read"]), world.here.communities[0]
        answer = call(made, community(own, "/residents"))
        assert answer.status_code == 200
        assert answer.json()["items"]
        assert not re.search(r"\b1[3-9][0-9]{9}\b", answer.text)

    def test_what_is_about_ones_own_account_is_not_for_apps(self, register, call, world) -> None:
        assert call(register(), community(world.here.communities[0], "/me")).status_code == 403

    def test_a_change_of_its_terms_holds_at_the_next_request(self, register, call, module_house, world) -> None:
        made, path = register(), street(world, "/compounds")
        assert call(made, path).status_code == 200
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(update(App).where(App.id == made.app.id).values(permissions=[]))
        assert call(made, path).status_code == 403

    @pytest.mark.parametrize("state", ["suspended", "revoked"])
    def test_stopped_it_is_nobody_at_the_next_request(self, register, call, module_house, world, state) -> None:
        made, path = register(), street(world, "/compounds")
        assert call(made, path).status_code == 200
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(update(App).where(App.id == made.app.id).values(state=state))
        assert call(made, path).status_code == 401

    def test_it_acts_as_itself_in_the_record(self, register, call, module_house, world) -> None:
        made = register(permissions=["core.compound.manage", "core.compound.read"])
        own = world.here.communities[0]
        answer = call(made, community(own, "/compounds"), "POST", {"name": "应用建的小区"})
        assert answer.status_code == 201, answer.text
        with module_house.database.unit_of_work(world.here.scope) as session:
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.subject_id == answer.json()["id"]).order_by(AuditEntry.n)
            ).first()
        assert entry is not None
        assert (entry.actor_id, entry.actor_name) == (made.app.id, "应用 平安门禁")


class TestTokens:
    def test_an_old_token_goes_on_for_the_overlap(self, register, call, browser, api, world, module_house) -> None:
        made, path = register(), street(world, "/compounds")
        api.token_for(world.here.administrator, world.here.id)
        answer = api.post(street(world, f"/apps/{made.app.id}/tokens"), {"days": 30, "overlap_hours": 1})
        assert answer.status_code == 201, answer.text
        fresh = Registered(made.app, answer.json()["token"], "")
        tokens = answer.json()["app"]["tokens"]
        assert [call(each, path).status_code for each in (made, fresh)] == [200, 200]
        ends = min(each["expires_at"] for each in tokens)
        assert ends < (now() + timedelta(hours=1, minutes=1)).isoformat()

    def test_without_an_overlap_it_is_over(self, register, call, api, world) -> None:
        made, path = register(), street(world, "/compounds")
        api.token_for(world.here.administrator, world.here.id)
        answer = api.post(street(world, f"/apps/{made.app.id}/tokens"), {"days": 30, "overlap_hours": 0})
        fresh = Registered(made.app, answer.json()["token"], "")
        assert [call(each, path).status_code for each in (made, fresh)] == [401, 200]

    def test_one_is_ended_at_once(self, register, call, api, world) -> None:
        made, path = register(), street(world, "/compounds")
        api.token_for(world.here.administrator, world.here.id)
        [token] = api.get(street(world, f"/apps/{made.app.id}")).json()["tokens"]
        assert made.token not in api.get(street(world, f"/apps/{made.app.id}")).text
        ending = street(world, f"/apps/{made.app.id}/tokens/{token['id']}/revoke")
        assert api.post(ending).status_code == 200
        assert call(made, path).status_code == 401
        api.token_for(world.here.administrator, world.here.id)
        assert api.post(ending).status_code == 404

    def test_using_it_is_noted(self, register, call, api, world) -> None:
        made = register()
        call(made, street(world, "/compounds"))
        api.token_for(world.here.administrator, world.here.id)
        assert api.get(street(world, f"/apps/{made.app.id}")).json()["last_used_at"]


class TestRate:
    def test_an_app_has_as_many_requests_as_it_is_granted(self, register, call, world) -> None:
        made, path = register(rate=3), street(world, "/compounds")
        answers = [call(made, path) for _n in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert [each.headers["ratelimit-remaining"] for each in answers] == ["2", "1", "0", "0"]
        assert answers[0].headers["ratelimit-limit"] == "3"
        assert int(answers[3].headers["retry-after"]) > 0

    def test_another_app_is_counted_by_itself(self, register, call, world) -> None:
        first, second, path = register(rate=1), register(rate=1), street(world, "/compounds")
        assert [call(each, path).status_code for each in (first, first, second)] == [200, 429, 200]

    def test_a_second_token_is_no_second_allowance(self, register, call, api, world) -> None:
        made, path = register(rate=2), street(world, "/compounds")
        api.token_for(world.here.administrator, world.here.id)
        token = api.post(street(world, f"/apps/{made.app.id}/tokens"), {"days": 1}).json()["token"]
        other = Registered(made.app, token, "")
        assert [call(each, path).status_code for each in (made, other, made, other)] == [200, 200, 429, 429]


class TestPanel:
    URL = "https://app.example.test/panel"

    @pytest.fixture
    def shown(self, register, browser: Browser, world) -> Registered:
        made = register(panel_url=self.URL)
        own = world.here.communities[0]
        browser.sign_in_as(own.administrator)
        page = f"/s/{own.street_code}/c/{own.code}/admin/apps/{made.app.id}/panel"
        assert browser.post(page, {"shows_panel": "on"}).status_code == 303
        return made

    def page(self, browser: Browser, place, account, shown: Registered) -> Any:
        browser.sign_in_as(account)
        return browser.get(f"/s/{place.street_code}/c/{place.code}/apps/{shown.app.name}")

    def test_it_is_framed_apart_and_told_who_looks(self, shown, browser, world, module_house) -> None:
        own = world.here.communities[0]
        answer = self.page(browser, own, own.resident_account, shown)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "frame-src https://app.example.test;" in policy + ";"
        assert "form-action 'self' https://app.example.test;" in policy
        assert "script-src 'self';" in policy
        assert 'sandbox="allow-scripts allow-forms" allow=""' in answer.text
        assert "不是本平台的" in unescape(answer.text)
        form = re.search(
            rf'<form method="post" action="{re.escape(self.URL)}".*?</form>', unescape(answer.text), re.DOTALL
        )
        assert form is not None
        assert browser.csrf not in form[0], "our own token is none of theirs"
        word = re.search(r'name="context" value="([^"]+)"', form[0])
        assert word is not None
        claims = read_panel_context(shown.secret, str(shown.app.id), word[1], now())
        assert set(claims["roles"]) == {"owner", "resident"}
        assert (claims["street"], claims["community"], claims["portal"]) == (own.street_code, own.code, "resident")
        assert claims["exp"] - claims["iat"] == 300
        told = str(claims)
        assert str(own.resident_account) not in told
        with pytest.raises(ValueError, match="over"):
            read_panel_context(shown.secret, str(shown.app.id), word[1], now() + timedelta(minutes=6))
        again = re.search(r'name="context" value="([^"]+)"', self.page(browser, own, own.resident_account, shown).text)
        assert again is not None
        other = read_panel_context(shown.secret, str(shown.app.id), again[1], now())
        assert other["sub"] == claims["sub"]
        assert other["nonce"] != claims["nonce"]

    def test_the_streets_own_portal_frames_it_where_it_is_let_in_everywhere(self, register, browser, world) -> None:
        made = register(panel_url=self.URL, whole_street=True)
        console = f"/s/{world.here.code}/console"
        browser.sign_in_as(world.here.administrator)
        path = f"{console}/apps/pages/{made.app.name}"
        assert f'href="{path}"' in unescape(browser.get(console).text)
        answer = browser.get(path)
        assert "frame-src https://app.example.test" in answer.headers["content-security-policy"]
        word = re.search(r'name="context" value="([^"]+)"', unescape(answer.text))
        assert word is not None
        claims = read_panel_context(made.secret, str(made.app.id), word[1], now())
        assert (claims["community"], claims["portal"]) == ("", "console")
        assert claims["roles"] == ["street_administrator"]
        browser.sign_in_as(world.there.administrator)
        assert browser.get(f"/s/{world.there.code}/console/apps/pages/{made.app.name}").status_code == 404
        assert "apps/pages" not in unescape(browser.get(f"/s/{world.there.code}/console").text)

    @pytest.mark.parametrize("terms", [{"communities": True}, {"panel_url": ""}], ids=["in one community", "no page"])
    def test_the_streets_own_portal_frames_nothing_else(self, register, browser, world, terms) -> None:
        if "communities" in terms:
            terms = {"whole_street": False, "communities": [world.here.communities[0].id]}
        made = register(**{"panel_url": self.URL, "whole_street": True, **terms})
        browser.sign_in_as(world.here.administrator)
        assert browser.get(f"/s/{world.here.code}/console/apps/pages/{made.app.name}").status_code == 404
        assert f"apps/pages/{made.app.name}" not in unescape(browser.get(f"/s/{world.here.code}/console").text)

    def test_no_other_page_may_frame_anything(self, shown, browser, world) -> None:
        own = world.here.communities[0]
        browser.sign_in_as(own.resident_account)
        answer = browser.get(f"/s/{own.street_code}/c/{own.code}/apps")
        assert "frame-src" not in answer.headers["content-security-policy"]
        assert "平安门禁" in answer.text

    def test_where_it_was_not_switched_on_it_is_not_there(self, shown, browser, world) -> None:
        second, there = world.here.communities[1], world.there.communities[0]
        assert self.page(browser, second, second.resident_account, shown).status_code == 404
        assert self.page(browser, there, there.resident_account, shown).status_code == 404
        assert self.page(browser, second, world.here.communities[0].resident_account, shown).status_code == 403

    def test_a_stopped_app_is_shown_nowhere_from_the_next_request(self, shown, browser, world, module_house) -> None:
        own = world.here.communities[0]
        assert self.page(browser, own, own.resident_account, shown).status_code == 200
        with module_house.database.unit_of_work(world.here.scope) as session:
            session.execute(update(App).where(App.id == shown.app.id).values(state="suspended"))
        assert self.page(browser, own, own.resident_account, shown).status_code == 404

    def test_two_apps_know_one_person_by_two_names(self, register, module_house, world) -> None:
        one, two, account = register(), register(), world.here.communities[0].resident_account
        with module_house.database.unit_of_work(world.here.communities[0].scope) as session:
            names = {subject_of(session, each.app, account) for each in (one, two, one)}
        assert len(names) == 2


class TestConsole:
    def test_from_registering_to_revoking(self, browser: Browser, world, served) -> None:
        browser.sign_in_as(world.here.administrator)
        console = f"/s/{world.here.code}/console/apps"
        assert browser.get(f"{console}/new").status_code == 200
        faulty = browser.post(console, {"title": "门禁"})
        assert faulty.status_code == 422
        form = {
            "title": "门禁二号",
            "name": "gate-two",
            "contact": "值班室",
            "purpose": "开门",
            "whole_street": "1",
            "permissions": "core.compound.read",
            "rate": "60",
            "days": "30",
        }
        made = browser.post(console, form)
        assert made.status_code == 200, made.text
        assert "linli_" in made.text
        assert "whsec_" in made.text
        page = unescape(browser.get(f"{console}?search=门禁二").text)
        found = re.search(rf"{console}/([0-9a-f-]{{36}})", page)
        assert found is not None
        one = f"{console}/{found[1]}"
        shown = browser.get(one).text
        assert "whsec_" not in shown
        assert "查看小区和楼栋" in shown
        edit = browser.get(f"{one}/edit").text
        version = re.search(r'name="version" value="(\d+)"', edit)
        assert version is not None
        changed = {**form, "title": "门禁三号", "version": version[1]}
        del changed["name"], changed["days"]
        assert browser.post(one, changed).status_code == 303
        assert browser.post(one, changed).status_code == 422, "overtaken by oneself"
        assert browser.post(f"{one}/suspend", {"reason": ""}).status_code == 422
        assert browser.post(f"{one}/suspend", {"reason": "检修"}).status_code == 303
        assert "检修" in browser.get(one).text
        assert browser.post(f"{one}/resume").status_code == 303
        assert "whsec_" in browser.post(f"{one}/secret", {"overlap_hours": "24"}).text
        assert "linli_" in browser.post(f"{one}/tokens", {"days": "10", "overlap_hours": "24"}).text
        assert browser.post(f"{one}/test").status_code == 409, "it has no address"
        assert browser.post(f"{one}/revoke", {"reason": "合同到期"}).status_code == 303
        assert "已撤销" in browser.get(one).text

    def test_a_communitys_administrator_sees_and_does_not_manage(self, browser, world, register) -> None:
        made, own = register(), world.here.communities[0]
        browser.sign_in_as(own.administrator)
        assert "平安门禁" in browser.get(f"/s/{own.street_code}/c/{own.code}/admin/apps").text
        assert browser.get(f"/s/{world.here.code}/console/apps/{made.app.id}").status_code == 403

    def test_the_same_key_makes_one_app(self, api: Api, world) -> None:
        api.token_for(world.here.administrator, world.here.id)
        body = {
            "name": "once-only",
            "title": "一次",
            "contact": "值班室",
            "purpose": "试",
            "whole_street": True,
            "permissions": [],
        }
        api.headers["idempotency-key"] = "a-key-of-this-test"
        first, second = (api.post(street(world, "/apps"), body) for _n in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
