"""The categories of notices that people know: built-in ones, as a street changed them, and its own."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import select

from linli.sdk import Actor, Conflict, FieldError, Forbidden, Invalid, NotFound, ScopedSession, new_id, now, record
from linli.sdk import gettext as _
from linli_notices.models import NoticeCategory
from linli_notices.permissions import MANAGE_CATEGORIES
from linli_notices.schemas import CategoryWrite

#: A street keeps a list that people can oversee.
MOST_CATEGORIES = 60
_CHANGED = (
    "name",
    "kind",
    "days",
    "unit",
    "is_public",
    "allows_objections",
    "objection_days",
    "identity_rule",
    "source",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category with the defaults that a notice of it begins with.

    Attributes:
        key: what notices, filters and the API name it by.
        name: in Chinese; of a built-in one a message of the catalogue.
        kind: ``announcement`` or ``posting``.
        days: how long it shows; ``None`` without a last day.
        unit: ``day`` or ``workday``.
        is_public: read without signing in.
        allows_objections: residents may object and comment.
        objection_days: for so many days; as long as it shows where none are named.
        identity_rule: ``shown``, ``masked`` or ``staff_only``: how the names of those who object appear.
        source: the law or rule behind the days, and how sure that is; a message.
        is_archived: no longer offered for new notices.
        is_own: a street's own, not built in.
        version: of the street's row; 0 where it changed nothing.
    """

    key: str
    name: str
    kind: str
    days: int | None = None
    unit: str = "day"
    is_public: bool = False
    allows_objections: bool = False
    objection_days: int | None = None
    identity_rule: str = "masked"
    source: str = ""
    is_archived: bool = False
    is_own: bool = False
    version: int = 0

    @property
    def title(self) -> str:
        """The name in the language of the request."""
        return self.name if self.is_own else _(self.name)


_PROPOSED = "平台建议值，并非法定天数，请按当地规定或规约修改"

#: In the order in which they are offered. Numbers are defaults with their source; a street changes them.
BUILT_IN: tuple[Category, ...] = (
    Category(key="notice", name="通知", kind="announcement"),
    Category(key="outage", name="停水停电", kind="announcement", is_public=True),
    Category(key="activity", name="活动", kind="announcement", is_public=True),
    Category(key="policy", name="政策宣传", kind="announcement", is_public=True),
    Category(key="household_guide", name="住户须知", kind="announcement", is_public=True),
    Category(
        key="meeting_notice",
        name="会议通知",
        kind="announcement",
        days=15,
        source="《物业管理条例》第十四条：会议召开 15 日以前通知全体业主；地方规定不同的，按其规定修改（条文已核对）",
    ),
    Category(
        key="accounts",
        name="收支公示",
        kind="posting",
        days=15,
        allows_objections=True,
        source="《民法典》第二百八十一条、第九百四十三条要求定期公布，未定天数；15 天为平台建议值",
    ),
    Category(
        key="candidates",
        name="候选人公示",
        kind="posting",
        days=7,
        allows_objections=True,
        source="各地规定不一，例如杭州对物业管理委员会名单要求不少于 7 日；请按当地规定核对",
    ),
    Category(
        key="election_result",
        name="选举结果公示",
        kind="posting",
        days=7,
        allows_objections=True,
        source=_PROPOSED,
    ),
    Category(
        key="decision",
        name="决定公示",
        kind="posting",
        days=10,
        unit="workday",
        allows_objections=True,
        source="《北京市物业管理条例》：物业管理委员会的决定公示 10 个工作日；其他地方请核对",
    ),
    Category(
        key="covenant_draft",
        name="规约征求意见",
        kind="posting",
        days=15,
        allows_objections=True,
        source="《业主大会和业主委员会指导规则》（建房〔2009〕274号）：筹备事项在会议召开 15 日前公示；条款待核实",
    ),
    Category(
        key="repair_plan",
        name="维修方案公示",
        kind="posting",
        days=7,
        allows_objections=True,
        source=_PROPOSED,
    ),
    Category(
        key="duty_posting",
        name="岗位职责公示",
        kind="posting",
        days=30,
        is_public=True,
        source=_PROPOSED,
    ),
)


def categories(session: ScopedSession, *, archived: bool = False) -> dict[str, Category]:
    """Key to category, the built-in ones first, then the street's own by name; one query.

    Args:
        session: of the street or a community.
        archived: also those that are no longer offered.
    """
    rows = {
        row.key: row
        for row in session.scalars(select(NoticeCategory).order_by(NoticeCategory.name).limit(MOST_CATEGORIES))
    }
    found = {each.key: _changed(each, rows.get(each.key)) for each in BUILT_IN}
    found |= {key: _own(row) for key, row in rows.items() if key not in found}
    return {key: each for key, each in found.items() if archived or not each.is_archived}


def titles(found: dict[str, Category]) -> dict[str, str]:
    """Key to name, in the language of the request."""
    return {key: each.title for key, each in found.items()}


def defaults_of(category: Category) -> dict[str, Any]:
    """What the form of a draft of this category begins with."""
    names = ("kind", "is_public", "allows_objections", "objection_days", "identity_rule")
    return {name: getattr(category, name) for name in names} | {
        "period_days": category.days,
        "period_unit": category.unit,
    }


def length_words(of: Any) -> str:
    """How long something shows, in words: ``10 个工作日``; of a category or of a notice with a number of days."""
    days, unit = (of.days, of.unit) if isinstance(of, Category) else (of.period_days, of.period_unit)
    if days is None:
        return ""
    return (_("{n} 个工作日") if unit == "workday" else _("{n} 天")).format(n=days)


def save_category(session: ScopedSession, actor: Actor, key: str, data: CategoryWrite) -> Category:
    """Change a category, or add one of the street's own.

    Args:
        session: of the street.
        actor: who changes it.
        key: of the one to change; empty for a new one.
        data: all its values; ``data.version`` is the one that was read.

    Raises:
        Forbidden: the actor may not, or the session is a community's.
        NotFound: there is none of this key.
        Conflict: somebody changed it meanwhile, or the name is taken.
        Invalid: naming each field at fault.
    """
    _require(session, actor)
    known = categories(session, archived=True)
    before = known.get(key)
    if key and before is None:
        raise NotFound(_("没有找到这个类别"))
    if not key and len(known) >= MOST_CATEGORIES:
        raise Conflict(_("类别太多了，最多 {n} 个；请先停用或改用已有的").format(n=MOST_CATEGORIES))
    if before is not None and before.version != data.version:
        raise Conflict
    _check(data, {each.title: each.key for each in known.values()}, key)
    row = session.scalar(select(NoticeCategory).where(NoticeCategory.key == key)) if key else None
    if row is None:
        row = NoticeCategory(key=key or f"own_{new_id().hex[:12]}")
        session.add(row)
    for name in _CHANGED:
        setattr(row, name, getattr(data, name))
    row.name = _kept_name(data.name.strip(), before)
    session.flush()
    record(
        session,
        "notices.category.update" if before else "notices.category.create",
        ("notice_category", row.id),
        before=_values(before) if before else None,
        after={name: getattr(row, name) for name in _CHANGED},
    )
    return categories(session, archived=True)[row.key]


def archive_category(session: ScopedSession, actor: Actor, key: str, *, archived: bool = True) -> Category:
    """Offer a category no longer, or again; notices that have it keep it. A second call changes nothing.

    Raises:
        Forbidden: the actor may not, or the session is a community's.
        NotFound: there is none of this key.
    """
    _require(session, actor)
    found = categories(session, archived=True).get(key)
    if found is None:
        raise NotFound(_("没有找到这个类别"))
    if found.is_archived == archived:
        return found
    row = session.scalar(select(NoticeCategory).where(NoticeCategory.key == key))
    if row is None:
        row = NoticeCategory(key=key, **_values(found))
        session.add(row)
    row.archived_at = now() if archived else None
    session.flush()
    verb = "archive" if archived else "restore"
    record(session, f"notices.category.{verb}", ("notice_category", row.id), after={"name": row.name})
    return categories(session, archived=True)[key]


def _changed(built_in: Category, row: NoticeCategory | None) -> Category:
    if row is None:
        return built_in
    values = {name: getattr(row, name) for name in _CHANGED}
    renamed = row.name != built_in.name
    return replace(built_in, **values, is_archived=row.archived_at is not None, is_own=renamed, version=row.version)


def _own(row: NoticeCategory) -> Category:
    values = {name: getattr(row, name) for name in _CHANGED}
    return Category(key=row.key, **values, is_archived=row.archived_at is not None, is_own=True, version=row.version)


def _kept_name(name: str, before: Category | None) -> str:
    # Saved in English, an unchanged built-in name comes back translated: it stays what it was.
    return before.name if before is not None and name == before.title else name


def _values(category: Category) -> dict[str, Any]:
    return {each.name: getattr(category, each.name) for each in fields(category) if each.name in _CHANGED}


def _require(session: ScopedSession, actor: Actor) -> None:
    if session.scope.communities is not None or not actor.can(MANAGE_CATEGORIES):
        raise Forbidden(_("公告分类由街道管理"))


def _check(data: CategoryWrite, taken: dict[str, str], key: str) -> None:
    faults: list[FieldError] = []
    name = data.name.strip()
    if not name:
        faults.append(FieldError("name", _("必须填写")))
    elif taken.get(name, key) != key:
        faults.append(FieldError("name", _("已经有这个名称的类别")))
    if data.kind == "posting" and data.days is None:
        faults.append(FieldError("days", _("公示必须有天数")))
    if data.objection_days is not None and not data.allows_objections:
        faults.append(FieldError("objection_days", _("不接受意见时不能填写")))
    elif data.objection_days and data.days and data.unit == "day" and data.objection_days > data.days:
        faults.append(FieldError("objection_days", _("不能超过公示天数")))
    if faults:
        raise Invalid(errors=faults)
