"""Attacks on routes by ids, by roles and by places: run on core and plugins by the site's tests and by the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import uuid4

from linli.testing.planted import PLACES, Place, Planted
from linli.testing.site import Route
from linli.testing.visitor import Answer, Visitor

#: The number of a row, as pages and answers write it.
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass
class Attempt:
    """What came of one kind of attack.

    Attributes:
        leaks: one line for each thing that should not have been seen, done or told; empty when all walls hold.
        proven: the controls that worked: the same act on what is one's own.
        blind: routes whose answer to one's own row cannot be told from that to no row at all.
    """

    leaks: list[str] = field(default_factory=list)
    proven: set[str] = field(default_factory=set)
    blind: list[str] = field(default_factory=list)


def makes(planted: Planted, route: Route, own: dict[str, Any]) -> Any:
    """Gives body fields the ids of one's own rows."""

    def make(name: str) -> str:
        table = route.table_of(name, planted.tables)
        row = planted.row_near(planted.tables[table], route.home) if table else None
        return own.get(name) or (row["id"] if row and "id" in row else str(uuid4()))

    return make


def own_ids(visitor: Visitor, route: Route) -> Iterator[dict[str, Any]]:
    """Ids of one's own rows for a path: the planted ones, then others."""
    names = []
    for name in route.ids:
        table = route.table_of(name, visitor.planted.tables)
        assert table in visitor.planted.tables, f"{route.name}: say in PluginFacts.tables which table {name} names"
        names.append(visitor.own_ids(table, route.home)[:5])
    for ids in product(*names):
        yield dict(zip(route.ids, ids, strict=True))


def canaries(route: Route) -> list[str]:
    """The words that stand in what must stay out of a route's answers."""
    return [place.canary for place in route.victims]


def leaks_in(answer: Answer, route: Route, planted: Planted, *asked: str) -> list[str]:
    """Other people's words and row numbers in an answer, but for the numbers that the question named."""
    told = set(_ID.findall(answer.text)) - set(asked)
    if told:
        known = {row["id"] for (name, _), row in planted.rows.items() if name == "core.community"}
        told &= planted.ids_of(*(place.key for place in route.victims)) - known
    return [canary for canary in canaries(route) if canary in answer.text] + sorted(told)


def id_near(planted: Planted, route: Route, name: str, place: Place) -> str:
    """A row of a place for a path parameter; an id of nothing where the place has none."""
    row = planted.row_near(planted.tables[str(route.table_of(name, planted.tables))], place)
    return row["id"] if row else str(uuid4())


def ids_of_others(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F1: ids of the other street's and the neighbour's rows in each path; the same answer as for no row at all."""
    done = Attempt()
    for route in (each for each in routes if each.ids):
        me, home, nothing = route.account(route.home), route.home, Answer(0, "", {})
        with visitor.undone() as watch:
            ids = next(own_ids(visitor, route))
            for name in route.ids:
                body = route.body(makes(planted, route, ids))
                nowhere: dict[str, Any] = ids | {name: str(uuid4())}
                nothing = visitor.ask(route, home, account=me, body=body, **nowhere)
                table = planted.tables[str(route.table_of(name, planted.tables))]
                for victim in route.victims:
                    row = planted.rows.get((table.name, victim.key))
                    if row is None or (not table.is_communitys and victim.tenant_id == home.tenant_id):
                        continue
                    theirs: dict[str, Any] = ids | {name: row["id"]}
                    got = visitor.ask(route, home, account=me, body=body, **theirs)
                    if got.gist != nothing.gist:
                        done.leaks.append(f"{route.name} {name} of {victim.key}: {got.status}, else {nothing.status}")
                    done.leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, row["id"])]
                if route.handler.is_read and nothing.status != 404:
                    done.leaks.append(f"{route.name}: {nothing.status} for nothing")
            if changed := watch.changed(*route.victims):
                done.leaks.append(f"{route.name}: changed somebody else's rows in {changed}")
        if _answers_own(visitor, planted, route, nothing):
            done.proven.add(route.name)
        else:
            done.blind.append(route.name)
    return done


def _answers_own(visitor: Visitor, planted: Planted, route: Route, nothing: Answer) -> bool:
    for ids in own_ids(visitor, route):
        with visitor.undone():
            body = route.body(makes(planted, route, ids))
            got = visitor.ask(route, route.home, account=route.account(route.home), body=body, **ids)
        assert got.status < 500, f"{route.name}: {got.text[:300]}"
        if got.gist != nothing.gist and not got.is_refusal:
            return True
    return False


def ids_in_bodies(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F6 and F7: ids of others in the fields of a body, alone and beside one's own."""
    done = Attempt()
    for route in (each for each in routes if each.id_fields()):
        for name, is_many in route.id_fields().items():
            table = route.table_of(name, planted.tables)
            if table is None or "id" not in planted.tables[table].columns:
                continue
            mine = planted.row_near(planted.tables[table], route.home)

            def send(*ids: str, route: Route = route, name: str = name, is_many: bool = is_many) -> Answer:
                path = next(own_ids(visitor, route))
                body = route.body(makes(planted, route, path)) or {}
                body[name] = list(ids) if is_many else ids[-1]
                return visitor.ask(route, route.home, account=route.account(route.home), body=body, **path)

            with visitor.undone() as watch:
                first, nothing = [mine["id"]] if mine and is_many else [], Answer(0, "", {})
                for victim in route.victims:
                    row = planted.rows.get((table, victim.key))
                    if row is None or (table == "core.community" and victim.tenant_id == route.home.tenant_id):
                        continue
                    got, nothing = send(*first, row["id"]), send(*first, str(uuid4()))
                    if got.gist != nothing.gist or got.status < 300:
                        done.leaks.append(f"{route.name} {name} of {victim.key}: {got.status}, else {nothing.status}")
                    done.leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, row["id"])]
                if changed := watch.changed(*route.victims):
                    done.leaks.append(f"{route.name}: changed somebody else's rows in {changed}")
                if mine and send(mine["id"]).gist != nothing.gist:
                    done.proven.add(f"{route.name} {name}")
    return done


def ids_as_filters(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F8: ids of others behind the question mark."""
    done = Attempt()
    for route in (each for each in routes if each.handler.is_read):
        for name in route.query_parameters():
            table = route.table_of(name, planted.tables)
            if table is None or table == "core.community":
                continue
            ids, me = next(own_ids(visitor, route)), route.account(route.home)
            nothing = visitor.ask(route, route.home, account=me, query={name: str(uuid4())}, **ids)
            for victim in route.victims:
                if row := planted.rows.get((table, victim.key)):
                    got = visitor.ask(route, route.home, account=me, query={name: row["id"]}, **ids)
                    if got.gist != nothing.gist:
                        done.leaks.append(f"{route.name} {name}: {got.status}, else {nothing.status}")
                    done.leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, row["id"])]
            mine = planted.row_near(planted.tables[table], route.home)
            assert mine, f"{route.name}: say in PluginFacts.tables which table {name} names"
            if visitor.ask(route, route.home, account=me, query={name: mine["id"]}, **ids).gist != nothing.gist:
                done.proven.add(f"{route.name} {name}")
    return done


def rows_of_others(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F13: every page and list, for words and ids of rows that are not one's own."""
    done = Attempt()
    mine = (PLACES["here0"].canary, PLACES["here1"].canary)
    for route in (each for each in routes if each.handler.is_read):
        for ids in own_ids(visitor, route):
            got = visitor.ask(route, route.home, account=route.account(route.home), **ids)
            assert got.status < 500, f"{route.name}: {got.text[:300]}"
            done.leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted)]
            if any(canary in got.text for canary in mine):
                done.proven.add(route.name)
    return done


def roles_elsewhere(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F14: a role of one place in another one."""
    done = Attempt()
    for route in (each for each in routes if each.portal.has_street):
        for victim in route.victims:
            if route.portal.has_community != bool(victim.community_id):
                continue
            ids: dict[str, Any] = {name: id_near(planted, route, name, victim) for name in route.ids}
            with visitor.undone() as watch:
                got = visitor.ask(
                    route,
                    victim,
                    account=route.account(route.home),
                    street=route.home.tenant_id,
                    body=route.body(makes(planted, route, {})),
                    **ids,
                )
                if watch.changed(victim):
                    done.leaks.append(f"{route.name} in {victim.key}: changed")
            # What the public may read there, everybody may: nothing else may show.
            if not route.handler.public:
                told = leaks_in(got, route, planted, *ids.values())
                done.leaks += [f"{route.name} in {victim.key}: {each}" for each in told]
            # What needs no permission tells somebody about themselves.
            if route.handler.needs and not got.is_refusal:
                done.leaks.append(f"{route.name} in {victim.key}: {got.status}")
            if got.status == 200:
                done.proven.add(route.name)
    return done


def nobody_at_all(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F14: somebody who has not signed in gets no further than public pages, and changes nothing."""
    done = Attempt()
    for route in routes:
        ids = next(own_ids(visitor, route))
        with visitor.undone() as watch:
            got = visitor.ask(route, route.home, body=route.body(makes(planted, route, ids)), **ids)
            changed = watch.changed(route.home)
        if changed or not (route.handler.public or got.is_refusal):
            done.leaks.append(f"{route.name}: {got.status} for somebody who has not signed in")
    return done


def plugins_that_are_off(visitor: Visitor, planted: Planted, routes: Iterable[Route]) -> Attempt:
    """F15: a plugin's routes in the community where it is not switched on."""
    done, off = Attempt(), PLACES["here2"]
    for route in (each for each in routes if each.owner != "core"):
        if not route.parameters:
            # What is allowed there may write: the attacks after this one find their rows as they were.
            with visitor.undone():
                answer = visitor.ask(route, route.home, account=route.account(route.home))
            if answer.status == 200:
                done.proven.add(route.name)
        if not route.portal.has_community:
            continue
        ids: dict[str, Any] = {name: id_near(planted, route, name, off) for name in route.ids}
        for account in (route.account(off), route.account(PLACES["here0"]), None):
            body = route.body(makes(planted, route, ids))
            got = visitor.ask(route, off, account=account, body=body, **ids)
            # The token of a form is asked for before anything else, and tells nothing of the plugin.
            if got.status != 404 and not (account is None and got.status in (401, 403)):
                done.leaks.append(f"{route.name}: {got.status} where the plugin is off")
    return done
