"""The monthly briefing: composed of the numbers of core and plugins, of duties met and missed, of what was decided.

What was issued is kept byte for byte; composing it again later gives a new number, never another content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from linli.audit import record
from linli.console.duties import MonthDuties, duties_of_month
from linli.console.figures import amount_text, visible_metrics
from linli.console.happened import happened
from linli.console.models import Briefing
from linli.console.permissions import MAKE_BRIEFINGS
from linli.console.printing import briefing_pdf, briefing_xlsx
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.cursor import PAGE
from linli.kit.days import day_text
from linli.kit.errors import Forbidden, Invalid, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.obligations.seeing import seen_obligations
from linli.plugins.acts import title_of
from linli.plugins.contributions import Metric
from linli.plugins.gate import CORE
from linli.plugins.informing import Number, declared_metrics
from linli.showing.trends import month_days, values_on
from linli.tenancy.outline import place_names
from linli.tenancy.overview import CommunityLine, community_lines
from linli.web.charts import ranking

#: Months of the trend in a briefing.
TREND = 6
_MOST = 500
_RANKED = 5


def issue(session: ScopedSession, actor: Actor, allowed: Collection[str], month: date) -> Briefing:
    """Compose the briefing of a month, draw it, and keep what was issued.

    Args:
        session: of the street; written in.
        actor: who issues it.
        allowed: the plugins that the street allows.
        month: any day of it.

    Raises:
        Forbidden: the actor may not issue briefings.
        Invalid: the month has not begun.
    """
    if not actor.can(MAKE_BRIEFINGS):
        raise Forbidden(_("您没有印发简报的权限"))
    first = month.replace(day=1)
    if first > today():
        raise Invalid.one("month", _("这个月还没有开始"), _("本月或以前的月份"))
    content = compose(session, actor, allowed, first)
    before = session.scalar(select(func.max(Briefing.number)).where(Briefing.month == first)) or 0
    content["number"] = before + 1
    pdf, xlsx = briefing_pdf(content), briefing_xlsx(content)
    row = Briefing(
        id=new_id(),
        month=first,
        number=before + 1,
        content=content,
        pdf=pdf,
        pdf_sha256=hashlib.sha256(pdf).digest(),
        xlsx=xlsx,
        xlsx_sha256=hashlib.sha256(xlsx).digest(),
        made_by_name=actor.display_name,
    )
    session.add(row)
    session.flush()
    record(
        session,
        "core.briefing.issue",
        ("briefing", row.id),
        after={"title": content["title"], "sha256": row.pdf_sha256.hex()},
    )
    return row


def compose(session: ScopedSession, actor: Actor, allowed: Collection[str], first: date) -> dict[str, Any]:
    """What a briefing says, as JSON values in the reader's language. Some dozen queries."""
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    lines = community_lines(session, state="active", limit=_MOST).items
    items = visible_metrics(actor.can, allowed)
    months = month_days(first, TREND)
    values = {month: values_on(session, items, month=month) for month in months}
    known = seen_obligations(actor, allowed)
    by_duty, by_place = duties_of_month(session, known, first, last)
    street = place_names(session, None).street
    month_title = _("{year}年{month}月").format(year=first.year, month=first.month)
    return {
        "title": _("{street}{month}简报").format(street=street, month=month_title),
        "street": street,
        "month": month_title,
        "made_on": day_text(today()),
        "made_by": actor.display_name,
        "is_running": last >= today(),
        "months": [_("{n}月").format(n=month.month) for month in months],
        "sections": _sections(items, lines, months, values),
        "duties": [_duty(_(known[name][1].title), each) for name, each in by_duty.items() if name in known],
        "places": [_duty(line.name, by_place[line.id]) for line in lines if line.id in by_place],
        "happened": happened(session, actor, first, last),
        "words": _words(),
    }


def _sections(
    items: Sequence[Metric],
    lines: Sequence[CommunityLine],
    months: Sequence[date],
    values: Mapping[date, Mapping[tuple[UUID | None, str], Number]],
) -> list[dict[str, Any]]:
    """One section for each owner: its street's figures with their trend, its communities, and who leads."""
    owners = {item.name: owner for owner, item in declared_metrics()}
    found: dict[str, list[Metric]] = {}
    for item in items:
        found.setdefault(owners[item.name], []).append(item)
    now = values[months[-1]]
    sections = []
    for owner, own in found.items():
        of_places = [item for item in own if item.level == "community"]
        # Where a plugin is off there is nothing to tell of it.
        told = [line for line in lines if any((line.id, item.name) in now for item in of_places)]
        sections.append(
            {
                "title": _("辖区基本情况") if owner == CORE else _(title_of(owner)),
                "figures": [_figure(item, months, values) for item in own],
                "columns": [_head(item) for item in of_places],
                "rows": [[line.name, *(_text(now.get((line.id, item.name))) for item in of_places)] for line in told],
                "ranks": [] if owner == CORE else [_rank(item, lines, now) for item in of_places],
            }
        )
    return sections


def _figure(
    item: Metric, months: Sequence[date], values: Mapping[date, Mapping[tuple[UUID | None, str], Number]]
) -> dict[str, Any]:
    points = [values[month].get((None, item.name)) for month in months]
    now, before = points[-1], points[-2]
    change = ""
    if now is not None and before is not None:
        off = now - before
        change = f"{'+' if off > 0 else '−' if off < 0 else '±'}{amount_text(abs(off))}"
    note = "" if item.adds_up or item.level == "street" else _("（各社区的中位数）")
    return {
        "title": _(item.title) + note,
        "unit": _(item.unit) if item.unit else "",
        "value": _text(now),
        "change": change,
        "points": [_text(point) for point in points],
    }


def _rank(
    item: Metric, lines: Sequence[CommunityLine], now: Mapping[tuple[UUID | None, str], Number]
) -> dict[str, Any]:
    named = [(line.name, now.get((line.id, item.name))) for line in lines]
    ranks = ranking(named, unit=_(item.unit) if item.unit else "", most_is_best=not item.less_is_better)
    return {
        "title": _head(item),
        "rows": [[str(each.place), each.name, each.text] for each in ranks[:_RANKED] if each.place is not None],
    }


def _head(item: Metric) -> str:
    return f"{_(item.title)}（{_(item.unit)}）" if item.unit else _(item.title)


def _duty(name: str, each: MonthDuties) -> list[str]:
    counts = (each.total, each.met, each.late, each.missed, each.open, each.exempted)
    return [name, *(str(count) for count in counts)]


def _text(value: Number | None) -> str:
    return "—" if value is None else amount_text(value)


def _words() -> dict[str, Any]:
    return {
        "made_on": _("印发日期"),
        "made_by": _("印发人"),
        "period": _("期间"),
        "number": _("期次"),
        "running": _("本月还没有结束，数字截至印发时。"),
        "figures": _("全街道数字和走势"),
        "trend": _("走势"),
        "figure_heads": [_("数字"), _("单位"), _("比上月")],
        "places": _("各社区"),
        "place": _("社区"),
        "ranks": _("排在前面的社区"),
        "rank_heads": [_("名次"), _("社区"), _("数字")],
        "duties": _("履职情况"),
        "duties_by_duty": _("按事项"),
        "duties_by_place": _("按社区"),
        "duty_heads": [_("应办"), _("按期"), _("补办"), _("未办"), _("未到期"), _("豁免")],
        "duty": _("事项"),
        "happened": _("本月作出的决定"),
        "happened_heads": [_("日期"), _("事项"), _("经办")],
        "nothing": _("本月没有记录。"),
        "no_numbers": _("本月没有数字。"),
        "page": _("第 {n} 页 共 {m} 页"),
        "note": _("数字由各功能模块的记录汇总，截至印发日；“—”表示没有启用或没有数字。"),
    }


def find_briefing(session: ScopedSession, briefing_id: UUID) -> Briefing:
    """One briefing; raises ``NotFound``."""
    row = session.scalars(select(Briefing).where(Briefing.id == briefing_id)).one_or_none()
    if row is None:
        raise NotFound(_("没有找到这份简报"))
    return row


def list_briefings(
    session: ScopedSession, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[Any], UUID | None]:
    """Briefings without their files, the newest first, and the next page's ``after``."""
    query = select(Briefing.id, Briefing.month, Briefing.number, Briefing.made_by_name, Briefing.made_at)
    query = query.order_by(Briefing.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(Briefing.id < after)
    rows = session.execute(query).all()
    shown = rows[:limit]
    return shown, shown[-1].id if len(rows) > limit else None
