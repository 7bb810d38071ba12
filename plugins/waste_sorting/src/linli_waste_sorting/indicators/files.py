"""A ranking as a file and on paper."""

from __future__ import annotations

from typing import Any

from linli.sdk import Download, ScopedSession, SheetFormat, place_names, render_pdf, sheet
from linli.sdk import gettext as _
from linli_waste_sorting.indicators import definitions, ranks
from linli_waste_sorting.indicators.models import Ranking
from linli_waste_sorting.indicators.rankings import STATE_TITLES, SUBJECT_TITLES
from linli_waste_sorting.indicators.ranks import RankLine
from linli_waste_sorting.indicators.showing import target_text

#: Why a place has no rank; messages.
WHY = {"few": "户数太少，不公布", "beside": "为免推算出别处，不公布", "unknown": "数据不足，不排名"}


def title_of(row: Ranking) -> str:
    """``2026年10月垃圾分类排名（各社区）``."""
    return _("{year}年{month}月垃圾分类排名（{what}）").format(
        year=row.month.year, month=row.month.month, what=_(SUBJECT_TITLES[row.subject])
    )


def ranking_sheet(row: Ranking, file: SheetFormat) -> Download:
    """One row for each place, with what its values were computed from."""
    indicators = definitions.read(row.indicators)
    header = [_("名次"), _("名称"), _("得分"), _("说明")]
    header += [_("{title}（{sign}）").format(title=each.shown_title, sign=each.sign) for each in indicators]
    for each in indicators:
        header += [
            _("{title}：分子").format(title=each.shown_title),
            _("{title}：分母").format(title=each.shown_title),
        ]
    rows = [_cells(line, [(each.code, each.numerator, each.denominator) for each in indicators]) for line in _read(row)]
    return sheet(title_of(row), header, rows, file)


def ranking_pdf(session: ScopedSession, row: Ranking) -> Download:
    """On paper: the table, how points are given, and whether it is published."""
    indicators, names = definitions.read(row.indicators), place_names(session, row.community_id)
    data = {
        "title": title_of(row),
        "office": f"{names.street} {names.community}".strip(),
        "state": _state(row),
        "heads": [_("名次"), _("名称"), _("得分"), *(each.shown_title for each in indicators)],
        "rows": [
            [
                str(line.rank) if line.rank is not None else "—",
                line.name,
                line.score or _(WHY.get(line.why, "—")),
                *(_value(line.values.get(each.code), each.sign) for each in indicators),
            ]
            for line in _read(row)
        ],
        "terms_title": _("计分办法"),
        "terms": [
            _("{title}：权重 {weight}%，目标{target}").format(
                title=each.shown_title, weight=each.weight, target=target_text(each)
            )
            for each in indicators
        ],
        "notes": [
            _("达到目标得满分，没有达到的按比例得分；没有数据的项目不计入，得分相同的名次并列。"),
            _("检查到的住户少于 {n} 户的小区和楼栋不公布；为免推算，必要时再隐去户数最少的一处。").format(
                n=row.least_households
            ),
        ],
    }
    content = render_pdf("waste_sorting/ranking.typ", data)
    return Download(content, f"{title_of(row)}.pdf", "application/pdf")


def _read(row: Ranking) -> list[RankLine]:
    return ranks.read(row.lines)


def _state(row: Ranking) -> str:
    if row.state == "withdrawn":
        return _("已撤回：{reason}").format(reason=row.withdraw_reason)
    return _(STATE_TITLES[row.state])


def _value(value: str | None, sign: str) -> str:
    return "—" if value is None else f"{value}{sign}"


def _cells(line: RankLine, indicators: list[tuple[str, str, str]]) -> list[Any]:
    values = [_number(line.values.get(code)) for code, _over, _under in indicators]
    parts = [line.amounts.get(part) for _code, over, under in indicators for part in (over, under)]
    return [line.rank, line.name, _number(line.score), _(WHY[line.why]) if line.why else "", *values, *parts]


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
