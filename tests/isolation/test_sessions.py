"""Part B: the application's own sessions, its pool and its read door, from one borrower to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, ContextVar
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import DivisionByZero
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import DetachedInstanceError

from linli.db.read_door import ReadDoor, ReadQuery
from linli.db.session import Database, ScopeMissing
from linli.kit.scope import Scope
from linli.residents.models import Resident
from linli.testing.planted import PLACES

OWN, SIBLING, STREET, OTHER = PLACES["here1"], PLACES["here2"], PLACES["here0"], PLACES["there1"]
RESIDENTS = ReadQuery(select(Resident.id))
COUNT = text("SELECT count(*) FROM core.resident")


@pytest.fixture
def database(module_house) -> Iterator[Database]:
    """A door with one connection, so that whoever comes next gets the same one."""
    database = Database(module_house.addresses.app, module_house.signer, module_house.vault, pool_size=1)
    yield database
    database.dispose()


def residents(database: Database, scope: Scope) -> set[UUID]:
    with database.unit_of_work(scope, read_only=True) as session:
        return set(session.scalars(select(Resident.id)))


def leftover(database: Database) -> str:
    """What the next borrower finds set."""
    with database.open_transaction() as connection:
        return connection.scalar(text("SELECT current_setting('app.scope', true)")) or ""


def test_b1_a_scope_set_for_the_session_does_not_reach_the_next_borrower(database) -> None:
    token = database.signer.token(OTHER.scope)
    for is_local in (True, False):
        with database.engine.connect() as connection:
            connection.execute(text("SELECT set_config('app.scope', :t, :l)"), {"t": token, "l": is_local})
            seen = connection.scalar(COUNT)
            connection.commit()
        assert seen == 4, "control: the setting opened the other's rows"
        assert leftover(database) == ""
        with database.engine.connect() as connection, pytest.raises(DBAPIError) as refused:
            connection.execute(COUNT)
        assert getattr(refused.value.orig, "sqlstate", "") == "TN001"


@pytest.mark.parametrize("statement", ["SET statement_timeout = 0", "SET search_path = core", "SET row_security = off"])
def test_b1_nor_does_any_other_setting(database, statement) -> None:
    name = statement.split()[1]
    with database.engine.connect() as connection:
        before = connection.scalar(text(f"SHOW {name}"))
        connection.execute(text(statement))
        assert connection.scalar(text(f"SHOW {name}")) != before, "control"
        connection.commit()
    with database.engine.connect() as connection:
        assert connection.scalar(text(f"SHOW {name}")) == before


def test_b2_an_error_in_the_middle_leaves_no_scope(database) -> None:
    with pytest.raises(DBAPIError) as error, database.unit_of_work(OTHER.scope) as session:  # noqa: PT012 fails as a whole
        assert session.scalar(COUNT) == 4, "control"
        session.execute(text("SELECT 1 / 0"))
    assert isinstance(error.value.orig, DivisionByZero)
    assert leftover(database) == ""
    with pytest.raises(RuntimeError), database.unit_of_work(OTHER.scope) as session:  # noqa: PT012 fails as a whole
        session.scalar(COUNT)
        raise RuntimeError
    assert leftover(database) == ""


def test_b3_a_caller_who_leaves_takes_the_scope_along(module_house) -> None:
    sleep = ReadQuery(text("SELECT pg_sleep(0.3)"))

    async def leave() -> tuple[set[UUID], str | None]:
        door = ReadDoor(module_house.addresses.app, module_house.signer, size=1)
        await door.open()
        try:
            leaving = asyncio.create_task(door.read(OTHER.scope, [sleep.bind(), RESIDENTS.bind()]))
            await asyncio.sleep(0.05)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            rows = (await door.read(OWN.scope, [RESIDENTS.bind()])).rows[0]
            await asyncio.sleep(0)
            with pytest.raises(psycopg.Error) as unscoped:
                await door._idle[0].run([RESIDENTS.bind()])
            return {row[0] for row in rows}, unscoped.value.sqlstate
        finally:
            await door.close()

    seen, state = asyncio.run(leave())
    assert seen == residents(module_house.database, OWN.scope)
    assert seen, "control"
    assert state == "TN001"


def test_b3_a_killed_connection_is_not_reused(database, module_house) -> None:
    with pytest.raises(DBAPIError), database.unit_of_work(OTHER.scope) as session:  # noqa: PT012 fails as a whole
        number = session.scalar(text("SELECT pg_backend_pid()"))
        with psycopg.connect(module_house.addresses.superuser or "", autocommit=True) as server:
            server.execute("SELECT pg_terminate_backend(%s)", [number])
        session.scalar(COUNT)
    assert leftover(database) == ""
    assert len(residents(database, OWN.scope)) == 4, "control"


def test_b4_a_session_keeps_its_scope_and_forgets_no_wall(database) -> None:
    with database.unit_of_work(OTHER.scope) as session:
        theirs = session.scalars(select(Resident)).first()
        assert theirs is not None, "control"
        key = (theirs.tenant_id, theirs.id)
        session.commit()
        session.info["scope"] = OWN.scope
        with pytest.raises(ScopeMissing):
            session.scalar(COUNT)
        session.info["scope"] = OTHER.scope
    with database.unit_of_work(OWN.scope) as session:
        assert session.get(Resident, key) is None
    with database.unit_of_work(OTHER.scope) as session:
        assert session.get(Resident, key) is not None, "control"


def test_b5_nothing_is_read_after_the_end(database) -> None:
    with database.unit_of_work(OWN.scope) as session:
        mine = session.scalars(select(Resident)).first()
        assert mine is not None
        name = mine.name
        session.expire(mine)
    with pytest.raises(DetachedInstanceError):
        _ = mine.name
    with pytest.raises(ScopeMissing):
        session.scalars(select(Resident)).all()
    assert name, "control"


def test_b6_two_streets_at_once(module_house) -> None:
    expected = {place.key: residents(module_house.database, place.scope) for place in PLACES.values()}

    async def look() -> list[tuple[str, set[UUID]]]:
        door = ReadDoor(module_house.addresses.app, module_house.signer, size=2)
        await door.open()

        async def one(place) -> tuple[str, set[UUID]]:
            rows = (await door.read(place.scope, [RESIDENTS.bind()])).rows[0]
            return place.key, {row[0] for row in rows}

        try:
            return await asyncio.gather(*(one(place) for _ in range(20) for place in PLACES.values()))
        finally:
            await door.close()

    answers = asyncio.run(look())
    assert len(answers) == 120
    assert all(seen == expected[key] for key, seen in answers)
    assert not expected["here0"] & expected["there0"]
    assert expected["here1"] | expected["here2"] == expected["here0"], "control"


def test_b7_threads_without_a_context_of_their_own(module_house) -> None:
    expected = {place.key: residents(module_house.database, place.scope) for place in PLACES.values()}
    marker: ContextVar[str] = ContextVar("marker", default="none")
    marker.set("outside")

    def one(place) -> tuple[str, str, set[UUID]]:
        return place.key, Context().run(marker.get), residents(module_house.database, place.scope)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, list(PLACES.values()) * 10))
    assert {context for _, context, _ in answers} == {"none"}, "control: nothing travels by context"
    assert all(seen == expected[key] for key, _, seen in answers)


def test_b8_a_connection_taken_past_the_session(database) -> None:
    for statement in (COUNT, text("DELETE FROM core.resident"), text("UPDATE core.resident SET name = ''")):
        with database.engine.connect() as connection, pytest.raises(DBAPIError) as refused:
            connection.execute(statement)
        assert getattr(refused.value.orig, "sqlstate", "") == "TN001"
    raw = database.engine.raw_connection()
    with pytest.raises(psycopg.Error):
        raw.cursor().execute("SELECT * FROM core.resident")
    raw.close()
    with database.unit_of_work(OWN.scope) as session:
        assert session.scalar(COUNT) == 4, "control"


def test_b9_a_savepoint_keeps_the_scope_right(database) -> None:
    with database.unit_of_work(OWN.scope) as session:
        mine = session.scalar(COUNT)
        with pytest.raises(RuntimeError), session.begin_nested():  # noqa: PT012 fails as a whole
            session.execute(text("SELECT set_config('app.scope', '', true)"))
            raise RuntimeError
        assert session.scalar(COUNT) == mine == 4
        with session.begin_nested():
            assert session.scalar(COUNT) == mine
        assert session.scalar(COUNT) == mine


def test_b10_two_scopes_in_one_transaction_of_the_platform(database) -> None:
    stranger = uuid4()
    with database.one_transaction(undo=True) as door:
        seen = {}
        for place in PLACES.values():
            with door.unit_of_work(place.scope) as session:
                seen[place.key] = set(session.scalars(select(Resident.id)))
        with door.open_transaction() as connection, pytest.raises(DBAPIError), connection.begin_nested():
            connection.execute(COUNT)
        with door.unit_of_work(Scope.of_street(stranger)) as session:
            assert session.scalar(COUNT) == 0
    assert seen["here1"] | seen["here2"] == seen["here0"]
    assert not seen["here0"] & seen["there0"]
    assert len(seen["here0"]) == len(seen["there0"]) == 8, "control"


def test_b11_a_read_only_session_writes_nothing(database) -> None:
    with pytest.raises(DBAPIError) as refused, database.unit_of_work(OWN.scope, read_only=True) as session:
        session.execute(text("UPDATE core.resident SET name = name"))
    assert getattr(refused.value.orig, "sqlstate", "") == "25006"
    with pytest.raises(DBAPIError), database.unit_of_work(OWN.scope, read_only=True) as session:  # noqa: PT012 fails as a whole
        session.scalar(COUNT)
        session.execute(text("SET TRANSACTION READ WRITE"))
    with database.unit_of_work(OWN.scope) as session:
        changed = session.execute(text("UPDATE core.resident SET name = name"))
        assert changed.rowcount == 4, "control"  # type: ignore[attr-defined]
