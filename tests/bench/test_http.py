"""The complete path of a request: granian, sign-in by token, grants, plugin switch, permission, query, JSON."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from linli.access.models import RoleGrant
from linli.access.permissions import CORE_PERMISSION_NAMES
from linli.db.read_door import ReadDoor, ReadQuery, Who
from linli.identity.models import Account, ApiToken
from linli.kit.clock import now, today
from linli.kit.crypto import token_digest
from linli.kit.ids import new_id
from linli.kit.scope import Scope
from linli.tenancy.models import Community
from linli.tenancy.reads import LIST_DWELLINGS, ONE_DWELLING
from linli.testing.databases import MASTER

REPORT = Path(__file__).parents[2] / ".tmp" / "bench" / "http.json"
CALLERS = 8
AT_ONCE = 16
ROUNDS = 5
COUNTS = {"one": 1500, "list": 600, "write": 300}


@pytest.fixture
def callers(filled) -> list[dict[str, str]]:
    """Paths and tokens of some administrators, each in a community of another street where possible."""
    found = []
    for place in filled.places[:CALLERS]:
        account, token = new_id(), f"linli_{secrets.token_urlsafe(32)}"
        with filled.house.owner.open_transaction() as connection:
            connection.execute(insert(Account).values(id=account, user_name=token[-12:], display_name="测量员"))
            connection.execute(
                insert(ApiToken).values(
                    id=new_id(),
                    token_hash=token_digest(token),
                    hint=token[:10],
                    account_id=account,
                    tenant_id=place.tenant_id,
                    name="bench",
                    scopes=sorted(CORE_PERMISSION_NAMES),
                    expires_at=now() + timedelta(days=1),
                )
            )
        with filled.house.owner.unit_of_work(Scope.of_street(place.tenant_id)) as session:
            session.add(
                RoleGrant(
                    account_id=account,
                    account_name="测量员",
                    role="community_administrator",
                    community_id=place.community_id,
                    starts_on=date(2025, 1, 1),
                    reason="bench",
                )
            )
            code = session.scalar(select(Community.code).where(Community.id == place.community_id))
        root = f"/api/v1/s/{code[:9]}/c/{code}"
        found.append(
            {
                "one": f"{root}/dwellings/{place.dwelling_id}",
                "list": f"{root}/dwellings",
                "write": f"{root}/compounds",
                "token": token,
                "place": place,
            }
        )
    return found


@contextmanager
def served(house) -> Iterator[tuple[int, int]]:
    """Port and process id of one web process on the bench database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = 20000 + probe.getsockname()[1] % 10000
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LINLI_")},
        "LINLI_ENV": "development",
        "LINLI_DATABASE_URL": house.addresses.app,
        "LINLI_SECRET_KEY": base64.b64encode(MASTER).decode(),
        "LINLI_LOG_LEVEL": "warning",
        "LINLI_PORT": str(port),
        # Sixteen connections that never rest are more than one caller may ask of a real installation in a minute.
        "LINLI_API_RATE": "10000000",
    }
    command = [str(Path(sys.executable).parent / "linli"), "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(server, port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(30)
        server.stderr.close()


def _wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    # Starting is not what is measured here: on a machine with other work to do it takes many seconds.
    deadline, last = time.monotonic() + 90, ""
    while time.monotonic() < deadline:
        assert server.poll() is None, server.stderr.read().decode()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            last = error.read().decode()
        except OSError as error:
            last = str(error)
        time.sleep(0.2)
    raise AssertionError(f"the server did not become ready: {last}")


async def requests(port: int, wanted: list[tuple[str, str, str, bytes]]) -> list[int]:
    """Send all of them over sixteen kept connections; returns the statuses."""
    waiting = iter(wanted)
    statuses: list[int] = []

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for method, path, token, body in waiting:
            head = f"{method} {path} HTTP/1.1\r\nhost: l\r\nauthorization: Bearer {token}\r\n"
            if body:
                head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            writer.write(head.encode() + b"\r\n" + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            statuses.append(int(answer[9:12]))
            lower = answer.lower()
            length = int(lower.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return statuses


def _wanted(callers, work: str, count: int) -> list[tuple[str, str, str, bytes]]:
    around = itertools.cycle(callers)
    if work == "write":
        return [
            ("POST", each["write"], each["token"], json.dumps({"name": secrets.token_hex(8)}).encode())
            for each, _ in zip(around, range(count), strict=False)
        ]
    return [("GET", each[work], each["token"], b"") for each, _ in zip(around, range(count), strict=False)]


def _door_alone(filled, callers, work: str, count: int) -> float:
    """Seconds that the read door alone takes for the same questions, who is asking included."""

    async def run() -> float:
        door = ReadDoor(filled.house.addresses.app, filled.house.signer, size=8)
        await door.open()
        around = itertools.cycle(callers)
        waiting = iter([next(around) for _ in range(count)])

        async def worker() -> None:
            for each in waiting:
                place = each["place"]
                query: ReadQuery = ONE_DWELLING if work == "one" else LIST_DWELLINGS["label"]
                values = {"dwelling_id": place.dwelling_id} if work == "one" else {"community_id": place.community_id}
                who = Who(token_digest(each["token"]), "token", today())
                scope = Scope.of_communities(place.tenant_id, place.community_id)
                await door.read(scope, [query.bind(**values)], who=who)

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        spent = time.perf_counter() - started
        await door.close()
        return spent

    return asyncio.run(run())


@pytest.mark.thorough
@pytest.mark.parametrize("filled", [1], indirect=True)
def test_the_complete_path_answers(filled, callers) -> None:
    with served(filled.house) as (port, _pid):
        for work, status in (("one", 200), ("list", 200), ("write", 201)):
            assert asyncio.run(requests(port, _wanted(callers, work, 20))) == [status] * 20
    for work in ("one", "list"):
        assert _door_alone(filled, callers, work, 20) > 0, "what the nightly measurement compares with"


@pytest.mark.nightly
def test_speed_of_the_complete_path(filled, callers, capsys) -> None:
    per_second: dict[str, list[float]] = {}
    alone: dict[str, list[float]] = {}
    with served(filled.house) as (port, _pid):
        for _, (work, count) in itertools.product(range(ROUNDS), COUNTS.items()):
            wanted = _wanted(callers, work, count)
            started = time.perf_counter()
            statuses = asyncio.run(requests(port, wanted))
            per_second.setdefault(work, []).append(count / (time.perf_counter() - started))
            assert set(statuses) == {201 if work == "write" else 200}
            if work != "write":
                alone.setdefault(work, []).append(count / _door_alone(filled, callers, work, count))
    median = {work: statistics.median(values) for work, values in per_second.items()}
    ratio = {work: median[work] / statistics.median(values) for work, values in alone.items()}
    report = {
        "streets": filled.streets,
        "requests_per_second": {work: round(each) for work, each in median.items()},
        "of_the_read_door_alone": {work: round(each, 2) for work, each in ratio.items()},
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    with capsys.disabled():
        print(f"\n{json.dumps(report, indent=2)}")  # noqa: T201 the figures are the result
    assert ratio["one"] > 0.05, "a read over HTTP costs twenty times the read itself"
