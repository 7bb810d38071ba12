"""What holds: the value of one rule or of many, at a street or a compound, on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

import structlog

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.kit.errors import FieldError
from linli.rules.catalogue import book, find_rule
from linli.rules.keys import RuleKey
from linli.rules.models import RuleOverride
from linli.rules.packs import RuleEntry
from linli.rules.repository import Ground, ground_of, overrides_among, overrides_at
from linli.rules.resolution import Candidate, RuleValue, resolve
from linli.rules.values import Duration, check_value
from linli.tenancy.workdays import add_workdays

log = structlog.get_logger(__name__)


def rule_value(
    session: ScopedSession, key: str, *, compound_id: UUID | None = None, on: date | None = None
) -> RuleValue:
    """What holds for one rule.

    Args:
        session: of the street or of a community; three queries, whatever the rule.
        key: of the rule, e.g. ``owners_assembly.notice``.
        compound_id: a compound in the session's scope; ``None`` for the street as a whole.
        on: the day (Asia/Shanghai); today when left out.

    Returns:
        The value with its source and with every value that could have held. ``value`` is ``None`` when nothing is
        known: nothing is made up.

    Raises:
        Invalid: no such rule is declared; names the nearest.
        NotFound: the compound is not in the scope.
    """
    return rule_values(session, [key], compound_id=compound_id, on=on)[key]


def rule_values(
    session: ScopedSession, keys: Collection[str], *, compound_id: UUID | None = None, on: date | None = None
) -> dict[str, RuleValue]:
    """As ``rule_value``, for several rules in the same three queries; by key, in the order of the keys."""
    rules = [find_rule(key) for key in dict.fromkeys(keys)]
    ground = ground_of(session, compound_id)
    return values_at(session, rules, ground, on or today())


def rule_values_among(
    session: ScopedSession, keys: Collection[str], compound_ids: Collection[UUID], *, on: date | None = None
) -> dict[UUID | None, dict[str, RuleValue]]:
    """What holds for several rules at many compounds of the street, and under ``None`` at the street as a whole.

    Three queries however many compounds there are; those that are not in the session's scope have the street's values.

    Raises:
        Invalid: a key is not declared.
    """
    rules = {key: find_rule(key) for key in dict.fromkeys(keys)}
    ground, day = ground_of(session), on or today()
    packs = {key: pack_candidates(rule, ground) for key, rule in rules.items()}
    chosen: dict[tuple[str, UUID | None], list[Candidate]] = {}
    for row in overrides_among(session, list(rules), compound_ids):
        if not isinstance(check_value(rules[row.key], row.value), FieldError):
            chosen.setdefault((row.key, row.compound_id), []).append(override_candidate(row, ground))

    def found(rule: RuleKey, place: UUID | None) -> RuleValue:
        own = chosen.get((rule.key, place), ()) if place is not None else ()
        return resolve(rule, [*packs[rule.key], *chosen.get((rule.key, None), ()), *own], day)

    places: list[UUID | None] = [None, *dict.fromkeys(compound_ids)]
    return {place: {key: found(rule, place) for key, rule in rules.items()} for place in places}


def values_at(session: ScopedSession, rules: Iterable[RuleKey], ground: Ground, on: date) -> dict[str, RuleValue]:
    """What holds for these rules on a ground that is known already; one query."""
    wanted = {rule.key: rule for rule in rules}
    chosen: dict[str, list[Candidate]] = {}
    for row in overrides_at(session, list(wanted), ground.compound_id):
        value = check_value(wanted[row.key], row.value)
        if isinstance(value, FieldError):
            # A newer version of the rule no longer allows it: the wider value holds, and the row stays to be seen.
            log.warning("stored rule is no longer allowed", rule=row.key, fault=value.message)
            continue
        chosen.setdefault(row.key, []).append(override_candidate(row, ground))
    rules = wanted.values()
    return {rule.key: resolve(rule, [*pack_candidates(rule, ground), *chosen.get(rule.key, ())], on) for rule in rules}


def pack_candidates(rule: RuleKey, ground: Ground) -> list[Candidate]:
    """The values of packs whose jurisdiction lies around the ground."""
    return [
        entry_candidate(rule, entry)
        for entry in book().entries.get(rule.key, ())
        if entry.jurisdiction in ground.jurisdictions and (entry.owner == "core" or entry.owner in ground.plugins)
    ]


def entry_candidate(rule: RuleKey, entry: RuleEntry) -> Candidate:
    """A pack's value as it stands among the others."""
    return Candidate(
        value=entry.value,
        level=entry.level,
        jurisdiction=entry.jurisdiction,
        rank=entry.rank,
        title=entry.title,
        title_en=entry.title_en,
        article=entry.article,
        effective_from=entry.effective_from,
        effective_to=entry.effective_to,
        confidence=entry.confidence,
        source=entry.source,
        note=entry.note,
        note_en=entry.note_en,
        only_stricter=rule.only_stricter if entry.only_stricter is None else entry.only_stricter,
        owner=entry.owner,
    )


def override_candidate(row: RuleOverride, ground: Ground) -> Candidate:
    """What a street or compound chose, as it stands among the others."""
    rule = book().rules.get(row.key)
    return Candidate(
        value=row.value,
        level="street" if row.compound_id is None else "compound",
        jurisdiction=ground.street_code,
        rank="custom",
        title=row.decision,
        title_en=row.decision,
        effective_from=row.starts_on,
        effective_to=row.ends_on,
        # Whoever may choose it has read what was adopted.
        confidence="P",
        note=row.reason,
        note_en=row.reason,
        only_stricter=rule.only_stricter if rule is not None else False,
        override_id=row.id,
        withdrawn_on=row.withdrawn_on,
    )


def due_on(session: ScopedSession, day: date, duration: Duration, *, field: str = "day") -> date:
    """The last day of a period that begins after a day; working days by the official calendar.

    Args:
        session: any unit of work.
        day: what the period runs from; itself not counted (民法典 第201条).
        duration: hours are counted as begun days.
        field: of the form or body, named in the error.

    Raises:
        Invalid: working days of a year whose official calendar is not known.
    """
    if duration.unit == "working_days":
        return add_workdays(session, day, duration.n, field=field)
    if duration.unit == "hours":
        return Duration(-(-duration.n // 24), "days").after(day)
    return duration.after(day)
