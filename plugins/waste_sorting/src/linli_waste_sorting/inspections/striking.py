"""Striking out what was noted: it stays where it was, with who said why, and counts no more."""

from __future__ import annotations

from linli.sdk import Actor, Invalid, ScopedSession, emit, now, record
from linli.sdk import gettext as _
from linli_waste_sorting.inspections.events import FindingStruck
from linli_waste_sorting.inspections.models import Finding, Point


def strike_out(session: ScopedSession, actor: Actor, row: Point | Finding, reason: str) -> None:
    """Strike out a row of a finished round. The caller has judged who may.

    Raises:
        Invalid: no reason is given.
    """
    if not reason.strip():
        raise Invalid.one("reason", _("请写明理由"))
    row.struck_at, row.struck_by_name, row.struck_reason = now(), actor.display_name, reason.strip()
    session.flush()
    noun = "finding" if isinstance(row, Finding) else "point"
    # Which household it is about stays out of the record: others read it.
    record(
        session,
        f"waste_sorting.{noun}.strike",
        (f"inspection_{noun}", row.id),
        community_id=row.community_id,
        reason=reason.strip(),
    )
    if isinstance(row, Finding):
        place = {"community_id": row.community_id, "compound_id": row.compound_id}
        emit(session, FindingStruck(finding_id=row.id, day=row.day, **place), **place)
