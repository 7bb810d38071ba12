"""Files that lie sealed in the storage: their plain bytes come back whole, anything else does not open."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from linli.files import sealing
from linli.files.sealing import MAGIC, opened_stream, seal_stream, store_sealed, stored_size
from linli.files.service import open_file, store_file
from linli.files.storage import MemoryStorage
from linli.kit.actor import SYSTEM
from linli.kit.crypto import SealBroken
from linli.kit.errors import Invalid

PIECE = sealing._PIECE


class Unseekable(io.BytesIO):
    """A stream from a network."""

    def seekable(self) -> bool:
        return False


def sealed_form(session, file_id: UUID, plain: bytes) -> bytes:
    with seal_stream(session, file_id, io.BytesIO(plain)) as sealed:
        return sealed.read()


@pytest.fixture
def session(open_session, world) -> Iterator:
    with open_session(world.here.scope) as session:
        session.info["files"] = MemoryStorage()
        yield session


@pytest.fixture
def kind() -> Iterator[str]:
    store_sealed("core", "secret_thing")
    yield "secret_thing"
    sealing._sealed.discard(("core", "secret_thing"))


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
@pytest.mark.parametrize("stream", [io.BytesIO, Unseekable])
def test_all_of_it_comes_back_from_any_place(session, size, stream) -> None:
    plain, file_id = bytes(n % 251 for n in range(size)), uuid4()
    sealed = sealed_form(session, file_id, plain)
    assert plain[:20] not in sealed or size < 4
    opened = opened_stream(session, file_id, stream(sealed))
    assert opened.read() == plain
    for place in (0, size // 2, size - 1, size, size + 9):
        opened.seek(place)
        assert opened.read(70_000) == plain[place : place + 70_000]
    assert opened.seek(0, io.SEEK_END) == size
    opened.close()
    assert len(sealed) == stored_size(size)


def test_what_was_stored_before_sealing_still_opens(session) -> None:
    for plain in (b"a,b\n1,2\n", b""):
        assert opened_stream(session, uuid4(), io.BytesIO(plain)).read() == plain


@pytest.mark.parametrize("what", ["altered", "cut", "cut at a piece", "of another file", "pieces exchanged"])
def test_anything_else_does_not_open(session, what) -> None:
    plain, file_id = bytes(3 * PIECE), uuid4()
    sealed = sealed_form(session, file_id, plain)
    piece = PIECE + sealing._ADDED
    start = len(MAGIC)
    changed = {
        "altered": sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:],
        "cut": sealed[:-1],
        "cut at a piece": sealed[:-piece],
        "of another file": sealed,
        "pieces exchanged": MAGIC + sealed[start + piece : start + 2 * piece] + sealed[start : start + piece]
        + sealed[start + 2 * piece :],
    }[what]  # fmt: skip
    reader = uuid4() if what == "of another file" else file_id
    with pytest.raises(SealBroken):
        opened_stream(session, reader, io.BytesIO(changed)).read()


def test_another_street_cannot_open_it(open_session, session, world) -> None:
    file_id = uuid4()
    sealed = sealed_form(session, file_id, b"13800138000")
    with open_session(world.there.scope) as other, pytest.raises(SealBroken):
        opened_stream(other, file_id, io.BytesIO(sealed))


def test_a_kind_that_is_sealed_is_so_in_the_storage_and_nowhere_else(session, kind) -> None:
    content = "姓名,电话\n王五,13800138000\n".encode()
    file = store_file(session, SYSTEM, content, owner="core", name="a.csv", subject=(kind, uuid4()))
    plain = store_file(session, SYSTEM, content, owner="core", name="b.csv", subject=("open_thing", uuid4()))
    stored = session.info["files"].open(file.storage_key).read()
    assert stored.startswith(MAGIC)
    assert b"13800138000" not in stored
    assert session.info["files"].open(plain.storage_key).read() == content
    for each in (file, plain):
        assert (each.size, each.sha256) == (len(content), plain.sha256)
        assert open_file(session, each.id)[1].read() == content


@pytest.mark.parametrize(("size", "taken"), [(99, True), (100, True), (101, False)])
def test_its_limit_is_that_of_the_plain_file(session, kind, size, taken) -> None:
    options = {"owner": "core", "name": "a.txt", "subject": (kind, uuid4()), "limit": 100}
    if taken:
        assert store_file(session, SYSTEM, b"x" * size, **options).size == size
        return
    with pytest.raises(Invalid):
        store_file(session, SYSTEM, b"x" * size, **options)
    assert session.info["files"]._files == {}


def test_an_upload_that_looks_sealed_is_no_kind_of_file(session, kind) -> None:
    with pytest.raises(Invalid):
        store_file(session, SYSTEM, MAGIC + b"text", owner="core", name="a.txt", subject=("open_thing", uuid4()))
