"""The lists of points, rankings, shifts and the street's ledger: orders, pages, filters, and their files."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from linli.sdk import SYSTEM, ScopedSession, new_id, now, today
from linli.testing.world import CommunityWorld
from linli_waste_sorting.indicators.models import Ranking
from linli_waste_sorting.points import auditing, repository
from linli_waste_sorting.points.models import Entry, Flag, Item, Purse, Redemption
from linli_waste_sorting.points.permissions import HAND_OVER, READ_POINTS
from linli_waste_sorting.points.purse_list import PurseFilter, page_of_purses
from linli_waste_sorting.watch.models import Duty, Shift
from linli_waste_sorting.watch.repository import ShiftFilter, page_of_shifts

TOMORROW = today() + timedelta(days=1)
_HEAD = re.compile(r'<th scope="col"(?: class="num")?(?: aria-sort="\w+")?>(.*?)</th>', re.DOTALL)


@pytest.fixture
def admin(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting"


@pytest.fixture
def console(own) -> str:
    return f"/s/{own.street_code}/console/waste_sorting"


def shown(answer: Any) -> str:
    return html.unescape(answer.text)


def heads_on(browser: Any, page: str) -> list[str]:
    """The titles of the columns that the list on a page shows."""
    frame = shown(browser.get(page)).partition("data-frame")[2].partition("</thead>")[0]
    return [re.sub(r"<[^>]*>", "", each).strip() for each in _HEAD.findall(frame)]


def rows_on(browser: Any, page: str) -> list[str]:
    """The rows of the list on a page, as text without marks."""
    frame = shown(browser.get(page)).partition("data-frame")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>.*?</tr>", frame, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", each)).strip() for each in rows]


def file_of(browser: Any, page: str, asked: str = "") -> list[list[str]]:
    """The list as a text file: the titles, then its rows."""
    answer = browser.get(f"{page}/export?file=csv&{asked}")
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def plain(value: Any) -> str:
    return "" if value is None else str(value)


def follows(browser: Any, page: str, asked: str = "") -> list[list[str]]:
    """The rows of the file, which has the columns and as many rows as its page, and as a workbook says the same."""
    file = file_of(browser, page, f"columns=shown&{asked}")
    heads = [each for each in heads_on(browser, f"{page}?{asked}") if each != "选择"]
    if heads:
        assert file[0] == heads
    assert len(file) - 1 == len(rows_on(browser, f"{page}?{asked}"))
    ids = re.findall(r' id="([^"]+)"', browser.get(f"{page}?{asked}").text)
    assert len(ids) == len(set(ids)), "no id stands twice on a page"
    book = load_workbook(io.BytesIO(browser.get(f"{page}/export?file=xlsx&columns=shown&{asked}").content))
    assert [[plain(cell) for cell in row] for row in book.active.iter_rows(values_only=True)] == file
    return file[1:]


def pages_of(read: Any) -> list[UUID]:
    """The ids of a list, one row after the other."""
    found, after = [], ""
    while after is not None:
        rows, after = read(after)
        found += rows
    return found


def make_flag(session: ScopedSession, community: CommunityWorld, gain: Any, points: int, n: int, **fields: Any) -> Flag:
    claim = gain(session, community, points, n)
    entry = session.scalars(select(Entry).where(Entry.claim_id == claim.id)).one()
    given = {"community_id": community.id, "compound_id": community.compound, "entry_id": entry.id, "reason": "often"}
    row = Flag(id=new_id(), **given, **fields)
    session.add(row)
    session.flush()
    return row


def make_redemption(session: ScopedSession, purse: Purse, item: Item, points: int, **fields: Any) -> Redemption:
    given = {"community_id": purse.community_id, "purse_id": purse.id, "item_id": item.id, "pieces": 1}
    row = Redemption(id=new_id(), points=points, **given, **fields)
    session.add(row)
    session.flush()
    return row


def make_shift(session: ScopedSession, station: Any, day: Any, begins: int, **fields: Any) -> Shift:
    given = {"community_id": station.community_id, "compound_id": station.compound_id, "station_id": station.id}
    span = {"day": day, "begins": time(begins), "ends": time(begins + 1)}
    row = Shift(id=new_id(), plan_id=new_id(), **{"wanted": 2, **given, **span, **fields})
    session.add(row)
    session.flush()
    return row


def sign_up(session: ScopedSession, shift: Shift, account_id: UUID | None, name: str = "示范居民") -> None:
    given = {"community_id": shift.community_id, "shift_id": shift.id}
    session.add(Duty(id=new_id(), account_id=account_id, person_name=name, **given))
    session.flush()


class TestOrders:
    def test_of_purses_each_comes_once(self, open_session, own, gain, giver, assert_queries) -> None:
        with open_session(own.scope) as session:
            for n, points in enumerate((5, 30, 5)):
                gain(session, own, points, n)

            def read(sort: str, **more: Any):
                wanted = PurseFilter(**more)

                def page(after: str):
                    rows, following = page_of_purses(
                        session, giver(own), READ_POINTS, own.id, wanted, sort=sort, after=after, limit=1
                    )
                    return [row.balance for row in rows], following

                return pages_of(page)

            assert read("-balance") == [30, 5, 5]
            assert read("balance") == [5, 5, 30]
            assert read("opened_at") == [5, 30, 5]
            assert read("balance", dwellings={own.dwellings[1]}) == [30]
            assert read("balance", state="debt") == []
            stranger = giver(own, compound_id=new_id())
            assert page_of_purses(session, stranger, READ_POINTS, own.id, PurseFilter())[0] == []
            with assert_queries(session, 3):
                rows, _next = page_of_purses(session, giver(own), READ_POINTS, own.id, PurseFilter())
                assert len(repository.doors_of(session, rows)) == 3

    def test_of_redemptions_what_has_no_day_comes_last(
        self, open_session, own, gain, giver, make_item, make_day, purse, assert_queries
    ) -> None:
        with open_session(own.scope) as session:
            item, late = make_item(session, own), make_day(session, own)
            soon = make_day(session, own, day=today() + timedelta(days=2))
            gain(session, own, 90)
            mine = purse(session, own)
            for points, day in ((10, late), (20, None), (30, soon)):
                ended = {} if day else {"state": "handed", "ended_at": now()}
                make_redemption(session, mine, item, points, day_id=day.id if day else None, **ended)

            def read(sort: str, **wanted: Any):
                def page(after: str):
                    rows, following = repository.page_of_redemptions(
                        session, giver(own), HAND_OVER, own.id, sort=sort, after=after, limit=1, **wanted
                    )
                    return [row[0].points for row in rows], following

                return pages_of(page)

            assert read("day") == [30, 10, 20]
            assert read("-day") == [10, 30, 20]
            assert read("-points") == [30, 20, 10]
            assert read("at", state="handed") == [20]
            assert read("at", dwellings=set()) == []
            stranger = giver(own, compound_id=new_id())
            assert repository.page_of_redemptions(session, stranger, HAND_OVER, own.id)[0] == []
            with assert_queries(session, 3):
                rows, _next = repository.page_of_redemptions(session, giver(own), HAND_OVER, own.id)
                assert len(repository.doors_of(session, [row[3] for row in rows])) == 1

    def test_of_flags_within_reach(self, open_session, own, gain, giver) -> None:
        with open_session(own.scope) as session:
            for n, points in enumerate((3, 1, 2)):
                make_flag(session, own, gain, points, n)

            def read(sort: str, actor):
                def page(after: str):
                    rows, following = auditing.page_of_flags(session, actor, own.id, sort=sort, after=after, limit=2)
                    return [row.entry.points for row in rows], following

                return pages_of(page)

            assert read("points", giver(own)) == [1, 2, 3]
            assert read("-points", giver(own)) == [3, 2, 1]
            assert read("raised_at", giver(own)) == [3, 1, 2]
            assert read("points", giver(own, compound_id=new_id())) == []

    def test_of_shifts_by_day_and_hour_with_what_is_missing(
        self, open_session, own, make_station, assert_queries
    ) -> None:
        with open_session(own.scope) as session:
            station = make_station(session, own)
            evening = make_shift(session, station, TOMORROW, 18)
            morning = make_shift(session, station, TOMORROW, 7, wanted=1)
            later = make_shift(session, station, TOMORROW + timedelta(days=1), 6)
            gone = make_shift(session, station, TOMORROW, 9, cancelled_at=now(), cancel_reason="停运")
            sign_up(session, morning, own.resident_account)
            sign_up(session, evening, None)

            def read(sort: str = "day", state: str = "", **wanted: Any):
                asked = ShiftFilter(**{"first": today(), "state": state, **wanted})

                def page(after: str):
                    rows, following = page_of_shifts(session, own.id, asked, sort=sort, after=after, limit=1)
                    return [row.shift.id for row in rows], following

                return pages_of(page)

            assert read() == [morning.id, evening.id, later.id]
            assert read("-day") == [later.id, evening.id, morning.id]
            assert read(state="missing") == [evening.id, later.id]
            assert read(state="full") == [morning.id]
            assert read(state="cancelled") == [gone.id]
            assert read(state="all") == [morning.id, gone.id, evening.id, later.id]
            assert read(last=TOMORROW) == [morning.id, evening.id]
            assert read(compounds=frozenset()) == []
            with assert_queries(session, 1):
                page_of_shifts(session, own.id, ShiftFilter(first=today()))


@pytest.mark.actor("community_administrator")
class TestPointsFiles:
    @pytest.fixture(autouse=True)
    def rows(self, module_house, own, world, gain, purse) -> None:
        """Written once: nothing takes points out of their ledger again, and the tests share the module's database."""
        with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
            if session.scalar(select(Purse.id).limit(1)) is not None:
                return
            for n, points in enumerate((8, 20, 4)):
                make_flag(session, own, gain, points, n)
            item = Item(id=new_id(), community_id=own.id, name=f"肥皂{new_id().hex[-6:]}", points=2, stock=9)
            session.add(item)
            session.flush()
            for n, points in enumerate((2, 4)):
                make_redemption(session, purse(session, own, n), item, points)
        other = world.here.communities[1]
        with module_house.database.unit_of_work(other.scope, SYSTEM) as session:
            make_flag(session, other, gain, 777, 0)

    @pytest.mark.parametrize(
        ("path", "sort", "column", "falling"),
        [
            ("purses", "balance", "积分", ["20", "8", "4"]),
            ("flags", "points", "积分", ["20", "8", "4"]),
            ("redemptions", "points", "积分", ["4", "2"]),
        ],
    )
    def test_the_file_is_the_page(self, browser, admin, own, world, path, sort, column, falling) -> None:
        page = f"{admin}/points/{path}"
        heads = [each for each in heads_on(browser, page) if each]
        at = heads.index(column)
        assert [row[at] for row in follows(browser, page, f"sort=-{sort}")] == falling
        assert [row[at] for row in follows(browser, page, f"sort={sort}")] == falling[::-1]
        every = file_of(browser, page, "columns=all")
        assert len(every[0]) > len(heads)
        assert not any("777" in cell for row in every for cell in row), "another community's"
        assert not any(re.fullmatch(r"[a-z2-7]{12}", cell) for row in every for cell in row), "no code of a household"
        assert browser.get(f"{page}?after=x").status_code == 422
        assert browser.get(f"{page}?state=none").status_code == 422
        assert browser.post(f"{page}/table", {"step": "columns", "column": []}).status_code == 303
        assert len(file_of(browser, page, "columns=shown")[0]) == 1
        browser.post(f"{page}/table", {"step": "reset"})
        browser.sign_in_as(world.here.communities[1].administrator)
        assert browser.get(f"{page}/export").status_code in (403, 404)
        browser.sign_in_as(own.steward)
        for address in (page, f"{page}/export"):
            assert browser.get(address).status_code == 403
        browser.sign_in_as(own.resident_account)
        assert browser.get(f"{page}/export").status_code == 403

    @pytest.mark.parametrize("path", ["purses", "redemptions"])
    def test_a_door_is_found_and_no_view_keeps_it(self, browser, admin, path) -> None:
        page = f"{admin}/points/{path}"
        rows = follows(browser, page, "q=201")
        assert [row[0] for row in rows] == ["1号楼 1单元 201"]
        kept = browser.post(
            f"{page}/table?q=201&sort=balance" if path == "purses" else f"{page}/table?q=201",
            {
                "step": "keep",
                "title": "我的视图",
            },
        )
        assert kept.status_code == 303
        assert "q=" not in kept.headers["location"]
        assert "201" not in kept.headers["location"].partition("view=")[0]
        listed = shown(browser.get(page))
        [chip] = re.findall(r'href="([^"]*view=[0-9a-f-]{36}[^"]*)"', listed)[:1]
        assert "q=" not in chip

    def test_states_of_households(self, browser, admin, own, module_house) -> None:
        page = f"{admin}/points/purses"
        with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
            row = session.scalars(select(Purse).where(Purse.dwelling_id == own.dwellings[2])).one()
            row.closed_at = now()
        assert len(follows(browser, page)) == 2
        assert [row[-1] for row in follows(browser, page, "state=closed")] == ["已搬走"]
        assert len(follows(browser, page, "state=all")) == 3
        assert follows(browser, page, "state=debt") == []
        assert len(follows(browser, page, f"compound={own.compound}")) == 2
        with module_house.database.unit_of_work(own.scope, SYSTEM) as session:
            session.scalars(select(Purse).where(Purse.id == row.id)).one().closed_at = None
        assert browser.get(f"{page}?compound=x").status_code == 422

    def test_an_empty_list_is_a_file_with_titles(self, browser, admin) -> None:
        assert len(file_of(browser, f"{admin}/points/flags", "state=decided")) == 1
        assert len(file_of(browser, f"{admin}/points/redemptions", "state=missed")) == 1


@pytest.mark.actor("street_administrator")
class TestStreetFiles:
    def test_points_of_communities(self, browser, console, own, world, module_house, gain) -> None:
        page = f"{console}/points"
        for community, points in zip(world.here.communities[:2], (5, 9), strict=True):
            with module_house.database.unit_of_work(community.scope, SYSTEM) as session:
                gain(session, community, points)
        earned = heads_on(browser, page).index("本月发放")
        falling = [int(row[earned]) for row in follows(browser, page, "sort=-earned")]
        assert len(falling) == 2
        assert falling == sorted(falling, reverse=True)
        assert [int(row[earned]) for row in follows(browser, page, "sort=earned")] == falling[::-1]
        assert "单元" not in str(file_of(browser, page, "columns=all"))
        browser.sign_in_as(world.there.administrator)
        assert browser.get(f"{page}/export").status_code in (403, 404)
        there = f"/s/{world.there.code}/console/waste_sorting/points"
        assert len(file_of(browser, there)) == 1, "nobody has points there"
        browser.sign_in_as(own.resident_account)
        assert browser.get(f"{page}/export").status_code == 403

    @pytest.mark.usefixtures("empty_ledger")
    def test_the_ledger_of_communities_and_what_is_reported(
        self, browser, console, own, world, module_house, note
    ) -> None:
        page = f"{console}/ledger"
        for community, kg in zip(world.here.communities[:2], ("30.5", "50"), strict=True):
            with module_house.database.unit_of_work(community.scope, SYSTEM) as session:
                note(session, community, kg)
                if community is own:
                    note(session, community, "10", category="other", confirmed=True)
        assert heads_on(browser, page) == ["社区", "全部", "分出率", "上报", "厨余垃圾", "其他垃圾"]
        assert [row[1:4] for row in follows(browser, page, "sort=-kg")] == [
            ["50", "100.0%", "未上报"],
            ["40.5", "75.3%", "未上报"],
        ]
        assert [row[4:] for row in follows(browser, page, "sort=-other")] == [["30.5", "10"], ["50", ""]]
        assert [row[4:] for row in follows(browser, page, "sort=other")] == [["30.5", "10"], ["50", ""]]
        assert [row[0] for row in follows(browser, page, f"community_id={own.id}")] == [own.name]
        assert all(row[1] == "0" for row in file_of(browser, page, "month=2020-01")[1:])
        assert "可回收物" in file_of(browser, page, "columns=all")[0]
        reported = browser.get(f"{page}/report/export?file=csv").content.decode("utf-8-sig")
        assert reported.startswith("日期,社区,小区,种类")
        for answer in (f"{page}?sort=weight", f"{page}/export?month=2026-13", f"{page}/export?month=1999-01"):
            assert browser.get(answer).status_code == 422
        browser.sign_in_as(world.there.administrator)
        assert browser.get(f"{page}/export").status_code in (403, 404)


def make_ranking(session: ScopedSession, community_id: UUID | None, month: str, state: str, subject: str) -> None:
    first = datetime.fromisoformat(f"{month}-01").date()
    is_out = {"published_at": now()} if state in ("published", "withdrawn") else {}
    is_back = {"withdrawn_at": now(), "withdraw_reason": "漏了一车"} if state == "withdrawn" else {}
    given = {"set_number": 0, "indicators": [], "least_households": 5, "least_weight": 60, "lines": []}
    row = Ranking(id=new_id(), community_id=community_id, month=first, state=state, subject=subject)
    for name, value in {**given, **is_out, **is_back}.items():
        setattr(row, name, value)
    session.add(row)


class TestRankings:
    @pytest.mark.actor("community_administrator")
    def test_a_community_s_in_every_order_and_as_a_file(self, browser, admin, own, world, module_house) -> None:
        other = world.here.communities[1]
        with module_house.database.unit_of_work(world.here.scope, SYSTEM) as session:
            make_ranking(session, own.id, "2026-03", "published", "compounds")
            make_ranking(session, own.id, "2026-01", "withdrawn", "compounds")
            make_ranking(session, own.id, "2026-02", "draft", "buildings")
            make_ranking(session, other.id, "2026-08", "draft", "compounds")
            make_ranking(session, None, "2026-09", "draft", "communities")
        page = f"{admin}/indicators/rankings"

        def months(asked: str) -> list[str]:
            return [re.findall(r"年(\d+)月", row[0])[0] for row in follows(browser, page, asked)]

        assert months("") == ["3", "2", "1"]
        assert months("sort=month") == ["1", "2", "3"]
        assert months("sort=published_at")[-1] == months("sort=-published_at")[-1] == "2", "what is empty comes last"
        assert months("sort=state") == ["2", "3", "1"]
        assert months("subject=buildings") == ["2"]
        assert months("state=withdrawn") == ["1"]
        [titles, row] = file_of(browser, page, "columns=all&state=withdrawn")
        assert row[titles.index("撤回的理由")] == "漏了一车"
        assert browser.get(f"{page}?state=gone").status_code == 422
        assert browser.get(f"{page}?subject=gone").status_code == 422
        made = browser.post(page, {"month": "2099-01", "subject": "compounds"})
        assert made.status_code == 422
        assert "data-frame" in made.text, "the list stands below the form that came back"
        browser.sign_in_as(own.resident_account)
        assert browser.get(f"{page}/export").status_code == 403
