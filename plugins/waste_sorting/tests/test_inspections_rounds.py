"""Rounds: begun, filled in, finished, and corrected only by striking out."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from linli.sdk import SYSTEM, Conflict, Forbidden, Invalid, NotFound, today
from linli.testing.choices import settle_rule
from linli_waste_sorting.inspections import repository, service, words
from linli_waste_sorting.inspections.models import Finding, Point
from linli_waste_sorting.inspections.repository import Wanted
from linli_waste_sorting.inspections.rule_keys import BASIS, POINTS
from linli_waste_sorting.inspections.schemas import FindingWrite, PointIn
from linli_waste_sorting.inspections.words import MOST_POINTS, ground_of, points_of


def fields(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [each.field for each in error.value.errors]


class TestWalking:
    def test_an_open_round_is_gone_on_with(self, open_session, own, staff) -> None:
        actor, other = staff("community_administrator", own), staff("property_staff", own, number=2)
        with open_session(own.scope) as session:
            row = service.start_round(session, actor, own.id, own.compound)
            assert (row.day, row.inspector_name, row.finished_at) == (today(), "测试工作人员1", None)
            assert service.start_round(session, actor, own.id, own.compound).id == row.id
            assert service.start_round(session, other, own.id, own.compound).id != row.id

    def test_a_finished_one_is_not(self, open_session, own, staff, walk) -> None:
        actor = staff("community_administrator", own)
        with open_session(own.scope) as session:
            row, _found = walk(session, own, today(), ("correct", None), actor=actor)
            assert service.start_round(session, actor, own.id, own.compound).id != row.id

    def test_somebody_else_writes_nothing_on_it(self, open_session, own, staff, walk) -> None:
        actor, other = staff("community_administrator", own), staff("property_staff", own, number=2)
        with open_session(own.scope) as session:
            row, [finding] = walk(session, own, today(), ("wrong", None), actor=actor, finish=False)
            data = FindingWrite(category="kitchen", result="wrong")
            for act in (
                lambda: service.add_finding(session, other, own.id, row.id, finding.station_id, data),
                lambda: service.drop_finding(session, other, own.id, finding.id),
                lambda: service.finish_round(session, other, own.id, row.id),
                lambda: service.discard_round(session, other, own.id, row.id),
            ):
                with pytest.raises(Conflict, match="测试工作人员1"):
                    act()

    def test_a_steward_walks_the_compound_of_the_building_and_no_other(self, open_session, own, world, staff) -> None:
        place = {"compound_id": own.compound, "building_id": own.building}
        steward = staff("building_steward", own, **place)
        with open_session(own.scope) as session:
            session.execute(text("INSERT INTO core.compound (community_id, name) VALUES (:c, '另一个')"), {"c": own.id})
            other = session.scalar(text("SELECT id FROM core.compound WHERE name = '另一个'"))
            assert service.start_round(session, steward, own.id, own.compound)
            with pytest.raises(Forbidden):
                service.start_round(session, steward, own.id, other)
            row = service.start_round(session, SYSTEM, own.id, other)
            with pytest.raises(NotFound):
                service.get_round(session, steward, own.id, row.id)
            with pytest.raises(Invalid) as error:
                service.start_round(session, SYSTEM, own.id, world.there.communities[0].compound)
            assert fields(error) == ["compound_id"]

    def test_the_checklist_is_the_rule_of_the_place(self, open_session, own, world) -> None:
        with open_session(world.here.scope) as session:
            assert points_of(session, own.compound)[0] == "容器干净"
            settle_rule(session, "waste_sorting_inspections.points", ["有洗手池", "有照明"])
            assert points_of(session, own.compound) == ("有洗手池", "有照明")
            settle_rule(
                session,
                "waste_sorting_inspections.points",
                [f"第{n}项" for n in range(MOST_POINTS + 1)],
                compound_id=own.compound,
            )
            assert len(points_of(session, own.compound)) == MOST_POINTS

    def test_what_was_noted_before_is_replaced(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            row, _none = walk(session, own, today(), met=(True, True), finish=False)
            [first, _second] = repository.noted_on(session, Point, row.id)
            again = [PointIn(point=first.point, is_met=False, note="桶身有污渍")]
            service.check_station(session, SYSTEM, own.id, row.id, first.station_id, again)
            assert [(each.is_met, each.note) for each in repository.noted_on(session, Point, row.id)] == [
                (False, "桶身有污渍"),
                (True, ""),
            ]
            for points in ([PointIn(point="别的", is_met=True)], [*again, *again]):
                with pytest.raises(Invalid) as error:
                    service.check_station(session, SYSTEM, own.id, row.id, first.station_id, points)
                assert fields(error) == ["points"]


class TestDoors:
    @pytest.mark.parametrize("door", ["101", "1单元101", "1号楼 1单元 101", "1-1-101", " 1 单元 101室 "])
    def test_a_door_is_read_as_people_write_it(self, open_session, own, walk, door) -> None:
        with open_session(own.scope) as session:
            row, [other] = walk(session, own, today(), ("correct", None), finish=False)
            data = FindingWrite(category="kitchen", result="wrong", building_id=own.building, door=door)
            made = service.add_finding(session, SYSTEM, own.id, row.id, other.station_id, data)
            assert made.dwelling_id == own.dwellings[0]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"door": "999"}, "door"),
            ({"door": "01"}, "door"),
            ({"door": "。"}, "door"),
            ({"building_id": None}, "building_id"),
            ({"subject": "container"}, "door"),
        ],
    )
    def test_a_fault_names_its_field(self, open_session, own, walk, change, field) -> None:
        with open_session(own.scope) as session:
            row, [other] = walk(session, own, today(), ("correct", None), finish=False)
            given = {"category": "kitchen", "result": "wrong", "building_id": own.building, "door": "101", **change}
            with pytest.raises(Invalid) as error:
                service.add_finding(session, SYSTEM, own.id, row.id, other.station_id, FindingWrite(**given))
            assert fields(error) == [field]

    def test_two_doors_of_one_number_ask_for_the_unit(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            row, [other] = walk(session, own, today(), ("correct", None), finish=False)
            session.execute(
                text("UPDATE core.dwelling SET label = '1号楼 2单元 101' WHERE id = :id"), {"id": own.dwellings[1]}
            )
            given = {"category": "kitchen", "result": "wrong", "building_id": own.building}
            with pytest.raises(Invalid) as error:
                service.add_finding(
                    session, SYSTEM, own.id, row.id, other.station_id, FindingWrite(**given, door="101")
                )
            assert error.value.errors[0].message == "这栋楼里有 2 户是这个号"
            data = FindingWrite(**given, door="2单元101")
            made = service.add_finding(session, SYSTEM, own.id, row.id, other.station_id, data)
            assert made.dwelling_id == own.dwellings[1]


class TestFinishing:
    def test_it_counts_once_it_is_finished(self, open_session, own, walk) -> None:
        day = today()
        with open_session(own.scope) as session:
            row, _found = walk(session, own, day, ("correct", None), ("wrong", 0), met=(True, False), finish=False)
            assert repository.accuracy(session, day, day) == {}
            assert repository.page_of_findings(session, own.id, Wanted())[0] == []
            first = service.finish_round(session, SYSTEM, own.id, row.id).finished_at
            assert service.finish_round(session, SYSTEM, own.id, row.id).finished_at == first, "a second click"
            assert repository.accuracy(session, day, day) == {own.compound: (1, 2)}
            assert repository.compliance(session, day, day, community_id=own.id) == {own.compound: (1, 2)}

    def test_an_empty_one_is_thrown_away_instead(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            row, _none = walk(session, own, today(), finish=False)
            with pytest.raises(Conflict, match="还没有记录"):
                service.finish_round(session, SYSTEM, own.id, row.id)
            service.discard_round(session, SYSTEM, own.id, row.id)
            assert repository.open_rounds(session, own.id) == []

    def test_afterwards_nothing_is_added_or_taken_away(self, open_session, own, walk) -> None:
        with open_session(own.scope) as session:
            row, [finding] = walk(session, own, today(), ("wrong", None))
            data, point = FindingWrite(category="kitchen", result="wrong"), PointIn(point="容器干净", is_met=True)
            for act in (
                lambda: service.add_finding(session, SYSTEM, own.id, row.id, finding.station_id, data),
                lambda: service.check_station(session, SYSTEM, own.id, row.id, finding.station_id, [point]),
                lambda: service.drop_finding(session, SYSTEM, own.id, finding.id),
                lambda: service.discard_round(session, SYSTEM, own.id, row.id),
            ):
                with pytest.raises(Conflict, match="已经结束"):
                    act()


class TestStriking:
    def test_it_stays_visible_with_the_reason_and_counts_no_more(self, open_session, own, walk) -> None:
        day = today()
        with open_session(own.scope) as session:
            row, [right, wrong] = walk(session, own, day, ("correct", None), ("wrong", None), met=(True, False))
            struck = service.strike_finding(session, SYSTEM, own.id, wrong.id, " 看错了 ")
            assert (struck.struck_reason, struck.struck_by_name) == ("看错了", SYSTEM.display_name)
            assert service.strike_finding(session, SYSTEM, own.id, wrong.id, "另一个").struck_reason == "看错了"
            missed = next(each for each in repository.noted_on(session, Point, row.id) if not each.is_met)
            service.strike_point(session, SYSTEM, own.id, missed.id, "已经修好")
            assert repository.accuracy(session, day, day) == {own.compound: (1, 1)}
            assert repository.compliance(session, day, day) == {own.compound: (1, 1)}
            assert [each.id for each in repository.page_of_findings(session, own.id, Wanted())[0]] == [right.id]
            assert [each.id for each in repository.page_of_findings(session, own.id, Wanted(state="struck"))[0]] == [
                wrong.id
            ]
            assert wrong in repository.noted_on(session, Finding, row.id)

    def test_by_the_inspector_or_who_settles_cases_with_a_reason_after_the_end(
        self, open_session, own, staff, walk
    ) -> None:
        inspector, other = staff("property_staff", own), staff("property_staff", own, number=2)
        admin = staff("community_administrator", own, number=3)
        with open_session(own.scope) as session:
            row, made = walk(session, own, today(), ("wrong", None), ("wrong", None), actor=inspector, finish=False)
            with pytest.raises(Conflict, match="没有结束"):
                service.strike_finding(session, inspector, own.id, made[0].id, "看错了")
            service.finish_round(session, inspector, own.id, row.id)
            with pytest.raises(Forbidden):
                service.strike_finding(session, other, own.id, made[0].id, "看错了")
            with pytest.raises(Invalid) as error:
                service.strike_finding(session, inspector, own.id, made[0].id, "  ")
            assert fields(error) == ["reason"]
            assert service.strike_finding(session, inspector, own.id, made[0].id, "看错了").struck_at
            assert service.strike_finding(session, admin, own.id, made[1].id, "看错了").struck_at


class TestLists:
    def test_by_every_filter_and_page_by_page(self, open_session, own, staff, walk) -> None:
        actor, day = staff("community_administrator", own), today()
        with open_session(own.scope) as session:
            old, [first] = walk(session, own, day - timedelta(days=9), ("wrong", None), met=(False,))
            new, [second, third] = walk(session, own, day, ("correct", 0), ("contaminated", None), actor=actor)

            def found(**fields: object) -> list[Finding]:
                return list(repository.page_of_findings(session, own.id, Wanted(**fields))[0])  # type: ignore[arg-type]

            assert found() == [third, second, first]
            assert found(first=day - timedelta(days=8)) == [third, second]
            assert found(last=day - timedelta(days=9)) == [first]
            assert found(last=day - timedelta(days=10)) == []
            assert found(result="contaminated") == [third]
            assert found(station_id=first.station_id, compound_id=own.compound, inspector="人员1") == [third, second]
            assert found(compounds=frozenset()) == []
            assert found(round_id=old.id) == [first]
            rows, after = repository.page_of_findings(session, own.id, Wanted(), limit=2)
            rest, end = repository.page_of_findings(session, own.id, Wanted(), after=after, limit=2)
            assert ([*rows, *rest], end) == ([third, second, first], None)
            assert [each.id for each in repository.page_of_rounds(session, own.id, Wanted())[0]] == [new.id, old.id]
            assert [each.is_met for each in repository.page_of_points(session, own.id, Wanted(result="missed"))[0]] == [
                False
            ]

    def test_neighbours_see_and_count_none_of_them(self, open_session, world, own, walk) -> None:
        day = today()
        with open_session(own.scope) as session:
            row, _found = walk(session, own, day, ("wrong", None), met=(True,))
        for stranger in (world.here.communities[1], world.there.communities[0]):
            with open_session(stranger.scope) as session:
                assert repository.page_of_findings(session, None, Wanted())[0] == []
                assert repository.page_of_rounds(session, None, Wanted())[0] == []
                assert repository.accuracy(session, day, day) == {}
                assert repository.compliant_stations(session, day, day) == {}
                with pytest.raises(NotFound):
                    service.get_round(session, SYSTEM, stranger.id, row.id)


class TestWords:
    def test_what_the_packs_say_is_translated_and_what_a_street_writes_is_not(self, open_session, own, world) -> None:
        packs = Path(words.__file__).parents[1] / "rules"
        values = [each for path in packs.glob("*.toml") for each in tomllib.loads(path.read_text("utf-8"))["values"]]
        said = {each["key"]: each["value"] for each in values}
        grounds = {each["value"] for each in values if each["key"] == BASIS}
        assert set(said[POINTS]) == set(words._POINTS)
        assert grounds == set(words._GROUNDS)
        with open_session(world.here.scope) as session:
            assert ground_of(session, own.compound) in grounds
            settle_rule(session, BASIS, "本街道公约第3条")
            assert ground_of(session, own.compound) == "本街道公约第3条"
