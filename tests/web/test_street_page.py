"""A street's own address, and its own domain: the public way to its communities."""

from __future__ import annotations

from html import unescape

import pytest
from sqlalchemy import delete

from linli.kit.actor import SYSTEM
from linli.settings.service import set_setting
from linli.tenancy.models import Community, Domain
from linli.testing.web import Browser
from linli.testing.world import World


@pytest.fixture
def front(world: World) -> str:
    return f"/s/{world.here.code}"


def text_of(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text[:300]
    return unescape(answer.text)


def community(name: str, code: str, **values: str) -> Community:
    return Community(name=name, register_name=name, code=code, slug=code, **values)


class TestPage:
    def test_everybody_finds_the_own_community(self, browser: Browser, world: World, front: str) -> None:
        page = text_of(browser, front)
        for each in world.here.communities:
            assert f'href="{front}/c/{each.code}"' in page
        for each in world.there.communities:
            assert each.code not in page
        assert 'href="/account/sign-in"' in page
        assert 'type="search"' not in page
        assert browser.get(f"{front}/c/{world.here.communities[0].code}").status_code == 200

    def test_an_unknown_street_is_not_found(self, browser: Browser) -> None:
        assert browser.get("/s/nowhere").status_code == 404

    def test_the_contact_is_the_streets_setting(self, browser: Browser, world: World, front: str) -> None:
        assert "街道还没有登记联系方式" in text_of(browser, front)
        with browser.house.owner.unit_of_work(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "contact", "电话 010-0000-0000")
        browser.client.app.state.site.forget_looks()
        assert "电话 010-0000-0000" in text_of(browser, front)

    def test_many_communities_are_searched(self, browser: Browser, world: World, front: str) -> None:
        with browser.house.owner.unit_of_work(world.here.scope) as session:
            session.add_all(community(f"第{n}社区", f"9990019{n:05d}") for n in range(60))
            session.add(community("已撤社区", "999001990000", status="vanished"))
        page = text_of(browser, front)
        assert 'type="search"' in page
        assert 'rel="next"' in page
        assert page.count('class="door"') == 50
        found = text_of(browser, f"{front}?q=第59")
        assert found.count('class="door"') == 1
        assert "没有找到这个社区" in text_of(browser, f"{front}?q=已撤社区")
        part = browser.get(f"{front}?q=第59", headers={"hx-request": "true"}).text
        assert "<html" not in part


class TestOwnDomain:
    @pytest.fixture
    def domain(self, browser: Browser, world: World):
        directory = browser.client.app.state.site.directory
        with browser.house.owner.unit_of_work(world.here.scope) as session:
            session.add(Domain(host="street.example.cn", tenant_id=world.here.id))
        directory.forget()
        yield {"host": "street.example.cn"}
        with browser.house.owner.unit_of_work(world.here.scope) as session:
            session.execute(delete(Domain).where(Domain.host == "street.example.cn"))
        directory.forget()

    def test_its_first_page_leads_to_the_street(self, browser: Browser, front: str, domain: dict[str, str]) -> None:
        answer = browser.get("/", headers=domain)
        assert (answer.status_code, answer.headers["location"]) == (303, front)
        assert browser.get("/").status_code == 200

    def test_who_is_signed_in_keeps_their_doors(self, browser: Browser, world: World, domain: dict[str, str]) -> None:
        browser.sign_in_as(world.here.administrator)
        answer = browser.get("/", headers=domain)
        assert answer.status_code == 200
        assert 'class="door"' in answer.text
