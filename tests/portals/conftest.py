"""Where the portals' first pages are looked at."""

from __future__ import annotations

import html

import pytest

from linli.testing.web import Browser
from linli.testing.world import CommunityWorld, World


@pytest.fixture
def here(world: World) -> CommunityWorld:
    return world.here.communities[0]


@pytest.fixture
def portal(here: CommunityWorld) -> str:
    return f"/s/{here.street_code}/c/{here.code}"


@pytest.fixture
def read(browser: Browser):
    """The text of a page that answers."""

    def read_one(address: str, **options: object) -> str:
        answer = browser.get(address, **options)
        assert answer.status_code == 200, (address, answer.status_code)
        return html.unescape(answer.text)

    return read_one
