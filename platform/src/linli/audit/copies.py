"""Copies of anchors as files: written into a folder that is best not in the hands of who rules the database."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

from linli.audit.anchors import FORMAT, Anchor, anchors_of
from linli.audit.verify import Opener

SUFFIX = ".anchor.json"
#: Bytes; an anchor takes less than a tenth of it.
_LARGEST = 10_000


class AnchorUnreadable(Exception):
    """A file that should hold an anchor does not; the message names the file."""


def copy_anchors(opened: Opener, folder: Path, keys: Mapping[str, bytes], *, street: str) -> int:
    """Write every anchor that the folder lacks, oldest first; returns how many. What no key of ours signed stays.

    Newest first, anchors are looked for until one is found that lies there: those before it do too.

    Args:
        opened: opens a transaction of the whole street.
        folder: of all streets; each has a folder of its own in it.
        keys: the public keys of this installation.
        street: its code.

    Raises:
        OSError: the folder cannot be written.
    """
    lacking: list[Anchor] = []
    for anchor in anchors_of(opened, newest_first=True):
        if _path(folder, street, anchor).exists():
            break
        if not anchor.fault(keys):
            lacking.append(anchor)
    for anchor in reversed(lacking):
        write_anchor(folder, anchor, keys[anchor.key_id], street=street)
    return len(lacking)


def write_anchor(folder: Path, anchor: Anchor, public: bytes, *, street: str) -> bool:
    """Write an anchor into a street's own folder, whole or not at all; false where it lies there already.

    Raises:
        OSError: the folder cannot be written.
    """
    path = _path(folder, street, anchor)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("x", encoding="utf-8") as file:
            json.dump(anchor.document(public, street=street), file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return True


def read_anchors(folder: Path, damaged: list[str]) -> Iterator[Anchor]:
    """Every anchor in a folder and the folders below it, of whatever street.

    Args:
        folder: need not exist.
        damaged: is given the names of files that hold no anchor.
    """
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        if path.name.startswith("."):
            continue
        try:
            with path.open("rb") as file:
                yield read_anchor(file.read(_LARGEST), path.name)
        except AnchorUnreadable as error:
            damaged.append(str(error))


def read_anchor(content: bytes, name: str) -> Anchor:
    """The anchor that a file holds.

    Raises:
        AnchorUnreadable: it holds none.
    """
    try:
        found = json.loads(content)
        if found["format"] != FORMAT:
            raise AnchorUnreadable(name)
        return Anchor(
            UUID(found["tenant_id"]),
            int(found["n"]),
            bytes.fromhex(found["hash"]),
            datetime.fromisoformat(found["at"]),
            str(found["key_id"]),
            bytes.fromhex(found["signature"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AnchorUnreadable(name) from error


def _path(folder: Path, street: str, anchor: Anchor) -> Path:
    return folder / street / f"{anchor.n:012d}-{anchor.key_id}{SUFFIX}"
