"""Inviting a resident, from the page of the register to the link that opens their portal."""

from __future__ import annotations

import html
import re

import pytest

from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def admin(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}/admin"


@pytest.fixture
def signed_in(browser: Browser, here: CommunityWorld) -> Browser:
    return browser.sign_in_as(here.administrator)


def enter(browser: Browser, admin: str) -> str:
    answer = browser.post(f"{admin}/residents", {"name": "受邀的居民", "step": "save"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def text_of(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return html.unescape(answer.text)


class TestInviting:
    def test_the_page_leads_to_a_link_that_is_shown_once(
        self, signed_in: Browser, here: CommunityWorld, admin: str
    ) -> None:
        person = enter(signed_in, admin)
        page = text_of(signed_in, f"{admin}/residents/{person}")
        action = re.search(r'action="([^"]+/invitation)"', page)
        assert action is not None
        assert "没有登记电话也可以邀请" in page
        made = signed_in.post(action[1], {})
        assert made.status_code in (200, 201)
        link = re.search(rf"/account/invitations/{here.street_code}/[\w-]{{43}}", html.unescape(made.text))
        assert link is not None
        assert link[0] not in text_of(signed_in, f"{admin}/residents/{person}")
        signed_in.sign_out()
        assert "受邀的居民" in text_of(signed_in, link[0])

    def test_who_has_an_account_is_not_invited(self, signed_in: Browser, here: CommunityWorld, admin: str) -> None:
        page = text_of(signed_in, f"{admin}/residents/{here.residents[0]}")
        assert "已开通" in page
        assert "/invitation" not in page

    def test_a_steward_is_offered_none(self, browser: Browser, here: CommunityWorld, admin: str) -> None:
        browser.sign_in_as(here.steward)
        assert "/invitation" not in text_of(browser, f"{admin}/residents/{here.residents[1]}")
