"""Folders for the databases of tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Where Linux keeps files in memory alone.
_MEMORY = Path("/dev/shm")
#: What the largest suite leaves there at once, twice over. A container's default of 64 MB is far below.
_ROOM_BYTES = 4 * 1024**3


def memory_folder() -> Path | None:
    """Where temporary folders cost no disk: copying a database is files, and files in memory come at half the price.

    Returns:
        ``None`` where there is no such place, or less room in it than databases of tests may need, and where
        ``TMPDIR`` says where temporary files shall lie.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES else None


@contextmanager
def open_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder through which a server's own user gets to its data, as not through pytest's folders."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=memory_folder(), ignore_cleanup_errors=True) as name:
        path = Path(name).resolve()
        path.chmod(0o711)
        yield path
