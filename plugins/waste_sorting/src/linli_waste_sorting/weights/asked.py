"""Which records an address asks for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from linli.sdk import Invalid
from linli.sdk import gettext as _
from linli_waste_sorting.asked import compound_of
from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.weights.ledger import read_month
from linli_waste_sorting.weights.repository import Wanted

_STATES = ("valid", "void", "confirmed")


def wanted_of(
    compound: str,
    category: str,
    month: str,
    state: str,
    carrier_id: UUID | None = None,
    *,
    compounds: Collection[UUID] | None = None,
) -> Wanted:
    """What the address asks for; without a month all of them.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if category and category not in CATEGORIES:
        raise Invalid.one("category", _("没有这种垃圾"), "、".join(CATEGORIES))
    if state and state not in _STATES:
        raise Invalid.one("state", _("没有这种状态"), "、".join(_STATES))
    span = read_month(month) if month else None
    return Wanted(
        compound_id=compound_of(compound),
        category=category,
        carrier_id=carrier_id,
        first=span.first if span else None,
        last=span.last if span else None,
        state=state,
        compounds=compounds,
    )
