"""Archives, and the office documents that are archives: looked at before they are kept, so that none is a trap."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from linli.kit.errors import Invalid
from linli.kit.streams import filling
from linli.kit.text import gettext as _

#: Parts of one archive, those of archives inside it counted in.
MOST_PARTS = 10_000
#: Bytes of all parts once unpacked.
MOST_UNPACKED = 500_000_000
#: Where more than this comes out, it must not be more than a hundredfold of what went in.
_RATIO_FROM = 10_000_000
_RATIO_AT_MOST = 100
#: An archive may hold documents, which are archives themselves, and these a sheet; nothing deeper.
DEEPEST = 3

_CHUNK = 1 << 18
_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 1
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, OSError, EOFError, RuntimeError)


@dataclass
class _Seen:
    parts: int = 0
    unpacked: int = 0


def require_harmless(source: BinaryIO, *, field: str = "file") -> None:
    """Raise ``Invalid`` for an archive that swells, holds too much or a link, nests too deep, or would unpack outside.

    Args:
        source: seekable; left at its beginning.
        field: the form's field, named in errors.
    """
    try:
        _look(source, _Seen(), 1, field)
    except _BROKEN as error:
        raise _damaged(field) from error
    finally:
        source.seek(0)


def leads_outside(name: str) -> bool:
    """Whether a part's name would leave the folder that it is unpacked into."""
    return bool(re.match(r"[A-Za-z]:|[\\/]", name)) or ".." in re.split(r"[\\/]", name) or "\0" in name


def _look(source: BinaryIO, seen: _Seen, depth: int, field: str) -> None:
    size = source.seek(0, io.SEEK_END)
    with zipfile.ZipFile(source) as archive:
        parts = archive.infolist()
        _count(parts, size, seen, field)
        for part in parts:
            if part.is_dir() or part.flag_bits & _ENCRYPTED:
                # What has a password is opened by those who know it.
                continue
            with archive.open(part) as content:
                head = content.read(len(_MAGIC))
                if head != _MAGIC:
                    continue
                if depth == DEEPEST:
                    raise Invalid.one(field, _("压缩包里套了太多层压缩包"), _("请先解压里面的压缩包"))
                with _unpacked(head, content) as inner:
                    _look(inner, seen, depth + 1, field)


def _count(parts: Iterable[zipfile.ZipInfo], size: int, seen: _Seen, field: str) -> None:
    packed = unpacked = 0
    for part in parts:
        seen.parts += 1
        packed += part.compress_size
        unpacked += part.file_size
        if stat.S_ISLNK(part.external_attr >> 16):
            raise Invalid.one(field, _("压缩包里有指向别处的链接"), _("请放入文件本身，重新打包"))
        if leads_outside(part.filename):
            raise Invalid.one(field, _("压缩包里的文件名会写到别的目录"), _("请重新打包，文件名里不要有路径"))
    seen.unpacked += unpacked
    # Parts may claim the same bytes: no more than the whole was packed.
    swells = unpacked > _RATIO_FROM and unpacked > _RATIO_AT_MOST * min(packed or 1, size)
    if seen.parts > MOST_PARTS:
        raise Invalid.one(field, _("压缩包里的文件太多"), _("最多 {n} 个").format(n=MOST_PARTS))
    if swells or seen.unpacked > MOST_UNPACKED:
        raise Invalid.one(field, _("文件解压后太大"), _("最多 {size} MB").format(size=MOST_UNPACKED // 1_000_000))


def _unpacked(head: bytes, content: Any) -> BinaryIO:
    # The sizes that the archive declares were counted: no more than those is ever read.
    with filling() as inner:
        inner.write(head)
        while chunk := content.read(_CHUNK):
            inner.write(chunk)
    return inner


def _damaged(field: str) -> Invalid:
    return Invalid.one(field, _("压缩包或文档已损坏"), _("请重新保存或打包后上传"))
