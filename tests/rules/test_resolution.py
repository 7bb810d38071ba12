"""Which value wins and why: narrower places, ranks, dates, and what may only be made stricter."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from uuid import UUID

import pytest

from linli.kit.errors import Conflict
from linli.rules.keys import RuleKey
from linli.rules.resolution import Candidate, resolve

FREE = RuleKey(key="t.free", title="某项", type="integer", stricter="lower")
FLOOR = RuleKey(key="t.floor", title="某项", type="integer", stricter="lower", only_stricter=True)
ON = date(2026, 6, 1)


def value(
    number: int,
    level: str = "nation",
    *,
    rank: str = "law",
    since: date = date(2020, 1, 1),
    until: date | None = None,
    only_stricter: bool = False,
    override: int = 0,
    withdrawn: date | None = None,
) -> Candidate:
    return Candidate(
        value=number,
        level=level,
        jurisdiction="CN",
        rank=rank,
        title=f"{level} {number}",
        title_en=f"{level} {number}",
        effective_from=since,
        effective_to=until,
        confidence="P",
        only_stricter=only_stricter,
        override_id=UUID(int=override) if override else None,
        withdrawn_on=withdrawn,
    )


def verdicts(found) -> dict[int, str]:
    return {step.candidate.value: step.verdict for step in found.why}


def test_the_narrowest_place_wins_whatever_the_order() -> None:
    levels = ("nation", "province", "city", "district", "street", "compound")
    candidates = [value(number, level) for number, level in enumerate(levels, 1)]
    for length in range(1, 7):
        assert resolve(FREE, candidates[:length], ON).value == length
    for some in permutations(candidates[2:]):
        assert resolve(FREE, some, ON).value == 6
    found = resolve(FREE, candidates, ON)
    assert verdicts(found) == {6: "won", **dict.fromkeys(range(1, 6), "narrower")}
    assert found.why[0].candidate.value == 6
    assert next(step for step in found.why if step.candidate.value == 5).against == candidates[5]


def test_in_one_place_the_higher_rank_wins_then_the_later_date() -> None:
    law = value(1, rank="law", since=date(2010, 1, 1))
    newer = value(2, rank="law", since=date(2021, 1, 1))
    ministry = value(3, rank="ministry_rule", since=date(2025, 1, 1))
    regulation = value(4, rank="administrative_regulation", since=date(2018, 1, 1))
    found = resolve(FREE, [ministry, law, regulation, newer], ON)
    assert verdicts(found) == {2: "won", 1: "older", 4: "outranked", 3: "outranked"}
    assert resolve(FREE, [ministry, regulation], ON).value == 4


@pytest.mark.parametrize(
    ("day", "held"),
    [
        (date(2019, 12, 31), None),
        (date(2020, 1, 1), 1),
        (date(2025, 12, 31), 1),
        (date(2026, 1, 1), 2),
        (date(2026, 1, 2), 2),
    ],
)
def test_first_and_last_day_belong_to_a_value(day, held) -> None:
    old = value(1, until=date(2025, 12, 31))
    new = value(2, since=date(2026, 1, 1))
    found = resolve(FREE, [old, new], day)
    assert found.value == held
    if held is None:
        assert verdicts(found) == {1: "not_yet", 2: "not_yet"}
    elif held == 2:
        assert verdicts(found)[1] == "expired"


def test_an_override_that_was_taken_back_holds_no_longer_from_that_day() -> None:
    nation = value(1)
    chosen = value(2, "compound", rank="custom", override=7, withdrawn=date(2026, 6, 1))
    assert resolve(FREE, [nation, chosen], date(2026, 5, 31)).value == 2
    found = resolve(FREE, [nation, chosen], date(2026, 6, 1))
    assert found.value == 1
    assert verdicts(found)[2] == "withdrawn"


def test_of_two_overrides_of_one_day_the_later_made_wins() -> None:
    first, second = (value(n, "street", rank="custom", override=n) for n in (5, 6))
    assert resolve(FREE, [second, first], ON).value == 6


@pytest.mark.parametrize(("number", "held", "verdict"), [(4, 4, "won"), (5, 5, "won"), (6, 5, "weaker")])
def test_where_only_stricter_is_allowed_a_weaker_value_loses(number, held, verdict) -> None:
    floor, narrower = value(5, only_stricter=True), value(number, "province", rank="local_regulation")
    found = resolve(FLOOR, [floor, narrower], ON)
    assert found.value == held
    assert next(step for step in found.why if step.candidate is narrower).verdict == verdict
    if verdict == "weaker":
        assert next(step for step in found.why if step.candidate is narrower).against is floor


def test_a_floor_stands_below_a_free_value_in_between() -> None:
    nation, city = value(5, only_stricter=True), value(3, "province")
    assert resolve(FLOOR, [nation, city, value(4, "compound")], ON).value == 4, "looser than the city, which allows it"
    assert resolve(FLOOR, [nation, city, value(6, "compound")], ON).value == 3, "looser than the nation"


def test_a_weaker_newest_value_leaves_the_older_one_of_its_place() -> None:
    nation = value(5, only_stricter=True)
    older = value(3, "street", rank="custom", override=1, since=date(2024, 1, 1))
    newer = value(9, "street", rank="custom", override=2, since=date(2025, 1, 1))
    found = resolve(FLOOR, [nation, older, newer], ON)
    assert found.value == 3
    assert verdicts(found) == {3: "won", 9: "weaker", 5: "narrower"}


def test_nothing_known_is_said_and_not_made_up() -> None:
    found = resolve(FREE, [], ON)
    assert (found.value, found.written, found.is_known, found.is_verified, found.why) == (None, None, False, False, ())
    with pytest.raises(Conflict, match="某项"):
        found.required()
