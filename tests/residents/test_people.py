"""Residents: listing within one's reach, entering, changing, unsealing, merging."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from tests.residents.actors import (
    READ,
    community_administrator,
    compound_administrator,
    holder,
    id_number,
    resident,
    steward,
)

from linli.audit.models import AuditEntry
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.privacy.reveals import reveal
from linli.residents.models import Resident
from linli.residents.repository import ResidentFilter
from linli.residents.schemas import Merge, ResidentCreate, ResidentUpdate, Reveal
from linli.residents.service import (
    create_resident,
    get_resident,
    list_residents,
    merge_residents,
    update_resident,
)

PHONE = "19912345678"
#: Region 990000 is not assigned; the check character is right.
ID_NUMBER = "990000199001010017"


@pytest.fixture
def admin(here):
    return community_administrator(here)


def _names(found) -> list[str]:
    return [each.name for each in found[0]]


class TestList:
    def test_a_community_sees_its_own_residents_and_no_others(self, open_session, world) -> None:
        for community in (*world.here.communities, *world.there.communities):
            actor = community_administrator(community)
            with open_session(community.scope, actor) as session:
                items, more = list_residents(session, actor)
            assert {each.id for each in items} == set(community.residents)
            assert more is None

    def test_a_grant_in_one_community_shows_nothing_of_the_next_even_in_a_street_scope(
        self, open_session, world
    ) -> None:
        first, second = world.here.communities
        actor = community_administrator(second)
        with open_session(world.here.scope, actor) as session:
            assert {each.id for each in list_residents(session, actor)[0]} == set(second.residents)
            with pytest.raises(NotFound):
                get_resident(session, actor, first.residents[0])

    def test_a_steward_sees_their_building_only(self, open_session, here, second_building, admin) -> None:
        building, dwelling = second_building
        with open_session(here.scope, admin) as session:
            create_resident(session, admin, here.id, ResidentCreate(name="二号楼住户", dwelling_id=dwelling))
        one, two = steward(here, here.compound, here.building), steward(here, here.compound, building)
        with open_session(here.scope, one) as session:
            assert _names(list_residents(session, one)) == ["测试居民1", "测试居民2", "测试居民3"]
        with open_session(here.scope, two) as session:
            assert _names(list_residents(session, two)) == ["二号楼住户"]

    def test_a_compound_grant_sees_its_compound_only(self, open_session, here, second_compound, admin) -> None:
        compound, _building, dwelling = second_compound
        with open_session(here.scope, admin) as session:
            create_resident(session, admin, here.id, ResidentCreate(name="二号院住户", dwelling_id=dwelling))
        actor = compound_administrator(here, compound)
        with open_session(here.scope, actor) as session:
            assert _names(list_residents(session, actor)) == ["二号院住户"]
            with pytest.raises(NotFound):
                get_resident(session, actor, here.residents[0])

    def test_without_the_permission_there_is_nobody(self, open_session, here) -> None:
        actor = resident(here, here.residents[0])
        with open_session(here.scope, actor) as session:
            assert list_residents(session, actor) == ([], None)

    def test_pages_of_fifty_show_everybody_once(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            for n in range(2 * PAGE):
                create_resident(session, admin, here.id, ResidentCreate(name=f"同名{n % 3}"))
        with open_session(here.scope, admin) as session:
            seen, after = [], ""
            while after is not None:
                items, after = list_residents(session, admin, after=after)
                assert len(items) <= PAGE
                seen += [each.id for each in items]
        assert len(seen) == len(set(seen)) == 2 * PAGE + 4

    @pytest.mark.parametrize("word", ["x", "AAAA", "WyIiLCJ4Il0", "长", "{}"])
    def test_a_cursor_that_was_not_given_out_is_refused(self, open_session, here, admin, word) -> None:
        with open_session(here.scope, admin) as session, pytest.raises(Invalid):
            list_residents(session, admin, after=word)

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("曾国", True),
            ("zengg", True),
            ("ZGF", True),
            (PHONE, True),
            ("+86 199-1234-5678", True),
            ("5678", True),
            (ID_NUMBER, True),
            ("1号楼", True),
            ("4单元", False),
            ("%", False),
            ("eng", False),
            ("19912345679", False),
        ],
    )
    def test_search(self, open_session, here, admin, search, found) -> None:
        data = ResidentCreate(name="曾国帆", phone=PHONE, id_number=ID_NUMBER, dwelling_id=here.dwellings[0])
        with open_session(here.scope, admin) as session:
            create_resident(session, admin, here.id, data)
        with open_session(here.scope, admin) as session:
            assert ("曾国帆" in _names(list_residents(session, admin, ResidentFilter(search=search)))) is found

    def test_filters_by_place(self, open_session, here, admin, second_building) -> None:
        building, _dwelling = second_building
        with open_session(here.scope, admin) as session:
            assert len(list_residents(session, admin, ResidentFilter(compound_id=here.compound))[0]) == 3
            assert list_residents(session, admin, ResidentFilter(building_id=building))[0] == []
            assert _names(list_residents(session, admin, ResidentFilter(dwelling_id=here.dwellings[1]))) == [
                "测试居民2"
            ]

    def test_the_number_of_queries_does_not_grow_with_the_rows(self, open_session, here, admin, count_queries) -> None:
        with open_session(here.scope, admin) as session:
            list_residents(session, admin)
            with count_queries(session) as few:
                list_residents(session, admin)
            for n in range(30):
                create_resident(session, admin, here.id, ResidentCreate(name=f"多{n}", dwelling_id=here.dwellings[0]))
            with count_queries(session) as many:
                list_residents(session, admin)
        assert few.count == many.count == 2

    @pytest.mark.requirement("REG-003")
    def test_migrants_can_be_listed(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            create_resident(session, admin, here.id, ResidentCreate(name="外来人员", is_migrant=True))
        with open_session(here.scope, admin) as session:
            assert _names(list_residents(session, admin, ResidentFilter(migrants_only=True))) == ["外来人员"]


class TestWrite:
    @pytest.mark.asvs("V14.2.6")
    def test_numbers_are_sealed_masked_and_found_again(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            made = create_resident(
                session, admin, here.id, ResidentCreate(name=" 张 三 ", phone="+86 199 1234 5678", id_number=ID_NUMBER)
            )
        assert (made.name, made.phone_mask, made.id_number_mask) == ("张三", "199****5678", "990*************17")
        with open_session(here.scope, admin) as session:
            row = session.execute(
                text("SELECT r::text FROM core.resident r WHERE id = :id"), {"id": made.id}
            ).scalar_one()
            assert PHONE not in row
            assert ID_NUMBER not in row

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", "  \u200b "),
            ("name", "长" * 61),
            ("phone", "12345"),
            ("id_number", "990000199001010018"),
            ("remarks", "长" * 501),
        ],
    )
    def test_a_bad_field_is_named_and_nothing_is_written(self, open_session, here, admin, field, value) -> None:
        with open_session(here.scope, admin) as session:
            with pytest.raises(Invalid) as fault:
                create_resident(session, admin, here.id, ResidentCreate(**{"name": "好名字", field: value}))
            session.rollback()
        assert [each.field for each in fault.value.errors] == [field]

    def test_an_identity_number_belongs_to_one_resident_of_a_community(self, open_session, world) -> None:
        actor = holder(*(g for c in world.here.communities for g in community_administrator(c).grants))
        first, second = world.here.communities
        with open_session(world.here.scope, actor) as session:
            create_resident(session, actor, first.id, ResidentCreate(name="甲", id_number=ID_NUMBER))
            create_resident(session, actor, second.id, ResidentCreate(name="甲", id_number=ID_NUMBER))
            with pytest.raises(Invalid):
                create_resident(session, actor, first.id, ResidentCreate(name="乙", id_number=ID_NUMBER))

    def test_only_what_is_sent_changes_and_the_trail_shows_it_masked(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            before = get_resident(session, admin, here.residents[0])
            after = update_resident(
                session, admin, before.id, ResidentUpdate(version=before.version, phone=PHONE, remarks="独居")
            )
        assert (after.name, after.phone_mask, after.remarks) == (before.name, "199****5678", "独居")
        assert after.version == before.version + 1
        with open_session(here.scope, admin) as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.resident.update")).one()
        assert entry.after == {"phone": "199****5678", "remarks": "独居"}
        assert entry.actor_name == admin.display_name

    def test_a_stale_version_is_a_conflict(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session, pytest.raises(Conflict):
            update_resident(session, admin, here.residents[0], ResidentUpdate(version=99, name="改名"))

    def test_a_change_in_between_is_a_conflict(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            resident_id = here.residents[0]
            session.get(Resident, (here.tenant_id, resident_id))
            session.execute(text("UPDATE core.resident SET version = version + 1 WHERE id = :id"), {"id": resident_id})
            with pytest.raises(Conflict):
                update_resident(session, admin, resident_id, ResidentUpdate(version=1, name="改名"))

    def test_who_manages_a_building_enters_people_there_and_nowhere_else(
        self, open_session, here, second_building
    ) -> None:
        building, dwelling = second_building
        actor = steward(here, here.compound, building)
        with open_session(here.scope, actor) as session:
            made = create_resident(session, actor, here.id, ResidentCreate(name="新住户", dwelling_id=dwelling))
            assert [door.label for door in made.doors] == ["2号楼 101"]
            with pytest.raises(Forbidden):
                create_resident(session, actor, here.id, ResidentCreate(name="无房"))
            with pytest.raises(NotFound):
                create_resident(session, actor, here.id, ResidentCreate(name="他楼", dwelling_id=here.dwellings[0]))
            with pytest.raises(NotFound):
                update_resident(session, actor, here.residents[0], ResidentUpdate(version=1, name="改名"))

    def test_readers_cannot_write(self, open_session, here) -> None:
        actor = community_administrator(here, frozenset({READ}))
        with open_session(here.scope, actor) as session:
            with pytest.raises(Forbidden):
                create_resident(session, actor, here.id, ResidentCreate(name="甲"))
            with pytest.raises(NotFound):
                update_resident(session, actor, here.residents[0], ResidentUpdate(version=1, name="改名"))


class TestReveal:
    @pytest.mark.asvs("V16.3.2")
    def test_a_reason_opens_one_field_and_leaves_a_trace(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            made = create_resident(session, admin, here.id, ResidentCreate(name="甲", phone=PHONE))
            assert reveal(session, admin, made.id, Reveal(field="phone", reason="漏水联系")).value == PHONE
            assert reveal(session, admin, made.id, Reveal(field="id_number", reason="核对")).value == ""
        with open_session(here.scope, admin) as session:
            entries = list(session.scalars(select(AuditEntry).where(AuditEntry.action == "core.resident.reveal")))
        assert [(each.after, each.reason) for each in entries] == [
            ({"field": "phone"}, "漏水联系"),
            ({"field": "id_number"}, "核对"),
        ]

    def test_no_reason_no_number(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session, pytest.raises(Invalid):
            reveal(session, admin, here.residents[0], Reveal(field="phone", reason="  "))

    def test_reading_is_not_revealing(self, open_session, here) -> None:
        actor = community_administrator(here, frozenset({READ}))
        with open_session(here.scope, actor) as session, pytest.raises(NotFound):
            reveal(session, actor, here.residents[0], Reveal(field="phone", reason="好奇"))


class TestMerge:
    def test_the_kept_entry_gets_what_it_lacks(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            twin = create_resident(
                session,
                admin,
                here.id,
                ResidentCreate(name="测试居民1", id_number=ID_NUMBER, dwelling_id=here.dwellings[3]),
            )
            kept = merge_residents(session, admin, here.residents[0], Merge(duplicate_id=twin.id, reason="重复"))
        assert kept.id_number_mask == "990*************17"
        assert [(door.label, door.owns) for door in kept.doors] == [
            ("1号楼 1单元 101", True),
            ("1号楼 1单元 401", False),
        ]
        with open_session(here.scope, admin) as session:
            assert twin.id not in {each.id for each in list_residents(session, admin)[0]}

    def test_two_identity_numbers_are_two_people(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            one, two = (
                create_resident(session, admin, here.id, ResidentCreate(name="甲", id_number=id_number(n)))
                for n in (1, 2)
            )
            with pytest.raises(Invalid):
                merge_residents(session, admin, one.id, Merge(duplicate_id=two.id))

    def test_shares_of_one_dwelling_are_added(self, open_session, here, admin) -> None:
        from linli.residents.schemas import OwnershipCreate
        from linli.residents.service import add_owner, owners_of

        with open_session(here.scope, admin) as session:
            twin = create_resident(session, admin, here.id, ResidentCreate(name="测试居民4"))
            for owner, share in ((here.residents[3], "1/3"), (twin.id, "1/6")):
                add_owner(
                    session, admin, OwnershipCreate(dwelling_id=here.dwellings[3], resident_id=owner, share=share)
                )
            merge_residents(session, admin, here.residents[3], Merge(duplicate_id=twin.id))
            assert [each.share for each in owners_of(session, admin, here.dwellings[3])] == ["1/2"]

    def test_born_on_is_kept(self, open_session, here, admin) -> None:
        with open_session(here.scope, admin) as session:
            twin = create_resident(session, admin, here.id, ResidentCreate(name="甲", born_on=date(1950, 1, 2)))
            kept = merge_residents(session, admin, here.residents[3], Merge(duplicate_id=twin.id))
        assert kept.born_on == date(1950, 1, 2)
