"""The sign of a station on paper: what goes where, when it is open, who answers for it, to be read from two metres."""

from __future__ import annotations

from typing import Any

from linli.sdk import Download, ScopedSession, code_picture, place_names, render_pdf
from linli.sdk import gettext as _
from linli_waste_sorting.guide.service import items_for
from linli_waste_sorting.guide.showing import Speaker
from linli_waste_sorting.parties.service import parties_on
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.words import compound_names, days_text, hours_text

#: The four kinds that everybody has at home; the others are named where a station takes nothing else.
_DAILY = ("kitchen", "recyclable", "hazardous", "other")
#: Things that nearly everybody throws away, by their names in the guide; where each goes is what the guide says here.
_USUAL = (
    *("剩饭", "菜叶", "西瓜皮", "蛋壳", "鱼骨", "茶叶渣"),
    *("纸箱", "塑料瓶", "易拉罐", "玻璃瓶", "旧衣服", "书本"),
    *("过期药品", "荧光灯管", "充电电池", "油漆桶", "杀虫剂"),
    *("用过的纸巾", "尿不湿", "烟头", "猫砂", "大骨头", "陶瓷碗"),
    *("沙发", "床垫", "衣柜", "餐桌", "冰箱", "自行车"),
    *("瓷砖", "砖头", "木地板", "马桶", "石膏板", "树枝", "院子落叶", "草屑"),
)
#: Of each kind, so that the letters stay large.
_MOST = 6


def make_sign(session: ScopedSession, station: Station, base_url: str) -> Download:
    """The sign of a station.

    Args:
        session: of the community.
        station: whose sign it is.
        base_url: what addresses of this installation begin with.

    Returns:
        A PDF, A4 upright. Its code leads to the guide of the community, which is open to everybody.
    """
    names, speaker = place_names(session, station.community_id), Speaker(session)
    address = f"{base_url}{names.path}/waste_sorting/guide"
    party = parties_on(session, [station.compound_id]).get(station.compound_id)
    taken = {each.category for each in station.containers}
    data = {
        "title": station.name,
        "place": f"{compound_names(session, station.community_id).get(str(station.compound_id), '')} {station.place}",
        "days": days_text(station.weekdays),
        "hours": hours_text(station.openings),
        "kinds": _kinds(session, station, speaker, taken),
        "party": party.name if party else "",
        "contact": party.contact if party else "",
        "office": f"{names.street} {names.community}".strip(),
        "words": {
            "open": _("投放时间"),
            "party": _("分类管理责任人"),
            "contact": _("电话"),
            "scan": _("扫码查投哪里"),
            "code": _("二维码，打开查询页面"),
            "elsewhere": _("本点不收"),
            "comma": _("、"),
        },
    }
    content = render_pdf("waste_sorting/station.typ", data, pictures={"code.svg": code_picture(address)})
    return Download(content, f"{station.name}-{_('投放点公示牌')}.pdf", "application/pdf")


def _kinds(session: ScopedSession, station: Station, speaker: Speaker, taken: set[str]) -> list[dict[str, Any]]:
    items = {each.name: each for each in items_for(session, station.community_id)}
    usual = [items[name] for name in _USUAL if name in items]
    # A point for bulky waste tells of that alone; one without any container is about what everybody has.
    shown = [*_DAILY, *(each for each in ("bulky", "decoration", "garden") if each in taken)]
    if taken and not taken & set(_DAILY):
        shown = [each for each in shown if each in taken]
    return [
        {
            "label": speaker.titles[code],
            "tone": speaker.tones[code],
            "items": [speaker.shown(each).title for each in usual if each.category == code][:_MOST],
            "is_taken": code in taken or not taken,
        }
        for code in shown
    ]
