"""`linli serve`: refuses what could not work, answers, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from linli.cli.serving import ended_by_signals

pytestmark = pytest.mark.thorough

LINLI = [sys.executable, "-c", "from linli.cli import main; main()"]


def test_a_database_behind_the_programs_is_refused_before_anything_is_served(linli, house) -> None:
    with psycopg.connect(house.addresses.superuser, autocommit=True) as connection:
        connection.execute("DELETE FROM core.alembic_version_plugin_notices")
    printed = linli("serve", expect=1).stderr
    assert "notices" in printed
    assert "linli db upgrade" in printed


@contextmanager
def served(environment, tmp_path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`linli serve` on port 18498, ready."""
    given = {name: value for name, value in environment.items() if value is not None} | more
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
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def answered(path: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:18498{path}", timeout=10) as answer:
        return answer.status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_answers_until_it_is_ended(house, environment, tmp_path, number) -> None:
    with served(environment, tmp_path) as process:
        assert answered("/health/ready") == 200
        process.send_signal(number)
        assert process.wait(20) == 0


@pytest.mark.nightly
def test_a_web_process_that_has_grown_is_replaced_and_nobody_waits(house, environment, tmp_path) -> None:
    # Less than any of them needs, so that it has grown from its first moment.
    with served(environment, tmp_path, LINLI_WORKER_MEMORY="128") as process:
        first, deadline = workers_of(process), time.monotonic() + 60
        assert len(first) == 1
        seen, asked = set(first), 0
        while first & workers_of(process) and time.monotonic() < deadline:
            seen |= workers_of(process)
            assert answered("/health/ready") == 200
            asked += 1
            time.sleep(0.02)
        assert not first & workers_of(process), "it has gone"
        assert len(seen) > 1, "another one was there before"
        assert asked > 100, asked
        assert answered("/health/ready") == 200
        assert "web process has grown" in (tmp_path / "log").read_text("utf-8")


def workers_of(process: subprocess.Popen[bytes]) -> set[int]:
    """The processes that serve: spawned Pythons, each with a resource tracker that is none."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process.pid and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            # It ended while it was looked at.
            continue
    return found


class _Forgotten:
    pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_the_interpreter_swallows_ends_it_all_the_same(number) -> None:
    before, hook = signal.getsignal(number), sys.unraisablehook
    with ended_by_signals():
        thing = _Forgotten()
        # Whatever a callback of a weak reference raises is printed and goes no further.
        _watch = weakref.ref(thing, lambda _ref: signal.raise_signal(number))
        del thing
        with pytest.raises(KeyboardInterrupt):
            time.sleep(10)
    assert sys.unraisablehook is hook
    assert signal.getsignal(number) is before
