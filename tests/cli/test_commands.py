"""Each command, from its words to what it prints and leaves behind."""

from __future__ import annotations

import base64
import json
import re

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import func, make_url, select

from linli.audit import record
from linli.audit.models import AuditAnchor
from linli.identity.acceptance import read_offer
from linli.tenancy.models import CalendarDay, Community, Tenant

REGISTER = "code,name\n998001,试验区\n998001001,甲街道\n998001001001,东社区居委会\n998001002,乙街道\n"
MANIFEST = 'code = "998001001"\nname = "甲街道"\n[portal]\ntheme = "blue"\n'


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, "utf-8")
    return str(path)


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "first.toml"
    path.write_text(MANIFEST, "utf-8")
    return str(path)


class TestDb:
    def test_url_is_the_address_alone(self, linli, house) -> None:
        assert linli("db", "url", "--role", "app").stdout == house.addresses.app + "\n"
        assert linli("db", "url", "--role", "owner").stdout == house.addresses.owner + "\n"

    def test_status_names_every_lineage(self, answer) -> None:
        found = answer("db", "status", "--json")
        assert found["lineages"]["core"]["is_current"]
        assert found["lineages"]["notices"]["is_current"]

    def test_upgrade_twice_is_fine_and_brings_the_calendar(self, linli, house) -> None:
        assert "core：已是最新" in linli("db", "upgrade").stdout
        with house.database.open_transaction() as connection:
            assert connection.execute(select(CalendarDay.day).limit(1)).scalar() is not None

    def test_bootstrap_can_be_repeated(self, linli) -> None:
        assert "已准备好" in linli("db", "bootstrap").stdout
        linli("db", "status")

    def test_bootstrap_with_another_key_changes_nothing_and_says_the_way_out(self, linli, house) -> None:
        other = base64.b64encode(b"the key of quite another house..").decode()
        printed = linli("db", "bootstrap", expect=1, LINLI_SECRET_KEY=other).stderr
        assert "另一把 LINLI_SECRET_KEY" in printed
        assert "--new-key" in printed
        linli("db", "bootstrap")

    def test_a_fresh_database_is_brought_up_by_bootstrap_and_upgrade(self, linli, house) -> None:
        name = f"linli_cli_{make_url(house.addresses.superuser).database}"
        urls = {
            f"LINLI_DATABASE_{role}URL": make_url(url).set(database=name).render_as_string(hide_password=False)
            for role, url in (
                ("", house.addresses.app),
                ("OWNER_", house.addresses.owner),
                ("SUPERUSER_", house.addresses.superuser),
            )
        }
        with psycopg.connect(house.addresses.superuser, autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            try:
                linli("db", "bootstrap", **urls)
                before = linli("streets", "import", "--register", "x", "--street", "1", expect=1, **urls).stderr
                assert "找不到 x" in before
                assert "core：已升级" in linli("db", "upgrade", **urls).stdout
                assert linli("db", "lint", **urls).stdout == "没有发现问题。\n"
            finally:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def test_lint_tells_a_broken_wall_and_fails(self, answer, house) -> None:
        assert answer("db", "lint", "--json") == {"findings": []}
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            connection.execute("ALTER TABLE core.dwelling NO FORCE ROW LEVEL SECURITY")
        found = answer("db", "lint", "--json", expect=1)["findings"]
        assert [(each["rule"], each["subject"]) for each in found] == [("R04", "core.dwelling")]

    def test_stop_leaves_the_operators_own_server_alone(self, linli, house) -> None:
        assert "不归 Linli 管理" in linli("db", "stop", expect=1).stderr
        with house.database.open_transaction() as connection:
            assert connection.scalar(select(1)) == 1

    def test_scope_opens_the_street_and_nothing_else(self, linli, house, world) -> None:
        token = linli("db", "scope", "--street", world.here.code).stdout.strip()
        narrow = linli("db", "scope", "--street", world.here.code, "--community", world.here.communities[0].code)
        count = "SELECT count(*) FROM core.dwelling"
        with psycopg.connect(house.addresses.app) as connection:
            for scope, expected in ((token, 8), (narrow.stdout.strip(), 4)):
                connection.execute("SELECT set_config('app.scope', %s, false)", [scope])
                assert connection.execute(count).fetchone() == (expected,)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--street", "998009009"), "没有代码为 998009009 的街道"),
            (("--street", "999001001", "--community", "999001002001"), "没有代码为 999001002001 的社区"),
        ],
    )
    def test_scope_of_nowhere_is_refused_with_the_way_out(self, linli, words, message) -> None:
        assert message in linli("db", "scope", *words, expect=1).stderr


class TestStreets:
    def test_import_prints_the_promised_json(self, answer, register) -> None:
        counts = {"created": 2, "updated": 0, "unchanged": 0, "vanished": 0}
        words = ("streets", "import", "--register", register, "--district", "998001", "--json")
        assert answer(*words) == {"streets": counts, "communities": {**counts, "created": 1}}
        again = {"created": 0, "updated": 0, "unchanged": 2, "vanished": 0}
        assert answer(*words) == {"streets": again, "communities": {**again, "unchanged": 1}}

    def test_a_dry_run_says_so_and_writes_nothing(self, linli, house, register) -> None:
        words = ("streets", "import", "--register", register, "--street", "998001001", "--dry-run")
        printed = linli(*words).stdout
        assert "新增  998001001001  东社区居委会" in printed
        assert "没有写入" in printed
        with house.database.open_transaction() as connection:
            assert connection.scalar(select(Tenant.id).where(Tenant.code == "998001001")) is None

    def test_every_bad_line_is_told_and_nothing_is_written(self, linli, house, tmp_path) -> None:
        path = tmp_path / "bad.csv"
        path.write_text(REGISTER + "12,\nabc,甲\n", "utf-8")
        printed = linli("streets", "import", "--register", str(path), "--district", "998001", expect=1).stderr
        assert "bad.csv 第 6 行" in printed
        assert "bad.csv 第 7 行" in printed
        with house.database.open_transaction() as connection:
            assert connection.scalar(select(Tenant.id).where(Tenant.code == "998001001")) is None


class TestTenants:
    def test_apply_shows_the_difference_once(self, linli, manifest) -> None:
        assert '+ portal.theme = "blue"' in linli("tenants", "apply", manifest).stdout
        assert linli("tenants", "apply", manifest).stdout == "新增 0，更改 0，不变 2，邀请 0\n"

    def test_a_dry_run_writes_nothing(self, linli, house, manifest) -> None:
        assert "没有写入" in linli("tenants", "apply", manifest, "--dry-run").stdout
        with house.database.open_transaction() as connection:
            assert connection.scalar(select(Tenant.id).where(Tenant.code == "998001001")) is None

    def test_a_fault_is_told_with_file_line_key_and_what_is_allowed(self, linli, tmp_path) -> None:
        path = tmp_path / "bad.toml"
        path.write_text(MANIFEST.replace("blue", "gold"), "utf-8")
        printed = linli("tenants", "apply", str(path), expect=1).stderr
        assert "bad.toml:4 portal.theme" in printed
        assert "teal" in printed

    def test_an_unknown_plugin_is_told_beside_a_fault_of_the_shape(self, linli, tmp_path) -> None:
        path = tmp_path / "bad.toml"
        path.write_text(MANIFEST + "color = 1\n[plugins.notice]\nallowed = true\n", "utf-8")
        printed = linli("tenants", "apply", str(path), expect=1).stderr
        assert "bad.toml:5 portal.color" in printed
        assert "bad.toml:6 plugins.notice" in printed
        assert "“notices”" in printed

    def test_the_link_of_an_invitation_is_shown_once_and_opens_it(self, linli, house, tmp_path) -> None:
        path = tmp_path / "staff.toml"
        staff = '[[staff]]\nname = "试用"\nrole = "street_staff"\nuser_name = "trial"\n'
        path.write_text(MANIFEST + staff, "utf-8")
        assert "/account/invitations/" not in linli("tenants", "apply", str(path), "--dry-run").stdout
        [link] = re.findall(r"/account/invitations/(\S+)", linli("tenants", "apply", str(path)).stdout)
        street, token = link.split("/")
        assert read_offer(house, street, token, ip="127.0.0.1").name == "试用"
        assert "/account/invitations/" not in linli("tenants", "apply", str(path)).stdout

    def test_export_can_be_applied(self, linli, manifest, tmp_path) -> None:
        linli("tenants", "apply", manifest)
        copy = tmp_path / "copy.toml"
        copy.write_text(linli("tenants", "export", "--street", "998001001").stdout, "utf-8")
        assert "新增 0，更改 0" in linli("tenants", "apply", str(copy)).stdout


class TestAudit:
    def test_a_broken_chain_fails_and_names_the_row(self, answer, house, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            record(session, "core.test.act", ("thing", 1))
        whole = answer("audit", "verify", "--json")
        assert whole["ok"]
        assert {each["street"] for each in whole["streets"]} == {world.here.code, world.there.code}
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            connection.execute("ALTER TABLE core.audit_entry DISABLE TRIGGER append_only")
            connection.execute("UPDATE core.audit_entry SET reason = 'x'")
        broken = answer("audit", "verify", "--street", world.here.code, "--json", expect=1)
        [row] = broken["streets"]
        assert (row["street"], row["rows"], row["ok"]) == (world.here.code, 1, False)
        assert (row["broken_at"], row["fault"], row["anchored"]) == (1, "altered", 0)

    def test_an_anchor_is_signed_copied_and_verified(self, linli, answer, house, world, tmp_path) -> None:
        folder = tmp_path / "存证"
        with house.database.unit_of_work(world.here.scope) as session:
            record(session, "core.test.act", ("thing", 1))
        made = answer("audit", "anchor", "--json", LINLI_AUDIT_ANCHOR_DIR=str(folder))
        rows = {row["street"]: row for row in made["streets"]}
        assert (rows[world.here.code]["n"], rows[world.here.code]["written"]) == (1, 1)
        assert (rows[world.there.code]["n"], rows[world.there.code]["written"]) == (None, 0)
        [key] = answer("audit", "key", "--json")["keys"]
        assert rows[world.here.code]["key_id"] == key["key_id"]
        assert key["public_key"] in linli("audit", "key").stdout
        [path] = (folder / world.here.code).iterdir()
        assert json.loads(path.read_text("utf-8"))["public_key"] == key["public_key"]
        assert "没有新的记录" in linli("audit", "anchor", "--street", world.here.code).stdout
        assert "存证到第 1 条" in linli("audit", "verify", "--anchors", str(folder)).stdout

    def test_a_kept_anchor_convicts_who_mended_everything(self, linli, answer, house, world, tmp_path) -> None:
        for n in range(2):
            with house.database.unit_of_work(world.here.scope) as session:
                record(session, "core.test.act", ("thing", n))
        linli("audit", "anchor", LINLI_AUDIT_ANCHOR_DIR=str(tmp_path))
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            for table in ("audit_entry", "audit_anchor"):
                connection.execute(f"ALTER TABLE core.{table} DISABLE TRIGGER USER")
            connection.execute("DELETE FROM core.audit_entry WHERE n = 2")
            connection.execute("DELETE FROM core.audit_anchor")
            connection.execute(
                "UPDATE core.audit_head h SET n = 1, hash = e.hash FROM core.audit_entry e "
                "WHERE e.tenant_id = h.tenant_id AND e.n = 1"
            )
        assert answer("audit", "verify", "--json")["ok"]
        found = answer("audit", "verify", "--json", expect=1, LINLI_AUDIT_ANCHOR_DIR=str(tmp_path))
        [row] = [each for each in found["streets"] if not each["ok"]]
        assert (row["street"], row["broken_at"], row["fault"]) == (world.here.code, 2, "cut")
        assert "末尾被截断" in linli("audit", "verify", "--anchors", str(tmp_path), expect=1).stdout

    def test_a_broken_chain_is_not_signed(self, linli, house, world) -> None:
        with house.database.unit_of_work(world.here.scope) as session:
            record(session, "core.test.act", ("thing", 1))
        with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
            connection.execute("ALTER TABLE core.audit_entry DISABLE TRIGGER append_only")
            connection.execute("UPDATE core.audit_entry SET reason = 'x'")
        assert "没有存证" in linli("audit", "anchor", expect=1).stdout
        with house.database.unit_of_work(world.here.scope) as session:
            assert session.scalar(select(func.count()).select_from(AuditAnchor)) == 0

    def test_damaged_copies_and_keys_are_named(self, linli, house, world, tmp_path) -> None:
        (tmp_path / "x.anchor.json").write_text("{}", "utf-8")
        assert "x.anchor.json" in linli("audit", "verify", "--anchors", str(tmp_path), expect=1).stderr
        assert "--key" in linli("audit", "verify", "--key", "00", expect=1).stderr


class TestPlugin:
    def test_list_tells_name_version_and_state(self, answer) -> None:
        [row] = [each for each in answer("plugin", "list", "--json")["plugins"] if each["name"] == "notices"]
        assert (row["title"], row["status"], row["distribution"]) == ("公告公示", "ok", "linli-notices")

    def test_one_that_is_switched_off_is_listed_as_such(self, answer) -> None:
        rows = answer("plugin", "list", "--json", LINLI_PLUGINS_OFF="notices")["plugins"]
        assert [each["status"] for each in rows if each["name"] == "notices"] == ["off"]


def test_calendar_is_loaded_from_a_file(linli, house, tmp_path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("day,is_workday,name,source\n2030-01-01,0,元旦,试验\n", "utf-8")
    assert "已写入 1 天" in linli("calendar", "load", str(path)).stdout
    with house.database.open_transaction() as connection:
        assert connection.scalar(select(CalendarDay.name)) == "元旦"


def test_communities_of_another_street_are_not_touched(linli, house, register, world) -> None:
    linli("streets", "import", "--register", register, "--district", "998001")
    with house.database.unit_of_work(world.here.scope) as session:
        assert set(session.scalars(select(Community.code))) == {each.code for each in world.here.communities}
