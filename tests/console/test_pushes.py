"""Pushing down: partly refused, clicked twice, broken off in the middle, taken back; and who may do it at all."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.plugins.pushing import declared_pushes
from linli.pushes.models import PushResult, PushRun
from linli.pushes.seeing import find_kind, foresee, kinds_for, lines_by_id, wanted_communities
from linli.pushes.service import (
    counts_of,
    do_next,
    find_push,
    list_pushes,
    results_of,
    start_push,
    undo_next,
    undo_push,
)
from linli.tasks.models import Job
from linli.tenancy.models import Community

pytestmark = pytest.mark.actor("street_administrator")


@pytest.fixture
def ids(world):
    return [each.id for each in world.here.communities]


def states(session, push_id):
    rows = session.scalars(select(PushResult).where(PushResult.push_id == push_id).order_by(PushResult.id))
    return {row.community_id: (row.state, row.told) for row in rows}


@pytest.fixture
def street(open_session, world, actor):
    return lambda: open_session(world.here.scope, actor)


@pytest.fixture
def begin(desk, ids):
    def start(session, actor, *, key=None, communities=None):
        return start_push(session, actor, desk.push, desk.push.data(), communities or ids, key or uuid4())

    return start


class TestStart:
    def test_few_are_done_at_once_and_recorded(self, street, actor, begin, desk, ids) -> None:
        with street() as session:
            run = begin(session, actor)
            assert (run.state, run.job_id) == ("done", None)
            assert desk.done == ids
            assert states(session, run.id) == dict.fromkeys(ids, ("done", "办好了"))
            push_id = str(run.id)
        with street() as session:
            noted = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == push_id)).all()
            assert noted == ["core.push.start"]

    def test_one_that_is_refused_says_why_and_stops_no_other(self, street, actor, begin, desk, ids) -> None:
        desk.refuses[ids[0]] = "这里不行"
        with street() as session:
            run = begin(session, actor)
            assert states(session, run.id) == {ids[0]: ("refused", "这里不行"), ids[1]: ("done", "办好了")}
            assert counts_of(session, [run.id])[run.id] == {"refused": 1, "done": 1}

    def test_a_second_click_is_the_same_push(self, street, actor, begin, desk) -> None:
        key = uuid4()
        with street() as session:
            first = begin(session, actor, key=key)
            again = begin(session, actor, key=key)
            assert first.id == again.id
            assert len(desk.done) == 2
            assert session.scalar(select(func.count()).select_from(PushRun)) == 1

    def test_nobody_is_nobody(self, street, actor, begin) -> None:
        with street() as session, pytest.raises(Invalid):
            begin(session, actor, communities=[uuid4()])

    def test_a_community_of_another_street_is_none(self, street, actor, begin, world) -> None:
        with street() as session, pytest.raises(Invalid):
            begin(session, actor, communities=[world.there.communities[0].id])

    def test_who_may_not_is_refused(self, open_session, world, begin) -> None:
        staff = Actor(account_id=uuid4(), grants=(Grant("department_officer"),), permissions={})
        with open_session(world.here.scope, staff) as session, pytest.raises(Forbidden):
            begin(session, staff)

    def test_where_the_actor_may_not_it_is_refused_there_alone(self, open_session, world, begin, ids, desk) -> None:
        rights = {"x": frozenset({"core.push.use", "core.task.give"})}
        narrow = Actor(account_id=uuid4(), grants=(Grant("x"),), permissions=rights)
        one = Actor(account_id=narrow.account_id, grants=(Grant("x", community_id=ids[0]),), permissions=rights)
        with open_session(world.here.scope, narrow) as session:
            run = start_push(session, narrow, desk.push, desk.push.data(), ids, uuid4())
            run.state = "running"
            for row in session.scalars(select(PushResult)):
                row.state = "waiting"
            session.flush()
            while do_next(session, one, run.id):
                pass
            assert states(session, run.id)[ids[0]][0] == "done"
            assert states(session, run.id)[ids[1]] == ("refused", "在这个社区没有权限")


class TestInTheBackground:
    def test_more_are_a_job_of_which_a_second_click_starts_no_other(
        self, street, actor, begin, desk, monkeypatch
    ) -> None:
        monkeypatch.setattr("linli.pushes.service.AT_ONCE", 1)
        with street() as session:
            run = begin(session, actor)
            assert run.state == "running"
            assert desk.done == []
            assert session.scalar(select(Job.task).where(Job.id == run.job_id)) == "core.push_down"

    def test_a_crash_goes_on_where_it_stopped(self, street, actor, begin, desk, ids, monkeypatch) -> None:
        monkeypatch.setattr("linli.pushes.service.AT_ONCE", 1)

        def crash():
            raise ConnectionResetError

        desk.crashes[ids[1]] = crash
        with street() as session:
            push_id = begin(session, actor).id
        with street() as session:
            assert do_next(session, actor, push_id)
        with pytest.raises(ConnectionResetError), street() as session:
            do_next(session, actor, push_id)
        with street() as session:
            assert [state for state, _told in states(session, push_id).values()] == ["done", "waiting"]
            while do_next(session, actor, push_id):
                pass
            assert find_push(session, push_id).state == "done"
        # The first community was not asked a second time.
        assert desk.done == ids


class TestUndo:
    def test_takes_back_what_was_done_and_says_what_was_not(self, street, actor, begin, desk, ids) -> None:
        with street() as session:
            run = begin(session, actor)
            desk.refuses[ids[1]] = "已经办结"
            undo_push(session, actor, run.id, "发错了")
            found = states(session, run.id)
            assert found[ids[0]] == ("undone", "收回了")
            assert found[ids[1]] == ("done", "没有撤回：已经办结")
            assert find_push(session, run.id).state == "undone"

    def test_a_second_click_changes_nothing(self, street, actor, begin, desk) -> None:
        with street() as session:
            run = begin(session, actor)
            undo_push(session, actor, run.id, "发错了")
            undo_push(session, actor, run.id, "发错了")
            assert len(desk.undone) == 2
            assert not undo_next(session, actor, run.id)

    def test_what_is_under_way_is_not_taken_back(self, street, actor, begin, monkeypatch) -> None:
        monkeypatch.setattr("linli.pushes.service.AT_ONCE", 1)
        with street() as session:
            run = begin(session, actor)
            with pytest.raises(Conflict):
                undo_push(session, actor, run.id, "发错了")

    def test_a_reason_is_asked_for(self, street, actor, begin) -> None:
        with street() as session:
            run = begin(session, actor)
            with pytest.raises(Invalid):
                undo_push(session, actor, run.id, " ")


class TestSeeing:
    def test_the_preview_names_each_community(self, street, actor, desk, ids) -> None:
        with street() as session:
            lines = foresee(session, actor, "core", desk.push, lines_by_id(session, ids), desk.push.data())
            assert [(line.id, line.foreseen.text, line.foreseen.refused) for line in lines] == [
                (ids[0], "会办", ""),
                (ids[1], "会办", ""),
            ]

    def test_by_filter(self, street, ids) -> None:
        with street() as session:
            assert [line.id for line in wanted_communities(session, "core", "all", [])] == ids
            assert [line.id for line in wanted_communities(session, "core", "chosen", [ids[1]])] == [ids[1]]
            with pytest.raises(Invalid):
                wanted_communities(session, "core", "overdue", [])

    def test_another_street_sees_no_push(self, street, open_session, world, actor, begin) -> None:
        with street() as session:
            push_id = begin(session, actor).id
        with open_session(world.there.scope) as session:
            assert list_pushes(session) == ([], None)
            assert results_of(session, push_id) == []
            with pytest.raises(NotFound):
                find_push(session, push_id)

    def test_kinds_ask_for_their_own_permission(self, actor) -> None:
        assert {kind.name for _owner, kind in kinds_for(actor, [])} >= {"core.street_task", "core.rule"}
        assert kinds_for(Actor(account_id=uuid4()), []) == []
        with pytest.raises(NotFound):
            find_kind(actor, [], "core.nothing")

    def test_a_plugins_kind_is_there_where_the_street_allows_it(self, actor) -> None:
        if "notices.notice" not in declared_pushes():
            pytest.skip("the plugin is not installed")
        assert "notices.notice" in {kind.name for _owner, kind in kinds_for(actor, ["notices"])}
        assert "notices.notice" not in {kind.name for _owner, kind in kinds_for(actor, [])}


def test_vanished_communities_are_left_out(street, actor, begin, ids) -> None:
    with street() as session:
        session.get_one(Community, (session.scope.tenant_id, ids[1])).status = "vanished"
        session.flush()
        assert begin(session, SYSTEM).total == 1
