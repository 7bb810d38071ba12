"""The read door under errors, lost connections, leavers and limits: no scope and no foreign answer stays behind."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Integer, Numeric, Text, bindparam, func, insert, select

from linli.db.read_door import DoorBusy, ReadDoor, ReadQuery
from linli.db.read_door.link import LinkBroken
from linli.tenancy.models import Compound, Dwelling

ALL_IDS = ReadQuery(select(Dwelling.id))
SLEEP = ReadQuery(select(func.pg_sleep(bindparam("seconds", type_=Numeric)), bindparam("mark", type_=Text)))
ECHO = ReadQuery(select(bindparam("value", type_=Text)))
BACKEND = ReadQuery(select(func.pg_backend_pid()))
DIVIDE = ReadQuery(select(10 / bindparam("by", type_=Integer)))
NEW_COMPOUND = ReadQuery(
    insert(Compound)
    .values(id=bindparam("id"), community_id=bindparam("community"), name=bindparam("name"))
    .returning(Compound.id)
)


class TestLostConnections:
    def test_an_idle_one_is_replaced(self, house, world, through_door, end_backends) -> None:
        async def look(door: ReadDoor) -> list[int]:
            before = (await door.read(world.here.scope, [BACKEND.bind()])).rows[0][0][0]
            await asyncio.to_thread(end_backends, house)
            return [before, (await door.read(world.here.scope, [BACKEND.bind()])).rows[0][0][0]]

        before, after = through_door(house, look, size=1)
        assert before != after

    def test_a_read_under_way_is_repeated_once(self, house, world, through_door, end_backends) -> None:
        async def look(door: ReadDoor) -> Any:
            reading = asyncio.create_task(door.read(world.here.scope, [SLEEP.bind(seconds=0.5, mark="here")]))
            await asyncio.sleep(0.1)
            assert await asyncio.to_thread(end_backends, house) == 1
            return await reading

        assert through_door(house, look, size=1).rows[0][0][1] == "here"

    def test_a_second_loss_is_told(self, house, world, through_door, end_backends) -> None:
        async def look(door: ReadDoor) -> None:
            reading = asyncio.create_task(door.read(world.here.scope, [SLEEP.bind(seconds=5, mark="")]))
            for _ in range(2):
                await asyncio.sleep(0.3)
                assert await asyncio.to_thread(end_backends, house) == 1
            with pytest.raises(psycopg.OperationalError):
                await reading
            assert (await door.read(world.here.scope, [ECHO.bind(value="again")])).rows == [[("again",)]]

        through_door(house, look, size=1)

    def test_an_unreachable_server_is_told_at_opening(self, house, through_door) -> None:
        with pytest.raises(psycopg.OperationalError):
            through_door(house, lambda door: door.close(), url="postgresql://nobody:x@127.0.0.1:1/none")


class TestCancellation:
    def test_of_a_long_query_ends_it_on_the_server(self, house, world, monkeypatch, through_door) -> None:
        monkeypatch.setattr("linli.db.read_door.door._GRACE", 0.1)

        async def look(door: ReadDoor) -> Any:
            reading = asyncio.create_task(door.read(world.here.scope, [SLEEP.bind(seconds=9, mark="")]))
            await asyncio.sleep(0.1)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            return await door.read(world.here.scope, [ECHO.bind(value="free")])

        assert through_door(house, look, size=1).rows == [[("free",)]]
        with psycopg.connect(house.addresses.superuser or "") as server:
            running = server.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' "
                "AND datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        assert running == (0,)

    def test_of_many_readers_at_any_moment_mixes_up_no_rows(
        self, module_house, world, through_door, unscoped_error
    ) -> None:
        async def one(door: ReadDoor, n: int) -> None:
            query = SLEEP.bind(seconds=0.002 * (n % 3), mark=str(n))
            async with asyncio.timeout(0.001 * (n % 11) if n % 2 else None):
                rows = (await door.read(world.here.scope, [query])).rows
            assert rows[0][0][1] == str(n)

        async def look(door: ReadDoor) -> list[Any]:
            outcomes = await asyncio.gather(*(one(door, n) for n in range(200)), return_exceptions=True)
            rows = (await door.read(world.here.scope, [ALL_IDS.bind()])).rows[0]
            while door._openings:
                await asyncio.wait(door._openings)
            await asyncio.sleep(0.05)
            settled = set(door._idle) == door._links and not door._openings
            return [outcomes, len(rows), settled, await unscoped_error(door)]

        outcomes, rows, settled, state = through_door(module_house, look, size=3)
        assert {type(outcome) for outcome in outcomes} == {type(None), TimeoutError}
        assert outcomes[::2] == [None] * 100
        assert (rows, settled, state) == (8, True, "TN001")

    def test_of_a_reader_whose_connection_is_being_opened_leaves_it_to_the_next(
        self, house, world, through_door
    ) -> None:
        async def look(door: ReadDoor) -> list[Any]:
            first = asyncio.create_task(door.read(world.here.scope, [SLEEP.bind(seconds=0.3, mark="first")]))
            second = asyncio.create_task(door.read(world.here.scope, [SLEEP.bind(seconds=0, mark="second")]))
            while not door._openings:
                await asyncio.sleep(0)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            await asyncio.wait(door._openings)
            kept = len(door._idle)
            answer = await door.read(world.here.scope, [ECHO.bind(value="next")])
            return [kept, len(door._links), answer.rows, (await first).rows[0][0][1]]

        assert through_door(house, look, size=2) == [1, 2, [[("next",)]], "first"]

    def test_of_all_readers_leaves_no_half_connection_when_the_door_closes(self, house, world, through_door) -> None:
        async def look(door: ReadDoor) -> bool:
            readers = [asyncio.create_task(door.read(world.here.scope, [ALL_IDS.bind()])) for _ in range(8)]
            while not door._openings:
                await asyncio.sleep(0)
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
            await door.close()
            return not (door._openings or door._links or door._idle)

        assert through_door(house, look, size=8)


class TestLimits:
    def test_the_statement_timeout_holds(self, house, world, through_door) -> None:
        url = make_conninfo(house.database.url, options="-c statement_timeout=100")

        async def look(door: ReadDoor) -> Any:
            with pytest.raises(psycopg.errors.QueryCanceled):
                await door.read(world.here.scope, [SLEEP.bind(seconds=5, mark="")])
            return await door.read(world.here.scope, [ECHO.bind(value="on")])

        assert through_door(house, look, url=url, size=1).rows == [[("on",)]]

    def test_a_silent_network_is_given_up(self, house, world, monkeypatch, through_door) -> None:
        monkeypatch.setattr("linli.db.read_door.door._SILENCE", 0.1)
        with pytest.raises(LinkBroken, match="did not answer"):
            through_door(house, lambda door: door.read(world.here.scope, [SLEEP.bind(seconds=2, mark="")]), size=1)

    def test_readers_wait_for_a_connection_and_not_for_ever(self, house, world, through_door) -> None:
        async def look(door: ReadDoor) -> list[Any]:
            return await asyncio.gather(
                *(door.read(world.here.scope, [SLEEP.bind(seconds=0.4, mark=n)]) for n in "abc"),
                return_exceptions=True,
            )

        first, second, third = through_door(house, look, size=1, wait=0.6)
        assert first.rows[0][0][1] == "a"
        assert second.rows[0][0][1] == "b"
        assert isinstance(third, DoorBusy)

    def test_no_more_connections_than_allowed(self, house, world, through_door) -> None:
        async def look(door: ReadDoor) -> set[int]:
            answers = await asyncio.gather(*(door.read(world.here.scope, [BACKEND.bind()]) for _ in range(60)))
            return {answer.rows[0][0][0] for answer in answers}

        assert len(through_door(house, look, size=3)) <= 3

    def test_a_closed_door_refuses(self, house, world, through_door) -> None:
        async def look(door: ReadDoor) -> None:
            await door.close()
            with pytest.raises(LinkBroken, match="closed"):
                await door.read(world.here.scope, [ALL_IDS.bind()])

        through_door(house, look)


class TestScopeEnds:
    def test_with_each_segment(self, module_house, world, through_door, unscoped_error) -> None:
        async def look(door: ReadDoor) -> str | None:
            assert len((await door.read(world.here.scope, [ALL_IDS.bind()])).rows[0]) == 8
            return await unscoped_error(door)

        assert through_door(module_house, look, size=1) == "TN001"

    def test_after_an_error(self, module_house, world, through_door, unscoped_error) -> None:
        async def look(door: ReadDoor) -> str | None:
            with pytest.raises(psycopg.errors.DivisionByZero):
                await door.read(world.here.scope, [ALL_IDS.bind(), DIVIDE.bind(by=0), ALL_IDS.bind()])
            return await unscoped_error(door)

        assert through_door(module_house, look, size=1) == "TN001"

    def test_after_a_command(self, house, world, through_door, unscoped_error) -> None:
        own = world.here.communities[0]

        async def look(door: ReadDoor) -> str | None:
            await door.execute(own.scope, NEW_COMPOUND.bind(id=uuid4(), community=own.id, name="新院"))
            return await unscoped_error(door)

        assert through_door(house, look, size=1) == "TN001"

    def test_after_a_cancelled_read(self, module_house, world, through_door, unscoped_error) -> None:
        async def look(door: ReadDoor) -> str | None:
            reading = asyncio.create_task(door.read(world.here.scope, [SLEEP.bind(seconds=0.2, mark="gone")]))
            await asyncio.sleep(0.05)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            assert (await door.read(world.here.scope, [ECHO.bind(value="next")])).rows == [[("next",)]]
            return await unscoped_error(door)

        assert through_door(module_house, look, size=1) == "TN001"
