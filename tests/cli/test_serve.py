"""`linli serve`: refuses what could not work, answers, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
import weakref

import psycopg
import pytest

from linli.cli.serving import ended_by_signals

LINLI = [sys.executable, "-c", "from linli.cli import main; main()"]


def test_a_database_behind_the_programs_is_refused_before_anything_is_served(linli, house) -> None:
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        connection.execute("DELETE FROM core.alembic_version_plugin_notices")
    printed = linli("serve", expect=1).stderr
    assert "notices" in printed
    assert "linli db upgrade" in printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_answers_until_it_is_ended(house, environment, tmp_path, number) -> None:
    given = {name: value for name, value in environment.items() if value is not None}
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*LINLI, "serve", "--port", "18498"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **given},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 40
        while "已就绪" not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open("http://127.0.0.1:18498/health/ready", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(number)
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class _Forgotten:
    pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_the_interpreter_swallows_ends_it_at_the_next_step(number) -> None:
    before = signal.getsignal(number)
    with ended_by_signals() as go_on:
        go_on()
        thing = _Forgotten()
        # Whatever a callback of a weak reference raises is printed and goes no further.
        _watch = weakref.ref(thing, lambda _ref: signal.raise_signal(number))
        del thing
        with pytest.raises(KeyboardInterrupt):
            go_on()
    assert signal.getsignal(number) is before
