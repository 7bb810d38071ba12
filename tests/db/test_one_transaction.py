"""Several scopes in one transaction: kept or undone together, and no scope outlives its unit of work."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from linli.db.session import after_commit
from linli.tenancy.models import Compound


def add_to_both(world, joined) -> None:
    for street in world.streets:
        own = street.communities[0]
        with joined.unit_of_work(own.scope) as session:
            session.add(Compound(community_id=own.id, name="一并新增"))


def added(house, world) -> list[int]:
    counts = []
    for street in world.streets:
        with house.database.unit_of_work(street.scope) as session:
            counts.append(session.scalar(select(func.count()).where(Compound.name == "一并新增")))
    return counts


def test_what_two_streets_wrote_is_kept_together(house, world) -> None:
    with house.database.one_transaction() as joined:
        add_to_both(world, joined)
        assert added(house, world) == [0, 0], "nobody else sees it before the end"
    assert added(house, world) == [1, 1]


def test_a_failure_after_the_second_undoes_the_first(house, world) -> None:
    def add_and_fail() -> None:
        with house.database.one_transaction() as joined:
            add_to_both(world, joined)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        add_and_fail()
    assert added(house, world) == [0, 0]


def test_a_failed_unit_of_work_leaves_the_others_usable(house, world) -> None:
    own, other = world.here.communities
    with house.database.one_transaction() as joined:
        add_to_both(world, joined)
        with pytest.raises(DBAPIError, match="row-level security"), joined.unit_of_work(own.scope) as session:
            session.add(Compound(community_id=other.id, name="越界"))
    assert added(house, world) == [1, 1]


def test_one_within_another_leaves_the_outer_its_scope(house, world) -> None:
    own, other = world.here.communities

    def seen(session) -> set:
        return set(session.scalars(select(Compound.community_id)))

    with house.database.one_transaction() as joined:
        with joined.unit_of_work(own.scope) as outer:
            assert seen(outer) == {own.id}
            with joined.unit_of_work(other.scope) as inner:
                assert seen(inner) == {other.id}
            assert seen(outer) == {own.id}
            with pytest.raises(RuntimeError), joined.unit_of_work(other.scope):
                raise RuntimeError
            assert seen(outer) == {own.id}
        with pytest.raises(DBAPIError, match="no tenant scope"):
            joined.connection.execute(select(Compound.id))


@pytest.mark.parametrize(("undo", "told"), [(False, ["kept"]), (True, [])])
def test_what_follows_a_commit_waits_for_the_very_end(house, world, undo, told) -> None:
    heard: list[str] = []
    with house.database.one_transaction(undo=undo) as joined:
        with joined.unit_of_work(world.here.scope) as session:
            session.execute(select(Compound.id))
            after_commit(session, lambda: heard.append("kept"))
        assert heard == []
    assert heard == told


def test_between_two_units_of_work_there_is_no_scope(house, world) -> None:
    with house.database.one_transaction() as joined:
        with joined.unit_of_work(world.here.scope) as session:
            assert session.scalar(select(func.count()).select_from(Compound)) == 2
        with pytest.raises(DBAPIError, match="no tenant scope"), joined.open_transaction() as connection:
            connection.execute(select(Compound.id))
