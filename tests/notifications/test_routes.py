"""Messages over the API: one's own inbox and choices, the street's words, deliveries."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from linli.kit.ids import new_id
from linli.notifications import Recipient, Term, notify
from linli.notifications.models import Contact, Delivery, MessageTemplate, Notification, Preference

ROLE = {"role": Term("业主"), "place": "一号院", "starts_on": date(2026, 3, 1)}


@pytest.fixture(autouse=True)
def clean(module_house, world) -> None:
    for street in world.streets:
        with module_house.database.unit_of_work(street.scope) as session:
            for table in (Notification, Delivery, MessageTemplate, Preference, Contact):
                session.execute(delete(table))


@pytest.fixture
def at(here) -> str:
    return f"/api/v1/s/{here.street_code}/c/{here.code}"


@pytest.fixture
def message(module_house, here) -> str:
    with module_house.database.unit_of_work(here.scope) as session:
        notify(session, "core.role_granted", [Recipient(here.resident_account, None, None)], ROLE, link="/s/x")
        return str(session.scalars(select(Notification.id)).one())


def test_the_inbox_is_read_and_marked(api, world, here, at, message) -> None:
    api.token_for(here.resident_account, world.here.id)
    (item,) = api.get(f"{at}/inbox").json()["items"]
    assert (item["id"], item["subject"], item["read_at"]) == (message, "您已成为一号院的业主", None)
    assert api.get(f"{at}/inbox/counts").json() == {"unread": 1}
    assert api.get(f"{at}/inbox/{message}").json()["read_at"] is None
    first = api.post(f"{at}/inbox/{message}/read")
    assert first.status_code == 200
    assert api.post(f"{at}/inbox/{message}/read").json()["read_at"] == first.json()["read_at"] is not None
    assert api.get(f"{at}/inbox", params={"unread": True}).json()["items"] == []
    assert api.post(f"{at}/inbox/read-all").json() == {"marked": 0}


def test_nobody_elses_inbox_is_there(api, world, here, at, message) -> None:
    other = world.here.communities[1]
    abroad = world.there.communities[0]
    for account, tenant, place in (
        (here.steward, world.here.id, at),
        (other.resident_account, world.here.id, f"/api/v1/s/{here.street_code}/c/{other.code}"),
        (abroad.resident_account, world.there.id, f"/api/v1/s/{world.there.code}/c/{abroad.code}"),
    ):
        api.token_for(account, tenant)
        assert api.get(f"{place}/inbox").json()["items"] == []
        assert api.get(f"{place}/inbox/{message}").status_code == 404
        assert api.post(f"{place}/inbox/{message}/read").status_code == 404
    assert api.client.get(f"{at}/inbox").status_code == 401


def test_a_faulty_cursor_is_named(api, world, here, at) -> None:
    api.token_for(here.resident_account, world.here.id)
    answer = api.get(f"{at}/inbox", params={"after": "nonsense"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "after"


def test_preferences_are_changed_in_part(api, world, here, at) -> None:
    api.token_for(here.resident_account, world.here.id)
    before = api.get(f"{at}/notification-preferences").json()
    assert (before["usual_rest_from"], before["usual_rest_until"]) == ("22:00", "07:00")
    change = {"choices": [{"kind": "core.role_granted", "channel": "sms", "is_on": True}]}
    after = api.patch(f"{at}/notification-preferences", change).json()
    changed = [each for each in after["choices"] if each not in before["choices"]]
    assert [(each["kind"], each["channel"], each["is_on"]) for each in changed] == [("core.role_granted", "sms", True)]
    rest = api.patch(f"{at}/notification-preferences", {"rest": {"begin": "21:00", "end": "08:00"}}).json()
    assert (rest["rest_from"], rest["rest_until"]) == ("21:00", "08:00")
    assert changed[0] in rest["choices"]
    assert api.patch(f"{at}/notification-preferences", {"rest": None}).json()["rest_from"] == ""
    assert api.patch(f"{at}/notification-preferences", {"rest": {"begin": "21:30", "end": "08:00"}}).status_code == 422
    urgent = {"choices": [{"kind": "core.password_changed", "channel": "sms", "is_on": False}]}
    assert api.patch(f"{at}/notification-preferences", urgent).status_code == 422


def test_nobody_is_asked_about_messages_that_cannot_reach_them(api, world, here, at) -> None:
    of_staff = {
        "core.approval_asked",
        "core.approval_decided",
        "core.audit_broken",
        "core.job_parked",
        "core.numbers_revealed_often",
        "core.obligation_due",
        "core.obligation_overdue",
        "core.privacy_request_arrived",
        "notices.answer_due",
        "notices.objection_filed",
        "waste_sorting.appeal_filed",
        "waste_sorting.booking_cancelled",
        "waste_sorting.booking_requested",
        "waste_sorting.full_report_filed",
        "waste_sorting.points_flagged",
        "waste_sorting.shifts_missing",
    }
    #: Of a household's own account; who works in the office has none there.
    of_households = {
        "waste_sorting.points_expiring",
        "waste_sorting.points_reversed",
        "waste_sorting.redemption_cancelled",
        "waste_sorting.redemption_missed",
        "waste_sorting.redemption_reserved",
    }
    asked = {}
    for account in (here.administrator, here.resident_account):
        api.token_for(account, world.here.id)
        asked[account] = {each["kind"] for each in api.get(f"{at}/notification-preferences").json()["choices"]}
    assert of_staff <= asked[here.administrator]
    assert asked[here.resident_account] == (asked[here.administrator] - of_staff) | of_households
    api.token_for(here.resident_account, world.here.id)
    choice = {"kind": "core.job_parked", "channel": "email", "is_on": True}
    assert api.patch(f"{at}/notification-preferences", {"choices": [choice]}).status_code == 422


def test_a_mailbox_asks_for_its_code(api, world, here, at) -> None:
    api.token_for(here.resident_account, world.here.id)
    asked = api.post(f"{at}/notification-preferences/email", {"email": "wang@example.cn"})
    assert asked.status_code == 202
    assert asked.json()["pending_email_mask"] == "w***@example.cn"
    assert api.post(f"{at}/notification-preferences/email/confirm", {"code": "000000"}).status_code == 422
    assert api.request("DELETE", f"{at}/notification-preferences/email").status_code == 204
    assert api.get(f"{at}/notification-preferences").json()["pending_email_mask"] == ""


class TestWords:
    PATH = "notification-kinds/core.role_granted/zh_CN/sms"

    def test_the_street_gives_looks_and_takes_back(self, api, world) -> None:
        at = f"/api/v1/s/{world.here.code}"
        api.token_for(world.here.administrator, world.here.id)
        kinds = {each["name"]: each for each in api.get(f"{at}/notification-kinds").json()["items"]}
        assert {"place", "role", "starts_on", "street", "community"} == set(kinds["core.role_granted"]["names"])
        words = {"subject": "{role}", "body": "恭喜成为{role}"}
        shown = api.post(f"{at}/{self.PATH}/preview", words).json()
        assert shown == {"subject": "〔role〕", "body": "恭喜成为〔role〕"}
        assert api.get(f"{at}/{self.PATH}").json()["is_own"] is False
        kept = api.request("PUT", f"{at}/{self.PATH}", {**words, "version": 0}).json()
        assert (kept["is_own"], kept["version"]) == (True, 1)
        assert api.request("PUT", f"{at}/{self.PATH}", {**words, "version": 0}).status_code == 409
        assert api.request("DELETE", f"{at}/{self.PATH}").status_code == 204
        assert api.request("DELETE", f"{at}/{self.PATH}").status_code == 204
        assert api.get(f"{at}/{self.PATH}").json()["is_own"] is False

    def test_only_known_names_and_only_the_street(self, api, world, here) -> None:
        at = f"/api/v1/s/{world.here.code}"
        api.token_for(world.here.administrator, world.here.id)
        refused = api.request("PUT", f"{at}/{self.PATH}", {"subject": "{role}", "body": "{role.__init__}"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "body"
        api.token_for(here.administrator, world.here.id)
        assert api.request("PUT", f"{at}/{self.PATH}", {"subject": "x", "body": "x"}).status_code == 403


class TestDeliveries:
    @pytest.fixture
    def delivery(self, module_house, here, message) -> str:
        with module_house.database.unit_of_work(here.scope) as session:
            row = Delivery(
                id=new_id(), community_id=here.id, notification_id=message, channel="sms", state="failed",
                error="refused", attempts=5,
            )  # fmt: skip
            session.add(row)
            return str(row.id)

    def test_they_are_listed_counted_and_tried_again(self, api, world, here, at, delivery) -> None:
        api.token_for(here.administrator, world.here.id)
        (item,) = api.get(f"{at}/notification-deliveries", params={"state": "failed"}).json()["items"]
        assert (item["id"], item["error"], item["attempts"]) == (delivery, "refused", 5)
        assert api.get(f"{at}/notification-deliveries/counts").json()["channels"]["sms"]["failed"] == 1
        again = api.post(f"{at}/notification-deliveries/{delivery}/resend")
        assert again.status_code == 202
        assert (again.json()["state"], again.json()["attempts"]) == ("queued", 0)
        assert api.post(f"{at}/notification-deliveries/{uuid4()}/resend").status_code == 404

    def test_other_places_see_and_resend_none(self, api, world, here, delivery) -> None:
        for street, community in ((world.here, world.here.communities[1]), (world.there, world.there.communities[0])):
            at = f"/api/v1/s/{street.code}/c/{community.code}"
            api.token_for(community.administrator, street.id)
            assert api.get(f"{at}/notification-deliveries").json()["items"] == []
            assert api.post(f"{at}/notification-deliveries/{delivery}/resend").status_code == 404
            assert api.post(f"{at}/notification-deliveries/resend-failed").json() == {"resent": 0}

    def test_residents_may_not(self, api, world, here, at) -> None:
        api.token_for(here.resident_account, world.here.id)
        assert api.get(f"{at}/notification-deliveries").status_code == 403
