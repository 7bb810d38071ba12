"""Taking a plugin out with all that it stored, and putting it back as it was."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import inspect, text

from linli.audit.models import AuditEntry
from linli.db.lint import lint
from linli.db.migrate import upgrade
from linli.files.service import open_file, store_file
from linli.kit.actor import SYSTEM
from linli.kit.errors import Conflict, NotFound
from linli.plugins.registry import Plugins
from linli.settings.service import get_setting, set_setting
from linli.tasks import enqueue
from linli.testing.houses import installed_lineages
from linli.upkeep.plugin_data import ArchiveBroken, export_plugin, remove_plugin, restore_plugin
from linli.upkeep.plugin_data.archive import CORE_ROWS
from linli.upkeep.plugin_data.removing import LEFT_BEHIND
from linli_notices.publishing import publish_notice
from linli_notices.schemas import NoticeCreate
from linli_notices.service import create_notice

#: Columns of the core that name an owner and whose rows stay when a plugin goes, and why.
STAYS = {"core.ownership": "owns a dwelling"}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return Plugins.load().activate()


@pytest.fixture
def filled(house, world):
    """Notices, a setting and a file in both streets, and work that waits."""
    for street in world.streets:
        own = street.communities[0]
        with house.database.unit_of_work(street.scope) as session:
            for title in ("停水", '停电，"引号"\n换行'):
                notice = create_notice(session, SYSTEM, own.id, NoticeCreate(title=title, body="周三。"))
                publish_notice(session, SYSTEM, own.id, notice.id)
            set_setting(session, SYSTEM, "notices", "posting_days", 9)
            enqueue(session, "notices.close_postings", owner="notices")
    with house.database.unit_of_work(world.here.scope) as session:
        file = store_file(
            session, SYSTEM, b"%PDF-1.7 one", owner="notices", name="一.pdf", subject=("notice", notice.id)
        )
        return SimpleNamespace(file=file.id)


@pytest.fixture
def kept(house) -> Callable[[], dict[str, str]]:
    """A digest of every table's rows, as the owner of the database sees them."""

    def look() -> dict[str, str]:
        found = {}
        with house.owner.engine.connect() as connection:
            connection.execute(text("SET ROLE linli_owner"))
            tables = connection.scalars(
                text(
                    "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables "
                    "WHERE schemaname = 'core' OR schemaname LIKE 'plugin_%'"
                )
            ).all()
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
                query = text(f"SELECT md5(coalesce(string_agg(t::text, '\n' ORDER BY t::text), '')) FROM {table} t")
                found[table] = connection.scalar(query)
            connection.rollback()
        return found

    return look


def migrate(house) -> None:
    for lineage in installed_lineages():
        upgrade(house.owner.engine, lineage)


#: What the core writes by itself while a plugin goes and comes.
BY_ITSELF = {"core.audit_entry", "core.audit_head", "core.installed_plugin", "core.job"}


def test_what_is_taken_out_comes_back_as_it_was(house, world, plugins, filled, kept, tmp_path: Path) -> None:
    before = kept()
    archive = tmp_path / "notices.zip"
    done = remove_plugin(house, plugins, "notices", archive)
    assert (done.rows["plugin_notices.notice"], done.files, done.lost) == (4, 1, ())
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    gone = kept()
    assert not [table for table in gone if table.startswith("plugin_notices")]
    changed = {table for table in gone if gone[table] != before[table]}
    assert changed - BY_ITSELF == set(CORE_ROWS)
    with house.owner.engine.connect() as connection:
        assert not [finding for finding in lint(connection) if not finding.is_warning]
        assert not inspect(connection).has_table("alembic_version_plugin_notices", schema="core")
    migrate(house)
    restored = restore_plugin(house, plugins, archive)
    assert (restored.rows, restored.streets) == (done.rows, done.streets)
    after = kept()
    assert {table for table in after if after[table] != before[table]} <= BY_ITSELF
    with house.database.unit_of_work(world.here.scope) as session:
        assert get_setting(session, "notices", "posting_days") == 9
        _row, content = open_file(session, filled.file)
        with content:
            assert content.read() == b"%PDF-1.7 one"
        acts = session.query(AuditEntry.action).filter(AuditEntry.subject_id == "notices").all()
    assert [act for (act,) in acts][-2:] == ["core.plugin.remove", "core.plugin.restore"]


def test_work_that_nobody_could_do_is_left_behind(house, world, plugins, filled, tmp_path: Path) -> None:
    def waiting() -> int:
        with house.database.unit_of_work(world.here.scope) as session:
            return session.scalar(text("SELECT count(*) FROM core.job WHERE owner = 'notices'")) or 0

    assert waiting() > 0, "control"
    remove_plugin(house, plugins, "notices", tmp_path / "notices.zip")
    assert waiting() == 0


def test_an_export_changes_nothing(house, plugins, filled, kept, tmp_path: Path) -> None:
    before = kept()
    done = export_plugin(house, "notices", tmp_path / "notices.zip")
    assert kept() == before
    with zipfile.ZipFile(tmp_path / "notices.zip") as archive:
        told = json.loads(archive.read("archive.json"))
        assert "停水" in archive.read("tables/plugin_notices.notice.csv").decode()
    assert {each for each in told["tables"] if each.startswith("plugin_")} == set(done.rows)


def test_a_plugin_that_another_needs_stays(house, make_needing, filled, kept, tmp_path: Path) -> None:
    before = kept()
    with pytest.raises(Conflict, match="tickets"):
        remove_plugin(house, make_needing, "notices", tmp_path / "notices.zip")
    assert kept() == before
    assert not list(tmp_path.iterdir())


@pytest.fixture
def make_needing(plugins: Plugins) -> SimpleNamespace:
    needing = SimpleNamespace(name="tickets", manifest=SimpleNamespace(requires=("notices",)))
    return SimpleNamespace(plugins=(*plugins.plugins, needing))


def test_a_plugin_whose_tables_another_refers_to_stays(house, plugins, filled, tmp_path: Path) -> None:
    with house.owner.engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE linli_owner"))
        connection.execute(text("CREATE SCHEMA plugin_tickets"))
        connection.execute(
            text(
                "CREATE TABLE plugin_tickets.ticket (tenant_id uuid, notice_id uuid, "
                "FOREIGN KEY (tenant_id, notice_id) REFERENCES plugin_notices.notice (tenant_id, id))"
            )
        )
    with pytest.raises(Conflict, match="tickets"):
        remove_plugin(house, plugins, "notices", tmp_path / "notices.zip")


def test_a_failure_on_the_way_leaves_everything(house, plugins, filled, kept, tmp_path: Path, monkeypatch) -> None:
    before = kept()

    def fail(connection, lineage) -> None:
        connection.execute(text(f"DROP SCHEMA {lineage.schema} CASCADE"))
        raise RuntimeError("the power is gone")

    monkeypatch.setattr("linli.upkeep.plugin_data.removing._drop", fail)
    with pytest.raises(RuntimeError):
        remove_plugin(house, plugins, "notices", tmp_path / "notices.zip")
    assert kept() == before
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_not_overwritten(house, plugins, filled, kept, tmp_path: Path) -> None:
    (tmp_path / "notices.zip").write_text("mine")
    with pytest.raises(FileExistsError):
        remove_plugin(house, plugins, "notices", tmp_path / "notices.zip")
    assert (tmp_path / "notices.zip").read_text() == "mine"


@pytest.mark.parametrize("name", ["nothing", "core", "NOTICES", "a; DROP"])
def test_what_is_no_plugin_is_not_found(house, plugins, name, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        export_plugin(house, name, tmp_path / "x.zip")
    assert not list(tmp_path.iterdir())


def test_nothing_is_restored_over_what_is_there(house, plugins, filled, kept, tmp_path: Path) -> None:
    export_plugin(house, "notices", tmp_path / "notices.zip")
    before = kept()
    with pytest.raises(Conflict, match=r"core\.|plugin_notices"):
        restore_plugin(house, plugins, tmp_path / "notices.zip")
    assert kept() == before


class TestAnArchive:
    @pytest.fixture
    def removed(self, house, plugins, filled, tmp_path: Path) -> Path:
        remove_plugin(house, plugins, "notices", tmp_path / "notices.zip")
        migrate(house)
        return tmp_path / "notices.zip"

    def rewritten(self, archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
        with zipfile.ZipFile(archive) as source:
            parts = {name: source.read(name) for name in source.namelist()}
        change(parts)
        target = archive.with_name("changed.zip")
        with zipfile.ZipFile(target, "w") as out:
            for name, content in parts.items():
                out.writestr(name, content)
        return target

    def test_that_was_altered_is_refused(self, house, plugins, removed, kept) -> None:
        def alter(parts: dict[str, bytes]) -> None:
            name = "tables/plugin_notices.notice.csv"
            parts[name] = parts[name].replace("停水".encode(), "停气".encode())

        before = kept()
        with pytest.raises(ArchiveBroken, match="notice"):
            restore_plugin(house, plugins, self.rewritten(removed, alter))
        assert kept() == before

    def test_of_another_revision_is_refused(self, house, plugins, removed) -> None:
        def alter(parts: dict[str, bytes]) -> None:
            told = json.loads(parts["archive.json"])
            parts["archive.json"] = json.dumps(told | {"revision": "0000"}).encode()

        with pytest.raises(Conflict, match="0000"):
            restore_plugin(house, plugins, self.rewritten(removed, alter))

    def test_that_would_switch_on_another_plugin_is_refused(self, house, plugins, removed, kept) -> None:
        def alter(parts: dict[str, bytes]) -> None:
            import hashlib

            name = "tables/core.plugin_enablement.csv"
            parts[name] = parts[name].replace(b"notices", b"elsewhere")
            told = json.loads(parts["archive.json"])
            told["tables"]["core.plugin_enablement"]["sha256"] = hashlib.sha256(parts[name]).hexdigest()
            parts["archive.json"] = json.dumps(told).encode()

        before = kept()
        with pytest.raises(ArchiveBroken):
            restore_plugin(house, plugins, self.rewritten(removed, alter))
        assert kept() == before

    @pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18])
    def test_that_is_none_is_refused(self, house, plugins, tmp_path: Path, content) -> None:
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(ArchiveBroken):
            restore_plugin(house, plugins, tmp_path / "x.zip")


def test_every_row_of_the_core_that_names_a_plugin_is_thought_of(shared_house) -> None:
    with shared_house.owner.engine.connect() as connection:
        named = connection.execute(
            text(
                "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'core' AND column_name IN ('plugin', 'owner')"
            )
        ).all()
    assert {table: column for table, column in named if table not in STAYS} == {**CORE_ROWS, **LEFT_BEHIND}
