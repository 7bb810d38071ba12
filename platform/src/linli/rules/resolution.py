"""Which value of a rule holds at a place on a day, and why the others do not. Pure: nothing is read here.

The narrower place wins: compound, street, district, city, province, nation. Within one place the higher rank wins,
then the later effective date. But where a wider value may only be made stricter, a narrower one that is weaker, or that
cannot be compared, loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from linli.kit.errors import Conflict
from linli.kit.text import gettext as _
from linli.rules.keys import RuleKey
from linli.rules.packs import LEVELS, RANKS, Confidence
from linli.rules.values import Value, order_of, read_value

Verdict = Literal["won", "not_yet", "expired", "withdrawn", "outranked", "older", "narrower", "weaker", "incomparable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A value that could hold: from a pack, or chosen by a street or compound.

    Attributes:
        value: in its written form.
        level: of ``linli.rules.packs.LEVELS``.
        jurisdiction: ``CN`` or a division code; for a compound its street's.
        rank: of the document; an override's is ``custom``.
        title: of the document, or of the decision that adopted an override.
        override_id: of the row; ``None`` for a value from a pack.
        withdrawn_on: first day on which an override no longer holds.
    """

    value: Any
    level: str
    jurisdiction: str
    rank: str
    title: str
    title_en: str
    article: str = ""
    effective_from: date
    effective_to: date | None = None
    confidence: Confidence
    source: str = ""
    note: str = ""
    note_en: str = ""
    only_stricter: bool = False
    owner: str = "core"
    override_id: UUID | None = None
    withdrawn_on: date | None = None

    def state_on(self, day: date) -> Verdict | None:
        """Why it does not hold on a day by itself; ``None`` when it does."""
        if day < self.effective_from:
            return "not_yet"
        if self.withdrawn_on is not None and day >= self.withdrawn_on:
            return "withdrawn"
        if self.effective_to is not None and day > self.effective_to:
            return "expired"
        return None


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one candidate.

    Attributes:
        against: the value that beat it; ``None`` where nothing did.
    """

    candidate: Candidate
    verdict: Verdict
    against: Candidate | None = None


@dataclass(frozen=True, slots=True)
class RuleValue:
    """What holds for one rule at a place on a day.

    Attributes:
        rule: its declaration.
        on: the day.
        winner: where the value comes from; ``None`` when nothing is known.
        why: every value that could have held, the winner first, then from the narrowest place to the widest.
    """

    rule: RuleKey
    on: date
    winner: Candidate | None
    why: tuple[Step, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        return self.rule.key

    @property
    def is_known(self) -> bool:
        return self.winner is not None

    @property
    def written(self) -> Any | None:
        """The value in its written form; ``None`` when nothing is known."""
        return None if self.winner is None else self.winner.value

    @property
    def value(self) -> Value | None:
        """The value in Python's own types; ``None`` when nothing is known: then ask people, never assume a number."""
        return None if self.winner is None else read_value(self.rule.type, self.winner.value)

    @property
    def is_verified(self) -> bool:
        """Whether it was read in the text itself, or chosen here by those who may."""
        return self.winner is not None and self.winner.confidence == "P"

    def required(self) -> Value:
        """The value.

        Raises:
            Conflict: nothing is known; the street or the compound has to settle it first.
        """
        value = self.value
        if value is None:
            title = _(self.rule.title)
            raise Conflict(_("“{title}”还没有已知的规定，请先在“规则”里由街道或者小区确定").format(title=title))
        return value


def resolve(rule: RuleKey, candidates: Iterable[Candidate], on: date) -> RuleValue:
    """The value that holds on a day.

    Args:
        rule: its declaration.
        candidates: of the place and of every wider one.
        on: the day.
    """
    steps: list[Step] = []
    in_force: list[Candidate] = []
    for candidate in candidates:
        state = candidate.state_on(on)
        if state is None:
            in_force.append(candidate)
        else:
            steps.append(Step(candidate, state))
    holder: Candidate | None = None
    floors: list[Candidate] = []
    for level in LEVELS:
        best, lost = _best_of(rule, [each for each in in_force if each.level == level], floors)
        steps += lost
        if best is None:
            continue
        if holder is not None:
            steps.append(Step(holder, "narrower", best))
        holder = best
        if best.only_stricter:
            floors.append(best)
    if holder is not None:
        steps.append(Step(holder, "won"))
    return RuleValue(rule, on, holder, tuple(sorted(steps, key=_place_in_why)))


def _best_of(
    rule: RuleKey, there: Iterable[Candidate], floors: Sequence[Candidate]
) -> tuple[Candidate | None, list[Step]]:
    """The strongest value of one place that the wider ones let stand, and what became of the others."""
    best: Candidate | None = None
    lost: list[Step] = []
    for candidate in sorted(there, key=_strength):
        if best is not None:
            lost.append(Step(candidate, "outranked" if _is_lower(candidate, best) else "older", best))
        elif (refusal := refused_by(rule, candidate.value, floors)) is not None:
            lost.append(Step(candidate, refusal[1], refusal[0]))
        else:
            best = candidate
    return best, lost


def refused_by(
    rule: RuleKey, value: Any, floors: Sequence[Candidate]
) -> tuple[Candidate, Literal["weaker", "incomparable"]] | None:
    """The wider value that a narrower one may not undercut, and how it does; ``None`` where it may stand."""
    for floor in floors:
        order = order_of(rule, value, floor.value)
        if order == "weaker" or order == "incomparable":
            return floor, order
    return None


def _strength(candidate: Candidate) -> tuple[int, int, int]:
    # Overrides of one day follow each other by their ids, which grow: the later one is the stronger.
    made = candidate.override_id.int if candidate.override_id is not None else 0
    return RANKS[candidate.rank], -candidate.effective_from.toordinal(), -made


def _is_lower(candidate: Candidate, best: Candidate) -> bool:
    return RANKS[candidate.rank] > RANKS[best.rank]


def _place_in_why(step: Step) -> tuple[bool, int, int, int, int]:
    in_vain = step.verdict in ("not_yet", "expired", "withdrawn")
    return (
        step.verdict != "won",
        int(in_vain),
        -LEVELS.index(step.candidate.level),
        *_strength(step.candidate)[:2],
    )
