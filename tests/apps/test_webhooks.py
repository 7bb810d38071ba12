"""Telling apps of events: whom, what, in which order, under which id, and what happens when nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update
from tests.apps.conftest import GateOpened, Stage
from tests.outward.conftest import OK, answering

from linli.apps import webhooks
from linli.apps.models import App, AppAttempt, AppCommunity
from linli.apps.repository import AttemptFilter, find_app, list_attempts
from linli.apps.retention import DATA_CLASSES
from linli.apps.secrets import rotate_secret
from linli.apps.service import resume_app, revoke_app, suspend_app
from linli.apps.webhooks import ATTEMPTS, PAUSES, consumer_of
from linli.audit.models import AuditEntry
from linli.events.letters import replay_consumer
from linli.events.models import EventRow
from linli.kit.actor import SYSTEM
from linli.kit.clock import frozen, now
from linli.kit.errors import Conflict
from linli.notifications.models import Notification
from linli.tasks.models import Job
from linli.tasks.run import JobRun

FAIL = b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\ndown"


class Moody:
    """Fails so often, then says yes."""

    def __init__(self, failures: int, failing: bytes = FAIL) -> None:
        self.left, self.failing = failures, failing

    def __call__(self, wire) -> None:
        self.left -= 1
        wire.sendall(self.failing if self.left >= 0 else OK)


class TestWhatIsTold:
    def test_ids_time_and_place_signed_by_the_standard(self, stage: Stage) -> None:
        stage.tell(7)
        assert stage.bring() == 1
        [message] = stage.messages
        assert message.is_signed_by(stage.made[0].secret)
        body, community = message.json, stage.world.here.communities[0]
        assert body["type"] == GateOpened.NAME
        assert body["place"]["community_id"] == str(community.id)
        assert body["place"]["street_code"] == stage.world.here.code
        assert message.headers["webhook-id"] == "evt_" + body["id"].replace("-", "")
        assert message.headers["content-type"] == "application/json"

    def test_what_leads_to_a_person_takes_the_permission(self, make_stage) -> None:
        stage = make_stage()
        stage.register(name="without")
        stage.register(name="with", permissions=["core.resident.read"])
        stage.tell(1)
        stage.bring()
        told = {each.is_signed_by(stage.made[1].secret): each.json["data"] for each in stage.messages}
        assert told == {False: {"gate": 1}, True: {"gate": 1, "resident_id": str(stage.world.here.id)}}

    def test_an_app_hears_only_of_what_it_asked_for_and_where_it_is_let_in(self, make_stage) -> None:
        stage = make_stage()
        first, second = stage.world.here.communities
        stage.register(name="deaf", event_types=[], webhook_url="")
        stage.register(name="second-only", whole_street=False, communities=[second.id])
        stage.tell(1, community=first)
        assert stage.jobs() == []
        stage.tell(2, community=second)
        assert len(stage.jobs()) == 1, "the control"

    def test_nothing_of_another_street_is_told(self, stage: Stage) -> None:
        stage.tell(1, community=stage.world.there.communities[0])
        assert stage.jobs() == []
        assert stage.bring() == 0

    def test_an_event_costs_one_query_more(self, stage: Stage, assert_queries) -> None:
        with stage.house.database.unit_of_work(stage.world.here.communities[0].scope) as session:
            session.execute(text("SELECT 1"))
            with assert_queries(session, 1):
                assert len(list(webhooks.told_apps(session, GateOpened, session.scope.community_id, None))) == 1


class TestAgain:
    def test_a_failure_is_tried_again_under_the_same_id(self, make_stage) -> None:
        stage = make_stage(Moody(2))
        stage.register()
        stage.tell(1)
        for _n in range(3):
            stage.bring()
        assert stage.states() == ["done"]
        assert len({each.headers["webhook-id"] for each in stage.messages}) == 1
        assert len({each.body for each in stage.messages}) == 1
        attempts = stage.attempts()
        assert [(each.attempt, each.status) for each in attempts] == [(1, 500), (2, 500), (3, 200)]
        assert (attempts[0].answer, attempts[2].answer) == ("", ""), "an address inside is not shown"
        assert stage.app().failing_since is None

    def test_the_pauses_grow_and_add_up_to_more_than_three_days(self, make_stage) -> None:
        stage = make_stage(answering(FAIL))
        stage.register()
        stage.tell(1)
        stage.bring()
        [job] = stage.jobs()
        assert job.max_attempts == ATTEMPTS
        left = (job.run_after - now()).total_seconds()
        assert 0 < left <= PAUSES[0] * 1.25
        assert list(PAUSES) == sorted(PAUSES)
        assert sum(PAUSES) > 3 * 86_400

    def test_a_crash_between_sending_and_writing_sends_the_same_message_again(self, stage: Stage, monkeypatch) -> None:
        stage.tell(1)

        def die(*_args: object) -> AppAttempt:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(webhooks, "_attempt", die)
            with pytest.raises(KeyboardInterrupt):
                stage.bring()
        assert (len(stage.messages), stage.states(), stage.attempts()) == (1, ["running"], [])
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            session.execute(update(Job).values(leased_until=now() - timedelta(seconds=1)))
        stage.bring()
        assert stage.states() == ["done"]
        assert [each.headers["webhook-id"] for each in stage.messages] == [stage.messages[0].headers["webhook-id"]] * 2
        assert stage.messages[0].body == stage.messages[1].body

    def test_order_is_kept_behind_one_that_fails(self, make_stage) -> None:
        stage = make_stage(Moody(1))
        stage.register()
        stage.tell(1, 2, 3)
        stage.bring()
        assert stage.states() == ["queued", "behind", "behind"]
        stage.bring()
        assert [each.json["data"]["gate"] for each in stage.messages] == [1, 1, 2, 3]

    def test_after_the_last_try_it_is_parked_and_brought_again_by_people(self, make_stage) -> None:
        stage = make_stage(Moody(1))
        made = stage.register()
        stage.tell(1)
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            session.execute(update(Job).values(attempts=ATTEMPTS - 1))
        stage.bring()
        assert [(each.state, each.error) for each in stage.jobs()] == [("parked", "not delivered")]
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            assert replay_consumer(session, SYSTEM, consumer_of(made.app.id)) == 1
        stage.bring()
        assert stage.states() == ["done"]

    @pytest.mark.parametrize("answer", [b"HTTP/1.1 302 Away\r\nLocation: /x\r\n\r\n", b"HTTP/1.1 404 No\r\n\r\n", b""])
    def test_what_is_no_yes_is_a_failure(self, make_stage, answer: bytes) -> None:
        stage = make_stage(answering(answer))
        stage.register()
        stage.tell(1)
        stage.bring()
        assert stage.states() == ["queued"]
        assert stage.app().failing_since is not None


class TestGivingUp:
    @pytest.mark.parametrize(("days", "state"), [(2.9, "queued"), (3.0, "parked"), (3.1, "parked")])
    def test_after_days_nothing_is_sent_any_more_and_the_street_is_told(self, make_stage, days, state) -> None:
        stage = make_stage(answering(FAIL))
        stage.register()
        stage.tell(1)
        stage.bring()
        stage.failing_for(days)
        stage.bring()
        assert stage.states() == [state]
        assert (stage.app().off_since is not None) == (state == "parked")
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            told = session.scalars(select(Notification).where(Notification.kind == "core.webhook_off")).all()
            acts = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.app_webhook.disable")).all()
        assert (len(told) > 0, len(acts)) == (state == "parked", int(state == "parked"))
        before = len(stage.messages)
        stage.tell(2)
        if state == "parked":
            assert len(stage.jobs()) == 1, "what happens meanwhile is told nobody"
            assert len(stage.messages) == before

    def test_gone_is_gone_at_once(self, make_stage) -> None:
        stage = make_stage(answering(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"))
        stage.register()
        stage.tell(1)
        stage.bring()
        assert stage.states() == ["parked"]
        assert stage.app().off_since is not None

    def test_turned_on_again_it_begins_with_what_waits(self, make_stage) -> None:
        stage = make_stage(Moody(1, b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"))
        made = stage.register()
        stage.tell(1, 2)
        stage.bring()
        assert stage.states() == ["parked", "behind"]
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            assert webhooks.turn_on(session, SYSTEM, find_app(session, made.app.id)) == 1
        stage.bring()
        assert stage.states() == ["done", "done"]
        assert [each.json["data"]["gate"] for each in stage.messages] == [1, 1, 2]


class TestAskedAgainWhenItRuns:
    @pytest.mark.parametrize("act", [suspend_app, revoke_app])
    def test_an_app_stopped_meanwhile_is_told_nothing(self, stage: Stage, act) -> None:
        stage.tell(1)
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            act(session, SYSTEM, stage.made[0].app.id, reason="试用结束")
        stage.bring()
        assert stage.messages == []
        assert [(each.state, each.error) for each in stage.jobs()] == [("cancelled", "app is off")]

    def test_resumed_it_hears_of_what_comes(self, stage: Stage) -> None:
        app_id = stage.made[0].app.id
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            suspend_app(session, SYSTEM, app_id, reason="检修")
        stage.tell(1)
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            resume_app(session, SYSTEM, app_id)
        stage.tell(2)
        stage.bring()
        assert [each.json["data"]["gate"] for each in stage.messages] == [2]

    def test_a_subscription_that_was_ended_meanwhile(self, stage: Stage) -> None:
        stage.tell(1)
        stage.change(event_types=[])
        stage.bring()
        assert (stage.messages, stage.states()) == ([], ["cancelled"])

    def test_a_community_that_was_taken_away_meanwhile(self, make_stage) -> None:
        stage = make_stage()
        stage.register(whole_street=False, communities=[stage.world.here.communities[0].id])
        stage.tell(1)
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            session.execute(update(AppCommunity).values(is_let_in=False))
        stage.bring()
        assert (stage.messages, stage.states()) == ([], ["cancelled"])

    def test_an_address_that_leads_inside_by_now_is_not_called(self, stage: Stage) -> None:
        stage.tell(1)
        del stage.house.database.info["outward"]
        stage.bring()
        assert stage.messages == []
        [attempt] = stage.attempts()
        assert (attempt.status, attempt.fault) == (None, "port")


class TestSecrets:
    def test_in_rotation_both_sign_and_then_one(self, stage: Stage) -> None:
        app_id, old = stage.made[0].app.id, stage.made[0].secret
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            new = rotate_secret(session, find_app(session, app_id), overlap_hours=24)
        stage.tell(1)
        stage.bring()
        [message] = stage.messages
        assert message.is_signed_by(old)
        assert message.is_signed_by(new)
        with frozen(now() + timedelta(hours=24, seconds=1)):
            stage.tell(2)
            stage.bring()
        assert not stage.messages[1].is_signed_by(old)
        assert stage.messages[1].is_signed_by(new)

    def test_without_an_overlap_the_old_one_is_over(self, stage: Stage) -> None:
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            rotate_secret(session, find_app(session, stage.made[0].app.id), overlap_hours=0)
        stage.tell(1)
        stage.bring()
        assert not stage.messages[0].is_signed_by(stage.made[0].secret)

    def test_it_lies_sealed_in_the_database(self, stage: Stage) -> None:
        app = stage.app()
        assert app.secret_ct is not None
        assert stage.made[0].secret.encode() not in app.secret_ct


class TestByHand:
    def test_a_test_says_nothing_and_is_tried_once(self, make_stage) -> None:
        stage = make_stage(answering(FAIL))
        made = stage.register()
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            sent = webhooks.send_test(session, find_app(session, made.app.id))
        stage.bring()
        stage.bring()
        [message] = stage.messages
        assert message.json["type"] == "linli.Test"
        assert message.json["data"] == {}
        assert message.headers["webhook-id"] == sent.message_id
        assert stage.states() == ["done"]
        assert stage.app().failing_since is None, "a test is no failure of the address"

    def test_what_is_sent_again_bears_the_same_id(self, stage: Stage) -> None:
        stage.tell(1)
        stage.bring()
        [attempt] = stage.attempts()
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            webhooks.resend(session, find_app(session, stage.made[0].app.id), attempt.id)
        stage.bring()
        first, second = stage.messages
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body

    def test_nothing_is_sent_again_after_its_time(self, stage: Stage) -> None:
        stage.tell(1)
        stage.bring()
        [attempt] = stage.attempts()
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            session.execute(delete(EventRow))
            with pytest.raises(Conflict):
                webhooks.resend(session, find_app(session, stage.made[0].app.id), attempt.id)


class TestAttempts:
    def test_other_communities_and_streets_see_none(self, stage: Stage) -> None:
        stage.tell(1)
        stage.bring()
        app_id, (first, second) = stage.made[0].app.id, stage.world.here.communities
        seen = {}
        for scope in (first.scope, second.scope, stage.world.here.scope, stage.world.there.scope):
            with stage.house.database.unit_of_work(scope) as session:
                seen[scope] = len(list_attempts(session, app_id, AttemptFilter())[0])
        assert list(seen.values()) == [1, 0, 1, 0]

    def test_they_are_kept_for_thirty_days(self, stage: Stage) -> None:
        stage.tell(1)
        stage.bring()
        [data_class] = DATA_CLASSES
        assert data_class.days == 30
        [attempt] = stage.attempts()
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            assert data_class.purge(session, attempt.created_at, 10, frozenset()) == []
            later = attempt.created_at + timedelta(seconds=1)
            held = frozenset({stage.world.here.communities[0].id})
            assert data_class.purge(session, later, 10, held) == []
            assert data_class.purge(session, later, 10, frozenset()) == [attempt.id]

    def test_a_job_that_was_taken_over_writes_no_attempt(self, stage: Stage, monkeypatch) -> None:
        stage.tell(1)
        sent = webhooks._sent

        def slow(run: JobRun, message):
            answer = sent(run, message)
            with stage.house.database.unit_of_work(stage.world.here.scope) as session:
                session.execute(update(Job).values(attempts=Job.attempts + 1))
            return answer

        monkeypatch.setattr(webhooks, "_sent", slow)
        stage.bring()
        assert stage.attempts() == []


def test_the_table_of_apps_holds_no_secret_in_clear(stage: Stage) -> None:
    with stage.house.database.unit_of_work(stage.world.here.scope) as session:
        rows = session.execute(select(App)).scalars().all()
        told = " ".join(str(getattr(each, name)) for each in rows for name in App.__table__.columns.keys())  # noqa: SIM118 no mapping
    assert stage.made[0].token not in told
    assert stage.made[0].secret not in told
