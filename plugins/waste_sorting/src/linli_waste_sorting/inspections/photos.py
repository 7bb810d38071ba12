"""Who may look at the photos of what was seen on a round."""

from __future__ import annotations

from typing import cast

from sqlalchemy.orm import Session

from linli.sdk import Actor, ScopedSession, StoredFile, file_reader, is_enabled
from linli_waste_sorting.inspections import own, repository
from linli_waste_sorting.inspections.models import Finding, Point
from linli_waste_sorting.inspections.permissions import READ_CASES, READ_ROUNDS
from linli_waste_sorting.reach import compounds_of, is_within

FINDING, POINT = "inspection_finding", "inspection_point"


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
