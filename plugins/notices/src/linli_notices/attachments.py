"""The attachments of a notice: added to a draft and taken off it, read by those who may read the notice."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from uuid import UUID

from linli.sdk import (
    Actor,
    Invalid,
    NotFound,
    ScopedSession,
    StoredFile,
    list_files,
    remove_file,
    store_file,
)
from linli.sdk import gettext as _
from linli_notices.service import require_draft

#: Bytes of one attachment, and how many a notice may have.
FILE_LIMIT = 20 * 1024 * 1024
MOST_FILES = 10


def attachments_of(session: ScopedSession, notice_id: UUID) -> Sequence[StoredFile]:
    """What is attached to a notice, in the order of adding; the caller has judged who may read the notice."""
    return list_files(session, "notices", ("notice", notice_id))


def attach(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID | None,
    notice_id: UUID,
    content: bytes | str,
    *,
    name: str,
    media_type: str = "",
    field: str = "file",
) -> StoredFile:
    """Attach a file to a draft.

    Args:
        session: the unit of work.
        actor: who attaches it.
        community_id: ``None`` for a notice of the street.
        notice_id: of the draft.
        content: all bytes, or a text that holds them in base64.
        name: as the sender calls it.
        media_type: as the sender says; empty when nobody said.
        field: of the form or body, named in errors.

    Raises:
        NotFound: there is no such notice in this community within the actor's reach.
        Conflict: it is no draft any more.
        Invalid: the notice has as many as it may have, or the file is no base64, empty, too large or of a wrong kind.
    """
    notice = require_draft(session, actor, community_id, notice_id)
    if len(attachments_of(session, notice.id)) >= MOST_FILES:
        raise Invalid.one(field, _("附件太多"), _("最多 {n} 个").format(n=MOST_FILES))
    return store_file(
        session,
        actor,
        decoded(content, field) if isinstance(content, str) else content,
        owner="notices",
        name=name,
        media_type=media_type,
        subject=("notice", notice.id),
        community_id=notice.community_id,
        limit=FILE_LIMIT,
        field=field,
    )


def detach(session: ScopedSession, actor: Actor, community_id: UUID | None, notice_id: UUID, file_id: UUID) -> None:
    """Take an attachment off a draft.

    Raises:
        NotFound: there is no such notice in this community within the actor's reach, or it has no such attachment.
        Conflict: it is no draft any more.
    """
    notice = require_draft(session, actor, community_id, notice_id)
    if all(file.id != file_id for file in attachments_of(session, notice.id)):
        raise NotFound(_("没有找到这个文件"))
    remove_file(session, actor, file_id)


def decoded(content: str, field: str) -> bytes:
    """The bytes of a text in base64. Raises ``Invalid`` naming the field."""
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise Invalid.one(field, _("不是有效的 base64"), _("整个文件的 base64 编码，中间没有空格和换行")) from error
