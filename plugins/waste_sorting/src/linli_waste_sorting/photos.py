"""Photos of what the parts record: taken in as photos alone, kept with what they show, given out by the API.

Who may look at one is said by the part that it belongs to, in a ``file_reader`` of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from linli.sdk import (
    Actor,
    Invalid,
    Photo,
    Place,
    ScopedSession,
    StoredFile,
    file_path,
    remove_file,
    store_file,
    thumbnail_path,
)
from linli.sdk import gettext as _

_OWNER = "waste_sorting"
#: As many and as large as the macro ``photos`` and ``photos_of`` take where they are told nothing else.
MOST_PHOTOS = 3
PHOTO_LIMIT = 8 * 1024 * 1024
#: Bytes of a form, and of a body in base64, with so many photos.
LARGEST_FORM = MOST_PHOTOS * PHOTO_LIMIT + 1024 * 1024
LARGEST_BODY = MOST_PHOTOS * PHOTO_LIMIT * 4 // 3 + 1024 * 1024


class PhotoBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A photo; what it is follows from its name and content."""

    name: Annotated[str, Meta(min_length=1, max_length=200, description="with its extension", examples=["photo.jpg"])]
    content: Annotated[
        str,
        Meta(
            min_length=1,
            description="the whole file in base64, at most 8 MB before encoding",
            examples=["/9j/4AAQSkZJRg=="],
        ),
    ]


class PhotoOut(msgspec.Struct, kw_only=True):
    """A photo and where it is."""

    id: UUID
    name: str
    path: str
    thumbnail: Annotated[str, Meta(description="a smaller picture")]


Photos = Annotated[list[PhotoBody], Meta(max_length=MOST_PHOTOS)]


def keep_photos(
    session: ScopedSession,
    actor: Actor,
    subject: tuple[str, UUID],
    community_id: UUID,
    photos: Sequence[Photo],
    *,
    most: int = MOST_PHOTOS,
    field: str = "photos",
) -> None:
    """Keep photos with what they show.

    Args:
        session: the unit of work; the bytes go with a rollback.
        actor: who sends them.
        subject: type and id of what they show.
        community_id: whose they are.
        photos: what was sent.
        most: so many at most.
        field: of the form or body, named in errors.

    Raises:
        Invalid: there are too many, or one is no photo, damaged or too large.
    """
    if len(photos) > most:
        raise Invalid.one(field, _("照片太多"), _("最多 {n} 张").format(n=most))
    for each in photos:
        kept = store_file(
            session,
            actor,
            each.content,
            owner=_OWNER,
            name=each.name,
            media_type=each.media_type,
            subject=subject,
            community_id=community_id,
            limit=PHOTO_LIMIT,
            field=field,
        )
        if not kept.is_image:
            raise Invalid.one(field, _("“{name}”不是照片").format(name=each.name), "JPG, PNG, WebP")


def kept_photos(session: ScopedSession, kind: str, ids: Collection[UUID]) -> dict[UUID, list[StoredFile]]:
    """The photos of each subject of a kind that has some; one query. The caller has judged who may see them."""
    if not ids:
        return {}
    wanted = select(StoredFile).where(
        StoredFile.owner == _OWNER,
        StoredFile.subject_type == kind,
        StoredFile.subject_id.in_(ids),
        StoredFile.removed_at.is_(None),
    )
    found: dict[UUID, list[StoredFile]] = {}
    for file in session.scalars(wanted.order_by(StoredFile.id)):
        if file.subject_id is not None:
            found.setdefault(file.subject_id, []).append(file)
    return found


def drop_photos(session: ScopedSession, actor: Actor, kind: str, ids: Collection[UUID], *, reason: str = "") -> None:
    """Take away the photos of what is taken back, replaced, erased or past its time."""
    for files in kept_photos(session, kind, ids).values():
        for file in files:
            remove_file(session, actor, file.id, reason=reason)


def decoded(photos: Iterable[PhotoBody], field: str = "photos") -> list[Photo]:
    """The photos of a body. Raises ``Invalid`` naming the field."""
    try:
        return [Photo(base64.b64decode(each.content, validate=True), each.name, "") for each in photos]
    except ValueError as error:
        raise Invalid.one(field, _("不是有效的 base64"), _("整个文件的 base64 编码，中间没有空格和换行")) from error


def photos_out(place: Place, files: Iterable[StoredFile]) -> list[PhotoOut]:
    """Photos as the API gives them out, at this portal's addresses."""
    return [
        PhotoOut(id=file.id, name=file.name, path=place.url(file_path(file)), thumbnail=place.url(thumbnail_path(file)))
        for file in files
    ]
