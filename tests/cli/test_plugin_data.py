"""`linli plugin export`, `remove` and `restore` as an operator types them."""

from __future__ import annotations

from linli.kit.actor import SYSTEM
from linli.settings.service import get_setting, set_setting
from linli.testing.houses import activate_plugins


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
