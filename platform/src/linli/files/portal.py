"""The address of a file, the same in every portal: whoever may not read it learns nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from linli.db.session import ScopedSession
from linli.files.kinds import IMAGES
from linli.files.service import download_headers, get_file, may_read, open_file
from linli.kit.actor import Actor
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.web.results import Download
from linli.web.routing import get

_CHUNK = 1 << 16


@get("/files/{file_id:uuid}", public=True, summary="Fetch a file")
def show_file(session: ScopedSession, actor: Actor, file_id: UUID, inline: bool = False) -> Download:
    """The file to save, or with ``inline`` an image to show in a page."""
    if not may_read(session, actor, get_file(session, file_id)):
        raise NotFound(_("没有找到这个文件"))
    file, source = open_file(session, file_id)
    return Download(
        content=_chunks(source),
        name=file.name,
        media_type=file.media_type,
        inline=inline and file.media_type in IMAGES,
        headers=download_headers(file, inline=inline),
    )


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while chunk := source.read(_CHUNK):
            yield chunk


console = [show_file]
admin = [show_file]
resident = [show_file]
