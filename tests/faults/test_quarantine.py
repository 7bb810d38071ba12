"""What is found at fault before it serves is put aside, with what needs it; or the start is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from tests.faults.conftest import AT_START
from tests.faults.neighbours import NAMES
from tests.faults.siege import besieged, installed

from linli.app import create_app
from linli.cli.opening import upgrade_all
from linli.cli.plugin import health_rows
from linli.db.lint import RULES, Finding
from linli.db.migrate import MigrationRefused
from linli.plugins.containment import CARD, Report, reported
from linli.plugins.discovery import PluginsRefused
from linli.plugins.registry import Plugins
from linli.plugins.standing import unfit
from linli.sdk import Card, Pages, get
from linli.testing.databases import MASTER, clone_of
from linli.testing.houses import activate_plugins, open_test_house
from linli.testing.world import WORLD


class TestWithout:
    def test_a_faulty_one_takes_along_those_that_require_it_and_what_they_contribute(self, make_plugin) -> None:
        def card(name: str) -> Card:
            return Card("admin", name, f"{name}/card.html", lambda session, actor: {})

        plugins = Plugins.load(
            found=[
                make_plugin("ledger", register_cards=[card("ledger")]),
                make_plugin("bills", requires=("ledger",), register_cards=[card("bills")]),
                make_plugin("late", requires=("bills",), register_cards=[card("late")]),
                make_plugin("maps", register_cards=[card("maps")]),
            ]
        )
        left = plugins.without({"ledger": "broken tables", "unknown": "x"})
        assert left.names == ("maps",)
        assert [each.owner for each in left.cards] == ["maps"]
        told = {fault.plugin: fault.message for fault in left.faults}
        assert told == {
            "ledger": "broken tables",
            "bills": "it requires ledger, which is broken",
            "late": "it requires bills, which is broken",
        }
        assert plugins.without({}) is plugins


class TestFindings:
    @pytest.mark.parametrize(
        ("subject", "owner"),
        [
            ("plugin_pets.thing", "pets"),
            ("plugin_pets.thing.fk_x", "pets"),
            ("plugin_pets", "pets"),
            ("plugin_pets.thing (community_read)", "pets"),
            ("core.resident", "core"),
            ("core.plugin_circuit", "core"),
            ("linli_app", "core"),
        ],
    )
    def test_a_finding_belongs_to_the_plugin_in_whose_schema_it_lies(self, subject, owner) -> None:
        assert Finding("R04", RULES["R04"], subject).owner == owner

    def test_a_plugin_whose_walls_fell_is_unfit_and_its_neighbour_is_not(self, house) -> None:
        plugins = Plugins.load()
        with house.owner.open_transaction() as connection:
            assert unfit(connection, plugins) == {}
            connection.execute(text("SET LOCAL ROLE linli_owner"))
            connection.execute(text("ALTER TABLE plugin_notices.notice NO FORCE ROW LEVEL SECURITY"))
            found = unfit(connection, plugins)
        assert set(found) == {"notices"}
        assert "R04" in found["notices"]

    def test_a_plugin_behind_its_code_is_unfit(self, house) -> None:
        with house.owner.open_transaction() as connection:
            connection.execute(text("SET LOCAL ROLE linli_owner"))
            connection.execute(text("UPDATE core.alembic_version_plugin_notices SET version_num = 'before'"))
            assert "linli db upgrade" in unfit(connection, Plugins.load())["notices"]


class TestAsyncHandlers:
    def test_a_plugins_handler_is_a_plain_function(self, make_plugin) -> None:
        async def wait() -> None: ...

        bad = make_plugin("bad", register_pages=[Pages("admin", [get("/", public=True)(wait)])])
        plugins = Plugins.load(found=[bad], on_failure="quarantine")
        assert "not async" in plugins.faults[0].message


@pytest.fixture
def stranded(superuser_url, template, tmp_path):
    """A house of development, where a broken plugin stops the start; the installed ones are changed inside."""
    with clone_of(superuser_url, template) as url:
        house = open_test_house(url, MASTER)
        try:
            yield house, tmp_path
        finally:
            house.close()
            activate_plugins()


class TestDevelopment:
    def test_a_revision_that_breaks_stops_the_upgrade(self, stranded) -> None:
        house, folder = stranded
        with installed(folder, "unique"), pytest.raises(MigrationRefused, match="R08"):
            upgrade_all(house.settings, on_step=lambda _step: None)

    def test_a_name_of_the_core_stops_the_start(self, stranded) -> None:
        house, folder = stranded
        with installed(folder, "residents"), pytest.raises(PluginsRefused, match="not one of access, "):
            create_app(house, works=False)


class TestHealthCommand:
    def test_operators_see_each_plugin_with_its_fault_and_each_street(self, superuser_url, template, tmp_path) -> None:
        with clone_of(superuser_url, template) as url, besieged(url, tmp_path, "raises", *AT_START) as siege:
            for _n in range(5):
                report = Report("raises", CARD, "raises/card.html", 0.1, "KeyError")
                reported(siege.house.database, WORLD.here.id, report)
            rows = {row["name"]: row for row in health_rows(siege.house)}
            assert set(rows) >= {"raises", *NAMES, *AT_START}
            assert "revision failed" in rows["halfway"]["fault"]
            assert rows[NAMES[0]] == {
                "name": NAMES[0],
                "title": f"好插件 {NAMES[0]}",
                "version": "1.2.3",
                "migrated_version": "",
                "revision": None,
                "wanted_revision": None,
                "fault": "",
                "warning": "",
                "streets": [],
            }
            (place,) = rows["raises"]["streets"]
            assert (place["street"], place["part"], place["state"]) == (WORLD.here.code, "calls", "open")
            assert place["errors"][0]["error"] == "KeyError"
            only = {row["name"]: row for row in health_rows(siege.house, WORLD.there.code)}
            assert only["raises"]["streets"] == []
