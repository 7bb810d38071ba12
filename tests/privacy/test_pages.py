"""The pages on people's data: each opens in both languages, acts, and stays shut to whoever has no business there."""

from __future__ import annotations

import html
import io
import re
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from linli.kit.clock import now
from linli.privacy.models import Consent, LegalHold, NumberReveal, PrivacyRequest, RetentionPeriod
from linli.testing.web import Api, Browser


@pytest.fixture
def home(world) -> str:
    return f"/s/{world.here.code}/c/{world.here.communities[0].code}"


@pytest.fixture
def console(world) -> str:
    return f"/s/{world.here.code}/console"


def count(house, world, table, *conditions) -> int:
    with house.database.unit_of_work(world.here.scope) as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def outcome_part(title: str, removed: int = 0, kept: int = 0, reason: str = "", fault: str = "") -> dict[str, object]:
    return {"owner": "core", "title": title, "removed": removed, "kept": kept, "reason": reason, "fault": fault}


def table_rows(page: str) -> list[list[str]]:
    """The texts of the cells of every row of a page's tables."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


class TestAResident:
    @pytest.mark.parametrize("locale", ["zh-CN", "en"])
    def test_reads_what_is_stored_with_numbers_masked(self, browser: Browser, world, home, here, locale) -> None:
        browser.sign_in_as(here.resident_account)
        page = browser.get(f"{home}/my-data", headers={"accept-language": locale})
        assert page.status_code == 200
        assert "测试居民1" in page.text
        assert "199****0110" in page.text
        assert "19900000110" not in page.text
        for path in ("/my-data/correct", "/my-data/erase"):
            assert browser.get(home + path, headers={"accept-language": locale}).status_code == 200

    def test_asks_corrects_consents_and_takes_back(self, browser: Browser, module_house, world, home, here) -> None:
        office = Browser(browser.client, browser.house).sign_in_as(here.administrator)
        form = {"code": "photos", "title": "公开照片", "body": "活动照片"}
        assert office.post(f"{home}/admin/consent-purposes", form).status_code == 303
        browser.sign_in_as(here.resident_account)
        page = html.unescape(browser.get(f"{home}/my-data").text)
        purpose = re.search(r"/my-data/consents/([0-9a-f-]{36})", page)[1]
        assert browser.post(f"{home}/my-data/consents/{purpose}", {"act": "given"}).status_code == 303
        assert browser.post(f"{home}/my-data/consents/{purpose}", {"act": "given"}).status_code == 303
        assert count(module_house, world, Consent, Consent.act == "given") == 1
        asked = browser.post(f"{home}/my-data/erase", {"note": "已经搬走"})
        assert asked.status_code == 303
        again = browser.post(f"{home}/my-data/erase", {"note": "再来一次"})
        assert again.status_code in (200, 409, 422)
        assert "已经提出过" in again.text
        assert browser.get(f"{home}/my-data/erase").status_code == 200, "while one is open"
        where = asked.headers["location"]
        assert browser.get(where).status_code == 200
        assert browser.post(f"{where}/withdraw").status_code == 303
        assert count(module_house, world, PrivacyRequest, PrivacyRequest.state == "withdrawn") == 1

    def test_is_told_what_is_wrong_with_a_correction(self, browser: Browser, home, here) -> None:
        browser.sign_in_as(here.resident_account)
        answer = browser.post(f"{home}/my-data/correct", {"name": "测试居民1", "phone": "12"})
        assert answer.status_code in (400, 422)
        assert "电话号码不正确" in answer.text


class TestTheOffice:
    def test_decides_and_prints_what_it_decided(self, browser: Browser, module_house, world, home, here) -> None:
        browser.sign_in_as(here.administrator)
        person = f"{home}/admin/residents/{here.residents[1]}/privacy"
        assert browser.get(person).status_code == 200
        made = browser.post(f"{person}/erasure", {"reason": "本人到场", "identity_check": "card"})
        assert made.status_code == 303
        request = made.headers["location"]
        assert browser.get(request).status_code == 200
        assert browser.get(f"{home}/admin/privacy?state=pending").text.count("测试居民2") >= 1
        assert browser.get(f"{request}/certificate").status_code == 200
        refused = browser.post(f"{request}/decide", {"decision": "refuse", "reason": "", "version": "1"})
        assert refused.status_code in (400, 422)
        done = browser.post(f"{request}/decide", {"decision": "refuse", "reason": "还住在这里", "version": "1"})
        assert done.status_code == 303
        assert "还住在这里" in browser.get(request).text

    @pytest.mark.parametrize("kept", [0, 1])
    def test_a_certificate_tells_what_went_what_stayed_and_where_nothing_was(
        self, browser: Browser, module_house, world, home, here, kept
    ) -> None:
        browser.sign_in_as(here.administrator)
        form = {"reason": "本人到场", "identity_check": "card"}
        person = f"{home}/admin/residents/{here.residents[1]}/privacy"
        request = browser.post(f"{person}/erasure", form).headers["location"]
        assert "还没有删除证明" in browser.get(f"{request}/certificate").text
        with module_house.database.unit_of_work(here.scope) as session:
            row = session.get_one(PrivacyRequest, (here.tenant_id, UUID(request.rpartition("/")[2])))
            row.state, row.done_at = "done", now()
            row.outcome = {
                "account": "",
                "account_id": None,
                "parts": [
                    outcome_part("居民登记", removed=3),
                    outcome_part("产权份额", kept=kept, reason="民法典" if kept else ""),
                    outcome_part("消息"),
                    outcome_part("附件", fault="OSError"),
                ],
            }
        page = browser.get(f"{request}/certificate").text
        rows = {cells[0]: cells[1:] for cells in table_rows(page)}
        assert rows["居民登记"] == ["3", "0", "—"]
        assert rows["附件"] == ["0", "0", "没有完成，需要重试"]
        assert rows["操作记录"][:2] == rows["备份"][:2] == ["0", "—"]
        nothing_there = "消息" if kept else "产权份额、消息"
        assert f"下面这些地方没有本人的数据：{nothing_there}</p>" in page
        if kept:
            assert rows["产权份额"] == ["0", "1", "民法典"]
        assert ("产权份额" in rows, "消息" in rows) == (bool(kept), False)

    def test_holds_a_person_and_then_cannot_erase_them(self, browser: Browser, module_house, world, home, here) -> None:
        browser.sign_in_as(here.administrator)
        person = f"{home}/admin/residents/{here.residents[2]}/privacy"
        assert browser.post(f"{person}/hold", {"reason": "物业费诉讼"}).status_code == 303
        assert count(module_house, world, LegalHold, LegalHold.kind == "person") == 1
        request = browser.post(f"{person}/erasure", {"reason": "本人到场", "identity_check": "card"}).headers[
            "location"
        ]
        form = {"decision": "accept", "reason": "搬走", "identity_check": "card", "version": "1"}
        answer = browser.post(f"{request}/decide", form)
        assert "物业费诉讼" in answer.text
        assert count(module_house, world, PrivacyRequest, PrivacyRequest.state == "working") == 0

    def test_a_look_at_a_number_is_shown_to_its_person(self, browser: Browser, module_house, world, home, here) -> None:
        browser.sign_in_as(here.administrator)
        form = {"field": "phone", "purpose": "contact", "reason": "通知停水"}
        answer = browser.post(f"{home}/admin/residents/{here.residents[0]}/reveal", form)
        assert "19900000110" in answer.text
        assert count(module_house, world, NumberReveal, NumberReveal.reason == "通知停水") == 1
        browser.sign_in_as(here.resident_account)
        assert "通知停水" in browser.get(f"{home}/my-data").text


class TestTheStreet:
    @pytest.mark.parametrize("locale", ["zh-CN", "en"])
    @pytest.mark.parametrize(
        "path",
        [
            "",
            "/retention",
            "/purges",
            "/holds",
            "/assessments",
            "/assessments/new",
        ],
    )
    def test_opens_every_page(self, browser: Browser, world, console, path, locale) -> None:
        browser.sign_in_as(world.here.administrator)
        assert browser.get(f"{console}/privacy{path}", headers={"accept-language": locale}).status_code == 200

    def test_chooses_a_period_within_the_law(self, browser: Browser, module_house, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        form = {"data_class": "core.number_reveals", "days": "183", "reason": "太短"}
        refused = browser.post(f"{console}/privacy/retention", form)
        assert "至少 184 天" in refused.text
        assert count(module_house, world, RetentionPeriod) == 0
        assert browser.post(f"{console}/privacy/retention", {**form, "days": "184"}).status_code == 303
        assert count(module_house, world, RetentionPeriod, RetentionPeriod.days == 184) == 1

    def test_rehearses_a_purge(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        answer = browser.post(f"{console}/privacy/retention/preview", {"data_class": "core.number_reveals"})
        assert answer.status_code == 200
        assert "现在清理会删除" in answer.text

    def test_writes_and_closes_an_assessment(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        form = {
            "title": "人脸门禁",
            "purpose": "出入",
            "risks": "泄露",
            "measures": "不存照片",
            "held_on": "2026-11-01",
            "assessors": "张三",
        }
        made = browser.post(f"{console}/privacy/assessments", form)
        assert made.status_code == 303
        assert browser.post(f"{made.headers['location']}/close", {"version": "1"}).status_code == 303
        assert "张三" in browser.get(made.headers["location"]).text

    def test_takes_the_assessments_along_as_a_spreadsheet(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        given = {"purpose": "出入", "measures": "不存照片", "held_on": "2026-11-01", "assessors": "李四"}
        for title, risks in (("门禁照片", "=HYPERLINK(泄露)"), ("健康登记", "知道的人太多")):
            made = browser.post(f"{console}/privacy/assessments", given | {"title": title, "risks": risks})
            assert made.status_code == 303
        answer = browser.get(f"{console}/privacy/assessments/export?file=xlsx&q=门禁照片")
        assert "spreadsheetml" in answer.headers["content-type"]
        head, *rows = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows()
        assert [cell.value for cell in head][:4] == ["标题", "状态", "评估日期", "评估人"]
        [row] = rows
        values = dict(zip((cell.value for cell in head), row, strict=True))
        assert (values["标题"].value, values["状态"].value, values["评估人"].value) == ("门禁照片", "编写中", "李四")
        assert values["风险"].data_type == "s", "what people write is never a formula"
        assert "HYPERLINK(泄露)" in values["风险"].value
        browser.sign_in_as(world.there.administrator)
        theirs = f"/s/{world.there.code}/console/privacy/assessments/export?file=xlsx"
        assert len(list(load_workbook(io.BytesIO(browser.get(theirs).content)).worksheets[0].iter_rows())) == 1


class TestOthers:
    def test_have_no_business_here(self, browser: Browser, world, home, console, here) -> None:
        browser.sign_in_as(here.resident_account)
        for path in (f"{home}/admin/privacy", f"{console}/privacy", f"{console}/privacy/retention"):
            assert browser.get(path).status_code in (403, 404)
        browser.sign_in_as(world.there.administrator)
        for path in (f"{console}/privacy", f"{home}/admin/residents/{here.residents[0]}/privacy"):
            assert browser.get(path).status_code in (403, 404)

    def test_a_token_reads_its_own_street_alone(self, api: Api, world) -> None:
        street = f"/api/v1/s/{world.here.code}"
        mine = api.token_for(world.here.administrator, world.here.id)
        assert mine.request("GET", f"{street}/retention").status_code == 200
        stranger = api.token_for(world.there.administrator, world.there.id)
        assert stranger.request("GET", f"{street}/retention").status_code in (401, 403, 404)
