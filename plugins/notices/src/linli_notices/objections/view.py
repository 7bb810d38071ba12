"""What readers see of the objections to a notice, by its rule; and what of them goes into the closed record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text

from linli.sdk import (
    SHANGHAI,
    Actor,
    ScopedSession,
    building_names,
    get_setting,
    homes_of,
    mask_name,
    names_of,
    now,
)
from linli.sdk import gettext as _
from linli_notices.masks import masked
from linli_notices.models import Notice
from linli_notices.objections.counts import Counts, counts_of
from linli_notices.objections.models import Objection
from linli_notices.objections.schemas import ObjectionBoard, ObjectionShown
from linli_notices.objections.window import concerned, window_of
from linli_notices.participation_settings import OBJECTIONS_SHOWN
from linli_notices.snapshot import snapshot_part

PAGE = 30
_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended('notices.objection.' || CAST(:notice AS text), 0))")


def objection_board(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    notice: Notice,
    *,
    after: UUID | None = None,
    limit: int = PAGE,
) -> ObjectionBoard | None:
    """What a reader of a notice sees below it; ``None`` where the notice takes no objections.

    The caller has judged that the reader may read the notice.
    """
    if not notice.allows_objections or notice.state != "published":
        return None
    counts = counts_of(session, [notice.id]).get(notice.id)
    window = window_of(session, notice)
    is_open = window is not None and window.holds(now())
    own = is_open and concerned(notice, homes_of(session, actor, community_id=community_id)) is not None
    statement = select(Objection).where(
        Objection.community_id == community_id,
        Objection.notice_id == notice.id,
        or_(_is_mine(actor), _is_shown(session, notice, community_id)),
    )
    if after is not None:
        statement = statement.where(Objection.id < after)
    rows = session.scalars(statement.order_by(Objection.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    return ObjectionBoard(
        objections=counts.objections if counts else 0,
        comments=counts.comments if counts else 0,
        unanswered=counts.unanswered if counts else 0,
        takes_until=window.closes_at if window else None,
        is_open=is_open,
        may_file=own,
        items=_shown(session, actor, notice, page, is_open=is_open),
        next=str(page[-1].id) if len(rows) > limit else None,
    )


def author_shown(row: Objection, rule: str, name: str | None) -> str:
    """How an author is named before others: masked, unless the rule shows names and the person has consented."""
    if name is None:
        return _("已删除的居民")
    return name if rule == "shown" and row.shows_name else mask_name(name)


@snapshot_part("objections")
def objections_part(session: ScopedSession, notice: Notice) -> list[dict[str, Any]]:
    """The objections to a notice as its closed record keeps them: masked as the rule says.

    Waits for whoever is filing at this moment, and keeps everybody else waiting until the closing is committed.
    """
    if not notice.allows_objections:
        return []
    session.execute(_WAIT, {"notice": str(notice.id)})
    rows = session.scalars(select(Objection).where(Objection.notice_id == notice.id).order_by(Objection.id)).all()
    names = names_of(session, [row.resident_id for row in rows if row.resident_id])
    buildings = building_names(session, [row.building_id for row in rows if row.building_id])
    told = {each: _states_shown(session, each) for each in {row.community_id for row in rows}}
    return [
        {
            "id": str(row.id),
            "community_id": str(row.community_id),
            "kind": row.kind,
            "state": row.state,
            "filed_at": _stamp(row.filed_at),
            "author": _recorded_author(row, notice.identity_rule, names),
            "building": buildings.get(row.building_id, "") if row.building_id else "",
            "body": masked(row.body, _own_name(row, notice.identity_rule, names)),
            "outcome": row.outcome,
            "answer": masked(row.answer, _own_name(row, notice.identity_rule, names)),
            "answered_at": _stamp(row.answered_at) if row.answered_at else None,
        }
        # The record is open to anybody: of what others have not been shown it says only that it was there.
        if notice.identity_rule != "staff_only" and row.state in told[row.community_id]
        else {"id": str(row.id), "kind": row.kind, "state": row.state, "filed_at": _stamp(row.filed_at)}
        for row in rows
        if row.state != "withdrawn"
    ]


@snapshot_part("participation")
def participation_part(session: ScopedSession, notice: Notice) -> dict[str, Any] | None:
    """How much was said about a notice when it was closed, and by which rule it is shown; nothing where none is."""
    if not notice.allows_objections:
        return None
    counts = counts_of(session, [notice.id]).get(notice.id, Counts())
    return {
        "objections": counts.objections,
        "comments": counts.comments,
        "unanswered": counts.unanswered,
        "identity_rule": notice.identity_rule,
    }


def may_change(session: ScopedSession, notice: Notice, row: Objection) -> bool:
    """Whether who filed it may still edit or withdraw it."""
    window = window_of(session, notice)
    return row.state == "open" and window is not None and window.holds(now())


def _recorded_author(row: Objection, rule: str, names: dict[UUID, str]) -> str:
    name = names.get(row.resident_id, "") if row.resident_id else ""
    return name if rule == "shown" and row.shows_name else mask_name(name)


def _stamp(moment: Any) -> str:
    return moment.astimezone(SHANGHAI).isoformat()


def _is_mine(actor: Actor) -> Any:
    mine = Objection.resident_id.in_(actor.resident_ids)
    return or_(mine, Objection.account_id == actor.account_id) if actor.account_id else mine


def _is_shown(session: ScopedSession, notice: Notice, community_id: UUID) -> Any:
    if notice.identity_rule == "staff_only":
        return Objection.id.is_(None)
    return Objection.state.in_(_states_shown(session, community_id))


def _states_shown(session: ScopedSession, community_id: UUID) -> tuple[str, ...]:
    shown = get_setting(session, "notices", OBJECTIONS_SHOWN, community_id=community_id)
    return ("answered",) if shown == "answered" else ("open", "answered")


def _own_name(row: Objection, rule: str, names: dict[UUID, str]) -> Sequence[str]:
    if row.resident_id is None or (rule == "shown" and row.shows_name):
        return ()
    name = names.get(row.resident_id)
    return (name,) if name else ()


def _shown(
    session: ScopedSession, actor: Actor, notice: Notice, rows: Sequence[Objection], *, is_open: bool
) -> list[ObjectionShown]:
    names = names_of(session, [row.resident_id for row in rows if row.resident_id])
    buildings = building_names(session, [row.building_id for row in rows if row.building_id])
    made = []
    for row in rows:
        is_mine = row.resident_id in actor.resident_ids or (
            actor.account_id is not None and row.account_id == actor.account_id
        )
        name = names.get(row.resident_id) if row.resident_id else None
        made.append(
            ObjectionShown(
                id=row.id,
                kind=row.kind,
                body=row.body if is_mine else masked(row.body, _own_name(row, notice.identity_rule, names)),
                author=_("我") if is_mine else author_shown(row, notice.identity_rule, name),
                building=buildings.get(row.building_id, "") if row.building_id else "",
                state=row.state,
                outcome=row.outcome,
                answer=row.answer if is_mine else masked(row.answer, _own_name(row, notice.identity_rule, names)),
                answered_at=row.answered_at,
                filed_at=row.filed_at,
                is_mine=is_mine,
                may_change=is_mine and is_open and row.state == "open",
                version=row.version,
            )
        )
    return made
