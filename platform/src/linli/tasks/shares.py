"""What each process of a pool is working for: one plugin's slow jobs leave room for everybody else's."""

from __future__ import annotations

import fcntl
import mmap
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from linli.plugins.gate import CORE

#: Bytes for the name of an owner; names of plugins are shorter.
_WIDTH = 64


class Shares(Protocol):
    """Who may still be worked for, and who is."""

    @contextmanager
    def taking(self) -> Iterator[Sequence[str]]:
        """The owners that have their share; nobody else of the pool takes a job meanwhile."""
        ...

    def hold(self, owner: str) -> bool:
        """This process works for the owner from now on; returns whether that was the last of its share."""
        ...

    def free(self) -> None:
        """This process works for nobody."""
        ...


class Unshared:
    """Where one thread does everything, there is nothing to share out."""

    @contextmanager
    def taking(self) -> Iterator[Sequence[str]]:
        yield ()

    def hold(self, owner: str) -> bool:  # noqa: ARG002 the protocol's
        return False

    def free(self) -> None:
        pass


class PoolShares:
    """In memory that all processes of a pool see; made before they are forked.

    A plugin has at most half of them at once, and one where there is only one. The core may have all: what it does is
    known and ends.

    Args:
        processes: how many there are.
        place: of the process that asks, from 0; the one that replaces another has its place.
    """

    def __init__(self, processes: int, place: Callable[[], int]) -> None:
        self.most = max(1, processes // 2)
        self._processes = processes
        self._place = place
        self._owners = mmap.mmap(-1, processes * _WIDTH)
        # A lock of the operating system: whoever dies with it lets it go.
        self._lock = tempfile.TemporaryFile()  # noqa: SIM115 as long as the pool

    @contextmanager
    def taking(self) -> Iterator[Sequence[str]]:
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            yield [owner for owner, count in self._counted().items() if count >= self.most]
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def hold(self, owner: str) -> bool:
        self._write(owner)
        return self._counted()[owner] >= self.most

    def free(self) -> None:
        self._write("")

    def close(self) -> None:
        """Give memory and lock back."""
        self._owners.close()
        self._lock.close()

    def _write(self, owner: str) -> None:
        begin = self._place() * _WIDTH
        self._owners[begin : begin + _WIDTH] = owner.encode()[:_WIDTH].ljust(_WIDTH, b"\0")

    def _counted(self) -> Counter[str]:
        whole = bytes(self._owners)
        names = (whole[n * _WIDTH : (n + 1) * _WIDTH].rstrip(b"\0").decode() for n in range(self._processes))
        return Counter(name for name in names if name not in ("", CORE))
