"""What an address asks for: its community, and which stations of a list; the same in every portal."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from linli.sdk import Invalid, NotFound, Place
from linli.sdk import gettext as _
from linli_waste_sorting.stations.repository import Filter
from linli_waste_sorting.stations.schemas import STATES
from linli_waste_sorting.words import KINDS

Chosen = Annotated[str, Meta(max_length=40)]


def filter_of(q: str, kind: str, compound: str, state: str) -> Filter:
    """What the address asks for.

    Raises:
        Invalid: naming the field that holds no such choice.
    """
    if kind and kind not in KINDS:
        raise Invalid.one("kind", _("没有这种类型"), "、".join(KINDS))
    if state not in ("", "all", *STATES):
        raise Invalid.one("state", _("没有这种状态"), "、".join(STATES))
    compound_id = compound_of(compound)
    return Filter(words=q, kind=kind, compound_id=compound_id, state="" if state == "all" else state or "used")


def compound_of(value: str) -> UUID | None:
    """The compound that an address or a form names; ``None`` where it is empty or ``all``.

    Raises:
        Invalid: it is no id.
    """
    try:
        return UUID(value) if value and value != "all" else None
    except ValueError as error:
        raise Invalid.one("compound", _("没有找到这个小区")) from error


def community_of(place: Place) -> UUID:
    """The community in whose portal one is.

    Raises:
        NotFound: it is the street's.
    """
    if place.community is None:
        raise NotFound
    return place.community.id
