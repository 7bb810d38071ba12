"""F2 to F5: whatever a request says of itself beside its path, it stays at home."""

from __future__ import annotations

import typing
from uuid import uuid4

import msgspec
import pytest

from linli.testing.attacks import leaks_in, makes, own_ids
from linli.testing.planted import PLACES, Planted
from linli.testing.site import Route
from linli.testing.visitor import Visitor

pytestmark = pytest.mark.thorough


class TestOverrides:
    #: Names under which other systems take a tenant from the request.
    NAMES = ("tenant_id", "tenant", "street", "community", "community_id", "scope", "owner_id", "account_id")

    def test_f4_a_street_named_beside_the_path(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks = []
        for route in (each for each in routes if each.handler.is_read and each.portal.has_street):
            ids, me = next(own_ids(visitor, route)), route.account(route.home)
            plain = visitor.ask(route, route.home, account=me, **ids)
            for victim in route.victims[:1]:
                value = str(victim.community_id or victim.tenant_id)
                unknown = [name for name in self.NAMES if name not in route.query_parameters()]
                headers = {f"x-{name.replace('_', '-')}": value for name in self.NAMES}
                got = visitor.ask(
                    route, route.home, account=me, query=dict.fromkeys(unknown, value), headers=headers, **ids
                )
                if got.status not in (plain.status, 400, 422):
                    leaks.append(f"{route.name}: {got.status}, else {plain.status}")
                leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted, value)]
        assert leaks == []

    @pytest.mark.asvs("V8.2.3")
    def test_f5_columns_that_no_form_offers(self, visitor: Visitor, planted: Planted, routes: list[Route]) -> None:
        leaks, proven = [], 0
        other = PLACES["there1"]
        extra = {
            "tenant_id": str(other.tenant_id),
            "id": str(uuid4()),
            "role": "street_administrator",
            "is_platform_operator": True,
            "created_by": str(uuid4()),
            "account_id": str(uuid4()),
        }
        for route in (each for each in routes if not each.handler.is_read and each.portal.has_street):
            ids, me = next(own_ids(visitor, route)), route.account(route.home)
            body = route.body(makes(planted, route, ids))
            if body is None:
                continue
            added = {name: value for name, value in extra.items() if name not in body and name not in declared(route)}
            with visitor.undone() as watch:
                got = visitor.ask(route, route.home, account=me, body={**added, **body}, **ids)
                if changed := watch.changed(*route.victims):
                    leaks.append(f"{route.name}: changed somebody else's rows in {changed}")
                if got.status >= 500:
                    leaks.append(f"{route.name}: {got.status}")
                leaks += [f"{route.name}: {each}" for each in leaks_in(got, route, planted)]
            proven += 1
        assert leaks == []
        assert proven > 15

    #: What proxies and frameworks are known to believe.
    CLAIMS = (
        {"host": "there.example.org"},
        {
            "x-forwarded-host": "there.example.org",
            "forwarded": "host=there.example.org;for=10.0.0.1",
            "x-original-url": "/s/999001002/console",
            "x-rewrite-url": "/s/999001002/console",
            "x-forwarded-prefix": "/s/999001002",
            "x-http-method-override": "DELETE",
        },
    )

    def test_f2_and_f3_headers_that_claim_another_place(
        self, visitor: Visitor, planted: Planted, routes: list[Route], superuser
    ) -> None:
        there = PLACES["there0"]
        superuser.execute(
            "INSERT INTO core.domain (host, tenant_id) VALUES ('there.example.org', %s) ON CONFLICT DO NOTHING",
            [there.tenant_id],
        )
        leaks = []
        for route in (each for each in routes if each.handler.is_read and not each.ids):
            me = route.account(route.home)
            plain = visitor.ask(route, route.home, account=me)
            for headers in self.CLAIMS:
                got = visitor.ask(route, route.home, account=me, headers=headers)
                name = f"{route.name} {next(iter(headers))}"
                if got.gist[:2] != plain.gist[:2] or "there.example.org" in got.text + str(got.headers):
                    leaks.append(f"{name}: {got.status}, else {plain.status}")
                leaks += [f"{name}: {each}" for each in leaks_in(got, route, planted)]
        assert leaks == []

    @pytest.mark.asvs("V4.1.3")
    def test_f3_an_address_is_not_taken_from_the_caller(self, visitor: Visitor, routes: list[Route], superuser) -> None:
        route = next(each for each in routes if each.name.endswith("POST /s/{street}/c/{community}/admin/compounds"))
        body = {**(route.body(lambda name: str(uuid4())) or {}), "name": "地址院"}
        before = superuser.execute("SELECT count(*) FROM core.audit_entry").fetchone()
        claimed = {"x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", "forwarded": "for=203.0.113.9"}
        got = visitor.ask(route, route.home, account=route.account(route.home), body=body, headers=claimed)
        assert got.status == 303, got.text[:500]
        assert superuser.execute("SELECT count(*) FROM core.audit_entry").fetchone() > before, "control"
        assert superuser.execute("SELECT count(*) FROM core.audit_entry WHERE ip = '203.0.113.9'").fetchone() == (0,)


def declared(route: Route) -> set[str]:
    """The fields that a route's body knows."""
    kind = typing.get_type_hints(route.handler.call).get("data")
    return {field.encode_name for field in msgspec.structs.fields(kind)} if kind else set()
