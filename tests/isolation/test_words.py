"""What is typed into boxes and addresses: words that attack, and words of other people's rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from linli.testing.attacks import canaries, own_ids
from linli.testing.planted import PLACES, Planted
from linli.testing.site import Route
from linli.testing.visitor import VARYING, Visitor

pytestmark = pytest.mark.thorough

#: What is typed into search boxes by people who have read about it.
INJECTIONS = (
    "' UNION SELECT name FROM core.resident --",
    "%') OR tenant_id IS NOT NULL; SELECT set_config('app.scope', '', false); --",
    "canary-",
    "\x00",
)


#: A text meets one of the attacks in an ordinary run, and all of them at night.
SHARES = [
    pytest.param(len(INJECTIONS), id="a share"),
    pytest.param(1, id="all", marks=pytest.mark.nightly),
]


@pytest.mark.asvs("V1.2.4")
@pytest.mark.parametrize("share", SHARES)
def test_a14_injected_into_every_text(visitor: Visitor, planted: Planted, routes: list[Route], share: int) -> None:
    leaks, proven = [], Counter()
    for route in (each for each in routes if each.handler.is_read):
        texts = [name for name, kind in route.query_parameters().items() if "str" in str(kind)]
        ids, me = next(own_ids(visitor, route)), route.account(route.home)
        for name in texts:
            for words in INJECTIONS[proven.total() % share :: share]:
                got = visitor.ask(route, route.home, account=me, query={name: words}, **ids)
                if got.status >= 500:
                    leaks.append(f"{route.name} {name}={words!r}: {got.status}")
                told = got.text.replace(words, "")
                leaks += [f"{route.name} {name}={words!r}" for each in canaries(route) if each in told]
                proven[words] += 1
    assert leaks == []
    assert set(proven) == set(INJECTIONS), "control: each was tried"
    assert proven.total() > 100


def test_e8_and_e9_and_e10_a_search_finds_offers_and_counts_ones_own_alone(
    visitor: Visitor, planted: Planted, routes: list[Route]
) -> None:
    leaks, found = [], set()
    for route in (each for each in routes if each.handler.is_read):
        ids, me = next(own_ids(visitor, route)), route.account(route.home)

        def look_for(name: str, words: str, route=route, ids=ids, me=me) -> Any:
            got = visitor.ask(route, route.home, account=me, query={name: words}, **ids)
            # The box shows again what was looked for, in its addresses too.
            return got.status, got.text.replace(words, "").replace(got.headers.get("x-request-id", "-"), "")

        for name in (name for name, kind in route.query_parameters().items() if "str" in str(kind)):
            nothing = look_for(name, "canary-nowhe-end")
            theirs = {each.key: plain(look_for(name, each.canary)) for each in route.victims}
            leaks += [f"{route.name} {name}: {key}" for key, told in theirs.items() if told != plain(nothing)]
            mine = (look_for(name, PLACES[key].canary) for key in {route.home.key, "here0"})
            found |= {f"{route.name} {name}" for each in mine if plain(each) != plain(nothing)}
    assert leaks == []
    assert len(found) >= 15, f"control: one's own is found: {sorted(found)}"


def plain(told: tuple[int, str]) -> tuple[int, str]:
    """An answer without what changes from one request to the next."""
    return told[0], VARYING.sub("…", told[1])
