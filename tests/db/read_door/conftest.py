"""Ways into the read door, and out of its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from linli.db.read_door import ReadDoor, ReadQuery
from linli.house import House
from linli.tenancy.models import Dwelling

ALL_IDS = ReadQuery(select(Dwelling.id))


def _through_door(house: House, work: Callable[[ReadDoor], Awaitable[Any]], *, url: str = "", **options: Any) -> Any:
    async def run() -> Any:
        door = ReadDoor(url or house.database.url, house.signer, **options)
        await door.open()
        try:
            return await work(door)
        finally:
            await door.close()

    return asyncio.run(run())


async def _unscoped_error(door: ReadDoor) -> str | None:
    """The SQLSTATE that a statement without a scope meets on each idle connection."""
    states = set()
    for link in door._idle:
        with pytest.raises(psycopg.Error) as raised:
            await link.run([ALL_IDS.bind()])
        states.add(raised.value.sqlstate)
    assert len(states) == 1
    return states.pop()


def _end_backends(house: House) -> int:
    """Terminate every connection of the runtime role to this database."""
    with psycopg.connect(house.addresses.superuser or "", autocommit=True) as server:
        row = server.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE usename = 'linli_app' AND datname = current_database()"
        ).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def through_door() -> Callable[..., Any]:
    """``through_door(house, work)``: what ``work(door)`` returns, on an event loop of its own."""
    return _through_door


@pytest.fixture
def unscoped_error() -> Callable[[ReadDoor], Awaitable[str | None]]:
    """``await unscoped_error(door)``: the SQLSTATE that a statement without a scope meets."""
    return _unscoped_error


@pytest.fixture
def end_backends() -> Callable[[House], int]:
    """``end_backends(house)``: terminates the runtime role's connections and counts them."""
    return _end_backends
