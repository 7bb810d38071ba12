"""Places at work for plugins' handlers: none is lost, whatever becomes of the request."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from linli.kit.errors import Busy, OutOfOrder
from linli.web import guests
from linli.web.guests import Slots, fits


def test_a_quarter_for_one_and_two_thirds_for_all_leave_the_core_its_own() -> None:
    for threads, each, together in ((2, 1, 1), (8, 2, 6), (20, 5, 14), (400, 100, 267)):
        slots = Slots(threads)
        assert (slots.each, slots.together) == (each, together)


def test_a_request_that_ends_before_it_began_gives_its_place_back() -> None:
    async def run() -> None:
        slots = Slots(8)
        for _n in range(30):
            task = asyncio.create_task(slots.run("some", lambda: None))
            for _step in range(_n % 5):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with asyncio.timeout(5):
            while slots._running.get("some"):
                await asyncio.sleep(0.01)
        assert await asyncio.gather(*(slots.run("some", lambda: 7) for _n in range(20))) == [7] * 20

    asyncio.run(run())


def test_one_that_hangs_is_given_up_and_keeps_its_place_until_it_ends(monkeypatch) -> None:
    monkeypatch.setattr(guests, "GIVE_UP", 0.1)
    monkeypatch.setattr(guests, "WAIT", 0.1)

    async def run() -> None:
        slots, over = Slots(4), threading.Event()
        with pytest.raises(OutOfOrder):
            await slots.run("some", over.wait)
        with pytest.raises(Busy):
            await slots.run("some", lambda: 1)
        assert await slots.run("other", lambda: 2) == 2
        over.set()
        async with asyncio.timeout(5):
            while slots._running["some"]:
                await asyncio.sleep(0.01)
        assert await slots.run("some", lambda: 3) == 3

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "declared", "fit"),
    [
        ({"n": 1}, dict[str, int], True),
        ([1], dict[str, int], False),
        (None, None, True),
        (1, None, False),
        ("x", str | None, True),
        (None, str | None, True),
        (3, str | None, False),
        (3, Any, True),
        ([1], list[int], True),
    ],
)
def test_an_answer_is_what_was_declared(answer, declared, fit) -> None:
    assert fits(answer, declared) is fit
