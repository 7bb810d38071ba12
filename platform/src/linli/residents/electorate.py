"""Who votes in a compound on a given day, counted by heads and by exclusive area.

The counting itself (``count_electorate``) is a pure function of the units; ``electorate`` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

AreaBasis = Literal["registry", "surveyed", "contract", "unknown"]
HeadKind = Literal["person", "organisation", "co_owners", "developer", "unknown"]
GapReason = Literal["area_unknown", "area_basis_unknown", "owner_unknown", "share_incomplete", "no_representative"]


@dataclass(frozen=True, slots=True)
class CountingRules:
    """What an area or a head is counted from; a place's own regulation or assembly may differ from the nation's.

    Attributes:
        usages_without_area: usages whose area is left out (parking in Ningbo: 宁波市住宅小区物业管理条例 第18条).
        usages_without_head: usages that alone give nobody a head.
        source: the article or the resolution that says so.
    """

    usages_without_area: frozenset[str] = frozenset()
    usages_without_head: frozenset[str] = frozenset()
    source: str = "最高人民法院关于审理建筑物区分所有权纠纷案件适用法律若干问题的解释 第8条、第9条"


@dataclass(frozen=True, slots=True)
class Owner:
    """A holder of a share: a resident or an organisation."""

    id: UUID
    kind: Literal["resident", "organisation"] = "resident"
    is_developer: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What one owner holds of one dwelling."""

    owner: Owner
    share: Fraction = Fraction(1)
    is_representative: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """An exclusive part with its owners of the day. ``area`` is in square metres, ``None`` when unknown."""

    id: UUID
    label: str = ""
    usage: str = "residential"
    delivery: Literal["delivered", "sold_undelivered", "unsold"] = "delivered"
    area: Decimal | None = None
    area_basis: AreaBasis = "unknown"
    shares: tuple[Share, ...] = ()

    @property
    def owners(self) -> frozenset[Owner]:
        return frozenset(each.owner for each in self.shares)

    @property
    def representative(self) -> Owner | None:
        """Who casts the vote of this unit: the only owner, or the co-owner that was chosen; else ``None``."""
        chosen = [each.owner for each in self.shares if each.is_representative]
        if len(self.owners) == 1:
            return self.shares[0].owner
        return chosen[0] if len(chosen) == 1 else None


@dataclass(frozen=True, slots=True)
class Head:
    """One head and the area that votes with it, in square metres."""

    kind: HeadKind
    owners: tuple[Owner, ...]
    units: tuple[Unit, ...]
    area: Decimal


@dataclass(frozen=True, slots=True)
class Gap:
    """What the register does not know about a unit and a vote would need."""

    unit_id: UUID
    label: str
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Electorate:
    """The owners of one compound on one day.

    Attributes:
        heads: one entry per head, in the order of their first dwelling.
        area: square metres of all heads together; unknown areas are not in it but in ``gaps``.
        gaps: what has to be completed in the register before the count can be relied upon.
    """

    on: date
    heads: tuple[Head, ...]
    area: Decimal
    gaps: tuple[Gap, ...]
    rules: CountingRules

    @property
    def head_count(self) -> int:
        return len(self.heads)

    def of_owner(self, owner_id: UUID) -> tuple[Head, ...]:
        """The heads in which this resident or organisation has a part; empty for somebody who owns nothing here."""
        return tuple(head for head in self.heads if any(owner.id == owner_id for owner in head.owners))


_UNITS = text("""
SELECT d.id, d.label, d.usage, d.delivery, d.exclusive_area, d.area_basis, o.resident_id, o.organisation_id,
       g.kind = 'developer' AS is_developer, o.share_numerator, o.share_denominator, o.is_representative
  FROM core.dwelling d
  LEFT JOIN core.ownership o ON o.tenant_id = d.tenant_id AND o.community_id = d.community_id AND o.dwelling_id = d.id
       AND (o.started_on IS NULL OR o.started_on <= :on) AND (o.ended_on IS NULL OR o.ended_on > :on)
  LEFT JOIN core.organisation g
       ON g.tenant_id = o.tenant_id AND g.community_id = o.community_id AND g.id = o.organisation_id
 WHERE d.compound_id = :compound
 ORDER BY d.sort_key, d.id, o.id
""")


def electorate(session: Session, compound_id: UUID, on: date, *, rules: CountingRules | None = None) -> Electorate:
    """The heads and areas of a compound's owners on a day; one query.

    Args:
        session: the unit of work; a compound out of its scope has no owners.
        compound_id: the compound that decides.
        on: the day, Asia/Shanghai; who acquires on a day owns from that day on, who parts with it no longer does.
        rules: of the place; the national ones when not given.
    """
    rows = session.execute(_UNITS, {"compound": compound_id, "on": on})
    units = [_unit(list(group)) for _id, group in groupby(rows, key=lambda row: row.id)]
    return count_electorate(units, on, rules or CountingRules())


def _unit(rows: list[Row]) -> Unit:
    first = rows[0]
    shares = tuple(
        Share(
            Owner(row.organisation_id, "organisation", bool(row.is_developer))
            if row.organisation_id
            else Owner(row.resident_id),
            Fraction(row.share_numerator, row.share_denominator),
            row.is_representative,
        )
        for row in rows
        if row.share_numerator is not None
    )
    return Unit(first.id, first.label, first.usage, first.delivery, first.exclusive_area, first.area_basis, shares)


def count_electorate(units: Iterable[Unit], on: date, rules: CountingRules) -> Electorate:
    """Count heads and area (区分所有权解释 第8条, 第9条).

    One exclusive part is one head. Parts of the same owner, or of exactly the same co-owners, are one head together.
    What the developer has not sold, or sold and not delivered, is one head with whatever else it owns.
    A part whose owner is unknown still is a head.
    """
    units = tuple(units)
    developers = {owner for unit in units for owner in unit.owners if owner.is_developer}
    only_developer = next(iter(developers)) if len(developers) == 1 else None
    groups: dict[object, list[Unit]] = {}
    for unit in units:
        groups.setdefault(_head_key(unit, only_developer), []).append(unit)
    heads = tuple(
        _head(key, members, rules)
        for key, members in groups.items()
        if any(unit.usage not in rules.usages_without_head for unit in members)
    )
    gaps = tuple(Gap(unit.id, unit.label, reason) for unit in units for reason in _gaps(unit, rules))
    return Electorate(on, heads, sum((head.area for head in heads), Decimal(0)), gaps, rules)


_UNNAMED_DEVELOPER = "developer"


def _head_key(unit: Unit, only_developer: Owner | None) -> object:
    if unit.delivery != "delivered":
        holders = [owner for owner in unit.owners if owner.is_developer]
        developer = holders[0] if len(holders) == 1 else only_developer
        return frozenset({developer}) if developer else _UNNAMED_DEVELOPER
    return unit.owners or unit.id


def _head(key: object, units: list[Unit], rules: CountingRules) -> Head:
    owners = tuple(sorted(key, key=lambda owner: owner.id)) if isinstance(key, frozenset) else ()
    area = sum((_counted_area(unit, rules) for unit in units), Decimal(0))
    return Head(_kind(key, owners), owners, tuple(units), area)


def _kind(key: object, owners: tuple[Owner, ...]) -> HeadKind:
    if len(owners) > 1:
        return "co_owners"
    if not owners:
        return "developer" if key == _UNNAMED_DEVELOPER else "unknown"
    if owners[0].is_developer:
        return "developer"
    return "person" if owners[0].kind == "resident" else "organisation"


def _counted_area(unit: Unit, rules: CountingRules) -> Decimal:
    if unit.area is None or unit.usage in rules.usages_without_area:
        return Decimal(0)
    return unit.area


def _gaps(unit: Unit, rules: CountingRules) -> Iterable[GapReason]:
    if unit.usage not in rules.usages_without_area:
        if unit.area is None:
            yield "area_unknown"
        elif unit.area_basis == "unknown":
            yield "area_basis_unknown"
    if unit.delivery != "delivered":
        return
    if not unit.shares:
        yield "owner_unknown"
        return
    if sum(each.share for each in unit.shares) < 1:
        yield "share_incomplete"
    if unit.representative is None:
        yield "no_representative"
