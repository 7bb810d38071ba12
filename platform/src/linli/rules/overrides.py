"""Choosing a value for the street or a compound in place of a wider one, and taking it back.

A row is never changed: another one follows it, and withdrawing it lets the one before hold again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Stale
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.rules.catalogue import CORE, book, find_rule
from linli.rules.keys import RuleKey
from linli.rules.models import RuleOverride
from linli.rules.permissions import OVERRIDE
from linli.rules.repository import Ground, find_override, ground_of, overrides_at
from linli.rules.resolution import resolve
from linli.rules.schemas import OverrideIn, Withdrawal
from linli.rules.service import override_candidate, pack_candidates
from linli.rules.values import check_value
from linli.rules.wording import refusal_text, source_text, value_text


def set_override(
    session: ScopedSession, actor: Actor, key: str, data: OverrideIn, *, compound_id: UUID | None = None
) -> RuleOverride:
    """Choose a value for the street, or for one compound by its own decision.

    Sent again as it was, it is the same override: a second click does nothing.

    Raises:
        NotFound: there is no such rule or compound here.
        Forbidden: the actor may not choose for this place.
        Invalid: naming every field at fault; a value that is weaker than a wider one may be is refused with that
            value's title and article.
        Conflict: another value begins on the same day already.
    """
    ground = ground_of(session, compound_id)
    rule = known_rule(key, ground)
    if not actor.can(OVERRIDE, community_id=ground.community_id, compound_id=compound_id):
        raise Forbidden(_("您没有在这里另行规定的权限"))
    value = _checked(rule, data, is_compounds=compound_id is not None)
    existing = [row for row in overrides_at(session, [key], compound_id) if row.compound_id == compound_id]
    same_day = [row for row in existing if row.starts_on == data.starts_on and row.withdrawn_on is None]
    if same_day:
        if same_day[0].value == value and same_day[0].ends_on == data.ends_on:
            return same_day[0]
        raise Conflict(_("{day} 起已另有规定，请先撤回它").format(day=data.starts_on.isoformat()))
    row = RuleOverride(
        id=new_id(),
        community_id=ground.community_id,
        compound_id=compound_id,
        key=key,
        value=value,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason.strip(),
        decision=data.decision.strip(),
        decided_on=data.decided_on,
        set_by_name=actor.display_name,
    )
    _require_standing(session, rule, row, ground)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        # Two people, or two clicks, at the same moment.
        raise Conflict(_("{day} 起已另有规定，请先撤回它").format(day=data.starts_on.isoformat())) from error
    record(
        session,
        "core.rule.override",
        ("rule_override", row.id),
        community_id=ground.community_id,
        after=_told(rule, row) | ({"compound": ground.compound_name} if compound_id else {}),
        reason=row.reason,
    )
    return row


def withdraw_override(session: ScopedSession, actor: Actor, override_id: UUID, data: Withdrawal) -> RuleOverride:
    """Take an override back from today on; what held before stays as it was told.

    Raises:
        NotFound: there is none here.
        Forbidden: the actor may not choose for its place.
        Conflict: it is withdrawn already, or was changed since it was read.
    """
    row = find_override(session, actor, override_id, lock=True)
    communities = session.scope.communities
    # A community reads the street's overrides; they are the street's to take back, in its console.
    if row is None or (communities is not None and row.community_id is None):
        raise NotFound(_("没有找到这项规定"))
    if not actor.can(OVERRIDE, community_id=row.community_id, compound_id=row.compound_id):
        raise Forbidden(_("您没有撤回这项规定的权限"))
    if row.withdrawn_on is not None:
        raise Conflict(_("这项规定已经撤回"))
    if row.version != data.version:
        raise Stale
    if not data.reason.strip():
        raise Invalid.one("reason", _("必须填写"))
    row.withdrawn_on, row.withdrawn_by_name, row.withdraw_reason = today(), actor.display_name, data.reason.strip()
    session.flush()
    rule = book().rules.get(row.key)
    told = _told(rule, row) if rule is not None else {"rule": row.key}
    record(
        session,
        "core.rule.take_back",
        ("rule_override", row.id),
        community_id=row.community_id,
        before=told,
        reason=row.withdraw_reason,
    )
    return row


def get_override(session: ScopedSession, actor: Actor, override_id: UUID) -> RuleOverride:
    """One override; raises ``NotFound``."""
    row = find_override(session, actor, override_id)
    if row is None:
        raise NotFound(_("没有找到这项规定"))
    return row


def known_rule(key: str, ground: Ground) -> RuleKey:
    """A rule that exists here: the core's, or one of a plugin that the street allows.

    Raises:
        NotFound: there is none.
    """
    owner = book().owners.get(key)
    if owner is None or (owner != CORE and owner not in ground.plugins):
        raise NotFound(_("没有这项规则"))
    return find_rule(key)


def _checked(rule: RuleKey, data: OverrideIn, *, is_compounds: bool) -> Any:
    faults: list[FieldError] = []
    value = check_value(rule, data.value)
    if isinstance(value, FieldError):
        faults.append(value)
    if not data.reason.strip():
        faults.append(FieldError("reason", _("必须填写")))
    if data.ends_on is not None and data.ends_on < data.starts_on:
        allowed = _("不早于 {day}").format(day=data.starts_on.isoformat())
        faults.append(FieldError("ends_on", _("结束日期早于开始日期"), allowed))
    if is_compounds and not data.decision.strip():
        faults.append(FieldError("decision", _("小区另行规定，要写明通过它的决定")))
    if is_compounds and data.decided_on is None:
        faults.append(FieldError("decided_on", _("要写明作出决定的日期")))
    if data.decided_on is not None:
        if data.decided_on > today():
            faults.append(FieldError("decided_on", _("决定的日期还没有到"), _("今天或以前")))
        if data.starts_on < data.decided_on:
            allowed = _("不早于 {day}").format(day=data.decided_on.isoformat())
            faults.append(FieldError("starts_on", _("不能早于作出决定的日期"), allowed))
    if faults:
        raise Invalid(errors=faults)
    return value


def _require_standing(session: ScopedSession, rule: RuleKey, row: RuleOverride, ground: Ground) -> None:
    """Refuse an override that would lose on its first day, and say against what."""
    fault = standing_fault(rule, row, ground, overrides_at(session, [rule.key], ground.compound_id))
    if fault is not None:
        raise Invalid(errors=[fault])


def standing_fault(
    rule: RuleKey, row: RuleOverride, ground: Ground, others: Iterable[RuleOverride]
) -> FieldError | None:
    """Why an override would lose on its first day; ``None`` where it would hold.

    Args:
        rule: of the override.
        row: the override, kept or not.
        ground: of its street or compound.
        others: overrides of the rule; those of other places are left out.
    """
    own = override_candidate(row, ground)
    around = [
        override_candidate(each, ground)
        for each in others
        if each.compound_id is None or each.compound_id == row.compound_id
    ]
    found = resolve(rule, [*pack_candidates(rule, ground), *around, own], row.starts_on)
    step = next(each for each in found.why if each.candidate.override_id == row.id)
    if step.verdict in ("won", "narrower") or step.against is None:
        return None
    if step.verdict in ("weaker", "incomparable"):
        return FieldError("value", *refusal_text(rule, step.against, step.verdict))
    return FieldError(
        "starts_on",
        _("这一天已有效力更高的{source}（{value}），另行规定不会生效").format(
            source=source_text(step.against), value=value_text(rule, step.against.value)
        ),
    )


def _told(rule: RuleKey, row: RuleOverride) -> dict[str, Any]:
    """What the record of acts keeps of an override."""
    days = {
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on and row.ends_on.isoformat(),
        "decided_on": row.decided_on and row.decided_on.isoformat(),
    }
    told = {"name": rule.title, "rule": rule.key, "value": row.value, "decision": row.decision, **days}
    return {name: value for name, value in told.items() if value not in (None, "")}


def overrides_of(session: ScopedSession, key: str, compound_id: UUID | None) -> list[RuleOverride]:
    """The history of a rule at the street, and at a compound where one is named: newest first, withdrawn ones too."""
    found = session.scalars(
        select(RuleOverride)
        .where(
            RuleOverride.key == key,
            RuleOverride.community_id.is_(None)
            if compound_id is None
            else (RuleOverride.community_id.is_(None)) | (RuleOverride.compound_id == compound_id),
        )
        .order_by(RuleOverride.id.desc())
        .limit(100)
    )
    return list(found)
