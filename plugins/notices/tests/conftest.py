"""People of the test world and notices for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from linli.sdk import SYSTEM, Actor, Grant, ScopedSession
from linli.testing.world import CommunityWorld
from linli_notices.models import Notice
from linli_notices.permissions import PERMISSIONS
from linli_notices.publishing import publish_notice
from linli_notices.schemas import NoticeCreate
from linli_notices.service import create_notice

ROLES: dict[str, frozenset[str]] = {
    role: frozenset(each.name for each in PERMISSIONS if role in each.roles)
    for role in {role for each in PERMISSIONS for role in each.roles}
}


@pytest.fixture
def staff() -> Callable[..., Actor]:
    """Somebody who holds one role at one place."""

    def make(role: str, **place: UUID) -> Actor:
        grant = Grant(role, place.get("community_id"), place.get("compound_id"), place.get("building_id"))
        return Actor(account_id=UUID(int=1), display_name="测试工作人员", grants=(grant,), permissions=ROLES)

    return make


@pytest.fixture
def resident() -> Callable[..., Actor]:
    """A resident who lives in one of a community's households."""

    def make(community: CommunityWorld, household: int = 0) -> Actor:
        return Actor(
            account_id=community.resident_account,
            display_name="测试居民1",
            grants=(Grant("resident", community_id=community.id),),
            permissions=ROLES,
            resident_ids=(community.residents[household],),
            household_ids=(community.households[household],),
        )

    return make


@pytest.fixture
def make_notice() -> Callable[..., Notice]:
    """Writes a notice, by default a published one for everybody in the community."""

    def make(session: ScopedSession, community_id: UUID | None, *, publish: bool = True, **fields: Any) -> Notice:
        data = NoticeCreate(**{"title": "停水通知", "body": "周三停水。", **fields})
        notice = create_notice(session, SYSTEM, community_id, data)
        return publish_notice(session, SYSTEM, community_id, notice.id) if publish else notice

    return make
