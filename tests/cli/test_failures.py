"""Whatever goes wrong ends in a clear sentence and exit code 1, never in a traceback."""

from __future__ import annotations

import socket
import threading

import click
import pytest
from click.testing import CliRunner

from linli.cli import cli, serving
from linli.cli.failures import Failure, explained
from linli.cli.group import LazyGroup
from linli.cli.language import terminal_locale
from linli.cli.serving import check_port
from linli.kit.errors import FieldError, Invalid


@pytest.mark.parametrize(
    ("variables", "words", "message"),
    [
        ({"LINLI_DATABASE_URL": "postgresql://x@127.0.0.1:9/y"}, ("db", "url", "--role", "app"), None),
        (
            {"LINLI_DATABASE_OWNER_URL": "postgresql://x@127.0.0.1:9/y"},
            ("db", "status"),
            "连不上数据库",
        ),
        ({"LINLI_DATABASE_OWNER_URL": None}, ("db", "upgrade"), "LINLI_DATABASE_OWNER_URL"),
        ({"LINLI_DATABASE_URL": None}, ("db", "scope", "--street", "1"), "LINLI_DATABASE_URL"),
        ({"LINLI_DATABASE_SUPERUSER_URL": None}, ("db", "bootstrap"), "LINLI_DATABASE_SUPERUSER_URL"),
        ({"LINLI_PORT": "many"}, ("db", "status"), "LINLI_PORT"),
        ({}, ("streets", "import", "--register", "none.csv", "--street", "1"), "找不到 none.csv"),
        ({}, ("tenants", "apply", "none.toml"), "找不到 none.toml"),
        ({}, ("demo",), "LINLI_DATABASE_URL"),
    ],
)
def test_each_failure_names_the_fault(linli, variables, words, message) -> None:
    if message is None:
        linli(*words, **variables)
        return
    assert message in linli(*words, expect=1, **variables).stderr


def test_an_unmigrated_database_points_to_the_upgrade(linli, house) -> None:
    with house.owner.open_transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE core.tenant RENAME TO tenant_before")
    assert "linli db upgrade" in linli("db", "scope", "--street", "999001001", expect=1).stderr


def test_the_unforeseen_is_one_sentence_too() -> None:
    group = LazyGroup("x", commands_at={"boom": f"{__name__}:boom"})
    result = CliRunner().invoke(group, ["boom"], env={"LINLI_LOG_LEVEL": None})
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "ZeroDivisionError" in result.stderr
    detailed = CliRunner().invoke(group, ["boom"], env={"LINLI_LOG_LEVEL": "debug"})
    assert "Traceback" in detailed.stderr


@click.command()
def boom() -> None:
    _ = 1 / 0


def test_every_field_of_bad_input_is_told() -> None:
    error = Invalid(errors=[FieldError("a", "太长", "最多 3 个字"), FieldError("b", "必须填写")])
    assert explained(error).splitlines()[1:] == ["  a：太长（允许：最多 3 个字）", "  b：必须填写"]


def test_a_port_that_is_taken_is_told_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=f"端口 {port} 已被") as caught:
            check_port("127.0.0.1", port)
    assert "make demo PORT=" in caught.value.message
    check_port("127.0.0.1", port)


def test_a_port_that_linli_itself_holds_is_told_as_such(monkeypatch) -> None:
    monkeypatch.setattr(serving, "is_linli", lambda _port: True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Failure, match="已有一个 Linli 在运行"):
            check_port("127.0.0.1", taken.getsockname()[1])


def test_a_port_that_is_given_up_in_time_is_waited_for() -> None:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    giving_up = threading.Timer(0.3, taken.close)
    giving_up.start()
    check_port("127.0.0.1", taken.getsockname()[1], patience=20)
    giving_up.join()


@pytest.mark.parametrize(
    ("variables", "locale"),
    [
        ({}, "zh_CN"),
        ({"LANG": "C.UTF-8"}, "zh_CN"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh_CN"),
    ],
)
def test_the_terminal_chooses_the_language(monkeypatch, variables, locale) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal_locale() == locale


def test_help_lists_every_command_in_words() -> None:
    printed = CliRunner().invoke(cli, ["--help"]).output
    for name in ("audit", "calendar", "db", "demo", "doctor", "plugin", "serve", "streets", "tenants"):
        assert f"\n  {name} " in printed
