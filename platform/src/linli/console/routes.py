"""Briefings in the API of the street, and counting its numbers anew."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from linli.console.briefing import find_briefing, issue, list_briefings
from linli.console.permissions import COUNT, MAKE_BRIEFINGS, READ_BRIEFINGS
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE, Limit
from linli.showing.history import keep_numbers
from linli.web.results import Download, Page
from linli.web.routing import get, post
from linli.web.visit import Visit

TAGS = ["briefings"]
_PDF = "application/pdf"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BriefingIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """The month of a briefing: any day of it."""

    month: date


class BriefingOut(Struct, kw_only=True):
    """A briefing that was issued."""

    id: UUID
    month: Annotated[date, Meta(description="its first day")]
    number: Annotated[int, Meta(description="1 for the first of a month")]
    made_by_name: str
    made_at: datetime


class CountOut(Struct, kw_only=True):
    """What counting has found."""

    numbers: int


@get("/briefings", needs=READ_BRIEFINGS, tags=TAGS)
def list_briefings_of_street(
    session: ScopedSession, after: UUID | None = None, limit: Limit = PAGE
) -> Page[BriefingOut]:
    """Briefings that were issued, the newest first"""
    rows, following = list_briefings(session, after=after, limit=limit)
    return Page(items=[_out(row) for row in rows], next=str(following) if following else None)


@post("/briefings", needs=MAKE_BRIEFINGS, tags=TAGS, status=201)
def issue_briefing_of_street(session: ScopedSession, actor: Actor, visit: Visit, data: BriefingIn) -> BriefingOut:
    """Issue the briefing of a month"""
    return _out(issue(session, actor, visit.plugins, data.month))


@get("/briefings/{briefing_id:uuid}/pdf", needs=READ_BRIEFINGS, tags=TAGS)
def get_briefing_pdf(session: ScopedSession, briefing_id: UUID) -> Download:
    """The paper of a briefing as it was issued"""
    row = find_briefing(session, briefing_id)
    return Download(row.pdf, f"{row.content['title']}-{row.number}.pdf", _PDF)


@get("/briefings/{briefing_id:uuid}/xlsx", needs=READ_BRIEFINGS, tags=TAGS)
def get_briefing_xlsx(session: ScopedSession, briefing_id: UUID) -> Download:
    """The workbook of a briefing as it was issued"""
    row = find_briefing(session, briefing_id)
    return Download(row.xlsx, f"{row.content['title']}-{row.number}.xlsx", _XLSX)


@post("/metrics/count", needs=COUNT, tags=["places"], status=200)
def count_metrics(session: ScopedSession) -> CountOut:
    """Count the numbers of today anew"""
    return CountOut(numbers=keep_numbers(session).numbers)


def _out(row: Any) -> BriefingOut:
    return BriefingOut(
        id=row.id, month=row.month, number=row.number, made_by_name=row.made_by_name, made_at=row.made_at
    )


street_api = [list_briefings_of_street, issue_briefing_of_street, get_briefing_pdf, get_briefing_xlsx, count_metrics]
