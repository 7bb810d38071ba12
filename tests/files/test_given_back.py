"""Temporary files and opened bytes are closed by whoever owns them, on every way out."""

from __future__ import annotations

import gc
import io
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from openpyxl.utils.exceptions import IllegalCharacterError
from tests.files.pictures import picture

from linli.files import images
from linli.files.archives import require_harmless
from linli.files.images import clean_image
from linli.files.sealing import MAGIC, opened_stream, seal_stream
from linli.files.service import open_file, store_file
from linli.files.storage import MemoryStorage
from linli.kit import streams, workbooks
from linli.kit.actor import SYSTEM
from linli.kit.crypto import SealBroken
from linli.kit.errors import Invalid
from linli.kit.workbooks import StreamedWorkbook, save_workbook


@pytest.fixture
def session(open_session, world) -> Iterator:
    with open_session(world.here.scope) as session:
        session.info["files"] = MemoryStorage()
        yield session


@pytest.fixture(params=[1 << 20, 1], ids=["in memory", "in a file"])
def made(monkeypatch, request) -> list[Any]:
    """The temporary files that are made."""
    found: list[Any] = []
    make = streams.tempfile.SpooledTemporaryFile

    def noted(max_size: int):
        found.append(make(max_size=min(max_size, request.param)))
        return found[-1]

    monkeypatch.setattr(streams.tempfile, "SpooledTemporaryFile", noted)
    return found


class Breaking(io.BytesIO):
    """What is sent by somebody whose line breaks midway."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 0:
            raise ConnectionResetError
        return super().read(min(size or 10, 10))


def open_ones(made: list[Any]) -> list[Any]:
    assert made, "control: something was made"
    return [each for each in made if not each.closed]


class TestComingIn:
    def test_an_upload_that_breaks_off(self, session, made) -> None:
        with pytest.raises(ConnectionResetError):
            store_file(session, SYSTEM, Breaking(bytes(100)), owner="core", name="a.csv")
        assert open_ones(made) == []

    def test_an_upload_that_is_too_large(self, session, made) -> None:
        with pytest.raises(Invalid):
            store_file(session, SYSTEM, io.BytesIO(bytes(100)), owner="core", name="a.csv", limit=99)
        assert open_ones(made) == []

    def test_an_upload_that_is_taken(self, session, made) -> None:
        store_file(session, SYSTEM, io.BytesIO(picture()), owner="core", name="a.png")
        assert open_ones(made) == []

    def test_sealing_that_breaks_off(self, session, made) -> None:
        with pytest.raises(ConnectionResetError):
            seal_stream(session, uuid4(), Breaking(bytes(100)))
        assert open_ones(made) == []

    def test_a_picture_whose_small_one_cannot_be_made(self, made, monkeypatch) -> None:
        monkeypatch.setattr(images, "_thumbnail", lambda _image: 1 / 0)
        with pytest.raises(Invalid):
            clean_image(io.BytesIO(picture()), "image/png")
        assert open_ones(made) == []

    def test_an_archive_within_an_archive_that_is_damaged(self, made) -> None:
        inner, outer = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("a.bin", bytes(range(256)) * 4000)
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("inner.zip", inner.getvalue())
        damaged = bytearray(outer.getvalue())
        damaged[len(damaged) // 2] ^= 1
        with pytest.raises(Invalid):
            require_harmless(io.BytesIO(bytes(damaged)))
        assert open_ones(made) == []


class TestGoingOut:
    @pytest.mark.parametrize("kind", [io.BytesIO, "from a network"])
    def test_what_does_not_open_is_closed(self, session, kind) -> None:
        class Network(io.BytesIO):
            def seekable(self) -> bool:
                return False

        stored = (Network if kind == "from a network" else io.BytesIO)(MAGIC + bytes(100))
        with pytest.raises(SealBroken):
            opened_stream(session, uuid4(), stored)
        assert stored.closed

    def test_what_is_read_whole_at_once_is_closed_at_once(self, session) -> None:
        class Network(io.BytesIO):
            def seekable(self) -> bool:
                return False

        stored = Network(b"plain")
        assert opened_stream(session, uuid4(), stored).read() == b"plain"
        assert stored.closed

    def test_what_is_opened_stays_open_for_the_caller(self, session) -> None:
        file = store_file(session, SYSTEM, b"a,b\n", owner="core", name="a.csv")
        _file, opened = open_file(session, file.id)
        with opened:
            assert opened.read() == b"a,b\n"


class TestWorkbooks:
    @pytest.fixture
    def made(self, monkeypatch) -> list[Any]:
        found: list[Any] = []
        make = workbooks.tempfile.SpooledTemporaryFile

        def noted(max_size: int):
            found.append(make(max_size=max_size))
            return found[-1]

        monkeypatch.setattr(workbooks.tempfile, "SpooledTemporaryFile", noted)
        return found

    @pytest.mark.parametrize("rows", [0, 1, 5000])
    def test_a_row_that_cannot_be_written(self, made, rows) -> None:
        def write() -> None:
            with StreamedWorkbook() as book:
                sheet = book.create_sheet("a")
                for _row in range(rows):
                    sheet.append(["x" * 300])
                # A control character.
                sheet.append(["\x01"])

        with pytest.raises(IllegalCharacterError):
            write()
        gc.collect()
        assert open_ones(made) == []

    def test_a_target_that_is_full(self, made) -> None:
        class Full(io.BytesIO):
            def write(self, content: Any) -> int:
                if self.tell() > 100:
                    raise OSError("full")
                return super().write(content)

        def write() -> None:
            with StreamedWorkbook() as book:
                for name in ("a", "b"):
                    book.create_sheet(name).append(list(range(1000)))
                save_workbook(book, Full())

        with pytest.raises(OSError, match="full"):
            write()
        gc.collect()
        assert open_ones(made) == []

    def test_one_that_is_saved_is_whole(self, made) -> None:
        target = io.BytesIO()
        with StreamedWorkbook() as book:
            book.create_sheet("a").append([1, "二"])
            book.create_sheet("b")
            save_workbook(book, target)
        assert open_ones(made) == []
        read = workbooks.openpyxl.load_workbook(target)
        assert [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in read.worksheets] == [
            [[1, "二"]],
            [],
        ]
