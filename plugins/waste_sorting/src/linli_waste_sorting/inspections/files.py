"""Rounds and objections as rows of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import ScopedSession, door_labels
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.models import Appeal, Round, Step
from linli_waste_sorting.inspections.words import APPEAL_STATES, STEPS, titles
from linli_waste_sorting.words import compound_names


def more_of_rounds() -> dict[str, str]:
    """What the file alone holds: column to title."""
    return {"finished_at": _("结束时间")}


def round_rows(session: ScopedSession, community_id: UUID, rounds: Sequence[Round]) -> Iterator[dict[str, Any]]:
    """Column to cell of each round."""
    compounds = compound_names(session, community_id)
    for row in rounds:
        yield {
            "day": row.day,
            "compound": compounds.get(str(row.compound_id), ""),
            "inspector": row.inspector_name,
            "state": _("已结束") if row.finished_at else _("没有结束"),
            "finished_at": row.finished_at,
        }


def more_of_appeals() -> dict[str, str]:
    """What the file alone holds: column to title."""
    return {"about": _("对什么"), "answer": _("答复"), "decided_at": _("答复时间")}


def appeal_rows(session: ScopedSession, community_id: UUID, appeals: Sequence[Appeal]) -> Iterator[dict[str, Any]]:
    """Column to cell of each objection, in its whole words; three queries."""
    compounds = compound_names(session, community_id)
    doors = door_labels(session, [each.dwelling_id for each in appeals])
    steps, states = _steps(session, appeals), titles(APPEAL_STATES)
    for row in appeals:
        yield {
            "body": row.body,
            "compound": compounds.get(str(row.compound_id), ""),
            "door": doors.get(row.dwelling_id, ""),
            "filed_at": row.filed_at,
            "state": states[row.state],
            "about": steps.get(row.step_id, "") if row.step_id else _("一次检查结果"),
            "answer": row.answer,
            "decided_at": row.decided_at,
        }


def _steps(session: ScopedSession, appeals: Sequence[Appeal]) -> dict[UUID, str]:
    """Step to what it is called and its day."""
    named, ids = titles(STEPS), {each.step_id for each in appeals if each.step_id}
    rows = session.execute(select(Step.id, Step.kind, Step.done_on).where(Step.id.in_(ids))) if ids else ()
    return {row[0]: f"{named[row[1]]} {row[2].isoformat()}" for row in rows}
