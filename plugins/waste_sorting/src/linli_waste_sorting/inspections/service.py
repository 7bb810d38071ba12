"""Rounds of inspection: begun, filled in station after station, finished; afterwards only struck out, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update

from linli.sdk import (
    Actor,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Photo,
    ScopedSession,
    community_outline,
    new_id,
    now,
    today,
)
from linli.sdk import gettext as _
from linli_waste_sorting.inspections import followup, repository
from linli_waste_sorting.inspections.doors import find_dwelling
from linli_waste_sorting.inspections.events import tell_of_correct
from linli_waste_sorting.inspections.models import Finding, Point, Round
from linli_waste_sorting.inspections.permissions import READ_ROUNDS, SETTLE_CASES, WALK
from linli_waste_sorting.inspections.photos import FINDING, POINT
from linli_waste_sorting.inspections.schemas import FindingWrite, PointIn, RoundOut
from linli_waste_sorting.inspections.striking import strike_out
from linli_waste_sorting.inspections.words import points_of
from linli_waste_sorting.keeping import noter
from linli_waste_sorting.photos import drop_photos, keep_photos
from linli_waste_sorting.reach import compounds_of, is_within
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.repository import find_station

N = TypeVar("N", Point, Finding)
_note = noter("round", "inspection_round")


def get_round(session: ScopedSession, actor: Actor, community_id: UUID | None, round_id: UUID) -> Round:
    """One round within the actor's reach.

    Raises:
        NotFound: there is none there.
    """
    row = repository.find(session, Round, community_id, round_id)
    if row is None or not _reaches(actor, READ_ROUNDS, row.community_id, row.compound_id):
        raise NotFound(_("没有找到这次巡查"))
    return row


def start_round(session: ScopedSession, actor: Actor, community_id: UUID, compound_id: UUID) -> Round:
    """Begin a round through a compound, or go on with the one that the actor has begun there and not finished.

    Raises:
        Invalid: there is no such compound in the community.
        Forbidden: the actor may not walk rounds there.
    """
    if compound_id not in {each.id for each in community_outline(session, community_id)}:
        raise Invalid.one("compound_id", _("没有找到这个小区"), _("请选择本社区的小区"))
    if not _reaches(actor, WALK, community_id, compound_id):
        raise Forbidden
    begun = session.scalar(
        select(Round).where(
            Round.compound_id == compound_id,
            Round.inspector_id.is_not_distinct_from(actor.account_id),
            Round.finished_at.is_(None),
        )
    )
    if begun is not None:
        return begun
    row = Round(
        id=new_id(),
        community_id=community_id,
        compound_id=compound_id,
        day=today(),
        inspector_id=actor.account_id,
        inspector_name=actor.display_name,
    )
    session.add(row)
    session.flush()
    _note(session, "start", row, after={"compound": str(compound_id), "day": row.day.isoformat()})
    return row


def check_station(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    round_id: UUID,
    station_id: UUID,
    points: Sequence[PointIn],
    photos: dict[str, list[Photo]] | None = None,
) -> Sequence[Point]:
    """Note which points of the checklist a station meets; what the round noted of them before is replaced.

    Args:
        session: of the community.
        actor: who walks the round.
        community_id: whose round it is.
        round_id: one that is not finished.
        station_id: one of its compound.
        points: at least one; each of the checklist that holds in the compound.
        photos: point to its photo.

    Raises:
        NotFound: there is no such round or station there.
        Forbidden: the actor may not walk rounds there.
        Conflict: somebody else walks it, or it is finished.
        Invalid: a point is none of the checklist, or is named twice.
    """
    row, station = _at(session, actor, community_id, round_id, station_id)
    allowed = points_of(session, row.compound_id)
    _check_points(points, allowed)
    known = {
        each.point: each
        for each in session.scalars(select(Point).where(Point.round_id == row.id, Point.station_id == station.id))
    }
    for each in points:
        held = known.get(each.point)
        if held is None:
            held = known[each.point] = Point(
                id=new_id(),
                community_id=row.community_id,
                round_id=row.id,
                station_id=station.id,
                compound_id=row.compound_id,
                day=row.day,
                point=each.point,
            )
            session.add(held)
        held.is_met, held.note = each.is_met, each.note.strip()
    session.flush()
    for point, sent in (photos or {}).items():
        if point in known and sent:
            _replace_photos(session, actor, known[point], sent)
    return [known[each.point] for each in points]


def add_finding(
    session: ScopedSession,
    actor: Actor,
    community_id: UUID,
    round_id: UUID,
    station_id: UUID,
    data: FindingWrite,
    photos: Sequence[Photo] = (),
) -> Finding:
    """Note how a container or a bag is sorted.

    Raises:
        NotFound: there is no such round or station there.
        Forbidden: the actor may not walk rounds there.
        Conflict: somebody else walks it, or it is finished.
        Invalid: naming each field at fault: no such household, a door for a container, too many photos.
    """
    row, station = _at(session, actor, community_id, round_id, station_id)
    finding = Finding(
        id=new_id(),
        community_id=row.community_id,
        round_id=row.id,
        station_id=station.id,
        compound_id=row.compound_id,
        day=row.day,
        subject=data.subject,
        category=data.category,
        result=data.result,
        dwelling_id=_dwelling(session, row, data),
        is_guided=data.is_guided,
        note=data.note.strip(),
    )
    session.add(finding)
    session.flush()
    keep_photos(session, actor, (FINDING, finding.id), row.community_id, photos)
    return finding


def drop_finding(session: ScopedSession, actor: Actor, community_id: UUID, finding_id: UUID) -> Finding:
    """Take back a finding of a round that is still open; its photos go with it.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not walk rounds there.
        Conflict: somebody else walks the round, or it is finished: then it is struck out.
    """
    finding = _find(session, Finding, community_id, finding_id)
    _open(session, actor, community_id, finding.round_id)
    drop_photos(session, actor, FINDING, [finding.id])
    session.delete(finding)
    session.flush()
    return finding


def finish_round(session: ScopedSession, actor: Actor, community_id: UUID, round_id: UUID) -> Round:
    """Finish a round: what was noted counts from now on. A second call changes nothing.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not walk rounds there.
        Conflict: somebody else walks it, or nothing was noted on it.
    """
    row = get_round(session, actor, community_id, round_id)
    if row.finished_at is not None:
        return row
    _require_walker(actor, row)
    points = _finalise(session, Point, row)
    findings = _finalise(session, Finding, row)
    if not points and not findings:
        raise Conflict(_("这次巡查还没有记录，不能结束；请先检查一个投放点，或者取消这次巡查"))
    row.finished_at = now()
    session.flush()
    tell_of_correct(session, row)
    _note(session, "finish", row, after={"points": points, "findings": findings})
    return row


def discard_round(session: ScopedSession, actor: Actor, community_id: UUID, round_id: UUID) -> UUID:
    """Throw away an open round that was begun by mistake, with what was noted on it. Returns the compound.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor may not walk rounds there.
        Conflict: somebody else walks it, or it is finished.
    """
    row = _open(session, actor, community_id, round_id)
    for model, kind in ((Point, POINT), (Finding, FINDING)):
        noted = session.scalars(select(model.id).where(model.round_id == row.id)).all()
        drop_photos(session, actor, kind, noted)
        session.execute(delete(model).where(model.round_id == row.id))
    _note(session, "discard", row, before={"day": row.day.isoformat()})
    session.delete(row)
    session.flush()
    return row.compound_id


def strike_finding(session: ScopedSession, actor: Actor, community_id: UUID, finding_id: UUID, reason: str) -> Finding:
    """Strike out a finding of a finished round; it stays visible with the reason. A second call changes nothing.

    Steps about a household that rested on it and lack a ground without it are taken back.

    Raises:
        NotFound: there is none there.
        Forbidden: the actor neither walked the round nor settles cases.
        Conflict: the round is open.
        Invalid: no reason is given.
    """
    row = _strike(session, actor, Finding, community_id, finding_id, reason)
    followup.recount(session, actor, row)
    return row


def strike_point(session: ScopedSession, actor: Actor, community_id: UUID, point_id: UUID, reason: str) -> Point:
    """Strike out a point of a checklist, as ``strike_finding``."""
    return _strike(session, actor, Point, community_id, point_id, reason)


def out_of(row: Round) -> RoundOut:
    """A round as the API shows it."""
    return RoundOut(
        id=row.id,
        community_id=row.community_id,
        compound_id=row.compound_id,
        day=row.day,
        inspector_name=row.inspector_name,
        finished_at=row.finished_at,
    )


def may_walk(actor: Actor, row: Round) -> bool:
    """Whether a round is the actor's to fill in: their own, unfinished."""
    is_own = actor.system or (actor.account_id is not None and row.inspector_id == actor.account_id)
    return is_own and row.finished_at is None and _reaches(actor, WALK, row.community_id, row.compound_id)


def may_strike(actor: Actor, row: Round) -> bool:
    """Whether the actor may strike out what a finished round holds."""
    if row.finished_at is None:
        return False
    is_own = actor.account_id is not None and row.inspector_id == actor.account_id
    return actor.can(SETTLE_CASES, community_id=row.community_id) or (
        is_own and _reaches(actor, WALK, row.community_id, row.compound_id)
    )


def _strike(session: ScopedSession, actor: Actor, model: type[N], community_id: UUID, row_id: UUID, reason: str) -> N:
    row = _find(session, model, community_id, row_id)
    walked = get_round(session, actor, community_id, row.round_id)
    if walked.finished_at is None:
        raise Conflict(_("巡查还没有结束，直接修改就可以"))
    if not may_strike(actor, walked):
        raise Forbidden(_("只有巡查人和办理跟进的工作人员可以划去"))
    if row.struck_at is None:
        strike_out(session, actor, row, reason)
    return row


def _at(
    session: ScopedSession, actor: Actor, community_id: UUID, round_id: UUID, station_id: UUID
) -> tuple[Round, Station]:
    row = get_round(session, actor, community_id, round_id)
    # A station that is not there is told before the round's state: the answer depends on what was asked for alone.
    station = _station(session, row, station_id)
    return _open(session, actor, community_id, row.id), station


def _open(session: ScopedSession, actor: Actor, community_id: UUID, round_id: UUID) -> Round:
    row = get_round(session, actor, community_id, round_id)
    _require_walker(actor, row)
    if row.finished_at is not None:
        raise Conflict(_("巡查已经结束，只能划去有误的记录"))
    return row


def _require_walker(actor: Actor, row: Round) -> None:
    if not _reaches(actor, WALK, row.community_id, row.compound_id):
        raise Forbidden
    if not (actor.system or (actor.account_id is not None and row.inspector_id == actor.account_id)):
        raise Conflict(_("这次巡查由{name}进行").format(name=row.inspector_name or "—"))


def _reaches(actor: Actor, permission: str, community_id: UUID, compound_id: UUID) -> bool:
    within = compounds_of(actor, permission, community_id)
    return is_within(compound_id, within)


def _station(session: ScopedSession, row: Round, station_id: UUID) -> Station:
    found = find_station(session, row.community_id, station_id)
    if found is None or found.compound_id != row.compound_id:
        raise NotFound(_("没有找到这个投放点"))
    return found


def _check_points(points: Sequence[PointIn], allowed: Sequence[str]) -> None:
    named = [each.point for each in points]
    faults = []
    if strays := [each for each in named if each not in allowed]:
        faults.append(FieldError("points", _("检查项里没有“{point}”").format(point=strays[0]), "、".join(allowed)))
    if len(set(named)) < len(named):
        faults.append(FieldError("points", _("同一项写了两次")))
    if faults:
        raise Invalid(errors=faults)


def _dwelling(session: ScopedSession, row: Round, data: FindingWrite) -> UUID | None:
    if not data.door.strip():
        return None
    if data.subject != "bag":
        raise Invalid.one("door", _("容器不属于哪一户"), _("只有一袋垃圾可以写门牌"))
    outline = next((each for each in community_outline(session, row.community_id) if each.id == row.compound_id), None)
    known = {each.id for each in outline.buildings} if outline is not None else set()
    if data.building_id is None or data.building_id not in known:
        raise Invalid.one("building_id", _("没有找到这栋楼"), _("请选择这个小区的楼"))
    return find_dwelling(session, row.community_id, data.building_id, data.door)


def _finalise(session: ScopedSession, model: type[Point | Finding], row: Round) -> int:
    changed = session.execute(
        update(model).where(model.round_id == row.id).values(is_final=True).returning(model.id),
        execution_options={"synchronize_session": "fetch"},
    )
    return len(changed.all())


def _find(session: ScopedSession, model: type[N], community_id: UUID, row_id: UUID) -> N:
    row = repository.find(session, model, community_id, row_id)
    if row is None:
        raise NotFound(_("没有找到这条检查记录"))
    return row


def _replace_photos(session: ScopedSession, actor: Actor, row: Point, photos: Sequence[Photo]) -> None:
    drop_photos(session, actor, POINT, [row.id])
    keep_photos(session, actor, (POINT, row.id), row.community_id, photos, most=1)
