"""The address of a file, the same in every portal: whoever may not read it learns nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO
from uuid import UUID

from litestar import Request

from linli.db.session import ScopedSession

# The daily sweep is declared where it is imported.
from linli.files import tasks  # noqa: F401
from linli.files.models import StoredFile
from linli.files.sending import card_headers, card_of, download_headers, is_known, thumbnail_headers
from linli.files.service import get_file, may_read, open_file, open_thumbnail
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.streams import Chunks
from linli.kit.text import gettext as _
from linli.web.results import Download
from linli.web.routing import get


@get("/files/{file_id:uuid}", public=True, tags=["files"], summary="Fetch a file")
def show_file(session: ScopedSession, actor: Actor, request: Request, file_id: UUID, inline: bool = False) -> Download:
    """The file to save, or with ``inline`` an image to show in a page."""
    file = _readable(session, actor, file_id)
    is_shown = inline and file.is_image
    download = Download(b"", file.name, file.media_type, is_shown, download_headers(file, inline=is_shown))
    return _answer(request, download, lambda: open_file(session, file_id)[1])


@get("/files/{file_id:uuid}/thumbnail", public=True, tags=["files"], summary="Fetch the small picture of a file")
def show_thumbnail(session: ScopedSession, actor: Actor, request: Request, file_id: UUID) -> Download:
    """A small WebP of an image (at most 480 pixels on each side); for any other kind of file a drawing of its kind."""
    file = _readable(session, actor, file_id)
    if file.has_thumbnail:
        headers = thumbnail_headers(file)
        download = Download(b"", file.name, headers["content-type"], inline=True, headers=headers)
        return _answer(request, download, lambda: open_thumbnail(session, file))
    if file.is_image:
        # Stored when there were no thumbnails yet.
        download = Download(b"", file.name, file.media_type, inline=True, headers=download_headers(file, inline=True))
        return _answer(request, download, lambda: open_file(session, file_id)[1])
    card = card_of(file)
    return Download(card, file.name, "image/svg+xml", inline=True, headers=card_headers(card))


def _readable(session: ScopedSession, actor: Actor, file_id: UUID) -> StoredFile:
    file = get_file(session, file_id)
    if not may_read(session, actor, file):
        raise NotFound(_("没有找到这个文件"))
    return file


def _answer(request: Request, download: Download, opened: Callable[[], BinaryIO]) -> Download:
    headers = dict(download.headers)
    if is_known(headers, request.headers.get("if-none-match", "")):
        kept = {name: headers[name] for name in ("etag", "cache-control", "content-security-policy")}
        return replace(download, headers=kept, status=304)
    if request.method == "HEAD":
        return download
    return replace(download, content=Chunks(opened()))


console = [show_file, show_thumbnail]
admin = [show_file, show_thumbnail]
resident = [show_file, show_thumbnail]
