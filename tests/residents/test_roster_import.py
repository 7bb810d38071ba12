"""From a file to the register: created, updated in place, never deleted, all or nothing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from tests.residents.actors import community_administrator, compound_administrator, id_number, resident
from tests.residents.rosters import HEADER, Desk, counts, csv_file, row, workbook

from linli.audit.models import AuditEntry
from linli.files.service import get_file
from linli.kit.errors import Conflict, NotFound
from linli.residents.electorate import electorate
from linli.residents.models import (
    Household,
    HouseholdMember,
    Organisation,
    Ownership,
    Resident,
    RosterImport,
    RosterRow,
)
from linli.residents.roster import (
    check_again,
    check_chunk,
    commit_import,
    discard_import,
    faults_page,
    import_state,
    list_imports,
    preview_rows,
    start_import,
)
from linli.residents.service import list_residents, owners_of
from linli.tenancy.models import Building, CommunitySummary, Dwelling

PHONE = "19912345678"


def _register(session):
    """Everything a second import of the same file must leave alone."""
    tables = (Building, Dwelling, Resident, Household, HouseholdMember, Ownership, Organisation)
    return {
        table.__tablename__: sorted(
            tuple(str(value) for value in each) for each in session.execute(select(*table.__table__.c))
        )
        for table in tables
    }


FAMILY = [
    row("101", "甲一", PHONE, id_number(1), relation="户主", share="1/2", area="60.5"),
    row("101", "甲二", "", id_number(2), relation="配偶", share="1/2"),
    row("101", "甲三", "", "", "家属", relation="子女"),
    row("102", "乙一", "19912345679", "", "租户"),
    row("102", "测试产权单位", "", "", "产权单位", area="48"),
    row("103", area="55"),
]


class TestCommit:
    def test_a_file_becomes_a_register(self, desk, here) -> None:
        state = desk.bring_in(workbook(FAMILY))
        assert (state.state, state.rows_written, counts(state)) == ("committed", 6, (6, 0, 0, 0))

        def look(session):
            dwellings = {d.label: d for d in session.scalars(select(Dwelling).where(Dwelling.door.like("10%")))}
            counted = electorate(session, here.compound, date(2026, 6, 1))
            return dwellings, counted, list_residents(session, desk.actor)[0]

        dwellings, counted, residents = desk.work(look)
        new = dwellings["5号楼 1单元 101"]
        assert (new.exclusive_area, new.sort_key) == (60.5, "000005/000001/000101")
        by_name = {each.name: each for each in residents}
        assert by_name["甲一"].phone_mask == "199****5678"
        assert by_name["甲一"].gender in ("male", "female")
        assert by_name["甲一"].born_on == date(1990, 1, 1)
        heads = {head.kind: head for head in counted.heads if {u.label[0] for u in head.units} == {"5"}}
        assert (heads["co_owners"].area, heads["organisation"].area, heads["unknown"].area) == (60.5, 48, 55)

    def test_the_same_file_again_changes_nothing(self, desk) -> None:
        desk.bring_in(workbook(FAMILY))
        before = desk.work(_register)
        again = desk.bring_in(workbook(FAMILY))
        assert counts(again) == (0, 0, 6, 0)
        assert desk.work(_register) == before

    def test_a_committed_import_is_not_committed_twice(self, desk) -> None:
        state = desk.bring_in(workbook(FAMILY))
        with pytest.raises(Conflict, match="已经完成"):
            desk.act(commit_import, state.id)

    def test_changes_are_made_in_place_and_blanks_change_nothing(self, desk) -> None:
        desk.bring_in(workbook(FAMILY))
        people = desk.work(lambda session: session.scalar(select(func.count()).select_from(Resident)))
        changed = desk.bring_in(
            workbook(
                [
                    row("101室", "甲一", "19900000001", "", "", building="5#", unit="1"),
                    row("101", "甲二", "", "", "", area="61", building="五号楼"),
                    row("102", "乙一", "19912345679", "", "", moved_out_on="2026-05-01"),
                ]
            )
        )
        assert counts(changed) == (0, 2, 0, 1)

        def look(session):
            stays = session.scalars(select(HouseholdMember).where(HouseholdMember.moved_out_on.is_not(None)))
            return (
                session.scalar(select(func.count()).select_from(Resident)),
                session.scalars(select(Resident).where(Resident.name == "甲一")).one(),
                [stay.moved_out_on for stay in stays],
                session.scalars(select(Dwelling.exclusive_area).where(Dwelling.label == "5号楼 1单元 101")).one(),
                session.scalar(select(func.count()).select_from(Building)),
            )

        count, first, left, area, buildings = desk.work(look)
        assert count == people
        assert (first.phone_mask, first.id_number_mask) == ("199****0001", "990*************" + id_number(1)[-2:])
        assert (left, area, buildings) == ([date(2026, 5, 1)], 61, 2)

    def test_people_absent_from_the_file_stay(self, desk, here) -> None:
        desk.bring_in(workbook(FAMILY))
        names = desk.work(lambda session: set(session.scalars(select(Resident.name))))
        desk.bring_in(workbook([row("101", "甲四", "", "", "家属")]))
        assert desk.work(lambda session: set(session.scalars(select(Resident.name)))) == names | {"甲四"}

    def test_one_person_with_two_dwellings_is_one_resident(self, desk) -> None:
        desk.bring_in(
            workbook(
                [row("101", "甲", PHONE, id_number(1)), row("901", "甲", "", id_number(1)), row("902", "甲", PHONE)]
            ),
            limit=2,
        )

        def look(session):
            return session.scalars(select(Resident).where(Resident.name == "甲")).all(), session.scalar(
                select(func.count()).select_from(Ownership).where(Ownership.resident_id.is_not(None))
            )

        people, shares = desk.work(look)
        assert (len(people), shares) == (1, 3 + 3)

    def test_co_owners_without_shares_hold_equal_parts(self, desk) -> None:
        desk.bring_in(workbook([row("101", "甲"), row("101", "乙")]))
        desk.bring_in(workbook([row("101", "甲"), row("101", "乙"), row("101", "丙")]))

        def look(session):
            dwelling = session.scalars(select(Dwelling.id).where(Dwelling.label == "5号楼 1单元 101")).one()
            return [(o.share, o.is_representative) for o in owners_of(session, desk.actor, dwelling)]

        assert desk.work(look) == [("1/3", True), ("1/3", False), ("1/3", False)]

    def test_a_past_stay_is_history_and_not_written_twice(self, desk) -> None:
        gone = workbook([row("101", "甲", "", "", "租户", moved_out_on="2020-01-01")])
        assert counts(desk.bring_in(gone)) == (1, 0, 0, 0)
        assert counts(desk.bring_in(gone)) == (0, 0, 1, 0)

        def look(session):
            homes = session.scalars(select(Household).where(Household.tenure == "lease"))
            return [home.ended_on for home in homes]

        assert desk.work(look) == [date(2020, 1, 1)]

    def test_the_count_of_the_community_and_one_audit_row(self, desk) -> None:
        desk.bring_in(workbook(FAMILY))

        def look(session):
            entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.roster.commit")).all()
            summary = session.scalars(select(CommunitySummary)).one()
            return entries, (summary.buildings, summary.dwellings, summary.residents)

        entries, summary = desk.work(look)
        assert [(each.after["rows"], each.after["created"]) for each in entries] == [(6, 6)]
        assert summary == (2, 7, 8)

    def test_staged_rows_and_the_file_are_gone_afterwards(self, desk) -> None:
        state = desk.bring_in(workbook(FAMILY))
        assert desk.work(lambda session: session.scalar(select(func.count()).select_from(RosterRow))) == 0
        file_id = desk.work(lambda session: session.scalars(select(RosterImport.file_id)).one())
        with pytest.raises(NotFound):
            desk.work(get_file, file_id)
        assert state.state == "committed"

    def test_the_file_may_come_in_pieces_and_be_taken_up_again(self, desk) -> None:
        rows = [row(f"{n}01", f"住户{n}", f"199{n:08d}", id_number(n)) for n in range(1, 40)]
        state = desk.check(workbook(rows), limit=7, keep=False)
        assert (state.state, counts(state), state.rows_checked) == ("ready", (39, 0, 0, 0), 39)

    def test_csv_in_chinese_encoding(self, desk) -> None:
        state = desk.bring_in(csv_file(FAMILY, encoding="gb18030", delimiter=";"), "名册.csv")
        assert counts(state) == (6, 0, 0, 0)


class TestAgainstTheRegister:
    def test_a_changed_register_stops_the_commit_and_nothing_is_written(self, desk) -> None:
        first = desk.check(workbook([row("101", "甲", "", id_number(1))]))
        desk.bring_in(workbook([row("101", "乙", "", id_number(1))]))
        before = desk.work(_register)
        with pytest.raises(Conflict, match="重新检查"):
            desk.act(commit_import, first.id)
        assert desk.work(_register) == before
        state = desk.act(check_again, first.id)
        while state.state == "checking":
            state = desk.work(check_chunk, first.id)
        assert [each[:2] for each in desk.faults(state)] == [(2, "id_number")]

    @pytest.mark.parametrize(
        ("rows", "faults"),
        [
            ([row("101", "甲", share="2/3"), row("101", "乙", share="1/2")], [(2, "share"), (3, "share")]),
            ([row("101", "甲", area="60"), row("101", "乙", area="61")], [(3, "area")]),
            ([row("101", "甲"), row("101室", "甲", building="五号楼")], [(3, "name")]),
            ([row("101", "甲", PHONE), row("101", "甲", "19900000000")], []),
            ([row("101", "甲", "", id_number(1)), row("301", "乙", "", id_number(1))], [(3, "id_number")]),
            ([row("101", "甲", PHONE, id_number(1)), row("301", "甲", "19900000000", id_number(1))], [(3, "phone")]),
            ([row("101", "单位", "", "", "产权单位"), row("201", "单位", "", "", "建设单位")], [(3, "identity")]),
            ([row("101", "甲", "138****0000")], [(2, "phone")]),
            ([row("101", "", PHONE)], [(2, "name")]),
            ([row("", "甲")], [(2, "door")]),
            ([row("101", "甲", identity="租户", share="1/2")], [(2, "share")]),
            ([row("101", "单位", PHONE, "", "产权单位")], [(2, "phone")]),
        ],
    )
    def test_rows_that_contradict_each_other(self, desk, rows, faults) -> None:
        state = desk.check(workbook(rows))
        found = [(n, field) for n, field, _message in desk.faults(state)]
        # Which of two rows in different doors is named depends on the order of the doors.
        assert sorted(field for _n, field in found) == sorted(field for _n, field in faults)
        assert state.state == ("faulty" if faults else "ready")

    def test_an_owner_who_holds_everything_leaves_no_share_for_another(self, desk, here) -> None:
        rows = [row("101", "新业主", building="1号楼")]
        assert [each[:2] for each in desk.faults(desk.check(workbook(rows)))] == [(2, "share")]

    def test_ownership_is_not_taken_away_by_a_roster(self, desk) -> None:
        header = ("楼栋", "单元", "房号", "姓名", "产权人")
        content = workbook([("1号楼", "1单元", "101", "测试居民1", "否")], header)
        assert [each[:2] for each in desk.faults(desk.check(content))] == [(2, "is_owner")]

    def test_a_faulty_import_cannot_be_committed(self, desk) -> None:
        state = desk.check(workbook([row("", "甲")]))
        with pytest.raises(Conflict):
            desk.act(commit_import, state.id)


class TestLook:
    def test_preview_shows_masked_rows_with_their_effect(self, desk) -> None:
        state = desk.check(workbook(FAMILY))
        rows, more = desk.act(preview_rows, state.id)
        assert more is None
        assert (rows[0].cells["phone"], rows[0].cells["name"], rows[0].effect) == ("199****5678", "甲一", "created")
        assert PHONE not in str(rows)

    def test_pages_of_faults_and_rows_show_each_once(self, desk) -> None:
        state = desk.check(workbook([row(f"{n}", "甲", "123") for n in range(1, 121)]))
        assert [n for n, _field, _message in desk.faults(state)] == list(range(2, 122))
        seen, after = [], 0
        while after is not None:
            page, after = desk.act(preview_rows, state.id, after=after)
            assert len(page) <= 50
            seen += [each.n for each in page]
        assert seen == list(range(2, 122))

    def test_a_fault_says_where_what_and_what_is_allowed(self, desk) -> None:
        state = desk.check(workbook([row("101", "甲", "12345")], before=[["某小区名册"], []]))
        (fault,), _more = desk.act(faults_page, state.id)
        assert (fault.n, fault.column, fault.title, fault.written) == (4, 5, "手机", "12345")
        assert (fault.message, fault.allowed) == ("电话号码不正确，共 5 位数字", "11 位手机号，或带区号的固定电话")

    def test_unknown_columns_are_named(self, desk) -> None:
        state = desk.check(workbook([[*row("101", "甲"), "京A00000"]], [*HEADER, "车牌"]))
        assert (state.unknown_columns, state.state) == (["车牌"], "ready")

    def test_what_is_staged_is_sealed(self, desk) -> None:
        desk.check(workbook(FAMILY))
        rows = desk.work(lambda session: [bytes(each) for each in session.scalars(select(RosterRow.cells_ct))])
        assert len(rows) == 6
        assert all(PHONE.encode() not in each and "甲一".encode() not in each for each in rows)

    def test_a_discarded_import_leaves_nothing(self, desk) -> None:
        state = desk.check(workbook(FAMILY))
        done = desk.act(discard_import, state.id)
        assert done.state == "discarded"
        with pytest.raises(Conflict):
            desk.act(discard_import, state.id)
        with pytest.raises(Conflict):
            desk.act(commit_import, state.id)


class TestWalls:
    def test_another_communitys_import_does_not_exist(self, desk, open_session, world, here) -> None:
        state = desk.check(workbook(FAMILY))
        for other in (world.here.communities[1], world.there.communities[0]):
            stranger = Desk(open_session, other.scope, community_administrator(other), here.compound)
            for step in (import_state, preview_rows, faults_page, commit_import, discard_import, check_again):
                with pytest.raises(NotFound):
                    stranger.act(step, state.id)
            with pytest.raises(NotFound):
                stranger.work(check_chunk, state.id)
            with pytest.raises(NotFound):
                stranger.upload(workbook(FAMILY))
            assert stranger.act(list_imports, here.id)[0] == []
        assert len(desk.act(list_imports, here.id)[0]) == 1

    def test_a_right_in_another_compound_or_none_is_no_right_here(
        self, desk, open_session, here, second_compound
    ) -> None:
        state = desk.check(workbook(FAMILY))
        for actor in (compound_administrator(here, second_compound[0]), resident(here, here.residents[0])):
            clerk = Desk(open_session, here.scope, actor, here.compound)
            with pytest.raises(NotFound):
                clerk.upload(workbook(FAMILY))
            with pytest.raises(NotFound):
                clerk.act(import_state, state.id)
            assert clerk.act(list_imports, here.id)[0] == []

    def test_a_compounds_own_administrator_imports_there(self, open_session, here, second_compound) -> None:
        actor = compound_administrator(here, second_compound[0])
        clerk = Desk(open_session, here.scope, actor, second_compound[0])
        assert counts(clerk.bring_in(workbook(FAMILY))) == (6, 0, 0, 0)

    def test_a_row_of_another_compound_is_refused(self, desk) -> None:
        content = workbook([("二号院", "1号楼", "101", "甲")], ("小区", "楼栋", "房号", "姓名"))
        assert [each[:2] for each in desk.faults(desk.check(content))] == [(2, "compound")]

    def test_starting_twice_makes_two_imports(self, desk, here) -> None:
        desk.upload(workbook(FAMILY))
        desk.act(start_import, here.compound, csv_file(FAMILY), "b.csv")
        assert len(desk.act(list_imports, here.id)[0]) == 2
