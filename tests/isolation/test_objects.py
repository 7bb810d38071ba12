"""Part A, what is no table: views, functions, partitions, sequences, large objects, cursors, further policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text

from linli.db.lint import lint
from linli.testing.intruder import Intruder
from linli.testing.planted import PLACES, Planted

OWN, SIBLING, STREET, OTHER = PLACES["here1"], PLACES["here2"], PLACES["here0"], PLACES["there1"]

#: Definer functions that answer without a scope, a ticket or somebody's token, and why they may.
ANSWERS_ANYBODY = {
    "tenants_with_work": "ids of streets with due work, nothing else",
    "take_attempt": "counts an attempt on a bucket whose name is a keyed hash",
}
#: What stands in for each kind of argument: well formed, and naming somebody else's things.
_ARGUMENTS: dict[str, Any] = {
    "bytea": b"\x00" * 32,
    "text": "1.x.y.9999999999.00",
    "integer": 1,
    "boolean": True,
    "date": "2025-01-01",
    "timestamp with time zone": "2025-01-01",
    "text[]": "{}",
}


@pytest.fixture
def change(superuser: psycopg.Connection) -> Any:
    """Change the catalogue for the time of a block."""

    @contextmanager
    def changed(*statements: str, undo: str) -> Iterator[None]:
        try:
            for statement in statements:
                superuser.execute(statement)
            yield
        finally:
            superuser.execute(undo)

    return changed


@pytest.fixture
def findings(module_house) -> Any:
    """The rules that the lint sees broken."""
    engine = create_engine((module_house.addresses.superuser or "").replace("postgresql://", "postgresql+psycopg://"))

    def found() -> set[str]:
        with engine.connect() as connection:
            return {finding.rule for finding in lint(connection)}

    yield found
    engine.dispose()


def relations(superuser: psycopg.Connection, kinds: str) -> list[str]:
    rows = superuser.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = ANY (%s) AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'",
        [list(kinds)],
    )
    return [row[0] for row in rows.fetchall()]


def no_view_answers_without_a_scope(intruder: Intruder, views: list[str]) -> None:
    """Every view asks for the scope of whoever reads it."""
    for name in views:
        assert intruder.send(None, f"SELECT * FROM {name}").state in {"TN001", "42501"}, name


def test_a20_views(intruder: Intruder, planted: Planted, superuser, change, findings) -> None:
    no_view_answers_without_a_scope(intruder, relations(superuser, "v"))
    read = "SELECT count(*) FROM core.peek WHERE tenant_id = %(there)s"
    mine = "SELECT count(*) FROM core.peek WHERE tenant_id = %(here)s"
    given = {"there": OTHER.tenant_id, "here": OWN.tenant_id}
    body = "AS SELECT * FROM core.resident"
    grant = "GRANT SELECT ON core.peek TO linli_app"
    with change(f"CREATE VIEW core.peek WITH (security_invoker = true) {body}", grant, undo="DROP VIEW core.peek"):
        assert intruder.send(OWN.scope, read, given=given).rows == [(0,)]
        assert intruder.send(OWN.scope, mine, given=given).rows[0][0] > 0, "control"
        assert "R09" not in findings()
    with change(f"CREATE VIEW core.peek {body}", grant, undo="DROP VIEW core.peek"):
        assert intruder.send(OWN.scope, read, given=given).rows[0][0] > 0, "control: this view would leak"
        assert "R09" in findings(), "and so the house does not open with it"


def test_a21_materialised_views(intruder: Intruder, planted: Planted, superuser, change, findings) -> None:
    for name in relations(superuser, "mf"):
        assert intruder.send(STREET.scope, f"SELECT * FROM {name}").state == "42501", name
    with change(
        "CREATE MATERIALIZED VIEW core.peek AS SELECT * FROM core.resident",
        "GRANT SELECT ON core.peek TO linli_app",
        undo="DROP MATERIALIZED VIEW core.peek",
    ):
        assert intruder.send(OWN.scope, "SELECT * FROM core.peek").count >= 16, "control: this one would leak"
        assert "R10" in findings(), "and so the house does not open with it"


def test_a22_definer_functions(intruder: Intruder, planted: Planted, superuser) -> None:
    functions = superuser.execute(
        "SELECT n.nspname || '.' || p.proname, p.proname::text, p.proargtypes::regtype[]::text[] FROM pg_proc p "
        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname <> 'sec' "
        "AND has_function_privilege('linli_app', p.oid, 'EXECUTE')"
    ).fetchall()
    canaries = [place.canary for place in PLACES.values()]
    answering = set()
    for name, short, types in functions:
        values = [_ARGUMENTS.get(kind, OTHER.tenant_id) for kind in types]
        marks = ", ".join(f"%s::{kind}" for kind in types)
        for scope in (None, "", "1.x.y.9999999999.00"):
            outcome = intruder.send(scope, f"SELECT * FROM {name}({marks})", given=values)
            assert not any(canary in f"{outcome.rows}{outcome.said}" for canary in canaries), name
            if outcome.state == "ok" and any(
                value not in (None, False, "", 0) for row in outcome.rows for value in row
            ):
                answering.add(short)
    assert answering <= set(ANSWERS_ANYBODY)
    assert len(functions) > 10, "control"


def test_a22_definer_functions_keep_to_the_callers_walls(intruder: Intruder, planted: Planted, world) -> None:
    look = "SELECT display_name FROM core.linked_account(%(who)s, NULL, NULL)"
    mine = world.here.communities[0].administrator
    for stranger in (world.there.communities[0].administrator, world.here.communities[1].administrator):
        assert intruder.send(OWN.scope, look, given={"who": stranger}).rows == []
    assert len(intruder.send(OWN.scope, look, given={"who": mine}).rows) == 1, "control"
    append = (
        "SELECT core.append_audit(jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'community_id', "
        "%(community)s::uuid, 'actor_name', '', 'action', 'x', 'subject_type', '', 'subject_id', '', 'ip', '', "
        "'request_id', '', 'reason', '')))"
    )
    for place in (SIBLING, STREET, OTHER):
        outcome = intruder.send(OWN.scope, append, given={"community": place.community_id})
        assert outcome.state in {"42501", "23503"}, place.key
    assert intruder.send(OWN.scope, append, given={"community": OWN.community_id}).state == "ok", "control"


def test_a22_a_token_of_one_street_is_nobody_in_another(intruder: Intruder, planted: Planted, superuser, world) -> None:
    account = world.here.communities[0].resident_account
    superuser.execute(
        "INSERT INTO core.api_token (id, token_hash, hint, account_id, tenant_id, name, scopes, expires_at) "
        "VALUES (gen_random_uuid(), %s, '', %s, %s, '', '{}', now() + interval '1 hour')",
        [b"t" * 32, account, OWN.tenant_id],
    )
    ask = "SELECT account_id, grants, resident_ids FROM core.resolve_request(%(token)s, 'token', current_date)"
    given = {"token": b"t" * 32}
    assert intruder.send(OTHER.scope, ask, given=given).rows == [(None, None, None)]
    known = intruder.send(OWN.scope, ask, given=given).rows[0]
    assert known[0] == account, "control"
    neighbour = intruder.send(SIBLING.scope, ask, given=given).rows[0]
    assert (neighbour[1], neighbour[2]) == ([], []), "a resident of one community is nobody's resident in the next"


def test_a23_partitions(intruder: Intruder, planted: Planted, superuser, change, findings) -> None:
    partitions = superuser.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid "
        "WHERE c.relkind IN ('r', 'p')"
    ).fetchall()
    for (name,) in partitions:
        assert intruder.send(STREET.scope, f"SELECT * FROM {name}").state == "42501", name
    with change(
        "CREATE TABLE core.parted (tenant_id uuid NOT NULL DEFAULT sec.tenant_id(), n int, PRIMARY KEY (tenant_id, n)) "
        "PARTITION BY RANGE (n)",
        "CREATE TABLE core.parted_1 PARTITION OF core.parted FOR VALUES FROM (0) TO (9)",
        "ALTER TABLE core.parted ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE core.parted FORCE ROW LEVEL SECURITY",
        "CREATE POLICY base ON core.parted USING (true)",
        "CREATE POLICY tenant_wall ON core.parted AS RESTRICTIVE USING (tenant_id = (SELECT sec.tenant_id()))",
        "GRANT SELECT ON core.parted, core.parted_1 TO linli_app",
        f"INSERT INTO core.parted VALUES ('{OTHER.tenant_id}', 1), ('{OWN.tenant_id}', 2)",
        undo="DROP TABLE core.parted",
    ):
        assert intruder.send(OWN.scope, "SELECT n FROM core.parted").rows == [(2,)]
        assert intruder.send(OWN.scope, "SELECT n FROM core.parted_1").count == 2, "control: the partition would leak"
        assert {"R04", "R05"} <= findings(), "and so the house does not open with it"


def test_a24_sequences(intruder: Intruder, planted: Planted, superuser, change, findings) -> None:
    for name in relations(superuser, "S"):
        assert intruder.send(STREET.scope, f"SELECT last_value FROM {name}").state == "42501", name
        assert intruder.send(STREET.scope, f"SELECT currval('{name}')").state in {"42501", "55000"}, name
    with change(
        "CREATE SEQUENCE core.counted", "GRANT SELECT ON core.counted TO linli_app", undo="DROP SEQUENCE core.counted"
    ):
        assert intruder.send(OWN.scope, "SELECT last_value FROM core.counted").state == "ok", "control: it would tell"
        assert "R14" in findings(), "and so the house does not open with it"


def test_a25_large_objects(intruder: Intruder, planted: Planted, superuser) -> None:
    made = superuser.execute("SELECT lo_from_bytea(0, 'secret')").fetchone()[0]
    assert superuser.execute("SELECT lo_get(%s)", [made]).fetchone() == (b"secret",), "control"
    for statement in (
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        f"SELECT lo_open({made}, 262144)",
        f"SELECT lo_get({made})",
        f"SELECT lo_put({made}, 0, 'x')",
        f"SELECT lo_unlink({made})",
        "SELECT * FROM pg_largeobject",
        "SELECT lo_import('/etc/passwd')",
    ):
        assert intruder.send(STREET.scope, statement).state == "42501", statement
    superuser.execute("SELECT lo_unlink(%s)", [made])


def test_a26_a_plugins_own_policy_opens_nothing(intruder: Intruder, planted: Planted, change) -> None:
    for table, own, other, mine, theirs in planted.targets():
        look = f"SELECT 1 FROM {table.name} WHERE {table.by_key}"
        with change(
            f"CREATE POLICY mine ON {table.name} AS PERMISSIVE FOR ALL TO linli_app USING (true) WITH CHECK (true)",
            undo=f"DROP POLICY mine ON {table.name}",
        ):
            assert intruder.send(own.scope, look, given=theirs).rows == [], f"{table.name} of {other.key}"
            assert intruder.send(own.scope, look, given=mine).rows, "control"


def test_a31_a_cursor_held_open_dies_with_its_borrower(module_house, planted: Planted) -> None:
    database = module_house.database
    with database.engine.connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        token = module_house.signer.token(OTHER.scope)
        connection.execute(text("SELECT set_config('app.scope', :token, true)"), {"token": token})
        connection.execute(text("DECLARE left_open CURSOR WITH HOLD FOR SELECT * FROM core.resident"))
        connection.commit()
        assert connection.execute(text("FETCH 1 FROM left_open")).all(), "control: it outlives its transaction"
        connection.commit()
    with database.unit_of_work(OWN.scope) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == number, "control: the same connection"
        assert session.execute(text("SELECT name FROM pg_cursors WHERE is_holdable")).all() == []


def test_a31_nor_does_a_channel_or_a_lock(module_house, planted: Planted) -> None:
    database = module_house.database
    with database.engine.connect() as connection:
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text("LISTEN left_open"))
        connection.execute(text("SELECT pg_advisory_lock(77)"))
        connection.commit()
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert connection.scalar(text("SELECT count(*) FROM pg_listening_channels()")) == 1, "control"
        assert connection.scalar(text(held)) == 1, "control"
    with database.open_transaction() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == number, "control: the same connection"
        assert connection.scalar(text("SELECT count(*) FROM pg_listening_channels()")) == 0
        assert connection.scalar(text(held)) == 0


def test_a33_what_a_savepoint_undoes(intruder: Intruder, planted: Planted) -> None:
    forged = intruder.signer.token(OWN.scope).replace(str(OWN.community_id), "*")
    count = "SELECT count(*) FROM core.resident"
    mine = intruder.send(OWN.scope, count).rows
    back = intruder.send(
        OWN.scope,
        "SAVEPOINT s",
        f"SELECT set_config('app.scope', '{forged}', true)",
        "ROLLBACK TO SAVEPOINT s",
        count,
    )
    assert back.rows == mine
    assert mine[0][0] > 0, "control"
    kept = ("SAVEPOINT s", f"SELECT set_config('app.scope', '{forged}', true)", "RELEASE SAVEPOINT s", count)
    assert intruder.send(OWN.scope, *kept).state == "TN002"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT {column}::int FROM core.resident WHERE name LIKE 'canary-there%%'",
        "SELECT 1 / (CASE WHEN {column} LIKE 'canary-there%%' THEN 0 ELSE 1 END) FROM core.resident",
        "SELECT CAST({column} AS uuid) FROM core.resident WHERE {column} NOT LIKE 'canary-here1%%'",
        (
            "DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM core.resident LOOP IF r.name NOT LIKE "
            "'canary-here1%%' THEN RAISE EXCEPTION '%', r.name; END IF; END LOOP; END $$"
        ),
    ],
)
def test_a34_an_error_tells_nothing_of_rows_behind_the_wall(intruder: Intruder, planted: Planted, statement) -> None:
    statement = statement.format(column="name").replace("%%", "%")
    outcome = intruder.send(OWN.scope, statement)
    assert "canary-" not in outcome.said
    assert outcome.state == "ok"
    loud = intruder.send(OWN.scope, "SELECT name::int FROM core.resident")
    assert OWN.canary in loud.said, "control: an error would show the value"
