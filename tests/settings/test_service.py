"""Which layer holds where, who may choose, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event, func, select, text

from linli.access.roles import role_permissions
from linli.kit.actor import SYSTEM, Actor, Grant
from linli.kit.errors import Conflict, Forbidden, Invalid
from linli.settings import catalogue
from linli.settings.catalogue import declare_settings, set_platform_values
from linli.settings.models import Setting
from linli.settings.service import (
    all_settings,
    clear_setting,
    effective_settings,
    get_setting,
    set_setting,
    set_settings,
)
from linli.settings.spec import SettingSpec


@pytest.fixture
def own(world):
    return world.here.communities[0]


@pytest.fixture(autouse=True)
def tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin with settings of its own; what it declares is forgotten afterwards."""
    monkeypatch.setattr(catalogue, "_specs", dict(catalogue._specs))
    monkeypatch.setattr(catalogue, "_platform", {})
    declare_settings(
        "tickets",
        [
            SettingSpec(key="hours", type="integer", default=24, title="时限", minimum=1, maximum=240),
            SettingSpec(key="fee", type="decimal", default="0.50", title="费用", levels=("street",)),
            SettingSpec(key="since", type="date", default="2026-01-01", title="起始日"),
        ],
    )


def hours(session, community=None, compound_id=None) -> int:
    return get_setting(session, "tickets", "hours", community_id=community and community.id, compound_id=compound_id)


class TestLayers:
    def test_the_narrowest_place_that_chose_wins(self, open_session, world, own) -> None:
        sibling = world.here.communities[1]
        with open_session(world.here.scope) as session:
            assert hours(session, own, own.compound) == 24
            set_platform_values({"tickets": {"hours": 36}})
            assert hours(session, own, own.compound) == 36
            set_setting(session, SYSTEM, "tickets", "hours", 48)
            assert hours(session, own, own.compound) == 48
            set_setting(session, SYSTEM, "tickets", "hours", 72, community_id=own.id)
            assert hours(session, own, own.compound) == 72
            place = {"community_id": own.id, "compound_id": own.compound}
            set_setting(session, SYSTEM, "tickets", "hours", 96, **place)
            assert hours(session, own, own.compound) == 96
            assert (hours(session, own), hours(session, sibling), hours(session)) == (72, 48, 48)
            assert clear_setting(session, SYSTEM, "tickets", "hours", **place)
            assert not clear_setting(session, SYSTEM, "tickets", "hours", **place)
            assert hours(session, own, own.compound) == 72

    def test_a_communitys_own_scope_needs_no_naming(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 72, community_id=own.id)
            assert hours(session) == 72

    def test_another_community_and_another_street_do_not_see_it(self, open_session, world, own) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 48)
            set_setting(session, SYSTEM, "tickets", "hours", 72, community_id=own.id)
        with open_session(world.here.communities[1].scope) as session:
            assert hours(session) == 48
            assert hours(session, own) == 48
        with open_session(world.there.scope) as session:
            assert hours(session, own) == 24

    def test_the_streets_lock_wins_and_is_told(self, open_session, world, own) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 72, community_id=own.id)
            set_setting(session, SYSTEM, "tickets", "hours", 48, locked=True)
            assert hours(session, own) == 48
            shown = effective_settings(session, "tickets", community_id=own.id)[0]
            assert (shown.origin, shown.is_locked, shown.chosen_here) == ("street", True, True)
        with open_session(own.scope) as session:
            with pytest.raises(Conflict, match="时限"):
                set_setting(session, SYSTEM, "tickets", "hours", 96, community_id=own.id)
            assert hours(session) == 48
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 50)
            assert hours(session, own) == 50
            set_setting(session, SYSTEM, "tickets", "hours", 50, locked=False)
            assert hours(session, own) == 72

    def test_values_come_in_their_own_types(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            assert all_settings(session, "tickets") == {"hours": 24, "fee": Decimal("0.50"), "since": date(2026, 1, 1)}

    def test_all_layers_and_keys_cost_one_query(self, open_session, world, own) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 48)
            set_setting(session, SYSTEM, "tickets", "since", "2026-02-01", community_id=own.id)
        with open_session(world.here.scope) as session:
            statements: list[str] = []
            event.listen(session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2]))
            all_settings(session, "tickets", community_id=own.id, compound_id=own.compound)
            assert len(statements) == 1

    def test_what_is_no_longer_allowed_gives_way_to_the_wider_layer(self, open_session, world, own) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 48)
            set_setting(session, SYSTEM, "tickets", "hours", 200, community_id=own.id)
            declare_settings(
                "tickets", [SettingSpec(key="hours", type="integer", default=24, title="时限", maximum=100)]
            )
            assert hours(session, own) == 48


class TestRefusals:
    def test_an_unknown_key_is_told_the_nearest_one(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            for ask in (
                lambda: get_setting(session, "tickets", "huors"),
                lambda: set_setting(session, SYSTEM, "tickets", "huors", 1, community_id=own.id),
            ):
                with pytest.raises(Invalid) as error:
                    ask()
                assert "hours" in error.value.errors[0].message
                assert error.value.errors[0].allowed == "fee、hours、since"
            with pytest.raises(Invalid) as error:
                get_setting(session, "ticket", "hours")
            assert "tickets" in error.value.errors[0].message

    def test_every_fault_is_named_and_nothing_is_written(self, open_session, world) -> None:
        with open_session(world.here.scope) as session:
            with pytest.raises(Invalid) as error:
                set_settings(session, SYSTEM, "tickets", {"hours": 0, "fee": "much", "since": "2026-01-01", "x": 1})
            assert {fault.field for fault in error.value.errors} == {"hours", "fee", "x"}
            assert session.scalar(select(func.count()).select_from(Setting)) == 0

    def test_a_setting_stays_at_its_levels_and_a_lock_with_the_street(self, open_session, own) -> None:
        with open_session(own.scope) as session:
            with pytest.raises(Invalid) as error:
                set_setting(session, SYSTEM, "tickets", "fee", "1", community_id=own.id)
            assert error.value.errors[0].allowed == "街道"
            with pytest.raises(Invalid):
                set_setting(session, SYSTEM, "tickets", "hours", 1, community_id=own.id, locked=True)

    def test_only_who_manages_the_place_may_choose(self, open_session, world, own) -> None:
        permissions = role_permissions()
        administrator = Actor(grants=(Grant("community_administrator", own.id),), permissions=permissions)
        resident = Actor(grants=(Grant("resident", own.id),), permissions=permissions)
        with open_session(world.here.scope) as session:
            set_setting(session, administrator, "tickets", "hours", 72, community_id=own.id)
            for actor, place in (
                (administrator, None),
                (administrator, world.here.communities[1].id),
                (resident, own.id),
            ):
                with pytest.raises(Forbidden):
                    set_setting(session, actor, "tickets", "hours", 96, community_id=place)
                with pytest.raises(Forbidden):
                    clear_setting(session, actor, "tickets", "hours", community_id=place)
            assert hours(session, own) == 72

    def test_a_wrong_platform_value_changes_nothing(self) -> None:
        set_platform_values({"tickets": {"hours": 36}})
        with pytest.raises(Invalid):
            set_platform_values({"tickets": {"hours": 0}})
        assert catalogue.platform_value("tickets", "hours") == 36


class TestRecord:
    def test_each_choice_is_on_record_with_its_source_and_an_unchanged_one_is_not(
        self, open_session, world, own
    ) -> None:
        with open_session(world.here.scope) as session:
            set_setting(session, SYSTEM, "tickets", "hours", 48, source="manifest")
            set_setting(session, SYSTEM, "tickets", "hours", 48, source="manifest")
            set_setting(session, SYSTEM, "tickets", "hours", 72)
            assert session.scalars(select(Setting.source)).all() == ["portal"]
            clear_setting(session, SYSTEM, "tickets", "hours")
        with open_session(world.here.scope) as session:
            acts = session.execute(
                text("SELECT action, after FROM core.audit_entry WHERE subject_id = 'tickets.hours' ORDER BY n")
            ).all()
        assert [(action, after and (after["value"], after["source"])) for action, after in acts] == [
            ("core.setting.set", (48, "manifest")),
            ("core.setting.set", (72, "portal")),
            ("core.setting.clear", None),
        ]
