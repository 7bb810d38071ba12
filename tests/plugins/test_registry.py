"""Loading plugins: each on its own account, whatever its neighbours do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from linli.plugins import discovery
from linli.plugins.discovery import Candidate, PluginsRefused, discover, outside_range
from linli.plugins.manifest import SDK_VERSION
from linli.plugins.registry import Plugins, keep_faults
from linli.sdk import Api, Card, NavigationItem, Pages, Permission, RecordWords, SettingSpec, TaskSpec, get, post


def permission(plugin: str) -> Permission:
    return Permission(f"{plugin}.thing.read", "查看", frozenset({"street_staff"}))


def handler(path: str = "/", needs: str | None = None, method=get):
    guard = {"needs": needs} if needs else {"public": True}
    return method(path, **guard)(lambda: None)


def raises(error: BaseException):
    def hook():
        raise error

    return hook


@pytest.fixture
def neighbour(make_plugin) -> Candidate:
    return make_plugin("healthy", register_permissions=[permission("healthy")])


def owners(registry) -> list[str]:
    """Who contributes beside the core."""
    return [owned.owner for owned in registry if owned.owner != "core"]


#: What a type checker would not let pass.
GARDEN: Any = "garden"
CITY: Any = "city"
BARE: Any = lambda: None  # noqa: E731

BAD_HOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "raises": ({"register_settings": raises(KeyError("x"))}, "KeyError"),
    "exits": ({"register_settings": raises(SystemExit(3))}, "SystemExit"),
    "gives something else": ({"register_settings": ["posting_days"]}, "returned str among SettingSpec"),
    "gives no list": ({"register_settings": lambda: 7}, "returned int instead of a list"),
    "gives a text": ({"register_settings": lambda: "abc"}, "returned str instead of a list"),
    "implements a hook that does not exist": ({"register_magic": []}, "register_magic"),
    "takes another's permission name": (
        {"register_permissions": [permission("healthy")]},
        "must be called bad.<noun>.<verb>",
    ),
    "names a role that does not exist": (
        {"register_permissions": [Permission("bad.thing.read", "查看", frozenset({"king"}))]},
        "no role king",
    ),
    "declares a permission twice": (
        {"register_permissions": [permission("bad"), permission("bad")]},
        "bad.thing.read is declared twice",
    ),
    "needs what nobody declares": (
        {"register_pages": [Pages("admin", [handler("/", "bad.thing.write")])]},
        "bad.thing.write, a permission that nobody declares",
    ),
    "leaves its own addresses": (
        {"register_pages": [Pages("admin", [handler("/../residents")])]},
        "relative to the plugin",
    ),
    "forgets the slash": ({"register_routes": [Api("street", [handler("things")])]}, "starts with /"),
    "names no portal": ({"register_pages": [Pages(GARDEN, [handler()])]}, "'garden' is not one of console"),
    "names no level": ({"register_routes": [Api(CITY, [handler()])]}, "'city' is not one of street"),
    "gives a bare function": ({"register_pages": [Pages("admin", [BARE])]}, "was not made with get"),
    "answers one address twice": (
        {"register_routes": [Api("street", [handler("/{a:uuid}"), handler("/{b:uuid}")])]},
        "is declared twice",
    ),
    "repeats a menu entry": (
        {"register_navigation": [NavigationItem("admin", "一"), NavigationItem("admin", "二", "/")]},
        "is declared twice",
    ),
    "shows another's template": (
        {"register_cards": [Card("admin", "一", "base.html", lambda session, actor: {})]},
        "must lie in bad/",
    ),
    "repeats a setting": (
        {"register_settings": [SettingSpec(key="a", type="text", default="", title="一")] * 2},
        "a is declared twice",
    ),
    "gives words twice": ({"register_record_words": [RecordWords({}), RecordWords({})]}, "give one RecordWords"),
    "gives a word no title": ({"register_record_words": [RecordWords({}, {"let": " "})]}, "let has no title"),
    "misnames a word": ({"register_record_words": [RecordWords({"车位": "车位"})]}, "'车位' must be lower-case"),
    "misnames a task": ({"register_tasks": [TaskSpec("core.check_roster", print)]}, "bad.<verb>_<noun>"),
}


class TestFaults:
    @pytest.mark.parametrize("case", BAD_HOOKS)
    def test_a_bad_contribution_costs_its_own_plugin_alone(self, make_plugin, neighbour, case) -> None:
        parts, words = BAD_HOOKS[case]
        bad = make_plugin("bad", **parts)
        plugins = Plugins.load(found=[bad, neighbour], on_failure="quarantine")
        assert plugins.names == ("healthy",)
        assert owners(plugins.permissions) == ["healthy"]
        assert [fault.plugin for fault in plugins.faults] == ["bad"]
        assert words in plugins.faults[0].message

    def test_development_refuses_and_names_every_broken_one(self, make_plugin, neighbour) -> None:
        broken = [make_plugin(name, register_tasks=raises(ValueError("x"))) for name in ("bad", "worse")]
        with pytest.raises(PluginsRefused) as error:
            Plugins.load(found=[*broken, neighbour])
        assert [fault.plugin for fault in error.value.faults] == ["bad", "worse"]
        assert "linli-bad 1.2.3" in str(error.value)

    def test_an_import_that_fails_is_a_fault(self, neighbour) -> None:
        missing = Candidate("gone", "linli_gone.plugin", "linli-gone", "1.0")
        plugins = Plugins.load(found=[missing, neighbour], on_failure="quarantine")
        assert plugins.names == ("healthy",)
        assert "ModuleNotFoundError" in plugins.faults[0].message

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            (
                "from linli.sdk import Tomorrow",
                f"another SDK than {SDK_VERSION}, which is installed (cannot import name 'Tomorrow'",
            ),
            ("import linli.sdk.tomorrow", f"another SDK than {SDK_VERSION}"),
            ("from linli.kit.text import Tomorrow", "ImportError: cannot import name 'Tomorrow'"),
            ("from linli_ahead import nothing", "ImportError: cannot import name 'nothing'"),
        ],
    )
    def test_one_that_imports_what_the_sdk_does_not_have_is_told_so(
        self, neighbour, tmp_path, monkeypatch, source, words
    ) -> None:
        (tmp_path / "linli_ahead.py").write_text(f"{source}\n", "utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        found = discover(found=[Candidate("ahead", "linli_ahead", "linli-ahead", "1.0"), neighbour])
        assert [plugin.name for plugin in found.plugins] == ["healthy"]
        assert words in found.faults[0].message

    @pytest.mark.parametrize(
        ("parts", "words"),
        [
            ({"MANIFEST": None}, "no MANIFEST"),
            ({"MANIFEST": {"name": "odd"}}, "no MANIFEST"),
            ({"module": "something_else"}, "must be called linli_odd"),
            ({"sdk": "9.0"}, "written for SDK 9.0"),
        ],
    )
    def test_a_manifest_that_contradicts_is_a_fault(self, make_plugin, parts, words) -> None:
        assert words in discover(found=[make_plugin("odd", **parts)]).faults[0].message

    def test_an_entry_point_and_a_manifest_use_one_name(self, make_plugin) -> None:
        made = make_plugin("one")
        renamed = Candidate("two", made.module, made.distribution, made.version)
        assert "use one name" in discover(found=[renamed]).faults[0].message

    def test_two_distributions_with_one_name_are_both_refused_and_both_named(self, make_plugin, neighbour) -> None:
        rivals = [make_plugin("twin", distribution=each) for each in ("linli-twin", "acme-twin")]
        found = discover(found=[*rivals, neighbour])
        assert [plugin.name for plugin in found.plugins] == ["healthy"]
        for fault in found.faults:
            assert "linli-twin" in fault.message
            assert "acme-twin" in fault.message

    @pytest.mark.parametrize(
        ("asked", "core", "fits"),
        [
            ("linli>=0.1,<0.2", "0.0.9", False),
            ("linli>=0.1,<0.2", "0.1", True),
            ("linli>=0.1,<0.2", "0.1.99", True),
            ("linli>=0.1,<0.2", "0.2", False),
            ("Linli", "9.0", True),
            ("linli>=0.1; python_version < '3'", "0.0.1", True),
            ("linli-other>=5", "0.1", True),
            ("linli>=0.2", "0.2.0rc1", False),
            ("linli>=0.2rc1", "0.2.0rc2", True),
        ],
    )
    def test_a_range_of_the_core_is_held_against_the_one_that_runs(self, monkeypatch, asked, core, fits) -> None:
        monkeypatch.setattr("linli.plugins.discovery.requires", lambda _name: ["nh3>=0.3", asked])
        said = outside_range("linli-own", core)
        assert (said == "") == fits
        assert fits or (asked.removeprefix("linli").split(",")[0] in said and f"installed is {core}" in said)

    def test_outside_its_range_a_plugin_runs_with_a_warning_that_everybody_sees(self, monkeypatch) -> None:
        monkeypatch.setattr("linli.plugins.discovery.requires", lambda _name: ["linli>=7"])
        found = discover()
        assert "notices" in [each.name for each in found.plugins]
        assert all("asks for linli >=7" in each.warning for each in found.plugins)

    def test_an_old_generation_runs_with_a_warning(self, make_plugin, monkeypatch) -> None:
        from linli.plugins import manifest

        monkeypatch.setattr(discovery, "sdk_verdict", lambda written: manifest.sdk_verdict(written, "2.0"))
        found = discover(found=[make_plugin("old")])
        assert found.faults == ()
        assert "written for SDK 1.0" in found.plugins[0].warning


class TestOrder:
    def test_each_follows_what_it_requires_and_then_its_name(self, make_plugin) -> None:
        made = [
            make_plugin("a_bills", requires=("ledger", "zones")),
            make_plugin("ledger"),
            make_plugin("b_news"),
            make_plugin("zones", requires=("ledger",)),
        ]
        assert Plugins.load(found=made).names == ("b_news", "ledger", "zones", "a_bills")

    def test_what_requires_a_missing_or_broken_plugin_is_put_aside_with_the_reason(self, make_plugin) -> None:
        made = [
            make_plugin("ledger", register_tasks=raises(ValueError("x"))),
            make_plugin("bills", requires=("ledger",)),
            make_plugin("maps", requires=("atlas",)),
            make_plugin("late", requires=("bills",)),
        ]
        plugins = Plugins.load(found=made, on_failure="quarantine")
        assert plugins.names == ()
        told = {fault.plugin: fault.message for fault in plugins.faults}
        assert "atlas (which is not installed)" in told["maps"]
        assert "ledger, which is broken" in told["bills"]
        assert "bills, which is broken" in told["late"]

    def test_a_circle_is_a_fault_of_all_in_it(self, make_plugin, neighbour) -> None:
        made = [make_plugin("hen", requires=("egg",)), make_plugin("egg", requires=("hen",)), neighbour]
        found = discover(found=made)
        assert [plugin.name for plugin in found.plugins] == ["healthy"]
        assert sorted(fault.plugin for fault in found.faults) == ["egg", "hen"]

    def test_one_that_is_off_is_not_even_imported(self, make_plugin) -> None:
        gone = Candidate("gone", "linli_gone.plugin", "linli-gone", "1.0")
        found = discover(off={"gone"}, found=[gone, make_plugin("maps", requires=("gone",))])
        assert [fault.plugin for fault in found.faults] == ["maps"]
        assert "LINLI_PLUGINS_OFF" in found.faults[0].message


class TestContributions:
    def test_everything_is_tagged_with_its_owner(self, make_plugin) -> None:
        needs = "tickets.thing.read"
        made = make_plugin(
            "tickets",
            register_permissions=[permission("tickets")],
            register_pages=[Pages("admin", [handler("/", needs), handler("/", needs, post)])],
            register_routes=[Api("community", [handler("/", "core.resident.read")])],
            register_navigation=[NavigationItem("admin", "报修", needs=needs)],
            register_settings=[SettingSpec(key="hours", type="integer", default=24, title="时限")],
            register_tasks=[TaskSpec("tickets.remind_steward", print)],
        )
        plugins = Plugins.load(found=[made])
        for registry in ("permissions", "pages", "routes", "navigation", "settings", "tasks"):
            assert owners(getattr(plugins, registry)) == ["tickets"]

    def test_a_permission_of_a_required_plugin_may_be_needed(self, make_plugin) -> None:
        base = make_plugin("ledger", register_permissions=[permission("ledger")])
        page = Pages("admin", [handler("/", "ledger.thing.read")])
        plugins = Plugins.load(found=[make_plugin("bills", requires=("ledger",), register_pages=[page]), base])
        assert plugins.names == ("ledger", "bills")


def test_the_installed_plugins_load_and_bring_their_tables() -> None:
    assert Plugins.load().faults == ()
    lineages = discovery.installed_lineages()
    assert lineages[0].name == "core"
    assert [each.name for each in lineages[1:]] == list(discovery.installed_names())
    assert discovery.installed_lineages(off=discovery.installed_names()) == lineages[:1]


def test_faults_are_kept_in_the_database_until_they_are_gone(house, make_plugin, neighbour) -> None:
    def stored() -> str | None:
        with house.database.open_transaction() as connection:
            return connection.scalar(text("SELECT fault FROM core.installed_plugin WHERE name = 'bad'"))

    broken = make_plugin("bad", register_tasks=raises(ValueError("out of order")))
    with house.owner.open_transaction() as connection:
        keep_faults(connection, Plugins.load(found=[broken, neighbour], on_failure="quarantine"))
    assert "out of order" in (stored() or "")
    with house.owner.open_transaction() as connection:
        keep_faults(connection, Plugins.load(found=[make_plugin("bad"), neighbour]))
    assert stored() == ""
