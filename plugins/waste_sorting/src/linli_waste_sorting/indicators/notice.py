"""The notice in which a ranking is announced to residents."""

# i18n: data, a notice is a text for all readers of the street, not interface
# The Chinese here is data: what is published.
from __future__ import annotations

from uuid import UUID

from linli.sdk import Actor, Announcement, ScopedSession, place_names, withdraw_announcement
from linli.sdk import announce as have_announced
from linli_waste_sorting.indicators import definitions, ranks
from linli_waste_sorting.indicators.models import Ranking

_WHAT = {"communities": "各社区", "compounds": "各小区", "buildings": "各楼栋"}
_HEAD = {"communities": "社区", "compounds": "小区", "buildings": "楼栋"}
_WHY = {"few": "户数太少，不公布", "beside": "为免推算出别处，不公布", "unknown": "数据不足，不排名"}
_TITLE = "{place}{year}年{month}月垃圾分类排名（{what}）"
_CORRECTION = "（更正）"
_VALUE = "{}（{}）"
_WEIGHT = "{}占 {}%，目标 {}{}"
_OPENING = "{year}年{month}月垃圾分类情况按得分排列如下，得分相同的名次并列。"
_TERMS = "计分办法：{}。达到目标得满分，没有数据的项目不计入。"
_PRIVACY = (
    "检查到的住户少于 {} 户的小区和楼栋不公布；为免推算，必要时再隐去户数最少的一处。每一户的结果只有自己家能看到。"
)
#: Places that the notice names; all of them stand on the ranking's own page.
_MOST = 100


def announce(session: ScopedSession, actor: Actor, row: Ranking, corrects: UUID | None) -> UUID | None:
    """Have a ranking announced; asked again for the same one, it is the same notice.

    Args:
        session: of the street or the community.
        actor: who publishes; needs to be allowed to publish notices there.
        row: the ranking.
        corrects: the notice of the ranking that it puts right.

    Returns:
        The notice's id; ``None`` where no plugin announces.
    """
    wanted = Announcement(
        title=title_of(session, row),
        body=body_of(row),
        community_id=row.community_id,
        is_public=row.community_id is None,
        source=("waste_sorting", row.id),
        corrects=corrects,
    )
    return have_announced(session, actor, wanted)


def take_back(session: ScopedSession, actor: Actor, row: Ranking, reason: str) -> None:
    """Withdraw the notice of a ranking, if it has one."""
    if row.notice_id is not None:
        withdraw_announcement(session, actor, row.community_id, row.notice_id, reason)


def title_of(session: ScopedSession, row: Ranking) -> str:
    """``示范街道2026年10月垃圾分类排名（各社区）``; with 更正 where it puts an earlier one right."""
    names = place_names(session, row.community_id)
    what = {"place": names.community or names.street, "what": _WHAT[row.subject]}
    title = _TITLE.format(year=row.month.year, month=row.month.month, **what)
    return title + _CORRECTION if row.replaces_id else title


def body_of(row: Ranking) -> str:
    """A table of the places, and what the numbers mean, in the simple marks of notices."""
    indicators, lines = definitions.read(row.indicators), ranks.read(row.lines)
    heads = ["名次", _HEAD[row.subject], "得分", *(_VALUE.format(each.title, each.sign) for each in indicators)]
    table = ["\t".join(heads)]
    for line in lines[:_MOST]:
        values = [line.values.get(each.code) or "—" for each in indicators]
        place = str(line.rank) if line.rank is not None else "—"
        table.append("\t".join([place, line.name, line.score or _WHY.get(line.why, "—"), *values]))
    weights = "、".join(_WEIGHT.format(each.title, each.weight, each.target, each.sign) for each in indicators)
    return "\n\n".join(
        (
            _OPENING.format(year=row.month.year, month=row.month.month),
            "\n".join(table),
            _TERMS.format(weights),
            _PRIVACY.format(row.least_households),
        )
    )
