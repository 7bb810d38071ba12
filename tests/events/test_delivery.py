"""Deliveries: once in effect whatever dies, read by version, brought again or given up by people, kept for a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from tests.events.conftest import GateMoved, Stage

from linli.audit.models import AuditEntry
from linli.events import Event, EventHandler, emit
from linli.events.letters import discard_delivery, replay_consumer, replay_delivery
from linli.events.models import EventRow, InboxEntry
from linli.events.repository import DeliveryFilter, consumer_lags, find_delivery, list_event_deliveries
from linli.events.retention import DATA_CLASSES, PERSONAL_DATA
from linli.kit.actor import SYSTEM, Actor
from linli.kit.clock import now
from linli.kit.errors import Conflict, NotFound
from linli.plugins.contributions import Person
from linli.tasks.models import Job
from linli.tasks.run import JobRun
from linli.tenancy.models import Compound


def add(session: Any, event: GateMoved) -> None:
    session.add(Compound(community_id=session.scope.community_id, name=f"第{event.n}号"))


def compounds(stage: Stage) -> list[str]:
    with stage.house.database.unit_of_work(stage.scope) as session:
        return sorted(session.scalars(select(Compound.name).where(Compound.name.like("第%"))))


def change(stage: Stage, **values: Any) -> None:
    with stage.house.database.unit_of_work(stage.scope) as session:
        session.execute(update(Job).where(Job.event_id.is_not(None)).values(**values))


class TestOnce:
    def test_a_process_that_dies_after_the_effect_does_not_double_it(self, make_stage, monkeypatch) -> None:
        stage = make_stage(listener=add)
        stage.tell(1)

        def die(run: JobRun, *_args: Any) -> bool:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(JobRun, "end", die)
            with pytest.raises(KeyboardInterrupt):
                stage.runner.run_due()
        assert compounds(stage) == ["第1号"], "the effect was committed"
        assert stage.states() == ["running"], "and not acknowledged"
        change(stage, leased_until=now() - timedelta(seconds=1))
        stage.bring()
        [delivery] = stage.deliveries()
        assert (delivery.state, delivery.attempts, delivery.result) == ("done", 2, {"again": True})
        assert compounds(stage) == ["第1号"]

    def test_without_the_inbox_it_would_be(self, make_stage, monkeypatch) -> None:
        """The control of the test above: the same story, the inbox forgotten."""
        stage = make_stage(listener=lambda session, event: heard.append(event.n))
        heard: list[int] = []
        stage.tell(1)
        stage.runner.run_due()
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(text("DELETE FROM core.event_inbox"))
            session.execute(update(Job).where(Job.event_id.is_not(None)).values(state="queued"))
        stage.bring()
        assert heard == [1, 1]

    def test_an_effect_that_fails_leaves_no_entry(self, make_stage) -> None:
        tries: list[int] = []

        def fail_once(session, event) -> None:
            add(session, event)
            session.flush()
            tries.append(event.n)
            if len(tries) == 1:
                raise RuntimeError

        stage = make_stage(listener=fail_once)
        stage.tell(1)
        stage.runner.run_due()
        assert compounds(stage) == []
        stage.bring()
        assert (compounds(stage), tries) == (["第1号"], [1, 1])

    def test_two_handlers_of_one_event_each_have_their_own(self, make_stage) -> None:
        def add_more(session, event) -> None:
            add(session, GateMoved(n=event.n + 100))

        stage = make_stage(listener=[add, add_more])
        stage.tell(1)
        assert stage.runner.run_due() == 2
        assert compounds(stage) == ["第101号", "第1号"]
        with stage.house.database.unit_of_work(stage.scope) as session:
            assert session.scalar(select(func.count()).select_from(InboxEntry)) == 2


class Opened(Event):
    """Grew a field, and knows how its first version reads today."""

    NAME: ClassVar[str] = "listener.Opened"
    VERSION: ClassVar[int] = 2
    gate: str
    lane: str

    @classmethod
    def upgraded(cls, payload: dict[str, Any], version: int) -> dict[str, Any]:
        return {"gate": payload["door"], "lane": "east"} if version == 1 else super().upgraded(payload, version)


class TestVersions:
    @pytest.fixture
    def heard(self) -> list[Opened]:
        return []

    @pytest.fixture
    def stage(self, make_stage, heard) -> Stage:
        return make_stage(listener=EventHandler(Opened, lambda session, event: heard.append(event)))

    def told(self, stage: Stage, payload: dict[str, Any], version: int) -> Job:
        """An event as another version of the program has stored it, brought once."""
        with stage.house.database.unit_of_work(stage.scope) as session:
            emit(session, Opened(gate="北门", lane="west"))
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(update(EventRow).values(payload=payload, version=version))
        stage.runner.run_due()
        return stage.deliveries()[-1]

    def test_its_own_version_is_read_as_it_is(self, stage, heard) -> None:
        self.told(stage, {"gate": "南门", "lane": "east"}, 2)
        assert heard == [Opened(gate="南门", lane="east")]

    def test_an_older_one_is_read_as_its_type_says(self, stage, heard) -> None:
        assert self.told(stage, {"door": "南门"}, 1).state == "done"
        assert heard == [Opened(gate="南门", lane="east")]

    def test_a_newer_one_waits_for_a_process_that_knows_it(self, stage, heard) -> None:
        delivery = self.told(stage, {"anything": 1}, 3)
        assert (delivery.state, heard) == ("queued", [])
        assert "version 3" in delivery.error

    def test_fields_that_do_not_fit_are_parked_naming_the_field_and_lost_in_no_way(self, stage, heard) -> None:
        delivery = self.told(stage, {"gate": "13800138000"}, 2)
        assert (delivery.state, heard) == ("parked", [])
        assert "lane" in delivery.error
        assert "13800138000" not in delivery.error
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(update(EventRow).values(payload={"gate": "南门", "lane": "east"}))
            replay_delivery(session, SYSTEM, delivery.id)
        stage.runner.run_due()
        assert heard == [Opened(gate="南门", lane="east")]

    def test_an_older_one_that_nobody_can_read_is_parked_at_once(self, make_stage) -> None:
        stage = make_stage(listener=lambda session, event: None)
        stage.tell(1)
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(update(EventRow).values(version=0))
        stage.runner.run_due()
        [delivery] = stage.deliveries()
        assert (delivery.state, delivery.attempts) == ("parked", 1)
        assert delivery.error == "listener.GateMoved version 0 cannot be read: this process knows 1"

    def test_a_version_is_a_number_from_one_on(self, house, world) -> None:
        class Odd(Event):
            NAME: ClassVar[str] = "listener.Odd"
            VERSION: ClassVar[int] = 0

        with house.database.unit_of_work(world.here.scope) as session, pytest.raises(ValueError, match="VERSION"):
            emit(session, Odd())


class TestDeadLetters:
    @pytest.fixture
    def broken(self) -> list[bool]:
        return [True]

    @pytest.fixture
    def heard(self) -> list[int]:
        return []

    @pytest.fixture
    def stage(self, make_stage, broken, heard) -> Stage:
        """Three events, the first of them parked."""

        def hear(session, event) -> None:
            if broken:
                raise RuntimeError
            heard.append(event.n)

        stage = make_stage(listener=hear)
        stage.tell(1, 2, 3)
        change(stage, max_attempts=1)
        stage.runner.run_due()
        assert stage.states() == ["parked", "behind", "behind"]
        return stage

    def test_replayed_it_goes_first_and_the_others_follow(self, stage, broken, heard) -> None:
        broken.clear()
        with stage.house.database.unit_of_work(stage.scope) as session:
            delivery = replay_delivery(session, SYSTEM, stage.deliveries()[0].id)
        assert (delivery.state, delivery.attempts) == ("queued", 0)
        stage.runner.run_due()
        assert heard == [1, 2, 3]

    def test_all_of_a_consumer_at_once(self, stage, broken, heard) -> None:
        stage.tell(11, compound_id=stage.community.compound)
        change(stage, max_attempts=1)
        stage.runner.run_due()
        broken.clear()
        consumer = str(stage.deliveries()[0].consumer)
        with stage.house.database.unit_of_work(stage.scope) as session:
            assert replay_consumer(session, SYSTEM, "nobody") == 0
            assert replay_consumer(session, SYSTEM, consumer) == 2
            assert replay_consumer(session, SYSTEM, consumer) == 0
        stage.runner.run_due()
        assert sorted(heard) == [1, 2, 3, 11]

    def test_discarded_it_is_never_told_and_the_others_go_on(self, stage, broken, heard) -> None:
        broken.clear()
        first = stage.deliveries()[0].id
        with stage.house.database.unit_of_work(stage.scope) as session:
            assert discard_delivery(session, SYSTEM, first, reason="测试数据").note == "测试数据"
        stage.runner.run_due()
        assert heard == [2, 3]
        with stage.house.database.unit_of_work(stage.scope) as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "core.job.cancel")).one()
            assert entry.reason == "测试数据"
            with pytest.raises(Conflict):
                discard_delivery(session, SYSTEM, first, reason="again")

    def test_discarded_by_mistake_it_can_still_be_told_but_never_beside_another(self, stage, broken, heard) -> None:
        first = stage.deliveries()[0].id
        with stage.house.database.unit_of_work(stage.scope) as session:
            discard_delivery(session, SYSTEM, first, reason="mistake")
        stage.runner.run_due()
        assert stage.states() == ["cancelled", "parked", "behind"], "the second one is broken too"
        broken.clear()
        with stage.house.database.unit_of_work(stage.scope) as session:
            assert replay_delivery(session, SYSTEM, first).state == "behind"
            replay_delivery(session, SYSTEM, stage.deliveries()[1].id)
        stage.runner.run_due()
        assert heard == [2, 1, 3]

    def test_the_lag_names_who_is_behind_and_for_how_long(self, stage, broken) -> None:
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(update(Job).values(created_at=now() - timedelta(minutes=10)).where(Job.state == "parked"))
        with stage.house.database.unit_of_work(stage.scope) as session:
            [lag] = consumer_lags(session)
        assert (lag.owner, lag.waiting, lag.parked) == ("listener", 3, 1)
        assert 595 < lag.seconds < 660
        broken.clear()
        with stage.house.database.unit_of_work(stage.scope) as session:
            replay_consumer(session, SYSTEM, lag.consumer)
        stage.runner.run_due()
        with stage.house.database.unit_of_work(stage.scope) as session:
            assert consumer_lags(session) == []

    def test_lists_by_state_and_pages(self, stage) -> None:
        with stage.house.database.unit_of_work(stage.scope) as session:
            parked, more = list_event_deliveries(session, DeliveryFilter(state="parked"))
            assert ([each.payload["n"] for each in parked], more) == ([1], None)
            first, following = list_event_deliveries(session, DeliveryFilter(), limit=2)
            assert following is not None
            rest, end = list_event_deliveries(session, DeliveryFilter(), after=following, limit=2)
            assert ([each.payload["n"] for each in first + rest], end) == ([3, 2, 1], None)
            assert list_event_deliveries(session, DeliveryFilter(event="listener.Else")) == ([], None)
            assert list_event_deliveries(session, DeliveryFilter(consumer="nobody")) == ([], None)

    def test_another_place_finds_none_of_them(self, stage, house, world) -> None:
        first = stage.deliveries()[0].id
        for scope in (world.here.communities[1].scope, world.there.scope):
            with house.database.unit_of_work(scope) as session:
                assert list_event_deliveries(session, DeliveryFilter()) == ([], None)
                assert consumer_lags(session) == []
                for act in (
                    lambda: find_delivery(session, first),
                    lambda: replay_delivery(session, SYSTEM, first),
                    lambda: discard_delivery(session, SYSTEM, first, reason="x"),
                ):
                    with pytest.raises(NotFound):
                        act()
        with house.database.unit_of_work(world.here.scope) as session:
            assert find_delivery(session, first).payload == {"n": 1, "by": None}, "control: its street does"


class TestRetention:
    @pytest.fixture
    def stage(self, make_stage) -> Stage:
        """Three old events: delivered, parked, and one of a community under a hold."""
        stage = make_stage(listener=lambda session, event: 1 / 0 if event.n == 2 else None)
        stage.tell(1)
        stage.runner.run_due()
        stage.tell(2)
        change(stage, max_attempts=1)
        stage.runner.run_due()
        with stage.house.database.unit_of_work(stage.scope) as session:
            session.execute(update(EventRow).values(created_at=now() - timedelta(days=91)))
        return stage

    def purge(self, stage: Stage, *held: UUID) -> list[UUID]:
        [item] = DATA_CLASSES
        with stage.house.database.unit_of_work(stage.scope) as session:
            return list(item.purge(session, now() - timedelta(days=90), 100, frozenset(held)))  # type: ignore[arg-type]

    def left(self, stage: Stage) -> list[int]:
        with stage.house.database.unit_of_work(stage.scope) as session:
            return [session.scalar(select(func.count()).select_from(each)) or 0 for each in (EventRow, InboxEntry)]

    def test_what_was_delivered_goes_after_its_time_and_what_was_not_stays(self, stage) -> None:
        assert self.left(stage) == [2, 1]
        assert len(self.purge(stage)) == 1
        assert self.left(stage) == [1, 0]
        assert stage.states() == ["parked"]
        assert self.purge(stage) == []

    def test_a_hold_keeps_it(self, stage) -> None:
        assert self.purge(stage, stage.community.id) == []
        assert self.left(stage) == [2, 1]

    def test_whose_act_it_was_is_told_to_them_and_forgotten_on_request(self, make_stage) -> None:
        stage = make_stage(listener=lambda session, event: None)
        who = Actor(account_id=stage.community.administrator, display_name="社区管理员", request_id="r-1")
        with stage.house.database.unit_of_work(stage.scope, who) as session:
            emit(session, GateMoved(n=1))
        [personal] = PERSONAL_DATA
        person = Person((), stage.community.administrator)
        with stage.house.database.unit_of_work(stage.scope) as session:
            row = session.scalars(select(EventRow)).one()
            assert (row.actor_id, row.actor_name, row.request_id) == (who.account_id, "社区管理员", "r-1")
            assert [each["event"] for each in personal.export(session, person)] == ["listener.GateMoved"]
            assert personal.erase(session, person).removed == 1
            assert personal.export(session, person) == []
