"""The lists of bookings and of slots as files, and that of the street."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal

import psycopg
import pytest

from linli.sdk import SYSTEM, today
from linli.testing.queries import counted_queries
from linli_waste_sorting.bookings import repository, service, slots, weighing
from linli_waste_sorting.bookings.files import booking_rows, fact_rows, slot_rows
from linli_waste_sorting.bookings.repository import BookingFilter
from linli_waste_sorting.bookings.schemas import CollectBody, Thing, Weighed
from linli_waste_sorting.bookings.slots import SlotFilter

SHOWN = ["门牌", "小区", "物品", "回收时间", "收费", "状态"]
DOORS = ["1号楼 1单元 101", "1号楼 1单元 201", "1号楼 1单元 301"]
FEE = {"fee_fen": 1250, "fee_per": "piece", "fee_decision": "第2号决定", "fee_decided_on": date(2026, 1, 5)}
#: What the resident wrote, which stands on the page of the booking alone.
PRIVATE = "腿脚不便"


@pytest.fixture
def root(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/bookings"


@pytest.fixture
def console(own) -> str:
    return f"/s/{own.street_code}/console/waste_sorting/bookings"


@pytest.fixture
def emptied(module_house) -> Iterator[None]:
    """Nothing is set up or booked, before the test and after it."""
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        connection.execute("TRUNCATE plugin_waste_sorting.slot CASCADE")
        yield
        connection.execute("TRUNCATE plugin_waste_sorting.slot CASCADE")


@pytest.fixture
def booked(module_house, own, world, emptied, make_slots, make_booking):
    """Three bookings here, one in the next community and one in the other street."""
    with module_house.database.unit_of_work(own.scope) as session:
        [paid] = make_slots(session, own, **FEE)
        [free] = make_slots(session, own, day=today() + timedelta(days=9), category="decoration")
        first = make_booking(session, own, free, 0, note=PRIVATE)
        second = make_booking(session, own, paid, 1)
        make_booking(session, own, paid, 2, things=[Thing(name="=1+1", pieces=1)])
        service.confirm_booking(session, SYSTEM, own.id, second.id)
        ids = first.id, second.id
    for neighbour in (world.here.communities[1], world.there.communities[0]):
        with module_house.database.unit_of_work(neighbour.scope) as session:
            [slot] = make_slots(session, neighbour, opens=time(17, 20), closes=time(18, 10))
            make_booking(session, neighbour, slot, things=[Thing(name="邻居的柜子", pieces=1)])
    return ids


def listed(browser, address: str) -> list[str]:
    """The heads of the rows, in their order."""
    words = html.unescape(browser.get(address).text)
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', words)


@pytest.mark.actor("community_administrator")
class TestBookings:
    def test_the_rows_are_those_of_the_page_in_its_order(self, browser, root, booked, sheet_of) -> None:
        for asked in ("", "?state=all", "?sort=-requested_at", "?sort=slot", "?sort=-fee", "?sort=state"):
            rows = sheet_of(browser, f"{root}/export{asked}")
            assert [row[0] for row in rows[1:]] == listed(browser, f"{root}{asked}"), asked
            assert len(rows) == 4
        assert [row[0] for row in sheet_of(browser, f"{root}/export")[1:]] == DOORS, (
            "who has waited longest comes first"
        )
        assert browser.get(f"{root}/export?sort=heap").status_code == 422

    def test_the_columns_are_those_that_show_or_all(self, browser, root, booked, sheet_of) -> None:
        assert sheet_of(browser, f"{root}/export?columns=shown")[0] == SHOWN
        head, first, second, third = sheet_of(browser, f"{root}/export")
        assert head == [*SHOWN[:5], "预约时间", "状态", "垃圾", "回收日期", "件数", "收费（元）", "答复时间", "代办"]
        day = (today() + timedelta(days=9)).isoformat()
        assert first[:5] == [DOORS[0], "一号院", "装修垃圾 沙发 ×1、床垫 ×2", f"{day} 9:00–11:00", "不收费"]
        assert first[6:11] == ["待确认", "装修垃圾", day, "3", "0"]
        assert (second[4], second[6], second[10]) == ("共 37.50 元", "已确认", "37.5")
        assert second[11].startswith(today().isoformat()), "when it was answered"
        assert "=1+1 ×1" in third[2]
        browser.post(f"{root}/table", {"step": "columns", "column": ["fee"]})
        assert sheet_of(browser, f"{root}/export?columns=shown")[0] == ["门牌", "收费"]
        browser.post(f"{root}/table", {"step": "reset"})

    def test_the_filter_holds_and_faults_are_told(self, browser, root, own, booked, other_compound, sheet_of) -> None:
        day = (today() + timedelta(days=9)).isoformat()
        for asked, doors in (
            ("state=confirmed", DOORS[1:2]),
            ("category=decoration", DOORS[:1]),
            (f"day={day}", DOORS[:1]),
            (f"compound={own.compound}", DOORS),
            (f"compound={other_compound}", []),
            ("state=done", []),
        ):
            assert [row[0] for row in sheet_of(browser, f"{root}/export?{asked}")[1:]] == doors, asked
        for asked in ("state=gone", "category=kitchen", "compound=x", "day=x", "file=pdf", "columns=some"):
            assert browser.get(f"{root}/export?{asked}").status_code == 422, asked

    def test_it_tells_nothing_that_the_list_does_not(self, browser, root, booked, sheet_of) -> None:
        told = str(sheet_of(browser, f"{root}/export?state=all"))
        for private in (PRIVATE, "测试居民", "邻居的柜子", "17:20"):
            assert private not in told

    def test_whoever_works_for_one_compound_gets_that_one(
        self, browser, root, own, booked, other_compound, works_for, sheet_of
    ) -> None:
        works_for(other_compound)
        assert len(sheet_of(browser, f"{root}/export?state=all")) == 1
        assert len(sheet_of(browser, f"{root}/export?state=all&compound={own.compound}")) == 1
        works_for(own.compound)
        assert len(sheet_of(browser, f"{root}/export?state=all")) == 4

    def test_others_get_none(self, browser, root, own, world, booked) -> None:
        for account in (own.resident_account, own.steward, world.here.auditor):
            browser.sign_in_as(account)
            assert browser.get(f"{root}/export").status_code == 403
        browser.sign_in_as(world.there.administrator)
        assert browser.get(f"{root}/export").status_code in (403, 404)
        browser.sign_out()
        assert browser.get(f"{root}/export").status_code in (302, 303, 401)

    def test_the_page_offers_it_with_its_filter(self, browser, root, booked, emptied) -> None:
        page = html.unescape(browser.get(f"{root}?category=bulky&sort=slot").text)
        form = page.partition(f'action="{root}/export"')[2].partition("</form>")[0]
        assert 'name="category" value="bulky"' in form
        assert 'name="sort" value="slot"' in form

    def test_in_english(self, browser, root, booked, sheet_of) -> None:
        browser.client.cookies.set("lang", "en")
        head, first, *_rest = sheet_of(browser, f"{root}/export")
        assert not re.search(r"[\u4e00-\u9fff]", "".join([*head, first[4], first[6], first[7], first[12]]))


@pytest.mark.actor("community_administrator")
class TestSlots:
    def test_the_rows_are_those_of_the_page_in_its_order(self, browser, root, booked, sheet_of) -> None:
        head, first, second = sheet_of(browser, f"{root}/slots/export")
        assert head[:7] == ["日期", "时间", "垃圾", "小区", "已约", "收费", "截止预约"]
        assert head[7:] == [
            "名额",
            "收费（元）",
            "收费的决定",
            "决定日期",
            "谁来收",
            "回收价",
            "说明",
            "停止预约的时间",
        ]
        day = (today() + timedelta(days=7)).isoformat()
        assert first[:6] == [day, "9:00–11:00", "大件垃圾", "一号院", "2", "每件 12.50 元"]
        assert first[7:11] == ["10", "12.5", "第2号决定", "2026-01-05"]
        assert (second[4], second[8]) == ("1", ""), "nothing is charged"
        turned = sheet_of(browser, f"{root}/slots/export?sort=-day")
        assert turned == [head, second, first]
        assert [row[2] for row in sheet_of(browser, f"{root}/slots/export?sort=taken")[1:]] == ["装修垃圾", "大件垃圾"]
        assert sheet_of(browser, f"{root}/slots/export?columns=shown")[0] == head[:7]

    def test_all_pages_are_in_it(self, browser, root, module_house, own, emptied, make_slots, sheet_of) -> None:
        with module_house.database.unit_of_work(own.scope) as session:
            for hour in (9, 12, 15):
                make_slots(session, own, opens=time(hour), closes=time(hour + 1), weeks=26)
        page = browser.get(f"{root}/slots").text
        assert 'rel="next"' in page
        rows = sheet_of(browser, f"{root}/slots/export")[1:]
        assert len(rows) == 78
        assert len({(row[0], row[1]) for row in rows}) == 78
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)

    def test_the_filter_holds(self, browser, root, module_house, own, booked, sheet_of) -> None:
        with module_house.database.unit_of_work(own.scope) as session:
            row = slots.page_of_slots(session, own.id, SlotFilter(category="bulky"))[0][0]
            row.day = today() - timedelta(days=3)
            slots.close_slot(session, SYSTEM, own.id, row.id)
        assert [row[2] for row in sheet_of(browser, f"{root}/slots/export")[1:]] == ["装修垃圾"]
        [past] = sheet_of(browser, f"{root}/slots/export?past=1")[1:]
        assert past[0] == (today() - timedelta(days=3)).isoformat()
        assert past[-1].startswith(today().isoformat()), "when booking was ended"
        assert sheet_of(browser, f"{root}/slots/export?category=recyclable")[1:] == []
        for asked in ("category=kitchen", "past=x", "sort=heap"):
            assert browser.get(f"{root}/slots/export?{asked}").status_code == 422, asked

    def test_others_get_none(self, browser, root, own, booked) -> None:
        for account in (own.resident_account, own.steward):
            browser.sign_in_as(account)
            assert browser.get(f"{root}/slots/export").status_code == 403


class TestStreet:
    @pytest.mark.actor("street_administrator")
    def test_the_communities_stand_together_without_a_door(self, browser, console, own, booked, sheet_of) -> None:
        head, *rows = sheet_of(browser, f"{console}/export")
        assert head == ["回收日期", "社区", "垃圾", "件数", "预约时间", "答复时间", "状态", "取走的重量（公斤）"]
        assert [row[1] for row in rows] == [own.name] * 3 + ["第2社区"]
        assert [row[3] for row in rows] == ["3", "3", "1", "1"]
        told = str(rows)
        for private in ("1单元", "沙发", PRIVATE, "测试"):
            assert private not in told
        assert rows[3][0].endswith("17:20–18:10")
        for asked in ("?state=all", "?sort=slot", "?sort=-slot", "?sort=-requested_at", "?sort=state"):
            page = html.unescape(browser.get(f"{console}{asked}").text)
            days = re.findall(r'<th scope="row">(\d+)年(\d+)月(\d+)日 ([^<]+)</th>', page)
            shown = [f"{year}-{month:0>2}-{day:0>2} {hours}" for year, month, day, hours in days]
            assert [row[0] for row in sheet_of(browser, f"{console}/export{asked}")[1:]] == shown, asked
            assert len(shown) == 4

    @pytest.mark.actor("street_administrator")
    def test_the_filter_holds(self, browser, console, own, booked, sheet_of) -> None:
        for asked, number in (
            (f"community_id={own.id}", 3),
            ("state=confirmed", 1),
            ("category=decoration", 1),
            ("state=done", 0),
        ):
            assert len(sheet_of(browser, f"{console}/export?{asked}")) == number + 1, asked
        assert browser.get(f"{console}/export?state=gone").status_code == 422

    @pytest.mark.actor("street_administrator")
    def test_other_streets_and_roles(self, browser, console, own, world, booked, sheet_of) -> None:
        browser.sign_in_as(world.there.administrator)
        [_head, theirs] = sheet_of(browser, f"/s/{world.there.code}/console/waste_sorting/bookings/export?state=all")
        assert theirs[1] == world.there.communities[0].name
        assert browser.get(f"{console}/export").status_code in (403, 404)
        browser.sign_in_as(world.here.auditor)
        assert len(sheet_of(browser, f"{console}/export")) == 5
        browser.sign_in_as(own.administrator)
        assert browser.get(f"{console}/export").status_code == 403


def test_what_was_weighed_is_in_the_file_of_the_street(open_session, own, make_slots, make_booking) -> None:
    with open_session(own.scope) as session:
        [slot] = make_slots(session, own, category="recyclable")
        row = make_booking(session, own, slot, things=[], recyclables=[Weighed(kind="paper", kg=Decimal(10))])
        service.confirm_booking(session, SYSTEM, own.id, row.id)
        slot.day = today()
        session.flush()
        taken = CollectBody(taken=[Weighed(kind="paper", kg=Decimal("12.5")), Weighed(kind="metal", kg=Decimal(2))])
        weighing.collect_booking(session, SYSTEM, own.id, row.id, taken)
        session.expire_all()
        facts, _more = repository.page_of_facts(session, own.id, BookingFilter(state=""))
        [cells] = fact_rows(session, {own.id: own.name}, facts)
        assert (cells["taken_kg"], cells["pieces"], cells["state"]) == (Decimal("14.5"), None, "已完成")


def test_more_rows_cost_no_more_queries(open_session, own, make_slots, make_booking) -> None:
    with open_session(own.scope) as session:
        [slot] = make_slots(session, own)
        make_booking(session, own, slot)

        def read() -> int:
            session.expire_all()
            with counted_queries(session) as statements:
                pairs, _more = repository.page_of_bookings(session, SYSTEM, own.id, BookingFilter())
                facts, _more = repository.page_of_facts(session, own.id, BookingFilter())
                some, _more = slots.page_of_slots(session, own.id, SlotFilter())
                list(booking_rows(session, own.id, pairs))
                list(slot_rows(session, own.id, some))
                list(fact_rows(session, {own.id: own.name}, facts))
            return len(statements)

        read()
        few = read()
        make_slots(session, own, weeks=5, opens=time(13), closes=time(14))
        for n in (1, 2):
            make_booking(session, own, slot, n)
        assert read() == few
