"""Plugins at fault cost their own answers: core and neighbours go on, and the plugin is named and left out."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
from sqlalchemy import text
from tests.faults.conftest import AT_START, WHILE_RUNNING
from tests.faults.neighbours import NAMES
from tests.faults.siege import API, DEADLINE, ROOT, Answer, Siege

from linli.testing.world import WORLD

pytestmark = pytest.mark.thorough

CORE = [f"{ROOT}/my-home", f"{ROOT}/inbox", f"{API}/inbox", "/health/ready"]
NEIGHBOURS = [f"{root}/{name}{end}" for name in NAMES for root, end in ((ROOT, ""), (API, "/thing"))]
#: What a visitor of each plugin at fault asks for; the cards stand on the community's first page.
BAD = [
    ROOT,
    *(f"{ROOT}/{name}" for name in ("raises", "exits", "swallows", "mistypes", "huge")),
    *(f"{API}/{name}/thing" for name in ("raises", "exits", "mistypes", "huge")),
]
#: What has to be left out in the end.
OPEN = {
    *(f"{name}.calls" for name in WHILE_RUNNING if name != "loops"),
    *(f"{name}.pages" for name in ("raises", "exits", "swallows", "mistypes", "huge")),
}


@pytest.fixture(scope="module")
def calm(siege: Siege) -> dict[str, Answer]:
    """What core and neighbours answer before anybody asks a plugin at fault."""
    return {path: siege.ask(path) for path in (*CORE, *NEIGHBOURS)}


@pytest.fixture(scope="module")
def storm(siege: Siege, calm) -> dict[str, list[Answer]]:
    """The same and the plugins at fault, asked for at once until the last of these is left out."""
    began = time.monotonic()
    seen: dict[str, float] = {}

    def is_over() -> bool:
        for each in siege.open_circuits() - seen.keys():
            seen[each] = round(time.monotonic() - began, 1)
        return seen.keys() >= OPEN

    answers = siege.under_load([*CORE, *BAD, *NEIGHBOURS], is_over)
    siege.seen = dict(sorted(seen.items()))
    return answers


class TestWhileRunning:
    def test_every_one_is_left_out_within_a_minute_and_no_neighbour_is(self, siege, storm, capsys) -> None:
        assert siege.open_circuits() == OPEN
        assert max(siege.seen.values()) < DEADLINE
        with capsys.disabled():
            print(f"\n{json.dumps({'left_out_after_seconds': siege.seen})}")  # noqa: T201 the figures are the result

    def test_the_core_answers_as_before(self, calm, storm) -> None:
        assert {each.status for each in storm[ROOT]} == {200}, "the page with all the cards"
        for path in CORE:
            assert Counter(each.status for each in storm[path]) == {calm[path].status: len(storm[path])}, path
            assert calm[path].status == 200

    def test_the_neighbours_answer_as_before(self, calm, storm) -> None:
        for path in NEIGHBOURS:
            assert calm[path].status == 200
            assert {each.status for each in storm[path]} == {200}, path
            if path.startswith("/api/"):
                assert {each.text for each in storm[path]} == {calm[path].text}

    def test_what_is_left_out_is_told_plainly_and_names_no_internals(self, siege, storm) -> None:
        for path in BAD[1:]:
            assert {each.status for each in storm[path]} <= {500, 503}, path
            told = siege.ask(path)
            assert told.status == 503
            assert "故障" in told.text
        everything = " ".join(each.text for path in BAD for each in storm[path])
        for internal in ("a secret of", "Traceback", "ZeroDivision", "SystemExit", "KeyError", "sqlalchemy"):
            assert internal not in everything

    def test_a_page_with_their_cards_comes_with_the_neighbours(self, siege, storm) -> None:
        page = siege.ask(ROOT)
        assert page.status == 200
        assert page.seconds < 3
        for name in NAMES:
            assert f"{name} card" in page.text
        assert page.text.count("这张卡片暂时无法显示") == len([each for each in OPEN if each.endswith(".calls")])
        assert "not the register" not in page.text

    def test_a_sibling_street_is_not_touched(self, siege, storm) -> None:
        with siege.house.database.unit_of_work(WORLD.there.scope) as session:
            assert session.scalar(text("SELECT count(*) FROM core.plugin_circuit")) == 0

    def test_nobodys_rights_were_altered(self, siege, storm) -> None:
        assert "core.plugin.allow" not in siege.site.roles["resident"]


class TestAtStart:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("halfway", "revision failed"),
            ("unique", "R08"),
            ("future", "written for SDK 9.0"),
            ("unimportable", "ModuleNotFoundError"),
            ("quits", "SystemExit"),
            ("residents", "not one of"),
        ],
    )
    def test_each_is_put_aside_with_its_reason(self, siege, name, words) -> None:
        told = {fault.plugin: fault.message for fault in siege.site.plugins.faults}
        assert set(told) == set(AT_START)
        assert words in told[name]
        assert name not in siege.site.plugins

    def test_the_reasons_are_kept_in_the_database(self, siege) -> None:
        with siege.house.database.open_transaction() as connection:
            rows = connection.execute(text("SELECT name, fault FROM core.installed_plugin"))
            kept = {row.name: row.fault for row in rows}
        for name in AT_START:
            assert kept[name]
        assert kept["core"] == ""

    def test_nothing_is_left_of_a_revision_that_broke(self, siege) -> None:
        with siege.house.owner.open_transaction() as connection:
            there = connection.execute(text("SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^plugin_'"))
            assert {"plugin_halfway", "plugin_unique"}.isdisjoint(there.scalars())

    def test_the_platform_is_ready_and_names_them(self, siege) -> None:
        ready = siege.client.get("/health/ready")
        assert ready.status_code == 200

    def test_the_register_stands_where_it_stood(self, siege) -> None:
        page = siege.ask(f"{ROOT}/admin/residents")
        assert page.status == 403, "the core's own page, which a resident may not open"
