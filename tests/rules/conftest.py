"""What the tests of rules share: streets that lie in Beijing and Shanghai, and those who choose values there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from linli.kit.actor import SYSTEM, Actor, Grant
from linli.rules.catalogue import core_book
from linli.rules.permissions import OVERRIDE, READ
from linli.rules.repository import Ground, jurisdictions
from linli.rules.resolution import RuleValue, resolve
from linli.rules.service import pack_candidates
from linli.settings.service import set_setting

BEIJING, SHANGHAI, HANGZHOU = "110105017", "310104003", "330106001"
#: The day for which the values are told unless a test says otherwise.
DAY = date(2026, 6, 1)


@pytest.fixture
def here(world):
    """The community in which the tests work."""
    return world.here.communities[0]


@pytest.fixture
def at() -> Callable[..., RuleValue]:
    """``at("110105017", "owners_assembly.notice", on=…)``: what the core's own values say in a street of this code."""

    def value(street_code: str, key: str, *, on: date = DAY) -> RuleValue:
        ground = Ground(street_code, "", jurisdictions(street_code, "local"), None, None, "", frozenset())
        rule = core_book().rules[key]
        return resolve(rule, pack_candidates(rule, ground), on)

    return value


@pytest.fixture
def in_beijing(open_session, world) -> None:
    """The street ``here`` goes by Beijing's rules."""
    with open_session(world.here.scope) as session:
        set_setting(session, SYSTEM, "core", "rule_set", "cn-beijing")


def chooser(account: Any, *, role: str = "street_administrator", **place: Any) -> Actor:
    """Who may see rules and choose values, in the whole street unless a place is named."""
    return Actor(
        account_id=account,
        display_name="测试管理员",
        grants=(Grant(role, **place),),
        permissions={role: frozenset({READ, OVERRIDE})},
    )


@pytest.fixture
def street_chooser(world) -> Actor:
    return chooser(world.here.administrator)


@pytest.fixture
def community_chooser(here) -> Actor:
    return chooser(here.administrator, role="community_administrator", community_id=here.id)
