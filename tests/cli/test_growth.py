"""A web process that ends and has grown says so, for whoever looks for what leaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from linli.cli import growth
from linli.cli.growth import memory_held, telling_growth

MOST = 200


def said(monkeypatch, held: int, *messages: str) -> list[Any]:
    """What is logged by a process of so many MiB that is sent these messages."""
    monkeypatch.setattr(growth, "memory_held", lambda: held)

    async def app(_scope, receive, _send) -> None:
        for _message in messages:
            await receive()

    waiting = iter([{"type": each} for each in messages])

    async def receive() -> Any:
        return next(waiting)

    with structlog.testing.capture_logs() as logs:
        kind: Any = {"type": messages[0].partition(".")[0]}
        asyncio.run(telling_growth(app, MOST)(kind, receive, None))  # type: ignore[arg-type]
    return logs


@pytest.mark.parametrize(("held", "tells"), [(MOST - 1, False), (MOST, True), (MOST + 1, True)])
def test_it_tells_in_the_end_when_it_holds_as_much_as_it_may(monkeypatch, held, tells) -> None:
    assert said(monkeypatch, held, "lifespan.startup") == []
    logs = said(monkeypatch, held, "lifespan.startup", "lifespan.shutdown")
    assert [(each["log_level"], each["held_mib"], each["most_mib"]) for each in logs] == [
        ("warning", held, MOST)
    ] * tells


def test_a_request_is_left_alone(monkeypatch) -> None:
    assert said(monkeypatch, MOST + 1, "http.request") == []


def test_what_is_held_is_measured() -> None:
    before = memory_held()
    kept = bytearray(b"x" * (64 << 20))
    assert 60 <= memory_held() - before <= 200
    del kept
