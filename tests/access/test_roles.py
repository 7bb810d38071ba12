"""The built-in roles: who holds what, where, and who may give it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from linli.access.permissions import CORE_PERMISSION_NAMES, CORE_PERMISSIONS, permission_titles
from linli.access.roles import BUILT_IN_ROLES, GIVEN_WHEN_SEPARATED, ROLES, Level, role_permissions


@dataclass
class Declared:
    name: str
    title: str
    roles: frozenset[str]


@dataclass
class Owned:
    item: Declared


@dataclass
class Registry:
    permissions: list[Owned] = field(default_factory=list)
    roles: list[Owned] = field(default_factory=list)


def registry(*declared: Declared) -> Registry:
    return Registry([Owned(each) for each in declared])


def test_every_role_of_the_architecture_is_there() -> None:
    assert set(ROLES) == {
        "platform_operator",
        "street_administrator",
        "system_administrator",
        "security_administrator",
        "audit_administrator",
        "street_staff",
        "department_officer",
        "community_administrator",
        "committee_chair",
        "committee_deputy",
        "committee_member",
        "building_steward",
        "gatekeeper",
        "property_staff",
        "volunteer_captain",
        "owner",
        "resident",
        "auditor",
    }


def test_names_are_used_once() -> None:
    assert len(CORE_PERMISSION_NAMES) == len(CORE_PERMISSIONS)
    assert len({role.title for role in BUILT_IN_ROLES}) == len(BUILT_IN_ROLES)


def test_the_auditor_only_reads() -> None:
    assert all(name.endswith(".read") for name in ROLES["auditor"].permissions)


@pytest.mark.parametrize("code", ["department_officer", "platform_operator", "street_staff", "auditor"])
def test_no_role_but_administrators_sees_whole_numbers(code) -> None:
    assert "core.resident.reveal" not in ROLES[code].permissions


def test_the_platform_reads_no_personal_data_and_stays_for_a_time() -> None:
    operator = ROLES["platform_operator"]
    assert not any(name.startswith(("core.resident", "core.roster", "core.dwelling")) for name in operator.permissions)
    assert operator.needs_end


def test_whoever_may_give_a_role_holds_all_that_the_core_puts_into_it_or_is_named_for_it() -> None:
    for role in BUILT_IN_ROLES:
        for giver in role.granted_by:
            if role.code in ROLES[giver].gives_unheld or (giver, role.code) in {
                ("security_administrator", code) for code in GIVEN_WHEN_SEPARATED
            }:
                continue
            assert role.permissions <= ROLES[giver].permissions, (role.code, giver)


def test_nobody_gives_owner_or_resident_by_hand() -> None:
    assert not ROLES["owner"].levels
    assert not ROLES["resident"].levels


def test_a_community_administrator_stays_within_the_community() -> None:
    role = ROLES["community_administrator"]
    assert role.levels == {Level.COMMUNITY}
    assert not {"core.plugin.allow", "core.community.manage"} & role.permissions
    assert all(
        "community_administrator" not in other.granted_by for other in BUILT_IN_ROLES if Level.STREET in other.levels
    )


class TestPlugins:
    def test_their_permissions_join_the_roles_they_name(self) -> None:
        held = role_permissions(registry(Declared("notices.notice.manage", "管理", frozenset({"street_staff"}))))
        assert "notices.notice.manage" in held["street_staff"]
        assert "notices.notice.manage" not in held["community_administrator"]
        assert held["street_staff"] > ROLES["street_staff"].permissions

    def test_an_unknown_role_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match=r"notices\.notice\.manage.*king"):
            role_permissions(registry(Declared("notices.notice.manage", "管理", frozenset({"king"}))))

    def test_a_plugin_cannot_retitle_the_core(self) -> None:
        titles = permission_titles(registry(Declared("core.audit.read", "无害", frozenset())))
        assert titles["core.audit.read"] == "查看操作记录"
