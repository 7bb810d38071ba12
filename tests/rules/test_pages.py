"""The pages and the API on rules: what they show, what they do, and to whom they stay shut."""

from __future__ import annotations

import html
import io
import re
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from tests.rules.conftest import chooser

from linli.kit.clock import today
from linli.rules import freeze, rule_value
from linli.rules.catalogue import core_book
from linli.rules.overrides import set_override
from linli.rules.schemas import OverrideIn
from linli.testing.web import Api, Browser

NOTICE = "owners_assembly.notice"
TODAY = today().isoformat()


@pytest.fixture
def console(world) -> str:
    return f"/s/{world.here.code}/console"


@pytest.fixture
def admin(world) -> str:
    return f"/s/{world.here.code}/c/{world.here.communities[0].code}/admin"


@pytest.fixture
def rules(admin, here) -> str:
    return f"{admin}/compounds/{here.compound}/rules"


def words(page) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


class TestTheStreet:
    @pytest.mark.parametrize("locale", ["zh_CN", "en"])
    def test_every_page_opens_in_both_languages(self, browser: Browser, world, console, locale) -> None:
        browser.sign_in_as(world.here.administrator)
        browser.client.cookies.set("lang", locale)
        for path in ("/rules", "/rules/print", "/bodies", "/rule-overrides", "/rule-freezes", f"/rules/{NOTICE}"):
            page = browser.get(console + path)
            assert page.status_code == 200, path
            if locale == "en":
                main = page.text.partition("<main")[2].partition("</main>")[0]
                assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"测试.街道|第.社区|街道管理员", "", main)), path

    def test_each_rule_has_its_value_source_and_article(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        page = words(browser.get(f"{console}/rules?q=提前通知"))
        assert "15 日" in page
        assert "物业管理条例 第14条" in page
        assert "已核对原文" in page

    @pytest.mark.parametrize(
        ("query", "shown", "hidden"),
        [
            ("q=278", "参与表决的专有面积", "会议提前通知"),
            ("topic=maintenance_fund", "余额低于多少要续交", "会议提前通知"),
            ("confidence=below&topic=owners_committee", "任期最长", "物业管理条例"),
            ("confidence=D", "治安防范的权重", "任期最长"),
            ("state=unknown&topic=owners_assembly", "投票期最长", "会议提前通知"),
            ("level=nation&topic=owners_assembly", "会议提前通知", "投票期最长"),
            ("on=2020-12-31&state=known&topic=owners_assembly", "会议提前通知", "参与表决的专有面积"),
        ],
    )
    def test_it_is_searched_and_filtered(self, browser: Browser, world, console, query, shown, hidden) -> None:
        browser.sign_in_as(world.here.administrator)
        page = words(browser.get(f"{console}/rules?{query}", headers={"hx-request": "true"}))
        assert shown in page
        assert hidden not in page

    def test_what_was_not_read_in_the_text_is_warned_of(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        assert "没有核对过法规原文" in browser.get(f"{console}/rules?topic=owners_committee").text
        assert "没有核对过法规原文" in browser.get(f"{console}/rules/owners_committee.term_max").text
        assert "没有核对过法规原文" not in browser.get(f"{console}/rules/{NOTICE}").text
        assert "系统不会自己填一个数" in browser.get(f"{console}/rules/owners_assembly.vote_window_max").text

    def test_a_list_goes_page_by_page_to_its_end(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        seen: list[str] = []
        path = f"{console}/rules"
        for _turn in range(10):
            page = html.unescape(browser.get(path).text)
            seen += re.findall(rf'href="{console}/rules/([a-z_0-9]+\.[a-z_0-9]+)"', page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            if following is None:
                break
            path = following[1]
        own = [each for each in seen if each in core_book().rules]
        assert own == list(core_book().rules)
        assert len(seen) > len(own), "those of a plugin that is allowed are listed beside them"

    def test_export_and_print_hold_what_the_filter_shows(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        file = browser.get(f"{console}/rules/export?topic=evaluation&file=xlsx")
        rows = list(load_workbook(io.BytesIO(file.content)).active.iter_rows(values_only=True))
        assert len(rows) == 6
        assert rows[0][:6] == ("规则", "规定", "依据", "由哪里规定", "可信度", "类别")
        assert dict(zip(rows[0], rows[1], strict=True))["规定"] == "25 分"
        csv = browser.get(f"{console}/rules/export?topic=evaluation&file=csv").content.decode("utf-8-sig")
        assert csv.count("本平台的建议值") == 5
        printed = browser.get(f"{console}/rules/print?topic=evaluation").text
        assert printed.count("本平台的建议值") == 5

    def test_the_street_chooses_and_takes_back(self, browser: Browser, module_house, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        key = "owners_assembly.special_heads"
        form = {"comparison": ">=", "value": "4/5", "starts_on": TODAY, "reason": "统一", "decision": "街道办法"}
        weaker = browser.post(f"{console}/rules/{key}/override", {**form, "value": "70%"})
        assert weaker.status_code == 422
        assert "第278条" in weaker.text
        assert 'value="70%"' in weaker.text, "what was typed is still there"
        for _click in range(2):
            assert browser.post(f"{console}/rules/{key}/override", form).status_code == 303
        page = browser.get(f"{console}/rules/{key}")
        assert "参与表决的 4/5 以上（含）" in words(page)
        assert "街道办法" in page.text
        links = re.findall(r"/rule-overrides/([0-9a-f-]{36})", html.unescape(page.text))
        assert len(set(links)) == 1, "a second click made no second one"
        one = f"{console}/rule-overrides/{links[0]}"
        assert browser.get(one).status_code == 200
        assert "必须填写" in browser.post(f"{one}/withdraw", {"reason": "", "version": "1"}).text
        assert browser.post(f"{one}/withdraw", {"reason": "写错了", "version": "1"}).status_code == 303
        again = browser.post(f"{one}/withdraw", {"reason": "写错了", "version": "1"})
        assert again.status_code == 422
        assert "已经撤回" in again.text
        with module_house.database.unit_of_work(world.here.scope) as session:
            assert str(rule_value(session, key).value.ratio) == "3/4"
        assert "写错了" in browser.get(one).text
        assert "已撤回" in words(browser.get(f"{console}/rule-overrides?state=over"))

    @pytest.mark.parametrize(
        ("key", "value", "shown"),
        [
            ("owners_assembly.notice", {"value": "20", "unit": "days"}, "20 日"),
            ("owners_committee.members_max", {"value": "9"}, "9 人"),
            ("owners_assembly.agenda_only", {"value": "true"}, "是"),
            ("owners_assembly.silent_votes", {"value": "abstain"}, "算弃权"),
            ("owners_committee.archive", {"value": ["minutes", "owners"]}, "会议记录"),
            ("representatives_meeting.passing", {"comparison": ">", "of": "all", "value": "1/2"}, "全体过半数"),
        ],
    )
    def test_each_type_has_its_form(self, browser: Browser, world, console, key, value, shown) -> None:
        browser.sign_in_as(world.here.administrator)
        starts = (today() + timedelta(400)).isoformat()
        page = browser.get(f"{console}/rules/{key}").text
        for name in value:
            assert f'name="{name}"' in page
        sent = browser.post(f"{console}/rules/{key}/override", {**value, "starts_on": starts, "reason": "试"})
        assert sent.status_code == 303, sent.text
        assert shown in words(browser.get(f"{console}/rules/{key}?on={starts}"))
        empty = browser.post(f"{console}/rules/{key}/override", {"starts_on": TODAY, "reason": "试"})
        assert empty.status_code == 422

    def test_nobody_else_opens_them(self, browser: Browser, world, here, console) -> None:
        for account in (here.administrator, here.resident_account):
            browser.sign_in_as(account)
            for path in ("/rules", f"/rules/{NOTICE}", "/rule-overrides", "/rule-freezes", "/bodies"):
                assert browser.get(console + path).status_code == 403, path
        browser.sign_in_as(world.here.auditor)
        assert browser.get(f"{console}/rules").status_code == 200
        assert "街道另行规定" not in browser.get(f"{console}/rules/{NOTICE}").text
        form = {"value": "20", "unit": "days", "starts_on": TODAY, "reason": "x"}
        assert browser.post(f"{console}/rules/{NOTICE}/override", form).status_code == 403

    def test_an_unknown_rule_is_not_there(self, browser: Browser, world, console) -> None:
        browser.sign_in_as(world.here.administrator)
        assert browser.get(f"{console}/rules/owners_assembly.magic").status_code == 404
        form = {"value": "20", "starts_on": TODAY, "reason": "x"}
        assert browser.post(f"{console}/rules/owners_assembly.magic/override", form).status_code == 404


class TestACompound:
    @pytest.mark.parametrize("locale", ["zh_CN", "en"])
    def test_every_page_opens(self, browser: Browser, here, admin, rules, locale) -> None:
        browser.sign_in_as(here.administrator)
        browser.client.cookies.set("lang", locale)
        bodies = f"{admin}/compounds/{here.compound}/bodies"
        for path in (f"{admin}/rules", rules, f"{rules}/print", f"{rules}/{NOTICE}", bodies):
            assert browser.get(path).status_code == 200, path
        for path in (f"{admin}/rule-overrides", f"{admin}/rule-freezes", f"{rules}/export?file=csv"):
            assert browser.get(path).status_code == 200, path

    @pytest.mark.requirement("PLT-003")
    def test_it_shows_why_a_value_holds_and_enters_its_own_decision(self, browser: Browser, here, admin, rules) -> None:
        browser.sign_in_as(here.administrator)
        assert "一号院" in browser.get(f"{admin}/rules").text
        before = words(browser.get(f"{rules}/owners_committee.filing"))
        assert "为什么是这个值" in before
        assert "物业管理条例 第16条" in before
        form = {"value": "20", "unit": "days", "starts_on": TODAY, "reason": "早些备案"}
        refused = browser.post(f"{rules}/owners_committee.filing/override", form)
        assert refused.status_code == 422
        assert "要写明通过它的决定" in refused.text
        form |= {"decision": "2026 年第一次业主大会决定", "decided_on": TODAY}
        late = browser.post(f"{rules}/owners_committee.filing/override", {**form, "value": "31"})
        assert late.status_code == 422
        assert "《物业管理条例》第16条规定为“30 日”" in html.unescape(late.text)
        assert browser.post(f"{rules}/owners_committee.filing/override", form).status_code == 303
        after = words(browser.get(f"{rules}/owners_committee.filing"))
        assert "20 日" in after
        assert "由范围更小的2026 年第一次业主大会决定（20 日）代替" in after
        assert "2026 年第一次业主大会决定" in words(browser.get(f"{rules}?q=备案的期限"))

    def test_a_neighbours_compound_is_not_there(self, browser: Browser, world, here, admin) -> None:
        browser.sign_in_as(here.administrator)
        for other in (world.here.communities[1].compound, world.there.communities[0].compound):
            for path in ("rules", f"rules/{NOTICE}", "rules/print", "rules/export?file=csv", "bodies"):
                assert browser.get(f"{admin}/compounds/{other}/{path}").status_code == 404, path

    def test_a_committee_chair_sees_the_chairs_compound(self, browser: Browser, here, admin, rules) -> None:
        browser.sign_in_as(here.steward)
        # A building's steward holds less than a compound: what concerns the whole compound stays shut.
        assert browser.get(rules).status_code == 404

    def test_what_a_decision_was_made_under_is_shown(self, browser: Browser, module_house, here, admin) -> None:
        actor = chooser(here.administrator, role="community_administrator", community_id=here.id)
        with module_house.database.unit_of_work(here.scope, actor) as session:
            keys = [NOTICE, "owners_assembly.vote_window_max"]
            kept = freeze(session, keys, purpose="第三次会议", compound_id=here.compound)
        browser.sign_in_as(here.administrator)
        assert "第三次会议" in browser.get(f"{admin}/rule-freezes").text
        page = words(browser.get(f"{admin}/rule-freezes/{kept.id}"))
        assert kept.digest in page
        assert "15 日" in page
        assert "没有已知的规定" in page


class TestTheApi:
    def test_rules_with_their_why(self, api: Api, world) -> None:
        api.token_for(world.here.administrator, world.here.id)
        root = f"/api/v1/s/{world.here.code}"
        page = api.get(f"{root}/rules?topic=owners_assembly&limit=5").json()
        assert len(page["items"]) == 5
        more = api.get(f"{root}/rules?topic=owners_assembly&limit=5&after={page['next']}").json()
        assert not {each["key"] for each in page["items"]} & {each["key"] for each in more["items"]}
        one = api.get(f"{root}/rules/{NOTICE}")
        assert one.json()["value"] == "15 days"
        assert one.json()["source"]["article"] == "第14条"
        assert one.json()["why"][0]["verdict"] == "won"
        unchanged = {**api.headers, "if-none-match": one.headers["etag"]}
        assert api.client.get(f"{root}/rules/{NOTICE}", headers=unchanged).status_code == 304
        assert api.get(f"{root}/rules/no.such").status_code == 404
        assert api.get(f"{root}/rules?level=galaxy").status_code == 422
        assert api.get(f"{root}/bodies").json()["items"][0]["code"] == "owners_committee"

    def test_choosing_and_taking_back_under_conditions(self, api: Api, world, here) -> None:
        api.token_for(here.administrator, world.here.id)
        root = f"/api/v1/s/{world.here.code}/c/{here.code}"
        body = {"value": "45 days", "starts_on": TODAY, "reason": "试", "decision": "业主大会决定", "decided_on": TODAY}
        url = f"{root}/compounds/{here.compound}/rules/{NOTICE}/overrides"
        refused = api.post(url, {**body, "value": "14 days"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "value"
        made = api.post(url, body)
        assert made.status_code == 201
        assert api.post(url, body).json()["id"] == made.json()["id"], "sent again it is the same"
        assert api.post(url, {**body, "value": "50 days"}).status_code == 409
        one = f"{root}/rule-overrides/{made.json()['id']}"
        read = api.get(one)
        assert read.json()["text"] == "45 日"
        assert api.post(f"{one}/withdraw", {"reason": "错"}).status_code == 428
        options = {"headers": {**api.headers, "if-match": read.headers["etag"]}}
        done = api.client.post(f"{one}/withdraw", json={"reason": "错"}, **options)
        assert done.status_code == 200
        assert done.json()["withdrawn_on"] == TODAY
        assert api.client.post(f"{one}/withdraw", json={"reason": "错"}, **options).status_code == 412
        assert api.get(f"{root}/compounds/{here.compound}/rules/{NOTICE}").json()["value"] == "15 days"
        assert any(each["id"] == made.json()["id"] for each in api.get(f"{root}/rule-overrides").json()["items"])

    def test_the_streets_choice_is_seen_below_and_nowhere_else(self, api: Api, module_house, world, here) -> None:
        actor = chooser(world.here.administrator)
        with module_house.database.unit_of_work(world.here.scope, actor) as session:
            data = OverrideIn(value="2 days", starts_on=date(2030, 1, 1), reason="canary")
            row = set_override(session, actor, "owners_assembly.publish_result", data)
        api.token_for(here.administrator, world.here.id)
        assert api.get(f"/api/v1/s/{world.here.code}/c/{here.code}/rule-overrides/{row.id}").status_code == 200
        there = world.there.communities[0]
        api.token_for(there.administrator, world.there.id)
        assert api.get(f"/api/v1/s/{world.there.code}/c/{there.code}/rule-overrides/{row.id}").status_code == 404
        assert "canary" not in api.get(f"/api/v1/s/{world.there.code}/c/{there.code}/rule-overrides").text

    def test_what_decisions_were_made_under(self, api: Api, module_house, world) -> None:
        with module_house.database.unit_of_work(world.here.scope) as session:
            kept = freeze(session, [NOTICE], purpose="街道会议")
        api.token_for(world.here.administrator, world.here.id)
        root = f"/api/v1/s/{world.here.code}/rule-freezes"
        one = api.get(f"{root}/{kept.id}").json()
        assert (one["digest"], one["is_intact"], one["values"][0]["value"]) == (kept.digest, True, "15 days")
        assert str(kept.id) in {each["id"] for each in api.get(root).json()["items"]}
