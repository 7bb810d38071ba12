"""A running platform with plugins at fault and healthy ones, and visitors who go on asking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select
from tests.faults.neighbours import NAMES, write_neighbour

from linli.cli.opening import upgrade_all
from linli.house import House
from linli.plugins import discovery
from linli.plugins.discovery import Candidate
from linli.plugins.models import PluginAllowance, PluginCircuit, PluginEnablement
from linli.testing.databases import MASTER
from linli.testing.houses import activate_plugins, open_test_house
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD

FOLDER = Path(__file__).parent / "plugins"
HERE, SIBLING = WORLD.here.communities
ROOT = f"/s/{WORLD.here.code}/c/{HERE.code}"
API = f"/api/v1{ROOT}"
#: Within so many seconds a plugin at fault has to be named and left out.
DEADLINE = 60.0


def candidate(name: str) -> Candidate:
    """What the entry point of a plugin of this folder would say."""
    return Candidate(name, f"linli_{name}.plugin", f"linli-{name}", "1.2.3")


@contextmanager
def installed(folder: Path, *bad: str) -> Iterator[None]:
    """These plugins at fault and the healthy ones are what is installed."""
    for name in NAMES:
        write_neighbour(folder, name)
    found = [candidate(name) for name in (*bad, *NAMES)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), str(FOLDER), *sys.path])
        patch.setattr(discovery, "candidates", lambda: found)
        try:
            yield
        finally:
            for name in [each for each in sys.modules if each.partition(".")[0] in {f"linli_{c.name}" for c in found}]:
                del sys.modules[name]


@dataclass
class Answer:
    """One answer, and when it was asked for."""

    status: int
    text: str
    seconds: float


@dataclass
class Siege:
    """The running application and its visitors."""

    client: TestClient[Litestar]
    house: House
    #: Of the upgrade.
    faults: dict[str, str]
    cookie: str = ""
    token: dict[str, str] = field(default_factory=dict)
    #: What was left out, and after how many seconds of the load.
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def site(self) -> Any:
        return self.client.app.state.site

    def ask(self, path: str, method: str = "GET") -> Answer:
        """As a resident: pages with a session, operations with a token."""
        headers = self.token if path.startswith("/api/") else {"cookie": f"sid={self.cookie}"}
        began = time.monotonic()
        got = self.client.request(method, path, headers=headers, follow_redirects=False)
        return Answer(got.status_code, got.text, time.monotonic() - began)

    def under_load(self, paths: Sequence[str], until: Callable[[], bool], threads: int = 3) -> dict[str, list[Answer]]:
        """Ask for these paths in turn, several at once, until a condition holds or the deadline is over."""
        answers: dict[str, list[Answer]] = {path: [] for path in paths}
        lock, over = Lock(), Event()
        began = time.monotonic()

        def visit(first: int) -> None:
            n = first
            while not over.is_set():
                path = paths[n % len(paths)]
                answer = self.ask(path)
                with lock:
                    answers[path].append(answer)
                n += 1

        with ThreadPoolExecutor(threads) as pool:
            visitors = [pool.submit(visit, each * 7) for each in range(threads)]
            while not until() and time.monotonic() - began < DEADLINE:
                time.sleep(0.1)
            over.set()
        for each in visitors:
            each.result()
        return answers

    def open_circuits(self) -> set[str]:
        """What is left out in the street just now."""
        with self.house.database.unit_of_work(WORLD.here.scope) as session:
            wanted = select(PluginCircuit.plugin, PluginCircuit.part).where(PluginCircuit.open_until.is_not(None))
            return {f"{row.plugin}.{row.part}" for row in session.execute(wanted)}


@contextmanager
def besieged(url: str, folder: Path, *bad: str, works: bool = False) -> Iterator[Siege]:
    """The platform on a database of its own, upgraded and started as in production with these plugins at fault."""
    house = open_test_house(url, MASTER, LINLI_PLUGIN_FAILURE="quarantine")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            # The template knows our own plugins, which nobody has installed here.
            connection.execute("DELETE FROM core.installed_plugin WHERE name <> 'core'")
        with installed(folder, *bad):
            upgraded = upgrade_all(house.settings, on_step=lambda _step: None)
            with house.database.unit_of_work(WORLD.here.scope) as session:
                for name in (*bad, *NAMES):
                    session.add(PluginAllowance(plugin=name))
                    session.add(PluginEnablement(plugin=name, community_id=HERE.id))
            try:
                with serving(house, works=works) as client:
                    siege = Siege(client, house, upgraded.faults)
                    siege.cookie = Browser(client, house).sign_in_as(HERE.resident_account)._token or ""
                    client.cookies.clear()
                    siege.token = Api(client, house).token_for(HERE.resident_account, WORLD.here.id).headers
                    yield siege
            finally:
                _let_go()
    finally:
        house.close()
        activate_plugins()


def _let_go() -> None:
    loops = sys.modules.get("linli_loops.plugin")
    if loops is not None:
        loops.OVER.set()
