"""What addresses mean, and how seldom the database is asked."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import event, update

from linli.tenancy.directory import KEPT_FOR, LEAST_BETWEEN_MISSES, Directory
from linli.tenancy.models import Community, Domain, Tenant


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(house, clock) -> Directory:
    return Directory(house.database, clock=clock)


@pytest.fixture
def readings(house) -> list[str]:
    seen: list[str] = []

    def note(conn, cursor, statement, parameters, context, executemany) -> None:
        if "FROM core." in statement:
            seen.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    return seen


def rename(house, world, **values: str) -> None:
    with house.owner.unit_of_work(world.here.scope) as session:
        session.execute(update(Tenant).where(Tenant.id == world.here.id).values(**values))


class TestStreet:
    def test_answers_to_code_and_slug(self, house, directory, world) -> None:
        rename(house, world, slug="test-street")
        by_slug = directory.street("test-street")
        assert by_slug is not None
        assert by_slug.id == world.here.id
        assert directory.street(world.here.code) == by_slug

    def test_unknown_is_none(self, directory) -> None:
        assert directory.street("nowhere") is None

    def test_is_read_once_for_half_a_minute(self, directory, world, clock, readings) -> None:
        directory.street(world.here.code)
        before = len(readings)
        clock.now += KEPT_FOR - 0.1
        assert directory.street(world.there.code) is not None
        assert len(readings) == before

    def test_is_read_again_after_half_a_minute(self, house, directory, world, clock) -> None:
        directory.street(world.here.code)
        rename(house, world, name="新名街道")
        clock.now += KEPT_FOR
        assert directory.street(world.here.code).name == "新名街道"

    def test_unknown_names_do_not_flood_the_database(self, directory, clock, readings) -> None:
        directory.street("nowhere")
        before = len(readings)
        for n in range(100):
            directory.street(f"nowhere-{n}")
        assert len(readings) == before

    def test_a_new_street_is_found_seconds_later(self, house, directory, world, clock) -> None:
        directory.street("fresh")
        rename(house, world, slug="fresh")
        assert directory.street("fresh") is None
        clock.now += LEAST_BETWEEN_MISSES
        assert directory.street("fresh").id == world.here.id

    def test_forgetting_reads_at_once(self, house, directory, world) -> None:
        directory.street("fresh")
        rename(house, world, slug="fresh")
        directory.forget()
        assert directory.street("fresh").id == world.here.id

    def test_many_threads_read_once(self, directory, world, readings) -> None:
        found = []
        threads = [threading.Thread(target=lambda: found.append(directory.street(world.here.code))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {entry.id for entry in found} == {world.here.id}
        assert sum("core.tenant" in statement for statement in readings) == 1


class TestCommunity:
    def test_answers_to_code_and_slug_of_its_street(self, house, directory, world) -> None:
        own = world.here.communities[0]
        with house.database.unit_of_work(world.here.scope) as session:
            session.execute(update(Community).where(Community.id == own.id).values(slug="first"))
        street = directory.street(world.here.code)
        assert directory.community(street, "first").id == own.id
        assert directory.community(street, own.code).scope == own.scope

    def test_of_another_street_is_unknown(self, directory, world) -> None:
        street = directory.street(world.here.code)
        assert directory.community(street, world.here.communities[0].code) is not None
        assert directory.community(street, world.there.communities[0].code) is None


class TestHost:
    def test_leads_to_its_street(self, house, directory, world) -> None:
        with house.owner.unit_of_work(world.here.scope) as session:
            session.add(Domain(host="street.example.cn", tenant_id=world.here.id))
        assert directory.by_host("Street.example.cn:8443").id == world.here.id

    def test_any_other_host_is_nobodys_and_costs_no_reading(self, directory, clock, readings) -> None:
        directory.by_host("localhost")
        before = len(readings)
        clock.now += LEAST_BETWEEN_MISSES + 1
        assert directory.by_host("elsewhere.example.cn") is None
        assert len(readings) == before
