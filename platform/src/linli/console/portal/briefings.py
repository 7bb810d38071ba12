"""Briefings: those that were issued, one of them on the screen and as files, and issuing another."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from linli.console.briefing import compose, find_briefing, issue, list_briefings
from linli.console.permissions import MAKE_BRIEFINGS, READ_BRIEFINGS
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.showing.trends import month_days
from linli.web.results import Download, Redirect, View
from linli.web.routing import get, post
from linli.web.visit import Visit

#: Months that can be chosen, the running one among them.
_OFFERED = 12
_PDF = "application/pdf"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Month = Annotated[str, Meta(max_length=7)]


class MonthForm(Struct):
    """The month of a briefing, as ``2026-10``."""

    month: Annotated[str, Meta(min_length=7, max_length=7)]


@get("/briefings", needs=READ_BRIEFINGS)
def show_briefings(session: ScopedSession, after: UUID | None = None) -> View:
    """Those that were issued, the newest first."""
    rows, following = list_briefings(session, after=after)
    months = list(reversed(month_days(today(), _OFFERED)))
    context = {"briefings": rows, "next": following, "months": {f"{each:%Y-%m}": each for each in months}}
    # The month that is over is what people issue; the running one is there for drafts.
    context["proposed"] = f"{months[1]:%Y-%m}"
    return View("console/briefings.html", context, fragment="console/_briefings.html")


@get("/briefings/draft", needs=READ_BRIEFINGS)
def show_draft(session: ScopedSession, actor: Actor, visit: Visit, month: Month = "") -> View:
    """What the briefing of a month would say; nothing is kept."""
    first = _first_of(month) if month else month_days(today(), 2)[0]
    content = compose(session, actor, visit.plugins, first)
    return View("console/briefing.html", {"content": content, "briefing": None, "month": f"{first:%Y-%m}"})


@post("/briefings", needs=MAKE_BRIEFINGS, retry=show_briefings)
def issue_briefing(session: ScopedSession, actor: Actor, visit: Visit, data: MonthForm) -> Redirect:
    """Issue the briefing of a month: from then on it stays as it is."""
    row = issue(session, actor, visit.plugins, _first_of(data.month))
    return Redirect(f"/briefings/{row.id}", _("已印发，存档内容不会再变"))


@get("/briefings/{briefing_id:uuid}", needs=READ_BRIEFINGS)
def show_briefing(session: ScopedSession, briefing_id: UUID) -> View:
    """One briefing as it was issued."""
    row = find_briefing(session, briefing_id)
    return View("console/briefing.html", {"content": row.content, "briefing": row, "month": f"{row.month:%Y-%m}"})


@get("/briefings/{briefing_id:uuid}/pdf", needs=READ_BRIEFINGS, tags=["places"])
def fetch_briefing_pdf(session: ScopedSession, briefing_id: UUID) -> Download:
    """The paper as it was issued, byte for byte"""
    row = find_briefing(session, briefing_id)
    return Download(row.pdf, f"{row.content['title']}-{row.number}.pdf", _PDF)


@get("/briefings/{briefing_id:uuid}/xlsx", needs=READ_BRIEFINGS, tags=["places"])
def fetch_briefing_xlsx(session: ScopedSession, briefing_id: UUID) -> Download:
    """The workbook as it was issued, byte for byte"""
    row = find_briefing(session, briefing_id)
    return Download(row.xlsx, f"{row.content['title']}-{row.number}.xlsx", _XLSX)


def _first_of(month: str) -> date:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise Invalid.one("month", _("不是有效的月份"), _("例如 2026-01")) from error


pages = [show_briefings, show_draft, issue_briefing, show_briefing, fetch_briefing_pdf, fetch_briefing_xlsx]
