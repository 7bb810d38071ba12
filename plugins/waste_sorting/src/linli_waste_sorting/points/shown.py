"""What several pages of points show alike: lines of the ledger, doors that fit some words, the code as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from linli.sdk import Download, ScopedSession, code_picture, door_labels
from linli_waste_sorting.points.models import Purse
from linli_waste_sorting.points.repository import Line, Redeemed
from linli_waste_sorting.points.words import TONES, sign_of, told
from linli_waste_sorting.words import span_text

#: Households of a community whose doors are looked through.
_MOST_DOORS = 5000
_PRIVATE = {"cache-control": "private, no-store"}


def lines_of(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Entries as rows of a page."""
    return [
        {
            "row": each.entry,
            "purse": each.purse,
            "points": sign_of(each.entry),
            "told": told(each),
            "note": each.claim.note if each.claim else "",
            "by": each.claim.acted_by_name if each.claim else "",
            "is_reversed": each.is_reversed,
            "tone": TONES.get(each.entry.kind, "calm"),
        }
        for each in lines
    ]


def redemptions_of(rows: Iterable[Redeemed], doors: dict[UUID, str]) -> list[dict[str, Any]]:
    """What is redeemed as rows of a page."""
    return [
        {
            "row": row,
            "item": item.name,
            "day": day.day if day else None,
            "hours": span_text(day.opens, day.closes) if day else "",
            "place": day.place if day else "",
            "door": doors.get(purse.id, ""),
            "tone": TONES.get(row.state, "calm"),
        }
        for row, item, day, purse in rows
    ]


def doors_like(session: ScopedSession, community_id: UUID, words: str) -> set[UUID] | None:
    """The doors of households with a purse that some words stand in; ``None`` for no words."""
    if not words.strip():
        return None
    mine = select(Purse.dwelling_id).where(Purse.community_id == community_id, Purse.dwelling_id.is_not(None))
    doors = [each for each in session.scalars(mine.distinct().limit(_MOST_DOORS)) if each is not None]
    wanted = words.split()
    return {key for key, label in door_labels(session, doors).items() if all(each in label for each in wanted)}


def spaced(code: str) -> str:
    """A code in groups of four, as it is read out and typed."""
    return " ".join(code[n : n + 4] for n in range(0, len(code), 4))


def picture_of(house: Any, path: str, code: str) -> Download:
    """The picture of a household's code: staff who read it come to the desk's page.

    Args:
        house: whose address the site has.
        path: of the community.
        code: of the household.
    """
    address = f"{house.settings.base_url}{path}/admin/waste_sorting/points/desk?code={code}"
    return Download(code_picture(address), "code.svg", "image/svg+xml", inline=True, headers=_PRIVATE)
