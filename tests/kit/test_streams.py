"""Streams that are filled and sent are closed, whatever becomes of them, and without the collector."""

from __future__ import annotations

import io
from typing import Any

import pytest

from linli.kit import streams
from linli.kit.streams import Chunks, MadeLate, filling

SIZE = 150_000


@pytest.fixture
def made(monkeypatch) -> list[Any]:
    """The temporary files that are made."""
    found: list[Any] = []
    make = streams.tempfile.SpooledTemporaryFile

    def noted(**options: int):
        found.append(make(**options))
        return found[-1]

    monkeypatch.setattr(streams.tempfile, "SpooledTemporaryFile", noted)
    return found


class TestFilling:
    @pytest.mark.parametrize("size", [10, 3 << 20], ids=["in memory", "in a file"])
    def test_what_was_filled_is_handed_on_open_and_at_its_beginning(self, size) -> None:
        with filling() as stream:
            stream.write(bytes(size))
        with stream:
            assert len(stream.read()) == size

    @pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()], ids=["an error", "an end"])
    def test_where_it_fails_it_is_closed(self, error) -> None:
        handed: list[Any] = []

        def fill() -> None:
            with filling() as stream:
                handed.append(stream)
                raise error

        with pytest.raises(type(error)):
            fill()
        assert [each.closed for each in handed] == [True]


class TestChunks:
    def test_all_of_it_comes_in_pieces_and_it_is_closed_at_the_end(self) -> None:
        stream = io.BytesIO(bytes(SIZE))
        pieces = list(Chunks(stream))
        assert (sum(map(len, pieces)), len(pieces) > 1, stream.closed) == (SIZE, True, True)

    @pytest.mark.parametrize("asked", [0, 1], ids=["never begun", "begun"])
    @pytest.mark.parametrize("way", ["closed", "forgotten"])
    def test_it_is_closed_where_nobody_asks_for_the_rest(self, asked, way) -> None:
        stream = io.BytesIO(bytes(SIZE))
        chunks = Chunks(stream)
        for _piece in range(asked):
            next(chunks)
        assert not stream.closed
        if way == "closed":
            chunks.close()
            assert list(chunks) == []
        else:
            del chunks
        assert stream.closed

    def test_after_the_end_there_is_no_more(self) -> None:
        chunks = Chunks(io.BytesIO(b"x"))
        assert list(chunks) == [b"x"]
        assert list(chunks) == []


class TestMadeLate:
    def test_is_made_of_its_source_when_it_is_asked_for(self, made) -> None:
        source = io.BytesIO(b"ab")
        late = MadeLate(lambda target: target.writelines([source.read(), b"c"]), source)
        assert made == []
        assert b"".join(late) == b"abc"
        assert (source.closed, [each.closed for each in made]) == (True, [True])

    def test_that_nobody_asks_for_is_never_made_and_gives_its_source_back(self, made) -> None:
        source = io.BytesIO(b"ab")
        late = MadeLate(lambda target: target.writelines([source.read()]), source)
        late.close()
        assert source.closed
        assert list(late) == made == []

    def test_that_fails_gives_back_what_it_read_and_what_it_wrote(self, made) -> None:
        def fail(target) -> None:
            target.write(b"x")
            raise ValueError("a bad cell")

        source = io.BytesIO(b"ab")
        late = MadeLate(fail, source)
        with pytest.raises(ValueError, match="cell"):
            next(late)
        assert (source.closed, [each.closed for each in made]) == (True, [True])
        assert list(late) == [], "it is not tried again"

    def test_that_is_begun_and_left_is_closed(self, made) -> None:
        late = MadeLate(lambda target: target.writelines([bytes(SIZE)]))
        next(late)
        late.close()
        assert [each.closed for each in made] == [True]
