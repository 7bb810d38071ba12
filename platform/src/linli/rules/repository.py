"""Queries on where a place lies, on overrides and on frozen rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, false, or_, select

from linli.db.paging import Order, sorted_rows
from linli.db.session import ScopedSession, is_reading, once
from linli.kit.actor import Actor
from linli.kit.clock import today
from linli.kit.cursor import PAGE
from linli.kit.errors import NotFound
from linli.kit.text import gettext as _
from linli.rules.catalogue import plugins_allowed
from linli.rules.models import RuleFreeze, RuleOverride
from linli.rules.packs import NATION
from linli.rules.permissions import READ
from linli.settings.core import FOLLOWS_PLACE
from linli.settings.service import get_setting
from linli.tenancy.models import Compound, Tenant
from linli.tenancy.repository import reaches

#: The choices of the setting ``core.rule_set`` that name a region, with its division code.
REGIONS = {"cn-beijing": "11", "cn-shanghai": "31"}


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a rule is asked for.

    Attributes:
        jurisdictions: the nation's and those of the divisions around the street, the widest first.
        compound_id: ``None`` for the street as a whole.
        plugins: whose packs count here.
    """

    street_code: str
    street_name: str
    jurisdictions: tuple[str, ...]
    compound_id: UUID | None
    community_id: UUID | None
    compound_name: str
    plugins: frozenset[str]


def ground_of(session: ScopedSession, compound_id: UUID | None = None) -> Ground:
    """Where the session's street lies, and one of its compounds.

    Raises:
        NotFound: the compound is not in the session's scope.
    """
    street = once(session, "rules.street", lambda: _street(session))
    if compound_id is None:
        return street
    row = once(session, ("rules.compound", compound_id), lambda: _compound(session, compound_id))
    if row is None:
        raise NotFound(_("没有找到这个小区"))
    return replace(street, compound_id=compound_id, community_id=row.community_id, compound_name=row.name)


def _street(session: ScopedSession) -> Ground:
    street = session.execute(select(Tenant.code, Tenant.name).where(Tenant.id == session.scope.tenant_id)).one()
    around = jurisdictions(street.code, get_setting(session, "core", "rule_set"))
    return Ground(street.code, street.name, around, None, None, "", plugins_allowed(session))


def _compound(session: ScopedSession, compound_id: UUID) -> Row[UUID, str] | None:
    return session.execute(
        select(Compound.community_id, Compound.name).where(
            Compound.tenant_id == session.scope.tenant_id, Compound.id == compound_id
        )
    ).one_or_none()


def jurisdictions(street_code: str, chosen: str) -> tuple[str, ...]:
    """Whose rules hold in a street: by where it lies, or as the setting says."""
    around = tuple(street_code[:length] for length in (2, 4, 6, 9))
    region = REGIONS.get(chosen)
    if chosen == FOLLOWS_PLACE or (region is not None and street_code.startswith(region)):
        return (NATION, *around)
    return (NATION,) if region is None else (NATION, region)


def overrides_at(session: ScopedSession, keys: Collection[str], compound_id: UUID | None) -> Sequence[RuleOverride]:
    """Every override of these rules at the street and at a compound, withdrawn ones too; one query.

    A page asks several times, for other rules each time: where nothing is written, all of the place are read at once.
    """
    return overrides_among(session, keys, () if compound_id is None else (compound_id,))


def overrides_among(
    session: ScopedSession, keys: Collection[str], compound_ids: Collection[UUID]
) -> Sequence[RuleOverride]:
    """Every override of these rules at the street and at any of these compounds; one query, or none again."""
    wanted = frozenset(compound_ids)
    statement = select(RuleOverride).order_by(RuleOverride.id)
    here = RuleOverride.community_id.is_(None)
    if wanted:
        here = or_(here, RuleOverride.compound_id.in_(wanted))
    if not is_reading(session):
        return session.scalars(statement.where(RuleOverride.key.in_(keys), here)).all()
    # A community has a few compounds: all that its pages could ask for. A street has hundreds.
    if session.scope.community_id is not None:
        found = once(session, "rules.overrides", lambda: session.scalars(statement).all())
    else:
        found = once(session, ("rules.overrides", wanted), lambda: session.scalars(statement.where(here)).all())
    return [row for row in found if row.key in keys and (row.community_id is None or row.compound_id in wanted)]


#: The orders of both lists; ids grow as rows are made.
OVERRIDES = {
    "created_at": Order(),
    "starts_on": Order(RuleOverride.starts_on, lambda row: row[0].starts_on),
}
FREEZES = {"made_at": Order(), "held_on": Order(RuleFreeze.held_on, lambda row: row[0].held_on)}


def list_overrides(
    session: ScopedSession,
    actor: Actor,
    *,
    key: str = "",
    state: str = "",
    compound_id: UUID | None = None,
    sort: str = "-created_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[Sequence[RuleOverride], str | None]:
    """Overrides that the reader may see, newest first where nothing else is said, and the next page's ``after``."""
    wanted = select(RuleOverride).where(_seen(actor, RuleOverride))
    if key:
        wanted = wanted.where(RuleOverride.key == key)
    if compound_id is not None:
        wanted = wanted.where(RuleOverride.compound_id == compound_id)
    if state:
        over = or_(RuleOverride.withdrawn_on.is_not(None), RuleOverride.ends_on < today())
        wanted = wanted.where(~over if state == "active" else over)
    return sorted_rows(session, wanted, RuleOverride.id, OVERRIDES, sort, after=after, limit=limit)


def find_override(
    session: ScopedSession, actor: Actor, override_id: UUID, *, lock: bool = False
) -> RuleOverride | None:
    """One override that the reader may see."""
    wanted = select(RuleOverride).where(_seen(actor, RuleOverride), RuleOverride.id == override_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalar(wanted)


def list_freezes(
    session: ScopedSession,
    actor: Actor,
    *,
    compound_id: UUID | None = None,
    sort: str = "-made_at",
    after: str = "",
    limit: int = PAGE,
) -> tuple[Sequence[RuleFreeze], str | None]:
    """Frozen rules that the reader may see, newest first where nothing else is said, and the next page's ``after``."""
    wanted = select(RuleFreeze).where(_seen(actor, RuleFreeze))
    if compound_id is not None:
        wanted = wanted.where(RuleFreeze.compound_id == compound_id)
    return sorted_rows(session, wanted, RuleFreeze.id, FREEZES, sort, after=after, limit=limit)


def find_freeze(session: ScopedSession, actor: Actor, freeze_id: UUID) -> RuleFreeze:
    """One set of frozen rules that the reader may see; raises ``NotFound``."""
    row = session.scalar(select(RuleFreeze).where(_seen(actor, RuleFreeze), RuleFreeze.id == freeze_id))
    if row is None:
        raise NotFound(_("没有找到这份规则存档"))
    return row


def compound_names(session: ScopedSession, ids: Collection[UUID | None]) -> dict[UUID, str]:
    """The names of compounds that rows of a page name."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Compound.id, Compound.name).where(Compound.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _seen(actor: Actor, table: Any) -> ColumnElement[bool]:
    """The street's own rows are everybody's who may read rules; a compound's are for those whose grants reach it."""
    street = and_(table.community_id.is_(None), table.compound_id.is_(None)) if actor.holds(READ) else false()
    return or_(street, reaches(actor, READ, table.community_id, table.compound_id))
