"""A stream that is sent is closed, whatever becomes of the answer."""

from __future__ import annotations

import io

import pytest

from linli.kit.streams import Chunks

SIZE = 150_000


def test_all_of_it_comes_in_pieces_and_it_is_closed_at_the_end() -> None:
    stream = io.BytesIO(bytes(SIZE))
    pieces = list(Chunks(stream))
    assert (sum(map(len, pieces)), len(pieces) > 1, stream.closed) == (SIZE, True, True)


@pytest.mark.parametrize("asked", [0, 1], ids=["never begun", "begun"])
def test_it_is_closed_where_nobody_asks_for_the_rest(asked) -> None:
    stream = io.BytesIO(bytes(SIZE))
    chunks = Chunks(stream)
    for _piece in range(asked):
        next(chunks)
    assert not stream.closed
    del chunks
    assert stream.closed


def test_after_the_end_there_is_no_more() -> None:
    chunks = Chunks(io.BytesIO(b"x"))
    assert list(chunks) == [b"x"]
    assert list(chunks) == []
