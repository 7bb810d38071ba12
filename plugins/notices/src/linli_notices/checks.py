"""What a draft must be before it is kept: every fault of it, named by its field."""

from __future__ import annotations

from datetime import timedelta

from linli.sdk import FieldError, Invalid, ScopedSession, community_outline, today
from linli.sdk import gettext as _
from linli_notices import repository
from linli_notices.body import make_body
from linli_notices.categories import Category
from linli_notices.models import Notice

#: Days ahead of today that a period may reach; a slip of the year is caught before people wait for it.
FARTHEST = 3660


def check(session: ScopedSession, notice: Notice, category: Category | None) -> None:
    """Raises ``Invalid`` naming every field of a draft that is at fault."""
    faults: list[FieldError] = []
    if not notice.title:
        faults.append(FieldError("title", _("必须填写")))
    body = make_body(notice.body)
    if not (body.text.strip() or body.images):
        faults.append(FieldError("body", _("必须填写")))
    elif body.unnamed:
        message = _("图片“{name}”缺少文字说明").format(name=body.unnamed[0])
        faults.append(FieldError("body", message, _("写成 ![说明](附件名)，给看不见图片的人听")))
    if notice.category and category is None:
        faults.append(FieldError("category", _("没有这个类别，或已停用")))
    faults += _period_faults(notice)
    if notice.objection_days is not None and not notice.allows_objections:
        faults.append(FieldError("objection_days", _("不接受意见时不能填写")))
    faults += _place_faults(session, notice)
    faults += _correction_faults(session, notice)
    if faults:
        raise Invalid(errors=faults)


def _period_faults(notice: Notice) -> list[FieldError]:
    faults: list[FieldError] = []
    if notice.posting_from and notice.posting_to and notice.posting_to < notice.posting_from:
        faults.append(FieldError("posting_to", _("末日不能早于首日")))
    elif notice.posting_to and notice.posting_to < today():
        faults.append(FieldError("posting_to", _("末日已经过去"), _("今天或以后")))
    if notice.posting_to and notice.period_days and notice.state == "draft":
        faults.append(FieldError("period_days", _("已经写了末日，天数请留空")))
    farthest = today() + timedelta(days=FARTHEST)
    faults += [
        FieldError(name, _("日期太远"), _("不晚于 {day}").format(day=farthest.isoformat()))
        for name, day in (("posting_from", notice.posting_from), ("posting_to", notice.posting_to))
        if day is not None and day > farthest
    ]
    return faults


def _place_faults(session: ScopedSession, notice: Notice) -> list[FieldError]:
    if not notice.places:
        return []
    outline = community_outline(session, notice.community_id) if notice.community_id else []
    compounds = {each.id: {building.id for building in each.buildings} for each in outline}
    if any(each.compound_id not in compounds for each in notice.places):
        return [FieldError("compound_id", _("没有找到这个小区"))]
    if any(each.building_id and each.building_id not in compounds[each.compound_id] for each in notice.places):
        return [FieldError("building_id", _("这个小区里没有这栋楼"))]
    return []


def _correction_faults(session: ScopedSession, notice: Notice) -> list[FieldError]:
    if notice.corrects_id is None:
        return []
    corrected = repository.find(session, notice.corrects_id)
    if corrected is None or corrected.community_id != notice.community_id or corrected.id == notice.id:
        return [FieldError("corrects_id", _("没有找到要更正的公告"))]
    if corrected.state not in ("published", "withdrawn"):
        return [FieldError("corrects_id", _("要更正的公告还没有发布，请直接修改"))]
    return []
