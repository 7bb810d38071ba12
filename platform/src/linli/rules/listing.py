"""Rules as pages and the API show them: filtered, searched, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.kit.text import current_locale
from linli.kit.text import gettext as _
from linli.rules.bodies import BODY_TYPES
from linli.rules.catalogue import CORE, book, region_name
from linli.rules.freezing import FrozenRules
from linli.rules.keys import RuleKey
from linli.rules.models import RuleOverride
from linli.rules.overrides import known_rule
from linli.rules.packs import CONFIDENCES
from linli.rules.repository import Ground, compound_names, ground_of
from linli.rules.resolution import Candidate, RuleValue
from linli.rules.schemas import (
    BodyOut,
    FacetOut,
    FreezeOut,
    FrozenOut,
    OverrideOut,
    RuleDetail,
    RuleOut,
    SourceOut,
    StepOut,
)
from linli.rules.service import values_at
from linli.rules.values import UNITS
from linli.rules.wording import (
    RANK_TITLES,
    article_text,
    note_text,
    step_text,
    stricter_text,
    title_text,
    value_text,
)

#: Anything that was not read in the text itself.
BELOW_P = "below"
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


class RuleFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rules to show: what pages and the API take behind the question mark."""

    q: Annotated[str, Meta(max_length=100, description="a text in title, value or source, or the rule's key")] = ""
    topic: Annotated[str, Meta(max_length=60, description="the part of a key before the dot: `owners_assembly`")] = ""
    level: Annotated[
        Literal["", "nation", "province", "city", "district", "street", "compound"],
        Meta(description="how wide the place is whose value holds"),
    ] = ""
    confidence: Annotated[
        Literal["", "P", "S", "S-", "K", "D", "below"],
        Meta(description="how surely the value is known; `below`: not read in the text itself"),
    ] = ""
    state: Annotated[Literal["", "known", "unknown"], Meta(description="whether anything is known")] = ""
    on: Annotated[date | None, Meta(description="the day; today when left out")] = None

    @property
    def is_empty(self) -> bool:
        """Whether every rule is wanted."""
        return self == RuleFilter(on=self.on)

    @property
    def day(self) -> date:
        """The day for which rules are asked."""
        return self.on if self.on is not None and _FIRST_YEAR <= self.on.year <= _LAST_YEAR else today()


def list_rules(session: ScopedSession, wanted: RuleFilter, ground: Ground) -> list[RuleOut]:
    """The rules of a ground, filtered; one query whatever their number."""
    rules = [rule for rule in visible_rules(ground) if not wanted.topic or rule.topic == wanted.topic]
    found = [rule_out(each, ground) for each in values_at(session, rules, ground, wanted.day).values()]
    return [each for each in found if _matches(each, wanted)]


def visible_rules(ground: Ground) -> list[RuleKey]:
    """The core's rules and those of plugins that the street allows."""
    owners = book().owners
    return [rule for key, rule in book().rules.items() if owners[key] == CORE or owners[key] in ground.plugins]


def topics_of(ground: Ground) -> dict[str, str]:
    """The topics of the visible rules with their titles, in order."""
    there = {rule.topic for rule in visible_rules(ground)}
    return {topic: _(title) for topic, title in book().topics.items() if topic in there}


def show_rule(
    session: ScopedSession, key: str, *, on: date | None = None, compound_id: UUID | None = None
) -> RuleDetail:
    """One rule with the whole chain of why.

    Raises:
        NotFound: there is no such rule or compound here.
    """
    ground = ground_of(session, compound_id)
    rule = known_rule(key, ground)
    found = values_at(session, [rule], ground, RuleFilter(on=on).day)[key]
    shown = msgspec.structs.asdict(rule_out(found, ground))
    return RuleDetail(
        **shown,
        why=[
            StepOut(
                verdict=step.verdict,
                reason=step_text(rule, step),
                value=step.candidate.value,
                text=value_text(rule, step.candidate.value),
                source=source_out(step.candidate, ground),
            )
            for step in found.why
        ],
        choices={value: _(title) for value, title in rule.choices.items()},
        units=list(rule.units or UNITS) if rule.type == "duration" else [],
        bases=list(rule.bases),
        comparisons=list(rule.comparisons) if rule.type == "share" else [],
    )


def rule_out(found: RuleValue, ground: Ground) -> RuleOut:
    """A resolved rule in words."""
    rule = found.rule
    return RuleOut(
        key=rule.key,
        topic=rule.topic,
        topic_title=_(book().topics.get(rule.topic, rule.topic)),
        title=_(rule.title),
        help=_(rule.help) if rule.help else "",
        type=rule.type,
        on=found.on,
        is_known=found.is_known,
        value=found.written,
        text=value_text(rule, found.written),
        source=None if found.winner is None else source_out(found.winner, ground),
        only_stricter=found.winner.only_stricter if found.winner is not None else rule.only_stricter,
        stricter=stricter_text(rule),
    )


def source_out(candidate: Candidate, ground: Ground) -> SourceOut:
    """Where a value comes from, in words."""
    place = region_name(candidate.jurisdiction)
    if candidate.level == "compound":
        place = ground.compound_name
    elif candidate.level == "street":
        place = ground.street_name
    return SourceOut(
        level=candidate.level,
        jurisdiction=candidate.jurisdiction,
        place=place,
        rank=candidate.rank,
        rank_title=_("另行规定") if candidate.override_id is not None else _(RANK_TITLES[candidate.rank]),
        title=title_text(candidate),
        article=article_text(candidate.article),
        effective_from=candidate.effective_from,
        effective_to=candidate.effective_to,
        confidence=candidate.confidence,
        source=candidate.source,
        note=note_text(candidate),
        owner=candidate.owner,
        override_id=candidate.override_id,
    )


def _matches(rule: RuleOut, wanted: RuleFilter) -> bool:
    source = rule.source
    if wanted.state and rule.is_known is not (wanted.state == "known"):
        return False
    if wanted.level and (source is None or source.level != wanted.level):
        return False
    if wanted.confidence == BELOW_P and (source is None or source.confidence == CONFIDENCES[0]):
        return False
    if wanted.confidence not in ("", BELOW_P) and (source is None or source.confidence != wanted.confidence):
        return False
    words = wanted.q.strip().lower().split()
    told = f"{rule.key} {rule.topic_title} {rule.title} {rule.help} {rule.text}"
    if source is not None:
        told = f"{told} {source.title} {source.article} {source.note}"
    return all(word in told.lower() for word in words)


def override_outs(session: ScopedSession, rows: Sequence[RuleOverride]) -> list[OverrideOut]:
    """Overrides with the names of their places; one query more."""
    names = compound_names(session, [row.compound_id for row in rows])
    return [override_out(row, names) for row in rows]


def override_out(row: RuleOverride, names: dict[UUID, str]) -> OverrideOut:
    """An override in words; one whose rule is gone is shown as it is written."""
    rule = book().rules.get(row.key)
    is_over = row.withdrawn_on is not None or (row.ends_on is not None and row.ends_on < today())
    return OverrideOut(
        id=row.id,
        key=row.key,
        title=_(rule.title) if rule is not None else row.key,
        community_id=row.community_id,
        compound_id=row.compound_id,
        place=names.get(row.compound_id, _("小区")) if row.compound_id is not None else _("全街道"),
        value=row.value,
        text=written_text(rule, row.value),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        reason=row.reason,
        decision=row.decision,
        decided_on=row.decided_on,
        set_by_name=row.set_by_name,
        set_at=row.created_at,
        is_active=not is_over,
        withdrawn_on=row.withdrawn_on,
        withdrawn_by_name=row.withdrawn_by_name,
        withdraw_reason=row.withdraw_reason,
        version=row.version,
    )


def written_text(rule: RuleKey | None, written: Any) -> str:
    """A stored value in words, or as it stands where its rule is gone or reads it otherwise by now."""
    if rule is not None:
        try:
            return value_text(rule, written)
        except (TypeError, ValueError, AttributeError, KeyError):
            pass
    return written if isinstance(written, str) else msgspec.json.encode(written).decode()


def freeze_outs(session: ScopedSession, frozen: Iterable[FrozenRules]) -> list[FreezeOut]:
    """Frozen rules with the names of their places; one query more."""
    frozen = list(frozen)
    names = compound_names(session, [each.compound_id for each in frozen])
    return [
        FreezeOut(
            id=each.id,
            purpose=each.purpose,
            community_id=each.community_id,
            compound_id=each.compound_id,
            place=names.get(each.compound_id, _("小区")) if each.compound_id else _("全街道"),
            held_on=each.held_on,
            made_at=each.made_at,
            made_by_name=each.made_by_name,
            digest=each.digest,
            is_intact=each.is_intact,
            values=[
                FrozenOut(
                    key=value.key,
                    topic_title=_(book().topics.get(value.key.partition(".")[0], "")),
                    title=_(value.title),
                    value=value.written,
                    text=written_text(book().rules.get(value.key), value.written) if value.written is not None else "—",
                    level=value.level,
                    is_override=bool(value.override_id),
                    document=value.document_en if current_locale() == "en" else value.document,
                    article=article_text(value.article),
                    confidence=value.confidence,
                )
                for value in each.values
            ],
        )
        for each in frozen
    ]


def list_bodies(session: ScopedSession, *, compound_id: UUID | None = None, on: date | None = None) -> list[BodyOut]:
    """Every type of body with what holds for it here."""
    ground = ground_of(session, compound_id)
    rules = book().rules
    keys = [key for body in BODY_TYPES for key in body.keys if key in rules]
    found = values_at(session, [rules[key] for key in keys], ground, RuleFilter(on=on).day)
    out = []
    for body in BODY_TYPES:
        facets = [
            FacetOut(
                key=value.key,
                title=_(value.rule.title),
                is_known=value.is_known,
                value=value.written,
                text=value_text(value.rule, value.written),
                source=None if value.winner is None else source_out(value.winner, ground),
            )
            for value in (found[key] for key in body.keys if key in found)
        ]
        out.append(BodyOut(code=body.code, title=_(body.title), kind=body.kind, basis=_(body.basis), facets=facets))
    return out


def exported(rules: Iterable[RuleOut]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What a file of the rules holds beside the columns of the list, with its titles, and the rows, by column."""
    more = {"topic": _("类别"), "article": _("条"), "rank": _("效力"), "from": _("生效日期"), "to": _("失效日期")}
    more |= {"document": _("来源"), "note": _("说明"), "key": _("编号")}
    return more, [_cells(each) for each in rules]


def _cells(rule: RuleOut) -> dict[str, Any]:
    cells: dict[str, Any] = {"title": rule.title, "topic": rule.topic_title, "text": rule.text, "key": rule.key}
    if (source := rule.source) is None:
        return {**cells, "source": _("没有已知的规定")}
    return {
        **cells,
        "source": source.title,
        "article": source.article,
        "place": source.place,
        "rank": source.rank_title,
        "from": source.effective_from,
        "to": source.effective_to,
        "confidence": _("自行规定") if source.override_id is not None else source.confidence,
        "document": source.source,
        "note": source.note,
    }
