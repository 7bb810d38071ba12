"""What a community settles for its own place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, ScopedSession
from linli.testing.world import CommunityWorld
from linli_waste_sorting.guide import service
from linli_waste_sorting.guide.catalogue import catalogue
from linli_waste_sorting.guide.finding import find
from linli_waste_sorting.guide.models import GuideItem
from linli_waste_sorting.guide.schemas import MOST_ALIASES, GuideItemWrite
from linli_waste_sorting.guide.service import OwnFilter


@pytest.fixture
def add() -> Callable[..., GuideItem]:
    """Adds to what a community has settled."""

    def write(session: ScopedSession, community: CommunityWorld, actor: Any = SYSTEM, **fields: Any) -> GuideItem:
        given = {"name": "旧书本杂志", "category": "recyclable", **fields}
        return service.add_own(session, actor, community.id, GuideItemWrite(**given))

    return write


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


class TestAdding:
    def test_it_is_tidied_and_found_first(self, open_session, own, add) -> None:
        with open_session(own.scope) as session:
            row = add(
                session, own, name=" 猫  砂 ", aliases="猫沙；宠物砂, 猫 砂", category="kitchen", hint=" 交给  站长 "
            )
            assert (row.name, row.aliases, row.hint) == ("猫 砂", "猫沙、宠物砂", "交给 站长")
            found = find(service.items_for(session, own.id), "maosha")
            assert [(each.name, each.category, each.own_id) for each in found[:1]] == [("猫 砂", "kitchen", row.id)]
            assert [each.own_id for each in found[1:]] == [None] * (len(found) - 1)

    def test_every_fault_is_named_and_nothing_is_written(self, open_session, own, add) -> None:
        with open_session(own.scope) as session:
            add(session, own, name="甲", aliases="乙、丙")
            many = "、".join(f"物{n}" for n in range(MOST_ALIASES + 1))
            for given, named in (
                ({"name": " "}, ["name"]),
                ({"name": "丁、戊"}, ["name"]),
                ({"name": "乙"}, ["name"]),
                ({"name": "丁", "aliases": "丙"}, ["aliases"]),
                ({"name": "甲", "aliases": many}, ["name", "aliases"]),
            ):
                with pytest.raises(Invalid) as error:
                    add(session, own, **given)
                assert sorted(fields(error)) == sorted(named), given
            assert len(service.page_of_own(session, own.id, OwnFilter())[0]) == 1
            add(session, own, name="丁", aliases="、".join(f"物{n}" for n in range(MOST_ALIASES)))

    def test_there_is_an_end_to_them(self, open_session, own, add, monkeypatch) -> None:
        monkeypatch.setattr(service, "MOST_OWN", 2)
        with open_session(own.scope) as session:
            add(session, own, name="甲")
            row = add(session, own, name="乙")
            with pytest.raises(Conflict, match="2"):
                add(session, own, name="丙")
            service.remove_own(session, SYSTEM, own.id, row.id)
            add(session, own, name="丙")

    @pytest.mark.actor("auditor")
    def test_who_may_only_read_writes_nothing(self, open_session, own, actor, add) -> None:
        with open_session(own.scope) as session:
            row = add(session, own)
            data = GuideItemWrite(name="甲", category="other")
            for act in (
                lambda: service.add_own(session, actor, own.id, data),
                lambda: service.update_own(session, actor, own.id, row.id, data),
                lambda: service.remove_own(session, actor, own.id, row.id),
            ):
                with pytest.raises(Forbidden):
                    act()


class TestChanging:
    def test_it_may_keep_its_own_names_and_a_stale_version_is_refused(self, open_session, own, add) -> None:
        with open_session(own.scope) as session:
            row = add(session, own, aliases="绘本")
            read = row.version
            wanted = GuideItemWrite(name="绘本", aliases="旧书本杂志", category="other", version=read)
            assert service.update_own(session, SYSTEM, own.id, row.id, wanted).name == "绘本"
            with pytest.raises(Conflict):
                service.update_own(session, SYSTEM, own.id, row.id, wanted)

    def test_removed_the_shared_list_holds_again_and_it_can_be_added_again(self, open_session, own, add) -> None:
        with open_session(own.scope) as session:
            row = add(session, own, name="床垫", category="other")
            assert service.remove_own(session, SYSTEM, own.id, row.id).name == "床垫"
            assert service.items_for(session, own.id) == list(catalogue())
            with pytest.raises(NotFound):
                service.remove_own(session, SYSTEM, own.id, row.id)
            add(session, own, name="床垫", category="other")
            assert find(service.items_for(session, own.id), "床垫")[0].category == "other"


class TestLists:
    def test_page_by_page_and_by_every_filter(self, open_session, own, add) -> None:
        with open_session(own.scope) as session:
            rows = [add(session, own, name=f"物{n}") for n in range(3)]
            first, after = service.page_of_own(session, own.id, OwnFilter(), limit=2)
            second, end = service.page_of_own(session, own.id, OwnFilter(), after=after, limit=2)
            assert [*first, *second] == rows
            assert end is None
            kitchen = add(session, own, name="面汤", category="kitchen", hint="沥干", aliases="汤面")
            for wanted in (OwnFilter(category="kitchen"), OwnFilter(words="沥"), OwnFilter(words="汤面")):
                assert service.page_of_own(session, own.id, wanted)[0] == [kitchen]
            assert service.page_of_own(session, own.id, OwnFilter(words="100%"))[0] == []

    def test_what_people_find_costs_one_query(self, open_session, own, add, assert_queries) -> None:
        with open_session(own.scope) as session:
            for n in range(12):
                add(session, own, name=f"物{n}")
            session.expire_all()
            with assert_queries(session, 1):
                assert len(service.items_for(session, own.id)) == len(catalogue()) + 12

    def test_neighbours_see_none_of_them(self, open_session, world, own, add) -> None:
        with open_session(own.scope) as session:
            row = add(session, own)
        for stranger in (world.here.communities[1], world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert service.items_for(session, stranger.id) == list(catalogue())
                assert service.items_for(session, own.id) == list(catalogue())
                assert service.page_of_own(session, None, OwnFilter())[0] == []
                with pytest.raises(NotFound):
                    service.get_own(session, stranger.id, row.id)
                add(session, stranger)
