"""Making and changing places: names in any spelling, versions, rights, and the trace that each act leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.clock import today
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.tenancy import places
from linli.tenancy.bulk import create_building_from_plan
from linli.tenancy.models import Building, CommunitySummary, Compound, Dwelling, UnitEntrance
from linli.tenancy.schemas import (
    BuildingIn,
    BuildingPlan,
    CommunityUpdate,
    CompoundIn,
    DwellingIn,
    UnitEntranceIn,
)

MANAGER = frozenset({places.MANAGE_COMPOUND, places.MANAGE_DWELLING, places.MANAGE_COMMUNITY})


@pytest.fixture
def own(world):
    return world.here.communities[0]


def manager(**place) -> Actor:
    return Actor(display_name="社区管理员", grants=(Grant("manager", **place),), permissions={"manager": MANAGER})


class TestCompound:
    @pytest.mark.requirement("REG-002")
    def test_is_created_with_kind_and_condition_and_told(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            data = CompoundIn("老 院", kind="unit_dormitory", is_old=True, condition="管线老化", built_year=1986)
            compound = places.create_compound(session, SYSTEM, own.id, data)
        with open_session(own.scope) as session:
            found = session.scalars(select(Compound).where(Compound.id == compound.id)).one()
            assert (found.name, found.kind, found.is_old, found.condition) == (
                "老院",
                "unit_dormitory",
                True,
                "管线老化",
            )
            told = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(compound.id))).one()
            assert (told.action, told.community_id) == ("core.compound.create", own.id)
            assert session.scalars(select(CommunitySummary.compounds)).one() == 2

    def test_a_name_that_is_taken_is_refused_and_the_work_goes_on(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid, match="有误") as caught:
                places.create_compound(session, SYSTEM, own.id, CompoundIn("一号院"))
            assert caught.value.errors[0].field == "name"
            assert places.create_compound(session, SYSTEM, own.id, CompoundIn("二号院")).version == 1

    def test_the_same_name_in_the_next_community_tells_nothing(self, open_session, world) -> None:
        first, second = world.here.communities
        with open_session(first.scope) as session:
            places.create_compound(session, SYSTEM, first.id, CompoundIn("同名苑"))
        with open_session(second.scope) as session:
            assert places.create_compound(session, SYSTEM, second.id, CompoundIn("同名苑")).community_id == second.id

    def test_another_communitys_is_not_found(self, open_session, world) -> None:
        first, second = world.here.communities
        with open_session(first.scope) as session:
            assert places.find(session, Compound, first.compound).name == "一号院"
            for elsewhere in (second.compound, world.there.communities[0].compound):
                with pytest.raises(NotFound):
                    places.update_compound(session, SYSTEM, elsewhere, 1, CompoundIn("夺来的"))

    def test_a_stale_version_is_refused(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert places.update_compound(session, SYSTEM, own.compound, 1, CompoundIn("新名")).version == 2
        with open_session(own.scope) as session, pytest.raises(Conflict):
            places.update_compound(session, SYSTEM, own.compound, 1, CompoundIn("更新的名"))

    def test_nothing_changed_leaves_version_and_trail_alone(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert places.update_compound(session, SYSTEM, own.compound, 1, CompoundIn("一号院")).version == 1
        with open_session(own.scope) as session:
            assert session.scalars(select(AuditEntry).where(AuditEntry.action == "core.compound.update")).all() == []

    def test_archived_ones_leave_the_counts_and_come_back(self, open_session, own) -> None:
        for archived, counted in ((True, 0), (False, 1)):
            with open_session(own.scope) as session:
                version = places.find(session, Compound, own.compound).version
                places.archive_compound(session, SYSTEM, own.compound, version, archived=archived)
            with open_session(own.scope) as session:
                assert session.scalars(select(CommunitySummary.compounds)).one() == counted

    def test_a_year_to_come_is_refused(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            this_year = CompoundIn("今年的", built_year=today().year)
            assert places.create_compound(session, SYSTEM, own.id, this_year).built_year == today().year
            with pytest.raises(Invalid):
                places.create_compound(session, SYSTEM, own.id, CompoundIn("明年的", built_year=today().year + 1))

    def test_a_grant_reaches_its_own_compound_only(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            other = places.create_compound(session, SYSTEM, own.id, CompoundIn("别的院")).id
            chair = manager(community_id=own.id, compound_id=own.compound)
            assert places.update_compound(session, chair, own.compound, 1, CompoundIn("本院")).name == "本院"
            with pytest.raises(Forbidden):
                places.update_compound(session, chair, other, 1, CompoundIn("别人的"))
            with pytest.raises(Forbidden):
                places.create_compound(session, chair, own.id, CompoundIn("再来一个"))


class TestCommunity:
    def test_the_portals_name_changes_the_registers_stays(self, open_session, own, world) -> None:
        with open_session(world.here.scope) as session:
            data = CommunityUpdate("我们的社区", office_phone="010-00000000")
            community = places.update_community(session, manager(community_id=own.id), own.id, 1, data)
            assert (community.name, community.register_name) == ("我们的社区", f"{own.name}居委会")

    def test_an_administrator_of_the_next_one_may_not(self, open_session, world) -> None:
        first, second = world.here.communities
        with open_session(world.here.scope) as session, pytest.raises(Forbidden):
            places.update_community(session, manager(community_id=second.id), first.id, 1, CommunityUpdate("夺"))


class TestBuilding:
    def test_another_spelling_of_it_is_the_same_building(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert places.create_building(session, SYSTEM, own.compound, BuildingIn("3")).name == "3号楼"
            with pytest.raises(Invalid) as caught:
                places.create_building(session, SYSTEM, own.compound, BuildingIn("三号楼"))
            assert "3号楼" in caught.value.errors[0].message

    def test_a_new_name_reaches_the_labels_of_its_dwellings(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            places.update_building(session, SYSTEM, own.building, 1, BuildingIn("12", floors=6))
        with open_session(own.scope) as session:
            labels = session.scalars(select(Dwelling.label).order_by(Dwelling.sort_key)).all()
            assert labels == ["12号楼 1单元 101", "12号楼 1单元 201", "12号楼 1单元 301", "12号楼 1单元 401"]

    def test_with_dwellings_it_cannot_be_removed(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            empty = places.create_building(session, SYSTEM, own.compound, BuildingIn("9")).id
            places.remove_place(session, SYSTEM, Building, empty)
            with pytest.raises(Conflict, match="不能删除"):
                places.remove_place(session, SYSTEM, Building, own.building)
            assert session.scalars(select(Building.id)).all() == [own.building]

    def test_a_steward_may_not_change_it(self, open_session, own) -> None:
        steward = Actor(
            grants=(Grant("steward", own.id, own.compound, own.building),),
            permissions={"steward": frozenset({"core.dwelling.read"})},
        )
        with open_session(own.scope) as session, pytest.raises(Forbidden):
            places.update_building(session, steward, own.building, 1, BuildingIn("2"))


class TestUnitEntrance:
    def test_a_new_name_reaches_the_labels_of_its_dwellings_only(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            other = places.create_unit_entrance(session, SYSTEM, own.building, UnitEntranceIn("2")).id
            places.create_dwelling(session, SYSTEM, own.building, DwellingIn("101", other))
            places.rename_unit_entrance(session, SYSTEM, own.unit_entrance, UnitEntranceIn("5"))
        with open_session(own.scope) as session:
            labels = set(session.scalars(select(Dwelling.label)))
            assert labels == {"1号楼 2单元 101", *(f"1号楼 5单元 {n}01" for n in range(1, 5))}

    def test_a_name_that_is_taken_is_refused_and_nothing_changes(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            places.create_unit_entrance(session, SYSTEM, own.building, UnitEntranceIn("2"))
            with pytest.raises(Invalid):
                places.rename_unit_entrance(session, SYSTEM, own.unit_entrance, UnitEntranceIn("2单元"))
        with open_session(own.scope) as session:
            assert sorted(session.scalars(select(UnitEntrance.name))) == ["1单元", "2单元"]


class TestDwelling:
    def test_is_placed_in_its_entrance_and_sorted_as_people_count(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            unit = places.create_unit_entrance(session, SYSTEM, own.building, UnitEntranceIn("2")).id
            data = DwellingIn("501室", unit, floor=5, exclusive_area=Decimal("68.50"), area_basis="registry")
            dwelling = places.create_dwelling(session, SYSTEM, own.building, data)
            assert (dwelling.label, dwelling.exclusive_area) == ("1号楼 2单元 501", Decimal("68.50"))
        with open_session(own.scope) as session:
            places.create_dwelling(session, SYSTEM, own.building, DwellingIn("1001", unit))
            upstairs = select(Dwelling.door).where(Dwelling.unit_entrance_id == unit).order_by(Dwelling.sort_key)
            assert session.scalars(upstairs).all() == ["501", "1001"]

    def test_a_door_twice_is_refused(self, open_session, own) -> None:
        with open_session(own.scope) as session, pytest.raises(Invalid) as caught:
            places.create_dwelling(session, SYSTEM, own.building, DwellingIn("101号", own.unit_entrance))
        assert (caught.value.errors[0].field, caught.value.errors[0].message) == ("door", "这个门牌号已经登记")

    @pytest.mark.parametrize("area", ["0", "-1", "0.001", "1000000", "NaN"])
    def test_an_impossible_area_is_refused(self, open_session, own, area) -> None:
        with open_session(own.scope) as session, pytest.raises(Invalid) as caught:
            places.create_dwelling(session, SYSTEM, own.building, DwellingIn("909", exclusive_area=Decimal(area)))
        assert caught.value.errors[0].field == "exclusive_area"

    def test_an_entrance_of_another_building_is_refused(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            other = places.create_building(session, SYSTEM, own.compound, BuildingIn("2"))
            with pytest.raises(Invalid) as caught:
                places.create_dwelling(session, SYSTEM, other.id, DwellingIn("101", own.unit_entrance))
            assert caught.value.errors[0].field == "unit_entrance_id"

    def test_where_people_are_registered_it_stays(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Conflict):
                places.remove_place(session, SYSTEM, Dwelling, own.dwellings[0])
            places.remove_place(session, SYSTEM, Dwelling, own.dwellings[3])
        with open_session(own.scope) as session:
            assert session.scalars(select(CommunitySummary.dwellings)).one() == 3


class TestPlan:
    def test_a_building_is_made_whole(self, open_session, own) -> None:
        plan = BuildingPlan("8", units=2, floors=3, doors=2, skipped_floors=[2], area=Decimal("50.00"))
        with open_session(own.scope) as session:
            building, count = create_building_from_plan(session, SYSTEM, own.compound, plan)
            assert (count, building.floors) == (12, 4)
        with open_session(own.scope) as session:
            labels = session.scalars(
                select(Dwelling.label).where(Dwelling.building_id == building.id).order_by(Dwelling.sort_key)
            ).all()
            assert labels[:6] == [f"8号楼 1单元 {door}" for door in (101, 102, 301, 302, 401, 402)]
            assert session.scalars(select(CommunitySummary.dwellings)).one() == 16
            actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == str(building.id)))
            assert sorted(actions) == ["core.building.create", "core.building.plan"]

    def test_doors_may_run_on_through_the_entrances(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            plan = BuildingPlan("8", units=2, floors=1, doors=2, running=True)
            building, _ = create_building_from_plan(session, SYSTEM, own.compound, plan)
            doors = session.scalars(
                select(Dwelling.door).where(Dwelling.building_id == building.id).order_by(Dwelling.sort_key)
            ).all()
            assert doors == ["101", "102", "103", "104"]

    def test_an_absurd_plan_is_refused_before_anything_is_made(self, open_session, own) -> None:
        plan = BuildingPlan("8", units=30, floors=120, doors=40)
        with open_session(own.scope) as session:
            with pytest.raises(Invalid, match="有误"):
                create_building_from_plan(session, SYSTEM, own.compound, plan)
            assert session.scalars(select(Building.id)).all() == [own.building]


def test_unit_entrances_stay_in_their_community(open_session, world) -> None:
    first, second = world.here.communities
    with open_session(first.scope) as session:
        assert places.find(session, UnitEntrance, first.unit_entrance).name == "1单元"
        with pytest.raises(NotFound):
            places.find(session, UnitEntrance, second.unit_entrance)
