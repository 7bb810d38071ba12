"""One PostgreSQL server on this machine, private to one data folder and shared by its processes."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from linli.db.embedded.account import Account, choose_account
from linli.db.embedded.binaries import Binaries, find_binaries
from linli.db.embedded.errors import EmbeddedServerError
from linli.db.embedded.failures import disk_full, explain, no_permission
from linli.db.embedded.postmaster import (
    Postmaster,
    choose_address,
    forget_address,
    read_postmaster,
    running_postmaster,
    serves,
)
from linli.db.embedded.starter import is_orphaned, write_starter
from linli.kit.text import gettext as _

SUPERUSER = "postgres"

_SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "jit": "off",
    "cluster_name": "linli",
}
_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_LEAST_FREE_BYTES = 100 * 1024 * 1024
_LARGEST_LOG_BYTES = 5 * 1024 * 1024
_LOCK_SECONDS = 120
_START_SECONDS = 300
_STOP_SECONDS = 60
_POLL_SECONDS = 0.02
_MISSES = 5


class EmbeddedServer:
    """A server that needs no installation and no configuration.

    Its data, log and superuser password lie in `data_dir`. Processes that name the same folder share one
    server; it outlives them until one of them calls `stop()`. As a context manager it stops on leaving,
    if it was started on entering.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        binaries: Binaries | None = None,
        volatile: bool = False,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        """Prepare; nothing is touched before `start()`.

        Args:
            data_dir: made if absent.
            binaries: the programs to use; None finds them.
            volatile: do not wait for the disk. For tests: a power cut loses the data.
            on_step: is told in one sentence what takes time.
        """
        self.data_dir = data_dir.resolve()
        self.cluster = self.data_dir / "postgres"
        self.log = self.data_dir / "postgres.log"
        self._binaries = binaries
        self._volatile = volatile
        self._on_step = on_step or (lambda _step: None)
        self._started_here = False

    def __enter__(self) -> Self:
        self.start(until_exit=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._started_here:
            self.stop()

    @property
    def started_here(self) -> bool:
        """Whether this object started the server, rather than finding it running."""
        return self._started_here

    def start(self, *, until_exit: bool = False) -> None:
        """Make the data folder if need be and start the server, or join the one that runs.

        Args:
            until_exit: the caller stops it when it ends. A server whose starter promised that and died before it
                could counts as started here.

        Raises:
            EmbeddedServerError: in one sentence what is wrong and the way out.
        """
        with self._faults_explained(), self._lock():
            running = running_postmaster(self.cluster)
            if running is not None:
                self._wait_until_ready(running.pid, lambda: _text_from(self.log, 0))
                if until_exit and is_orphaned(self._starter_file):
                    write_starter(self._starter_file)
                    self._started_here = True
                return
            self._check_disk()
            binaries = self._binaries or find_binaries(major=self._major())
            self._check_major(binaries)
            account, binaries = choose_account(self.data_dir, self.cluster, binaries)
            if not self.cluster.exists():
                self._initialise(account, binaries)
            elif not self._password_file.exists():
                self._replace_password(account, binaries)
            self._forget_stale()
            if until_exit:
                write_starter(self._starter_file)
            else:
                self._starter_file.unlink(missing_ok=True)
            self._launch(account, binaries)
            self._started_here = True

    def stop(self) -> None:
        """End the server and every connection to it; nothing happens if it does not run.

        Raises:
            EmbeddedServerError: it belongs to another user, or does not end within a minute.
        """
        if not self.cluster.exists():
            return
        with self._faults_explained(), self._lock():
            running = running_postmaster(self.cluster)
            if running is not None:
                self._end(running)
            self._starter_file.unlink(missing_ok=True)
            self._started_here = False

    def is_running(self) -> bool:
        running = running_postmaster(self.cluster)
        return running is not None and running.is_ready

    def url(self, user: str, database: str, password: str | None = None) -> str:
        """A connection URL for libpq and SQLAlchemy.

        Raises:
            EmbeddedServerError: the server does not run.
        """
        running = running_postmaster(self.cluster)
        if running is None:
            raise EmbeddedServerError(
                _("{folder} 里的数据库没有运行").format(folder=self.data_dir),
                _("请先运行 linli db status 或 make demo"),
            )
        return running.address.url(user, database, password)

    @property
    def superuser_url(self) -> str:
        """The superuser's connection to the database `postgres`; it carries the password."""
        with self._faults_explained():
            password = self._password_file.read_text("ascii").strip()
        return self.url(SUPERUSER, SUPERUSER, password)

    @property
    def _password_file(self) -> Path:
        return self.data_dir / "postgres.password"

    @property
    def _starter_file(self) -> Path:
        return self.data_dir / "postgres.starter"

    @contextmanager
    def _faults_explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = Path(error.filename) if isinstance(error.filename, str) else self.data_dir
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise disk_full(self.data_dir) from error
            if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
                raise no_permission(where) from error
            raise EmbeddedServerError(
                _("数据目录 {folder} 不可用（{reason}）").format(folder=self.data_dir, reason=error.strerror or error),
                _("请用 LINLI_DATA_DIR 另选一个目录"),
            ) from error

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(self.data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + _LOCK_SECONDS
        is_told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not is_told:
                    self._on_step(_("另一个进程正在启动数据库，等它完成"))
                    is_told = True
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(
                        _("另一个进程长时间占用数据目录 {folder}").format(folder=self.data_dir),
                        _("请结束那个进程后重试"),
                    ) from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _check_disk(self) -> None:
        if shutil.disk_usage(self.data_dir).free < _LEAST_FREE_BYTES:
            raise disk_full(self.data_dir)

    def _major(self) -> int | None:
        try:
            return int((self.cluster / "PG_VERSION").read_text("ascii"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise EmbeddedServerError(
                _("数据目录 {folder} 已损坏").format(folder=self.cluster),
                _("请用备份恢复；演示数据可以用 make demo RESET=1 重新生成"),
            ) from error

    def _check_major(self, binaries: Binaries) -> None:
        major = self._major()
        if major not in {None, binaries.major}:
            raise EmbeddedServerError(
                _("数据目录属于 PostgreSQL {major}，不能用 {version} 打开").format(
                    major=major, version=binaries.version
                ),
                _("请用 PG_BIN 指出 PostgreSQL {major} 的 bin 目录，或用 LINLI_DATA_DIR 另选一个目录").format(
                    major=major
                ),
            )

    def _initialise(self, account: Account, binaries: Binaries) -> None:
        self._on_step(_("正在建立数据库（PostgreSQL {version}）").format(version=binaries.version))
        # Made under another name and renamed: a half-made folder is never taken for a database.
        draft = self.data_dir / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.own(draft)
        password = secrets.token_hex(24)
        pwfile = draft / "password"
        _write_private(pwfile, password)
        account.own(pwfile)
        try:
            self._run_initdb(account, binaries, draft / "data", pwfile)
            _write_private(self._password_file, password)
            (draft / "data").rename(self.cluster)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _run_initdb(self, account: Account, binaries: Binaries, target: Path, pwfile: Path) -> None:
        command = [
            binaries.folder / "initdb",
            f"--pgdata={target}",
            f"--username={SUPERUSER}",
            f"--pwfile={pwfile}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
            *(["--no-sync"] if self._volatile else []),
        ]
        # Case and letters beyond ASCII need the character type; the order of rows stays by code point.
        answer = _run(account, [*command, "--lc-ctype=C.UTF-8"])
        if answer.returncode != 0 and "invalid locale name" in answer.stdout:
            answer = _run(account, command)
        if answer.returncode != 0:
            self.log.write_text(answer.stdout, "utf-8")
            raise explain(answer.stdout, self.data_dir, self.log)

    def _replace_password(self, account: Account, binaries: Binaries) -> None:
        password = secrets.token_hex(24)
        answer = _run(
            account,
            [binaries.folder / "postgres", "--single", "-D", self.cluster, SUPERUSER],
            f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n",
        )
        if answer.returncode != 0:
            raise explain(answer.stdout, self.data_dir, self.log)
        _write_private(self._password_file, password)

    def _forget_stale(self) -> None:
        stale = read_postmaster(self.cluster)
        if stale is not None:
            forget_address(stale.address)
        # The server would itself refuse to start if another program has got the old number since.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, account: Account, binaries: Binaries) -> None:
        self._on_step(_("正在启动数据库"))
        address = choose_address(self.data_dir)
        if address.socket_dir:
            account.own(Path(address.socket_dir))
        settings = _SETTINGS | address.settings() | (_VOLATILE if self._volatile else {})
        command = account.command([binaries.folder / "postgres", "-D", self.cluster])
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            account.own(self.log)
            begin = log.tell()
            # The shell ends at once, so that the server is nobody's child and Ctrl-C does not reach it.
            answer = subprocess.run(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                check=True,
                **account.options(),
            )
        try:
            self._wait_until_ready(int(answer.stdout), lambda: _text_from(self.log, begin))
        except EmbeddedServerError:
            forget_address(address)
            raise

    def _wait_until_ready(self, pid: int, output: Callable[[], str]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        misses = 0
        while time.monotonic() < deadline:
            # A process that is just being replaced by the server shows no arguments for a moment.
            misses = 0 if serves(pid, self.cluster) else misses + 1
            if misses == _MISSES:
                raise explain(output(), self.data_dir, self.log)
            found = read_postmaster(self.cluster)
            if found is not None and found.pid == pid and found.is_ready:
                return
            time.sleep(_POLL_SECONDS)
        raise EmbeddedServerError(
            _("数据库在 {seconds} 秒内没有就绪").format(seconds=_START_SECONDS),
            _("详情见 {log}").format(log=self.log),
        )

    def _end(self, running: Postmaster) -> None:
        self._on_step(_("正在停止数据库"))
        os.kill(running.pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while serves(running.pid, self.cluster):
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    _("数据库在 {seconds} 秒内没有停下").format(seconds=_STOP_SECONDS),
                    _("详情见 {log}").format(log=self.log),
                )
            time.sleep(_POLL_SECONDS)
        forget_address(running.address)


def _run(account: Account, arguments: list[str | Path], text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        account.command(arguments),
        input=text or "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **account.options(),
    )


def _write_private(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _text_from(path: Path, begin: int) -> str:
    with path.open("rb") as file:
        file.seek(begin)
        return file.read().decode("utf-8", "replace")
