"""The two walls, seen from both sides."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from linli.kit.scope import Scope
from linli.plugins.models import PluginAllowance
from linli.tenancy.models import Community, Compound, Dwelling


def test_a_community_sees_its_own_dwellings_and_nobody_elses(open_session, world) -> None:
    first, second = world.here.communities
    with open_session(first.scope) as session:
        assert set(session.scalars(select(Dwelling.id))) == set(first.dwellings)
    with open_session(second.scope) as session:
        assert set(session.scalars(select(Dwelling.id))) == set(second.dwellings)


def test_a_street_sees_all_its_communities_and_no_other_street(open_session, world) -> None:
    with open_session(world.here.scope) as session:
        seen = set(session.scalars(select(Dwelling.id)))
    assert seen == {each for community in world.here.communities for each in community.dwellings}


def test_no_communities_in_the_scope_show_no_rows(open_session, world) -> None:
    with open_session(Scope.of_communities(world.here.id)) as session:
        assert session.scalar(select(func.count()).select_from(Dwelling)) == 0


@pytest.mark.parametrize("side", ["other community", "other street"])
def test_a_row_cannot_be_written_across_the_wall(open_session, world, side) -> None:
    own, sibling = world.here.communities
    target = sibling if side == "other community" else world.there.communities[0]
    with pytest.raises(DBAPIError, match="row-level security"), open_session(own.scope) as session:
        session.add(Compound(tenant_id=target.tenant_id, community_id=target.id, name="越界"))


def test_what_one_test_writes_is_gone_in_the_next(open_session, world) -> None:
    own = world.here.communities[0]
    with open_session(own.scope) as session:
        session.add(Compound(community_id=own.id, name="临时"))
    with open_session(own.scope) as session:
        assert session.scalar(select(func.count()).select_from(Compound)) == 2


def test_nothing_was_left_behind(open_session, world) -> None:
    with open_session(world.here.communities[0].scope) as session:
        assert session.scalar(select(func.count()).select_from(Compound)) == 1


class TestTheStreetsOwnRows:
    """What holds for all communities is not changed from within one of them."""

    def test_a_community_cannot_rename_itself_or_a_sibling(self, open_session, world) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            changed = session.execute(update(Community).values(name="改名"))
            assert changed.rowcount == 0

    def test_the_street_can(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            assert session.execute(update(Community).values(name="改名")).rowcount == 2

    def test_a_community_cannot_take_a_plugin_from_the_street(self, open_session, world) -> None:
        with open_session(world.here.communities[0].scope) as session:
            assert session.execute(delete(PluginAllowance)).rowcount == 0

    def test_a_community_cannot_allow_itself_a_plugin(self, open_session, world) -> None:
        with pytest.raises(DBAPIError, match="row-level security"), open_session(world.here.communities[0].scope) as s:
            s.add(PluginAllowance(plugin="forbidden"))
