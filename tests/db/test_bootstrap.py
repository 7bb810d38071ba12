"""What the superuser prepares: roles that can do no more than they should, in a database that trusts one key."""

from __future__ import annotations

import psycopg
import pytest

from linli.db.addresses import role_passwords
from linli.db.bootstrap import bootstrap
from linli.db.scope import ScopeSigner
from linli.testing.databases import MASTER


@pytest.fixture
def superuser(module_house):
    with psycopg.connect(module_house.addresses.superuser, autocommit=True) as connection:
        yield connection


def test_a_second_run_changes_nothing(superuser) -> None:
    look = (
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname ~ '^linli_' ORDER BY 1",
        "SELECT kid, ip, op FROM sec.scope_pad",
        "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname IN ('sec', 'core', 'public') ORDER BY 1",
        "SELECT setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2",
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
        for signer, seen in ((ScopeSigner(MASTER), 8), (ScopeSigner(b"another house's key, 32 bytes...."), None)):
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
