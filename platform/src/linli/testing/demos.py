"""A demo of its own for whoever needs the whole of Linli: a browser, a measurement, a picture."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psycopg

from linli.db.addresses import DATABASE
from linli.db.embedded import EmbeddedServer

#: How the command tells who can sign in: name, password, address of the portal.
_ROW = re.compile(r"│\s*\S+\s*│\s*(\S+)\s*│\s*(\S+)\s*│\s*(http://\S+)\s*│")
#: Seconds until it has to stand, and to be gone.
_PATIENCE, _FAREWELL = 120, 40


@dataclass(frozen=True)
class Demo:
    """A running demo: its address, its folder, and for each sign-in name the password and the portal."""

    base: str
    folder: Path
    people: dict[str, tuple[str, str]]

    def database(self) -> psycopg.Connection:
        """The superuser's connection to its database: what happened can be made to have happened days ago."""
        server = EmbeddedServer(self.folder / "postgres")
        return psycopg.connect(server.superuser_url, dbname=DATABASE)


@contextmanager
def running_demo(data: Path, port: int) -> Iterator[Demo]:
    """Start a demo as `make demo` does, and stop it as Ctrl-C does.

    Args:
        data: the folder that it fills.
        port: on this machine alone.

    Raises:
        RuntimeError: it did not come up; with what it said.
    """
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    environ["LINLI_DATA_DIR"] = str(data)
    command = [str(Path(sys.executable).parent / "linli"), "demo", "--port", str(port)]
    server = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    listener = Thread(target=deque, args=(server.stdout or (), 0), daemon=True)
    try:
        lines: list[str] = []
        began = time.monotonic()
        for line in server.stdout or ():
            lines.append(line)
            if "Ctrl-C" in line or time.monotonic() - began > _PATIENCE:
                break
        # What it goes on to say has to be taken off it: a full pipe would hold it up in the middle of an answer.
        listener.start()
        people = {found[1]: (found[2], found[3]) for each in lines if (found := _ROW.search(each))}
        if len(people) < 3:
            raise RuntimeError("".join(lines))
        yield Demo(f"http://localhost:{port}", data, people)
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(timeout=_FAREWELL)
        if listener.ident:
            listener.join(timeout=_FAREWELL)
        if server.stdout:
            server.stdout.close()
