"""How a file goes out: headers that keep it apart from the portal, and marks by which a browser asks again."""

from __future__ import annotations

from urllib.parse import quote

from linli.files.images import THUMBNAIL_TYPE
from linli.files.kinds import extension_of
from linli.files.models import StoredFile

#: Letters of the card that stands for a file without a picture, and its colour.
_COLOURS = {"pdf": "#b3261e", "xlsx": "#1e7145", "csv": "#1e7145", "docx": "#185abd"}
_CARD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
    '<path d="M22 8h36l18 18v62H22z" fill="#fff" stroke="#8a929c" stroke-width="2"/>'
    '<path d="M58 8v18h18" fill="none" stroke="#8a929c" stroke-width="2"/>'
    '<rect x="12" y="48" width="60" height="24" rx="4" fill="{colour}"/>'
    '<text x="42" y="66" fill="#fff" font-family="sans-serif" font-size="16" font-weight="bold" '
    'text-anchor="middle">{letters}</text></svg>'
)


def file_path(file: StoredFile) -> str:
    """Where a portal shows a file, below its own address: for ``place.url``."""
    return f"/files/{file.id}"


def thumbnail_path(file: StoredFile) -> str:
    """Where a portal shows the small picture of a file, below its own address: for ``place.url``.

    Every file has one: an image its thumbnail, any other kind a card with the letters of its kind.
    """
    return f"/files/{file.id}/thumbnail"


def download_headers(file: StoredFile, *, inline: bool = False) -> dict[str, str]:
    """Headers under which a browser keeps the file apart from the portal: it is saved, never run.

    Args:
        file: what is sent.
        inline: show it in the page; done for images only.
    """
    headers = {
        **_apart(file.media_type, file.size),
        "content-disposition": _disposition(file.name, inline=inline and file.is_image),
        "cache-control": "private, no-cache" if file.is_public or file.is_image else "private, no-store",
    }
    if file.is_image:
        headers["etag"] = etag_of(file.sha256)
    return headers


def thumbnail_headers(file: StoredFile) -> dict[str, str]:
    """The same for the thumbnail of a file that has one."""
    stem = file.name.removesuffix(f".{extension_of(file.name)}")
    return {
        **_apart(THUMBNAIL_TYPE, file.thumbnail_size or 0),
        "content-disposition": _disposition(f"{stem}.webp", inline=True),
        # Asked for anew each time, so that whoever may read it no longer does not see it either.
        "cache-control": "private, no-cache",
        "etag": etag_of(file.thumbnail_sha256 or b""),
    }


def card_of(file: StoredFile) -> bytes:
    """A drawing that stands for a file without a picture: a sheet with the letters of its kind."""
    extension = extension_of(file.name)
    letters = extension.upper()[:4] or "?"
    return _CARD.format(colour=_COLOURS.get(extension, "#5b6470"), letters=letters).encode()


def card_headers(card: bytes) -> dict[str, str]:
    """Headers of such a drawing."""
    return {
        **_apart("image/svg+xml", len(card)),
        "content-disposition": "inline",
        "cache-control": "private, no-cache",
    }


def etag_of(digest: bytes) -> str:
    """The mark of some bytes: whoever has it has read them."""
    return f'"{digest.hex()[:32]}"'


def is_known(headers: dict[str, str], if_none_match: str) -> bool:
    """Whether what the browser has already is what would be sent."""
    mark = headers.get("etag")
    if mark is None or not if_none_match:
        return False
    given = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in given or mark in given


def _apart(media_type: str, size: int) -> dict[str, str]:
    return {
        "content-type": media_type,
        "content-length": str(size),
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
    }


def _disposition(name: str, *, inline: bool) -> str:
    # The plain form is for old programs; "%" would make some of them decode it.
    plain = "".join(each if each.isascii() and each not in '"\\%;' else "_" for each in name)
    shown = "inline" if inline else "attachment"
    return f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
