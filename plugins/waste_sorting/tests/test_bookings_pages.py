"""The pages of pick-ups and full bins, as a person's browser sees them."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta

import pytest
from pypdf import PdfReader

from linli.sdk import today

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)
IDS = "[0-9a-f]{8}-[0-9a-f-]{27}"


@pytest.fixture
def home(own) -> str:
    return f"/s/{own.street_code}/c/{own.code}"


@pytest.fixture
def root(home) -> str:
    return f"{home}/admin/waste_sorting"


def slot_form(**fields: object) -> dict[str, object]:
    return {
        "compound": "all",
        "category": "bulky",
        "day": (today() + timedelta(days=7)).isoformat(),
        "hours": "9:00-11:30",
        "capacity": "5",
        "hours_before": "12",
        "weeks": "1",
        **fields,
    }


def booking_form(own, **fields: object) -> dict[str, object]:
    return {"dwelling_id": str(own.dwellings[0]), "thing1": "沙发", "pieces1": "2", "note": "五楼", **fields}


def shown(answer) -> str:
    return html.unescape(answer.text)


def slot_of(browser, root: str, page: str) -> str:
    """The id of the slot that starts at the given hours."""
    row = next(each for each in shown(browser.get(f"{root}/bookings/slots")).split("<tr>") if page in each)
    return re.findall(rf"bookings/slots/({IDS})", row)[0]


@pytest.mark.actor("community_administrator")
def test_from_the_slot_to_the_crew_and_its_end(browser, root, home, own) -> None:
    fee = {"fee_yuan": "12.50", "fee_per": "piece", "fee_decision": "第2号决定", "fee_decided_on": "2026-01-05"}
    made = browser.post(f"{root}/bookings/slots/new", slot_form(hours="9:05-11:30", weeks="2", **fee))
    assert made.status_code == 303
    slot = slot_of(browser, root, "9:05–11:30")
    listed = shown(browser.get(f"{root}/bookings/slots"))
    assert listed.count(">9:05–11:30<") == 2
    assert "每件 12.50 元" in listed
    browser.sign_in_as(own.resident_account)
    offer = shown(browser.get(f"{home}/waste_sorting/bookings/slots/{slot}"))
    assert "每件 12.50 元" in offer
    assert "第2号决定（2026年1月5日）" in offer
    assert 'capture="environment"' in offer
    photo = {"photos": ("沙发.png", PNG, "image/png")}
    sent = browser.post(f"{home}/waste_sorting/bookings/slots/{slot}", booking_form(own), files=photo)
    assert sent.status_code == 303
    mine = sent.headers["location"]
    page = shown(browser.get(mine))
    assert "待确认" in page
    assert "沙发 ×2" in page
    assert "共 25 元" in page
    file = re.findall(rf"/files/({IDS})", page)[0]
    assert browser.get(f"{home}/files/{file}").status_code == 200
    assert browser.get(f"{root}/bookings").status_code == 403
    browser.sign_in_as(own.administrator)
    booking = mine.rpartition("/")[2]
    assert "1号楼 1单元 101" in shown(browser.get(f"{root}/bookings?state=requested&category=bulky"))
    assert browser.get(f"{root.removesuffix('/waste_sorting')}/files/{file}").status_code == 200
    refused = browser.post(f"{root}/bookings/{booking}/done")
    assert refused.status_code == 409
    assert browser.post(f"{root}/bookings/{booking}/confirm").status_code == 303
    day = (today() + timedelta(days=7)).isoformat()
    assert "1号楼 1单元 101" in shown(browser.get(f"{root}/bookings/days?day={day}"))
    pdf = browser.get(f"{root}/bookings/days/print?day={day}")
    words = "".join(each.extract_text() for each in PdfReader(io.BytesIO(pdf.content)).pages)
    for word in ("1号楼1单元101", "沙发", "五楼", "共25元"):
        assert word in re.sub(r"\s", "", words)
    other = re.findall(rf'option value="({IDS})"', browser.get(f"{root}/bookings/{booking}").text)[0]
    moved = browser.post(f"{root}/bookings/{booking}/reschedule", {"slot_id": other, "reason": "下雨"})
    assert moved.status_code == 303
    assert "这一天没有已确认的预约" in shown(browser.get(f"{root}/bookings/days?day={day}"))
    assert browser.post(f"{root}/bookings/{booking}/reject", {"reason": "车坏了"}).status_code == 303
    browser.sign_in_as(own.resident_account)
    page = shown(browser.get(mine))
    assert "未受理" in page
    assert "车坏了" in page
    assert "下雨" in page
    assert "社区管理员" not in page, "who of the staff it was is not told"


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("hours", "早上", "看不懂“早上”"),
        ("hours", "9:00-10:00、11:00-12:00", "只写一段时间"),
        ("capacity", "0", "不小于 1"),
        ("day", "2020-01-01", "今天起一年以内"),
        ("fee_yuan", "十块", "不是金额"),
        ("fee_yuan", "1.005", "不是金额"),
        ("fee_yuan", "20", "收费必须写明小区的决定"),
        ("fee_decision", "第2号决定", "没有填写收费金额"),
        ("compound", "x", "没有找到这个小区"),
    ],
)
def test_faults_of_a_slot_stand_beside_their_fields(browser, root, field, value, fault) -> None:
    answer = browser.post(f"{root}/bookings/slots/new", slot_form(hours="6:00-6:30") | {field: value})
    assert answer.status_code == 422
    assert fault in shown(answer)
    assert f'id="f-{field if field != "fee_yuan" or value != "20" else "fee_decision"}-fault"' in answer.text


@pytest.mark.actor("community_administrator")
def test_what_a_resident_typed_wrong_is_told_and_nothing_is_booked(browser, root, home, own) -> None:
    browser.post(f"{root}/bookings/slots/new", slot_form(hours="7:10-8:00"))
    slot = slot_of(browser, root, "7:10–8:00")
    browser.sign_in_as(own.resident_account)
    page = f"{home}/waste_sorting/bookings/slots/{slot}"
    text = {"photos": ("说明.txt", b"words", "text/plain")}
    for sent, files, fault in (
        (booking_form(own, thing1=" ", note="留着"), None, "请写明要回收什么"),
        (booking_form(own, pieces1="100", note="留着"), None, "不大于 99"),
        (booking_form(own, dwelling_id=str(own.dwellings[1]), note="留着"), None, "这不是您的房屋"),
        (booking_form(own, note="留着"), text, "照片"),
    ):
        answer = browser.post(page, sent, files=files)
        assert answer.status_code == 422
        assert fault in shown(answer)
        assert 'value="留着"' in answer.text
    assert "7:10–8:00" not in shown(browser.get(f"{home}/waste_sorting/bookings")).partition("现在可以预约")[0]


@pytest.mark.actor("community_administrator")
def test_a_resident_takes_it_back(browser, root, home, own) -> None:
    browser.post(f"{root}/bookings/slots/new", slot_form(hours="6:10-6:40", capacity="1"))
    slot = slot_of(browser, root, "6:10–6:40")
    browser.sign_in_as(own.resident_account)
    page = f"{home}/waste_sorting/bookings"
    mine = browser.post(f"{page}/slots/{slot}", booking_form(own)).headers["location"]
    assert "上门回收" in shown(browser.get(home)), "the card"
    offer = browser.get(f"{page}/slots/{slot}")
    assert "您家在这个时段已经有预约" in shown(offer)
    assert f'href="{mine}"' in html.unescape(offer.text)
    assert f"/slots/{slot}" not in html.unescape(browser.get(page).text), "what one has booked is not offered again"
    assert browser.post(f"{mine}/cancel").status_code == 303
    assert "取消预约" not in shown(browser.get(mine))
    assert "这个时段现在不能预约" not in shown(browser.get(f"{page}/slots/{slot}"))
    assert f"/slots/{slot}" in html.unescape(browser.get(page).text)


@pytest.mark.actor("community_administrator")
def test_a_slot_is_changed_closed_and_opened_again(browser, root, own) -> None:
    browser.post(f"{root}/bookings/slots/new", slot_form(hours="5:00-5:30", compound=str(own.compound)))
    page = f"{root}/bookings/slots/{slot_of(browser, root, '5:00–5:30')}"
    form = browser.get(f"{page}/edit").text
    assert 'value="05:00-05:30"' in form, "it can be saved as it is shown"
    version = re.findall(r'name="version" value="(\d+)"', form)[0]
    sent = slot_form(hours="5:00-5:45", compound=str(own.compound), capacity="7", version=version)
    assert browser.post(f"{page}/edit", sent).status_code == 303
    assert "5:00–5:45" in shown(browser.get(page))
    assert browser.post(f"{page}/edit", sent).status_code == 409
    assert browser.post(f"{page}/close").status_code == 303
    assert "已停止预约" in shown(browser.get(page))
    assert browser.post(f"{page}/reopen").status_code == 303


@pytest.mark.actor("community_administrator")
@pytest.mark.parametrize(
    "asked",
    [
        "bookings?state=gone",
        "bookings?category=kitchen",
        "bookings?compound=x",
        "bookings?day=x",
        "full_reports?state=x",
        "full_reports?category=x",
    ],
)
def test_a_filter_that_is_none_is_told(browser, root, asked) -> None:
    assert browser.get(f"{root}/{asked}").status_code == 422


@pytest.mark.actor("community_administrator")
def test_a_full_bin_is_reported_and_handled(browser, root, home, own) -> None:
    station = {
        "compound_id": str(own.compound),
        "name": "满桶站",
        "place": "西门",
        "kind": "point",
        "weekdays": [str(n) for n in range(7)],
        "pieces_kitchen": "1",
    }
    browser.post(f"{root}/new", station)
    browser.sign_in_as(own.resident_account)
    page = f"{home}/waste_sorting/full_reports"
    form = shown(browser.get(page))
    station_id = re.findall(rf'option value="({IDS})">满桶站（西门）', form)[0]
    sent = {"station_id": station_id, "category": "kitchen", "words": "旁边也满"}
    assert "这个投放点没有这种桶" in shown(browser.post(page, {**sent, "category": "garden"}))
    photo = {"photo": ("桶.png", PNG, "image/png")}
    assert browser.post(page, sent, files=photo).status_code == 303
    assert "未处理" in shown(browser.get(page))
    assert browser.get(f"{root}/full_reports").status_code == 403
    browser.sign_in_as(own.administrator)
    listed = shown(browser.get(f"{root}/full_reports"))
    report = re.findall(rf'full_reports/({IDS})">满桶站', listed)[0]
    one = shown(browser.get(f"{root}/full_reports/{report}"))
    assert "旁边也满" in one
    assert "测试居民" not in one, "who reported it is told to nobody"
    file = re.findall(rf"/files/({IDS})", one)[0]
    assert browser.get(f"{root.removesuffix('/waste_sorting')}/files/{file}").status_code == 200
    assert browser.post(f"{root}/full_reports/{report}/handle", {"answer": " "}).status_code == 422
    together = {"act": "settle", "id": [report, str(own.id)], "answer_settle": "已清运"}
    told = browser.post(f"{root}/full_reports/acts", together).text
    assert "已完成 1 条" in told
    assert "1 条没有办成" in told
    assert "1 条本来就是这样" in browser.post(f"{root}/full_reports/acts", together).text
    assert browser.post(f"{root}/full_reports/{report}/handle", {"answer": "已清运"}).status_code == 303
    assert "满桶站" not in shown(browser.get(f"{root}/full_reports"))
    assert "已清运" in shown(browser.get(f"{root}/full_reports?state=handled"))
    browser.sign_in_as(own.resident_account)
    assert "已清运" in shown(browser.get(page))


@pytest.mark.actor("community_administrator")
def test_the_street_sees_numbers_and_no_door(browser, root, home, own, world) -> None:
    browser.post(f"{root}/bookings/slots/new", slot_form(hours="17:20-18:10", category="recyclable"))
    slot = slot_of(browser, root, "17:20–18:10")
    browser.sign_in_as(own.resident_account)
    made = browser.post(f"{home}/waste_sorting/bookings/slots/{slot}", booking_form(own, thing1="纸箱一百"))
    assert made.status_code == 303
    browser.sign_in_as(world.here.administrator)
    page = shown(browser.get(f"/s/{own.street_code}/console/waste_sorting/bookings?category=recyclable"))
    assert own.name in page
    assert "17:20–18:10" in page
    for private in ("1单元", "纸箱一百", "五楼"):
        assert private not in page
    browser.sign_in_as(world.there.administrator)
    assert "17:20–18:10" not in shown(browser.get(f"/s/{world.there.code}/console/waste_sorting/bookings?state=all"))
