"""Which process promised to stop the server, so that the next one can keep the promise of one that was killed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def write_starter(path: Path) -> None:
    """Note this process as the one that stops the server."""
    path.write_text(f"{os.getpid()}\n{_birth(os.getpid())}\n", "ascii")


def is_orphaned(path: Path) -> bool:
    """Whether a process promised to stop the server and is gone; False when none ever did."""
    try:
        pid, birth = path.read_text("ascii").splitlines()
        return _birth(int(pid)) != birth
    except (OSError, ValueError):
        return False


def _birth(pid: int) -> str:
    """When the process with this number began, in whatever terms the system has; empty when there is none.

    A number alone may long belong to another process.
    """
    if Path("/proc/self/stat").exists():
        try:
            # The name in the second field may hold spaces and brackets; the start is the 22nd field.
            state, *rest = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except (OSError, ValueError):
            return ""
        return "" if state == b"Z" else rest[18].decode("ascii")
    answer = subprocess.run(["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False)
    return answer.stdout.strip()
