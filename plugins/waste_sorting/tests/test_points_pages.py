"""The pages of points, as a person's browser sees them: earned, redeemed, looked at and taken back."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from linli.sdk import SYSTEM, new_id, now, rule_value, today
from linli.testing.choices import settle_rule
from linli_waste_sorting.points.catalogue import create_item
from linli_waste_sorting.points.codes import new_code, new_key
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.schemas import ItemCreate

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)
IDS = "[0-9a-f]{8}-[0-9a-f-]{27}"


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/waste_sorting/points"


@pytest.fixture
def root(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}/admin/waste_sorting/points"


@pytest.fixture(autouse=True)
def _rules(module_house, world) -> None:
    """All day, so that the tests may run at night; set once, since the tests of a module share the database."""
    with module_house.database.unit_of_work(world.here.scope) as session:
        if rule_value(session, "waste_sorting_points.windows").value != "0:00-24:00":
            settle_rule(session, "waste_sorting_points.windows", "0:00-24:00")


def shown(answer) -> str:
    return html.unescape(answer.text)


def code_of(browser, own, home) -> str:
    """The household's code, as its own page shows it; signs the resident in."""
    browser.sign_in_as(own.resident_account)
    if "领取家庭码" in shown(browser.get(f"{home}/code")):
        assert browser.post(f"{home}/code/renew", {"dwelling_id": str(own.dwellings[0])}).status_code == 303
    return re.findall(r"<strong>([a-z2-7 ]{14})</strong>", browser.get(f"{home}/code").text)[0]


@pytest.mark.actor("community_administrator")
@pytest.mark.requirement("ENV-006")
def test_from_the_bag_to_what_it_is_redeemed_for(browser, root, home, own) -> None:
    code = code_of(browser, own, home)
    picture = browser.get(
        re.findall(rf'src="([^"]+/code/{IDS}/picture\?until=\d+)"', shown(browser.get(f"{home}/code")))[0]
    )
    assert picture.headers["content-type"].startswith("image/svg")
    assert picture.headers["cache-control"] == "private, no-store"
    part = shown(browser.get(f"{home}/code", headers={"hx-request": "true"}))
    assert code in part
    assert "<html" not in part, "a phone asks for the next code alone"
    assert browser.get(f"{root}/desk?code={code}").status_code == 403, "no resident reads codes"
    browser.sign_in_as(own.administrator)
    desk = shown(browser.get(f"{root}/desk?code={code}"))
    assert "1号楼 1单元 101" in desk
    assert "测试居民" not in desk, "the door is enough"
    once = re.findall(rf'name="once" value="({IDS})"', desk)[0]
    for _each in range(2):
        assert browser.post(f"{root}/desk/award", {"code": code, "once": once}).status_code == 303
    made = browser.post(f"{root}/items/new", {"name": "肥皂", "points": "2", "stock": "3", "period": "month"})
    assert made.status_code == 303
    item = made.headers["location"]
    assert browser.post(f"{item}/photo", {}, files={"photo": ("肥皂.png", PNG, "image/png")}).status_code == 303
    day = {
        "day": (today() + timedelta(days=3)).isoformat(),
        "hours": "9:00-11:00",
        "place": "居委会一楼",
        "compound": "all",
    }
    assert browser.post(f"{root}/days/new", day).status_code == 303
    browser.sign_in_as(own.resident_account)
    mine = shown(browser.get(home))
    assert "+2" in mine
    assert "现场看到分对" in mine
    assert "每袋 2 分，每天最多 4 分" in mine
    offer = f"{home}/catalogue/{item.rpartition('/')[2]}"
    for page in (f"{home}/catalogue", offer):
        seen = shown(browser.get(page))
        [address] = re.findall(r'<img class="picture" src="([^"]+)" alt="肥皂"', seen)
        assert browser.get(address).headers["content-type"] == "image/webp"
    days = re.findall(rf'option value="({IDS})"', browser.get(offer).text)
    refused = browser.post(offer, {"day_id": days[0], "pieces": "2"})
    assert refused.status_code == 422
    assert "需要 4 分，现有 2 分" in shown(refused)
    assert browser.post(offer, {"day_id": days[0], "pieces": "1"}).status_code == 303
    assert "待领取" in shown(browser.get(home))
    browser.sign_in_as(own.administrator)
    desk = shown(browser.get(f"{root}/desk?code={code}"))
    redemption = re.findall(rf"/redemptions/({IDS})/hand", desk)[0]
    assert browser.post(f"{root}/redemptions/{redemption}/hand").status_code == 303
    assert "已领取" in shown(browser.get(f"{root}/redemptions"))
    ledger = shown(browser.get(f"{root}/ledger?q=101"))
    assert "兑换：肥皂" in ledger
    assert "没有符合条件" in shown(browser.get(f"{root}/ledger?q=999"))
    sheet = browser.get(f"{root}/ledger/export?file=csv").content.decode("utf-8-sig")
    assert "已发放" in sheet
    assert "1号楼 1单元 101" in sheet
    overview = shown(browser.get(root))
    assert "合计" in overview
    browser.sign_in_as(own.resident_account)
    assert browser.post(f"{home}/redemptions/{redemption}/cancel").status_code == 409


@pytest.mark.actor("community_administrator")
def test_given_by_hand_and_taken_back_with_a_reason_that_the_household_reads(browser, root, home, own) -> None:
    form = {"building_id": str(own.building), "door": "201", "points": "12", "reason": "旧物回收活动"}
    refused = browser.post(f"{root}/grant", form | {"points": "500", "door": "999", "reason": ""})
    assert refused.status_code == 422
    made = browser.post(f"{root}/grant", form)
    assert made.status_code == 303
    page = shown(browser.get(made.headers["location"]))
    assert "旧物回收活动" in page
    assert "1号楼 1单元 201" in page
    purse = re.findall(rf'"([^"]+/purses/{IDS})/card"', page)[0]
    assert "几分钟一换" in page
    assert browser.get(f"{purse}/picture").status_code == 404, "nobody was given a card yet"
    assert browser.post(f"{purse}/card").status_code == 303
    carded = shown(browser.get(purse))
    assert browser.get(re.findall(rf'src="([^"]+/purses/{IDS}/picture)"', carded)[0]).status_code == 200
    card = re.findall(r"<strong>([a-z2-7 ]{14})</strong>", carded)[0]
    assert "1号楼 1单元 201" in shown(browser.get(f"{root}/desk?code={card}"))
    entry = re.findall(rf"/entries/({IDS})", page)[0]
    assert browser.post(f"{root}/entries/{entry}/reverse", {"reason": ""}).status_code == 422
    assert browser.post(f"{root}/entries/{entry}/reverse", {"reason": "登记错了"}).status_code == 303
    assert "已冲回" in shown(browser.get(f"{root}/entries/{entry}"))
    browser.sign_in_as(own.resident_account)
    assert "旧物回收活动" not in shown(browser.get(home)), "another household's"
    assert "旧物回收活动" not in shown(browser.get(f"{home}/history"))


@pytest.mark.actor("community_administrator")
def test_many_points_wait_for_a_second_person(browser, root, own, world) -> None:
    form = {"building_id": str(own.building), "door": "301", "points": "60", "reason": "年度先进"}
    asked = browser.post(f"{root}/grant", form)
    assert asked.status_code == 303
    assert "/approvals/" in asked.headers["location"]
    assert "没有符合条件" in shown(browser.get(f"{root}/ledger?q=301"))
    approval = asked.headers["location"].rpartition("/")[2]
    browser.sign_in_as(world.here.administrator)
    where = f"/s/{own.street_code}/console/approvals/{approval}"
    page = browser.get(where)
    assert "1号楼 1单元 301" in shown(page)
    digest = re.findall(r'name="digest" value="([0-9a-f]+)"', page.text)[0]
    done = browser.post(f"{where}/approve", {"digest": digest})
    assert done.status_code == 303, shown(done)
    browser.sign_in_as(own.administrator)
    assert "年度先进" in shown(browser.get(f"{root}/ledger?q=301"))


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    ("path", "fields", "fault"),
    [
        ("items/new", {"name": "", "points": "0", "stock": "-1", "period": "month"}, "不小于 1"),
        ("days/new", {"day": "2020-01-01", "hours": "9:00-11:00", "place": "居委会"}, "今天起一年以内"),
        ("days/new", {"day": "2099-01-01", "hours": "早上", "place": "居委会"}, "看不懂“早上”"),
        ("days/plan", {"months": "13", "hours": "9:00-11:00", "place": "居委会"}, "不大于 12"),
        ("grant", {"building_id": str(uuid4()), "door": "201", "points": "5", "reason": "活动"}, "没有找到这栋楼"),
        ("desk/award", {"code": "aaaaaaaaaaaa"}, "没有这个家庭码"),
    ],
)
def test_faults_stand_beside_what_was_typed(browser, root, path, fields, fault) -> None:
    answer = browser.post(f"{root}/{path}", fields)
    assert answer.status_code in (404, 422)
    if answer.status_code == 422:
        assert fault in shown(answer)


@pytest.mark.actor("community_administrator")
def test_days_are_planned_changed_and_cancelled(browser, root) -> None:
    plan = {"months": "2", "hours": "14:00-16:00", "place": "广场", "compound": "all"}
    assert browser.post(f"{root}/days/plan", plan).status_code == 303
    listed = shown(browser.get(f"{root}/days"))
    assert listed.count("14:00–16:00") == 2
    day = next(re.findall(rf"/days/({IDS})", row)[0] for row in listed.split("<tr>") if "14:00–16:00" in row)
    form = shown(browser.get(f"{root}/days/{day}/edit"))
    dated = re.findall(r'name="day" value="([0-9-]+)"', form)[0]
    changed = {"day": dated, "hours": "15:00-16:00", "place": "广场", "compound": "all"}
    assert browser.post(f"{root}/days/{day}/edit", changed).status_code == 303
    assert browser.post(f"{root}/days/{day}/cancel", {"reason": ""}).status_code == 422
    assert browser.post(f"{root}/days/{day}/cancel", {"reason": "下雨"}).status_code == 303
    assert "已取消：下雨" in shown(browser.get(f"{root}/days/{day}"))


@pytest.mark.actor("community_administrator")
def test_the_catalogue_is_kept(browser, root, module_house, own) -> None:
    with module_house.database.unit_of_work(own.scope) as session:
        item = create_item(session, SYSTEM, own.id, ItemCreate(name="垃圾袋", points=5, stock=4))
    one = f"{root}/items/{item.id}"
    assert browser.post(one, {"name": "垃圾袋一卷", "points": "6", "period": "year", "most": "3"}).status_code == 303
    assert browser.post(f"{one}/stock", {"change": "-9", "reason": "清点"}).status_code == 422
    assert browser.post(f"{one}/stock", {"change": "6", "reason": "新进"}).status_code == 303
    listed = shown(browser.get(f"{root}/items"))
    assert "垃圾袋一卷" in listed
    assert "每年每户最多 3 件" in listed
    assert browser.post(f"{one}/close").status_code == 303
    assert "垃圾袋一卷" not in shown(browser.get(f"{root}/items"))
    assert "垃圾袋一卷" in shown(browser.get(f"{root}/items?closed=true"))
    assert browser.post(f"{one}/reopen").status_code == 303


@pytest.mark.actor("street_administrator")
def test_the_street_sees_sums_and_no_household(browser, own) -> None:
    page = shown(browser.get(f"/s/{own.street_code}/console/waste_sorting/points"))
    assert own.name in page
    assert "单元" not in page


@pytest.mark.actor("community_administrator")
def test_a_steward_reads_codes_and_sees_no_accounts(browser, root, own) -> None:
    browser.sign_in_as(own.steward)
    assert browser.get(f"{root}/desk").status_code == 200
    for path in ("", "/ledger", "/flags", "/items", "/grant", "/redemptions"):
        assert browser.get(f"{root}{path}").status_code == 403


@pytest.mark.actor("community_administrator")
def test_a_door_with_an_account_stays_until_the_account_is_parted_from_it(browser, module_house, own) -> None:
    door = own.dwellings[3]
    with module_house.database.unit_of_work(own.scope) as session:
        kept = {"community_id": own.id, "compound_id": own.compound, "dwelling_id": door, "kept_on": today()}
        session.add(Purse(id=new_id(), code=new_code(), key=new_key(), closed_at=now(), **kept))
    remove = f"/s/{own.street_code}/c/{own.code}/admin/dwellings/{door}/remove"
    refused = browser.post(remove)
    assert refused.status_code in (409, 422)
    assert "这里已有登记的内容，不能删除" in shown(refused)
    with module_house.database.unit_of_work(own.scope) as session:
        session.execute(update(Purse).where(Purse.dwelling_id == door).values(dwelling_id=None))
    assert browser.post(remove).status_code == 303
