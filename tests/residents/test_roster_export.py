"""The register as a file: harmless in a spreadsheet, complete, and unchanged when it comes back."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.residents.actors import community_administrator, compound_administrator, id_number, resident
from tests.residents.rosters import Desk, counts, csv_file, row, workbook

from linli.audit.models import AuditEntry
from linli.kit import streams
from linli.kit.errors import Forbidden, Invalid, NotFound
from linli.residents.permissions import ROSTER_EXPORT
from linli.residents.roster import export_roster
from linli.residents.roster.escaping import RISKY, escape, escape_typed, unescape
from linli.residents.schemas import HouseholdCreate, MemberIn, OwnershipCreate, ResidentCreate
from linli.residents.service import add_owner, create_household, create_resident
from linli.testing.houses import rolled_back

REASON = "换届核对"


def _exported(desk, here, **options) -> bytes:
    made = desk.act(export_roster, here.id, **{"compound_id": here.compound, **options})
    return b"".join(made.content)


def _cells(content: bytes) -> list[list]:
    if content.startswith(b"PK"):
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        return [[cell.value for cell in cells] for cells in sheet.iter_rows()]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


PEOPLE = [
    row("101", "甲一", "19912345678", id_number(1), relation="户主", share="1/2", area="60.5"),
    row("101", "甲二", "", id_number(2), relation="配偶", share="1/3"),
    row("101", "甲三", "", "", "家属", relation="子女"),
    row("102", "乙一", "19912345679", "", "租户"),
    row("102", "测试产权单位", "", "", "产权单位", area="48"),
    row("103", area="55"),
    row("201", "丙", "", "", "公房承租人"),
    row("202", "丁", "", "", "其他", moved_out_on="2030-01-01"),
    row("203", "戊", "", "", "租户", moved_out_on="2020-01-01"),
]


class TestRoundTrip:
    @pytest.mark.parametrize("file_format", ["xlsx", "csv"])
    @pytest.mark.parametrize("full", [True, False])
    def test_an_export_changes_nothing_when_it_comes_back(self, desk, here, file_format, full) -> None:
        desk.bring_in(workbook(PEOPLE))
        content = _exported(desk, here, file_format=file_format, full=full, reason=REASON)
        back = desk.bring_in(content, f"a.{file_format}")
        assert counts(back) == (0, 0, len(_cells(content)) - 1, 0)
        assert len(_cells(content)) == 1 + 4 + 9

    def test_owners_who_live_elsewhere_and_namesakes_come_back_too(self, desk, here) -> None:
        def prepare(session, actor):
            twins = [
                create_resident(session, actor, here.id, ResidentCreate(name="同名", gender=gender)).id
                for gender in ("male", "female")
            ]
            add_owner(session, actor, OwnershipCreate(dwelling_id=here.dwellings[3], resident_id=twins[0], share="1/2"))
            create_household(
                session,
                actor,
                HouseholdCreate(
                    dwelling_id=here.dwellings[2],
                    tenure="lease",
                    members=[MemberIn(resident_id=each, relation="lessee") for each in twins],
                ),
            )
            add_owner(
                session,
                actor,
                OwnershipCreate(dwelling_id=here.dwellings[3], resident_id=here.residents[0], share="1/4"),
            )

        desk.act(prepare)
        content = _exported(desk, here, full=True, reason=REASON)
        assert counts(desk.bring_in(content)) == (0, 0, len(_cells(content)) - 1, 0)

    texts = st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("=+-@'＝＋－＠ \"/，;"),
        max_size=30,
    )

    @given(
        remarks=st.lists(texts, min_size=1, max_size=5),
        file_format=st.sampled_from(["xlsx", "csv"]),
        shares=st.lists(st.integers(1, 99), max_size=4),
    )
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_people_write_comes_back_unchanged(self, shared_house, here, remarks, file_format, shares) -> None:
        def prepare(session, actor):
            for n, text in enumerate(remarks):
                create_resident(
                    session,
                    actor,
                    here.id,
                    ResidentCreate(name=f"住户{n}", remarks=text, dwelling_id=here.dwellings[n % 4], tenure="owner"),
                )
            for share in shares:
                owner = create_resident(session, actor, here.id, ResidentCreate(name=f"份额{share}"))
                add_owner(
                    session,
                    actor,
                    OwnershipCreate(
                        dwelling_id=here.dwellings[3],
                        resident_id=owner.id,
                        share=f"{share}/{max(sum(shares), 1)}",
                    ),
                )

        with rolled_back(shared_house.database) as database:
            desk = Desk(database.unit_of_work, here.scope, community_administrator(here), here.compound)
            desk.act(prepare)
            content = _exported(desk, here, file_format=file_format, full=True, reason=REASON)
            back = desk.bring_in(content, f"a.{file_format}")
            assert counts(back) == (0, 0, back.rows_total, 0)


class TestFormulas:
    @given(st.text(max_size=20) | st.sampled_from(RISKY).flatmap(lambda c: st.text(max_size=5).map(lambda t: c + t)))
    def test_escaping_is_undone_and_nothing_risky_is_left(self, text) -> None:
        assert unescape(escape(text)) == unescape(escape_typed(text)) == text
        assert not escape(text).startswith(RISKY)

    @pytest.mark.asvs("V1.2.10")
    @pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "＝1+1", "'=1", "''"])
    @pytest.mark.parametrize("file_format", ["xlsx", "csv"])
    def test_cells_never_run(self, desk, here, text, file_format) -> None:
        def prepare(session, actor):
            data = ResidentCreate(name="甲", remarks=text, dwelling_id=here.dwellings[0], tenure="owner")
            create_resident(session, actor, here.id, data)

        desk.act(prepare)
        content = _exported(desk, here, file_format=file_format)
        if file_format == "csv":
            assert not any(cell.startswith(RISKY) for cells in _cells(content) for cell in cells)
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
            assert {cell.data_type for cells in sheet.iter_rows() for cell in cells if cell.value} == {"s"}
        assert counts(desk.bring_in(content, f"a.{file_format}"))[2] == 5


class TestRights:
    def test_numbers_are_masked_unless_asked_for_with_a_reason(self, desk, here) -> None:
        desk.bring_in(workbook(PEOPLE))
        assert "19912345678" not in str(_cells(_exported(desk, here)))
        assert "199****5678" in str(_cells(_exported(desk, here)))
        assert "19912345678" in str(_cells(_exported(desk, here, full=True, reason=REASON)))
        with pytest.raises(Invalid):
            _exported(desk, here, full=True)

    def test_every_export_leaves_a_trace(self, desk, here) -> None:
        _exported(desk, here, full=True, reason=REASON)
        entries = desk.work(
            lambda session: session.scalars(select(AuditEntry).where(AuditEntry.action == "core.roster.export")).all()
        )
        assert [(each.after, each.reason) for each in entries] == [
            ({"rows": 4, "full": True, "format": "xlsx"}, REASON)
        ]

    def test_who_may_export_may_not_unmask(self, open_session, here) -> None:
        actor = community_administrator(here, frozenset({ROSTER_EXPORT}))
        clerk = Desk(open_session, here.scope, actor, here.compound)
        assert len(_cells(_exported(clerk, here))) == 5
        with pytest.raises(Forbidden):
            _exported(clerk, here, full=True, reason=REASON)

    def test_no_right_no_file(self, open_session, here, second_compound) -> None:
        for actor in (resident(here, here.residents[0]), compound_administrator(here, second_compound[0])):
            clerk = Desk(open_session, here.scope, actor, here.compound)
            with pytest.raises(Forbidden):
                _exported(clerk, here)
            with pytest.raises(Forbidden):
                _exported(clerk, here, compound_id=None)

    def test_a_community_exports_all_its_compounds_and_nobody_elses(self, desk, world, here, second_compound) -> None:
        cells = _cells(_exported(desk, here, compound_id=None))
        assert (cells[0][0], {line[0] for line in cells[1:]}) == ("小区", {"一号院", "二号院"})
        assert len(cells) == 1 + 5
        other = world.here.communities[1]
        with pytest.raises(Forbidden):
            desk.act(export_roster, other.id)
        with pytest.raises(NotFound):
            desk.act(export_roster, here.id, compound_id=other.compound)

    def test_a_street_wide_right_still_stops_at_the_communitys_wall(self, open_session, world, here) -> None:
        from tests.residents.actors import holder

        from linli.kit.actor import Grant

        actor = holder(Grant("street_administrator"))
        clerk = Desk(open_session, here.scope, actor, here.compound)
        with pytest.raises(NotFound):
            clerk.act(export_roster, world.here.communities[1].id)


def test_a_csv_of_two_thousand_people(desk, here) -> None:
    rows = [
        row(f"{n // 3 + 1}", f"住户{n}", f"199{n:08d}", share="1/3", relation="其他", area="60") for n in range(2000)
    ]
    assert counts(desk.bring_in(csv_file(rows), "a.csv", limit=500)) == (2000, 0, 0, 0)
    content = _exported(desk, here, full=True, reason=REASON, file_format="csv")
    assert counts(desk.bring_in(content, "b.csv")) == (0, 0, 2004, 0)


def test_a_file_that_comes_to_nothing_is_closed(desk, here, monkeypatch) -> None:
    made = []
    make = streams.tempfile.SpooledTemporaryFile

    def keep(**options):
        made.append(make(**options))
        return made[-1]

    def fail(*_words, **_options):
        raise RuntimeError("the record is full")

    monkeypatch.setattr(streams.tempfile, "SpooledTemporaryFile", keep)
    monkeypatch.setattr("linli.residents.roster.export.record", fail)
    with pytest.raises(RuntimeError, match="full"):
        desk.act(export_roster, here.id, compound_id=here.compound)
    assert made
    assert all(each.closed for each in made)
