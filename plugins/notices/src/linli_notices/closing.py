"""The end of a notice: its attachments are sealed, its record is written, and nothing of it changes any more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli.sdk import ScopedSession, emit, record, seal_files, today
from linli_notices import repository
from linli_notices.events import PostingClosed
from linli_notices.models import Notice, NoticeSnapshot
from linli_notices.snapshot import make_snapshot, snapshots_of


def close_notice(session: ScopedSession, notice_id: UUID) -> NoticeSnapshot | None:
    """Close the record of a notice whose last day is over.

    Args:
        session: of the notice's community or the street.
        notice_id: of the notice; one that still shows, was withdrawn, or is closed already is left as it is.

    Returns:
        The record that was written now; ``None`` when there was nothing to close.
    """
    notice = repository.find(session, notice_id, lock=True)
    if notice is None or notice.state != "published" or notice.closed_at is not None:
        return None
    if notice.posting_to is None or notice.posting_to >= today():
        return None
    snapshot, content = _close(session, notice, "closing")
    record(
        session,
        "notices.notice.close",
        ("notice", notice.id),
        community_id=notice.community_id,
        after={"snapshot": snapshot.number, "sha256": snapshot.sha256.hex()},
    )
    if notice.kind == "posting":
        emit(
            session,
            PostingClosed(
                notice_id=notice.id,
                community_id=notice.community_id,
                category=notice.category,
                objections=len(content["parts"].get("objections") or ()),
                snapshot_sha256=snapshot.sha256.hex(),
                source_plugin=notice.source_plugin,
                source_id=notice.source_id,
            ),
            community_id=notice.community_id,
        )
    return snapshot


def close_withdrawn(session: ScopedSession, notice: Notice, *, was_closed: bool) -> NoticeSnapshot:
    """Write the record of a notice that has just been withdrawn, with the withdrawal in it."""
    if was_closed:
        session.flush()
        files = seal_files(session, "notices", ("notice", notice.id))
        return make_snapshot(session, notice, "withdrawal", files)[0]
    return _close(session, notice, "closing")[0]


def last_snapshot(session: ScopedSession, notice_id: UUID) -> NoticeSnapshot | None:
    """The latest record of a notice; ``None`` while it is not closed."""
    found = snapshots_of(session, notice_id)
    return found[-1] if found else None


def _close(session: ScopedSession, notice: Notice, purpose: str) -> tuple[NoticeSnapshot, dict[str, Any]]:
    files = seal_files(session, "notices", ("notice", notice.id))
    seal_files(session, "notices", ("channel", notice.id))
    made = make_snapshot(session, notice, purpose, files)
    notice.closed_at = made[0].made_at
    session.flush()
    return made
