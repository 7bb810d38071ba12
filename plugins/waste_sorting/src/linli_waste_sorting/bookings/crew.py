"""The list that a crew takes along: what is fetched on a day, door by door, as PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from linli.sdk import Download, render_pdf
from linli.sdk import gettext as _


def make_day_list(lines: Sequence[Mapping[str, Any]], day: date, office: str) -> Download:
    """The list of a day.

    Args:
        lines: bookings with door, hours, kind, things and fee in words, in the order in which one walks.
        day: of the pick-up.
        office: who sends the crew.

    Returns:
        A PDF, A4 upright; whoever has it sees doors, so it is for the crew alone.
    """
    title = _("上门回收清单 {day}").format(day=day.isoformat())
    data = {
        "title": title,
        "office": office,
        "total": _("共 {n} 户").format(n=len(lines)),
        "rows": [[str(n), *_cells(line)] for n, line in enumerate(lines, start=1)],
        "head": [_("序号"), _("时间"), _("门牌"), _("物品"), _("收费"), _("结果")],
        "empty": _("这一天没有已确认的预约。"),
        "words": {
            "keep": _("清单上有住户门牌，用完请交回或销毁。"),
            "page": _("第 {n} 页 共 {m} 页"),
        },
    }
    content = render_pdf("waste_sorting/day_list.typ", data)
    return Download(content, f"{title}.pdf", "application/pdf")


def _cells(line: Mapping[str, Any]) -> list[str]:
    things = f"{line['kind']}\n{line['things']}"
    note = line["row"].note
    return [
        line["hours"],
        f"{line['compound']}\n{line['door']}",
        f"{things}\n{note}" if note else things,
        line["fee"],
        _("□ 已取\n□ 没取到"),
    ]
