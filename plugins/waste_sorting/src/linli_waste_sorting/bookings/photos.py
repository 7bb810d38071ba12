"""Photos of bookings and reports: taken in as pictures alone, and who may look at them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from linli.sdk import (
    SYSTEM,
    Actor,
    Form,
    Invalid,
    Place,
    ScopedSession,
    StoredFile,
    file_path,
    file_reader,
    is_enabled,
    list_files,
    remove_file,
    store_file,
    thumbnail_path,
)
from linli.sdk import gettext as _
from linli_waste_sorting.bookings.models import Booking, FullReport, FullReportVoice
from linli_waste_sorting.bookings.permissions import READ_BOOKINGS, READ_REPORTS
from linli_waste_sorting.bookings.schemas import MOST_PHOTOS, Photo, PhotoOut

#: Content, name and media type.
Upload = tuple[bytes, str, str]
#: Bytes of one photo, of a form with as many as it may have, and of a body that holds them in base64.
PHOTO_LIMIT = 10 * 1024 * 1024
LARGEST_FORM = MOST_PHOTOS * PHOTO_LIMIT + 1024 * 1024
LARGEST_BODY = MOST_PHOTOS * 15 * 1024 * 1024

BOOKING, VOICE = "booking", "full_report_voice"


def keep_photos(
    session: ScopedSession,
    actor: Actor,
    subject: tuple[str, UUID],
    community_id: UUID,
    uploads: Sequence[Upload],
    *,
    field: str = "photo",
) -> None:
    """Take in photos.

    Args:
        session: the unit of work; the bytes go with a rollback.
        actor: who sends them.
        subject: type and id of what they show.
        community_id: whose they are.
        uploads: what was sent.
        field: of the form, named in errors with the number of the photo behind it.

    Raises:
        Invalid: there are too many, or one is no picture, too large or damaged.
    """
    if len(uploads) > MOST_PHOTOS:
        raise Invalid.one(f"{field}1", _("照片太多"), _("最多 {n} 张").format(n=MOST_PHOTOS))
    for n, (content, name, media_type) in enumerate(uploads, start=1):
        kept = store_file(
            session,
            actor,
            content,
            owner="waste_sorting",
            name=name,
            media_type=media_type,
            subject=subject,
            community_id=community_id,
            limit=PHOTO_LIMIT,
            field=f"{field}{n}",
        )
        if not kept.is_image:
            raise Invalid.one(f"{field}{n}", _("不是照片"), _("JPG、PNG 或 WebP 格式的照片"))


def photos_of(session: ScopedSession, subject: tuple[str, UUID]) -> Sequence[StoredFile]:
    """The photos of a booking or of one person's report; the caller has judged who may see them."""
    return list_files(session, "waste_sorting", subject)


def drop_photos(session: ScopedSession, subject: tuple[str, UUID], reason: str) -> None:
    """Take away the photos of what is erased or past its time."""
    for file in photos_of(session, subject):
        remove_file(session, SYSTEM, file.id, reason=reason)


def uploads_of(form: Form, *, field: str = "photo") -> list[Upload]:
    """The photos of a form, in the order of its fields; empty fields are none."""
    names = [f"{field}{n}" for n in range(1, MOST_PHOTOS + 1)]
    return [
        (form.uploads[name], form.files[name].filename, form.files[name].content_type or "")
        for name in names
        if form.uploads.get(name)
    ]


def decoded(photos: Iterable[Photo], field: str = "photos") -> list[Upload]:
    """The photos of a body. Raises ``Invalid`` naming the field."""
    try:
        return [(base64.b64decode(each.content, validate=True), each.name, "") for each in photos]
    except ValueError as error:
        raise Invalid.one(field, _("不是有效的 base64"), _("整个文件的 base64 编码，中间没有空格和换行")) from error


def photos_out(place: Place, files: Iterable[StoredFile]) -> list[PhotoOut]:
    """Photos as the API gives them out, at this portal's addresses."""
    return [
        PhotoOut(id=file.id, name=file.name, path=place.url(file_path(file)), thumbnail=place.url(thumbnail_path(file)))
        for file in files
    ]


@file_reader("waste_sorting", BOOKING)
def may_see_booking(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whose booking it is, and the staff who work on it: a photo may show somebody's home."""
    session = cast(ScopedSession, unit)
    row = session.scalar(select(Booking).where(Booking.id == file.subject_id)) if file.subject_id else None
    if row is None or not is_enabled(session, "waste_sorting", community_id=row.community_id):
        return False
    where = {"community_id": row.community_id, "compound_id": row.compound_id, "building_id": row.building_id}
    is_account = actor.account_id is not None and row.account_id == actor.account_id
    is_own = is_account or (row.resident_id is not None and row.resident_id in actor.resident_ids)
    return is_own or actor.can(READ_BOOKINGS, **where)


@file_reader("waste_sorting", VOICE)
def may_see_report(unit: Session, actor: Actor, file: StoredFile) -> bool:
    """Whoever sent it, and the staff who see to the bins."""
    session = cast(ScopedSession, unit)
    found = session.execute(
        select(FullReportVoice.account_id, FullReport.community_id, FullReport.compound_id)
        .join(FullReport, FullReport.id == FullReportVoice.full_report_id)
        .where(FullReportVoice.id == file.subject_id)
    ).first()
    if found is None or not is_enabled(session, "waste_sorting", community_id=found.community_id):
        return False
    is_own = actor.account_id is not None and found.account_id == actor.account_id
    return is_own or actor.can(READ_REPORTS, community_id=found.community_id, compound_id=found.compound_id)
