"""Whatever goes wrong ends in a clear sentence and exit code 1, never in a traceback."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
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
        ({}, ("streets", "import", "--register", "/", "--street", "1"), "/ 是一个文件夹"),
        ({}, ("tenants", "apply", "none.toml"), "找不到 none.toml"),
        ({}, ("demo",), "LINLI_DATABASE_URL"),
    ],
)
def test_each_failure_names_the_fault(linli, variables, words, message) -> None:
    if message is None:
        linli(*words, **variables)
        return
    assert message in linli(*words, expect=1, **variables).stderr


NOWHERE = "postgresql://x@127.0.0.1:9/"


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("LINLI_DATABASE_URL", ("db", "scope", "--street", "1")),
        ("LINLI_DATABASE_OWNER_URL", ("db", "status")),
        ("LINLI_DATABASE_SUPERUSER_URL", ("db", "bootstrap")),
    ],
)
def test_the_address_that_failed_is_named_and_no_other(linli, variable, words) -> None:
    printed = linli(*words, expect=1, **{variable: NOWHERE + variable.lower()}).stderr
    assert re.findall(r"LINLI_\w+", printed) == [variable]


def test_where_the_failed_address_is_unknown_all_are_named(linli) -> None:
    printed = linli("db", "status", expect=1, LINLI_DATABASE_OWNER_URL="postgresql://x@no.invalid/y").stderr
    assert "LINLI_DATABASE_OWNER_URL" in printed
    assert "no.invalid" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("docter",), "没有命令“docter”，您是否想写“doctor”？"),
        (("db", "upgrad"), "没有命令“upgrad”，您是否想写“upgrade”？"),
        (("db", "zzz"), "没有命令“zzz”\n"),
        (("--verison",), "没有选项 --verison"),
        (("db", "status", "--jason"), "没有选项 --jason，您是否想写“--json”？"),
        (("db", "url"), "缺少选项 --role（允许：app、owner）"),
        (("db", "url", "--role", "x"), "--role 的值不对（允许：app、owner）。"),
        (("serve", "--port", "0"), "--port 的值不对（允许：1-65535）。"),
        (("db", "status", "all"), "多余的参数 all。"),
        (("tenants", "apply"), "缺少参数 FILE"),
        (("plugin", "restore", "/no.zip"), "SOURCE 的值不对（没有文件 /no.zip）。"),
        (("plugin", "check", "/nowhere"), "[FOLDER] 的值不对（没有文件夹 /nowhere）。"),
        (("plugin", "check", "/etc/hostname"), "[FOLDER] 的值不对（/etc/hostname 是文件，要的是文件夹）。"),
    ],
)
def test_a_command_written_wrongly_is_told_with_its_usage(linli, words, message) -> None:
    printed = linli(*words, expect=2).stderr
    assert printed.startswith(f"错误：{message}"), printed
    assert "用法：linli" in printed
    assert "--help" in printed


def test_an_option_without_its_value_is_told(linli) -> None:
    assert "选项 --role 后面要写值。" in linli("db", "url", "--role", expect=2).stderr


def test_a_group_alone_shows_its_help(linli) -> None:
    assert "bootstrap" in linli("db", expect=2).output


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


def test_a_terminal_set_to_english_is_answered_in_english() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from linli.cli import main; main()", "docter"],
        env={**os.environ, "LC_ALL": "en_US.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: There is no command “docter”; did you mean “doctor”?\nUsage: linli")


def test_help_lists_every_command_in_words() -> None:
    printed = CliRunner().invoke(cli, ["--help"]).output
    for name in ("audit", "calendar", "db", "demo", "doctor", "plugin", "serve", "streets", "tenants"):
        assert f"\n  {name} " in printed
