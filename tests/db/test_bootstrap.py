"""What the superuser prepares: roles that can do no more than they should, in a database that trusts one key."""

from __future__ import annotations

import subprocess

import psycopg
import pytest
from sqlalchemy import make_url

from linli.db.addresses import role_password, role_passwords
from linli.db.bootstrap import BootstrapRefused, bootstrap
from linli.db.embedded import find_binaries
from linli.db.scope import ScopeSigner
from linli.db.walls import BACKUP_ROLE
from linli.testing.databases import MASTER

OTHER = b"another house's key, 32 bytes...."


@pytest.fixture
def superuser(module_house):
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        yield connection


def test_a_second_run_changes_nothing(superuser) -> None:
    look = (
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname ~ '^linli_' ORDER BY 1",
        "SELECT kid, ip, op FROM sec.scope_pad",
        "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname IN ('sec', 'core', 'public') ORDER BY 1",
        # Other databases of this server come and go meanwhile.
        (
            "SELECT setrole, setconfig FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase "
            "WHERE setdatabase = 0 OR datname = current_database() ORDER BY 1, 2"
        ),
    )
    before = [superuser.execute(each).fetchall() for each in look]
    done = bootstrap(superuser, ScopeSigner(MASTER), role_passwords(MASTER))
    assert done.warnings == []
    assert [superuser.execute(each).fetchall() for each in look] == before


def test_the_roles_are_what_they_should_be(superuser) -> None:
    rows = superuser.execute(
        "SELECT rolname::text, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb, "
        "array(SELECT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r "
        "WHERE rolname IN ('linli_app', 'linli_migrate', 'linli_owner', 'linli_sec')"
    ).fetchall()
    assert {row[0]: row[1:] for row in rows} == {
        "linli_app": (True, False, []),
        "linli_migrate": (True, False, ["linli_owner"]),
        "linli_owner": (False, False, []),
        "linli_sec": (False, False, []),
    }


def test_the_runtime_role_is_bounded_in_time(module_house) -> None:
    with psycopg.connect(module_house.addresses.app) as connection:
        limits = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
        shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in limits]
    assert shown == ["15s", "10s", "3s"]


def test_nobody_else_may_connect(superuser) -> None:
    (acl,) = superuser.execute("SELECT datacl::text FROM pg_database WHERE datname = current_database()").fetchone()
    assert "{=" not in acl
    assert ",=" not in acl
    assert "linli_app=c/" in acl


def test_a_key_of_another_house_is_not_believed(module_house, world) -> None:
    look = "SELECT count(*) FROM core.resident"
    with psycopg.connect(module_house.addresses.app) as connection:
        for signer, seen in ((ScopeSigner(MASTER), 8), (ScopeSigner(OTHER), None)):
            connection.execute("SELECT set_config('app.scope', %s, true)", [signer.token(world.here.scope)])
            if seen is None:
                with pytest.raises(psycopg.Error, match="bad scope"):
                    connection.execute(look)
            else:
                assert connection.execute(look).fetchone() == (seen,)


def test_a_second_key_serves_beside_the_first_while_they_are_exchanged(module_house, superuser, world) -> None:
    new = ScopeSigner(b"the key that comes after, 32 byte", kid=2)
    superuser.execute("INSERT INTO sec.scope_pad (kid, ip, op) VALUES (%s, %s, %s)", new.pads())
    try:
        with psycopg.connect(module_house.addresses.app) as connection:
            for signer in (new, ScopeSigner(MASTER)):
                connection.execute("SELECT set_config('app.scope', %s, true)", [signer.token(world.here.scope)])
                assert connection.execute("SELECT count(*) FROM core.resident").fetchone() == (8,)
    finally:
        superuser.execute("DELETE FROM sec.scope_pad WHERE kid = 2")
    with psycopg.connect(module_house.addresses.app) as connection, pytest.raises(psycopg.Error, match="bad scope"):  # noqa: PT012 fails as a whole
        connection.execute("SELECT set_config('app.scope', %s, true)", [new.token(world.here.scope)])
        connection.execute("SELECT count(*) FROM core.resident")


def pads(connection: psycopg.Connection) -> list:
    return connection.execute("SELECT kid, ip, op FROM sec.scope_pad").fetchall()


@pytest.mark.parametrize("new_key", [False, True])
def test_a_database_with_streets_keeps_its_key(superuser, world, new_key) -> None:
    with pytest.raises(BootstrapRefused, match="LINLI_SECRET_KEY"):
        bootstrap(superuser, ScopeSigner(OTHER), {}, new_key=new_key)
    assert pads(superuser) == [ScopeSigner(MASTER).pads()]


def test_a_database_without_streets_takes_another_key_only_when_told(house) -> None:
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica; DELETE FROM core.tenant")
        with pytest.raises(BootstrapRefused, match="--new-key"):
            bootstrap(connection, ScopeSigner(OTHER), {})
        assert pads(connection) == [ScopeSigner(MASTER).pads()]
        bootstrap(connection, ScopeSigner(OTHER), {}, new_key=True)
        assert pads(connection) == [ScopeSigner(OTHER).pads()]


class TestBackup:
    @pytest.fixture
    def backup_url(self, module_house) -> str:
        url = make_url(module_house.addresses.superuser)
        return url.set(username=BACKUP_ROLE, password=role_password(MASTER, BACKUP_ROLE)).render_as_string(
            hide_password=False
        )

    def test_reads_every_table_of_every_street_and_writes_none(self, superuser, backup_url, world) -> None:
        bootstrap(superuser, ScopeSigner(MASTER), role_passwords(MASTER))
        with psycopg.connect(backup_url, autocommit=True) as connection:
            tables = connection.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname ~ '^(core|sec|plugin_)'"
            ).fetchall()
            assert len(tables) > 20
            for (table,) in tables:
                connection.execute(f"SELECT * FROM {table} LIMIT 1")
            assert connection.execute("SELECT count(DISTINCT tenant_id) FROM core.dwelling").fetchone() == (2,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("UPDATE core.dwelling SET updated_at = now()")

    def test_reads_what_a_later_revision_makes(self, superuser, backup_url) -> None:
        with superuser.transaction(force_rollback=True):
            superuser.execute("SET LOCAL ROLE linli_owner")
            superuser.execute("CREATE SCHEMA plugin_later CREATE TABLE made (n int)")
            superuser.execute("SET LOCAL ROLE linli_backup")
            assert superuser.execute("SELECT count(*) FROM plugin_later.made").fetchone() == (0,)

    def test_dumps_the_whole_database(self, backup_url, world, tmp_path) -> None:
        # Only a pg_dump as new as the server reads it: the one that lies beside the server's own programs.
        pg_dump = find_binaries().folder / "pg_dump"
        if not pg_dump.exists():
            pytest.skip("no pg_dump beside the server's programs")
        target = tmp_path / "dump.sql"
        subprocess.run([pg_dump, "--file", target, backup_url], check=True, timeout=120)
        dumped = target.read_text("utf-8")
        assert str(world.here.id) in dumped
        assert str(world.there.id) in dumped

    def test_is_made_without_a_right_to_sign_in_and_keeps_what_an_operator_gave_it(self, superuser) -> None:
        sign_in = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'linli_backup'"
        with superuser.transaction(force_rollback=True):
            superuser.execute("ALTER ROLE linli_backup RENAME TO linli_backup_before")
            bootstrap(superuser, ScopeSigner(MASTER), {})
            assert superuser.execute(sign_in).fetchone() == (False,)
            superuser.execute("ALTER ROLE linli_backup LOGIN")
            bootstrap(superuser, ScopeSigner(MASTER), {})
            assert superuser.execute(sign_in).fetchone() == (True,)
