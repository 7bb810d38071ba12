"""What others may want to hear of the rounds."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select

from linli.sdk import Event, ScopedSession, emit
from linli_waste_sorting.inspections.models import Finding, Round


class BagFoundCorrect(Event, frozen=True, kw_only=True):
    """On a round that is finished a bag whose household is known was found sorted right.

    Whose it is is not told here: whoever may know looks at the finding.

    Attributes:
        finding_id: tells the finding from all others for good.
        community_id: where.
        compound_id: whose round it was.
        day: of the round, Asia/Shanghai.
    """

    NAME: ClassVar[str] = "waste_sorting.BagFoundCorrect"
    TITLE: ClassVar[str] = "一袋垃圾分对了"

    finding_id: UUID
    community_id: UUID
    compound_id: UUID
    day: date


class FindingStruck(Event, frozen=True, kw_only=True):
    """A finding of a finished round was struck out and counts no more: what rested on it falls.

    Attributes:
        finding_id: of the finding.
        community_id: where.
        compound_id: whose round it was.
        day: of the round, Asia/Shanghai.
    """

    NAME: ClassVar[str] = "waste_sorting.FindingStruck"
    TITLE: ClassVar[str] = "一条检查结果被划去"

    finding_id: UUID
    community_id: UUID
    compound_id: UUID
    day: date


def tell_of_correct(session: ScopedSession, row: Round) -> None:
    """Tell of each correct bag of a round that was just finished and whose household is known."""
    found = select(Finding.id).where(
        Finding.round_id == row.id, Finding.dwelling_id.is_not(None), Finding.result == "correct"
    )
    place = {"community_id": row.community_id, "compound_id": row.compound_id}
    for finding_id in session.scalars(found.order_by(Finding.id)):
        emit(session, BagFoundCorrect(finding_id=finding_id, day=row.day, **place), **place)
