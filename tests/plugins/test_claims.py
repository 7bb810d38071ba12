"""What one owner declares no other may: the second is refused, and both are named."""

from __future__ import annotations

from typing import Any

import pytest

from linli.plugins.core import core_contributions
from linli.plugins.registry import Plugins
from linli.sdk import (
    Disclosure,
    Erased,
    Level,
    Metric,
    NavigationItem,
    Pages,
    Permission,
    PersonalData,
    Role,
    RosterColumn,
    SearchProvider,
    get,
)


def role(code: str, title: str = "管理员甲", **changes: Any) -> Role:
    fields: dict[str, Any] = {
        "levels": frozenset({Level.COMMUNITY}),
        "permissions": frozenset({"core.compound.read"}),
        "granted_by": frozenset({"street_administrator"}),
    }
    return Role(code, title, **{**fields, **changes})


def column(plugin: str, title: str, **more: Any) -> RosterColumn:
    return RosterColumn(f"{plugin}.card", title, write=lambda *_: None, show=lambda *_: {}, **more)


def personal(table: str) -> PersonalData:
    return PersonalData(
        title="一", purpose="二", basis="三", export=lambda *_: [], erase=lambda *_: Erased(0), tables=(table,)
    )


#: What two owners cannot both have, made for the plugin that is named.
SHARED: dict[str, tuple[str, Any]] = {
    "the title of a menu entry": ("register_navigation", lambda name: [NavigationItem("admin", "车位", path=name)]),
    "the title of a role": ("register_roles", lambda name: [role(f"{name}_keeper")]),
    "a header of the roster": ("register_roster_columns", lambda name: [column(name, "车位号")]),
    "a table of personal data": ("register_personal_data", lambda _name: [personal("plugin_a.car")]),
}

#: What the core has already.
CORES: dict[str, tuple[str, Any, str]] = {
    "the title of a menu entry": ("register_navigation", [NavigationItem("admin", "居民")], "navigation entry 居民"),
    "the title of a role": ("register_roles", [role("bb_keeper", "楼门长")], "role title 楼门长"),
    "a table of personal data": ("register_personal_data", [personal("core.resident")], "table core.resident"),
}


class TestTwoOwners:
    @pytest.mark.parametrize("what", SHARED)
    def test_the_second_plugin_is_refused_and_both_are_named(self, make_plugin, what) -> None:
        hook, make = SHARED[what]
        made = [make_plugin(name, **{hook: make(name)}) for name in ("aa", "bb")]
        plugins = Plugins.load(found=made, on_failure="quarantine")
        assert plugins.names == ("aa",)
        message = plugins.faults[0].message
        assert "aa" in message
        assert "bb" in str(plugins.faults[0])

    @pytest.mark.parametrize("what", CORES)
    def test_a_plugin_cannot_take_what_is_the_cores(self, make_plugin, what) -> None:
        hook, given, words = CORES[what]
        plugins = Plugins.load(found=[make_plugin("bb", **{hook: given})], on_failure="quarantine")
        assert plugins.names == ()
        assert words in plugins.faults[0].message
        assert "declared by core already, and by bb" in plugins.faults[0].message

    @pytest.mark.parametrize("header", ["姓名", "住户姓名", "门牌", "小区"])
    def test_a_header_of_the_core_keeps_its_meaning(self, make_plugin, header) -> None:
        made = make_plugin("bb", register_roster_columns=[column("bb", "新列", synonyms=(header,))])
        message = Plugins.load(found=[made], on_failure="quarantine").faults[0].message
        assert f"the header {header} means" in message

    def test_a_refused_plugin_claims_nothing(self, make_plugin) -> None:
        broken = make_plugin(
            "aa",
            register_navigation=[NavigationItem("admin", "车位"), NavigationItem("admin", "居民")],
        )
        healthy = make_plugin("bb", register_navigation=[NavigationItem("admin", "车位")])
        assert Plugins.load(found=[broken, healthy], on_failure="quarantine").names == ("bb",)


#: Hook, what is wrong, and what is said.
BAD: dict[str, tuple[str, Any, str]] = {
    "a role reaches for the core's": (
        "register_roles",
        [role("bb_keeper", permissions=frozenset({"core.resident.reveal"}))],
        "may hold of the core core.community.read, core.compound.read, core.dwelling.read, core.rule.read alone",
    ),
    "a role gives what it does not hold": (
        "register_roles",
        [role("bb_keeper", gives_unheld=frozenset({"auditor"}))],
        "gives_unheld is for the core's roles alone",
    ),
    "a role nobody may give": ("register_roles", [role("bb_keeper", granted_by=frozenset())], "nobody could give it"),
    "a role of another's name": ("register_roles", [role("street_administrator", "甲")], "must be called bb_<noun>"),
    "a role held nowhere": ("register_roles", [role("bb_keeper", levels=frozenset())], "levels are some of"),
    "a number of an unknown time": (
        "register_metrics",
        [Metric(name="bb.cars", title="车", measure=lambda _session: {}, period="aeon")],
        "'aeon' is not one of now, day",
    ),
    "an entry of no kind": ("register_navigation", [NavigationItem("admin", "车", kind="cars")], "menu, page, act"),
    "a search that cannot be called": (
        "register_search",
        [SearchProvider(name="bb.cars", title="车", portal="admin", find=None)],  # type: ignore[arg-type]
        "its find cannot be called",
    ),
    "a disclosure without a page": (
        "register_disclosures",
        [Disclosure(name="bb.cars", title="车", description="二", path="cars")],
        "no page of the plugin's resident portal",
    ),
    "a column that nobody writes": ("register_roster_columns", [RosterColumn("bb.card", "车位号")], "its write cannot"),
    "a column that must be there": (
        "register_roster_columns",
        [column("bb", "车位号", required=True)],
        "only the core's columns are required",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused_is_told_with_what_is_allowed(make_plugin, case) -> None:
    hook, given, words = BAD[case]
    plugins = Plugins.load(found=[make_plugin("bb", **{hook: given})], on_failure="quarantine")
    assert plugins.names == ()
    assert words in plugins.faults[0].message


def test_what_is_for_everybody_must_be_open_to_everybody(make_plugin) -> None:
    page = get("/cars", needs="bb.car.read")(lambda session: None)
    made = make_plugin(
        "bb",
        register_permissions=[Permission("bb.car.read", "查看车位")],
        register_pages=[Pages("resident", [page])],
        register_disclosures=[Disclosure(name="bb.cars", title="车", description="二", path="cars")],
    )
    assert "not declared with public=True" in Plugins.load(found=[made], on_failure="quarantine").faults[0].message


def test_the_core_itself_obeys() -> None:
    assert Plugins.core().faults == ()
    assert len(core_contributions()["register_permissions"]) == len(
        {each.name for each in core_contributions()["register_permissions"]}
    )
