"""What instructors, publicity, definitions and rankings keep about people: names of staff, and of instructors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_, update

from linli.sdk import SHANGHAI, DataClass, Erased, Person, PersonalData, ScopedSession
from linli_waste_sorting.indicators.models import IndicatorSet, Ranking
from linli_waste_sorting.instructors.models import Instructor, Publicity

#: Entries of each kind that one export holds.
_MOST = 2000
_NOBODY = "（已删除）"  # i18n: data, stands in rows
_QUIET = {"synchronize_session": False}
#: Table, what was done, and the columns that say who did it.
_ACTS: tuple[tuple[Any, str, str, str], ...] = (
    (Instructor, "named_instructor", "named_by", "named_by_name"),
    (Publicity, "noted_publicity", "noted_by", "noted_by_name"),
    (IndicatorSet, "made_indicators", "made_by", "made_by_name"),
    (Ranking, "made_ranking", "made_by", "made_by_name"),
    (Ranking, "reviewed_ranking", "reviewed_by", "reviewed_by_name"),
    (Ranking, "published_ranking", "published_by", "published_by_name"),
    (Ranking, "withdrew_ranking", "withdrawn_by", "withdrawn_by_name"),
)


def _export(session: ScopedSession, person: Person) -> Sequence[Mapping[str, Any]]:
    if person.account_id is None:
        return []
    found: list[Mapping[str, Any]] = []
    for model, did, who, name in _ACTS:
        mine = select(model.created_at, getattr(model, name)).where(getattr(model, who) == person.account_id)
        rows = session.execute(mine.order_by(model.id.desc()).limit(_MOST))
        found += [{"did": did, "at": moment.isoformat(), "name": shown} for moment, shown in rows]
    return found


def _erase(session: ScopedSession, person: Person) -> Erased:
    """Their names go; what was decided and published stays, and names nobody any more."""
    if person.account_id is None:
        return Erased(0)
    changed: set[Any] = set()
    for model, _did, who, name in _ACTS:
        values = {who: None, name: _NOBODY}
        statement = update(model).where(getattr(model, who) == person.account_id).values(values)
        changed.update(session.scalars(statement.returning(model.id), execution_options=_QUIET))
    return Erased(len(changed))


INSTRUCTOR_PERSONAL = (
    PersonalData(
        title="登记指导员和宣传、修改指标、公布排名的记录",
        purpose="记录由谁登记、由谁核对和公布",
        basis="履行法定职责",
        export=_export,
        erase=_erase,
        tables=(
            "plugin_waste_sorting.instructor",
            "plugin_waste_sorting.publicity",
            "plugin_waste_sorting.indicator_set",
            "plugin_waste_sorting.ranking",
        ),
    ),
)


def _purge(session: ScopedSession, before: datetime, most: int, held: frozenset[UUID]) -> Sequence[UUID]:
    """Delete terms that ended long ago: who instructed then concerns nobody any more."""
    day = before.astimezone(SHANGHAI).date()
    old = select(Instructor.tenant_id, Instructor.id).where(Instructor.ends_on < day)
    if held:
        old = old.where(Instructor.community_id.not_in(held))
    gone = delete(Instructor).where(tuple_(Instructor.tenant_id, Instructor.id).in_(old.limit(most)))
    return list(session.scalars(gone.returning(Instructor.id), execution_options=_QUIET))


INSTRUCTOR_RETENTION = (
    DataClass(
        name="waste_sorting.instructors",
        title="任期已满的分类指导员",
        days=1095,
        source="最短必要期限（《个人信息保护法》第十九条）；三年为平台建议值",
        purge=_purge,
    ),
)
