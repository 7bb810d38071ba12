"""Part F: every route of core and plugins, asked for what belongs to somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from tests.isolation.planted import PLACES, Planted
from tests.isolation.site import Route
from tests.isolation.visitor import Answer, Visitor

from linli.web.routing import Portal

#: Routes whose answer to one's own planted row cannot be told from that to no row at all, and why.
NO_CONTROL: dict[str, str] = {
    "POST /api/v1/s/{street}/c/{community}/residents/{resident_id}/merge": "the planted body names the person itself",
}


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


def leaks_in(answer: Answer, route: Route, planted: Planted, *asked: str) -> list[str]:
    """Other people's words and row numbers in an answer, but for the numbers that the question named."""
    known = {row["id"] for (name, _), row in planted.rows.items() if name == "core.community"}
    strange = planted.ids_of(*(place.key for place in route.victims)) - known - set(asked)
    found = [canary for canary in canaries(route) if canary in answer.text]
    return found + [each for each in strange if each in answer.text]


class TestIds:
    @pytest.mark.asvs("V8.2.2", "V8.4.1")
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
                        leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, row["id"])]
                    if route.handler.is_read and nothing.status != 404:
                        leaks.append(f"{route.name}: {nothing.status} for nothing")
                if changed := watch.changed(before, *route.victims):
                    leaks.append(f"{route.name}: changed somebody else's rows in {changed}")
            if not self._control(visitor, planted, route, nothing):
                blind.append(route.name)
        assert leaks == []
        assert sorted(set(blind) ^ set(NO_CONTROL)) == [], "control: one's own row is answered otherwise than no row"

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

    def test_f6_and_f7_ids_of_others_in_bodies(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks, proven = [], set()
        for route in (each for each in routes if each.id_fields()):
            for name, is_many in route.id_fields().items():
                table = route.table_of(name, planted.tables)
                if table is None or "id" not in planted.tables[table].columns:
                    continue
                mine = planted.row_near(planted.tables[table], route.home)

                def send(*ids: str, route=route, name=name, is_many=is_many) -> Answer:
                    path = next(own_ids(visitor, route))
                    body = route.body(makes(planted, route, path)) or {}
                    body[name] = list(ids) if is_many else ids[-1]
                    return visitor.ask(route, route.home, account=route.account(route.home), body=body, **path)

                with visitor.undone() as watch:
                    before = watch.print_of(*route.victims)
                    first = [mine["id"]] if mine and is_many else []
                    for victim in route.victims:
                        row = planted.rows.get((table, victim.key))
                        if row is None or (table == "core.community" and victim.tenant_id == route.home.tenant_id):
                            continue
                        got, nothing = send(*first, row["id"]), send(*first, str(uuid4()))
                        if got.gist != nothing.gist or got.status < 300:
                            leaks.append(f"{route.name} {name} of {victim.key}: {got.status}, else {nothing.status}")
                        leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, row["id"])]
                    if changed := watch.changed(before, *route.victims):
                        leaks.append(f"{route.name}: changed somebody else's rows in {changed}")
                    if mine and send(mine["id"]).gist != nothing.gist:
                        proven.add(f"{route.name} {name}")
        assert leaks == []
        assert len(proven) >= 3, f"control: {proven}"

    def test_f8_ids_of_others_as_filters(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks, proven = [], 0
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
                            leaks.append(f"{route.name} {name}: {got.status}, else {nothing.status}")
                        leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, row["id"])]
                mine = planted.row_near(planted.tables[table], route.home)
                assert mine, f"{route.name}: say in site.py which table {name} names"
                got = visitor.ask(route, route.home, account=me, query={name: mine["id"]}, **ids)
                proven += got.gist != nothing.gist
        assert leaks == []
        assert proven >= 2, "control: one's own rows are found by the filter"

    def test_f11_an_etag_tells_nothing(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks = []
        for route in (each for each in routes if len(each.ids) == 1):
            table = str(route.table_of(route.ids[0], planted.tables))
            home, me = route.home, route.account(route.home)
            for victim in route.victims[:1]:
                row = planted.rows.get((table, victim.key))
                if row is None or (table == "core.community" and victim.tenant_id == home.tenant_id):
                    continue
                tag = f'"{row.get("version", 1)}"'
                name = "if-none-match" if route.handler.is_read else "if-match"
                for headers in ({name: "*"}, {name: tag}):
                    ids = {route.ids[0]: row["id"]}
                    body = route.body(makes(planted, route, ids))
                    with visitor.undone():
                        got = visitor.ask(route, home, account=me, body=body, headers=headers, **ids)
                        lost = {route.ids[0]: uuid4()}
                        nothing = visitor.ask(route, home, account=me, body=body, headers=headers, **lost)
                    if got.gist != nothing.gist or got.status in (304, 412):
                        leaks.append(f"{route.name} {headers}: {got.status}, else {nothing.status}")
        assert leaks == []


class TestPages:
    def test_f13_no_page_shows_what_is_others(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks, shown = [], set()
        for route in (each for each in routes if each.handler.is_read):
            for ids in own_ids(visitor, route):
                got = visitor.ask(route, route.home, account=route.account(route.home), **ids)
                assert got.status < 500, f"{route.name}: {got.text[:300]}"
                leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted)]
                shown |= (
                    {route.name} if PLACES["here1"].canary in got.text or PLACES["here0"].canary in got.text else set()
                )
        assert leaks == []
        assert len(shown) >= 25, f"control: pages show one's own canary: {sorted(shown)}"

    def test_f14_a_role_ends_at_the_wall(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks, admitted = [], 0
        for route in (each for each in routes if each.portal.has_street):
            for victim in route.victims:
                if route.portal.has_community != bool(victim.community_id):
                    continue
                ids = {name: self._id(planted, route, name, victim) for name in route.ids}
                with visitor.undone() as watch:
                    before = watch.print_of(victim) if not route.handler.is_read else []
                    got = visitor.ask(
                        route,
                        victim,
                        account=route.account(route.home),
                        street=route.home.tenant_id,
                        body=route.body(makes(planted, route, {})),
                        **ids,
                    )
                    if before and watch.print_of(victim) != before:
                        leaks.append(f"{route.name} in {victim.key}: changed")
                # What the public may read there, everybody may: nothing else may show.
                if not route.handler.public:
                    leaks += [
                        f"{route.name} in {victim.key}: {each}" for each in leaks_in(got, route, planted, *ids.values())
                    ]
                # What needs no permission tells somebody about themselves.
                if route.handler.needs and not got.is_refusal:
                    leaks.append(f"{route.name} in {victim.key}: {got.status}")
                admitted += got.status == 200
        assert leaks == []
        assert admitted > 0, "control: public pages open for everybody"

    @staticmethod
    def _id(planted: Planted, route: Route, name: str, place) -> str:
        table = str(route.table_of(name, planted.tables))
        row = planted.row_near(planted.tables[table], place)
        return row["id"] if row else str(uuid4())

    def test_f14_nobody_at_all_gets_no_further(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks = []
        for route in routes:
            ids = next(own_ids(visitor, route))
            with visitor.undone() as watch:
                before = watch.print_of(route.home) if not route.handler.is_read else []
                got = visitor.ask(route, route.home, body=route.body(makes(planted, route, ids)), **ids)
                changed = before and watch.print_of(route.home) != before
            if changed or not (route.handler.public or got.is_refusal):
                leaks.append(f"{route.name}: {got.status}")
        assert leaks == []

    def test_f10_a_fragment_has_the_pages_guard(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks = []
        headers = {"hx-request": "true", "hx-target": "rows"}
        for route in (each for each in routes if each.handler.is_read and each.portal.has_street):
            ids = next(own_ids(visitor, route))
            nobody = visitor.ask(route, route.home, headers=headers, **ids)
            if not (route.handler.public or nobody.is_refusal or "hx-redirect" in nobody.headers):
                leaks.append(f"{route.name}: {nobody.status} for nobody")
            mine = visitor.ask(route, route.home, account=route.account(route.home), headers=headers, **ids)
            leaks += [f"{route.name}: {each}" for each in leaks_in(mine, route, planted)]
        assert leaks == []

    def test_f9_a_page_number_of_somebody_elses_list(
        self, visitor: Visitor, planted: Planted, routes: list[Route]
    ) -> None:
        leaks, proven = [], 0
        for route in (each for each in routes if "after" in each.query_parameters()):
            ids, me, home = next(own_ids(visitor, route)), route.account(route.home), route.home
            for victim in (each for each in route.victims if bool(each.community_id) == route.portal.has_community):
                there = {name: self._id(planted, route, name, victim) for name in route.ids}
                theirs = visitor.ask(route, victim, account=route.account(victim), **there)
                known = {row["id"] for (_, key), row in planted.rows.items() if key == victim.key and "id" in row}
                for cursor in [*next_pages(theirs), *sorted(known)[:3], "zzz"]:
                    got = visitor.ask(route, home, account=me, query={"after": cursor}, **ids)
                    assert got.status in (200, 400, 422), f"{route.name}: {got.status} for {cursor}"
                    leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, cursor)]
                    proven += 1
        assert leaks == []
        assert proven > 20


def next_pages(answer: Answer) -> list[str]:
    """The cursors that a list offers."""
    found = re.findall(r"[?&;]after=([^\"&]+)", answer.text) + re.findall(r'"next": ?"([^"]+)"', answer.text)
    return [unquote(each) for each in dict.fromkeys(found)]


class TestPlugins:
    def test_f15_a_plugin_that_is_off_does_not_exist(
        self, visitor: Visitor, planted: Planted, routes: list[Route]
    ) -> None:
        leaks, off = [], PLACES["here2"]
        its = [each for each in routes if each.owner != "core"]
        nowhere = visitor.client.get("/s/999001001/c/999001001002/admin/nowhere")
        for route in (each for each in its if each.portal.has_community):
            ids = {name: TestPages._id(planted, route, name, off) for name in route.ids}
            for account in (route.account(off), route.account(PLACES["here0"]), None):
                body = route.body(makes(planted, route, ids))
                got = visitor.ask(route, off, account=account, body=body, **ids)
                # The token of a form is asked for before anything else, and tells nothing of the plugin.
                if got.status != 404 and not (account is None and got.status in (401, 403)):
                    leaks.append(f"{route.name}: {got.status}")
        assert leaks == []
        assert nowhere.status_code == 404
        on = {
            visitor.ask(each, each.home, account=each.account(each.home)).status for each in its if not each.parameters
        }
        assert 200 in on, "control: where it is on it answers"


class TestAccounts:
    def test_f1_sessions_and_tokens_of_other_people(
        self, visitor: Visitor, routes: list[Route], superuser, world
    ) -> None:
        mine, theirs = world.here.communities[0].administrator, world.there.communities[0].administrator
        for table, part in (("core.session", "sessions/{session_id}"), ("core.api_token", "tokens/{token_id}")):
            route = next(each for each in routes if part in each.name and not each.handler.is_read)
            api = next(each for each in routes if each.portal is Portal.STREET_API and each.handler.is_read)
            for account in (mine, theirs):
                visitor.ask(api, PLACES["here0"] if account == mine else PLACES["there0"], account=account)
                visitor.ask(route, route.home, account=account)
                visitor._browsers.pop(account, None)
                visitor.ask(route, route.home, account=account)
            find = f"SELECT id FROM {table} WHERE account_id = %s ORDER BY created_at LIMIT 1"
            name = re.findall(r"{(\w+)}", route.name)[0]
            ids = {who: superuser.execute(find, [who]).fetchone()[0] for who in (mine, theirs)}
            got = visitor.ask(route, route.home, account=mine, **{name: ids[theirs]})
            nothing = visitor.ask(route, route.home, account=mine, **{name: uuid4()})
            assert got.gist == nothing.gist, route.name
            alive = {
                "core.session": "SELECT count(*) FROM core.session WHERE id = %s",
                "core.api_token": "SELECT count(*) FROM core.api_token WHERE id = %s AND revoked_at IS NULL",
            }[table]
            assert superuser.execute(alive, [ids[theirs]]).fetchone() == (1,)
            visitor.ask(route, route.home, account=mine, **{name: ids[mine]})
            assert superuser.execute(alive, [ids[mine]]).fetchone() == (0,), "control: one's own is ended"

    @pytest.mark.parametrize("table", ["core.session", "core.api_token"])
    def test_f16_what_has_ended_opens_nothing(self, visitor: Visitor, routes: list[Route], superuser, table) -> None:
        some = [each for each in routes if each.handler.is_read and not each.handler.public and not each.parameters]
        routes = [each for each in some if each.portal.is_api == (table == "core.api_token")]
        visitor._browsers.clear()
        visitor._tokens.clear()
        routes = [r for r in routes if visitor.ask(r, r.home, account=r.account(r.home)).status == 200]
        assert len(routes) >= 10, "control"
        try:
            superuser.execute(f"UPDATE {table} SET expires_at = now() - interval '1 second'")
            after = [visitor.ask(each, each.home, account=each.account(each.home)) for each in routes]
            assert all(answer.is_refusal for answer in after)
        finally:
            visitor._browsers.clear()
            visitor._tokens.clear()


def test_f12_the_document_of_the_api_holds_nobodys_data(visitor: Visitor, planted: Planted) -> None:
    for path in ("/api/v1/openapi.json", "/api/v1/openapi.yaml"):
        document = visitor.client.get(path)
        assert document.status_code == 200
        assert "/api/v1/s/{street}" in document.text, "control"
        assert "canary-" not in document.text
        assert not [each for each in planted.ids_of(*PLACES) if each in document.text]
