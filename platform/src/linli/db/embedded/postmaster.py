"""What the running server tells about itself in `postmaster.pid`, and where it can be reached."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# 107 bytes is Linux's limit for a socket's whole path, 103 the one of macOS.
_LONGEST_SOCKET_PATH = 103
_SOCKET_PORT = 5432
_TEMPORARY = "linli-"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens: in a folder's Unix socket, or on a port of this machine."""

    port: int
    socket_dir: str = ""
    host: str = ""

    def url(self, user: str, database: str, password: str | None) -> str:
        """A connection URL that libpq and SQLAlchemy read alike."""
        login = quote(user, safe="")
        if password is not None:
            login += ":" + quote(password, safe="")
        if self.socket_dir:
            host = quote(self.socket_dir, safe="")
            return f"postgresql://{login}@/{quote(database, safe='')}?host={host}&port={self.port}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database, safe='')}"

    def settings(self) -> dict[str, str]:
        """What to tell the server so that it listens here and nowhere else."""
        return {
            "port": str(self.port),
            "listen_addresses": self.host,
            "unix_socket_directories": self.socket_dir,
            "unix_socket_permissions": "0700",
        }


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The server's main process."""

    pid: int
    address: Address
    is_ready: bool


def read_postmaster(cluster: Path) -> Postmaster | None:
    """The process that `postmaster.pid` names, alive or not; None if the file is absent or half-written."""
    try:
        lines = (cluster / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    lines += [""] * (8 - len(lines))
    address = Address(port, lines[4].strip(), lines[5].strip())
    return Postmaster(pid, address, lines[7].strip() == "ready")


def running_postmaster(cluster: Path) -> Postmaster | None:
    """The server of this folder if it is alive; a process that only inherited its number does not count."""
    found = read_postmaster(cluster)
    return found if found and serves(found.pid, cluster) else None


def serves(pid: int, cluster: Path) -> bool:
    """Whether this process was started for that folder."""
    command = _command_line(pid)
    # The whole argument where arguments are told apart: another folder's name may begin alike.
    return os.fsencode(cluster) in (command.split(b"\0") if b"\0" in command else command)


def choose_address(data_dir: Path) -> Address:
    """A Unix socket beside the data; if its path is unfit, one in a temporary folder; else a free port."""
    beside = data_dir / "run"
    if _is_plain(beside) and _can_bind(beside):
        return Address(_SOCKET_PORT, str(beside))
    for parent in ("/tmp", tempfile.gettempdir()):  # noqa: S108 - a name of our own inside, short enough
        folder = _temporary_folder(parent)
        if folder is not None and _is_plain(folder) and _can_bind(folder):
            return Address(_SOCKET_PORT, str(folder))
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    return Address(_free_port(), host="127.0.0.1")


def forget_address(address: Address) -> None:
    """Remove the temporary folder of a server that has ended."""
    folder = Path(address.socket_dir)
    if address.socket_dir and folder.name.startswith(_TEMPORARY):
        shutil.rmtree(folder, ignore_errors=True)


def _is_plain(folder: Path) -> bool:
    # A comma parts hosts for libpq and folders for the server; others need quoting somewhere.
    longest = len(os.fsencode(folder / f".s.PGSQL.{_SOCKET_PORT}.lock"))
    return longest <= _LONGEST_SOCKET_PATH and re.fullmatch(r"[A-Za-z0-9._/-]+", str(folder)) is not None


def _can_bind(folder: Path) -> bool:
    trial = folder / ".trial"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        trial.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(trial))
        trial.unlink()
    except OSError:
        return False
    return True


def _temporary_folder(parent: str) -> Path | None:
    try:
        return Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=parent))
    except OSError:
        return None


def _free_port() -> int:
    # Below the range from which the system picks ports for outgoing connections.
    for port in range(25432, 32768):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return _SOCKET_PORT


def _command_line(pid: int) -> bytes:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return b""
    answer = subprocess.run(
        ["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, timeout=20, check=False
    )
    return answer.stdout
