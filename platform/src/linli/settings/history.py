"""Who changed which setting, read from the record of acts, and taking a change back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select

from linli.audit.models import AuditEntry
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.cursor import PAGE
from linli.kit.errors import Conflict, FieldError, Invalid, NotFound
from linli.kit.text import gettext as _
from linli.settings.catalogue import settings_of
from linli.settings.service import ChosenAt, clear_setting, set_settings
from linli.settings.spec import SettingSpec

#: Numbers of the record end below.
_NO_NUMBER = 2**63
_SET, _CLEAR = "core.setting.set", "core.setting.clear"


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One change of one setting at one place.

    Attributes:
        n: its number in the street's record of acts.
        spec: the declaration; ``None`` when its owner no longer has such a setting.
        before: the stored value that the place had chosen; ``None`` when it followed the wider place.
        after: the stored value chosen then; ``None`` when the choice was given up.
        was_locked, is_locked: whether the street held it fast, before and after.
        source: how it was chosen: ``portal``, ``manifest`` or ``command``; empty for a choice that was given up.
        can_undo: ``before`` may be chosen again as it stands.
    """

    n: int
    at: datetime
    actor: str
    key: str
    spec: SettingSpec | None
    before: Any | None
    after: Any | None
    was_locked: bool
    is_locked: bool
    source: str
    can_undo: bool


def list_changes(
    session: ScopedSession,
    owner: str,
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
    key: str = "",
    after: str = "",
    limit: int = PAGE,
) -> tuple[list[SettingChange], str | None]:
    """Changes of an owner's settings at exactly one place, newest first, and the ``after`` of the next page.

    Args:
        session: whose scope holds the place.
        owner: ``core`` or a plugin's name.
        community_id: ``None`` for the street's own choices.
        compound_id: a compound of that community.
        key: of one setting; empty for all.
        after: of the page before.
        limit: of a page.

    Raises:
        Invalid: ``after`` is no number of this list.
    """
    query = _changes(session, owner, community_id, compound_id)
    if key:
        query = query.where(AuditEntry.subject_id == f"{owner}.{key}")
    if after:
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise Invalid.one("after", _("翻页位置无效"), _("请使用上一页返回的 next 值"))
        query = query.where(AuditEntry.n < int(after))
    rows = session.scalars(query.order_by(AuditEntry.n.desc()).limit(limit + 1)).all()
    shown: Sequence[AuditEntry] = rows[:limit]
    return [_change(owner, row) for row in shown], str(shown[-1].n) if len(rows) > limit else None


def undo_change(
    session: ScopedSession,
    actor: Actor,
    owner: str,
    n: int,
    *,
    community_id: UUID | None = None,
    compound_id: UUID | None = None,
) -> SettingChange:
    """Choose again what the place had chosen before a change, or follow the wider place again.

    Raises:
        NotFound: the record has no such change of this owner's settings at this place.
        Conflict: the value of then is no longer allowed, or the record holds only a part of it.
        Forbidden: the actor may not choose for this place.
        ApprovalRequired: the choice takes a second person here.
    """
    query = _changes(session, owner, community_id, compound_id).where(AuditEntry.n == n)
    row = session.scalars(query).one_or_none() if 0 < n < _NO_NUMBER else None
    if row is None:
        raise NotFound(_("没有找到这次修改"))
    change = _change(owner, row)
    if not change.can_undo:
        raise Conflict(_("那时的内容现在不能再用，请直接修改"))
    place: ChosenAt = {"community_id": community_id, "compound_id": compound_id}
    if change.before is None:
        clear_setting(session, actor, owner, change.key, **place)
    else:
        locked = {change.key: change.was_locked} if community_id is None else None
        set_settings(session, actor, owner, {change.key: change.before}, locked=locked, **place)
    return change


def _changes(session: ScopedSession, owner: str, community_id: UUID | None, compound_id: UUID | None) -> Select[Any]:
    compound = func.coalesce(AuditEntry.after["compound"].astext, AuditEntry.before["compound"].astext)
    return select(AuditEntry).where(
        AuditEntry.tenant_id == session.scope.tenant_id,
        AuditEntry.subject_type == "setting",
        _of(owner),
        or_(AuditEntry.action == _SET, AuditEntry.action == _CLEAR),
        AuditEntry.community_id.is_not_distinct_from(community_id),
        compound.is_not_distinct_from(cast(str(compound_id), Text) if compound_id else None),
    )


def _of(owner: str) -> ColumnElement[bool]:
    return AuditEntry.subject_id.startswith(f"{owner}.", autoescape=True)


def _change(owner: str, row: AuditEntry) -> SettingChange:
    key = row.subject_id.removeprefix(f"{owner}.")
    spec = settings_of(owner).get(key)
    old, new = row.before or {}, row.after or {}
    before = old.get("value")
    return SettingChange(
        n=row.n,
        at=row.at,
        actor=row.actor_name,
        key=key,
        spec=spec,
        before=before,
        after=new.get("value"),
        was_locked=bool(old.get("locked")),
        is_locked=bool(new.get("locked")),
        source=new.get("source", ""),
        can_undo=spec is not None and _is_usable(spec, before),
    )


def _is_usable(spec: SettingSpec, value: Any) -> bool:
    # The record masks telephone numbers that stand in a text: a mask must not become the setting.
    return value is None or ("****" not in str(value) and not isinstance(spec.check(value), FieldError))
