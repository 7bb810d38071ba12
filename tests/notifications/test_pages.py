"""The bell, the inbox, the preferences and the street's pages, as people use them."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import delete, event, select

from linli.kit.clock import SHANGHAI
from linli.kit.ids import new_id
from linli.notifications import Recipient, Term, notify
from linli.notifications.models import Contact, Delivery, MessageTemplate, Notification, Preference

ROLE = {"role": Term("业主"), "place": "一号院", "starts_on": datetime(2026, 3, 1, tzinfo=SHANGHAI).date()}
LINK = "/s/999001001/c/999001001001/my-home"


@pytest.fixture(autouse=True)
def clean(module_house, world) -> None:
    for street in world.streets:
        with module_house.database.unit_of_work(street.scope) as session:
            for table in (Notification, Delivery, MessageTemplate, Preference, Contact):
                session.execute(delete(table))


@pytest.fixture
def told(module_house, here):
    """Tells somebody of the first community something, and gives the message's id."""

    def tell(account_id: UUID | None = None, *, link: str = LINK, **options) -> UUID:
        person = Recipient(account_id or here.resident_account, None, None)
        with module_house.database.unit_of_work(options.pop("scope", here.scope)) as session:
            notify(session, "core.role_granted", [person], ROLE, link=link, **options)
            return session.scalars(select(Notification.id).order_by(Notification.created_at.desc())).first()

    return tell


def resident(here, path: str = "") -> str:
    return f"/s/{here.street_code}/c/{here.code}{path}"


class TestBell:
    def test_it_counts_what_is_unread(self, browser, here, told) -> None:
        browser.sign_in_as(here.resident_account)
        assert "消息，没有未读" in browser.get(resident(here)).text
        told()
        told()
        for page in ("", "/inbox", "/my-home"):
            assert "消息，2 条未读" in browser.get(resident(here, page)).text

    def test_a_visitor_has_none_and_costs_no_query(self, browser, module_house, here) -> None:
        browser.sign_out()
        with statements(module_house) as sent:
            page = browser.get(resident(here))
        assert page.status_code == 200
        assert 'class="bell"' not in page.text
        assert not [each for each in sent if "core.notification" in each]

    def test_it_costs_one_query(self, browser, module_house, here, told) -> None:
        told()
        browser.sign_in_as(here.resident_account)
        with statements(module_house) as sent:
            assert browser.get(resident(here)).status_code == 200
        assert len([each for each in sent if "core.notification" in each]) <= 1

    def test_staff_have_it_in_their_portals(self, browser, world, here, told) -> None:
        told(here.administrator)
        told(world.here.administrator, scope=world.here.scope)
        browser.sign_in_as(here.administrator)
        assert "消息，1 条未读" in browser.get(resident(here, "/admin")).text
        browser.sign_in_as(world.here.administrator)
        assert "消息，1 条未读" in browser.get(f"/s/{world.here.code}/console").text


class statements:  # noqa: N801 - read as a word in the tests
    """The statements that reach the database in the meantime."""

    def __init__(self, house) -> None:
        self.engine, self.sent = house.database.engine, []

    def _note(self, _connection, _cursor, statement, *_rest) -> None:
        self.sent.append(statement)

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.sent

    def __exit__(self, *_error) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)


class TestInbox:
    def test_it_says_what_happened_newest_first_and_has_an_empty_state(self, browser, here, told) -> None:
        browser.sign_in_as(here.resident_account)
        assert "还没有消息" in browser.get(resident(here, "/inbox")).text
        told()
        page = browser.get(resident(here, "/inbox")).text
        assert "您已成为一号院的业主" in page
        assert "2026年3月1日" in page

    def test_in_english(self, browser, here, told) -> None:
        told()
        browser.sign_in_as(here.resident_account)
        browser.client.cookies.set("lang", "en")
        page = browser.get(resident(here, "/inbox")).text
        assert "You are now Owner of 一号院" in page
        assert "1 Mar 2026" in page

    def test_opening_marks_it_read_and_goes_where_it_leads(self, browser, here, told) -> None:
        browser.sign_in_as(here.resident_account)
        message = told()
        answer = browser.post(resident(here, f"/inbox/{message}/open"))
        assert (answer.status_code, answer.headers["location"]) == (303, LINK)
        assert browser.post(resident(here, f"/inbox/{message}/open")).headers["location"] == LINK
        assert "消息，没有未读" in browser.get(resident(here)).text
        assert "您已成为" not in browser.get(resident(here, "/inbox?only=unread")).text
        assert "您已成为" in browser.get(resident(here, "/inbox")).text

    def test_one_or_all_are_marked_as_read(self, browser, here, told) -> None:
        browser.sign_in_as(here.resident_account)
        first, _second, _third = told(), told(), told()
        browser.post(resident(here, f"/inbox/{first}/read"))
        assert "消息，2 条未读" in browser.get(resident(here)).text
        browser.post(resident(here, "/inbox/read-all"))
        assert "消息，没有未读" in browser.get(resident(here)).text

    def test_another_persons_message_is_not_there(self, browser, module_house, here, told) -> None:
        theirs = told(here.steward)
        browser.sign_in_as(here.resident_account)
        assert "您已成为" not in browser.get(resident(here, "/inbox")).text
        for act in ("open", "read"):
            assert browser.post(resident(here, f"/inbox/{theirs}/{act}")).status_code == 404
        browser.post(resident(here, "/inbox/read-all"))
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalars(select(Notification.read_at)).one() is None

    def test_ones_own_message_of_another_community_or_street_is_not_here(self, browser, world, here, told) -> None:
        other, abroad = world.here.communities[1], world.there.communities[0]
        elsewhere = [told(scope=other.scope), told(scope=abroad.scope)]
        browser.sign_in_as(here.resident_account)
        page = browser.get(resident(here, "/inbox")).text
        assert "还没有消息" in page
        for message in elsewhere:
            assert browser.post(resident(here, f"/inbox/{message}/read")).status_code == 404

    def test_what_came_before_the_first_sign_in_is_found(self, browser, module_house, here) -> None:
        with module_house.database.unit_of_work(here.scope) as session:
            notify(session, "core.role_granted", [Recipient(None, here.residents[0], None)], ROLE)
        browser.sign_in_as(here.resident_account)
        assert "消息，1 条未读" in browser.get(resident(here)).text
        assert "您已成为一号院的业主" in browser.get(resident(here, "/inbox")).text

    def test_a_message_of_a_vanished_plugin_breaks_no_page(self, browser, module_house, here) -> None:
        with module_house.database.unit_of_work(here.scope) as session:
            session.add(
                Notification(
                    id=new_id(), community_id=here.id, account_id=here.resident_account,
                    person_id=here.resident_account, kind="gone.thing_happened",
                )
            )  # fmt: skip
        browser.sign_in_as(here.resident_account)
        assert "内容无法显示" in browser.get(resident(here, "/inbox")).text

    def test_long_lists_go_on_page_by_page(self, browser, module_house, here) -> None:
        with module_house.database.unit_of_work(here.scope) as session:
            for _n in range(51):
                notify(session, "core.role_granted", [Recipient(here.resident_account, None, None)], ROLE)
        browser.sign_in_as(here.resident_account)
        page = browser.get(resident(here, "/inbox")).text
        assert page.count("您已成为一号院的业主</strong>") == 50
        following = re.search(r'rel="next" href="([^"]+)"', page)
        assert following
        rest = browser.get(unescape(following[1])).text
        assert rest.count("您已成为一号院的业主</strong>") == 1

    def test_nobody_reads_it_without_signing_in(self, browser, here) -> None:
        browser.sign_out()
        assert browser.get(resident(here, "/inbox")).status_code in (303, 401)


class TestPreferences:
    PAGE = "/inbox/preferences"

    def test_kinds_and_channels_are_chosen_and_kept(self, browser, module_house, here) -> None:
        browser.sign_in_as(here.resident_account)
        page = browser.get(resident(here, self.PAGE)).text
        assert "被授予角色" in page
        assert "后台任务出错" not in page
        browser.post(resident(here, self.PAGE), {"on": ["core.role_granted:sms", "core.role_ended:email"]})
        with module_house.database.unit_of_work(here.scope) as session:
            kept = session.scalars(select(Preference).where(Preference.kind.startswith("core.role_")))
            rows = {(row.kind, row.channel): row.is_on for row in kept}
        # Only what differs from the usual is kept; what is urgent stays on.
        assert rows == {("core.role_granted", "sms"): True, ("core.role_granted", "email"): False}

    def test_administrators_may_choose_of_parked_jobs(self, browser, here) -> None:
        browser.sign_in_as(here.administrator)
        assert "后台任务出错" in browser.get(resident(here, f"/admin{self.PAGE}")).text

    def test_hours_of_rest(self, browser, module_house, here) -> None:
        browser.sign_in_as(here.resident_account)
        browser.post(resident(here, "/inbox/rest"), {"rest_from": "21:00", "rest_until": "08:00"})
        assert re.search(r'value="21:00" selected', browser.get(resident(here, self.PAGE)).text)
        faulty = browser.post(resident(here, "/inbox/rest"), {"rest_from": "21:00", "rest_until": ""})
        assert faulty.status_code == 422
        assert "开始和结束时间要一起选" in faulty.text
        assert (
            browser.post(resident(here, "/inbox/rest"), {"rest_from": "21:30", "rest_until": "08:00"}).status_code
            == 422
        )
        browser.post(resident(here, "/inbox/rest"), {"rest_from": "", "rest_until": ""})
        with module_house.database.unit_of_work(here.scope) as session:
            assert session.scalars(select(Contact.quiet_from)).one() is None


class TestWords:
    PAGE = "messages/core.role_granted/zh_CN/inbox"

    @pytest.fixture
    def console(self, browser, world):
        browser.sign_in_as(world.here.administrator)
        return f"/s/{world.here.code}/console"

    def test_every_kind_is_listed(self, browser, console) -> None:
        page = browser.get(f"{console}/messages").text
        for title in ("被授予角色", "密码已修改", "后台任务出错"):
            assert title in page

    def test_words_are_looked_at_kept_used_and_given_up(self, browser, console, world, here, told) -> None:
        words = {"subject": "恭喜成为{role}", "body": "{street}欢迎您，{role}。"}
        looked = browser.post(f"{console}/{self.PAGE}", {**words, "only_look": "1"}).text
        assert f"{world.here.name}欢迎您，〔role〕。" in looked
        assert "恭喜" not in browser.get(f"{console}/{self.PAGE}").text
        assert browser.post(f"{console}/{self.PAGE}", words).status_code == 303
        told()
        browser.sign_in_as(here.resident_account)
        assert "恭喜成为业主" in browser.get(resident(here, "/inbox")).text
        browser.sign_in_as(world.here.administrator)
        browser.post(f"{console}/{self.PAGE}/clear")
        browser.sign_in_as(here.resident_account)
        assert "您已成为一号院的业主" in browser.get(resident(here, "/inbox")).text

    @pytest.mark.asvs("V1.3.7")
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("{role.__class__}", "不是可用的名称"),
            ("{role[0]}", "不是可用的名称"),
            ("{role!r}", "不是可用的名称"),
            ("{role:>99999}", "不是可用的名称"),
            ("{0}", "不是可用的名称"),
            ("{}", "不是可用的名称"),
            ("{{role}}", "不是可用的名称"),
            ("}", "不是可用的名称"),
            ("{password}", "没有 {password} 这样的名称"),
            ("{street_id}", "没有 {street_id} 这样的名称"),
            ("", "必须填写"),
            ("长" * 2001, "太长"),
        ],
    )
    def test_an_attempt_to_reach_more_is_refused_and_shown_again(
        self, browser, console, module_house, world, body, said
    ):
        answer = browser.post(f"{console}/{self.PAGE}", {"subject": "{role}", "body": body})
        assert answer.status_code == 422
        assert said in answer.text
        with module_house.database.unit_of_work(world.here.scope) as session:
            assert session.scalars(select(MessageTemplate)).all() == []

    def test_somebody_elses_change_is_not_overwritten(self, browser, console) -> None:
        words = {"subject": "甲", "body": "甲", "version": "0"}
        assert browser.post(f"{console}/{self.PAGE}", words).status_code == 303
        assert browser.post(f"{console}/{self.PAGE}", {**words, "body": "乙"}).status_code == 409

    def test_words_of_one_street_are_not_used_in_another(self, browser, console, world, told) -> None:
        abroad = world.there.communities[0]
        browser.post(f"{console}/{self.PAGE}", {"subject": "甲街道的话", "body": "甲"})
        told(abroad.resident_account, scope=abroad.scope)
        browser.sign_in_as(abroad.resident_account)
        page = browser.get(resident(abroad, "/inbox")).text
        assert "您已成为一号院的业主" in page
        assert "甲街道的话" not in page

    def test_a_community_and_a_reader_cannot_change_them(self, browser, console, world, here) -> None:
        browser.sign_in_as(here.administrator)
        assert browser.post(f"{console}/{self.PAGE}", {"subject": "x", "body": "x"}).status_code == 403
        browser.sign_in_as(world.here.auditor)
        assert browser.get(f"{console}/{self.PAGE}").status_code == 200
        assert browser.post(f"{console}/{self.PAGE}", {"subject": "x", "body": "x"}).status_code == 403

    def test_what_does_not_exist_is_not_found(self, browser, console) -> None:
        for path in ("core.nothing/zh_CN/inbox", "core.role_granted/fr/inbox", "core.role_granted/en/pigeon"):
            assert browser.get(f"{console}/messages/{path}").status_code == 404


class TestDeliveries:
    @pytest.fixture
    def failed(self, module_house, here, told) -> UUID:
        message = told()
        with module_house.database.unit_of_work(here.scope) as session:
            row = Delivery(
                id=new_id(), community_id=here.id, notification_id=message, channel="sms", state="failed",
                error="refused", attempts=5,
            )  # fmt: skip
            session.add(row)
            return row.id

    def state(self, house, scope, delivery: UUID) -> str:
        with house.database.unit_of_work(scope) as session:
            return session.scalars(select(Delivery.state).where(Delivery.id == delivery)).one()

    def test_faults_are_told_in_words_and_tried_again(self, browser, module_house, world, here, failed) -> None:
        browser.sign_in_as(world.here.administrator)
        page = browser.get(f"/s/{world.here.code}/console/deliveries").text
        assert "对方不接收" in page
        assert browser.post(f"/s/{world.here.code}/console/deliveries/{failed}/resend").status_code == 303
        # The application's own runner may be at it already.
        assert self.state(module_house, here.scope, failed) != "failed"

    def test_all_that_failed_is_tried_again(self, browser, module_house, here, failed) -> None:
        browser.sign_in_as(here.administrator)
        answer = browser.post(resident(here, "/admin/deliveries/resend-failed"))
        assert answer.status_code == 303
        assert self.state(module_house, here.scope, failed) != "failed"

    def test_a_filter_that_finds_nothing_says_so(self, browser, world, failed) -> None:
        browser.sign_in_as(world.here.administrator)
        page = browser.get(f"/s/{world.here.code}/console/deliveries?state=sent")
        assert "没有符合条件的发送" in page.text

    def test_another_community_and_another_street_see_and_resend_none(self, browser, module_house, world, here, failed):
        for community in (world.here.communities[1], world.there.communities[0]):
            browser.sign_in_as(community.administrator)
            assert "对方不接收" not in browser.get(resident(community, "/admin/deliveries")).text
            assert browser.post(resident(community, f"/admin/deliveries/{failed}/resend")).status_code == 404
            browser.post(resident(community, "/admin/deliveries/resend-failed"))
        assert self.state(module_house, here.scope, failed) == "failed"

    def test_residents_have_no_such_page(self, browser, here) -> None:
        browser.sign_in_as(here.resident_account)
        assert browser.get(resident(here, "/admin/deliveries")).status_code == 403
