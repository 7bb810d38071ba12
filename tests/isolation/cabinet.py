"""Files of several people in several places, in a storage of the test's own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image

from linli.files.models import StoredFile
from linli.files.service import store_file
from linli.files.storage import BytesMissing, MemoryStorage, Storage
from linli.house import House
from linli.kit.actor import Actor
from linli.testing.web import Api, Browser
from linli.testing.world import WORLD, CommunityWorld

HERE, SIBLING = WORLD.here.communities
THERE = WORLD.there.communities[0]
_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-Za-z_-]{20,}|\d\d:\d\d(:\d\d)?")
#: Long ago enough for the sweep.
AGE = timedelta(0)


def picture(shade: int = 90) -> bytes:
    """A small picture of one shade."""
    target = io.BytesIO()
    Image.new("RGB", (24, 16), (shade, 40, 40)).save(target, "PNG")
    return target.getvalue()


@dataclass
class Cabinet:
    """The application, and the storage that it uses while the test runs."""

    house: House
    client: TestClient[Litestar]
    storage: Storage

    def put(self, where: CommunityWorld, account: UUID | None, content: bytes = b"", **options: Any) -> StoredFile:
        """A file that somebody stores in a community."""
        actor = Actor(account_id=account, display_name="某人")
        name = options.pop("name", "图.png")
        with self.house.database.unit_of_work(where.scope, actor) as session:
            return store_file(session, actor, content or picture(), owner="core", name=name, **options)

    def ask(self, account: UUID | None, address: str, **options: Any) -> httpx.Response:
        """A page asked for by somebody, or by nobody."""
        browser = Browser(self.client, self.house)
        browser.sign_out()
        if account is not None:
            browser.sign_in_as(account)
        answer = browser.get(address, **options)
        browser.sign_out()
        return answer

    def ask_api(self, account: UUID, street: UUID, address: str, **options: Any) -> httpx.Response:
        """The same in the API, with a token of one street."""
        self.client.cookies.clear()
        return Api(self.client, self.house).token_for(account, street).get(f"/api/v1{address}", **options)

    def has(self, key: str) -> bool:
        """Whether bytes lie under a key, whatever the rows say."""
        try:
            self.storage.open(key).close()
        except BytesMissing:
            return False
        return True


def page(where: CommunityWorld, file_id: object, end: str = "", portal: str = "") -> str:
    """The address of a file in a community's portal."""
    return f"/s/{where.street_code}/c/{where.code}{portal}/files/{file_id}{end}"


def gist(answer: httpx.Response) -> tuple[int, str]:
    """What an answer tells, but for what changes with each request."""
    return answer.status_code, _VARYING.sub("…", answer.text)


@contextmanager
def keeping(house: House, storage: Storage, *others: Storage) -> Iterator[Storage]:
    """Have the house keep its files there for a while."""
    by_name = {each.name: each for each in (MemoryStorage(), *others, storage)}
    by_name.setdefault("local", MemoryStorage())
    kept = {name: house.database.info[name] for name in ("files", "storages")}
    house.database.info |= {"files": storage, "storages": by_name.__getitem__}
    try:
        yield storage
    finally:
        house.database.info |= kept
