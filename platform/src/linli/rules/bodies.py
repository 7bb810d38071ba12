"""Types of bodies of self-governance: the statutory ones, and four presets taken from a handbook and plans.

A preset is a named set of rule values (``linli.rules.definitions.bodies``), so that composition, term, quorum and
cadence of a body are data like any other rule: with source and article, changeable by street and compound, frozen by
each decision. What the paper does not say has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from linli.db.session import ScopedSession
from linli.kit.clock import today
from linli.kit.errors import Invalid
from linli.kit.text import gettext as _
from linli.kit.text import listed
from linli.rules.catalogue import book
from linli.rules.definitions.bodies import FACETS_OF
from linli.rules.repository import ground_of
from linli.rules.resolution import RuleValue
from linli.rules.service import values_at


@dataclass(frozen=True, slots=True)
class BodyType:
    """A kind of body.

    Attributes:
        code: the topic of its rules.
        title: in Chinese; a message.
        kind: ``statutory``: law says what it is; ``preset``: taken from a handbook or a plan, to begin with.
        basis: where it comes from, in a sentence; a message.
    """

    code: str
    title: str
    kind: Literal["statutory", "preset"]
    basis: str

    @property
    def facets(self) -> tuple[str, ...]:
        """What is told of it: the part of the rules' keys after the dot."""
        if self.code in FACETS_OF:
            return FACETS_OF[self.code]
        return tuple(key.partition(".")[2] for key in book().rules if key.partition(".")[0] == self.code)

    @property
    def keys(self) -> tuple[str, ...]:
        """Its rules."""
        return tuple(f"{self.code}.{facet}" for facet in self.facets)


BODY_TYPES: tuple[BodyType, ...] = (
    BodyType("owners_committee", "业主委员会", "statutory", "由业主大会选举，执行业主大会的决定。"),
    BodyType(
        "property_management_committee",
        "物业管理委员会",
        "statutory",
        "街道组建的临时机构，不是居民自发成立的小区管委会。",
    ),
    BodyType("residents_committee", "居民委员会", "statutory", "社区居民自我管理的基层群众性自治组织。"),
    BodyType(
        "compound_management_committee",
        "小区管理委员会",
        "preset",
        "老旧小区准物业管理工作手册的章程：居民自愿成立，主任、副主任各一名，委员七名。",
    ),
    BodyType("self_governance_group", "居民自治小组", "preset", "小区居民自治小组方案：组长一名，组员四至六名。"),
    BodyType("six_post_group", "六职自治小组", "preset", "居民自治小组方案：六个职务，各有分工。"),
    BodyType("self_governance_committee", "小区自治委员会", "preset", "小区自治方案：主任、副主任、财务和宣传负责人。"),
)
PRESETS: tuple[BodyType, ...] = tuple(each for each in BODY_TYPES if each.kind == "preset")


def find_body(code: str) -> BodyType:
    """A type of body.

    Raises:
        Invalid: there is none of this code; names those that there are.
    """
    for each in BODY_TYPES:
        if each.code == code:
            return each
    raise Invalid.one("body", _("没有“{name}”这种组织").format(name=code), listed(each.code for each in BODY_TYPES))


def body_values(
    session: ScopedSession, code: str, *, compound_id: UUID | None = None, on: date | None = None
) -> dict[str, RuleValue]:
    """What holds for a body here: facet (``term``, ``attendance`` …) to value; unknown ones are there, without a value.

    Args:
        session: of the street or of a community.
        code: of the type.
        compound_id: a compound in the session's scope; ``None`` for the street as a whole.
        on: the day; today when left out.

    Raises:
        Invalid: no such type.
        NotFound: the compound is not in the scope.
    """
    rules = book().rules
    there = [rules[key] for key in find_body(code).keys if key in rules]
    found = values_at(session, there, ground_of(session, compound_id), on or today())
    return {key.partition(".")[2]: value for key, value in found.items()}
