"""Which kinds of file are taken in, how their content shows that they are what their name says, and safe names."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from linli.files.archives import require_harmless
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed

_HEAD = 1 << 16
_NAME_LENGTH = 100
#: A browser that does not know a kind says one of these.
_UNKNOWN = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its media type, the other types browsers call it by, and whether content is of this kind."""

    media_type: str
    matches: Callable[[BinaryIO, bytes], bool]
    also: frozenset[str] = frozenset()
    #: A browser may show it in a page: it can carry no script.
    is_image: bool = False
    #: It is unpacked by those who open it.
    is_archive: bool = False


def _starts(*prefixes: bytes) -> Callable[[BinaryIO, bytes], bool]:
    return lambda _source, head: head.startswith(prefixes)


def _is_webp(_source: BinaryIO, head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_text(_source: BinaryIO, head: bytes) -> bool:
    if b"\0" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            # The head may end in the middle of a character.
            head[: len(head) - 4 if len(head) == _HEAD else None].decode(encoding)
        except UnicodeDecodeError as error:
            if len(head) == _HEAD and error.start >= len(head) - 8:
                return True
            continue
        return True
    return False


def _is_zip_with(member: str) -> Callable[[BinaryIO, bytes], bool]:
    def matches(source: BinaryIO, head: bytes) -> bool:
        if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return False
        try:
            with zipfile.ZipFile(source) as archive:
                return not member or member in archive.NameToInfo
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            return False

    return matches


_OFFICE = "application/vnd.openxmlformats-officedocument"
_JPEG = Kind("image/jpeg", _starts(b"\xff\xd8\xff"), frozenset({"image/jpg", "image/pjpeg"}), is_image=True)

#: Extension to kind. HTML and SVG are left out on purpose: they can carry script.
KINDS: Mapping[str, Kind] = {
    "png": Kind("image/png", _starts(b"\x89PNG\r\n\x1a\n"), frozenset({"image/x-png"}), is_image=True),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "webp": Kind("image/webp", _is_webp, is_image=True),
    "gif": Kind("image/gif", _starts(b"GIF87a", b"GIF89a"), is_image=True),
    "pdf": Kind("application/pdf", _starts(b"%PDF-"), frozenset({"application/x-pdf"})),
    "xlsx": Kind(
        f"{_OFFICE}.spreadsheetml.sheet",
        _is_zip_with("xl/workbook.xml"),
        frozenset({"application/zip"}),
        is_archive=True,
    ),
    "docx": Kind(
        f"{_OFFICE}.wordprocessingml.document",
        _is_zip_with("word/document.xml"),
        frozenset({"application/zip"}),
        is_archive=True,
    ),
    "zip": Kind("application/zip", _is_zip_with(""), frozenset({"application/x-zip-compressed"}), is_archive=True),
    "csv": Kind(
        "text/csv", _is_text, frozenset({"text/plain", "application/csv", "application/vnd.ms-excel", "text/x-csv"})
    ),
    "txt": Kind("text/plain", _is_text),
}

IMAGES = frozenset(kind.media_type for kind in KINDS.values() if kind.is_image)


def checked_media_type(source: BinaryIO, name: str, declared: str, *, field: str = "file") -> str:
    """The media type by which the file will be served; the source is read and left at its beginning.

    Args:
        source: seekable.
        name: its extension says what the file claims to be.
        declared: what the sender says; an unknown type is no claim.
        field: named in the error.

    Raises:
        Invalid: the kind is not taken in, name, declared type and content contradict each other, or it is an archive
            that would harm who unpacks it.
    """
    extension = extension_of(name)
    kind = KINDS.get(extension)
    if kind is None:
        raise Invalid.one(
            field,
            _("不接受“{extension}”类型的文件").format(extension=extension or name),
            _("可以上传：{kinds}").format(kinds=listed(KINDS)),
        )
    source.seek(0)
    head = source.read(_HEAD)
    said = declared.partition(";")[0].strip().lower()
    contradicts = said not in _UNKNOWN and said != kind.media_type and said not in kind.also
    if not head:
        raise Invalid.one(field, _("文件是空的"), _("请选择有内容的文件"))
    if contradicts or not kind.matches(source, head):
        raise Invalid.one(
            field,
            _("文件内容与扩展名“{extension}”不符").format(extension=extension),
            _("请上传原始文件，不要改扩展名"),
        )
    if kind.is_archive:
        require_harmless(source, field=field)
    source.seek(0)
    return kind.media_type


def extension_of(name: str) -> str:
    """The lower-case extension without its dot; empty when there is none."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem and re.fullmatch(r"[A-Za-z0-9]{1,10}", extension) else ""


def clean_name(name: str) -> str:
    """A file name that shows what it is: no path, no control or direction characters, at most a hundred characters."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    # Cc, Cf, Cs, Co, Cn: control, format (right-to-left override, zero width), surrogates, private, unassigned.
    visible = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in last)
    plain = re.sub(r'[<>:"|?*]', "_", " ".join(visible.split())).strip(". ")
    extension = extension_of(plain)
    if plain.lower() in KINDS and not extension:
        # Nothing but an extension was left of it.
        plain, extension = f".{plain}", plain.lower()
    stem = plain[: len(plain) - len(extension) - 1] if extension else plain
    stem = stem[: _NAME_LENGTH - len(extension) - 1].strip(". ") or "file"
    return f"{stem}.{extension}" if extension else stem
