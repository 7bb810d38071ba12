"""Which step comes next for a household: counted from its wrong results, and suggested; a person does it or does not.

The order is that of 《北京市生活垃圾管理条例》第37, 67条: dissuade, report, warn in writing, tell city management. How
many wrong results lead to each is a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from linli.sdk import Duration, RuleValue, ScopedSession, rule_values, rule_values_among
from linli_waste_sorting.inspections.models import LADDER, Step
from linli_waste_sorting.inspections.rule_keys import LAPSE, after_key, within_key

_KEYS = (LAPSE, *(name(kind) for kind in LADDER for name in (after_key, within_key)))


@dataclass(frozen=True, slots=True)
class Stage:
    """So many wrong results within so long lead to a step."""

    kind: str
    after: int
    within: Duration


@dataclass(frozen=True, slots=True)
class Ladder:
    """The stages in their order, and after how long a step no longer counts; ``None`` where it always does."""

    stages: tuple[Stage, ...]
    lapse: Duration | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A step that the rules lead to.

    Attributes:
        kind: of the step.
        counted: the wrong results that count.
        needed: how many of them the rule asks for.
        counts_from: the day of the first of them.
    """

    kind: str
    counted: int
    needed: int
    counts_from: date


def ladder_of(session: ScopedSession, compound_id: UUID) -> Ladder:
    """What holds in a compound today; a stage whose numbers are not known is none."""
    return _ladder(rule_values(session, _KEYS, compound_id=compound_id))


def ladders_of(session: ScopedSession, compound_ids: Collection[UUID]) -> dict[UUID, Ladder]:
    """The same for several compounds, in as many queries as for one."""
    found = rule_values_among(session, _KEYS, compound_ids) if compound_ids else {}
    return {each: _ladder(found[each]) for each in compound_ids}


def _ladder(values: Mapping[str, RuleValue]) -> Ladder:
    held: dict[str, Any] = {key: found.value for key, found in values.items()}
    stages = (Stage(kind, held[after_key(kind)], held[within_key(kind)]) for kind in LADDER)
    return Ladder(tuple(each for each in stages if each.after and each.within), held[LAPSE])


def next_step(
    ladder: Ladder, wrong: Sequence[date], steps: Sequence[Step], day: date, *, since: date | None = None
) -> Suggestion | None:
    """The step that a household's wrong results lead to on a day; ``None`` where there is none.

    Args:
        ladder: the stages that hold there.
        wrong: the days of its wrong results, those struck out left out.
        steps: whatever was done about it.
        day: today.
        since: the day on which the household of today moved in: what was before is not theirs.
    """
    settled = max((each.done_on for each in _live(steps) if each.kind == "service"), default=None)
    begins = max((each for each in (since, settled and settled + timedelta(days=1)) if each), default=None)
    taken = [each for each in _live(steps) if each.kind in LADDER and _counts(each, ladder, day, begins)]
    stage = _following(ladder, taken)
    if stage is None:
        return None
    # What a step rested on that was successfully objected to leads to no step of that kind again.
    forgiven = [each.done_on for each in steps if each.kind == stage.kind and each.taken_back_cause == "appeal"]
    counted = [
        each
        for each in wrong
        if each <= day <= stage.within.after(each)
        and (begins is None or each >= begins)
        and (not forgiven or each > max(forgiven))
    ]
    last = max((each.done_on for each in taken), default=None)
    goes_on = last is None or any(each > last for each in counted)
    if len(counted) < stage.after or not goes_on:
        return None
    return Suggestion(stage.kind, len(counted), stage.after, min(counted))


def _live(steps: Sequence[Step]) -> list[Step]:
    return [each for each in steps if each.taken_back_at is None]


def _counts(step: Step, ladder: Ladder, day: date, begins: date | None) -> bool:
    is_fresh = ladder.lapse is None or day <= ladder.lapse.after(step.done_on)
    return is_fresh and (begins is None or step.done_on >= begins)


def _following(ladder: Ladder, taken: Sequence[Step]) -> Stage | None:
    done = {each.kind for each in taken}
    reached = [n for n, each in enumerate(ladder.stages) if each.kind in done]
    following = max(reached, default=-1) + 1
    return ladder.stages[following] if following < len(ladder.stages) else None
