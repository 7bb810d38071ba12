"""A file that is an answer is closed when the request is over, however it ends, and without the collector."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from litestar.exceptions import LitestarException

from linli.files.service import store_file
from linli.files.storage import MemoryStorage
from linli.kit.actor import Actor
from linli.plugins.registry import Plugins
from linli.testing.web import serving
from linli.testing.world import WORLD

OWN = WORLD.here.communities[0]
CONTENT = b"%PDF-1.7 " + bytes(300_000)


class NotingStorage(MemoryStorage):
    """Keeps what it opened."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Any] = []

    def open(self, key: str) -> Any:
        self.opened.append(io.BufferedReader(super().open(key)))  # type: ignore[type-var]
        return self.opened[-1]


@pytest.fixture(scope="module")
def served(module_house) -> Iterator[SimpleNamespace]:
    module_house.database.info["files"] = storage = NotingStorage()
    storer = Actor(account_id=OWN.administrator, display_name="社区管理员")
    with module_house.database.unit_of_work(OWN.scope, storer) as session:
        file = store_file(session, storer, CONTENT, owner="core", name="a.pdf", is_public=True)
        path = f"/s/{OWN.street_code}/c/{OWN.code}/files/{file.id}"
    with serving(module_house, Plugins.core()) as client:
        yield SimpleNamespace(client=client, storage=storage, path=path)


class Gone(OSError):
    """The reader has left."""


def ask(
    served: SimpleNamespace, *, method: str = "GET", leaves_at: int | None = None, is_told: bool = False
) -> list[Any]:
    """What the application sends to a reader who leaves instead of taking its ``leaves_at``-th message.

    The application learns of it when it sends, or it is told.
    """
    sent: list[Any] = []
    left: list[bool] = []

    async def receive() -> Any:
        if not sent:
            return {"type": "http.request", "body": b"", "more_body": False}
        with anyio.fail_after(10):
            while sent[-1].get("more_body", True) and not left:
                await anyio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if leaves_at is not None and len(sent) >= leaves_at:
            left.append(True)
            if not is_told:
                raise Gone
            await anyio.sleep(0.05)
            return
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": served.path,
        "raw_path": served.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"linli.test")],
        "client": ("127.0.0.1", 1),
        "server": ("linli.test", 80),
        "state": {},
    }
    app = served.client.app
    # What is half sent is ended by an error, which the server takes.
    with served.client.portal() as portal, suppress(Gone, LitestarException):
        portal.call(app, scope, receive, send)
    assert bool(left) == (leaves_at is not None), "control: the reader left"
    return sent


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
class TestIsClosed:
    @pytest.mark.parametrize("leaves_at", [0, 1, 2], ids=["before the head", "before the first byte", "midway"])
    def test_when_the_reader_leaves(self, served, leaves_at) -> None:
        served.storage.opened.clear()
        assert len(ask(served, leaves_at=leaves_at)) == leaves_at
        assert [each.closed for each in served.storage.opened] == [True]

    @pytest.mark.parametrize("leaves_at", [1, 2], ids=["before the first byte", "midway"])
    def test_when_the_server_tells_that_the_reader_left(self, served, leaves_at) -> None:
        served.storage.opened.clear()
        assert len(ask(served, leaves_at=leaves_at, is_told=True)) == leaves_at
        assert [each.closed for each in served.storage.opened] == [True]

    def test_when_all_of_it_was_sent(self, served) -> None:
        served.storage.opened.clear()
        sent = ask(served)
        assert b"".join(each.get("body", b"") for each in sent) == CONTENT
        assert len(sent) > 3
        assert [each.closed for each in served.storage.opened] == [True]

    def test_and_never_opened_when_only_its_head_is_asked_for(self, served) -> None:
        served.storage.opened.clear()
        assert ask(served, method="HEAD")[0]["status"] == 200
        assert served.storage.opened == []

    def test_when_the_answer_cannot_be_made(self, served, monkeypatch) -> None:
        def fail(_result: Any) -> Any:
            raise RuntimeError("no answer")

        served.storage.opened.clear()
        monkeypatch.setattr("linli.web.calls.download", fail)
        assert ask(served)[0]["status"] == 500
        assert [each.closed for each in served.storage.opened] == [True]
