"""Allowing, switching on and off, and the one gate that answers for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text

from linli.access.roles import role_permissions
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound
from linli.plugins import gate, repository, service
from linli.plugins.registry import Plugins


@pytest.fixture
def plugins(make_plugin) -> Plugins:
    return Plugins.load(
        found=[
            make_plugin("ledger", per_compound=True),
            make_plugin("bills", requires=("ledger",), per_compound=True),
            make_plugin("maps"),
        ]
    )


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture
def allowed(open_session, world, plugins):
    with open_session(world.here.scope) as session:
        for name in plugins.names:
            service.allow(session, SYSTEM, plugins, name)


def holder(role: str, community_id: UUID | None = None) -> Actor:
    return Actor(account_id=UUID(int=1), grants=(Grant(role, community_id),), permissions=role_permissions())


class TestAllowing:
    def test_what_is_required_is_allowed_with_it(self, open_session, world, plugins) -> None:
        with open_session(world.here.scope) as session:
            assert service.allow(session, SYSTEM, plugins, "bills") == ("ledger", "bills")
            assert service.allow(session, SYSTEM, plugins, "bills") == ()
        with open_session(world.there.scope) as session:
            assert repository.allowed_plugins(session).isdisjoint({"ledger", "bills"})

    def test_what_another_needs_is_not_taken_away(self, open_session, world, plugins, allowed) -> None:
        with open_session(world.here.scope) as session:
            with pytest.raises(Conflict, match="插件bills"):
                service.disallow(session, SYSTEM, plugins, "ledger")
            assert service.disallow(session, SYSTEM, plugins, "bills")
            assert service.disallow(session, SYSTEM, plugins, "ledger")
            assert not service.disallow(session, SYSTEM, plugins, "ledger")

    def test_only_the_streets_administrator_allows(self, open_session, world, own, plugins) -> None:
        with open_session(world.here.scope) as session:
            assert service.allow(session, holder("street_administrator"), plugins, "maps") == ("maps",)
            for actor in (holder("street_staff"), holder("community_administrator", own.id)):
                with pytest.raises(Forbidden):
                    service.disallow(session, actor, plugins, "maps")

    def test_an_unknown_plugin_is_not_found(self, open_session, world, plugins) -> None:
        with open_session(world.here.scope) as session, pytest.raises(NotFound):
            service.allow(session, SYSTEM, plugins, "nothing")

    def test_acts_are_on_record(self, open_session, world, own, plugins) -> None:
        with open_session(world.here.scope) as session:
            service.allow(session, SYSTEM, plugins, "maps")
            service.enable(session, SYSTEM, plugins, "maps", community_id=own.id)
            service.disable(session, SYSTEM, plugins, "maps", community_id=own.id)
            service.disallow(session, SYSTEM, plugins, "maps")
        with open_session(world.here.scope) as session:
            acts = session.execute(
                text("SELECT action, community_id FROM core.audit_entry WHERE subject_id = 'maps' ORDER BY n")
            )
            assert [tuple(row) for row in acts] == [
                ("core.plugin.allow", None),
                ("core.plugin.enable", own.id),
                ("core.plugin.disable", own.id),
                ("core.plugin.disallow", None),
            ]


class TestSwitching:
    def test_it_exists_where_it_is_on_and_nowhere_else(self, open_session, world, own, plugins, allowed) -> None:
        sibling, stranger = world.here.communities[1], world.there.communities[0]
        with open_session(own.scope) as session:
            assert not gate.is_enabled(session, "maps")
            assert service.enable(session, SYSTEM, plugins, "maps", community_id=own.id) == ("maps",)
            assert service.enable(session, SYSTEM, plugins, "maps", community_id=own.id) == ()
            assert gate.is_enabled(session, "maps")
        for other in (sibling, stranger):
            with open_session(other.scope) as session:
                assert not gate.is_enabled(session, "maps")
                with pytest.raises(NotFound):
                    gate.require_enabled(session, "maps")

    def test_the_request_sees_the_same_as_the_gate(self, open_session, own, plugins, allowed) -> None:
        asked = text("SELECT plugins FROM core.resolve_request(''::bytea, 'session', current_date)")
        with open_session(own.scope) as session:
            assert not gate.is_on("maps", session.scalar(asked))
            service.enable(session, SYSTEM, plugins, "maps", community_id=own.id)
            assert gate.is_on("maps", session.scalar(asked))
            assert gate.is_on("core", session.scalar(asked))

    def test_what_it_requires_comes_on_with_it_and_stays_while_it_is_needed(
        self, open_session, own, plugins, allowed
    ) -> None:
        with open_session(own.scope) as session:
            assert service.enable(session, SYSTEM, plugins, "bills", community_id=own.id) == ("ledger", "bills")
            with pytest.raises(Conflict, match="插件bills"):
                service.disable(session, SYSTEM, plugins, "ledger", community_id=own.id)
            assert service.disable(session, SYSTEM, plugins, "bills", community_id=own.id)
            assert service.disable(session, SYSTEM, plugins, "ledger", community_id=own.id)
            assert not service.disable(session, SYSTEM, plugins, "ledger", community_id=own.id)

    def test_what_the_street_does_not_allow_stays_off(self, open_session, world, own, plugins) -> None:
        with open_session(world.here.scope) as session:
            service.allow(session, SYSTEM, plugins, "ledger")
        with open_session(own.scope) as session, pytest.raises(Conflict, match="插件bills"):
            service.enable(session, SYSTEM, plugins, "bills", community_id=own.id)

    def test_disallowing_takes_effect_at_once_and_forgets_nothing(
        self, open_session, world, own, plugins, allowed
    ) -> None:
        with open_session(world.here.scope) as session:
            service.enable(session, SYSTEM, plugins, "maps", community_id=own.id)
            service.disallow(session, SYSTEM, plugins, "maps")
        with open_session(own.scope) as session:
            assert not gate.is_enabled(session, "maps")
        with open_session(world.here.scope) as session:
            service.allow(session, SYSTEM, plugins, "maps")
        with open_session(own.scope) as session:
            assert gate.is_enabled(session, "maps")

    def test_one_compound_alone(self, open_session, own, plugins, allowed) -> None:
        with open_session(own.scope) as session:
            sibling = session.scalar(
                text("INSERT INTO core.compound (community_id, name) VALUES (:c, '二号院') RETURNING id"), {"c": own.id}
            )
            place = {"community_id": own.id, "compound_id": own.compound}
            assert service.enable(session, SYSTEM, plugins, "bills", **place) == ("ledger", "bills")
            assert gate.is_enabled(session, "bills")
            assert gate.is_enabled(session, "bills", compound_id=own.compound)
            assert not gate.is_enabled(session, "bills", compound_id=sibling)
            assert gate.enabled_compounds(session, "bills", own.id) == {own.compound}
            with pytest.raises(Conflict):
                service.disable(session, SYSTEM, plugins, "ledger", **place)
            service.enable(session, SYSTEM, plugins, "ledger", community_id=own.id)
            assert service.disable(session, SYSTEM, plugins, "ledger", **place)
            assert gate.enabled_compounds(session, "ledger", own.id) is None
            with pytest.raises(Invalid):
                service.enable(session, SYSTEM, plugins, "maps", **place)

    def test_places_beyond_the_scope_are_not_found(self, open_session, world, own, plugins, allowed) -> None:
        sibling, stranger = world.here.communities[1], world.there.communities[0]
        with open_session(own.scope) as session:
            for place in (
                {"community_id": sibling.id},
                {"community_id": stranger.id},
                {"community_id": own.id, "compound_id": sibling.compound},
            ):
                with pytest.raises(NotFound):
                    service.enable(session, SYSTEM, plugins, "bills", **place)
                with pytest.raises(NotFound):
                    service.disable(session, SYSTEM, plugins, "bills", **place)

    def test_rights_end_at_the_holders_community(self, open_session, world, own, plugins, allowed) -> None:
        sibling = world.here.communities[1]
        with open_session(world.here.scope) as session:
            administrator = holder("community_administrator", own.id)
            assert service.enable(session, administrator, plugins, "maps", community_id=own.id)
            with pytest.raises(Forbidden):
                service.enable(session, administrator, plugins, "maps", community_id=sibling.id)
            with pytest.raises(Forbidden):
                service.disable(session, holder("resident", own.id), plugins, "maps", community_id=own.id)


class TestMatrix:
    def test_each_community_of_the_scope_has_its_row(self, open_session, world, own, plugins, allowed) -> None:
        with open_session(world.here.scope) as session:
            service.enable(session, SYSTEM, plugins, "maps", community_id=own.id)
            service.enable(session, SYSTEM, plugins, "ledger", community_id=own.id, compound_id=own.compound)
            rows = {row.community_id: row for row in repository.matrix(session)}
            assert set(rows) == {each.id for each in world.here.communities}
            assert "maps" in rows[own.id].on
            assert rows[own.id].partly_on == {"ledger": 1}
            assert rows[world.here.communities[1].id].partly_on == {}
        with open_session(world.there.scope) as session:
            assert all("maps" not in row.on for row in repository.matrix(session))


class TestTwoAtOnce:
    """Whoever comes second sees what the first one did."""

    @pytest.fixture
    def ledger_on(self, house, world, own, plugins):
        with house.database.unit_of_work(world.here.scope) as session:
            service.allow(session, SYSTEM, plugins, "bills")
        with house.database.unit_of_work(own.scope) as session:
            service.enable(session, SYSTEM, plugins, "ledger", community_id=own.id)

    def second_while_first_is_open(self, house, scope, first, second) -> None:
        """Both acts, the second begun before the first one's transaction ends; refuses as the second does."""
        with ThreadPoolExecutor(1) as pool:

            def later() -> object:
                with house.database.unit_of_work(scope) as session:
                    return second(session)

            with house.database.unit_of_work(scope) as session:
                first(session)
                waiting = pool.submit(later)
                with pytest.raises(TimeoutError):
                    waiting.result(0.5)
            waiting.result(20)

    def test_in_a_community(self, house, own, plugins, ledger_on) -> None:
        def enable(session):
            service.enable(session, SYSTEM, plugins, "bills", community_id=own.id)

        def disable(session):
            service.disable(session, SYSTEM, plugins, "ledger", community_id=own.id)

        with pytest.raises(Conflict, match="插件bills"):
            self.second_while_first_is_open(house, own.scope, enable, disable)
        with house.database.unit_of_work(own.scope) as session:
            on = {row.plugin for row in repository.enablements(session, community_id=own.id)}
        assert {"ledger", "bills"} <= on

    def test_in_a_street(self, house, world, plugins, ledger_on) -> None:
        def disallow(session):
            service.disallow(session, SYSTEM, plugins, "bills")
            service.disallow(session, SYSTEM, plugins, "ledger")

        self.second_while_first_is_open(
            house, world.here.scope, disallow, lambda session: service.allow(session, SYSTEM, plugins, "bills")
        )
        with house.database.unit_of_work(world.here.scope) as session:
            assert {"ledger", "bills"} <= repository.allowed_plugins(session)

    def test_the_same_act_twice_is_done_once_and_refused_to_nobody(self, house, own, plugins, ledger_on) -> None:
        def enable(session):
            return service.enable(session, SYSTEM, plugins, "bills", community_id=own.id)

        self.second_while_first_is_open(house, own.scope, enable, enable)
        with house.database.unit_of_work(own.scope) as session:
            assert len([row for row in repository.enablements(session) if row.plugin == "bills"]) == 1
