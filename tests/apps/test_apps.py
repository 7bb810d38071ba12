"""Registering apps and stopping them: who may, what may be given, what holds at the next request."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from tests.apps.conftest import GateOpened, Stage, terms

from linli.access.roles import role_permissions
from linli.apps.models import App
from linli.apps.permissions import NEVER
from linli.apps.repository import AppFilter, app_here, apps_here, find_app, list_apps, show_app
from linli.apps.schemas import AppUpdate
from linli.apps.secrets import end_token, issue_token, list_tokens
from linli.apps.service import (
    Ground,
    grantable,
    register_app,
    revoke_app,
    show_panel,
    suspend_app,
    update_app,
)
from linli.audit.models import AuditEntry
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.clock import now
from linli.kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from linli.outward import Outward
from linli.plugins.registry import Plugins
from linli.settings.service import set_setting

PLUGINS = Plugins.load()
GROUND = Ground(PLUGINS, Outward(), "https://linli.test")


def holding(*permissions: str) -> Actor:
    """Somebody of the street who holds these and looks after apps."""
    return Actor(
        account_id=SYSTEM.account_id,
        display_name="王主任",
        grants=(Grant("clerk"),),
        permissions={"clerk": frozenset({"core.app.manage", *permissions})},
    )


def faults(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {each.field for each in error.value.errors}


def change(app: App, **given) -> AppUpdate:
    made = terms(**given)
    shared = {name: getattr(made, name) for name in made.__struct_fields__ if name not in ("name", "days")}
    return AppUpdate(version=app.version, **shared)


class TestRegistering:
    def test_nobody_gives_more_than_they_hold(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            with pytest.raises(Invalid) as error:
                register_app(session, holding(), GROUND, terms())
            assert faults(error) == {"permissions"}
            register_app(session, holding("core.compound.read"), GROUND, terms())

    @pytest.mark.parametrize("permission", sorted(NEVER))
    def test_some_things_stay_with_people(self, open_session, world, permission: str) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as error:
            register_app(session, SYSTEM, GROUND, terms(permissions=[permission]))
        assert faults(error) == {"permissions"}

    def test_what_a_person_offers_is_what_they_hold_of_what_the_street_allows(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            offered = grantable(session, holding("core.compound.read", "core.role.grant"), PLUGINS)
            assert set(offered) == {"core.compound.read"}
            assert any(each.startswith("notices.") for each in grantable(session, SYSTEM, PLUGINS))
            session.execute(text("DELETE FROM core.plugin_allowance"))
            assert not any(each.startswith("notices.") for each in grantable(session, SYSTEM, PLUGINS))

    def test_a_permission_that_is_none_is_refused(self, open_session, world) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as error:
            register_app(session, SYSTEM, GROUND, terms(permissions=["core.everything"]))
        assert faults(error) == {"permissions"}

    def test_it_takes_the_permission_for_the_whole_street(self, open_session, world) -> None:
        community = Actor(
            grants=(Grant("clerk", community_id=world.here.communities[0].id),),
            permissions={"clerk": frozenset({"core.app.manage", "core.compound.read"})},
        )
        with open_session(world.here.scope) as session, pytest.raises(Forbidden):
            register_app(session, community, GROUND, terms())

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"webhook_url": "http://app.example.test/"}, "webhook_url"),
            ({"webhook_url": "https://127.0.0.1/"}, "webhook_url"),
            ({"webhook_url": ""}, "webhook_url"),
            ({"panel_url": "javascript:alert(1)"}, "panel_url"),
            ({"panel_url": "https://linli.test/s/1/console"}, "panel_url"),
            ({"event_types": ["core.Nothing"]}, "event_types"),
            ({"whole_street": False}, "communities"),
            ({"title": "  "}, "title"),
        ],
    )
    def test_each_fault_is_named(self, open_session, world, given: dict, field: str) -> None:
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as error:
            register_app(session, SYSTEM, GROUND, terms(**given))
        assert faults(error) == {field}

    def test_another_streets_community_is_none(self, open_session, world) -> None:
        other = world.there.communities[0].id
        with open_session(world.here.scope) as session, pytest.raises(Invalid) as error:
            register_app(session, SYSTEM, GROUND, terms(whole_street=False, communities=[other]))
        assert faults(error) == {"communities"}

    def test_a_name_is_taken_once_in_a_street(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            register_app(session, SYSTEM, GROUND, terms())
            with pytest.raises(Invalid) as error:
                register_app(session, SYSTEM, GROUND, terms())
        assert faults(error) == {"name"}

    @pytest.mark.parametrize(("days", "ok"), [(29, True), (30, True), (31, False)])
    def test_a_token_lives_no_longer_than_the_street_allows(self, open_session, world, days: int, ok: bool) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "core", "app_token_days", 30)
            if ok:
                register_app(session, SYSTEM, GROUND, terms(days=days))
                return
            with pytest.raises(Invalid) as error:
                register_app(session, SYSTEM, GROUND, terms(days=days))
            assert faults(error) == {"days"}

    def test_the_record_says_what_was_given(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            made = register_app(session, SYSTEM, GROUND, terms())
            session.flush()
            rows = session.info["audit_rows"]
        acts = {row["action"]: row["after"] for row in rows}
        assert acts["core.app.create"]["permissions"] == ["core.compound.read"]
        assert acts["core.app.create"]["event_types"] == [GateOpened.NAME]
        told = str(rows)
        assert made.token not in told
        assert made.secret not in told


class TestChanging:
    def test_what_it_had_may_stay_and_nothing_more_is_added(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms()).app
            clerk = holding()
            update_app(session, clerk, GROUND, app.id, change(app, title="新名字"))
            more = change(app, permissions=["core.compound.read", "core.resident.read"])
            with pytest.raises(Invalid) as error:
                update_app(session, clerk, GROUND, app.id, more)
            assert faults(error) == {"permissions"}
            assert app.title == "新名字"

    def test_whoever_was_overtaken_is_told(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms()).app
            stale = change(app, title="二")
            update_app(session, SYSTEM, GROUND, app.id, change(app, title="一"))
            with pytest.raises(Stale):
                update_app(session, SYSTEM, GROUND, app.id, stale)

    def test_communities_are_let_in_and_shut_out(self, open_session, world) -> None:
        first, second = (each.id for each in world.here.communities)
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms(whole_street=False, communities=[first])).app
            update_app(session, SYSTEM, GROUND, app.id, change(app, whole_street=False, communities=[second]))
            assert show_app(session, app.id).communities == [second]
            assert app_here(session, second, app.id).id == app.id
            with pytest.raises(NotFound):
                app_here(session, first, app.id)

    def test_another_address_has_failed_at_nothing(self, stage: Stage) -> None:
        stage.change(failing_since=now(), off_since=now())
        with stage.house.database.unit_of_work(stage.world.here.scope) as session:
            app = find_app(session, stage.made[0].app.id)
            url = f"https://app.example.test:{stage.receiver.port}/other"
            update_app(session, SYSTEM, stage.ground, app.id, change(app, webhook_url=url))
            assert (app.failing_since, app.off_since) == (None, None)

    def test_a_revoked_app_stays_so(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms()).app
            revoke_app(session, SYSTEM, app.id, reason="合同到期")
            assert (app.secret_ct, app.state_reason) == (None, "合同到期")
            assert all(each.revoked_at for each in list_tokens(session, app.id))
            for act in (
                lambda: revoke_app(session, SYSTEM, app.id, reason="再来"),
                lambda: suspend_app(session, SYSTEM, app.id, reason="再来"),
                lambda: update_app(session, SYSTEM, GROUND, app.id, change(app)),
                lambda: issue_token(session, app, days=1, overlap_hours=0),
            ):
                with pytest.raises(Conflict, match="已经撤销"):
                    act()

    def test_stopping_takes_a_reason(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms()).app
            with pytest.raises(Invalid):
                revoke_app(session, SYSTEM, app.id, reason="  ")


class TestWalls:
    def test_another_street_sees_neither_app_nor_token(self, stage: Stage, world) -> None:
        app_id = stage.made[0].app.id
        with stage.house.database.unit_of_work(world.here.scope) as session:
            assert len(list_tokens(session, app_id)) == 1, "the control"
            assert [each.id for each in list_apps(session, AppFilter())[0]] == [app_id]
            token_id = list_tokens(session, app_id)[0].id
        with stage.house.database.unit_of_work(world.there.scope) as session:
            assert list_tokens(session, app_id) == []
            assert list_apps(session, AppFilter())[0] == []
            with pytest.raises(NotFound):
                find_app(session, app_id)
            foreign = App(id=app_id)
            with pytest.raises(NotFound):
                end_token(session, foreign, token_id)
        with stage.house.database.unit_of_work(world.here.scope) as session:
            assert list_tokens(session, app_id)[0].revoked_at is None

    def test_a_communitys_scope_makes_ends_and_sees_no_tokens(self, stage: Stage, world) -> None:
        app_id, scope = stage.made[0].app.id, world.here.communities[0].scope
        with stage.house.database.unit_of_work(scope) as session:
            assert list_tokens(session, app_id) == []
        with pytest.raises(SQLAlchemyError), stage.house.database.unit_of_work(scope) as session:
            session.execute(text("SELECT core.revoke_app_tokens(:app, NULL)"), {"app": app_id})
        with pytest.raises(SQLAlchemyError), stage.house.database.unit_of_work(scope) as session:
            issue_token(session, find_app(session, app_id), days=1, overlap_hours=0)

    def test_a_ticket_of_another_purpose_makes_no_token(self, stage: Stage, world) -> None:
        ticket = stage.house.signer.ticket(str(stage.made[0].app.id), "open-session")
        made = text("SELECT core.make_app_token(:ticket, 'x'::bytea, 'x', 1, 0, 5)")
        with pytest.raises(SQLAlchemyError), stage.house.database.unit_of_work(world.here.scope) as session:
            session.execute(made, {"ticket": ticket})

    def test_a_community_sees_the_apps_that_reach_it(self, open_session, world) -> None:
        first, second = (each.id for each in world.here.communities)
        with open_session(world.here.scope) as session:
            register_app(session, SYSTEM, GROUND, terms(name="everywhere"))
            register_app(session, SYSTEM, GROUND, terms(name="only-first", whole_street=False, communities=[first]))
            assert {each.name for each in apps_here(session, first)[0]} == {"everywhere", "only-first"}
            assert {each.name for each in apps_here(session, second)[0]} == {"everywhere"}


class TestPanelSwitch:
    def test_a_community_decides_for_itself(self, open_session, world) -> None:
        first, second = (each.id for each in world.here.communities)
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms(panel_url="https://app.example.test/panel")).app
            assert not app_here(session, first, app.id).shows_panel
            assert show_panel(session, SYSTEM, first, app.id, on=True).shows_panel
            assert not app_here(session, second, app.id).shows_panel
            assert not show_panel(session, SYSTEM, first, app.id, on=False).shows_panel

    def test_there_has_to_be_a_page(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms()).app
            with pytest.raises(Conflict):
                show_panel(session, SYSTEM, world.here.communities[0].id, app.id, on=True)

    def test_it_takes_the_permission(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            app = register_app(session, SYSTEM, GROUND, terms(panel_url="https://app.example.test/panel")).app
            with pytest.raises(Forbidden):
                show_panel(session, holding(), world.here.communities[0].id, app.id, on=True)


def test_no_role_can_be_granted_under_the_apps_own_name() -> None:
    assert "app" not in role_permissions(PLUGINS)


def test_acts_are_recorded_under_the_street(stage: Stage) -> None:
    with stage.house.database.unit_of_work(stage.world.here.scope) as session:
        acts = set(session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "app")))
    assert acts == {"core.app.create", "core.app_token.issue", "core.app_secret.rotate"}
