"""The record of a closed notice as bytes that anyone may hash: made once, chained to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from linli.sdk import ScopedSession, StoredFile, community_outline, list_files, now, place_names
from linli_notices.categories import known_categories
from linli_notices.models import Notice, NoticeChannel, NoticeSnapshot

#: Changes when the meaning of a field does; old records keep theirs.
FORMAT = "linli.notice-record/1"
FIRST = bytes(32)

Part = Callable[[ScopedSession, Notice], Any]
_parts: dict[str, Part] = {}

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('notices.snapshot:' || :place, 0))")


def snapshot_part(name: str) -> Callable[[Part], Part]:
    """Declare a part of the record: ``@snapshot_part("objections")`` above ``f(session, notice) -> JSON value``.

    It is called once, while the record is closed. Of a list its length is told with ``PostingClosed`` where the name
    is ``objections``. Names of people belong in it only as the public may read them.

    Raises:
        ValueError: the name is taken.
    """

    def declare(part: Part) -> Part:
        if name in _parts and _parts[name].__qualname__ != part.__qualname__:
            raise ValueError(f"{name} is declared twice: {_parts[name]} and {part}")
        _parts[name] = part
        return part

    return declare


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a record is what was hashed.

    Attributes:
        snapshot: the record.
        recomputed: the hash of its bytes, computed now.
        is_equal: whether that is the recorded one.
        follows: whether the record before has the hash that this one names.
        differs: names of what the notice no longer has as recorded; empty when all is as it was.
    """

    snapshot: NoticeSnapshot
    recomputed: bytes
    is_equal: bool
    follows: bool
    differs: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return self.is_equal and self.follows and not self.differs


def canonical(value: Any) -> bytes:
    """One and the same bytes for the same JSON value: UTF-8, sorted keys, no blanks."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def make_snapshot(
    session: ScopedSession, notice: Notice, purpose: str, files: Sequence[StoredFile]
) -> tuple[NoticeSnapshot, dict[str, Any]]:
    """Write the record of a notice, and give it with its content.

    Args:
        session: of the notice's community or the street.
        notice: locked, as it is to stand in the record.
        purpose: ``closing`` or ``withdrawal``.
        files: its sealed attachments.
    """
    # Two notices of one place that close at once must not follow the same record.
    session.execute(_LOCK, {"place": f"{session.scope.tenant_id}:{notice.community_id or ''}"})
    last = session.scalar(
        select(NoticeSnapshot)
        .where(NoticeSnapshot.community_id.is_not_distinct_from(notice.community_id))
        .order_by(NoticeSnapshot.number.desc())
        .limit(1)
    )
    number, previous, moment = (last.number + 1 if last else 1), (last.sha256 if last else FIRST), now()
    content = {
        "format": FORMAT,
        "number": number,
        "previous": previous.hex(),
        "purpose": purpose,
        "closed_at": _moment(moment),
        "parts": {name: part(session, notice) for name, part in sorted(_parts.items())},
        **_content(session, notice, files),
    }
    written = canonical(content)
    snapshot = NoticeSnapshot(
        community_id=notice.community_id,
        notice_id=notice.id,
        number=number,
        purpose=purpose,
        content=written,
        sha256=hashlib.sha256(written).digest(),
        previous=previous,
        made_at=moment,
    )
    session.add(snapshot)
    session.flush()
    return snapshot, content


def snapshots_of(session: ScopedSession, notice_id: UUID) -> Sequence[NoticeSnapshot]:
    """The records of a notice, the first one first: of its closing, and of a withdrawal after that."""
    statement = select(NoticeSnapshot).where(NoticeSnapshot.notice_id == notice_id)
    return session.scalars(statement.order_by(NoticeSnapshot.number)).all()


def verify(session: ScopedSession, notice: Notice, snapshot: NoticeSnapshot) -> Verdict:
    """Compute the hash of a record anew, and compare the record with the one before and with the notice of today."""
    recomputed = hashlib.sha256(snapshot.content).digest()
    before = session.scalar(
        select(NoticeSnapshot.sha256).where(
            NoticeSnapshot.community_id.is_not_distinct_from(snapshot.community_id),
            NoticeSnapshot.number == snapshot.number - 1,
        )
    )
    follows = snapshot.previous == (before or FIRST) and (before is not None or snapshot.number == 1)
    try:
        content = json.loads(snapshot.content)
        follows = follows and content["previous"] == snapshot.previous.hex()
        differs = tuple(_differences(session, notice, content))
    except (ValueError, KeyError, TypeError, AttributeError):
        # Whoever wrote this was not us: there is nothing in it to compare with.
        differs = ("record",)
    return Verdict(snapshot, recomputed, recomputed == snapshot.sha256, follows, differs)


def _content(session: ScopedSession, notice: Notice, files: Sequence[StoredFile]) -> dict[str, Any]:
    names = place_names(session, notice.community_id)
    category = known_categories(session, archived=True).get(notice.category)
    return {
        "street": names.street,
        "community": names.community,
        "publisher": f"{names.street}{names.community}",
        "notice": {
            **_told(notice),
            "id": str(notice.id),
            "category": notice.category,
            "category_name": category.name if category else "",
            "published_at": _moment(notice.published_at),
            "period_days": notice.period_days,
            "period_unit": notice.period_unit,
            "identity_rule": notice.identity_rule,
            "corrects": str(notice.corrects_id) if notice.corrects_id else None,
        },
        "places": _places(session, notice),
        "attachments": [_file(file) for file in files],
        "channels": _channels(session, notice),
        "withdrawal": {"at": _moment(notice.withdrawn_at), "reason": notice.withdraw_reason}
        if notice.state == "withdrawn"
        else None,
    }


def _told(notice: Notice) -> dict[str, Any]:
    """What readers are told by the notice itself."""
    return {
        "kind": notice.kind,
        "title": notice.title,
        "body_html": notice.body_html,
        "body_text": notice.body_text,
        "is_public": notice.is_public,
        "posting_from": _day(notice.posting_from),
        "posting_to": _day(notice.posting_to),
        "allows_objections": notice.allows_objections,
        "objection_days": notice.objection_days,
    }


def _places(session: ScopedSession, notice: Notice) -> list[dict[str, Any]]:
    if not notice.places or notice.community_id is None:
        return []
    outline = {each.id: each for each in community_outline(session, notice.community_id)}
    found = []
    for place in notice.places:
        compound = outline.get(place.compound_id)
        buildings = {each.id: each.name for each in compound.buildings} if compound else {}
        found.append(
            {
                "compound_id": str(place.compound_id),
                "compound": compound.name if compound else "",
                "building_id": str(place.building_id) if place.building_id else None,
                "building": buildings.get(place.building_id, "") if place.building_id else "",
            }
        )
    return sorted(found, key=lambda each: (each["compound_id"], each["building_id"] or ""))


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "id": str(file.id),
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256.hex(),
    }


def _channels(session: ScopedSession, notice: Notice) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(NoticeChannel).where(NoticeChannel.notice_id == notice.id).order_by(NoticeChannel.id)
    ).all()
    photos = {file.id: file for file in list_files(session, "notices", ("channel", notice.id))} if rows else {}
    return [
        {
            "channel": row.channel,
            "place": row.place,
            "done_on": _day(row.done_on),
            "done_by": row.done_by,
            "note": row.note,
            "photo_sha256": photos[row.file_id].sha256.hex() if row.file_id and row.file_id in photos else None,
        }
        for row in rows
    ]


def _differences(session: ScopedSession, notice: Notice, content: dict[str, Any]) -> list[str]:
    told = _told(notice)
    found = [name for name, value in told.items() if content["notice"].get(name) != value]
    files = [_file(file) for file in list_files(session, "notices", ("notice", notice.id))]
    return [*found, *(["attachments"] if files != content["attachments"] else [])]


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
