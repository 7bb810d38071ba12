"""Calling a plugin's code: what it does is kept or undone as a whole, and whatever it raises is its own failure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from linli.approvals.acts import Act
from linli.audit import record
from linli.db.session import NotYours, TransactionLost, after_commit
from linli.kit.actor import SYSTEM
from linli.kit.clock import frozen, now
from linli.kit.errors import Conflict
from linli.plugins.containment import (
    ACT,
    CARD,
    ROUTE,
    Circuits,
    PluginFailed,
    PluginSkipped,
    Report,
    call,
    contained_act,
    contained_job,
)
from linli.plugins.containment.calls import CIRCUITS
from linli.plugins.containment.circuits import LONGEST_PAUSE, MOST_FAILURES, PAUSE, WINDOW, note
from linli.plugins.containment.kinds import OVERRUN, TASK, Kind
from linli.plugins.health import health_of, resume
from linli.plugins.models import PluginCircuit
from linli.plugins.registry import Plugins
from linli.tenancy.models import Compound
from linli.testing.queries import counted_queries


def names(session) -> set[str]:
    return set(session.scalars(select(Compound.name)))


def raising(error: BaseException) -> Callable[[], Any]:
    def work() -> Any:
        raise error

    return work


def deep() -> int:
    return deep() + 1


class TestOneCall:
    @pytest.mark.parametrize(
        "work",
        [
            raising(ValueError("x")),
            raising(SystemExit(1)),
            raising(MemoryError()),
            raising(GeneratorExit()),
            deep,
        ],
        ids=["raises", "exits", "out of memory", "generator exit", "recursion"],
    )
    def test_whatever_it_raises_is_its_failure_and_undoes_its_own_part_alone(self, open_session, world, work) -> None:
        own = world.here.communities[0]

        def broken(session) -> None:
            session.add(Compound(community_id=own.id, name="坏的"))
            session.flush()
            work()

        with open_session(own.scope) as session:
            session.add(Compound(community_id=own.id, name="核心"))
            with pytest.raises(PluginFailed) as failed:
                call(session, "bad", CARD, lambda: broken(session), where="here")
            assert (failed.value.owner, failed.value.where) == ("bad", "here")
        with open_session(own.scope) as session:
            assert "核心" in names(session)
            assert "坏的" not in names(session)

    def test_a_swallowed_error_of_the_database_does_not_turn_the_commit_into_a_rollback(
        self, open_session, world
    ) -> None:
        own = world.here.communities[0]

        def swallows(session) -> str:
            session.add(Compound(community_id=own.id, name="坏的"))
            session.flush()
            with suppress(SQLAlchemyError):
                session.execute(text("SELECT 1 / 0"))
            return "fine"

        with open_session(own.scope) as session:
            session.add(Compound(community_id=own.id, name="核心"))
            with pytest.raises(PluginFailed) as failed:
                call(session, "bad", CARD, lambda: swallows(session))
            assert isinstance(failed.value.__cause__, TransactionLost)
        with open_session(own.scope) as session:
            assert "核心" in names(session)
            assert "坏的" not in names(session)

    @pytest.mark.parametrize("end", ["commit", "rollback", "close"])
    def test_it_cannot_end_the_unit_of_work(self, open_session, world, end) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            session.add(Compound(community_id=own.id, name="核心"))
            with pytest.raises(PluginFailed) as failed:
                call(session, "bad", CARD, getattr(session, end))
            assert isinstance(failed.value.__cause__, NotYours)
        with open_session(own.scope) as session:
            assert "核心" in names(session)

    def test_what_was_to_happen_afterwards_is_taken_back_with_it(self, open_session, world) -> None:
        told: list[str] = []

        def broken(session) -> None:
            after_commit(session, lambda: told.append("bad"))
            record(session, "core.plugin.allow", ("plugin", "bad"))
            raise ValueError

        with open_session(world.here.scope) as session:
            after_commit(session, lambda: told.append("core"))
            with pytest.raises(PluginFailed):
                call(session, "bad", CARD, lambda: broken(session))
            assert session.info["audit_rows"] == [] if "audit_rows" in session.info else True
        assert told == ["core"]

    def test_what_goes_well_is_kept(self, open_session, world) -> None:
        own = world.here.communities[0]
        with open_session(own.scope) as session:
            call(session, "good", CARD, lambda: session.add(Compound(community_id=own.id, name="好的")))
        with open_session(own.scope) as session:
            assert "好的" in names(session)

    def test_what_the_hook_is_meant_to_raise_is_no_failure(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Conflict):
            call(session, "good", ACT, raising(Conflict("taken")), expected=(Conflict,))
        with open_session(world.here.scope) as session:
            assert session.scalar(select(func.count()).select_from(PluginCircuit)) == 0

    def test_a_cancelled_call_stays_cancelled(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(asyncio.CancelledError):
            call(session, "good", CARD, raising(asyncio.CancelledError()))

    def test_ctrl_c_ends_the_program_but_not_from_within_a_thread(self, open_session, world) -> None:
        seen: list[BaseException] = []

        def in_thread(session) -> None:
            try:
                call(session, "bad", CARD, raising(KeyboardInterrupt()))
            except BaseException as error:
                seen.append(error)

        with open_session(world.here.scope) as session, pytest.raises(KeyboardInterrupt):
            call(session, "bad", CARD, raising(KeyboardInterrupt()))
        with open_session(world.here.scope) as session:
            thread = threading.Thread(target=in_thread, args=(session,))
            thread.start()
            thread.join()
        assert isinstance(seen[0], PluginFailed)

    def test_an_open_circuit_skips_advice_and_never_a_gate(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            session.info[CIRCUITS] = Circuits.read(["bad.calls", "bad.jobs"])
            with pytest.raises(PluginSkipped):
                call(session, "bad", CARD, lambda: 1)
            assert call(session, "bad", ACT, lambda: 1) == 1
            assert call(session, "good", CARD, lambda: 1) == 1


def failing(session) -> None:
    session.execute(text("SELECT 1 / 0"))


def swallowing(session) -> str:
    with suppress(SQLAlchemyError):
        failing(session)
    return "fine"


def writing(session) -> None:
    session.add(Compound(community_id=session.scope.community_id, name="坏的"))


class TestReading:
    """In a unit of work that only reads, calls share a savepoint."""

    @pytest.fixture
    def reading(self, module_house, world) -> Iterator[Any]:
        # A transaction of its own: the wall against writing is the database's.
        with module_house.database.unit_of_work(world.here.communities[0].scope, read_only=True) as session:
            yield session

    def test_a_page_of_many_calls_sets_one_savepoint(self, reading) -> None:
        expected = names(reading)
        with counted_queries(reading) as sent:
            for _each in range(5):
                assert call(reading, "good", CARD, lambda: names(reading)) == expected
        assert sum(each.startswith("SAVEPOINT") for each in sent) == 1
        assert not any(each.startswith(("RELEASE", "ROLLBACK")) for each in sent)

    @pytest.mark.parametrize("work", [failing, swallowing, writing], ids=["fails", "swallows", "writes"])
    def test_a_fault_costs_its_own_call_alone(self, reading, work) -> None:
        expected = names(reading)
        for _again in range(2):
            assert call(reading, "good", CARD, lambda: names(reading)) == expected
            with pytest.raises(PluginFailed):
                call(reading, "bad", CARD, lambda: work(reading))
        assert names(reading) == expected
        assert not reading.new

    def test_one_that_asks_others_may_fail_after_them(self, reading) -> None:
        def asks(session) -> None:
            with suppress(PluginFailed):
                call(session, "worse", CARD, lambda: failing(session))
            assert names(session)
            failing(session)

        expected = names(reading)
        with pytest.raises(PluginFailed):
            call(reading, "bad", CARD, lambda: asks(reading))
        assert names(reading) == expected

    def test_what_was_to_happen_afterwards_is_taken_back(self, reading) -> None:
        def broken(session) -> None:
            after_commit(session, lambda: None)
            raise ValueError

        call(reading, "good", CARD, lambda: after_commit(reading, lambda: None))
        with pytest.raises(PluginFailed):
            call(reading, "bad", CARD, lambda: broken(reading))
        assert len(reading.info["follow_ups"]) == 1

    def test_the_page_ends_as_ever(self, module_house, world) -> None:
        told: list[str] = []
        with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
            call(session, "good", CARD, lambda: names(session))
            after_commit(session, lambda: told.append("kept"))
        assert told == ["kept"]


class TestActs:
    def act(self, perform: Callable[..., Any], describe: Any = None) -> Act:
        made = Act("bad.do_thing", "做事", "core.plugin.allow", "core.plugin.allow", perform, describe)
        return contained_act("bad", made)

    def test_what_it_alters_is_a_copy(self, open_session, world) -> None:
        asked = {"amount": 5, "names": ["a"]}

        def alters(session, actor, payload) -> str:
            payload["amount"] = 0
            payload["names"].clear()
            return "ok"

        with open_session(world.here.scope) as session:
            assert self.act(alters).perform(session, SYSTEM, asked) == "ok"
        assert asked == {"amount": 5, "names": ["a"]}

    def test_a_wrong_answer_and_an_error_refuse_the_act(self, open_session, world) -> None:
        for perform in (lambda *_: 7, lambda *_: sys_exit()):
            with open_session(world.here.scope) as session, pytest.raises(PluginFailed):
                self.act(perform).perform(session, SYSTEM, {})

    def test_a_description_is_pairs_of_texts(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            good = self.act(lambda *_: "ok", lambda *_: [("金额", "5")])
            assert good.describe is not None
            assert good.describe(session, {}) == [("金额", "5")]
            for wrong in ([("金额", 5)], "abc", [("a", "b")] * 101, 7):
                bad = self.act(lambda *_: "ok", lambda *_, wrong=wrong: wrong)
                assert bad.describe is not None
                with pytest.raises(PluginFailed):
                    bad.describe(session, {})


def sys_exit() -> str:
    raise SystemExit


class TestJobs:
    def test_an_exit_is_a_failure_and_an_answer_is_looked_at(self) -> None:
        for handler in (lambda run: sys_exit(), lambda run: [1], lambda run: {"x": "y" * 70_000}):
            with pytest.raises(PluginFailed):
                contained_job("bad", TASK, "bad.do_work", handler, expected=())(None)
        assert contained_job("good", TASK, "good.do_work", lambda run: {"n": 1}, expected=())(None) == {"n": 1}


BAD = "bad"


def failure(error: str = "ValueError", kind: Kind = ROUTE) -> Report:
    return Report(BAD, kind, "street GET /", 0.1, error)


class TestTheBreaker:
    def fail(self, open_session, world, times: int, **more: Any) -> PluginCircuit:
        with open_session(world.here.scope) as session:
            for _n in range(times):
                row = note(session, failure(**more))
            return row

    def test_it_opens_at_the_fifth_failure_and_not_before(self, open_session, world) -> None:
        assert self.fail(open_session, world, MOST_FAILURES - 1).open_until is None
        with frozen(now()):
            row = self.fail(open_session, world, 1)
            assert row.open_until == now() + PAUSE
        assert self.fail(open_session, world, 1).openings == 1, "what was under way changes nothing"

    @pytest.mark.parametrize(("late", "opens"), [(-1, True), (1, False)])
    def test_failures_count_for_ten_minutes(self, open_session, world, late, opens) -> None:
        start = now()
        with frozen(start):
            self.fail(open_session, world, MOST_FAILURES - 1)
        with frozen(start + WINDOW + timedelta(seconds=late)):
            assert (self.fail(open_session, world, 1).open_until is not None) is opens

    def test_one_overrun_of_what_holds_up_a_page_opens_it_and_of_its_own_page_does_not(
        self, open_session, world
    ) -> None:
        assert self.fail(open_session, world, 1, error="Overrun", kind=ROUTE).open_until is None
        assert self.fail(open_session, world, 1, error="Overrun", kind=CARD).open_until is not None

    def test_background_work_is_told_and_never_left_out(self, open_session, world) -> None:
        row = self.fail(open_session, world, 2 * MOST_FAILURES, kind=TASK)
        assert (row.open_until, row.failures, len(row.errors)) == (None, 2 * MOST_FAILURES, MOST_FAILURES)

    def test_after_the_pause_one_answer_decides_and_the_pause_doubles(self, open_session, world) -> None:
        at = now()
        with frozen(at):
            self.fail(open_session, world, MOST_FAILURES)
        pause = PAUSE
        for _n in range(6):
            at += pause + timedelta(seconds=1)
            pause = min(pause * 2, LONGEST_PAUSE)
            with frozen(at):
                assert self.fail(open_session, world, 1).open_until == at + pause
        with frozen(at + pause + timedelta(seconds=1)), open_session(world.here.scope) as session:
            row = note(session, Report(BAD, ROUTE, "", 0.1))
            assert (row.open_until, row.openings) == (None, 0)
        with frozen(at + pause + timedelta(seconds=2)):
            assert self.fail(open_session, world, 1).open_until is None, "it starts afresh"

    def test_a_success_while_it_is_open_changes_nothing(self, open_session, world) -> None:
        self.fail(open_session, world, MOST_FAILURES)
        with open_session(world.here.scope) as session:
            assert note(session, Report(BAD, ROUTE, "", 9.0)).open_until is not None

    def test_a_request_learns_of_it_in_this_street_alone(self, open_session, world) -> None:
        asked = text("SELECT broken FROM core.resolve_request(''::bytea, 'session', current_date)")
        self.fail(open_session, world, MOST_FAILURES)
        own, stranger = world.here.communities[0], world.there.communities[0]
        with open_session(own.scope) as session:
            circuits = Circuits.read(session.scalar(asked))
            assert circuits.is_open(BAD, "pages")
            assert not circuits.is_open(BAD, "calls")
            assert not circuits.is_open("good", "pages")
        for scope in (stranger.scope, world.there.scope):
            with open_session(scope) as session:
                assert session.scalar(asked) == []
                assert session.scalars(select(PluginCircuit)).all() == []
        with open_session(world.here.scope) as session:
            session.execute(text("UPDATE core.plugin_circuit SET open_until = clock_timestamp() - interval '1 second'"))
            circuits = Circuits.read(session.scalar(asked))
            assert circuits.is_tried(BAD, "pages")
            assert not circuits.is_open(BAD, "pages")

    def test_opening_it_is_on_record_and_told_to_the_streets_administrators(self, open_session, world) -> None:
        self.fail(open_session, world, MOST_FAILURES)
        with open_session(world.here.scope) as session:
            acts = session.scalars(text("SELECT action FROM core.audit_entry WHERE subject_id = 'bad' ORDER BY n"))
            assert list(acts) == ["core.plugin.suspend"]
            told = set(
                session.scalars(text("SELECT account_id FROM core.notification WHERE kind = 'core.plugin_suspended'"))
            )
            assert told == {world.here.administrator}

    def test_a_person_closes_it_by_hand(self, open_session, world, make_plugin) -> None:
        plugins = Plugins.load(found=[make_plugin(BAD)])
        self.fail(open_session, world, MOST_FAILURES)
        with open_session(world.here.scope) as session:
            (health,) = health_of(session, plugins)
            assert health.state == "open"
            assert [each.error for each in health.parts[0].errors] == ["ValueError"] * MOST_FAILURES
            assert resume(session, SYSTEM, plugins, BAD)
            assert not resume(session, SYSTEM, plugins, BAD)
            assert health_of(session, plugins)[0].state == "ok"
        with open_session(world.here.scope) as session:
            acts = session.scalars(text("SELECT action FROM core.audit_entry WHERE subject_id = 'bad' ORDER BY n"))
            assert list(acts) == ["core.plugin.suspend", "core.plugin.resume"]
        assert self.fail(open_session, world, MOST_FAILURES - 1).open_until is None

    @pytest.mark.parametrize(("share", "error"), [(OVERRUN * 0.99, False), (OVERRUN * 1.01, True)])
    def test_three_times_the_budget_is_a_failure(self, open_session, world, monkeypatch, share, error) -> None:
        from linli.plugins.containment import calls

        ticks = iter([0.0, CARD.budget * share])
        monkeypatch.setattr(calls, "perf_counter", lambda: next(ticks))
        with open_session(world.here.scope) as session:
            call(session, BAD, CARD, lambda: 1)
        with open_session(world.here.scope) as session:
            row = session.scalars(select(PluginCircuit)).one()
            assert bool(row.errors) is error
            assert row.slowest_ms == int(CARD.budget * share * 1000)

    def test_all_that_is_well_writes_nothing(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            call(session, "good", CARD, lambda: 1)
        with open_session(world.here.scope) as session:
            assert session.scalars(select(PluginCircuit)).all() == []
