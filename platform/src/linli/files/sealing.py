"""Files that are personal data as a whole lie sealed in the storage: in pieces, each bound to its file and place."""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from linli.kit.streams import filling

#: Begins with a byte that no kind of file that is taken in begins with: no upload can look like a sealed one.
MAGIC = b"\0linli sealed\0\1\0"
_PIECE = 1 << 16
#: What sealing adds to a piece: key version, algorithm, nonce, tag.
_ADDED = 2 + 1 + 12 + 16

_sealed: set[tuple[str, str]] = set()


def store_sealed(owner: str, subject_type: str) -> None:
    """From now on, files of this kind of subject are sealed before they are stored. Those stored before still open."""
    _sealed.add((owner, subject_type))


def is_sealed(owner: str, subject_type: str) -> bool:
    """Whether files of this kind of subject are sealed."""
    return (owner, subject_type) in _sealed


def stored_size(size: int) -> int:
    """How many bytes a file of ``size`` plain ones takes at most in the storage: those of its sealed form."""
    return len(MAGIC) + size + max(-(-size // _PIECE), 1) * _ADDED


def seal_stream(session: Session, file_id: UUID, source: BinaryIO) -> BinaryIO:
    """The sealed form of all that is left in a stream; the caller closes it."""
    vault = session.info["vault"]
    with filling() as target:
        target.write(MAGIC)
        number, piece = 0, source.read(_PIECE)
        while True:
            following = source.read(_PIECE)
            target.write(vault.encrypt_bytes(session, "file", _place(number, is_last=not following), file_id, piece))
            if not following:
                break
            number, piece = number + 1, following
    return target


def opened_stream(session: Session, file_id: UUID, stored: BinaryIO) -> BinaryIO:
    """The plain bytes of a stored file, whether it was sealed or not; closing it, or failing, closes the stored one.

    Raises:
        SealBroken: now or while reading: the bytes were altered, cut, or moved here from another file or tenant.
    """
    with ExitStack() as unless_open:
        unless_open.callback(stored.close)
        stream = stored if stored.seekable() else io.BytesIO(stored.read())
        opened = io.BufferedReader(_Pieces(session, file_id, stream), _PIECE) if _begins_sealed(stream) else stream
        if stream is stored:
            unless_open.pop_all()
    return opened


def _begins_sealed(stream: BinaryIO) -> bool:
    if stream.read(len(MAGIC)) == MAGIC:
        return True
    stream.seek(0)
    return False


class _Pieces(io.RawIOBase):
    """Opens the piece that is read from, and keeps no more than that one in memory."""

    def __init__(self, session: Session, file_id: UUID, stored: BinaryIO) -> None:
        self._session, self._file_id, self._stored = session, file_id, stored
        length = stored.seek(0, io.SEEK_END) - len(MAGIC)
        self._pieces = max(-(-length // (_PIECE + _ADDED)), 1)
        self._size = length - self._pieces * _ADDED
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")
        # The last piece tells at once whether all of it is this file. It also finds the keys, while there is a session.
        self._open(self._pieces - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        number, begin = divmod(self._at, _PIECE)
        if self._at >= self._size:
            return 0
        found = self._open(number)[begin : begin + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._stored.close()
        super().close()

    def _open(self, number: int) -> bytes:
        if self._held[0] != number:
            self._stored.seek(len(MAGIC) + number * (_PIECE + _ADDED))
            sealed = self._stored.read(_PIECE + _ADDED)
            place = _place(number, is_last=number == self._pieces - 1)
            vault = self._session.info["vault"]
            self._held = (number, vault.decrypt_bytes(self._session, "file", place, self._file_id, sealed))
        return self._held[1]


def _place(number: int, *, is_last: bool) -> str:
    # The last piece says that it is the last: a file that was cut short does not open.
    return f"content/{number}/{'last' if is_last else 'more'}"
