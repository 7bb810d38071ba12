"""The rules that a decision was made under, kept as they held on its day: no later law or pack changes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from linli.audit.record import record
from linli.db.session import ScopedSession
from linli.kit.actor import Actor
from linli.kit.clock import now, today
from linli.kit.errors import Conflict, NotFound
from linli.kit.ids import new_id
from linli.kit.text import gettext as _
from linli.rules.catalogue import find_rule
from linli.rules.keys import RuleType
from linli.rules.models import RuleFreeze
from linli.rules.repository import ground_of
from linli.rules.resolution import RuleValue
from linli.rules.service import values_at
from linli.rules.values import Value, read_value


class FrozenValue(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as it held: all that is needed to read and to show it without the packs of that time.

    ``written`` is ``None`` where nothing was known on that day.
    """

    key: str
    title: str
    type: RuleType
    written: Any = None
    level: str = ""
    jurisdiction: str = ""
    rank: str = ""
    document: str = ""
    document_en: str = ""
    article: str = ""
    effective_from: str = ""
    effective_to: str = ""
    confidence: str = ""
    source: str = ""
    note: str = ""
    note_en: str = ""
    override_id: str = ""

    @property
    def value(self) -> Value | None:
        """The value in Python's own types; ``None`` when nothing was known."""
        return None if self.written is None else read_value(self.type, self.written)


@dataclass(frozen=True, slots=True)
class FrozenRules:
    """What ``freeze`` kept; nothing of it can be changed.

    Attributes:
        id: to refer to from a meeting, vote or decision.
        digest: SHA-256 over place, day and values, as 64 hexadecimal digits.
        is_intact: the stored values still give the stored digest.
    """

    id: UUID
    purpose: str
    community_id: UUID | None
    compound_id: UUID | None
    held_on: date
    values: tuple[FrozenValue, ...]
    digest: str
    is_intact: bool
    made_by_name: str
    made_at: datetime

    def __getitem__(self, key: str) -> FrozenValue:
        """One rule.

        Raises:
            KeyError: it was not frozen.
        """
        for each in self.values:
            if each.key == key:
                return each
        raise KeyError(key)

    def required(self, key: str) -> Value:
        """The value of one rule.

        Raises:
            KeyError: it was not frozen.
            Conflict: nothing was known on that day.
        """
        found = self[key]
        if found.value is None:
            raise Conflict(
                _("“{title}”在 {day} 没有已知的规定").format(title=_(found.title), day=self.held_on.isoformat())
            )
        return found.value


def freeze(
    session: ScopedSession,
    keys: Collection[str],
    *,
    purpose: str,
    compound_id: UUID | None = None,
    on: date | None = None,
) -> FrozenRules:
    """Keep what holds for these rules, for one decision; in the decision's own transaction.

    Args:
        session: of the street or of a community; a compound's rules are kept in its community.
        keys: every rule that the decision uses; those without a known value are kept as unknown.
        purpose: what it is frozen for, in words for people, e.g. the meeting's title.
        compound_id: whose rules; ``None`` for the street as a whole.
        on: the day of the decision (Asia/Shanghai); today when left out.

    Raises:
        Invalid: a key is not declared.
        NotFound: the compound is not in the scope.
    """
    day = on or today()
    rules = [find_rule(key) for key in dict.fromkeys(keys)]
    ground = ground_of(session, compound_id)
    found = values_at(session, rules, ground, day)
    frozen = [frozen_value(each) for each in found.values()]
    community_id = ground.community_id or session.scope.community_id
    row = RuleFreeze(
        id=new_id(),
        community_id=community_id,
        compound_id=compound_id,
        purpose=purpose.strip()[:200],
        held_on=day,
        values=msgspec.to_builtins(frozen),
        made_at=now(),
    )
    row.digest = digest_of(session.scope.tenant_id, row)
    actor: Actor = session.info["actor"]
    row.made_by_name = actor.display_name
    session.add(row)
    session.flush()
    record(
        session,
        "core.rule.freeze",
        ("rule_freeze", row.id),
        community_id=community_id,
        after={"name": row.purpose, "on": day.isoformat(), "rows": len(frozen), "digest": row.digest.hex()},
    )
    return frozen_rules(session.scope.tenant_id, row)


def get_freeze(session: ScopedSession, freeze_id: UUID) -> FrozenRules:
    """What was kept for a decision, checked against its digest.

    Raises:
        NotFound: there is none in the scope.
    """
    row = session.scalar(select(RuleFreeze).where(RuleFreeze.id == freeze_id))
    if row is None:
        raise NotFound(_("没有找到这份规则存档"))
    return frozen_rules(session.scope.tenant_id, row)


def frozen_rules(tenant_id: UUID, row: RuleFreeze) -> FrozenRules:
    """A row as it is handed out."""
    try:
        values = tuple(msgspec.convert(row.values, list[FrozenValue]))
    except msgspec.ValidationError:
        # Somebody has written to the table past the platform: shown as broken, never as a failure.
        values = ()
    return FrozenRules(
        row.id,
        row.purpose,
        row.community_id,
        row.compound_id,
        row.held_on,
        values,
        row.digest.hex(),
        compare_digest(bytes(row.digest), digest_of(tenant_id, row)),
        row.made_by_name,
        row.made_at,
    )


def digest_of(tenant_id: UUID, row: RuleFreeze) -> bytes:
    """SHA-256 over what was kept, in one fixed writing."""
    kept: Mapping[str, Any] = {
        "tenant": tenant_id,
        "community": row.community_id,
        "compound": row.compound_id,
        "purpose": row.purpose,
        "on": row.held_on,
        "values": row.values,
    }
    return sha256(msgspec.json.encode(kept, order="deterministic")).digest()


def frozen_value(found: RuleValue) -> FrozenValue:
    """What holds, with nothing left to look up."""
    rule, winner = found.rule, found.winner
    if winner is None:
        return FrozenValue(key=rule.key, title=rule.title, type=rule.type)
    return FrozenValue(
        key=rule.key,
        title=rule.title,
        type=rule.type,
        written=winner.value,
        level=winner.level,
        jurisdiction=winner.jurisdiction,
        rank=winner.rank,
        document=winner.title,
        document_en=winner.title_en,
        article=winner.article,
        effective_from=winner.effective_from.isoformat(),
        effective_to=winner.effective_to.isoformat() if winner.effective_to else "",
        confidence=winner.confidence,
        source=winner.source,
        note=winner.note,
        note_en=winner.note_en,
        override_id=str(winner.override_id or ""),
    )
