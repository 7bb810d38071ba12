"""Photos of what was seen: kept with it, shown to whoever may see it."""

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
from linli_waste_sorting.inspections import own, repository
from linli_waste_sorting.inspections.models import Finding, Point
from linli_waste_sorting.inspections.permissions import READ_CASES, READ_ROUNDS
from linli_waste_sorting.inspections.schemas import MOST_PHOTOS, FindingPhoto, FindingPhotoOut
from linli_waste_sorting.reach import compounds_of, is_within

#: Bytes of one photo.
PHOTO_LIMIT = 8 * 1024 * 1024
#: A form, or a body in base64, with as many photos as a finding may have.
LARGEST_FORM = MOST_PHOTOS * PHOTO_LIMIT + 1024 * 1024
LARGEST_BODY = MOST_PHOTOS * PHOTO_LIMIT * 4 // 3 + 1024 * 1024
_KINDS = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif")
FINDING, POINT = "inspection_finding", "inspection_point"

#: Content, name and media type of a file.
Upload = tuple[bytes, str, str]


def keep_photos(
    session: ScopedSession,
    actor: Actor,
    subject: tuple[str, UUID],
    community_id: UUID,
    uploads: Sequence[Upload],
    *,
    most: int = MOST_PHOTOS,
    field: str = "photo",
) -> None:
    """Keep photos with what they show.

    Raises:
        Invalid: there are too many, or one is no photo, damaged or too large.
    """
    if len(uploads) > most:
        raise Invalid.one(field, _("照片太多"), _("最多 {n} 张").format(n=most))
    for content, name, media_type in uploads:
        file = store_file(
            session,
            actor,
            content,
            owner="waste_sorting",
            name=name,
            media_type=media_type,
            subject=subject,
            community_id=community_id,
            limit=PHOTO_LIMIT,
            field=field,
        )
        if file.media_type not in _KINDS:
            raise Invalid.one(field, _("不是照片"), "JPEG, PNG, WebP")


def photos_of(session: ScopedSession, kind: str, ids: Collection[UUID]) -> dict[UUID, list[StoredFile]]:
    """The photos of each of these subjects that has some; one query."""
    if not ids:
        return {}
    found: dict[UUID, list[StoredFile]] = {}
    kept = select(StoredFile).where(
        StoredFile.owner == "waste_sorting",
        StoredFile.subject_type == kind,
        StoredFile.subject_id.in_(ids),
        StoredFile.removed_at.is_(None),
    )
    for file in session.scalars(kept.order_by(StoredFile.id)):
        if file.subject_id is not None:
            found.setdefault(file.subject_id, []).append(file)
    return found


def uploads_of(form: Form, names: Collection[str]) -> list[Upload]:
    """The files of these fields of a form; empty fields are none."""
    return [
        (form.uploads[name], form.files[name].filename, form.files[name].content_type or "")
        for name in names
        if form.uploads.get(name)
    ]


def decoded(photos: Sequence[FindingPhoto], field: str = "photos") -> list[Upload]:
    """What came in base64. Raises ``Invalid`` naming the field."""
    try:
        return [(base64.b64decode(each.content, validate=True), each.name, "") for each in photos]
    except ValueError as error:
        raise Invalid.one(field, _("不是有效的 base64"), _("整个文件的 base64 编码，中间没有空格和换行")) from error


def shown(place: Place, files: Sequence[StoredFile]) -> list[FindingPhotoOut]:
    """As the API shows them."""
    return [FindingPhotoOut(id=each.id, name=each.name, url=place.url(file_path(each))) for each in files]


@file_reader("waste_sorting", FINDING)
def may_read_finding(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """The photo of a known household's bag is for itself and for those who follow it up, not for other inspectors."""
    session = cast(ScopedSession, unit)
    row = repository.find(session, Finding, file.community_id, file.subject_id) if file.subject_id else None
    if row is None or not is_enabled(session, "waste_sorting", community_id=row.community_id):
        return False
    if row.dwelling_id is None:
        return _reads(actor, READ_ROUNDS, row)
    is_theirs = row.is_final and own.is_at_home(session, actor, row.dwelling_id, row.day)
    return is_theirs or actor.can(READ_CASES, community_id=row.community_id)


@file_reader("waste_sorting", POINT)
def may_read_point(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whoever reads the rounds of the compound."""
    session = cast(ScopedSession, unit)
    row = repository.find(session, Point, file.community_id, file.subject_id) if file.subject_id else None
    if row is None or not is_enabled(session, "waste_sorting", community_id=row.community_id):
        return False
    return _reads(actor, READ_ROUNDS, row)


def _reads(actor: Actor, permission: str, row: Point | Finding) -> bool:
    within = compounds_of(actor, permission, row.community_id)
    return is_within(row.compound_id, within)
