"""Twenty thousand residents of one community: found by ranges of indexes, however many there are."""

from __future__ import annotations

import itertools
import json
import random
import statistics
import time
from pathlib import Path

import pytest
from sqlalchemy import event, text

from linli.kit.actor import SYSTEM
from linli.kit.ids import new_id
from linli.kit.pinyin import spell_name
from linli.residents.repository import ResidentFilter
from linli.residents.searching import search_residents
from linli.residents.service import list_residents

REPORT = Path(__file__).parents[2] / ".tmp" / "bench" / "search.json"
MANY, ROUNDS = 20_000, 15
WORDS = ("ljl", "刘佳", "佳丽", "liujia", "刘jl", "li佳", "8899", "3-2-501")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗单曾解"
_GIVEN = "佳丽伟芳娜敏静强磊军洋勇艳杰涛明超秀霞平刚桂英建国志文华小红"
_INSERT = text(
    """
    INSERT INTO core.resident (community_id, id, name, name_pinyin, phone_mask)
    SELECT :community, * FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:spelt AS text[]),
                                     CAST(:masks AS text[]))
    """
)


def _fill(house, community, count: int) -> None:
    pick = random.Random(20)
    names = [pick.choice(_SURNAMES) + "".join(pick.choices(_GIVEN, k=pick.choice((1, 2, 2, 2)))) for _n in range(count)]
    with house.database.unit_of_work(community.scope) as session:
        session.execute(
            _INSERT,
            {
                "community": community.id,
                "ids": [new_id() for _n in names],
                "names": names,
                "spelt": [spell_name(each) for each in names],
                "masks": [f"199****{n % 10_000:04d}" for n in range(count)],
            },
        )


def _search(house, community, words: str) -> tuple[float, int]:
    with house.database.unit_of_work(community.scope, read_only=True) as session:
        session.scalar(text("SELECT 1"))
        began = time.perf_counter()
        found = search_residents(session, SYSTEM, words, 9)
        return time.perf_counter() - began, len(found)


def test_each_way_of_finding_reads_an_index_of_its_own(house, world) -> None:
    here = world.here.communities[0]
    _fill(house, here, MANY)
    with house.owner.engine.begin() as connection:
        connection.execute(text("ANALYZE core.resident"))
    plans: dict[str, str] = {}
    with house.database.unit_of_work(here.scope) as session:

        def explain(_conn, cursor, statement, parameters, _context, _many):
            if "find_" in statement and not statement.startswith("EXPLAIN"):
                cursor.execute(f"EXPLAIN {statement}", parameters)
                plans[words] = "\n".join(row[0] for row in cursor.fetchall())

        event.listen(session.connection(), "before_cursor_execute", explain)
        for words in ("ljl", "刘佳", "佳丽", "8899"):
            assert search_residents(session, SYSTEM, words, 9), words
    assert "ix_resident_find_initials" in plans["ljl"]
    assert "ix_resident_find_name" in plans["刘佳"]
    assert "ix_resident_find_given" in plans["佳丽"]
    assert "ix_resident_find_phone" in plans["8899"]
    assert not any("Seq Scan on resident" in plan for plan in plans.values())


@pytest.mark.nightly
def test_twenty_times_as_many_residents_cost_little_more(house, world) -> None:
    small, large = world.here.communities
    _fill(house, small, MANY // 20)
    _fill(house, large, MANY)
    with house.owner.engine.begin() as connection:
        connection.execute(text("ANALYZE core.resident"))
    took: dict[str, list[float]] = {}
    for _round, words in itertools.product(range(ROUNDS), WORDS):
        for name, community in (("small", small), ("large", large)):
            seconds, found = _search(house, community, words)
            took.setdefault(f"{name} {words}", []).append(seconds)
            assert found <= 9
        with house.database.unit_of_work(large.scope, read_only=True) as session:
            began = time.perf_counter()
            list_residents(session, SYSTEM, ResidentFilter(search=words), limit=9)
            took.setdefault(f"list {words}", []).append(time.perf_counter() - began)
    middle = {name: statistics.median(times) * 1000 for name, times in took.items()}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(middle, ensure_ascii=False, indent=1), encoding="utf-8")
    growth = {words: middle[f"large {words}"] / middle[f"small {words}"] for words in WORDS}
    assert statistics.median(growth.values()) < 3, growth
