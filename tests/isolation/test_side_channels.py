"""Part H: what leaks beside the data: the text of errors, the log, the time an answer takes."""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from tests.isolation.logbook import logged

from linli.channels import Fault, TextMessage
from linli.house import House
from linli.identity.codes import request_code
from linli.identity.sign_in import sign_in
from linli.kit.errors import LinliError
from linli.tasks import enqueue
from linli.tasks.registry import Task, Tasks
from linli.tasks.runner import JobRunner
from linli.testing.attacks import makes, own_ids
from linli.testing.planted import PLACES, Planted
from linli.testing.site import Route
from linli.testing.visitor import Visitor
from linli.testing.world import WORLD

pytestmark = pytest.mark.thorough

#: What no answer may hold: the inside of the house.
_INSIDE = re.compile(
    r"Traceback|sqlalchemy|psycopg|site-packages|\bFile \"|\.py\b|SQLSTATE|\bSELECT \w|INSERT INTO|UPDATE core|"
    r"relation \"|column \"|violates|constraint|app\.scope|TN00\d|canary-inside|\b(?:uq|fk|pk|ck|ix)_[a-z_]+"
)
#: Words of constraint names and the like that stand in pages by right.
_HARMLESS = re.compile(r"/static/[\w./-]+|data-[\w-]+|https?://[\w./-]+")


@pytest.fixture(scope="module")
def faults(module_house: House) -> dict[str, Exception]:
    """Errors as the database and the code really raise them, each with something that nobody may be told."""

    def raised(*statements: str) -> Exception:
        try:
            with module_house.database.unit_of_work(WORLD.here.communities[0].scope) as session:
                for statement in statements:
                    session.execute(text(statement), {"secret": "canary-inside"} if ":secret" in statement else {})
        except SQLAlchemyError as error:
            return error
        raise AssertionError(f"{statements} went through")

    compound = WORLD.here.communities[0].compound
    return {
        "unique": raised("INSERT INTO core.compound (id, community_id, name) SELECT id, community_id, name "
                         f"FROM core.compound WHERE id = '{compound}'"),
        "foreign key": raised(f"UPDATE core.building SET compound_id = '{uuid4()}'"),
        "not null": raised("UPDATE core.compound SET name = NULL"),
        "wall": raised(f"UPDATE core.compound SET tenant_id = '{WORLD.there.id}'"),
        "timeout": raised("SET LOCAL statement_timeout = 5", "SELECT pg_sleep(1)"),
        "lost column": raised("SELECT hidden_column FROM core.resident WHERE name = :secret"),
        "bad value": raised("SELECT CAST(:secret AS integer)"),
        "no right": raised("SELECT * FROM core.account"),
        "stale": StaleDataError("UPDATE statement on table 'core.compound' expected to update 1 row(s); canary-inside"),
        "bug": KeyError("canary-inside"),
        "nested bug": _nested(),
    }  # fmt: skip


def _nested() -> Exception:
    try:
        raise ValueError("canary-inside SELECT 1") from RuntimeError('File "/srv/linli/app.py"')
    except ValueError as error:
        return error


@contextmanager
def broken(visitor: Visitor, error: Exception) -> Iterator[None]:
    """Every door to the data fails so, once the caller is known."""
    site, database = visitor.client.app.state.site, visitor.house.database

    def fail(*_args: Any, **_options: Any) -> Any:
        # Raised again and again, one error would grow by its frames each time, and the log with it.
        raise error.with_traceback(None)

    kept_read, kept_unit = site.read_door.read, database.unit_of_work
    read_by = {"n": 0}

    async def read(scope: Any, queries: Any, *, who: Any = None) -> Any:
        read_by["n"] += 1
        if queries:
            raise error.with_traceback(None)
        return await kept_read(scope, queries, who=who)

    site.read_door.read = read
    database.unit_of_work = fail
    try:
        yield
    finally:
        site.read_door.read = kept_read
        del database.unit_of_work
        assert database.unit_of_work == kept_unit


def told(answer_text: str, headers: dict[str, str]) -> list[str]:
    """What of the inside an answer shows."""
    kept = {name: value for name, value in headers.items() if name not in ("content-security-policy", "set-cookie")}
    return sorted(set(map(str, _INSIDE.findall(_HARMLESS.sub("", answer_text) + str(kept)))))


#: Of so many faults a route meets one in an ordinary run, and all of them at night.
SHARES = [pytest.param(11, id="a share"), pytest.param(1, id="all", marks=pytest.mark.nightly)]


@pytest.mark.asvs("V16.5.1")
@pytest.mark.parametrize("share", SHARES)
def test_h1_no_error_tells_of_the_inside(
    visitor: Visitor, planted: Planted, routes: list[Route], faults: dict[str, Exception], share: int
) -> None:
    assert all(_INSIDE.search(f"{error} {error!r}") for error in faults.values()), "control: the errors would tell"
    leaks, statuses = [], Counter()
    for n, route in enumerate(routes):
        ids = next(own_ids(visitor, route))
        body = route.body(makes(planted, route, ids))
        for name, error in list(faults.items())[n % share :: share]:
            with logged(visitor.house, as_json=True), broken(visitor, error):
                got = visitor.ask(route, route.home, account=route.account(route.home), body=body, **ids)
            statuses[got.status] += 1
            leaks += [f"{route.name}, {name}: {each}" for each in told(got.text, got.headers)]
    assert leaks == []
    assert {409, 500, 503} <= set(statuses), f"control: the faults were met: {statuses}"
    assert statuses[500] + statuses[503] + statuses[409] > 50, statuses


_BAD: dict[str, Callable[[Any], Any]] = {
    "wrong type": lambda value: {"x": ["canary"]},
    "huge": lambda value: "长" * 20_000,
    "zero byte": lambda value: "a\x00b",
    "a number out of reach": lambda value: 10**40,
}


@pytest.mark.parametrize("share", [pytest.param(4, id="a share"), *SHARES[1:]])
def test_h1_bad_input_is_explained_in_words(
    visitor: Visitor, planted: Planted, routes: list[Route], share: int
) -> None:
    leaks, statuses = [], Counter()
    for n, route in enumerate(each for each in routes if not each.handler.is_read):
        ids = next(own_ids(visitor, route))
        body = route.body(makes(planted, route, ids)) or {}
        for name, spoil in list(_BAD.items())[n % share :: share]:
            field = list(body)[n % len(body)] if body else "field"
            value = spoil(body.get(field))
            spoilt = {**body, field: value if route.portal.is_api else str(value)}
            with visitor.undone():
                got = visitor.ask(route, route.home, account=route.account(route.home), body=spoilt, **ids)
            statuses[got.status] += 1
            if got.status >= 500:
                leaks.append(f"{route.name} {field} {name}: {got.status}")
            leaks += [f"{route.name} {field} {name}: {each}" for each in told(got.text, got.headers)]
    for route in (each for each in routes if each.handler.is_read):
        ids = next(own_ids(visitor, route))
        query = dict.fromkeys(route.query_parameters(), "\x00'\"<canary>")
        got = visitor.ask(route, route.home, account=route.account(route.home), query=query, **ids)
        statuses[got.status] += 1
        leaks += [f"{route.name}: {each}" for each in told(got.text, got.headers)]
    assert leaks == []
    assert statuses[422] > 60, f"control: much of it was refused: {statuses}"


PERSON = {"phone": "13977770001", "id_number": "11010519491231002X", "password": "canary password 5"}
_NUMBERS = re.compile(r"(?<![0-9a-fA-F*-])1[3-9]\d{9}(?![0-9a-fA-F])|(?<!\d)[1-9]\d{16}[\dXx](?!\d)")


@pytest.mark.asvs("V16.2.5")
@pytest.mark.parametrize(
    ("as_json", "share"),
    [
        pytest.param(True, 1, id="json"),
        pytest.param(False, 5, id="terminal, a share"),
        pytest.param(False, 1, id="terminal", marks=pytest.mark.nightly),
    ],
)
def test_h2_the_log_names_nobody(
    visitor: Visitor,
    planted: Planted,
    routes: list[Route],
    faults: dict[str, Exception],
    module_house: House,
    as_json: bool,
    share: int,
) -> None:
    tokens: set[str] = set()
    with logged(module_house, as_json=as_json) as log:
        for route in routes[::share]:
            ids = next(own_ids(visitor, route))
            query = dict.fromkeys(route.query_parameters(), PERSON["phone"])
            for account, street in ((route.account(route.home), None), (route.account(PLACES["there1"]), None)):
                body = {**(route.body(makes(planted, route, ids)) or {}), **PERSON}
                with visitor.undone():
                    visitor.ask(route, route.home, account=account, street=street, body=body, query=query, **ids)
        for name, error in faults.items():
            route = next(each for each in routes if each.name.endswith("/admin/compounds"))
            with broken(visitor, error):
                visitor.ask(route, route.home, account=route.account(route.home))
            assert name
        for place in (PLACES["here1"], PLACES["there1"]):
            fail_with_words(module_house, place)
        with pytest.raises(LinliError):
            sign_in(module_house, PERSON["phone"], PERSON["password"], ip="203.0.113.30")
        channels = module_house.channels
        module_house.channels = replace(channels, sms=Broken())
        request_code(module_house, PERSON["phone"], "phone", ip="203.0.113.30")
        module_house.channels = channels
        visitor.client.get(f"/account/invitations/{WORLD.here.code}/{'x9Z' * 14}q")
        logging.getLogger("some.library").warning("got %s\nfor %s", PERSON["phone"], PERSON["id_number"])
        time.sleep(0.2)
        tokens |= {browser._token or "" for browser in visitor._browsers.values()}
        tokens |= {headers["authorization"].split()[1] for headers in visitor._tokens.values()}
    written = log.getvalue()
    assert [each for each in (place.canary for place in PLACES.values()) if each in written] == []
    assert "canary" not in re.sub(r"canary-inside", "", written)
    assert _NUMBERS.findall(written) == []
    assert not [each for each in tokens if each in written]
    assert "x9Z" * 14 not in written
    assert len(tokens) > 3, "control: there were tokens to tell"
    assert "sign-in failed" in written, "control: it is told that somebody failed"
    assert written.count("/admin/compounds") > 10, "control: every request is told"
    assert written.count("job failed") == 2, "control: failures are told"
    assert "139****0001" in written, "control: what a message held was masked"
    if as_json:
        events = log.events()
        assert len(events) > len(routes)
        assert all({"event", "level", "timestamp"} <= set(each) for each in events)


class Broken:
    """A message service that answers with what it was given."""

    is_connected = True

    def send(self, messages: Sequence[TextMessage]) -> list[Fault | None]:
        raise RuntimeError(f"no route to {messages[0].phone} with {messages[0].text}")


def fail_with_words(house: House, place: Any) -> None:
    """A job whose error holds the words that it worked on."""

    def work(run: Any) -> None:
        with run.unit_of_work() as session:
            session.execute(
                text("INSERT INTO core.compound (id, community_id, name) VALUES (:id, :c, :name)"),
                {"id": uuid4(), "c": uuid4(), "name": place.canary},
            )

    # The application's own thread would take the job first, and not know it.
    house.database.info.pop("job_bell", None)
    with house.database.unit_of_work(place.scope) as session:
        enqueue(session, "core.fail", {"n": 1}, max_attempts=1)
    JobRunner(house, Tasks({"core.fail": Task("core.fail", work)})).run_due()


@pytest.mark.nightly
def test_h3_an_answer_takes_no_longer_where_there_is_something(visitor: Visitor, planted: Planted, routes) -> None:
    """Reported, and bounded loosely: a shared machine's clock is no witness.

    What else the machine does only adds to a time, so the quick tenth of the answers is compared; and a difference
    that tells something is there again, in the same direction, when it is measured anew.
    """
    slow = []
    for route in (each for each in routes if each.handler.is_read and len(each.ids) == 1):
        table = str(route.table_of(route.ids[0], planted.tables))
        row = planted.rows.get((table, route.victims[1].key))
        if row is None:
            continue
        if differences := _tells(lambda route=route, row=row: _quick_answers(visitor, route, row["id"])):
            slow.append(f"{route.name}: {differences}")
    assert not slow


@pytest.mark.parametrize(
    ("measured", "tells"),
    [
        ([(15.0, 10.0)] * 3, True),
        ([(5.0, 10.0)] * 3, True),
        ([(15.0, 10.0), (15.0, 10.0), (12.5, 10.0)], False),
        ([(15.0, 10.0), (5.0, 10.0), (15.0, 10.0)], False),
        ([(12.5, 10.0)], False),
        ([(12.6, 10.0)] * 3, True),
        ([(4.0, 2.0)], False),
        ([(4.1, 2.0)] * 3, True),
    ],
)
def test_h3_a_difference_tells_when_it_is_there_each_time(measured, tells) -> None:
    rounds = iter(measured)
    assert bool(_tells(lambda: next(rounds))) is tells


def _tells(measure: Callable[[], tuple[float, float]]) -> list[float]:
    """The differences in milliseconds between a row of others and none; empty when they tell nothing."""
    seen: list[float] = []
    while len(seen) < 3:
        theirs, nobodys = measure()
        if abs(theirs - nobodys) <= max(2.0, 0.25 * nobodys):
            return []
        seen.append(theirs - nobodys)
    return seen if max(seen) < 0 or min(seen) > 0 else []


def _quick_answers(visitor: Visitor, route, row_id: object) -> tuple[float, float]:
    """Milliseconds in which the quickest tenth of 40 answers came: for a row of others, and for none."""
    taken: dict[str, list[float]] = {"theirs": [], "nobody's": []}
    me = route.account(route.home)
    for _n in range(40):
        for what, value in (("theirs", row_id), ("nobody's", uuid4())):
            began = time.perf_counter()
            visitor.ask(route, route.home, account=me, **{route.ids[0]: value})
            taken[what].append(time.perf_counter() - began)
    theirs, nobodys = (statistics.quantiles(times, n=10)[0] * 1000 for times in taken.values())
    print(f"{route.name}: theirs {theirs:.2f} ms, nobody's {nobodys:.2f} ms")  # noqa: T201 the report
    return theirs, nobodys
