"""A session begins with a scope, keeps it, ends once, and does its last acts once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from linli.db.session import ScopedSession, ScopeMissing, after_commit, before_commit, once
from linli.kit.actor import SYSTEM, Actor
from linli.tenancy.models import Compound


def count(house, scope) -> int:
    with house.database.unit_of_work(scope) as session:
        return session.scalar(select(func.count()).select_from(Compound)) or 0


def test_without_a_scope_it_does_not_begin(module_house) -> None:
    with ScopedSession(module_house.database.engine) as session, pytest.raises(ScopeMissing):
        session.scalar(text("SELECT 1"))
    with module_house.database._sessions(info={"scope": "here"}) as session, pytest.raises(ScopeMissing):
        session.scalar(text("SELECT 1"))


def test_it_is_one_scope_for_its_whole_life(module_house, world) -> None:
    with pytest.raises(ScopeMissing), module_house.database.unit_of_work(world.here.scope) as session:  # noqa: PT012 fails as a whole
        session.scalar(text("SELECT 1"))
        session.commit()
        session.info["scope"] = world.there.scope
        session.scalar(text("SELECT 1"))


def test_it_names_its_scope_and_its_actor(module_house, world) -> None:
    someone = Actor(account_id=world.here.administrator)
    with module_house.database.unit_of_work(world.here.scope, someone) as session:
        assert (session.scope, session.actor) == (world.here.scope, someone)
    with module_house.database.unit_of_work(world.here.scope) as session:
        assert session.actor is SYSTEM


def test_it_is_kept_when_the_block_ends_and_undone_when_it_raises(module_house, world) -> None:
    own = world.here.communities[0]
    before = count(module_house, own.scope)
    with module_house.database.unit_of_work(own.scope) as session:
        session.add(Compound(community_id=own.id, name="留下"))
    assert count(module_house, own.scope) == before + 1
    with pytest.raises(RuntimeError), module_house.database.unit_of_work(own.scope) as session:  # noqa: PT012 fails as a whole
        session.add(Compound(community_id=own.id, name="撤回"))
        session.flush()
        raise RuntimeError
    assert count(module_house, own.scope) == before + 1


def test_after_its_end_it_does_nothing(module_house, world) -> None:
    with module_house.database.unit_of_work(world.here.scope) as session:
        pass
    with pytest.raises(ScopeMissing):
        session.scalars(select(Compound)).all()


def test_a_read_only_one_refuses_every_write(module_house, world) -> None:
    own = world.here.communities[0]
    with (
        pytest.raises(DBAPIError, match="read-only"),
        module_house.database.unit_of_work(own.scope, read_only=True) as session,
    ):
        session.add(Compound(community_id=own.id, name="偷写"))


def test_what_is_asked_twice_is_read_once_where_nothing_is_written(module_house, world) -> None:
    asked: list[str] = []

    def ask(answer: str) -> str:
        asked.append(answer)
        return answer

    with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
        assert [once(session, "key", lambda: ask("first")), once(session, "key", lambda: ask("again"))] == ["first"] * 2
        assert once(session, "other", lambda: ask("other")) == "other"
    assert asked == ["first", "other"]
    with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
        assert once(session, "key", lambda: ask("next")) == "next", "another unit of work, another answer"
    with module_house.database.unit_of_work(world.here.scope) as session:
        assert [once(session, "key", lambda: ask("a")), once(session, "key", lambda: ask("b"))] == ["a", "b"]


def test_an_error_is_not_remembered(module_house, world) -> None:
    def refuse() -> str:
        raise LookupError

    with module_house.database.unit_of_work(world.here.scope, read_only=True) as session:
        with pytest.raises(LookupError):
            once(session, "key", refuse)
        assert once(session, "key", lambda: "answer") == "answer"


def test_a_scope_that_has_lived_too_long_is_refused(module_house, world) -> None:
    stale = module_house.database.unit_of_work(world.here.scope, ttl=-1)
    with pytest.raises(DBAPIError, match="scope expired"), stale as session:
        session.scalars(select(Compound)).all()


class TestLastActs:
    def test_they_run_once_per_key_and_before_the_commit(self, module_house, world) -> None:
        own, done = world.here.communities[1], []

        def act(session: Session) -> None:
            done.append(session.scalar(select(func.count()).select_from(Compound).where(Compound.name == "未提交")))

        with module_house.database.unit_of_work(own.scope) as session:
            before_commit(session, "a", act)
            before_commit(session, "a", act)
            session.add(Compound(community_id=own.id, name="未提交"))
            with session.begin_nested():
                pass
            assert done == []
        assert done == [1]

    def test_what_they_write_is_kept_and_their_error_undoes_all(self, module_house, world) -> None:
        own = world.here.communities[1]

        def write(session: Session) -> None:
            session.add(Compound(community_id=own.id, name="最后一笔"))

        def fail(_session: Session) -> None:
            raise RuntimeError("最后一步失败")

        before = count(module_house, own.scope)
        with module_house.database.unit_of_work(own.scope) as session:
            before_commit(session, "write", write)
            session.scalar(text("SELECT 1"))
        assert count(module_house, own.scope) == before + 1
        with pytest.raises(RuntimeError), module_house.database.unit_of_work(own.scope) as session:  # noqa: PT012 fails as a whole
            session.add(Compound(community_id=own.id, name="一并撤回"))
            before_commit(session, "fail", fail)
        assert count(module_house, own.scope) == before + 1

    def test_after_a_rollback_they_do_not_run(self, module_house, world) -> None:
        done: list[str] = []
        with pytest.raises(RuntimeError), module_house.database.unit_of_work(world.here.scope) as session:  # noqa: PT012 fails as a whole
            before_commit(session, "a", lambda _session: done.append("before"))
            after_commit(session, lambda: done.append("after"))
            session.scalar(text("SELECT 1"))
            raise RuntimeError
        assert done == []


class TestFollowUps:
    def test_they_run_once_when_all_is_committed(self, module_house, world) -> None:
        own, done = world.here.communities[1], []
        with module_house.database.unit_of_work(own.scope) as session:
            session.add(Compound(community_id=own.id, name="已提交"))
            after_commit(session, lambda: done.append(count(module_house, own.scope)))
            with session.begin_nested():
                pass
            assert done == []
            expected = session.scalar(select(func.count()).select_from(Compound))
        assert done == [expected]

    def test_those_of_a_failed_commit_do_not_run(self, module_house, world) -> None:
        own, done = world.here.communities[1], []
        with pytest.raises(DBAPIError), module_house.database.unit_of_work(own.scope) as session:  # noqa: PT012 fails as a whole
            after_commit(session, lambda: done.append("after"))
            session.add(Compound(community_id=world.there.communities[0].id, name="越界"))
        assert done == []
