"""What the doors cost beside a bare psycopg connection that sends the same SQL: ratios of one run."""

from __future__ import annotations

import asyncio
import itertools
import json
import platform
import statistics
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from sqlalchemy import Text, Uuid, bindparam, select, text

from linli.audit import record
from linli.db.read_door import ReadDoor, ReadQuery, Who
from linli.kit.clock import today
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.tenancy.models import Compound, Dwelling

REPORT = Path(__file__).parents[2] / ".tmp" / "bench" / "doors.json"
ROUNDS = 5
ONE, LIST, WRITE = "read one dwelling", "list 50 dwellings", "write one row with audit"

BARE = "psycopg, four round trips"
PIPELINED = "psycopg, one pipeline"
SESSION = "session door"
READ = "read door"
READ_WHO = "read door, with who asks"

_SCOPE = "SELECT set_config('app.scope', %s, true)"
_WRITE = (
    "WITH made AS (INSERT INTO core.compound (id, community_id, name) VALUES ({id}, {community}, {name}) RETURNING id) "
    "SELECT made.id, core.append_audit({audit}) FROM made"
)


class Row(msgspec.Struct):
    id: UUID
    label: str
    exclusive_area: Decimal | None
    version: int


_COLUMNS = (Dwelling.id, Dwelling.label, Dwelling.exclusive_area, Dwelling.version)
_ONE = ReadQuery(select(*_COLUMNS).where(Dwelling.id == bindparam("id")), Row)
_LIST = ReadQuery(
    select(*_COLUMNS)
    .where(Dwelling.community_id == bindparam("community"), Dwelling.sort_key > bindparam("after"))
    .order_by(Dwelling.sort_key, Dwelling.id)
    .limit(50),
    Row,
)
_ADD = ReadQuery(
    text(_WRITE.format(id=":id", community=":community", name=":name", audit="CAST(:audit AS jsonb)")).bindparams(
        bindparam("id", type_=Uuid), bindparam("community", type_=Uuid), bindparam("name", type_=Text)
    )
)


def audit_row(community: UUID, subject: UUID) -> str:
    row = {"id": new_id(), "community_id": community, "actor_id": None, "actor_name": "系统"}
    row |= {"action": "core.compound.create", "subject_type": "compound", "subject_id": subject}
    row |= {"ip": "", "request_id": "", "reason": "", "before": None, "after": None}
    return msgspec.json.encode([row]).decode()


class Bare:
    """One connection, the same SQL, rows into the same structs."""

    def __init__(self, filled, *, pipeline: bool) -> None:
        self.signer = filled.house.signer
        self.connection = psycopg.connect(filled.house.database.url, autocommit=True, prepare_threshold=1)
        self.pipeline = pipeline
        positional = {"id": "%(id)s", "community": "%(community)s", "name": "%(name)s", "audit": "%(audit)s::jsonb"}
        self.sql = {
            ONE: "SELECT id, label, exclusive_area, version FROM core.dwelling WHERE id = %(id)s",
            LIST: "SELECT id, label, exclusive_area, version FROM core.dwelling WHERE community_id = %(community)s "
            "AND sort_key > '' ORDER BY sort_key, id LIMIT 50",
            WRITE: _WRITE.format(**positional),
        }

    def __call__(self, work: str, place) -> list[Any]:
        made = new_id()
        values = {"id": made if work == WRITE else place.dwelling_id, "community": place.community_id}
        if work == WRITE:
            values |= {"name": str(made), "audit": audit_row(place.community_id, made)}
        token = self.signer.token(Scope.of_communities(place.tenant_id, place.community_id))
        if self.pipeline:
            with self.connection.pipeline():
                cursor = self._send(work, token, values)
        else:
            cursor = self._send(work, token, values)
        return [cursor] if isinstance(cursor, int) else cursor

    def _send(self, work: str, token: str, values: dict[str, Any]) -> list[Any]:
        with self.connection.transaction():
            self.connection.execute(_SCOPE, [token])
            cursor = self.connection.execute(self.sql[work].encode(), values, binary=True)
            if not self.pipeline:
                return _structs(work, cursor)
        return _structs(work, cursor)

    def close(self) -> None:
        self.connection.close()


def _structs(work: str, cursor: psycopg.Cursor[Any]) -> list[Any]:
    rows = cursor.fetchall()
    return rows if work == WRITE else [Row(*row) for row in rows]


class Session:
    """The session door, as a service uses it."""

    def __init__(self, filled) -> None:
        self.database = filled.house.database

    def __call__(self, work: str, place) -> list[Any]:
        scope = Scope.of_communities(place.tenant_id, place.community_id)
        with self.database.unit_of_work(scope, read_only=work != WRITE) as session:
            if work == WRITE:
                compound = Compound(id=new_id(), community_id=place.community_id, name=str(new_id()))
                session.add(compound)
                record(session, "core.compound.create", ("compound", compound.id), community_id=place.community_id)
                session.flush()
                return [compound]
            if work == ONE:
                found = session.scalars(select(Dwelling).where(Dwelling.id == place.dwelling_id))
            else:
                found = session.scalars(
                    select(Dwelling)
                    .where(Dwelling.community_id == place.community_id, Dwelling.sort_key > "")
                    .order_by(Dwelling.sort_key, Dwelling.id)
                    .limit(50)
                )
            return [Row(each.id, each.label, each.exclusive_area, each.version) for each in found]

    def close(self) -> None:
        """The pool is the house's."""


class Door:
    """The read door on its own event loop, one request after the other or sixteen at a time."""

    def __init__(self, filled, *, who: bool = False) -> None:
        self.runner = asyncio.Runner()
        self.door = ReadDoor(filled.house.database.url, filled.house.signer, size=8)
        self.who = Who(b"\0" * 32, "session", today()) if who else None
        self.runner.run(self.door.open())

    async def ask(self, work: str, place) -> list[Any]:
        scope = Scope.of_communities(place.tenant_id, place.community_id)
        if work == WRITE:
            made = new_id()
            command = _ADD.bind(
                id=made, community=place.community_id, name=str(made), audit=audit_row(place.community_id, made)
            )
            return (await self.door.execute(scope, command, who=self.who)).rows[0]
        query = _ONE.bind(id=place.dwelling_id) if work == ONE else _LIST.bind(community=place.community_id, after="")
        return (await self.door.read(scope, [query], who=self.who)).rows[0]

    def __call__(self, work: str, place) -> list[Any]:
        return self.runner.run(self.ask(work, place))

    def timed(self, work: str, places: list[Any]) -> float:
        """Seconds for all of them, one after the other on the running loop."""

        async def each() -> None:
            for place in places:
                await self.ask(work, place)

        return _seconds(self.runner, each)

    def together(self, work: str, places: list[Any], at_once: int = 16) -> float:
        """Seconds for all of them, so many at a time."""

        async def all_of_them() -> None:
            waiting = iter(places)

            async def worker() -> None:
                for place in waiting:
                    await self.ask(work, place)

            await asyncio.gather(*(worker() for _ in range(at_once)))

        return _seconds(self.runner, all_of_them)

    def close(self) -> None:
        self.runner.run(self.door.close())
        self.runner.close()


def _seconds(runner: asyncio.Runner, work: Callable[[], Awaitable[None]]) -> float:
    async def run() -> float:
        started = time.perf_counter()
        await work()
        return time.perf_counter() - started

    return runner.run(run())


def _timed(door: Any, work: str, places: list[Any]) -> float:
    if isinstance(door, Door):
        return door.timed(work, places)
    started = time.perf_counter()
    for place in places:
        door(work, place)
    return time.perf_counter() - started


@pytest.fixture
def doors(filled):
    opened = {
        BARE: Bare(filled, pipeline=False),
        PIPELINED: Bare(filled, pipeline=True),
        SESSION: Session(filled),
        READ: Door(filled),
        READ_WHO: Door(filled, who=True),
    }
    yield opened
    for door in opened.values():
        door.close()


@pytest.mark.parametrize("filled", [1], indirect=True)
def test_all_doors_answer_alike(filled, doors) -> None:
    for work, place in itertools.product((ONE, LIST), filled.places[:3]):
        answers = [door(work, place) for door in doors.values()]
        assert all(answer == answers[0] for answer in answers)
        assert len(answers[0]) == (1 if work == ONE else 50)
    place = filled.places[0]
    for door in doors.values():
        assert len(door(WRITE, place)) == 1
    with psycopg.connect(filled.house.addresses.superuser) as server:
        made = server.execute("SELECT count(*) FROM core.compound WHERE community_id = %s", [place.community_id])
        audited = server.execute("SELECT count(*) FROM core.audit_entry WHERE community_id = %s", [place.community_id])
        assert (made.fetchone(), audited.fetchone()) == ((1 + len(doors),), (len(doors),))


@pytest.mark.nightly
def test_speed_of_the_doors(filled, doors, capsys) -> None:
    counts = {ONE: 400, LIST: 150, WRITE: 150}
    seconds: dict[tuple[str, str], list[float]] = {}
    together: dict[str, list[float]] = {}
    spread = itertools.cycle(filled.places)
    for _, (work, count) in itertools.product(range(ROUNDS), counts.items()):
        places = [next(spread) for _ in range(count)]
        for name, door in doors.items():
            seconds.setdefault((work, name), []).append(_timed(door, work, places) / count)
        together.setdefault(work, []).append(doors[READ].together(work, places) / count)
    median = {key: statistics.median(values) for key, values in seconds.items()}
    ratio = {(work, name): median[work, BARE] / median[work, name] for work, name in median}
    report = {
        "streets": filled.streets,
        "python": platform.python_version(),
        "psycopg": psycopg.__version__,
        "microseconds": {f"{work}: {name}": round(each * 1e6) for (work, name), each in median.items()},
        "times_bare_psycopg": {f"{work}: {name}": round(each, 2) for (work, name), each in ratio.items()},
        "per_second_sixteen_at_once": {work: round(1 / statistics.median(each)) for work, each in together.items()},
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    with capsys.disabled():
        _print(median, ratio, report["per_second_sixteen_at_once"])
    # Loose on purpose: a busy machine must not turn them red, a lost round trip must.
    for work in counts:
        assert ratio[work, READ] > 0.9, f"{work}: the read door lost its single round trip"
        assert ratio[work, READ_WHO] > 0.4, f"{work}: asking who calls costs more than the query"
        assert ratio[work, SESSION] > 0.1, f"{work}: the session door costs ten times the bare connection"


def _print(median: dict[Any, float], ratio: dict[Any, float], per_second: dict[str, int]) -> None:
    print(f"\n{'':<26}{'':<28}{'µs':>8}{'x bare':>8}")  # noqa: T201 the table is the result
    for (work, name), each in sorted(median.items()):
        print(f"{work:<26}{name:<28}{each * 1e6:>8.0f}{ratio[work, name]:>8.2f}")  # noqa: T201
    for work, each in per_second.items():
        print(f"{work:<26}{'read door, 16 at once':<28}{each:>8}/s")  # noqa: T201
