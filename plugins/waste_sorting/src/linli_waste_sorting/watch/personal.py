"""What is kept of people who stand by a station: given out and erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, select, tuple_, update

from linli.sdk import SHANGHAI, DataClass, Erased, Person, PersonalData, ScopedSession, now, today
from linli_waste_sorting.watch.models import Duty, Shift, Swap

_MOST = 5000
_NOBODY = "（已删除）"
_OF_SHIFT = and_(Shift.tenant_id == Duty.tenant_id, Shift.id == Duty.shift_id)


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    rows = session.execute(
        select(Shift.day, Shift.begins, Shift.ends, Duty.ended, Duty.came_at, Duty.left_at, Duty.minutes)
        .join(Shift, _OF_SHIFT)
        .where(Duty.account_id == person.account_id)
        .order_by(Shift.day.desc(), Shift.begins, Duty.id)
        .limit(_MOST)
    )
    return [
        {
            "day": row.day.isoformat(),
            "hours": f"{row.begins:%H:%M}-{row.ends:%H:%M}",
            "given_up": row.ended,
            "came_at": _local(row.came_at),
            "left_at": _local(row.left_at),
            "minutes": row.minutes,
        }
        for row in rows
    ]


def _local(moment: datetime | None) -> str | None:
    return moment.astimezone(SHANGHAI).isoformat(timespec="minutes") if moment else None


def _erase(session: ScopedSession, person: Person) -> Erased:
    if person.account_id is None:
        return Erased(0)
    mine = Duty.account_id == person.account_id
    coming = select(Duty.id).join(Shift, _OF_SHIFT).where(mine, Duty.ended == "", Shift.day >= today())
    ended = update(Duty).where(Duty.id.in_(coming), Duty.came_at.is_(None))
    quietly = {"synchronize_session": False}
    session.execute(ended.values(ended="left", ended_at=now(), offered_at=None), execution_options=quietly)
    # That somebody stood there stays, since the figures rest on it; who it was goes.
    gone = session.execute(
        update(Duty).where(mine).values(account_id=None, person_name=_NOBODY).returning(Duty.id),
        execution_options=quietly,
    ).all()
    return Erased(len(gone))


def _purge(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    day = before.astimezone(SHANGHAI).date()
    old = select(Duty.tenant_id, Duty.id).join(Shift, _OF_SHIFT).where(Shift.day < day).order_by(Duty.id).limit(most)
    if held:
        old = old.where(func.coalesce(Duty.account_id, Duty.id).not_in(held), Duty.community_id.not_in(held))
    ids = [row.id for row in session.execute(old)]
    if not ids:
        return []
    session.execute(delete(Swap).where(Swap.duty_id.in_(ids) | Swap.return_id.in_(ids)))
    key = tuple_(Duty.tenant_id, Duty.id)
    gone = delete(Duty).where(key.in_(select(Duty.tenant_id, Duty.id).where(Duty.id.in_(ids)))).returning(Duty.id)
    return session.scalars(gone, execution_options={"synchronize_session": False}).all()


WATCH_PERSONAL_DATA = (
    PersonalData(
        title="桶站值守记录",
        purpose="安排值守，记录到岗和时长",
        basis="个人同意（自愿报名）",
        export=_export,
        erase=_erase,
        tables=("plugin_waste_sorting.watch_duty",),
    ),
)

WATCH_DATA_CLASSES = (
    DataClass(
        name="waste_sorting.watches",
        title="桶站值守记录",
        days=1095,
        source="最短必要期限（《个人信息保护法》第十九条）；三年为平台建议值，志愿服务时长由志愿服务记录另行保存",
        purge=_purge,
    ),
)
