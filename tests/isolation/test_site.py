"""Part F: every route of core and plugins, asked for what belongs to somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from linli.web.routing import Portal
from tests.isolation.planted import PLACES, Planted
from tests.isolation.site import Route
from tests.isolation.visitor import Answer, Visitor

#: Routes whose answer to one's own planted row cannot be told from that to no row at all, and why.
NO_CONTROL: dict[str, str] = {}


def makes(planted: Planted, route: Route, own: dict[str, str]) -> Any:
    """Gives body fields the ids of one's own rows."""

    def make(name: str) -> str:
        table = route.table_of(name, planted.tables)
        row = planted.row_near(planted.tables[table], route.home) if table else None
        return own.get(name) or (row["id"] if row and "id" in row else str(uuid4()))

    return make


def own_ids(visitor: Visitor, route: Route) -> Iterator[dict[str, str]]:
    """Ids of one's own rows for a path: the planted ones, then others."""
    names = []
    for name in route.ids:
        table = route.table_of(name, visitor.planted.tables)
        assert table in visitor.planted.tables, f"{route.name}: say in site.py which table {name} names"
        names.append(visitor.own_ids(table, route.home)[:5])
    for ids in product(*names):
        yield dict(zip(route.ids, ids, strict=True))


def canaries(route: Route) -> list[str]:
    return [place.canary for place in route.victims]


def leaks_in(answer: Answer, route: Route, planted: Planted, *, asked: str = "") -> list[str]:
    """Other people's words and row numbers in an answer."""
    known = {row["id"] for (name, _), row in planted.rows.items() if name == "core.community"}
    strange = planted.ids_of(*(place.key for place in route.victims)) - known - {asked}
    found = [canary for canary in canaries(route) if canary in answer.text]
    return found + [each for each in strange if each in answer.text]


class TestIds:
    def test_f1_ids_of_others(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks, blind = [], []
        for route in (each for each in routes if each.ids):
            me, home = route.account(route.home), route.home
            with visitor.undone() as watch:
                before = watch.print_of(*route.victims)
                ids = next(own_ids(visitor, route))
                for name in route.ids:
                    body = route.body(makes(planted, route, ids))
                    nothing = visitor.ask(route, home, account=me, body=body, **ids | {name: str(uuid4())})
                    table = planted.tables[str(route.table_of(name, planted.tables))]
                    for victim in route.victims:
                        row = planted.rows.get((table.name, victim.key))
                        if row is None or (not table.is_communitys and victim.tenant_id == home.tenant_id):
                            continue
                        got = visitor.ask(route, home, account=me, body=body, **ids | {name: row["id"]})
                        if got.gist != nothing.gist:
                            leaks.append(f"{route.name} {name} of {victim.key}: {got.status}, else {nothing.status}")
                        leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, asked=row["id"])]
                    if route.handler.is_read and nothing.status != 404:
                        leaks.append(f"{route.name}: {nothing.status} for nothing")
                if watch.print_of(*route.victims) != before:
                    leaks.append(f"{route.name}: changed somebody else's rows")
            if not self._control(visitor, planted, route, nothing):
                blind.append(route.name)
        assert leaks == []
        assert set(blind) == set(NO_CONTROL), "control: one's own row is answered otherwise than no row"

    def _control(self, visitor: Visitor, planted: Planted, route: Route, nothing: Answer) -> bool:
        for ids in own_ids(visitor, route):
            with visitor.undone():
                got = visitor.ask(
                    route,
                    route.home,
                    account=route.account(route.home),
                    body=route.body(makes(planted, route, ids)),
                    **ids,
                )
            assert got.status < 500, f"{route.name}: {got.text[:300]}"
            if got.gist != nothing.gist and not got.is_refusal:
                return True
        return False
