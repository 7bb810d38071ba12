"""Part A, scopes: made-up, stale and missing ones, and every other way to be more than the runtime role."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from linli.db.lint import HIDDEN_TABLES, OPEN_TABLES
from linli.db.scope import ScopeSigner
from linli.testing.intruder import Intruder
from linli.testing.planted import PLACES, Planted

OWN, SIBLING, STREET, OTHER = PLACES["here1"], PLACES["here2"], PLACES["here0"], PLACES["there1"]


#: No right to, or no such role in this cluster.
REFUSALS = {"42501", "42704", "22023"}


def statements(table) -> list[str]:
    """One of each kind that the runtime role may send to this table."""
    # The columns that the database derives itself take no value.
    columns = ", ".join(f'"{name}"' for name in table.columns)
    kinds = {
        "SELECT": f"SELECT * FROM {table.name}",
        "UPDATE": f'UPDATE {table.name} SET "{table.key[0]}" = "{table.key[0]}"',
        "DELETE": f"DELETE FROM {table.name}",
        "INSERT": f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {table.name}",
    }
    return [statement for right, statement in kinds.items() if right in table.rights]


def made_up_tokens(signer: ScopeSigner) -> dict[str, str]:
    """Tokens that no signer made, each by another way of making them up."""
    kid, tenant, communities, exp, mac = signer.token(OWN.scope).split(".")
    stranger = ScopeSigner(b"x" * 32)

    def token(**changed: str) -> str:
        parts = {"kid": kid, "tenant": tenant, "communities": communities, "exp": exp, "mac": mac, **changed}
        return ".".join(parts.values())

    return {
        "a mac of zeros": token(mac="0" * 64),
        "one digit of the mac": token(mac=("0" if mac[0] != "0" else "1") + mac[1:]),
        "no mac": token(mac=""),
        "a mac in capitals": token(mac=mac.upper() if mac.upper() != mac else "A" * 64),
        "another key": stranger.token(OTHER.scope),
        "another street": token(tenant=str(OTHER.tenant_id)),
        "another community": token(communities=str(SIBLING.community_id)),
        "one more community": token(communities=f"{communities},{SIBLING.community_id}"),
        "all communities": token(communities="*"),
        "no communities": token(communities=""),
        "a later end": token(exp=str(int(exp) + 9999)),
        "an endless end": token(exp="999999999999"),
        "another key's number": token(kid="2"),
        "a number that is none": token(kid="1 OR 1=1"),
        "one part more": token() + ".x",
        "one part less": f"{kid}.{tenant}.{communities}.{exp}",
        "a blank behind": token() + " ",
        "words": "let me in",
        "quotes": "1.' OR true --.*.1.x",
    }


def test_a8_no_scope(intruder: Intruder, planted: Planted) -> None:
    for table in planted.tenant_tables:
        for statement in statements(table):
            assert intruder.send(None, statement).state == "TN001", statement
        assert intruder.send(STREET.scope, f"SELECT * FROM {table.name}").count > 0, "control"


def test_a9_empty_scope(intruder: Intruder, planted: Planted) -> None:
    for table in planted.tenant_tables:
        for statement in statements(table):
            assert intruder.send("", statement).state == "TN001", statement


def test_a10_and_a11_forged_scopes(intruder: Intruder, planted: Planted) -> None:
    tokens = made_up_tokens(intruder.signer)
    for table in planted.tenant_tables:
        for how, token in tokens.items():
            for statement in statements(table):
                assert intruder.send(token, statement).state == "TN002", f"{how}: {statement}"
        assert intruder.send(intruder.signer.token(STREET.scope), f"SELECT * FROM {table.name}").count > 0, "control"


def test_a12_expired_scope(intruder: Intruder, planted: Planted) -> None:
    stale = intruder.signer.token(OWN.scope, ttl=-1)
    for table in planted.tenant_tables:
        for statement in statements(table):
            assert intruder.send(stale, statement).state == "TN003", statement


def test_a12_a_ticket_is_no_scope(intruder: Intruder, planted: Planted) -> None:
    ticket = intruder.signer.ticket(str(OWN.tenant_id), "open-session")
    for table in planted.tenant_tables:
        for statement in statements(table):
            assert intruder.send(ticket, statement).state != "ok", statement


def test_a13_a_scope_set_inside_a_statement(intruder: Intruder, planted: Planted) -> None:
    tokens = made_up_tokens(intruder.signer)
    change = "SELECT set_config('app.scope', %(token)s, true)"
    for table in planted.tenant_tables:
        for how in ("another street", "all communities", "another community"):
            for statement in (
                f"SELECT set_config('app.scope', %(token)s, true), (SELECT count(*) FROM {table.name})",
                f"SELECT * FROM {table.name} WHERE set_config('app.scope', %(token)s, true) <> ''",
                f"WITH s AS MATERIALIZED ({change}) SELECT * FROM {table.name}, s",
            ):
                outcome = intruder.send(OWN.scope, statement, given={"token": tokens[how]})
                assert others(table, outcome.rows) == [], f"{how}: {statement}"
            late = intruder.send(
                OWN.scope,
                "SELECT set_config('app.scope', %(token)s, false)",
                f"SELECT * FROM {table.name}",
                given={"token": tokens[how]},
            )
            assert late.state == "TN002", f"{how}: {table.name}"
        own = f"SELECT set_config('app.scope', %(token)s, true), (SELECT count(*) FROM {table.name})"
        good = intruder.signer.token(STREET.scope)
        assert intruder.send(STREET.scope, own, given={"token": good}).rows[0][1] > 0, "control"


def others(table, rows: list) -> list:
    """Rows of another street, or of a community other than one's own."""
    names = list(table.columns)
    return [
        row
        for row in rows
        if len(row) >= len(names)
        and (
            row[names.index("tenant_id")] != OWN.tenant_id
            or (table.is_communitys and row[names.index("community_id")] not in (None, OWN.community_id))
        )
    ]


def test_a13_a_scope_exchanged_between_the_two_walls(intruder: Intruder, planted: Planted) -> None:
    # The index looks for the tenant, then runs the sub-select that exchanges the scope, then asks for communities.
    tokens = made_up_tokens(intruder.signer)
    exchange = "(SELECT CASE WHEN set_config('app.scope', %(token)s, true) <> '' THEN {} END)"
    for table in planted.tenant_tables:
        key = table.key[-1]
        lowest = "0::bigint" if key == "n" else "'00000000-0000-0000-0000-000000000000'::uuid"
        for statement in (
            f"SELECT * FROM {table.name} WHERE {key} >= {exchange.format(lowest)}",
            f"SELECT * FROM {table.name} WHERE {key} >= {exchange.format(lowest)} ORDER BY {key} DESC",
        ):
            for how in ("all communities", "another community", "another street"):
                for strategy in ("SET LOCAL enable_seqscan = off", "SET LOCAL enable_indexscan = off"):
                    outcome = intruder.send(OWN.scope, strategy, statement, given={"token": tokens[how]})
                    assert others(table, outcome.rows) == [], f"{how}: {statement}"
            honest = intruder.send(STREET.scope, statement, given={"token": intruder.signer.token(STREET.scope)})
            assert honest.count > 0, f"control: {statement}"
        if "DELETE" in table.rights and table.is_communitys:
            for strategy in ("SET LOCAL enable_seqscan = off", "SET LOCAL enable_indexscan = off"):
                statement = f"DELETE FROM {table.name} WHERE {key} >= {exchange.format(lowest)} RETURNING *"
                outcome = intruder.send(OWN.scope, strategy, statement, given={"token": tokens["all communities"]})
                assert others(table, outcome.rows) == [], statement


@pytest.mark.parametrize(
    "statement",
    [
        "RESET app.scope",
        "RESET ALL",
        "SET LOCAL app.scope TO ''",
        "SET SESSION app.scope TO DEFAULT",
        "SELECT set_config('app.scope', NULL, false)",
    ],
)
def test_a13_a_scope_that_is_reset_leaves_nothing_to_read(intruder: Intruder, planted: Planted, statement: str) -> None:
    assert intruder.send(OWN.scope, "SELECT 1", "SELECT * FROM core.resident").count > 0, "control"
    assert intruder.send(OWN.scope, statement, "SELECT * FROM core.resident").state == "TN001"


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE linli_owner",
        "SET ROLE linli_migrate",
        "SET ROLE linli_sec",
        "SET LOCAL ROLE postgres",
        "SET SESSION AUTHORIZATION linli_migrate",
        "SELECT set_config('role', 'linli_owner', true)",
        "ALTER ROLE linli_app BYPASSRLS",
        "ALTER ROLE linli_app SUPERUSER",
        "GRANT linli_owner TO linli_app",
        "CREATE ROLE stranger",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE TABLE core.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE FUNCTION core.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION sec.tenant_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
        "ALTER FUNCTION sec.scope() RESET ALL",
        "CREATE EXTENSION dblink SCHEMA core",
        "SELECT * FROM sec.scope_pad",
        "INSERT INTO sec.scope_pad VALUES (9, '', '')",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "COPY (SELECT 1) TO '/tmp/out'",
        "SET session_replication_role = replica",
        "ALTER DATABASE postgres SET app.scope = 'x'",
    ],
)
def test_a29_the_runtime_role_cannot_become_more(intruder: Intruder, planted: Planted, statement: str) -> None:
    assert intruder.send(OWN.scope, "SET ROLE linli_app", "SELECT 1").state == "ok", "control"
    assert intruder.send(OWN.scope, statement).state in REFUSALS


def test_a29_nor_take_a_wall_away(intruder: Intruder, planted: Planted) -> None:
    for table in planted.tenant_tables:
        for statement in (
            f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY",
            f"DROP POLICY tenant_wall ON {table.name}",
            f"CREATE POLICY mine ON {table.name} USING (true)",
            f"ALTER TABLE {table.name} OWNER TO linli_app",
            f"TRUNCATE {table.name}",
            f"CREATE TRIGGER mine BEFORE INSERT ON {table.name} EXECUTE FUNCTION core.refuse_change()",
            f"DROP TABLE {table.name}",
            f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE"
            if not table.rights - {"SELECT"}
            else "DROP SCHEMA core",
        ):
            assert intruder.send(OWN.scope, statement).state == "42501", statement


def test_a27_row_security_switched_off(intruder: Intruder, planted: Planted) -> None:
    for table in planted.tenant_tables:
        outcome = intruder.send(OWN.scope, "SET LOCAL row_security = off", f"SELECT * FROM {table.name}")
        assert outcome.state == "42501", table.name
        assert "affected by row-level security" in outcome.said
        on = intruder.send(STREET.scope, "SET LOCAL row_security = on", f"SELECT * FROM {table.name}")
        assert on.count > 0, "control"


def test_a28_a_plan_made_for_one_scope_serves_another(intruder: Intruder, planted: Planted) -> None:
    connection, signer = intruder.connection, intruder.signer

    def look(place, statement: str) -> set[str]:
        intruder.tries += 1
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('app.scope', %s, true)", [signer.token(place.scope)])
            return {str(row[0]["tenant_id"]) + str(row[0].get("community_id")) for row in connection.execute(statement)}

    for table in planted.tenant_tables:
        connection.execute(f"PREPARE look AS SELECT to_jsonb(t) FROM {table.name} t")
        for mode in ("force_generic_plan", "force_custom_plan"):
            connection.execute(f"SET plan_cache_mode = {mode}")
            mine = [look(OWN, "EXECUTE look") for _ in range(3)]
            theirs = look(OTHER, "EXECUTE look")
            assert mine[0] == mine[-1]
            assert mine[0], f"control: {table.name}"
            assert theirs, f"control: {table.name}"
            assert not mine[0] & theirs, table.name
        connection.execute("DEALLOCATE look")
        connection.execute("RESET plan_cache_mode")


def test_a39_what_is_kept_from_the_runtime_role(intruder: Intruder, planted: Planted) -> None:
    for name in HIDDEN_TABLES:
        for statement in (
            f"SELECT * FROM {name}",
            f"SELECT count(*) FROM {name}",
            f"INSERT INTO {name} DEFAULT VALUES",
            f"DELETE FROM {name}",
            f"COPY {name} TO STDOUT",
        ):
            assert intruder.send(STREET.scope, statement).state == "42501", statement
        assert name in planted.tables, "control: it exists"


def test_a40_open_tables_are_read_only(intruder: Intruder, planted: Planted) -> None:
    for name in set(OPEN_TABLES) - set(HIDDEN_TABLES):
        table = planted.tables[name]
        assert table.rights == {"SELECT"}, name
        for statement in (
            f"INSERT INTO {name} DEFAULT VALUES",
            f'UPDATE {name} SET "{table.key[0]}" = "{table.key[0]}"',
            f"DELETE FROM {name}",
        ):
            assert intruder.send(STREET.scope, statement).state == "42501", statement
        assert intruder.send(STREET.scope, f"SELECT * FROM {name}").state == "ok", "control"


def test_a42_no_table_is_left_out(planted: Planted) -> None:
    behind_walls = {table.name for table in planted.tenant_tables}
    versions = {name for name in planted.tables if name.startswith("core.alembic_version_")}
    assert set(planted.tables) == behind_walls | set(OPEN_TABLES) | versions


def test_a43_what_the_server_tells_about_itself(intruder: Intruder, planted: Planted, module_house, superuser) -> None:
    superuser.execute("ANALYZE core.resident")
    seen = "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE schemaname <> 'pg_catalog'"
    canaries = [place.canary for place in PLACES.values()]
    assert any(any(c in str(row) for c in canaries) for row in superuser.execute(seen)), "control"
    assert not [row for row in intruder.send(OWN.scope, seen).rows if any(c in str(row) for c in canaries)]
    with module_house.database.unit_of_work(OTHER.scope) as session:
        session.connection()
        assert intruder.send(OWN.scope, "SELECT query FROM pg_stat_activity WHERE usename = 'linli_app'").count >= 2
        shown = intruder.send(OWN.scope, "SELECT * FROM pg_stat_activity").rows
        assert str(OTHER.tenant_id) not in str(shown)


def test_a44_a_lock_or_a_wait_does_not_tell_either(intruder: Intruder, planted: Planted, module_house) -> None:
    theirs = planted.rows["core.resident", "there1"]
    mine = planted.rows["core.resident", "here1"]
    take = "SELECT 1 FROM core.resident WHERE id = %(id)s FOR UPDATE NOWAIT"
    with psycopg.connect(module_house.addresses.app) as holder:
        for scope, row in ((OTHER.scope, theirs), (OWN.scope, mine)):
            holder.execute("SELECT set_config('app.scope', %s, true)", [intruder.signer.token(scope)])
            assert holder.execute(take, row).fetchall()
        assert intruder.send(OWN.scope, take, given=mine).state == "55P03", "control: a lock of one's own is felt"
        held = intruder.send(OWN.scope, take, given=theirs)
        nothing = intruder.send(OWN.scope, take, given={"id": uuid4()})
        assert (held.state, held.rows) == (nothing.state, nothing.rows) == ("ok", [])
        holder.rollback()


def test_a45_the_owner_of_the_tables_is_walled_in_too(intruder: Intruder, planted: Planted, superuser) -> None:
    """As a revision or a definer function would read: the owner bypasses row security unless it is forced."""
    walled_owner = Intruder(superuser, intruder.signer)
    owner_reads_its_own_place_alone(walled_owner, planted)
    intruder.tries += walled_owner.tries


def owner_reads_its_own_place_alone(intruder: Intruder, planted: Planted) -> None:
    """Sends as the owner of the tables what ``test_a1_select`` sends as the runtime role."""
    leaks, proven = [], 0
    for table, own, other, mine, theirs in planted.targets():
        read = f"SELECT 1 FROM {table.name} WHERE {table.by_key}"
        outcome = intruder.send(own.scope, "SET LOCAL ROLE linli_owner", read, given=theirs)
        if outcome.count or outcome.state != "ok":
            leaks.append(f"{table.name}: {own.key} reads {other.key}: {outcome.state}")
        proven += intruder.send(own.scope, "SET LOCAL ROLE linli_owner", read, given=mine).count
    assert leaks == []
    assert proven > 50, "control: its own it reads"
