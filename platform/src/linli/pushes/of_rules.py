"""A rule for the compounds of many communities at once: in each it is an override by the street's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import select

from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.errors import Conflict, FieldError, Invalid
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.plugins.contributions import Foreseen, Push, Pushed, Undoing
from linli.rules.catalogue import book, find_rule
from linli.rules.keys import RuleKey
from linli.rules.listing import visible_rules
from linli.rules.models import RuleOverride
from linli.rules.overrides import known_rule, set_override, standing_fault, withdraw_override
from linli.rules.permissions import OVERRIDE
from linli.rules.repository import Ground, ground_of, overrides_among
from linli.rules.resolution import RuleValue
from linli.rules.schemas import OverrideIn, Withdrawal
from linli.rules.service import rule_values_among
from linli.rules.values import check_value, written_by_form
from linli.rules.wording import BASES, COMPARISONS, unit_choices, value_text
from linli.tenancy.models import Compound

#: Compounds that a preview names; the others are counted.
_NAMED = 5


class RulePush(Struct, kw_only=True):
    """A rule's new value as a form says it, and the decision behind it."""

    rule: Annotated[str, Meta(min_length=1, max_length=100)]
    value: list[Annotated[str, Meta(max_length=500)]] = []
    comparison: Annotated[str, Meta(max_length=5)] = ""
    of: Annotated[str, Meta(max_length=40)] = ""
    unit: Annotated[str, Meta(max_length=20)] = ""
    starts_on: date
    ends_on: date | None = None
    decision: Annotated[str, Meta(min_length=1, max_length=200)]
    decided_on: date
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


def _wanted(rule: RuleKey, data: RulePush) -> OverrideIn:
    named = {"value": "\n".join(data.value), "comparison": data.comparison, "of": data.of, "unit": data.unit}
    lists = data.value if rule.choices else "\n".join(data.value).splitlines()
    return OverrideIn(
        value=written_by_form(rule, named, lists),
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        reason=data.reason,
        decision=data.decision,
        decided_on=data.decided_on,
    )


def _titled(data: RulePush) -> str:
    rule = book().rules.get(data.rule)
    if rule is None:
        return data.rule
    value = check_value(rule, _wanted(rule, data).value)
    text = "" if isinstance(value, FieldError) else value_text(rule, value)
    return _("{rule}：{value}").format(rule=_(rule.title), value=text)


def _choices(session: ScopedSession, _actor: Actor, asked: Mapping[str, str]) -> Mapping[str, Any]:
    ground = ground_of(session)
    rules = visible_rules(ground)
    topics = book().topics
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in rules:
        groups.setdefault(_(topics.get(each.topic, each.topic)), []).append((each.key, _(each.title)))
    rule = next((each for each in rules if each.key == asked.get("rule", "")), None)
    found: dict[str, Any] = {"rules": list(groups.items()), "rule": None, "today": today().isoformat()}
    if rule is not None:
        bases = rule.bases
        found["rule"] = {"key": rule.key, "title": _(rule.title), "help": _(rule.help) if rule.help else ""}
        found["rule"] |= {"type": rule.type, "choices": {key: _(title) for key, title in rule.choices.items()}}
        found |= {
            "now": {"value": [] if rule.choices else "", "comparison": "", "of": "", "unit": ""},
            "comparisons": {sign: _(COMPARISONS[sign]) for sign in rule.comparisons},
            "bases": {base: _(BASES.get(base, base)) for base in bases},
            "units": unit_choices(rule.units) if rule.units else {},
            "booleans": {"true": _("是"), "false": _("否")},
        }
    return found


def _preview(
    session: ScopedSession, _actor: Actor, communities: Sequence[UUID], data: RulePush
) -> Mapping[UUID, Foreseen]:
    ground = ground_of(session)
    rule = known_rule(data.rule, ground)
    wanted = _wanted(rule, data)
    value = check_value(rule, wanted.value)
    if isinstance(value, FieldError):
        raise Invalid(errors=[value])
    if data.starts_on < data.decided_on:
        raise Invalid.one("starts_on", _("不能早于作出决定的日期"), data.decided_on.isoformat())
    compounds = _compounds(session, communities)
    ids = [each.id for own in compounds.values() for each in own]
    held = rule_values_among(session, [rule.key], ids, on=data.starts_on)
    plan = _Plan(rule, wanted, value, ground, overrides_among(session, [rule.key], ids), held)
    return {each: plan.foreseen(compounds.get(each, [])) for each in communities}


@dataclass(frozen=True, slots=True)
class _Plan:
    """A rule's new value beside what holds: what would change in each compound, and what would refuse it."""

    rule: RuleKey
    wanted: OverrideIn
    value: Any
    ground: Ground
    others: Sequence[RuleOverride]
    held: Mapping[UUID | None, Mapping[str, RuleValue]]

    def foreseen(self, compounds: Sequence[Compound]) -> Foreseen:
        """What would happen in one community."""
        if not compounds:
            return Foreseen("", _("这个社区还没有登记小区"))
        new = value_text(self.rule, self.value)
        texts = [f"{each.name} {self._held(each)} → {new}" for each in compounds[:_NAMED]]
        more = len(compounds) - _NAMED
        rest = _("，另有 {n} 个小区").format(n=more) if more > 0 else ""
        refused = next((f"{each.name}：{why}" for each in compounds if (why := self._fault(each))), "")
        return Foreseen(listed(texts) + rest, refused)

    def _held(self, compound: Compound) -> str:
        written = self.held[compound.id][self.rule.key].written
        return _("没有规定") if written is None else value_text(self.rule, written)

    def _fault(self, compound: Compound) -> str:
        day = self.wanted.starts_on
        own = [each for each in self.others if each.compound_id == compound.id and each.withdrawn_on is None]
        same_day = [each for each in own if each.starts_on == day]
        if same_day and (same_day[0].value, same_day[0].ends_on) == (self.value, self.wanted.ends_on):
            return ""
        if same_day:
            return _("{day} 起已另有规定，请先撤回它").format(day=day.isoformat())
        row = RuleOverride(
            id=new_id(),
            community_id=compound.community_id,
            compound_id=compound.id,
            key=self.rule.key,
            value=self.value,
            starts_on=day,
            ends_on=self.wanted.ends_on,
            reason=self.wanted.reason,
            decision=self.wanted.decision,
        )
        fault = standing_fault(self.rule, row, self.ground, self.others)
        return "" if fault is None else fault.message


def _compounds(session: ScopedSession, communities: Sequence[UUID]) -> dict[UUID, list[Compound]]:
    rows = session.scalars(
        select(Compound)
        .where(Compound.community_id.in_(communities), Compound.archived_at.is_(None))
        .order_by(Compound.name)
    )
    found: dict[UUID, list[Compound]] = {}
    for row in rows:
        found.setdefault(row.community_id, []).append(row)
    return found


def _perform(session: ScopedSession, actor: Actor, community_id: UUID, data: RulePush, _push_id: UUID) -> Pushed:
    rule = find_rule(data.rule)
    wanted = _wanted(rule, data)
    compounds = _compounds(session, [community_id]).get(community_id, [])
    if not compounds:
        raise Conflict(_("这个社区还没有登记小区"))
    there = {row.id for row in overrides_among(session, [rule.key], [each.id for each in compounds])}
    made: list[UUID] = []
    for each in compounds:
        try:
            row = set_override(session, actor, rule.key, wanted, compound_id=each.id)
        except Invalid as error:
            # Refused for the whole community: half a rule in a community would be worse than none.
            raise Conflict(f"{each.name}：{error.errors[0].message if error.errors else error}") from error
        except Conflict as error:
            raise Conflict(f"{each.name}：{error}") from error
        if row.id not in there:
            # What stood there before, word for word the same, is not this push's to take back.
            made.append(row.id)
    return Pushed(_("已在 {n} 个小区另行规定").format(n=len(compounds)), "rule-overrides", tuple(made))


def _undo(session: ScopedSession, actor: Actor, community_id: UUID, undoing: Undoing) -> str:
    rows = session.scalars(
        select(RuleOverride).where(
            RuleOverride.community_id == community_id,
            RuleOverride.id.in_(undoing.made),
            RuleOverride.withdrawn_on.is_(None),
        )
    ).all()
    for row in rows:
        withdraw_override(session, actor, row.id, Withdrawal(reason=undoing.reason, version=row.version))
    return _("已撤回 {n} 个小区的规定").format(n=len(rows))


RULES = Push(
    name="core.rule",
    title="规则",
    help="按街道的一份文件，在所选社区的每个小区另行规定一项规则。",
    needs=OVERRIDE,
    template="pushes/rule.html",
    data=RulePush,
    titled=_titled,
    choices=_choices,
    preview=_preview,
    perform=_perform,
    undo=_undo,
    order=20,
)
