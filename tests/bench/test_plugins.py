"""What fifteen enabled plugins cost a request that is none of theirs, and one that shows their cards; against none."""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.faults.neighbours import write_neighbour
from tests.faults.siege import API, HERE, ROOT, candidate

from linli.kit.actor import SYSTEM
from linli.plugins.containment import CARD, call
from linli.plugins.models import PluginAllowance, PluginEnablement
from linli.plugins.registry import Plugins
from linli.testing.databases import MASTER, clone_of
from linli.testing.houses import open_test_house
from linli.testing.web import Api, Browser, serving
from linli.testing.world import WORLD

REPORT = Path(__file__).parents[2] / ".tmp" / "bench" / "plugins.json"
PLUGINS = tuple(f"bench_{n:02d}" for n in range(1, 16))
ROUNDS, EACH = 20, 15
PATHS = {"operation": f"{API}/inbox", "page": f"{ROOT}/my-home", "first_page": ROOT}


@contextmanager
def visited(url: str, plugins: Plugins) -> Iterator[tuple[TestClient[Litestar], dict[str, dict[str, str]]]]:
    """The application with these plugins, all of them on, and what a resident shows of themselves."""
    house = open_test_house(url, MASTER)
    try:
        with house.database.unit_of_work(WORLD.here.scope) as session:
            for name in plugins.names:
                session.add(PluginAllowance(plugin=name))
                session.add(PluginEnablement(plugin=name, community_id=HERE.id))
        with serving(house, plugins, works=False) as client:
            token = Browser(client, house).sign_in_as(HERE.resident_account)._token
            client.cookies.clear()
            api = Api(client, house).token_for(HERE.resident_account, WORLD.here.id)
            yield client, {"operation": api.headers, "page": {"cookie": f"sid={token}"}}
    finally:
        house.close()


def _seconds(client: TestClient[Litestar], path: str, headers: dict[str, str], times: int) -> float:
    began = time.perf_counter()
    for _n in range(times):
        assert client.get(path, headers=headers).status_code == 200
    return (time.perf_counter() - began) / times


def measured(superuser_url: str, template: str, folder: Path, rounds: int, each: int) -> dict[str, dict[str, float]]:
    """Milliseconds for each kind of request with none and with all, in turns; and what one contained call costs."""
    for name in PLUGINS:
        write_neighbour(folder, name)
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(sys, "path", [str(folder), *sys.path])
        all_of_them = Plugins.load(found=[candidate(name) for name in PLUGINS])
        urls = [stack.enter_context(clone_of(superuser_url, template)) for _n in range(2)]
        sides = {
            "none": stack.enter_context(visited(urls[0], Plugins())),
            "fifteen": stack.enter_context(visited(urls[1], all_of_them)),
        }
        took: dict[str, dict[str, list[float]]] = {kind: {side: [] for side in sides} for kind in PATHS}
        for _round, (kind, path), (side, (client, shown)) in itertools.product(
            range(rounds + 1), PATHS.items(), sides.items()
        ):
            headers = shown["operation" if kind == "operation" else "page"]
            took[kind][side].append(_seconds(client, path, headers, each))
    report = {}
    for kind, by_side in took.items():
        # The first round fills caches. Both sides of a round meet the same weather: their ratio is what is told.
        rounds_of = {side: by_side[side][1:] for side in ("none", "fifteen")}
        none, fifteen = (statistics.median(each) for each in rounds_of.values())
        ratios = [b / a for a, b in zip(rounds_of["none"], rounds_of["fifteen"], strict=True)]
        report[kind] = {
            "none_ms": round(none * 1000, 2),
            "fifteen_ms": round(fifteen * 1000, 2),
            "ratio": round(statistics.median(ratios), 2),
        }
    return report


def _one_call(open_session, times: int) -> dict[str, float]:
    with open_session(HERE.scope, SYSTEM) as session:
        session.connection()
        began = time.perf_counter()
        for _n in range(times):
            call(session, "bench", CARD, lambda: None)
        return {"microseconds": round((time.perf_counter() - began) / times * 1_000_000)}


def test_fifteen_plugins_are_served(superuser_url, template, tmp_path, open_session) -> None:
    report = measured(superuser_url, template, tmp_path, 1, 2)
    assert set(report) == set(PATHS)
    assert _one_call(open_session, 10)["microseconds"] > 0


@pytest.mark.nightly
def test_what_fifteen_plugins_cost(superuser_url, template, tmp_path, open_session, capsys) -> None:
    report = measured(superuser_url, template, tmp_path, ROUNDS, EACH)
    report["contained_call"] = _one_call(open_session, 2000)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    with capsys.disabled():
        print(f"\n{json.dumps(report, indent=2)}")  # noqa: T201 the figures are the result
    assert report["operation"]["ratio"] < 1.5, "plugins that a request has nothing to do with cost it next to nothing"
    assert report["page"]["ratio"] < 1.5
