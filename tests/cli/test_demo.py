"""The demo as a newcomer runs it: from nothing, kept between runs, and gone when it is ended."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import ClassVar

import pytest

from linli.testing.folders import open_folder

pytestmark = pytest.mark.thorough

LINLI = [sys.executable, "-c", "from linli.cli import main; main()"]


def free_port() -> int:
    for port in range(18500, 18600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


class Demo:
    """A demo that runs, with what it has printed so far."""

    begun: ClassVar[list[Demo]] = []

    def __init__(self, folder: Path, *options: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.log = folder.parent / "demo.log"
        hidden = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*LINLI, "demo", "--port", str(self.port), *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**hidden, "LINLI_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        self.begun.append(self)

    @property
    def printed(self) -> str:
        return self.log.read_text("utf-8")

    def wait(self, words: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.1)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture(autouse=True)
def _ended():
    """What a test that fails leaves running is ended, or it would hold up those that follow."""
    yield
    while Demo.begun:
        demo = Demo.begun.pop()
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def folder():
    with open_folder("linli-demo-") as place:
        data = place / "数据 目录"
        yield data
        subprocess.run([*LINLI, "db", "stop"], env={**os.environ, "LINLI_DATA_DIR": str(data)}, check=False)


def is_running(folder: Path) -> bool:
    return (folder / "postgres" / "postgres" / "postmaster.pid").exists()


def passwords(printed: str) -> dict[str, str]:
    return dict(re.findall(r"│ (jiedao|xitong|anquan|shenji|shequ|louzhang|jumin) +│ (\S+)", printed))


def get(port: int, path: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.status


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """The passwords that the first start showed."""
    return {}


def test_from_nothing(folder, known) -> None:
    first = Demo(folder)
    first.wait("Ctrl-C")
    assert set(passwords(first.printed)) == {"jiedao", "xitong", "anquan", "shenji", "shequ", "louzhang", "jumin"}
    assert get(first.port, "/health/ready") == 200
    assert get(first.port, "/") == 200

    second = subprocess.run(
        [*LINLI, "demo", "--port", str(free_port())],
        env={**os.environ, "LINLI_DATA_DIR": str(folder), "LINLI_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (second.returncode, "另一个演示正在使用" in second.stderr) == (1, True)
    assert get(first.port, "/health/live") == 200, "the refused one must not disturb the first"

    known.update(passwords(first.printed))
    # A request that never comes to its end must not hold the stop up until something is killed.
    with socket.create_connection(("127.0.0.1", first.port)) as unfinished:
        unfinished.sendall(b"GET / HTTP/1.1\r\nHo")
        time.sleep(0.5)
        assert first.end(signal.SIGINT) == 0
    assert "refused to gracefully stop" not in first.printed
    assert "演示已停止" in first.printed.splitlines()[-1]
    assert not is_running(folder), "what it started is stopped"


def test_again_it_is_the_same_and_killed_it_leaves_no_worker_and_a_server_that_the_next_one_stops(
    folder, known
) -> None:
    began = time.monotonic()
    again = Demo(folder)
    again.wait("Ctrl-C")
    # The promise is ten seconds on a machine that does nothing else, which the newcomer's test holds it to.
    assert time.monotonic() - began < 30
    assert passwords(again.printed) == known
    assert "正在生成演示住户" not in again.printed, "the data was kept"

    assert again.end(signal.SIGKILL) == -signal.SIGKILL
    assert is_running(folder)
    heir = Demo(folder, port=again.port)
    heir.wait("Ctrl-C")
    assert heir.end(signal.SIGTERM) == 0
    assert not is_running(folder)


def test_ended_while_it_starts_afresh_it_leaves_no_server_and_keeps_the_key(folder) -> None:
    key = (folder / "secret.key").read_bytes()
    demo = Demo(folder, "--reset")
    demo.wait("正在生成演示住户")
    assert demo.end(signal.SIGTERM) == 0
    assert not is_running(folder)
    assert (folder / "secret.key").read_bytes() == key


def test_what_was_cut_off_is_made_whole_and_a_server_that_ran_before_goes_on_running(folder) -> None:
    environment = {**os.environ, "LINLI_DATA_DIR": str(folder), "LINLI_DATABASE_URL": ""}
    subprocess.run([*LINLI, "db", "url", "--role", "app"], env=environment, check=True, capture_output=True)
    demo = Demo(folder)
    demo.wait("Ctrl-C")
    assert "正在生成演示住户" in demo.printed
    assert demo.end(signal.SIGTERM) == 0
    assert is_running(folder)
    subprocess.run([*LINLI, "db", "stop"], env=environment, check=True, capture_output=True)
    assert not is_running(folder)
