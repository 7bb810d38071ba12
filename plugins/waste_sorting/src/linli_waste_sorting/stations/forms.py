"""A station as it is typed into the form: a number of containers and their size for each kind of waste."""

from __future__ import annotations

from typing import Any

import msgspec

from linli_waste_sorting.models import CATEGORIES
from linli_waste_sorting.schemas import Hours, Name, Note, Weekdays
from linli_waste_sorting.stations.models import Station
from linli_waste_sorting.stations.schemas import Bins, Kind, Litres, Pieces, Where

_PLAIN = ("name", "kind", "place", "note", "weekdays", "hours", "version")


class StationForm(msgspec.Struct, kw_only=True):
    """The fields of the page; ``bins`` and ``terms`` make of them what the service takes."""

    name: Name
    kind: Kind
    place: Where
    note: Note = ""
    weekdays: Weekdays
    hours: Hours = ""
    version: int | None = None
    pieces_recyclable: Pieces | None = None
    pieces_hazardous: Pieces | None = None
    pieces_kitchen: Pieces | None = None
    pieces_other: Pieces | None = None
    pieces_bulky: Pieces | None = None
    pieces_decoration: Pieces | None = None
    pieces_garden: Pieces | None = None
    litres_recyclable: Litres | None = None
    litres_hazardous: Litres | None = None
    litres_kitchen: Litres | None = None
    litres_other: Litres | None = None
    litres_bulky: Litres | None = None
    litres_decoration: Litres | None = None
    litres_garden: Litres | None = None

    @property
    def terms(self) -> dict[str, Any]:
        """What the service calls the same."""
        plain = {
            name: getattr(self, name) for name in ("name", "kind", "place", "note", "weekdays", "hours", "version")
        }
        return plain | {"containers": self._bins()}

    def _bins(self) -> list[Bins]:
        found = [(each, getattr(self, f"pieces_{each}"), getattr(self, f"litres_{each}")) for each in CATEGORIES]
        return [Bins(category=each, pieces=pieces, litres=litres) for each, pieces, litres in found if pieces]  # type: ignore[arg-type]


def shown(row: Station | None) -> dict[str, Any]:
    """What the form of a station, or of a new one, begins with."""
    if row is None:
        return {"kind": "point", "weekdays": [str(n) for n in range(7)], "hours": "", "bins": {}}
    spans = (f"{each.opens:%H:%M}-{each.closes:%H:%M}" for each in row.openings)
    return {
        "name": row.name,
        "kind": row.kind,
        "place": row.place,
        "note": row.note,
        "weekdays": [str(n) for n in range(7) if row.weekdays & (1 << n)],
        "hours": "、".join(spans),
        "bins": {each.category: each for each in row.containers},
    }
