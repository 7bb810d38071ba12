"""`linli plugin export`, `remove` and `restore` as an operator types them."""

from __future__ import annotations

from typing import Any

import pytest

from linli.kit.actor import SYSTEM
from linli.kit.errors import Conflict
from linli.plugins.health import health_of
from linli.plugins.registry import Plugins
from linli.plugins.service import allow
from linli.settings.service import get_setting, set_setting
from linli.testing.houses import activate_plugins
from linli.testing.web import serving


def test_a_plugins_data_goes_and_comes_back(linli, house, world, tmp_path) -> None:
    activate_plugins()
    with house.database.unit_of_work(world.here.scope) as session:
        set_setting(session, SYSTEM, "notices", "posting_days", 9)
    archive = str(tmp_path / "notices.zip")
    told = linli("plugin", "remove", "notices", "--to", archive, "--yes").stdout
    assert archive in told
    assert "pip uninstall linli-notices" in told
    assert "没有插件" in linli("plugin", "export", "notices", "--to", str(tmp_path / "x.zip"), expect=1).stderr
    linli("db", "upgrade")
    assert "已从" in linli("plugin", "restore", archive).stdout
    with house.database.unit_of_work(world.here.scope) as session:
        assert get_setting(session, "notices", "posting_days") == 9
    assert "已经有数据" in linli("plugin", "restore", archive, expect=1).stderr


def test_nothing_goes_before_the_name_is_typed(linli, tmp_path) -> None:
    archive = tmp_path / "notices.zip"
    refused = linli("plugin", "remove", "notices", "--to", str(archive), expect=1)
    assert "请输入插件名称确认" in refused.stderr
    assert not archive.exists()


def test_a_file_of_the_same_name_stays(linli, tmp_path) -> None:
    archive = tmp_path / "notices.zip"
    linli("plugin", "export", "notices", "--to", str(archive))
    before = archive.read_bytes()
    assert "已经存在" in linli("plugin", "remove", "notices", "--to", str(archive), "--yes", expect=1).stderr
    assert archive.read_bytes() == before


def test_what_is_no_archive_is_told(linli, tmp_path) -> None:
    (tmp_path / "x.zip").write_text("x")
    assert "不是插件数据的备份" in linli("plugin", "restore", str(tmp_path / "x.zip"), expect=1).stderr


def of_notices(said: dict[str, Any]) -> dict[str, Any]:
    """The one row of the notices."""
    [row] = [each for each in said["plugins"] if each["name"] == "notices"]
    return row


class TestWithoutItsOtherHalf:
    """A package without its tables, and tables without their package: list, doctor, health and console agree."""

    def removed(self, linli, tmp_path) -> None:
        linli("plugin", "remove", "notices", "--to", str(tmp_path / "notices.zip"), "--yes")

    def test_what_was_removed_and_is_still_installed_is_out_of_order_everywhere(
        self, linli, answer, house, world, tmp_path
    ) -> None:
        plugins = activate_plugins()
        self.removed(linli, tmp_path)
        row = of_notices(answer("plugin", "list", "--json"))
        assert row["status"] == "fault"
        assert "linli db upgrade" in row["fault"]
        health = of_notices(answer("plugin", "health", "--json", expect=1))
        assert health["fault"] == row["fault"]
        said = answer("doctor", "--json", expect=1)["checks"]
        assert "fault" in [each["status"] for each in said if "notices" in each["message"]]
        with house.database.unit_of_work(world.here.scope) as session:
            seen = next(each for each in health_of(session, plugins) if each.name == "notices")
            assert (seen.state, seen.is_migrated, seen.fault) == ("fault", False, row["fault"])
            with pytest.raises(Conflict, match="linli db upgrade"):
                allow(session, SYSTEM, plugins, "notices")

    def test_the_others_are_served_without_it(self, linli, house, tmp_path) -> None:
        with serving(house, works=False) as client:
            assert client.get("/health/ready").json()["plugins"] == {}
            self.removed(linli, tmp_path)
            client.app.state.site.readiness._good_until = 0.0
            ready = client.get("/health/ready")
            assert (ready.status_code, ready.json()["plugins"]) == (200, {"notices": "fault"})
            linli("db", "upgrade")
            client.app.state.site.readiness._good_until = 0.0
            assert client.get("/health/ready").json()["plugins"] == {}, "it is back"

    def test_tables_whose_package_is_gone_are_named_with_the_way_out(
        self, linli, answer, house, world, monkeypatch
    ) -> None:
        monkeypatch.setattr("linli.plugins.discovery.candidates", list)
        monkeypatch.setattr("linli.cli.plugin.candidates", list)
        row = of_notices(answer("plugin", "list", "--json"))
        assert row["status"] == "gone"
        assert "linli plugin remove notices" in row["fault"]
        assert "安装包已不在" in linli("plugin", "list").stdout
        health = of_notices(answer("plugin", "health", "--json", expect=1))
        assert (health["version"], health["fault"]) == ("", row["fault"])
        [said] = [each for each in answer("doctor", "--json")["checks"] if "notices" in each["message"]]
        assert (said["status"], "linli plugin remove notices" in said["way_out"]) == ("warning", True)
        with house.database.unit_of_work(world.here.scope) as session:
            seen = next(each for each in health_of(session, Plugins.core()) if each.name == "notices")
        assert seen.state == "fault"

    def test_a_package_for_another_core_is_told_and_runs(self, linli, answer, house, world, monkeypatch) -> None:
        monkeypatch.setattr("linli.plugins.discovery.requires", lambda _name: ["linli>=7"])
        row = of_notices(answer("plugin", "list", "--json"))
        assert (row["status"], "asks for linli >=7" in row["warning"]) == ("ok", True)
        assert "请注意：its package asks for linli >=7" in linli("plugin", "list").stdout
        assert of_notices(answer("plugin", "health", "--json"))["warning"] == row["warning"]
        [said] = [each for each in answer("doctor", "--json")["checks"] if "notices" in each["message"]]
        assert said["status"] == "warning"
        with house.database.unit_of_work(world.here.scope) as session:
            seen = next(each for each in health_of(session, Plugins.load()) if each.name == "notices")
        assert (seen.state, seen.warning) == ("ok", row["warning"])

    def test_what_is_switched_off_is_not_gone(self, answer) -> None:
        assert of_notices(answer("plugin", "list", "--json", LINLI_PLUGINS_OFF="notices"))["status"] == "off"
