"""The categories of notices that people know: built-in ones, as a street changed them, and its own."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import (
    Actor,
    Conflict,
    Duration,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    RuleValue,
    ScopedSession,
    new_id,
    now,
    record,
    rule_source,
    rule_values,
)
from linli.sdk import gettext as _
from linli_notices.models import NoticeCategory
from linli_notices.permissions import MANAGE_CATEGORIES
from linli_notices.rule_keys import MEETING_NOTICE, UNITS
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


_SAID_BY_RULE = ("kind", "days", "unit", "source")


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
        source: the law or rule behind the days, and how sure that is, in words.
        rule: the rule that says how long; empty where the street said it itself.
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
    rule: str = ""
    is_archived: bool = False
    is_own: bool = False
    version: int = 0

    @property
    def title(self) -> str:
        """The name in the language of the request."""
        return self.name if self.is_own else _(self.name)


#: In the order in which they are offered. How long one shows is a rule (rule_keys.py), unless the street sets its days.
BUILT_IN: tuple[Category, ...] = (
    Category(key="notice", name="通知", kind="announcement"),
    Category(key="outage", name="停水停电", kind="announcement", is_public=True),
    Category(key="activity", name="活动", kind="announcement", is_public=True),
    Category(key="policy", name="政策宣传", kind="announcement", is_public=True),
    Category(key="household_guide", name="住户须知", kind="announcement", is_public=True),
    Category(key="meeting_notice", name="会议通知", kind="announcement", rule=MEETING_NOTICE),
    Category(key="accounts", name="收支公示", kind="posting", allows_objections=True, rule="notices.accounts_period"),
    Category(
        key="candidates", name="候选人公示", kind="posting", allows_objections=True, rule="notices.candidates_period"
    ),
    Category(
        key="election_result",
        name="选举结果公示",
        kind="posting",
        allows_objections=True,
        rule="notices.election_result_period",
    ),
    Category(key="decision", name="决定公示", kind="posting", allows_objections=True, rule="notices.decision_period"),
    Category(
        key="covenant_draft",
        name="规约征求意见",
        kind="posting",
        allows_objections=True,
        rule="notices.covenant_draft_period",
    ),
    Category(
        key="repair_plan",
        name="维修方案公示",
        kind="posting",
        allows_objections=True,
        rule="notices.repair_plan_period",
    ),
    Category(
        key="duty_posting", name="岗位职责公示", kind="posting", is_public=True, rule="notices.duty_posting_period"
    ),
)


def categories(
    session: ScopedSession, *, archived: bool = False, compound_id: UUID | None = None
) -> dict[str, Category]:
    """Key to category with the days that hold today, the built-in ones first, then the street's own; four queries.

    Args:
        session: of the street or a community.
        archived: also those that are no longer offered.
        compound_id: whose rules; the street's where none is named.
    """
    found = known_categories(session, archived=archived)
    keys = {each.rule for each in found.values() if each.rule}
    values = rule_values(session, keys, compound_id=compound_id) if keys else {}
    return {key: _ruled(each, values[each.rule]) if each.rule else each for key, each in found.items()}


def category_titles(session: ScopedSession, *, archived: bool = False) -> dict[str, str]:
    """Key to name, in the language of the request; one query."""
    return {key: each.title for key, each in known_categories(session, archived=archived).items()}


def known_categories(session: ScopedSession, *, archived: bool = False) -> dict[str, Category]:
    """As ``categories``, but where a rule says how long, its days are left open; one query."""
    rows = {
        row.key: row
        for row in session.scalars(select(NoticeCategory).order_by(NoticeCategory.name).limit(MOST_CATEGORIES))
    }
    found = {each.key: _changed(each, rows.get(each.key)) for each in BUILT_IN}
    found |= {key: _own(row) for key, row in rows.items() if key not in found}
    return {key: each for key, each in found.items() if archived or not each.is_archived}


def _ruled(category: Category, held: RuleValue) -> Category:
    if not isinstance(held.value, Duration):
        # Nobody knows a number for this place: its editor says how long.
        return category
    unit, times = UNITS[held.value.unit]
    return replace(category, days=held.value.n * times, unit=unit, source=rule_source(held))


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
    # Saved as it was shown, it goes on following its rule.
    row.follows_rule = bool(before and before.rule) and all(
        getattr(before, name) == getattr(data, name) for name in _SAID_BY_RULE
    )
    if row.follows_rule:
        row.days, row.unit, row.source = None, "day", ""
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
        row = NoticeCategory(key=key, **_values(known_categories(session, archived=True)[key]), follows_rule=True)
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
    rule = built_in.rule if row.follows_rule else ""
    return replace(
        built_in, **values, rule=rule, is_archived=row.archived_at is not None, is_own=renamed, version=row.version
    )


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
