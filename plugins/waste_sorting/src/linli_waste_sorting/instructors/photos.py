"""Photos of activities: kept with them, and shown to whoever reads of them in the community."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.sdk import (
    Actor,
    Form,
    Invalid,
    Place,
    ScopedSession,
    StoredFile,
    file_path,
    file_reader,
    is_enabled,
    store_file,
)
from linli.sdk import gettext as _
from linli_waste_sorting.instructors.models import Publicity
from linli_waste_sorting.instructors.permissions import READ_INSTRUCTORS, VIEW_INSTRUCTORS
from linli_waste_sorting.instructors.schemas import MOST_PHOTOS, PublicityPhoto, PublicityPhotoOut

#: Content, name and media type.
Upload = tuple[bytes, str, str]
PHOTO_LIMIT = 8 * 1024 * 1024
#: A form, or a body in base64, with as many photos as an activity may have.
LARGEST_FORM = MOST_PHOTOS * PHOTO_LIMIT + 1024 * 1024
LARGEST_BODY = MOST_PHOTOS * PHOTO_LIMIT * 4 // 3 + 1024 * 1024
PUBLICITY = "publicity"
FIELDS = tuple(f"photo{n}" for n in range(1, MOST_PHOTOS + 1))


def keep_photos(session: ScopedSession, actor: Actor, row: Publicity, uploads: Sequence[Upload]) -> None:
    """Keep the photos of an activity.

    Raises:
        Invalid: naming the photo: there are too many, or one is no picture, damaged or too large.
    """
    if len(uploads) > MOST_PHOTOS:
        raise Invalid.one("photo1", _("照片太多"), _("最多 {n} 张").format(n=MOST_PHOTOS))
    for field, (content, name, media_type) in zip(FIELDS, uploads, strict=False):
        kept = store_file(
            session,
            actor,
            content,
            owner="waste_sorting",
            name=name,
            media_type=media_type,
            subject=(PUBLICITY, row.id),
            community_id=row.community_id,
            limit=PHOTO_LIMIT,
            field=field,
        )
        if not kept.is_image:
            raise Invalid.one(field, _("不是照片"), "JPEG, PNG, WebP")


def photos_of(session: ScopedSession, ids: Collection[UUID]) -> dict[UUID, list[StoredFile]]:
    """The photos of each of these activities that has some; one query."""
    found: dict[UUID, list[StoredFile]] = {}
    kept = select(StoredFile).where(
        StoredFile.owner == "waste_sorting",
        StoredFile.subject_type == PUBLICITY,
        StoredFile.subject_id.in_(ids),
        StoredFile.removed_at.is_(None),
    )
    for file in session.scalars(kept.order_by(StoredFile.id)) if ids else ():
        if file.subject_id is not None:
            found.setdefault(file.subject_id, []).append(file)
    return found


def uploads_of(form: Form) -> list[Upload]:
    """The photos of a form; empty fields are none."""
    return [
        (form.uploads[name], form.files[name].filename, form.files[name].content_type or "")
        for name in FIELDS
        if form.uploads.get(name)
    ]


def decoded(photos: Sequence[PublicityPhoto]) -> list[Upload]:
    """What came in base64. Raises ``Invalid`` naming the field."""
    try:
        return [(base64.b64decode(each.content, validate=True), each.name, "") for each in photos]
    except ValueError as error:
        raise Invalid.one("photos", _("不是有效的 base64"), _("整个文件的 base64 编码，中间没有空格和换行")) from error


def photos_out(place: Place, files: Sequence[StoredFile]) -> list[PublicityPhotoOut]:
    """As the API shows them."""
    return [PublicityPhotoOut(id=each.id, name=each.name, path=place.url(file_path(each))) for each in files]


@file_reader("waste_sorting", PUBLICITY)
def may_read_publicity(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whoever reads of the activity: staff, and residents unless it was struck out."""
    session = cast(ScopedSession, unit)
    row = session.scalar(select(Publicity).where(Publicity.id == file.subject_id)) if file.subject_id else None
    if row is None or not is_enabled(session, "waste_sorting", community_id=row.community_id):
        return False
    if actor.can(READ_INSTRUCTORS, community_id=row.community_id):
        return True
    is_theirs = any(each.community_id in (None, row.community_id) for each in actor.grants_for(VIEW_INSTRUCTORS))
    return is_theirs and row.struck_at is None
