"""The console's pages as people meet them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.actor("street_administrator")


class TestOverview:
    def test_it_says_what_there_is_before_anything_was_kept(self, browser, world) -> None:
        page = browser.get(f"/s/{world.here.code}/console")
        assert page.status_code == 200
        assert "还没有历史数字" in page.text
