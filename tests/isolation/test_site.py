"""Part F: every route of core and plugins, asked for what belongs to somebody else."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import unquote
from uuid import uuid4

import pytest
from sqlalchemy import text

from linli.testing import attacks
from linli.testing.attacks import id_near, leaks_in, makes, own_ids
from linli.testing.planted import PLACES, Planted
from linli.testing.site import Route
from linli.testing.visitor import Answer, Visitor
from linli.web.routing import Portal

#: Routes whose answer to one's own planted row cannot be told from that to no row at all, and why.
NO_CONTROL: dict[str, str] = {
    "POST /api/v1/s/{street}/c/{community}/residents/{resident_id}/merge": "the planted body names the person itself",
    "POST /api/v1/s/{street}/apps/{app_id}/tokens/{token_id}/revoke": "tokens lie in no tenant's table: tests/apps",
    "POST /s/{street}/c/{community}/admin/compounds/{compound_id}/rules/table": "columns are a reader's own",
    "POST /s/{street}/console/apps/{app_id}/tokens/{token_id}/revoke": "tokens lie in no tenant's table: tests/apps",
}


def test_the_watch_sees_what_was_written_and_only_that(visitor: Visitor) -> None:
    place = PLACES["there1"]
    spoil = text("UPDATE core.resident SET remarks = remarks || 'x'")
    with visitor.undone() as watch:
        assert watch.changed(*PLACES.values()) == []
        with suppress(RuntimeError), visitor.house.database.unit_of_work(place.scope) as session:
            session.execute(spoil)
            raise RuntimeError("taken back")
        assert watch.changed(*PLACES.values()) == []
        with visitor.house.database.unit_of_work(place.scope) as session:
            assert session.execute(spoil).rowcount > 0
        assert watch.changed(PLACES["here1"], PLACES["here2"]) == []
        assert watch.changed(PLACES["here1"], place) == ["core.resident"]
    with visitor.undone() as watch:
        assert watch.changed(place) == []


class TestIds:
    @pytest.mark.asvs("V8.2.2", "V8.4.1")
    def test_f1_ids_of_others(self, visitor: Visitor, planted: Planted, uncontracted: list[Route]) -> None:
        done = attacks.ids_of_others(visitor, planted, uncontracted)
        assert done.leaks == []
        assert sorted(set(done.blind) ^ set(NO_CONTROL)) == [], "control: one's own row is answered otherwise than none"

    def test_f6_and_f7_ids_of_others_in_bodies(
        self, visitor: Visitor, planted: Planted, uncontracted: list[Route]
    ) -> None:
        done = attacks.ids_in_bodies(visitor, planted, uncontracted)
        assert done.leaks == []
        assert len(done.proven) >= 3, f"control: {done.proven}"

    def test_f8_ids_of_others_as_filters(self, visitor: Visitor, planted: Planted, uncontracted: list[Route]) -> None:
        done = attacks.ids_as_filters(visitor, planted, uncontracted)
        assert done.leaks == []
        assert len(done.proven) >= 2, "control: one's own rows are found by the filter"

    @pytest.mark.thorough
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
    def test_f13_no_page_shows_what_is_others(
        self, visitor: Visitor, planted: Planted, uncontracted: list[Route]
    ) -> None:
        done = attacks.rows_of_others(visitor, planted, uncontracted)
        assert done.leaks == []
        assert len(done.proven) >= 25, f"control: pages show one's own canary: {sorted(done.proven)}"

    def test_f14_a_role_ends_at_the_wall(self, visitor: Visitor, planted: Planted, uncontracted: list[Route]) -> None:
        done = attacks.roles_elsewhere(visitor, planted, uncontracted)
        assert done.leaks == []
        assert done.proven, "control: public pages open for everybody"

    def test_f14_nobody_at_all_gets_no_further(
        self, visitor: Visitor, planted: Planted, uncontracted: list[Route]
    ) -> None:
        assert attacks.nobody_at_all(visitor, planted, uncontracted).leaks == []

    @pytest.mark.thorough
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

    @pytest.mark.thorough
    def test_f9_a_page_number_of_somebody_elses_list(
        self, visitor: Visitor, planted: Planted, routes: list[Route]
    ) -> None:
        leaks, proven = [], 0
        for route in (each for each in routes if "after" in each.query_parameters()):
            ids, me, home = next(own_ids(visitor, route)), route.account(route.home), route.home
            for victim in (each for each in route.victims if bool(each.community_id) == route.portal.has_community):
                there = {name: id_near(planted, route, name, victim) for name in route.ids}
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
        nowhere = visitor.client.get("/s/999001001/c/999001001002/admin/nowhere")
        assert nowhere.status_code == 404
        done = attacks.plugins_that_are_off(visitor, planted, routes)
        assert done.leaks == []
        assert done.proven, "control: where it is on it answers"


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
