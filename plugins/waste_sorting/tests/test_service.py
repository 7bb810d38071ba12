"""Setting up stations."""

from __future__ import annotations

from datetime import time

import pytest

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound
from linli.testing.choices import settle_rule
from linli_waste_sorting.stations import service
from linli_waste_sorting.stations.repository import Filter, count_by_community, page_of_stations, stations_in
from linli_waste_sorting.stations.schemas import Bins, StationCreate, StationWrite
from linli_waste_sorting.words import category_titles

PEAKS = "7:00-9:00、18:00-20:00"


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


class TestSettingUp:
    @pytest.mark.requirement("ENV-001")
    def test_what_is_written_is_what_is_shown(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            bins = [Bins(category="kitchen", pieces=2, litres=240), Bins(category="other", pieces=1)]
            row = make_station(session, own, weekdays=[0, 4], hours=PEAKS, containers=bins)
            session.expire_all()
            shown = service.out_of(service.get_station(session, own.id, row.id))
        assert shown.weekdays == [0, 4]
        assert [(each.opens, each.closes) for each in shown.openings] == [(time(7), time(9)), (time(18), time(20))]
        assert sorted((each.category, each.pieces, each.litres) for each in shown.containers) == [
            ("kitchen", 2, 240),
            ("other", 1, None),
        ]

    def test_every_fault_is_named_at_once_and_nothing_is_written(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            make_station(session, own)
            twice = [Bins(category="other", pieces=1), Bins(category="other", pieces=2)]
            with pytest.raises(Invalid) as error:
                make_station(session, own, place=" ", hours="早上", containers=twice)
            assert sorted(fields(error)) == ["containers", "hours", "name", "place"]
            assert len(page_of_stations(session, own.id, Filter())[0]) == 1

    def test_a_compound_elsewhere_is_none(self, open_session, world, own, make_station) -> None:
        for other in (world.here.communities[1], world.there.communities[0]):
            with open_session(own.scope) as session, pytest.raises(Invalid) as error:
                make_station(session, own, compound_id=other.compound)
            assert fields(error) == ["compound_id"]

    @pytest.mark.actor("auditor")
    def test_who_may_only_read_writes_nothing(self, open_session, own, actor, make_station) -> None:
        with open_session(own.scope) as session:
            row = make_station(session, own)
            data = StationCreate(name="2号站", place="北门", compound_id=own.compound)
            for act in (
                lambda: service.create_station(session, actor, own.id, data),
                lambda: service.update_station(session, actor, own.id, row.id, StationWrite(name="x", place="y")),
                lambda: service.close_station(session, actor, own.id, row.id),
                lambda: service.reopen_station(session, actor, own.id, row.id),
            ):
                with pytest.raises(Forbidden):
                    act()


class TestChanging:
    def test_hours_and_containers_become_those_that_are_given(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            bins = [Bins(category="kitchen", pieces=2), Bins(category="other", pieces=1)]
            row = make_station(session, own, hours=PEAKS, containers=bins)
            kept = {each.category: each.id for each in row.containers}
            wanted = StationWrite(
                name="1号站",
                place="北门",
                hours="7:00-8:30",
                containers=[Bins(category="kitchen", pieces=3, litres=120), Bins(category="garden", pieces=1)],
                version=row.version,
            )
            service.update_station(session, SYSTEM, own.id, row.id, wanted)
            session.expire_all()
            shown = service.get_station(session, own.id, row.id)
            assert [(each.opens, each.closes) for each in shown.openings] == [(time(7), time(8, 30))]
            assert {each.category: each.pieces for each in shown.containers} == {"kitchen": 3, "garden": 1}
            assert {each.category: each.id for each in shown.containers}["kitchen"] == kept["kitchen"]

    def test_a_stale_version_is_refused_though_only_containers_changed(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            row = make_station(session, own)
            read = row.version
            first = StationWrite(name="1号站", place="西门", version=read)
            service.update_station(session, SYSTEM, own.id, row.id, first)
            with pytest.raises(Conflict):
                service.update_station(session, SYSTEM, own.id, row.id, first)

    def test_out_of_use_it_is_kept_and_comes_back(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            row = make_station(session, own)
            closed = service.close_station(session, SYSTEM, own.id, row.id).closed_at
            assert service.close_station(session, SYSTEM, own.id, row.id).closed_at == closed, "a second click"
            assert page_of_stations(session, own.id, Filter())[0] == []
            assert page_of_stations(session, own.id, Filter(state="closed"))[0] == [row]
            with pytest.raises(Conflict, match="停用"):
                service.update_station(session, SYSTEM, own.id, row.id, StationWrite(name="1号站", place="南门"))
            assert service.reopen_station(session, SYSTEM, own.id, row.id).closed_at is None

    def test_its_name_may_be_taken_meanwhile(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            row = make_station(session, own)
            service.close_station(session, SYSTEM, own.id, row.id)
            make_station(session, own)
            with pytest.raises(Conflict, match="1号站"):
                service.reopen_station(session, SYSTEM, own.id, row.id)


class TestLists:
    def test_page_by_page_and_by_every_filter(self, open_session, own, make_station) -> None:
        with open_session(own.scope) as session:
            rows = [make_station(session, own, name=f"{n}号站") for n in range(3)]
            first, after = page_of_stations(session, own.id, Filter(), limit=2)
            second, end = page_of_stations(session, own.id, Filter(), after=after, limit=2)
            assert [*first, *second] == rows
            assert end is None
            bulky = make_station(session, own, name="大件", kind="bulky", place="东墙")
            for wanted in (Filter(kind="bulky"), Filter(words="东墙")):
                assert page_of_stations(session, own.id, wanted)[0] == [bulky]
            assert page_of_stations(session, own.id, Filter(words="100%"))[0] == []
            assert len(page_of_stations(session, own.id, Filter(compound_id=own.compound))[0]) == 4

    def test_a_long_list_costs_three_queries(self, open_session, own, make_station, assert_queries) -> None:
        with open_session(own.scope) as session:
            for n in range(12):
                make_station(session, own, name=f"{n}号站", hours=PEAKS, containers=[Bins(category="other", pieces=1)])
            session.expire_all()
            with assert_queries(session, 3):
                assert [len(each.openings) for each in page_of_stations(session, own.id, Filter())[0]] == [2] * 12

    def test_neighbours_see_and_count_none_of_them(self, open_session, world, own, make_station) -> None:
        with open_session(own.scope) as session:
            row = make_station(session, own)
            assert count_by_community(session) == {own.id: 1}
        for stranger in (world.here.communities[1], world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert page_of_stations(session, None, Filter(state=""))[0] == []
                assert stations_in(session, [own.compound], most=9) == []
                assert count_by_community(session) == {}
                with pytest.raises(NotFound):
                    service.get_station(session, stranger.id, row.id)


class TestWords:
    def test_what_the_waste_is_called_is_a_rule(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            assert category_titles(session)["kitchen"] == "厨余垃圾"
            settle_rule(session, "waste_sorting_words.labels", "wet_dry")
            found = category_titles(session)
            assert (found["kitchen"], found["other"], found["recyclable"]) == ("湿垃圾", "干垃圾", "可回收物")
